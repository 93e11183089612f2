import type { FieldDrift } from './diff.ts';
import type { Canonical, Effect } from './policy/model.ts';
import type { ProtectedIdentity } from './ports.ts';
import { EXCEPTION, LOCK_OUT } from './record.ts';
import type { ReportedField, ReportedFinding, ReportedPolicy, RunReport, RunStatus } from './report.ts';
import { illness } from './rules/identityHealth.ts';
import type { Status } from './status.ts';

/** A report as people read it at 3 a.m.: what is wrong first, in the words of the contract. Pure; no colour. */
export function renderReport(report: RunReport): string {
  const drifted = report.policies.filter(({ drift }) => drift !== 'none');
  const quiet = report.policies.filter(({ drift }) => drift === 'none');
  const lockOuts = quiet.flatMap(({ findings }) => findings.filter(({ rule }) => rule === LOCK_OUT));
  const accepted = quiet.flatMap(({ key, findings }) =>
    findings.filter(({ rule }) => rule === EXCEPTION).map(({ detail }) => `  ! ${key}: ${detail}`),
  );
  return [
    headline(report),
    ...(report.error === null ? [] : ['', `  ${report.error.message}`]),
    ...(report.status === 'failed' ? [] : illnesses(report.protected)),
    ...[...report.findings, ...lockOuts].map(renderFinding),
    ...accepted,
    ...drifted.flatMap((policy) => ['', ...renderPolicy(policy)]),
    ...(quiet.length === 0 ? [] : ['', `  in sync: ${quiet.map(nameOf).join(', ')}`]),
    ...(report.unmanaged.length === 0
      ? []
      : [
          '',
          `  unmanaged (looked at, left alone): ${report.unmanaged.map(({ displayName, state }) => `${displayName} [${state}]`).join(', ')}`,
        ]),
    ...(report.remaining === 0
      ? []
      : ['', `  ${report.remaining} admitted changes are left for the next run`]),
  ].join('\n');
}

function renderFinding({ rule, detail }: ReportedFinding): string {
  return rule === LOCK_OUT ? `  ! LOCK-OUT: ${detail}` : `  ! ${detail}`;
}

function illnesses(identities: readonly ProtectedIdentity[]): string[] {
  return identities.filter(({ health }) => health !== 'ok').map((identity) => `  ! ${illness(identity)}`);
}

const SAYS: Readonly<Record<RunStatus, string>> = {
  running: 'still at work',
  failed: 'nothing could be judged',
  incomplete: 'not everything could be read, written or seen settled',
  drifted: 'the tenant is not as desired (observing: nothing was written)',
  held: 'a change waits for a person, or was denied',
  remediated: 'every drift was put right',
  inSync: 'the tenant is as desired',
};

function headline(report: RunReport): string {
  const seconds =
    report.finishedAt === null
      ? ''
      : ` in ${((Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000).toFixed(1)} s`;
  return `${report.status}: ${SAYS[report.status]}\n  run ${report.runId}, ${report.mode}, by ${report.trigger}${seconds}, ${report.requests.graph} Graph and ${report.requests.tables} table requests`;
}

function nameOf({ key }: ReportedPolicy): string {
  return key;
}

function renderPolicy(policy: ReportedPolicy): string[] {
  return [
    `  ${policy.key} "${policy.displayName}" is ${policy.drift}${policy.id === null ? '' : ` (${policy.id})`}`,
    ...policy.fields.map((field) => `      ${renderField(field)}`),
    ...policy.findings.map(
      ({ rule, decision, detail }) =>
        `      ${decision === 'note' ? 'note' : decision.toUpperCase()} ${rule}: ${detail}`,
    ),
    ...outcomeOf(policy),
  ];
}

function outcomeOf({ change, verdict, outcome }: ReportedPolicy): string[] {
  if (change === null) return [];
  if (outcome === null) {
    return verdict === 'admit'
      ? [`      planned: ${change.action}, admitted`]
      : [
          `      planned: ${change.action}, ${verdict === 'deny' ? 'denied' : 'held'} (digest ${change.digest.slice(0, 12)})`,
        ];
  }
  const result =
    outcome.status === 'applied' && outcome.settled
      ? 'done, and read back as desired'
      : `${outcome.status}${outcome.reason === null ? '' : `: ${outcome.reason}`}`;
  return [`      ${change.action}: ${result}`];
}

const EFFECT: Readonly<Record<Effect, string>> = {
  loosens: 'loosened',
  tightens: 'tightened',
  neutral: 'changed',
  unclear: 'changed, effect unclear',
};

/** One field: desired first, then what is there, then what that did to the policy. */
export function renderField({ path, desired, observed, effect }: ReportedField | FieldDrift): string {
  return `${path}: ${renderMove(desired, observed)} (${EFFECT[effect]})`;
}

/** Sets as what was added and removed; everything else as from → to. */
export function renderMove(from: Canonical, to: Canonical): string {
  if (!Array.isArray(from) || !Array.isArray(to)) return `${renderValue(from)} → ${renderValue(to)}`;
  const added = to.filter((member) => !from.includes(member)).map((member) => `+${member}`);
  const removed = from.filter((member) => !to.includes(member)).map((member) => `-${member}`);
  return [...added, ...removed].join(' ');
}

function renderValue(value: Canonical): string {
  if (value === null) return 'not set';
  return typeof value === 'string' ? value : JSON.stringify(value);
}

/** How the tenant stands, for `caretaker status`. */
export function renderStatus(status: Status): string {
  const last = status.lastRun;
  return [
    `tenant ${status.tenantId}, ${status.mode}, schedule ${status.schedule ?? 'none'}`,
    ...(last === null
      ? []
      : [
          `last run ${last.runId}: ${last.status}${last.finishedAt === null ? '' : `, finished ${last.finishedAt}`}`,
        ]),
    ...status.warnings.map((warning) => `  ! ${warning}`),
    ...(status.freeze === null
      ? []
      : [`  ! frozen by ${status.freeze.by} since ${status.freeze.since}: ${status.freeze.reason}`]),
    ...illnesses(status.protected),
    ...status.findings.map(renderFinding),
    ...status.policies.map(({ key, displayName, drift, verdict, outcome }) => {
      const state =
        outcome?.settled === true
          ? 'put right'
          : drift === 'none'
            ? 'in sync'
            : `${drift}${verdict === null ? '' : `, ${verdict}`}`;
      return `  ${key} "${displayName}": ${state}`;
    }),
    ...status.held.map(
      ({ key, digest, reasons }) => `  held: ${key} ${digest.slice(0, 12)} ${reasons.join('; ')}`,
    ),
    ...(status.unmanaged.length === 0 ? [] : [`  ${status.unmanaged.length} unmanaged policies`]),
  ].join('\n');
}
