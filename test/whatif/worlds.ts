import fc from 'fast-check';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { NamedLocations } from '../../src/lib/whatif/locations.ts';
import type { ProtectedFacts } from '../../src/lib/whatif/proof.ts';
import type { Device, Location, SignIn, Target, UserIdentity } from '../../src/lib/whatif/signIn.ts';
import { id, SHAREPOINT, USER } from './support.ts';

/**
 * Small worlds: policies, identities and sign-ins over so few names that every sign-in the policies can tell apart can be
 * tried. Whatever a policy here can name, `everySignIn` has a sign-in for each side of it.
 */

const GROUPS = [id(11), id(12)];
const ROLES = [id(13)];
const HOMES = [id(14), id(15)];
const GUEST_TYPES = ['internalGuest', 'b2bCollaborationGuest', 'serviceProvider'];
const APP = id(16);
const OFFICE = id(31);
const CITY = id(32);
const GERMANY = id(33);
const NO_COUNTRY = id(34);
const UNREAD = id(35);
const PHONE = id(36);
const MFA_TRUSTED = '00000000-0000-0000-0000-000000000000';

export const locations: fc.Arbitrary<NamedLocations> = fc.record({
  list: fc.constantFrom<NamedLocations['list'][]>(
    [
      { kind: 'ip', id: OFFICE, isTrusted: true, ranges: ['198.51.100.0/24'] },
      { kind: 'ip', id: CITY, isTrusted: false, ranges: ['198.51.100.0/25', '203.0.113.0/24'] },
      { kind: 'country', id: GERMANY, countries: ['DE'], includeUnknownCountriesAndRegions: false },
      { kind: 'country', id: NO_COUNTRY, countries: [], includeUnknownCountriesAndRegions: true },
      { kind: 'gps', id: PHONE },
    ],
    null,
  ),
  mfaTrustedRanges: fc.constantFrom<NamedLocations['mfaTrustedRanges'][]>(['198.51.100.128/25'], null),
});

const TARGETS: readonly Target[] = [
  { kind: 'app', appIds: [APP] },
  { kind: 'app', appIds: [SHAREPOINT] },
  { kind: 'app', appIds: [id(17)] },
  { kind: 'userAction', action: 'urn:user:registerdevice' },
  { kind: 'authContext', value: 'c1' },
];
const CLIENT_APPS = ['browser', 'mobileAppsAndDesktopClients', 'exchangeActiveSync', 'other'];
const PLATFORMS = ['windows', 'android', 'unknown'];
const PLACES: readonly Location[] = ['198.51.100.1', '198.51.100.200', '203.0.113.10', '192.0.2.1'].flatMap(
  (ipAddress) => ['DE', 'FR', null].map((country) => ({ ipAddress, country })),
);
/** One value for each side of every test below, so `Workroom` is there: it begins like `Workplace` and is not it. */
const TRUST_TYPES = ['ServerAD', 'Workplace', 'Workroom', 'AzureAD', null];
const DEVICES: readonly Device[] = [
  'unregistered',
  ...[true, false, null].flatMap((isCompliant) =>
    TRUST_TYPES.map((trustType) => ({ isCompliant, trustType })),
  ),
];
const LEVELS = ['none', 'low', 'high'];
const INSIDER_LEVELS = ['none', 'minor', 'elevated'];
const FLOWS = ['none', 'deviceCodeFlow'];
export const PHISHING_RESISTANT = '00000000-0000-0000-0000-000000000004';
const TERMS = id(41);

/** The pieces of a sign-in that conditions look at, and the member of a policy's conditions that does. */
const PIECES = {
  target: { values: TARGETS, condition: 'applications', unconditional: { includeApplications: ['All'] } },
  clientApp: { values: CLIENT_APPS, condition: 'clientAppTypes', unconditional: ['all'] },
  platform: { values: PLATFORMS, condition: 'platforms', unconditional: null },
  location: { values: PLACES, condition: 'locations', unconditional: null },
  device: { values: DEVICES, condition: 'devices', unconditional: null },
  signInRisk: { values: LEVELS, condition: 'signInRiskLevels', unconditional: [] },
  userRisk: { values: LEVELS, condition: 'userRiskLevels', unconditional: [] },
  servicePrincipalRisk: { values: LEVELS, condition: 'servicePrincipalRiskLevels', unconditional: [] },
  insiderRisk: { values: INSIDER_LEVELS, condition: 'insiderRiskLevels', unconditional: null },
  authenticationFlow: { values: FLOWS, condition: 'authenticationFlows', unconditional: null },
} as const;

export type Piece = keyof typeof PIECES;

const ALL_PIECES = Object.keys(PIECES) as readonly Piece[];

/** A world stays small enough to be tried out when its policies look at three pieces only. */
export const threePieces: fc.Arbitrary<readonly Piece[]> = fc.subarray([...ALL_PIECES], {
  minLength: 3,
  maxLength: 3,
});

/** The policy without its conditions on any other piece. */
export function narrowedTo(pieces: readonly Piece[], raw: RawPolicy): RawPolicy {
  const others = ALL_PIECES.filter((piece) => !pieces.includes(piece));
  const conditions = Object.fromEntries(
    others.map((piece) => [PIECES[piece].condition, PIECES[piece].unconditional]),
  );
  return { ...raw, conditions: { ...(raw.conditions as object), ...conditions } };
}

/** Every sign-in by somebody that policies on these pieces can tell apart, and many that they cannot. */
export function everySignIn(identity: UserIdentity, pieces: readonly Piece[]): readonly SignIn[] {
  return pieces.reduce<readonly SignIn[]>(
    (signIns, piece) =>
      signIns.flatMap((signIn) =>
        PIECES[piece].values.map((value: unknown): SignIn => ({ ...signIn, [piece]: value })),
      ),
    [{ ...SOME_SIGN_IN, identity }],
  );
}

const SOME_SIGN_IN = {
  target: { kind: 'app', appIds: [APP] },
  clientApp: 'browser',
  platform: 'windows',
  location: { ipAddress: '192.0.2.1', country: 'FR' },
  device: 'unregistered',
  signInRisk: 'none',
  userRisk: 'none',
  servicePrincipalRisk: 'none',
  insiderRisk: 'none',
  authenticationFlow: 'none',
} as const;

export const anySignIn = (identity: fc.Arbitrary<UserIdentity>): fc.Arbitrary<SignIn> =>
  fc.record({
    identity,
    target: fc.constantFrom(...TARGETS),
    clientApp: fc.constantFrom(...CLIENT_APPS),
    platform: fc.constantFrom(...PLATFORMS),
    location: fc.constantFrom(...PLACES),
    device: fc.constantFrom(...DEVICES),
    signInRisk: fc.constantFrom(...LEVELS),
    userRisk: fc.constantFrom(...LEVELS),
    servicePrincipalRisk: fc.constantFrom(...LEVELS),
    insiderRisk: fc.constantFrom(...INSIDER_LEVELS),
    authenticationFlow: fc.constantFrom(...FLOWS),
  });

const TYPES_AND_HOMES = [null, ...GUEST_TYPES].flatMap((guestType) =>
  [null, ...HOMES].map((homeTenantId) => ({ guestType, homeTenantId })),
);

export const anybody: fc.Arbitrary<UserIdentity> = fc
  .record({
    groups: fc.subarray(GROUPS),
    roles: fc.subarray(ROLES),
    guise: fc.constantFrom(...TYPES_AND_HOMES),
  })
  .map(({ groups, roles, guise }) => ({ kind: 'user', id: USER, groups, roles, ...guise }));

export const facts: fc.Arbitrary<ProtectedFacts> = fc.record({
  id: fc.constant(USER),
  groups: fc.oneof(
    fc.subarray(GROUPS),
    fc.constant('unknown' as const),
    fc.subarray(GROUPS).map((atLeast) => ({ atLeast })),
  ),
  roles: fc.oneof(fc.subarray(ROLES), fc.constant('unknown' as const)),
  guestType: fc.constantFrom(null, ...GUEST_TYPES, 'unknown' as const),
  homeTenantId: fc.constantFrom(null, ...HOMES, 'unknown' as const),
});

/** Everybody somebody may be, as far as these policies tell them apart. */
export function everyGuise({
  id: userId,
  groups,
  roles,
  guestType,
  homeTenantId,
}: ProtectedFacts): readonly UserIdentity[] {
  const groupSets =
    groups === 'unknown' ? subsets(GROUPS) : 'atLeast' in groups ? supersets(groups.atLeast) : [groups];
  const roleSets = roles === 'unknown' ? subsets(ROLES) : [roles];
  const types = guestType === 'unknown' ? [null, ...GUEST_TYPES, 'otherExternalUser'] : [guestType];
  const homes = homeTenantId === 'unknown' ? [null, ...HOMES, id(99)] : [homeTenantId];
  return groupSets.flatMap((someGroups) =>
    roleSets.flatMap((someRoles) =>
      types.flatMap((type) =>
        homes.map(
          (home): UserIdentity => ({
            kind: 'user',
            id: userId,
            groups: someGroups,
            roles: someRoles,
            guestType: type,
            homeTenantId: home,
          }),
        ),
      ),
    ),
  );
}

export function subsets(ids: readonly string[]): readonly (readonly string[])[] {
  const [first, ...rest] = ids;
  if (first === undefined) return [[]];
  return subsets(rest).flatMap((set) => [set, [first, ...set]]);
}

function supersets(atLeast: readonly string[]): readonly (readonly string[])[] {
  return subsets(GROUPS).filter((set) => atLeast.every((group) => set.includes(group)));
}

const guests = fc.option(
  fc.record({
    guestOrExternalUserTypes: fc.subarray(GUEST_TYPES, { minLength: 1 }).map((types) => types.join()),
    externalTenants: fc.oneof(
      fc.constant({ membershipKind: 'all' }),
      fc.subarray(HOMES, { minLength: 1 }).map((members) => ({ membershipKind: 'enumerated', members })),
    ),
  }),
  { nil: undefined, freq: 2 },
);

const users = fc.record({
  includeUsers: fc.constantFrom(['All'], [USER], [id(2)], []),
  excludeUsers: fc.constantFrom([], [], [], [USER], [id(2)]),
  includeGroups: fc.subarray(GROUPS),
  excludeGroups: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, fc.subarray(GROUPS)),
  includeRoles: fc.subarray(ROLES),
  excludeRoles: fc.oneof({ weight: 3, arbitrary: fc.constant<string[]>([]) }, fc.subarray(ROLES)),
  includeGuestsOrExternalUsers: guests,
  excludeGuestsOrExternalUsers: guests,
});

const applications = fc.oneof(
  fc.record({
    includeApplications: fc.constantFrom(
      ['All'],
      ['Office365'],
      [APP],
      [SHAREPOINT, APP],
      ['MicrosoftAdminPortals'],
    ),
    excludeApplications: fc.constantFrom([], [], [APP], ['Office365'], [SHAREPOINT]),
  }),
  fc.record({
    includeApplications: fc.constantFrom([], ['All'], [APP]),
    applicationFilter: fc.record({
      mode: fc.constantFrom('include', 'exclude', 'unknownFutureValue'),
      rule: fc.constant('CustomSecurityAttribute.Company_Secrecy -eq "high"'),
    }),
  }),
  fc.constant({ includeUserActions: ['urn:user:registerdevice'] }),
  fc.constant({ includeAuthenticationContextClassReferences: ['c1'] }),
  fc.constant({ includeApplications: ['None'] }),
);

const NAMES = ['AllTrusted', OFFICE, CITY, GERMANY, NO_COUNTRY, PHONE, UNREAD, MFA_TRUSTED];

const place = fc.record({
  includeLocations: fc.oneof(fc.constant(['All']), fc.subarray(NAMES, { minLength: 1, maxLength: 2 })),
  excludeLocations: fc.subarray(NAMES, { maxLength: 3 }),
});

const DEVICE_TESTS = [
  'device.isCompliant -eq True',
  'device.isCompliant -ne True',
  'device.isCompliant -ne False',
  'device.isCompliant -ne null',
  'device.trustType -eq "ServerAD"',
  'device.trustType -startsWith "work"',
  'device.trustType -eq null',
  'device.trustType -ne "Workplace"',
];

/** Tests in parentheses, some of them turned round, so that one choice may rule out another. */
const deviceTests = fc
  .tuple(
    fc.constantFrom('', '', '-not '),
    fc.array(fc.constantFrom(...DEVICE_TESTS), { minLength: 1, maxLength: 3 }),
    fc.constantFrom('-and', '-or'),
  )
  .map(([not, tests, word]) => `${not}(${tests.join(` ${word} `)})`);

const deviceFilter = fc.oneof(
  fc
    .tuple(
      fc.constantFrom('include', 'exclude'),
      fc.array(deviceTests, { minLength: 1, maxLength: 3 }),
      fc.constantFrom('-and', '-or'),
    )
    .map(([mode, tests, word]) => ({ mode, rule: tests.join(` ${word} `) })),
  fc.constant({ mode: 'include', rule: 'device.colour -eq "red"' }),
);

const risk = fc.oneof(fc.constant<string[]>([]), fc.subarray(['low', 'high']));

const conditions = fc.record({
  users,
  applications,
  clientAppTypes: fc.oneof(fc.constant(['all']), fc.subarray(CLIENT_APPS, { minLength: 1 })),
  platforms: fc.option(
    fc.record({
      includePlatforms: fc.constantFrom(['all'], ['windows'], ['windows', 'android'], ['unknownFutureValue']),
      excludePlatforms: fc.constantFrom([], ['windows'], ['all'], ['windows', 'android']),
    }),
  ),
  locations: fc.option(place),
  devices: fc.option(fc.record({ deviceFilter })),
  signInRiskLevels: risk,
  userRiskLevels: risk,
  servicePrincipalRiskLevels: risk,
  insiderRiskLevels: fc.option(fc.constantFrom('minor', 'minor,elevated', 'none')),
  clientApplications: fc.option(
    fc.record({
      includeServicePrincipals: fc.constantFrom(['ServicePrincipalsInMyTenant'], [id(21)]),
      excludeServicePrincipals: fc.constantFrom([], [id(21)]),
    }),
    { freq: 2 },
  ),
  authenticationFlows: fc.option(fc.constant({ transferMethods: 'deviceCodeFlow' }), { freq: 2 }),
});

const FACTOR = 'Token of Contoso';
/** What a policy can ask for beside the state of a device. */
export const OTHER_CONTROLS: readonly string[] = [
  'mfa',
  'approvedApplication',
  TERMS,
  FACTOR,
  PHISHING_RESISTANT,
];

const grantControls = fc.oneof(
  fc.constant({ operator: 'OR', builtInControls: ['block'] }),
  fc.constant(null),
  fc
    .record({
      operator: fc.constantFrom('AND', 'OR'),
      builtInControls: fc.subarray(['mfa', 'compliantDevice', 'domainJoinedDevice', 'approvedApplication']),
      termsOfUse: fc.subarray([TERMS]),
      customAuthenticationFactors: fc.constantFrom([], [], [FACTOR]),
      authenticationStrength: fc.constantFrom(null, null, { id: PHISHING_RESISTANT }),
    })
    .filter((grant) => controlsOf(grant).length > 0),
);

/** What a grant of such a world asks for. */
export function controlsOf(grant: {
  readonly builtInControls: readonly string[];
  readonly termsOfUse?: readonly string[];
  readonly customAuthenticationFactors?: readonly string[];
  readonly authenticationStrength?: { readonly id: string } | null;
}): readonly string[] {
  return [
    ...grant.builtInControls,
    ...(grant.termsOfUse ?? []),
    ...(grant.customAuthenticationFactors ?? []),
    ...(grant.authenticationStrength ? [grant.authenticationStrength.id] : []),
  ];
}

const sessionControls = fc.option(
  fc.record({
    signInFrequency: fc.constantFrom(null, { isEnabled: true, frequencyInterval: 'everyTime' }),
    secureSignInSession: fc.constantFrom(null, null, { isEnabled: true }, { isEnabled: false }),
    disableResilienceDefaults: fc.constantFrom(null, null, false, true),
    cloudAppSecurity: fc.constantFrom(
      null,
      null,
      { isEnabled: true, cloudAppSecurityType: 'blockDownloads' },
      { isEnabled: true, cloudAppSecurityType: 'mcasConfigured' },
    ),
  }),
  { freq: 2 },
);

/** One policy of such a world, as Graph would give it. */
export const rawPolicy: fc.Arbitrary<RawPolicy> = fc.record({
  displayName: fc.constant('CA900'),
  state: fc.constantFrom('enabled', 'enabled', 'enabled', 'disabled', 'enabledForReportingButNotEnforced'),
  conditions,
  grantControls,
  sessionControls,
});

/** Policies with ids of their own. */
export function rawPolicies(maxLength: number): fc.Arbitrary<readonly RawPolicy[]> {
  return fc
    .array(rawPolicy, { minLength: 1, maxLength })
    .map((raws) =>
      raws.map((raw, index) => ({ ...raw, id: id(900 + index), displayName: `CA${900 + index}` })),
    );
}

export const allowedControls: fc.Arbitrary<readonly string[]> = fc.subarray([
  'mfa',
  'compliantDevice',
  'approvedApplication',
  'secureSignInSession',
  'mcasConfigured',
  'authenticatorAppGps',
  'disableResilienceDefaults',
  PHISHING_RESISTANT,
  TERMS,
]);

type Grant = Parameters<typeof controlsOf>[0] & { readonly operator: string };
type Session = Readonly<
  Record<string, boolean | { readonly isEnabled: boolean; readonly cloudAppSecurityType?: string } | null>
>;

/** Whether a policy of such a world keeps out somebody whom it hits and who meets these controls, on a client that can be asked. */
export function shutsOut(raw: RawPolicy, met: readonly string[]): boolean {
  const grant = raw.grantControls as Grant | null;
  const session = (raw.sessionControls ?? {}) as Session;
  const isOn = (name: string): boolean => {
    const said = session[name];
    return said === true || (typeof said === 'object' && said?.isEnabled === true);
  };
  const { cloudAppSecurity } = session;
  const elsewhere = typeof cloudAppSecurity === 'object' ? cloudAppSecurity?.cloudAppSecurityType : undefined;
  return (
    (grant !== null && !isGranted(grant, met)) ||
    ['secureSignInSession', 'disableResilienceDefaults'].some((name) => isOn(name) && !met.includes(name)) ||
    (elsewhere !== undefined && !met.includes(elsewhere))
  );
}

/** Whether a policy of such a world keeps out in an outage whom only groups and roles would spare. */
export function failsInOutage(raw: RawPolicy, met: readonly string[]): boolean {
  const session = (raw.sessionControls ?? {}) as Session;
  return session.disableResilienceDefaults === true && !met.includes('disableResilienceDefaults');
}

/** Whether a policy of such a world may ask somebody's phone where it is, and the phone is not said to answer. */
export function asksPhone(raw: RawPolicy, { list }: NamedLocations, met: readonly string[]): boolean {
  const { locations } = raw.conditions as { locations?: Record<string, readonly string[]> | null };
  const named = Object.values(locations ?? {}).flat();
  const isKnown = (name: string): boolean =>
    ['All', 'AllTrusted', MFA_TRUSTED].includes(name) ||
    (list ?? []).some(({ id: known, kind }) => known === name && kind !== 'gps');
  return !met.includes('authenticatorAppGps') && !named.every(isKnown);
}

function isGranted(grant: Grant, met: readonly string[]): boolean {
  const controls = controlsOf(grant);
  const meets = (control: string): boolean =>
    control !== 'block' && (met.includes(control) || (control === 'mfa' && met.includes(PHISHING_RESISTANT)));
  if (grant.operator === 'AND' || controls.length === 1) return controls.every(meets);
  return controls.some((control) => control !== 'approvedApplication' && meets(control));
}
