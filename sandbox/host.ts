import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { loadApp } from './host/core.ts';
import { serveHttp } from './host/http.ts';
import { createInvoker, describe, type Hosted, hostedOf, type Invoke, type Log } from './host/invoke.ts';
import { resolveSchedule, type Settings, startTimer, type Timer } from './host/timers.ts';

export interface HostedFunction {
  readonly name: string;
  readonly type: string;
  readonly route: string | undefined;
  readonly methods: readonly string[];
  /** As registered; `%NAME%` unresolved. */
  readonly schedule: string | undefined;
  readonly authLevel: string | undefined;
}

/** An Azure Functions host for a laptop. */
export interface Host {
  readonly url: string;
  /** Everything that was registered, a timer that was not started included. */
  readonly functions: readonly HostedFunction[];
  /**
   * One run of a timer: now, or after the run that is under way. Rejects with what the function threw, and for a timer
   * that does not exist or was not started.
   */
  runTimer(name: string): Promise<void>;
  /** Starts nothing more and gives what is running five seconds to end, as the real host gives its worker. */
  close(): Promise<void>;
}

export interface HostOptions {
  /** Entry files, as paths or file URLs; each registers its functions while it loads. */
  readonly entries: readonly string[];
  /** App settings, for `%NAME%` in schedules; by default the process's own. Handlers read `process.env` themselves. */
  readonly environment?: Settings;
  /** By default a free one. */
  readonly port?: number;
  /** By default 100 MiB, Azure's own limit; a larger body is answered with 413. */
  readonly bodyBytesMax?: number;
  /** Gets what functions log, in the worker's levels (`information`, `warning` …), and under `host` what the host says. */
  readonly log: Log;
}

const GRACE_MS = 5_000;
const BODY_BYTES_MAX = 100 * 1024 * 1024;

/** The app's library knows one host a process. */
let isTaken = false;

/**
 * Loads a function app as Azure's Node worker does, serves its HTTP functions below `/api` and fires its timers.
 *
 * Like the real host run locally it asks for no key whatever the `authLevel`, and listens on 127.0.0.1 only. It resolves
 * `%NAME%` from the app settings and leaves a timer out (and says so once) whose setting is missing. Functions with
 * another trigger are listed and never run. One host at a time; after it is closed, the same entry files can be started
 * again and keep their modules' state, since a module is loaded once.
 *
 * @throws Error when another host is running, when the entry files register nothing, or as an entry file or an
 *   `appStart` hook throws; nothing is left running then
 */
export async function startHost(options: HostOptions): Promise<Host> {
  if (isTaken) throw new Error('another host is running in this process; close it first');
  isTaken = true;
  try {
    return await start(options);
  } catch (error) {
    isTaken = false;
    throw error;
  }
}

async function start({
  entries,
  environment = process.env,
  port = 0,
  bodyBytesMax = BODY_BYTES_MAX,
  log,
}: HostOptions): Promise<Host> {
  const app = await loadApp(entries.map(urlOf), (level, line) => log(level, 'host', line));
  const { invoke, runAppHooks } = createInvoker(app, log);
  await runAppHooks('appStart');

  const hosted = app.registrations.map(hostedOf);
  const { counted, ended } = countRunning(invoke);
  const http = await serveHttp(ofType(hosted, 'httpTrigger'), { port, bodyBytesMax }, counted, log);
  const timers = startTimers(ofType(hosted, 'timerTrigger'), environment, counted, log);

  const close = async (): Promise<void> => {
    for (const timer of timers.values()) timer.stop();
    const stopped = http.stop();
    await within(GRACE_MS, ended());
    await runAppHooks('appTerminate').catch((error: unknown) => log('error', 'host', describe(error)));
    http.cut();
    await stopped;
    isTaken = false;
  };
  let closing: Promise<void> | undefined;

  return {
    url: http.url,
    functions: hosted.map(({ name, trigger }) => ({
      name,
      type: trigger.type,
      route: trigger.route,
      methods: trigger.methods ?? [],
      schedule: trigger.schedule,
      authLevel: trigger.authLevel,
    })),
    async runTimer(name) {
      const timer = timers.get(name);
      if (timer === undefined) throw new Error(`there is no timer ${name}, or it was not started`);
      await timer.run();
    },
    close() {
      closing ??= close();
      return closing;
    },
  };
}

function urlOf(entry: string): string {
  return entry.startsWith('file:') ? entry : pathToFileURL(resolve(entry)).href;
}

function ofType(hosted: readonly Hosted[], type: string): Hosted[] {
  return hosted.filter(({ trigger }) => trigger.type === type);
}

function startTimers(
  functions: readonly Hosted[],
  environment: Settings,
  invoke: Invoke,
  log: Log,
): Map<string, Timer> {
  const timers = new Map<string, Timer>();
  for (const hosted of functions) {
    const schedule = resolveSchedule(hosted.trigger.schedule ?? '', environment);
    if ('problem' in schedule) {
      log('warning', 'host', `${hosted.name} is not started: ${schedule.problem}`);
      continue;
    }
    const timer = startTimer(schedule.expression, (data) => invoke(hosted, { json: JSON.stringify(data) }));
    timers.set(hosted.name, timer);
    // Its error has been logged by the invocation.
    if (hosted.trigger.runOnStartup === true) timer.run().catch(() => undefined);
  }
  return timers;
}

/** Knows what is running, so that closing can wait for it. */
function countRunning(invoke: Invoke): { counted: Invoke; ended: () => Promise<unknown> } {
  const running = new Set<Promise<unknown>>();
  return {
    counted(hosted, data) {
      const run = invoke(hosted, data).finally(() => running.delete(run));
      running.add(run);
      return run;
    },
    ended: () => Promise.allSettled(running),
  };
}

async function within(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  const late = sleep(ms, undefined, { signal: done.signal }).catch(() => undefined);
  await Promise.race([work, late]);
  done.abort();
}
