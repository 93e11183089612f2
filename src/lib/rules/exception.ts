import type { Reference } from '../diff.ts';
import { type Exception, inForce, isGrave, isSameException } from '../exceptions.ts';
import { isRepair } from '../plan.ts';
import type { Rule } from './rule.ts';

/**
 * A new version that accepts a deviation in whom the policy is for, whom it spares, or whether it is on waits for a second
 * person, even where it does not loosen: those fields decide whether a policy protects anybody. What an exception takes
 * from any other field is for `loosening`.
 *
 * Approving the change approves its version for good.
 */
export const exception: Rule = {
  name: 'exception',
  check(change, { now, approvals }) {
    if (isRepair(change)) return undefined;
    const { key, version, hash, declared, reference } = change.desired;
    if (approvals.versions.some((one) => one.key === key && one.version === version && one.hash === hash)) {
      return undefined;
    }
    const known = exceptionsOf(reference);
    const added = inForce(declared.exceptions, now)
      .filter(isGrave)
      .filter((one) => !known.some((other) => isSameException(one, other)));
    if (added.length === 0) return undefined;
    const named = added.map(({ field, until }) => `${field} until ${until}`).join(', ');
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `it accepts a deviation in ${named}; somebody else has to approve that`,
    };
  },
};

function exceptionsOf(reference: Reference): readonly Exception[] {
  return reference.kind === 'version' ? reference.desired.declared.exceptions : [];
}
