import { isWrite } from '../plan.ts';
import { moveOf } from '../sets.ts';
import { worse } from '../whatif/proof.ts';
import type { Rule } from './rule.ts';

/**
 * No change adds a sign-in from which a protected identity is shut out: decided over every sign-in there can be, for
 * every state the policy passes through. A lock-out that the policy has already, and the change does not widen, is
 * reported by the run and no reason to deny: a change that narrows it must go ahead.
 *
 * `breakGlass` asks the plain question whether the ids stand in the exclusions; this asks what comes of it.
 */
export const lockOut: Rule = {
  name: 'lockOut',
  check(change, { around: { people, namedLocations, allowedControls } }) {
    if (!isWrite(change)) return undefined;
    const found = worse({ move: moveOf(change), namedLocations, identities: people, allowedControls });
    const [first, ...others] = found;
    if (first === undefined) return undefined;
    const more = others.length === 0 ? '' : `; and ${others.length} more like it`;
    return { decision: 'deny', detail: `${first.detail}${more}` };
  },
};
