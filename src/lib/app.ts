import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import { clouds } from './graph/clouds.ts';
import { createGraph, type Fetch, type TokenSource } from './graph/index.ts';
import type { Parameters } from './parameters.ts';
import type { PolicyKey } from './policy/model.ts';
import type { Clock, Ports } from './ports.ts';
import { type Limits, type RunResult, reconcile } from './reconcile.ts';
import type { Mode, RunReport, Trigger } from './report.ts';
import { type Environment, readSettings, type Settings, type SettingsProblem } from './settings.ts';
import { type Simulation, simulate } from './simulate.ts';
import { createStorage, newRunId } from './storage/index.ts';
import type { Severity } from './telemetry/events.ts';
import { linesOf } from './telemetry/lines.ts';

/** Where one line of telemetry goes: the invocation's logger in Azure, standard error on the command line. */
export type Log = (severity: Severity, line: string) => void;

/** What a caller may ask of a run. */
export interface RunOrder {
  readonly trigger: Trigger;
  readonly requestedBy: RunReport['requestedBy'];
  /** Lowers the app's mode; never raises it. */
  readonly mode?: Mode | undefined;
  readonly policies?: readonly PolicyKey[] | undefined;
  /** The platform cuts some callers off; never longer than the app's own budget. */
  readonly budgetMsMax?: number | undefined;
}

/** The composed program: settings read, adapters built. One per process. */
export interface App {
  readonly settings: Settings;
  run(order: RunOrder, log: Log): Promise<RunResult>;
  /** Answers one What If question, in the form of Graph's `evaluate`; writes nothing anywhere. */
  simulate(body: unknown, log: Log): Promise<Simulation>;
  /** The ports of one piece of work that is not a run: reading reports, pushing desired state. */
  open(log: Log, budgetMs?: number): Ports;
  createTables(): Promise<void>;
}

export type AppRead =
  | { readonly ok: true; readonly app: App }
  | { readonly ok: false; readonly problems: readonly SettingsProblem[] };

/** What differs between Azure, the command line and a simulated world. */
export interface World {
  readonly clock?: Clock;
  readonly fetch?: Fetch;
  readonly credential?: TokenSource;
  /** An operator's own sign-in for the tables, in place of the managed identity. */
  readonly tablesCredential?: TokenCredential;
  /** Settings whose problems do not matter for what is to be done. */
  readonly ignore?: (problem: SettingsProblem) => boolean;
}

/**
 * How long a create stays in doubt: five times the patience of a write, and never less than some fifty requests take, so
 * that an impatient setting on a real tenant makes no twins.
 */
function createLagMs({ settleMs, graphRequestIntervalMs }: Settings): number {
  return Math.max(5 * settleMs, 50 * graphRequestIntervalMs);
}

/** Somebody waits for a simulation, and Azure's front end lets nobody wait longer than 230 s. */
const SIMULATION_MS_MAX = 200_000;

/** Requests of our own to the tables (release, report) go out after a run's budget has ended. */
const AFTERMATH_MS = 60_000;

/** The one place that knows every adapter. Never throws for a wrong setting: it reports them all. */
export function createApp(environment: Environment, world: World = {}): AppRead {
  const { settings, problems } = readSettings(environment);
  const serious = problems.filter((problem) => world.ignore?.(problem) !== true);
  if (serious.length > 0) return { ok: false, problems: serious };

  const clock = world.clock ?? systemClock;
  const chance = { uuid: () => randomUUID() };
  const cloud = clouds[settings.cloud];
  const graph = createGraph({
    settings: {
      graphEndpoint: settings.graphEndpoint,
      scope: cloud.scope,
      clientId: settings.clientId ?? undefined,
      identityEndpoint: environment.IDENTITY_ENDPOINT,
      requestIntervalMs: settings.graphRequestIntervalMs,
    },
    clock,
    chance,
    ...(world.fetch === undefined ? {} : { fetch: world.fetch }),
    ...(world.credential === undefined ? {} : { credential: world.credential }),
  });
  const storage = createStorage(storageSettings(settings, world), clock);
  const parameters: Parameters = {
    azureManagement: [cloud.azureManagementAppId],
    breakGlassUsers: settings.protected.users,
    breakGlassGroups: settings.protected.groups,
  };

  const openUntil = (deadlineAt: number, log: Log): Ports => {
    const tenant = graph.open(settings.tenantId, deadlineAt);
    const tables = storage.open(settings.tenantId, deadlineAt + AFTERMATH_MS);
    return {
      policies: tenant.policies,
      directory: tenant.directory,
      ...tables,
      telemetry: { emit: (event) => linesOf(event).forEach((line) => void log(event.severity, line)) },
      clock,
      chance,
      requests: () => ({ graph: tenant.requests(), tables: tables.requests() }),
    };
  };

  const limitsUntil = (deadlineAt: number): Limits => ({
    parameters,
    protected: settings.protected,
    allowedControls: settings.protectedControlsAllowed,
    flapLimit: { count: settings.flapCount, windowMs: settings.flapWindowMs },
    changesMax: settings.changesMax,
    settleMs: settings.settleMs,
    createLagMs: createLagMs(settings),
    namingPattern: settings.namingPattern,
    tenantPolicyLimit: settings.tenantPolicyLimit,
    deadlineAt,
  });

  const app: App = {
    settings,
    createTables: () => storage.createTables(),
    open: (log, budgetMs = settings.runBudgetMs) => openUntil(clock.now() + budgetMs, log),
    run(order, log) {
      const now = clock.now();
      const deadlineAt = now + Math.min(settings.runBudgetMs, order.budgetMsMax ?? settings.runBudgetMs);
      const request = {
        runId: newRunId(now, chance.uuid()),
        tenantId: settings.tenantId,
        trigger: order.trigger,
        requestedBy: order.requestedBy,
        mode: order.mode === 'observe' ? order.mode : settings.mode,
        policies: order.policies ?? null,
      };
      return reconcile(request, openUntil(deadlineAt, log), limitsUntil(deadlineAt));
    },
    simulate(body, log) {
      const deadlineAt = clock.now() + Math.min(settings.runBudgetMs, SIMULATION_MS_MAX);
      const request = { tenantId: settings.tenantId, body };
      return simulate(request, openUntil(deadlineAt, log), limitsUntil(deadlineAt));
    },
  };
  return { ok: true, app };
}

let built: AppRead | undefined;

/** The app of this process, built on first use. The environment is read here and nowhere else. */
export function theApp(): AppRead {
  built ??= createApp(process.env);
  return built;
}

/** The environment of this process, for the few things that are not settings of ours. */
export function platform(): { readonly isAuthenticationOn: boolean } {
  return { isAuthenticationOn: process.env.WEBSITE_AUTH_ENABLED?.toLowerCase() === 'true' };
}

function storageSettings(settings: Settings, world: World) {
  const { stateStorage, clientId } = settings;
  return {
    ...(stateStorage.kind === 'identity'
      ? { tableServiceUri: stateStorage.tableServiceUri }
      : { connectionString: stateStorage.connectionString }),
    ...(clientId === null ? {} : { clientId }),
    ...(world.tablesCredential === undefined ? {} : { credential: world.tablesCredential }),
  };
}

/** The real clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) => delay(ms, undefined, signal === undefined ? {} : { signal }),
  every(ms, action) {
    const timer = setInterval(action, ms);
    timer.unref();
    return () => clearInterval(timer);
  },
};
