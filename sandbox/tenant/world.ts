import type { GraphRequest, Reply, Stamp } from './answers.ts';
import type { FaultName, FaultPlan } from './faults.ts';
import type { Clock, DirectoryRole, Group, JsonObject, Policy, User } from './model.ts';
import type { Random } from './random.ts';
import type { Store } from './store.ts';

/** How this tenant and its cloud are set up. May be changed at any time. */
export interface Settings {
  /** 401 without a bearer token. Off, so that a person with curl can tamper. */
  requireToken: boolean;
  /** Application roles of the caller; `fromToken` reads the token's `roles`; `all` asks nothing. */
  permissions: 'all' | 'fromToken' | readonly string[];
  /** Believes or refuses (401) a bearer token, such as `identity.accepts`. */
  acceptToken: (token: string) => boolean;
  /** Policies on a page when the caller does not ask with `$top`. */
  pageSize: number;
  /** The most a page holds, whatever the caller asks for. */
  pageSizeMax: number;
  /** Security defaults on: no policy may be `enabled`. */
  securityDefaults: boolean;
  /** Policies per tenant in any state (entra-docs, plan-conditional-access: 195). */
  policyLimit: number;
  /** Largest policy, in characters of JSON. The real cap is known from one support answer only (10 KB). */
  policySizeMax: number;
  /** How deep a PATCH merges; see `merged`. */
  mergeDepth: 2 | 3;
  /** `supported`, or the status with which a national cloud answers for deletedItems and restore. */
  deletedItems: 'supported' | 403 | 404 | 501;
  /** Show `linux` and `riskRemediation` only with `Prefer: include-unknown-enum-members`. */
  hidesNewEnumMembers: boolean;
  /** Put the number into `innerError.message`, as the service did years ago. */
  olderErrors: boolean;
  /** App ids with a service principal in the tenant; `any` knows them all. */
  servicePrincipals: 'any' | ReadonlySet<string>;
  /** Ids of named locations that exist beside `namedLocations`; `any` knows them all. */
  unlistedLocations: 'none' | 'any';
}

/** People, groups and roles. Plain maps, to be changed at will; reads of them never lag. */
export interface Directory {
  readonly users: Map<string, User>;
  readonly groups: Map<string, Group>;
  readonly roles: Map<string, DirectoryRole>;
}

/** One change of the truth, whoever made it. */
export interface Write {
  readonly at: number;
  readonly by: 'graph' | 'admin';
  readonly action: 'create' | 'update' | 'delete' | 'restore' | 'purge';
  readonly id: string;
  readonly before: Policy | undefined;
  readonly after: Policy | undefined;
  /** The request's own `client-request-id`; `undefined` for an admin's hand. */
  readonly clientRequestId: string | undefined;
}

/** All there is of a tenant, for the routes to work on. */
export interface World {
  readonly tenantId: string;
  readonly clock: Clock;
  readonly settings: Settings;
  readonly store: Store;
  readonly directory: Directory;
  readonly namedLocations: Map<string, JsonObject>;
  readonly strengths: Map<string, JsonObject>;
  readonly licences: JsonObject[];
  readonly plan: FaultPlan;
  /** Draws ids. */
  readonly ids: Random;
  /** Draws orders and spellings. */
  readonly chance: Random;
  readonly writes: Write[];
}

/** One request on its way through a route. */
export interface Call {
  readonly request: GraphRequest;
  readonly url: URL;
  readonly stamp: Stamp;
  /** What the path's pattern caught, decoded. */
  readonly params: readonly string[];
  /** Application roles; `undefined` when nobody asks. */
  readonly granted: ReadonlySet<string> | undefined;
  /** Members of the body that were dropped without a word. */
  readonly dropped: string[];
  /** Does this fault strike this request? Remembers it for the log. */
  struck(name: FaultName): boolean;
}

export interface Route {
  readonly method: string;
  /** Path after `/v1.0`. */
  readonly path: RegExp;
  /** Counts against the tenant's one request a second. */
  readonly conditionalAccess: boolean;
  /** Of each group, the caller needs one. */
  readonly needs: readonly (readonly string[])[];
  answer(call: Call, world: World): Reply;
}

/** May the caller do what one of these permissions allows? */
export function may(call: Call, ...anyOf: readonly string[]): boolean {
  return call.granted === undefined || anyOf.some((permission) => call.granted?.has(permission));
}
