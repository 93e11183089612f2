import { allBut, asks, asksStrength, type Hits, mechanism, type Parts, pair, toApps } from '../case.ts';
import {
  ANTARCTICA,
  AZURE_MANAGEMENT,
  AZURE_PORTAL,
  BREAK_GLASS,
  COMPLIANT_NETWORK,
  EMERGENCY,
  EVERY_V4,
  EVERY_V6,
  EVERYBODY,
  EXCHANGE,
  GERMANY,
  GERMANY_BY_PHONE,
  GLOBAL_ADMIN,
  GONE_PLACE,
  INNER,
  LINE_OF_BUSINESS,
  LOOP,
  LOWER_HALF,
  MFA_TRUSTED,
  NO_COUNTRY,
  NO_RANGES,
  OFFICE,
  OFFICE_V6,
  PHISHING_RESISTANT,
  SHAREPOINT,
  TIER0,
  UPPER_HALF,
} from '../tenant.ts';

/** When a policy applies, gone wrong. Most twins spare the person; some can never apply. */

const SPARED = {
  user: allBut({ excludeUsers: [EMERGENCY] }),
  group: allBut({ excludeGroups: [BREAK_GLASS] }),
  inner: allBut({ excludeGroups: [INNER] }),
  outer: allBut({ excludeGroups: [TIER0] }),
  loop: allBut({ excludeGroups: [LOOP] }),
  role: allBut({ excludeRoles: [GLOBAL_ADMIN] }),
  everybody: allBut({ excludeGroups: [EVERYBODY] }),
} as const;

/** The same policy, and it spares the person. */
function sparing(name: string, lethal: Parts, how: keyof typeof SPARED, hits: Hits, isDoubtful = false) {
  return pair(name, lethal, { ...lethal, users: SPARED[how] }, { hits, isDoubtful });
}

function places(include: readonly string[], exclude: readonly string[] = []): Parts {
  return { locations: { includeLocations: include, excludeLocations: exclude } };
}

const IN_OFFICE: Hits = { ipAddress: '198.51.100.7' };

const LOCATIONS = mechanism('a location the wrong way round', [
  sparing('blocks outside the office', places(['All'], [OFFICE]), 'group', {}),
  sparing('blocks in the office', places([OFFICE]), 'user', IN_OFFICE),
  sparing('blocks outside trusted places', places(['All'], ['AllTrusted']), 'role', {}),
  pair('blocks in trusted places', places(['AllTrusted']), places(['AllTrusted'], ['AllTrusted']), {
    hits: IN_OFFICE,
  }),
  pair('blocks in one country', places([GERMANY]), places([GERMANY], [GERMANY])),
  sparing('blocks outside one country', places(['All'], [GERMANY]), 'inner', { country: 'FR' }),
  sparing(
    'blocks outside the country, where the address belongs to none',
    places(['All'], [GERMANY]),
    'outer',
    {
      country: null,
    },
  ),
  sparing('blocks what belongs to no country', places([NO_COUNTRY]), 'loop', { country: null }),
  pair(
    'blocks what belongs to no country, and spares the country beside it',
    places([NO_COUNTRY], [ANTARCTICA]),
    places([ANTARCTICA], [NO_COUNTRY]),
    { hits: { country: null } },
  ),
  pair('spares a place without addresses', places(['All'], [NO_RANGES]), places([NO_RANGES])),
  pair(
    'spares every IPv4 address and forgets the rest',
    places(['All'], [EVERY_V4]),
    places(['All'], [EVERY_V4, EVERY_V6]),
    { hits: { ipAddress: '2001:db8:2::1' } },
  ),
  sparing('blocks the office by its IPv6 addresses', places([OFFICE_V6]), 'everybody', {
    ipAddress: '2001:db8:1::5',
  }),
  sparing('spares the office by its IPv4 addresses alone', places(['All'], [OFFICE, GERMANY]), 'group', {
    ipAddress: '2001:db8:1::5',
    country: 'FR',
  }),
  sparing('blocks an IPv4 address written as IPv6', places([OFFICE]), 'role', {
    ipAddress: '::ffff:198.51.100.7',
  }),
  pair(
    'spares trusted places and blocks one that is not all within them',
    places([GERMANY], ['AllTrusted']),
    places([LOWER_HALF], ['AllTrusted']),
  ),
  pair(
    'names only the places it spares, and means every other',
    places([], [OFFICE]),
    places([], [EVERY_V4, EVERY_V6]),
  ),
  pair(
    'blocks every address by two lists, without the word for it',
    places([EVERY_V4, EVERY_V6], ['AllTrusted']),
    places([EVERY_V4, EVERY_V6], [EVERY_V6, EVERY_V4]),
  ),
  pair(
    'spares half of the place it blocks',
    places([OFFICE], [LOWER_HALF]),
    places([OFFICE], [LOWER_HALF, UPPER_HALF]),
    { hits: { ipAddress: '198.51.100.200' } },
  ),
  pair(
    'blocks a place that is wider than the one it spares',
    places([OFFICE], [UPPER_HALF]),
    places([UPPER_HALF], [OFFICE]),
    { hits: IN_OFFICE },
  ),
]);

const UNKNOWN_PLACES = mechanism(
  'a location nobody can read',
  [
    pair('spares a place that was deleted', places(['All'], [GONE_PLACE]), {
      ...places(['All'], [OFFICE]),
      users: SPARED.user,
    }),
    pair('blocks a place that was deleted', places([GONE_PLACE]), {
      ...places([OFFICE]),
      users: SPARED.group,
    }),
    pair(
      'blocks the trusted addresses of the old settings',
      places([MFA_TRUSTED]),
      places([MFA_TRUSTED], [MFA_TRUSTED]),
    ),
    pair('spares the network of the company, which has no addresses', places(['All'], [COMPLIANT_NETWORK]), {
      ...places(['All'], ['AllTrusted']),
      users: SPARED.loop,
    }),
    pair(
      'blocks a country by the address and spares it by the phone',
      places([GERMANY], [GERMANY_BY_PHONE]),
      places([GERMANY], [GERMANY]),
    ),
    pair(
      'blocks a country by the phone and spares it by the address',
      places([GERMANY_BY_PHONE], [GERMANY]),
      places([GERMANY_BY_PHONE], [GERMANY_BY_PHONE]),
      { hits: { country: 'FR' } },
    ),
    pair(
      'blocks a deleted place and spares it elsewhere',
      places([GONE_PLACE], [OFFICE]),
      places([OFFICE], [OFFICE]),
    ),
  ],
  { isDoubtful: true },
);

function devices(mode: string, rule: string): Parts {
  return { devices: { deviceFilter: { mode, rule } } };
}

const DEVICES = mechanism('a device filter the wrong way round', [
  sparing('blocks what is not compliant', devices('include', 'device.isCompliant -ne True'), 'group', {}),
  sparing('spares what is compliant', devices('exclude', 'device.isCompliant -eq True'), 'user', {
    deviceInfo: { isCompliant: false },
  }),
  sparing('blocks what is compliant', devices('include', 'device.isCompliant -eq True'), 'inner', {
    deviceInfo: { isCompliant: true },
  }),
  sparing(
    'spares what is joined, as a borrowed device is not',
    devices('exclude', 'device.trustType -eq "ServerAD"'),
    'role',
    {},
  ),
  sparing(
    'blocks devices that say nothing of compliance',
    devices('include', 'device.isCompliant -eq null'),
    'outer',
    {},
  ),
  sparing(
    'denies a test that nothing passes',
    devices('include', '-not (device.model -eq "SAW")'),
    'loop',
    {},
  ),
  pair(
    'blocks models that are not in the list',
    devices('include', 'device.model -notIn ["SAW", "PAW"]'),
    devices('include', 'device.model -in ["SAW", "PAW"] -and device.model -notIn ["SAW", "PAW"]'),
  ),
  pair(
    'blocks what carries no mark',
    devices('include', 'device.extensionAttribute1 -ne "SAW"'),
    devices('include', 'device.extensionAttribute1 -ne "SAW" -and device.extensionAttribute1 -eq "SAW"'),
  ),
  sparing(
    'blocks what is not in the order',
    devices('include', 'device.physicalIds -notContains "[OrderId]:SAW"'),
    'user',
    { deviceInfo: { physicalIds: ['[OrderId]:OFFICE'] } },
  ),
  sparing(
    'spares names that begin rightly',
    devices('exclude', 'device.displayName -startsWith "SAW-"'),
    'group',
    {
      deviceInfo: { displayName: 'LAPTOP-1' },
    },
  ),
  pair(
    'spares names that begin rightly, and theirs only goes on so',
    devices('exclude', 'device.displayName -startsWith "SAW"'),
    devices('include', 'device.displayName -startsWith "SAW" -and device.displayName -notContains "SAW"'),
    { hits: { deviceInfo: { displayName: 'My SAW' } } },
  ),
  sparing(
    'spares an order, and theirs only sounds like it',
    devices('exclude', 'device.physicalIds -contains "[OrderId]:SAW"'),
    'everybody',
    { deviceInfo: { physicalIds: ['[OrderId]:SAW-2'] } },
  ),
  pair(
    'joins two opposite tests by or',
    devices('include', 'device.isCompliant -eq True -or device.isCompliant -ne True'),
    devices('include', 'device.isCompliant -eq True -and device.isCompliant -ne True'),
  ),
  pair(
    'leaves out the brackets around an or',
    devices(
      'include',
      'device.isCompliant -eq True -and device.isCompliant -eq False -or device.model -eq null',
    ),
    devices(
      'include',
      'device.isCompliant -eq True -and (device.isCompliant -eq False -or device.isCompliant -eq null)',
    ),
  ),
  pair(
    'spares what two spellings of one model cannot both be',
    devices('exclude', 'device.model -eq "saw" -and device.model -ne "SAW"'),
    devices('include', 'device.model -eq "saw" -and device.model -ne "SAW"'),
  ),
  pair(
    'includes by a rule that everything passes',
    devices('include', 'device.model -startsWith "S" -or device.model -notStartsWith "S"'),
    devices('exclude', 'device.model -startsWith "S" -or device.model -notStartsWith "S"'),
  ),
  pair(
    'negates one side of a rule',
    devices(
      'include',
      'device.manufacturer -contains "soft" -or -not (device.manufacturer -endsWith "soft")',
    ),
    devices(
      'include',
      'device.manufacturer -endsWith "soft" -and -not (device.manufacturer -contains "soft")',
    ),
    { hits: { deviceInfo: { manufacturer: 'Softly' } } },
  ),
]);

export const TOO_LONG = 'a device filter that takes too long to go through';

/** Whoever goes through it way by way learns late that the first model will not do. */
const LONG_RULE = [
  '(device.model -eq "one" -or device.model -eq "two")',
  ...[...'abcdef'].map(eitherOf),
  '(device.model -eq "three" -or device.model -eq "two")',
  ...[...'ghijkl'].map(eitherOf),
].join(' -and ');

function eitherOf(letter: string): string {
  return `(device.displayName -contains "${letter}1" -or device.displayName -contains "${letter}2")`;
}

const LONG_DEVICES = mechanism(TOO_LONG, [
  sparing('has a rule with thousands of ways through it', devices('include', LONG_RULE), 'group', {
    deviceInfo: { model: 'two', displayName: 'a1b1c1d1e1f1g1h1i1j1k1l1' },
  }),
]);

const MARKED_DEVICES = mechanism('a mark that only managed devices show', [
  sparing(
    'blocks devices that carry a mark, which only managed ones do',
    devices('include', 'device.extensionAttribute1 -eq "SAW"'),
    'inner',
    { deviceInfo: { extensionAttribute1: 'SAW', isCompliant: true } },
  ),
  sparing(
    'blocks devices that carry a mark and are not compliant',
    devices('include', 'device.extensionAttribute1 -eq "SAW" -and device.isCompliant -ne True'),
    'role',
    { deviceInfo: { extensionAttribute1: 'SAW', trustType: 'ServerAD' } },
  ),
]);

export const UNSEEN_MARK = 'a mark that a device carries and does not show, as nobody manages it';

const UNSEEN_MARKS = mechanism(UNSEEN_MARK, [
  sparing(
    'spares devices that carry the mark',
    devices('exclude', 'device.extensionAttribute1 -eq "SAW"'),
    'group',
    { deviceInfo: { extensionAttribute1: 'SAW' } },
  ),
  pair(
    'blocks devices without a mark that are not compliant',
    devices('include', 'device.extensionAttribute1 -eq null -and device.isCompliant -ne True'),
    devices('include', 'device.extensionAttribute1 -eq null -and device.extensionAttribute1 -eq "SAW"'),
    { hits: { deviceInfo: { extensionAttribute1: 'SAW' } } },
  ),
]);

const UNREADABLE_DEVICES = mechanism('a device filter nobody can read', [
  sparing(
    'spares devices by an attribute we do not know',
    devices('exclude', 'device.colour -eq "red"'),
    'user',
    {},
    true,
  ),
  sparing(
    'blocks devices by an operator we do not know',
    devices('include', 'device.model -like "S*"'),
    'group',
    {},
    true,
  ),
  sparing('has a rule that breaks off', devices('include', 'device.model -eq "S" -and'), 'role', {}, true),
]);

const PLATFORMS = mechanism('a platform that was forgotten', [
  sparing(
    'blocks all platforms but Windows',
    { platforms: { includePlatforms: ['all'], excludePlatforms: ['windows'] } },
    'group',
    { devicePlatform: 'linux' },
  ),
  sparing('blocks Linux', { platforms: { includePlatforms: ['linux'] } }, 'user', {
    devicePlatform: 'linux',
  }),
  pair(
    'spares every platform that has a name, and not the one without',
    {
      platforms: {
        includePlatforms: ['all'],
        excludePlatforms: ['android', 'iOS', 'linux', 'macOS', 'windows', 'windowsPhone'],
      },
    },
    { platforms: { includePlatforms: ['all'], excludePlatforms: ['all'] } },
    { hits: { devicePlatform: 'unknown' } },
  ),
  sparing('blocks phones', { platforms: { includePlatforms: ['iOS', 'android'] } }, 'loop', {
    devicePlatform: 'iOS',
  }),
  sparing('blocks a platform of long ago', { platforms: { includePlatforms: ['windowsPhone'] } }, 'inner', {
    devicePlatform: 'windowsPhone',
  }),
]);

const RISK = mechanism('a risk that false alarms give them', [
  sparing('blocks a sign-in at high risk', { signInRiskLevels: ['high'] }, 'group', {
    signInRiskLevel: 'high',
  }),
  sparing('blocks users at high risk', { userRiskLevels: ['high'] }, 'user', { userRiskLevel: 'high' }),
  sparing('blocks a sign-in without any risk', { signInRiskLevels: ['none'] }, 'role', {}),
  sparing('blocks a sign-in whose risk is hidden', { signInRiskLevels: ['hidden'] }, 'loop', {
    signInRiskLevel: 'hidden',
  }),
  sparing('blocks insiders', { insiderRiskLevels: 'elevated' }, 'inner', { insiderRiskLevel: 'elevated' }),
  sparing('blocks insiders of two levels', { insiderRiskLevels: 'minor,moderate' }, 'outer', {
    insiderRiskLevel: 'moderate',
  }),
  sparing(
    'blocks where both risks are high',
    { signInRiskLevels: ['high'], userRiskLevels: ['medium', 'high'] },
    'everybody',
    { signInRiskLevel: 'high', userRiskLevel: 'medium' },
  ),
  pair(
    'asks at low risk for a proof they have not got',
    { signInRiskLevels: ['low', 'medium', 'high'], grantControls: asksStrength(PHISHING_RESISTANT) },
    { signInRiskLevels: ['low', 'medium', 'high'], grantControls: asks('mfa') },
    { allowed: ['mfa'], hits: { signInRiskLevel: 'low' } },
  ),
]);

function byFlow(transferMethod: string): Hits {
  return { authenticationFlow: { transferMethod } };
}

const FLOWS = mechanism('a flow they need when nothing else works', [
  sparing(
    'blocks the device code flow',
    { authenticationFlows: { transferMethods: 'deviceCodeFlow' } },
    'group',
    byFlow('deviceCodeFlow'),
  ),
  sparing(
    'blocks the transfer of a sign-in',
    { authenticationFlows: { transferMethods: 'authenticationTransfer' } },
    'user',
    byFlow('authenticationTransfer'),
  ),
  pair(
    'blocks both flows',
    { authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } },
    {
      authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' },
      state: 'enabledForReportingButNotEnforced',
    },
    { hits: byFlow('authenticationTransfer') },
  ),
]);

const LEGACY = mechanism(
  'a client that cannot show a proof',
  [
    pair(
      'asks old clients alone for MFA',
      { clientAppTypes: ['other'], grantControls: asks('mfa') },
      { clientAppTypes: ['browser'], grantControls: asks('mfa') },
      { hits: { clientAppType: 'other' } },
    ),
    pair(
      'asks mail clients alone for MFA',
      { clientAppTypes: ['exchangeActiveSync'], grantControls: asks('mfa') },
      { clientAppTypes: ['exchangeActiveSync', 'mobileAppsAndDesktopClients'], grantControls: asks('mfa') },
      { hits: { clientAppType: 'exchangeActiveSync', to: toApps(EXCHANGE) } },
    ),
    pair(
      'asks old clients of both sorts for one of two proofs',
      { clientAppTypes: ['exchangeActiveSync', 'other'], grantControls: asks('mfa', 'compliantDevice') },
      { clientAppTypes: ['all'], grantControls: asks('mfa', 'compliantDevice') },
      { hits: { clientAppType: 'other' } },
    ),
    sparing(
      'blocks old clients, as the usual baseline does',
      { clientAppTypes: ['exchangeActiveSync', 'other'] },
      'group',
      { clientAppType: 'other' },
    ),
    sparing('blocks browsers', { clientAppTypes: ['browser'] }, 'user', {}),
    sparing('blocks apps', { clientAppTypes: ['mobileAppsAndDesktopClients'] }, 'role', {
      clientAppType: 'mobileAppsAndDesktopClients',
    }),
  ],
  { allowed: ['mfa'] },
);

const REGISTER_INFO = 'urn:user:registersecurityinfo';
const REGISTER_DEVICE = 'urn:user:registerdevice';

const ACTIONS = mechanism('something to do instead of an application', [
  sparing(
    'blocks registering a way to sign in',
    { applications: { includeUserActions: [REGISTER_INFO] } },
    'group',
    {
      to: { userAction: 'registerSecurityInformation' },
    },
  ),
  sparing(
    'blocks registering a way to sign in away from the office',
    { applications: { includeUserActions: [REGISTER_INFO] }, ...places(['All'], ['AllTrusted']) },
    'user',
    { to: { userAction: 'registerSecurityInformation' } },
  ),
  pair(
    'asks for a key before a device may be joined',
    {
      applications: { includeUserActions: [REGISTER_DEVICE] },
      grantControls: asksStrength(PHISHING_RESISTANT),
    },
    { applications: { includeUserActions: [REGISTER_DEVICE] }, grantControls: asks('mfa') },
    { allowed: ['mfa'], hits: { to: { userAction: 'registerOrJoinDevices' } } },
  ),
]);

function contexts(...names: readonly string[]): Parts {
  return { applications: { includeAuthenticationContextClassReferences: names } };
}

const CONTEXTS = mechanism('an authentication context', [
  sparing('blocks the context that guards activating a role', contexts('c1'), 'inner', {
    to: { authenticationContextValue: 'c1' },
  }),
  pair(
    'asks in several contexts for a device of the company',
    { ...contexts('c1', 'c2', 'c25'), grantControls: asks('compliantDevice') },
    { ...contexts('c1', 'c2', 'c25'), grantControls: asks('compliantDevice', 'mfa') },
    { allowed: ['mfa'], hits: { to: { authenticationContextValue: 'c25' } } },
  ),
]);

function apps(include: readonly string[], exclude: readonly string[] = []): Parts {
  return { applications: { includeApplications: include, excludeApplications: exclude } };
}

const TARGETS = mechanism('an application they cannot do without', [
  pair('blocks Azure management', apps([AZURE_MANAGEMENT]), apps(['None'])),
  sparing('blocks Office 365', apps(['Office365']), 'group', { to: toApps(EXCHANGE) }),
  sparing('blocks the portals of administrators', apps(['MicrosoftAdminPortals']), 'user', {
    to: toApps(AZURE_PORTAL),
  }),
  sparing('spares Azure management and blocks all else', apps(['All'], [AZURE_MANAGEMENT]), 'role', {
    to: toApps(SHAREPOINT),
  }),
  sparing(
    'spares Azure management and blocks all else, registering a way to sign in too',
    apps(['All'], [AZURE_MANAGEMENT]),
    'outer',
    { to: { userAction: 'registerSecurityInformation' } },
  ),
  sparing(
    'spares Office 365, where Azure management is not in it',
    apps(['All'], ['Office365']),
    'inner',
    {},
  ),
  pair(
    'spares one of two applications',
    apps([EXCHANGE, AZURE_MANAGEMENT], [AZURE_MANAGEMENT]),
    apps([AZURE_MANAGEMENT], [AZURE_MANAGEMENT]),
    { hits: { to: toApps(EXCHANGE) } },
  ),
  pair(
    'spares an application that is not in the group it blocks',
    apps(['Office365'], [AZURE_MANAGEMENT]),
    apps(['Office365'], ['Office365']),
    { hits: { to: toApps(SHAREPOINT) } },
  ),
  pair(
    'blocks an application of the company',
    apps([LINE_OF_BUSINESS]),
    apps([LINE_OF_BUSINESS], [LINE_OF_BUSINESS]),
    {
      hits: { to: toApps(LINE_OF_BUSINESS) },
    },
  ),
  sparing(
    'blocks everything, and the sign-in is for several applications',
    apps(['All'], [EXCHANGE]),
    'everybody',
    {
      to: toApps(EXCHANGE, AZURE_MANAGEMENT),
    },
  ),
]);

const UNKNOWN_TARGETS = mechanism('a target whose extent only the service knows', [
  sparing(
    'blocks applications by an attribute',
    {
      applications: {
        applicationFilter: { mode: 'include', rule: 'CustomSecurityAttribute.Apps_Tier -eq "0"' },
      },
    },
    'group',
    {},
    true,
  ),
  sparing(
    'spares applications by an attribute',
    {
      applications: {
        includeApplications: [AZURE_MANAGEMENT],
        applicationFilter: { mode: 'exclude', rule: 'CustomSecurityAttribute.Apps_Tier -eq "0"' },
      },
    },
    'user',
    {},
    true,
  ),
  sparing(
    'blocks Office 365, and an application may be in it',
    apps(['Office365']),
    'role',
    {
      to: toApps(LINE_OF_BUSINESS),
    },
    true,
  ),
  sparing(
    'blocks resources of agents',
    apps(['AllAgentIdResources']),
    'inner',
    { to: toApps(LINE_OF_BUSINESS) },
    true,
  ),
  pair(
    'spares another group of applications than it blocks',
    apps(['Office365'], ['MicrosoftAdminPortals']),
    apps(['Office365'], ['Office365']),
    { hits: { to: toApps(SHAREPOINT) }, isDoubtful: true },
  ),
]);

const NARROW = mechanism('many conditions at once that one sign-in meets', [
  pair(
    'blocks one browser on Linux in the upper half of the office',
    {
      clientAppTypes: ['browser'],
      platforms: { includePlatforms: ['linux'] },
      ...places([OFFICE], [LOWER_HALF]),
      signInRiskLevels: ['medium'],
    },
    {
      clientAppTypes: ['browser'],
      platforms: { includePlatforms: ['linux'] },
      ...places([OFFICE], [LOWER_HALF, UPPER_HALF]),
      signInRiskLevels: ['medium'],
    },
    { hits: { devicePlatform: 'linux', ipAddress: '198.51.100.200', signInRiskLevel: 'medium' } },
  ),
  pair(
    'blocks one device on a far platform for one application',
    {
      ...apps([LINE_OF_BUSINESS]),
      platforms: {
        includePlatforms: ['all'],
        excludePlatforms: ['windows', 'macOS', 'linux', 'iOS', 'android'],
      },
      ...devices('include', 'device.trustType -eq "Workplace" -and device.isCompliant -ne True'),
    },
    {
      ...apps([LINE_OF_BUSINESS]),
      platforms: {
        includePlatforms: ['all'],
        excludePlatforms: ['windows', 'macOS', 'linux', 'iOS', 'android'],
      },
      ...devices(
        'include',
        'device.trustType -eq "Workplace" -and device.isCompliant -ne True -and device.trustType -eq "AzureAD"',
      ),
    },
    {
      hits: {
        to: toApps(LINE_OF_BUSINESS),
        devicePlatform: 'windowsPhone',
        deviceInfo: { trustType: 'Workplace', isCompliant: false },
      },
    },
  ),
  sparing(
    'blocks an IPv6 address outside the country at two risks',
    {
      ...places(['All'], [OFFICE_V6, EVERY_V4, GERMANY]),
      signInRiskLevels: ['low'],
      userRiskLevels: ['low'],
      insiderRiskLevels: 'minor',
    },
    'loop',
    {
      ipAddress: '2001:db8:9::9',
      country: null,
      signInRiskLevel: 'low',
      userRiskLevel: 'low',
      insiderRiskLevel: 'minor',
    },
  ),
]);

export const CONDITIONS = [
  ...LOCATIONS,
  ...UNKNOWN_PLACES,
  ...DEVICES,
  ...LONG_DEVICES,
  ...MARKED_DEVICES,
  ...UNSEEN_MARKS,
  ...UNREADABLE_DEVICES,
  ...PLATFORMS,
  ...RISK,
  ...FLOWS,
  ...LEGACY,
  ...ACTIONS,
  ...CONTEXTS,
  ...TARGETS,
  ...UNKNOWN_TARGETS,
  ...NARROW,
];
