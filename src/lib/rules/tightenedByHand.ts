import { isWrite } from '../plan.ts';
import { asSet } from '../policy/values.ts';
import type { Rule } from './rule.ts';

/**
 * `caretaker.whenTightened: "hold"` in the desired file: where somebody only made the policy stricter by hand, taking
 * that back waits for a person; it may be an incident in progress. Any loosening beside it, and any stricter policy that
 * does not exclude every protected identity any more, is put right at once.
 */
export const tightenedByHand: Rule = {
  name: 'tightenedByHand',
  check(change, { protected: identities }) {
    if (change.action !== 'update' || !isWrite(change)) return undefined;
    if (change.desired.declared.whenTightened !== 'hold') return undefined;
    const moves = change.fields.filter(({ effect }) => effect !== 'neutral');
    if (moves.length === 0 || moves.some(({ effect }) => effect !== 'tightens')) return undefined;
    const observed = change.before.reading.policy;
    const isExcluded = (path: string, ids: readonly string[]): boolean =>
      ids.every((id) => asSet(observed[path]).includes(id));
    const areSpared =
      isExcluded('conditions.users.excludeUsers', identities.users) &&
      isExcluded('conditions.users.excludeGroups', identities.groups);
    if (!areSpared) return undefined;
    const fields = moves.map(({ path }) => path).join(', ');
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `somebody made it stricter (${fields}), and its file says whenTightened: "hold"; approve to take that back, or push it as the new desired state`,
    };
  },
};
