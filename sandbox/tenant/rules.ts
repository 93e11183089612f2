import { controlsOf } from './complete.ts';
import { type Guests, isGuid, isObject, type JsonObject, type Policy } from './model.ts';

/** What a rule may ask about besides the policy that would result. */
export interface RuleContext {
  /** The policy before the change; `undefined` for a create or a restore. */
  readonly before: Policy | undefined;
  /** The body as it came. */
  readonly sent: JsonObject;
  /** The policy as it would be answered, in characters of JSON. */
  readonly size: number;
  readonly sizeMax: number;
  /** Policies in the tenant, in any state, without this one. */
  readonly others: number;
  readonly policyLimit: number;
  readonly securityDefaults: boolean;
  /** Made by Microsoft. */
  readonly managed: boolean;
  locationExists(id: string): boolean;
  strengthExists(id: string): boolean;
  /** Has the tenant a service principal of this app? */
  applicationExists(appId: string): boolean;
}

/** One thing the service refuses although the schema allows it. `code` is its number, where somebody has recorded one. */
export interface Rule {
  readonly name: string;
  readonly code: number | undefined;
  readonly message: string;
  /** Where this is known from. */
  readonly source: string;
  /** @param policy what would be stored, total */
  breaks(policy: Policy, context: RuleContext): boolean;
}

const zeroGuid = '00000000-0000-0000-0000-000000000000';
const exchangeOnline = '00000002-0000-0ff1-ce00-000000000000';
const sharePointOnline = '00000003-0000-0ff1-ce00-000000000000';
const registerDevice = 'urn:user:registerdevice';

const appKeywords = ['All', 'None', 'Office365', 'MicrosoftAdminPortals', 'AllAgentIdResources'];
const userKeywords = ['All', 'None', 'GuestsOrExternalUsers', 'AllAgentIdUsers'];

/** Asked in this order; the first that is broken is the answer. */
export const rules: readonly Rule[] = [
  {
    name: 'microsoftManaged',
    code: undefined,
    message: 'This policy is managed by Microsoft; only its state and its exclusions can be changed.',
    source: 'entra-docs, managed-policies',
    breaks: (policy, { before, managed }) =>
      managed && before !== undefined && withoutFreeParts(policy) !== withoutFreeParts(before),
  },
  {
    name: 'tenantFull',
    code: undefined,
    message: 'The tenant has reached its limit of Conditional Access policies.',
    source: 'entra-docs, plan-conditional-access',
    breaks: (_policy, { before, others, policyLimit }) => before === undefined && others >= policyLimit,
  },
  {
    name: 'tooLarge',
    code: undefined,
    message: 'The policy is larger than a policy may be.',
    source: 'azure-docs issue 110537',
    breaks: (_policy, { size, sizeMax }) => size > sizeMax,
  },
  {
    name: 'grantControlsEmpty',
    code: undefined,
    message: 'grantControls must hold at least one control, or be null.',
    source: 'hashicorp/terraform-provider-azuread, schema of conditional_access_policy',
    breaks: (policy, { sent }) =>
      isEmptyObject(sent.grantControls) || (policy.grantControls !== null && controlsOf(policy) === 0),
  },
  {
    name: 'grantOperatorMissing',
    code: undefined,
    message: 'grantControls needs an operator, AND or OR.',
    source: 'hashicorp/terraform-provider-azuread, schema of conditional_access_policy',
    breaks: (_policy, { sent, before }) => {
      const grant = sent.grantControls;
      if (!isObject(grant)) return false;
      const operator = 'operator' in grant ? grant.operator : before?.grantControls?.operator;
      return operator !== 'AND' && operator !== 'OR';
    },
  },
  {
    name: 'sessionControlsEmpty',
    code: undefined,
    message: 'sessionControls must hold at least one control, or be null.',
    source: 'Microsoft365DSC 7119; msgraph-metadata 93',
    breaks: (policy, { sent }) => isEmptyObject(sent.sessionControls) || sessionDoesNothing(policy),
  },
  {
    name: 'nothingToEnforce',
    code: undefined,
    message: 'A policy needs grant controls or session controls.',
    source: 'Graph docs, conditionalaccessroot-post-policies',
    breaks: (policy) => policy.grantControls === null && policy.sessionControls === null,
  },
  {
    name: 'clientAppTypesEmpty',
    code: 1064,
    message: 'clientAppTypes cannot be empty.',
    source: 'issue threads of Microsoft365DSC and terraform-provider-azuread',
    breaks: ({ conditions }) => conditions.clientAppTypes.length === 0,
  },
  {
    name: 'applicationsBesideUserActions',
    code: 1012,
    message: 'Applications and user actions cannot be targeted together.',
    source: 'nicolonsky/ModernWorkplaceConcierge 50',
    breaks: ({ conditions: { applications: apps } }) =>
      apps !== null && apps.includeUserActions.length > 0 && apps.includeApplications.length > 0,
  },
  {
    name: 'targetsMixed',
    code: undefined,
    message: 'Authentication contexts cannot be targeted together with applications or user actions.',
    source: 'deploymenttheory/terraform-provider-microsoft365, validators of conditional_access_policy',
    breaks: ({ conditions: { applications: apps } }) =>
      apps !== null &&
      apps.includeAuthenticationContextClassReferences.length > 0 &&
      apps.includeApplications.length + apps.includeUserActions.length > 0,
  },
  {
    name: 'noApplicationTarget',
    code: 1011,
    message: 'The policy names no application, user action or authentication context.',
    source: 'comment in CIPP, New-CIPPCAPolicy',
    breaks: ({ conditions: { applications: apps } }) =>
      apps === null ||
      (apps.includeApplications.length === 0 &&
        apps.includeUserActions.length === 0 &&
        apps.includeAuthenticationContextClassReferences.length === 0 &&
        apps.applicationFilter?.mode !== 'include'),
  },
  {
    name: 'authenticationContextUnknown',
    code: undefined,
    message: 'Authentication contexts are named c1 to c99.',
    source: 'entra-docs, concept-conditional-access-cloud-apps',
    breaks: ({ conditions: { applications: apps } }) =>
      apps?.includeAuthenticationContextClassReferences.some((name) => !/^c[1-9]\d?$/.test(name)) ?? false,
  },
  {
    name: 'applicationFilterBesideAllOrNone',
    code: undefined,
    message: 'An application filter cannot stand beside All or None.',
    source: 'deploymenttheory/terraform-provider-microsoft365, validators of conditional_access_policy',
    breaks: ({ conditions: { applications: apps } }) =>
      apps !== null &&
      apps.applicationFilter !== null &&
      apps.includeApplications.some((app) => app === 'All' || app === 'None'),
  },
  {
    name: 'applicationNotAnId',
    code: undefined,
    message: 'An application is named by its app id or by a known keyword.',
    source: 'Graph docs, conditionalaccessapplications',
    breaks: ({ conditions: { applications: apps } }) =>
      !allNamed(apps?.includeApplications, appKeywords) ||
      !allNamed(apps?.excludeApplications, appKeywords.slice(2)),
  },
  {
    name: 'applicationUnknown',
    code: undefined,
    message: 'An application of the policy has no service principal in this directory.',
    source: 'comment in CIPP, New-CIPPCAPolicy',
    breaks: ({ conditions: { applications: apps } }, { applicationExists }) =>
      [...(apps?.includeApplications ?? []), ...(apps?.excludeApplications ?? [])].some(
        (app) => isGuid(app) && !applicationExists(app),
      ),
  },
  {
    name: 'nobodyIncluded',
    code: undefined,
    message: 'The policy includes no users, groups, roles, guests or workload identities.',
    source: 'hashicorp/terraform-provider-azuread, schema of conditional_access_policy',
    breaks: ({ conditions: { users, clientApplications } }) =>
      !hasWorkload(clientApplications) &&
      (users === null ||
        (users.includeUsers.length + users.includeGroups.length + users.includeRoles.length === 0 &&
          users.includeGuestsOrExternalUsers === null)),
  },
  {
    name: 'guestsSpelledTwice',
    code: undefined,
    message: 'GuestsOrExternalUsers and the guest object cannot be used on the same side.',
    source: 'hashicorp/terraform-provider-azuread 1196',
    breaks: ({ conditions: { users } }) =>
      users !== null &&
      ((users.includeUsers.includes('GuestsOrExternalUsers') &&
        users.includeGuestsOrExternalUsers !== null) ||
        (users.excludeUsers.includes('GuestsOrExternalUsers') &&
          users.excludeGuestsOrExternalUsers !== null)),
  },
  {
    name: 'usersNotIds',
    code: undefined,
    message: 'Users, groups and roles are named by id.',
    source: 'Graph docs, conditionalaccessusers; the sentence in template d8c51a9a is refused',
    breaks: ({ conditions: { users } }) =>
      users !== null &&
      !(
        allNamed(users.includeUsers, userKeywords) &&
        allNamed(users.excludeUsers, ['GuestsOrExternalUsers']) &&
        allNamed([...users.includeGroups, ...users.excludeGroups], []) &&
        allNamed([...users.includeRoles, ...users.excludeRoles], [])
      ),
  },
  {
    name: 'externalTenantsUntyped',
    code: undefined,
    message: 'externalTenants needs its @odata.type.',
    source: 'Graph docs, conditionalaccessexternaltenants',
    breaks: (policy) =>
      guestsOf(policy).some(({ externalTenants }) => externalTenants && !isTyped(externalTenants)),
  },
  {
    name: 'membersWithoutEnumerated',
    code: undefined,
    message: 'Only enumerated external tenants have members.',
    source: 'hashicorp/terraform-provider-azuread 1601',
    breaks: (policy) =>
      guestsOf(policy).some(
        ({ externalTenants: tenants }) => tenants?.members != null && tenants.membershipKind !== 'enumerated',
      ),
  },
  {
    name: 'excludePlatformsWithoutAll',
    code: undefined,
    message: 'Platforms can be excluded only where all platforms are included.',
    source: 'Microsoft365DSC 2337',
    breaks: ({ conditions: { platforms } }) =>
      platforms !== null &&
      platforms.excludePlatforms.length > 0 &&
      !platforms.includePlatforms.includes('all'),
  },
  {
    name: 'namedLocationUnknown',
    code: 1040,
    message: 'A named location of the policy does not exist in the directory.',
    source: 'CIPP 198',
    breaks: ({ conditions: { locations } }, { locationExists }) =>
      [
        ...(locations?.includeLocations ?? []).filter((id) => id !== 'All'),
        ...(locations?.excludeLocations ?? []),
      ].some((id) => id !== 'AllTrusted' && id !== zeroGuid && !locationExists(id)),
  },
  {
    name: 'deviceFilterTooLong',
    code: undefined,
    message: 'A device filter rule has at most 3072 characters.',
    source: 'entra-docs, concept-condition-filters-for-devices',
    breaks: ({ conditions: { devices } }) => (devices?.deviceFilter?.rule.length ?? 0) > 3072,
  },
  {
    name: 'registerDeviceLimits',
    code: undefined,
    message:
      'Registering a device allows MFA or an authentication strength only, and no client app or device condition.',
    source: 'entra-docs, concept-conditional-access-cloud-apps',
    breaks: ({ conditions, grantControls: grant }) =>
      (conditions.applications?.includeUserActions.includes(registerDevice) ?? false) &&
      (grant === null ||
        grant.builtInControls.some((control) => control !== 'mfa') ||
        grant.termsOfUse.length + grant.customAuthenticationFactors.length > 0 ||
        conditions.clientAppTypes.some((type) => type !== 'all') ||
        conditions.devices !== null),
  },
  {
    name: 'excludeServicePrincipalsAlone',
    code: undefined,
    message: 'Service principals can be excluded only where some are included.',
    source: 'hashicorp/terraform-provider-azuread, schema of conditional_access_policy',
    breaks: ({ conditions: { clientApplications: workload } }) =>
      workload !== null &&
      workload.excludeServicePrincipals.length > 0 &&
      workload.includeServicePrincipals.length === 0 &&
      workload.servicePrincipalFilter === null,
  },
  {
    name: 'workloadOnlyBlock',
    code: undefined,
    message: 'A policy for workload identities can only block.',
    source: 'entra-docs, workload-identity',
    breaks: ({ conditions, grantControls, sessionControls }) =>
      hasWorkload(conditions.clientApplications) &&
      (!isBlockAlone(grantControls) || sessionControls !== null),
  },
  {
    name: 'authenticationFlowsOnlyBlock',
    code: 1235,
    message: 'Authentication flows can only be blocked.',
    source: 'Microsoft365DSC 7119',
    breaks: ({ conditions: { authenticationFlows: flows }, grantControls, sessionControls }) =>
      flows !== null &&
      (flows.transferMethods ?? 'none') !== 'none' &&
      (!isBlockAlone(grantControls) || sessionControls !== null),
  },
  {
    name: 'approvedApplicationRetired',
    code: undefined,
    message: 'The control approvedApplication is retired; policies that use it cannot be created or edited.',
    source: 'entra-docs, concept-conditional-access-grant, March 2026',
    breaks: ({ grantControls: grant }) => grant?.builtInControls.includes('approvedApplication') ?? false,
  },
  {
    name: 'blockBesideOthers',
    code: 1032,
    message: 'block goes with no other control.',
    source: 'entra-docs, concept-conditional-access-grant',
    breaks: (policy) =>
      (policy.grantControls?.builtInControls.includes('block') ?? false) && controlsOf(policy) > 1,
  },
  {
    name: 'strengthExpanded',
    code: undefined,
    message: 'An authentication strength is set by its id alone.',
    source: 'entra-powershell 1378; Microsoft365DSC 7072',
    breaks: (_policy, { sent }) => {
      const grant = sent.grantControls;
      const strength = isObject(grant) ? grant.authenticationStrength : undefined;
      return isObject(strength) && Object.keys(strength).some((member) => member !== 'id');
    },
  },
  {
    name: 'strengthUnknown',
    code: undefined,
    message: 'The authentication strength does not exist in the directory.',
    source: 'CIPP 3932',
    breaks: ({ grantControls: grant }, { strengthExists }) =>
      grant !== null &&
      grant.authenticationStrength !== null &&
      !strengthExists(grant.authenticationStrength.id),
  },
  {
    name: 'mfaBesideStrength',
    code: 1108,
    message: 'mfa and an authentication strength cannot be required by one policy.',
    source: 'entra-docs, concept-authentication-strengths',
    breaks: ({ grantControls: grant }) =>
      grant !== null && grant.authenticationStrength !== null && grant.builtInControls.includes('mfa'),
  },
  {
    name: 'passwordChangeAlone',
    code: 1032,
    message: 'passwordChange needs MFA joined by AND, a user risk, all applications and no other condition.',
    source: 'Graph docs, conditionalaccessgrantcontrols',
    breaks: (policy) =>
      (policy.grantControls?.builtInControls.includes('passwordChange') ?? false) &&
      !isPasswordChangePolicy(policy),
  },
  {
    name: 'appProtectionOnDesktop',
    code: undefined,
    message: 'App protection cannot be demanded on macOS or Linux.',
    source: 'entra-docs, concept-conditional-access-grant',
    breaks: ({ conditions: { platforms }, grantControls: grant }) =>
      (platforms?.includePlatforms.some((name) => name === 'macOS' || name === 'linux') ?? false) &&
      grant !== null &&
      grant.builtInControls.includes('compliantApplication') &&
      (grant.builtInControls.length === 1 || grant.operator === 'AND'),
  },
  {
    name: 'everyTimeWithValue',
    code: undefined,
    message: 'Sign-in frequency "every time" has no type and no value.',
    source: 'hashicorp/terraform-provider-azuread 1225',
    breaks: ({ sessionControls }) => {
      const frequency = sessionControls?.signInFrequency;
      return (
        frequency?.frequencyInterval === 'everyTime' && (frequency.type !== null || frequency.value !== null)
      );
    },
  },
  {
    name: 'everyTimeBesideRestrictions',
    code: undefined,
    message: 'Sign-in frequency "every time" excludes app-enforced restrictions and resilience defaults.',
    source: 'hashicorp/terraform-provider-azuread 1719',
    breaks: ({ sessionControls: session }) =>
      session?.signInFrequency?.frequencyInterval === 'everyTime' &&
      (session.applicationEnforcedRestrictions !== null || session.disableResilienceDefaults !== null),
  },
  {
    name: 'persistentBrowserNeedsAllApps',
    code: undefined,
    message: 'A persistent browser session needs all applications.',
    source: 'Graph docs, conditionalaccesssessioncontrols',
    breaks: ({ conditions: { applications: apps }, sessionControls }) =>
      sessionControls?.persistentBrowser?.isEnabled === true &&
      !(apps?.includeApplications.includes('All') ?? false),
  },
  {
    name: 'appEnforcedRestrictionsTargets',
    code: undefined,
    message: 'App-enforced restrictions go with Office 365, Exchange Online or SharePoint Online only.',
    source: 'Graph docs, conditionalaccesssessioncontrols',
    breaks: ({ conditions: { applications: apps }, sessionControls }) =>
      sessionControls?.applicationEnforcedRestrictions?.isEnabled === true &&
      !allOf(apps?.includeApplications, ['Office365', exchangeOnline, sharePointOnline]),
  },
  {
    name: 'securityDefaultsOn',
    code: undefined,
    message: 'Security defaults are on; a policy can be saved as disabled or report-only until they are off.',
    source: 'entra-docs, security-defaults',
    breaks: (policy, { securityDefaults }) => securityDefaults && policy.state === 'enabled',
  },
];

function isEmptyObject(value: unknown): boolean {
  return isObject(value) && Object.keys(value).length === 0;
}

function sessionDoesNothing({ sessionControls: session }: Policy): boolean {
  if (session === null) return false;
  const { disableResilienceDefaults, ...controls } = session;
  const enabled = Object.values(controls).some((control) => control !== null && control.isEnabled !== false);
  return !enabled && disableResilienceDefaults !== true;
}

function hasWorkload(workload: Policy['conditions']['clientApplications']): boolean {
  return (
    workload !== null &&
    (workload.includeServicePrincipals.length > 0 || workload.servicePrincipalFilter !== null)
  );
}

function isBlockAlone(grant: Policy['grantControls']): boolean {
  return grant !== null && grant.builtInControls.length === 1 && grant.builtInControls[0] === 'block';
}

function guestsOf({ conditions: { users } }: Policy): Guests[] {
  return [users?.includeGuestsOrExternalUsers, users?.excludeGuestsOrExternalUsers].filter(
    (one) => one != null,
  );
}

function isTyped(tenants: NonNullable<Guests['externalTenants']>): boolean {
  const kind = tenants.membershipKind === 'enumerated' ? 'Enumerated' : 'All';
  return tenants['@odata.type'] === `#microsoft.graph.conditionalAccess${kind}ExternalTenants`;
}

function allNamed(names: readonly string[] | undefined, keywords: readonly string[]): boolean {
  return (names ?? []).every((name) => isGuid(name) || keywords.includes(name));
}

function allOf(names: readonly string[] | undefined, allowed: readonly string[]): boolean {
  return names !== undefined && names.length > 0 && names.every((name) => allowed.includes(name));
}

function isPasswordChangePolicy({ conditions, grantControls: grant }: Policy): boolean {
  const strong = grant?.builtInControls.includes('mfa') || grant?.authenticationStrength != null;
  const { applications: apps } = conditions;
  const allApps = apps?.includeApplications.includes('All') && apps.excludeApplications.length === 0;
  const otherConditions =
    conditions.signInRiskLevels.length > 0 ||
    conditions.insiderRiskLevels !== null ||
    conditions.clientAppTypes.some((type) => type !== 'all') ||
    [conditions.platforms, conditions.locations, conditions.devices].some((condition) => condition !== null);
  return (
    strong === true &&
    grant?.operator === 'AND' &&
    conditions.userRiskLevels.length > 0 &&
    allApps === true &&
    !otherConditions
  );
}

/** Everything of a Microsoft-managed policy that its tenant may not touch, as text to compare. */
function withoutFreeParts(policy: Policy): string {
  const { state: _state, modifiedDateTime: _modified, ...rest } = structuredClone(policy);
  const { users } = rest.conditions;
  if (users) {
    rest.conditions.users = {
      ...users,
      excludeUsers: [],
      excludeGroups: [],
      excludeRoles: [],
      excludeGuestsOrExternalUsers: null,
    };
  }
  return JSON.stringify(rest);
}
