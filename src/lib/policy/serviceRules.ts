import type { Policy } from './model.ts';
import { asSet, isWord } from './values.ts';

/** A rule of the service that a desired policy must keep; Graph would refuse the write. */
export interface ServiceRule {
  /** The service's own number where it is known. */
  readonly code: string;
  /** The member to look at. */
  readonly path: string;
  /** What is wrong, said of that member. */
  readonly message: string;
  /** How to mend it. */
  readonly mend: string;
  readonly isBroken: (policy: Policy, said: Said) => boolean;
}

/** The leaf at a dotted path as it was written, where canonical form says too little. */
export type Said = (path: string) => unknown;

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

function says(said: Said, path: string, member: string): boolean {
  const list = said(path);
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

/** Each session control that is on has a member that says so. */
function hasSession(policy: Policy): boolean {
  return Object.keys(policy).some((path) => path.startsWith(`${session}.`) && policy[path] === true);
}

/** Sources: Graph docs (conditionalAccess* resource pages), Entra docs (concept-conditional-access-*), provider issues. */
export const SERVICE_RULES: readonly ServiceRule[] = [
  {
    code: 'displayName',
    path: 'displayName',
    message: 'is empty or longer than 256 characters',
    mend: 'give the policy a name',
    isBroken: (policy) => {
      const name = policy.displayName;
      return typeof name !== 'string' || name.trim() === '' || name.length > 256;
    },
  },
  {
    code: '1064',
    path: 'conditions.clientAppTypes',
    message: 'is an empty list',
    mend: 'write ["all"] or leave it out',
    isBroken: (_, said) => {
      const list = said('conditions.clientAppTypes');
      return Array.isArray(list) && list.length === 0;
    },
  },
  {
    code: '1011',
    path: applications,
    message: 'names no target',
    mend: 'say which applications, user actions or authentication contexts, or includeApplications ["None"]',
    isBroken: (policy, said) =>
      !targetsApplications(policy) &&
      size(policy, `${applications}.includeUserActions`) === 0 &&
      size(policy, `${applications}.includeAuthenticationContextClassReferences`) === 0 &&
      !says(said, `${applications}.includeApplications`, 'None'),
  },
  {
    code: '1012',
    path: applications,
    message: 'mixes applications, user actions and authentication contexts',
    mend: 'keep one sort of target; write a policy for each',
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
    message: 'stands beside All or None',
    mend: 'leave All or None out; a filter needs neither',
    isBroken: (policy, said) =>
      typeof policy[`${applications}.applicationFilter.rule`] === 'string' &&
      (has(policy, `${applications}.includeApplications`, 'All') ||
        says(said, `${applications}.includeApplications`, 'None')),
  },
  {
    code: 'users',
    path: users,
    message: 'includes nobody',
    mend: 'name users, groups, roles or guests, or includeUsers ["None"], or clientApplications',
    isBroken: (policy, said) =>
      !isForSomebody(policy) && !isWorkloadPolicy(policy) && !says(said, `${users}.includeUsers`, 'None'),
  },
  {
    code: 'users',
    path: 'conditions',
    message: 'is for users and for workload identities at once',
    mend: 'write two policies',
    isBroken: (policy) => isForSomebody(policy) && isWorkloadPolicy(policy),
  },
  ...(['include', 'exclude'] as const).map(
    (side): ServiceRule => ({
      code: 'guests',
      path: `${users}.${side}GuestsOrExternalUsers`,
      message: `stands beside "GuestsOrExternalUsers" in ${side}Users`,
      mend: 'keep one of the two',
      isBroken: (_, said) =>
        says(said, `${users}.${side}Users`, 'GuestsOrExternalUsers') &&
        typeof said(`${users}.${side}GuestsOrExternalUsers.guestOrExternalUserTypes`) === 'string',
    }),
  ),
  {
    code: 'servicePrincipals',
    path: `${workload}.excludeServicePrincipals`,
    message: 'excludes workload identities where none is included',
    mend: 'say in includeServicePrincipals which ones the policy is for, or leave the exclusion out',
    isBroken: (policy) =>
      size(policy, `${workload}.excludeServicePrincipals`) > 0 && !isWorkloadPolicy(policy),
  },
  {
    code: 'workload',
    path: 'grantControls.builtInControls',
    message: 'asks a workload identity for something it cannot do',
    mend: 'write ["block"], the only thing possible there',
    isBroken: (policy) => isWorkloadPolicy(policy) && !asksOnlyFor(policy, 'block'),
  },
  {
    code: 'workload',
    path: session,
    message: 'asks a workload identity for a session control, and it has no session',
    mend: 'leave sessionControls out',
    isBroken: (policy) => isWorkloadPolicy(policy) && hasSession(policy),
  },
  {
    code: 'platforms',
    path: 'conditions.platforms.excludePlatforms',
    message: 'stands without includePlatforms ["all"]',
    mend: 'write includePlatforms ["all"] beside it',
    isBroken: (policy) =>
      size(policy, 'conditions.platforms.excludePlatforms') > 0 &&
      !has(policy, 'conditions.platforms.includePlatforms', 'all'),
  },
  ...FILTERS.map(
    (path): ServiceRule => ({
      code: 'filter',
      path,
      message: 'has a rule and no mode',
      mend: 'write mode "include" or "exclude"',
      isBroken: (policy) => typeof policy[`${path}.rule`] === 'string' && policy[`${path}.mode`] === null,
    }),
  ),
  {
    code: 'deviceFilter',
    path: 'conditions.devices.deviceFilter.rule',
    message: 'is longer than 3072 characters',
    mend: 'shorten it, or write two policies',
    isBroken: (policy) => String(policy['conditions.devices.deviceFilter.rule'] ?? '').length > 3072,
  },
  {
    code: 'controls',
    path: 'grantControls',
    message: 'asks for nothing, and sessionControls neither',
    mend: 'ask for at least one control',
    isBroken: (policy) => policy['grantControls.operator'] === null && !hasSession(policy),
  },
  {
    code: 'operator',
    path: 'grantControls.operator',
    message: 'is missing, and there is more than one control',
    mend: 'say whether all are asked for (AND) or one (OR)',
    isBroken: (policy, said) =>
      typeof said('grantControls.operator') !== 'string' &&
      !has(policy, 'grantControls.builtInControls', 'riskRemediation') &&
      controls(policy).length > 1,
  },
  {
    code: 'block',
    path: 'grantControls',
    message: 'has block beside another control',
    mend: 'keep block alone, or leave it out',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'block') && controls(policy).length > 1,
  },
  {
    code: '1108',
    path: 'grantControls',
    message: 'has mfa beside an authentication strength',
    mend: 'keep one of the two',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'mfa') &&
      policy['grantControls.authenticationStrength.id'] !== null,
  },
  {
    code: '1032',
    path: 'grantControls.builtInControls',
    message: 'has passwordChange without all that goes with it',
    mend: 'beside it go operator AND, mfa or a strength, userRiskLevels, all applications without exclusions, and no other condition',
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
    message: 'names macOS or Linux, which know no app protection, where compliantApplication is a must',
    mend: 'ask for another control there, or for one of several (OR)',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'compliantApplication') &&
      (policy['grantControls.operator'] === 'AND' || controls(policy).length === 1) &&
      ['macOS', 'linux'].some((name) => has(policy, 'conditions.platforms.includePlatforms', name)),
  },
  {
    code: '1235',
    path: 'conditions.authenticationFlows',
    message: 'stands beside another control than block, or beside a session control',
    mend: 'ask for block alone',
    isBroken: (policy) =>
      size(policy, 'conditions.authenticationFlows.transferMethods') > 0 &&
      (!has(policy, 'grantControls.builtInControls', 'block') || hasSession(policy)),
  },
  {
    code: 'registerDevice',
    path: 'grantControls.builtInControls',
    message: 'asks for something else than mfa or a strength where the target is registering a device',
    mend: 'ask for mfa or an authentication strength',
    isBroken: (policy) =>
      has(policy, `${applications}.includeUserActions`, 'urn:user:registerdevice') &&
      (policy['grantControls.operator'] === null || !asksOnlyFor(policy, 'mfa', 'strength')),
  },
  {
    code: 'registerDevice',
    path: 'conditions',
    message: 'has client apps or a device filter where the target is registering a device',
    mend: 'leave them out',
    isBroken: (policy) =>
      has(policy, `${applications}.includeUserActions`, 'urn:user:registerdevice') &&
      (asSet(policy['conditions.clientAppTypes']).some((type) => type !== 'all') ||
        policy['conditions.devices.deviceFilter.rule'] !== null),
  },
  {
    code: 'riskRemediation',
    path: 'grantControls.operator',
    message: 'is OR beside riskRemediation and another control',
    mend: 'write AND, which the service sets by itself',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'riskRemediation') &&
      policy['grantControls.operator'] === 'OR',
  },
  {
    code: 'riskRemediation',
    path: `${session}.signInFrequency`,
    message: 'says something else than "everyTime" beside riskRemediation',
    mend: 'leave it out; the service switches it on by itself',
    isBroken: (policy) =>
      has(policy, 'grantControls.builtInControls', 'riskRemediation') &&
      policy[`${session}.signInFrequency.frequencyInterval`] !== 'everyTime',
  },
  {
    code: 'signInFrequency',
    path: `${session}.signInFrequency`,
    message: 'is enabled without a value above 0 and a type',
    mend: 'write both, or frequencyInterval "everyTime"',
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
      'is "everyTime" beside type, value, applicationEnforcedRestrictions or disableResilienceDefaults',
    mend: 'leave them out, or say a value and a type alone',
    isBroken: (policy, said) =>
      policy[`${session}.signInFrequency.frequencyInterval`] === 'everyTime' &&
      (typeof said(`${session}.signInFrequency.value`) === 'number' ||
        typeof said(`${session}.signInFrequency.type`) === 'string' ||
        policy[`${session}.applicationEnforcedRestrictions.isEnabled`] === true ||
        policy[`${session}.disableResilienceDefaults`] === true),
  },
  {
    code: 'persistentBrowser',
    path: `${session}.persistentBrowser`,
    message: 'is enabled without a mode, or where the target is not all applications',
    mend: 'write mode "always" or "never", and includeApplications ["All"]',
    isBroken: (policy) =>
      policy[`${session}.persistentBrowser.isEnabled`] === true &&
      (policy[`${session}.persistentBrowser.mode`] === null ||
        !has(policy, `${applications}.includeApplications`, 'All')),
  },
  {
    code: 'cloudAppSecurity',
    path: `${session}.cloudAppSecurity`,
    message: 'is enabled without a cloudAppSecurityType',
    mend: 'write mcasConfigured, monitorOnly or blockDownloads',
    isBroken: (policy) =>
      policy[`${session}.cloudAppSecurity.isEnabled`] === true &&
      policy[`${session}.cloudAppSecurity.cloudAppSecurityType`] === null,
  },
  {
    code: 'applicationEnforcedRestrictions',
    path: `${session}.applicationEnforcedRestrictions`,
    message: 'is enabled where the target is neither Office 365, Exchange Online nor SharePoint Online',
    mend: 'target one of them, or leave it out',
    isBroken: (policy) =>
      policy[`${session}.applicationEnforcedRestrictions.isEnabled`] === true &&
      !asSet(policy[`${applications}.includeApplications`]).some((app) => OFFICE.has(app)),
  },
];
