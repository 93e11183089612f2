import { asFault, Fault } from '../fault.ts';
import type { Clock, Control, Freeze, Lease, LeaseAnswer } from '../ports.ts';
import { controlKeys } from './keys.ts';
import type { Row, Rows, StoredRow, WriteAnswer } from './rows.ts';
import { instantMs } from './shapes.ts';

/** How long a lease lasts after it was acquired or renewed. A run that died is out of the way within two minutes. */
export const LEASE_MS = 90_000;
/** How far the clocks of two machines may be apart. */
export const SKEW_MS = 15_000;

/** In the column `until` of a lease that was given back: free at once, for any clock. */
const RELEASED = '1970-01-01T00:00:00.000Z';
const CHANGES_MAX = 3;

/** The lease as its row tells it. */
type LeaseRow =
  | { readonly kind: 'absent' }
  | { readonly kind: 'whole'; readonly row: StoredRow; readonly lease: Lease; readonly untilMs: number }
  /** Not as we write it. `fence` as far as it can be read. */
  | { readonly kind: 'damaged'; readonly row: StoredRow; readonly fence: number | undefined };

interface ControlRows {
  readonly lease: LeaseRow;
  readonly freeze: Freeze | null;
}

/**
 * One lease and one freeze switch. Taking, renewing and giving back are each one conditional write, so two machines
 * that read the same row cannot both succeed.
 */
export function controlStore(rows: Rows, clock: Clock): Control {
  return {
    async acquire(owner) {
      const { lease: found, freeze } = await readControl(rows, clock);
      const freeAt = freeAtMs(found, clock.now());
      if (clock.now() < freeAt) return busy(found, freeAt, clock);

      const lease = { owner, fence: nextFence(found, clock) };
      if ((await take(rows, found, leaseRow(lease, clock.now() + LEASE_MS))) === 'done') {
        return { kind: 'held', lease, freeze };
      }
      return whoseIsIt(rows, clock, lease);
    },

    renew: (lease) => changeOwn(rows, lease, () => clock.now() + LEASE_MS),

    async release(lease) {
      await changeOwn(rows, lease, () => 0);
    },

    async standing(lease) {
      const { lease: found, freeze } = await readControl(rows, clock);
      return { owned: isHeldBy(found, lease) && clock.now() < found.untilMs, freeze };
    },

    async frozen() {
      return (await readControl(rows, clock)).freeze;
    },

    async freeze(freeze) {
      if (freeze === null) return rows.remove(controlKeys.freeze);
      await rows.put(freezeRow(freeze));
    },
  };
}

/** Lease and freeze in one request, so that they are true at the same moment. */
async function readControl(rows: Rows, clock: Clock): Promise<ControlRows> {
  const found = await rows.range(controlKeys.all);
  const lease = found.find(({ rowKey }) => rowKey === controlKeys.lease);
  const freeze = found.find(({ rowKey }) => rowKey === controlKeys.freeze);
  return { lease: readLease(lease), freeze: readFreeze(freeze, clock.now()) };
}

function readLease(row: StoredRow | undefined): LeaseRow {
  if (row === undefined) return { kind: 'absent' };
  const { owner, until } = row.columns;
  const fence = fenceOf(row.columns.fence);
  const untilMs = instantMs(until);
  if (typeof owner !== 'string' || fence === undefined || untilMs === undefined) {
    return { kind: 'damaged', row, fence };
  }
  return { kind: 'whole', row, lease: { owner, fence }, untilMs };
}

function fenceOf(value: unknown): number | undefined {
  return typeof value === 'string' && /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

/**
 * Milliseconds since 1970 from which somebody else may take the lease.
 *
 * A row that is damaged, or says it lasts longer than any lease does, is judged by the time at which the service says
 * it was written: its owner may be at work, but one odd row must not keep a tenant from being looked after for ever.
 */
function freeAtMs(found: LeaseRow, nowMs: number): number {
  if (found.kind === 'absent') return 0;
  if (found.kind === 'whole') {
    if (found.untilMs === 0) return 0;
    if (found.untilMs <= nowMs + LEASE_MS + SKEW_MS) return found.untilMs + SKEW_MS + 1;
  }
  const { writtenAt } = found.row;
  return Number.isNaN(writtenAt) ? nowMs + LEASE_MS : writtenAt + LEASE_MS + SKEW_MS + 1;
}

/**
 * One more than the last. Where there is no last one, the seconds since 1970: more than runs could have counted up to,
 * so the fence grows even if somebody removed the row.
 */
function nextFence(found: LeaseRow, clock: Clock): number {
  const last =
    found.kind === 'whole' ? found.lease.fence : found.kind === 'damaged' ? found.fence : undefined;
  return last === undefined ? Math.floor(clock.now() / 1000) : last + 1;
}

function busy(found: LeaseRow, freeAt: number, clock: Clock): LeaseAnswer {
  const owner = found.kind === 'whole' ? found.lease.owner : 'unknown';
  return { kind: 'busy', owner, freeMs: Math.max(0, freeAt - clock.now()) };
}

/** @returns `unsure` when the answer was lost: only the row itself can tell */
async function take(rows: Rows, found: LeaseRow, row: Row): Promise<WriteAnswer | 'unsure'> {
  try {
    return found.kind === 'absent' ? await rows.insert(row) : await rows.replace(row, found.row.etag);
  } catch (error) {
    const fault = asFault(error);
    if (fault.kind === 'indeterminate') return 'unsure';
    throw fault;
  }
}

/** After a refused or unanswered attempt: ours after all, if the row names us with the fence we asked for. */
async function whoseIsIt(rows: Rows, clock: Clock, lease: Lease): Promise<LeaseAnswer> {
  const { lease: found, freeze } = await readControl(rows, clock);
  if (isHeldBy(found, lease) && clock.now() < found.untilMs) return { kind: 'held', lease, freeze };
  return busy(found, freeAtMs(found, clock.now()), clock);
}

function isHeldBy(found: LeaseRow, lease: Lease): found is Extract<LeaseRow, { kind: 'whole' }> {
  return (
    found.kind === 'whole' &&
    found.untilMs !== 0 &&
    found.lease.owner === lease.owner &&
    found.lease.fence === lease.fence
  );
}

/**
 * Writes a new end into the row as long as it is ours. Read again after a refusal or a lost answer: our own renewal and
 * our own release may cross.
 *
 * @returns false when it is somebody else's, or was given back
 */
async function changeOwn(rows: Rows, lease: Lease, untilMs: () => number): Promise<boolean> {
  for (let change = 0; change < CHANGES_MAX; change++) {
    const row = await rows.read(controlKeys.lease);
    const found = readLease(row);
    if (!isHeldBy(found, lease)) return false;
    if ((await take(rows, found, leaseRow(lease, untilMs()))) === 'done') return true;
  }
  throw new Fault('unavailable', `table "control": the lease of ${lease.owner} could not be changed`);
}

function leaseRow({ owner, fence }: Lease, untilMs: number): Row {
  const until = untilMs === 0 ? RELEASED : new Date(untilMs).toISOString();
  return { rowKey: controlKeys.lease, columns: { owner, fence: String(fence), until } };
}

function freezeRow({ reason, by, since, until }: Freeze): Row {
  if (until !== null && instantMs(until) === undefined) {
    throw new Fault('rejected', `${JSON.stringify(until)} is not an instant such as 2026-11-24T18:00:00Z`);
  }
  const columns = { reason, by, since };
  return { rowKey: controlKeys.freeze, columns: until === null ? columns : { ...columns, until } };
}

/** A switch that cannot be read is on: somebody meant to stop us. */
function readFreeze(row: StoredRow | undefined, nowMs: number): Freeze | null {
  if (row === undefined) return null;
  const { reason, by, since, until = null } = row.columns;
  const untilMs = until === null ? Number.POSITIVE_INFINITY : instantMs(until);
  const isText = typeof reason === 'string' && typeof by === 'string' && typeof since === 'string';
  if (!isText || untilMs === undefined) return unreadableFreeze(row);
  return untilMs <= nowMs ? null : { reason, by, since, until: until === null ? null : String(until) };
}

function unreadableFreeze({ writtenAt }: StoredRow): Freeze {
  return {
    reason:
      'the row "freeze" of table "control" cannot be read, so it counts as frozen; `caretaker unfreeze` removes it',
    by: 'unknown',
    since: Number.isNaN(writtenAt) ? '' : new Date(writtenAt).toISOString(),
    until: null,
  };
}
