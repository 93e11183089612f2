import { carryOut, type Done, giveBack } from './carryOut.ts';
import { asFault } from './fault.ts';
import { type FlapLimit, fieldsOf, remember } from './flapping.ts';
import type { Verdict } from './guard.ts';
import { type Change, isRepair, isWrite, loosens } from './plan.ts';
import type { PolicyKey } from './policy/model.ts';
import { bind, type Course, Stop } from './write.ts';

/** What all changes of a run share. */
export interface ApplyContext extends Omit<Course, 'sent' | 'consent'> {
  /** Changes beyond those that a person approved. */
  readonly changesMax: number;
  readonly flapLimit: FlapLimit;
}

export interface Applied {
  readonly outcomes: ReadonlyMap<PolicyKey, Done>;
  /** Admitted changes that were not begun. */
  readonly remaining: readonly Verdict[];
  /** Why the rest was left, where it was not for their number. */
  readonly stopped: string | null;
}

/** A service that shows two writes in a row not as they were sent is left alone until the next run. */
const UNSETTLED_MAX = 2;

/**
 * Carries admitted changes out, one after the other, never more than `changesMax` beside those that a person approved.
 * Each is read afresh, written down, sent, and read back. Stops at once when the lease is lost, the tenant is frozen, or
 * nothing can be written down. After a write that was not seen settled nothing is loosened and nothing new rolled out:
 * what the tenant really holds is then in doubt, and only putting proven versions back stays right.
 */
export async function apply(admitted: readonly Verdict[], context: ApplyContext): Promise<Applied> {
  const outcomes = new Map<PolicyKey, Done>();
  const remaining: Verdict[] = [];
  let written = 0;
  let unsettled = 0;
  for (const [index, verdict] of admitted.entries()) {
    const left = (stopped: string): Applied => ({
      outcomes,
      remaining: [...remaining, ...admitted.slice(index)].filter(({ change }) => !outcomes.has(change.key)),
      stopped,
    });
    if (context.ports.clock.now() >= context.deadlineAt) return left('the run’s time budget ended');
    if (unsettled >= UNSETTLED_MAX) return left(`${unsettled} writes could not be seen settled`);
    const isCounted = isWrite(verdict.change) && verdict.approval === null;
    const isInDoubt = unsettled > 0 && (loosens(verdict.change) || !isRepair(verdict.change));
    if ((isCounted && written >= context.changesMax) || (isWrite(verdict.change) && isInDoubt)) {
      remaining.push(verdict);
      continue;
    }
    // A refusal changes nothing and costs nothing: otherwise changes that always fail would starve those that would not.
    // A restore that was carried out has changed something, also where the update after it was refused.
    const sent = new Set<string>();
    try {
      outcomes.set(verdict.change.key, await withConsent(verdict, context, sent));
    } catch (error) {
      const reason = error instanceof Stop ? error.message : asFault(error).message;
      // What has left cannot be called back, and is not forgotten because its end could not be written down.
      if (sent.size > 0) {
        const outcome = { status: 'indeterminate', reason: `it was sent, and then: ${reason}` } as const;
        outcomes.set(verdict.change.key, { change: verdict.change, outcome });
      }
      return left(reason);
    }
    const done = outcomes.get(verdict.change.key);
    if (isCounted && sent.size > 0) written += 1;
    if (mayHaveChanged(done) && !isSettled(done)) unsettled += 1;
  }
  return { outcomes, remaining, stopped: null };
}

function mayHaveChanged(done: Done | undefined): boolean {
  return done?.outcome.status === 'applied' || done?.outcome.status === 'indeterminate';
}

function isSettled(done: Done | undefined): boolean {
  return done?.outcome.status === 'applied' && done.outcome.settled;
}

/** Carries a change out, gives back a consent that came to nothing, and remembers what was put back. */
async function withConsent(verdict: Verdict, context: ApplyContext, sent: Set<string>): Promise<Done> {
  const course: Course = { ...context, sent, consent: { approval: verdict.approval, isUsed: false } };
  const done = await carryOut(verdict, course).catch(async (error: unknown) => {
    if (error instanceof Stop && sent.size === 0) await giveBack(course);
    throw error;
  });
  if (!mayHaveChanged(done)) await giveBack(course);
  else if (isRepair(done.change) && isWrite(done.change))
    await rememberPutBack(done.change, course, context.flapLimit);
  return done;
}

async function rememberPutBack(change: Change, course: Course, flapLimit: FlapLimit): Promise<void> {
  const known = course.bindings.get(change.key)?.putBack ?? [];
  const nowMs = course.ports.clock.now();
  await bind(change, course, { putBack: remember(known, fieldsOf(change), nowMs, flapLimit) });
}
