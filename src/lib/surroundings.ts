import type { ProtectedIdentities } from './desired.ts';
import { asFault } from './fault.ts';
import { type Change, isRepair, isWrite } from './plan.ts';
import { type ReferenceKind, referencesOf } from './policy/references.ts';
import { asSet } from './policy/values.ts';
import type { Ports, RawLocation, Surroundings } from './ports.ts';
import { nobodySeen, type ProtectedRead } from './protected.ts';
import type { Around } from './rules/rule.ts';
import { fingerprint, moveOf } from './sets.ts';
import { compile, type PolicyEntry } from './whatif/compile.ts';
import { NO_LOCATIONS_READ } from './whatif/locations.ts';
import { proveNoLockOut } from './whatif/proof.ts';
import { readNamedLocation } from './whatif/request.ts';

/** How old kept facts may be for a run that writes nothing. */
export const KEPT_MS = 3_600_000;

/** What there is to look around for. */
export interface Outlook {
  readonly identities: ProtectedIdentities;
  readonly allowedControls: readonly string[];
  /** The tenant's policies, ours and others. */
  readonly observed: readonly PolicyEntry[];
  /** What is written stands on nothing that was read before. */
  readonly changes: readonly Change[];
  /** Milliseconds since 1970 at which the run must end. */
  readonly deadlineAt: number;
}

/** What was seen. */
export interface Seen {
  readonly around: Around;
  /** Milliseconds since 1970 at which the protected identities were looked at. */
  readonly readAt: number;
  /** What could not be read or kept, in words. */
  readonly notes: readonly string[];
}

/** Looking around takes two looks, one after the other; together they get a quarter of the time there is. */
const LOOK_SHARE = 1 / 8;

/**
 * Reads who is protected and, where a judgement hangs on it, where the named locations are, whether security defaults
 * are on, and whether what rollouts name exists.
 *
 * A quiet run is content with what was kept in the last hour beside the very policies that are there now, as long as all
 * of it could be read. Never throws for weather, and never takes more than its share of the run's time: what could not
 * be read is unknown, and the proof takes it for the worst.
 */
export async function lookAround(outlook: Outlook, ports: Ports): Promise<Seen> {
  const { identities, allowedControls, observed } = outlook;
  const writes = outlook.changes.filter(isWrite);
  const beside = fingerprint(observed);
  const notes: string[] = [];
  const look = looking(ports.clock, outlook.deadlineAt, notes);

  const kept = writes.length > 0 ? undefined : await keptFor(identities, beside, ports, look);
  const named = newlyNamed(writes, identities);
  const wantsDefaults = writes.some(({ after }) => after.state === 'enabled');
  const [people, securityDefaults, absent] = await Promise.all([
    kept?.protected ?? readPeople(identities, ports, look),
    wantsDefaults
      ? look('security defaults could not be read', (at) => ports.directory.until(at).securityDefaults())
      : undefined,
    look('what new versions name could not be looked up', (at) => ports.directory.until(at).absent(named)),
  ]);
  notes.push(
    ...people.unread.map((reason) => `groups and roles of protected people could not be read: ${reason}`),
  );
  notes.push(
    ...(absent?.untold ?? []).map((reason) => `what new versions name could not be looked up: ${reason}`),
  );

  const entries = [...observed, ...outlook.changes.flatMap((change) => moveOf(change).states)];
  const wantsPlaces = named.locations.length > 0 || hangsOnPlaces(entries, people, allowedControls);
  const places =
    kept?.namedLocations ??
    (wantsPlaces
      ? await look('the named locations could not be read', (at) => ports.policies.namedLocations(at))
      : undefined);

  const readAt = kept?.readAt ?? ports.clock.now();
  const mattering = places?.filter(mattersTo(observed)) ?? null;
  const latest: Surroundings = { readAt, identities, beside, protected: people, namedLocations: mattering };
  if (isWorthKeeping(latest, kept)) {
    await look('the facts about protected identities could not be kept', () =>
      ports.surroundings.put(latest),
    );
  }
  const around = {
    identities: people.identities,
    people: people.people,
    namedLocations: locationsOf(places),
    allowedControls,
    securityDefaults: securityDefaults ?? null,
    absent: {
      users: absent?.users ?? [],
      groups: absent?.groups ?? [],
      locations: absentIn(places, named.locations),
    },
  };
  return { around, readAt, notes };
}

/** @param work gets the time, milliseconds since 1970, at which its share ends */
type Look = <T>(what: string, work: (deadlineAt: number) => Promise<T>) => Promise<T | undefined>;

/** Does a piece of work in its share of the time; undefined, and a note, where that fails. */
function looking(clock: Ports['clock'], deadlineAt: number, notes: string[]): Look {
  return async (what, work) => {
    const now = clock.now();
    try {
      return await work(now + Math.max(0, deadlineAt - now) * LOOK_SHARE);
    } catch (error) {
      notes.push(`${what}: ${asFault(error).message}`);
      return undefined;
    }
  };
}

async function readPeople(identities: ProtectedIdentities, ports: Ports, look: Look): Promise<ProtectedRead> {
  const read = await look('the protected identities could not be read', (at) =>
    ports.directory.until(at).protected(identities),
  );
  return read ?? nobodySeen(identities, 'The directory did not answer in time.');
}

async function keptFor(
  identities: ProtectedIdentities,
  beside: string,
  { surroundings, clock }: Ports,
  look: Look,
): Promise<Surroundings | undefined> {
  const kept = await look('the kept facts could not be read', () => surroundings.get());
  const ageMs = kept === undefined ? Number.NaN : clock.now() - kept.readAt;
  const isFresh = ageMs >= 0 && ageMs <= KEPT_MS;
  return kept !== undefined && isFresh && kept.beside === beside && isFor(kept, identities)
    ? kept
    : undefined;
}

/** Named locations as the evaluator takes them; what is in none that was read may be anywhere. */
export function locationsOf(raw: readonly RawLocation[] | null | undefined): Around['namedLocations'] {
  if (raw === null || raw === undefined) return NO_LOCATIONS_READ;
  return { list: raw.flatMap((location) => readNamedLocation(location) ?? []), mfaTrustedRanges: null };
}

/** The ids that rollouts name. Protected identities have been looked at, and have a rule of their own. */
function newlyNamed(writes: readonly Change[], { users, groups }: ProtectedIdentities): Around['absent'] {
  const references = writes
    .filter((change) => !isRepair(change))
    .flatMap((change) =>
      change.action === 'restore' ? [change.after, change.otherwise.after] : [change.after],
    )
    .flatMap(referencesOf);
  const known = new Set([...users, ...groups]);
  const idsOf = (wanted: ReferenceKind): readonly string[] => [
    ...new Set(references.flatMap(({ kind, id }) => (kind === wanted && !known.has(id) ? [id] : []))),
  ];
  return { users: idsOf('users'), groups: idsOf('groups'), locations: idsOf('locations') };
}

/** A list that was not read, or holds what has no id, says nothing about what is not on it. */
function absentIn(places: readonly RawLocation[] | undefined, wanted: readonly string[]): readonly string[] {
  const ids = places?.map(({ id }) => id);
  if (ids === undefined || !ids.every((id) => typeof id === 'string')) return [];
  const there = new Set(ids.map((id) => id.toLowerCase()));
  return wanted.filter((id) => !there.has(id));
}

/** Settings may have changed since, and whoever can write the row may have left somebody out. */
function isFor(
  { identities: { users, groups }, protected: { identities, people } }: Surroundings,
  wanted: ProtectedIdentities,
): boolean {
  const seen = new Set(identities.map(({ id }) => id));
  const known = new Set(people.map(({ id }) => id));
  return (
    users.join() === wanted.users.join() &&
    groups.join() === wanted.groups.join() &&
    [...users, ...groups].every((id) => seen.has(id)) &&
    identities.every(({ id, kind }) => kind === 'group' || known.has(id))
  );
}

function isWhole({ identities, unread }: ProtectedRead): boolean {
  return unread.length === 0 && identities.every(({ health }) => health !== 'unverified');
}

function isWorthKeeping(latest: Surroundings, kept: Surroundings | undefined): boolean {
  if (latest.protected.identities.length === 0 || !isWhole(latest.protected)) return false;
  return kept === undefined || (kept.namedLocations === null && latest.namedLocations !== null);
}

/** Whether a policy may look at this location, so that those nobody looks at need not be kept. */
function mattersTo(observed: readonly PolicyEntry[]): (location: RawLocation) => boolean {
  const named = new Set(
    observed.flatMap(({ policy }) =>
      ['includeLocations', 'excludeLocations'].flatMap((side) =>
        asSet(policy[`conditions.locations.${side}`]),
      ),
    ),
  );
  return ({ id, isTrusted }) =>
    named.has(String(id).toLowerCase()) || (named.has('AllTrusted') && isTrusted === true);
}

/** Whether knowing the places could change what the proof says. */
function hangsOnPlaces(
  entries: readonly PolicyEntry[],
  { people }: ProtectedRead,
  allowedControls: readonly string[],
): boolean {
  const policies = compile(entries, NO_LOCATIONS_READ).policies.filter(({ location }) => location !== null);
  const found = proveNoLockOut({ policies: { policies }, identities: people, allowedControls });
  return found.some(({ isCertain }) => !isCertain);
}
