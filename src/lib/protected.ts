import type { ProtectedIdentities } from './desired.ts';
import type { ProtectedFacts } from './whatif/proof.ts';

/** What is wrong with a protected identity; `unverified` says that nobody could tell. */
export type Health = 'ok' | 'disabled' | 'missing' | 'synced' | 'empty' | 'unverified';

/** A protected identity, or a member of a protected group, as the directory showed it. */
export interface ProtectedIdentity {
  readonly id: string;
  readonly kind: 'user' | 'group';
  /** The protected group whose member it is; null: settings name it. */
  readonly memberOf: string | null;
  readonly health: Health;
  /** Why nobody could tell; null otherwise. */
  readonly reason: string | null;
}

/** Everybody who must never be shut out. */
export interface ProtectedRead {
  /** Those that settings name, in that order, then the members of the groups. */
  readonly identities: readonly ProtectedIdentity[];
  /** The same people for the lock-out proof: where the members of a group are not known, one who stands for any of them. */
  readonly people: readonly ProtectedFacts[];
  /** Why the groups and roles of some of them could not be read, each reason once. */
  readonly unread: readonly string[];
}

/** Somebody who is gone or was not read, and may be anybody. */
export function nothingKnownOf(id: string): ProtectedFacts {
  return { id, groups: 'unknown', roles: 'unknown', guestType: 'unknown', homeTenantId: 'unknown' };
}

/** Stands for the members of a group that were not looked at. */
export function anyMemberOf(groupId: string): ProtectedFacts {
  return { ...nothingKnownOf(`a member of ${groupId}`), groups: { atLeast: [groupId] } };
}

/** What is left where the directory could not be read at all. */
export function nobodySeen({ users, groups }: ProtectedIdentities, reason: string): ProtectedRead {
  const unseen = { memberOf: null, health: 'unverified', reason } as const;
  return {
    identities: [
      ...users.map((id) => ({ id, kind: 'user', ...unseen }) as const),
      ...groups.map((id) => ({ id, kind: 'group', ...unseen }) as const),
    ],
    people: [...users.map(nothingKnownOf), ...groups.map(anyMemberOf)],
    unread: [],
  };
}
