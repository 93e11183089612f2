import type { Desired } from '../diff.ts';
import type { PolicyKey } from '../policy/model.ts';
import type { DamagedRow } from '../ports.ts';
import { ASK_THE_APP, type CheckFinding, findingsOf, type Told, type Whose } from './findings.ts';

const finding = findingsOf('desired');
const WHERE = 'desired state';

/** What the tables say is wanted. */
export interface Wanted {
  readonly desired: readonly Desired[];
  /** Rows that cannot be believed. */
  readonly damaged: readonly DamagedRow[];
  /** Bound keys without any row. */
  readonly vanished: readonly PolicyKey[];
}

/** What is desired, as far as anybody could read it. */
export interface Known {
  readonly desired: readonly Desired[];
  /** No policy may be missing among them. */
  readonly isAll: boolean;
}

export function knownOf(read: Told<Wanted>): Known {
  if (read.kind === 'untold') return { desired: [], isAll: false };
  const { desired, damaged, vanished } = read.value;
  return { desired, isAll: damaged.length + vanished.length === 0 };
}

/**
 * Whether there is something to enforce, whether all of it can be believed, and whether anybody vouches for it.
 *
 * @param isSigned `DESIRED_STATE_SIGNERS` is set, so what is not signed by one of them counts as damaged
 */
export function checkDesired(read: Told<Wanted>, isSigned: boolean, as: Whose): readonly CheckFinding[] {
  if (read.kind === 'untold')
    return [
      finding('unverified', WHERE, read.reason, 'mend the tables "desired" and "bindings", then ask again'),
    ];
  const { desired, damaged, vanished } = read.value;
  const bad = [
    ...damaged.map(({ key, problem }) => finding('failed', key, problem, distrust(key))),
    ...vanished.map((key) =>
      finding('failed', key, 'a policy is bound to it, and its rows are gone', distrust(key)),
    ),
  ];
  if (desired.length === 0 && bad.length === 0)
    return [
      finding('failed', WHERE, 'there is none, so every run fails', 'push it: `caretaker push <folder>`'),
    ];
  return [...bad, ...(desired.length === 0 ? [] : [vouched(desired.length, isSigned, as)])];
}

function vouched(count: number, isSigned: boolean, as: Whose): CheckFinding {
  const policies = count === 1 ? '1 policy is' : `${count} policies are`;
  if (as === 'operator')
    return finding(
      'unverified',
      WHERE,
      `${policies} whole; whether the app asks for signatures, and finds them, is in its own settings`,
      ASK_THE_APP,
    );
  if (isSigned) return finding('ok', WHERE, `${policies} whole, and signed by somebody who is believed`);
  return finding(
    'warning',
    WHERE,
    `${policies} whole, and nobody vouches for them: whoever can write the table "desired" decides what is enforced`,
    'sign versions (`caretaker keys create`, `caretaker push --key-file`), and set DESIRED_STATE_SIGNERS',
  );
}

function distrust(key: string): string {
  return `find out who changed it, see \`caretaker history ${key}\`, and push the version you trust again (\`caretaker rollback\`)`;
}
