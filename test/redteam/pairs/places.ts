import { type Hits, mechanism, pair } from '../case.ts';
import { places } from '../parts.ts';
import {
  ANTARCTICA,
  COMPLIANT_NETWORK,
  EVERY_V4,
  EVERY_V6,
  GERMANY,
  GERMANY_BY_PHONE,
  GONE_PLACE,
  LOWER_HALF,
  MFA_TRUSTED,
  NO_COUNTRY,
  NO_RANGES,
  OFFICE,
  OFFICE_V6,
  UPPER_HALF,
} from '../tenant.ts';
import { SPARED, sparing } from './sparing.ts';

/** Which places a policy means, gone wrong. */

const IN_OFFICE: Hits = { ipAddress: '198.51.100.7' };

const LOCATIONS = mechanism('a location the wrong way round', [
  sparing('blocks outside the office', places(['All'], [OFFICE]), 'group', {}),
  sparing('blocks in the office', places([OFFICE]), 'user', IN_OFFICE),
  sparing('blocks outside trusted places', places(['All'], ['AllTrusted']), 'role', {}),
  pair('blocks in trusted places', places(['AllTrusted']), places(['AllTrusted'], ['AllTrusted']), {
    hits: IN_OFFICE,
  }),
  pair('blocks in one country', places([GERMANY]), places([GERMANY], [GERMANY])),
  sparing('blocks outside one country', places(['All'], [GERMANY]), 'inner', { country: 'FR' }),
  sparing(
    'blocks outside the country, where the address belongs to none',
    places(['All'], [GERMANY]),
    'outer',
    {
      country: null,
    },
  ),
  sparing('blocks what belongs to no country', places([NO_COUNTRY]), 'loop', { country: null }),
  pair(
    'blocks what belongs to no country, and spares the country beside it',
    places([NO_COUNTRY], [ANTARCTICA]),
    places([ANTARCTICA], [NO_COUNTRY]),
    { hits: { country: null } },
  ),
  pair('spares a place without addresses', places(['All'], [NO_RANGES]), places([NO_RANGES])),
  pair(
    'spares every IPv4 address and forgets the rest',
    places(['All'], [EVERY_V4]),
    places(['All'], [EVERY_V4, EVERY_V6]),
    { hits: { ipAddress: '2001:db8:2::1' } },
  ),
  sparing('blocks the office by its IPv6 addresses', places([OFFICE_V6]), 'everybody', {
    ipAddress: '2001:db8:1::5',
  }),
  sparing('spares the office by its IPv4 addresses alone', places(['All'], [OFFICE, GERMANY]), 'group', {
    ipAddress: '2001:db8:1::5',
    country: 'FR',
  }),
  sparing('blocks an IPv4 address written as IPv6', places([OFFICE]), 'role', {
    ipAddress: '::ffff:198.51.100.7',
  }),
  pair(
    'spares trusted places and blocks one that is not all within them',
    places([GERMANY], ['AllTrusted']),
    places([LOWER_HALF], ['AllTrusted']),
  ),
  pair(
    'names only the places it spares, and means every other',
    places([], [OFFICE]),
    places([], [EVERY_V4, EVERY_V6]),
  ),
  pair(
    'blocks every address by two lists, without the word for it',
    places([EVERY_V4, EVERY_V6], ['AllTrusted']),
    places([EVERY_V4, EVERY_V6], [EVERY_V6, EVERY_V4]),
  ),
  pair(
    'spares half of the place it blocks',
    places([OFFICE], [LOWER_HALF]),
    places([OFFICE], [LOWER_HALF, UPPER_HALF]),
    { hits: { ipAddress: '198.51.100.200' } },
  ),
  pair(
    'blocks a place that is wider than the one it spares',
    places([OFFICE], [UPPER_HALF]),
    places([UPPER_HALF], [OFFICE]),
    { hits: IN_OFFICE },
  ),
]);

const UNKNOWN_PLACES = mechanism(
  'a location nobody can read',
  [
    pair('spares a place that was deleted', places(['All'], [GONE_PLACE]), {
      ...places(['All'], [OFFICE]),
      users: SPARED.user,
    }),
    pair('blocks a place that was deleted', places([GONE_PLACE]), {
      ...places([OFFICE]),
      users: SPARED.group,
    }),
    pair(
      'blocks the trusted addresses of the old settings',
      places([MFA_TRUSTED]),
      places([MFA_TRUSTED], [MFA_TRUSTED]),
    ),
    pair('spares the network of the company, which has no addresses', places(['All'], [COMPLIANT_NETWORK]), {
      ...places(['All'], ['AllTrusted']),
      users: SPARED.loop,
    }),
    pair(
      'blocks a country by the address and spares it by the phone',
      places([GERMANY], [GERMANY_BY_PHONE]),
      places([GERMANY], [GERMANY]),
    ),
    pair(
      'blocks a country by the phone and spares it by the address',
      places([GERMANY_BY_PHONE], [GERMANY]),
      places([GERMANY_BY_PHONE], [GERMANY_BY_PHONE]),
      { hits: { country: 'FR' } },
    ),
    pair(
      'blocks a deleted place and spares it elsewhere',
      places([GONE_PLACE], [OFFICE]),
      places([OFFICE], [OFFICE]),
    ),
  ],
  { isDoubtful: true },
);

export const PLACES = [...LOCATIONS, ...UNKNOWN_PLACES];
