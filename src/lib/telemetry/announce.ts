import type { Person, Waiting } from '../approval.ts';
import { isKey } from '../desired.ts';
import { FIELDS } from '../policy/fields.ts';
import { isGuid, text } from '../policy/values.ts';
import type { Freeze, Telemetry } from '../ports.ts';
import { CONTINGENCY, EXCEPTION, LOCK_OUT, TAMPERING } from '../record.ts';
import type { ReportedField, ReportedFinding, ReportedPolicy, RunReport } from '../report.ts';
import type { EventName, Severity } from './events.ts';

/**
 * Tells Application Insights what a finished run saw and did: one summary, and one event per drift, change, hold and
 * denial, and how each policy stands. The tables are the record; this mirrors them, but for names and what people wrote: more
 * people read logs than may read the tables. Of a person an object id is told and nothing else.
 *
 * @param told digests of held and denied changes whose turn it is: when they begin to wait, and then once a day
 */
export function announce(report: RunReport, told: ReadonlySet<string>, telemetry: Telemetry): void {
  const emit = (event: EventName, severity: Severity, facts: Record<string, unknown>): void =>
    telemetry.emit({ event, severity, runId: report.runId, tenantId: report.tenantId, facts });

  for (const policy of report.policies) announcePolicy(policy, emit, told);
  for (const finding of report.findings) {
    const { policyId, key } = finding;
    emit(EVENT_OF[finding.rule] ?? 'Finding', finding.level === 'error' ? 'error' : 'warn', {
      ...(key === undefined || !isKey(key) ? {} : { key }),
      ...(policyId === undefined ? {} : { policyId }),
      ...tellFinding(finding),
    });
  }
  // A run that came to no judgement has not looked at anybody.
  const ill = report.protectedReadAt === null ? [] : report.protected.filter(({ health }) => health !== 'ok');
  if (ill.length > 0)
    emit('ProtectedIdentityUnhealthy', 'error', { identities: ill.slice(0, TOLD_MAX), count: ill.length });
  if (report.status === 'failed') emit('RunFailed', 'error', { error: report.error });
  if (report.policies.length > 0) emit('PolicyStates', 'info', { policies: report.policies.map(standing) });
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
export function announceSkipped(
  { runId, tenantId, trigger }: Pick<RunReport, 'runId' | 'tenantId' | 'trigger'>,
  owner: string,
  telemetry: Telemetry,
): void {
  telemetry.emit({
    event: 'RunSkipped',
    severity: 'info',
    runId,
    tenantId,
    facts: { trigger, heldBy: owner },
  });
}

/** Consent to a held change. */
export function consentFacts({ key, digest, rules, version }: Waiting, by: Person): Record<string, unknown> {
  return { key, digest, rules, version, by: personId(by) };
}

/** The switch that was thrown, or taken back (null). */
export function freezeFacts(freeze: Freeze | null, by: Person): Record<string, unknown> {
  return { ...(freeze === null ? {} : { until: freeze.until }), by: personId(by) };
}

/** Where no directory vouched for somebody, their id may be a name. */
function personId(person: Person | null): string | null {
  return person !== null && isGuid(person.id) ? person.id : null;
}

/** What these rules have to say is in the words of people and tenants. */
const IN_OTHERS_WORDS: ReadonlySet<string> = new Set([EXCEPTION, 'freeze', 'unrecognisedContent']);

function tellFinding({ rule, decision, detail }: ReportedFinding): Record<string, unknown> {
  return IN_OTHERS_WORDS.has(rule) ? { rule, decision } : { rule, decision, detail };
}

/** Fields that hold a text of somebody's. */
const TEXTS: ReadonlySet<string> = new Set(
  FIELDS.filter(({ kind }) => kind === text).map(({ path }) => path),
);

function tellField({ path, effect, ...values }: ReportedField): Record<string, unknown> {
  return TEXTS.has(path) ? { path, effect } : { path, effect, ...values };
}

/** One policy as this run found and left it. */
function standing(policy: ReportedPolicy): Record<string, unknown> {
  const { key, id, version, proven, drift, change, verdict, outcome, waitingSince, isApprovable } = policy;
  return {
    key,
    policyId: id,
    version,
    proven,
    drift,
    action: change?.action ?? null,
    verdict,
    outcome: outcome?.status ?? null,
    settled: outcome?.settled ?? null,
    ...(waitingSince === null ? {} : { digest: change?.digest, waitingSince, isApprovable }),
  };
}

type Emit = (event: EventName, severity: Severity, facts: Record<string, unknown>) => void;

function announcePolicy(policy: ReportedPolicy, emit: Emit, told: ReadonlySet<string>): void {
  const { key, id, change, verdict, outcome, findings, proven } = policy;
  const named = { key, policyId: id, proven };
  if (policy.drift !== 'none') {
    const { drift, changedAt = null, fields } = policy;
    emit('DriftDetected', 'warn', { ...named, drift, changedAt, fields: fields.map(tellField) });
  }
  const reasons = findings.map(tellFinding);
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
      ...tellFinding(finding),
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
    requestedBy: personId(report.requestedBy),
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
