import type { Policy } from '../../sandbox/tenant/index.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { read } from '../../src/lib/policy/canonical.ts';
import type { Policy as Desired, PolicyKey, RawPolicy } from '../../src/lib/policy/model.ts';
import { type History, intentsOf, reportOf, type Write } from './history.ts';
import type { RunRecord } from './machine.ts';
import { isTurning, keptAt } from './policies.ts';
import type { Siege } from './siege.ts';

/** How long a flapping policy is left alone (`docs/limits.md`, the rule `flapping`). */
const BACK_OFF_MS = 3_600_000;

/**
 * How long a proven policy stays looser than it was, although runs come and go in calm weather. A run in which somebody
 * changed the very policy does not count: an edit between the comparison and the write is conceded. All others must put
 * it back, as soon as no field of it is backed off from, its turn within the limit has come, and the service lets them.
 */
export function besieged(history: History): string[] {
  const { siege } = history;
  return siege === null ? [] : siege.held.flatMap((one) => stretches(one, siege, history));
}

type Held = Siege['held'][number];

function stretches({ key, id, version }: Held, siege: Siege, history: History): string[] {
  const runs = history.runs.slice(siege.fromRun, siege.toRun);
  const raw = history.versions.get(key)?.[version - 1];
  if (raw === undefined || !isKeptAt(key, version, runs)) return [];
  const [fromAt, toAt] = [runs[0]?.startedAt ?? 0, runs.at(-1)?.endedAt ?? 0];
  // What is wanted changes in the middle of it.
  if (isTurning(raw, fromAt, toAt)) return [];
  const wanted = keptAt(raw, fromAt);
  const track = follow(key, id, wanted, history);
  const changesMax = Math.min(...runs.map(({ order }) => order.changesMax), 2);
  const turns = Math.ceil(siege.held.length / changesMax);
  // While security defaults are on the service itself refuses whatever is enabled; every run tries, and says so.
  const isRefused = ({ startedAt }: RunRecord): boolean =>
    wanted.state === 'enabled' && history.hands.wereDefaultsOn(startedAt);
  const broken: string[] = [];
  let idle: RunRecord[] = [];
  for (const run of runs) {
    const during = track.filter(({ at }) => at >= run.startedAt && at <= run.endedAt);
    const isLoose = track.findLast(({ at }) => at <= run.endedAt)?.isLoose ?? false;
    if (!isLoose || during.some(({ by }) => by === 'graph')) idle = [];
    else if (during.length === 0 && !isBackedOff(key, run, track) && !isRefused(run)) idle.push(run);
    if (idle.length > turns) {
      broken.push(`${key} was left looser than it should be for ${idle.length} runs (${siege.plan})`);
      idle = [];
    }
  }
  return broken;
}

/** It is the newest version, or the newest waits for a person all the time. */
function isKeptAt(key: PolicyKey, version: number, runs: readonly RunRecord[]): boolean {
  return runs.every((run) => {
    const shown = reportOf(run)?.policies.find((policy) => policy.key === key);
    if (shown === undefined) return false;
    return shown.version === version || (shown.verdict === 'hold' && shown.isApprovable);
  });
}

/** A run may leave a flapping field alone for an hour after it was last put back, and no longer. */
function isBackedOff(key: PolicyKey, run: RunRecord, track: readonly Step[]): boolean {
  const shown = reportOf(run)?.policies.find((policy) => policy.key === key);
  const findings = [...(shown?.findings ?? []), ...(shown?.meanwhile?.findings ?? [])];
  const lastAt = track.findLast(({ at, by }) => by === 'graph' && at <= run.startedAt)?.at;
  return (
    lastAt !== undefined &&
    run.startedAt - lastAt < BACK_OFF_MS &&
    findings.some(({ rule, decision }) => rule === 'flapping' && decision === 'hold')
  );
}

interface Step {
  readonly at: number;
  readonly by: Write['by'];
  readonly isLoose: boolean;
}

/** Every change of the object that stands for the key; another takes its place when we make or adopt one. */
function follow(key: PolicyKey, firstId: string, wanted: Desired, history: History): readonly Step[] {
  const fromAt = history.runs[history.siege?.fromRun ?? 0]?.startedAt ?? 0;
  const isLoose = (policy: Policy | undefined): boolean =>
    policy === undefined ||
    policy.deletedDateTime !== null ||
    fieldDrifts(wanted, read(policy as unknown as RawPolicy).policy).some(
      ({ effect }) => effect === 'loosens' || effect === 'unclear',
    );
  const intents = intentsOf(history);
  const bound = history.journal.flatMap((entry) => {
    const isNew = ['create', 'adopt'].includes(intents.get(entry.intentId)?.action ?? '');
    const isDone = entry.kind === 'outcome' && entry.status === 'applied' && entry.id !== null;
    return entry.key === key && isDone && isNew && entry.at >= fromAt ? [{ at: entry.at, id: entry.id }] : [];
  });
  const idAt = (at: number): string => bound.findLast((one) => one.at <= at)?.id ?? firstId;
  const stateAt = (id: string, at: number): Policy | undefined =>
    history.tenant.writes.findLast((write) => write.id === id && write.at <= at)?.after;
  const written = history.tenant.writes.flatMap(({ at, by, id, after }): Step[] =>
    id === idAt(at) ? [{ at, by, isLoose: isLoose(after) }] : [],
  );
  const rebound = bound.map(({ at, id }): Step => ({ at, by: 'graph', isLoose: isLoose(stateAt(id, at)) }));
  return [...written, ...rebound].sort((a, b) => a.at - b.at);
}
