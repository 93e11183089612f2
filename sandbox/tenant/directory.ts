import { badRequest, Refusal, type Reply } from './answers.ts';
import type { Group, Json, JsonObject, User } from './model.ts';
import { bodyOf, filterOf, nextLink, selected, skipTokenOf, topOf } from './odata.ts';
import { contextOf } from './present.ts';
import { type Call, type Directory, may, type Route, type World } from './world.ts';

const readUsers = ['User.Read.All', 'Directory.Read.All'];
const readUsersBasic = [...readUsers, 'User.ReadBasic.All'];
const readGroups = ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'];
const readRoles = ['RoleManagement.Read.Directory', 'Directory.Read.All'];

/** Users, groups and who belongs to what. Read-only, as the caretaker must be there. */
export const directoryRoutes: readonly Route[] = [
  directoryRoute('GET', /^\/users$/i, [readUsersBasic], listUsers),
  directoryRoute('GET', /^\/users\/([^/]+)$/i, [readUsersBasic], getUser),
  directoryRoute('GET', /^\/users\/([^/]+)\/transitiveMemberOf$/i, [readUsersBasic, readGroups], memberOf),
  directoryRoute('GET', /^\/groups$/i, [readGroups], listGroups),
  directoryRoute('GET', /^\/groups\/([^/]+)$/i, [readGroups], getGroup),
  directoryRoute('GET', /^\/groups\/([^/]+)\/transitiveMembers$/i, [readGroups], members),
  directoryRoute(
    'GET',
    /^\/groups\/([^/]+)\/transitiveMembers\/(microsoft\.graph\.\w+)$/i,
    [readGroups],
    members,
  ),
  directoryRoute('GET', /^\/groups\/([^/]+)\/transitiveMembers\/\$count$/i, [readGroups], countMembers),
  directoryRoute('POST', /^\/directoryObjects\/getByIds$/i, [['Directory.Read.All']], getByIds),
];

/** Ids of all groups, nested ones included, that hold this member. */
export function groupsOf(directory: Directory, memberId: string): Set<string> {
  const found = new Set<string>();
  const open = [memberId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const group of directory.groups.values()) {
      if (!group.members.includes(id) || found.has(group.id)) continue;
      found.add(group.id);
      open.push(group.id);
    }
  }
  return found;
}

/** Ids of users and groups inside a group, at any depth. A loop of groups ends where it began. */
export function membersOfGroup(directory: Directory, groupId: string): Set<string> {
  const found = new Set<string>();
  const open = [...(directory.groups.get(groupId)?.members ?? [])];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    if (found.has(id)) continue;
    found.add(id);
    open.push(...(directory.groups.get(id)?.members ?? []));
  }
  return found;
}

function directoryRoute(method: string, path: RegExp, needs: Route['needs'], answer: Route['answer']): Route {
  return { method, path, conditionalAccess: false, needs, answer };
}

function listUsers(call: Call, { directory }: World): Reply {
  const users = [...directory.users.values()].map((user) => userJson(call, user)).filter(filterOf(call));
  return collection(
    call,
    'users',
    users.map((user) => selected(call, user, shownOfUsers)),
  );
}

function getUser(call: Call, { directory }: World): Reply {
  const id = call.params[0] ?? '';
  const user = [...directory.users.values()].find((one) => one.id === id || one.userPrincipalName === id);
  if (!user) throw missing(id);
  return entity(call, 'users', selected(call, userJson(call, user), shownOfUsers));
}

function listGroups(call: Call, { directory }: World): Reply {
  const groups = [...directory.groups.values()].map(groupJson).filter(filterOf(call));
  return collection(
    call,
    'groups',
    groups.map((group) => selected(call, group)),
  );
}

function getGroup(call: Call, world: World): Reply {
  return entity(call, 'groups', selected(call, groupJson(groupOf(call, world))));
}

/** Groups and directory roles of a user, nested groups included, and the roles held through them. */
function memberOf(call: Call, world: World): Reply {
  const { directory } = world;
  const id = call.params[0] ?? '';
  if (!directory.users.has(id)) throw missing(id);
  const groups = groupsOf(directory, id);
  const roles = [...directory.roles.values()].filter(({ members: holders }) =>
    holders.some((holder) => holder === id || groups.has(holder)),
  );
  const ids = [...groups, ...roles.map((role) => role.id)];
  return collection(
    call,
    'directoryObjects',
    ids.flatMap((one) => anyObject(call, world, one)),
  );
}

function members(call: Call, world: World): Reply {
  const [, cast] = call.params;
  const objects = membersIn(call, world).filter(
    (object) =>
      cast === undefined || String(object['@odata.type']).toLowerCase() === `#${cast.toLowerCase()}`,
  );
  return collection(call, 'directoryObjects', objects);
}

/** Plain text. Needs `ConsistencyLevel: eventual` (Graph docs, aad-advanced-queries). */
function countMembers(call: Call, world: World): Reply {
  if (call.request.headers.consistencylevel !== 'eventual') {
    throw badRequest('$count is not supported without the header ConsistencyLevel: eventual.');
  }
  return { status: 200, text: String(membersIn(call, world).length) };
}

/** Unknown ids are left out, not refused (Graph docs, directoryobject-getbyids). At most 1000. */
function getByIds(call: Call, world: World): Reply {
  const { ids, types } = bodyOf(call.request);
  if (!Array.isArray(ids) || ids.length > 1000) throw badRequest('ids must be a list of at most 1000 ids.');
  const wanted = Array.isArray(types) ? types.map((type) => `#microsoft.graph.${type}`) : undefined;
  const objects = ids
    .flatMap((id) => anyObject(call, world, String(id)))
    .filter((object) => wanted === undefined || wanted.includes(String(object['@odata.type'])));
  return collection(call, 'directoryObjects', objects);
}

function membersIn(call: Call, world: World): JsonObject[] {
  const ids = membersOfGroup(world.directory, groupOf(call, world).id);
  return [...ids].flatMap((id) => anyObject(call, world, id));
}

function groupOf(call: Call, { directory }: World): Group {
  const id = call.params[0] ?? '';
  const group = directory.groups.get(id);
  if (!group) throw missing(id);
  return group;
}

function missing(id: string): Refusal {
  return new Refusal(404, 'Request_ResourceNotFound', `Resource '${id}' does not exist.`);
}

/** Any directory object by id. What the app may not read comes with its type and id alone (Graph docs, permissions-overview). */
function anyObject(call: Call, { directory }: World, id: string): JsonObject[] {
  const user = directory.users.get(id);
  const group = directory.groups.get(id);
  const role = directory.roles.get(id);
  if (user)
    return [
      limited(may(call, ...readUsersBasic), 'user', selected(call, userJson(call, user), shownOfUsers)),
    ];
  if (group) return [limited(may(call, ...readGroups), 'group', selected(call, groupJson(group)))];
  if (!role) return [];
  const { members: _members, ...shown } = role;
  return [
    limited(
      may(call, ...readRoles),
      'directoryRole',
      selected(call, { displayName: null, description: null, ...shown }),
    ),
  ];
}

function limited(allowed: boolean, type: string, object: JsonObject): JsonObject {
  const hidden = (member: string) => !allowed && member !== 'id';
  const members = Object.entries(object).map(([member, value]): [string, Json] => [
    member,
    hidden(member) ? null : value,
  ]);
  return { '@odata.type': `#microsoft.graph.${type}`, ...Object.fromEntries(members) };
}

/** Members a user shows without `$select`; `accountEnabled` is not among them (Graph docs, user resource). */
const shownOfUsers = ['id', 'displayName', 'userPrincipalName', 'mail'];

/** With User.ReadBasic.All alone, what tells whether an account works stays null. */
function userJson(call: Call, user: User): JsonObject {
  const full = may(call, ...readUsers);
  return {
    id: user.id,
    displayName: user.displayName ?? null,
    userPrincipalName: user.userPrincipalName ?? null,
    mail: null,
    userType: full ? (user.userType ?? 'Member') : null,
    accountEnabled: full ? (user.accountEnabled ?? true) : null,
    onPremisesSyncEnabled: full ? (user.onPremisesSyncEnabled ?? null) : null,
    creationType: full ? (user.creationType ?? null) : null,
  };
}

function groupJson(group: Group): JsonObject {
  return {
    id: group.id,
    displayName: group.displayName ?? null,
    securityEnabled: true,
    mailEnabled: false,
    groupTypes: [],
    onPremisesSyncEnabled: null,
  };
}

function entity(call: Call, set: string, object: JsonObject): Reply {
  return { status: 200, json: { '@odata.context': contextOf(call.url.origin, set, true), ...object } };
}

/** A page of at most `$top` or 100 objects. */
function collection(call: Call, set: string, objects: JsonObject[]): Reply {
  const token = skipTokenOf(call) ?? { offset: 0, replica: 0, order: 0 };
  const end = token.offset + Math.min(topOf(call) ?? 100, 999);
  const json = {
    '@odata.context': contextOf(call.url.origin, set, false),
    ...(call.url.searchParams.get('$count') === 'true' ? { '@odata.count': objects.length } : {}),
    ...(end < objects.length ? { '@odata.nextLink': nextLink(call, { ...token, offset: end }) } : {}),
    value: objects.slice(token.offset, end),
  };
  return { status: 200, json };
}
