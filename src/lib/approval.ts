import type { PolicyKey } from './policy/model.ts';

/** Who did something, as far as it is known. */
export interface Person {
  readonly id: string;
  readonly name: string;
}

/** A person's consent to one change, named exactly. */
export interface Approval {
  readonly digest: string;
  readonly key: PolicyKey;
  /** Rules whose holds it lifts: those that held the change when it was given. */
  readonly rules: readonly string[];
  readonly by: Person;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
  /** The intent that has used it up; null while it is good. */
  readonly usedBy: string | null;
}

/** A person's consent to one version of a desired policy, for good. */
export interface ApprovedVersion {
  readonly key: PolicyKey;
  readonly version: number;
  readonly hash: string;
  readonly by: Person;
  readonly reason: string;
  readonly at: number;
}

/** A change that waits, or never goes. */
export interface Waiting {
  readonly digest: string;
  readonly key: PolicyKey;
  readonly verdict: 'hold' | 'deny';
  /** Rules that hold or deny it. */
  readonly rules: readonly string[];
  /** Whether a person's consent would let it go. */
  readonly isApprovable: boolean;
  readonly action: string;
  readonly version: number;
  readonly hash: string;
  /** Who pushed that version. */
  readonly author: string;
  /** Milliseconds since 1970 at which a run first held or denied it. */
  readonly since: number;
  /** Milliseconds since 1970 at which it was last announced. */
  readonly toldAt: number;
}

export interface ApprovalsRead {
  readonly changes: readonly Approval[];
  readonly versions: readonly ApprovedVersion[];
  readonly waiting: readonly Waiting[];
}

/** The consent given to exactly this change, as long as no intent has used it up. */
export function approvalOf(
  { digest }: Pick<Approval, 'digest'>,
  { changes }: ApprovalsRead,
): Approval | undefined {
  return changes.find((approval) => approval.digest === digest && approval.usedBy === null);
}
