import { FIELDS, OBJECTS } from './fields.ts';
import type { Canonical, Policy, RawPolicy } from './model.ts';
import { isWorkloadPolicy } from './serviceRules.ts';
import { asSet, isEmptyRaw } from './values.ts';

/**
 * Body of a POST: everything that is configured, and nothing that is not. Never a read-only or unknown member, because
 * it is made from canonical form alone.
 */
export function createBody(policy: Policy): RawPolicy {
  const body = assemble(OBJECTS.map((object) => [object, renderObject(policy, object, null)]));
  if (isWorkloadPolicy(policy) && saysNothingOfUsers(policy))
    delete (body.conditions as Record<string, unknown>).users;
  return prune(body);
}

/**
 * Body of a PATCH: the given objects whole, with explicit null and [] where something must be cleared, because Graph
 * keeps what is left out (Graph docs, conditionalaccesspolicy-update).
 *
 * @param before what the tenant has now; decides only which members need no mention
 * @param objects paths of second-level objects, as in `Field.object`
 */
export function updateBody(before: Policy, after: Policy, objects: readonly string[]): RawPolicy {
  return assemble(objects.map((object) => [object, renderObject(after, object, before)]));
}

/** A policy for workload identities may still carry user exclusions, which do nothing and are shown all the same. */
function saysNothingOfUsers(policy: Policy): boolean {
  return FIELDS.filter(({ object }) => object === 'conditions.users').every(({ path }) =>
    isEmptyRaw(policy[path]),
  );
}

function renderObject(policy: Policy, object: string, before: Policy | null): unknown {
  switch (object) {
    case 'conditions.users':
      return usersOf(policy);
    case 'conditions.applications':
      return applicationsOf(policy);
    case 'conditions.clientApplications':
      return orNull({
        ...lists(policy, object),
        servicePrincipalFilter: filterOf(policy, `${object}.servicePrincipalFilter`),
      });
    case 'conditions.platforms':
    case 'conditions.locations':
      return orNull(lists(policy, object));
    case 'conditions.devices':
      return orNull({ deviceFilter: filterOf(policy, 'conditions.devices.deviceFilter') });
    case 'conditions.authenticationFlows':
      return orNull({ transferMethods: flagsOf(policy, `${object}.transferMethods`) });
    case 'conditions.insiderRiskLevels':
      return flagsOf(policy, object);
    case 'grantControls':
      return grantOf(policy);
    case 'sessionControls':
      return sessionOf(policy, before);
    default:
      return policy[object];
  }
}

function applicationsOf(policy: Policy): RawPolicy {
  const applications = 'conditions.applications';
  const rendered = {
    ...lists(policy, applications),
    applicationFilter: filterOf(policy, `${applications}.applicationFilter`),
  };
  const isForNothing =
    rendered.applicationFilter === null &&
    ['includeApplications', 'includeUserActions', 'includeAuthenticationContextClassReferences'].every(
      (name) => asSet(policy[`${applications}.${name}`]).length === 0,
    );
  // A policy without any target is refused (1011); `None` is a target that nothing meets.
  return isForNothing ? { ...rendered, includeApplications: ['None'] } : rendered;
}

function usersOf(policy: Policy): RawPolicy {
  const users = 'conditions.users';
  const rendered = {
    ...lists(policy, users),
    includeGuestsOrExternalUsers: guestsOf(policy, `${users}.includeGuestsOrExternalUsers`),
    excludeGuestsOrExternalUsers: guestsOf(policy, `${users}.excludeGuestsOrExternalUsers`),
  };
  const isForNobody =
    rendered.includeGuestsOrExternalUsers === null &&
    ['includeUsers', 'includeGroups', 'includeRoles'].every(
      (name) => asSet(policy[`${users}.${name}`]).length === 0,
    );
  // Emptying the only include list is refused; `None` says the same and is accepted.
  return isForNobody ? { ...rendered, includeUsers: ['None'] } : rendered;
}

function guestsOf(policy: Policy, path: string): RawPolicy | null {
  const types = flagsOf(policy, `${path}.guestOrExternalUserTypes`);
  if (types === null) return null;
  const isEnumerated = policy[`${path}.externalTenants.membershipKind`] === 'enumerated';
  return {
    guestOrExternalUserTypes: types,
    externalTenants: isEnumerated
      ? {
          '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
          membershipKind: 'enumerated',
          members: policy[`${path}.externalTenants.members`],
        }
      : { '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants', membershipKind: 'all' },
  };
}

function grantOf(policy: Policy): RawPolicy | null {
  const operator = policy['grantControls.operator'];
  if (operator === null) return null;
  const strength = policy['grantControls.authenticationStrength.id'];
  return {
    operator,
    ...lists(policy, 'grantControls'),
    authenticationStrength: strength === null ? null : { id: strength },
  };
}

/**
 * Either null or the whole set of controls wanted: switching one off inside is refused or ignored, and an empty object
 * is refused. Beside `everyTime` two members may not be sent at all, unless they are there and must go.
 */
function sessionOf(policy: Policy, before: Policy | null): RawPolicy | null {
  const session = 'sessionControls';
  const control = (name: string, members: readonly string[]): RawPolicy | null =>
    policy[`${session}.${name}.isEnabled`] === true
      ? {
          isEnabled: true,
          ...Object.fromEntries(members.map((member) => [member, policy[`${session}.${name}.${member}`]])),
        }
      : null;
  const controls: Record<string, unknown> = {
    applicationEnforcedRestrictions: control('applicationEnforcedRestrictions', []),
    cloudAppSecurity: control('cloudAppSecurity', ['cloudAppSecurityType']),
    persistentBrowser: control('persistentBrowser', ['mode']),
    signInFrequency: control('signInFrequency', ['type', 'value', 'authenticationType', 'frequencyInterval']),
    disableResilienceDefaults: policy[`${session}.disableResilienceDefaults`] === true ? true : null,
    secureSignInSession: control('secureSignInSession', []),
  };
  if (Object.values(controls).every((value) => value === null)) return null;
  if (policy[`${session}.signInFrequency.frequencyInterval`] === 'everyTime') {
    const wasRestricted = before?.[`${session}.applicationEnforcedRestrictions.isEnabled`] === true;
    const wasResilient = before?.[`${session}.disableResilienceDefaults`] === true;
    if (controls.applicationEnforcedRestrictions === null && !wasRestricted)
      delete controls.applicationEnforcedRestrictions;
    if (controls.disableResilienceDefaults === null && !wasResilient)
      delete controls.disableResilienceDefaults;
  }
  return controls;
}

/** Every plain list that lies directly in an object. */
function lists(policy: Policy, object: string): Record<string, Canonical | undefined> {
  const depth = object.split('.').length + 1;
  return Object.fromEntries(
    FIELDS.filter(
      (field) =>
        field.kind.name === 'set' &&
        field.path.startsWith(`${object}.`) &&
        field.path.split('.').length === depth,
    ).map((field) => [field.path.slice(object.length + 1), policy[field.path]]),
  );
}

function filterOf(policy: Policy, path: string): RawPolicy | null {
  const rule = policy[`${path}.rule`];
  return rule === null ? null : { mode: policy[`${path}.mode`], rule };
}

function flagsOf(policy: Policy, path: string): string | null {
  const members = asSet(policy[path]);
  return members.length === 0 ? null : members.join(',');
}

/** An object in which nothing is configured is null: the service refuses some of these when they are empty. */
function orNull(rendered: RawPolicy): RawPolicy | null {
  return isEmptyRaw(rendered) ? null : rendered;
}

function assemble(parts: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const body: Record<string, unknown> = {};
  for (const [object, value] of parts) {
    const [first, second] = object.split('.') as [string, string | undefined];
    if (second === undefined) body[first] = value;
    else body[first] = { ...(body[first] as object | undefined), [second]: value };
  }
  return body;
}

/** Leaves out what a create need not mention: null and []. An object in which nothing is configured is null already. */
function prune(body: Record<string, unknown>): RawPolicy {
  return Object.fromEntries(
    Object.entries(body)
      .map(([name, value]) => [name, isObject(value) ? prune(value) : value] as const)
      .filter(([, value]) => value !== null && !(Array.isArray(value) && value.length === 0)),
  );
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
