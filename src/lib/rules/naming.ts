import { isWrite } from '../plan.ts';
import type { Rule } from './rule.ts';

/**
 * A new version keeps to the tenant's own convention for names: people and tools tell policies apart by name alone. The
 * desired name is judged, never the one a policy has, so that nobody can hold a repair by renaming.
 *
 * A name has at most 256 characters (the service's limit, asked when a file is read), which bounds the work of all but a
 * pattern that backtracks exponentially; the pattern comes from settings, out of reach of who writes policies.
 */
export const naming: Rule = {
  name: 'naming',
  isNovelty: true,
  check(change, { namingPattern }) {
    const { displayName } = change.desired;
    if (!isWrite(change) || namingPattern === null || namingPattern.test(displayName)) return undefined;
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `the displayName "${displayName}" does not match NAMING_PATTERN (${namingPattern.source}); rename the policy, or approve the change`,
    };
  },
};
