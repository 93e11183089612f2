import type { ApprovalsRead } from '../approval.ts';
import type { ProtectedIdentities } from '../desired.ts';
import type { Observation } from '../diff.ts';
import type { Binding } from '../journal.ts';
import type { Change } from '../plan.ts';
import type { PolicyKey } from '../policy/model.ts';
import type { ReferenceKind } from '../policy/references.ts';
import type { Freeze } from '../ports.ts';
import type { ProtectedIdentity } from '../protected.ts';
import type { NamedLocations } from '../whatif/locations.ts';
import type { ProtectedFacts } from '../whatif/proof.ts';

/** What the lock-out proof and the rules about protected identities, security defaults and references stand on. */
export interface Around {
  /** Those that settings name, then the members of the groups. */
  readonly identities: readonly ProtectedIdentity[];
  /** The same people, as far as the proof looks at them. */
  readonly people: readonly ProtectedFacts[];
  readonly namedLocations: NamedLocations;
  /** `PROTECTED_CONTROLS_ALLOWED`. */
  readonly allowedControls: readonly string[];
  /** Whether security defaults are on; null: nothing hung on it, or nobody could tell. */
  readonly securityDefaults: boolean | null;
  /** Ids that rollouts name and the tenant certainly does not have. What could not be looked up is not here. */
  readonly absent: Readonly<Record<ReferenceKind, readonly string[]>>;
}

/** Everything a rule may know besides the change itself. Data only: rules are pure. */
export interface Facts {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The whole plan, whatever part of it was asked for. */
  readonly plan: readonly Change[];
  readonly protected: ProtectedIdentities;
  readonly bindings: ReadonlyMap<PolicyKey, Binding>;
  readonly observation: Observation;
  readonly around: Around;
  readonly approvals: ApprovalsRead;
  readonly freeze: Freeze | null;
  /** `MAX_CHANGES_PER_RUN`; 0 is a limit too. */
  readonly changesMax: number;
  /** How long a create may stay invisible to a lagging replica, milliseconds. */
  readonly createLagMs: number;
  /** `NAMING_PATTERN`; null: any name will do. */
  readonly namingPattern: RegExp | null;
  /** `TENANT_POLICY_LIMIT`: how many policies the tenant is thought to hold. */
  readonly tenantPolicyLimit: number;
}

export interface Finding {
  /** `note` lets it pass, `hold` waits for a person or a later run, `deny` never goes. */
  readonly decision: 'note' | 'hold' | 'deny';
  /** The facts of the case: what, where, and what to do. */
  readonly detail: string;
  /** A hold that a person's consent lifts. The others end by themselves or never. */
  readonly isApprovable?: true;
}

/** One safety rule: a name and a pure function. */
export interface Rule {
  readonly name: string;
  /** A rule about novelty holds rollouts only; against repair it would be a switch with which an intruder turns repair off. */
  readonly isNovelty?: true;
  check(change: Change, facts: Facts): Finding | undefined;
}
