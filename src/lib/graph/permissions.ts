/**
 * Application permissions of Microsoft Graph that this app may hold, with their ids as app roles. The ids are public
 * constants, the same in every tenant and cloud (Microsoft Graph permissions reference).
 */
export const APP_ROLES = {
  'Policy.Read.All': '246dd0d5-5bd0-4def-940b-0421030a5b68',
  'Policy.ReadWrite.ConditionalAccess': '01c0a623-fc9b-48e9-b794-0756f8e8f067',
  'Application.Read.All': '9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30',
  'User.Read.All': 'df021288-bdef-4463-88db-98f22de89214',
  'GroupMember.Read.All': '98830695-27a2-44f7-8c18-0c3ebc9698f6',
  'RoleManagement.Read.Directory': '483bed4a-2ad3-4361-a73b-c83ccdbdc53c',
  'LicenseAssignment.Read.All': 'e2f98668-2877-4f38-a2f4-8202e0717aa1',
  'AuditLog.Read.All': 'b0afded3-3588-46d8-8b3d-9842eff778da',
} as const satisfies Readonly<Record<string, string>>;

export type Permission = keyof typeof APP_ROLES;

/** What permissions are granted for. */
export type PermissionSet = 'read' | 'health' | 'write' | 'licence' | 'whoDidIt';

/** Which permissions belong together; each is in one set. Whoever grants a set takes the ids from `APP_ROLES`. */
export const PERMISSION_SETS: Readonly<
  Record<PermissionSet, { readonly permissions: readonly Permission[]; readonly purpose: string }>
> = {
  read: {
    permissions: ['Policy.Read.All'],
    purpose: 'to see policies, named locations and security defaults; nothing works without it',
  },
  health: {
    permissions: ['User.Read.All', 'GroupMember.Read.All', 'RoleManagement.Read.Directory'],
    purpose:
      'to see whether the emergency accounts work, and which groups and roles they have; without it they count as `unverified`, new versions wait, and the lock-out proof takes the worst for granted',
  },
  write: {
    permissions: ['Policy.ReadWrite.ConditionalAccess', 'Application.Read.All'],
    purpose:
      'to put policies right, with the two sets above; only `MODE=enforce` needs it. The second one because the service refuses a new or changed list of applications without it',
  },
  licence: {
    permissions: ['LicenseAssignment.Read.All'],
    purpose: 'for `caretaker doctor` to see the licence; optional, and no run needs it',
  },
  whoDidIt: {
    permissions: ['AuditLog.Read.All'],
    purpose: 'to say who changed a policy; nothing in this version asks for it yet',
  },
};

/** One kind of request to Microsoft Graph. */
export interface GraphRequest {
  /** What it is for, as a sentence begins. */
  readonly purpose: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the version; `{id}` stands for the id of the thing before it. */
  readonly path: string;
  /** Whether the tenant may be different afterwards. Not the method: a batch of reads is a read. */
  readonly effect: 'read' | 'write';
  /** Least application permissions; all of them are needed. */
  readonly permissions: readonly Permission[];
  readonly when: string;
  readonly often: string;
  /** What stops working where it is refused. */
  readonly without: string;
}

const READ = PERMISSION_SETS.read.permissions;
/** In the order in which they are asked for. */
const WRITE = [...READ, ...PERMISSION_SETS.write.permissions];
const WRITES = 'policies are watched and judged, and not put right; the run is `incomplete`';

const policies = '/identity/conditionalAccess/policies';
const deletedPolicies = '/identity/conditionalAccess/deletedItems/policies';

/**
 * Every request this app can make of Microsoft Graph. The adapter takes method, path and permissions from here, so
 * there is no other; `docs/permissions.md` is made of it. Permissions: the page of each method in Microsoft's reference.
 */
export const REQUESTS = {
  listPolicies: {
    purpose: 'Listing the policies',
    method: 'GET',
    path: policies,
    effect: 'read',
    permissions: READ,
    when: 'each run, `plan`, `undo`, `whatif`, `capture`, `diff … tenant`; right before a create, and after one whose answer was lost',
    often: 'once a run and page, and once more for each create',
    without: 'everything: no run judges anything, and each one fails',
  },
  readPolicy: {
    purpose: 'Reading a policy',
    method: 'GET',
    path: `${policies}/{id}`,
    effect: 'read',
    permissions: READ,
    when: 'a bound policy is not in the list; right before an update or a restore, and after each write until it settled; `diff … tenant`, `capture <id>`',
    often: 'once for each such policy, and a few times for each write',
    without: 'everything, as it is the permission of the list',
  },
  readDeletedPolicy: {
    purpose: 'Reading a deleted policy',
    method: 'GET',
    path: `${deletedPolicies}/{id}`,
    effect: 'read',
    permissions: READ,
    when: 'a bound policy is gone, and right before it is restored',
    often: 'once for each such policy, 25 a run at most',
    without: 'a deleted policy is created anew, with another id, in place of being restored',
  },
  listNamedLocations: {
    purpose: 'Listing the named locations',
    method: 'GET',
    path: '/identity/conditionalAccess/namedLocations',
    effect: 'read',
    permissions: READ,
    when: 'a new version names a location, or the lock-out proof hangs on one; `whatif`, `capture`',
    often: 'at most once a run and page; a quiet run uses what was read in the last hour',
    without: 'the proof takes the worst for granted, so changes that hang on a location are denied',
  },
  evaluate: {
    purpose: 'Asking Graph’s own What If',
    method: 'POST',
    path: '/identity/conditionalAccess/evaluate',
    effect: 'read',
    permissions: READ,
    when: '`whatif --compare`; no run asks for it',
    often: 'once for each question',
    without: 'the comparison with Graph’s own answer',
  },
  createPolicy: {
    purpose: 'Creating a policy',
    method: 'POST',
    path: policies,
    effect: 'write',
    permissions: WRITE,
    when: '`MODE=enforce`, and the guard admits a create',
    often: '`MAX_CHANGES_PER_RUN` writes a run at most, approved ones apart',
    without: WRITES,
  },
  updatePolicy: {
    purpose: 'Updating a policy',
    method: 'PATCH',
    path: `${policies}/{id}`,
    effect: 'write',
    permissions: WRITE,
    when: '`MODE=enforce`, and the guard admits an update',
    often: '`MAX_CHANGES_PER_RUN` writes a run at most, approved ones apart',
    without: WRITES,
  },
  restorePolicy: {
    purpose: 'Restoring a policy',
    method: 'POST',
    path: `${deletedPolicies}/{id}/restore`,
    effect: 'write',
    permissions: WRITE,
    when: '`MODE=enforce`, and the guard admits the return of a deleted policy',
    often: '`MAX_CHANGES_PER_RUN` writes a run at most, approved ones apart',
    without: 'a deleted policy is created anew, with another id, in place of being restored',
  },
  batch: {
    purpose: 'Looking at the directory',
    method: 'POST',
    path: '/$batch',
    effect: 'read',
    permissions: [],
    when: 'questions about users and groups, at most twenty in one',
    often: 'twice for up to twenty protected identities and twenty people',
    without: 'what its parts are for, each by its own permission',
  },
  lookAtUsers: {
    purpose: 'Looking at users',
    method: 'GET',
    path: '/users',
    effect: 'read',
    permissions: ['User.Read.All'],
    when: 'a run that writes, or one whose last look is an hour old; a `whatif` that plans a change or names a user; `doctor`',
    often: 'once for fifteen of `BREAK_GLASS_USERS`, in a batch',
    without:
      'health of emergency accounts is `unverified`, so new versions wait; repair of proven ones goes on',
  },
  lookAtMembers: {
    purpose: 'Looking at the members of a protected group',
    method: 'GET',
    path: '/groups/{id}/transitiveMembers/microsoft.graph.user',
    effect: 'read',
    permissions: ['GroupMember.Read.All', 'User.Read.All'],
    when: 'a run that writes, or one whose last look is an hour old; a `whatif` that plans a change; `doctor`',
    often: 'once for each of `BREAK_GLASS_GROUPS`, in a batch',
    without:
      'health of emergency groups is `unverified`, so new versions wait; the proof knows none of their members',
  },
  lookAtMemberships: {
    purpose: 'Looking at the groups and roles of a user',
    method: 'GET',
    path: '/users/{id}/transitiveMemberOf',
    effect: 'read',
    permissions: ['User.Read.All', 'GroupMember.Read.All', 'RoleManagement.Read.Directory'],
    when: 'a run that writes, or one whose last look is an hour old; a `whatif` that plans a change or names a user; `doctor`',
    often: 'once for each emergency account, forty at most, in a batch, and three pages at most',
    without:
      'the proof takes the worst for granted: policies for groups or roles count as reaching an emergency account',
  },
  findUsers: {
    purpose: 'Looking up the users that policies name',
    method: 'GET',
    path: '/users',
    effect: 'read',
    permissions: ['User.Read.All'],
    when: 'a new version names users; `capture`, for their names',
    often: 'once for fifteen ids, in a batch',
    without: 'nobody is warned of a user who does not exist; captured files have no names as comments',
  },
  findGroups: {
    purpose: 'Looking up the groups that policies name',
    method: 'GET',
    path: '/groups',
    effect: 'read',
    permissions: ['GroupMember.Read.All'],
    when: 'a new version names groups; `capture`, for their names',
    often: 'once for fifteen ids, in a batch',
    without: 'nobody is warned of a group that does not exist; captured files have no names as comments',
  },
  securityDefaults: {
    purpose: 'Looking at security defaults',
    method: 'GET',
    path: '/policies/identitySecurityDefaultsEnforcementPolicy',
    effect: 'read',
    permissions: READ,
    when: 'a run is about to write an enabled policy; `doctor`',
    often: 'at most once a run',
    without: 'the run writes without knowing, and the service’s own refusal tells',
  },
  licences: {
    purpose: 'Looking at the licences',
    method: 'GET',
    path: '/subscribedSkus',
    effect: 'read',
    permissions: PERMISSION_SETS.licence.permissions,
    when: '`doctor`; no run asks for it',
    often: 'once',
    without: 'the doctor says `unverified` of the licence; look it up by hand',
  },
} as const satisfies Readonly<Record<string, GraphRequest>>;
