import { groupsOf } from '../../sandbox/tenant/directory.ts';
import type { DirectoryRole, Group, JsonObject, User } from '../../sandbox/tenant/model.ts';
import { strength } from '../../sandbox/tenant/present.ts';
import type { NamedLocations } from '../../src/lib/whatif/locations.ts';
import type { ProtectedFacts } from '../../src/lib/whatif/proof.ts';
import { readNamedLocation } from '../../src/lib/whatif/request.ts';

/** The one tenant in which every case of the red team plays: its people, groups, roles and places, by names. */

function id(kind: string, n: number): string {
  return `${kind}0000000-0000-4000-8000-${String(n).padStart(12, '0')}`;
}

/** A cloud-only member who holds the role of a global administrator, in the emergency group by way of an inner one. */
export const EMERGENCY = id('b', 1);
/** The emergency account that was added later: an administrator through a group, and not in the emergency group. */
export const SECOND = id('b', 2);
/** An account the service provider's people get in with: a guest. */
export const PARTNER = id('b', 3);
export const STAFF = id('b', 4);
/** A guest whom nobody invited: made here, and signs in here. */
export const LODGER = id('b', 5);
/** Was deleted. */
export const GONE_USER = id('b', 9);

export const HOME = id('d', 1);
export const OTHER_TENANT = id('d', 2);

export const BREAK_GLASS = id('c', 1);
export const INNER = id('c', 2);
/** Holds the emergency accounts' groups and the administrators. */
export const TIER0 = id('c', 3);
export const ADMINS = id('c', 4);
/** Is in the administrators, and not the reverse. */
export const DEPUTIES = id('c', 5);
export const EVERYBODY = id('c', 6);
export const NEIGHBOURS = id('c', 7);
export const EMPTY = id('c', 8);
/** Holds the empty group and nobody else. */
export const HOLLOW = id('c', 9);
export const PARTNERS = id('c', 10);
/** Two groups, each in the other, that hold an emergency account. */
export const LOOP = id('c', 11);
const LOOP_END = id('c', 12);
/** Two groups, each in the other, that hold nobody. */
export const IDLE_LOOP = id('c', 13);
const IDLE_LOOP_END = id('c', 14);
/** Was deleted. */
export const GONE_GROUP = id('c', 99);

export const GLOBAL_ADMIN = '62e90394-69f5-4237-9190-012177145e10';
export const PRIVILEGED_ROLE_ADMIN = 'e8611ab8-c189-46e8-94e1-60213ab1f814';
export const HELPDESK = '729827e3-9c14-49f7-bb1b-9608f156bbb8';
export const SECURITY_READER = '5d6b6bb7-de71-4623-b4af-96380a352509';
export const EXCHANGE_ADMIN = '29232cdf-9323-42fd-ade2-1d097af3e4de';
/** The activated role's own id, which policies do not go by. */
export const GLOBAL_ADMIN_OBJECT = id('a', 1);

export const AZURE_MANAGEMENT = '797f4846-ba00-4fd7-ba43-dac1f8f63013';
export const AZURE_PORTAL = 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c';
export const EXCHANGE = '00000002-0000-0ff1-ce00-000000000000';
export const SHAREPOINT = '00000003-0000-0ff1-ce00-000000000000';
export const LINE_OF_BUSINESS = id('f', 1);

export const MFA_STRENGTH = '00000000-0000-0000-0000-000000000002';
export const PASSWORDLESS = '00000000-0000-0000-0000-000000000003';
export const PHISHING_RESISTANT = '00000000-0000-0000-0000-000000000004';
export const OWN_STRENGTH = id('e', 1);
export const GONE_STRENGTH = id('e', 9);
export const TERMS = id('e', 21);
export const OTHER_TERMS = id('e', 22);

/** 198.51.100.0/24, trusted. */
export const OFFICE = id('9', 1);
export const LOWER_HALF = id('9', 2);
export const UPPER_HALF = id('9', 3);
/** 2001:db8:1::/48, trusted. */
export const OFFICE_V6 = id('9', 4);
export const GERMANY = id('9', 5);
/** Antarctica, and whatever belongs to no country. */
export const NO_COUNTRY = id('9', 6);
export const NO_RANGES = id('9', 7);
export const EVERY_V4 = id('9', 8);
export const EVERY_V6 = id('9', 9);
/** By where the Authenticator app says the phone is. */
export const GERMANY_BY_PHONE = id('9', 10);
/** Of known countries the same one. */
export const ANTARCTICA = id('9', 11);
/** Was deleted. */
export const GONE_PLACE = id('9', 99);
/** Stands for Global Secure Access, by way of which nobody comes here (Entra docs, how-to-compliant-network). */
export const COMPLIANT_NETWORK = '3d46dbda-8382-466a-856d-eb00cbc6b910';
/** Stands for the trusted addresses of the old per-user MFA settings. */
export const MFA_TRUSTED = '00000000-0000-0000-0000-000000000000';

const USERS: readonly User[] = [
  { id: EMERGENCY, displayName: 'Emergency 1', userType: 'Member' },
  { id: SECOND, displayName: 'Emergency 2', userType: 'Member' },
  { id: PARTNER, displayName: 'Emergency of the provider', userType: 'Guest', creationType: 'Invitation' },
  { id: STAFF, displayName: 'Somebody', userType: 'Member' },
  { id: LODGER, displayName: 'Emergency of the landlord', userType: 'Guest' },
];

const GROUPS: readonly Group[] = [
  { id: BREAK_GLASS, members: [INNER] },
  { id: INNER, members: [EMERGENCY] },
  { id: TIER0, members: [BREAK_GLASS, ADMINS] },
  { id: ADMINS, members: [SECOND, DEPUTIES] },
  { id: DEPUTIES, members: [STAFF] },
  { id: EVERYBODY, members: [EMERGENCY, SECOND, STAFF] },
  { id: NEIGHBOURS, members: [STAFF] },
  { id: EMPTY, members: [] },
  { id: HOLLOW, members: [EMPTY] },
  { id: PARTNERS, members: [PARTNER] },
  { id: LOOP, members: [LOOP_END] },
  { id: LOOP_END, members: [LOOP, EMERGENCY] },
  { id: IDLE_LOOP, members: [IDLE_LOOP_END] },
  { id: IDLE_LOOP_END, members: [IDLE_LOOP] },
];

const ROLES: readonly DirectoryRole[] = [
  { id: GLOBAL_ADMIN_OBJECT, roleTemplateId: GLOBAL_ADMIN, members: [EMERGENCY] },
  { id: id('a', 2), roleTemplateId: PRIVILEGED_ROLE_ADMIN, members: [ADMINS] },
  { id: id('a', 3), roleTemplateId: HELPDESK, members: [STAFF] },
  { id: id('a', 4), roleTemplateId: SECURITY_READER, members: [TIER0] },
];

const NAMED_LOCATIONS: readonly JsonObject[] = [
  addresses(OFFICE, true, '198.51.100.0/24'),
  addresses(LOWER_HALF, false, '198.51.100.0/25'),
  addresses(UPPER_HALF, false, '198.51.100.128/25'),
  addresses(OFFICE_V6, true, '2001:db8:1::/48'),
  countries(GERMANY, false, 'DE'),
  countries(NO_COUNTRY, true, 'AQ'),
  countries(ANTARCTICA, false, 'AQ'),
  addresses(NO_RANGES, false),
  addresses(EVERY_V4, false, '0.0.0.0/1', '128.0.0.0/1'),
  addresses(EVERY_V6, false, '::/0'),
  { ...countries(GERMANY_BY_PHONE, false, 'DE'), countryLookupMethod: 'authenticatorAppGps' },
];

export function addresses(locationId: string, isTrusted: boolean, ...ranges: readonly string[]): JsonObject {
  const family = (range: string): string => (range.includes(':') ? 'iPv6CidrRange' : 'iPv4CidrRange');
  return {
    '@odata.type': '#microsoft.graph.ipNamedLocation',
    id: locationId,
    displayName: locationId,
    isTrusted,
    ipRanges: ranges.map((range) => ({
      '@odata.type': `#microsoft.graph.${family(range)}`,
      cidrAddress: range,
    })),
  };
}

function countries(
  locationId: string,
  includeUnknownCountriesAndRegions: boolean,
  ...codes: string[]
): JsonObject {
  return {
    '@odata.type': '#microsoft.graph.countryNamedLocation',
    id: locationId,
    displayName: locationId,
    countriesAndRegions: codes,
    includeUnknownCountriesAndRegions,
    countryLookupMethod: 'clientIpAddress',
  };
}

/** What a simulated tenant needs to be this one. */
export const TENANT_OPTIONS = {
  users: USERS,
  groups: GROUPS,
  roles: ROLES,
  namedLocations: NAMED_LOCATIONS,
  strengths: [strength(OWN_STRENGTH, 'Keys of two makers', ['fido2'])],
};

/** What an app can read of the places: the old MFA settings are not among it. */
export const PLACES: NamedLocations = {
  list: NAMED_LOCATIONS.flatMap((raw) => readNamedLocation(raw) ?? []),
  mfaTrustedRanges: null,
};

/** What there is: the old MFA settings trust nobody. */
export const TRUE_PLACES: NamedLocations = { ...PLACES, mfaTrustedRanges: [] };

const GUEST_TYPES: Readonly<Record<string, string>> = {
  [PARTNER]: 'b2bCollaborationGuest',
  [LODGER]: 'internalGuest',
};

/** Everything there is to know of a person. */
export function factsOf(userId: string): ProtectedFacts & { readonly groups: readonly string[] } {
  const groups = groupsOf(
    {
      users: new Map(),
      groups: new Map(GROUPS.map((group) => [group.id, group])),
      roles: new Map(),
    },
    userId,
  );
  const roles = ROLES.filter(({ members }) =>
    members.some((holder) => holder === userId || groups.has(holder)),
  ).map(({ roleTemplateId }) => roleTemplateId);
  const guestType = GUEST_TYPES[userId] ?? null;
  const homeTenantId = userId === PARTNER ? HOME : null;
  return { id: userId, groups: [...groups], roles, guestType, homeTenantId };
}
