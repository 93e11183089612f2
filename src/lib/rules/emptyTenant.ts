import type { Rule } from '../guard.ts';

/**
 * An empty list while bindings exist is believed only when every bound id, asked for singly, answers 404. A tenant that
 * lost its policies at once is rarer than a read that went wrong, and filling it anew doubles every policy.
 */
export const emptyTenant: Rule = {
  name: 'emptyTenant',
  check(change, { observation, bindings }) {
    if (change.action !== 'create' && change.action !== 'adopt') return undefined;
    if (observation.listed > 0) return undefined;
    const bound = [...bindings.values()].flatMap(({ id }) => id ?? []);
    const doubtful = bound.filter((id) => observation.singly.get(id)?.kind !== 'missing');
    if (doubtful.length === 0) return undefined;
    return {
      decision: 'hold',
      detail: `the tenant listed no policy at all, yet ${doubtful.length} of ${bound.length} bound ones did not answer 404 when asked for singly (${doubtful.slice(0, 3).join(', ')})`,
    };
  },
};
