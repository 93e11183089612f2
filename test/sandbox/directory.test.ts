import { describe, expect, it } from 'vitest';
import type { JsonObject, TenantOptions } from '../../sandbox/tenant/index.ts';
import { bench, mfaForAll, policiesPath, values } from './bench.ts';

const ada = 'aaaaaaaa-0000-4000-8000-000000000001';
const bob = 'aaaaaaaa-0000-4000-8000-000000000002';
const inner = 'bbbbbbbb-0000-4000-8000-000000000001';
const outer = 'bbbbbbbb-0000-4000-8000-000000000002';
const role = 'cccccccc-0000-4000-8000-000000000001';
const globalAdministrator = '62e90394-69f5-4237-9190-012177145e10';

const people: TenantOptions = {
  users: [
    { id: ada, displayName: 'Ada', userPrincipalName: 'ada@example.onmicrosoft.com' },
    { id: bob, accountEnabled: false, onPremisesSyncEnabled: true, userType: 'Guest' },
  ],
  groups: [
    { id: inner, displayName: 'Inner', members: [ada, outer] },
    { id: outer, displayName: 'Outer', members: [inner, bob] },
  ],
  roles: [{ id: role, roleTemplateId: globalAdministrator, members: [outer] }],
};
const count = { consistencylevel: 'eventual' };

describe('users', () => {
  it('show whether they work only to those who select it', async () => {
    const { call } = bench(people);

    const plain = await call('GET', `/v1.0/users/${bob}`);
    const asked = await call(
      'GET',
      `/v1.0/users/${bob}?$select=id,accountEnabled,onPremisesSyncEnabled,userType`,
    );

    expect(plain.json).not.toHaveProperty('accountEnabled');
    expect(asked.json).toMatchObject({
      accountEnabled: false,
      onPremisesSyncEnabled: true,
      userType: 'Guest',
    });
    expect((await call('GET', `/v1.0/users/${role}`)).status).toBe(404);
  });

  it('keep it to themselves with User.ReadBasic.All', async () => {
    const { call } = bench({ ...people, permissions: ['User.ReadBasic.All'] });

    const { json } = await call('GET', `/v1.0/users/${bob}?$select=id,accountEnabled`);

    expect(json).toMatchObject({ id: bob, accountEnabled: null });
  });

  it('are found by a list of ids, at most 15', async () => {
    const { call } = bench(people);

    const found = await call(
      'GET',
      `/v1.0/users?$filter=id in ('${ada}', '${role}')&$select=id,accountEnabled`,
    );
    const many = Array.from({ length: 16 }, () => `'${ada}'`).join(',');

    expect(values(found)).toEqual([{ id: ada, accountEnabled: true }]);
    expect((await call('GET', `/v1.0/users?$filter=id in (${many})`)).status).toBe(400);
  });
});

describe('groups', () => {
  it('give their members at any depth, in pages, even where groups hold each other', async () => {
    const { call } = bench(people);
    const path = `/v1.0/groups/${outer}/transitiveMembers`;

    const first = await call('GET', `${path}?$top=3`);
    const next = String(first.json['@odata.nextLink']).replace('https://graph.microsoft.com', '');
    const users = await call('GET', `${path}/microsoft.graph.user?$select=id,accountEnabled`);

    expect([...values(first), ...values(await call('GET', next))].map(({ id }) => id).sort()).toEqual(
      [ada, bob, inner, outer].sort(),
    );
    expect(
      values(users)
        .map(({ id }) => id)
        .sort(),
    ).toEqual([ada, bob]);
    expect(values(users)[0]).toHaveProperty('accountEnabled');
  });

  it('count them as plain text, and only with ConsistencyLevel', async () => {
    const { call } = bench(people);
    const path = `/v1.0/groups/${outer}/transitiveMembers/$count`;

    expect((await call('GET', path)).status).toBe(400);
    expect((await call('GET', path, undefined, count)).text).toBe('4');
    expect((await call('GET', path.replace(outer, ada), undefined, count)).status).toBe(404);
  });

  it('show members without their properties to an app that may not read users', async () => {
    const { call } = bench({ ...people, permissions: ['GroupMember.Read.All'] });

    const members = await call('GET', `/v1.0/groups/${outer}/transitiveMembers/microsoft.graph.user`);

    expect(values(members)).toContainEqual(expect.objectContaining({ id: ada, userPrincipalName: null }));
    expect((await call('GET', '/v1.0/users')).status).toBe(403);
  });
});

describe('memberships', () => {
  it('of a user are groups and roles, nested ones included', async () => {
    const { call } = bench(people);

    const found = values(await call('GET', `/v1.0/users/${ada}/transitiveMemberOf`));

    expect(found.map(({ id }) => id).sort()).toEqual([inner, outer, role].sort());
    expect(found).toContainEqual(
      expect.objectContaining({
        '@odata.type': '#microsoft.graph.directoryRole',
        roleTemplateId: globalAdministrator,
      }),
    );
  });

  it('hide the template of a role from an app that may not read roles', async () => {
    const { call } = bench({ ...people, permissions: ['User.Read.All', 'GroupMember.Read.All'] });

    const found = values(await call('GET', `/v1.0/users/${ada}/transitiveMemberOf`));

    expect(found).toContainEqual(expect.objectContaining({ id: role, roleTemplateId: null }));
  });
});

describe('getByIds', () => {
  it('leaves out what it does not find and what was not asked for', async () => {
    const { call } = bench(people);
    const path = '/v1.0/directoryObjects/getByIds';
    const nobody = 'dddddddd-0000-4000-8000-000000000001';

    const all = await call('POST', path, { ids: [ada, inner, role, nobody] });
    const groups = await call('POST', path, { ids: [ada, inner, nobody], types: ['group'] });

    expect(values(all).map(({ id }) => id)).toEqual([ada, inner, role]);
    expect(values(groups).map(({ id }) => id)).toEqual([inner]);
  });
});

describe('$batch', () => {
  const batch = '/v1.0/$batch';

  it('answers each part by itself', async () => {
    const { tenant, call } = bench(people);
    tenant.arm('throttled', { path: /users/ });
    const parts = [
      { id: '1', method: 'GET', url: `/users/${ada}` },
      { id: '2', method: 'GET', url: `/groups/${inner}` },
      { id: '3', method: 'POST', url: '/identity/conditionalAccess/policies', body: mfaForAll() },
      { id: '4', method: 'GET', url: `/users/${ada}`, dependsOn: ['1'] },
      {
        id: '5',
        method: 'GET',
        url: `/groups/${inner}/transitiveMembers/$count`,
        headers: { ConsistencyLevel: 'eventual' },
      },
    ];

    const { status, json } = await call('POST', batch, { requests: parts });

    const statusOf = new Map((json.responses as JsonObject[]).map((part) => [part.id, part.status]));
    expect(status).toBe(200);
    expect([...statusOf].sort()).toEqual([
      ['1', 429],
      ['2', 200],
      ['3', 201],
      ['4', 424],
      ['5', 200],
    ]);
    expect(tenant.truth()).toHaveLength(1);
    expect(tenant.log.map(({ inBatch }) => inBatch)).toEqual([true, true, true, true, false]);
  });

  it('does not help against the budget', async () => {
    const { tenant, call } = bench();
    tenant.faults.requestsPerSecond = 1;
    const part = (id: string) => ({ id, method: 'GET', url: policiesPath.replace('/v1.0', '') });

    const { json } = await call('POST', batch, { requests: [part('1'), part('2')] });

    expect((json.responses as JsonObject[]).map((one) => one.status).sort()).toEqual([200, 429]);
  });

  it('takes 20 parts and no more', async () => {
    const { call } = bench(people);
    const parts = (n: number) =>
      Array.from({ length: n }, (_, id) => ({ id: `${id}`, method: 'GET', url: '/users' }));

    expect((await call('POST', batch, { requests: parts(20) })).status).toBe(200);
    expect((await call('POST', batch, { requests: parts(21) })).status).toBe(400);
  });
});
