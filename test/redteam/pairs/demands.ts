import { mechanism, pair } from '../case.ts';
import { allBut, asks, asksAll, asksStrength, only, toApps } from '../parts.ts';
import {
  BREAK_GLASS,
  EMERGENCY,
  EXCHANGE,
  GLOBAL_ADMIN,
  GONE_STRENGTH,
  MFA_STRENGTH,
  OTHER_TERMS,
  OWN_STRENGTH,
  PARTNER,
  PARTNERS,
  PASSWORDLESS,
  PHISHING_RESISTANT,
  TERMS,
} from '../tenant.ts';

/** What a policy asks for, gone wrong. Most twins ask for something they can give. */

const MFA = { allowed: ['mfa', MFA_STRENGTH] };

const STRENGTHS = mechanism(
  'an authentication strength they cannot meet',
  [
    pair(
      'asks for a key where they have a code',
      { grantControls: asksStrength(PHISHING_RESISTANT) },
      { grantControls: asksStrength(MFA_STRENGTH) },
    ),
    pair(
      'asks for no password where they have a code',
      { grantControls: asksStrength(PASSWORDLESS) },
      { grantControls: asks('mfa') },
    ),
    pair(
      'asks for a key where they have an app without a password',
      { grantControls: asksStrength(PHISHING_RESISTANT) },
      { grantControls: asksStrength(PASSWORDLESS) },
      { allowed: [PASSWORDLESS] },
    ),
    pair(
      'asks for a key, and less would do by a stronger proof they have',
      { grantControls: asksStrength(OWN_STRENGTH) },
      { grantControls: asksStrength(MFA_STRENGTH) },
      { allowed: [PHISHING_RESISTANT] },
    ),
    pair(
      'asks for a strength of our own making',
      { grantControls: asksStrength(OWN_STRENGTH) },
      { grantControls: asks('mfa') },
    ),
    pair(
      'asks for a key of the wrong maker',
      { grantControls: asksStrength(PHISHING_RESISTANT) },
      { grantControls: asksStrength(OWN_STRENGTH) },
      { allowed: [OWN_STRENGTH] },
    ),
    pair(
      'asks for a strength where all that is known is that they have a second factor',
      { grantControls: asksStrength(MFA_STRENGTH) },
      { grantControls: asks('mfa') },
      { allowed: ['mfa'] },
    ),
    pair(
      'asks for a strength that was deleted',
      { grantControls: asksStrength(GONE_STRENGTH) },
      { grantControls: asksStrength(MFA_STRENGTH) },
    ),
    pair(
      'asks for a strength and a device together',
      {
        grantControls: asksStrength(MFA_STRENGTH, { operator: 'AND', builtInControls: ['compliantDevice'] }),
      },
      {
        grantControls: asksStrength(MFA_STRENGTH, { operator: 'OR', builtInControls: ['compliantDevice'] }),
      },
    ),
    pair(
      'asks administrators for a key',
      { users: only({ includeRoles: [GLOBAL_ADMIN] }), grantControls: asksStrength(PHISHING_RESISTANT) },
      { users: only({ includeRoles: [GLOBAL_ADMIN] }), grantControls: asksStrength(MFA_STRENGTH) },
    ),
  ],
  MFA,
);

const DEVICES = mechanism(
  'a control that only a device of the company meets',
  [
    pair(
      'asks for a compliant device',
      { grantControls: asks('compliantDevice') },
      { grantControls: asks('mfa') },
    ),
    pair(
      'asks for a joined device',
      { grantControls: asks('domainJoinedDevice') },
      { grantControls: asks('mfa') },
    ),
    pair(
      'asks for a protected app on phones',
      {
        platforms: { includePlatforms: ['iOS', 'android'] },
        grantControls: asks('compliantApplication'),
      },
      {
        platforms: { includePlatforms: ['iOS', 'android'] },
        grantControls: asks('compliantApplication', 'mfa'),
      },
      { hits: { devicePlatform: 'iOS' } },
    ),
    pair(
      'asks for an approved app',
      { grantControls: asks('approvedApplication') },
      { grantControls: asks('mfa') },
    ),
  ],
  MFA,
);

/** One of these, or an agreement, or another vendor's factor. */
function anyOf(...builtInControls: readonly string[]) {
  return { ...asks(...builtInControls), termsOfUse: [TERMS], customAuthenticationFactors: ['RequireDuoMfa'] };
}

const OPERATORS = mechanism(
  'all of several controls where one would do',
  [
    pair(
      'asks for MFA and a compliant device',
      { grantControls: asksAll('mfa', 'compliantDevice') },
      { grantControls: asks('mfa', 'compliantDevice') },
    ),
    pair(
      'asks for one of two devices',
      { grantControls: asks('compliantDevice', 'domainJoinedDevice') },
      { grantControls: asks('compliantDevice', 'domainJoinedDevice', 'mfa') },
    ),
    pair(
      'asks for both of two devices where they have one',
      { grantControls: asksAll('compliantDevice', 'domainJoinedDevice') },
      { grantControls: asks('compliantDevice', 'domainJoinedDevice') },
      { allowed: ['compliantDevice'] },
    ),
    pair(
      'asks for a new password at high risk',
      { userRiskLevels: ['high'], grantControls: asksAll('mfa', 'passwordChange') },
      { userRiskLevels: ['high'], grantControls: asks('mfa') },
      { hits: { userRiskLevel: 'high' } },
    ),
    pair(
      'has the service remedy a risk',
      { userRiskLevels: ['high'], grantControls: asksAll('riskRemediation') },
      { userRiskLevels: ['high'], grantControls: asksStrength(MFA_STRENGTH) },
      { hits: { userRiskLevel: 'high' } },
    ),
    pair(
      'asks for any one of five things, none of which they have',
      { grantControls: anyOf('compliantDevice', 'domainJoinedDevice', 'compliantApplication') },
      { grantControls: anyOf('compliantDevice', 'domainJoinedDevice', 'mfa') },
    ),
    pair(
      'asks for a factor of another vendor',
      {
        grantControls: {
          operator: 'AND',
          builtInControls: ['mfa'],
          customAuthenticationFactors: ['RequireDuoMfa'],
        },
      },
      {
        grantControls: {
          operator: 'OR',
          builtInControls: ['mfa'],
          customAuthenticationFactors: ['RequireDuoMfa'],
        },
      },
    ),
  ],
  MFA,
);

const NOTHING = mechanism('a proof the setting does not say they have', [
  pair(
    'asks for MFA where they have none',
    { grantControls: asks('mfa') },
    { grantControls: asks('mfa'), users: allBut({ excludeGroups: [BREAK_GLASS] }) },
  ),
  pair(
    'asks guests for MFA where they have none',
    { grantControls: asks('mfa'), users: { includeUsers: ['GuestsOrExternalUsers'] } },
    {
      grantControls: asks('mfa'),
      users: { includeUsers: ['GuestsOrExternalUsers'], excludeGroups: [PARTNERS] },
    },
    { who: PARTNER },
  ),
  pair(
    'asks for MFA, where a device is all they have',
    { grantControls: asks('mfa') },
    { grantControls: asks('mfa', 'compliantDevice') },
    { allowed: ['compliantDevice'] },
  ),
  pair(
    'blocks, where somebody wrote that they can live with a block',
    {},
    { users: allBut({ excludeUsers: [EMERGENCY] }) },
    { allowed: ['block', 'mfa'] },
  ),
]);

const AGREEMENTS = mechanism(
  'terms of use nobody is there to accept',
  [
    pair(
      'asks for an agreement alone',
      { grantControls: { operator: 'OR', termsOfUse: [TERMS] } },
      { grantControls: { operator: 'OR', termsOfUse: [TERMS], builtInControls: ['mfa'] } },
    ),
    pair(
      'asks for an agreement beside MFA',
      { grantControls: { operator: 'AND', termsOfUse: [TERMS], builtInControls: ['mfa'] } },
      { grantControls: { operator: 'OR', termsOfUse: [TERMS], builtInControls: ['mfa'] } },
    ),
    pair(
      'asks for two agreements where they accepted one',
      { grantControls: { operator: 'AND', termsOfUse: [TERMS, OTHER_TERMS] } },
      { grantControls: { operator: 'OR', termsOfUse: [TERMS, OTHER_TERMS] } },
      { allowed: [TERMS] },
    ),
  ],
  MFA,
);

const EVERY_TIME = { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' } };
const TOKEN_PROTECTION = { secureSignInSession: { isEnabled: true } };

function through(cloudAppSecurityType: string): Readonly<Record<string, unknown>> {
  return { cloudAppSecurity: { isEnabled: true, cloudAppSecurityType } };
}

const SESSIONS = mechanism('a session control that amounts to a block', [
  pair(
    'binds tokens to a registered device',
    { grantControls: null, sessionControls: TOKEN_PROTECTION },
    { grantControls: null, sessionControls: EVERY_TIME },
  ),
  pair(
    'switches resilience off',
    { grantControls: null, sessionControls: { disableResilienceDefaults: true } },
    { grantControls: null, sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } } },
  ),
  pair(
    'leaves it to a policy elsewhere that may block',
    { grantControls: null, sessionControls: through('mcasConfigured') },
    { grantControls: null, sessionControls: through('blockDownloads') },
    { allowed: ['blockDownloads'] },
  ),
  pair(
    'goes through a service that may block while it is down',
    { grantControls: null, sessionControls: through('monitorOnly') },
    { grantControls: null, sessionControls: EVERY_TIME },
  ),
  pair(
    'lets SharePoint block devices that are not managed',
    {
      applications: { includeApplications: ['Office365'] },
      grantControls: null,
      sessionControls: { applicationEnforcedRestrictions: { isEnabled: true } },
    },
    {
      applications: { includeApplications: ['Office365'] },
      grantControls: null,
      sessionControls: EVERY_TIME,
    },
    { hits: { to: toApps(EXCHANGE) } },
  ),
  pair(
    'leaves Office 365 to a policy elsewhere',
    {
      applications: { includeApplications: ['Office365'] },
      grantControls: null,
      sessionControls: through('mcasConfigured'),
    },
    {
      applications: { includeApplications: ['Office365'] },
      grantControls: null,
      sessionControls: through('monitorOnly'),
    },
    { allowed: ['monitorOnly'], hits: { to: toApps(EXCHANGE) } },
  ),
  pair(
    'asks for what they can give and binds tokens on top',
    { grantControls: asks('mfa'), sessionControls: TOKEN_PROTECTION },
    { grantControls: asks('mfa'), sessionControls: EVERY_TIME },
    MFA,
  ),
  pair(
    'asks for what they can give and switches resilience off on top',
    {
      applications: { includeApplications: ['Office365'] },
      grantControls: asks('mfa'),
      sessionControls: { disableResilienceDefaults: true },
    },
    {
      applications: { includeApplications: ['Office365'] },
      grantControls: asks('mfa'),
      sessionControls: EVERY_TIME,
    },
    { ...MFA, hits: { to: toApps(EXCHANGE) } },
  ),
  pair(
    'binds tokens, where they can live with another control',
    { grantControls: null, sessionControls: TOKEN_PROTECTION },
    { grantControls: null, sessionControls: through('mcasConfigured') },
    { allowed: ['mcasConfigured'] },
  ),
  pair(
    'has two session controls, one of which they can live with',
    { grantControls: null, sessionControls: { ...TOKEN_PROTECTION, disableResilienceDefaults: true } },
    { grantControls: null, sessionControls: TOKEN_PROTECTION },
    { allowed: ['secureSignInSession'] },
  ),
]);

const RETIRED = mechanism('a control that nobody asks for any more', [
  pair(
    'asks for one of two controls, one of which is retired',
    { grantControls: asks('approvedApplication', 'compliantDevice') },
    { grantControls: asks('mfa', 'compliantDevice') },
    { allowed: ['approvedApplication', 'mfa'] },
  ),
]);

export const DEMANDS = [
  ...STRENGTHS,
  ...DEVICES,
  ...OPERATORS,
  ...NOTHING,
  ...AGREEMENTS,
  ...SESSIONS,
  ...RETIRED,
];
