import type { Rule } from './rule.ts';

/**
 * A contingency policy is kept off, so adopting a live one of that name would switch it off in the middle of what may be
 * an emergency. It waits for a person. One that is bound already and was switched on by hand is left on without any
 * change being planned (`contingency.ts`).
 */
export const contingency: Rule = {
  name: 'contingency',
  check(change) {
    if (change.action !== 'adopt' || !change.desired.declared.isContingency) return undefined;
    if (change.before.reading.policy.state !== 'enabled') return undefined;
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `${change.id} carries the name of this policy for emergencies and is on; adopting it would switch it off`,
    };
  },
};
