import {
  adopted,
  edit,
  excepted,
  handedOn,
  lapsed,
  mechanism,
  parametrised,
  restored,
  together,
  undone,
  withheld,
} from '../case.ts';
import { allBut, asks, asksAll, asksStrength, only, type Parts } from '../parts.ts';
import {
  AZURE_MANAGEMENT,
  BREAK_GLASS,
  EMERGENCY,
  EMPTY,
  EVERYBODY,
  EXCHANGE,
  GLOBAL_ADMIN,
  GONE_USER,
  HELPDESK,
  INNER,
  MFA_STRENGTH,
  NEIGHBOURS,
  NO_RANGES,
  OWN_STRENGTH,
  PARTNER,
  PHISHING_RESISTANT,
  SECOND,
  STAFF,
} from '../tenant.ts';

/** Changes that go wrong: what they make of a policy that was harmless. */

const REPORT_ONLY = { state: 'enabledForReportingButNotEnforced' };
const OFF = { state: 'disabled' };
const ON = { state: 'enabled' };
const SAFE: Parts = { users: allBut({ excludeGroups: [BREAK_GLASS] }) };
const SAFE_MFA: Parts = { ...SAFE, grantControls: asks('mfa') };
const MFA = { allowed: ['mfa', MFA_STRENGTH] };

const PROMOTED = mechanism('a policy that only reported, put in force', [
  edit('was only reporting', REPORT_ONLY, ON, { ...REPORT_ONLY, clientAppTypes: ['browser'] }),
  edit('was off', OFF, ON, REPORT_ONLY),
  edit('was only reporting and spared nobody', REPORT_ONLY, ON, { ...ON, ...SAFE }),
  edit(
    'asked for a key while it only reported',
    { ...REPORT_ONLY, grantControls: asksStrength(PHISHING_RESISTANT) },
    { ...ON, grantControls: asksStrength(PHISHING_RESISTANT) },
    { ...ON, grantControls: asksStrength(MFA_STRENGTH) },
    MFA,
  ),
  edit(
    'was for administrators while it was off',
    { ...OFF, users: only({ includeRoles: [GLOBAL_ADMIN] }) },
    { ...ON, users: only({ includeRoles: [GLOBAL_ADMIN] }) },
    { ...ON, users: only({ includeRoles: [HELPDESK] }) },
  ),
]);

const UNSPARED = mechanism('an exclusion that an edit takes away', [
  edit('loses its only exclusion', SAFE, {}, { ...SAFE, clientAppTypes: ['browser'] }),
  edit(
    'has its exclusion replaced',
    SAFE,
    { users: allBut({ excludeGroups: [NEIGHBOURS] }) },
    { users: allBut({ excludeGroups: [INNER] }) },
  ),
  edit(
    'has its exclusion moved to a group that is empty',
    SAFE,
    { users: allBut({ excludeGroups: [EMPTY] }) },
    { users: allBut({ excludeGroups: [EMPTY, BREAK_GLASS] }) },
  ),
  edit(
    'loses one of two exclusions, and it was the one',
    { users: allBut({ excludeGroups: [NEIGHBOURS, BREAK_GLASS] }) },
    { users: allBut({ excludeGroups: [NEIGHBOURS] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
  ),
  edit(
    'loses the second account, which stood alone',
    { users: allBut({ excludeUsers: [EMERGENCY, SECOND] }) },
    { users: allBut({ excludeUsers: [EMERGENCY] }) },
    { users: allBut({ excludeUsers: [SECOND] }) },
    { who: SECOND },
  ),
]);

const WIDENED = mechanism('a change elsewhere in a policy that spares nobody', [
  edit(
    'comes to block where it asked for MFA',
    { grantControls: asks('mfa') },
    { grantControls: asks('block') },
    { grantControls: asks('mfa', 'compliantDevice') },
    MFA,
  ),
  edit(
    'comes to ask for all where one was enough',
    { grantControls: asks('mfa', 'compliantDevice') },
    { grantControls: asksAll('mfa', 'compliantDevice') },
    { grantControls: asks('mfa') },
    MFA,
  ),
  edit(
    'has its strength replaced by one of our own making',
    { grantControls: asksStrength(MFA_STRENGTH) },
    { grantControls: asksStrength(OWN_STRENGTH) },
    { grantControls: asks('mfa') },
    MFA,
  ),
  edit('was for nobody', { users: only({}) }, { users: allBut() }, { users: { includeUsers: [STAFF] } }),
  edit(
    'was for a small group',
    { users: only({ includeGroups: [NEIGHBOURS] }) },
    { users: only({ includeGroups: [EVERYBODY] }) },
    { users: only({ includeGroups: [NEIGHBOURS, EMPTY] }) },
  ),
  edit(
    'asked any client for MFA and comes to ask old ones alone',
    { clientAppTypes: ['browser', 'other'], grantControls: asks('mfa') },
    { clientAppTypes: ['other'], grantControls: asks('mfa') },
    { clientAppTypes: ['browser'], grantControls: asks('mfa') },
    { ...MFA, hits: { clientAppType: 'other' } },
  ),
  edit(
    'was for a place without addresses',
    { locations: { includeLocations: [NO_RANGES] } },
    { locations: { includeLocations: ['All'] } },
    { locations: { includeLocations: [NO_RANGES], excludeLocations: ['AllTrusted'] } },
  ),
  edit(
    'had a device filter that nothing passes',
    {
      devices: { deviceFilter: { mode: 'include', rule: 'device.model -eq "a" -and device.model -eq "b"' } },
    },
    {
      devices: { deviceFilter: { mode: 'exclude', rule: 'device.model -eq "a" -and device.model -eq "b"' } },
    },
    {
      devices: { deviceFilter: { mode: 'include', rule: 'device.model -eq "a" -and device.model -eq "c"' } },
    },
  ),
  edit(
    'was for no application',
    { applications: { includeApplications: ['None'] } },
    { applications: { includeApplications: [AZURE_MANAGEMENT] } },
    { applications: { includeApplications: [AZURE_MANAGEMENT], excludeApplications: [AZURE_MANAGEMENT] } },
  ),
  edit(
    'gets a session control',
    { grantControls: asks('mfa') },
    { grantControls: asks('mfa'), sessionControls: { secureSignInSession: { isEnabled: true } } },
    {
      grantControls: asks('mfa'),
      sessionControls: { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
    },
    MFA,
  ),
]);

const RESTORED = mechanism('a restore of a policy that was edited before it was deleted', [
  restored('had lost its exclusion when it was deleted', SAFE, {}, { ...SAFE, clientAppTypes: ['browser'] }),
  restored('had lost its exclusion, but was off when it was deleted', SAFE, {}, OFF),
  restored('had been put in force before it was deleted', { ...SAFE, ...REPORT_ONLY }, ON, {
    ...SAFE,
    ...ON,
  }),
  restored(
    'asked for MFA and blocked when it was deleted',
    SAFE_MFA,
    { grantControls: asks('block') },
    { grantControls: asks('mfa', 'compliantDevice') },
    MFA,
  ),
  restored(
    'was for a small group and for everybody when it was deleted',
    { users: only({ includeGroups: [NEIGHBOURS] }) },
    { users: only({ includeGroups: [EVERYBODY] }) },
    { users: only({ includeGroups: [NEIGHBOURS, EMPTY] }) },
  ),
  restored(
    'had got a session control when it was deleted',
    SAFE_MFA,
    { grantControls: asks('mfa'), sessionControls: { disableResilienceDefaults: true } },
    {
      grantControls: asks('mfa'),
      sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } },
    },
    MFA,
  ),
  restored(
    'had come to name the guest account when it was deleted',
    { users: { includeUsers: [STAFF] } },
    { users: { includeUsers: [STAFF, PARTNER] } },
    { users: { includeUsers: [STAFF, GONE_USER] } },
    { who: PARTNER },
  ),
]);

const RESTORED_UNKNOWN = mechanism(
  'a restore of a policy with something in it that nobody here knows',
  [
    restored(
      'had come to include people by a member we do not know',
      SAFE,
      { users: only({ includeEverybodyNew: ['yes'] }) },
      { users: only({ includeGroups: [NEIGHBOURS] }) },
    ),
    restored('had come into a state we do not know', SAFE, { state: 'enabledForSomething' }, OFF),
  ],
  { isDoubtful: true },
);

const ADOPTED = mechanism('a policy of somebody else, taken over', [
  adopted('spared them until it became ours', SAFE, {}, { users: allBut({ excludeUsers: [EMERGENCY] }) }),
  adopted('was only reporting until it became ours', REPORT_ONLY, ON, { ...ON, ...SAFE }),
  adopted(
    'asked for less until it became ours',
    { grantControls: asks('mfa') },
    { grantControls: asksStrength(PHISHING_RESISTANT) },
    { grantControls: asksStrength(MFA_STRENGTH) },
    MFA,
  ),
]);

/** Something in the users object that we do not know, so that nothing in there may be replaced. */
const UNKNOWN_USERS = { includeUsers: ['All'], excludeUsersNew: ['somebody'] };

const UNKNOWN_PEOPLE = only({ includeUsersNew: ['somebody'] });

const WITHHELD = mechanism(
  'a write of which the part that spares them is held back',
  [
    withheld(
      'repair',
      'is armed while its users cannot be replaced',
      SAFE,
      { before: { ...OFF, users: UNKNOWN_USERS }, after: { ...ON, users: UNKNOWN_USERS } },
      { before: OFF, after: SAFE },
    ),
    withheld(
      'restore',
      'is armed after its restore while its users cannot be replaced',
      SAFE,
      { before: { ...OFF, users: UNKNOWN_USERS }, after: { ...ON, users: UNKNOWN_USERS } },
      { before: OFF, after: SAFE },
    ),
    withheld(
      'adopt',
      'is armed by being taken over while its users cannot be replaced',
      SAFE,
      { before: { ...OFF, users: UNKNOWN_USERS }, after: { ...ON, users: UNKNOWN_USERS } },
      { before: OFF, after: SAFE },
    ),
    withheld(
      'repair',
      'is armed while it may include people in words nobody knows',
      SAFE,
      { before: { ...OFF, users: UNKNOWN_PEOPLE }, after: { ...ON, users: UNKNOWN_PEOPLE } },
      { before: OFF, after: SAFE },
    ),
    withheld(
      'repair',
      'is made to block while its users cannot be replaced',
      SAFE,
      {
        before: { grantControls: asks('mfa'), users: UNKNOWN_USERS },
        after: { grantControls: asks('block'), users: UNKNOWN_USERS },
      },
      { before: { grantControls: asks('mfa') }, after: SAFE },
      MFA,
    ),
  ],
  { isDoubtful: true },
);

const TOGETHER = mechanism('an exclusion lost through another change of the same run', [
  together(
    'comes with a change that is harmless',
    SAFE,
    {},
    { users: allBut({ excludeUsers: [EMERGENCY] }) },
  ),
  together(
    'spares a group that only the policy beside it spares rightly',
    { ...SAFE_MFA, users: allBut({ excludeGroups: [INNER] }) },
    { users: allBut({ excludeGroups: [NEIGHBOURS] }) },
    { users: allBut({ excludeGroups: [NEIGHBOURS, INNER] }) },
    MFA,
  ),
  handedOn(
    'hands its exclusion on to the policy beside it',
    SAFE,
    {},
    { clientAppTypes: ['browser'], ...SAFE },
  ),
  together('is put in force beside one that is taken out of force', OFF, ON, { ...ON, ...SAFE }),
  together(
    'blocks where the one beside it asks for what they can give',
    SAFE_MFA,
    { clientAppTypes: ['browser'] },
    { clientAppTypes: ['browser'], grantControls: asks('mfa') },
    MFA,
  ),
]);

const PARAMETERS = mechanism('a parameter that stands for others than was thought', [
  parametrised(
    'spares the protected groups, and settings name none',
    { file: { users: allBut({ excludeGroups: ['@breakGlassGroups'] }) }, meaning: { users: allBut() } },
    {
      file: { users: allBut({ excludeUsers: ['@breakGlassUsers'] }) },
      meaning: { users: allBut({ excludeUsers: [EMERGENCY] }) },
    },
  ),
  parametrised(
    'spares Azure management and blocks all else they need',
    {
      file: { applications: { includeApplications: ['All'], excludeApplications: ['@azureManagement'] } },
      meaning: { applications: { includeApplications: ['All'], excludeApplications: [AZURE_MANAGEMENT] } },
    },
    {
      file: {
        applications: { includeApplications: ['@azureManagement'], excludeApplications: [AZURE_MANAGEMENT] },
      },
      meaning: {
        applications: { includeApplications: [AZURE_MANAGEMENT], excludeApplications: [AZURE_MANAGEMENT] },
      },
    },
    { hits: { to: { includeApplications: [EXCHANGE] } } },
  ),
]);

const EXCLUDED_GROUPS = 'conditions.users.excludeGroups';

const EXCEPTED = mechanism('an exception that makes a harmless policy lethal', [
  excepted(
    'spares nobody for a month',
    SAFE,
    [EXCLUDED_GROUPS, {}],
    [EXCLUDED_GROUPS, { users: allBut({ excludeGroups: [INNER] }) }],
  ),
  excepted('is put in force for a month', REPORT_ONLY, ['state', ON], ['state', OFF]),
  excepted(
    'asks for all where one was enough for a month',
    { grantControls: asks('mfa', 'compliantDevice') },
    ['grantControls.operator', { grantControls: asksAll('mfa', 'compliantDevice') }],
    ['grantControls.builtInControls', { grantControls: asks('mfa') }],
    MFA,
  ),
]);

const LAPSED = mechanism('an exception that ends, and with it what kept a policy harmless', [
  lapsed(
    'spared them by the exception',
    SAFE,
    EXCLUDED_GROUPS,
    {},
    { users: allBut({ excludeGroups: [INNER] }) },
  ),
  lapsed('was kept off by the exception', OFF, 'state', ON, REPORT_ONLY),
  lapsed(
    'was for few by the exception',
    { users: only({ includeGroups: [NEIGHBOURS] }) },
    'conditions.users.includeGroups',
    { users: only({ includeGroups: [EVERYBODY] }) },
    { users: only({ includeGroups: [NEIGHBOURS, EMPTY] }) },
  ),
]);

const UNDONE = mechanism('a repair that somebody takes back', [
  undone('had lost its exclusion before the repair', SAFE, {}, { ...SAFE, clientAppTypes: ['browser'] }),
  undone(
    'had come to block before the repair',
    { grantControls: asks('mfa') },
    { grantControls: asks('block') },
    { grantControls: asks('mfa', 'compliantDevice') },
    MFA,
  ),
  undone(
    'had come to be for everybody before the repair',
    { users: only({ includeGroups: [NEIGHBOURS] }) },
    { users: only({ includeGroups: [EVERYBODY] }) },
    { users: only({ includeGroups: [NEIGHBOURS, EMPTY] }) },
  ),
]);

export const CHANGES = [
  ...PROMOTED,
  ...UNSPARED,
  ...WIDENED,
  ...RESTORED,
  ...RESTORED_UNKNOWN,
  ...ADOPTED,
  ...WITHHELD,
  ...TOGETHER,
  ...PARAMETERS,
  ...EXCEPTED,
  ...LAPSED,
  ...UNDONE,
];
