import type { CompiledPolicy } from './compile.ts';
import { matchesClientApp } from './evaluate.ts';
import { unmet } from './grant.ts';
import { asksForGps, GPS } from './locations.ts';
import { sessionBlock } from './session.ts';
import { couldBe } from './truth.ts';

/** Clients that can be asked for a proof. The others cannot show one, so whatever is asked of them is a block (Entra docs, concept-conditional-access-conditions). */
export const MODERN_CLIENTS: readonly string[] = ['browser', 'mobileAppsAndDesktopClients'];

/** What keeps the identity out. */
export type Demand =
  | { readonly kind: 'block' }
  | {
      readonly kind: 'controls';
      readonly operator: 'AND' | 'OR';
      readonly controls: readonly string[];
      /** Those it is not said to meet. */
      readonly missing: readonly string[];
    }
  /** To decide where the person is their Authenticator app is asked. */
  | { readonly kind: 'gps' }
  /** Only clients that cannot show a proof are asked for one. */
  | { readonly kind: 'legacyClient'; readonly controls: readonly string[] }
  | { readonly kind: 'session'; readonly control: string; readonly why: string };

export function isEnforced({ state }: CompiledPolicy): boolean {
  return state === 'enabled' || state === 'unread';
}

/** What a policy demands that somebody who meets only these controls cannot give; undefined: nothing. */
export function demandOf(policy: CompiledPolicy, met: ReadonlySet<string>): Demand | undefined {
  const { grant, session, clientApps } = policy;
  if (grant.kind === 'block') return grant;
  const missing = unmet(grant, met);
  if (grant.kind === 'controls') {
    const { operator, controls } = grant;
    if (missing.length > 0) return { kind: 'controls', operator, controls, missing };
    const canBeAsked = MODERN_CLIENTS.some((client) => matchesClientApp(clientApps, client) === true);
    if (!canBeAsked) return { kind: 'legacyClient', controls };
  }
  if (couldBe(asksForGps(policy.location)) && !met.has(GPS)) return { kind: 'gps' };
  const block = session.map(sessionBlock).find((found) => found !== undefined && !met.has(found.name));
  return block === undefined ? undefined : { kind: 'session', control: block.name, why: block.why };
}

const NO_RESILIENCE = 'disableResilienceDefaults';

/**
 * What a policy without resilience defaults demands in an outage; undefined: it has them, or the identity can live without.
 * Nobody can tell then who is in which group or role, and those of an excluded group are kept out as well (Entra docs,
 * resilience-defaults).
 */
export function outageDemandOf({ session }: CompiledPolicy, met: ReadonlySet<string>): Demand | undefined {
  if (met.has(NO_RESILIENCE) || !session.some(({ control }) => control === NO_RESILIENCE)) return undefined;
  const why = 'without resilience defaults, groups and roles spare nobody during an outage';
  return { kind: 'session', control: NO_RESILIENCE, why };
}
