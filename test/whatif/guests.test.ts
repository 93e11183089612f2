import { describe, expect, it } from 'vitest';
import { completions, type Guests, homesFor, matchesGuests } from '../../src/lib/whatif/guests.ts';
import type { UserIdentity } from '../../src/lib/whatif/signIn.ts';
import { id, USER } from './support.ts';

const STRANGER: UserIdentity = { kind: 'user', id: USER };

function guestsOf(...homes: readonly number[]): Guests {
  return { types: new Set(['b2bCollaborationGuest']), unread: [], tenants: new Set(homes.map(id)) };
}

/** Every way in which a stranger can be named by the two sides. */
function outcomes(people: readonly UserIdentity[], ...sides: readonly Guests[]): ReadonlySet<string> {
  return new Set(people.map((person) => sides.map((side) => matchesGuests(side, person)).join()));
}

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
