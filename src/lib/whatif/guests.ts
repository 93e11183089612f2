import { GUEST_TYPES } from '../policy/fields.ts';
import type { Policy } from '../policy/model.ts';
import { asSet } from '../policy/values.ts';
import type { UserIdentity } from './signIn.ts';
import { both, either, type Truth, unknown } from './truth.ts';

/** The guests and external users one side of a policy names. */
export interface Guests {
  readonly types: ReadonlySet<string>;
  /** null: of all tenants. */
  readonly tenants: ReadonlySet<string> | null;
  /** Members that were not understood: each may narrow whom it names. */
  readonly unread: readonly string[];
}

/** The one type that belongs to this tenant, so that a list of tenants does not narrow it (Entra docs, authentication-conditional-access). */
const INTERNAL = 'internalGuest';

const COLLABORATION: readonly string[] = ['b2bCollaborationGuest', 'b2bCollaborationMember'];

/** @param unread paths under `conditions.users` that were not understood */
export function compileGuests(
  policy: Policy,
  side: 'include' | 'exclude',
  unread: readonly string[],
): Guests | null {
  const path = `conditions.users.${side}GuestsOrExternalUsers`;
  const types = asSet(policy[`${path}.guestOrExternalUserTypes`]);
  if (types.length === 0) return null;
  const isEnumerated = policy[`${path}.externalTenants.membershipKind`] === 'enumerated';
  return {
    types: new Set(types),
    tenants: isEnumerated ? new Set(asSet(policy[`${path}.externalTenants.members`])) : null,
    unread: unread.filter((one) => one.startsWith(path)),
  };
}

export function matchesGuests(guests: Guests | null, user: UserIdentity): Truth {
  if (guests === null) return false;
  const { guestType, homeTenantId } = user;
  return both(
    isOfType(guests, user),
    isOfTenant(guests, guestType, homeTenantId),
    ...guests.unread.map((path) => unknown(path)),
  );
}

/** A type we do not know may be anybody's, a member's of this tenant too. */
function isOfType({ types }: Guests, { guestType: type, isGuest }: UserIdentity): Truth {
  if (type === undefined)
    return isGuest === true && GUEST_TYPES.every((known) => types.has(known))
      ? true
      : unknown('identity.guestType');
  if (type !== null && types.has(type)) return true;
  const odd = [...types].filter((name) => !GUEST_TYPES.includes(name));
  return either(
    mayConnectDirectly(types, type) && unknown('whether the user is eligible for B2B direct connect'),
    ...odd.map((name) => unknown(`what ${name} stands for`)),
  );
}

/**
 * Policies for direct connect meet users of collaboration who are eligible for it (Entra docs,
 * concept-conditional-access-users-groups). Who connects directly alone has no account here.
 */
function mayConnectDirectly(types: ReadonlySet<string>, type: string | null): boolean {
  return type !== null && COLLABORATION.includes(type) && types.has('b2bDirectConnectUser');
}

function isOfTenant(
  { tenants }: Guests,
  type: string | null | undefined,
  home: string | null | undefined,
): Truth {
  if (tenants === null || type === INTERNAL || type === null) return true;
  if (type === undefined || home === undefined) return unknown('identity.homeTenantId');
  return home !== null && tenants.has(home);
}

/**
 * Everybody a person of whom only this much is known may be, as far as the two sides of a policy tell them apart.
 *
 * @param everyHome as `homesFor` gives them
 */
export function completions(user: UserIdentity, everyHome: readonly string[]): readonly UserIdentity[] {
  const types = user.guestType === undefined ? [null, ...GUEST_TYPES] : [user.guestType];
  const homes = user.homeTenantId === undefined ? everyHome : [user.homeTenantId];
  return types.flatMap((guestType) => homes.map((homeTenantId) => ({ ...user, guestType, homeTenantId })));
}

/** One tenant for each way of being named by the sides, so that a thousand named alike are tried once. */
export function homesFor(...sides: readonly (Guests | null)[]): readonly string[] {
  const named = sides.flatMap((side) => [...(side?.tenants ?? [])]);
  const namedBy = (home: string): string => sides.map((side) => side?.tenants?.has(home) ?? false).join();
  return [...new Map([...named, 'another tenant'].map((home) => [namedBy(home), home])).values()];
}
