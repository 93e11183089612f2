import { readEnd } from './durations.ts';
import type { Freeze } from './ports.ts';

/** What people do by hand says why. This many characters are enough for a sentence and the number of a ticket. */
export const REASON_LENGTH_MAX = 500;

/** What is wrong with a reason somebody gave; empty when it is one. */
export function reasonProblems(reason: unknown): readonly string[] {
  if (typeof reason !== 'string' || reason.trim() === '')
    return ['reason is missing: say why, in a sentence'];
  if (reason.length <= REASON_LENGTH_MAX) return [];
  return [`reason is ${reason.length} characters long; at most ${REASON_LENGTH_MAX} are kept`];
}

export type FreezeAsked =
  | { readonly ok: true; readonly freeze: Freeze }
  | { readonly ok: false; readonly problems: readonly string[] };

/**
 * A freeze as somebody asks for it, or everything that is wrong with it.
 *
 * @param asked.until `30m`, `2h`, `3d`, an instant, or nothing: then it lasts until somebody ends it
 */
export function freezeOf(
  { reason, until }: { readonly reason?: unknown; readonly until?: unknown },
  by: string,
  nowMs: number,
): FreezeAsked {
  const endMs = typeof until === 'string' ? readEnd(until, nowMs) : undefined;
  const isEndless = until === undefined || until === null;
  const problems = [...reasonProblems(reason)];
  if (!isEndless && endMs === undefined)
    problems.push('until must be an instant such as 2026-11-24T18:00:00Z, or 30m, 2h, 3d from now');
  if (endMs !== undefined && endMs <= nowMs) problems.push(`until is in the past: ${String(until)}`);
  if (problems.length > 0) return { ok: false, problems };
  const end = endMs === undefined ? null : new Date(endMs).toISOString();
  return {
    ok: true,
    freeze: { reason: String(reason).trim(), by, since: new Date(nowMs).toISOString(), until: end },
  };
}
