import type { Rule } from './rule.ts';

/**
 * Nothing is created while an earlier create of the same key may still be on its way.
 *
 * A create whose answer was lost may have happened, and one that succeeded is invisible to a lagging replica for a
 * while; both look like "missing", and creating again makes a twin. An object seen among the soft-deleted is certainly
 * not on its way, so a restore is never held here.
 */
export const unsettledCreate: Rule = {
  name: 'unsettledCreate',
  check(change, { bindings, now, createLagMs }) {
    const binding = bindings.get(change.key);
    if (change.action !== 'create' || binding === undefined) return undefined;
    const wasMade = binding.id !== null && binding.origin !== 'adopted';
    const since = binding.pending?.at ?? (wasMade ? binding.boundAt : undefined);
    if (since === undefined) return undefined;
    const restMs = since + createLagMs - now;
    if (restMs <= 0) return undefined;
    const what = binding.pending === null ? 'was made' : 'was sent and never seen';
    return {
      decision: 'hold',
      detail: `a policy for this key ${what} ${Math.round((now - since) / 1000)} s ago and may not be visible yet; looked for again from ${new Date(since + createLagMs).toISOString()} on`,
    };
  },
};
