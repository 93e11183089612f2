import type { ProtectedIdentity } from '../protected.ts';
import type { Mode } from '../report.ts';
import { ASK, illness, mendOf } from '../rules/identityHealth.ts';
import { type CheckFinding, findingsOf, type Told } from './findings.ts';

const finding = findingsOf('protected');
const WHERE = 'BREAK_GLASS_USERS, BREAK_GLASS_GROUPS';

/** Whether the emergency accounts would work tonight. */
export function checkProtected(
  read: Told<readonly ProtectedIdentity[]>,
  mode: Mode,
): readonly CheckFinding[] {
  if (read.kind === 'untold') return [finding('unverified', WHERE, read.reason, ASK)];
  if (read.value.length === 0)
    return [
      finding(
        mode === 'enforce' ? 'failed' : 'warning',
        WHERE,
        'neither names anybody, so nothing is ever written',
        'name at least two emergency accounts by object id',
      ),
    ];
  const ill = read.value.filter(({ health }) => health !== 'ok');
  if (ill.length === 0)
    return [finding('ok', WHERE, `in order: ${read.value.map(({ id }) => id).join(', ')}`)];
  return ill.map((identity) =>
    finding(
      identity.health === 'unverified' ? 'unverified' : 'failed',
      identity.id,
      illness(identity),
      mendOf(identity),
    ),
  );
}
