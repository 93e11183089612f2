import { createTenant, type Tenant, type TenantOptions } from '../../sandbox/tenant/index.ts';
import { type Answer, approve } from '../../src/lib/approve.ts';
import { type ProtectedIdentities, parseDesired } from '../../src/lib/desired.ts';
import { clouds } from '../../src/lib/graph/clouds.ts';
import { createGraph } from '../../src/lib/graph/index.ts';
import { lookBack } from '../../src/lib/lookBack.ts';
import type { Parameters } from '../../src/lib/parameters.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { Ports } from '../../src/lib/ports.ts';
import { type Limits, type RunRequest, type RunResult, reconcile } from '../../src/lib/reconcile.ts';
import type { RunReport } from '../../src/lib/report.ts';
import type { PublicSigner, Signer } from '../../src/lib/signature.ts';
import { type Simulation, simulate } from '../../src/lib/simulate.ts';
import { newRunId } from '../../src/lib/storage/index.ts';
import type { TelemetryEvent } from '../../src/lib/telemetry/events.ts';
import type { Undo } from '../../src/lib/undo.ts';
import { emptyDisk, type MemoryHooks, type MemoryStorage, memoryStorage } from './memoryStorage.ts';
import { type VirtualClock, virtualClock } from './virtualClock.ts';

export const TENANT = '11111111-2222-4333-8444-555555555555';
export const BREAK_GLASS_USER = 'b0000000-0000-4000-8000-000000000001';
export const BREAK_GLASS_GROUP = 'b0000000-0000-4000-8000-0000000000f1';
export const IDENTITIES: ProtectedIdentities = { users: [BREAK_GLASS_USER], groups: [BREAK_GLASS_GROUP] };
export const BREAK_GLASS_MEMBER = 'b0000000-0000-4000-8000-000000000002';
const SETTLE_MS = 60_000;

/** Emergency accounts as they should be: enabled, of the cloud, and somebody in the group. */
export const EMERGENCY = {
  users: [
    { id: BREAK_GLASS_USER, userPrincipalName: 'emergency1@contoso.example' },
    { id: BREAK_GLASS_MEMBER, userPrincipalName: 'emergency2@contoso.example' },
  ],
  groups: [{ id: BREAK_GLASS_GROUP, displayName: 'Emergency access', members: [BREAK_GLASS_MEMBER] }],
};

export interface WorldOptions {
  readonly tenant?: TenantOptions;
  readonly hooks?: MemoryHooks;
  readonly seed?: number;
  readonly protected?: ProtectedIdentities;
  readonly allowedControls?: readonly string[];
  readonly changesMax?: number;
  /** Whose versions of the desired state are believed; none: everybody's. */
  readonly signers?: readonly PublicSigner[];
  /** Signs what is pushed. */
  readonly signer?: Signer;
}

/** A simulated world: the real engine and the real Graph client, the product's stores in memory, a virtual clock. */
export interface World {
  readonly tenant: Tenant;
  readonly clock: VirtualClock;
  readonly storage: MemoryStorage;
  readonly events: TelemetryEvent[];
  /** Stores policies as desired state, one version each. */
  push(policies: Readonly<Record<string, RawPolicy | string>>): Promise<void>;
  forget(key: string): Promise<void>;
  run(order?: Partial<RunRequest> & { readonly limits?: Partial<Limits> }): Promise<RunReport>;
  result(order?: Partial<RunRequest> & { readonly limits?: Partial<Limits> }): Promise<RunResult>;
  /** Puts one What If question. */
  simulate(body: unknown): Promise<Simulation>;
  ports(deadlineAt?: number): Ports;
  /** A second person consents: to these digests, or to all that can be approved. */
  approve(digests?: readonly string[] | 'allHeld', name?: string): Promise<readonly Answer[]>;
  /** What taking a run back would mean. */
  undo(runId: string): Promise<Undo | undefined>;
  /** Lets time pass. */
  wait(ms: number): Promise<void>;
  /** The live policy of that name, as Graph would show it. */
  live(displayName: string): Record<string, unknown>;
}

export async function world(options: WorldOptions = {}): Promise<World> {
  const clock = virtualClock();
  const seed = options.seed ?? 1;
  const tenant = createTenant({ tenantId: TENANT, clock, seed, ...EMERGENCY, ...options.tenant });
  const storage = memoryStorage(clock, options.hooks, emptyDisk(), options.signers);
  await storage.createTables();
  const events: TelemetryEvent[] = [];
  let ids = 0;
  const hex = (value: number, length: number): string => value.toString(16).padStart(length, '0');
  const chance = { uuid: () => `${hex(++ids, 8)}-0000-4000-8000-${hex(seed, 12)}` };
  const graph = createGraph({
    settings: {
      graphEndpoint: clouds.public.graphEndpoint,
      scope: clouds.public.scope,
      clientId: undefined,
      identityEndpoint: undefined,
      requestIntervalMs: 1100,
    },
    clock,
    chance,
    fetch: tenant.fetch,
    credential: { getToken: async () => ({ token: 'opaque', expiresOnTimestamp: clock.now() + 86_400_000 }) },
  });
  const identities = options.protected ?? IDENTITIES;
  const parameters: Parameters = {
    azureManagement: [clouds.public.azureManagementAppId],
    breakGlassUsers: identities.users,
    breakGlassGroups: identities.groups,
  };

  const ports = (deadlineAt = clock.now() + 480_000): Ports => {
    const session = graph.open(TENANT, deadlineAt);
    const tables = storage.open(TENANT, deadlineAt + 60_000);
    return {
      policies: session.policies,
      directory: session.directory,
      ...tables,
      telemetry: { emit: (event) => void events.push(event) },
      clock,
      chance,
      requests: () => ({
        graph: session.requests(),
        tables: tables.requests(),
        throttled: session.throttled(),
      }),
    };
  };

  const limitsUntil = (deadlineAt: number): Limits => ({
    parameters,
    protected: identities,
    allowedControls: options.allowedControls ?? [],
    flapLimit: { count: 5, windowMs: 3_600_000 },
    changesMax: options.changesMax ?? 5,
    settleMs: SETTLE_MS,
    createLagMs: 5 * SETTLE_MS,
    namingPattern: null,
    tenantPolicyLimit: 195,
    deadlineAt,
  });

  const made: World = {
    tenant,
    clock,
    storage,
    events,
    ports,
    wait: (ms) => clock.sleep(ms),
    async push(policies) {
      const { desired } = ports();
      const { versions } = await desired.heads();
      await desired.push(
        Object.entries(policies).map(([key, policy]) => ({
          key,
          content: typeof policy === 'string' ? policy : JSON.stringify(policy),
          active: true,
          author: 'test',
          message: '',
          pushedAt: new Date(clock.now()).toISOString(),
          baseHash: versions.find((version) => version.key === key)?.hash ?? null,
        })),
        options.signer,
      );
    },
    async approve(digests = 'allHeld', name = 'Grace') {
      const actId = newRunId(clock.now(), chance.uuid());
      return approve({ actId, digests, by: { id: name, name }, reason: 'we talked about it' }, ports());
    },
    undo: (runId) => lookBack(runId, ports(), { parameters, identities }),
    async forget(key) {
      const { desired } = ports();
      const head = (await desired.heads()).versions.find((version) => version.key === key);
      if (head === undefined) throw new Error(`no head ${key}`);
      const pushedAt = new Date(clock.now()).toISOString();
      const { content, hash } = head;
      await desired.push(
        [{ key, content, active: false, author: 'test', message: '', pushedAt, baseHash: hash }],
        options.signer,
      );
    },
    async result({ limits, ...order } = {}) {
      const deadlineAt = clock.now() + 480_000;
      const request: RunRequest = {
        runId: newRunId(clock.now(), chance.uuid()),
        tenantId: TENANT,
        trigger: 'schedule',
        requestedBy: null,
        mode: 'enforce',
        policies: null,
        ...order,
      };
      const standard = limitsUntil(deadlineAt);
      return reconcile(request, ports(limits?.deadlineAt ?? deadlineAt), { ...standard, ...limits });
    },
    async simulate(body) {
      const deadlineAt = clock.now() + 200_000;
      return simulate({ tenantId: TENANT, body }, ports(deadlineAt), limitsUntil(deadlineAt));
    },
    async run(order) {
      const result = await made.result(order);
      if (result.kind !== 'done') throw new Error(`the run was ${JSON.stringify(result)}`);
      return result.report;
    },
    live(displayName) {
      const found = tenant.truth().filter((policy) => policy.displayName === displayName);
      if (found.length !== 1) throw new Error(`${found.length} live policies are named ${displayName}`);
      return found[0] as Record<string, unknown>;
    },
  };
  return made;
}

/** The article's policy, or any part of it put differently. */
export function article(change: Record<string, unknown> = {}): RawPolicy {
  return {
    displayName: 'CA001 - Require MFA for Azure management',
    state: 'enabled',
    conditions: {
      users: {
        includeUsers: ['All'],
        excludeUsers: ['@breakGlassUsers'],
        excludeGroups: ['@breakGlassGroups'],
      },
      applications: { includeApplications: ['@azureManagement'] },
      clientAppTypes: ['all'],
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    ...change,
  };
}

/** Parses, or fails the test with the problems. */
export function documentOf(text: string): RawPolicy {
  const parsed = parseDesired(text);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.document.raw;
}
