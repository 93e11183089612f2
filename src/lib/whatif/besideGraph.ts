import type { PolicyId } from '../policy/model.ts';
import type { PolicyVerdict } from './evaluate.ts';

/** One result of Graph's own What If: the policy, with `policyApplies` and `analysisReasons`. */
export type RawResult = Readonly<Record<string, unknown>>;

/** Our verdicts on the observed set, read as Graph reads a question, beside Graph's own. */
export interface GraphComparison {
  /** Policies on which both say the same, for the same reason. */
  readonly agreed: number;
  readonly differences: readonly Disagreement[];
}

export interface Disagreement {
  readonly id: PolicyId | null;
  readonly displayName: string;
  /**
   * - `verdict`  one says that the policy applies, the other that it does not
   * - `reason`   both say that it does not, for another reason
   * - `unseen`   only one of the two knows the policy
   */
  readonly kind: 'verdict' | 'reason' | 'unseen';
  /** null: the policy is not in the observed set. */
  readonly ours: Side | null;
  /** null: not in Graph's answer. */
  readonly graphs: Side | null;
}

export interface Side {
  /** null: neither true nor false was said. */
  readonly policyApplies: boolean | null;
  readonly analysisReasons: string;
}

/**
 * Compares policy by policy. Graph judges no policy that is switched off, so one that it leaves out is no difference. It may
 * name several reasons with commas between them; one that we find too is enough.
 */
export function compareWithGraph(
  ours: readonly PolicyVerdict[],
  graphs: readonly RawResult[],
): GraphComparison {
  const theirs = new Map(graphs.map((result) => [String(result.id).toLowerCase(), result]));
  const known = new Set(ours.map(({ id }) => id));
  const judged = ours.map((verdict) => ({
    verdict,
    found: disagreement(verdict, theirs.get(verdict.id ?? '')),
  }));
  const unseen = graphs
    .filter(({ id }) => !known.has(String(id).toLowerCase()))
    .map(
      (result): Disagreement => ({ ...named(result), kind: 'unseen', ours: null, graphs: sideOf(result) }),
    );
  return {
    agreed: judged.filter(({ found }) => found === undefined).length,
    differences: [...judged.flatMap(({ found }) => found ?? []), ...unseen],
  };
}

function disagreement(verdict: PolicyVerdict, result: RawResult | undefined): Disagreement | undefined {
  const { id, displayName, state, policyApplies, analysisReasons, reasons } = verdict;
  const ours = { policyApplies, analysisReasons };
  if (result === undefined)
    return state === 'disabled' ? undefined : { id, displayName, kind: 'unseen', ours, graphs: null };
  const graphs = sideOf(result);
  if (graphs.policyApplies !== policyApplies) return { id, displayName, kind: 'verdict', ours, graphs };
  const said = graphs.analysisReasons.split(',').map((reason) => reason.trim());
  const isSameReason = policyApplies === true || reasons.some((reason) => said.includes(reason));
  return isSameReason ? undefined : { id, displayName, kind: 'reason', ours, graphs };
}

function sideOf({ policyApplies, analysisReasons }: RawResult): Side {
  return {
    policyApplies: typeof policyApplies === 'boolean' ? policyApplies : null,
    analysisReasons: String(analysisReasons),
  };
}

function named({ id, displayName }: RawResult): Pick<Disagreement, 'id' | 'displayName'> {
  return { id: typeof id === 'string' ? id.toLowerCase() : null, displayName: String(displayName) };
}
