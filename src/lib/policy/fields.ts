import {
  type EffectOf,
  excludes,
  filter,
  grant,
  includes,
  inTheseWords,
  narrows,
  neutral,
  opposite,
  ranks,
  signInFrequency,
  together,
} from './effects.ts';
import type { Canonical, FieldPath, RawPolicy } from './model.ts';
import {
  asSet,
  choice,
  count,
  flag,
  flags,
  id,
  ids,
  isEmptyRaw,
  isWord,
  type Kind,
  type Meanings,
  set,
  text,
} from './values.ts';

/**
 * One leaf of Graph v1.0's `conditionalAccessPolicy`. THE TABLE below is read by the canonicaliser, the diff, the
 * guard, the request bodies, the validator, the test generators and the generated documents; nothing else knows fields.
 */
export interface Field {
  readonly path: FieldPath;
  /** The smallest thing a PATCH replaces: `state`, `conditions.users`, `grantControls` … */
  readonly object: string;
  readonly kind: Kind;
  /** What it means, for people. */
  readonly meaning: string;
  /**
   * Settles what one leaf alone cannot: meanings that hang together with the rest of the policy. Gets the leaf as its
   * kind read it and the raw policy; total.
   */
  readonly level: (value: Canonical, policy: RawPolicy) => Canonical;
  /** Asked only about values that differ. */
  readonly effect: EffectOf;
}

type Level = Field['level'];

const asRead: Level = (value) => value;

function field(path: FieldPath, kind: Kind, effect: EffectOf, meaning: string, level: Level = asRead): Field {
  return { path, object: objectOf(path), kind, meaning, level, effect };
}

/** `conditions.users.excludeUsers` → `conditions.users`; `grantControls.operator` → `grantControls`; `state` → `state`. */
export function objectOf(path: string): string {
  const names = path.split('.');
  return names[0] === 'conditions' ? names.slice(0, 2).join('.') : (names[0] ?? path);
}

const CLIENT_APPS: Meanings = {
  all: 'Every kind of client; the same as no condition.',
  browser: 'Web browsers.',
  mobileAppsAndDesktopClients: 'Apps with modern authentication on phones and desktops.',
  exchangeActiveSync: 'Exchange ActiveSync clients.',
  easSupported: 'An old name for the Exchange ActiveSync clients that can be managed; kept on read.',
  other: 'Legacy authentication (IMAP, POP, SMTP, older Office …), which can prove neither MFA nor a device.',
};
const PLATFORMS: Meanings = {
  all: 'Every platform, unknown ones included.',
  android: 'Android.',
  iOS: 'iOS and iPadOS.',
  linux: 'Linux.',
  macOS: 'macOS.',
  windows: 'Windows.',
  windowsPhone: 'Windows Phone, which is no longer made.',
};
const RISK_LEVELS: Meanings = {
  low: 'Low risk, and no other.',
  medium: 'Medium risk, and no other.',
  high: 'High risk, and no other.',
  hidden: 'A level the tenant may not see.',
  none: 'No risk found.',
};
const BUILT_IN_CONTROLS: Meanings = {
  approvedApplication:
    'An approved client app. Retired: policies that use it can be neither made nor edited.',
  block: 'No access at all; stands alone.',
  compliantApplication: 'An app with an app protection policy (Intune).',
  compliantDevice: 'A device that Intune calls compliant.',
  domainJoinedDevice: 'A device that is hybrid-joined to Entra ID.',
  mfa: 'Multifactor authentication; not beside an authentication strength.',
  passwordChange: 'A new password, for users at risk.',
  riskRemediation: 'Whatever puts the risk right; the service adds a strength and "every time" by itself.',
};
const GUEST_MEANINGS: Meanings = {
  b2bCollaborationGuest: 'Invited users of other tenants whose type here is guest.',
  b2bCollaborationMember: 'Invited users of other tenants whose type here is member.',
  b2bDirectConnectUser: 'Users of other tenants in shared channels, without an account here.',
  internalGuest: 'Accounts of this tenant whose type is guest.',
  otherExternalUser: 'External users of no other kind.',
  serviceProvider: 'Users of a cloud solution provider.',
};
export const GUEST_TYPES: readonly string[] = Object.keys(GUEST_MEANINGS);
const TARGETS: Meanings = {
  Office365: 'The Office 365 apps, as Microsoft groups them.',
  MicrosoftAdminPortals: 'The admin portals, as Microsoft groups them; not Azure management.',
  AllAgentIdResources: 'All resources of agent identities.',
};
const LOCATIONS: Meanings = {
  All: 'Every place, unknown ones included.',
  AllTrusted: 'All trusted named locations, and the MFA trusted addresses.',
};
/** The service adds a strength by itself where `riskRemediation` stands alone (Entra docs, grant controls, March 2026). */
const MFA_STRENGTH = '00000000-0000-0000-0000-000000000002';

const users = 'conditions.users';
const applications = 'conditions.applications';
const workload = 'conditions.clientApplications';
const session = 'sessionControls';

/** THE TABLE. */
export const FIELDS: readonly Field[] = [
  field(
    'displayName',
    text,
    neutral,
    'The name administrators know the policy by. Not unique in Graph; unique here.',
  ),
  field(
    'state',
    choice({
      disabled: 'Off.',
      enabledForReportingButNotEnforced:
        'Report-only: judged and logged, not enforced; device checks may still prompt people.',
      enabled: 'On.',
    }),
    ranks('state', ['disabled', 'enabledForReportingButNotEnforced', 'enabled']),
    'On, off, or report-only.',
  ),

  field(
    `${users}.includeUsers`,
    ids({
      All: 'Everyone in the tenant, guests included.',
      None: 'Nobody.',
      GuestsOrExternalUsers: 'All six types of guests and external users; the older way to say so.',
    }),
    includes(`${users}.includeUsers`),
    'Users the policy is for.',
    withoutNoneAndGuests,
  ),
  field(
    `${users}.excludeUsers`,
    ids({
      GuestsOrExternalUsers: 'All six types of guests and external users; the older way to say so.',
    }),
    excludes(`${users}.excludeUsers`),
    'Users it spares.',
    withoutNoneAndGuests,
  ),
  field(
    `${users}.includeGroups`,
    ids(),
    includes(`${users}.includeGroups`),
    'Groups the policy is for, with nested members.',
  ),
  field(
    `${users}.excludeGroups`,
    ids(),
    excludes(`${users}.excludeGroups`),
    'Groups it spares, with nested members.',
  ),
  field(
    `${users}.includeRoles`,
    ids(),
    includes(`${users}.includeRoles`),
    'Directory roles (template ids) the policy is for.',
  ),
  field(
    `${users}.excludeRoles`,
    ids(),
    excludes(`${users}.excludeRoles`),
    'Directory roles (template ids) it spares.',
  ),
  ...guests('include'),
  ...guests('exclude'),

  field(
    `${workload}.includeServicePrincipals`,
    ids({
      ServicePrincipalsInMyTenant: 'Every service principal whose app is registered in this tenant.',
    }),
    includes(`${workload}.includeServicePrincipals`, 'ServicePrincipalsInMyTenant'),
    'Workload identities the policy is for, in place of users. Needs Workload Identities Premium.',
  ),
  field(
    `${workload}.excludeServicePrincipals`,
    ids(),
    excludes(`${workload}.excludeServicePrincipals`),
    'Workload identities it spares.',
  ),
  ...filterFields(`${workload}.servicePrincipalFilter`, 'Workload identities by custom security attributes.'),

  field(
    `${applications}.includeApplications`,
    ids({ All: 'Every resource.', None: 'No resource.', ...TARGETS }),
    includes(`${applications}.includeApplications`),
    'Target resources, by app (client) id.',
    withoutNone,
  ),
  field(
    `${applications}.excludeApplications`,
    ids(TARGETS),
    excludes(`${applications}.excludeApplications`),
    'Target resources it spares, by app (client) id.',
    withoutNone,
  ),
  field(
    `${applications}.includeUserActions`,
    set(
      {
        'urn:user:registersecurityinfo': 'Registering methods to prove who one is.',
        'urn:user:registerdevice': 'Registering or joining a device.',
      },
      {
        also: {
          pattern: /^[Uu][Rr][Nn]:[Uu][Ss][Ee][Rr]:[A-Za-z]+$/,
          words: 'other user actions (urn:user:…)',
          spell: (member) => member.toLowerCase(),
        },
      },
    ),
    includes(`${applications}.includeUserActions`),
    'User actions, in place of resources.',
  ),
  field(
    `${applications}.includeAuthenticationContextClassReferences`,
    set(
      {},
      {
        also: {
          pattern: /^[Cc][1-9][0-9]?$/,
          words: 'c1 to c99',
          spell: (member) => member.toLowerCase(),
        },
      },
    ),
    includes(`${applications}.includeAuthenticationContextClassReferences`),
    'Authentication contexts c1 to c99, in place of resources.',
  ),
  ...filterFields(`${applications}.applicationFilter`, 'Target resources by custom security attributes.'),

  field(
    'conditions.clientAppTypes',
    set(CLIENT_APPS),
    narrows('conditions.clientAppTypes', 'all'),
    'Kinds of client software.',
    (value) => (asSet(value).length === 0 ? ['all'] : value),
  ),
  field(
    'conditions.platforms.includePlatforms',
    set(PLATFORMS),
    narrows('conditions.platforms.includePlatforms', 'all'),
    'Device platforms, by user agent.',
  ),
  field(
    'conditions.platforms.excludePlatforms',
    set(PLATFORMS),
    excludes('conditions.platforms.excludePlatforms'),
    'Device platforms it spares.',
  ),
  field(
    'conditions.locations.includeLocations',
    ids(LOCATIONS),
    narrows('conditions.locations.includeLocations', 'All'),
    'Named locations the sign-in comes from.',
  ),
  field(
    'conditions.locations.excludeLocations',
    ids(LOCATIONS),
    excludes('conditions.locations.excludeLocations'),
    'Named locations it spares.',
  ),
  ...filterFields('conditions.devices.deviceFilter', 'Devices by their attributes.'),
  field(
    'conditions.authenticationFlows.transferMethods',
    flags({
      deviceCodeFlow: 'Signing in on one device with a code typed on another.',
      authenticationTransfer: 'Carrying a sign-in from one device to another.',
    }),
    narrows('conditions.authenticationFlows.transferMethods', ''),
    'Device code flow and authentication transfer.',
  ),
  field(
    'conditions.signInRiskLevels',
    set(RISK_LEVELS),
    narrows('conditions.signInRiskLevels', ''),
    'Risk of the sign-in; each listed level matches exactly itself. Needs Entra ID P2.',
  ),
  field(
    'conditions.userRiskLevels',
    set(RISK_LEVELS),
    narrows('conditions.userRiskLevels', ''),
    'Risk of the user; each listed level matches exactly itself. Needs Entra ID P2.',
  ),
  field(
    'conditions.servicePrincipalRiskLevels',
    set(RISK_LEVELS),
    narrows('conditions.servicePrincipalRiskLevels', ''),
    'Risk of the workload identity. Needs Workload Identities Premium.',
  ),
  field(
    'conditions.insiderRiskLevels',
    flags({ minor: 'Minor.', moderate: 'Moderate.', elevated: 'Elevated.' }),
    narrows('conditions.insiderRiskLevels', ''),
    'Insider risk, as Microsoft Purview sees it. Needs Purview’s adaptive protection.',
  ),

  field(
    'grantControls.operator',
    choice({ AND: 'All controls are asked for.', OR: 'One of the controls is enough.' }),
    grant,
    'Whether all controls are asked for or one.',
    operatorThatCounts,
  ),
  field(
    'grantControls.builtInControls',
    set(BUILT_IN_CONTROLS),
    grant,
    'What is asked for before access is granted.',
  ),
  field(
    'grantControls.customAuthenticationFactors',
    set({}, { also: { pattern: /^/, words: 'names of custom controls', spell: (member) => member } }),
    grant,
    'Custom controls of other vendors.',
  ),
  field('grantControls.termsOfUse', ids(), grant, 'Terms of use to accept, by the ids of the agreements.'),
  field(
    'grantControls.authenticationStrength.id',
    id,
    grant,
    'Authentication strength, by id alone.',
    strengthOrAdded,
  ),

  field(
    `${session}.applicationEnforcedRestrictions.isEnabled`,
    flag,
    ranks(`${session}.applicationEnforcedRestrictions.isEnabled`, [false, true]),
    'Office 365 apps restrict what unmanaged devices may do.',
  ),
  ...whenEnabled(`${session}.cloudAppSecurity`, 'Session goes through Defender for Cloud Apps.', [
    field(
      `${session}.cloudAppSecurity.cloudAppSecurityType`,
      choice({
        mcasConfigured: 'What the policies in Defender for Cloud Apps say.',
        monitorOnly: 'The session is watched.',
        blockDownloads: 'Downloads are blocked.',
      }),
      ranks(`${session}.cloudAppSecurity.cloudAppSecurityType`, [
        null,
        'monitorOnly',
        'mcasConfigured',
        'blockDownloads',
      ]),
      'What Defender for Cloud Apps does with it.',
    ),
  ]),
  ...whenEnabled(`${session}.persistentBrowser`, 'Whether a browser session outlives the browser.', [
    field(
      `${session}.persistentBrowser.mode`,
      choice({ always: 'The session outlives the browser.', never: 'The session ends with the browser.' }),
      ranks(`${session}.persistentBrowser.mode`, ['always', null, 'never']),
      'Always or never persistent.',
    ),
  ]),
  ...signInFrequencyFields(),
  field(
    `${session}.disableResilienceDefaults`,
    flag,
    ranks(`${session}.disableResilienceDefaults`, [false, true]),
    'No extension of sessions during an outage.',
  ),
  field(
    `${session}.secureSignInSession.isEnabled`,
    flag,
    ranks(`${session}.secureSignInSession.isEnabled`, [false, true]),
    'Token protection: the session is bound to the device.',
  ),
];

export const FIELD_BY_PATH: ReadonlyMap<FieldPath, Field> = new Map(FIELDS.map((row) => [row.path, row]));

/** What the objects around the leaves are for. */
export const BRANCHES: Readonly<Record<string, string>> = {
  conditions: 'Who and what the policy is for: a sign-in falls under it where every condition fits.',
  [users]: 'Users, groups, directory roles and guests. Exclusions win over inclusions.',
  ...guestBranches('include', 'the policy is for'),
  ...guestBranches('exclude', 'it spares'),
  [workload]: 'Workload identities (service principals), in place of users.',
  [`${workload}.servicePrincipalFilter`]: 'Workload identities by custom security attributes.',
  [applications]: 'Target resources, user actions or authentication contexts: one sort of target.',
  [`${applications}.applicationFilter`]: 'Target resources by custom security attributes.',
  'conditions.platforms': 'Device platforms, as the user agent tells them; easily feigned.',
  'conditions.locations': 'Where the sign-in comes from, by public address or GPS.',
  'conditions.devices': 'Devices, by a filter over their attributes.',
  'conditions.devices.deviceFilter': 'Devices by their attributes.',
  'conditions.authenticationFlows': 'How the sign-in goes from one device to another.',
  grantControls: 'What is asked for before access is granted, or block.',
  'grantControls.authenticationStrength':
    'Which combinations of methods are enough. Its id alone counts; what Graph shows beside it is dropped.',
  [session]: 'What the session may do once access is granted.',
  [`${session}.applicationEnforcedRestrictions`]: 'Office 365 apps restrict what unmanaged devices may do.',
  [`${session}.cloudAppSecurity`]: 'The session goes through Defender for Cloud Apps.',
  [`${session}.persistentBrowser`]: 'Whether a browser session outlives the browser.',
  [`${session}.signInFrequency`]: 'How often people must sign in again.',
  [`${session}.secureSignInSession`]: 'Token protection: the session is bound to the device.',
};

function guestBranches(side: 'include' | 'exclude', who: string): Readonly<Record<string, string>> {
  const path = `${users}.${side}GuestsOrExternalUsers`;
  return {
    [path]: `Guests and external users ${who}, by kind and by home tenant.`,
    [`${path}.externalTenants`]: 'The home tenants that are meant: all, or listed ones.',
  };
}

/** Every object a PATCH can replace, in the table's order. */
export const OBJECTS: readonly string[] = [...new Set(FIELDS.map((row) => row.object))];

/** Members the service writes and we never do, the two of a What If answer included; out of canonical form. */
export const READ_ONLY: ReadonlySet<string> = new Set([
  'id',
  'createdDateTime',
  'modifiedDateTime',
  'deletedDateTime',
  'templateId',
  'description',
  'partialEnablementStrategy',
  'policyApplies',
  'analysisReasons',
]);

/** A strength comes expanded, and what Microsoft puts into it changes over time: its id alone says which one it is. */
export const BY_ID_ONLY: ReadonlySet<string> = new Set(['grantControls.authenticationStrength']);

/** Members that only beta knows. With a value, v1.0 cannot carry out what a file that holds them asks for. */
export const BETA_ONLY: ReadonlySet<string> = new Set([
  'conditions.agentContext',
  'conditions.agentIdRiskLevels',
  'conditions.agentSessionRiskLevels',
  'conditions.agents',
  'conditions.applications.globalSecureAccess',
  'conditions.applications.includeProtectionLevels',
  'conditions.applications.networkAccess',
  'conditions.authenticationFlows.protocolFlows',
  'conditions.clientApplications.agentIdServicePrincipalFilter',
  'conditions.clientApplications.excludeAgentIdServicePrincipals',
  'conditions.clientApplications.includeAgentIdServicePrincipals',
  'conditions.clients',
  'conditions.deviceStates',
  'conditions.devices.excludeDeviceStates',
  'conditions.devices.excludeDevices',
  'conditions.devices.includeDeviceStates',
  'conditions.devices.includeDevices',
  'conditions.federatedTokens',
  'conditions.globalSecureAccess',
  'conditions.purviewDataLossPreventionRules',
  'conditions.signInRiskDetections',
  'conditions.times',
  'sessionControls.blockSensitiveActions',
  'sessionControls.continuousAccessEvaluation',
  'sessionControls.globalSecureAccessFilteringProfile',
  'sessionControls.networkAccessSecurity',
]);

/** The raw leaf at a dotted path; undefined when any step is not an object. */
export function rawAt(raw: unknown, path: string): unknown {
  let value: unknown = raw;
  for (const name of path.split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value;
}

/** The policy with another raw leaf at a dotted path, and objects on the way there where there were none. */
export function withRaw(raw: RawPolicy, path: string, value: unknown): RawPolicy {
  const [name = '', ...rest] = path.split('.');
  if (rest.length === 0) return { ...raw, [name]: value };
  const inner = raw[name];
  const isObject = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
  return { ...raw, [name]: withRaw(isObject ? (inner as RawPolicy) : {}, rest.join('.'), value) };
}

/** `None` says nobody, which an empty list says too (role-only policies come back either way). */
function withoutNone(value: Canonical): Canonical {
  return asSet(value).filter((member) => member !== 'None');
}

/** The old keyword means all six guest types of all tenants; canonical form says so in the newer members. */
function withoutNoneAndGuests(value: Canonical): Canonical {
  return asSet(value).filter((member) => member !== 'None' && member !== 'GuestsOrExternalUsers');
}

function guests(side: 'include' | 'exclude'): readonly Field[] {
  const path = `${users}.${side}GuestsOrExternalUsers`;
  const keyword = (policy: RawPolicy): boolean => {
    const list = rawAt(policy, `${users}.${side}Users`);
    return Array.isArray(list) && list.some((member) => isWord(member, 'GuestsOrExternalUsers'));
  };
  const configured = (policy: RawPolicy): boolean =>
    keyword(policy) ||
    asSet(flags(GUEST_MEANINGS).parse(rawAt(policy, `${path}.guestOrExternalUserTypes`)).value).length > 0;
  const kindOf = (policy: RawPolicy): Canonical => {
    if (!configured(policy)) return null;
    if (keyword(policy)) return 'all';
    return isEnumerated(rawAt(policy, `${path}.externalTenants`)) ? 'enumerated' : 'all';
  };
  const list = 'the kinds, or the tenants';
  const loosens = side === 'include' ? `Taking members away from ${list}.` : `Adding members to ${list}.`;
  const move: EffectOf = inTheseWords(loosens, (before, after) => {
    const growth = includes(`${path}.guestOrExternalUserTypes`, '')(before, after);
    const reach = ranks(`${path}.externalTenants.membershipKind`, [null, 'enumerated', 'all'])(before, after);
    const members =
      before[`${path}.externalTenants.membershipKind`] === after[`${path}.externalTenants.membershipKind`]
        ? includes(`${path}.externalTenants.members`, '')(before, after)
        : 'neutral';
    const effect = together(growth, reach, members);
    return side === 'include' ? effect : opposite(effect);
  });
  const who = side === 'include' ? 'the policy is for' : 'it spares';
  return [
    field(
      `${path}.guestOrExternalUserTypes`,
      flags(GUEST_MEANINGS),
      move,
      `Kinds of guests and external users ${who}.`,
      (value, policy) => (keyword(policy) ? GUEST_TYPES : value),
    ),
    field(
      `${path}.externalTenants.membershipKind`,
      choice({ all: 'Guests of every tenant.', enumerated: 'Guests of the tenants in members.' }),
      move,
      'Guests of all tenants, or of listed ones.',
      (_, policy) => kindOf(policy),
    ),
    field(`${path}.externalTenants.members`, ids(), move, 'The listed tenants.', (value, policy) =>
      kindOf(policy) === 'enumerated' ? value : [],
    ),
  ];
}

/** The kind may be said by the type annotation alone; a list of members says it too. */
function isEnumerated(tenants: unknown): boolean {
  if (typeof tenants !== 'object' || tenants === null) return false;
  const { membershipKind, members, '@odata.type': type } = tenants as Record<string, unknown>;
  if (typeof membershipKind === 'string') return membershipKind.toLowerCase() === 'enumerated';
  if (typeof type === 'string') return type.toLowerCase().includes('enumerated');
  return Array.isArray(members) && members.length > 0;
}

/** A filter without a rule selects nothing, whatever its mode says. */
function filterFields(path: string, meaning: string): readonly Field[] {
  const hasRule = (policy: RawPolicy): boolean => !isEmptyRaw(rawAt(policy, `${path}.rule`));
  return [
    field(
      `${path}.mode`,
      choice({
        include: 'What the rule matches falls under the policy.',
        exclude: 'What the rule matches is spared.',
      }),
      filter(path),
      `${meaning} Whether the matching ones are meant or spared.`,
      (value, policy) => (hasRule(policy) ? value : null),
    ),
    field(`${path}.rule`, text, filter(path), meaning, (value, policy) => (hasRule(policy) ? value : null)),
  ];
}

/** The controls a policy asks for, a strength counting as one. */
function controlCount(policy: RawPolicy): number {
  const sizes = ['builtInControls', 'customAuthenticationFactors', 'termsOfUse'].map(
    (name) =>
      asSet(
        FIELD_BY_PATH.get(`grantControls.${name}`)?.kind.parse(rawAt(policy, `grantControls.${name}`)).value,
      ).length,
  );
  return sizes.reduce((sum, size) => sum + size, strengthOf(policy) === null ? 0 : 1);
}

function strengthOf(policy: RawPolicy): Canonical {
  return id.parse(rawAt(policy, 'grantControls.authenticationStrength.id')).value;
}

function asksForRemediation(policy: RawPolicy): boolean {
  const controls = rawAt(policy, 'grantControls.builtInControls');
  return Array.isArray(controls) && controls.some((control) => isWord(control, 'riskRemediation'));
}

function strengthOrAdded(_: Canonical, policy: RawPolicy): Canonical {
  return strengthOf(policy) ?? (asksForRemediation(policy) ? MFA_STRENGTH : null);
}

/** One control needs no operator, and the service then stores `OR`, whatever was sent (live exports). */
function operatorThatCounts(value: Canonical, policy: RawPolicy): Canonical {
  const controls = controlCount(policy);
  const strengthAdded = asksForRemediation(policy) && strengthOf(policy) === null;
  if (controls === 0) return null;
  if (strengthAdded) return 'AND';
  return controls === 1 ? 'OR' : (value ?? 'OR');
}

/** A session control that is not enabled does nothing, so what else it says is not a difference. */
function whenEnabled(path: string, meaning: string, rows: readonly Field[]): readonly Field[] {
  const on = (policy: RawPolicy): boolean => rawAt(policy, `${path}.isEnabled`) === true;
  const enabled = field(`${path}.isEnabled`, flag, rows[0]?.effect ?? neutral, meaning);
  return [
    enabled,
    ...rows.map((row) => ({
      ...row,
      level: (value: Canonical, policy: RawPolicy) => (on(policy) ? row.level(value, policy) : null),
    })),
  ];
}

/**
 * `everyTime` has neither type nor value; a time-based frequency without the two newer members gets their defaults; and
 * the service switches `everyTime` on by itself beside `riskRemediation`.
 */
function signInFrequencyFields(): readonly Field[] {
  const path = `${session}.signInFrequency`;
  const asked = (policy: RawPolicy): boolean => rawAt(policy, `${path}.isEnabled`) === true;
  // Switched off in so many words beside it is no spelling of "added": where it shows up, somebody made it so.
  const added = (policy: RawPolicy): boolean =>
    asksForRemediation(policy) && rawAt(policy, `${path}.isEnabled`) !== false;
  const on = (policy: RawPolicy): boolean => asked(policy) || added(policy);
  const interval = (policy: RawPolicy): string => {
    if (!asked(policy)) return 'everyTime';
    const said = rawAt(policy, `${path}.frequencyInterval`);
    return isWord(said, 'everyTime') ? 'everyTime' : 'timeBased';
  };
  const timed = (policy: RawPolicy): boolean => on(policy) && interval(policy) === 'timeBased';
  return [
    field(
      `${path}.isEnabled`,
      flag,
      signInFrequency,
      'Whether people must sign in again after a while.',
      (_, policy) => on(policy),
    ),
    field(
      `${path}.type`,
      choice({ days: 'Days.', hours: 'Hours.' }),
      signInFrequency,
      'Unit of the interval.',
      (value, policy) => (timed(policy) ? value : null),
    ),
    field(`${path}.value`, count, signInFrequency, 'Length of the interval.', (value, policy) =>
      timed(policy) ? value : null,
    ),
    field(
      `${path}.authenticationType`,
      choice({
        primaryAndSecondaryAuthentication: 'Both factors.',
        secondaryAuthentication: 'The second factor alone.',
      }),
      signInFrequency,
      'Which proofs are asked for again.',
      (value, policy) =>
        on(policy) ? ((asked(policy) ? value : null) ?? 'primaryAndSecondaryAuthentication') : null,
    ),
    field(
      `${path}.frequencyInterval`,
      choice({
        timeBased: 'After the interval in value and type.',
        everyTime: 'At each sign-in; goes with neither value nor type.',
      }),
      signInFrequency,
      'By time, or every time.',
      (_, policy) => (on(policy) ? interval(policy) : null),
    ),
  ];
}
