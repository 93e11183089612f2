import type { Rule } from './rule.ts';

/** As many as one run makes by default (`MAX_CHANGES_PER_RUN`): nearer than that, the next run may meet the limit. */
const NEAR = 5;

/**
 * Says that a tenant is nearly full before the service refuses. A warning, never a hold: what the limit is, the service
 * alone knows (Microsoft's pages have named 195 and 240), and whoever can fill the tenant with policies would otherwise
 * keep a deleted one from coming back.
 *
 * Every policy counts, in any state, and a bound one also where v1.0 does not show it; soft-deleted ones do not.
 */
export const tenantLimit: Rule = {
  name: 'tenantLimit',
  check(change, { plan, observation: { live, singly }, tenantPolicyLimit }) {
    if (!adds(change)) return undefined;
    const hidden = [...singly.values()].filter(({ kind }) => kind === 'hidden').length;
    const there = live.size + hidden;
    const planned = plan.filter(adds).length;
    if (there + planned + NEAR < tenantPolicyLimit) return undefined;
    return {
      decision: 'note',
      detail: `the tenant has ${there} policies and would get ${planned} more; TENANT_POLICY_LIMIT is ${tenantPolicyLimit}, and the service may refuse; delete what nobody needs`,
    };
  },
};

function adds({ action }: { readonly action: string }): boolean {
  return action === 'create' || action === 'restore';
}
