import type { ProtectedIdentities } from './desired.ts';
import { asFault } from './fault.ts';
import type { Around } from './guard.ts';
import { type Change, isRepair, isWrite } from './plan.ts';
import { type ReferenceKind, referencesOf } from './policy/references.ts';
import type { Ports, ProtectedRead, RawLocation, Surroundings } from './ports.ts';
import type { PolicyEntry } from './whatif/compile.ts';
import { compile } from './whatif/compile.ts';
import { NO_LOCATIONS_READ } from './whatif/locations.ts';
import { proveNoLockOut } from './whatif/proof.ts';
import { readNamedLocation } from './whatif/request.ts';

/** How old kept facts may be for a run that writes nothing. */
export const KEPT_MS = 3_600_000;

/** What there is to look around for. */
export interface Outlook {
  readonly identities: ProtectedIdentities;
  readonly allowedControls: readonly string[];
  /** Every policy the run will judge, as it is and as it may become. */
  readonly entries: readonly PolicyEntry[];
  /** The plan. Where it writes, it stands on nothing that was read before. */
  readonly changes: readonly Change[];
}

/**
 * Reads who is protected and, where a judgement hangs on it, where the named locations are, whether security defaults
 * are on, and whether what rollouts name exists. A quiet run is content with what was kept in the last hour, as long as
 * nothing in it was unverified. Never throws for weather: what could not be read is unknown, and the proof takes it for
 * the worst.
 *
 * @returns `notes`: what could not be read or kept, in words
 */
export async function lookAround(
  outlook: Outlook,
  ports: Ports,
): Promise<{ readonly around: Around; readonly notes: readonly string[] }> {
  const { identities, allowedControls, entries } = outlook;
  const writes = outlook.changes.filter(isWrite);
  const notes: string[] = [];
  const orNote = noting(notes);
  const found =
    writes.length > 0
      ? undefined
      : await orNote('the kept facts could not be read', () => ports.surroundings.get());
  const kept = found !== undefined && isUsable(found, identities, ports.clock.now()) ? found : undefined;
  const people = kept?.protected ?? (await ports.directory.protected(identities));
  const named = newlyNamed(writes, identities);
  const wantsPlaces = named.locations.length > 0 || hangsOnPlaces(entries, people, allowedControls);
  const places =
    kept?.namedLocations ??
    (wantsPlaces
      ? await orNote('the named locations could not be read', () => ports.policies.namedLocations())
      : undefined);

  const wantsDefaults = writes.some(({ after }) => after.state === 'enabled');
  const securityDefaults = wantsDefaults
    ? await orNote('security defaults could not be read', () => ports.directory.securityDefaults())
    : undefined;
  const { untold, ...absent } = await ports.directory.absent(named);
  notes.push(...untold.map((reason) => `what new versions name could not be looked up: ${reason}`));

  const readAt = kept?.readAt ?? ports.clock.now();
  const now: Surroundings = { readAt, identities, protected: people, namedLocations: places ?? null };
  if (isWorthKeeping(now, kept)) {
    await orNote('the facts about protected identities could not be kept', () => ports.surroundings.put(now));
  }
  const around = {
    ...people,
    namedLocations: locationsOf(places),
    allowedControls,
    securityDefaults: securityDefaults ?? null,
    absent: { ...absent, locations: absentIn(places, named.locations) },
  };
  return { around, notes };
}

function noting(notes: string[]) {
  return async <T>(what: string, work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      notes.push(`${what}: ${asFault(error).message}`);
      return undefined;
    }
  };
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

function isUsable(kept: Surroundings, identities: ProtectedIdentities, nowMs: number): boolean {
  const ageMs = nowMs - kept.readAt;
  return ageMs >= 0 && ageMs <= KEPT_MS && isFor(kept, identities) && isVerified(kept.protected);
}

/** Settings may have changed since. */
function isFor({ identities: { users, groups } }: Surroundings, wanted: ProtectedIdentities): boolean {
  return users.join() === wanted.users.join() && groups.join() === wanted.groups.join();
}

function isVerified({ identities }: ProtectedRead): boolean {
  return identities.every(({ health }) => health !== 'unverified');
}

function isWorthKeeping(now: Surroundings, kept: Surroundings | undefined): boolean {
  if (now.protected.identities.length === 0 || !isVerified(now.protected)) return false;
  return kept === undefined || kept.namedLocations !== now.namedLocations;
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
