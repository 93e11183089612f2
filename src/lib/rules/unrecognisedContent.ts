import type { Rule } from './rule.ts';

/**
 * Nothing we cannot read is overwritten: Graph grows members before this program knows them, and a body built from a
 * narrower model would wipe them. Only the objects that carry such members are left alone; a change that has nothing
 * else to write is held, in repair as in rollout.
 */
export const unrecognisedContent: Rule = {
  name: 'unrecognisedContent',
  check(change) {
    if (change.action === 'create') return undefined;
    const odd = change.before.reading.unrecognised.filter((member) => !member.empty);
    if (odd.length === 0) return undefined;
    const what = odd.map((member) => `${member.path} = ${member.value}`).join('; ');
    if (change.withheld.length === 0) {
      return {
        decision: 'note',
        detail: `carries what Graph v1.0's published policy does not have: ${what}`,
      };
    }
    const left = change.withheld.join(', ');
    const detail = `${left} drifted and carries what this version cannot read (${what}); it is left as it is. Look at it in the portal, clear the member or update Caretaker`;
    // Bringing a policy back is worth doing even where nothing of it may be replaced.
    const hasMore = change.action === 'restore' || Object.keys(change.body ?? {}).length > 0;
    return { decision: hasMore ? 'note' : 'hold', detail };
  },
};
