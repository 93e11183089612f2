import { effective, type Parameters, type ProtectedIdentities, parseDesired } from './desired.ts';
import { type Desired, type Observation, type Observed, observe, type Reference } from './diff.ts';
import { asFault } from './fault.ts';
import type { Binding } from './journal.ts';
import { canonical } from './policy/canonical.ts';
import type { PolicyId, PolicyKey } from './policy/model.ts';
import type {
  ApprovalsRead,
  BindingsRead,
  DamagedRow,
  DeletedRead,
  DesiredRead,
  DesiredVersion,
  PolicyRead,
  Ports,
} from './ports.ts';

/** What the tables say: the desired state, every row of it read and checked, and what is bound to what. */
export interface TablesState {
  readonly desired: readonly Desired[];
  /** Kept up to date while the run goes on. */
  readonly bindings: Map<PolicyKey, Binding>;
  /** Rows that cannot be believed: nothing is written for their keys. */
  readonly damaged: readonly DamagedRow[];
  /** Bound keys without any row: somebody removed it behind our back. */
  readonly vanished: readonly PolicyKey[];
  /** No row at all, good or bad: nobody has pushed yet. */
  readonly isEmpty: boolean;
}

/** The same, with what each new version is compared with, and what waits for a person. */
export interface State extends TablesState {
  readonly approvals: ApprovalsRead;
}

/**
 * Reads the tables and lets go of keys that were forgotten. Three requests, however much history there is, and up to
 * two more for each version that is new.
 */
export async function readState(
  ports: Ports,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Promise<State> {
  const bound = await ports.bindings.all();
  const { state, forgotten, raised } = stateOf(bound, await ports.desired.heads(), parameters, identities);
  for (const key of forgotten) await ports.bindings.remove(key);
  for (const binding of raised) await ports.bindings.put(binding);
  return withReferences(state, ports, parameters, identities);
}

/** What two reads of the tables say, and what is to be written into the bindings because of it. */
export interface StateRead {
  readonly state: TablesState;
  /** Keys that were released: their bindings go. */
  readonly forgotten: readonly PolicyKey[];
  /** Bindings of keys with a newer head: remembered, so that it cannot be taken back unseen. */
  readonly raised: readonly Binding[];
}

/** Pure, so that whoever only wants to know writes nothing. */
export function stateOf(
  bound: BindingsRead,
  rows: DesiredRead,
  parameters: Parameters,
  identities: ProtectedIdentities,
): StateRead {
  const bindings = new Map(bound.bindings.map((binding) => [binding.key, binding]));
  const forgotten: PolicyKey[] = [];
  const raised: Binding[] = [];
  for (const { key, active, version } of rows.versions) {
    const binding = bindings.get(key);
    // An older head is tampering, whatever it says.
    if (binding === undefined || version < binding.highestVersion) continue;
    if (!active) {
      bindings.delete(key);
      forgotten.push(key);
    } else if (version > binding.highestVersion) {
      bindings.set(key, { ...binding, highestVersion: version });
      raised.push({ ...binding, highestVersion: version });
    }
  }
  const lost = new Set(bound.damaged.map(({ key }) => key));
  const believed = {
    versions: rows.versions.filter(({ key }) => !lost.has(key)),
    damaged: [...rows.damaged, ...bound.damaged],
  };
  const read = readDesired(believed, bindings, parameters, identities);
  return { state: { bindings, isEmpty: isEmpty(rows), ...read }, forgotten, raised };
}

/**
 * What each new version is compared with, what it takes the place of, and what people have said to it. One request, and
 * one or two for each version that is new.
 */
export async function withReferences(
  state: TablesState,
  { approvals, desired: store }: Pick<Ports, 'approvals' | 'desired'>,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Promise<State> {
  const given = await approvals.read();
  const desired: Desired[] = [];
  for (const wanted of state.desired) {
    const binding = state.bindings.get(wanted.key);
    const read = async (one: VersionName): Promise<Desired | undefined> => {
      const row = await orUnread(() => store.version(wanted.key, one.version));
      if (row === undefined || 'kind' in row || row.hash !== one.hash) return undefined;
      const found = desiredFrom(row, binding, parameters, identities);
      return 'problem' in found ? undefined : found;
    };
    desired.push(wanted.isProven ? wanted : { ...wanted, ...(await pastOf(wanted, binding, given, read)) });
  }
  return { ...state, desired, approvals: given };
}

type VersionName = { readonly version: number; readonly hash: string };

async function pastOf(
  { key, version }: Desired,
  binding: Binding | undefined,
  { versions }: ApprovalsRead,
  read: (one: VersionName) => Promise<Desired | undefined>,
): Promise<Pick<Desired, 'reference' | 'lastProven'>> {
  const proven = binding?.proven ?? undefined;
  const lastProven = proven === undefined ? undefined : await read(proven);
  const approved = versions.find((one) => one.key === key && one.version < version);
  const isNewer = approved !== undefined && approved.version > (proven?.version ?? 0);
  const [name, last] = isNewer ? [approved, await read(approved)] : [proven, lastProven];
  return { reference: referenceOf(name, last, binding), lastProven: lastProven ?? null };
}

function referenceOf(
  name: VersionName | undefined,
  last: Desired | undefined,
  binding: Binding | undefined,
): Reference {
  if (last !== undefined) return { kind: 'version', desired: last };
  if (name !== undefined) return { kind: 'lost', version: name.version };
  const adopted = binding?.adopted ?? null;
  return adopted === null ? { kind: 'none' } : { kind: 'adopted', policy: canonical(adopted) };
}

function isEmpty({ versions, damaged }: DesiredRead): boolean {
  return versions.length === 0 && damaged.length === 0;
}

/** What is wrong with a list of keys somebody asked for. */
export function unknownKeys(asked: readonly PolicyKey[] | null, { desired, damaged }: TablesState): string[] {
  const known = new Set([...desired, ...damaged].map(({ key }) => key));
  return (asked ?? [])
    .filter((key) => !known.has(key))
    .map((key) => `no desired policy has the key "${key}"`);
}

/** Turns stored rows into effective desired policies. Pure; a bad row costs its own key and no other. */
export function readDesired(
  { versions, damaged }: DesiredRead,
  bindings: ReadonlyMap<PolicyKey, Binding>,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Pick<TablesState, 'desired' | 'damaged' | 'vanished'> {
  const desired: Desired[] = [];
  const bad: DamagedRow[] = [...damaged];
  const isRolledBack = ({ key, version }: DesiredVersion): boolean =>
    version < (bindings.get(key)?.highestVersion ?? 0);
  for (const version of versions.filter((row) => row.active || isRolledBack(row))) {
    const wanted = readVersion(version, bindings.get(version.key), parameters, identities);
    if ('problem' in wanted) bad.push(wanted);
    else desired.push(wanted);
  }
  const known = new Set([...versions, ...damaged].map(({ key }) => key));
  const vanished = [...bindings.values()]
    .filter(({ key, id }) => id !== null && !known.has(key))
    .map(({ key }) => key);
  return { ...withoutNamesakes(desired, bad, bindings), vanished };
}

function readVersion(
  row: DesiredVersion,
  binding: Binding | undefined,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Desired | DamagedRow {
  const { key, version } = row;
  if (binding !== undefined && version < binding.highestVersion) {
    return {
      key,
      problem: `the newest row is version ${version}, yet version ${binding.highestVersion} was seen before: the desired state was rolled back outside \`caretaker\``,
    };
  }
  return desiredFrom(row, binding, parameters, identities);
}

function desiredFrom(
  row: DesiredVersion,
  binding: Binding | undefined,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Desired | DamagedRow {
  const { key, version, hash, author } = row;
  const parsed = parseDesired(row.content);
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ path, message }) => `${path === '' ? 'it' : path} ${message}`);
    return {
      key,
      problem: `version ${version} says nothing that could be carried out: ${problems.join('; ')}. Push it again`,
    };
  }
  const { raw, displayName, declared } = parsed.document;
  const isProven = binding?.proven?.version === version && binding.proven.hash === hash;
  return {
    key,
    version,
    hash,
    displayName,
    policy: effective(raw, parameters, identities),
    isProven,
    withheld: isProven ? (binding.proven.withheld ?? []) : [],
    author,
    declared,
    reference: { kind: 'none' },
    lastProven: null,
  };
}

/** Two keys that want one name would take turns with one policy, or make twins: neither is carried out unless bound. */
function withoutNamesakes(
  desired: readonly Desired[],
  damaged: DamagedRow[],
  bindings: ReadonlyMap<PolicyKey, Binding>,
): Pick<TablesState, 'desired' | 'damaged'> {
  const isBound = ({ key }: Desired): boolean => (bindings.get(key)?.id ?? null) !== null;
  const owners = new Map<string, PolicyKey>();
  const single: Desired[] = [];
  for (const wanted of desired.toSorted(
    (a, b) => Number(isBound(b)) - Number(isBound(a)) || (a.key < b.key ? -1 : 1),
  )) {
    const owner = owners.get(wanted.displayName);
    if (owner === undefined) {
      owners.set(wanted.displayName, wanted.key);
      single.push(wanted);
    } else {
      damaged.push({
        key: wanted.key,
        problem: `wants the displayName "${wanted.displayName}", which ${owner} has; give it another`,
      });
    }
  }
  return { desired: single.toSorted((a, b) => (a.key < b.key ? -1 : 1)), damaged };
}

/**
 * Reads the tenant: the whole list, then, one by one, every bound policy the list did not show, and the soft-deleted
 * object of each that is gone. One request when nothing is missing, however many policies there are.
 *
 * @throws Fault when the list cannot be read whole
 */
export async function observeTenant(
  { policies, clock }: Ports,
  bindings: ReadonlyMap<PolicyKey, Binding>,
  deadlineAt: number,
): Promise<Observation> {
  const list = await policies.list();
  const live = new Map<PolicyId, Observed>(
    list.policies
      .map((raw) => String(raw.id).toLowerCase())
      .map((id, index) => [id, observe(id, list.policies[index] ?? {})]),
  );
  const singly = new Map<PolicyId, PolicyRead | Unread>();
  const deleted = new Map<PolicyId, DeletedRead | Unread>();
  const doubts = [...list.doubts];
  const absent = elsewhereFirst(
    [...bindings.values()].flatMap(({ id }) => (id === null || live.has(id) ? [] : [id])),
    clock.now(),
  );
  // Half of the time is for looking: a tenant that lost every policy must not keep the run from bringing any back.
  const lookUntil = clock.now() + (deadlineAt - clock.now()) / 2;
  for (const id of absent) {
    const isLate = clock.now() >= lookUntil;
    const answer = isLate ? NO_TIME : await orUnread(() => policies.read(id));
    singly.set(id, answer);
    if (answer.kind !== 'found') continue;
    live.set(id, observe(id, answer.raw));
    doubts.push(`it lacks ${id}, which exists`);
  }
  const gone = absent.filter((id) => singly.get(id)?.kind === 'missing');
  for (const [index, id] of gone.entries()) {
    deleted.set(id, index < DELETED_MAX ? await orUnread(() => policies.readDeleted(id)) : NO_TIME);
  }
  return { live, singly, deleted, doubts, isListOdd: list.doubts.length > 0, listed: list.policies.length };
}

/** How many soft-deleted policies one run looks at: more than it may write, and no more than it has time for. */
const DELETED_MAX = 25;
const NO_TIME: Unread = {
  kind: 'unread',
  reason: 'there was no time left to look for it; the next run does',
};

/** Begins somewhere else every minute, so that policies which cannot be brought back do not stand before those that can. */
function elsewhereFirst(ids: readonly PolicyId[], nowMs: number): PolicyId[] {
  const start = ids.length === 0 ? 0 : Math.floor(nowMs / 60_000) % ids.length;
  return [...ids.slice(start), ...ids.slice(0, start)];
}

interface Unread {
  readonly kind: 'unread';
  readonly reason: string;
}

/** A single read that fails leaves its own policy unjudged, and no other. */
async function orUnread<T>(read: () => Promise<T>): Promise<T | Unread> {
  try {
    return await read();
  } catch (error) {
    return { kind: 'unread', reason: asFault(error).message };
  }
}
