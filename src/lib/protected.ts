import type { ProtectedIdentities } from './desired.ts';
import type { ProtectedRead } from './ports.ts';
import type { ProtectedFacts } from './whatif/proof.ts';

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
