import type { Policy } from '../policy/model.ts';
import { asSet } from '../policy/values.ts';
import { holdsAddress, merge, parseAddress, parseRange, type Range } from './addresses.ts';
import type { Location } from './signIn.ts';
import { both, either, not, type Truth, unknown } from './truth.ts';

/** One named location of the tenant. */
export type NamedLocation =
  | {
      readonly kind: 'ip';
      /** Object id, lower case. */
      readonly id: string;
      readonly isTrusted: boolean;
      /** `203.0.113.0/24` … */
      readonly ranges: readonly string[];
    }
  | {
      readonly kind: 'country';
      readonly id: string;
      /** Two letters each. */
      readonly countries: readonly string[];
      readonly includeUnknownCountriesAndRegions: boolean;
    }
  /**
   * Countries by where the Authenticator app says the phone is (`authenticatorAppGps`). That may be in another country than
   * the address is, and no sign-in here tells; so it could match, and never spares (Entra docs, concept-assignment-network).
   */
  | { readonly kind: 'gps'; readonly id: string }
  /** It is there, and we cannot say what it holds. */
  | { readonly kind: 'unread'; readonly id: string };

/** What is known of the tenant's places. */
export interface NamedLocations {
  /** null: they were not read. */
  readonly list: readonly NamedLocation[] | null;
  /** Trusted addresses of the old per-user MFA settings, which Graph does not show; null: not known. */
  readonly mfaTrustedRanges: readonly string[] | null;
}

export const NO_LOCATIONS_READ: NamedLocations = { list: null, mfaTrustedRanges: null };

/** Graph's word for looking a country up by where the phone is: a demand of its own on whoever signs in. */
export const GPS = 'authenticatorAppGps';

/** Stands for the trusted addresses of the old per-user MFA settings (Graph docs, conditionalAccessLocations). */
const MFA_TRUSTED = '00000000-0000-0000-0000-000000000000';

/** Id of "All Compliant Network locations" in every tenant (Graph docs, compliantNetworkNamedLocation); v1.0 need not list it. */
const COMPLIANT_NETWORK = '3d46dbda-8382-466a-856d-eb00cbc6b910';

/** Where a list of locations reaches. */
export interface Places {
  readonly isEverywhere: boolean;
  readonly ranges: readonly Range[];
  readonly countries: ReadonlySet<string>;
  readonly hasUnknownCountries: boolean;
  /** Locations of which nothing is known, so the sign-in may be in them. */
  readonly unread: readonly string[];
  /** Whether one of them asks the Authenticator app where the person is. */
  readonly asksForGps: Truth;
}

export interface LocationCondition {
  readonly include: Places;
  readonly exclude: Places;
}

/** Gets the paths of the condition that were not understood: each may mean any place, unless it is an exclusion. */
export type LocationOf = (policy: Policy, unread: readonly string[]) => LocationCondition | null;

/** Reads the named locations once; what it gives turns the lists of each policy into places. */
export function compileLocations(locations: NamedLocations): LocationOf {
  const atlas = ATLASES.get(locations) ?? atlasOf(locations);
  ATLASES.set(locations, atlas);
  const seen = new Map<string, Places>();
  const placesOf = (names: readonly string[]): Places => {
    const key = names.join();
    const places = seen.get(key) ?? gather(names, atlas);
    seen.set(key, places);
    return places;
  };
  return (policy, unread) => {
    const included = asSet(policy['conditions.locations.includeLocations']);
    const excluded = asSet(policy['conditions.locations.excludeLocations']);
    if (included.length === 0 && excluded.length === 0) return null;
    // An exclusion beats the same place included, whether it is known what it holds or not.
    const left = included.filter((name) => !excluded.includes(name));
    const include = placesOf(included.length === 0 ? ['All'] : left);
    const exclude = placesOf(excluded);
    return {
      include: {
        ...include,
        unread: [...include.unread.filter((name) => !exclude.unread.includes(name)), ...unread],
      },
      exclude,
    };
  };
}

interface Atlas {
  readonly byId: ReadonlyMap<string, Places>;
  readonly trusted: Places;
  readonly mfaTrusted: Places;
}

/** A tenant's places are read once, however many changes are compared: they can be hundreds of thousands of ranges. */
const ATLASES = new WeakMap<NamedLocations, Atlas>();

const NOWHERE: Places = {
  isEverywhere: false,
  ranges: [],
  countries: new Set(),
  hasUnknownCountries: false,
  unread: [],
  asksForGps: false,
};

function atlasOf({ list, mfaTrustedRanges }: NamedLocations): Atlas {
  const mfaTrusted =
    mfaTrustedRanges === null
      ? { ...NOWHERE, unread: ['MFA trusted IPs'] }
      : addresses(mfaTrustedRanges, 'MFA trusted IPs');
  const byId = new Map((list ?? []).map((location) => [location.id, placesOfOne(location)]));
  const trusted = (list ?? []).flatMap((location): readonly Places[] => {
    // It may be trusted, so that sparing all trusted places is not to spare this one.
    if (location.kind === 'unread')
      return [{ ...NOWHERE, unread: [`whether named location ${location.id} is trusted`] }];
    return location.kind === 'ip' && location.isTrusted ? [byId.get(location.id) ?? NOWHERE] : [];
  });
  const notRead = list === null ? [{ ...NOWHERE, unread: ['named locations'] }] : [];
  // No location by countries can be trusted (Graph docs, countryNamedLocation).
  return { byId, mfaTrusted, trusted: { ...union([...trusted, mfaTrusted, ...notRead]), asksForGps: false } };
}

function placesOfOne(location: NamedLocation): Places {
  switch (location.kind) {
    case 'ip':
      return addresses(location.ranges, `named location ${location.id}`);
    case 'country':
      return {
        ...NOWHERE,
        countries: new Set(location.countries.map((country) => country.toUpperCase())),
        hasUnknownCountries: location.includeUnknownCountriesAndRegions,
      };
    case 'gps':
      return { ...NOWHERE, unread: [`named location ${location.id}`], asksForGps: true };
    case 'unread':
      return unreadPlaces(location.id);
  }
}

function unreadPlaces(id: string): Places {
  const name = `named location ${id}`;
  return { ...NOWHERE, unread: [name], asksForGps: id === COMPLIANT_NETWORK ? false : unknown(name) };
}

/** A range that cannot be read may hold anything. */
function addresses(texts: readonly string[], name: string): Places {
  const ranges = texts.map(parseRange);
  const read = ranges.filter((range) => range !== undefined);
  return { ...NOWHERE, ranges: merge(read), unread: read.length < ranges.length ? [name] : [] };
}

/** Joining lists costs time for every policy that names others; a tenant can hold 390,000 ranges, and people write a few dozen. */
const JOINED_RANGES_MAX = 5_000;

function gather(names: readonly string[], atlas: Atlas): Places {
  const named = names.map((name) => placesNamed(name, atlas));
  const size = named.reduce((sum, { ranges }) => sum + ranges.length, 0);
  if (named.length === 1 || size <= JOINED_RANGES_MAX) return union(named);
  return union(named.map((places, index) => withoutRanges(places, `named location ${names[index]}`)));
}

function placesNamed(name: string, { byId, trusted, mfaTrusted }: Atlas): Places {
  if (name === 'All') return { ...NOWHERE, isEverywhere: true };
  if (name === 'AllTrusted') return trusted;
  if (name === MFA_TRUSTED) return mfaTrusted;
  return byId.get(name) ?? unreadPlaces(name);
}

/** Its addresses are taken as not read: a sign-in may come from there. */
function withoutRanges(places: Places, name: string): Places {
  return places.ranges.length === 0 ? places : { ...places, ranges: [], unread: [...places.unread, name] };
}

function union(places: readonly Places[]): Places {
  const [only, ...others] = places;
  if (only !== undefined && others.length === 0) return only;
  return {
    isEverywhere: places.some(({ isEverywhere }) => isEverywhere),
    ranges: merge(places.flatMap(({ ranges }) => ranges)),
    countries: new Set(places.flatMap(({ countries }) => [...countries])),
    hasUnknownCountries: places.some(({ hasUnknownCountries }) => hasUnknownCountries),
    unread: [...new Set(places.flatMap(({ unread }) => unread))],
    asksForGps: either(...places.map(({ asksForGps }) => asksForGps)),
  };
}

/**
 * Whether a policy asks the Authenticator app where the person is before it decides, wherever they are. Who has none, or
 * signed in without a password, cannot answer and is kept out (Entra docs, concept-assignment-network).
 */
export function asksForGps(condition: LocationCondition | null): Truth {
  return condition === null ? false : either(condition.include.asksForGps, condition.exclude.asksForGps);
}

/** Whether a sign-in comes from where the policy is for. */
export function matchesLocation(condition: LocationCondition | null, location: Location | undefined): Truth {
  if (condition === null) return true;
  return both(isIn(condition.include, location), not(isIn(condition.exclude, location)));
}

function isIn(places: Places, location: Location | undefined): Truth {
  if (places.isEverywhere) return true;
  return either(
    hasAddress(places, location?.ipAddress),
    hasCountry(places, location?.country),
    ...places.unread.map((name) => unknown(name)),
  );
}

function hasAddress({ ranges }: Places, text: string | null | undefined): Truth {
  if (ranges.length === 0 || text === null) return false;
  const address = text === undefined ? undefined : parseAddress(text);
  return address === undefined ? unknown('location.ipAddress') : holdsAddress(ranges, address);
}

function hasCountry({ countries, hasUnknownCountries }: Places, country: string | null | undefined): Truth {
  if (countries.size === 0 && !hasUnknownCountries) return false;
  if (country === undefined) return unknown('location.country');
  return country === null ? hasUnknownCountries : countries.has(country.toUpperCase());
}
