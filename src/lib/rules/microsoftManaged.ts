import type { Rule } from './rule.ts';

/**
 * A policy Microsoft manages takes no edit but its state and its exclusions, so adopting one fails every run. It is
 * recognised by the service's own refusal alone: a name or a template id can be put on any policy by anybody. Never
 * asked about a policy that is bound, or claiming to be Microsoft's would turn repair off.
 */
export const microsoftManaged: Rule = {
  name: 'microsoftManaged',
  check(change, { bindings }) {
    const refusal = bindings.get(change.key)?.refusal ?? null;
    if (change.action !== 'adopt' || refusal === null || refusal.id !== change.id) return undefined;
    return {
      decision: 'hold',
      detail: `the service refused to let ${change.id} be changed (${refusal.reason}); give the desired policy another displayName`,
    };
  },
};
