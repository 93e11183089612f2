import { asFault } from '../fault.ts';
import type { Directory, DirectoryIds } from '../ports.ts';
import { anyMemberOf, type Health, nothingKnownOf, type ProtectedIdentity } from '../protected.ts';
import type { ProtectedFacts } from '../whatif/proof.ts';
import { answeredFirst, batched, type Part } from './batch.ts';
import { type Ask, type Call, callOf, isMissing, isRecord } from './call.ts';
import { faultOf, oddAnswer } from './faults.ts';
import { allPages } from './pages.ts';
import { REQUESTS } from './permissions.ts';

/** The directory refuses a filter with more alternatives. */
const IDS_PER_FILTER = 15;
/** A user is in at most some two thousand groups that a token can carry; of one in more, the memberships are not known. */
const MEMBERSHIP_PAGES_MAX = 3;
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
  /** null where it was not asked for. */
  readonly displayName: string | null;
}

interface Memberships {
  readonly groups: readonly string[];
  readonly roles: ProtectedFacts['roles'];
  /** False: one of them does not say what it is, and may be any group or role. */
  readonly isClear: boolean;
}

/** What one question came to. */
type Told<T> =
  | { readonly kind: 'told'; readonly value: T }
  | { readonly kind: 'missing' }
  | { readonly kind: 'untold'; readonly reason: string };

interface NamedUser {
  readonly id: string;
  readonly read: Told<User>;
}

interface NamedGroup {
  readonly id: string;
  readonly read: Told<Members>;
}

interface Members {
  /** As many of them as are looked at, or one more. */
  readonly users: readonly User[];
  /** How many there are in all. */
  readonly total: number;
}

export function directory(ask: Ask, origin: string): Directory {
  return {
    until: (deadlineAt) => directory((call) => ask({ ...call, deadlineAt }), origin),

    async protected(identities) {
      const filters = chunks(identities.users, IDS_PER_FILTER);
      const calls = [
        ...filters.map((ids) => readingUsers(ids, SELECTED)),
        ...identities.groups.map(readingMembers),
      ];
      const pages = await firstPagesOf(calls);
      const users = filters.flatMap((ids, index) =>
        ids.map((id) => ({ id, read: userIn(wholeList(pages[index]), id) })),
      );
      const groups = identities.groups.map((id, index) => ({
        id,
        read: mapped(pages[filters.length + index], membersOn),
      }));
      const people = peopleIn(users, groups).slice(0, PEOPLE_MAX);
      const memberships = await listsOf(
        people.map(({ id }) => readingMemberships(id)),
        MEMBERSHIP_PAGES_MAX,
      );
      return {
        identities: [...users.map(namedUser), ...groups.map(namedGroup), ...groups.flatMap(membersOf)],
        people: [
          ...people.map((user, index) => factsOf(user, memberships[index], groupsWith(user, groups))),
          ...users
            .filter(({ id }) => !people.some((user) => user.id === id))
            .map(({ id }) => nothingKnownOf(id)),
          ...groups.filter((group) => isOpen(group, people)).map(({ id }) => anyMemberOf(id)),
        ],
        unread: [...new Set(memberships.flatMap(untoldIn))],
      };
    },

    async person(userId) {
      const [user, memberships] = await listsOf([
        readingUsers([userId], `${SELECTED},displayName`),
        readingMemberships(userId),
      ]);
      const found = userIn(user, userId.toLowerCase());
      switch (found.kind) {
        case 'told':
          return {
            kind: 'found',
            facts: factsOf(found.value, memberships),
            displayName: found.value.displayName,
          };
        case 'missing':
          return found;
        case 'untold':
          return { kind: 'unread', reason: found.reason };
      }
    },

    async absent(ids) {
      const questions = questionsAbout(ids, 'id');
      const lists = await listsOf(questions.map(({ call }) => call));
      const absentOf = (wanted: 'users' | 'groups'): readonly string[] =>
        questions.flatMap(({ kind, some }, index) => (kind === wanted ? absentIn(lists[index], some) : []));
      return {
        users: absentOf('users'),
        groups: absentOf('groups'),
        untold: [...new Set(lists.flatMap(untoldIn))],
      };
    },

    async names(ids) {
      const lists = await listsOf(questionsAbout(ids, 'id,displayName').map(({ call }) => call));
      const found = lists.flatMap((read) => (read.kind === 'told' ? read.value.filter(isRecord) : []));
      return {
        names: new Map(
          found.flatMap(({ id, displayName }) =>
            typeof id === 'string' && typeof displayName === 'string'
              ? [[id.toLowerCase(), displayName] as const]
              : [],
          ),
        ),
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

    licences: async () => (await allPages(ask, origin, readingLicences)).filter(isRecord),
  };

  /** The whole list each call asks for. Trouble with a batch is trouble with each of its calls. */
  async function listsOf(
    calls: readonly Call[],
    pagesMax?: number,
  ): Promise<readonly Told<readonly unknown[]>[]> {
    const parts = await partsOf(calls);
    return Promise.all(
      calls.map(async (call, index): Promise<Told<readonly unknown[]>> => {
        const part = parts[index] ?? NOT_ASKED;
        if (part.kind !== 'told') return part;
        return tried(() => allPages(answeredFirst(part.value, ask), origin, call, pagesMax));
      }),
    );
  }

  /** What the first page of each list holds. */
  async function firstPagesOf(calls: readonly Call[]): Promise<readonly Told<FirstPage>[]> {
    const parts = await partsOf(calls);
    return parts.map((part) => (part.kind === 'told' ? pageIn(part.value.body) : part));
  }

  async function partsOf(calls: readonly Call[]): Promise<readonly Told<Part>[]> {
    const parts = await tried(() => batched(ask, calls));
    return calls.map((call, index) => (parts.kind === 'told' ? partIn(call, parts.value[index]) : parts));
  }
}

interface FirstPage {
  readonly items: readonly unknown[];
  /** How long Graph says the list is. */
  readonly total: number;
  readonly isWhole: boolean;
}

function pageIn(body: unknown): Told<FirstPage> {
  const { value, '@odata.count': count, '@odata.nextLink': next } = isRecord(body) ? body : {};
  if (!Array.isArray(value)) return { kind: 'untold', reason: 'The answer holds no list of values.' };
  const isWhole = next === undefined || next === null;
  // Of a part of a list that does not say how long the whole is, there is more.
  const least = isWhole || typeof count === 'number' ? value.length : value.length + 1;
  const total = typeof count === 'number' ? Math.max(count, least) : least;
  return { kind: 'told', value: { items: value, total, isWhole } };
}

function partIn(call: Call, part: Part | undefined): Told<Part> {
  if (part === undefined) return { kind: 'untold', reason: 'The batch holds no answer for it.' };
  if (isMissing(part)) return { kind: 'missing' };
  if (part.kind !== 'success') return { kind: 'untold', reason: faultOf(call, part).message };
  return { kind: 'told', value: part };
}

async function tried<T>(read: () => Promise<T>): Promise<Exclude<Told<T>, { kind: 'missing' }>> {
  try {
    return { kind: 'told', value: await read() };
  } catch (error) {
    return { kind: 'untold', reason: asFault(error).message };
  }
}

function readingUsers(ids: readonly string[], selected: string): Call {
  return callOf(REQUESTS.lookAtUsers, { query: `$filter=${oneOf(ids)}&$select=${selected}` });
}

function questionsAbout(ids: DirectoryIds, selected: string) {
  return (['users', 'groups'] as const).flatMap((kind) =>
    chunks(ids[kind], IDS_PER_FILTER).map((some) => ({ kind, some, call: findingAny(kind, some, selected) })),
  );
}

function findingAny(kind: keyof DirectoryIds, ids: readonly string[], selected: string): Call {
  const request = kind === 'users' ? REQUESTS.findUsers : REQUESTS.findGroups;
  return callOf(request, { query: `$filter=${oneOf(ids)}&$select=${selected}` });
}

function oneOf(ids: readonly string[]): string {
  const quoted = ids.map((id) => `'${id.replaceAll("'", "''")}'`).join(',');
  return encodeURIComponent(`id in (${quoted})`);
}

/** A group that is gone answers 404 here, so whether it exists need not be asked as well. */
function readingMembers(groupId: string): Call {
  const query = `$count=true&$select=${SELECTED}&$top=${PEOPLE_MAX + 1}`;
  return { ...callOf(REQUESTS.lookAtMembers, { id: groupId, query }), headers: ADVANCED };
}

function readingMemberships(userId: string): Call {
  return callOf(REQUESTS.lookAtMemberships, { id: userId, query: '$top=999' });
}

/** Never written by this app, although the permission to write policies covers it. */
const readingSecurityDefaults = callOf(REQUESTS.securityDefaults);

const readingLicences = callOf(REQUESTS.licences);

const NOT_ASKED: Told<never> = { kind: 'untold', reason: 'It was not asked for.' };

function mapped<T, U>(read: Told<T> | undefined, change: (value: T) => U): Told<U> {
  if (read === undefined) return NOT_ASKED;
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

/** Users are asked for by fifteen ids, so their list has one page. */
function wholeList(page: Told<FirstPage> | undefined): Told<readonly unknown[]> {
  if (page?.kind === 'told' && !page.value.isWhole)
    return { kind: 'untold', reason: 'The answer is only a part of the list.' };
  return mapped(page, ({ items }) => items);
}

function userIn(read: Told<readonly unknown[]> | undefined, id: string): Told<User> {
  const users = mapped(read, (items) => items.map(userOf));
  if (users.kind !== 'told') return users;
  const user = users.value.find((one) => one.id === id);
  return user === undefined ? { kind: 'missing' } : { kind: 'told', value: user };
}

function userOf(item: unknown): User {
  const { id, accountEnabled, onPremisesSyncEnabled, userType, creationType, displayName } = isRecord(item)
    ? item
    : {};
  return {
    id: typeof id === 'string' ? id.toLowerCase() : '',
    accountEnabled: typeof accountEnabled === 'boolean' ? accountEnabled : null,
    isSynced: onPremisesSyncEnabled === true,
    guestType: guestTypeOf(userType, creationType),
    displayName: typeof displayName === 'string' ? displayName : null,
  };
}

/**
 * Whoever was invited, or signed up by a user flow, signs in elsewhere (Microsoft Graph, user: creationType); of other
 * guests it is not said.
 */
function guestTypeOf(userType: unknown, creationType: unknown): ProtectedFacts['guestType'] {
  if (creationType === 'Invitation' || creationType === 'SelfServiceSignUp')
    return userType === 'Member' ? 'b2bCollaborationMember' : 'b2bCollaborationGuest';
  return userType === 'Member' ? null : 'unknown';
}

/** Everybody who was found, each once. */
function peopleIn(users: readonly NamedUser[], groups: readonly NamedGroup[]): readonly User[] {
  const found = [
    ...users.flatMap(({ read }) => (read.kind === 'told' ? [read.value] : [])),
    ...groups.flatMap(usersIn),
  ];
  return [...new Map(found.map((user) => [user.id, user])).values()];
}

function usersIn({ read }: NamedGroup): readonly User[] {
  return read.kind === 'told' ? read.value.users : [];
}

function membersOn({ items, total }: FirstPage): Members {
  return { users: items.map(userOf), total };
}

function namedUser({ id, read }: NamedUser): ProtectedIdentity {
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

function namedGroup({ id, read }: NamedGroup): ProtectedIdentity {
  const named = { id, kind: 'group', memberOf: null, reason: null } as const;
  switch (read.kind) {
    case 'told': {
      const { total } = read.value;
      if (total <= PEOPLE_MAX) return { ...named, health: total === 0 ? 'empty' : 'ok' };
      const reason = `It has ${total} members; only ${PEOPLE_MAX} people are looked at.`;
      return { ...named, health: 'unverified', reason };
    }
    case 'missing':
      return { ...named, health: 'missing' };
    case 'untold':
      return { ...named, health: 'unverified', reason: read.reason };
  }
}

function membersOf(group: NamedGroup): readonly ProtectedIdentity[] {
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

/**
 * @param foundIn groups whose lists name this user. They count whatever the user's own list says: it may be unread, or of
 * another moment, and a policy that spares the group spares whoever is protected for being in it.
 */
function factsOf(
  { id, guestType }: User,
  read: Told<readonly unknown[]> | undefined,
  foundIn: readonly string[] = [],
): ProtectedFacts {
  const person = { id, guestType, homeTenantId: guestType === null ? null : 'unknown' } as const;
  const memberships = mapped(read, groupsAndRoles);
  if (memberships.kind !== 'told')
    return { ...person, groups: foundIn.length === 0 ? 'unknown' : { atLeast: foundIn }, roles: 'unknown' };
  const { groups, roles, isClear } = memberships.value;
  const known = [...new Set([...groups, ...foundIn])];
  return isClear
    ? { ...person, groups: known, roles }
    : { ...person, groups: { atLeast: known }, roles: 'unknown' };
}

function groupsWith({ id }: User, groups: readonly NamedGroup[]): readonly string[] {
  return groups.filter((group) => usersIn(group).some((user) => user.id === id)).map((group) => group.id);
}

/** Without the permission to read roles they come without their template: then nobody knows which ones they are. */
function groupsAndRoles(items: readonly unknown[]): Memberships {
  const memberships = items.filter(isRecord);
  const isClear = items.every((item) => isRecord(item) && typeof item['@odata.type'] === 'string');
  const ofType = (type: string) =>
    memberships.filter((one) => one['@odata.type'] === `#microsoft.graph.${type}`);
  const roles = ofType('directoryRole').map(({ roleTemplateId }) => roleTemplateId);
  return {
    groups: ofType('group').map(({ id }) => String(id).toLowerCase()),
    roles: roles.every((role) => typeof role === 'string')
      ? roles.map((role) => role.toLowerCase())
      : 'unknown',
    isClear,
  };
}

/** Whether there may be members that were not looked at. */
function isOpen(group: NamedGroup, people: readonly User[]): boolean {
  const known = new Set(people.map(({ id }) => id));
  const { read } = group;
  if (read.kind !== 'told') return read.kind === 'untold';
  const { users, total } = read.value;
  return total > users.length || users.some(({ id }) => !known.has(id));
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const found: T[][] = [];
  for (let at = 0; at < items.length; at += size) found.push(items.slice(at, at + size));
  return found;
}
