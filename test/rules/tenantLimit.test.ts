import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/tenant/index.ts';
import { article, type World, type WorldOptions, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const note = { rule: 'tenantLimit', decision: 'note', level: 'info' };

/** Policies of somebody else's. */
const others = (count: number): JsonObject[] =>
  Array.from({ length: count }, (_, n) => ({
    displayName: `theirs ${n}`,
    state: 'disabled',
    conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  }));

async function pushed(count: number, tenant: WorldOptions['tenant'] = {}, keys = ['own']): Promise<World> {
  const made = await world({ tenant: { policies: others(count), ...tenant } });
  await made.push(
    Object.fromEntries(keys.map((key, n) => [key, article(n === 0 ? {} : { displayName: `CA ${key}` })])),
  );
  return made;
}

/** A tenant that holds ten policies, as far as settings know. */
const limits = { tenantPolicyLimit: 10 };

describe('tenantLimit', () => {
  it.each([
    [3, 0],
    [4, 1],
    [9, 1],
    [10, 1],
    [30, 1],
  ])(
    'beside %i others and under a limit of 10, a new policy has %i warnings and is made',
    async (count, warnings) => {
      const made = await pushed(count);

      const report = await made.run({ limits });

      expect(report).toMatchObject({ status: 'remediated', policies: [{ verdict: 'admit' }] });
      expect(report.policies[0]?.findings).toMatchObject(Array(warnings).fill(note));
      expect(made.live(NAME).state).toBe('enabled');
    },
  );

  it('counts everything that is planned, and says the numbers', async () => {
    const made = await pushed(2, {}, ['own', 'second', 'third']);

    const report = await made.run({ limits });

    expect(report.policies.map(({ findings }) => findings)).toMatchObject(Array(3).fill([note]));
    expect(report.policies[0]?.findings[0]?.detail).toContain(
      'the tenant has 2 policies and would get 3 more; TENANT_POLICY_LIMIT is 10',
    );
  });

  it('says nothing of a change that adds no policy', async () => {
    const made = await pushed(20);
    await made.run();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    const report = await made.run({ limits });

    expect(report).toMatchObject({ status: 'remediated', policies: [{ findings: [] }] });
  });

  it('speaks before the service refuses, and the refusal of the service is the end of it', async () => {
    const made = await pushed(10, { policyLimit: 10 });

    const report = await made.run({ limits });

    expect(report).toMatchObject({
      policies: [{ verdict: 'admit', findings: [note], outcome: { status: 'rejected' } }],
    });
  });

  it('gains an intruder nothing: a policy deleted from a crowded tenant comes back', async () => {
    const made = await pushed(1);
    await made.run({ limits });
    for (const policy of others(40)) made.tenant.admin.create(policy);
    made.tenant.admin.remove(String(made.live(NAME).id));

    const report = await made.run({ limits });

    expect(report).toMatchObject({
      status: 'remediated',
      policies: [{ change: { action: 'restore' }, verdict: 'admit', findings: [note] }],
    });
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('counts a policy that v1.0 does not show', async () => {
    const made = await pushed(3, {}, ['own', 'hidden']);
    await made.run();
    made.tenant.admin.setPreview(String(made.live('CA hidden').id), true);
    made.tenant.admin.remove(String(made.live(NAME).id));

    const report = await made.run({ limits });

    expect(report.policies.find(({ key }) => key === 'own')?.findings).toMatchObject([
      { ...note, detail: expect.stringContaining('has 4 policies and would get 1 more') },
    ]);
  });
});
