import { describe, expect, it } from 'vitest';
import { type JsonObject, rules, type TenantOptions } from '../../sandbox/tenant/index.ts';
import { bench, breakGlass, conditions, errorOf, mfaForAll, policiesPath, someApp } from './bench.ts';

/** A body that breaks one rule, and a twin, as like it as can be, that breaks none. */
interface Example {
  breaks: JsonObject;
  twin: JsonObject;
  /** Sent as PATCH to this policy; without it both are POSTed. */
  to?: JsonObject;
  /** The policy under `to` is Microsoft's. */
  managed?: boolean;
  options?: TenantOptions;
  twinOptions?: TenantOptions;
}

const strengthId = '00000000-0000-0000-0000-000000000004';
const location = '5f0b2c1e-8d43-4c5e-9a1f-6f2f2f0f1a11';
const blockAlone = { operator: 'OR', builtInControls: ['block'] };
const everyTime = { isEnabled: true, frequencyInterval: 'everyTime' };
const allApps = { includeApplications: ['All'] };
const guests = (externalTenants: JsonObject): JsonObject => ({
  includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'b2bCollaborationGuest', externalTenants },
});
const allTenants = {
  '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants',
  membershipKind: 'all',
};
const passwordChange = {
  conditions: conditions({ userRiskLevels: ['high'] }),
  grantControls: { operator: 'AND', builtInControls: ['mfa', 'passwordChange'] },
};
const workload = (changes: JsonObject): JsonObject => ({
  displayName: 'Workloads',
  state: 'enabled',
  conditions: { applications: allApps, clientApplications: { includeServicePrincipals: [breakGlass] } },
  grantControls: blockAlone,
  ...changes,
});
const policyWith = (member: string, changes: JsonObject): JsonObject =>
  mfaForAll({ conditions: conditions({ [member]: changes }) });

const examples: Record<string, Example> = {
  microsoftManaged: {
    to: mfaForAll(),
    managed: true,
    breaks: { displayName: 'Renamed' },
    twin: { state: 'disabled', conditions: { users: { excludeUsers: [], excludeGroups: [breakGlass] } } },
  },
  tenantFull: {
    breaks: mfaForAll(),
    twin: mfaForAll(),
    options: { policyLimit: 0 },
    twinOptions: { policyLimit: 1 },
  },
  tooLarge: {
    options: { policySizeMax: 3000 },
    breaks: policyWith('users', { includeUsers: Array.from({ length: 100 }, () => breakGlass) }),
    twin: policyWith('users', { includeUsers: Array.from({ length: 10 }, () => breakGlass) }),
  },
  grantControlsEmpty: {
    breaks: mfaForAll({ grantControls: { operator: 'OR', builtInControls: [] } }),
    twin: mfaForAll({ grantControls: { operator: 'OR', termsOfUse: [location] } }),
  },
  grantOperatorMissing: {
    breaks: mfaForAll({ grantControls: { builtInControls: ['mfa'] } }),
    twin: mfaForAll({ grantControls: { operator: 'AND', builtInControls: ['mfa'] } }),
  },
  sessionControlsEmpty: {
    to: mfaForAll(),
    breaks: { sessionControls: {} },
    twin: { sessionControls: null },
  },
  nothingToEnforce: {
    breaks: mfaForAll({ grantControls: null }),
    twin: mfaForAll({ grantControls: null, sessionControls: { signInFrequency: everyTime } }),
  },
  clientAppTypesEmpty: {
    breaks: policyWith('clientAppTypes', [] as unknown as JsonObject),
    twin: mfaForAll(),
  },
  applicationsBesideUserActions: {
    breaks: policyWith('applications', { ...allApps, includeUserActions: ['urn:user:registersecurityinfo'] }),
    twin: policyWith('applications', { includeUserActions: ['urn:user:registersecurityinfo'] }),
  },
  targetsMixed: {
    breaks: policyWith('applications', { ...allApps, includeAuthenticationContextClassReferences: ['c1'] }),
    twin: policyWith('applications', { includeAuthenticationContextClassReferences: ['c1'] }),
  },
  noApplicationTarget: {
    breaks: policyWith('applications', { includeApplications: [] }),
    twin: policyWith('applications', { includeApplications: ['None'] }),
  },
  authenticationContextUnknown: {
    breaks: policyWith('applications', { includeAuthenticationContextClassReferences: ['c100'] }),
    twin: policyWith('applications', { includeAuthenticationContextClassReferences: ['c99'] }),
  },
  applicationFilterBesideAllOrNone: {
    breaks: policyWith('applications', { ...allApps, applicationFilter: { mode: 'exclude', rule: 'x' } }),
    twin: policyWith('applications', { applicationFilter: { mode: 'include', rule: 'x' } }),
  },
  applicationNotAnId: {
    breaks: policyWith('applications', { includeApplications: ['Office 365'] }),
    twin: policyWith('applications', { includeApplications: ['Office365'] }),
  },
  applicationUnknown: {
    options: { servicePrincipals: new Set([someApp]) },
    breaks: policyWith('applications', { includeApplications: ['All'], excludeApplications: [breakGlass] }),
    twin: policyWith('applications', { includeApplications: ['All'], excludeApplications: [someApp] }),
  },
  nobodyIncluded: {
    breaks: policyWith('users', { includeUsers: [] }),
    twin: policyWith('users', { includeUsers: [], includeRoles: [breakGlass] }),
  },
  guestsSpelledTwice: {
    breaks: policyWith('users', { includeUsers: ['GuestsOrExternalUsers'], ...guests(allTenants) }),
    twin: policyWith('users', {
      includeUsers: ['All'],
      ...guests(allTenants),
      excludeUsers: ['GuestsOrExternalUsers'],
    }),
  },
  usersNotIds: {
    breaks: policyWith('users', { includeUsers: ['All'], excludeUsers: ['The current administrator'] }),
    twin: policyWith('users', { includeUsers: ['All'], excludeUsers: [breakGlass] }),
  },
  externalTenantsUntyped: {
    breaks: policyWith('users', guests({ membershipKind: 'all' })),
    twin: policyWith('users', guests(allTenants)),
  },
  membersWithoutEnumerated: {
    breaks: policyWith('users', guests({ ...allTenants, members: [breakGlass] })),
    twin: policyWith(
      'users',
      guests({
        '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
        membershipKind: 'enumerated',
        members: [breakGlass],
      }),
    ),
  },
  excludePlatformsWithoutAll: {
    breaks: policyWith('platforms', { includePlatforms: ['macOS'], excludePlatforms: ['iOS'] }),
    twin: policyWith('platforms', { includePlatforms: ['all'], excludePlatforms: ['iOS'] }),
  },
  namedLocationUnknown: {
    options: { namedLocations: [{ id: location, displayName: 'Office' }] },
    breaks: policyWith('locations', { includeLocations: ['All'], excludeLocations: [breakGlass] }),
    twin: policyWith('locations', { includeLocations: ['All'], excludeLocations: [location, 'AllTrusted'] }),
  },
  deviceFilterTooLong: {
    breaks: policyWith('devices', { deviceFilter: { mode: 'exclude', rule: 'x'.repeat(3073) } }),
    twin: policyWith('devices', { deviceFilter: { mode: 'exclude', rule: 'x'.repeat(3072) } }),
  },
  registerDeviceLimits: {
    breaks: mfaForAll({
      conditions: conditions({ applications: { includeUserActions: ['urn:user:registerdevice'] } }),
      grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] },
    }),
    twin: policyWith('applications', { includeUserActions: ['urn:user:registerdevice'] }),
  },
  excludeServicePrincipalsAlone: {
    breaks: policyWith('clientApplications', { excludeServicePrincipals: [someApp] }),
    twin: workload({}),
  },
  workloadOnlyBlock: {
    breaks: workload({ grantControls: { operator: 'OR', builtInControls: ['mfa'] } }),
    twin: workload({}),
  },
  authenticationFlowsOnlyBlock: {
    breaks: policyWith('authenticationFlows', { transferMethods: 'deviceCodeFlow' }),
    twin: mfaForAll({
      conditions: conditions({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } }),
      grantControls: blockAlone,
    }),
  },
  approvedApplicationRetired: {
    breaks: mfaForAll({ grantControls: { operator: 'OR', builtInControls: ['approvedApplication'] } }),
    twin: mfaForAll({ grantControls: { operator: 'OR', builtInControls: ['compliantApplication'] } }),
  },
  blockBesideOthers: {
    breaks: mfaForAll({ grantControls: { operator: 'OR', builtInControls: ['block', 'mfa'] } }),
    twin: mfaForAll({ grantControls: blockAlone }),
  },
  strengthExpanded: {
    breaks: mfaForAll({
      grantControls: {
        operator: 'OR',
        authenticationStrength: { id: strengthId, displayName: 'Phishing-resistant' },
      },
    }),
    twin: mfaForAll({ grantControls: { operator: 'OR', authenticationStrength: { id: strengthId } } }),
  },
  strengthUnknown: {
    breaks: mfaForAll({ grantControls: { operator: 'OR', authenticationStrength: { id: breakGlass } } }),
    twin: mfaForAll({ grantControls: { operator: 'OR', authenticationStrength: { id: strengthId } } }),
  },
  mfaBesideStrength: {
    to: mfaForAll(),
    breaks: { grantControls: { authenticationStrength: { id: strengthId } } },
    twin: { grantControls: { authenticationStrength: { id: strengthId }, builtInControls: [] } },
  },
  passwordChangeAlone: {
    breaks: mfaForAll({ ...passwordChange, conditions: conditions({}) }),
    twin: mfaForAll(passwordChange),
  },
  appProtectionOnDesktop: {
    breaks: mfaForAll({
      conditions: conditions({ platforms: { includePlatforms: ['macOS'] } }),
      grantControls: { operator: 'OR', builtInControls: ['compliantApplication'] },
    }),
    twin: mfaForAll({
      conditions: conditions({ platforms: { includePlatforms: ['macOS'] } }),
      grantControls: { operator: 'OR', builtInControls: ['compliantApplication', 'compliantDevice'] },
    }),
  },
  everyTimeWithValue: {
    breaks: mfaForAll({ sessionControls: { signInFrequency: { ...everyTime, type: 'hours', value: 1 } } }),
    twin: mfaForAll({ sessionControls: { signInFrequency: { ...everyTime, type: null, value: null } } }),
  },
  everyTimeBesideRestrictions: {
    breaks: mfaForAll({ sessionControls: { signInFrequency: everyTime, disableResilienceDefaults: true } }),
    twin: mfaForAll({
      sessionControls: {
        signInFrequency: { isEnabled: true, type: 'hours', value: 4 },
        disableResilienceDefaults: true,
      },
    }),
  },
  persistentBrowserNeedsAllApps: {
    breaks: mfaForAll({
      conditions: conditions({ applications: { includeApplications: ['Office365'] } }),
      sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } },
    }),
    twin: mfaForAll({ sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } } }),
  },
  appEnforcedRestrictionsTargets: {
    breaks: mfaForAll({ sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } } }),
    twin: mfaForAll({
      conditions: conditions({ applications: { includeApplications: ['Office365'] } }),
      sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } },
    }),
  },
  securityDefaultsOn: {
    options: { securityDefaults: true },
    breaks: mfaForAll(),
    twin: mfaForAll({ state: 'enabledForReportingButNotEnforced' }),
  },
};

async function answerTo(example: Example, body: JsonObject, options: TenantOptions | undefined) {
  const { tenant, call } = bench(options);
  if (!example.to) return call('POST', policiesPath, body);
  const id = tenant.admin.create(example.to, { managed: example.managed ?? false });
  return call('PATCH', `${policiesPath}/${id}`, body);
}

describe('the rules of the service', () => {
  it('each have an example that breaks them', () => {
    expect(Object.keys(examples)).toEqual(rules.map((rule) => rule.name));
  });

  for (const rule of rules) {
    const example = examples[rule.name];
    if (!example) continue;

    it(`${rule.name}: refuses with ${rule.code ?? 'no number'} and changes nothing`, async () => {
      const answer = await answerTo(example, example.breaks, example.options);

      expect(answer.status).toBe(400);
      const numbered = rule.code === undefined ? rule.message : `${rule.code}: ${rule.message}`;
      expect(errorOf(answer)).toMatchObject({ code: 'BadRequest', message: numbered });
    });

    it(`${rule.name}: lets the harmless twin pass`, async () => {
      const answer = await answerTo(example, example.twin, example.twinOptions ?? example.options);

      expect(answer.text ?? '').not.toContain('"error"');
      expect([201, 204]).toContain(answer.status);
    });
  }

  it('refuse to delete what Microsoft made', async () => {
    const { tenant, call } = bench();
    const id = tenant.admin.create(mfaForAll(), { managed: true });

    expect((await call('DELETE', `${policiesPath}/${id}`)).status).toBe(400);
    expect(tenant.truth()).toHaveLength(1);
  });

  it('refuse to edit a policy that already uses a retired control, and let it be replaced', async () => {
    const { tenant, call } = bench();
    const id = tenant.admin.create(
      mfaForAll({ grantControls: { operator: 'OR', builtInControls: ['approvedApplication', 'mfa'] } }),
    );

    expect((await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' })).status).toBe(400);
    const replaced = { grantControls: { builtInControls: ['mfa'] } };
    expect((await call('PATCH', `${policiesPath}/${id}`, replaced)).status).toBe(204);
  });

  it('count a policy brought back against the limit', async () => {
    const { tenant, call, given } = bench({ policyLimit: 1 });
    const id = await given();
    tenant.admin.remove(id);
    tenant.admin.create(mfaForAll());

    expect(
      (await call('POST', `/v1.0/identity/conditionalAccess/deletedItems/policies/${id}/restore`)).status,
    ).toBe(400);
  });
});
