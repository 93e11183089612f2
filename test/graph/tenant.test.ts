import { describe, expect, it } from 'vitest';
import { createTenant, type FaultName, type TenantOptions } from '../../sandbox/tenant/index.ts';
import { virtualClock } from '../support/virtualClock.ts';
import { faultFrom, graphOf } from './support.ts';

const intentId = 'bbbbbbbb-0000-4000-8000-000000000001';
const userId = 'dddddddd-0000-4000-8000-000000000001';
const groupId = 'eeeeeeee-0000-4000-8000-000000000001';
const absent = 'ffffffff-0000-4000-8000-000000000001';

const sent = {
  displayName: 'Require MFA for Azure management',
  state: 'enabled',
  conditions: {
    applications: { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] },
    users: { includeUsers: ['All'], excludeUsers: [userId] },
  },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
};

/** The real Graph client in front of the simulated tenant, on one virtual clock. */
function world(options: TenantOptions = {}) {
  const clock = virtualClock();
  const tenant = createTenant({
    clock,
    users: [{ id: userId }],
    groups: [{ id: groupId, members: [userId] }],
    ...options,
  });
  return { clock, tenant, ...graphOf(tenant, clock).open(tenant.tenantId, clock.now() + 600_000) };
}

describe('against the simulated tenant', () => {
  it('creates, lists, reads, changes, finds deleted and restores a policy', async () => {
    const { tenant, policies } = world();

    const created = await policies.create(sent, intentId);
    const id = String(created.id);
    await policies.update(id, { state: 'disabled' }, intentId);
    const read = await policies.read(id);
    tenant.admin.remove(id);
    const gone = await policies.read(id);
    const deleted = await policies.readDeleted(id);
    await policies.restore(id, intentId);
    const { policies: listed, doubts } = await policies.list();

    expect(read).toMatchObject({ kind: 'found', raw: { id, state: 'disabled' } });
    expect(gone).toEqual({ kind: 'missing' });
    expect(deleted).toMatchObject({ kind: 'found', raw: { id } });
    expect({ ids: listed.map((one) => one.id), doubts }).toEqual({ ids: [id], doubts: [] });
    expect(tenant.writes.filter(({ by }) => by === 'graph').map((one) => one.clientRequestId)).toEqual(
      Array(3).fill(intentId),
    );
  });

  it('tells a hidden policy from a missing one', async () => {
    const { tenant, policies } = world();
    const id = tenant.admin.create(sent, { preview: true });

    expect([await policies.read(id), await policies.read(absent)]).toEqual([
      { kind: 'hidden' },
      { kind: 'missing' },
    ]);
  });

  it('reads many pages whole', async () => {
    const many = Array.from({ length: 25 }, (_, n) => ({ ...sent, displayName: `Policy ${n}` }));
    const { tenant, policies, requests } = world({ policies: many, pageSize: 10 });

    const { policies: listed } = await policies.list();

    expect(listed.map((one) => one.id).sort()).toEqual(
      tenant
        .truth()
        .map((one) => String(one.id))
        .sort(),
    );
    expect(requests()).toBe(3);
  });

  it('never meets the tenant’s own throttling', async () => {
    const { tenant, policies } = world({ policies: [sent] });
    tenant.faults.requestsPerSecond = 1;
    const id = String(tenant.truth()[0]?.id);

    for (let round = 0; round < 5; round += 1) await policies.read(id);

    expect(tenant.log.map(({ status }) => status)).toEqual(Array(5).fill(200));
  });

  it.each<FaultName>([
    'throttled',
    'throttledWithRetryAfter',
    'serverError',
    'badGateway',
    'unavailable',
    'gatewayTimeout',
    'lostRequest',
    'hang',
    'lostAnswer',
    'lateTimeout',
    'lateError',
    'lateHang',
    'cutBody',
    'htmlPage',
  ])('gets over one %s while it lists', async (fault) => {
    const { tenant, policies } = world({ policies: [sent] });
    const armed = tenant.arm(fault);

    const { policies: listed } = await policies.list();

    expect([listed.length, armed.struck]).toEqual([1, 1]);
  });

  it.each<FaultName>(['nextLinkLoop', 'nextLinkElsewhere'])('gives no list after %s', async (fault) => {
    const { tenant, policies } = world({ policies: [sent, { ...sent, displayName: 'B' }], pageSize: 1 });
    tenant.arm(fault, { times: Number.POSITIVE_INFINITY });

    expect((await faultFrom(policies.list())).kind).toBe('unavailable');
  });

  it.each<FaultName>(['twinItem', 'conflictingTwin'])('doubts a list with a %s', async (fault) => {
    const { tenant, policies } = world({ policies: [sent] });
    tenant.arm(fault);

    const { policies: listed, doubts } = await policies.list();

    expect([listed.length, doubts.length]).toEqual([1, 1]);
  });

  it.each<FaultName>([
    'lostRequest',
    'lostAnswer',
    'gatewayTimeout',
    'lateTimeout',
    'lateError',
    'hang',
    'lateHang',
  ])('makes no twin after %s: it may have happened, once at most', async (fault) => {
    const { tenant, policies } = world();
    tenant.arm(fault);

    const { kind } = await faultFrom(policies.create(sent, intentId));

    expect(kind).toBe('indeterminate');
    expect(tenant.log).toHaveLength(1);
  });

  it('creates once, however often it was throttled', async () => {
    const { tenant, policies } = world();
    tenant.arm('throttled', { times: 3 });

    await policies.create(sent, intentId);

    expect(tenant.truth()).toHaveLength(1);
  });

  it.each([403, 501] as const)('knows a cloud that answers deletedItems with %i', async (deletedItems) => {
    const { policies } = world({ deletedItems });

    expect(await policies.readDeleted(absent)).toMatchObject({ kind: 'unsupported' });
  });

  it('names the permissions that are missing', async () => {
    const { tenant, policies } = world({ permissions: ['Policy.Read.All'] });

    const fault = await faultFrom(policies.create(sent, intentId));

    expect([fault.kind, tenant.truth().length]).toEqual(['denied', 0]);
    expect(fault.message).toContain('Policy.ReadWrite.ConditionalAccess');
  });

  it('says why an enabled policy is refused while security defaults are on', async () => {
    const { policies } = world({ securityDefaults: true });

    const fault = await faultFrom(policies.create(sent, intentId));

    expect(fault.kind).toBe('rejected');
    expect(fault.message).toContain('Security defaults are on');
  });

  it('looks after the health of protected identities', async () => {
    const { directory, requests } = world();

    const { identities } = await directory.protected({
      users: [userId, absent],
      groups: [groupId, absent],
    });

    const named = identities.filter(({ memberOf }) => memberOf === null);
    expect(named.map(({ health }) => health)).toEqual(['ok', 'missing', 'ok', 'missing']);
    expect(requests()).toBe(2);
  });

  it('knows the groups of a user', async () => {
    const { directory } = world();

    expect(await directory.person(userId)).toMatchObject({
      kind: 'found',
      facts: { groups: [groupId], roles: [] },
    });
  });
});
