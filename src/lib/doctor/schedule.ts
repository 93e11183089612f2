import { renderDuration } from '../durations.ts';
import { nextDue } from '../ncrontab.ts';
import type { RunSummary } from '../report.ts';
import { ASK_THE_APP, type CheckFinding, findingsOf, type Told, type Whose } from './findings.ts';

const finding = findingsOf('schedule');
const WHERE = 'RECONCILE_SCHEDULE';
const TABLE = 'table "runs"';
/** So many times in a row the timer may be due before its silence is one. */
const INTERVALS = 3;

/** Longer than any run lives: the host ends a function after `functionTimeout` in `host.json`, ten minutes. */
const RUN_MS_MAX = 10 * 60_000;

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
  as: Whose,
): readonly CheckFinding[] {
  if (as === 'operator') return [atKeyboard(read, nowMs)];
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
  if (read.kind === 'untold') return [unread(read.reason)];
  return [alive(schedule, read.value, nowMs, next)];
}

function unread(reason: string): CheckFinding {
  return finding('unverified', TABLE, reason, 'mend the table, then ask again');
}

/** The schedule is a setting of the app's, and none of the shell's. */
function atKeyboard(read: Told<readonly RunSummary[]>, nowMs: number): CheckFinding {
  if (read.kind === 'untold') return unread(read.reason);
  const last = lastEnded(read.value);
  const what = last === undefined ? NONE_YET : agoOf(last, nowMs);
  return finding(
    'unverified',
    TABLE,
    `${what}; when the app’s timer is due is in its own settings`,
    ASK_THE_APP,
  );
}

function alive(schedule: string, runs: readonly RunSummary[], nowMs: number, nextMs: number): CheckFinding {
  const last = lastEnded(runs);
  if (last === undefined) return neverSeen(schedule, runs, nowMs, nextMs);
  const ago = agoOf(last, nowMs);
  if (isSilent(schedule, endOf(last), nowMs)) return silent(`${ago}: ${SILENT}`, runs, nowMs);
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
    return silent(`none of the last ${runs.length} runs started by itself and ended: ${SILENT}`, runs, nowMs);
  return finding(
    'unverified',
    WHERE,
    NONE_YET,
    `the next one is due at ${new Date(nextMs).toISOString()}; ask again after it`,
  );
}

/** A run may last longer than three of its own intervals; a process that is killed begins many and ends none. */
function silent(what: string, runs: readonly RunSummary[], nowMs: number): CheckFinding {
  const newest = runs.find(({ trigger }) => trigger === 'schedule');
  if (newest === undefined || newest.finishedAt !== null) return finding('failed', WHERE, what, START);
  const forMs = nowMs - Date.parse(newest.startedAt);
  const since = `run ${newest.runId} began ${renderDuration(forMs)} ago and has not ended`;
  return forMs <= RUN_MS_MAX
    ? finding('unverified', WHERE, `${what}; ${since}`, 'ask again when it has')
    : finding('failed', WHERE, `${what}; ${since}`, LOOK);
}

function lastEnded(runs: readonly RunSummary[]): RunSummary | undefined {
  return runs.find(({ trigger, finishedAt }) => trigger === 'schedule' && finishedAt !== null);
}

function endOf({ finishedAt }: RunSummary): number {
  return Date.parse(finishedAt ?? '');
}

function agoOf(run: RunSummary, nowMs: number): string {
  return `the last run on schedule, ${run.runId}, ended ${renderDuration(Math.max(0, nowMs - endOf(run)))} ago`;
}

const NONE_YET = 'no run has started by itself and ended yet';
const SILENT = `the timer was due ${INTERVALS} times since`;
const START =
  'if the app was deployed, or its schedule changed, just now, ask again after the next run; otherwise restart the function app; if that does not help, look whether the function reconcileOnSchedule is listed and enabled, and whether the app reaches its host storage';
const LOOK =
  'look in Application Insights, among the traces and exceptions of reconcileOnSchedule, for what ends its runs before they are done';

function isSilent(schedule: string, sinceMs: number, nowMs: number): boolean {
  const due = nextDue(schedule, sinceMs, INTERVALS)?.at(INTERVALS - 1);
  return due !== undefined && due <= nowMs;
}
