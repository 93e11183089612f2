import { asFault } from '../fault.ts';
import type { Directory, DirectoryIds, Health, ProtectedIdentity } from '../ports.ts';
import type { ProtectedFacts } from '../whatif/proof.ts';
import { answeredFirst, batched, type Part } from './batch.ts';
import { type Ask, type Call, isMissing, isRecord } from './call.ts';
import { faultOf, oddAnswer } from './faults.ts';
import { allPages } from './pages.ts';

/** The directory refuses a filter with more alternatives. */
const IDS_PER_FILTER = 15;
/**
 * People whose own memberships are looked up. A group for emergencies holds a handful; of one that somebody filled with
 * thousands, the others are judged by that membership alone.
 */
const PEOPLE_MAX = 40;

const SELECTED = 'id,accountEnabled,onPremisesSyncEnabled,userType,creationType';
/** Casting a member list to users needs both (Microsoft Graph, list group transitive members). */
const ADVANCED = { ConsistencyLevel: 'eventual' };

interface User {
  readonly id: string;
  /** null when Graph did not say, as it does without the permission. */
  readonly accountEnabled: boolean | null;
  /** Kept by an on-premises directory, so that an outage or intruder there reaches it. */
  readonly isSynced: boolean;
  readonly guestType: ProtectedFacts['guestType'];
}

type Memberships = Pick<ProtectedFacts, 'groups' | 'roles'>;

/** What one question came to. */
type Told<T> =
  | { readonly kind: 'told'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'untold'; readonly reason: string };

interface Named<T> {
  readonly id: string;
  readonly read: Told<T>;
}

export function directory(ask: Ask, origin: string): Directory {
  return {
    async protected(identities) {
      const filters = chunks(identities.users, IDS_PER_FILTER);
      const lists = await listsOf([...filters.map(readingUsers), ...identities.groups.map(readingMembers)]);
      const users = filters.flatMap((ids, index) =>
        ids.map((id) => ({ id, read: userIn(lists[index], id) })),
      );
      const groups = identities.groups.map((id, index) => ({
        id,
        read: mapped(lists[filters.length + index], (items) => items.map(userOf)),
      }));
      const people = peopleIn(users, groups).slice(0, PEOPLE_MAX);
      const memberships = await listsOf(people.map(({ id }) => readingMemberships(id)));
      const membersAt = new Map(
        groups.map((group) => [group.id, new Set(usersIn(group).map(({ id }) => id))]),
      );
      return {
        identities: [...users.map(namedUser), ...groups.map(namedGroup), ...groups.flatMap(membersOf)],
        people: [
          ...people.map((user, index) => seenIn(membersAt, factsOf(user, memberships[index]))),
          ...users.filter(({ read }) => read.kind !== 'told').map(({ id }) => nothingKnownOf(id)),
          ...groups.filter((group) => isOpen(group, people)).map(({ id }) => anyMemberOf(id)),
        ],
      };
    },

    async person(userId) {
      const [user, memberships] = await listsOf([readingUsers([userId]), readingMemberships(userId)]);
      const found = userIn(user, userId.toLowerCase());
      switch (found.kind) {
        case 'told':
          return { kind: 'found', facts: factsOf(found.value, memberships) };
        case 'missing':
          return found;
        case 'untold':
          return { kind: 'unread', reason: found.reason };
      }
    },

    async absent(ids) {
      const questions = (['users', 'groups'] as const).flatMap((kind) =>
        chunks(ids[kind], IDS_PER_FILTER).map((some) => ({ kind, some, call: findingAny(kind, some) })),
      );
      const lists = await listsOf(questions.map(({ call }) => call));
      const absentOf = (wanted: 'users' | 'groups'): readonly string[] =>
        questions.flatMap(({ kind, some }, index) => (kind === wanted ? absentIn(lists[index], some) : []));
      return {
        users: absentOf('users'),
        groups: absentOf('groups'),
        untold: [...new Set(lists.flatMap(untoldIn))],
      };
    },

    async securityDefaults() {
      const answer = await ask(readingSecurityDefaults);
      if (answer.kind !== 'success') throw faultOf(readingSecurityDefaults, answer);
      const isEnabled = isRecord(answer.body) ? answer.body.isEnabled : undefined;
      if (typeof isEnabled !== 'boolean')
        throw oddAnswer(readingSecurityDefaults, answer, 'the answer does not say whether they are enabled');
      return isEnabled;
    },
  };

  /** The whole list each call asks for. Trouble with a batch is trouble with each of its calls. */
  async function listsOf(calls: readonly Call[]): Promise<readonly Told<readonly unknown[]>[]> {
    const parts = await tried(() => batched(ask, calls));
    return Promise.all(
      calls.map((call, index) =>
        parts.kind === 'told' ? listFrom(call, parts.value[index]) : Promise.resolve(parts),
      ),
    );
  }

  async function listFrom(call: Call, part: Part | undefined): Promise<Told<readonly unknown[]>> {
    if (part === undefined) return { kind: 'untold', reason: 'The batch holds no answer for it.' };
    if (isMissing(part)) return { kind: 'missing' };
    if (part.kind !== 'success') return { kind: 'untold', reason: faultOf(call, part).message };
    return tried(() => allPages(answeredFirst(part, ask), origin, call));
  }
}

async function tried<T>(read: () => Promise<T>): Promise<Exclude<Told<T>, { kind: 'missing' }>> {
  try {
    return { kind: 'told', value: await read() };
  } catch (error) {
    return { kind: 'untold', reason: asFault(error).message };
  }
}

function readingUsers(ids: readonly string[]): Call {
  return {
    purpose: 'Looking at users',
    method: 'GET',
    path: `/users?$filter=${oneOf(ids)}&$select=${SELECTED}`,
    effect: 'read',
    permissions: ['User.Read.All'],
  };
}

function findingAny(kind: keyof DirectoryIds, ids: readonly string[]): Call {
  return {
    purpose: `Looking up the ${kind} that policies name`,
    method: 'GET',
    path: `/${kind}?$filter=${oneOf(ids)}&$select=id`,
    effect: 'read',
    permissions: [kind === 'users' ? 'User.Read.All' : 'GroupMember.Read.All'],
  };
}

function oneOf(ids: readonly string[]): string {
  const quoted = ids.map((id) => `'${id.replaceAll("'", "''")}'`).join(',');
  return encodeURIComponent(`id in (${quoted})`);
}

/** A group that is gone answers 404 here, so whether it exists need not be asked as well. */
function readingMembers(groupId: string): Call {
  return {
    purpose: 'Looking at the members of a protected group',
    method: 'GET',
    path: `/groups/${encodeURIComponent(groupId)}/transitiveMembers/microsoft.graph.user?$count=true&$select=${SELECTED}&$top=999`,
    effect: 'read',
    headers: ADVANCED,
    permissions: ['GroupMember.Read.All', 'User.Read.All'],
  };
}

function readingMemberships(userId: string): Call {
  return {
    purpose: 'Looking at the groups and roles of a user',
    method: 'GET',
    path: `/users/${encodeURIComponent(userId)}/transitiveMemberOf?$top=999`,
    effect: 'read',
    permissions: ['User.Read.All', 'GroupMember.Read.All', 'RoleManagement.Read.Directory'],
  };
}

/** Never written by this app, although the permission to write policies covers it. */
const readingSecurityDefaults: Call = {
  purpose: 'Looking at security defaults',
  method: 'GET',
  path: '/policies/identitySecurityDefaultsEnforcementPolicy',
  effect: 'read',
  permissions: ['Policy.Read.All'],
};

function mapped<T, U>(read: Told<T> | undefined, change: (value: T) => U): Told<U> {
  if (read === undefined) return { kind: 'untold', reason: 'It was not asked for.' };
  return read.kind === 'told' ? { kind: 'told', value: change(read.value) } : read;
}

/** A list that was not had says nothing about what is on it. */
function absentIn(read: Told<readonly unknown[]> | undefined, ids: readonly string[]): readonly string[] {
  if (read?.kind !== 'told') return [];
  const found = new Set(read.value.map((item) => (isRecord(item) ? String(item.id).toLowerCase() : '')));
  return ids.filter((id) => !found.has(id.toLowerCase()));
}

function untoldIn(read: Told<readonly unknown[]>): readonly string[] {
  switch (read.kind) {
    case 'told':
      return [];
    case 'missing':
      return ['Graph does not know the list.'];
    case 'untold':
      return [read.reason];
  }
}

function userIn(read: Told<readonly unknown[]> | undefined, id: string): Told<User> {
  const users = mapped(read, (items) => items.map(userOf));
  if (users.kind !== 'told') return users;
  const user = users.value.find((one) => one.id === id);
  return user === undefined ? { kind: 'missing' } : { kind: 'told', value: user };
}

function userOf(item: unknown): User {
  const { id, accountEnabled, onPremisesSyncEnabled, userType, creationType } = isRecord(item) ? item : {};
  return {
    id: typeof id === 'string' ? id.toLowerCase() : '',
    accountEnabled: typeof accountEnabled === 'boolean' ? accountEnabled : null,
    isSynced: onPremisesSyncEnabled === true,
    guestType: guestTypeOf(userType, creationType),
  };
}

/** Whoever was invited signs in elsewhere (Microsoft Graph, user: creationType); of other guests it is not said. */
function guestTypeOf(userType: unknown, creationType: unknown): ProtectedFacts['guestType'] {
  if (creationType === 'Invitation')
    return userType === 'Member' ? 'b2bCollaborationMember' : 'b2bCollaborationGuest';
  return userType === 'Member' ? null : 'unknown';
}

/** Everybody who was found, each once. */
function peopleIn(users: readonly Named<User>[], groups: readonly Named<readonly User[]>[]): readonly User[] {
  const found = [
    ...users.flatMap(({ read }) => (read.kind === 'told' ? [read.value] : [])),
    ...groups.flatMap(usersIn),
  ];
  return [...new Map(found.map((user) => [user.id, user])).values()];
}

function usersIn({ read }: Named<readonly User[]>): readonly User[] {
  return read.kind === 'told' ? read.value : [];
}

function namedUser({ id, read }: Named<User>): ProtectedIdentity {
  const named = { id, kind: 'user', memberOf: null, reason: null } as const;
  switch (read.kind) {
    case 'told':
      return { ...named, ...healthOf(read.value) };
    case 'missing':
      return { ...named, health: 'missing' };
    case 'untold':
      return { ...named, health: 'unverified', reason: read.reason };
  }
}

function namedGroup({ id, read }: Named<readonly User[]>): ProtectedIdentity {
  const named = { id, kind: 'group', memberOf: null, reason: null } as const;
  switch (read.kind) {
    case 'told': {
      const { length } = read.value;
      if (length <= PEOPLE_MAX) return { ...named, health: length === 0 ? 'empty' : 'ok' };
      const reason = `It has ${length} members; only ${PEOPLE_MAX} people are looked at.`;
      return { ...named, health: 'unverified', reason };
    }
    case 'missing':
      return { ...named, health: 'missing' };
    case 'untold':
      return { ...named, health: 'unverified', reason: read.reason };
  }
}

function membersOf(group: Named<readonly User[]>): readonly ProtectedIdentity[] {
  return usersIn(group)
    .slice(0, PEOPLE_MAX)
    .map((user) => ({ id: user.id, kind: 'user', memberOf: group.id, reason: null, ...healthOf(user) }));
}

function healthOf({ accountEnabled, isSynced }: User): { health: Health; reason?: string } {
  if (accountEnabled === null)
    return { health: 'unverified', reason: 'Graph does not say whether the account is enabled.' };
  if (!accountEnabled) return { health: 'disabled' };
  return { health: isSynced ? 'synced' : 'ok' };
}

function factsOf({ id, guestType }: User, read: Told<readonly unknown[]> | undefined): ProtectedFacts {
  const memberships = mapped(read, groupsAndRoles);
  const known: Memberships =
    memberships.kind === 'told' ? memberships.value : { groups: 'unknown', roles: 'unknown' };
  return { id, guestType, homeTenantId: guestType === null ? null : 'unknown', ...known };
}

/**
 * Who was on the list of a protected group counts as its member, whatever their own memberships said a moment later: for
 * being on it they are protected. Otherwise whoever takes somebody out of the group between the two requests would have
 * every policy that spares the group look like a lock-out, and repair denied.
 */
function seenIn(membersAt: ReadonlyMap<string, ReadonlySet<string>>, facts: ProtectedFacts): ProtectedFacts {
  const { id, groups } = facts;
  const seen = [...membersAt].flatMap(([group, members]) => (members.has(id) ? [group.toLowerCase()] : []));
  if (groups === 'unknown') return seen.length === 0 ? facts : { ...facts, groups: { atLeast: seen } };
  if ('atLeast' in groups)
    return { ...facts, groups: { atLeast: [...new Set([...groups.atLeast, ...seen])] } };
  return { ...facts, groups: [...new Set([...groups, ...seen])] };
}

/** Without the permission to read roles they come without their template: then nobody knows which ones they are. */
function groupsAndRoles(items: readonly unknown[]): Memberships {
  const memberships = items.filter(isRecord);
  const ofType = (type: string) =>
    memberships.filter((one) => one['@odata.type'] === `#microsoft.graph.${type}`);
  const roles = ofType('directoryRole').map(({ roleTemplateId }) => roleTemplateId);
  return {
    groups: ofType('group').map(({ id }) => String(id).toLowerCase()),
    roles: roles.every((role) => typeof role === 'string')
      ? roles.map((role) => role.toLowerCase())
      : 'unknown',
  };
}

/** Gone or unread, and perhaps there again tomorrow. */
function nothingKnownOf(id: string): ProtectedFacts {
  return { id, groups: 'unknown', roles: 'unknown', guestType: 'unknown', homeTenantId: 'unknown' };
}

/** Whether there may be members that were not looked at. */
function isOpen(group: Named<readonly User[]>, people: readonly User[]): boolean {
  const known = new Set(people.map(({ id }) => id));
  return group.read.kind === 'untold' || usersIn(group).some(({ id }) => !known.has(id));
}

function anyMemberOf(groupId: string): ProtectedFacts {
  return { ...nothingKnownOf(`a member of ${groupId}`), groups: { atLeast: [groupId] } };
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const found: T[][] = [];
  for (let at = 0; at < items.length; at += size) found.push(items.slice(at, at + size));
  return found;
}
