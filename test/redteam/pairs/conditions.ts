import { type Hits, mechanism, pair } from '../case.ts';
import { apps, asks, asksStrength, devices, places, toApps } from '../parts.ts';
import {
  EVERY_V4,
  EXCHANGE,
  GERMANY,
  LINE_OF_BUSINESS,
  LOWER_HALF,
  OFFICE,
  OFFICE_V6,
  PHISHING_RESISTANT,
  UPPER_HALF,
} from '../tenant.ts';
import { sparing } from './sparing.ts';

/** When a policy applies, gone wrong: the conditions that need few cases, and many conditions at once. */

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

export const CONDITIONS = [...PLATFORMS, ...RISK, ...FLOWS, ...LEGACY, ...NARROW];
