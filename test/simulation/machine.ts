import type { Tenant } from '../../sandbox/tenant/index.ts';
import type { Approval } from '../../src/lib/approval.ts';
import { clouds } from '../../src/lib/graph/clouds.ts';
import { createGraph } from '../../src/lib/graph/index.ts';
import type { Binding } from '../../src/lib/journal.ts';
import type { PolicyKey } from '../../src/lib/policy/model.ts';
import type { Clock, Ports } from '../../src/lib/ports.ts';
import { type RunResult, reconcile } from '../../src/lib/reconcile.ts';
import type { Mode } from '../../src/lib/report.ts';
import { newRunId } from '../../src/lib/storage/index.ts';
import type { TelemetryEvent } from '../../src/lib/telemetry/events.ts';
import { type Disk, memoryStorage } from '../support/memoryStorage.ts';
import { IDENTITIES, TENANT } from '../support/world.ts';
import type { Dice } from './dice.ts';
import { CLOCKS_APART_MS, PARAMETERS } from './policies.ts';

export const SETTLE_MS = 60_000;
export const RUN_BUDGET_MS = 480_000;

/** What all machines have in common. */
export interface Planet {
  readonly clock: Clock;
  readonly tenant: Tenant;
  readonly disk: Disk;
  readonly chance: Dice;
}

/** What may befall one machine; asked at every await of its run. */
export interface Perils {
  at(point: string): Fate;
  /** Throws the `Fault` of a table that cannot be reached, or whose answer is lost. */
  table(name: string, when: 'before' | 'after'): void;
  /** Throws what the credential throws when the identity endpoint does not answer. */
  token(): void;
}

/** Goes on, dies there, stands still for so long, or has its clock set by so much. */
export type Fate = 'goesOn' | 'death' | { readonly standsMs: number } | { readonly jumpsMs: number };

/** One request to Graph as the machine knew it. `text` is what it read; undefined when nothing came back. */
export interface Exchange {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly clientRequestId: string;
  status: number | 'none';
  text: string | undefined;
  /** For a write: what the tables said at the moment it left. */
  readonly ledger: Ledger | undefined;
}

/** The tables as they were, past every trouble. */
export interface Ledger {
  readonly owner: string;
  readonly isReleased: boolean;
  /** Frozen, and not about to end by any clock that is a little off. */
  readonly isFrozen: boolean;
  readonly consents: readonly Approval[];
  /** Intents the journal has of this run. */
  readonly intents: ReadonlySet<string>;
  readonly bindings: ReadonlyMap<PolicyKey, Binding>;
}

export interface Order {
  readonly mode: Mode;
  readonly policies: readonly PolicyKey[] | null;
  readonly changesMax: number;
  /** How far this machine's clock is ahead of the service's. */
  readonly skewMs: number;
}

export type End =
  | { readonly kind: 'ended'; readonly result: RunResult }
  | { readonly kind: 'died'; readonly at: string }
  | { readonly kind: 'threw'; readonly error: unknown };

export interface RunRecord {
  readonly runId: string;
  readonly order: Order;
  readonly startedAt: number;
  readonly endedAt: number;
  /** How long the machine stood still in between, and how far its clock was set back. */
  readonly pausedMs: number;
  /** How often its clock was set. */
  readonly jumps: number;
  readonly end: End;
  readonly exchanges: readonly Exchange[];
  readonly events: readonly TelemetryEvent[];
}

/**
 * Runs once on a machine of its own: the real engine, Graph client and stores. It may die or stand still wherever it
 * waits for something; a dead machine does nothing more, its renewal timer included.
 */
export async function runOnMachine(planet: Planet, order: Order, perils: Perils): Promise<RunRecord> {
  const { clock: time, tenant, disk, chance } = planet;
  const startedAt = time.now();
  const exchanges: Exchange[] = [];
  const events: TelemetryEvent[] = [];
  let isDead = false;
  let pausedUntil = 0;
  let pausedMs = 0;
  let aheadMs = order.skewMs;
  let jumps = 0;
  let die: (at: string) => void = () => {};
  const died = new Promise<End>((resolve) => {
    die = (at) => resolve({ kind: 'died', at });
  });

  const clock: Clock = {
    now: () => time.now() + aheadMs,
    async sleep(ms, signal) {
      await time.sleep(ms, signal);
      await step('sleep');
    },
    every: (ms, action) =>
      time.every(ms, () => {
        if (!isDead && time.now() >= pausedUntil) action();
      }),
  };
  const storage = memoryStorage(
    clock,
    {
      async beforeRequest(name) {
        await step(`before ${name}`);
        perils.table(name, 'before');
      },
      async afterRequest(name) {
        await step(`after ${name}`);
        perils.table(name, 'after');
      },
    },
    disk,
  );
  const ids = { uuid: () => chance.guid() };
  const graph = createGraph({
    settings: {
      graphEndpoint: clouds.public.graphEndpoint,
      scope: clouds.public.scope,
      clientId: undefined,
      identityEndpoint: undefined,
      requestIntervalMs: 1100,
    },
    clock,
    chance: ids,
    fetch: watchedFetch,
    credential: {
      async getToken() {
        await step('before a token');
        perils.token();
        return { token: 'opaque', expiresOnTimestamp: clock.now() + 86_400_000 };
      },
    },
  });
  const deadlineAt = clock.now() + RUN_BUDGET_MS;
  const session = graph.open(TENANT, deadlineAt);
  const tables = storage.open(TENANT, deadlineAt + 60_000);
  const ports: Ports = {
    policies: session.policies,
    directory: session.directory,
    ...tables,
    telemetry: { emit: (event) => void events.push(event) },
    clock,
    chance: ids,
    requests: () => ({ graph: session.requests(), tables: tables.requests() }),
  };
  const runId = newRunId(clock.now(), ids.uuid());
  const { mode, policies, changesMax } = order;
  const ended = reconcile(
    { runId, tenantId: TENANT, trigger: 'schedule', requestedBy: null, mode, policies },
    ports,
    {
      parameters: PARAMETERS,
      protected: IDENTITIES,
      allowedControls: [],
      flapLimit: { count: 5, windowMs: 3_600_000 },
      changesMax,
      settleMs: SETTLE_MS,
      createLagMs: 5 * SETTLE_MS,
      namingPattern: null,
      tenantPolicyLimit: 195,
      deadlineAt,
    },
  ).then(
    (result): End => ({ kind: 'ended', result }),
    (error: unknown): End => ({ kind: 'threw', error }),
  );
  const end = await Promise.race([ended, died]);
  return { runId, order, startedAt, endedAt: time.now(), pausedMs, jumps, end, exchanges, events };

  async function step(point: string): Promise<void> {
    if (isDead) return never();
    const fate = perils.at(point);
    if (fate === 'death') {
      isDead = true;
      die(point);
      return never();
    }
    if (fate !== 'goesOn' && 'standsMs' in fate) {
      pausedUntil = Math.max(pausedUntil, time.now() + fate.standsMs);
      pausedMs += fate.standsMs;
    }
    if (fate !== 'goesOn' && 'jumpsMs' in fate) {
      jumps += 1;
      aheadMs += fate.jumpsMs;
      pausedMs += Math.max(0, -fate.jumpsMs);
    }
    // A pause that begins elsewhere on this machine at this very moment does not call it back either.
    while (!isDeparture(point) && time.now() < pausedUntil) await time.sleep(pausedUntil - time.now());
    if (isDead) return never();
  }

  async function watchedFetch(input: string, init: RequestInit): Promise<Response> {
    const { pathname, search } = new URL(input);
    const method = init.method ?? 'GET';
    const what = nameOf(method, pathname);
    await step(`before ${what}`);
    const exchange: Exchange = {
      at: time.now(),
      method,
      path: `${pathname}${search}`,
      clientRequestId: new Headers(init.headers).get('client-request-id') ?? '',
      status: 'none',
      text: undefined,
      ledger: method === 'GET' || pathname.endsWith('$batch') ? undefined : await ledgerOf(planet, runId),
    };
    exchanges.push(exchange);
    const response = await tenant.fetch(input, init);
    const text = await response.text();
    await step(`after ${what}`);
    exchange.status = response.status;
    exchange.text = text;
    const { status, headers } = response;
    return new Response(status === 204 ? null : text, { status, headers });
  }
}

/** Which sort of request it is: a place to die of its own. */
function nameOf(method: string, path: string): string {
  if (method === 'POST')
    return path.endsWith('$batch') ? 'a batch' : path.endsWith('restore') ? 'a restore' : 'POST';
  if (method === 'PATCH') return method;
  if (path.includes('/deletedItems/')) return 'GET a deleted policy';
  if (path.endsWith('/policies')) return 'GET the list';
  if (path.includes('/policies/identity')) return 'GET security defaults';
  if (path.includes('/conditionalAccess/policies/')) return 'GET a policy';
  return path.includes('/namedLocations') ? 'GET named locations' : 'GET of the directory';
}

/** Whether a write is on its way: it cannot be called back, however long it takes to arrive (docs/limits.md). */
export function isDeparture(point: string): boolean {
  return ['before POST', 'before PATCH', 'before a restore'].includes(point);
}

function never(): Promise<never> {
  return new Promise(() => {});
}

async function ledgerOf({ clock, disk }: Planet, runId: string): Promise<Ledger> {
  const stores = memoryStorage(clock, {}, disk);
  const rows = await stores.rowsOf(TENANT)('control').range({ from: 'a', to: 'z' });
  const lease = rows.find(({ rowKey }) => rowKey === 'lease')?.columns;
  const { bindings, journal, control, approvals } = stores.open(TENANT, Number.POSITIVE_INFINITY);
  const freeze = await control.frozen();
  const until = freeze?.until == null ? Number.POSITIVE_INFINITY : Date.parse(freeze.until);
  const entries = await journal.ofRun(runId);
  return {
    owner: String(lease?.owner),
    isReleased: String(lease?.until).startsWith('1970'),
    isFrozen: freeze !== null && until - clock.now() > CLOCKS_APART_MS,
    consents: (await approvals.read()).changes,
    intents: new Set(entries.flatMap(({ kind, intentId }) => (kind === 'intent' ? [intentId] : []))),
    bindings: new Map((await bindings.all()).bindings.map((binding) => [binding.key, binding])),
  };
}
