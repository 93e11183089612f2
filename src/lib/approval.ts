import type { Change } from './plan.ts';
import type { Approval, ApprovalsRead } from './ports.ts';

/** The consent given to exactly this change, as long as no intent has used it up. */
export function approvalOf({ digest }: Change, { changes }: ApprovalsRead): Approval | undefined {
  return changes.find((approval) => approval.digest === digest && approval.usedBy === null);
}
