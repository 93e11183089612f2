import type { Approval, Waiting } from './approval.ts';
import type { Verdict } from './guard.ts';
import type { PolicyKey } from './policy/model.ts';

/** Somebody is reminded of what still waits once a day. */
const REMIND_MS = 86_400_000;

/** What waits after this run. */
export interface Queue {
  readonly waiting: readonly Waiting[];
  /** Digests to announce now: new ones, and those nobody was reminded of for a day. */
  readonly told: ReadonlySet<string>;
}

/**
 * Carries the list of what waits from one run to the next, so that each change keeps its age and is announced when it
 * begins to wait and then once a day.
 *
 * @param isOpen whether nothing could be said of a key in this run: what it waited with stays
 */
export function queueOf(
  before: readonly Waiting[],
  verdicts: readonly Verdict[],
  nowMs: number,
  isOpen: (key: PolicyKey) => boolean,
): Queue {
  const told = new Set<string>();
  const now = verdicts.flatMap((verdict): Waiting[] => {
    const { decision } = verdict;
    if (decision === 'admit') return [];
    const known = before.find((one) => isSame(one, verdict));
    const isDue = known === undefined || nowMs - known.toldAt >= REMIND_MS;
    if (isDue) told.add(verdict.change.digest);
    const since = known?.since ?? before.find((one) => isOfVersion(one, verdict))?.since ?? nowMs;
    return [{ ...waitingOf(verdict, decision), since, toldAt: isDue ? nowMs : known.toldAt }];
  });
  const judged = new Set(now.map(({ key }) => key));
  return { waiting: [...now, ...before.filter(({ key }) => isOpen(key) && !judged.has(key))], told };
}

/** A flapping policy looks different each time: it is one wait, not many. */
function isSame(one: Waiting, { change, findings }: Verdict): boolean {
  if (one.digest === change.digest) return true;
  const rules = rulesOf(findings);
  return one.key === change.key && isFlapping(one.rules) && isFlapping(rules);
}

/** Another edit of the tenant makes another change of it, and the version waits as long as it did. */
function isOfVersion({ key, version, hash }: Waiting, { change: { desired } }: Verdict): boolean {
  return key === desired.key && version === desired.version && hash === desired.hash;
}

function isFlapping(rules: readonly string[]): boolean {
  return rules.join() === 'flapping';
}

function waitingOf(
  { change, findings }: Verdict,
  verdict: Waiting['verdict'],
): Omit<Waiting, 'since' | 'toldAt'> {
  const { digest, key, action, desired } = change;
  const obstacles = findings.filter(({ decision }) => decision !== 'note');
  return {
    digest,
    key,
    verdict,
    rules: rulesOf(findings),
    isApprovable: obstacles.every(({ isApprovable }) => isApprovable === true),
    action,
    version: desired.version,
    hash: desired.hash,
    author: desired.author,
  };
}

/** Rules that hold or deny. */
function rulesOf(findings: Verdict['findings']): readonly string[] {
  return findings.filter(({ decision }) => decision !== 'note').map(({ rule }) => rule);
}

/** Approvals of changes that are not what is planned any more. A digest that moved does not come back to life. */
export function voidApprovals(
  given: readonly Approval[],
  verdicts: readonly Verdict[],
  isOpen: (key: PolicyKey) => boolean,
): readonly Approval[] {
  const planned = new Set(
    verdicts.flatMap(({ change, otherwise }) => [
      change.digest,
      ...(change.action === 'restore' ? [change.otherwise.digest] : []),
      ...(otherwise === null ? [] : [otherwise.change.digest]),
    ]),
  );
  return given.filter(({ key, digest }) => !isOpen(key) && !planned.has(digest));
}
