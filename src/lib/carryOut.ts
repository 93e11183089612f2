import { claimants, fieldDrifts, type Observed, observe } from './diff.ts';
import { asFault } from './fault.ts';
import type { Verdict } from './guard.ts';
import type { AdoptChange, Change, CreateChange, RestoreChange, UpdateChange } from './plan.ts';
import type { Policy, PolicyId, RawPolicy } from './policy/model.ts';
import { findCreated, readBack } from './verify.ts';
import { bind, bornAs, type Course, conclude, type Outcome, outcomeOf, settled, write } from './write.ts';

/** A change as it was carried out: a restore that is turned down becomes a create. */
export interface Done {
  readonly change: Change;
  readonly outcome: Outcome;
}

/** Consent is given to one attempt; a refusal, or a policy that moved, is none. */
export async function giveBack({ ports, consent: { approval, isUsed } }: Course): Promise<void> {
  if (approval !== null && isUsed) await ports.approvals.mark(approval, null);
}

/** Carries one change out: read afresh, written, and read back. */
export async function carryOut(verdict: Verdict, course: Course): Promise<Done> {
  const { change } = verdict;
  switch (change.action) {
    case 'update':
      return { change, outcome: await update(change, course) };
    case 'create':
      return { change, outcome: await create(change, course) };
    case 'adopt':
      return { change, outcome: await adopt(change, course) };
    case 'accept':
      throw new Error('unreachable: the guard lets a version count without any change');
    case 'restore': {
      const outcome = await restore(change, course);
      if (outcome.status !== 'turnedDown') return { change, outcome };
      const instead = verdict.otherwise;
      if (instead?.decision !== 'admit') return { change, outcome: { ...outcome, status: 'rejected' } };
      await giveBack(course);
      const consent = { approval: instead.approval, isUsed: false };
      return { change: instead.change, outcome: await create(change.otherwise, { ...course, consent }) };
    }
  }
}

async function update(change: UpdateChange, course: Course): Promise<Outcome> {
  const { policies } = course.ports;
  const fresh = await freshlyRead(change.id, change.before, course);
  if ('status' in fresh) return fresh;
  const written = await write(
    change,
    { action: 'update', id: change.id, preImage: fresh.raw, body: change.body },
    course,
    (intentId, mayLeave) => policies.update(change.id, change.body, intentId, mayLeave).then(() => change.id),
  );
  return conclude(change, written, change.after, course);
}

async function adopt(change: AdoptChange, course: Course): Promise<Outcome> {
  const { policies, clock } = course.ports;
  const fresh = await freshlyRead(change.id, change.before, course);
  if ('status' in fresh) return fresh;
  const { body } = change;
  const written = await write(
    change,
    { action: 'adopt', id: change.id, preImage: fresh.raw, body },
    course,
    async (intentId, mayLeave) => {
      if (body === null) await mayLeave();
      else await policies.update(change.id, body, intentId, mayLeave);
      return change.id;
    },
  );
  if (written.status === 'rejected' && /microsoft[- ]managed|managed by microsoft/i.test(written.reason)) {
    await bind(change, course, { refusal: { id: change.id, reason: written.reason, at: clock.now() } });
  }
  if (written.status === 'applied') {
    const adopted = { origin: 'adopted', adopted: change.before.raw } as const;
    await bind(change, course, { id: change.id, ...adopted, refusal: null, pending: null });
    // It was as desired when it was read a moment ago, and nothing was sent since.
    if (body === null && change.withheld.length === 0)
      return settled(change, course, change.id, written.intentId);
  }
  return conclude(change, written, change.after, course);
}

async function create(change: CreateChange, course: Course): Promise<Outcome> {
  const { ports } = course;
  const doubt = change.replaces === null ? null : await doubtThatGone(change.replaces, course);
  if (doubt !== null) return { status: 'stale', reason: doubt };
  const list = await asked(() => ports.policies.list());
  if ('status' in list) return list;
  const live = list.policies.map((raw) => observe(String(raw.id).toLowerCase(), raw));
  const obstacle = obstacleTo(change, live, list.doubts, course);
  if (obstacle !== null) return { status: 'stale', reason: obstacle };
  const written = await write(
    change,
    { action: 'create', id: null, preImage: null, body: change.body },
    course,
    async (intentId, mayLeave) => {
      const answer = await ports.policies.create(change.body, intentId, mayLeave);
      return String(answer.id).toLowerCase();
    },
  );
  switch (written.status) {
    case 'applied':
      return conclude(change, written, change.after, course);
    case 'rejected':
    case 'stale':
      await bind(change, course, { pending: null });
      return outcomeOf(written);
    case 'indeterminate': {
      const known = new Set([...boundIds(course), ...live.map(({ id }) => id)]);
      const id = await findCreated(ports, change.after, known, course.patience);
      if (id === undefined) return outcomeOf(written);
      await bind(change, course, bornAs(id));
      return conclude(change, { ...written, status: 'applied', id }, change.after, course);
    }
  }
}

/** How often an object is looked for before another takes its place: over about half of the patience for a write. */
const LOOKS = 4;

/**
 * Why an object that was bound may not be gone for good after all. One that somebody has just restored answers 404 on a
 * lagging replica, and is not among the deleted any more: for a moment it is nowhere.
 */
async function doubtThatGone(id: PolicyId, { ports, patience }: Course): Promise<string | null> {
  let looks = 0;
  for await (const _ of patience.steps(ports)) {
    const old = await asked(() => ports.policies.read(id));
    if ('status' in old) return old.reason;
    if (old.kind !== 'missing') return `${id} is back`;
    looks += 1;
    if (looks === LOOKS) return null;
  }
  return `there was no time left to make sure that ${id} is gone`;
}

/** Why nothing is made after all: what the list shows now stands for the key already, or may. */
function obstacleTo(
  { desired, key, replaces }: CreateChange,
  live: readonly Observed[],
  doubts: readonly string[],
  course: Course,
): string | null {
  const bound = boundIds(course);
  const unbound = live.filter(({ id }) => !bound.has(id));
  const { made, namesakes } = claimants(desired, course.bindings.get(key), unbound);
  if (live.some(({ id }) => id === replaces)) return `${replaces} is back`;
  if (made !== undefined) return `an earlier create has happened after all (${made.id})`;
  if (replaces !== null) return null;
  if (doubts.length > 0) return 'the list of policies is not whole';
  const [namesake] = namesakes;
  return namesake === undefined
    ? null
    : `a policy named "${desired.displayName}" appeared meanwhile (${namesake.id})`;
}

function boundIds({ bindings }: Course): Set<PolicyId | null> {
  return new Set([...bindings.values()].map(({ id }) => id));
}
async function restore(
  change: RestoreChange,
  course: Course,
): Promise<Outcome | { readonly status: 'turnedDown'; readonly reason: string }> {
  const { ports } = course;
  const alive = await asked(() => ports.policies.read(change.id));
  if ('status' in alive) return alive;
  const deleted = await asked(() => ports.policies.readDeleted(change.id));
  if ('status' in deleted) return deleted;
  if (alive.kind !== 'missing') return { status: 'stale', reason: 'it is back already' };
  if (deleted.kind === 'missing') return { status: 'stale', reason: 'it is not among the deleted any more' };
  if (deleted.kind === 'unsupported') return { status: 'turnedDown', reason: deleted.reason };
  if (hasMoved(observe(change.id, deleted.raw), change.intermediate)) {
    return { status: 'stale', reason: 'the deleted policy is not the one that was judged' };
  }
  const restored = await write(
    change,
    { action: 'restore', id: change.id, preImage: deleted.raw, body: null },
    course,
    (intentId, mayLeave) => ports.policies.restore(change.id, intentId, mayLeave).then(() => change.id),
  );
  if (restored.status === 'rejected' || restored.status === 'stale') {
    await bind(change, course, { pending: null });
    return restored.status === 'rejected' || (restored.isMissing && (await isStillDeleted(change.id, course)))
      ? { status: 'turnedDown', reason: restored.reason }
      : outcomeOf(restored);
  }
  const back = await readBack(ports, change.id, change.intermediate, course.patience);
  if (!back.settled) return { ...outcomeOf(restored), reason: back.reason };
  await bind(change, course, { id: change.id, origin: 'restored', pending: null });
  const { body } = change;
  if (body === null) return settled(change, course, change.id, restored.intentId);
  const updated = await write(
    change,
    { action: 'update', id: change.id, preImage: back.raw, body },
    course,
    (intentId, mayLeave) => ports.policies.update(change.id, body, intentId, mayLeave).then(() => change.id),
  );
  return conclude(change, updated, change.after, course);
}

/** After a 404 to a restore: gone for good or back, unless it is still among the deleted. Then restoring is not offered here. */
async function isStillDeleted(id: PolicyId, { ports }: Course): Promise<boolean> {
  const again = await asked(() => ports.policies.readDeleted(id));
  return 'kind' in again && again.kind === 'found';
}

/** The policy right before the write, or why it may not be written: what was judged must still be what is there. */
async function freshlyRead(
  id: PolicyId,
  before: Observed,
  { ports }: Course,
): Promise<{ readonly raw: RawPolicy } | Outcome> {
  const answer = await asked(() => ports.policies.read(id));
  if ('status' in answer) return answer;
  if (answer.kind === 'missing') return { status: 'stale', reason: 'it was deleted meanwhile' };
  if (answer.kind === 'hidden') return { status: 'rejected', reason: 'Graph v1.0 refuses to show it (1037)' };
  const fresh = observe(id, answer.raw);
  if (hasMoved(fresh, before.reading.policy) || unreadable(fresh) !== unreadable(before)) {
    return { status: 'stale', reason: 'somebody changed it after it was compared' };
  }
  return { raw: answer.raw };
}

/** A read before a write that fails costs this change and no other. */
async function asked<T>(
  read: () => Promise<T>,
): Promise<T | { readonly status: 'stale'; readonly reason: string }> {
  try {
    return await read();
  } catch (error) {
    return {
      status: 'stale',
      reason: `it could not be read right before the write: ${asFault(error).message}`,
    };
  }
}

function hasMoved(fresh: Observed, judged: Policy): boolean {
  return fieldDrifts(judged, fresh.reading.policy).length > 0;
}

function unreadable({ reading }: Observed): string {
  return JSON.stringify(
    reading.unrecognised.filter((member) => !member.empty).map(({ path, value }) => [path, value]),
  );
}
