import { isWrite } from '../plan.ts';
import { asSet } from '../policy/values.ts';
import type { Rule } from './rule.ts';

/**
 * Nothing new asks for `approvedApplication`: Microsoft ended it on 30 June 2026 (Entra docs, migrate-approved-client-app)
 * and treats a policy that asks for it as if it did not. The service takes no write after which a policy has it, so a
 * rollout would be refused in every run; a policy that asks for nothing else protects nothing, and somebody has to know.
 */
export const retiredControl: Rule = {
  name: 'retiredControl',
  isNovelty: true,
  check(change) {
    if (!isWrite(change) || !asSet(change.after[CONTROLS]).includes('approvedApplication')) return undefined;
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `the resulting ${CONTROLS} asks for approvedApplication, which Microsoft ended: it is not enforced, and policies that ask for it can be neither created nor edited; use compliantApplication`,
    };
  },
};

const CONTROLS = 'grantControls.builtInControls';
