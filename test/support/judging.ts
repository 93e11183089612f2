import type { ProtectedIdentities } from '../../src/lib/desired.ts';
import { type Desired, diff, type Observation, type Observed, observe } from '../../src/lib/diff.ts';
import type { Binding } from '../../src/lib/journal.ts';
import { plan } from '../../src/lib/plan.ts';
import type { Policy, PolicyId, RawPolicy } from '../../src/lib/policy/model.ts';
import { asSet } from '../../src/lib/policy/values.ts';
import type { Around, Facts } from '../../src/lib/rules/rule.ts';

export const TENANT = '11111111-2222-4333-8444-555555555555';
export const OWN_ID = 'aaaaaaaa-0000-4000-8000-000000000001';
export const NOW = Date.UTC(2026, 10, 24);
export const CREATE_LAG_MS = 300_000;
export const IDENTITIES: ProtectedIdentities = {
  users: ['b0000000-0000-4000-8000-000000000001'],
  groups: ['b0000000-0000-4000-8000-0000000000f1'],
};

/** A desired policy with the protected identities excluded, as `effective` leaves it. */
export function desiredOf(policy: Policy, change: Partial<Desired> = {}): Desired {
  const withIds = (path: string, ids: readonly string[]): readonly string[] =>
    [...new Set([...asSet(policy[path]), ...ids])].sort();
  return {
    key: 'own',
    version: 1,
    hash: 'h1',
    displayName: String(policy.displayName),
    isProven: false,
    withheld: [],
    author: 'test',
    declared: { isContingency: false, whenTightened: 'fix', exceptions: [] },
    reference: { kind: 'none' },
    later: [],
    lastProven: null,
    policy: {
      ...policy,
      'conditions.users.excludeUsers': withIds('conditions.users.excludeUsers', IDENTITIES.users),
      'conditions.users.excludeGroups': withIds('conditions.users.excludeGroups', IDENTITIES.groups),
    },
    ...change,
  };
}

export function bindingOf(change: Partial<Binding> = {}): Binding {
  return {
    key: 'own',
    id: OWN_ID,
    origin: 'created',
    boundAt: NOW - 10 * CREATE_LAG_MS,
    proven: null,
    highestVersion: 1,
    pending: null,
    refusal: null,
    ...change,
  };
}

export function observationOf(
  live: Readonly<Record<PolicyId, RawPolicy>>,
  change: Partial<Observation> = {},
): Observation {
  const observed = new Map<PolicyId, Observed>(
    Object.entries(live).map(([id, raw]) => [id, observe(id, raw)]),
  );
  return {
    live: observed,
    singly: new Map(),
    deleted: new Map(),
    doubts: [],
    isListOdd: false,
    listed: observed.size,
    ...change,
  };
}

/** The protected identities as they should be, with one member in the group. */
export const AROUND: Around = {
  identities: [
    ...IDENTITIES.users.map((id) => ({ id, kind: 'user', memberOf: null }) as const),
    ...IDENTITIES.groups.map((id) => ({ id, kind: 'group', memberOf: null }) as const),
  ].map((named) => ({ ...named, health: 'ok', reason: null })),
  people: [
    { id: IDENTITIES.users[0] ?? '', groups: [] },
    { id: 'b0000000-0000-4000-8000-000000000002', groups: IDENTITIES.groups },
  ].map((person) => ({ ...person, roles: [], guestType: null, homeTenantId: null })),
  namedLocations: { list: [], mfaTrustedRanges: null },
  allowedControls: [],
  securityDefaults: false,
  absent: { users: [], groups: [], locations: [] },
};

/** What a run would hand to the guard. */
export function factsOf(
  desired: readonly Desired[],
  bindings: readonly Binding[],
  observation: Observation,
  change: Partial<Facts> = {},
): Facts {
  const bound = new Map(bindings.map((binding) => [binding.key, binding]));
  return {
    now: NOW,
    plan: plan(TENANT, diff(desired, bound, observation)),
    protected: IDENTITIES,
    bindings: bound,
    observation,
    around: AROUND,
    approvals: { changes: [], versions: [], waiting: [] },
    freeze: null,
    changesMax: 5,
    createLagMs: CREATE_LAG_MS,
    namingPattern: null,
    tenantPolicyLimit: 195,
    ...change,
  };
}
