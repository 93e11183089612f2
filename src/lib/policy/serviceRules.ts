import { rawAt } from './fields.ts';
import type { Policy, RawPolicy } from './model.ts';
import { asSet, isWord } from './values.ts';

/** A rule of the service that a desired policy must keep; Graph would refuse the write. */
export interface ServiceRule {
  /** The service's own number where it is known. */
  readonly code: string;
  /** The member to look at. */
  readonly path: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
  readonly isBroken: (policy: Policy, raw: RawPolicy) => boolean;
}

const users = 'conditions.users';
const applications = 'conditions.applications';
const workload = 'conditions.clientApplications';
const session = 'sessionControls';
const FILTERS = [
  `${workload}.servicePrincipalFilter`,
  `${applications}.applicationFilter`,
  'conditions.devices.deviceFilter',
];
const OFFICE = new Set([
  'Office365',
  '00000002-0000-0ff1-ce00-000000000000', // Exchange Online
  '00000003-0000-0ff1-ce00-000000000000', // SharePoint Online
]);

function size(policy: Policy, path: string): number {
  return asSet(policy[path]).length;
}

function has(policy: Policy, path: string, member: string): boolean {
  return asSet(policy[path]).includes(member);
}

function says(raw: RawPolicy, path: string, member: string): boolean {
  const list = rawAt(raw, path);
  return Array.isArray(list) && list.some((item) => isWord(item, member));
}

export function isWorkloadPolicy(policy: Policy): boolean {
  return (
    size(policy, `${workload}.includeServicePrincipals`) > 0 ||
    typeof policy[`${workload}.servicePrincipalFilter.rule`] === 'string'
  );
}

function isForSomebody(policy: Policy): boolean {
  return [
    'includeUsers',
    'includeGroups',
    'includeRoles',
    'includeGuestsOrExternalUsers.guestOrExternalUserTypes',
  ].some((name) => size(policy, `${users}.${name}`) > 0);
}

function targetsApplications(policy: Policy): boolean {
  return (
    size(policy, `${applications}.includeApplications`) > 0 ||
    typeof policy[`${applications}.applicationFilter.rule`] === 'string'
  );
}

/** Everything a grant asks for; a strength counts as one. */
function controls(policy: Policy): readonly string[] {
  const strength = policy['grantControls.authenticationStrength.id'];
  return [
    ...asSet(policy['grantControls.builtInControls']),
    ...asSet(policy['grantControls.customAuthenticationFactors']),
    ...asSet(policy['grantControls.termsOfUse']),
    ...(typeof strength === 'string' ? ['strength'] : []),
  ];
}

/** Whether a grant asks for nothing but these; `strength` stands for any authentication strength. */
function asksOnlyFor(policy: Policy, ...allowed: readonly string[]): boolean {
  return controls(policy).every((control) => allowed.includes(control));
}

/** Conditions besides who, what and the risk of the user. */
function hasOtherConditions(policy: Policy): boolean {
  return (
    ['signInRiskLevels', 'insiderRiskLevels', 'platforms.', 'locations.'].some((name) =>
      Object.keys(policy).some((path) => path.startsWith(`conditions.${name}`) && size(policy, path) > 0),
    ) ||
    asSet(policy['conditions.clientAppTypes']).some((type) => type !== 'all') ||
    policy['conditions.devices.deviceFilter.rule'] !== null
  );
}

function hasSession(policy: Policy): boolean {
  return Object.entries(policy).some(([path, value]) => path.startsWith(`${session}.`) && value === true);
}

/** Sources: Graph docs (conditionalAccess* resource pages), Entra docs (concept-conditional-access-*), provider issues. */
export const SERVICE_RULES: readonly ServiceRule[] = [
  {
    code: 'displayName',
    path: 'displayName',
    message: 'is empty or longer than 256 characters; give the policy a name',
    isBroken: (policy) => {
      const name = policy.displayName;
      return typeof name !== 'string' || name.trim() === '' || name.length > 256;
    },
  },
  {
    code: '1064',
    path: 'conditions.clientAppTypes',
    message: 'is an empty list, which the service refuses; write ["all"] or leave it out',
    isBroken: (_, raw) => {
      const list = rawAt(raw, 'conditions.clientAppTypes');
      return Array.isArray(list) && list.length === 0;
    },
  },
  {
    code: '1011',
    path: applications,
    message: 'names no target; say which applications, user actions or authentication contexts (or ["None"])',
    isBroken: (policy, raw) =>
      !targetsApplications(policy) &&
      size(policy, `${applications}.includeUserActions`) === 0 &&
      size(policy, `${applications}.includeAuthenticationContextClassReferences`) === 0 &&
      !says(raw, `${applications}.includeApplications`, 'None'),
  },
  {
    code: '1012',
    path: applications,
    message:
      'mixes applications, user actions and authentication contexts; a policy takes one sort of target',
    isBroken: (policy) =>
      [
        targetsApplications(policy),
        size(policy, `${applications}.includeUserActions`) > 0,
        size(policy, `${applications}.includeAuthenticationContextClassReferences`) > 0,
      ].filter(Boolean).length > 1,
  },
  {
    code: 'applicationFilter',
    path: `${applications}.applicationFilter`,
    message: 'stands beside All or None; a filter needs neither',
    isBroken: (policy, raw) =>
      typeof policy[`${applications}.applicationFilter.rule`] === 'string' &&
      (has(policy, `${applications}.includeApplications`, 'All') ||
        says(raw, `${applications}.includeApplications`, 'None')),
  },
  {
    code: 'users',
    path: users,
    message: 'includes nobody; name users, groups, roles or guests (or ["None"]), or clientApplications',
    isBroken: (policy, raw) =>
      !isForSomebody(policy) && !isWorkloadPolicy(policy) && !says(raw, `${users}.includeUsers`, 'None'),
  },
  {
    code: 'users',
    path: 'conditions',
    message: 'is for users and for workload identities at once; write two policies',
    isBroken: (policy) => isForSomebody(policy) && isWorkloadPolicy(policy),
  },
  ...(['include', 'exclude'] as const).map(
    (side): ServiceRule => ({
      code: 'guests',
      path: `${users}.${side}GuestsOrExternalUsers`,
      message: `stands beside "GuestsOrExternalUsers" in ${side}Users; keep one of the two`,
      isBroken: (_, raw) =>
        says(raw, `${users}.${side}Users`, 'GuestsOrExternalUsers') &&
        typeof rawAt(raw, `${users}.${side}GuestsOrExternalUsers.guestOrExternalUserTypes`) === 'string',
    }),
  ),
  {
    code: 'servicePrincipals',
    path: `${workload}.excludeServicePrincipals`,
    message: 'excludes workload identities where none is included',
    isBroken: (policy) =>
      size(policy, `${workload}.excludeServicePrincipals`) > 0 && !isWorkloadPolicy(policy),
  },
  {
    code: 'workload',
    path: 'grantControls.builtInControls',
    message: 'asks a workload identity for something it cannot do; only block is possible',
    isBroken: (policy) => isWorkloadPolicy(policy) && !asksOnlyFor(policy, 'block'),
  },
  {
    code: 'workload',
    path: session,
    message: 'asks for a session control, and a workload identity has no session; only block is possible',
    isBroken: (policy) => isWorkloadPolicy(policy) && hasSession(policy),
  },
  {
    code: 'platforms',
    path: 'conditions.platforms.excludePlatforms',
    message: 'needs includePlatforms ["all"]',
    isBroken: (policy) =>
      size(policy, 'conditions.platforms.excludePlatforms') > 0 &&
      !has(policy, 'conditions.platforms.includePlatforms', 'all'),
  },
  ...FILTERS.map(
    (path): ServiceRule => ({
      code: 'filter',
      path,
      message: 'has a rule and no mode; write mode "include" or "exclude"',
      isBroken: (policy) => typeof policy[`${path}.rule`] === 'string' && policy[`${path}.mode`] === null,
    }),
  ),
  {
    code: 'deviceFilter',
    path: 'conditions.devices.deviceFilter.rule',
    message: 'is longer than 3072 characters',
    isBroken: (policy) => String(policy['conditions.devices.deviceFilter.rule'] ?? '').length > 3072,
  },
  {
    code: 'controls',
    path: 'grantControls',
    message: 'asks for nothing, and sessionControls neither; a policy needs at least one control',
    isBroken: (policy) => policy['grantControls.operator'] === null && !hasSession(policy),
  },
  {
    code: 'operator',
    path: 'grantControls.operator',
    message:
      'is missing, and there is more than one control; say whether all are asked for (AND) or one (OR)',
    isBroken: (policy, raw) =>
      typeof rawAt(raw, 'grantControls.operator') !== 'string' &&
      !has(policy, 'grantControls.builtInControls', 'riskRemediation') &&
      controls(policy).length > 1,
  },
  {
    code: 'block',
    path: 'grantControls',
    message: 'has block beside another control; block stands alone',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'block') && controls(policy).length > 1,
  },
  {
    code: '1108',
    path: 'grantControls',
    message: 'has mfa beside an authentication strength; keep one of the two',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'mfa') &&
      policy['grantControls.authenticationStrength.id'] !== null,
  },
  {
    code: '1032',
    path: 'grantControls.builtInControls',
    message:
      'passwordChange needs AND with mfa or a strength, userRiskLevels, all applications without exclusions, and no other condition',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'passwordChange') &&
      !(
        policy['grantControls.operator'] === 'AND' &&
        (has(policy, 'grantControls.builtInControls', 'mfa') ||
          policy['grantControls.authenticationStrength.id'] !== null) &&
        size(policy, 'conditions.userRiskLevels') > 0 &&
        has(policy, `${applications}.includeApplications`, 'All') &&
        size(policy, `${applications}.excludeApplications`) === 0 &&
        !hasOtherConditions(policy)
      ),
  },
  {
    code: 'appProtection',
    path: 'conditions.platforms.includePlatforms',
    message:
      'names macOS or Linux, which know no app protection; ask for another control there, or for one of several',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'compliantApplication') &&
      (policy['grantControls.operator'] === 'AND' || controls(policy).length === 1) &&
      ['macOS', 'linux'].some((name) => has(policy, 'conditions.platforms.includePlatforms', name)),
  },
  {
    code: '1235',
    path: 'conditions.authenticationFlows',
    message: 'goes with block only, and with no session control',
    isBroken: (policy) =>
      size(policy, 'conditions.authenticationFlows.transferMethods') > 0 &&
      (!has(policy, 'grantControls.builtInControls', 'block') || hasSession(policy)),
  },
  {
    code: 'registerDevice',
    path: 'grantControls.builtInControls',
    message: 'registering a device can be asked for mfa or an authentication strength only',
    isBroken: (policy) =>
      has(policy, `${applications}.includeUserActions`, 'urn:user:registerdevice') &&
      (policy['grantControls.operator'] === null || !asksOnlyFor(policy, 'mfa', 'strength')),
  },
  {
    code: 'registerDevice',
    path: 'conditions',
    message: 'registering a device goes with neither client apps nor a device filter',
    isBroken: (policy) =>
      has(policy, `${applications}.includeUserActions`, 'urn:user:registerdevice') &&
      (asSet(policy['conditions.clientAppTypes']).some((type) => type !== 'all') ||
        policy['conditions.devices.deviceFilter.rule'] !== null),
  },
  {
    code: 'riskRemediation',
    path: 'grantControls.operator',
    message: 'beside riskRemediation is AND; the service sets it by itself',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'riskRemediation') &&
      policy['grantControls.operator'] === 'OR',
  },
  {
    code: 'riskRemediation',
    path: `${session}.signInFrequency`,
    message: 'is "everyTime" beside riskRemediation; the service switches it on by itself, so leave it out',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'riskRemediation') &&
      policy[`${session}.signInFrequency.frequencyInterval`] !== 'everyTime',
  },
  {
    code: 'signInFrequency',
    path: `${session}.signInFrequency`,
    message: 'is enabled without a value and a type; or write frequencyInterval "everyTime"',
    isBroken: (policy) =>
      policy[`${session}.signInFrequency.frequencyInterval`] === 'timeBased' &&
      !(
        typeof policy[`${session}.signInFrequency.type`] === 'string' &&
        Number(policy[`${session}.signInFrequency.value`]) > 0
      ),
  },
  {
    code: 'everyTime',
    path: `${session}.signInFrequency`,
    message:
      '"everyTime" goes with neither type, value, applicationEnforcedRestrictions nor disableResilienceDefaults',
    isBroken: (policy, raw) =>
      policy[`${session}.signInFrequency.frequencyInterval`] === 'everyTime' &&
      (typeof rawAt(raw, `${session}.signInFrequency.value`) === 'number' ||
        typeof rawAt(raw, `${session}.signInFrequency.type`) === 'string' ||
        policy[`${session}.applicationEnforcedRestrictions.isEnabled`] === true ||
        policy[`${session}.disableResilienceDefaults`] === true),
  },
  {
    code: 'persistentBrowser',
    path: `${session}.persistentBrowser`,
    message: 'needs a mode, and all applications as the target',
    isBroken: (policy) =>
      policy[`${session}.persistentBrowser.isEnabled`] === true &&
      (policy[`${session}.persistentBrowser.mode`] === null ||
        !has(policy, `${applications}.includeApplications`, 'All')),
  },
  {
    code: 'cloudAppSecurity',
    path: `${session}.cloudAppSecurity`,
    message: 'is enabled without a cloudAppSecurityType',
    isBroken: (policy) =>
      policy[`${session}.cloudAppSecurity.isEnabled`] === true &&
      policy[`${session}.cloudAppSecurity.cloudAppSecurityType`] === null,
  },
  {
    code: 'applicationEnforcedRestrictions',
    path: `${session}.applicationEnforcedRestrictions`,
    message: 'works only where Office 365, Exchange Online or SharePoint Online is the target',
    isBroken: (policy) =>
      policy[`${session}.applicationEnforcedRestrictions.isEnabled`] === true &&
      !asSet(policy[`${applications}.includeApplications`]).some((app) => OFFICE.has(app)),
  },
];
