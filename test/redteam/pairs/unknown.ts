import { type More, mechanism, pair } from '../case.ts';
import { allBut, asks, only } from '../parts.ts';
import {
  BREAK_GLASS,
  EMERGENCY,
  GLOBAL_ADMIN,
  INNER,
  MFA_STRENGTH,
  NEIGHBOURS,
  OFFICE,
  PARTNER,
  PARTNERS,
} from '../tenant.ts';

/** What a newer Graph may put into a policy, so that what is known here of it is no longer all there is. */

const GUESTS_OF_ANY_KIND = only({
  includeGuestsOrExternalUsers: {
    guestOrExternalUserTypes: 'unknownFutureValue',
    externalTenants: {
      '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants',
      membershipKind: 'all',
    },
  },
});

const UNKNOWN_WORDS = mechanism(
  'a member or word that nobody here knows',
  [
    pair('is in a state we do not know', { state: 'enabledForSomething' }, { state: 'disabled' }),
    pair(
      'spares by a member we do not know',
      { users: allBut({ excludeEverybodyNew: ['yes'] }) },
      { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
    ),
    pair(
      'includes by a member we do not know',
      { users: only({ includeEverybodyNew: ['yes'] }) },
      { users: only({ includeGroups: [NEIGHBOURS] }) },
    ),
    pair(
      'includes by a word we do not know',
      { users: { includeUsers: ['AllTheNewPeople'] } },
      { users: { includeUsers: ['None'] } },
    ),
    pair(
      'has a condition we do not know',
      { times: { at: 'night' } },
      { users: allBut({ excludeRoles: [GLOBAL_ADMIN] }) },
    ),
    pair(
      'is for a platform we do not know',
      { platforms: { includePlatforms: ['unknownFutureValue'] } },
      { platforms: { includePlatforms: ['all'], excludePlatforms: ['all'] } },
    ),
    pair(
      'is for a client we do not know',
      { clientAppTypes: ['unknownFutureValue'] },
      { clientAppTypes: ['browser'], users: allBut({ excludeUsers: [EMERGENCY] }) },
    ),
    pair(
      'is for a risk we do not know',
      { signInRiskLevels: ['unknownFutureValue'] },
      { signInRiskLevels: ['high'], users: allBut({ excludeUsers: [EMERGENCY] }) },
    ),
    pair(
      'has a filter in a mode we do not know',
      { devices: { deviceFilter: { mode: 'both', rule: 'device.model -eq "a"' } } },
      {
        devices: { deviceFilter: { mode: 'include', rule: 'device.model -eq "a"' } },
        users: allBut({ excludeGroups: [INNER] }),
      },
    ),
    pair(
      'is for guests of a type we do not know',
      { users: GUESTS_OF_ANY_KIND },
      { users: { includeUsers: ['GuestsOrExternalUsers'], excludeUsers: [PARTNER] } },
      { who: PARTNER },
    ),
    pair(
      'is for a target by a member we do not know',
      { applications: { includeApplications: ['None'], includeEverything: ['yes'] } },
      { applications: { includeApplications: ['None'] } },
    ),
  ],
  { isDoubtful: true },
);

const UNKNOWN_DEMANDS = mechanism(
  'a demand that nobody here knows',
  [
    pair(
      'asks for a control we do not know',
      { grantControls: asks('unknownFutureValue') },
      { grantControls: asks('mfa') },
    ),
    pair(
      'asks for one of two controls, and then for something new',
      { grantControls: { ...asks('mfa', 'compliantDevice'), newControls: ['x'] } },
      { grantControls: asks('mfa', 'compliantDevice') },
    ),
    pair(
      'asks for what they can give, and for something new beside it',
      { grantControls: { ...asks('mfa'), newControls: ['x'] } },
      { grantControls: asks('mfa') },
    ),
    pair(
      'sets a session control we do not know',
      { grantControls: null, sessionControls: { networkAccessSecurity: { isEnabled: true } } },
      { grantControls: null, sessionControls: { persistentBrowser: { isEnabled: true, mode: 'never' } } },
    ),
    pair(
      'sends sessions on in a way we do not know',
      {
        grantControls: null,
        sessionControls: {
          cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'unknownFutureValue' },
        },
      },
      {
        grantControls: null,
        sessionControls: { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' } },
      },
    ),
  ],
  { allowed: ['mfa', MFA_STRENGTH] },
);

const FOR_PARTNER: More = { who: PARTNER };

/** An exclusion of the person's own kind of guest, with something in it that may narrow it. */
function spareGuests(
  externalTenants: Readonly<Record<string, unknown>>,
  beside: Readonly<Record<string, unknown>> = {},
) {
  const type = '#microsoft.graph.conditionalAccessAllExternalTenants';
  return allBut({
    excludeGuestsOrExternalUsers: {
      guestOrExternalUserTypes: 'b2bCollaborationGuest',
      externalTenants: { '@odata.type': type, ...externalTenants },
      ...beside,
    },
  });
}

const NO_DEVICE = { mode: 'include', rule: 'device.model -eq "a" -and device.model -eq "b"' };

const NARROWED = mechanism(
  'an exclusion that something unknown narrows',
  [
    pair(
      'spares guests by a kind of membership we do not know',
      { users: spareGuests({ membershipKind: 'unknownFutureValue' }) },
      { users: allBut({ excludeGroups: [PARTNERS] }) },
      FOR_PARTNER,
    ),
    pair(
      'spares guests, but for something new that is said of them',
      { users: spareGuests({ membershipKind: 'all' }, { onlyFromRegions: ['EU'] }) },
      { users: spareGuests({ membershipKind: 'all' }) },
      FOR_PARTNER,
    ),
    pair(
      'spares all users, which is no word of that list',
      { users: allBut({ excludeUsers: ['All'] }) },
      { users: allBut({ excludeUsers: [EMERGENCY] }) },
    ),
  ],
  { isDoubtful: true },
);

const WIDENED = mechanism(
  'a condition that something unknown widens',
  [
    pair(
      'is for no place, and for something new',
      {
        locations: {
          includeLocations: [OFFICE],
          excludeLocations: [OFFICE],
          includeNetworks: ['home'],
        },
      },
      { locations: { includeLocations: [OFFICE], excludeLocations: [OFFICE] } },
    ),
    pair(
      'is for no device, or for something new',
      { devices: { deviceFilter: NO_DEVICE, anyOf: 'c' } },
      { devices: { deviceFilter: NO_DEVICE } },
    ),
    pair(
      'is for nobody we know of, and names people in a place we do not know',
      { users: only({}), people: { include: ['everybody'] } },
      { users: only({ includeGroups: [NEIGHBOURS] }) },
    ),
    pair(
      'is for guests of a type we do not know, and that may be anybody',
      { users: GUESTS_OF_ANY_KIND },
      { users: { includeUsers: ['GuestsOrExternalUsers'] } },
    ),
  ],
  { isDoubtful: true },
);

export const UNKNOWN = [...UNKNOWN_WORDS, ...UNKNOWN_DEMANDS, ...NARROWED, ...WIDENED];
