import type { Binding, PutBack } from './journal.ts';
import type { Change } from './plan.ts';
import type { FieldPath } from './policy/model.ts';

/** From which rate on a field flaps: `count` times put back within `windowMs`. */
export interface FlapLimit {
  readonly count: number;
  readonly windowMs: number;
}

/** How often a flapping field is still put back. */
export const BACK_OFF_MS = 3_600_000;
/** Runs on a timer are as far apart as it says, give or take what a run needs; that must not decide. */
const JITTER_MS = 60_000;
/** A field that stays as it was put back for so long flaps no more. */
const QUIET_MS = 2 * BACK_OFF_MS;
/** Stands for a policy that was missing as a whole. */
export const WHOLE: FieldPath = '';

/** What a change puts back. */
export function fieldsOf(change: Change): readonly FieldPath[] {
  return change.action === 'create' || change.action === 'restore'
    ? [WHOLE]
    : change.fields.map(({ path }) => path);
}

/** What to remember after these fields were put back now. Bounded: old fields are let go, and only times that count stay. */
export function remember(
  known: readonly PutBack[],
  fields: readonly FieldPath[],
  nowMs: number,
  limit: FlapLimit,
): readonly PutBack[] {
  const keepMs = Math.max(limit.windowMs, QUIET_MS);
  const others = known.filter(
    ({ field, times }) => !fields.includes(field) && nowMs - lastOf(times) <= keepMs,
  );
  const news = fields.map((field) =>
    again(
      field,
      known.find((one) => one.field === field),
      nowMs,
      limit,
    ),
  );
  return [...others, ...news];
}

function again(
  field: FieldPath,
  known: PutBack | undefined,
  nowMs: number,
  { count, windowMs }: FlapLimit,
): PutBack {
  const times = [...(known?.times ?? []), nowMs].slice(-count);
  const isBurst = times.length === count && nowMs - (times[0] ?? nowMs) <= windowMs + JITTER_MS;
  const isStillAtIt = known?.isFlapping === true && nowMs - lastOf(known.times) <= QUIET_MS;
  return { field, times, isFlapping: isBurst || isStillAtIt };
}

/** Milliseconds since 1970 at which anything of a policy was last put back; 0: never, as far as is remembered. */
export function putBackAt(binding: Binding | undefined): number {
  return Math.max(0, ...(binding?.putBack ?? []).map(({ times }) => lastOf(times)));
}

export function lastOf(times: readonly number[]): number {
  return times.at(-1) ?? Number.NEGATIVE_INFINITY;
}
