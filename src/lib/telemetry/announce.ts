import type { Telemetry } from '../ports.ts';
import type { RunRequest } from '../reconcile.ts';
import { CONTINGENCY, LOCK_OUT, TAMPERING } from '../record.ts';
import type { ReportedFinding, ReportedPolicy, RunReport } from '../report.ts';
import type { EventName, Severity } from './events.ts';

/**
 * Tells Application Insights what a finished run saw and did: one summary, and one event per drift, change, hold and
 * denial. The tables are the record; this mirrors them.
 *
 * @param told digests of held and denied changes whose turn it is: when they begin to wait, and then once a day
 */
export function announce(report: RunReport, told: ReadonlySet<string>, telemetry: Telemetry): void {
  const emit = (event: EventName, severity: Severity, facts: Record<string, unknown>): void =>
    telemetry.emit({ event, severity, runId: report.runId, tenantId: report.tenantId, facts });

  for (const policy of report.policies) announcePolicy(policy, emit, told);
  for (const { rule, decision, level, detail, policyId } of report.findings) {
    emit(EVENT_OF[rule] ?? 'Finding', level === 'error' ? 'error' : 'warn', {
      rule,
      decision,
      detail,
      ...(policyId === undefined ? {} : { policyId }),
    });
  }
  // A run that came to no judgement has not looked at anybody.
  const ill = report.status === 'failed' ? [] : report.protected.filter(({ health }) => health !== 'ok');
  if (ill.length > 0)
    emit('ProtectedIdentityUnhealthy', 'error', { identities: ill.slice(0, TOLD_MAX), count: ill.length });
  if (report.status === 'failed') emit('RunFailed', 'error', { error: report.error });
  emit('RunCompleted', report.status === 'failed' ? 'error' : 'info', summary(report));
}

/** A group for emergencies that somebody filled is told of by its first members. */
const TOLD_MAX = 40;

const EVENT_OF: Readonly<Record<string, EventName>> = {
  [TAMPERING]: 'DesiredStateTampered',
  [LOCK_OUT]: 'LockOutRisk',
  [CONTINGENCY]: 'ContingencyActive',
};

/** A run that found the lease taken: somebody else is at work, so nothing is wrong. */
export function announceSkipped(request: RunRequest, owner: string, telemetry: Telemetry): void {
  const { runId, tenantId, trigger } = request;
  telemetry.emit({
    event: 'RunSkipped',
    severity: 'info',
    runId,
    tenantId,
    facts: { trigger, heldBy: owner },
  });
}

type Emit = (event: EventName, severity: Severity, facts: Record<string, unknown>) => void;

function announcePolicy(policy: ReportedPolicy, emit: Emit, told: ReadonlySet<string>): void {
  const { key, id, change, verdict, outcome, findings, proven } = policy;
  const named = { key, policyId: id, proven };
  if (policy.drift !== 'none') {
    emit('DriftDetected', 'warn', { ...named, drift: policy.drift, fields: policy.fields });
  }
  const reasons = findings.map(({ rule, decision, detail }) => ({ rule, decision, detail }));
  const planned = { ...named, action: change?.action, digest: change?.digest };
  const { waitingSince, isApprovable, meanwhile } = policy;
  if (change !== null && told.has(change.digest)) {
    const waiting = { ...planned, waitingSince, isApprovable, findings: reasons };
    if (verdict === 'hold') emit('ChangeHeld', 'warn', waiting);
    if (verdict === 'deny') emit('ChangeDenied', 'error', waiting);
  }
  if (meanwhile !== null) announceOutcome(meanwhile, { key, policyId: id, proven: true }, emit);
  announceOutcome({ change, outcome }, named, emit);
  const isTold = ({ rule, decision, level }: ReportedFinding): boolean =>
    level === 'error' && (verdict === 'admit' || (decision === 'note' && EVENT_OF[rule] !== undefined));
  for (const finding of findings.filter(isTold)) {
    emit(EVENT_OF[finding.rule] ?? 'Finding', 'error', {
      ...named,
      rule: finding.rule,
      decision: finding.decision,
      detail: finding.detail,
    });
  }
}

function announceOutcome(
  { change, outcome }: Pick<ReportedPolicy, 'change' | 'outcome'>,
  named: Record<string, unknown>,
  emit: Emit,
): void {
  if (outcome === null) return;
  const planned = { ...named, action: change?.action, digest: change?.digest };
  const { status, settled, reason } = outcome;
  if (status === 'applied') emit('ChangeApplied', settled ? 'info' : 'warn', { ...planned, settled, reason });
  else emit('ChangeFailed', 'error', { ...planned, outcome: status, reason });
}

function summary(report: RunReport): Record<string, unknown> {
  const count = (test: (policy: ReportedPolicy) => boolean): number => report.policies.filter(test).length;
  return {
    status: report.status,
    trigger: report.trigger,
    mode: report.mode,
    requestedBy: report.requestedBy?.id ?? null,
    durationMs: Date.parse(report.finishedAt ?? report.startedAt) - Date.parse(report.startedAt),
    policies: report.policies.length,
    drifted: count(({ drift }) => drift !== 'none'),
    applied: count(({ outcome }) => outcome?.status === 'applied'),
    unsettled: count(({ outcome }) => outcome !== null && !outcome.settled),
    held: count(({ verdict }) => verdict === 'hold'),
    denied: count(({ verdict }) => verdict === 'deny'),
    unmanaged: report.unmanaged.length,
    lockOuts: [...report.findings, ...report.policies.flatMap(({ findings }) => findings)].filter(
      ({ rule, decision }) => rule === LOCK_OUT && decision === 'note',
    ).length,
    protected: report.protected
      .toSorted((a, b) => Number(a.health === 'ok') - Number(b.health === 'ok'))
      .slice(0, TOLD_MAX)
      .map(({ id, memberOf, health }) => ({ id, memberOf, health })),
    protectedReadAt: report.protectedReadAt,
    remaining: report.remaining,
    requests: report.requests,
    error: report.error,
  };
}
