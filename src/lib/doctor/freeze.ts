import type { Freeze } from '../ports.ts';
import { type CheckFinding, findingsOf, type Told } from './findings.ts';

const finding = findingsOf('freeze');
const WHERE = 'freeze switch';

/** Whether somebody keeps runs from writing. */
export function checkFreeze(read: Told<Freeze | null>): readonly CheckFinding[] {
  if (read.kind === 'untold')
    return [finding('unverified', WHERE, read.reason, 'mend the table "control", then ask again')];
  if (read.value === null) return [finding('ok', WHERE, 'it is off')];
  const { by, since, until, reason } = read.value;
  const end = until === null ? 'until somebody unfreezes' : `until ${until}`;
  return [
    finding(
      'warning',
      WHERE,
      `${by} froze the tenant at ${since}, ${end}: ${reason}. No run writes`,
      'when the reason is gone: `caretaker unfreeze`',
    ),
  ];
}
