/** What is looked at, in the order in which it is shown. */
export const CHECKS = [
  'settings',
  'tables',
  'permissions',
  'protected',
  'schedule',
  'clock',
  'securityDefaults',
  'licence',
  'freeze',
  'desired',
  'alerts',
] as const;

export type CheckName = (typeof CHECKS)[number];

/**
 * - `ok`          it was looked at, and is as it should be
 * - `warning`     it works, and somebody should think about it
 * - `failed`      it does not work, or will not when it is needed
 * - `unverified`  nobody could tell; never a kind of `ok`
 */
export type Verdict = (typeof VERDICTS)[number];

/** Worst first. */
export const VERDICTS = ['failed', 'unverified', 'warning', 'ok'] as const;

/** What one check found in one place. */
export interface CheckFinding {
  readonly check: CheckName;
  readonly verdict: Verdict;
  /** A setting, a table, an account … */
  readonly where: string;
  /** What was seen there, as a sentence without its full stop. */
  readonly what: string;
  /** How to mend it, or how to find out by hand; null where nothing is to be done. */
  readonly mend: string | null;
}

/** What an examination of a deployment found; `GET /api/doctor` answers it. */
export interface Examination {
  /** ISO 8601, UTC. */
  readonly examinedAt: string;
  readonly findings: readonly CheckFinding[];
}

/** Whose sign-in was tried: the app's own, or that of the person at the keyboard, which says little of the app's. */
export type Whose = 'app' | 'operator';

/** What was asked for, or why it could not be had. */
export type Told<T> =
  | { readonly kind: 'told'; readonly value: T }
  | { readonly kind: 'untold'; readonly reason: string };

/** Makes findings of one check. */
export function findingsOf(check: CheckName) {
  return (verdict: Verdict, where: string, what: string, mend: string | null = null): CheckFinding => ({
    check,
    verdict,
    where,
    what,
    mend,
  });
}

/** How to mend what only the app itself could see. */
export const ASK_THE_APP = 'ask the deployed app: `caretaker doctor --app <url>`';

/** How many findings there are of each kind. */
export function tally(findings: readonly CheckFinding[]): Readonly<Record<Verdict, number>> {
  const count = (wanted: Verdict): number => findings.filter(({ verdict }) => verdict === wanted).length;
  return {
    failed: count('failed'),
    unverified: count('unverified'),
    warning: count('warning'),
    ok: count('ok'),
  };
}
