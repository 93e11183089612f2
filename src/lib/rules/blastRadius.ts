import { approvalOf } from '../approval.ts';
import { type Change, isRepair, isWrite } from '../plan.ts';
import type { Rule } from './rule.ts';

/**
 * A rollout larger than `MAX_CHANGES_PER_RUN` waits for a person as a whole: a mistaken push shows itself by its size.
 * Repairs are never held by it (somebody who edits many policies at once would buy time); the run writes as many as the
 * limit allows and the next one goes on. A limit of 0 lets nothing be written.
 */
export const blastRadius: Rule = {
  name: 'blastRadius',
  check(change, { plan, changesMax, approvals }) {
    if (!isWrite(change)) return undefined;
    if (changesMax === 0)
      return { decision: 'hold', detail: 'MAX_CHANGES_PER_RUN is 0, so nothing is written' };
    if (isRepair(change)) return undefined;
    const isApproved = (other: Change): boolean => approvalOf(other, approvals) !== undefined;
    const rollouts = plan.filter((other) => isWrite(other) && !isRepair(other) && !isApproved(other)).length;
    if (rollouts <= changesMax) return undefined;
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `${rollouts} new changes wait, more than MAX_CHANGES_PER_RUN (${changesMax}); approve them, or raise the limit for one run`,
    };
  },
};
