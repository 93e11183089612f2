import { Cron } from 'croner';

/** NCRONTAB: a day must fit both its day fields, and `0/5` means every fifth from 0. Azure's timers go by UTC. */
const DIALECT = { mode: '5-or-6-parts', domAndDow: true, sloppyRanges: true, timezone: 'UTC' } as const;

/** The library knows dates, nicknames, `L`, `W`, `#` and the like as well; Azure does not. */
const NAMES = /\b(?:sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b/gi;

/**
 * When a timer is due (Microsoft Learn, "Timer trigger for Azure Functions", NCRONTAB expressions).
 *
 * @param count how many times
 * @returns milliseconds since 1970, after `fromMs`, soonest first; undefined for a text that is no NCRONTAB expression
 */
export function nextDue(expression: string, fromMs: number, count: number): readonly number[] | undefined {
  if (!/^[\d*,/\s-]+$/.test(expression.replace(NAMES, '0'))) return undefined;
  try {
    const cron = new Cron(expression, { ...DIALECT, paused: true });
    return cron.nextRuns(count, new Date(fromMs)).map((due) => due.getTime());
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return undefined;
  }
}
