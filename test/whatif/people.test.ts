import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { type Assignment, compileAssignment, matchesIdentity, ways } from '../../src/lib/whatif/people.ts';
import { id, member, USER } from './support.ts';

const users = 'conditions.users';

function assignment(named: object, unread: readonly string[] = []): Assignment {
  return compileAssignment(canonical({ conditions: { users: named } }), unread);
}

describe('whom a policy names', () => {
  it('is kept by side: what could not be read of one says nothing of the other', () => {
    const { include, exclude } = assignment({ includeUsers: [USER] }, [
      `${users}.includeSomebody`,
      `${users}.excludeSomebody`,
      `${users}.somethingNew`,
    ]);

    expect(include.unread).toEqual([`${users}.includeSomebody`, `${users}.somethingNew`]);
    expect(exclude.unread).toEqual([`${users}.excludeSomebody`]);
  });

  it('is nobody else where only a kind of membership is not understood', () => {
    const kind = (side: string): string =>
      `${users}.${side}GuestsOrExternalUsers.externalTenants.membershipKind`;
    const guests = { guestOrExternalUserTypes: 'internalGuest' };
    const { include, exclude } = assignment({ includeGuestsOrExternalUsers: guests }, [
      kind('include'),
      kind('exclude'),
    ]);

    expect([include.unread, exclude.unread]).toEqual([[], []]);
    expect(include.guests?.unread).toEqual([kind('include')]);
  });

  it('may be anybody a word stands for that we do not know', () => {
    const { include, exclude } = assignment({
      includeUsers: ['All', 'AllAgentIdUsers', 'OddUser'],
      includeGroups: ['OddGroup'],
      excludeUsers: ['AllAgentIdUsers', 'All'],
      excludeRoles: ['OddRole'],
    });

    expect(include).toMatchObject({
      isAll: true,
      unread: ['what OddUser stands for', 'what OddGroup stands for'],
    });
    expect(exclude).toMatchObject({
      isAll: false,
      unread: ['what All stands for', 'what OddRole stands for'],
    });
  });

  it('may be somebody of whom not even the id is known, where a list names anybody at all', () => {
    const somebody = member({ id: 'a member of a group nobody could list' });
    const named = assignment({ includeUsers: [USER] });

    expect(matchesIdentity(named, somebody)).toEqual({ needs: ['identity.id'] });
    expect(matchesIdentity(assignment({ includeUsers: ['All'], excludeUsers: [USER] }), somebody)).toEqual({
      needs: ['identity.id'],
    });
    expect(matchesIdentity(assignment({ includeUsers: ['None'] }), somebody)).toBe(false);
    expect(matchesIdentity(assignment({ includeUsers: ['All'] }), somebody)).toBe(true);
  });

  it('is not named where an exclusion names the same', () => {
    const { include } = assignment({
      includeUsers: [id(1), id(2)],
      excludeUsers: [id(2)],
      includeGroups: [id(3), id(4)],
      excludeGroups: [id(4)],
      includeRoles: [id(5), id(6)],
      excludeRoles: [id(6)],
    });

    expect([include.users, include.groups, include.roles]).toEqual([
      new Set([id(1)]),
      new Set([id(3)]),
      new Set([id(5)]),
    ]);
  });
});

describe('the ways in which a person may be meant', () => {
  it('are the fields, and what could not be read', () => {
    const { include, exclude } = assignment({
      includeUsers: ['All'],
      includeGroups: [id(3), 'Odd'],
      excludeRoles: [id(5)],
    });

    expect(ways(include, member({ groups: [id(3)] }))).toEqual([
      { path: `${users}.includeUsers`, truth: true },
      { path: `${users}.includeGroups`, truth: true },
      { path: `${users}.includeRoles`, truth: false },
      { path: `${users}.includeGuestsOrExternalUsers`, truth: false },
      { path: users, truth: { needs: ['what Odd stands for'] } },
    ]);
    expect(ways(exclude, { kind: 'user', id: USER })).toEqual([
      { path: `${users}.excludeUsers`, truth: false },
      { path: `${users}.excludeGroups`, truth: false },
      { path: `${users}.excludeRoles`, truth: { needs: ['identity.roles'] } },
      { path: `${users}.excludeGuestsOrExternalUsers`, truth: false },
    ]);
  });

  it('need the groups of a person of whom only some are known', () => {
    const { include } = assignment({ includeGroups: [id(3)] });
    const groups = (truth: object): unknown => ways(include, { kind: 'user', id: USER, ...truth })[1]?.truth;

    expect(groups({})).toEqual({ needs: ['identity.groups'] });
    expect(groups({ groupsAtLeast: [id(4)] })).toEqual({ needs: ['identity.groups'] });
    expect(groups({ groupsAtLeast: [id(3)] })).toBe(true);
    expect(groups({ groups: [id(4)] })).toBe(false);
  });

  it('are none for a workload identity, and the reverse', () => {
    const everybody = assignment({ includeUsers: ['All'] });
    const workloads = compileAssignment(
      canonical({
        conditions: { clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] } },
      }),
      [],
    );

    expect(matchesIdentity(everybody, { kind: 'workload', servicePrincipalId: id(9) })).toBe(false);
    expect(matchesIdentity(workloads, { kind: 'workload', servicePrincipalId: id(9) })).toBe(true);
    expect(matchesIdentity(workloads, member())).toBe(false);
  });
});
