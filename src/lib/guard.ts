import type { Approval, ApprovalsRead } from './approval.ts';
import { approvalOf } from './approval.ts';
import type { ProtectedIdentities } from './desired.ts';
import type { Observation } from './diff.ts';
import type { Binding } from './journal.ts';
import { type Change, isRepair } from './plan.ts';
import type { PolicyKey } from './policy/model.ts';
import type { ReferenceKind } from './policy/references.ts';
import type { Freeze } from './ports.ts';
import type { ProtectedIdentity } from './protected.ts';
import { RULES } from './rules/index.ts';
import type { NamedLocations } from './whatif/locations.ts';
import type { ProtectedFacts } from './whatif/proof.ts';

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

export interface NamedFinding extends Finding {
  readonly rule: string;
  /** `error`: would have held a rollout, and did not hold this repair; or holds or denies. */
  readonly level: 'info' | 'error';
}

export interface Verdict {
  readonly change: Change;
  readonly decision: 'admit' | 'hold' | 'deny';
  readonly findings: readonly NamedFinding[];
  /** The consent somebody gave to it; null where nobody did. */
  readonly approval: Approval | null;
  /** For a restore: the verdict on creating anew, for when the service turns the restore down. */
  readonly otherwise: Verdict | null;
}

/**
 * Asks every rule about every change. The worst answer decides. Pure; always as in enforce. A version that the tenant
 * holds already, and that no person is waited for, is no change: it has no verdict.
 */
export function guard(facts: Facts): Verdict[] {
  return facts.plan
    .map((change) => judge(change, facts))
    .filter((verdict) => verdict.change.action !== 'accept' || hasNotBegun(verdict));
}

/** Whether a change is denied or waits for a person. One of which only a part is held has begun. */
export function hasNotBegun({ decision, findings }: Verdict): boolean {
  return decision === 'deny' || findings.some(({ isApprovable }) => isApprovable === true);
}

function judge(change: Change, facts: Facts): Verdict {
  const verdict = ask(change, facts, null);
  if (change.action !== 'restore') return verdict;
  const create = ask(change.otherwise, facts, null);
  // A restore arms the policy as it was deleted. Where that may not be, a fresh create is the way back.
  return badness(create) < badness(verdict) ? create : { ...verdict, otherwise: create };
}

function ask(change: Change, facts: Facts, otherwise: Verdict | null): Verdict {
  const approval = approvalOf(change, facts.approvals);
  const findings = RULES.flatMap((rule): NamedFinding[] => {
    const finding = rule.check(change, facts);
    if (finding === undefined) return [];
    const isSoftened = rule.isNovelty === true && finding.decision === 'hold' && isRepair(change);
    if (isSoftened) return [{ rule: rule.name, decision: 'note', detail: finding.detail, level: 'error' }];
    if (approval !== undefined && lifts(approval, rule, finding)) {
      return [{ rule: rule.name, decision: 'note', detail: liftedBy(approval, finding), level: 'info' }];
    }
    return [{ rule: rule.name, ...finding, level: finding.decision === 'note' ? 'info' : 'error' }];
  });
  return {
    change,
    decision: worst(findings),
    findings,
    approval: approval ?? null,
    otherwise,
  };
}

/** Consent covers what the change was held for when it was given, and nothing that came up since. */
function lifts({ rules }: Approval, { name }: Rule, { decision, isApprovable }: Finding): boolean {
  return decision === 'hold' && isApprovable === true && rules.includes(name);
}

function liftedBy({ by, reason }: Approval, { detail }: Finding): string {
  return `${detail} — approved by ${by.name}: ${reason}`;
}

function worst(findings: readonly Finding[]): Verdict['decision'] {
  if (findings.some(({ decision }) => decision === 'deny')) return 'deny';
  return findings.some(({ decision }) => decision === 'hold') ? 'hold' : 'admit';
}

function badness(verdict: Verdict): number {
  return { admit: 0, hold: 1, deny: 2 }[verdict.decision];
}
