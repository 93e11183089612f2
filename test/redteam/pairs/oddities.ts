import { allBut, asks, type More, mechanism, only, pair } from '../case.ts';
import { EMERGENCY, NEIGHBOURS, OFFICE, PARTNER, PARTNERS } from '../tenant.ts';

/** What a newer service may put beside what we know, so that what we know is no longer all there is. */

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
      {
        users: only({
          includeGuestsOrExternalUsers: {
            guestOrExternalUserTypes: 'unknownFutureValue',
            externalTenants: {
              '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants',
              membershipKind: 'all',
            },
          },
        }),
      },
      { users: { includeUsers: ['GuestsOrExternalUsers'] } },
    ),
  ],
  { isDoubtful: true },
);

const RETIRED = mechanism('a control that nobody asks for any more', [
  pair(
    'asks for one of two controls, one of which is retired',
    { grantControls: asks('approvedApplication', 'compliantDevice') },
    { grantControls: asks('mfa', 'compliantDevice') },
    { allowed: ['approvedApplication', 'mfa'] },
  ),
]);

export const ODDITIES = [...NARROWED, ...WIDENED, ...RETIRED];
