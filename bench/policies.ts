import type { RawPolicy } from '../src/lib/policy/model.ts';
import type { NamedLocation, NamedLocations } from '../src/lib/whatif/locations.ts';
import type { ProtectedFacts } from '../src/lib/whatif/proof.ts';
import type { SignIn } from '../src/lib/whatif/signIn.ts';

/** Policies, people, places and sign-ins we make ourselves, the same in every run. */

/** Policies a tenant may have (Entra docs, plan-conditional-access). */
export const POLICIES_MAX = 195;

/** An object id that says what it is and which. */
export function id(kind: number, n: number): string {
  return `${kind.toString(16).padStart(8, '0')}-0000-4000-8000-${n.toString(16).padStart(12, '0')}`;
}

export function ids(kind: number, count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => id(kind, n));
}

const [USER, GROUP, APP, PLACE, HOME] = [1, 2, 3, 4, 5];
export const KINDS = { USER, GROUP, APP, PLACE, HOME } as const;

export const EMERGENCY_GROUP = id(GROUP, 0xf1);
const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
const AZURE_MANAGEMENT = '797f4846-ba00-4fd7-ba43-dac1f8f63013';
const PHISHING_RESISTANT = '00000000-0000-0000-0000-000000000004';

type Part = Readonly<Record<string, unknown>>;

const ALL: Part = { includeUsers: ['All'] };
const EVERYTHING: Part = { includeApplications: ['All'] };
const MFA: Part = { operator: 'OR', builtInControls: ['mfa'] };
const BLOCK: Part = { operator: 'OR', builtInControls: ['block'] };

/** The parts of a policy that differ from "everybody, everywhere, with MFA". */
export interface Sketch {
  readonly users?: Part;
  readonly applications?: Part;
  readonly conditions?: Part;
  readonly grantControls?: Part | null;
  readonly sessionControls?: Part;
}

/** The policies most tenants have, after Microsoft's templates and the personas people sort them by. */
function sketches(n: number): readonly Sketch[] {
  return [
    { applications: { includeApplications: [AZURE_MANAGEMENT] }, grantControls: MFA },
    { users: { includeRoles: [GLOBAL_ADMIN, id(7, n)] }, grantControls: strength(PHISHING_RESISTANT) },
    { conditions: { clientAppTypes: ['exchangeActiveSync', 'other'] }, grantControls: BLOCK },
    {
      conditions: {
        locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted', id(PLACE, 3)] },
      },
      grantControls: BLOCK,
    },
    { users: { includeGroups: [id(GROUP, n)] }, applications: { includeApplications: ['Office365'] } },
    {
      conditions: { platforms: { includePlatforms: ['all'], excludePlatforms: ['windows', 'macOS', 'iOS'] } },
      grantControls: BLOCK,
    },
    { conditions: { signInRiskLevels: ['high', 'medium'] }, sessionControls: everyTime() },
    { conditions: { authenticationFlows: { transferMethods: 'deviceCodeFlow' } }, grantControls: BLOCK },
    {
      users: { includeGuestsOrExternalUsers: guests([id(HOME, n), id(HOME, n + 1)]) },
      applications: { includeApplications: ['All'], excludeApplications: [id(APP, n)] },
    },
    {
      conditions: {
        devices: {
          deviceFilter: {
            mode: 'exclude',
            rule: 'device.trustType -eq "ServerAD" -or device.isCompliant -eq True',
          },
        },
      },
      grantControls: { operator: 'OR', builtInControls: ['compliantDevice', 'domainJoinedDevice'] },
    },
    { applications: { includeUserActions: ['urn:user:registersecurityinfo'] } },
    {
      users: { includeGroups: [id(GROUP, n)] },
      applications: { includeApplications: [id(APP, n), id(APP, n + 1)] },
      grantControls: null,
      sessionControls: {
        signInFrequency: { isEnabled: true, type: 'hours', value: 8, frequencyInterval: 'timeBased' },
      },
    },
  ];
}

function strength(strengthId: string): Part {
  return { operator: 'OR', builtInControls: [], authenticationStrength: { id: strengthId } };
}

function everyTime(): Part {
  return {
    signInFrequency: {
      isEnabled: true,
      frequencyInterval: 'everyTime',
      authenticationType: 'primaryAndSecondaryAuthentication',
    },
  };
}

export function guests(members: readonly string[]): Part {
  return {
    guestOrExternalUserTypes: 'internalGuest,b2bCollaborationGuest',
    externalTenants: {
      '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
      membershipKind: 'enumerated',
      members,
    },
  };
}

const STATES = ['enabled', 'enabled', 'enabled', 'enabledForReportingButNotEnforced', 'disabled'];

/** A tenant of so many policies; all but one in twenty spare the emergency group. */
export function mixedPolicies(count: number): readonly RawPolicy[] {
  return Array.from({ length: count }, (_, n) => {
    const all = sketches(n);
    const sketch = all[n % all.length] ?? {};
    return policy(
      n,
      {
        ...sketch,
        users: { ...(sketch.users ?? ALL), ...(n % 20 === 17 ? {} : { excludeGroups: [EMERGENCY_GROUP] }) },
      },
      STATES[n % STATES.length],
    );
  });
}

/** The same policies with no exclusion of people. */
export function sparingNobody(raws: readonly RawPolicy[]): readonly RawPolicy[] {
  return raws.map((raw) => {
    const conditions = raw.conditions as { readonly users: Part };
    const { excludeGroups: _, ...users } = conditions.users;
    return { ...raw, conditions: { ...conditions, users } };
  });
}

/** One policy as Graph takes it. */
function policy(n: number, sketch: Sketch, state = 'enabled'): RawPolicy {
  const {
    users = ALL,
    applications = EVERYTHING,
    conditions = {},
    grantControls = MFA,
    sessionControls,
  } = sketch;
  return {
    id: id(9, n),
    displayName: `CA${String(n).padStart(3, '0')}`,
    state,
    conditions: { users, applications, clientAppTypes: ['all'], ...conditions },
    grantControls,
    ...(sessionControls === undefined ? {} : { sessionControls }),
  };
}

/** So many policies that block everybody, each with the given parts. */
export function blocks(count: number, sketch: (n: number) => Sketch): readonly RawPolicy[] {
  return Array.from({ length: count }, (_, n) => policy(n, { grantControls: BLOCK, ...sketch(n) }));
}

/** Protected identities: known ones are members in the emergency group, of the others nothing could be read. */
export function people(count: number, known: 'known' | 'unknown' = 'known'): readonly ProtectedFacts[] {
  const facts =
    known === 'known'
      ? {
          groups: [EMERGENCY_GROUP, ...ids(GROUP, 5)],
          roles: [GLOBAL_ADMIN],
          guestType: null,
          homeTenantId: null,
        }
      : ({ groups: 'unknown', roles: 'unknown', guestType: 'unknown', homeTenantId: 'unknown' } as const);
  return ids(USER, count).map((user) => ({ id: user, ...facts }));
}

/** Four offices, two of them trusted, and a country. */
export const PLACES: NamedLocations = {
  list: [
    ...[0, 1, 2, 3].map((n) => office(n, ranges(20, n * 20), n < 2)),
    { kind: 'country', id: id(PLACE, 9), countries: ['DE', 'FR'], includeUnknownCountriesAndRegions: false },
  ],
  mfaTrustedRanges: ['198.51.100.128/25'],
};

export function office(n: number, texts: readonly string[], isTrusted = false): NamedLocation {
  return { kind: 'ip', id: id(PLACE, n), isTrusted, ranges: texts };
}

/** Ranges with a gap after each, so that none can be joined with the next. */
export function ranges(count: number, from = 0): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const n = (from + index) * 2;
    return `${10 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}.0/24`;
  });
}

/** Sign-ins of every sort, all of them fully known. */
export function signIns(): readonly SignIn[] {
  return ['browser', 'mobileAppsAndDesktopClients', 'other'].flatMap((clientApp) =>
    ['windows', 'iOS', 'unknown'].flatMap((platform) =>
      ['10.0.2.7', '203.0.113.7'].map(
        (ipAddress): SignIn => ({
          identity: {
            kind: 'user',
            id: id(USER, 1),
            groups: ids(GROUP, 30),
            roles: [],
            guestType: null,
            homeTenantId: null,
          },
          target: { kind: 'app', appIds: [id(APP, 8)] },
          clientApp,
          platform,
          location: { ipAddress, country: 'DE' },
          device: { isCompliant: platform === 'windows', trustType: 'Workplace' },
          signInRisk: 'none',
          userRisk: 'none',
          servicePrincipalRisk: 'none',
          insiderRisk: 'none',
          authenticationFlow: 'none',
        }),
      ),
    ),
  );
}
