import type { ApprovalsRead } from './approval.ts';
import { brokenLink, type Seen, standingOf, UNSEEN } from './chain.ts';
import { type DesiredDocument, effective, type ProtectedIdentities, parseDesired } from './desired.ts';
import { type Desired, type Observation, type Observed, observe, type Reference } from './diff.ts';
import { bounded, endsAfter, inForce, withExceptions } from './exceptions.ts';
import { asFault } from './fault.ts';
import type { Binding } from './journal.ts';
import type { Parameters } from './parameters.ts';
import { canonical } from './policy/canonical.ts';
import type { Policy, PolicyId, PolicyKey } from './policy/model.ts';
import type {
  BindingsRead,
  DamagedRow,
  DeletedRead,
  DesiredRead,
  DesiredVersion,
  PolicyRead,
  Ports,
} from './ports.ts';
import { mendWord } from './text.ts';

/** What the tables say: the desired state, every row of it read and checked, and what is bound to what. */
export interface TablesState {
  readonly desired: readonly Desired[];
  /** Kept up to date while the run goes on. */
  readonly bindings: Map<PolicyKey, Binding>;
  /** Rows that cannot be believed: nothing is written for their keys. */
  readonly damaged: readonly DamagedRow[];
  /** Keys that a run has seen a row of, without any: somebody removed it behind our back. */
  readonly vanished: readonly PolicyKey[];
  /** No row at all, good or bad: nobody has pushed yet. */
  readonly isEmpty: boolean;
}

/** The same, with what each new version is compared with, and what waits for a person. */
export interface State extends TablesState {
  readonly approvals: ApprovalsRead;
}

/**
 * Reads the tables, lets go of keys that were forgotten, and notes what was seen. Three requests, however much history
 * there is, and up to two more for each version that is new.
 */
export async function readState(
  ports: Ports,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Promise<State> {
  const { state, noted } = stateOf(await readTables(ports), parameters, identities, ports.clock.now());
  for (const binding of noted) await ports.bindings.put(binding);
  return withReferences(state, ports, parameters, identities);
}

/** What is bound, and every head. */
export interface Tables {
  readonly bound: BindingsRead;
  /** Heads that do not continue what was seen before are among the damaged. */
  readonly rows: DesiredRead;
}

/** Reads both tables. One request each, and one for each head before which versions lie that no run has seen. */
export async function readTables({
  bindings,
  desired: store,
}: Pick<Ports, 'bindings' | 'desired'>): Promise<Tables> {
  const bound = await bindings.all();
  const seen = new Map(bound.bindings.map((binding) => [binding.key, seenIn(binding)]));
  const { versions, damaged } = await store.heads();
  const whole: DesiredVersion[] = [];
  const broken: DamagedRow[] = [];
  for (const head of versions) {
    const problem = await chainProblem(head, seen.get(head.key) ?? UNSEEN, store);
    if (problem === undefined) whole.push(head);
    else broken.push({ key: head.key, problem });
  }
  return { bound, rows: { versions: whole, damaged: [...damaged, ...broken] } };
}

function seenIn({ highestVersion, highestHash }: Binding): Seen {
  return { version: highestVersion, hash: highestHash };
}

async function chainProblem(
  head: DesiredVersion,
  seen: Seen,
  store: Ports['desired'],
): Promise<string | undefined> {
  const standing = standingOf(head, seen);
  if (standing.kind === 'continues') return undefined;
  const broken =
    standing.kind === 'broken'
      ? standing.problem
      : brokenLink(head, seen, (await store.history(head.key)).versions);
  return broken === undefined
    ? undefined
    : `${broken}; see \`caretaker history ${head.key}\` and push the version you trust again (\`caretaker rollback\`)`;
}

/** What two reads of the tables say, and what is to be written into the bindings because of it. */
export interface StateRead {
  readonly state: TablesState;
  /** Bindings of keys with a head that is new, or releases the key: remembered, so that it cannot be taken back unseen. */
  readonly noted: readonly Binding[];
}

/**
 * Pure, so that whoever only wants to know writes nothing.
 *
 * @param nowMs decides which exceptions count
 */
export function stateOf(
  { bound, rows }: Tables,
  parameters: Parameters,
  identities: ProtectedIdentities,
  nowMs: number,
): StateRead {
  const bindings = new Map(bound.bindings.map((binding) => [binding.key, binding]));
  const lost = new Set(bound.damaged.map(({ key }) => key));
  const versions = rows.versions.filter(({ key }) => !lost.has(key));
  const noted: Binding[] = [];
  for (const head of versions) {
    const binding = noteOf(head, bindings.get(head.key));
    if (binding === undefined) continue;
    bindings.set(head.key, binding);
    noted.push(binding);
  }
  const believed = { versions, damaged: [...rows.damaged, ...bound.damaged] };
  const read = readDesired(believed, bindings, parameters, identities, nowMs);
  return { state: { bindings, isEmpty: isEmpty(rows), ...read }, noted };
}

/** @returns undefined when all that a head says is noted already */
function noteOf(head: DesiredVersion, known: Binding | undefined): Binding | undefined {
  const { version, hash } = head;
  const isNoted = known?.highestVersion === version && known.highestHash === hash;
  const isReleased = known?.id === null && known.pending === null;
  if (isNoted && (head.active || isReleased)) return undefined;
  if (known === undefined || !head.active) return boundToNothing(head);
  return { ...known, highestVersion: version, highestHash: hash };
}

function boundToNothing({ key, version, hash }: DesiredVersion): Binding {
  return {
    key,
    id: null,
    origin: 'created',
    boundAt: 0,
    proven: null,
    highestVersion: version,
    highestHash: hash,
    pending: null,
    refusal: null,
  };
}

/**
 * What each new version is compared with and takes the place of, what people have said to it, and, where the newest
 * version cannot be believed, the last one that can. One request, and one or two for each of them.
 */
export async function withReferences(
  state: TablesState,
  { approvals, desired: store, clock }: Pick<Ports, 'approvals' | 'desired' | 'clock'>,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Promise<State> {
  const given = await approvals.read();
  const read: ReadVersion = async (key, one) => {
    const row = await orUnread(() => store.version(key, one.version));
    if (row === undefined || 'kind' in row || row.hash !== one.hash || !row.active) return undefined;
    const found = desiredFrom(row, state.bindings.get(key), parameters, identities, clock.now());
    return 'problem' in found ? undefined : found;
  };
  const desired: Desired[] = [];
  for (const wanted of state.desired) {
    const binding = state.bindings.get(wanted.key);
    desired.push(wanted.isProven ? wanted : { ...wanted, ...(await pastOf(wanted, binding, given, read)) });
  }
  desired.push(...(await lastVerified(state, read)));
  desired.sort((a, b) => (a.key < b.key ? -1 : 1));
  return { ...state, desired, isEmpty: state.isEmpty && desired.length === 0, approvals: given };
}

/**
 * The proven versions of keys whose newest one cannot be believed, or is gone. They stay what the tenant is kept at:
 * otherwise an edited row would be a switch that turns repair off.
 */
async function lastVerified(
  { desired, damaged, vanished, bindings }: TablesState,
  read: ReadVersion,
): Promise<readonly Desired[]> {
  const kept: Desired[] = [];
  const names = new Set(desired.map(({ displayName }) => displayName));
  const known = new Set(desired.map(({ key }) => key));
  for (const key of new Set([...damaged.map((row) => row.key), ...vanished])) {
    const proven = bindings.get(key)?.proven ?? null;
    if (proven === null || known.has(key)) continue;
    const wanted = await read(key, proven);
    if (wanted !== undefined && !names.has(wanted.displayName)) kept.push(wanted);
  }
  return kept;
}

type VersionName = { readonly version: number; readonly hash: string };

/** One version as it was named; undefined when there is none that can be believed. */
type ReadVersion = (key: PolicyKey, one: VersionName) => Promise<Desired | undefined>;

async function pastOf(
  { key, version }: Desired,
  binding: Binding | undefined,
  { versions }: ApprovalsRead,
  read: ReadVersion,
): Promise<Pick<Desired, 'reference' | 'lastProven'>> {
  const proven = binding?.proven ?? undefined;
  const lastProven = proven === undefined ? undefined : await read(key, proven);
  const approved = versions.find((one) => one.key === key && one.version < version);
  const isNewer = approved !== undefined && approved.version > (proven?.version ?? 0);
  const [name, last] = isNewer ? [approved, await read(key, approved)] : [proven, lastProven];
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
    .map(
      (key) =>
        `no desired policy has the key "${key}"; ${mendWord(key, known, '`caretaker status` lists them all')}`,
    );
}

/** Turns stored rows into effective desired policies. Pure; a bad row costs its own key and no other. */
export function readDesired(
  { versions, damaged }: DesiredRead,
  bindings: ReadonlyMap<PolicyKey, Binding>,
  parameters: Parameters,
  identities: ProtectedIdentities,
  nowMs: number,
): Pick<TablesState, 'desired' | 'damaged' | 'vanished'> {
  const desired: Desired[] = [];
  const bad: DamagedRow[] = [...damaged];
  for (const row of versions.filter(({ active }) => active)) {
    const wanted = desiredFrom(row, bindings.get(row.key), parameters, identities, nowMs);
    if ('problem' in wanted) bad.push(wanted);
    else desired.push(wanted);
  }
  const known = new Set([...versions, ...damaged].map(({ key }) => key));
  // Rows are never removed by us, not even those of a released key: whoever removed one hides what was wanted.
  const vanished = [...bindings.keys()].filter((key) => !known.has(key));
  return { ...withoutNamesakes(desired, bad, bindings), vanished };
}

/** Whoever pushes it again is told all of them. */
const PROBLEMS_TOLD_MAX = 5;

function desiredFrom(
  row: DesiredVersion,
  binding: Binding | undefined,
  parameters: Parameters,
  identities: ProtectedIdentities,
  nowMs: number,
): Desired | DamagedRow {
  const { key, version, hash, author } = row;
  const parsed = parseDesired(row.content);
  if (!parsed.ok) {
    const told = parsed.problems
      .slice(0, PROBLEMS_TOLD_MAX)
      .map(({ path, message, mend }) => `${path === '' ? 'it' : path} ${message} (${mend})`);
    const more = parsed.problems.length - told.length;
    return {
      key,
      problem: `version ${version} says nothing that could be carried out: ${told.join('; ')}${more === 0 ? '' : `; and ${more} more`}. Push it again`,
    };
  }
  const { raw, displayName } = parsed.document;
  const exceptions = bounded(parsed.document.declared.exceptions, Date.parse(row.pushedAt));
  const declared = { ...parsed.document.declared, exceptions };
  const policyFrom = (atMs: number): Policy => effectiveAt({ raw, declared }, parameters, identities, atMs);
  const isProven = binding?.proven?.version === version && binding.proven.hash === hash;
  return {
    key,
    version,
    hash,
    displayName,
    policy: policyFrom(nowMs),
    isProven,
    withheld: isProven ? (binding.proven.withheld ?? []) : [],
    author,
    declared,
    reference: { kind: 'none' },
    lastProven: null,
    later: endsAfter(exceptions, nowMs).map((from) => ({ from, policy: policyFrom(from) })),
  };
}

/** The effective policy at some instant, with the exceptions in place that count then. */
export function effectiveAt(
  { raw, declared }: Pick<DesiredDocument, 'raw' | 'declared'>,
  parameters: Parameters,
  identities: ProtectedIdentities,
  atMs: number,
): Policy {
  return effective(withExceptions(raw, inForce(declared.exceptions, atMs)), parameters, identities);
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
