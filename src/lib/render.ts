import type { FieldDrift } from './diff.ts';
import { renderDuration } from './durations.ts';
import type { Canonical, Effect } from './policy/model.ts';
import type { Freeze } from './ports.ts';
import type { ProtectedIdentity } from './protected.ts';
import { EXCEPTION, LOCK_OUT } from './record.ts';
import type {
  Meanwhile,
  ReportedField,
  ReportedFinding,
  ReportedOutcome,
  ReportedPolicy,
  RunReport,
  RunStatus,
} from './report.ts';
import { identityHealth, illness, mendOf } from './rules/identityHealth.ts';
import { NOBODY_NAMED, type Status, type WaitingChange } from './status.ts';
import { plain } from './text.ts';

/**
 * A report as people read it at 3 a.m.: what is wrong first, in the words of the contract. Pure; no colour.
 *
 * @param app address of the app that answered, for the commands shown; undefined when the tables are reached directly
 */
export function renderReport(report: RunReport, app?: string): string {
  const now = Date.parse(report.finishedAt ?? report.startedAt);
  const told = report.policies.filter(isTold);
  const quiet = report.policies.filter((policy) => !isTold(policy));
  const section = (title: string, policies: readonly ReportedPolicy[]): readonly string[] =>
    policies.length === 0
      ? []
      : [
          '',
          title,
          ...policies.flatMap((policy, index) => [
            ...(index === 0 ? [] : ['']),
            ...renderPolicy(policy, now, app),
          ]),
        ];
  return lines([
    ...headline(report),
    ...(report.error === null ? [] : ['', ...report.error.message.split('\n').map((line) => `  ${line}`)]),
    ...[
      ...(report.status === 'failed' ? [] : accountsOf(report)),
      ...emergencies(report.policies, now),
      ...findingsOf(report),
      ...quiet.flatMap(exceptionsOf),
    ].map(alert),
    ...section(
      'denied, and never carried out:',
      told.filter(({ verdict }) => verdict === 'deny'),
    ),
    ...section(
      'waiting:',
      told.filter(({ verdict }) => verdict === 'hold'),
    ),
    ...section(
      'drifted:',
      told.filter(({ verdict }) => verdict === null || verdict === 'admit'),
    ),
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
  ]);
}

/** Accepted deviations are told of policies that are in sync, too: nobody may forget them. */
function exceptionsOf({ key, findings }: ReportedPolicy): readonly string[] {
  const told = findings.filter(({ rule, decision }) => rule === EXCEPTION && decision === 'note');
  return told.map(({ detail }) => `${key}: ${detail}`);
}

/** Worth more than its name: it drifted, or something about it waits. */
function isTold({ drift, verdict }: ReportedPolicy): boolean {
  return drift !== 'none' || verdict === 'hold' || verdict === 'deny';
}

function lines(texts: readonly string[]): string {
  return texts.map(plain).join('\n');
}

function alert(text: string): string {
  return `  ! ${text}`;
}

/** Lock-outs of all policies first, then what else was found beside ours. */
function findingsOf(report: RunReport | Status): readonly string[] {
  const lockOuts = standingLockOuts(report).map(({ detail }) => `LOCK-OUT: ${detail}`);
  const others = report.findings.filter(({ rule }) => rule !== LOCK_OUT).map(({ detail }) => detail);
  return [...lockOuts, ...others, ...(lockOuts.length > 0 ? [WAY_IN] : [])];
}

/** One line for all of them, so that what to do stands where somebody was woken. */
const WAY_IN =
  'to end a LOCK-OUT: exclude the emergency accounts from the policy in the Entra admin center, unless it is ours and the next run does; docs/operations.md, “Alert: lock-out-risk”, has more';

function accountsOf({ protected: identities }: RunReport): readonly string[] {
  return identities.length === 0 ? [NOBODY_NAMED] : illnesses(identities);
}

function illnesses(identities: readonly ProtectedIdentity[]): string[] {
  return identities.flatMap((identity) =>
    identity.health === 'ok' ? [] : [`${illness(identity)}: ${mendOf(identity)}`],
  );
}

function emergencies(policies: readonly ReportedPolicy[], nowMs: number): string[] {
  return policies.flatMap(({ key, displayName, switchedOnSince }) =>
    switchedOnSince === null
      ? []
      : [
          `EMERGENCY: ${key} "${displayName}" has been on for ${age(switchedOnSince, nowMs)}, since ${switchedOnSince}`,
        ],
  );
}

function age(since: string, nowMs: number): string {
  return renderDuration(nowMs - Date.parse(since));
}

/** What lets a held change go, to be copied as it is. */
export function approveCommand(digest: string, app: string | undefined): string {
  return `caretaker approve ${digest.slice(0, 12)}${app === undefined ? '' : ` --app ${app}`} --reason "…"`;
}

const SAYS: Readonly<Record<RunStatus, string>> = {
  running: 'still at work',
  failed: 'this run could not do its work',
  incomplete: 'not everything could be read, written or seen settled',
  drifted: 'the tenant is not as desired (observing: nothing was written)',
  held: 'a change waits for a person, or was denied',
  remediated: 'every drift was put right',
  inSync: 'the tenant is as desired',
};

function headline(report: RunReport): readonly string[] {
  const seconds =
    report.finishedAt === null
      ? ''
      : ` in ${((Date.parse(report.finishedAt) - Date.parse(report.startedAt)) / 1000).toFixed(1)} s`;
  return [
    `${report.status}: ${SAYS[report.status]}${standingLockOuts(report).length === 0 ? '' : '; an emergency account can be shut out'}`,
    `  run ${report.runId}, ${report.mode}, by ${report.trigger}${seconds}, ${report.requests.graph} Graph and ${report.requests.tables} table requests`,
  ];
}

function nameOf({ key }: ReportedPolicy): string {
  return key;
}

function renderPolicy(policy: ReportedPolicy, nowMs: number, app: string | undefined): string[] {
  const stands = policy.drift === 'none' ? 'as desired' : policy.drift;
  return [
    `  ${policy.key} "${policy.displayName}" is ${stands}${policy.id === null ? '' : ` (${policy.id})`}`,
    ...policy.fields.map((field) => `      ${renderField(field)}`),
    ...policy.findings
      .filter((finding) => isOfThePolicy(finding) && !isStandingLockOut(policy, finding))
      .map(
        ({ rule, decision, detail }) =>
          `      ${decision === 'note' ? 'note' : decision.toUpperCase()} ${rule}: ${detail}`,
      ),
    ...resultOf(policy, nowMs, app),
    ...meanwhileOf(policy.meanwhile),
  ];
}

/** That a repair goes on although an account is not in order is told once, of the account. */
function isOfThePolicy({ rule, decision }: ReportedFinding): boolean {
  return rule !== identityHealth.name || decision !== 'note';
}

/** What a policy does to an emergency account, as it is in the tenant now. A run that put it right has ended it. */
function isStandingLockOut(policy: ReportedPolicy, finding: ReportedFinding): boolean {
  return finding.rule === LOCK_OUT && finding.decision === 'note' && policy.outcome?.settled !== true;
}

/** Lock-outs that are in the tenant now, in policies of ours and of others. */
function standingLockOuts({ policies, findings }: RunReport | Status): readonly ReportedFinding[] {
  return [
    ...policies.flatMap((policy) => policy.findings.filter((finding) => isStandingLockOut(policy, finding))),
    ...findings.filter(({ rule }) => rule === LOCK_OUT),
  ];
}

function resultOf(policy: ReportedPolicy, nowMs: number, app: string | undefined): string[] {
  const { change, verdict, outcome, waitingSince, isApprovable } = policy;
  if (change === null) return [];
  if (outcome !== null) return [`      ${change.action}: ${renderOutcome(outcome)}`];
  if (verdict === 'admit') return [`      planned: ${change.action}, admitted`];
  const wait = waitingSince === null ? 'waits' : `has waited ${age(waitingSince, nowMs)}`;
  const since = waitingSince === null ? '' : ` for ${age(waitingSince, nowMs)}`;
  const digest = change.digest.slice(0, 12);
  if (verdict === 'deny') return [`      planned: ${change.action}, denied${since} (digest ${digest})`];
  return [
    `      planned: ${change.action}, ${wait} (digest ${digest})`,
    ...waysOut(isApprovable, change.digest, app),
  ];
}

/** How a wait can end. */
function waysOut(isApprovable: boolean, digest: string, app: string | undefined): string[] {
  return [`      ${isApprovable ? `to approve it: ${approveCommand(digest, app)}` : NO_APPROVAL}`];
}

export const NO_APPROVAL = 'approving it would not help: it goes once what holds it is over';

function renderOutcome(outcome: ReportedOutcome): string {
  return outcome.status === 'applied' && outcome.settled
    ? 'done, and read back as desired'
    : `${outcome.status}${outcome.reason === null ? '' : `: ${outcome.reason}`}`;
}

function meanwhileOf(meanwhile: Meanwhile | null): string[] {
  return meanwhile === null ? [] : [`      ${renderMeanwhile(meanwhile)}`];
}

/** What keeps the tenant at the last proven version while a newer one waits. */
export function renderMeanwhile({ version, change, verdict, outcome }: Meanwhile): string {
  const result =
    outcome === null ? { admit: 'admitted', hold: 'held', deny: 'denied' }[verdict] : outcome.status;
  return `kept at version ${version} meanwhile: ${change?.action ?? 'nothing'} ${result}`;
}

/**
 * How the tenant stands to what is desired. Said of the tenant: a version that loosens, and waits, finds the tenant
 * stricter, and whoever reads "tightened" there would think it did.
 */
const EFFECT: Readonly<Record<Effect, string>> = {
  loosens: 'the tenant is looser',
  tightens: 'the tenant is stricter',
  neutral: 'neither looser nor stricter',
  unclear: 'looser or stricter, nobody can tell',
};

/** One field: desired first, then what is there, then how that stands to what is desired. */
function renderField({ path, desired, observed, effect }: ReportedField | FieldDrift): string {
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

/**
 * How the tenant stands, for `caretaker status`.
 *
 * @param app address of the app that answered, for the commands shown; undefined when the tables are reached directly
 */
export function renderStatus(status: Status, nowMs: number, app: string | undefined): string {
  const last = status.lastRun;
  const section = (title: string, waiting: readonly WaitingChange[]): readonly string[] =>
    waiting.length === 0 ? [] : [title, ...waiting.flatMap((change) => renderWaiting(change, nowMs, app))];
  return lines([
    ...(app === undefined
      ? [`tenant ${status.tenantId}`, `  ${NOT_THE_APPS}: ${settingsIn(status)}`]
      : [`tenant ${status.tenantId}, ${settingsIn(status)}`]),
    ...(last === null
      ? []
      : [
          `last run ${last.runId}: ${last.status}${last.finishedAt === null ? '' : `, finished ${last.finishedAt}`}`,
        ]),
    ...alertsOf(status, nowMs).map(alert),
    ...section('denied, and never carried out:', status.denied),
    ...section('waiting:', status.held),
    ...(status.policies.length === 0 ? [] : ['policies:']),
    ...status.policies.map((policy) => `  ${policy.key} "${policy.displayName}": ${standing(policy)}`),
    ...(status.unmanaged.length === 0 ? [] : [`  unmanaged policies: ${status.unmanaged.length}`]),
  ]);
}

/** What the app's own settings say, only the app can tell. */
const NOT_THE_APPS = 'by the settings of this shell (those of the app: --app <url>)';

function settingsIn({ mode, schedule }: Status): string {
  return `${mode}, schedule ${schedule ?? 'none'}`;
}

/** What somebody on call should know first, most urgent first. */
export function alertsOf(status: Status, nowMs: number): readonly string[] {
  return [
    ...(status.freeze === null ? [] : [renderFreeze(status.freeze, nowMs)]),
    ...emergencies(status.policies, nowMs),
    ...status.warnings,
    ...illnesses(status.protected),
    ...findingsOf(status),
    ...status.policies.flatMap(exceptionsOf),
  ];
}

/** Some policy that is on can shut an emergency account out, whoever made it. */
export function hasLockOut(status: Status): boolean {
  return standingLockOuts(status).length > 0;
}

/** One policy in a word or two. */
export function standing({ drift, verdict, outcome }: ReportedPolicy): string {
  if (outcome?.settled === true) return 'put right';
  if (drift === 'none' && verdict === null) return 'in sync';
  return [drift === 'none' ? 'as desired' : drift, ...(verdict === null ? [] : [verdict])].join(', ');
}

function renderFreeze({ by, since, until, reason }: Freeze, nowMs: number): string {
  const end =
    until === null
      ? 'until somebody ends it (`caretaker unfreeze`)'
      : `until ${until}, for another ${renderDuration(Date.parse(until) - nowMs)}`;
  return `frozen by ${by} since ${since} ${end}: ${reason}`;
}

function renderWaiting(change: WaitingChange, nowMs: number, app: string | undefined): string[] {
  const { key, displayName, digest, isApprovable, reasons, rules, approved } = change;
  return [
    `  ${key}${displayName === null ? '' : ` "${displayName}"`}: ${renderWait(change, nowMs)} (digest ${digest.slice(0, 12)})`,
    ...(reasons.length === 0 ? rules : reasons).map((reason) => `      ${reason}`),
    ...(approved === null ? [] : [`      ${renderConsent(approved)}`]),
    ...(change.verdict === 'deny' || approved !== null ? [] : waysOut(isApprovable, digest, app)),
    ...meanwhileOf(change.meanwhile),
  ];
}

/** What waits, and since when. */
export function renderWait(
  { verdict, action, version, author, since }: WaitingChange,
  nowMs: number,
): string {
  const what = `${action} to version ${version} by ${author}`;
  return `${what}, ${verdict === 'deny' ? 'denied for' : 'has waited'} ${age(since, nowMs)}`;
}

export function renderConsent({ by, reason }: NonNullable<WaitingChange['approved']>): string {
  return `approved by ${by.name}, goes with the next run: ${reason}`;
}
