import type { Policy } from '../policy/model.ts';
import { asSet, isGuid } from '../policy/values.ts';
import { compileGuests, type Guests, homesFor, matchesGuests } from './guests.ts';
import type { Identity, UserIdentity } from './signIn.ts';
import { both, either, not, type Truth, unknown } from './truth.ts';

/** The people one side of a policy names. */
export interface People {
  readonly side: 'include' | 'exclude';
  readonly isAll: boolean;
  readonly users: ReadonlySet<string>;
  readonly groups: ReadonlySet<string>;
  readonly roles: ReadonlySet<string>;
  readonly guests: Guests | null;
  /** Entries and members of the policy that could not be read: they may be anybody. */
  readonly unread: readonly string[];
}

/** Whom a policy is for. */
export interface Assignment {
  readonly include: People;
  readonly exclude: People;
  /** Tenants of which every other tenant is like one, as far as the two sides tell guests apart. */
  readonly homes: readonly string[];
  readonly workload: Workload;
}

interface Workload {
  readonly isAll: boolean;
  readonly include: ReadonlySet<string>;
  readonly exclude: ReadonlySet<string>;
  /** A filter asks for attributes of the service principal that we do not read. */
  readonly filter: 'include' | 'exclude' | null;
}

/** Words of the lists of users; every other list holds ids alone. `All` is none of the users a policy spares. */
const ALL = 'All';
const NO_PERSON = 'AllAgentIdUsers';

/** A kind of membership we do not know narrows the guests that are named; it names nobody else. */
const MEMBERSHIP = '.externalTenants.membershipKind';

const users = 'conditions.users';
const workload = 'conditions.clientApplications';

/** @param unread paths under `conditions.users` that were not understood */
export function compileAssignment(policy: Policy, unread: readonly string[]): Assignment {
  const isExclusion = (path: string): boolean => path.startsWith(`${users}.exclude`);
  const exclude = people(policy, 'exclude', unread.filter(isExclusion));
  const include = people(
    policy,
    'include',
    unread.filter((path) => !isExclusion(path)),
  );
  return {
    // An exclusion beats the same entry included, whether it is known who is in it or not.
    include: {
      ...include,
      users: without(include.users, exclude.users),
      groups: without(include.groups, exclude.groups),
      roles: without(include.roles, exclude.roles),
    },
    exclude,
    homes: homesFor(include.guests, exclude.guests),
    workload: workloadOf(policy),
  };
}

function people(policy: Policy, side: People['side'], unread: readonly string[]): People {
  const list = (name: string): readonly string[] => asSet(policy[`${users}.${side}${name}`]);
  const words = side === 'include' ? [ALL, NO_PERSON] : [NO_PERSON];
  const named = [
    ...list('Users').filter((entry) => !words.includes(entry)),
    ...list('Groups'),
    ...list('Roles'),
  ];
  const odd = named.filter((entry) => !isGuid(entry));
  return {
    side,
    isAll: side === 'include' && list('Users').includes(ALL),
    users: new Set(list('Users')),
    groups: new Set(list('Groups')),
    roles: new Set(list('Roles')),
    guests: compileGuests(policy, side, unread),
    unread: [
      ...unread.filter((path) => !path.endsWith(MEMBERSHIP)),
      ...odd.map((entry) => `what ${entry} stands for`),
    ],
  };
}

function workloadOf(policy: Policy): Workload {
  const included = asSet(policy[`${workload}.includeServicePrincipals`]);
  const mode = policy[`${workload}.servicePrincipalFilter.mode`];
  const hasFilter = policy[`${workload}.servicePrincipalFilter.rule`] !== null;
  return {
    isAll: included.includes('ServicePrincipalsInMyTenant'),
    include: new Set(included),
    exclude: new Set(asSet(policy[`${workload}.excludeServicePrincipals`])),
    filter: hasFilter ? (mode === 'exclude' ? 'exclude' : 'include') : null,
  };
}

function without(one: ReadonlySet<string>, other: ReadonlySet<string>): ReadonlySet<string> {
  return new Set([...one].filter((entry) => !other.has(entry)));
}

/** Whether the policy is for this identity. Policies for workloads never reach people, and the reverse. */
export function matchesIdentity({ include, exclude, workload }: Assignment, identity: Identity): Truth {
  switch (identity.kind) {
    case 'user':
      return both(isAmong(include, identity), not(isAmong(exclude, identity)));
    case 'workload':
      return matchesWorkload(workload, identity.servicePrincipalId);
  }
}

function isAmong(side: People, user: UserIdentity): Truth {
  return either(...ways(side, user).map(({ truth }) => truth));
}

/** One field of a policy by which a person may be meant. */
export interface Way {
  /** Dotted path of the field. */
  readonly path: string;
  readonly truth: Truth;
}

/** Each way in which one side of a policy may mean a person. */
export function ways(side: People, user: UserIdentity): readonly Way[] {
  const way = (name: string, truth: Truth): Way => ({ path: `${users}.${side.side}${name}`, truth });
  const groupsKnown = user.groups ?? user.groupsAtLeast ?? [];
  return [
    way('Users', side.isAll || isNamed(side.users, user.id)),
    way('Groups', isIn(side.groups, groupsKnown, user.groups !== undefined, 'identity.groups')),
    way('Roles', isIn(side.roles, user.roles ?? [], user.roles !== undefined, 'identity.roles')),
    way('GuestsOrExternalUsers', matchesGuests(side.guests, user)),
    ...side.unread.map((name) => ({ path: users, truth: unknown(name) })),
  ];
}

/** Whoever stands for people of whom not even the id is known may be anybody a list names. */
function isNamed(users: ReadonlySet<string>, id: string): Truth {
  return isGuid(id) || ![...users].some(isGuid) ? users.has(id) : unknown('identity.id');
}

function isIn(listed: ReadonlySet<string>, known: readonly string[], isWhole: boolean, need: string): Truth {
  if (known.some((id) => listed.has(id))) return true;
  return isWhole || listed.size === 0 ? false : unknown(need);
}

/** A service principal that is asked about is taken for one of the tenant's own (Graph docs, evaluate, example 4). */
function matchesWorkload({ isAll, include, exclude, filter }: Workload, id: string): Truth {
  const filtered = unknown(`custom security attributes of ${id}`);
  return both(
    either(isAll, include.has(id), filter === 'include' ? filtered : false),
    not(either(exclude.has(id), filter === 'exclude' ? filtered : false)),
  );
}
