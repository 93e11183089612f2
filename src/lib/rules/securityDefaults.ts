import { isWrite } from '../plan.ts';
import type { Rule } from './rule.ts';

/**
 * While security defaults are on the service takes no policy that is enabled; it takes it as disabled or report-only
 * (Entra docs, security-defaults). A rollout waits instead of being refused in every run. A repair is sent all the
 * same, for the service's own answer is the truth: whoever can switch security defaults on would otherwise switch repair
 * off. Nobody but a person turns them off: they may be all that protects the tenant.
 */
export const securityDefaults: Rule = {
  name: 'securityDefaults',
  isNovelty: true,
  check(change, { around }) {
    if (!isWrite(change) || change.after.state !== 'enabled' || around.securityDefaults !== true)
      return undefined;
    return {
      decision: 'hold',
      isApprovable: true,
      detail:
        'security defaults are on, so the service refuses a policy whose state is enabled: turn them off first, or let the state be enabledForReportingButNotEnforced',
    };
  },
};
