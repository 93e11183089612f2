import type { Tenant } from '../../sandbox/tenant/index.ts';
import type { Approval } from '../../src/lib/approval.ts';
import type { JournalEntry } from '../../src/lib/journal.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { RunReport } from '../../src/lib/report.ts';
import type { Hands } from './hands.ts';
import type { Exchange, RunRecord } from './machine.ts';
import type { Consent, Operator, Release } from './operator.ts';
import type { Siege } from './siege.ts';

/** Everything that happened in one world. */
export interface History {
  readonly tenant: Tenant;
  readonly runs: readonly RunRecord[];
  readonly journal: readonly JournalEntry[];
  /** Every version ever pushed, by key; the first is version 1. */
  readonly versions: ReadonlyMap<string, readonly RawPolicy[]>;
  readonly consents: readonly Consent[];
  /** Those the tables still had when all was over. */
  readonly consentsLeft: readonly Approval[];
  readonly releases: readonly Release[];
  readonly hands: Hands;
  readonly operator: Operator;
  /** The version last proven of each key, when all was over. */
  readonly proven: ReadonlyMap<string, number>;
  /** Objects of that version that never settled. */
  readonly withheld: ReadonlyMap<string, readonly string[]>;
  /** The longest time for which reads trailed writes. */
  readonly lagMs: number;
  /** null: there was none. */
  readonly siege: Siege | null;
  /** Runs before this one were under fire. */
  readonly calmRun: number;
}

/** One promise of the program: a sentence, and how a history is held against it. */
export interface Promised {
  readonly name: string;
  /** @returns each way in which it was broken */
  check(history: History): string[];
}

export type Intent = Extract<JournalEntry, { kind: 'intent' }>;
export type Write = Tenant['writes'][number];

/** No write leaves longer than this after its object was looked at: the program's 45 s, and time to write down the intent. */
export const LOOK_MS = 60_000;
export const COLLECTION = '/v1.0/identity/conditionalAccess/policies';
export const DELETED = '/v1.0/identity/conditionalAccess/deletedItems/policies';

/** A batch holds reads only. */
export function isWrite({ method, path }: Exchange): boolean {
  return method !== 'GET' && path !== '/v1.0/$batch';
}

export function intentsOf({ journal }: History): Map<string, Intent> {
  return new Map(journal.flatMap((entry) => (entry.kind === 'intent' ? [[entry.intentId, entry]] : [])));
}

export function ourWrites({ tenant }: History): Write[] {
  return tenant.writes.filter(({ by }) => by === 'graph');
}

export function reportOf(run: RunRecord | undefined): RunReport | undefined {
  return run?.end.kind === 'ended' && run.end.result.kind === 'done' ? run.end.result.report : undefined;
}

/** Every write of ours as it left: with its run, and with what the tables said at the time. */
export function departures({
  runs,
}: History): Map<string, { readonly write: Exchange; readonly run: RunRecord }> {
  return new Map(
    runs.flatMap((run) =>
      run.exchanges.filter(isWrite).map((write) => [write.clientRequestId, { write, run }] as const),
    ),
  );
}

/**
 * Whether somebody else changed the policy so shortly before our write that we could not have seen it: between our look
 * and our write, or unseen by a lagging replica.
 */
export function wasRaced(history: History, write: Write, pausedMs: number): boolean {
  const { lagMs, tenant } = history;
  const since = write.at - lagMs - LOOK_MS - pausedMs;
  return tenant.writes.some(
    (other) =>
      other !== write &&
      other.id === write.id &&
      other.at >= since &&
      other.at <= write.at &&
      other.by === 'admin',
  );
}
