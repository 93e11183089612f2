import { formatAddress, holdsAddress, parseAddress, turningPoints } from './addresses.ts';
import { APP_GROUPS, matchesTarget, type Targets } from './apps.ts';
import type { CompiledPolicy, DeviceFilter } from './compile.ts';
import { matchesClientApp, matchesDevice, matchesLevel, matchesPlatform } from './evaluate.ts';
import { type LocationCondition, matchesLocation, type Places } from './locations.ts';
import type { Options } from './options.ts';
import { type Goal, satisfy } from './satisfy.ts';
import type { Device, Location, SignIn, Target } from './signIn.ts';
import { couldBe, type Truth, unknown } from './truth.ts';

/** A sign-in without who it is: the part of the space of sign-ins that one policy looks at in independent pieces. */
export type Circumstances = Omit<SignIn, 'identity'>;

/** Where a policy reaches. */
export interface Reach {
  /** One sign-in the policy applies to, as far as we can tell; every piece of it is given. */
  readonly example: Required<Circumstances>;
  /** False: whether it applies there hangs on something we cannot read. */
  readonly isCertain: boolean;
}

/** One value of a piece, and whether a policy's condition on it holds. */
interface Found<T> {
  readonly value: T;
  readonly truth: Truth;
}

/**
 * A sign-in the policy applies to, or null where there is none at all.
 *
 * Each condition looks at a piece of the sign-in that no other condition looks at, and the policy applies where all hold.
 * So the sign-ins it applies to are a product, and a product is empty only where a factor is: each piece is decided alone,
 * in time that grows with what the policy names and not with the number of combinations.
 */
export function reachOf(policy: CompiledPolicy): Reach | null {
  const pieces = {
    target: first(targetsFor(policy.targets), (target) => matchesTarget(policy.targets, target)),
    clientApp: first(CLIENT_APPS, (app) => matchesClientApp(policy.clientApps, app)),
    platform: first(PLATFORMS, (name) => matchesPlatform(policy.platforms, name)),
    location: findLocation(policy.location),
    device: findDevice(policy.deviceFilter),
    signInRisk: findLevel(policy.signInRisk),
    userRisk: findLevel(policy.userRisk),
    servicePrincipalRisk: findLevel(policy.servicePrincipalRisk),
    insiderRisk: findLevel(policy.insiderRisk),
    authenticationFlow: findLevel(policy.authenticationFlow),
  };
  if (Object.values(pieces).some((piece) => piece === undefined)) return null;
  const found = pieces as {
    readonly [Name in keyof typeof pieces]: Exclude<(typeof pieces)[Name], undefined>;
  };
  const isCertain = policy.unread.length === 0 && Object.values(found).every(({ truth }) => truth === true);
  const example = Object.fromEntries(Object.entries(found).map(([name, { value }]) => [name, value]));
  return { example: example as unknown as Required<Circumstances>, isCertain };
}

/** A value for which a condition holds; failing that, one for which it cannot be ruled out. */
function first<T>(values: Iterable<T>, match: (value: T) => Truth): Found<T> | undefined {
  let possible: Found<T> | undefined;
  for (const value of values) {
    const truth = match(value);
    if (truth === true) return { value, truth };
    if (couldBe(truth)) possible ??= { value, truth };
  }
  return possible;
}

const AZURE_MANAGEMENT = '797f4846-ba00-4fd7-ba43-dac1f8f63013';

/** Targets of which every other target is like one, as far as these policies can tell them apart. */
export function* targetsFor(...all: readonly Targets[]): Iterable<Target> {
  const sides = all.flatMap(({ include, exclude }) => [include, exclude]);
  const named = new Set(sides.flatMap(({ ids }) => [...ids]));
  const members = sides.flatMap(({ groups }) =>
    groups.flatMap((name) => [...(APP_GROUPS[name]?.members ?? [])]),
  );
  // Where a policy is for everything, this is what an emergency account is for.
  yield app(AZURE_MANAGEMENT);
  yield app(anotherApp(named));
  for (const id of new Set([...named, ...members])) yield app(id);
  for (const action of new Set(all.flatMap(({ actions }) => actions))) yield { kind: 'userAction', action };
  for (const value of new Set(all.flatMap(({ contexts }) => contexts))) yield { kind: 'authContext', value };
  yield { kind: 'userAction', action: 'another action' };
  yield { kind: 'authContext', value: 'another context' };
}

function app(id: string): Target {
  return { kind: 'app', appIds: [id] };
}

function anotherApp(named: ReadonlySet<string>): string {
  for (let n = 0; ; n += 1) {
    const id = `ffffffff-ffff-4fff-bfff-${n.toString(16).padStart(12, '0')}`;
    if (!named.has(id)) return id;
  }
}

export const CLIENT_APPS: readonly string[] = [
  'browser',
  'mobileAppsAndDesktopClients',
  'exchangeActiveSync',
  'other',
];
export const PLATFORMS: readonly string[] = [
  'windows',
  'macOS',
  'linux',
  'iOS',
  'android',
  'windowsPhone',
  'unknown',
];
/** Levels of every kind of risk, and transfer methods: one of another kind is like one that is not listed. */
export const LEVELS: readonly string[] = [
  'none',
  'low',
  'medium',
  'high',
  'hidden',
  'minor',
  'moderate',
  'elevated',
  'deviceCodeFlow',
  'authenticationTransfer',
];

function findLevel(levels: Options): Found<string> | undefined {
  return first(LEVELS, (level) => matchesLevel(levels, level, ''));
}

/** No range of anybody's (RFC 5737), so it stands for "some other address" where it can. */
const ELSEWHERE = '203.0.113.10';
/** A list with more ranges than this is tried at some places only; then it could match. */
const RANGES_MAX = 2_000;

function findLocation(condition: LocationCondition | null): Found<Required<Location>> | undefined {
  const match = (location: Location): Truth => matchesLocation(condition, location);
  const found = first(locationsFor(condition), match);
  if (found !== undefined || triesEveryPlace(condition)) return found;
  return { value: { ipAddress: ELSEWHERE, country: null }, truth: unknown('an address in so many ranges') };
}

/**
 * Places of which every other place is like one. Address and country are taken as independent: which country an address
 * belongs to, we do not know.
 */
export function* locationsFor(...all: readonly (LocationCondition | null)[]): Iterable<Required<Location>> {
  const conditions = all.filter((condition) => condition !== null);
  const sides = conditions.flatMap(({ include, exclude }) => [include, exclude]);
  const countries = countriesFor(sides);
  for (const ipAddress of addressesFor(sides)) for (const country of countries) yield { ipAddress, country };
}

function addressesFor(sides: readonly Places[]): readonly string[] {
  const ranges = sides.map((side) => side.ranges.slice(0, RANGES_MAX));
  const elsewhere = parseAddress(ELSEWHERE);
  const points = [...(elsewhere === undefined ? [] : [elsewhere]), ...turningPoints(...ranges)];
  return onePerKind(points, (point) => sides.map((side) => holdsAddress(side.ranges, point)).join()).map(
    formatAddress,
  );
}

function countriesFor(sides: readonly Places[]): readonly (string | null)[] {
  const named = new Set(sides.flatMap(({ countries }) => [...countries]));
  const other = twoLetters().find((code) => !named.has(code));
  const codes = [...(other === undefined ? [] : [other]), ...named, null];
  return onePerKind(codes, (code) =>
    sides.map((side) => (code === null ? side.hasUnknownCountries : side.countries.has(code))).join(),
  );
}

/** From ZZ, which is no country, down. */
function twoLetters(): readonly string[] {
  const letters = [...'ZYXWVUTSRQPONMLKJIHGFEDCBA'];
  return letters.flatMap((one) => letters.map((other) => `${one}${other}`));
}

function onePerKind<T>(values: readonly T[], kindOf: (value: T) => string): readonly T[] {
  const seen = new Map<string, T>();
  for (const value of values) {
    const kind = kindOf(value);
    if (!seen.has(kind)) seen.set(kind, value);
  }
  return [...seen.values()];
}

/** Whether `locationsFor` these leaves out no kind of place. */
export function triesEveryPlace(...conditions: readonly (LocationCondition | null)[]): boolean {
  return conditions.every((condition) => condition === null || rangesIn(condition) <= RANGES_MAX);
}

function rangesIn({ include, exclude }: LocationCondition): number {
  return Math.max(include.ranges.length, exclude.ranges.length);
}

function findDevice(filter: DeviceFilter | null): Found<Device> | undefined {
  const goal = filter === null ? null : filterGoal(filter, true);
  if (goal === null) return { value: 'unregistered', truth: matchesDevice(filter, 'unregistered') };
  return findDeviceFor([goal]);
}

/** @returns null for a filter that cannot be read */
export function filterGoal(filter: DeviceFilter, isMet: boolean): Goal | null {
  if (filter.rule.kind === 'unreadable' || filter.mode === 'unread') return null;
  return { rule: filter.rule.rule, is: (filter.mode === 'include') === isMet };
}

export function findDeviceFor(goals: readonly Goal[]): Found<Device> | undefined {
  const satisfied = satisfy(goals);
  switch (satisfied.kind) {
    case 'yes':
      return { value: satisfied.device, truth: true };
    case 'no':
      return undefined;
    case 'undecided':
      return { value: 'unregistered', truth: unknown('a device filter that cannot be decided') };
  }
}
