import type { Rule } from './rule.ts';

/**
 * An empty list while bindings exist is believed only when every bound id, asked for singly, answers 404. A tenant that
 * lost its policies at once is rarer than a read that went wrong, and filling it anew doubles every policy. A policy that
 * v1.0 refuses to show (1037) is in no list either, so it casts no doubt on an empty one: otherwise hiding one policy
 * would keep the others from coming back.
 */
export const emptyTenant: Rule = {
  name: 'emptyTenant',
  check(change, { observation, bindings }) {
    if (change.action !== 'create' && change.action !== 'adopt') return undefined;
    if (observation.listed > 0) return undefined;
    const bound = [...bindings.values()].flatMap(({ id }) => id ?? []);
    const doubtful = bound.filter((id) => !isGone(observation.singly.get(id)?.kind));
    if (doubtful.length === 0) return undefined;
    return {
      decision: 'hold',
      detail: `the tenant listed no policy at all, yet ${doubtful.length} of ${bound.length} bound ones did not answer 404 when asked for singly (${doubtful.slice(0, 3).join(', ')})`,
    };
  },
};

function isGone(answer: 'found' | 'missing' | 'hidden' | 'unread' | undefined): boolean {
  return answer === 'missing' || answer === 'hidden';
}
