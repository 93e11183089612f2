import { Cron } from 'croner';

export type Settings = Readonly<Record<string, string | undefined>>;

export interface Timer {
  /** One run, now or after the one that is under way. Rejects with what the function threw. */
  run(): Promise<void>;
  /** Starts nothing more, not even what was due. */
  stop(): void;
}

/** The schedule, or why there is none. */
export type Schedule = { readonly expression: string } | { readonly problem: string };

/**
 * Puts app settings in the place of `%NAME%`. A setting that is missing or empty gives no schedule, as in Azure
 * (Microsoft Learn, "Timer trigger for Azure Functions").
 */
export function resolveSchedule(text: string, settings: Settings): Schedule {
  const names = [...text.matchAll(/%([^%]+)%/g)].map(([, name]) => name ?? '');
  const missing = names.find((name) => (settings[name] ?? '') === '');
  if (missing !== undefined) return { problem: `the app setting ${missing} is not set` };
  const expression = text.replace(/%([^%]+)%/g, (_, name: string) => settings[name] ?? '');
  return isNcrontab(expression)
    ? { expression }
    : { problem: `"${expression}" is not an NCRONTAB expression` };
}

/**
 * Starts a timer on an NCRONTAB expression, in UTC.
 *
 * @param work one run, given the timer's data
 */
export function startTimer(expression: string, work: (data: object) => Promise<unknown>): Timer {
  let lastRunAt = new Date();
  const turns = inTurn(async () => {
    const data = timerData(lastRunAt, cron.nextRun());
    lastRunAt = new Date();
    await work(data);
  });
  const cron = new Cron(expression, { ...DIALECT, unref: true }, turns.tick);
  return {
    run: turns.run,
    stop() {
      turns.stop();
      cron.stop();
    },
  };
}

/** Work that never overlaps itself. */
export interface Turns extends Timer {
  /** The schedule says it is time. An error is left to the work itself to report. */
  tick(): void;
}

/**
 * Runs come one after the other. What the schedule asks for during a run, however often, becomes one run right after it
 * (`TimerListener.cs` of Azure/azure-webjobs-sdk-extensions); what a person asks for is never dropped.
 */
export function inTurn(work: () => Promise<unknown>): Turns {
  let last: Promise<unknown> = Promise.resolve();
  let isDue = false;
  let isStopped = false;

  const enqueue = (turn: () => Promise<unknown>): Promise<void> => {
    const mine = last.then(async () => {
      if (!isStopped) await turn();
    });
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    run: () => enqueue(work),
    tick() {
      if (isDue) return;
      isDue = true;
      enqueue(() => {
        isDue = false;
        return work();
      }).catch(() => undefined);
    },
    stop() {
      isStopped = true;
    },
  };
}

/** NCRONTAB: a day must fit both its day fields, and `0/5` means every fifth from 0. */
const DIALECT = { mode: '5-or-6-parts', domAndDow: true, sloppyRanges: true, timezone: 'UTC' } as const;

/** The scheduler also knows dates, nicknames, `L`, `W`, `#` and the like; Azure does not. */
const NAMES = /\b(?:sun|mon|tue|wed|thu|fri|sat|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)\b/gi;

function isNcrontab(expression: string): boolean {
  if (!/^[\d*,/\s-]+$/.test(expression.replace(NAMES, '0'))) return false;
  try {
    new Cron(expression, { ...DIALECT, paused: true }).stop();
    return true;
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    return false;
  }
}

/** As the host sends it: in PascalCase, which the library turns round. */
function timerData(last: Date, next: Date | null): object {
  return {
    Schedule: { AdjustForDST: true },
    ScheduleStatus: {
      Last: last.toISOString(),
      Next: (next ?? last).toISOString(),
      LastUpdated: last.toISOString(),
    },
    IsPastDue: false,
  };
}
