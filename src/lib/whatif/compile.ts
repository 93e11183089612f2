import { BETA_ONLY, FIELDS } from '../policy/fields.ts';
import type { FieldPath, Policy, PolicyId, PolicyKey, Unrecognised } from '../policy/model.ts';
import { asSet, isEmptyRaw } from '../policy/values.ts';
import { compileTargets, type Targets } from './apps.ts';
import { type ParsedRule, parseRule } from './deviceFilter.ts';
import { compileGrant, type Grant } from './grant.ts';
import {
  compileLocations,
  type LocationCondition,
  type LocationOf,
  type NamedLocations,
} from './locations.ts';
import { compileOptions, type Options } from './options.ts';
import { type Assignment, compileAssignment } from './people.ts';
import { compileSession, type Frequency, frequencyOf, type SessionControl } from './session.ts';

/** One policy of the set, real or only planned. */
export interface PolicyEntry {
  /** null: not in the tenant yet. */
  readonly id: PolicyId | null;
  /** null: not ours. */
  readonly key: PolicyKey | null;
  readonly displayName: string;
  readonly policy: Policy;
  /** What the field table did not know in it. Left out, all of it was understood. */
  readonly unrecognised?: readonly Unrecognised[];
}

export interface CompiledPolicy {
  readonly entry: PolicyEntry;
  /** Its object id, or else its key. */
  readonly name: string;
  /** A state we do not know may be enforced. */
  readonly state: 'enabled' | 'reportOnly' | 'disabled' | 'unread';
  readonly assignment: Assignment;
  readonly targets: Targets;
  readonly clientApps: Options;
  readonly platforms: { readonly include: Options; readonly exclude: Options };
  readonly location: LocationCondition | null;
  readonly deviceFilter: DeviceFilter | null;
  readonly signInRisk: Options;
  readonly userRisk: Options;
  readonly servicePrincipalRisk: Options;
  readonly insiderRisk: Options;
  readonly authenticationFlow: Options;
  /** Conditions we do not know: each may spare the sign-in. */
  readonly unread: readonly string[];
  readonly grant: Grant;
  readonly session: readonly SessionControl[];
  readonly frequency: Frequency | null;
}

export interface DeviceFilter {
  /** `unread`: we do not know whether the matching ones are meant or spared. */
  readonly mode: 'include' | 'exclude' | 'unread';
  readonly rule: ParsedRule;
}

export interface CompiledSet {
  readonly policies: readonly CompiledPolicy[];
}

/** Turns a set of policies into a form in which judging a sign-in costs little. */
export function compile(entries: readonly PolicyEntry[], locations: NamedLocations): CompiledSet {
  const locationOf = compileLocations(locations);
  const rules = new Map<string, ParsedRule>();
  const ruleOf = (text: string): ParsedRule => {
    const rule = rules.get(text) ?? parseRule(text);
    rules.set(text, rule);
    return rule;
  };
  return { policies: entries.map((entry) => compilePolicy(entry, locationOf, ruleOf)) };
}

function compilePolicy(
  entry: PolicyEntry,
  locationOf: LocationOf,
  ruleOf: (text: string) => ParsedRule,
): CompiledPolicy {
  const { policy } = entry;
  const name = entry.id ?? entry.key ?? entry.displayName;
  const unread = unreadPaths(entry);
  const under = (object: string): readonly string[] =>
    unread.filter((path) => isWithin(path, object) || isWithin(object, path));
  const isTargetExclusion = (path: string): boolean => path.startsWith('conditions.applications.exclude');
  /** What was not understood of a condition may let it reach further; exclusions cannot. */
  const widening = (object: string): readonly string[] =>
    under(object).filter((path) => !path.startsWith(`${object}.exclude`));
  const options = (path: FieldPath, object: string = path): Options =>
    compileOptions(policy, path, widening(object));
  return {
    entry,
    name,
    state: stateOf(policy),
    assignment: compileAssignment(policy, [
      ...under('conditions.users'),
      ...inPlaceOf(entry, 'conditions.users', 'conditions.clientApplications'),
      ...broughtInBySync(policy),
    ]),
    targets: compileTargets(policy, [
      ...widening('conditions.applications'),
      ...inPlaceOf(entry, 'conditions.applications'),
    ]),
    clientApps: clientAppsOf(options('conditions.clientAppTypes')),
    platforms: {
      include: options('conditions.platforms.includePlatforms', 'conditions.platforms'),
      exclude: compileOptions(policy, 'conditions.platforms.excludePlatforms'),
    },
    location: locationOf(policy, widening('conditions.locations')),
    deviceFilter: deviceFilterOf(policy, widening('conditions.devices'), ruleOf),
    signInRisk: options('conditions.signInRiskLevels'),
    userRisk: options('conditions.userRiskLevels'),
    servicePrincipalRisk: options('conditions.servicePrincipalRiskLevels'),
    insiderRisk: options('conditions.insiderRiskLevels'),
    authenticationFlow: options(
      'conditions.authenticationFlows.transferMethods',
      'conditions.authenticationFlows',
    ),
    unread: unread.filter(
      (path) =>
        isTargetExclusion(path) ||
        (isWithin(path, 'conditions') &&
          !isWithin(path, 'conditions.users') &&
          !isWithin(path, 'conditions.applications')),
    ),
    grant: compileGrant(policy, under('grantControls')),
    session: compileSession(policy, name, under('sessionControls')),
    frequency: frequencyOf(policy),
  };
}

/**
 * An unknown value of a known list is kept in the list; everything else that was not understood is only here. A kind of
 * membership is the one value that canonical form settles anew, so that an unknown one is not to be seen there.
 */
function unreadPaths({ unrecognised = [] }: PolicyEntry): readonly string[] {
  const isKept = (path: string, reason: Unrecognised['reason']): boolean =>
    reason === 'unknownValue' && !path.endsWith('.membershipKind');
  return unrecognised
    .filter(({ empty, path, reason }) => !empty && !isKept(path, reason))
    .map(({ path }) => path);
}

/**
 * A policy that names nobody, or nothing, where we look for it may name them in a condition we do not know. The
 * conditions that only beta has name neither people nor resources of theirs.
 */
function inPlaceOf(
  { policy, unrecognised = [] }: PolicyEntry,
  ...objects: readonly string[]
): readonly string[] {
  const named = FIELDS.filter(
    ({ object, path }) => objects.includes(object) && !path.startsWith(`${object}.exclude`),
  );
  if (named.some(({ path }) => !isEmptyRaw(policy[path]))) return [];
  return unrecognised
    .filter(({ empty, object, path, reason }) => !empty && reason === 'unknownMember' && object === path)
    .map(({ path }) => path)
    .filter((path) => isWithin(path, 'conditions') && !BETA_ONLY.has(path));
}

/**
 * A policy that names Exchange ActiveSync clients is for all users where it is for roles or guests (Entra docs,
 * concept-conditional-access-conditions, Exchange ActiveSync clients). Whether with other clients too is not said.
 */
function broughtInBySync(policy: Policy): readonly string[] {
  const clients = asSet(policy['conditions.clientAppTypes']);
  const isForSync = ['exchangeActiveSync', 'easSupported'].some((client) => clients.includes(client));
  const isForSome = ['includeRoles', 'includeGuestsOrExternalUsers.guestOrExternalUserTypes'].some(
    (name) => asSet(policy[`conditions.users.${name}`]).length > 0,
  );
  return isForSync && isForSome ? ['whom Exchange ActiveSync clients bring in'] : [];
}

function isWithin(path: string, object: string): boolean {
  return path === object || path.startsWith(`${object}.`);
}

function stateOf({ state }: Policy): CompiledPolicy['state'] {
  if (state === 'enabled' || state === 'disabled') return state;
  return state === 'enabledForReportingButNotEnforced' ? 'reportOnly' : 'unread';
}

/** Canonical form takes a list it cannot read for none, and none for all; here nothing is known of it. */
function clientAppsOf({ values, odd }: Options): Options {
  const isGuess = values.length === 1 && values.includes('all') && odd.length > 0;
  return { values: isGuess ? odd : values, odd };
}

function deviceFilterOf(
  policy: Policy,
  unread: readonly string[],
  ruleOf: (text: string) => ParsedRule,
): DeviceFilter | null {
  const { mode, text } = {
    mode: policy['conditions.devices.deviceFilter.mode'],
    text: policy['conditions.devices.deviceFilter.rule'],
  };
  if (typeof text !== 'string') return null;
  const rule: ParsedRule =
    unread.length > 0
      ? { kind: 'unreadable', why: `${unread.join(', ')} beside it was not understood` }
      : ruleOf(text);
  return { mode: mode === 'include' || mode === 'exclude' ? mode : 'unread', rule };
}
