import { type Applied, apply } from './apply.ts';
import { leaveOn, switchedOn } from './contingency.ts';
import type { ProtectedIdentities } from './desired.ts';
import { type Drift, diff, type Observation } from './diff.ts';
import { asFault, Fault } from './fault.ts';
import { type FlapLimit, putBackAt } from './flapping.ts';
import { guard, hasNotBegun, type Verdict } from './guard.ts';
import type { Binding } from './journal.ts';
import { keepLease } from './lease.ts';
import { observeTenant, readState, type State, unknownKeys } from './observe.ts';
import type { Parameters } from './parameters.ts';
import { byUrgency, type Change, plan } from './plan.ts';
import type { PolicyKey, TenantId } from './policy/model.ts';
import type { Freeze, Lease, Ports } from './ports.ts';
import { type Judged, nothingJudged, record } from './record.ts';
import type { Mode, RunReport, Trigger } from './report.ts';
import type { Around, Facts } from './rules/rule.ts';
import { observedSet } from './sets.ts';
import { lookAround, type Outlook } from './surroundings.ts';
import { announce, announceSkipped } from './telemetry/announce.ts';
import { patience, proveSettled, watchContingency } from './verify.ts';
import { type Queue, queueOf, voidApprovals } from './waiting.ts';
import { compile } from './whatif/compile.ts';
import { type LockOut, proveNoLockOut } from './whatif/proof.ts';

/** One run, as it was asked for. */
export interface RunRequest {
  readonly runId: string;
  readonly tenantId: TenantId;
  readonly trigger: Trigger;
  readonly requestedBy: RunReport['requestedBy'];
  /** Never higher than the app's own mode. */
  readonly mode: Mode;
  /** Keys to look after in this run; null = all. The rules see the whole tenant all the same. */
  readonly policies: readonly PolicyKey[] | null;
}

/** What one tenant's runs are held to. From settings alone: nothing here comes from the desired state or the tenant. */
export interface Limits {
  readonly parameters: Parameters;
  readonly protected: ProtectedIdentities;
  /** Grant controls a protected identity can meet. */
  readonly allowedControls: readonly string[];
  readonly changesMax: number;
  readonly flapLimit: FlapLimit;
  readonly settleMs: number;
  /** How long a create that was sent may stay invisible, milliseconds. */
  readonly createLagMs: number;
  /** What every new displayName must match; null: any will do. */
  readonly namingPattern: RegExp | null;
  readonly tenantPolicyLimit: number;
  /** Milliseconds since 1970 after which no work is begun. */
  readonly deadlineAt: number;
}

export type RunResult =
  | { readonly kind: 'done'; readonly report: RunReport }
  /** Another run holds the lease. */
  | { readonly kind: 'busy'; readonly owner: string; readonly freeMs: number }
  /** The request names keys that do not exist; nothing was judged. */
  | { readonly kind: 'invalid'; readonly problems: readonly string[] };

/** Runs and journal are kept for 90 days. */
const KEEP_MS = 90 * 24 * 3600 * 1000;

/**
 * One run: observe → diff → plan → guard → apply → verify → record.
 *
 * Level-based: it reads everything it needs and remembers nothing but what is in the tables, so a lost, late or doubled
 * trigger costs time and not correctness. It may be killed at any `await`; the next run converges.
 *
 * @throws only bugs; trouble with the world ends in a report whose `status` and `error` say so
 */
export async function reconcile(request: RunRequest, ports: Ports, limits: Limits): Promise<RunResult> {
  const started = startedReport(request, ports, limits);
  try {
    const answer = await ports.control.acquire(request.runId);
    if (answer.kind === 'busy') {
      announceSkipped(request, answer.owner, ports.telemetry);
      return answer;
    }
    const stopRenewing = keepLease(ports, answer.lease);
    try {
      return await runUnderLease(request, ports, limits, answer.lease, answer.freeze, started);
    } finally {
      stopRenewing();
      // A lease that cannot be given back expires by itself.
      await ports.control.release(answer.lease).catch(asFault);
    }
  } catch (error) {
    const isFault = error instanceof Fault;
    const report = finish(
      started,
      nothingJudged(isFault ? error : new Fault('config', `a bug: ${String(error)}`)),
      ports,
    );
    announce(report, NOTHING_TOLD, ports.telemetry);
    if (!isFault) throw error;
    return { kind: 'done', report };
  }
}

/** What one turn of the loop came to, and which waiting changes are to be announced. */
interface Loop {
  readonly judged: Judged;
  readonly told: ReadonlySet<string>;
}

const NOTHING_TOLD: ReadonlySet<string> = new Set();

/** The loop. Everything up to the guard is pure but for the reading; observing is the empty list handed to apply. */
async function loop(
  request: RunRequest,
  ports: Ports,
  limits: Limits,
  state: State,
  lease: Lease,
  freeze: Freeze | null,
): Promise<Loop> {
  const { bindings, approvals } = state;

  const observation = await observeTenant(ports, bindings, limits.deadlineAt);
  const on = switchedOn(state.desired, bindings, observation, ports.clock.now());
  const drifts = diff(leaveOn(state.desired, bindings, observation), bindings, observation);
  const changes = plan(request.tenantId, drifts);
  // Each of them may come to wait. What is then written in its place must stand on facts read by this run, too.
  const possible = [...changes, ...repairsInPlaceOf(request.tenantId, changes, bindings, observation)];
  const seen = await lookAround(outlook(limits, observation, bindings, possible), ports);
  const facts: Facts = {
    ...limits,
    now: ports.clock.now(),
    plan: changes,
    bindings: new Map(bindings),
    observation,
    around: seen.around,
    freeze,
    approvals,
  };
  const verdicts = guard(facts);
  const waiting = new Set(verdicts.filter(hasNotBegun).map(({ change }) => change.key));
  const notAdmitted = verdicts.filter(({ decision }) => decision !== 'admit').map(({ change }) => change);
  const repairs = repairsInPlaceOf(request.tenantId, notAdmitted, bindings, observation);
  const meanwhile = guard({ ...facts, plan: repairs });
  await proveSettled(drifts, waiting, bindings, ports);
  await watchContingency(on, bindings, ports);

  const isAsked = (key: PolicyKey): boolean => request.policies === null || request.policies.includes(key);
  const inTurn = byUrgency((key) => putBackAt(bindings.get(key)));
  const isProtected = limits.protected.users.length + limits.protected.groups.length > 0;
  const admitted =
    request.mode === 'enforce' && isProtected
      ? [...verdicts, ...meanwhile]
          .filter(({ decision, change }) => decision === 'admit' && isAsked(change.key))
          .sort((a, b) => inTurn(a.change, b.change))
      : [];
  const applied: Applied = await apply(admitted, {
    ...limits,
    ports,
    runId: request.runId,
    lease,
    bindings,
    patience: patience(limits.settleMs, limits.deadlineAt),
  });

  const { queue, notes } = await queueUp(verdicts, drifts, state, ports);
  const judged = record({
    mode: request.mode,
    now: facts.now,
    state,
    observation,
    drifts,
    verdicts,
    meanwhile,
    applied,
    queue,
    on,
    isAsked,
    around: seen.around,
    readAt: seen.readAt,
    lockOuts: lockOutsIn(observation, bindings, seen.around),
    notes: [...seen.notes, ...notes],
  });
  const { told } = queue;
  if (request.mode === 'observe' || isProtected) return { judged, told };
  const message =
    'MODE is enforce, and neither BREAK_GLASS_USERS nor BREAK_GLASS_GROUPS names anybody: nothing is written before the emergency accounts are known';
  return { judged: { ...judged, status: 'failed', error: { kind: 'config', message } }, told };
}

function outlook(
  limits: Limits,
  observation: Observation,
  bindings: ReadonlyMap<PolicyKey, Binding>,
  changes: readonly Change[],
): Outlook {
  return {
    identities: limits.protected,
    allowedControls: limits.allowedControls,
    observed: observedSet(observation, bindings),
    changes,
    deadlineAt: limits.deadlineAt,
  };
}

/** Lock-outs the tenant has as it was read, in policies of ours or of others. */
function lockOutsIn(
  observation: Observation,
  bindings: ReadonlyMap<PolicyKey, Binding>,
  { people, namedLocations, allowedControls }: Around,
): readonly LockOut[] {
  const policies = compile(observedSet(observation, bindings), namedLocations);
  return proveNoLockOut({ policies, identities: people, allowedControls });
}

/**
 * Repairs to the last proven versions, for while these changes are denied or wait: a hold must not switch repair off.
 */
function repairsInPlaceOf(
  tenant: TenantId,
  changes: readonly Change[],
  bindings: ReadonlyMap<PolicyKey, Binding>,
  observation: Observation,
): readonly Change[] {
  const proven = changes.flatMap(({ desired }) => desired.lastProven ?? []);
  return plan(tenant, diff(leaveOn(proven, bindings, observation), bindings, observation));
}

/** Writes down what waits after this run and clears away approvals of what is planned no more. */
async function queueUp(
  verdicts: readonly Verdict[],
  drifts: readonly Drift[],
  { approvals, damaged }: State,
  ports: Ports,
): Promise<{ readonly queue: Queue; readonly notes: readonly string[] }> {
  const unread = drifts.filter(({ kind }) => kind === 'unread').map(({ desired }) => desired.key);
  const open = new Set([...unread, ...damaged.map(({ key }) => key)]);
  const isOpen = (key: PolicyKey): boolean => open.has(key);
  const queue = queueOf(approvals.waiting, verdicts, ports.clock.now(), isOpen);
  try {
    if (JSON.stringify(queue.waiting) !== JSON.stringify(approvals.waiting)) {
      await ports.approvals.putWaiting(queue.waiting);
    }
    for (const { digest } of voidApprovals(approvals.changes, verdicts, isOpen)) {
      await ports.approvals.remove(digest);
    }
    return { queue, notes: [] };
  } catch (error) {
    return { queue, notes: [`what waits could not be written down: ${asFault(error).message}`] };
  }
}

async function runUnderLease(
  request: RunRequest,
  ports: Ports,
  limits: Limits,
  lease: Lease,
  freeze: Freeze | null,
  started: RunReport,
): Promise<RunResult> {
  const state = await readState(ports, limits.parameters, limits.protected);
  const problems = unknownKeys(request.policies, state);
  if (problems.length > 0) return { kind: 'invalid', problems };
  await ports.runs.put(started);
  const { judged, told } = await loop(request, ports, limits, state, lease, freeze).catch(
    (error: unknown) => ({ judged: nothingJudged(asFault(error)), told: NOTHING_TOLD }),
  );
  const report = await keep(finish(started, state.isEmpty ? nothingDesired(judged) : judged, ports), ports);
  announce(report, told, ports.telemetry);
  return { kind: 'done', report };
}

/**
 * Either nobody has pushed yet, or somebody removed every row: what is bound tells the two apart. Whom the tenant shuts
 * out, and how the protected identities are, is looked at all the same.
 */
function nothingDesired(judged: Judged): Judged {
  const message = 'there is no desired state for this tenant: push some with `caretaker push baselines/`';
  return { ...judged, status: 'failed', error: judged.error ?? { kind: 'config', message } };
}

/** Stores the report and takes a bounded bite out of what is older than 90 days. What was done is done, stored or not. */
async function keep(report: RunReport, ports: Ports): Promise<RunReport> {
  try {
    await ports.runs.put(report);
    await ports.runs.prune(ports.clock.now() - KEEP_MS);
    await ports.journal.prune(ports.clock.now() - KEEP_MS);
    return report;
  } catch (error) {
    const detail = `the run could not be recorded: ${asFault(error).message}`;
    return {
      ...report,
      findings: [...report.findings, { rule: 'record', decision: 'note', level: 'error', detail }],
    };
  }
}

function startedReport(request: RunRequest, ports: Ports, { protected: identities }: Limits): RunReport {
  const { policies: _, ...asked } = request;
  return {
    ...asked,
    startedAt: new Date(ports.clock.now()).toISOString(),
    finishedAt: null,
    status: 'running',
    policies: [],
    protected: [
      ...identities.users.map((id) => ({ id, kind: 'user' }) as const),
      ...identities.groups.map((id) => ({ id, kind: 'group' }) as const),
    ].map((named) => ({ ...named, memberOf: null, health: 'unverified', reason: null })),
    protectedReadAt: null,
    unmanaged: [],
    findings: [],
    remaining: 0,
    requests: ports.requests(),
    error: null,
  };
}

/** `requests` does not count what is still to come (storing and pruning), which is the same few every run. */
function finish(started: RunReport, judged: Judged, ports: Ports): RunReport {
  const finishedAt = new Date(ports.clock.now()).toISOString();
  return { ...started, ...judged, finishedAt, requests: ports.requests() };
}
