import { describe, expect, it } from 'vitest';
import { parseDesired } from '../../src/lib/desired.ts';
import { SERVICE_RULES } from '../../src/lib/policy/serviceRules.ts';
import { put } from '../laws/generators.ts';

type Edit = Readonly<Record<string, unknown>>;

const USER = 'abcdef01-0000-4000-8000-000000000001';
const STRENGTH = { id: '00000000-0000-0000-0000-000000000004' };
const WORKLOAD: Edit = {
  'conditions.users': null,
  'conditions.clientApplications': { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
  grantControls: { operator: 'OR', builtInControls: ['block'] },
};
const PASSWORD_CHANGE: Edit = {
  'conditions.userRiskLevels': ['high'],
  grantControls: { operator: 'AND', builtInControls: ['mfa', 'passwordChange'] },
};
const REGISTER_DEVICE: Edit = {
  'conditions.applications': { includeUserActions: ['urn:user:registerdevice'] },
};
const RULE = 'device.isCompliant -eq True';

/** For each rule: what breaks it, and its harmless twin. */
const EXAMPLES: Readonly<Record<string, readonly [broken: Edit, fine: Edit]>> = {
  'displayName displayName': [{ displayName: ' ' }, { displayName: 'x'.repeat(256) }],
  '1064 conditions.clientAppTypes': [
    { 'conditions.clientAppTypes': [] },
    { 'conditions.clientAppTypes': undefined },
  ],
  '1011 conditions.applications': [
    { 'conditions.applications': { excludeApplications: [USER] } },
    { 'conditions.applications': { includeApplications: ['None'] } },
  ],
  '1012 conditions.applications': [
    {
      'conditions.applications': {
        includeApplications: ['All'],
        includeUserActions: ['urn:user:registersecurityinfo'],
      },
    },
    {
      'conditions.applications': {
        includeApplications: ['None'],
        includeUserActions: ['urn:user:registersecurityinfo'],
      },
    },
  ],
  'applicationFilter conditions.applications.applicationFilter': [
    {
      'conditions.applications': {
        includeApplications: ['All'],
        applicationFilter: { mode: 'exclude', rule: RULE },
      },
    },
    {
      'conditions.applications': {
        includeApplications: [],
        applicationFilter: { mode: 'include', rule: RULE },
      },
    },
  ],
  'users conditions.users': [
    { 'conditions.users': { excludeUsers: [USER] } },
    { 'conditions.users': { includeUsers: ['None'] } },
  ],
  'users conditions': [
    { ...WORKLOAD, 'conditions.users': { includeUsers: ['All'] } },
    { ...WORKLOAD, 'conditions.users': { includeUsers: ['None'], excludeUsers: [USER] } },
  ],
  'guests conditions.users.includeGuestsOrExternalUsers': [
    {
      'conditions.users': {
        includeUsers: ['GuestsOrExternalUsers'],
        includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' },
      },
    },
    { 'conditions.users': { includeUsers: ['GuestsOrExternalUsers'], includeGuestsOrExternalUsers: null } },
  ],
  'guests conditions.users.excludeGuestsOrExternalUsers': [
    {
      'conditions.users': {
        includeUsers: ['All'],
        excludeUsers: ['GuestsOrExternalUsers'],
        excludeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' },
      },
    },
    {
      'conditions.users': {
        includeUsers: ['GuestsOrExternalUsers'],
        excludeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'serviceProvider' },
      },
    },
  ],
  'servicePrincipals conditions.clientApplications.excludeServicePrincipals': [
    { 'conditions.clientApplications': { excludeServicePrincipals: [USER] } },
    {
      ...WORKLOAD,
      'conditions.clientApplications': {
        includeServicePrincipals: ['ServicePrincipalsInMyTenant'],
        excludeServicePrincipals: [USER],
      },
    },
  ],
  'workload grantControls.builtInControls': [
    { ...WORKLOAD, grantControls: { operator: 'OR', builtInControls: ['mfa'] } },
    WORKLOAD,
  ],
  'workload sessionControls': [
    { ...WORKLOAD, sessionControls: { disableResilienceDefaults: true } },
    { ...WORKLOAD, sessionControls: { disableResilienceDefaults: false } },
  ],
  'platforms conditions.platforms.excludePlatforms': [
    { 'conditions.platforms': { includePlatforms: ['windows'], excludePlatforms: ['iOS'] } },
    { 'conditions.platforms': { includePlatforms: ['all'], excludePlatforms: ['iOS'] } },
  ],
  'filter conditions.clientApplications.servicePrincipalFilter': [
    { ...WORKLOAD, 'conditions.clientApplications': { servicePrincipalFilter: { rule: RULE } } },
    {
      ...WORKLOAD,
      'conditions.clientApplications': { servicePrincipalFilter: { mode: 'include', rule: RULE } },
    },
  ],
  'filter conditions.applications.applicationFilter': [
    { 'conditions.applications': { applicationFilter: { rule: RULE } } },
    { 'conditions.applications': { applicationFilter: { mode: 'include', rule: RULE } } },
  ],
  'filter conditions.devices.deviceFilter': [
    { 'conditions.devices': { deviceFilter: { rule: RULE } } },
    { 'conditions.devices': { deviceFilter: { mode: 'exclude', rule: RULE } } },
  ],
  'deviceFilter conditions.devices.deviceFilter.rule': [
    { 'conditions.devices': { deviceFilter: { mode: 'exclude', rule: 'x'.repeat(3073) } } },
    { 'conditions.devices': { deviceFilter: { mode: 'exclude', rule: 'x'.repeat(3072) } } },
  ],
  'controls grantControls': [
    { grantControls: null },
    {
      grantControls: null,
      sessionControls: { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
    },
  ],
  'operator grantControls.operator': [
    { grantControls: { builtInControls: ['mfa', 'compliantDevice'] } },
    { grantControls: { builtInControls: ['mfa'] } },
  ],
  'block grantControls': [
    { grantControls: { operator: 'OR', builtInControls: ['block', 'compliantDevice'] } },
    { grantControls: { operator: 'OR', builtInControls: ['block'] } },
  ],
  '1108 grantControls': [
    { grantControls: { operator: 'OR', builtInControls: ['mfa'], authenticationStrength: STRENGTH } },
    {
      grantControls: {
        operator: 'OR',
        builtInControls: ['compliantDevice'],
        authenticationStrength: STRENGTH,
      },
    },
  ],
  '1032 grantControls.builtInControls': [
    { ...PASSWORD_CHANGE, 'conditions.signInRiskLevels': ['high'] },
    PASSWORD_CHANGE,
  ],
  'appProtection conditions.platforms.includePlatforms': [
    {
      'conditions.platforms': { includePlatforms: ['macOS'] },
      grantControls: { operator: 'OR', builtInControls: ['compliantApplication'] },
    },
    {
      'conditions.platforms': { includePlatforms: ['macOS'] },
      grantControls: { operator: 'OR', builtInControls: ['compliantApplication', 'compliantDevice'] },
    },
  ],
  '1235 conditions.authenticationFlows': [
    { 'conditions.authenticationFlows': { transferMethods: 'deviceCodeFlow' } },
    {
      'conditions.authenticationFlows': { transferMethods: 'deviceCodeFlow' },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    },
  ],
  'registerDevice grantControls.builtInControls': [
    { ...REGISTER_DEVICE, grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] } },
    {
      ...REGISTER_DEVICE,
      grantControls: { operator: 'OR', builtInControls: [], authenticationStrength: STRENGTH },
    },
  ],
  'registerDevice conditions': [
    { ...REGISTER_DEVICE, 'conditions.clientAppTypes': ['browser'] },
    { ...REGISTER_DEVICE, 'conditions.clientAppTypes': ['all'] },
  ],
  'riskRemediation grantControls.operator': [
    {
      grantControls: {
        operator: 'OR',
        builtInControls: ['riskRemediation'],
        authenticationStrength: STRENGTH,
      },
    },
    { grantControls: { operator: 'OR', builtInControls: ['riskRemediation'] } },
  ],
  'riskRemediation sessionControls.signInFrequency': [
    {
      grantControls: { operator: 'AND', builtInControls: ['riskRemediation'] },
      sessionControls: { signInFrequency: { isEnabled: false } },
    },
    { grantControls: { operator: 'AND', builtInControls: ['riskRemediation'] }, sessionControls: null },
  ],
  'signInFrequency sessionControls.signInFrequency': [
    { sessionControls: { signInFrequency: { isEnabled: true } } },
    { sessionControls: { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' } } },
  ],
  'everyTime sessionControls.signInFrequency': [
    { sessionControls: { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime', value: 1 } } },
    {
      sessionControls: {
        signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime', value: null, type: null },
      },
    },
  ],
  'persistentBrowser sessionControls.persistentBrowser': [
    {
      'conditions.applications': { includeApplications: ['Office365'] },
      sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } },
    },
    { sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } } },
  ],
  'cloudAppSecurity sessionControls.cloudAppSecurity': [
    { sessionControls: { cloudAppSecurity: { isEnabled: true } } },
    { sessionControls: { cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } } },
  ],
  'applicationEnforcedRestrictions sessionControls.applicationEnforcedRestrictions': [
    { sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } } },
    {
      'conditions.applications': { includeApplications: ['Office365'] },
      sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } },
    },
  ],
};

/** `code path` of every rule the document breaks. */
function broken(edit: Edit): string[] {
  const raw: Record<string, unknown> = {
    displayName: 'CA001',
    state: 'enabled',
    conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  };
  for (const [path, value] of Object.entries(edit)) put(raw, path, value);
  const parsed = parseDesired(JSON.stringify(raw));
  if (parsed.ok) return [];
  return parsed.problems.map(({ kind, code, path, message }) =>
    kind === 'serviceRule' ? `${code} ${path}` : `${kind} ${path} ${message}`,
  );
}

describe('every rule of the service', () => {
  it('has an example that breaks it and a harmless twin', () => {
    const rules = SERVICE_RULES.map(({ code, path }) => `${code} ${path}`);
    expect(Object.keys(EXAMPLES).sort()).toEqual(rules.sort());
  });

  it.each(Object.entries(EXAMPLES))('%s is told apart from its twin', (rule, [bad, fine]) => {
    expect(broken(bad)).toEqual([rule]);
    expect(broken(fine)).toEqual([]);
  });
});
