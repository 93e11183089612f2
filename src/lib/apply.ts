import { fieldDrifts, type Observed, observe } from './diff.ts';
import { asFault, Fault } from './fault.ts';
import type { Verdict } from './guard.ts';
import type { Binding } from './journal.ts';
import type { AdoptChange, Change, CreateChange, RestoreChange, UpdateChange } from './plan.ts';
import { isWrite } from './plan.ts';
import type { Policy, PolicyId, PolicyKey, RawPolicy } from './policy/model.ts';
import type { Lease, Ports } from './ports.ts';
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
  /** Milliseconds since 1970; no change is begun after it. */
  readonly deadlineAt: number;
}

export interface Applied {
  readonly outcomes: ReadonlyMap<PolicyKey, { readonly change: Change; readonly outcome: Outcome }>;
  /** Admitted changes that were not begun. */
  readonly remaining: readonly Verdict[];
  /** Why the rest was left, where it was not for their number. */
  readonly stopped: string | null;
}

/** Ends the writing of a run: what follows may not be written any more. */
class Stop extends Error {
  override readonly name = 'Stop';
}

/**
 * Carries admitted changes out, one after the other, never more than `changesMax`. Each is read afresh, written down,
 * sent, and read back. Stops at once when the lease is lost, the tenant is frozen, or nothing can be written down.
 */
export async function apply(admitted: readonly Verdict[], context: ApplyContext): Promise<Applied> {
  const outcomes = new Map<PolicyKey, { change: Change; outcome: Outcome }>();
  let written = 0;
  for (const [index, verdict] of admitted.entries()) {
    const left = (stopped: string | null): Applied => ({
      outcomes,
      remaining: admitted.slice(index),
      stopped,
    });
    if (context.ports.clock.now() >= context.deadlineAt) return left('the run’s time budget ended');
    if (isWrite(verdict.change) && written >= context.changesMax) {
      return {
        outcomes,
        remaining: admitted.slice(index).filter(({ change }) => isWrite(change)),
        stopped: null,
      };
    }
    try {
      outcomes.set(verdict.change.key, await carryOut(verdict, context));
    } catch (error) {
      if (error instanceof Stop) return left(error.message);
      return left(asFault(error).message);
    }
    if (isWrite(verdict.change)) written += 1;
  }
  return { outcomes, remaining: [], stopped: null };
}

async function carryOut(
  verdict: Verdict,
  context: ApplyContext,
): Promise<{ change: Change; outcome: Outcome }> {
  const { change } = verdict;
  switch (change.action) {
    case 'update':
      return { change, outcome: await update(change, context) };
    case 'create':
      return { change, outcome: await create(change, context) };
    case 'adopt':
      return { change, outcome: await adopt(change, context) };
    case 'restore': {
      const outcome = await restore(change, context);
      const instead = verdict.otherwise;
      if (outcome.status !== 'rejected' || instead?.decision !== 'admit') return { change, outcome };
      return { change: instead.change, outcome: await create(change.otherwise, context) };
    }
  }
}

async function update(change: UpdateChange, context: ApplyContext): Promise<Outcome> {
  const fresh = await freshlyRead(change.id, change.before, context);
  if ('status' in fresh) return fresh;
  const written = await write(
    change,
    { action: 'update', id: change.id, preImage: fresh.raw, body: change.body },
    context,
    (intentId) => context.ports.policies.update(change.id, change.body, intentId).then(() => change.id),
  );
  return conclude(change, written, change.after, context);
}

async function adopt(change: AdoptChange, context: ApplyContext): Promise<Outcome> {
  const fresh = await freshlyRead(change.id, change.before, context);
  if ('status' in fresh) return fresh;
  const { body } = change;
  const written = await write(
    change,
    { action: 'adopt', id: change.id, preImage: fresh.raw, body },
    context,
    async (intentId) => {
      if (body !== null) await context.ports.policies.update(change.id, body, intentId);
      return change.id;
    },
  );
  if (written.status === 'rejected' && /microsoft[- ]managed|managed by microsoft/i.test(written.reason)) {
    const at = context.ports.clock.now();
    await bind(change, context, { id: null, refusal: { id: change.id, reason: written.reason, at } });
  }
  if (written.status === 'applied')
    await bind(change, context, { id: change.id, origin: 'adopted', refusal: null });
  return conclude(change, written, change.after, context);
}

async function create(change: CreateChange, context: ApplyContext): Promise<Outcome> {
  const { ports } = context;
  const boundIds = new Set([...context.bindings.values()].map(({ id }) => id));
  const name = change.desired.displayName;
  const list = await asked(() => ports.policies.list());
  if ('status' in list) return list;
  const namesake = list.policies
    .map((raw) => observe(String(raw.id).toLowerCase(), raw))
    .find((policy) => policy.displayName === name && !boundIds.has(policy.id));
  if (change.replaces === null) {
    if (list.doubts.length > 0) return { status: 'stale', reason: 'the list of policies is not whole' };
    if (namesake !== undefined) {
      return { status: 'stale', reason: `a policy named "${name}" appeared meanwhile (${namesake.id})` };
    }
  }
  const written = await write(
    change,
    { action: 'create', id: null, preImage: null, body: change.body },
    context,
    async (intentId) => {
      const answer = await ports.policies.create(change.body, intentId);
      return String(answer.id).toLowerCase();
    },
  );
  const isUndone = written.status === 'rejected' || written.status === 'stale';
  if (isUndone) await bind(change, context, { pending: null });
  if (written.status !== 'indeterminate') return boundCreate(change, written, context);
  const id = await findCreated(ports, change.after, boundIds, context.patience);
  return id === undefined
    ? outcomeOf(written)
    : boundCreate(change, { ...written, status: 'applied', id }, context);
}

async function boundCreate(change: CreateChange, written: Written, context: ApplyContext): Promise<Outcome> {
  if (written.status === 'applied') {
    await bind(change, context, { id: written.id, origin: 'created', pending: null, refusal: null });
  }
  return conclude(change, written, change.after, context);
}

async function restore(change: RestoreChange, context: ApplyContext): Promise<Outcome> {
  const { ports } = context;
  const alive = await asked(() => ports.policies.read(change.id));
  if ('status' in alive) return alive;
  const deleted = await asked(() => ports.policies.readDeleted(change.id));
  if ('status' in deleted) return deleted;
  if (alive.kind !== 'missing') return { status: 'stale', reason: 'it is back already' };
  if (deleted.kind !== 'found') return { status: 'rejected', reason: 'it cannot be restored any more' };
  if (hasMoved(observe(change.id, deleted.raw), change.intermediate)) {
    return { status: 'stale', reason: 'the deleted policy is not the one that was judged' };
  }
  const restored = await write(
    change,
    { action: 'restore', id: change.id, preImage: deleted.raw, body: null },
    context,
    (intentId) => ports.policies.restore(change.id, intentId).then(() => change.id, turnedDown),
  );
  if (restored.status === 'rejected' || restored.status === 'stale') return outcomeOf(restored);
  const back = await readBack(ports, change.id, change.intermediate, context.patience);
  if (!back.settled) return { ...outcomeOf(restored), reason: back.reason };
  await bind(change, context, { id: change.id, origin: 'restored', pending: null });
  const { body } = change;
  if (body === null) return settled(change, context, change.id, restored.intentId);
  const updated = await write(
    change,
    { action: 'update', id: change.id, preImage: back.raw, body },
    context,
    (intentId) => ports.policies.update(change.id, body, intentId).then(() => change.id),
  );
  return conclude(change, updated, change.after, context);
}

/** Nothing to restore at that address: this cloud does not offer it, or the object is gone for good. Either way, a no. */
function turnedDown(error: unknown): never {
  const fault = asFault(error);
  throw fault.kind === 'missing' ? new Fault('rejected', fault.message, fault.detail, fault) : fault;
}

/** The policy right before the write, or why it may not be written: what was judged must still be what is there. */
async function freshlyRead(
  id: PolicyId,
  before: Observed,
  { ports }: ApplyContext,
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
      readonly intentId: string;
    };

interface Write {
  readonly action: Change['action'];
  readonly id: PolicyId | null;
  readonly preImage: RawPolicy | null;
  readonly body: RawPolicy | null;
}

/** Intent, then act, then outcome. What cannot be written down is not done. */
async function write(
  change: Change,
  { action, id, preImage, body }: Write,
  context: ApplyContext,
  send: (intentId: string) => Promise<PolicyId>,
): Promise<Written> {
  const { ports, runId, lease } = context;
  const intentId = ports.chance.uuid();
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
    const pending = { action, intentId, displayName: change.desired.displayName, at: ports.clock.now() };
    await bind(change, context, { pending });
  }
  const obstacle = await obstacleTo(context);
  if (obstacle !== null) {
    await ports.journal.append({ ...entry, kind: 'outcome', status: 'stale', id, reason: obstacle });
    throw new Stop(obstacle);
  }
  const written = await send(intentId).then(
    (done): Written => ({ status: 'applied', id: done, intentId }),
    (error: unknown): Written => ({ ...refusal(asFault(error)), intentId }),
  );
  const reason = written.status === 'applied' ? null : written.reason;
  await ports.journal.append({
    ...entry,
    kind: 'outcome',
    status: written.status,
    id: written.status === 'applied' ? written.id : id,
    reason,
  });
  return written;
}

/** Ownership and freeze, read together right before the request leaves. @returns why it may not, or null */
async function obstacleTo({ ports, lease }: ApplyContext): Promise<string | null> {
  const { owned, freeze } = await ports.control.standing(lease);
  if (!owned) return 'the lease was lost to another run';
  return freeze === null ? null : `the tenant was frozen by ${freeze.by}: ${freeze.reason}`;
}

function refusal(fault: Fault): { status: 'stale' | 'rejected' | 'indeterminate'; reason: string } {
  switch (fault.kind) {
    case 'indeterminate':
      return { status: 'indeterminate', reason: fault.message };
    case 'missing':
      return { status: 'stale', reason: fault.message };
    // Certainly not carried out, and later may be better.
    case 'unavailable':
      return { status: 'stale', reason: fault.message };
    case 'config':
    case 'denied':
    case 'rejected':
      return { status: 'rejected', reason: fault.message };
  }
}

/** Reads a write back, also one whose answer was lost: if the tenant says what was intended, it happened. */
async function conclude(
  change: Change,
  written: Written,
  expected: Policy,
  context: ApplyContext,
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

async function settled(
  change: Change,
  context: ApplyContext,
  id: PolicyId,
  intentId: string,
): Promise<Outcome> {
  const { version, hash } = change.desired;
  const isWhole = change.action === 'create' || change.action === 'restore' || change.withheld.length === 0;
  const proven = isWhole ? { proven: { version, hash, at: context.ports.clock.now() } } : {};
  const adopted = change.action === 'adopt' ? ({ origin: 'adopted', refusal: null } as const) : {};
  await bind(change, context, { id, pending: null, ...adopted, ...proven });
  await note(change, context, intentId, null);
  return { status: 'applied', id, settled: true, reason: null };
}

async function note(
  change: Change,
  { ports, runId, lease }: ApplyContext,
  intentId: string,
  reason: string | null,
): Promise<void> {
  const entry = { runId, fence: lease.fence, key: change.key, intentId, digest: change.digest };
  await ports.journal.append({ ...entry, kind: 'settled', settled: reason === null, reason });
}

/** Changes the binding of a key, in the table and in what this run knows of it. */
async function bind(
  change: Change,
  { ports, bindings }: ApplyContext,
  news: Partial<Binding>,
): Promise<void> {
  const known = bindings.get(change.key);
  const isNew = news.origin !== undefined;
  const binding: Binding = {
    key: change.key,
    id: known?.id ?? null,
    origin: known?.origin ?? 'created',
    boundAt: isNew ? ports.clock.now() : (known?.boundAt ?? ports.clock.now()),
    proven: known?.proven ?? null,
    highestVersion: Math.max(known?.highestVersion ?? 0, change.desired.version),
    pending: known?.pending ?? null,
    refusal: known?.refusal ?? null,
    ...news,
  };
  await ports.bindings.put(binding);
  bindings.set(change.key, binding);
}
