import type { Rule } from './rule.ts';

/**
 * Nothing is created or adopted for a key that was never bound while the list is known not to be whole: the policy that
 * carries the name may be among what is missing. Policies with a binding are asked for by id and do not depend on it.
 */
export const incompleteRead: Rule = {
  name: 'incompleteRead',
  check(change, { observation: { doubts }, bindings }) {
    const dependsOnList = change.action === 'create' || change.action === 'adopt';
    const wasBound = (bindings.get(change.key)?.id ?? null) !== null;
    if (!dependsOnList || wasBound || doubts.length === 0) return undefined;
    return {
      decision: 'hold',
      detail: `the tenant's list of policies is not whole (${doubts.join('; ')}); looked at again next run`,
    };
  },
};
