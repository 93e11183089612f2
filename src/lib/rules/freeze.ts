import type { Rule } from './rule.ts';

/** While somebody has frozen the tenant nothing is written, repair included. The switch is ours, so an intruder in the tenant cannot set it. */
export const freeze: Rule = {
  name: 'freeze',
  check(_, { freeze: frozen }) {
    if (frozen === null) return undefined;
    const end = frozen.until === null ? 'until somebody unfreezes' : `until ${frozen.until}`;
    return {
      decision: 'hold',
      detail: `frozen by ${frozen.by} since ${frozen.since}, ${end}: ${frozen.reason}`,
    };
  },
};
