import type { ApprovalsRead, Person, Waiting } from './approval.ts';
import type { Freeze, Ports } from './ports.ts';
import type { Meanwhile, Mode, ReportedPolicy, RunReport, RunSummary } from './report.ts';
import type { Settings } from './settings.ts';

/** How a tenant stands: what `GET /api/status` answers and `caretaker status` shows. */
export interface Status {
  readonly tenantId: string;
  readonly mode: Mode;
  readonly schedule: string | null;
  /** What somebody on call should know before reading on; empty when all is as it should be. */
  readonly warnings: readonly string[];
  readonly freeze: Freeze | null;
  readonly lastRun: RunSummary | null;
  /** As the last finished run that looked at the tenant found and left them. */
  readonly policies: readonly ReportedPolicy[];
  readonly unmanaged: RunReport['unmanaged'];
  /** The emergency accounts and groups, and how they were found. */
  readonly protected: RunReport['protected'];
  /** Lock-outs in policies of others, tampering, and what else is about no policy of ours. */
  readonly findings: RunReport['findings'];
  /** Changes that wait, for a person or until what holds them ends; oldest first. */
  readonly held: readonly WaitingChange[];
  /** Changes that are never carried out; oldest first. */
  readonly denied: readonly WaitingChange[];
}

/** One change that is not carried out. */
export interface WaitingChange {
  readonly key: string;
  /** null: no run that is still kept has reported on it. */
  readonly displayName: string | null;
  readonly digest: string;
  readonly verdict: Waiting['verdict'];
  readonly action: string;
  readonly version: number;
  /** Who pushed that version. */
  readonly author: string;
  /** Rules that hold or deny it, and what they found. */
  readonly rules: readonly string[];
  readonly reasons: readonly string[];
  /** ISO 8601: when a run first held or denied it. */
  readonly since: string;
  readonly isApprovable: boolean;
  /** Consent that was given and that no run has used yet. */
  readonly approved: { readonly by: Person; readonly reason: string } | null;
  /** What keeps the tenant at the last proven version until then. */
  readonly meanwhile: Meanwhile | null;
}

/** How many runs are looked at for one that judged: running and failed ones say nothing about the policies. */
const RUNS_LOOKED_AT = 20;

/**
 * Four requests to the tables, none to the tenant.
 *
 * @param settings of the app; on the command line those of the shell, which may say otherwise
 */
export async function statusOf({ runs, control, approvals }: Ports, settings: Settings): Promise<Status> {
  const latest = await runs.latest(RUNS_LOOKED_AT);
  const judged = latest.find(({ status }) => status !== 'running' && status !== 'failed');
  const report = judged === undefined ? undefined : await runs.get(judged.runId);
  const policies = report?.policies ?? [];
  const consent = await approvals.read();
  const waiting = (verdict: Waiting['verdict']): readonly WaitingChange[] =>
    consent.waiting
      .filter((one) => one.verdict === verdict)
      .toSorted((one, other) => one.since - other.since)
      .map((one) => waitingChange(one, policies, consent));
  return {
    tenantId: settings.tenantId,
    mode: settings.mode,
    schedule: settings.schedule,
    warnings: warningsOf(settings, latest),
    freeze: await control.frozen(),
    lastRun: latest[0] ?? null,
    policies,
    unmanaged: report?.unmanaged ?? [],
    protected: report?.protected ?? [],
    findings: report?.findings ?? [],
    held: waiting('hold'),
    denied: waiting('deny'),
  };
}

function waitingChange(
  { digest, key, verdict, action, version, author, rules, since, isApprovable }: Waiting,
  policies: readonly ReportedPolicy[],
  { changes }: ApprovalsRead,
): WaitingChange {
  const reported = policies.find((policy) => policy.key === key);
  const consent = changes.find((one) => one.digest === digest && one.usedBy === null);
  return {
    key,
    displayName: reported?.displayName ?? null,
    digest,
    verdict,
    action,
    version,
    author,
    rules,
    reasons: (reported?.change?.digest === digest ? reported.findings : [])
      .filter(({ decision }) => decision !== 'note')
      .map(({ detail }) => detail),
    since: new Date(since).toISOString(),
    isApprovable,
    approved: consent === undefined ? null : { by: consent.by, reason: consent.reason },
    meanwhile: reported?.meanwhile ?? null,
  };
}

export const NO_SCHEDULE = 'RECONCILE_SCHEDULE is not set, so no run starts by itself';

export const NOBODY_NAMED =
  'neither BREAK_GLASS_USERS nor BREAK_GLASS_GROUPS names anybody, so nothing is ever written';

function warningsOf(settings: Settings, latest: readonly RunSummary[]): string[] {
  const warnings: string[] = [];
  if (settings.schedule === null) warnings.push(NO_SCHEDULE);
  if (settings.protected.users.length + settings.protected.groups.length === 0) {
    warnings.push(NOBODY_NAMED);
  }
  const [last] = latest;
  if (last === undefined) warnings.push('no run has been recorded yet');
  if (last?.status === 'failed')
    warnings.push(`the last run failed: ${last.error ?? 'no reason was recorded'}`);
  return warnings;
}
