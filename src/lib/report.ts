import type { Canonical, Effect, FieldPath, PolicyId, PolicyKey, TenantId } from './policy/model.ts';
import type { ProtectedIdentity } from './protected.ts';

/** Counts of requests that left this process for one run. */
export interface RequestCounts {
  readonly graph: number;
  readonly tables: number;
  /** Requests to Graph that were answered 429; absent in reports from before it was counted. */
  readonly throttled?: number;
}

export type Mode = 'observe' | 'enforce';
export type Trigger = 'schedule' | 'demand' | 'alert' | 'cli';

/** The first that fits, in this order. `inSync` and `drifted` are the only two a run that observes and judges can end in. */
export type RunStatus = 'running' | 'failed' | 'incomplete' | 'drifted' | 'held' | 'remediated' | 'inSync';

export interface ReportedField {
  readonly path: FieldPath;
  readonly desired: Canonical;
  readonly observed: Canonical;
  /** Effect of what happened in the tenant (desired → observed): an exclusion somebody added *loosens*. */
  readonly effect: Effect;
}

export interface ReportedFinding {
  readonly rule: string;
  readonly decision: 'note' | 'hold' | 'deny';
  /** `error` on a finding that would have held a rollout and did not hold a repair; `warn`: somebody has to act soon. */
  readonly level?: 'info' | 'warn' | 'error';
  readonly policyId?: PolicyId;
  /** The key it is about, where it is about no policy that could be judged. */
  readonly key?: PolicyKey;
  readonly detail: string;
}

export interface ReportedOutcome {
  readonly status: 'applied' | 'stale' | 'rejected' | 'indeterminate';
  /** Read back equal to the intent. */
  readonly settled: boolean;
  readonly reason: string | null;
}

/** `unread`: the policy's place in the tenant could not be established in this run; nothing was planned for it. */
export type ReportedDrift = 'none' | 'missing' | 'modified' | 'ambiguous' | 'hidden' | 'unread';

export interface ReportedPolicy {
  readonly key: PolicyKey;
  readonly id: PolicyId | null;
  readonly displayName: string;
  readonly version: number;
  readonly proven: boolean;
  readonly drift: ReportedDrift;
  /** ISO 8601, the service's clock: when what drifted was last changed or deleted; null where nobody can tell. */
  readonly changedAt?: string | null;
  readonly fields: readonly ReportedField[];
  readonly change: {
    readonly action: 'create' | 'update' | 'restore' | 'adopt' | 'accept';
    readonly digest: string;
  } | null;
  readonly verdict: 'admit' | 'hold' | 'deny' | null;
  readonly findings: readonly ReportedFinding[];
  readonly outcome: ReportedOutcome | null;
  /** ISO 8601: since when the change has been held or denied; null when it is not. */
  readonly waitingSince: string | null;
  /** Whether a person's consent would let a held change go. */
  readonly isApprovable: boolean;
  /** What was done, or would be, to keep the tenant at the last proven version while a newer one waits. */
  readonly meanwhile: Meanwhile | null;
  /** ISO 8601: since when a policy for emergencies has been seen switched on; null while it is off. */
  readonly switchedOnSince: string | null;
}

export interface Meanwhile {
  readonly version: number;
  readonly fields: readonly ReportedField[];
  readonly change: ReportedPolicy['change'];
  readonly verdict: NonNullable<ReportedPolicy['verdict']>;
  readonly findings: readonly ReportedFinding[];
  readonly outcome: ReportedOutcome | null;
}

/** One run, as `GET /api/runs/{id}` answers it and the table `runs` keeps it. */
export interface RunReport {
  readonly runId: string;
  readonly tenantId: TenantId;
  readonly trigger: Trigger;
  readonly requestedBy: { readonly id: string; readonly name: string } | null;
  readonly mode: Mode;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly status: RunStatus;
  readonly policies: readonly ReportedPolicy[];
  /** Those that settings name, then the members of the groups. */
  readonly protected: readonly ProtectedIdentity[];
  /** ISO 8601: when they were looked at; null where they were not. At most an hour before a run that wrote nothing. */
  readonly protectedReadAt: string | null;
  readonly unmanaged: readonly {
    readonly id: PolicyId;
    readonly displayName: string;
    readonly state: string;
  }[];
  /** About unmanaged policies, tampering, or the set as a whole. */
  readonly findings: readonly ReportedFinding[];
  /** Admitted changes this run did not get to. */
  readonly remaining: number;
  readonly requests: RequestCounts;
  readonly error: { readonly kind: string; readonly message: string } | null;
}

/** What a list of runs shows. */
export interface RunSummary {
  readonly runId: string;
  readonly tenantId: TenantId;
  readonly trigger: Trigger;
  readonly mode: Mode;
  readonly startedAt: string;
  readonly finishedAt: string | null;
  readonly status: RunStatus;
  /** Policies with any drift, and changes by outcome. */
  readonly drifted: number;
  readonly applied: number;
  readonly held: number;
  readonly denied: number;
  readonly error: string | null;
}
