import { mechanism, pair } from '../case.ts';
import { apps, asks, asksStrength, type Parts, places, toApps } from '../parts.ts';
import {
  AZURE_MANAGEMENT,
  AZURE_PORTAL,
  EXCHANGE,
  LINE_OF_BUSINESS,
  PHISHING_RESISTANT,
  SHAREPOINT,
} from '../tenant.ts';
import { sparing } from './sparing.ts';

/** What a policy is for, gone wrong. */

const REGISTER_INFO = 'urn:user:registersecurityinfo';
const REGISTER_DEVICE = 'urn:user:registerdevice';

const ACTIONS = mechanism('something to do instead of an application', [
  sparing(
    'blocks registering a way to sign in',
    { applications: { includeUserActions: [REGISTER_INFO] } },
    'group',
    {
      to: { userAction: 'registerSecurityInformation' },
    },
  ),
  sparing(
    'blocks registering a way to sign in away from the office',
    { applications: { includeUserActions: [REGISTER_INFO] }, ...places(['All'], ['AllTrusted']) },
    'user',
    { to: { userAction: 'registerSecurityInformation' } },
  ),
  pair(
    'asks for a key before a device may be joined',
    {
      applications: { includeUserActions: [REGISTER_DEVICE] },
      grantControls: asksStrength(PHISHING_RESISTANT),
    },
    { applications: { includeUserActions: [REGISTER_DEVICE] }, grantControls: asks('mfa') },
    { allowed: ['mfa'], hits: { to: { userAction: 'registerOrJoinDevices' } } },
  ),
]);

function contexts(...names: readonly string[]): Parts {
  return { applications: { includeAuthenticationContextClassReferences: names } };
}

const CONTEXTS = mechanism('an authentication context', [
  sparing('blocks the context that guards activating a role', contexts('c1'), 'inner', {
    to: { authenticationContextValue: 'c1' },
  }),
  pair(
    'asks in several contexts for a device of the company',
    { ...contexts('c1', 'c2', 'c25'), grantControls: asks('compliantDevice') },
    { ...contexts('c1', 'c2', 'c25'), grantControls: asks('compliantDevice', 'mfa') },
    { allowed: ['mfa'], hits: { to: { authenticationContextValue: 'c25' } } },
  ),
]);

const APPS = mechanism('an application they cannot do without', [
  pair('blocks Azure management', apps([AZURE_MANAGEMENT]), apps(['None'])),
  sparing('blocks Office 365', apps(['Office365']), 'group', { to: toApps(EXCHANGE) }),
  sparing('blocks the portals of administrators', apps(['MicrosoftAdminPortals']), 'user', {
    to: toApps(AZURE_PORTAL),
  }),
  sparing('spares Azure management and blocks all else', apps(['All'], [AZURE_MANAGEMENT]), 'role', {
    to: toApps(SHAREPOINT),
  }),
  sparing(
    'spares Azure management and blocks all else, registering a way to sign in too',
    apps(['All'], [AZURE_MANAGEMENT]),
    'outer',
    { to: { userAction: 'registerSecurityInformation' } },
  ),
  sparing(
    'spares Office 365, where Azure management is not in it',
    apps(['All'], ['Office365']),
    'inner',
    {},
  ),
  pair(
    'spares one of two applications',
    apps([EXCHANGE, AZURE_MANAGEMENT], [AZURE_MANAGEMENT]),
    apps([AZURE_MANAGEMENT], [AZURE_MANAGEMENT]),
    { hits: { to: toApps(EXCHANGE) } },
  ),
  pair(
    'spares an application that is not in the group it blocks',
    apps(['Office365'], [AZURE_MANAGEMENT]),
    apps(['Office365'], ['Office365']),
    { hits: { to: toApps(SHAREPOINT) } },
  ),
  pair(
    'blocks an application of the company',
    apps([LINE_OF_BUSINESS]),
    apps([LINE_OF_BUSINESS], [LINE_OF_BUSINESS]),
    {
      hits: { to: toApps(LINE_OF_BUSINESS) },
    },
  ),
  sparing(
    'blocks everything, and the sign-in is for several applications',
    apps(['All'], [EXCHANGE]),
    'everybody',
    {
      to: toApps(EXCHANGE, AZURE_MANAGEMENT),
    },
  ),
]);

const UNKNOWN_TARGETS = mechanism('a target whose extent only the service knows', [
  sparing(
    'blocks applications by an attribute',
    {
      applications: {
        applicationFilter: { mode: 'include', rule: 'CustomSecurityAttribute.Apps_Tier -eq "0"' },
      },
    },
    'group',
    {},
    true,
  ),
  sparing(
    'spares applications by an attribute',
    {
      applications: {
        includeApplications: [AZURE_MANAGEMENT],
        applicationFilter: { mode: 'exclude', rule: 'CustomSecurityAttribute.Apps_Tier -eq "0"' },
      },
    },
    'user',
    {},
    true,
  ),
  sparing(
    'blocks Office 365, and an application may be in it',
    apps(['Office365']),
    'role',
    {
      to: toApps(LINE_OF_BUSINESS),
    },
    true,
  ),
  sparing(
    'blocks resources of agents',
    apps(['AllAgentIdResources']),
    'inner',
    { to: toApps(LINE_OF_BUSINESS) },
    true,
  ),
  pair(
    'spares another group of applications than it blocks',
    apps(['Office365'], ['MicrosoftAdminPortals']),
    apps(['Office365'], ['Office365']),
    { hits: { to: toApps(SHAREPOINT) }, isDoubtful: true },
  ),
]);

export const TARGETS = [...ACTIONS, ...CONTEXTS, ...APPS, ...UNKNOWN_TARGETS];
