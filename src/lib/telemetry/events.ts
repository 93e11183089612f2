import type { TenantId } from '../policy/model.ts';

/** Names of the events; each is a JSON line in `traces`, or several where it is long. Add freely, never rename. */
export type EventName =
  | 'RunCompleted'
  | 'RunFailed'
  | 'RunSkipped'
  | 'PolicyStates'
  | 'DriftDetected'
  | 'ChangeApplied'
  | 'ChangeFailed'
  | 'ChangeHeld'
  | 'ChangeDenied'
  | 'ChangeApproved'
  | 'TenantFrozen'
  | 'TenantUnfrozen'
  | 'ContingencyActive'
  | 'LockOutRisk'
  | 'ProtectedIdentityUnhealthy'
  | 'DesiredStateTampered'
  | 'TelemetryUndelivered'
  | 'Finding';

export type Severity = 'info' | 'warn' | 'error';

/** One event. `facts` are its own members; the envelope (event, schema, runId, tenantId) is added when it is written. */
export interface TelemetryEvent {
  readonly event: EventName;
  readonly severity: Severity;
  readonly runId: string;
  readonly tenantId: TenantId;
  readonly facts: Readonly<Record<string, unknown>>;
}
