import type { Approval } from './approval.ts';
import { asFault, Fault } from './fault.ts';
import type { Binding } from './journal.ts';
import type { Change } from './plan.ts';
import type { Policy, PolicyId, PolicyKey, RawPolicy } from './policy/model.ts';
import type { Lease, MayLeave, Ports } from './ports.ts';
import { type Patience, readBack } from './verify.ts';

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

/** One change on its way. */
export interface Course {
  readonly ports: Ports;
  readonly runId: string;
  readonly lease: Lease;
  /** Kept up to date as changes are carried out. */
  readonly bindings: Map<PolicyKey, Binding>;
  readonly patience: Patience;
  /** Milliseconds since 1970; no change is begun after it. */
  readonly deadlineAt: number;
  /** Intents whose request has left and may have happened. */
  readonly sent: Set<string>;
  /** The consent that lets it go, and whether an intent has used it up. */
  readonly consent: { readonly approval: Approval | null; isUsed: boolean };
}

/** Ends the writing of a run: what follows may not be written any more. */
export class Stop extends Error {
  override readonly name = 'Stop';
}

/** What the answer to one request said. `intentId` joins what is journalled about it later. */
export type Written =
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
export async function write(
  change: Change,
  { action, id, preImage, body }: Write,
  course: Course,
  send: (intentId: string, mayLeave: MayLeave) => Promise<PolicyId>,
): Promise<Written> {
  const { ports, runId, lease, consent } = course;
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
    await stand(course);
    const pending = { action, intentId, displayName: change.desired.displayName, at: ports.clock.now() };
    await bind(change, course, { pending });
  }
  const written = await send(intentId, () => mayLeave(intentId, lookedAt, course)).then(
    (done): Written => ({ status: 'applied', id: done, intentId }),
    (error: unknown): Written | Stop =>
      error instanceof Stop ? error : { ...refusal(asFault(error)), intentId },
  );
  const outcome = { ...entry, kind: 'outcome' } as const;
  if (written instanceof Stop || written.status === 'stale' || written.status === 'rejected')
    course.sent.delete(intentId);
  if (written instanceof Stop) {
    await ports.journal.append({ ...outcome, status: 'stale', id, reason: written.message });
    throw written;
  }
  const isApplied = written.status === 'applied';
  try {
    // The id comes first: without it, what was just made is a stranger to the next run.
    if (action === 'create' && isApplied) await bind(change, course, bornAs(written.id));
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
async function stand({ ports, lease }: Course): Promise<void> {
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
export async function conclude(
  change: Change,
  written: Written,
  expected: Policy,
  course: Course,
): Promise<Outcome> {
  const id = written.status === 'applied' ? written.id : change.action === 'create' ? null : change.id;
  if (written.status === 'stale' || written.status === 'rejected' || id === null) return outcomeOf(written);
  const back = await readBack(course.ports, id, expected, course.patience);
  if (back.settled) return settled(change, course, id, written.intentId);
  await note(change, course, written.intentId, back.reason);
  if (written.status === 'applied') return { status: 'applied', id, settled: false, reason: back.reason };
  return { status: 'indeterminate', reason: `${written.reason}; then ${back.reason}` };
}

/** An answer that needs no reading back, as an outcome. */
export function outcomeOf(written: Written): Outcome {
  if (written.status === 'applied')
    return { status: 'applied', id: written.id, settled: false, reason: null };
  return { status: written.status, reason: written.reason };
}

export async function settled(
  change: Change,
  course: Course,
  id: PolicyId,
  intentId: string,
): Promise<Outcome> {
  const { version, hash } = change.desired;
  const withheld = change.action === 'create' ? [] : change.withheld;
  const proven = { proven: { version, hash, at: course.ports.clock.now(), withheld }, adopted: null };
  const adopted = change.action === 'adopt' ? ({ origin: 'adopted', refusal: null } as const) : {};
  await bind(change, course, { id, pending: null, ...proven, ...adopted });
  await note(change, course, intentId, null);
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
export async function bind(
  change: Change,
  { ports, bindings }: Course,
  news: Partial<Binding>,
): Promise<void> {
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

/** What is known of a policy that was just made. */
export function bornAs(id: PolicyId): Partial<Binding> {
  return { id, origin: 'created', pending: null, refusal: null };
}
