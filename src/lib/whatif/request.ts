import { GUEST_TYPES } from '../policy/fields.ts';
import { isWord } from '../policy/values.ts';
import { parseAddress } from './addresses.ts';
import { GPS, type NamedLocation } from './locations.ts';
import {
  DEVICE_ATTRIBUTES,
  type Device,
  type DeviceAttribute,
  type DeviceValue,
  type Identity,
  type Location,
  type SignIn,
  type Target,
} from './signIn.ts';

/** What is wrong with one member of a question. */
export interface RequestProblem {
  /** Dotted path of the member. */
  readonly path: string;
  /** Reads on after the path. */
  readonly message: string;
}

/** A What If question in Graph's own form (`conditionalAccessRoot: evaluate`), with what is known of the directory beside it. */
export type RequestRead =
  | { readonly ok: true; readonly signIn: SignIn; readonly namedLocations: readonly NamedLocation[] | null }
  | { readonly ok: false; readonly problems: readonly RequestProblem[] };

type Json = Readonly<Record<string, unknown>>;

/** Collects what is wrong, so that every problem is told at once. */
type Complain = (path: string, message: string) => undefined;

/**
 * Reads the body of `POST /identity/conditionalAccess/evaluate`, with the optional member `facts` {groups, roles,
 * userType, homeTenantId, namedLocations}. Never throws; reports every problem at once.
 */
export function readRequest(body: unknown): RequestRead {
  const problems: RequestProblem[] = [];
  const complain: Complain = (path, message) => {
    problems.push({ path, message });
    return undefined;
  };
  const { signInIdentity, signInContext, signInConditions, facts } = members(body, '', complain);
  const known = members(facts ?? {}, 'facts', complain);
  const identity = readIdentity(members(signInIdentity, 'signInIdentity', complain), known, complain);
  const target = readTarget(members(signInContext, 'signInContext', complain), complain);
  const conditions = readConditions(members(signInConditions ?? {}, 'signInConditions', complain), complain);
  const { namedLocations = null } = known;
  if (namedLocations !== null && !Array.isArray(namedLocations))
    complain('facts.namedLocations', 'is not a list');
  if (problems.length > 0 || identity === undefined) return { ok: false, problems };
  return {
    ok: true,
    signIn: { identity, ...(target === undefined ? {} : { target }), ...conditions },
    namedLocations: Array.isArray(namedLocations)
      ? namedLocations.flatMap((raw) => readNamedLocation(raw) ?? [])
      : null,
  };
}

/** Graph's default (countryNamedLocation: countryLookupMethod). */
const BY_ADDRESS = 'clientIpAddress';

/** A named location as Graph gives it; undefined for what has no id. */
export function readNamedLocation(raw: unknown): NamedLocation | undefined {
  if (!isObject(raw) || typeof raw.id !== 'string') return undefined;
  const id = raw.id.toLowerCase();
  const { ipRanges, countriesAndRegions, countryLookupMethod } = raw;
  if (isList(ipRanges)) {
    const ranges = ipRanges.map((range) => (isObject(range) ? String(range.cidrAddress) : String(range)));
    return { kind: 'ip', id, isTrusted: raw.isTrusted === true, ranges };
  }
  if (isList(countriesAndRegions) && isWord(countryLookupMethod, GPS)) return { kind: 'gps', id };
  if (isList(countriesAndRegions) && isWord(countryLookupMethod ?? BY_ADDRESS, BY_ADDRESS)) {
    return {
      kind: 'country',
      id,
      countries: countriesAndRegions.map(String),
      includeUnknownCountriesAndRegions: raw.includeUnknownCountriesAndRegions === true,
    };
  }
  return { kind: 'unread', id };
}

function readIdentity(identity: Json, facts: Json, complain: Complain): Identity | undefined {
  const { userId, servicePrincipalId } = identity;
  const userType = facts.userType ?? identity.externalUserType;
  const groups = ids(facts.groups, 'facts.groups', complain);
  const roles = ids(facts.roles, 'facts.roles', complain);
  if (typeof servicePrincipalId === 'string') {
    return { kind: 'workload', servicePrincipalId: servicePrincipalId.toLowerCase() };
  }
  if (typeof userId !== 'string') {
    return complain('signInIdentity', 'names neither a userId nor a servicePrincipalId');
  }
  const guestType = readGuestType(userType);
  const home = facts.homeTenantId ?? identity.externalTenantId;
  return {
    kind: 'user',
    id: userId.toLowerCase(),
    ...(groups === undefined ? {} : { groups }),
    ...(roles === undefined ? {} : { roles }),
    ...(guestType === undefined ? {} : { guestType }),
    ...(isWord(userType, 'guest') ? { isGuest: true } : {}),
    ...(typeof home === 'string' ? { homeTenantId: home.toLowerCase() } : {}),
    ...(guestType === null ? { homeTenantId: null } : {}),
  };
}

/** `member` is no guest; `guest` alone does not say which of the six kinds. */
function readGuestType(said: unknown): string | null | undefined {
  if (isWord(said, 'member')) return null;
  return GUEST_TYPES.find((type) => isWord(said, type));
}

/** How a question and a policy spell the same action (Graph, whatIf userAction against conditionalAccessApplications). */
const ACTIONS: Readonly<Record<string, string>> = {
  registersecurityinformation: 'urn:user:registersecurityinfo',
  registerorjoindevices: 'urn:user:registerdevice',
};

function readTarget(context: Json, complain: Complain): Target | undefined {
  const { includeApplications, userAction, authenticationContextValue } = context;
  if (isList(includeApplications)) {
    const appIds = ids(includeApplications, 'signInContext.includeApplications', complain) ?? [];
    return { kind: 'app', appIds };
  }
  if (typeof userAction === 'string') {
    const action = userAction.toLowerCase();
    return { kind: 'userAction', action: ACTIONS[action] ?? action };
  }
  if (typeof authenticationContextValue === 'string') {
    return { kind: 'authContext', value: authenticationContextValue.toLowerCase() };
  }
  return undefined;
}

/** `all` is the default of these two in Graph's schema: it says that nothing was chosen. */
const CLIENT_APPS = ['browser', 'mobileAppsAndDesktopClients', 'exchangeActiveSync', 'other'];
const PLATFORMS = ['android', 'iOS', 'linux', 'macOS', 'windows', 'windowsPhone', 'unknown'];
const RISKS = ['none', 'low', 'medium', 'high', 'hidden'];
const INSIDER_RISKS = ['none', 'minor', 'moderate', 'elevated'];
const FLOWS = ['none', 'deviceCodeFlow', 'authenticationTransfer'];

function readConditions(raw: Json, complain: Complain): Omit<SignIn, 'identity' | 'target'> {
  const choice = (
    name: string,
    values: readonly string[],
    value: unknown = raw[name],
  ): string | undefined => {
    if (value === undefined || value === null || isWord(value, 'all')) return undefined;
    const found = values.find((known) => isWord(value, known));
    return found ?? complain(`signInConditions.${name}`, `is none of ${values.join(', ')}`);
  };
  const flow = isObject(raw.authenticationFlow) ? (raw.authenticationFlow.transferMethod ?? null) : undefined;
  const clientApp = isWord(raw.clientAppType, 'easSupported')
    ? 'exchangeActiveSync'
    : choice('clientAppType', CLIENT_APPS);
  return given({
    clientApp,
    platform: choice('devicePlatform', PLATFORMS),
    location: readLocation(raw, complain),
    device: readDevice(raw.deviceInfo, complain),
    signInRisk: choice('signInRiskLevel', RISKS),
    userRisk: choice('userRiskLevel', RISKS),
    servicePrincipalRisk: choice('servicePrincipalRiskLevel', RISKS),
    insiderRisk: choice('insiderRiskLevel', INSIDER_RISKS),
    authenticationFlow: choice('authenticationFlow', FLOWS, flow),
  });
}

function readLocation({ ipAddress, country }: Json, complain: Complain): Location | undefined {
  const hasAddress = typeof ipAddress === 'string' && ipAddress !== '';
  if (hasAddress && parseAddress(ipAddress) === undefined) {
    return complain('signInConditions.ipAddress', 'is no IP address');
  }
  const wrongCountry = typeof country === 'string' && country !== '' ? countryProblem(country) : undefined;
  if (wrongCountry !== undefined) return complain('signInConditions.country', wrongCountry);
  const location = given({
    ipAddress: hasAddress ? ipAddress : undefined,
    country: typeof country === 'string' && country !== '' ? country.toUpperCase() : undefined,
  });
  return Object.keys(location).length === 0 ? undefined : location;
}

/** What has a name among regions and is reserved in ISO 3166, or free for anybody's use; XK is in use for Kosovo. */
const NO_COUNTRY = /AC|CP|CQ|DG|EA|EU|EZ|IC|Q[M-Z]|TA|UN|X[^K]|ZZ/;

/** Why a text is no code of a country; undefined where it is one. A code that was replaced says by which. */
function countryProblem(text: string): string | undefined {
  const wrong = 'is no country code of ISO 3166 (two letters, such as DE)';
  if (!/^[a-z]{2}$/i.test(text)) return wrong;
  const code = text.toUpperCase();
  const { region } = new Intl.Locale(`und-${code}`);
  if (region !== code) return `${wrong}; for ${code} write ${region}`;
  // Made where it is asked for: it takes longer than all else here, and every run loads this file.
  const regions = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });
  return regions.of(code) === undefined || NO_COUNTRY.test(code) ? wrong : undefined;
}

/** Names that differ between a question and a filter rule. */
const DEVICE_NAMES: Readonly<Record<string, DeviceAttribute>> = { ownership: 'deviceOwnership' };

function readDevice(raw: unknown, complain: Complain): Device | undefined {
  if (raw === undefined || raw === null) return undefined;
  const device: Partial<Record<DeviceAttribute, DeviceValue>> = {};
  for (const [name, value] of Object.entries(members(raw, 'signInConditions.deviceInfo', complain))) {
    if (name.includes('@odata.') || value === null) continue;
    const attribute = DEVICE_NAMES[name] ?? DEVICE_ATTRIBUTES.find((known) => isWord(name, known));
    if (attribute === undefined)
      complain(`signInConditions.deviceInfo.${name}`, 'is no attribute of a device');
    else if (attribute === 'isCompliant' && !isTruthValue(value))
      complain('signInConditions.deviceInfo.isCompliant', 'is neither true nor false');
    else if (isDeviceValue(value)) device[attribute] = value;
    else complain(`signInConditions.deviceInfo.${name}`, 'is neither text, true, false nor a list of texts');
  }
  return device;
}

/** A text as well, in any letter case, as in filter rules. */
function isTruthValue(value: unknown): boolean {
  return typeof value === 'boolean' || isWord(value, 'true') || isWord(value, 'false');
}

function isDeviceValue(value: unknown): value is DeviceValue {
  return (
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    (isList(value) && value.every((element) => typeof element === 'string'))
  );
}

function ids(value: unknown, path: string, complain: Complain): readonly string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isList(value) || !value.every((id) => typeof id === 'string'))
    return complain(path, 'is not a list of ids');
  return value.map((id) => id.toLowerCase());
}

function members(value: unknown, path: string, complain: Complain): Json {
  if (isObject(value)) return value;
  complain(path, value === undefined ? 'is missing' : 'is not an object');
  return {};
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isList(value: unknown): value is readonly unknown[] {
  return Array.isArray(value);
}

type Given<T> = { [Name in keyof T]?: Exclude<T[Name], undefined> };

/** Leaves out what was not given: absent and undefined are two things. */
function given<T extends object>(members: T): Given<T> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined)) as Given<T>;
}
