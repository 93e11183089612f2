import { describe, expect, it } from 'vitest';
import { effective } from '../../src/lib/desired.ts';
import {
  article,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_USER,
  IDENTITIES,
  type World,
  world,
} from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

async function settled(): Promise<World & { id: string }> {
  const made = await world();
  await made.push({ 'require-mfa': article() });
  await made.run();
  await made.wait(600_000);
  return { ...made, id: String(made.live(NAME).id) };
}

describe('doubt is not absence', () => {
  it('creates nothing from a list that is known to lack something', async () => {
    const { tenant, push, run } = await settled();
    const ours = tenant.admin.create({
      displayName: 'CA002',
      state: 'disabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    });
    await push({ second: article({ displayName: 'CA002' }) });
    // The list shows one policy twice: what else may be wrong with it?
    tenant.arm('twinItem', { method: 'GET', path: /policies$/, times: 2 });
    tenant.arm('missingItem', { method: 'GET', path: /policies$/, times: 2 });

    await run();
    tenant.calm();
    const report = await run();

    expect(tenant.truth().filter(({ displayName }) => displayName === 'CA002')).toHaveLength(1);
    expect(report.policies.find(({ key }) => key === 'second')?.id).toBe(ours);
  });

  it('holds a create while the list was empty and a bound policy still answers', async () => {
    const { tenant, push, run } = await settled();
    await push({ second: article({ displayName: 'CA002' }) });
    tenant.arm('emptyList', { times: 1 });

    const report = await run();

    expect(report.policies.find(({ key }) => key === 'second')?.findings.map(({ rule }) => rule)).toEqual(
      expect.arrayContaining(['incompleteRead', 'emptyTenant']),
    );
    expect(tenant.truth()).toHaveLength(1);
  });

  it('fills a tenant that really was emptied', async () => {
    const { tenant, run, id } = await settled();
    tenant.admin.purge(id);

    const report = await run();

    expect(report).toMatchObject({ status: 'remediated', policies: [{ change: { action: 'create' } }] });
  });

  it('gains an intruder nothing to hide one policy before deleting the other', async () => {
    const { tenant, push, run, wait, id } = await settled();
    await push({ second: article({ displayName: 'CA002' }) });
    await run();
    await wait(600_000);
    tenant.admin.purge(String(tenant.truth().find(({ displayName }) => displayName === 'CA002')?.id));
    tenant.admin.setPreview(id, true);

    const report = await run();

    expect(report.policies.find(({ key }) => key === 'second')).toMatchObject({ outcome: { settled: true } });
  });

  it('plans nothing for a policy that could not be read singly', async () => {
    const { tenant, run, id } = await settled();
    tenant.arm('missingItem', { method: 'GET', path: /policies$/, times: 1 });
    tenant.arm('serverError', { method: 'GET', path: new RegExp(`policies/${id}`), times: 20 });
    const writes = tenant.writes.length;

    const report = await run();

    expect(report).toMatchObject({ status: 'incomplete', policies: [{ drift: 'unread', change: null }] });
    expect(tenant.writes).toHaveLength(writes);
  });
});

describe('protected identities', () => {
  it('are merged into the exclusions of every policy for people, whatever the file says', () => {
    const policy = effective(
      article({
        conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      }),
      {},
      IDENTITIES,
    );

    expect(policy['conditions.users.excludeUsers']).toEqual([BREAK_GLASS_USER]);
    expect(policy['conditions.users.excludeGroups']).toEqual([BREAK_GLASS_GROUP]);
  });

  it('are not merged into policies for workload identities', () => {
    const policy = effective(
      {
        displayName: 'W',
        state: 'enabled',
        conditions: {
          clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
          applications: { includeApplications: ['All'] },
        },
        grantControls: { operator: 'OR', builtInControls: ['block'] },
      },
      {},
      IDENTITIES,
    );

    expect(policy['conditions.users.excludeUsers']).toEqual([]);
  });

  it('are never written into an include list', async () => {
    const { tenant, push, run } = await world();
    await push({
      wrong: article({
        conditions: {
          users: { includeUsers: [BREAK_GLASS_USER] },
          applications: { includeApplications: ['All'] },
        },
      }),
    });

    const report = await run();

    expect(report).toMatchObject({
      status: 'held',
      policies: [{ verdict: 'deny', findings: [{ rule: 'breakGlass', decision: 'deny' }] }],
    });
    expect(tenant.truth()).toEqual([]);
  });
});
