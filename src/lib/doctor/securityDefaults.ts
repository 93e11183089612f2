import type { Known } from './desired.ts';
import { type CheckFinding, findingsOf, type Told } from './findings.ts';

const finding = findingsOf('securityDefaults');
const WHERE = 'security defaults';

/**
 * While they are on the service takes no policy that is enabled (Entra docs, security-defaults).
 */
export function checkSecurityDefaults(
  read: Told<boolean>,
  { desired, isAll }: Known,
): readonly CheckFinding[] {
  if (read.kind === 'untold')
    return [
      finding(
        'unverified',
        WHERE,
        read.reason,
        'look in the Entra admin center: Overview, Properties, Security defaults',
      ),
    ];
  if (!read.value) return [finding('ok', WHERE, 'they are off')];
  const wanting = desired.filter(({ policy }) => policy.state === 'enabled').map(({ key }) => key);
  if (wanting.length === 0 && !isAll)
    return [
      finding(
        'unverified',
        WHERE,
        'they are on, and not all could be read of what is desired, so a policy may want to be enabled',
        'mend what the check "desired" says, then ask again',
      ),
    ];
  if (wanting.length === 0)
    return [finding('ok', WHERE, 'they are on, and no desired policy wants to be enabled yet')];
  return [
    finding(
      'failed',
      WHERE,
      `they are on, so the service refuses what is desired of ${wanting.join(', ')}`,
      'turn them off once the policies that replace them are in report-only (Entra admin center: Overview, Properties); or let these policies be report-only',
    ),
  ];
}
