import type { TenantId } from '../policy/model.ts';
import type { Chance, Clock, Directory, PolicyApi, ServiceTime, TokenClaims } from '../ports.ts';
import { claimsOf, managedIdentity, type TokenSource, type Tokens, tokens } from './credential.ts';
import { directory } from './directory.ts';
import { exchange } from './exchange.ts';
import { type Pacing, pacing, unpaced } from './pacing.ts';
import { policyApi } from './policyApi.ts';
import { patienceAt } from './retry.ts';
import { type Fetch, transport } from './transport.ts';

export { type Cloud, type CloudName, clouds } from './clouds.ts';
export { managedIdentity, type TokenSource } from './credential.ts';
export type { Fetch } from './transport.ts';

export interface GraphSettings {
  /** Where Graph is; only its origin counts. */
  readonly graphEndpoint: string;
  /** What tokens are asked for, see `clouds`. */
  readonly scope: string;
  /** Client id of the user-assigned managed identity; undefined means the system-assigned one. */
  readonly clientId: string | undefined;
  /** The platform's IDENTITY_ENDPOINT; undefined means that there is no managed identity, and each call says so. */
  readonly identityEndpoint: string | undefined;
  /** Least time from the end of one Conditional Access request to the start of the next, per tenant. */
  readonly requestIntervalMs: number;
}

export interface GraphWorld {
  readonly settings: GraphSettings;
  readonly clock: Clock;
  readonly chance: Chance;
  /** Stands in for the global `fetch`; it must honour the abort signal only if it wants to. */
  readonly fetch?: Fetch;
  /** Stands in for the managed identity. */
  readonly credential?: TokenSource;
}

/** One tenant for the length of one run. */
export interface GraphSession {
  readonly policies: PolicyApi;
  readonly directory: Directory;
  /** Requests to Graph that left so far in this session. */
  requests(): number;
  /** What the access token says. @throws Fault when there is none */
  token(): Promise<TokenClaims | undefined>;
  serviceTime(): ServiceTime | undefined;
  /** How many of them were answered 429. */
  throttled(): number;
}

export interface Graph {
  /** @param deadlineAt milliseconds since 1970; nothing is sent at or after it, and no wait reaches it */
  open(tenantId: TenantId, deadlineAt: number): GraphSession;
}

/**
 * Microsoft Graph as this app needs it. What must hold from one run to the next (the pace of a tenant, its token) lives
 * in the object that is returned, so one process makes one.
 */
export function createGraph(world: GraphWorld): Graph {
  const { settings, clock, chance } = world;
  const origin = new URL(settings.graphEndpoint).origin;
  const fetch = world.fetch ?? ((input, init) => globalThis.fetch(input, init));
  const credential = world.credential ?? managedIdentity(settings.clientId, settings.identityEndpoint);
  const patience = patienceAt(settings.requestIntervalMs);
  const tenants = new Map<TenantId, Standing>();

  return {
    open(tenantId, deadlineAt) {
      const { paced, bearer } = standing(tenantId);
      const wire = transport(origin, fetch, clock);
      const line = { transport: wire, tokens: bearer, patience, clock, chance, deadlineAt };
      return {
        policies: policyApi(exchange({ ...line, pacing: paced }), origin),
        directory: directory(exchange({ ...line, pacing: unpaced(clock) }), origin),
        requests: wire.requests,
        token: async () => claimsOf(await bearer.current(deadlineAt)),
        serviceTime: wire.serviceTime,
        throttled: wire.throttled,
      };
    },
  };

  function standing(tenantId: TenantId): Standing {
    const known = tenants.get(tenantId);
    if (known !== undefined) return known;
    const made = {
      paced: pacing(settings.requestIntervalMs, clock),
      bearer: tokens(credential, settings.scope, tenantId, clock),
    };
    tenants.set(tenantId, made);
    return made;
  }
}

/** What outlives a run, per tenant. */
interface Standing {
  readonly paced: Pacing;
  readonly bearer: Tokens;
}
