import { read } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { type CompiledSet, compile, type PolicyEntry } from '../../src/lib/whatif/compile.ts';
import { type NamedLocations, NO_LOCATIONS_READ } from '../../src/lib/whatif/locations.ts';
import type { ProtectedFacts } from '../../src/lib/whatif/proof.ts';
import type { SignIn, UserIdentity } from '../../src/lib/whatif/signIn.ts';

/** An object id that says which one it is. */
export function id(n: number): string {
  return `${String(n).padStart(8, '0')}-0000-4000-8000-000000000000`;
}

export const USER = id(1);
export const SHAREPOINT = '00000003-0000-0ff1-ce00-000000000000';
export const AZURE_MANAGEMENT = '797f4846-ba00-4fd7-ba43-dac1f8f63013';

/** A policy as Graph gives it, ready for the evaluator. */
export function entry(raw: RawPolicy): PolicyEntry {
  const { policy, unrecognised } = read(raw);
  return {
    id: typeof raw.id === 'string' ? raw.id : null,
    key: null,
    displayName: String(raw.displayName ?? 'unnamed'),
    policy,
    unrecognised,
  };
}

export function compiled(
  raws: readonly RawPolicy[],
  locations: NamedLocations = NO_LOCATIONS_READ,
): CompiledSet {
  return compile(raws.map(entry), locations);
}

/** Conditions of a policy that would reach everybody everywhere, with some of them replaced. */
export function raw(conditions: Readonly<Record<string, unknown>> = {}, rest: RawPolicy = {}): RawPolicy {
  return {
    id: id(900),
    displayName: 'CA900',
    state: 'enabled',
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...conditions,
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
    ...rest,
  };
}

/** What is known of a member of the tenant who is in nothing. */
export const NOBODY_SPECIAL: ProtectedFacts = {
  id: USER,
  groups: [],
  roles: [],
  guestType: null,
  homeTenantId: null,
};

/** The same one, signing in. */
export function member(more: Partial<UserIdentity> = {}): UserIdentity {
  return { kind: 'user', id: USER, groups: [], roles: [], guestType: null, homeTenantId: null, ...more };
}

/** A sign-in of which everything is known, with some of it replaced. */
export function signIn(more: Partial<SignIn> = {}): SignIn {
  return {
    identity: member(),
    target: { kind: 'app', appIds: [SHAREPOINT] },
    clientApp: 'browser',
    platform: 'windows',
    location: { ipAddress: '203.0.113.7', country: 'DE' },
    device: 'unregistered',
    signInRisk: 'none',
    userRisk: 'none',
    servicePrincipalRisk: 'none',
    insiderRisk: 'none',
    authenticationFlow: 'none',
    ...more,
  };
}
