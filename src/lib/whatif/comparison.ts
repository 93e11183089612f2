import { FIELDS } from '../policy/fields.ts';
import type { Unrecognised } from '../policy/model.ts';
import { sameValue } from '../policy/values.ts';
import { matchesTarget } from './apps.ts';
import type { CompiledPolicy } from './compile.ts';
import { demandOf, isEnforced, MODERN_CLIENTS, outageDemandOf } from './demand.ts';
import { matchesClientApp, matchesLevel, matchesPlatform } from './evaluate.ts';
import { asksForProof, controlsMet, unmet, waysThrough } from './grant.ts';
import { asksForGps, GPS, matchesLocation } from './locations.ts';
import { matchesIdentity } from './people.ts';
import {
  CLIENT_APPS,
  filterGoal,
  findDeviceFor,
  LEVELS,
  locationsFor,
  PLATFORMS,
  targetsFor,
  triesEveryPlace,
} from './reach.ts';
import { sessionBlock } from './session.ts';
import type { UserIdentity } from './signIn.ts';
import { couldBe, type Truth } from './truth.ts';

/**
 * Whether everything a policy that is enforced now does to somebody, it surely did to them before. What hangs on the
 * policies alone, and can be long to find out, is found out once for everybody.
 */
export function doesNoMore(
  now: CompiledPolicy,
  old: CompiledPolicy,
  met: ReadonlySet<string>,
): (person: UserIdentity) => boolean {
  const isNoMore =
    (old.state === 'enabled' || (isEnforced(old) && isSame(now, old, 'state'))) &&
    (old.unread.length === 0 || hasSameUnread(now, old, 'conditions')) &&
    asksNoMore(now, old, met) &&
    !reachesFurther(now, old);
  const isForAllTheSame = isForTheSame(now, old, met);
  return (person) => isNoMore && (isForAllTheSame || matchesIdentity(old.assignment, person) === true);
}

/**
 * Whether both are for the same people. Resilience defaults decide whom a policy is for in an outage; and other conditions
 * may bring people in: which clients it is for, and, beside workloads, one that was not understood.
 */
function isForTheSame(now: CompiledPolicy, old: CompiledPolicy, met: ReadonlySet<string>): boolean {
  const broughtIn = old.assignment.include.unread;
  return (
    isSame(now, old, 'conditions.users') &&
    now.assignment.include.unread.every((name) => broughtIn.includes(name)) &&
    (outageDemandOf(now, met) === undefined || outageDemandOf(old, met) !== undefined)
  );
}

/** Whether nobody who meets these controls, and perhaps others, got in before and is kept out now. */
function asksNoMore(now: CompiledPolicy, old: CompiledPolicy, met: ReadonlySet<string>): boolean {
  if (demandOf(old, met) === undefined) return false;
  const asksPhone =
    !isSame(now, old, 'conditions.locations') && !met.has(GPS) && asksForGps(now.location) !== false;
  // A phone is asked wherever it is, beyond the places that are compared.
  if (letNobodyIn(old)) return !asksPhone || old.location === null;
  return (
    !asksPhone &&
    grantsNoLess(now, old, met) &&
    (isSame(now, old, 'sessionControls') || hasNoNewSessionBlock(now, old, met))
  );
}

function letNobodyIn(old: CompiledPolicy): boolean {
  return old.grant.kind === 'block' || isForOldClientsAlone(old);
}

/** An unknown control of a list is one more control; anything else not understood may have let anybody in. */
function isGrantUnderstood(policy: CompiledPolicy): boolean {
  return unreadOf(policy, 'grantControls').every(
    ({ path, reason }) => reason === 'unknownValue' && path !== 'grantControls.operator',
  );
}

/** Clients that cannot show a proof were kept out by any demand. */
function isForOldClientsAlone(policy: CompiledPolicy): boolean {
  return (
    asksForProof(policy.grant) &&
    isGrantUnderstood(policy) &&
    MODERN_CLIENTS.every((client) => matchesClientApp(policy.clientApps, client) === false)
  );
}

function grantsNoLess(now: CompiledPolicy, old: CompiledPolicy, met: ReadonlySet<string>): boolean {
  if (isSame(now, old, 'grantControls')) return true;
  // Clients that can show no proof got in where nothing was asked for.
  return (
    asksForProof(old.grant) &&
    isGrantUnderstood(old) &&
    waysThrough(old.grant).every(
      (way) => unmet(now.grant, new Set([...met, ...controlsMet(way)])).length === 0,
    )
  );
}

function hasNoNewSessionBlock(now: CompiledPolicy, old: CompiledPolicy, met: ReadonlySet<string>): boolean {
  const blocks = now.session.filter((control) => {
    const block = sessionBlock(control);
    return block !== undefined && !met.has(block.name);
  });
  return (
    (hasNothingUnread(now, 'sessionControls') || hasSameUnread(now, old, 'sessionControls')) &&
    blocks.every(({ control, value }) =>
      old.session.some((former) => former.control === control && former.value === value),
    )
  );
}

/** A product is within another exactly where each of its factors is, unless it is empty, which was seen to before. */
function reachesFurther(now: CompiledPolicy, old: CompiledPolicy): boolean {
  const factors: Readonly<Record<string, () => boolean>> = {
    'conditions.applications': () =>
      grows(targetsFor(now.targets, old.targets), ({ targets }, value) => matchesTarget(targets, value)),
    'conditions.clientAppTypes': () =>
      grows(CLIENT_APPS, ({ clientApps }, value) => matchesClientApp(clientApps, value)),
    'conditions.platforms': () =>
      grows(PLATFORMS, ({ platforms }, value) => matchesPlatform(platforms, value)),
    'conditions.locations': () =>
      !triesEveryPlace(now.location, old.location) ||
      grows(locationsFor(now.location, old.location), ({ location }, value) =>
        matchesLocation(location, value),
      ),
    'conditions.devices': () => devicesGrow(now, old),
    'conditions.signInRiskLevels': () => levelsGrow('signInRisk'),
    'conditions.userRiskLevels': () => levelsGrow('userRisk'),
    'conditions.servicePrincipalRiskLevels': () => levelsGrow('servicePrincipalRisk'),
    'conditions.insiderRiskLevels': () => levelsGrow('insiderRisk'),
    'conditions.authenticationFlows': () => levelsGrow('authenticationFlow'),
  };
  return Object.entries(factors).some(([object, hasGrown]) => !isSame(now, old, object) && hasGrown());

  function grows<T>(values: Iterable<T>, match: (policy: CompiledPolicy, value: T) => Truth): boolean {
    for (const value of values) if (couldBe(match(now, value)) && match(old, value) !== true) return true;
    return false;
  }

  function levelsGrow(name: Levelled): boolean {
    return grows(LEVELS, (policy, value) => matchesLevel(policy[name], value, name));
  }
}

type Levelled = 'signInRisk' | 'userRisk' | 'servicePrincipalRisk' | 'insiderRisk' | 'authenticationFlow';

function devicesGrow({ deviceFilter: now }: CompiledPolicy, { deviceFilter: old }: CompiledPolicy): boolean {
  if (old === null) return false;
  const spared = filterGoal(old, false);
  const hit = now === null ? undefined : filterGoal(now, true);
  if (spared === null || hit === null) return true;
  return findDeviceFor([spared, ...(hit === undefined ? [] : [hit])]) !== undefined;
}

/** One object of two policies, to the letter: what was not understood of it means the same in both. */
function isSame(one: CompiledPolicy, other: CompiledPolicy, object: string): boolean {
  const [left, right] = [one.entry.policy, other.entry.policy];
  return (
    FIELDS.every(({ path }) => !isWithin(path, object) || sameValue(left[path], right[path])) &&
    hasSameUnread(one, other, object)
  );
}

function hasSameUnread(one: CompiledPolicy, other: CompiledPolicy, object: string): boolean {
  const [left, right] = [unreadOf(one, object), unreadOf(other, object)];
  return (
    left.length === right.length &&
    left.every(
      ({ path, value }) => isWhole(value) && right.some((it) => it.path === path && it.value === value),
    )
  );
}

/** A long value was cut where it was noted down, so that two may look alike. */
function isWhole(value: string): boolean {
  return !value.endsWith('…');
}

function hasNothingUnread(policy: CompiledPolicy, object: string): boolean {
  return unreadOf(policy, object).length === 0;
}

/** A value that was not understood is part of everything below it, too. */
function unreadOf({ entry: { unrecognised = [] } }: CompiledPolicy, object: string): readonly Unrecognised[] {
  return unrecognised.filter(
    ({ empty, path }) => !empty && (isWithin(path, object) || isWithin(object, path)),
  );
}

function isWithin(path: string, object: string): boolean {
  return path === object || path.startsWith(`${object}.`);
}
