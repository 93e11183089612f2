import { permissionsOf } from './access.ts';
import { type Admin, createAdmin } from './admin.ts';
import {
  dressed,
  errorReply,
  type GraphAnswer,
  type GraphRequest,
  type Outcome,
  Refusal,
  type Stamp,
} from './answers.ts';
import { batchReply, isBatch } from './batch.ts';
import { failure, spoiltBody } from './failures.ts';
import {
  type Armed,
  type ArmOptions,
  type FaultName,
  FaultPlan,
  type Faults,
  faultsAfter,
  faultsBefore,
  faultsOfBodies,
} from './faults.ts';
import { type FetchLike, fetchOf } from './fetch.ts';
import { PREMIUM } from './licences.ts';
import type { Clock, DirectoryRole, Group, JsonObject, Policy, User } from './model.ts';
import { builtInStrengths, present } from './present.ts';
import { createRandom } from './random.ts';
import { carryOut, findRoute } from './routes.ts';
import { Store } from './store.ts';
import type { Call, Directory, Settings, World, Write } from './world.ts';

export const graphOrigin = 'https://graph.microsoft.com';

export interface TenantOptions extends Partial<Settings> {
  /** Directory id. */
  readonly tenantId?: string;
  /** The same seed and the same requests give the same answers. Default 1. */
  readonly seed?: number;
  /** Default: the real clock. */
  readonly clock?: Clock;
  /** Policies that are there from the start, as exported or as one would POST them. Not checked against any rule. */
  readonly policies?: readonly JsonObject[];
  /** In Graph's JSON, each with an `id`. */
  readonly namedLocations?: readonly JsonObject[];
  /** Custom authentication strengths, in Graph's JSON; the built-in ones are always there. */
  readonly strengths?: readonly JsonObject[];
  readonly users?: readonly User[];
  readonly groups?: readonly Group[];
  readonly roles?: readonly DirectoryRole[];
  /** What it has subscribed to, in Graph's JSON (`subscribedSku`). Default: a product with Entra ID P2. */
  readonly licences?: readonly JsonObject[];
}

/** What was asked of the tenant, and how it ended. Tokens are not kept. */
export interface LogEntry {
  readonly at: number;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly status: number | 'reset' | 'hang';
  /** Faults that struck it. */
  readonly faults: readonly FaultName[];
  /** Unknown members of the body, sent as null and dropped without a word. */
  readonly dropped: readonly string[];
  /** A part of a `$batch`. */
  readonly inBatch: boolean;
}

/** A simulated Entra tenant that speaks Microsoft Graph v1.0. */
export interface Tenant {
  readonly tenantId: string;
  /** Answers one request; never rejects. */
  handle(request: GraphRequest): Promise<Outcome>;
  /** The same, shaped like the global `fetch`: `reset` rejects as undici does, `hang` waits for the signal. */
  readonly fetch: FetchLike;
  readonly settings: Settings;
  /** Lag, budget and the rates of faults. */
  readonly faults: Faults;
  /** Lets one fault strike the next fitting request. */
  arm(name: FaultName, options?: ArmOptions): Armed;
  /** No more faults: rates, armed ones, lag and budget. */
  calm(): void;
  /** Every replica hears of every write at once. */
  settle(): void;
  /** Called before each request is looked at (parts of a `$batch` too); the place for a third party's edits. */
  beforeRequest: ((request: GraphRequest, tenant: Tenant) => void | Promise<void>) | undefined;
  /** Another pair of hands in the tenant. */
  readonly admin: Admin;
  readonly directory: Directory;
  /** Named locations by id, in Graph's JSON; to be changed at will. */
  readonly namedLocations: Map<string, JsonObject>;
  /** What the tenant has subscribed to; to be changed at will. */
  readonly licences: JsonObject[];
  /** The policies there really are, as GET would answer them without faults; hidden ones included. */
  truth(): JsonObject[];
  /** Soft-deleted policies, likewise. */
  deleted(): JsonObject[];
  readonly log: readonly LogEntry[];
  readonly writes: readonly Write[];
  /** Requests to `/beta`: there should be none, as a policy touched through beta is lost to v1.0. */
  betaRequests(): LogEntry[];
}

/** Makes a tenant. Pure memory: no timers, no network; time passes only on the given clock. */
export function createTenant(options: TenantOptions = {}): Tenant {
  const world = createWorld(options);
  const log: LogEntry[] = [];
  const requestIds = createRandom(options.seed ?? 1, 'requests');
  const served: number[] = [];
  const view = { origin: graphOrigin, strengths: world.strengths, masked: false };
  const shown = (isShown: (policy: Policy) => boolean) =>
    world.store
      .allTrue()
      .filter(({ policy }) => isShown(policy))
      .map(({ policy }) => present(policy, view));

  const tenant: Tenant = {
    tenantId: world.tenantId,
    handle: (request) => handled(request, false),
    fetch: fetchOf((request) => tenant.handle(request)),
    settings: world.settings,
    faults: world.plan.faults,
    arm: (name, armOptions) => world.plan.arm(name, armOptions),
    calm: () => world.plan.calm(),
    settle: () => world.store.settle(),
    beforeRequest: undefined,
    admin: createAdmin(world),
    directory: world.directory,
    namedLocations: world.namedLocations,
    licences: world.licences,
    truth: () => shown((policy) => policy.deletedDateTime === null),
    deleted: () => shown((policy) => policy.deletedDateTime !== null),
    log,
    writes: world.writes,
    betaRequests: () => log.filter(({ path }) => /^\/beta(\/|$)/i.test(path)),
  };
  for (const policy of options.policies ?? []) tenant.admin.create(policy);
  world.writes.length = 0;
  return tenant;

  async function handled(request: GraphRequest, inBatch: boolean): Promise<Outcome> {
    await tenant.beforeRequest?.(request, tenant);
    const at = world.clock.now();
    const struck: FaultName[] = [];
    const dropped: string[] = [];
    const requestId = requestIds.guid();
    const stamp = { requestId, clientRequestId: request.headers['client-request-id'] ?? requestId, at };
    const outcome = await attempt(request, stamp, struck, dropped, inBatch);
    const status = typeof outcome === 'string' ? outcome : outcome.status;
    const { method, path, body } = request;
    log.push({
      at,
      method,
      path,
      headers: ofInterest(request),
      body,
      status,
      faults: struck,
      dropped,
      inBatch,
    });
    return outcome;
  }

  /** Everything that happens to one request, in the order in which it happens. */
  async function attempt(
    request: GraphRequest,
    stamp: Stamp,
    struck: FaultName[],
    dropped: string[],
    inBatch: boolean,
  ): Promise<Outcome> {
    const strikes = (name: FaultName): boolean => {
      const hit = world.plan.strikes(name, request.method, request.path);
      if (hit) struck.push(name);
      return hit;
    };
    const before = faultsBefore.find(strikes);
    if (before) return failure(before, stamp);

    const answer =
      isBatch(request) && !inBatch
        ? await batchAnswer(request, stamp)
        : answerTo(request, stamp, strikes, dropped);

    const after = faultsAfter.find(strikes);
    if (after) return failure(after, stamp);
    const spoilt = answer.status < 300 && answer.body ? faultsOfBodies.find(strikes) : undefined;
    return spoilt ? spoiltBody(spoilt, answer) : answer;
  }

  function answerTo(
    request: GraphRequest,
    stamp: Stamp,
    struck: (name: FaultName) => boolean,
    dropped: string[],
  ): GraphAnswer {
    try {
      const granted = permissionsOf(request, world.settings);
      const url = new URL(`${request.origin ?? graphOrigin}${request.path}`);
      const { route, params } = findRoute(request.method, url.pathname);
      if (route.conditionalAccess) spendBudget(stamp.at);
      const call: Call = { request, url, stamp, params, granted, dropped, struck };
      return dressed(carryOut(route, call, world), stamp, request.headers.prefer);
    } catch (error) {
      return refusalAnswer(error, stamp);
    }
  }

  async function batchAnswer(request: GraphRequest, stamp: Stamp): Promise<GraphAnswer> {
    try {
      permissionsOf(request, world.settings);
      const reply = await batchReply(request, (part) => handled(part, true), world.chance);
      return dressed(reply, stamp, undefined);
    } catch (error) {
      return refusalAnswer(error, stamp);
    }
  }

  /** Anything but a refusal is a bug of the tenant's own. */
  function refusalAnswer(error: unknown, stamp: Stamp): GraphAnswer {
    if (!(error instanceof Refusal)) throw error;
    return dressed(errorReply(error, stamp, world.settings.olderErrors), stamp, undefined);
  }

  /** One budget for all apps of the tenant; its 429 carries no Retry-After (Graph docs, throttling-limits). */
  function spendBudget(at: number): void {
    const limit = world.plan.faults.requestsPerSecond;
    while (served[0] !== undefined && served[0] <= at - 1000) served.shift();
    if (limit > 0 && served.length >= limit) throw new Refusal(429, 'TooManyRequests', 'Too many requests.');
    served.push(at);
  }
}

function createWorld(options: TenantOptions): World {
  const seed = options.seed ?? 1;
  const clock = options.clock ?? { now: () => Date.now() };
  const plan = new FaultPlan(createRandom(seed, 'faults'));
  const byId = <T extends { id: string }>(items: readonly T[] | undefined) =>
    new Map((items ?? []).map((item) => [item.id, structuredClone(item)]));
  const jsonById = (items: readonly JsonObject[]) =>
    new Map(items.map((item) => [String(item.id), structuredClone(item)]));
  return {
    tenantId: options.tenantId ?? '11111111-2222-4333-8444-555555555555',
    clock,
    settings: settingsOf(options),
    store: new Store(clock, createRandom(seed, 'replicas'), plan.faults),
    directory: { users: byId(options.users), groups: byId(options.groups), roles: byId(options.roles) },
    namedLocations: jsonById(options.namedLocations ?? []),
    strengths: jsonById([...builtInStrengths, ...(options.strengths ?? [])]),
    licences: structuredClone([...(options.licences ?? [PREMIUM])]),
    plan,
    ids: createRandom(seed, 'ids'),
    chance: createRandom(seed, 'answers'),
    writes: [],
  };
}

function settingsOf(options: TenantOptions): Settings {
  return {
    requireToken: options.requireToken ?? false,
    permissions: options.permissions ?? 'all',
    acceptToken: options.acceptToken ?? (() => true),
    pageSize: options.pageSize ?? 100,
    pageSizeMax: options.pageSizeMax ?? 999,
    securityDefaults: options.securityDefaults ?? false,
    policyLimit: options.policyLimit ?? 195,
    policySizeMax: options.policySizeMax ?? 65_536,
    mergeDepth: options.mergeDepth ?? 3,
    deletedItems: options.deletedItems ?? 'supported',
    hidesNewEnumMembers: options.hidesNewEnumMembers ?? true,
    olderErrors: options.olderErrors ?? false,
    servicePrincipals: options.servicePrincipals ?? 'any',
    unlistedLocations: options.unlistedLocations ?? 'none',
  };
}

const keptHeaders = ['client-request-id', 'prefer', 'content-type', 'consistencylevel', 'user-agent'];

function ofInterest({ headers }: GraphRequest): Record<string, string> {
  const kept = keptHeaders.flatMap((name): [string, string][] =>
    headers[name] ? [[name, headers[name]]] : [],
  );
  return {
    ...Object.fromEntries(kept),
    ...(headers.authorization ? { authorization: '(kept out)' } : {}),
  };
}
