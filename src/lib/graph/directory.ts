import { asFault } from '../fault.ts';
import {
  type Answer,
  type Ask,
  type Call,
  graphError,
  isRecord,
  type Refusal,
  type Success,
} from './call.ts';
import { faultOf, oddAnswer } from './faults.ts';
import { allPages } from './pages.ts';

/** What is wrong with a protected identity; `unverified` says that nobody knows, and `reason` why. */
export type IdentityHealth = 'ok' | 'disabled' | 'missing' | 'synced' | 'empty' | 'unverified';

export interface UserFacts {
  readonly id: string;
  /** null when Graph did not say, as it does without the permission. */
  readonly accountEnabled: boolean | null;
  /** Kept by an on-premises directory, so that an outage or intruder there reaches it. */
  readonly synced: boolean;
  readonly userType: string | null;
}

export type IdentityFacts =
  | {
      readonly kind: 'user';
      readonly id: string;
      readonly health: IdentityHealth;
      readonly reason: string | null;
    }
  | {
      readonly kind: 'group';
      readonly id: string;
      readonly health: IdentityHealth;
      readonly reason: string | null;
      /** Users in it, through nested groups too; empty when unknown. */
      readonly members: readonly UserFacts[];
    };

export type PrincipalFacts =
  | {
      readonly kind: 'found';
      readonly user: UserFacts;
      /** Object ids of all groups, nested ones included. */
      readonly groups: readonly string[];
      /** Template ids of the active directory roles. */
      readonly roles: readonly string[];
    }
  | { readonly kind: 'missing' }
  | { readonly kind: 'unverified'; readonly reason: string };

/** What the directory says about people and groups. Only reads; trouble is a value here, since health is an extra. */
export interface Directory {
  /** Facts in the order of the ids: users, then groups. Two requests for up to 15 users and 20 groups. */
  health(users: readonly string[], groups: readonly string[]): Promise<readonly IdentityFacts[]>;
  principal(userId: string): Promise<PrincipalFacts>;
}

const userMembers = 'id,accountEnabled,onPremisesSyncEnabled,userType';
/** The directory refuses a filter with more alternatives. */
const usersPerFilter = 15;
/** Microsoft Graph, JSON batching. */
const partsPerBatch = 20;
/** Casting a member list to users needs both (Microsoft Graph, list group transitive members). */
const advanced = { ConsistencyLevel: 'eventual' };

const toReadUsers = ['User.Read.All'];
const toReadGroups = ['GroupMember.Read.All', 'User.Read.All'];

export function directory(ask: Ask, origin: string): Directory {
  return {
    async health(users, groups) {
      const facts: IdentityFacts[] = [];
      for (const some of chunks(users, usersPerFilter)) facts.push(...(await usersHealth(some)));
      for (const some of chunks(groups, partsPerBatch)) facts.push(...(await groupsHealth(some)));
      return facts;
    },
    principal,
  };

  async function usersHealth(ids: readonly string[]): Promise<readonly IdentityFacts[]> {
    const known = ids.filter(isObjectId);
    const read = await tried(async () =>
      known.length === 0
        ? []
        : allPages(ask, origin, readingUsers(known)).then((items) => items.map(userFacts)),
    );
    return ids.map((id) => userHealth(id, read));
  }

  async function groupsHealth(ids: readonly string[]): Promise<readonly IdentityFacts[]> {
    const known = ids.filter(isObjectId);
    const parts = await tried(async () => (known.length === 0 ? new Map() : batch(readingMembers(known))));
    return Promise.all(ids.map(async (id) => groupHealth(id, await membersOf(id, parts))));
  }

  /** Answers of a batch by the id of their part; they come in any order. */
  async function batch(call: Call): Promise<ReadonlyMap<string, Part>> {
    const answer = await ask(call);
    if (answer.kind !== 'success') throw faultOf(call, answer);
    const responses = isRecord(answer.body) ? answer.body.responses : undefined;
    if (!Array.isArray(responses)) throw oddAnswer(call, answer, 'the answer holds no list of responses');
    return new Map(
      responses.filter(isRecord).map((part) => [String(part.id).toLowerCase(), asPart(part, answer)]),
    );
  }

  async function membersOf(id: string, parts: Tried<ReadonlyMap<string, Part>>): Promise<Members> {
    if (parts.kind === 'untold') return parts;
    const part = parts.value.get(id.toLowerCase());
    if (part === undefined)
      return { kind: 'untold', reason: notAnId(id) ?? 'The batch holds no answer for it.' };
    const call = readingMembersOf(id);
    if (isMissing(part)) return { kind: 'missing' };
    return tried(async () => (await allPages(answeredFirst(part, ask), origin, call)).map(userFacts));
  }

  /** @returns undefined when Graph says that there is no such user */
  async function userOf(id: string): Promise<UserFacts | undefined> {
    const call = readingUser(id);
    const answer = await ask(call);
    if (isMissing(answer)) return undefined;
    if (answer.kind !== 'success') throw faultOf(call, answer);
    const user = userFacts(answer.body);
    if (user.id !== id.toLowerCase())
      throw oddAnswer(call, answer, 'the answer is not the user that was asked for');
    return user;
  }

  async function principal(userId: string): Promise<PrincipalFacts> {
    const wrong = notAnId(userId);
    if (wrong !== undefined) return { kind: 'unverified', reason: wrong };
    const read = await tried(async () => {
      const user = await userOf(userId);
      return user && { user, memberships: await allPages(ask, origin, readingMemberships(userId)) };
    });
    if (read.kind === 'untold') return { kind: 'unverified', reason: read.reason };
    if (read.value === undefined) return { kind: 'missing' };
    const { user, memberships } = read.value;
    return { kind: 'found', user, ...groupsAndRoles(memberships) };
  }
}

function readingUsers(ids: readonly string[]): Call {
  const filter = encodeURIComponent(`id in (${ids.map((id) => `'${id}'`).join(',')})`);
  return {
    purpose: 'Looking at the protected users',
    method: 'GET',
    path: `/users?$filter=${filter}&$select=${userMembers}`,
    effect: 'read',
    permissions: toReadUsers,
  };
}

function readingUser(id: string): Call {
  return { ...readingUsers([]), purpose: 'Looking at a user', path: `/users/${id}?$select=${userMembers}` };
}

function readingMemberships(id: string): Call {
  return {
    ...readingUsers([]),
    purpose: 'Looking at the groups and roles of a user',
    path: `/users/${id}/transitiveMemberOf?$top=999`,
    permissions: [...toReadGroups, 'RoleManagement.Read.Directory'],
  };
}

/** A group that is gone answers 404 here, so whether it exists need not be asked as well. */
function readingMembersOf(id: string): Call {
  return {
    purpose: 'Looking at the members of a protected group',
    method: 'GET',
    path: `/groups/${id}/transitiveMembers/microsoft.graph.user?$count=true&$select=${userMembers}&$top=999`,
    effect: 'read',
    headers: advanced,
    permissions: toReadGroups,
  };
}

function readingMembers(ids: readonly string[]): Call {
  const requests = ids.map((id) => ({
    id,
    method: 'GET',
    url: readingMembersOf(id).path,
    headers: advanced,
  }));
  return {
    purpose: 'Looking at the protected groups',
    method: 'POST',
    path: '/$batch',
    effect: 'read',
    body: { requests },
    permissions: toReadGroups,
  };
}

/** One answer inside a batch: the same shape as an answer of its own. */
type Part = Success | Refusal;

function asPart(part: Readonly<Record<string, unknown>>, whole: Success): Part {
  const status = Number(part.status);
  const kind = status >= 200 && status < 300 ? 'success' : 'refusal';
  return { ...whole, kind, status, body: part.body };
}

/** Takes the first page from the batch and the others from the service. */
function answeredFirst(part: Part, ask: Ask): Ask {
  let first: Part | undefined = part;
  return async (call) => {
    const answer = first ?? (await ask(call));
    first = undefined;
    return answer;
  };
}

function isMissing(answer: Answer): boolean {
  return answer.kind === 'refusal' && answer.status === 404 && graphError(answer) !== undefined;
}

type Untold = { readonly kind: 'untold'; readonly reason: string };
type Tried<T> = { readonly kind: 'told'; readonly value: T } | Untold;
type Members = Tried<readonly UserFacts[]> | { readonly kind: 'missing' };

async function tried<T>(read: () => Promise<T>): Promise<Tried<T>> {
  try {
    return { kind: 'told', value: await read() };
  } catch (error) {
    return { kind: 'untold', reason: asFault(error).message };
  }
}

function userHealth(id: string, read: Tried<readonly UserFacts[]>): IdentityFacts {
  const health = (value: IdentityHealth, reason: string | null = null): IdentityFacts => ({
    kind: 'user',
    id,
    health: value,
    reason,
  });
  const wrong = notAnId(id);
  if (wrong !== undefined) return health('unverified', wrong);
  if (read.kind === 'untold') return health('unverified', read.reason);
  const user = read.value.find((one) => one.id === id.toLowerCase());
  if (user === undefined) return health('missing');
  if (user.accountEnabled === null)
    return health('unverified', 'Graph does not say whether the account is enabled.');
  if (!user.accountEnabled) return health('disabled');
  return health(user.synced ? 'synced' : 'ok');
}

function groupHealth(id: string, members: Members): IdentityFacts {
  const group = { kind: 'group', id, reason: null, members: [] } as const;
  switch (members.kind) {
    case 'missing':
      return { ...group, health: 'missing' };
    case 'untold':
      return { ...group, health: 'unverified', reason: members.reason };
    case 'told':
      return { ...group, health: members.value.length === 0 ? 'empty' : 'ok', members: members.value };
  }
}

function userFacts(item: unknown): UserFacts {
  const user = isRecord(item) ? item : {};
  const { id, accountEnabled, onPremisesSyncEnabled, userType } = user;
  return {
    id: typeof id === 'string' ? id.toLowerCase() : '',
    accountEnabled: typeof accountEnabled === 'boolean' ? accountEnabled : null,
    synced: onPremisesSyncEnabled === true,
    userType: typeof userType === 'string' ? userType : null,
  };
}

function groupsAndRoles(memberships: readonly unknown[]): {
  groups: readonly string[];
  roles: readonly string[];
} {
  const groups: string[] = [];
  const roles: string[] = [];
  for (const one of memberships.filter(isRecord)) {
    const { id, roleTemplateId } = one;
    if (one['@odata.type'] === '#microsoft.graph.group' && typeof id === 'string')
      groups.push(id.toLowerCase());
    if (typeof roleTemplateId === 'string') roles.push(roleTemplateId.toLowerCase());
  }
  return { groups, roles };
}

function isObjectId(id: string): boolean {
  return /^[0-9a-z-]{1,64}$/i.test(id);
}

function notAnId(id: string): string | undefined {
  return isObjectId(id) ? undefined : `${JSON.stringify(id.slice(0, 80))} is no object id.`;
}

function chunks<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const found: T[][] = [];
  for (let at = 0; at < items.length; at += size) found.push(items.slice(at, at + size));
  return found;
}
