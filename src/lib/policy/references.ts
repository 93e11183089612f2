import type { FieldPath, Policy } from './model.ts';
import { asSet, isGuid } from './values.ts';

/** Objects of the tenant that a policy names and the service does not look for when it stores the policy. */
export type ReferenceKind = 'users' | 'groups' | 'locations';

/** One id of such an object, and the field that names it. */
export interface Reference {
  readonly kind: ReferenceKind;
  readonly path: FieldPath;
  /** Object id, lower case. */
  readonly id: string;
}

const NAMING: readonly (readonly [ReferenceKind, FieldPath])[] = [
  ['users', 'conditions.users.includeUsers'],
  ['users', 'conditions.users.excludeUsers'],
  ['groups', 'conditions.users.includeGroups'],
  ['groups', 'conditions.users.excludeGroups'],
  ['locations', 'conditions.locations.includeLocations'],
  ['locations', 'conditions.locations.excludeLocations'],
];

/** Stands for the trusted addresses of the old per-user MFA settings, and for no object (Graph docs, conditionalAccessLocations). */
const MFA_TRUSTED = '00000000-0000-0000-0000-000000000000';

/** The users, groups and named locations a policy names by id; keywords such as `All` point at nothing. */
export function referencesOf(policy: Policy): readonly Reference[] {
  return NAMING.flatMap(([kind, path]) =>
    asSet(policy[path])
      .filter((id) => isGuid(id) && id !== MFA_TRUSTED)
      .map((id) => ({ kind, path, id })),
  );
}
