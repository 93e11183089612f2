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

/** A grant, with an operator only where one is given. */
function grant(controls: readonly string[], operator?: string, more: Edit = {}): Edit {
  return {
    grantControls: { ...(operator === undefined ? {} : { operator }), builtInControls: controls, ...more },
  };
}

const filter = { mode: 'include', rule: RULE };
const apps = (members: object): Edit => ({ 'conditions.applications': members });
const everyTime = (more: object, session: object = {}): Edit => ({
  sessionControls: {
    signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime', ...more },
    ...session,
  },
});
const timed = (more: object): Edit => ({
  sessionControls: { signInFrequency: { isEnabled: true, ...more } },
});

const NO_TARGET = '1011 conditions.applications';
const TWO_TARGETS = '1012 conditions.applications';
const PASSWORD = '1032 grantControls.builtInControls';
const FLOWS = '1235 conditions.authenticationFlows';
const REGISTER = 'registerDevice grantControls.builtInControls';
const REGISTER_CONDITIONS = 'registerDevice conditions';
const APP_PROTECTION = 'appProtection conditions.platforms.includePlatforms';
const FREQUENCY = 'signInFrequency sessionControls.signInFrequency';
const EVERY_TIME = 'everyTime sessionControls.signInFrequency';
const OPERATOR = 'operator grantControls.operator';
const FILTER = 'applicationFilter conditions.applications.applicationFilter';

describe('a rule with several parts', () => {
  it.each<[string, readonly string[], Edit]>([
    ['a name that is too long', ['displayName displayName'], { displayName: 'x'.repeat(257) }],
    ['a name that is empty', ['displayName displayName'], { displayName: '' }],
    ['client apps that are no list', ['wrongShape'], { 'conditions.clientAppTypes': 'all' }],
    ['an application is a target', [], apps({ includeApplications: [USER] })],
    ['a user action is a target', [], apps({ includeUserActions: ['urn:user:registersecurityinfo'] })],
    ['a context is a target', [], apps({ includeAuthenticationContextClassReferences: ['c1'] })],
    ['a filter is a target', [], apps({ applicationFilter: filter })],
    ['an empty list is none', [NO_TARGET], apps({ includeApplications: [], includeUserActions: [] })],
    [
      'applications and contexts are two sorts',
      [TWO_TARGETS],
      apps({ includeApplications: ['All'], includeAuthenticationContextClassReferences: ['c1'] }),
    ],
    [
      'actions and contexts are two sorts',
      [TWO_TARGETS],
      apps({
        includeUserActions: ['urn:user:registersecurityinfo'],
        includeAuthenticationContextClassReferences: ['c1'],
      }),
    ],
    [
      'a filter and actions are two sorts',
      [TWO_TARGETS],
      apps({ includeUserActions: ['urn:user:registersecurityinfo'], applicationFilter: filter }),
    ],
    ['a filter beside None', [FILTER], apps({ includeApplications: ['None'], applicationFilter: filter })],
    ['a filter beside one application', [], apps({ includeApplications: [USER], applicationFilter: filter })],
    ['a group is somebody', [], { 'conditions.users': { includeGroups: [USER] } }],
    ['a role is somebody', [], { 'conditions.users': { includeRoles: [USER] } }],
    [
      'guests are somebody',
      [],
      { 'conditions.users': { includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' } } },
    ],
    [
      'None in any letter case is nobody in so many words',
      [],
      { 'conditions.users': { includeUsers: ['none'] } },
    ],
    [
      'workload identities by filter alone',
      [],
      { ...WORKLOAD, 'conditions.clientApplications': { servicePrincipalFilter: filter } },
    ],
    [
      'a workload identity can do no terms of use',
      ['workload grantControls.builtInControls'],
      { ...WORKLOAD, grantControls: { operator: 'OR', termsOfUse: [USER] } },
    ],
    [
      'a workload identity can do no custom factor',
      ['workload grantControls.builtInControls'],
      { ...WORKLOAD, grantControls: { operator: 'OR', customAuthenticationFactors: ['Duo'] } },
    ],
    [
      'a workload identity can do no strength',
      ['workload grantControls.builtInControls'],
      { ...WORKLOAD, grantControls: { operator: 'OR', authenticationStrength: STRENGTH } },
    ],
    [
      'a workload identity has no browser',
      ['workload sessionControls', 'persistentBrowser sessionControls.persistentBrowser'],
      {
        ...WORKLOAD,
        ...apps({ includeApplications: [USER] }),
        sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } },
      },
    ],
    ['platforms that are not spared', [], { 'conditions.platforms': { includePlatforms: ['windows'] } }],
    [
      'block beside a strength',
      ['block grantControls'],
      grant(['block'], 'OR', { authenticationStrength: STRENGTH }),
    ],
    ['block beside terms of use', ['block grantControls'], grant(['block'], 'OR', { termsOfUse: [USER] })],
    [
      'block beside a custom factor',
      ['block grantControls'],
      grant(['block'], 'OR', { customAuthenticationFactors: ['Duo'] }),
    ],
    [
      'a strength and a control, no operator',
      [OPERATOR],
      grant(['compliantDevice'], undefined, { authenticationStrength: STRENGTH }),
    ],
    [
      'remediation beside a strength, no operator',
      ['riskRemediation grantControls.operator'],
      grant(['riskRemediation'], undefined, { authenticationStrength: { id: USER } }),
    ],
    [
      'a password change with a strength',
      [],
      { ...PASSWORD_CHANGE, ...grant(['passwordChange'], 'AND', { authenticationStrength: STRENGTH }) },
    ],
    [
      'a password change by OR',
      [PASSWORD],
      { ...PASSWORD_CHANGE, ...grant(['mfa', 'passwordChange'], 'OR') },
    ],
    [
      'a password change and no MFA',
      [PASSWORD],
      { ...PASSWORD_CHANGE, ...grant(['compliantDevice', 'passwordChange'], 'AND') },
    ],
    ['a password change at no risk', [PASSWORD], { ...PASSWORD_CHANGE, 'conditions.userRiskLevels': [] }],
    [
      'a password change for one application',
      [PASSWORD],
      { ...PASSWORD_CHANGE, ...apps({ includeApplications: [USER] }) },
    ],
    [
      'a password change that spares one application',
      [PASSWORD],
      { ...PASSWORD_CHANGE, ...apps({ includeApplications: ['All'], excludeApplications: [USER] }) },
    ],
    [
      'a password change at insider risk',
      [PASSWORD],
      { ...PASSWORD_CHANGE, 'conditions.insiderRiskLevels': 'minor' },
    ],
    [
      'a password change on a platform',
      [PASSWORD],
      { ...PASSWORD_CHANGE, 'conditions.platforms': { includePlatforms: ['windows'] } },
    ],
    [
      'a password change at a place',
      [PASSWORD],
      { ...PASSWORD_CHANGE, 'conditions.locations': { includeLocations: ['AllTrusted'] } },
    ],
    [
      'a password change in a browser',
      [PASSWORD],
      { ...PASSWORD_CHANGE, 'conditions.clientAppTypes': ['browser'] },
    ],
    [
      'a password change in a browser, said beside all',
      [PASSWORD],
      { ...PASSWORD_CHANGE, 'conditions.clientAppTypes': ['all', 'browser'] },
    ],
    [
      'registering a device in a browser, said beside all',
      [REGISTER_CONDITIONS],
      { ...REGISTER_DEVICE, 'conditions.clientAppTypes': ['all', 'browser'] },
    ],
    [
      'a password change on some devices',
      [PASSWORD],
      { ...PASSWORD_CHANGE, 'conditions.devices': { deviceFilter: filter } },
    ],
    [
      'app protection on Linux, with all controls',
      [APP_PROTECTION],
      {
        'conditions.platforms': { includePlatforms: ['linux'] },
        ...grant(['compliantApplication', 'compliantDevice'], 'AND'),
      },
    ],
    [
      'app protection on other platforms',
      [],
      { 'conditions.platforms': { includePlatforms: ['iOS'] }, ...grant(['compliantApplication'], 'OR') },
    ],
    [
      'another control on macOS',
      [],
      { 'conditions.platforms': { includePlatforms: ['macOS'] }, ...grant(['compliantDevice'], 'OR') },
    ],
    [
      'device code flow, blocked, with a session control',
      [FLOWS],
      {
        'conditions.authenticationFlows': { transferMethods: 'deviceCodeFlow' },
        ...grant(['block'], 'OR'),
        sessionControls: { disableResilienceDefaults: true },
      },
    ],
    ['registering a device with MFA', [], { ...REGISTER_DEVICE, ...grant(['mfa'], 'OR') }],
    [
      'registering a device with no demand',
      [REGISTER],
      { ...REGISTER_DEVICE, grantControls: null, sessionControls: { disableResilienceDefaults: true } },
    ],
    [
      'registering a device with terms of use',
      [REGISTER],
      { ...REGISTER_DEVICE, ...grant(['mfa'], 'AND', { termsOfUse: [USER] }) },
    ],
    [
      'registering a device, on some devices',
      [REGISTER_CONDITIONS],
      { ...REGISTER_DEVICE, 'conditions.devices': { deviceFilter: filter } },
    ],
    [
      'registering security information is no device',
      [],
      {
        ...apps({ includeUserActions: ['urn:user:registersecurityinfo'] }),
        ...grant(['compliantDevice'], 'OR'),
        'conditions.clientAppTypes': ['browser'],
      },
    ],
    ['a frequency without a type', [FREQUENCY], timed({ value: 4 })],
    ['a frequency without a value', [FREQUENCY], timed({ type: 'hours' })],
    ['a frequency of nothing', [FREQUENCY], timed({ type: 'hours', value: 0 })],
    ['a frequency of one', [], timed({ type: 'hours', value: 1 })],
    ['every time, of a type', [EVERY_TIME], everyTime({ type: 'hours' })],
    [
      'every time, with restrictions',
      [EVERY_TIME],
      {
        ...everyTime({}, { applicationEnforcedRestrictions: { isEnabled: true } }),
        ...apps({ includeApplications: ['Office365'] }),
      },
    ],
    ['every time, without resilience', [EVERY_TIME], everyTime({}, { disableResilienceDefaults: true })],
    [
      'a browser session without a mode',
      ['persistentBrowser sessionControls.persistentBrowser'],
      { sessionControls: { persistentBrowser: { isEnabled: true } } },
    ],
    ...['00000002-0000-0ff1-ce00-000000000000', '00000003-0000-0ff1-ce00-000000000000'].map(
      (app): [string, string[], Edit] => [
        `restrictions in ${app}`,
        [],
        {
          ...apps({ includeApplications: [USER, app] }),
          sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } },
        },
      ],
    ),
    [
      'a session control alone',
      [],
      { grantControls: null, sessionControls: { disableResilienceDefaults: true } },
    ],
    [
      'a session control with a setting',
      [],
      {
        grantControls: null,
        sessionControls: { cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } },
      },
    ],
  ])('%s: %j', (_, rules, edit) => {
    expect(broken(edit).map((rule) => (rule.startsWith('wrongShape') ? 'wrongShape' : rule))).toEqual(rules);
  });

  it('takes no name at all for a name that is empty', () => {
    const [rule] = SERVICE_RULES.filter(({ code }) => code === 'displayName');

    expect(rule?.isBroken({ displayName: null }, () => undefined)).toBe(true);
  });

  it('says in words what is wrong, and each of them something else', () => {
    const messages = SERVICE_RULES.filter(({ code }) => code !== 'filter').map(
      ({ message, mend }) => `${message}; ${mend}`,
    );

    for (const message of messages) expect(message).toMatch(/^("everyTime" )?[a-zA-Z]+ .*[a-zA-Z]/);
    expect(new Set(messages).size).toBe(messages.length);
    const ofFilters = SERVICE_RULES.filter(({ code }) => code === 'filter');
    expect(ofFilters.map(({ message, mend }) => `${message}; ${mend}`)).toEqual(
      Array(3).fill('has a rule and no mode; write mode "include" or "exclude"'),
    );
  });
});
