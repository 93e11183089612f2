import { describe, expect, it } from 'vitest';
import { GUEST_TYPES } from '../../src/lib/policy/fields.ts';
import {
  compileGuests,
  completions,
  type Guests,
  homesFor,
  matchesGuests,
} from '../../src/lib/whatif/guests.ts';
import type { UserIdentity } from '../../src/lib/whatif/signIn.ts';
import type { Truth } from '../../src/lib/whatif/truth.ts';
import { id, USER } from './support.ts';

const STRANGER: UserIdentity = { kind: 'user', id: USER };

function guestsOf(...homes: readonly number[]): Guests {
  return { types: new Set(['b2bCollaborationGuest']), unread: [], tenants: new Set(homes.map(id)) };
}

/** Every way in which a stranger can be named by the two sides. */
function outcomes(people: readonly UserIdentity[], ...sides: readonly Guests[]): ReadonlySet<string> {
  return new Set(people.map((person) => sides.map((side) => matchesGuests(side, person)).join()));
}

const ELIGIBLE = 'whether the user is eligible for B2B direct connect';

describe('what a person of whom little is known may be', () => {
  it('is every way of being named that the tenants of the two sides allow', () => {
    const sides = [guestsOf(1, 2, 3), guestsOf(3, 4)];
    const everyHome = [1, 2, 3, 4, 5].map((home) => ({
      ...STRANGER,
      guestType: 'b2bCollaborationGuest',
      homeTenantId: id(home),
    }));

    const tried = outcomes(completions(STRANGER, homesFor(...sides)), ...sides);

    expect(tried).toEqual(outcomes(everyHome, ...sides));
    expect(tried.size).toBe(4);
  });

  it('does not grow with the tenants a policy names', () => {
    const many = Array.from({ length: 1_000 }, (_, n) => n);

    const homes = homesFor(guestsOf(...many), guestsOf(...many));

    expect(homes).toHaveLength(homesFor(guestsOf(1), guestsOf(1)).length);
  });
});

describe('a guest of whom the kind was not said', () => {
  const guest: UserIdentity = { ...STRANGER, isGuest: true };
  const naming = (...types: readonly string[]): Guests => ({
    types: new Set(types),
    unread: [],
    tenants: null,
  });

  it('is named where every kind is', () => {
    expect(matchesGuests(naming(...GUEST_TYPES), guest)).toBe(true);
    expect(matchesGuests(naming(...GUEST_TYPES), STRANGER)).not.toBe(true);
  });

  it('may be named where some kinds are', () => {
    expect(matchesGuests(naming('internalGuest'), guest)).toEqual({ needs: ['identity.guestType'] });
  });
});

describe('guests that a policy names', () => {
  const types = 'conditions.users.includeGuestsOrExternalUsers.guestOrExternalUserTypes';
  const kind = 'conditions.users.includeGuestsOrExternalUsers.externalTenants.membershipKind';
  const members = 'conditions.users.includeGuestsOrExternalUsers.externalTenants.members';
  const unread = [
    'conditions.users.includeGuestsOrExternalUsers.somethingNew',
    'conditions.users.excludeGuestsOrExternalUsers.somethingNew',
    'conditions.users.somethingNew',
  ];

  it('are nobody where no kind of them is named', () => {
    expect(compileGuests({ [types]: [] }, 'include', unread)).toBeNull();
    expect(compileGuests({ [types]: ['internalGuest'] }, 'exclude', unread)).toBeNull();
  });

  it('are of all tenants or of listed ones, with what could not be read of that side', () => {
    const named = { [types]: ['internalGuest'], [members]: [id(1)] };

    expect(compileGuests({ ...named, [kind]: 'all' }, 'include', unread)).toEqual({
      types: new Set(['internalGuest']),
      tenants: null,
      unread: unread.slice(0, 1),
    });
    expect(compileGuests({ ...named, [kind]: 'enumerated' }, 'include', [])).toMatchObject({
      tenants: new Set([id(1)]),
    });
  });

  it.each<[Partial<Guests> | null, Partial<UserIdentity>, Truth]>([
    [null, {}, false],
    [{}, {}, { needs: ['identity.guestType', 'identity.homeTenantId'] }],
    [{ tenants: null }, {}, { needs: ['identity.guestType'] }],
    [{}, { guestType: 'serviceProvider' }, false],
    [{}, { guestType: null, homeTenantId: null }, false],
    [{}, { guestType: 'b2bCollaborationGuest' }, { needs: ['identity.homeTenantId'] }],
    [{}, { homeTenantId: id(1) }, { needs: ['identity.guestType', 'identity.homeTenantId'] }],
    [{}, { guestType: 'b2bCollaborationGuest', homeTenantId: id(1) }, true],
    [{}, { guestType: 'b2bCollaborationGuest', homeTenantId: id(2) }, false],
    [{}, { guestType: 'b2bCollaborationGuest', homeTenantId: null }, false],
    [{ tenants: null }, { guestType: 'b2bCollaborationGuest', homeTenantId: null }, true],
    [{ types: new Set(['internalGuest']) }, { guestType: 'internalGuest', homeTenantId: null }, true],
    [{ types: new Set(['internalGuest']) }, { guestType: 'internalGuest' }, true],
    [
      { types: new Set(['odd', 'odder']) },
      { guestType: null },
      { needs: ['what odd stands for', 'what odder stands for'] },
    ],
    [{ types: new Set(['odd']) }, { guestType: 'internalGuest' }, { needs: ['what odd stands for'] }],
    [{ types: new Set(['odd', 'internalGuest']) }, { guestType: 'internalGuest' }, true],
    [
      { types: new Set(['b2bDirectConnectUser', 'internalGuest']) },
      { guestType: 'b2bCollaborationGuest', homeTenantId: id(1) },
      { needs: [ELIGIBLE] },
    ],
    [
      { types: new Set(['b2bDirectConnectUser']) },
      { guestType: 'b2bCollaborationMember', homeTenantId: id(1) },
      { needs: [ELIGIBLE] },
    ],
    [
      { types: new Set(['b2bCollaborationMember']) },
      { guestType: 'b2bDirectConnectUser', homeTenantId: id(1) },
      false,
    ],
    [
      { types: new Set(['b2bCollaborationMember']) },
      { guestType: 'b2bCollaborationGuest', homeTenantId: id(1) },
      false,
    ],
    [
      { types: new Set(['b2bDirectConnectUser']) },
      { guestType: 'serviceProvider', homeTenantId: id(1) },
      false,
    ],
    [{ types: new Set(['b2bDirectConnectUser']) }, { guestType: null, homeTenantId: null }, false],
    [
      { unread: ['one', 'two'] },
      { guestType: 'b2bCollaborationGuest', homeTenantId: id(1) },
      { needs: ['one', 'two'] },
    ],
  ])('%j, are they %j? %j', (guests, person, truth) => {
    const named = guests === null ? null : { ...guestsOf(1), ...guests };

    expect(matchesGuests(named, { ...STRANGER, ...person })).toEqual(truth);
  });
});

describe('who a person may be', () => {
  it('is nobody else where both are known', () => {
    const known = { ...STRANGER, guestType: null, homeTenantId: null };

    expect(completions(known, ['a', 'b'])).toEqual([known]);
  });

  it('is a member or any guest, from each home', () => {
    const kinds = new Set(completions(STRANGER, ['a', 'b']).map(({ guestType }) => guestType));

    expect(kinds).toEqual(new Set([null, ...GUEST_TYPES]));
    expect(completions(STRANGER, ['a', 'b'])).toHaveLength(2 * kinds.size);
    expect(completions({ ...STRANGER, guestType: null }, ['a', 'b'])).toHaveLength(2);
    expect(completions({ ...STRANGER, homeTenantId: null }, ['a', 'b'])).toHaveLength(kinds.size);
  });

  it('comes from one tenant of each kind, one of them named by nobody', () => {
    expect(homesFor(null, null)).toEqual(['another tenant']);
    expect(homesFor(null, guestsOf(1))).toEqual([id(1), 'another tenant']);
    expect(homesFor({ ...guestsOf(), tenants: null }, guestsOf(1))).toHaveLength(2);
    expect(homesFor(guestsOf(1), guestsOf(1, 2))).toHaveLength(3);
  });
});
