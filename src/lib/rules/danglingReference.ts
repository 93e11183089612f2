import { isWrite } from '../plan.ts';
import { type Reference, referencesOf } from '../policy/references.ts';
import type { Rule } from './rule.ts';

/**
 * No new policy includes or excludes what does not exist: Graph stores any id of a user or group without a word, so a
 * typing error in the excluded group shuts out the very people it was to spare. A location that is gone the service
 * refuses itself (1040). What could not be looked up is no finding.
 *
 * Only rollouts have their references looked up. Whoever can delete a group an old policy names gains nothing: the
 * policy is put back as it was, and what is known of the ids is said.
 */
export const danglingReference: Rule = {
  name: 'danglingReference',
  isNovelty: true,
  check(change, { around: { absent } }) {
    if (!isWrite(change)) return undefined;
    const dangling = referencesOf(change.after).filter(({ kind, id }) => absent[kind].includes(id));
    if (dangling.length === 0) return undefined;
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `${inWords(dangling)}: nothing in the tenant has such an id; correct it, or approve the change`,
    };
  },
};

const NAMED_MAX = 10;

function inWords(dangling: readonly Reference[]): string {
  const named = Map.groupBy(dangling.slice(0, NAMED_MAX), ({ path }) => path);
  const words = [...named].map(([path, ids]) => `${path} names ${ids.map(({ id }) => id).join(', ')}`);
  const more = dangling.length > NAMED_MAX ? [`and ${dangling.length - NAMED_MAX} more`] : [];
  return [...words, ...more].join('; ');
}
