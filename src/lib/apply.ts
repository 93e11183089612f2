import { claimants, fieldDrifts, type Observed, observe } from './diff.ts';
import { asFault, Fault } from './fault.ts';
import { type FlapLimit, fieldsOf, remember } from './flapping.ts';
import type { Verdict } from './guard.ts';
import type { Binding } from './journal.ts';
import type { AdoptChange, Change, CreateChange, RestoreChange, UpdateChange } from './plan.ts';
import { isRepair, isWrite, loosens } from './plan.ts';
import type { Policy, PolicyId, PolicyKey, RawPolicy } from './policy/model.ts';
import type { Approval, Lease, MayLeave, Ports } from './ports.ts';
import { findCreated, type Patience, readBack } from './verify.ts';

/** What became of one change. */
export type Outcome =
  | {
      readonly status: 'applied';
      readonly id: PolicyId;
      readonly settled: boolean;
      readonly reason: string | null;
    }
  /** It moved after we looked, or could not be asked for; nothing was changed, and the next run looks again. */
  | { readonly status: 'stale'; readonly reason: string }
  /** Graph said no; nothing was changed. */
  | { readonly status: 'rejected'; readonly reason: string }
  /** The answer was lost; it may have happened. */
  | { readonly status: 'indeterminate'; readonly reason: string };

export interface ApplyContext {
  readonly ports: Ports;
  readonly runId: string;
  readonly lease: Lease;
  /** Kept up to date as changes are carried out. */
  readonly bindings: Map<PolicyKey, Binding>;
  readonly patience: Patience;
  readonly changesMax: number;
  readonly flapLimit: FlapLimit;
  /** Milliseconds since 1970; no change is begun after it. */
  readonly deadlineAt: number;
}

export interface Applied {
  readonly outcomes: ReadonlyMap<PolicyKey, Done>;
  /** Admitted changes that were not begun. */
  readonly remaining: readonly Verdict[];
  /** Why the rest was left, where it was not for their number. */
  readonly stopped: string | null;
}

/** Ends the writing of a run: what follows may not be written any more. */
class Stop extends Error {
  override readonly name = 'Stop';
}

/** A service that shows two writes in a row not as they were sent is left alone until the next run. */
const UNSETTLED_MAX = 2;

/**
 * Carries admitted changes out, one after the other, never more than `changesMax` beside those that a person approved.
 * Each is read afresh, written down, sent, and read back. Stops at once when the lease is lost, the tenant is frozen, or
 * nothing can be written down. After a write that was not seen settled nothing is loosened and nothing new rolled out:
 * what the tenant really holds is then in doubt, and only putting proven versions back stays right.
 */
export async function apply(admitted: readonly Verdict[], context: ApplyContext): Promise<Applied> {
  const outcomes = new Map<PolicyKey, Done>();
  const remaining: Verdict[] = [];
  let written = 0;
  let unsettled = 0;
  for (const [index, verdict] of admitted.entries()) {
    const left = (stopped: string): Applied => ({
      outcomes,
      remaining: [...remaining, ...admitted.slice(index)].filter(({ change }) => !outcomes.has(change.key)),
      stopped,
    });
    if (context.ports.clock.now() >= context.deadlineAt) return left('the run’s time budget ended');
    if (unsettled >= UNSETTLED_MAX) return left(`${unsettled} writes could not be seen settled`);
    const isCounted = isWrite(verdict.change) && verdict.approval === null;
    const isInDoubt = unsettled > 0 && (loosens(verdict.change) || !isRepair(verdict.change));
    if ((isCounted && written >= context.changesMax) || (isWrite(verdict.change) && isInDoubt)) {
      remaining.push(verdict);
      continue;
    }
    // A refusal changes nothing and costs nothing: otherwise changes that always fail would starve those that would not.
    // A restore that was carried out has changed something, also where the update after it was refused.
    const sent = new Set<string>();
    try {
      outcomes.set(verdict.change.key, await withConsent(verdict, context, sent));
    } catch (error) {
      const reason = error instanceof Stop ? error.message : asFault(error).message;
      // What has left cannot be called back, and is not forgotten because its end could not be written down.
      if (sent.size > 0) {
        const outcome = { status: 'indeterminate', reason: `it was sent, and then: ${reason}` } as const;
        outcomes.set(verdict.change.key, { change: verdict.change, outcome });
      }
      return left(reason);
    }
    const done = outcomes.get(verdict.change.key);
    if (isCounted && sent.size > 0) written += 1;
    if (mayHaveChanged(done) && !isSettled(done)) unsettled += 1;
  }
  return { outcomes, remaining, stopped: null };
}

function mayHaveChanged(done: Done | undefined): boolean {
  return done?.outcome.status === 'applied' || done?.outcome.status === 'indeterminate';
}

function isSettled(done: Done | undefined): boolean {
  return done?.outcome.status === 'applied' && done.outcome.settled;
}

/** One change on its way. */
interface Course extends ApplyContext {
  /** Intents whose request has left and may have happened. */
  readonly sent: Set<string>;
  /** The consent that lets it go, and whether an intent has used it up. */
  readonly consent: { readonly approval: Approval | null; isUsed: boolean };
}

interface Done {
  readonly change: Change;
  readonly outcome: Outcome;
}

/** Carries a change out, gives back a consent that came to nothing, and remembers what was put back. */
async function withConsent(verdict: Verdict, context: ApplyContext, sent: Set<string>): Promise<Done> {
  const course: Course = { ...context, sent, consent: { approval: verdict.approval, isUsed: false } };
  const done = await carryOut(verdict, course).catch(async (error: unknown) => {
    if (error instanceof Stop && sent.size === 0) await giveBack(course);
    throw error;
  });
  if (!mayHaveChanged(done)) await giveBack(course);
  else if (isRepair(done.change) && isWrite(done.change)) await rememberPutBack(done.change, course);
  return done;
}

/** Consent is given to one attempt; a refusal, or a policy that moved, is none. */
async function giveBack({ ports, consent: { approval, isUsed } }: Course): Promise<void> {
  if (approval !== null && isUsed) await ports.approvals.mark(approval, null);
}

async function rememberPutBack(change: Change, context: Course): Promise<void> {
  const known = context.bindings.get(change.key)?.putBack ?? [];
  const nowMs = context.ports.clock.now();
  await bind(change, context, { putBack: remember(known, fieldsOf(change), nowMs, context.flapLimit) });
}

async function carryOut(verdict: Verdict, context: Course): Promise<Done> {
  const { change } = verdict;
  switch (change.action) {
    case 'update':
      return { change, outcome: await update(change, context) };
    case 'create':
      return { change, outcome: await create(change, context) };
    case 'adopt':
      return { change, outcome: await adopt(change, context) };
    case 'accept':
      throw new Error('unreachable: the guard lets a version count without any change');
    case 'restore': {
      const outcome = await restore(change, context);
      if (outcome.status !== 'turnedDown') return { change, outcome };
      const instead = verdict.otherwise;
      if (instead?.decision !== 'admit') return { change, outcome: { ...outcome, status: 'rejected' } };
      await giveBack(context);
      const consent = { approval: instead.approval, isUsed: false };
      return { change: instead.change, outcome: await create(change.otherwise, { ...context, consent }) };
    }
  }
}

async function update(change: UpdateChange, context: Course): Promise<Outcome> {
  const { policies } = context.ports;
  const fresh = await freshlyRead(change.id, change.before, context);
  if ('status' in fresh) return fresh;
  const written = await write(
    change,
    { action: 'update', id: change.id, preImage: fresh.raw, body: change.body },
    context,
    (intentId, mayLeave) => policies.update(change.id, change.body, intentId, mayLeave).then(() => change.id),
  );
  return conclude(change, written, change.after, context);
}

async function adopt(change: AdoptChange, context: Course): Promise<Outcome> {
  const { policies, clock } = context.ports;
  const fresh = await freshlyRead(change.id, change.before, context);
  if ('status' in fresh) return fresh;
  const { body } = change;
  const written = await write(
    change,
    { action: 'adopt', id: change.id, preImage: fresh.raw, body },
    context,
    async (intentId, mayLeave) => {
      if (body === null) await mayLeave();
      else await policies.update(change.id, body, intentId, mayLeave);
      return change.id;
    },
  );
  if (written.status === 'rejected' && /microsoft[- ]managed|managed by microsoft/i.test(written.reason)) {
    await bind(change, context, { refusal: { id: change.id, reason: written.reason, at: clock.now() } });
  }
  if (written.status === 'applied') {
    const adopted = { origin: 'adopted', adopted: change.before.raw } as const;
    await bind(change, context, { id: change.id, ...adopted, refusal: null, pending: null });
    // It was as desired when it was read a moment ago, and nothing was sent since.
    if (body === null && change.withheld.length === 0)
      return settled(change, context, change.id, written.intentId);
  }
  return conclude(change, written, change.after, context);
}

async function create(change: CreateChange, context: Course): Promise<Outcome> {
  const { ports } = context;
  const doubt = change.replaces === null ? null : await doubtThatGone(change.replaces, context);
  if (doubt !== null) return { status: 'stale', reason: doubt };
  const list = await asked(() => ports.policies.list());
  if ('status' in list) return list;
  const live = list.policies.map((raw) => observe(String(raw.id).toLowerCase(), raw));
  const obstacle = obstacleTo(change, live, list.doubts, context);
  if (obstacle !== null) return { status: 'stale', reason: obstacle };
  const written = await write(
    change,
    { action: 'create', id: null, preImage: null, body: change.body },
    context,
    async (intentId, mayLeave) => {
      const answer = await ports.policies.create(change.body, intentId, mayLeave);
      return String(answer.id).toLowerCase();
    },
  );
  switch (written.status) {
    case 'applied':
      return conclude(change, written, change.after, context);
    case 'rejected':
    case 'stale':
      await bind(change, context, { pending: null });
      return outcomeOf(written);
    case 'indeterminate': {
      const known = new Set([...boundIds(context), ...live.map(({ id }) => id)]);
      const id = await findCreated(ports, change.after, known, context.patience);
      if (id === undefined) return outcomeOf(written);
      await bind(change, context, bornAs(id));
      return conclude(change, { ...written, status: 'applied', id }, change.after, context);
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
  context: Course,
): string | null {
  const bound = boundIds(context);
  const unbound = live.filter(({ id }) => !bound.has(id));
  const { made, namesakes } = claimants(desired, context.bindings.get(key), unbound);
  if (live.some(({ id }) => id === replaces)) return `${replaces} is back`;
  if (made !== undefined) return `an earlier create has happened after all (${made.id})`;
  if (replaces !== null) return null;
  if (doubts.length > 0) return 'the list of policies is not whole';
  const [namesake] = namesakes;
  return namesake === undefined
    ? null
    : `a policy named "${desired.displayName}" appeared meanwhile (${namesake.id})`;
}

function boundIds({ bindings }: ApplyContext): Set<PolicyId | null> {
  return new Set([...bindings.values()].map(({ id }) => id));
}

function bornAs(id: PolicyId): Partial<Binding> {
  return { id, origin: 'created', pending: null, refusal: null };
}

async function restore(
  change: RestoreChange,
  context: Course,
): Promise<Outcome | { readonly status: 'turnedDown'; readonly reason: string }> {
  const { ports } = context;
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
    context,
    (intentId, mayLeave) => ports.policies.restore(change.id, intentId, mayLeave).then(() => change.id),
  );
  if (restored.status === 'rejected' || restored.status === 'stale') {
    await bind(change, context, { pending: null });
    return restored.status === 'rejected' ||
      (restored.isMissing && (await isStillDeleted(change.id, context)))
      ? { status: 'turnedDown', reason: restored.reason }
      : outcomeOf(restored);
  }
  const back = await readBack(ports, change.id, change.intermediate, context.patience);
  if (!back.settled) return { ...outcomeOf(restored), reason: back.reason };
  await bind(change, context, { id: change.id, origin: 'restored', pending: null });
  const { body } = change;
  if (body === null) return settled(change, context, change.id, restored.intentId);
  const updated = await write(
    change,
    { action: 'update', id: change.id, preImage: back.raw, body },
    context,
    (intentId, mayLeave) => ports.policies.update(change.id, body, intentId, mayLeave).then(() => change.id),
  );
  return conclude(change, updated, change.after, context);
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

/** What the answer to one request said. `intentId` joins what is journalled about it later. */
type Written =
  | { readonly status: 'applied'; readonly id: PolicyId; readonly intentId: string }
  | {
      readonly status: 'stale' | 'rejected' | 'indeterminate';
      readonly reason: string;
      /** The service did not find what was to be written. */
      readonly isMissing: boolean;
      readonly intentId: string;
    };

interface Write {
  readonly action: Exclude<Change['action'], 'accept'>;
  readonly id: PolicyId | null;
  readonly preImage: RawPolicy | null;
  readonly body: RawPolicy | null;
}

/** Intent, then act, then outcome. What cannot be written down is not done. */
async function write(
  change: Change,
  { action, id, preImage, body }: Write,
  context: Course,
  send: (intentId: string, mayLeave: MayLeave) => Promise<PolicyId>,
): Promise<Written> {
  const { ports, runId, lease, consent } = context;
  const intentId = ports.chance.uuid();
  const lookedAt = ports.clock.now();
  if (consent.approval !== null && !consent.isUsed) {
    await ports.approvals.mark(consent.approval, intentId);
    consent.isUsed = true;
  }
  const entry = { runId, fence: lease.fence, key: change.key, intentId, digest: change.digest };
  await ports.journal.append({
    ...entry,
    kind: 'intent',
    action,
    id,
    preImage,
    body,
    desiredVersion: change.desired.version,
  });
  if (action === 'create' || action === 'restore') {
    // The row is another run's to write, once the lease is.
    await stand(context);
    const pending = { action, intentId, displayName: change.desired.displayName, at: ports.clock.now() };
    await bind(change, context, { pending });
  }
  const written = await send(intentId, () => mayLeave(intentId, lookedAt, context)).then(
    (done): Written => ({ status: 'applied', id: done, intentId }),
    (error: unknown): Written | Stop =>
      error instanceof Stop ? error : { ...refusal(asFault(error)), intentId },
  );
  const outcome = { ...entry, kind: 'outcome' } as const;
  if (written instanceof Stop || written.status === 'stale' || written.status === 'rejected')
    context.sent.delete(intentId);
  if (written instanceof Stop) {
    await ports.journal.append({ ...outcome, status: 'stale', id, reason: written.message });
    throw written;
  }
  const isApplied = written.status === 'applied';
  try {
    // The id comes first: without it, what was just made is a stranger to the next run.
    if (action === 'create' && isApplied) await bind(change, context, bornAs(written.id));
  } finally {
    await ports.journal.append({
      ...outcome,
      status: written.status,
      id: isApplied ? written.id : id,
      reason: isApplied ? null : written.reason,
    });
  }
  return written;
}

/** A write that had to wait longer (throttled, say) would go out on what was read too long ago: the next run looks again. */
const LOOK_MS = 45_000;
/** An answer that took longer tells of the past: a machine that stood still in between asks again. */
const STANDING_MS = 2_000;
const STANDING_ATTEMPTS = 3;
const TOO_LATE = 'it had to wait, and what was read before may have changed since; the next run looks again';

/**
 * Ownership and freeze, read together when all other waiting is over and the request is about to leave.
 *
 * @throws Stop when nothing may leave any more; Fault `unavailable` when this write may not
 */
async function mayLeave(intentId: string, lookedAt: number, course: Course): Promise<void> {
  const { ports, sent, deadlineAt } = course;
  for (let attempt = 1; attempt <= STANDING_ATTEMPTS; attempt++) {
    const askedAt = ports.clock.now();
    await stand(course);
    if (ports.clock.now() >= deadlineAt) throw new Stop('the run’s time budget ended');
    if (ports.clock.now() - lookedAt > LOOK_MS) throw new Fault('unavailable', TOO_LATE);
    if (ports.clock.now() - askedAt > STANDING_MS) continue;
    sent.add(intentId);
    return;
  }
  throw new Stop('the tables answer too slowly to know whether the lease is still held');
}

/** @throws Stop when this run may not write any more, or nobody can tell: trouble of ours, never a no of Graph's */
async function stand({ ports, lease }: ApplyContext): Promise<void> {
  const { owned, freeze } = await ports.control.standing(lease).catch((error: unknown) => {
    throw new Stop(asFault(error).message);
  });
  if (!owned) throw new Stop('the lease was lost to another run');
  if (freeze !== null) throw new Stop(`the tenant was frozen by "${freeze.by}": "${freeze.reason}"`);
}

function refusal(
  fault: Fault,
): Pick<Exclude<Written, { status: 'applied' }>, 'status' | 'reason' | 'isMissing'> {
  const { message: reason } = fault;
  const isMissing = fault.kind === 'missing';
  switch (fault.kind) {
    case 'indeterminate':
      return { status: 'indeterminate', reason, isMissing };
    // Certainly not carried out, and later may be better.
    case 'missing':
    case 'unavailable':
      return { status: 'stale', reason, isMissing };
    case 'config':
    case 'denied':
    case 'rejected':
      return { status: 'rejected', reason, isMissing };
  }
}

/** Reads a write back, also one whose answer was lost: if the tenant says what was intended, it happened. */
async function conclude(
  change: Change,
  written: Written,
  expected: Policy,
  context: Course,
): Promise<Outcome> {
  const id = written.status === 'applied' ? written.id : change.action === 'create' ? null : change.id;
  if (written.status === 'stale' || written.status === 'rejected' || id === null) return outcomeOf(written);
  const back = await readBack(context.ports, id, expected, context.patience);
  if (back.settled) return settled(change, context, id, written.intentId);
  await note(change, context, written.intentId, back.reason);
  if (written.status === 'applied') return { status: 'applied', id, settled: false, reason: back.reason };
  return { status: 'indeterminate', reason: `${written.reason}; then ${back.reason}` };
}

/** An answer that needs no reading back, as an outcome. */
function outcomeOf(written: Written): Outcome {
  if (written.status === 'applied')
    return { status: 'applied', id: written.id, settled: false, reason: null };
  return { status: written.status, reason: written.reason };
}

async function settled(change: Change, context: Course, id: PolicyId, intentId: string): Promise<Outcome> {
  const { version, hash } = change.desired;
  const withheld = change.action === 'create' ? [] : change.withheld;
  const proven = { proven: { version, hash, at: context.ports.clock.now(), withheld }, adopted: null };
  const adopted = change.action === 'adopt' ? ({ origin: 'adopted', refusal: null } as const) : {};
  await bind(change, context, { id, pending: null, ...proven, ...adopted });
  await note(change, context, intentId, null);
  return { status: 'applied', id, settled: true, reason: null };
}

async function note(
  change: Change,
  { ports, runId, lease }: Course,
  intentId: string,
  reason: string | null,
): Promise<void> {
  const entry = { runId, fence: lease.fence, key: change.key, intentId, digest: change.digest };
  await ports.journal.append({ ...entry, kind: 'settled', settled: reason === null, reason });
}

/** Changes the binding of a key, in the table and in what this run knows of it. */
async function bind(change: Change, { ports, bindings }: Course, news: Partial<Binding>): Promise<void> {
  const known = bindings.get(change.key);
  const isNew = news.origin !== undefined;
  const binding: Binding = {
    id: null,
    origin: 'created',
    proven: null,
    pending: null,
    refusal: null,
    highestVersion: change.desired.version,
    highestHash: change.desired.hash,
    ...known,
    key: change.key,
    boundAt: isNew ? ports.clock.now() : (known?.boundAt ?? ports.clock.now()),
    ...news,
  };
  await ports.bindings.put(binding);
  bindings.set(change.key, binding);
}
