import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { Policy } from '../../src/lib/policy/model.ts';
import { breakGlass, protectedIncluded } from '../../src/lib/rules/breakGlass.ts';
import { bindingOf, desiredOf, factsOf, IDENTITIES, OWN_ID, observationOf } from '../support/judging.ts';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_USER, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

function policyFor(users: object, more: object = {}): Policy {
  return canonical({ displayName: 'CA001', state: 'enabled', conditions: { users, ...more } });
}

/** What the rule says of creating exactly this policy, as if nothing had been merged into it. */
function judged(policy: Policy) {
  const desired = { ...desiredOf(policy), policy };
  const facts = factsOf([desired], [], observationOf({}));
  const [change] = facts.plan;
  return change === undefined ? undefined : breakGlass.check(change, facts);
}

describe('breakGlass', () => {
  it('knows which lists of a file name somebody protected, and that a policy for workloads is for nobody', () => {
    const users = { includeUsers: IDENTITIES.users, includeGroups: IDENTITIES.groups };
    const workloads = { clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] } };

    expect(protectedIncluded(policyFor(users), IDENTITIES).map(({ path }) => path)).toEqual([
      'conditions.users.includeUsers',
      'conditions.users.includeGroups',
    ]);
    expect(protectedIncluded(policyFor(users, workloads), IDENTITIES)).toEqual([]);
  });

  const excluded = { excludeUsers: IDENTITIES.users, excludeGroups: IDENTITIES.groups };

  it.each([
    ['a protected user is not excluded', { ...excluded, excludeUsers: [] }, IDENTITIES.users[0]],
    ['a protected group is not excluded', { ...excluded, excludeGroups: [] }, IDENTITIES.groups[0]],
    ['a protected user is included by id', { ...excluded, includeUsers: IDENTITIES.users }, 'includeUsers'],
    [
      'a protected group is included by id',
      { ...excluded, includeGroups: IDENTITIES.groups },
      'includeGroups',
    ],
  ])('denies a result in which %s', (_, users, named) => {
    expect(judged(policyFor({ includeUsers: ['All'], ...users }))).toMatchObject({
      decision: 'deny',
      detail: expect.stringContaining(String(named)),
    });
  });

  it('lets a policy for everybody pass that excludes them all', () => {
    expect(judged(policyFor({ includeUsers: ['All'], ...excluded }))).toBeUndefined();
  });

  it('asks nothing of a policy for workload identities, where no person can be excluded', () => {
    const workload = { clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] } };
    expect(judged(policyFor({}, workload))).toBeUndefined();
  });

  it('denies a restore that would arm an unsafe policy, and not one that brings it back switched off', () => {
    const desired = desiredOf(policyFor({ includeUsers: ['All'] }), { isProven: true });
    const decision = (state: string) => {
      const raw = { displayName: 'CA001', state, conditions: { users: { includeUsers: ['All'] } } };
      const observation = observationOf(
        {},
        {
          singly: new Map([[OWN_ID, { kind: 'missing' as const }]]),
          deleted: new Map([[OWN_ID, { kind: 'found' as const, raw }]]),
        },
      );
      const facts = factsOf([desired], [bindingOf()], observation);
      const [change] = facts.plan;
      if (change?.action !== 'restore') throw new Error('a deleted policy is restored');
      return breakGlass.check(change, facts)?.decision;
    };

    expect([decision('enabled'), decision('disabled')]).toEqual(['deny', undefined]);
  });

  it('gains an intruder nothing: an exclusion taken out of a proven policy is put back', async () => {
    const { tenant, push, run, live } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeUsers: [], excludeGroups: [] } as never;
    });

    await run();

    expect(live(NAME)).toMatchObject({
      conditions: { users: { excludeUsers: [BREAK_GLASS_USER], excludeGroups: [BREAK_GLASS_GROUP] } },
    });
  });

  it('gains an intruder nothing: a protected user put on the include list of a proven policy is taken out', async () => {
    const { tenant, push, run, live } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.conditions.users = { ...policy.conditions.users, includeUsers: [BREAK_GLASS_USER] } as never;
    });

    await run();

    expect(live(NAME)).toMatchObject({ conditions: { users: { includeUsers: ['All'] } } });
  });
});
