import type { ProtectedIdentities } from '../desired.ts';
import { statesOf } from '../plan.ts';
import type { Policy } from '../policy/model.ts';
import { isWorkloadPolicy } from '../policy/serviceRules.ts';
import { asSet } from '../policy/values.ts';
import type { Rule } from './rule.ts';

/**
 * The result of every change keeps every protected identity excluded, and includes none of them by id.
 *
 * A lock-out of the emergency accounts can only be undone by Microsoft, in days. Judged on the result, not on the
 * intention: merging the identities into the desired policy is no proof that this very change leaves them excluded.
 * A state passed through on the way counts when the tenant would enforce it.
 */
export const breakGlass: Rule = {
  name: 'breakGlass',
  check(change, { protected: identities }) {
    const states = statesOf(change).filter((state) => state === change.after || state.state === 'enabled');
    const problem = states.map((state) => exposure(state, identities)).find((found) => found !== undefined);
    return problem === undefined ? undefined : { decision: 'deny', detail: problem };
  },
};

function exposure(state: Policy, identities: ProtectedIdentities): string | undefined {
  if (isWorkloadPolicy(state)) return undefined;
  const [named] = protectedIncluded(state, identities);
  return (
    (named === undefined ? undefined : `${named.path} ${named.message}`) ??
    notExcluded(state, 'conditions.users.excludeUsers', identities.users) ??
    notExcluded(state, 'conditions.users.excludeGroups', identities.groups)
  );
}

/** Lists of whom a policy is for that name protected identities by id; the message reads on after the path. */
export function protectedIncluded(
  state: Policy,
  { users, groups }: ProtectedIdentities,
): readonly { readonly path: string; readonly message: string }[] {
  if (isWorkloadPolicy(state)) return [];
  const lists = [
    ['conditions.users.includeUsers', users],
    ['conditions.users.includeGroups', groups],
  ] as const;
  return lists.flatMap(([path, ids]) => {
    const named = ids.filter((id) => asSet(state[path]).includes(id));
    if (named.length === 0) return [];
    const message = `names the protected ${named.join(', ')}: take it out of the desired state; out of BREAK_GLASS_USERS / BREAK_GLASS_GROUPS only if it is for no emergency`;
    return [{ path, message }];
  });
}

function notExcluded(state: Policy, path: string, ids: readonly string[]): string | undefined {
  const exposed = ids.filter((id) => !asSet(state[path]).includes(id));
  if (exposed.length === 0) return undefined;
  return `the resulting ${path} would not hold the protected ${exposed.join(', ')}, so the policy could shut it out`;
}
