import type { Applied } from './apply.ts';
import { lookAlikes, type SwitchedOn } from './contingency.ts';
import { type Drift, type FieldDrift, fieldDrifts, type Observation } from './diff.ts';
import { isNearEnd, tellException } from './exceptions.ts';
import type { Fault } from './fault.ts';
import type { Verdict } from './guard.ts';
import type { State } from './observe.ts';
import { type Change, isWrite } from './plan.ts';
import type { PolicyKey } from './policy/model.ts';
import type { ProtectedIdentity } from './protected.ts';
import type {
  Meanwhile,
  Mode,
  ReportedField,
  ReportedFinding,
  ReportedOutcome,
  ReportedPolicy,
  RunReport,
  RunStatus,
} from './report.ts';
import type { Around } from './rules/rule.ts';
import type { Queue } from './waiting.ts';
import type { LockOut } from './whatif/proof.ts';
import type { Outcome } from './write.ts';

/** Everything a finished run knows, from which its report is made. */
export interface Findings {
  readonly mode: Mode;
  readonly state: State;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly observation: Observation;
  readonly drifts: readonly Drift[];
  readonly verdicts: readonly Verdict[];
  /** Verdicts on putting the last proven version back while a newer one waits. */
  readonly meanwhile: readonly Verdict[];
  readonly applied: Applied;
  readonly queue: Queue;
  /** Contingency policies that somebody has switched on. */
  readonly on: readonly SwitchedOn[];
  /** Whether the request asked for this key. */
  readonly isAsked: (key: PolicyKey) => boolean;
  readonly around: Around;
  /** Milliseconds since 1970 at which the protected identities were looked at. */
  readonly readAt: number;
  /** Those the tenant had when it was read, in policies of ours or of others. */
  readonly lockOuts: readonly LockOut[];
  /** What else could not be read or kept, in words. */
  readonly notes: readonly string[];
}

/** The part of a run report that judging gives. */
export type Judged = Pick<
  RunReport,
  'status' | 'policies' | 'unmanaged' | 'findings' | 'remaining' | 'error'
> &
  Partial<Pick<RunReport, 'protected' | 'protectedReadAt'>>;

/** The judged part of a run report. Pure. */
export function record(facts: Findings): Judged {
  const { observation, applied, state, isAsked } = facts;
  const { bindings } = state;
  const policies = facts.drifts
    .filter(({ desired }) => isAsked(desired.key))
    .map((drift) => reportPolicy(drift, facts));
  const tampering = tamperingOf(state);
  const candidates = new Set(
    facts.drifts.flatMap((drift) =>
      drift.kind === 'ambiguous' ? drift.candidates : 'observed' in drift ? [drift.observed.id] : [],
    ),
  );
  const bound = new Set([...bindings.values()].map(({ id }) => id));
  const unmanaged = [...observation.live.values()]
    .filter(({ id }) => !bound.has(id) && !candidates.has(id))
    .map(({ id, displayName, reading: { policy } }) => ({ id, displayName, state: String(policy.state) }));
  const reported = new Set(policies.map(({ key }) => key));
  return {
    policies,
    protected: facts.around.identities,
    protectedReadAt: new Date(facts.readAt).toISOString(),
    unmanaged,
    findings: [
      ...lockOutFindings(
        facts.lockOuts.filter(({ key }) => key === null || !reported.has(key)),
        facts.around.identities,
      ),
      ...tampering,
      ...listDoubts(observation),
      ...stopFinding(applied),
      ...lookAlikes(unmanaged).map(lookAlikeNote),
      ...facts.notes.map(aroundNote),
    ],
    remaining: applied.remaining.length,
    status: statusOf(facts, policies, tampering),
    error: null,
  };
}

/** A run that came to no judgement: a read failed as a whole, or there is nothing to compare with. */
export function nothingJudged(fault: Fault): Judged {
  return {
    status: 'failed',
    policies: [],
    unmanaged: [],
    findings: [],
    remaining: 0,
    error: { kind: fault.kind, message: fault.message },
  };
}

function reportPolicy(drift: Drift, facts: Findings): ReportedPolicy {
  const { desired } = drift;
  const verdict = facts.verdicts.find(({ change }) => change.key === desired.key);
  const carriedOut = facts.applied.outcomes.get(desired.key);
  const done = carriedOut?.change.desired.version === desired.version ? carriedOut : undefined;
  const change = done?.change ?? verdict?.change;
  const waiting = facts.queue.waiting.find(({ digest }) => digest === verdict?.change.digest);
  const on = facts.on.find(({ key }) => key === desired.key);
  return {
    key: desired.key,
    id: facts.state.bindings.get(desired.key)?.id ?? idOf(drift),
    displayName: desired.displayName,
    version: desired.version,
    proven: desired.isProven,
    drift: drift.kind,
    changedAt: changedAt(drift),
    fields: fieldsOf(drift).map(reportField),
    change: change === undefined ? null : { action: change.action, digest: change.digest },
    verdict: verdict?.decision ?? null,
    findings: [
      ...lockOutFindings(
        facts.lockOuts.filter(({ key }) => key === desired.key),
        facts.around.identities,
      ),
      ...(verdict?.findings ?? []).map((finding) => ({ ...finding })),
      ...driftFindings(drift),
      ...exceptionFindings(desired, facts.now),
      ...(on === undefined ? [] : [contingencyFinding(on)]),
    ],
    outcome: done === undefined ? null : reportOutcome(done.outcome),
    waitingSince: waiting === undefined ? null : isoOf(waiting.since),
    isApprovable: waiting?.isApprovable ?? false,
    meanwhile: meanwhileOf(desired, facts),
    switchedOnSince: on === undefined ? null : isoOf(on.since),
  };
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString();
}

function meanwhileOf({ key, version }: Drift['desired'], { meanwhile, applied }: Findings): Meanwhile | null {
  const verdict = meanwhile.find(({ change }) => change.key === key);
  if (verdict === undefined) return null;
  const { change, decision, findings } = verdict;
  const done = applied.outcomes.get(key);
  const isDone = done !== undefined && done.change.desired.version !== version;
  return {
    version: change.desired.version,
    fields: change.action === 'create' ? [] : change.fields.map(reportField),
    change: { action: change.action, digest: change.digest },
    verdict: decision,
    findings: findings.map((finding) => ({ ...finding })),
    outcome: isDone ? reportOutcome(done.outcome) : null,
  };
}

/** Name under which emergencies somebody has declared in the tenant are reported. */
export const CONTINGENCY = 'contingency';

function contingencyFinding({ since }: SwitchedOn): ReportedFinding {
  return {
    rule: CONTINGENCY,
    decision: 'note',
    level: 'error',
    detail: `this policy for emergencies was switched on by hand, seen since ${isoOf(since)}; it is left on until somebody switches it off`,
  };
}

/** Name under which accepted deviations are reported, in every run; the rule that holds new ones has it too. */
export const EXCEPTION = 'exception';

function exceptionFindings({ declared: { exceptions } }: Drift['desired'], nowMs: number): ReportedFinding[] {
  return exceptions.map((exception) => ({
    rule: EXCEPTION,
    decision: 'note',
    level: isNearEnd(exception, nowMs) ? 'warn' : 'info',
    detail: tellException(exception, nowMs),
  }));
}

function lookAlikeNote({
  id,
  displayName,
}: {
  readonly id: string;
  readonly displayName: string;
}): ReportedFinding {
  return {
    rule: CONTINGENCY,
    decision: 'note',
    level: 'info',
    policyId: id,
    detail: `"${displayName}" is named like a policy for emergencies, is on, and is bound to no key: nothing is done about it`,
  };
}

function idOf(drift: Drift): string | null {
  switch (drift.kind) {
    case 'none':
    case 'modified':
      return drift.observed.id;
    case 'missing':
      return drift.boundId;
    case 'hidden':
    case 'unread':
      return drift.id;
    case 'ambiguous':
      return null;
  }
}

/** The service keeps the last change only, so this is no earlier than the drift began. */
function changedAt(drift: Drift): string | null {
  const stamp =
    drift.kind === 'modified'
      ? drift.observed.raw.modifiedDateTime
      : drift.kind === 'missing'
        ? drift.deleted?.raw.deletedDateTime
        : null;
  return typeof stamp === 'string' ? stamp : null;
}

function fieldsOf(drift: Drift): readonly FieldDrift[] {
  if (drift.kind === 'modified') return drift.fields;
  if (drift.kind === 'missing' && drift.deleted !== null)
    return fieldDrifts(drift.desired.policy, drift.deleted.reading.policy);
  return [];
}

function reportField({ path, desired, observed, effect }: FieldDrift): ReportedField {
  return { path, desired, observed, effect };
}

function reportOutcome(outcome: Outcome): ReportedOutcome {
  return {
    status: outcome.status,
    settled: outcome.status === 'applied' && outcome.settled,
    reason: outcome.reason,
  };
}

/** Drifts for which nothing can be planned say why, where people look for it. */
function driftFindings(drift: Drift): ReportedFinding[] {
  switch (drift.kind) {
    case 'ambiguous':
      return [
        {
          rule: 'ambiguous',
          decision: 'hold',
          level: 'error',
          detail: `${drift.candidates.length} policies are named "${drift.desired.displayName}" (${drift.candidates.join(', ')}); rename or delete all but the one to keep`,
        },
      ];
    case 'hidden':
      return [
        {
          rule: 'hidden',
          decision: 'hold',
          level: 'error',
          detail: `${drift.id} uses preview features, so Graph v1.0 neither shows nor changes it (1037); remove them in the portal, or delete the policy and it is made anew`,
        },
      ];
    case 'unread':
      return [
        { rule: 'unread', decision: 'note', level: 'error', detail: `it could not be read: ${drift.reason}` },
      ];
    case 'none':
    case 'modified':
    case 'missing':
      return [];
  }
}

/** Name under which lock-outs that are there are reported; the rule that denies new ones has it too. */
export const LOCK_OUT = 'lockOut';
const NAMED_MAX = 5;

/** One finding a policy, whoever it hits: a policy for everybody would otherwise fill the report. */
function lockOutFindings(
  lockOuts: readonly LockOut[],
  identities: readonly ProtectedIdentity[],
): ReportedFinding[] {
  // Those that settings name come first, and go by their id alone.
  const called = (id: string): string => {
    const group = identities.find((one) => one.id === id)?.memberOf ?? null;
    return group === null ? id : `${id} (member of ${group})`;
  };
  return [...Map.groupBy(lockOuts, ({ policyId }) => policyId).values()].flatMap((found) => {
    const [first, ...others] = found;
    if (first === undefined) return [];
    const named = others.slice(0, NAMED_MAX).map(({ identity }) => called(identity));
    const more = others.length > NAMED_MAX ? ` and ${others.length - NAMED_MAX} more` : '';
    const also = others.length === 0 ? '' : `; likewise ${named.join(', ')}${more}`;
    return [
      {
        rule: LOCK_OUT,
        decision: 'note' as const,
        level: 'error' as const,
        ...(first.policyId === null ? {} : { policyId: first.policyId }),
        detail: `${first.detail}${also}`,
      },
    ];
  });
}

function aroundNote(detail: string): ReportedFinding {
  return { rule: 'surroundings', decision: 'note', level: 'info', detail };
}

/** Name under which rows that cannot be believed are reported. */
export const TAMPERING = 'desiredState';

export function tamperingOf({ damaged, vanished, desired }: State): ReportedFinding[] {
  const reference = (key: PolicyKey): string => {
    const kept = desired.find((one) => one.key === key);
    return kept === undefined
      ? 'nothing is written for it'
      : `the last verified version, ${kept.version}, stays the reference`;
  };
  return [
    ...damaged.map(({ key, problem }) => ({
      key,
      detail: `desired row "${key}": ${problem}; ${reference(key)}`,
    })),
    ...vanished.map((key) => ({
      key,
      detail: `binding "${key}": its desired row has vanished; go back to a version that \`caretaker history ${key}\` shows (\`caretaker rollback\`), or, where none is left, push its file again, and \`caretaker forget\` it then if nobody wants it; ${reference(key)}`,
    })),
  ].map((found) => ({ rule: TAMPERING, decision: 'hold' as const, level: 'error' as const, ...found }));
}

function listDoubts({ doubts }: Observation): ReportedFinding[] {
  return doubts.map((doubt) => ({
    rule: 'incompleteRead',
    decision: 'note',
    level: 'info',
    detail: `the list of policies: ${doubt}`,
  }));
}

function stopFinding({ stopped }: Applied): ReportedFinding[] {
  return stopped === null
    ? []
    : [{ rule: 'stopped', decision: 'hold', level: 'error', detail: `writing stopped: ${stopped}` }];
}

/** The first that fits, in the contract's order. */
function statusOf(
  facts: Findings,
  policies: readonly ReportedPolicy[],
  tampering: readonly ReportedFinding[],
): RunStatus {
  const { applied } = facts;
  const isUnread =
    tampering.length > 0 || facts.observation.isListOdd || policies.some(({ drift }) => drift === 'unread');
  const isUnfinished = policies.some(({ outcome, meanwhile }) =>
    [outcome, meanwhile?.outcome ?? null].some((one) => one !== null && !one.settled),
  );
  if (isUnread || isUnfinished || applied.remaining.length > 0 || applied.stopped !== null)
    return 'incomplete';
  const isDrifted = policies.some(({ drift }) => drift !== 'none');
  if (facts.mode === 'observe') return isDrifted ? 'drifted' : 'inSync';
  const isWaiting = policies.some(
    ({ verdict, drift }) =>
      verdict === 'hold' || verdict === 'deny' || drift === 'ambiguous' || drift === 'hidden',
  );
  const isLeftOver = facts.verdicts.some(
    ({ change }) => policies.some(({ key }) => key === change.key) && isPartial(change),
  );
  if (isWaiting || isLeftOver) return 'held';
  return isDrifted ? 'remediated' : 'inSync';
}

function isPartial(change: Change): boolean {
  return change.action !== 'create' && change.withheld.length > 0 && isWrite(change);
}
