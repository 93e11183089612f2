import type { JsonObject } from '../../sandbox/tenant/index.ts';
import { effective, parseDesired } from '../../src/lib/desired.ts';
import { clouds } from '../../src/lib/graph/clouds.ts';
import type { Parameters } from '../../src/lib/parameters.ts';
import type { Policy, RawPolicy } from '../../src/lib/policy/model.ts';
import { IDENTITIES } from '../support/world.ts';
import type { Dice } from './dice.ts';

export const PARAMETERS: Parameters = {
  azureManagement: [clouds.public.azureManagementAppId],
  breakGlassUsers: IDENTITIES.users,
  breakGlassGroups: IDENTITIES.groups,
};

/** A group some policies are for. */
export const STAFF = { id: 'c0000000-0000-4000-8000-0000000000f1', displayName: 'Staff', members: [] };
/** A group some policies spare. */
export const CONTRACTORS = {
  id: 'c0000000-0000-4000-8000-0000000000f2',
  displayName: 'Contractors',
  members: [],
};
/** A role some policies are for. */
export const ADMINS = {
  id: 'c0000000-0000-4000-8000-0000000000a1',
  roleTemplateId: '62e90394-69f5-4237-9190-012177145e10',
  displayName: 'Global Administrator',
  members: [],
};
/** A place some policies hang on. */
export const OFFICE = {
  '@odata.type': '#microsoft.graph.ipNamedLocation',
  id: 'c0000000-0000-4000-8000-0000000000b1',
  displayName: 'Office',
  isTrusted: false,
  ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '198.51.100.0/24' }],
};

const PHISHING_RESISTANT = '00000000-0000-0000-0000-000000000004';

/** A policy somebody could want: valid, and of every shape the service offers often enough. */
export function desiredPolicy(chance: Dice, displayName: string): RawPolicy {
  const state = chance.pick([
    'enabled',
    'enabled',
    'enabled',
    'enabledForReportingButNotEnforced',
    'disabled',
  ]);
  if (chance.chance(0.06)) return { displayName, state, ...workloadPolicy() };
  if (chance.chance(0.08)) {
    return { displayName, state: 'disabled', ...peoplePolicy(chance), caretaker: { contingency: true } };
  }
  const declared = maybe(chance, 0.12, { caretaker: { whenTightened: 'hold' } });
  const policy = { displayName, state, ...peoplePolicy(chance), ...declared };
  return chance.chance(0.15) ? excepted(chance, policy) : policy;
}

/** The day on which every world begins; some go on past its end. */
export const FIRST_DAY = '2026-01-05';
const DAY_MS = 24 * 3_600_000;
/** No clock of ours is further off. */
export const CLOCKS_APART_MS = 120_000;

/** The same policy with a deviation somebody answers for, where it is one. */
function excepted(chance: Dice, policy: RawPolicy): RawPolicy {
  const deviation = chance.pick([
    { field: 'conditions.users.excludeGroups', value: ['@breakGlassGroups', CONTRACTORS.id] },
    { field: 'conditions.signInRiskLevels', value: ['high'] },
    { field: 'conditions.clientAppTypes', value: ['browser'] },
    { field: 'grantControls.builtInControls', value: ['mfa'] },
    { field: 'sessionControls.signInFrequency.value', value: 20 },
    { field: 'state', value: 'enabledForReportingButNotEnforced' },
  ]);
  const until = chance.pick([FIRST_DAY, FIRST_DAY, '2026-12-31']);
  const exceptions = [{ ...deviation, owner: 'ada', reason: 'a migration', until }];
  const made = { ...policy, caretaker: { ...declaredIn(policy), exceptions } };
  return parseDesired(JSON.stringify(made)).ok ? made : policy;
}

/** What a file says of its policy beside Graph's own members. */
export function declaredIn({ caretaker = {} }: RawPolicy): {
  readonly contingency?: boolean;
  readonly whenTightened?: string;
  readonly exceptions?: readonly {
    readonly field: string;
    readonly value: unknown;
    readonly until: string;
  }[];
} {
  return caretaker as object;
}

/** The deviations its file accepts at that time. */
export function acceptedAt(
  policy: RawPolicy,
  atMs: number,
): NonNullable<ReturnType<typeof declaredIn>['exceptions']> {
  return (declaredIn(policy).exceptions ?? []).filter(({ until }) => atMs < Date.parse(until) + DAY_MS);
}

/** Whether a deviation ends in that time, or so close to it that clocks may disagree. */
export function isTurning(policy: RawPolicy, fromMs: number, toMs: number): boolean {
  const [early, late] = [fromMs - CLOCKS_APART_MS, toMs + CLOCKS_APART_MS];
  return acceptedAt(policy, early).length > acceptedAt(policy, late).length;
}

function withAt(object: RawPolicy, [name = '', ...rest]: readonly string[], value: unknown): RawPolicy {
  return {
    ...object,
    [name]: rest.length === 0 ? value : withAt((object[name] ?? {}) as RawPolicy, rest, value),
  };
}

/** What the program is to keep at that time. */
export function keptAt(policy: RawPolicy, atMs: number): Policy {
  const copy = acceptedAt(policy, atMs).reduce<RawPolicy>(
    (made, { field, value }) => withAt(made, field.split('.'), value),
    policy,
  );
  return effective(typed(copy), PARAMETERS, IDENTITIES);
}

/** The same policy, asking for less. */
export function loosened(chance: Dice, policy: RawPolicy): RawPolicy {
  const { conditions, ...others } = structuredClone(policy) as JsonObject & { conditions: JsonObject };
  return chance.pick<RawPolicy>([
    { ...others, conditions, ...(declaredIn(policy).contingency ? {} : { state: 'disabled' }) },
    { ...others, conditions: { ...conditions, signInRiskLevels: ['high'] } },
    { ...others, conditions: { ...conditions, platforms: { includePlatforms: ['windows'] } } },
  ]);
}

/** The same policy, asking for more. */
export function tightened(chance: Dice, policy: RawPolicy): RawPolicy {
  const { conditions, ...others } = structuredClone(policy) as JsonObject & { conditions: JsonObject };
  const { signInRiskLevels: _risk, ...atAnyRisk } = conditions;
  const { platforms: _platforms, ...onAnything } = conditions;
  return chance.pick<RawPolicy>([
    { ...others, conditions: atAnyRisk, ...(declaredIn(policy).contingency ? {} : { state: 'enabled' }) },
    { ...others, conditions: onAnything },
  ]);
}

function workloadPolicy(): RawPolicy {
  return {
    conditions: {
      clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
      applications: { includeApplications: ['All'] },
      locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  };
}

function peoplePolicy(chance: Dice): RawPolicy {
  const blocksFlows = chance.chance(0.1);
  const applications = chance.pick<JsonObject>([
    { includeApplications: ['All'] },
    { includeApplications: ['All'], excludeApplications: ['Office365'] },
    { includeApplications: ['@azureManagement'] },
    { includeApplications: ['Office365'] },
    { includeAuthenticationContextClassReferences: ['c1', 'c7'] },
  ]);
  return {
    conditions: {
      users: usersOf(chance),
      applications,
      clientAppTypes: chance.pick([
        ['all'],
        ['browser', 'mobileAppsAndDesktopClients'],
        ['exchangeActiveSync', 'other'],
      ]),
      ...maybe(chance, 0.3, { platforms: { includePlatforms: ['all'], excludePlatforms: ['linux'] } }),
      ...maybe(chance, 0.2, {
        locations: chance.pick<JsonObject>([
          { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
          { includeLocations: ['All'], excludeLocations: [OFFICE.id] },
          { includeLocations: [OFFICE.id] },
        ]),
      }),
      ...maybe(chance, 0.3, { signInRiskLevels: ['high', 'medium'] }),
      ...maybe(chance, 0.1, {
        devices: { deviceFilter: { mode: 'exclude', rule: 'device.isCompliant -eq True' } },
      }),
      ...maybe(chance, blocksFlows ? 1 : 0, { authenticationFlows: { transferMethods: 'deviceCodeFlow' } }),
    },
    grantControls: blocksFlows ? { operator: 'OR', builtInControls: ['block'] } : grantOf(chance),
    ...maybe(chance, blocksFlows ? 0 : 0.4, { sessionControls: sessionOf(chance) }),
  };
}

function usersOf(chance: Dice): JsonObject {
  const include = chance.pick<JsonObject>([
    { includeUsers: ['All'] },
    { includeRoles: [ADMINS.roleTemplateId, chance.guid()] },
    { includeGroups: [STAFF.id] },
    {
      includeGuestsOrExternalUsers: {
        guestOrExternalUserTypes: 'internalGuest,b2bCollaborationGuest',
        externalTenants: {
          '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants',
          membershipKind: 'all',
        },
      },
    },
  ]);
  return {
    ...include,
    // Merged in by the program where the file does not say so.
    ...maybe(chance, 0.7, { excludeUsers: ['@breakGlassUsers'], excludeGroups: ['@breakGlassGroups'] }),
    ...maybe(chance, 0.3, { excludeRoles: [chance.guid()] }),
    ...maybe(chance, 0.2, { excludeGroups: ['@breakGlassGroups', CONTRACTORS.id] }),
  };
}

function grantOf(chance: Dice): JsonObject {
  return chance.pick<JsonObject>([
    { operator: 'OR', builtInControls: ['mfa'] },
    { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] },
    { operator: 'OR', builtInControls: ['block'] },
    { operator: 'OR', builtInControls: [], authenticationStrength: { id: PHISHING_RESISTANT } },
  ]);
}

/** Nothing that groups spare nobody from (`disableResilienceDefaults`): emergency accounts are spared by group here. */
function sessionOf(chance: Dice): JsonObject {
  return chance.pick<JsonObject>([
    { signInFrequency: { isEnabled: true, type: 'hours', value: chance.between(1, 12) } },
    { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' } },
    { signInFrequency: { isEnabled: true, type: 'days', value: 7 } },
  ]);
}

function maybe(chance: Dice, probability: number, part: JsonObject): JsonObject {
  return chance.chance(probability) ? part : {};
}

/** The policy with its parameters filled in, as an administrator would type it. */
export function typed({ caretaker: _, ...policy }: RawPolicy): JsonObject {
  const fill = (value: unknown): unknown => {
    if (Array.isArray(value))
      return value.flatMap((item: unknown): readonly unknown[] =>
        typeof item === 'string' && item.startsWith('@') ? (PARAMETERS[item.slice(1)] ?? []) : [fill(item)],
      );
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, fill(member)]));
  };
  return fill(policy) as JsonObject;
}
