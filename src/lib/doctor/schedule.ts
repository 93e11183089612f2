import { renderDuration } from '../durations.ts';
import { nextDue } from '../ncrontab.ts';
import type { RunSummary } from '../report.ts';
import { type CheckFinding, findingsOf, type Told } from './findings.ts';

const finding = findingsOf('schedule');
const WHERE = 'RECONCILE_SCHEDULE';
/** So many times in a row the timer may be due before its silence is one. */
const INTERVALS = 3;

/**
 * Whether runs start by themselves. A timer can stop while the app otherwise looks healthy, so what counts is when one
 * last ended.
 *
 * @param read runs, newest first, as many as were asked for
 */
export function checkSchedule(
  schedule: string | null,
  read: Told<readonly RunSummary[]>,
  nowMs: number,
): readonly CheckFinding[] {
  if (schedule === null)
    return [
      finding(
        'failed',
        WHERE,
        'it is not set, so no run starts by itself',
        'set it, for example to "0 */15 * * * *"',
      ),
    ];
  const [next] = nextDue(schedule, nowMs, 1) ?? [];
  if (next === undefined)
    return [
      finding(
        'failed',
        WHERE,
        `"${schedule}" is no NCRONTAB expression that is ever due, so no run starts by itself`,
        'write six fields: second, minute, hour, day, month, weekday, for example "0 */15 * * * *" (UTC)',
      ),
    ];
  if (read.kind === 'untold')
    return [finding('unverified', 'table "runs"', read.reason, 'mend the table, then ask again')];
  return [alive(schedule, read.value, nowMs, next)];
}

function alive(schedule: string, runs: readonly RunSummary[], nowMs: number, nextMs: number): CheckFinding {
  const last = runs.find(({ trigger, finishedAt }) => trigger === 'schedule' && finishedAt !== null);
  if (last === undefined) return neverSeen(schedule, runs, nowMs, nextMs);
  const endedAt = Date.parse(last.finishedAt ?? '');
  const ago = `the last run on schedule, ${last.runId}, ended ${renderDuration(nowMs - endedAt)} ago`;
  if (isSilent(schedule, endedAt, nowMs)) return finding('failed', WHERE, `${ago}: ${SILENT}`, START);
  if (last.status === 'failed')
    return finding(
      'warning',
      `run ${last.runId}`,
      `${ago}, and failed: ${last.error ?? 'no reason was recorded'}`,
      'mend what it says; `caretaker status` shows more',
    );
  return finding('ok', WHERE, ago);
}

/** A deployment that is minutes old has no run yet; one that has other runs only, for long, has no timer. */
function neverSeen(
  schedule: string,
  runs: readonly RunSummary[],
  nowMs: number,
  nextMs: number,
): CheckFinding {
  const oldest = runs.at(-1);
  if (oldest !== undefined && isSilent(schedule, Date.parse(oldest.startedAt), nowMs))
    return finding(
      'failed',
      WHERE,
      `none of the last ${runs.length} runs started by itself: ${SILENT}`,
      START,
    );
  return finding(
    'unverified',
    WHERE,
    'no run has started by itself yet',
    `the next one is due at ${new Date(nextMs).toISOString()}; ask again after it`,
  );
}

const SILENT = `the timer was due ${INTERVALS} times since`;
const START =
  'restart the function app; if that does not help, look whether the function reconcileOnSchedule is listed and enabled, and whether the app reaches its host storage';

function isSilent(schedule: string, sinceMs: number, nowMs: number): boolean {
  const due = nextDue(schedule, sinceMs, INTERVALS)?.at(INTERVALS - 1);
  return due !== undefined && due <= nowMs;
}
