import { randomUUID } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { TokenCredential } from '@azure/identity';
import type { Person } from './approval.ts';
import { type Answer, approve, type Consent } from './approve.ts';
import type { Examination, Whose } from './doctor/findings.ts';
import { Fault } from './fault.ts';
import { clouds } from './graph/clouds.ts';
import { createGraph, type Fetch, managedIdentity, type TokenSource } from './graph/index.ts';
import { lookBack } from './lookBack.ts';
import type { Parameters } from './parameters.ts';
import type { PolicyKey } from './policy/model.ts';
import type { Clock, Freeze, Ports, Probes } from './ports.ts';
import { type Limits, type RunResult, reconcile } from './reconcile.ts';
import type { Mode, RunReport, Trigger } from './report.ts';
import {
  type DirectTelemetry,
  type Environment,
  parametersOf,
  readSettings,
  type Settings,
  type SettingsProblem,
} from './settings.ts';
import { type Simulation, simulate } from './simulate.ts';
import { createStorage, newRunId } from './storage/index.ts';
import { consentFacts, freezeFacts } from './telemetry/announce.ts';
import { type Batch, DELIVERY_MS_MAX, delivery, type Sink } from './telemetry/delivery.ts';
import type { EventName, Severity, TelemetryEvent } from './telemetry/events.ts';
import { linesOf } from './telemetry/lines.ts';
import type { Undo } from './undo.ts';

/** Where one line of telemetry goes: the invocation's logger in Azure, standard error on the command line. */
export interface Log {
  (severity: Severity, line: string): void;
  /** W3C trace context of the invocation, where there is one. */
  readonly traceparent?: string | undefined;
}

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
  /** Milliseconds since 1970, by the clock everything here goes by. */
  now(): number;
  /** What the parameters of desired-state files stand for here. */
  readonly parameters: Parameters;
  run(order: RunOrder, log: Log): Promise<RunResult>;
  /** Writes consent to held changes down, and tells of it. */
  approve(consent: Omit<Consent, 'actId'>, log: Log): Promise<readonly Answer[]>;
  /** Throws the one switch that keeps every run from writing, or takes it back (null), and tells of it. */
  freeze(freeze: Freeze | null, by: Person, log: Log): Promise<void>;
  /** What taking a run back would mean; reads the tenant and writes nothing. undefined: no run of that name is kept. */
  undo(runId: string, log: Log): Promise<Undo | undefined>;
  /** Answers one What If question, in the form of Graph's `evaluate`; writes nothing anywhere. */
  simulate(body: unknown, log: Log): Promise<Simulation>;
  /** Looks at what this deployment stands on; writes nothing anywhere. */
  examine(as: Whose, log: Log): Promise<Examination>;
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

/** How long somebody waits for an act of theirs that is only written down. */
const ACT_MS = 30_000;

/** How long somebody waits to hear what can be undone; the tenant's list may have to be asked for again. */
const UNDO_MS = 120_000;

/** How long somebody waits to hear how a deployment is. */
const EXAMINATION_MS = 60_000;

/** Somebody waits for a simulation, and Azure's front end lets nobody wait longer than 230 s. */
const SIMULATION_MS_MAX = 200_000;

/** Each question asks the tenant once or more, and all of them share one request a second with the runs. */
const SIMULATIONS_MAX = 3;
const TOO_MANY = `${SIMULATIONS_MAX} What If questions are being answered already; ask again in a moment`;

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
  const storage = createStorage(storageSettings(settings, world), clock, settings.signers);
  const parameters = parametersOf(settings);

  const direct = settings.directTelemetry;
  const beside = direct === null ? undefined : delivery(() => loadDirect(direct, environment, world), clock);

  const openUntil = (deadlineAt: number, log: Log, batch?: Batch): Ports & Probes => {
    const tenant = graph.open(settings.tenantId, deadlineAt);
    const tables = storage.open(settings.tenantId, deadlineAt + AFTERMATH_MS);
    return {
      policies: tenant.policies,
      directory: tenant.directory,
      ...tables,
      telemetry: {
        emit(event) {
          write(event, log);
          batch?.add(event);
        },
      },
      clock,
      chance,
      requests: () => ({
        graph: tenant.requests(),
        tables: tables.requests(),
        throttled: tenant.throttled(),
      }),
      token: tenant.token,
      tables: tables.access,
      serviceTimes: () => ({ graph: tenant.serviceTime(), tables: tables.serviceTime() }),
    };
  };

  /** Work whose events go to Application Insights too, where that is asked for, once it is done. */
  const telling = async <T>(log: Log, work: (batch: Batch | undefined) => Promise<T>): Promise<T> => {
    const batch = beside?.begin();
    try {
      return await work(batch);
    } finally {
      await batch?.deliver(log.traceparent, (event) => write(event, log));
    }
  };

  /** What a person does beside the runs: it has an id like theirs, and is announced like what they do. */
  const openAct = (log: Log, batch: Batch | undefined) => {
    const now = clock.now();
    const runId = newRunId(now, chance.uuid());
    const ports = openUntil(now + ACT_MS, log, batch);
    const tell = (event: EventName, facts: Readonly<Record<string, unknown>>): void =>
      ports.telemetry.emit({ event, severity: 'warn', runId, tenantId: settings.tenantId, facts });
    return { runId, ports, tell };
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

  let simulations = 0;
  const app: App = {
    settings,
    now: () => clock.now(),
    parameters,
    createTables: () => storage.createTables(),
    approve: (consent, log) =>
      telling(log, async (batch) => {
        const { runId, ports, tell } = openAct(log, batch);
        const answers = await approve({ actId: runId, ...consent }, ports);
        for (const answer of answers) {
          if (answer.kind !== 'given') continue;
          tell('ChangeApproved', consentFacts(answer.change, consent.by));
        }
        return answers;
      }),
    undo: (runId, log) =>
      lookBack(runId, openUntil(clock.now() + UNDO_MS, log), { parameters, identities: settings.protected }),
    freeze: (freeze, by, log) =>
      telling(log, async (batch) => {
        const { ports, tell } = openAct(log, batch);
        await ports.control.freeze(freeze);
        tell(freeze === null ? 'TenantUnfrozen' : 'TenantFrozen', freezeFacts(freeze, by));
      }),
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
      return telling(log, (batch) =>
        reconcile(request, openUntil(deadlineAt, log, batch), limitsUntil(deadlineAt)),
      );
    },
    async examine(as, log) {
      // Nobody waits for it but who asks for it, so it is not loaded before.
      const { examine } = await import('./doctor/examine.ts');
      return examine(openUntil(clock.now() + EXAMINATION_MS, log), {
        settings,
        parameters,
        as,
        resourceGroup: resourceGroupOf(environment),
      });
    },
    async simulate(body, log) {
      if (simulations >= SIMULATIONS_MAX) throw new Fault('unavailable', TOO_MANY);
      simulations += 1;
      const deadlineAt = clock.now() + Math.min(settings.runBudgetMs, SIMULATION_MS_MAX);
      const request = { tenantId: settings.tenantId, body };
      return simulate(request, openUntil(deadlineAt, log), limitsUntil(deadlineAt)).finally(() => {
        simulations -= 1;
      });
    },
  };
  return { ok: true, app };
}

/** How a deployment is. Where a setting is wrong there is no app to ask, and that is what is wrong. */
export async function examineApp(read: AppRead, as: Whose, log: Log): Promise<Examination> {
  if (read.ok) return read.app.examine(as, log);
  const { unexamined } = await import('./doctor/settings.ts');
  return { examinedAt: new Date(systemClock.now()).toISOString(), findings: unexamined(read.problems) };
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

/** The platform gives the subscription in front of a plus sign (Microsoft Learn, App Service environment variables). */
function resourceGroupOf(environment: Environment): string | null {
  const [subscription] = environment.WEBSITE_OWNER_NAME?.split('+') ?? [];
  const group = environment.WEBSITE_RESOURCE_GROUP;
  return subscription === undefined || group === undefined
    ? null
    : `/subscriptions/${subscription}/resourceGroups/${group}`;
}

/** One event as lines of the log. */
function write(event: TelemetryEvent, log: Log): void {
  for (const line of linesOf(event)) log(event.severity, line);
}

/** Loads Microsoft's exporter, which nothing loads otherwise. */
async function loadDirect(
  { connectionString, identity }: DirectTelemetry,
  environment: Environment,
  world: World,
): Promise<Sink> {
  // The exporter would tell its makers about itself, too; it looks for these in the process alone.
  process.env.APPLICATION_INSIGHTS_NO_STATSBEAT ??= 'true';
  process.env.APPLICATIONINSIGHTS_SDKSTATS_DISABLED ??= 'true';
  const { directSink } = await import('./telemetry/direct.ts');
  const own = () => managedIdentity(identity?.clientId ?? undefined, environment.IDENTITY_ENDPOINT);
  return directSink({
    connectionString,
    credential: identity === null ? null : (world.credential ?? own()),
    roleName: environment.WEBSITE_SITE_NAME ?? 'caretaker',
    requestMs: DELIVERY_MS_MAX,
  });
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
