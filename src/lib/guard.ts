import { type Approval, approvalOf } from './approval.ts';
import { type Change, isRepair } from './plan.ts';
import { RULES } from './rules/index.ts';
import type { Facts, Finding, Rule } from './rules/rule.ts';

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
