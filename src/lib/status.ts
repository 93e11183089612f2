import type { Freeze, Ports } from './ports.ts';
import type { Mode, ReportedPolicy, RunReport, RunSummary } from './report.ts';
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
  readonly held: readonly {
    readonly key: string;
    readonly digest: string;
    readonly reasons: readonly string[];
  }[];
}

/** How many runs are looked at for one that judged: running and failed ones say nothing about the policies. */
const RUNS_LOOKED_AT = 20;

/** Three requests to the tables, none to the tenant. */
export async function statusOf({ runs, control }: Ports, settings: Settings): Promise<Status> {
  const latest = await runs.latest(RUNS_LOOKED_AT);
  const judged = latest.find(({ status }) => status !== 'running' && status !== 'failed');
  const report = judged === undefined ? undefined : await runs.get(judged.runId);
  const policies = report?.policies ?? [];
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
    held: policies.flatMap(({ key, verdict, change, findings }) =>
      verdict === 'hold' && change !== null
        ? [
            {
              key,
              digest: change.digest,
              reasons: findings.filter(({ decision }) => decision === 'hold').map(({ detail }) => detail),
            },
          ]
        : [],
    ),
  };
}

function warningsOf(settings: Settings, latest: readonly RunSummary[]): string[] {
  const warnings: string[] = [];
  if (settings.schedule === null) warnings.push('RECONCILE_SCHEDULE is not set, so no run starts by itself');
  if (settings.protected.users.length + settings.protected.groups.length === 0) {
    warnings.push(
      'neither BREAK_GLASS_USERS nor BREAK_GLASS_GROUPS names anybody, so nothing is ever written',
    );
  }
  const [last] = latest;
  if (last === undefined) warnings.push('no run has been recorded yet');
  if (last?.status === 'failed')
    warnings.push(`the last run failed: ${last.error ?? 'no reason was recorded'}`);
  return warnings;
}
