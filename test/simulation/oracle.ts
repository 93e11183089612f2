import type { Policy, Tenant } from '../../sandbox/tenant/index.ts';

/** Who is in what, as it truly was at one time. */
export interface Crowd {
  /** Everybody in the emergency group, and the emergency accounts themselves. */
  readonly emergency: readonly string[];
  /** By user: every group they are in, nested ones included. */
  readonly groups: ReadonlyMap<string, ReadonlySet<string>>;
  /** By user: template ids of their roles, those held through groups included. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>;
}

type Directory = Tenant['directory'];

/** @param named ids of the emergency accounts and groups, as settings name them */
export function crowdOf(directory: Directory, named: readonly string[]): Crowd {
  const { users, groups, roles } = directory;
  const memberships = new Map([...users.keys()].map((id) => [id, groupsAround(directory, id)]));
  const held = [...users.keys()].map((id) => {
    const around = new Set([id, ...(memberships.get(id) ?? [])]);
    const found = [...roles.values()].filter(({ members }) => members.some((one) => around.has(one)));
    return [id, new Set(found.map(({ roleTemplateId }) => roleTemplateId))] as const;
  });
  const emergency = [...users.keys()].filter(
    (id) => named.includes(id) || named.some((group) => groups.has(group) && memberships.get(id)?.has(group)),
  );
  return { emergency, groups: memberships, roles: new Map(held) };
}

function groupsAround({ groups }: Directory, id: string): ReadonlySet<string> {
  const found = new Set<string>();
  for (const open = [id]; open.length > 0; ) {
    const member = open.pop() as string;
    for (const group of groups.values()) {
      if (!group.members.includes(member) || found.has(group.id)) continue;
      found.add(group.id);
      open.push(group.id);
    }
  }
  return found;
}

/**
 * The emergency accounts this policy stops at some sign-in. Any demand stops them, since nothing is said of what they can
 * show; applications, places, devices and risks can make such sign-ins few, never none. Knows nothing of the program: the
 * policy is judged as the service keeps it, the people as the directory has them.
 */
export function stopped(policy: Policy | undefined, crowd: Crowd): readonly string[] {
  if (policy === undefined || policy.deletedDateTime !== null || policy.state !== 'enabled') return [];
  const { users, clientApplications } = policy.conditions;
  if (clientApplications !== null || users === null || policy.grantControls === null) return [];
  return crowd.emergency.filter((id) => {
    const groups = crowd.groups.get(id) ?? new Set();
    const roles = crowd.roles.get(id) ?? new Set();
    const isIncluded =
      users.includeUsers.some((one) => one === 'All' || one === id) ||
      users.includeGroups.some((one) => groups.has(one)) ||
      users.includeRoles.some((one) => roles.has(one));
    const isSpared =
      users.excludeUsers.includes(id) ||
      users.excludeGroups.some((one) => groups.has(one)) ||
      users.excludeRoles.some((one) => roles.has(one));
    return isIncluded && !isSpared;
  });
}
