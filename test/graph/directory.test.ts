import { describe, expect, it } from 'vitest';
import { bench, type Doing, empty, fails, graphError, html, json, origin } from './support.ts';

const id = (n: number) => `cccccccc-0000-4000-8000-${n.toString().padStart(12, '0')}`;
const user = (n: number, more: object = {}) => ({
  id: id(n),
  accountEnabled: true,
  onPremisesSyncEnabled: null,
  userType: 'Member',
  ...more,
});
const facts = (n: number) => ({ id: id(n), accountEnabled: true, synced: false, userType: 'Member' });
const users = (...value: unknown[]): Doing => json(200, { value });
const batch = (...responses: unknown[]): Doing => json(200, { responses });
const members = (group: number, ...value: unknown[]) => ({ id: id(group), status: 200, body: { value } });
const notFound = { error: { code: 'Request_ResourceNotFound', message: 'Resource does not exist' } };

describe('health', () => {
  it('needs two requests, outside the pace of the policies', async () => {
    const { directory, seen, clock } = bench([users(user(1)), batch(members(2, user(1)))]);
    const startAt = clock.now();

    const health = await directory.health([id(1)], [id(2)]);

    expect(health).toEqual([
      { kind: 'user', id: id(1), health: 'ok', reason: null },
      { kind: 'group', id: id(2), health: 'ok', reason: null, members: [facts(1)] },
    ]);
    const select = '$select=id,accountEnabled,onPremisesSyncEnabled,userType';
    expect(seen.map(({ method, url }) => `${method} ${decodeURIComponent(url)}`)).toEqual([
      `GET ${origin}/v1.0/users?$filter=id in ('${id(1)}')&${select}`,
      `POST ${origin}/v1.0/$batch`,
    ]);
    expect(seen[1]?.body).toEqual({
      requests: [
        {
          id: id(2),
          method: 'GET',
          url: `/groups/${id(2)}/transitiveMembers/microsoft.graph.user?$count=true&${select}&$top=999`,
          headers: { ConsistencyLevel: 'eventual' },
        },
      ],
    });
    expect(clock.now()).toBe(startAt);
  });

  it('asks nothing when nobody is protected', async () => {
    const { directory, seen } = bench([]);

    expect(await directory.health([], [])).toEqual([]);
    expect(seen).toHaveLength(0);
  });

  it('tells what is wrong with a user', async () => {
    const { directory } = bench([
      users(
        user(1, { id: id(1).toUpperCase() }),
        user(2, { accountEnabled: false, onPremisesSyncEnabled: true }),
        user(3, { onPremisesSyncEnabled: true }),
        user(4, { accountEnabled: null }),
      ),
    ]);

    const health = await directory.health([1, 2, 3, 4, 5].map(id), []);

    expect(health.map((one) => one.health)).toEqual(['ok', 'disabled', 'synced', 'unverified', 'missing']);
  });

  it('tells what is wrong with a group, answers in any order', async () => {
    const { directory } = bench([
      batch(
        { id: id(4), status: 403, body: { error: { code: 'Authorization_RequestDenied', message: 'No' } } },
        { id: id(3), status: 404, body: notFound },
        { id: id(5), status: 404, body: 'not Graph' },
        members(2),
        { ...members(1, user(8)), id: id(1).toUpperCase() },
      ),
    ]);

    const health = await directory.health([], [1, 2, 3, 4, 5, 6].map(id));

    expect(health.map((one) => one.health)).toEqual([
      'ok',
      'empty',
      'missing',
      'unverified',
      'unverified',
      'unverified',
    ]);
    expect(health[3]?.reason).toContain('GroupMember.Read.All');
    expect(health[5]?.reason).toContain('no answer');
  });

  it('reads a large group to its end', async () => {
    const nextLink = `${origin}/v1.0/groups/x/transitiveMembers/microsoft.graph.user?$skiptoken=a`;
    const { directory, seen } = bench([
      batch({ id: id(1), status: 200, body: { value: [user(2)], '@odata.nextLink': nextLink } }),
      users(user(3)),
    ]);

    const [group] = await directory.health([], [id(1)]);

    expect(group).toMatchObject({ health: 'ok', members: [facts(2), facts(3)] });
    expect(seen[1]?.url).toBe(nextLink);
    expect(seen[1]?.headers.get('consistencylevel')).toBe('eventual');
  });

  it('does not follow a group’s members to another host', async () => {
    const { directory, seen } = bench([
      batch({
        id: id(1),
        status: 200,
        body: { value: [user(2)], '@odata.nextLink': 'https://evil.test/v1.0/x' },
      }),
    ]);

    const [group] = await directory.health([], [id(1)]);

    expect(group).toMatchObject({ health: 'unverified', members: [] });
    expect(seen).toHaveLength(1);
  });

  it.each([
    ['no permission', graphError(403, 'No', 'Authorization_RequestDenied')],
    ['no such path', graphError(404, 'No', 'NotFound')],
    ['an unusable filter', graphError(400, 'No', 'Request_UnsupportedQuery')],
    ['a broken service', html(503)],
    ['a broken network', fails('ECONNRESET')],
    ['an answer of another shape', json(200, { no: 'list' })],
    ['no body', empty(200)],
  ])('with %s everybody is unverified, and nothing is thrown', async (_name, answer) => {
    const { directory } = bench([answer]);

    const health = await directory.health([id(1), id(2)], [id(3)]);

    expect(health.map((one) => one.health)).toEqual(Array(3).fill('unverified'));
    for (const one of health) expect(one.reason).toBeTruthy();
  });

  it('never puts into an address or a filter what is no object id', async () => {
    const { directory, seen } = bench([users(user(1))]);

    const health = await directory.health([id(1), "x') or (id ne '"], ['../users']);

    expect(health.map((one) => one.health)).toEqual(['ok', 'unverified', 'unverified']);
    expect(seen).toHaveLength(1);
    expect(decodeURIComponent(seen[0]?.url ?? '')).not.toContain(' ne ');
  });

  it('asks for fifteen users and twenty groups at a time', async () => {
    const { directory, seen } = bench([
      ({ url }) => (url.endsWith('$batch') ? Response.json({ responses: [] }) : Response.json({ value: [] })),
    ]);
    const many = Array.from({ length: 21 }, (_, n) => id(n));

    const health = await directory.health(many, many);

    expect(health).toHaveLength(42);
    expect(seen.map(({ method }) => method)).toEqual(['GET', 'GET', 'POST', 'POST']);
  });
});

describe('principal', () => {
  it('finds the user, the groups and the active roles', async () => {
    const { directory } = bench([
      json(200, user(1, { userType: 'Guest' })),
      users(
        { '@odata.type': '#microsoft.graph.group', id: id(2).toUpperCase() },
        { '@odata.type': '#microsoft.graph.directoryRole', id: id(3), roleTemplateId: id(4) },
        { '@odata.type': '#microsoft.graph.administrativeUnit', id: id(5) },
      ),
    ]);

    expect(await directory.principal(id(1))).toEqual({
      kind: 'found',
      user: { ...facts(1), userType: 'Guest' },
      groups: [id(2)],
      roles: [id(4)],
    });
  });

  it('says missing when Graph does', async () => {
    const { directory } = bench([json(404, notFound)]);

    expect(await directory.principal(id(1))).toEqual({ kind: 'missing' });
  });

  it.each([
    ['no permission', graphError(403, 'No')],
    ['a proxy’s 404', html(404)],
    ['somebody else', json(200, { ...user(2), value: [] })],
  ])('with %s says that nobody knows', async (_name, answer) => {
    const { directory } = bench([answer]);

    expect(await directory.principal(id(1))).toMatchObject({ kind: 'unverified' });
  });

  it('sends nothing for what is no object id', async () => {
    const { directory, seen } = bench([]);

    expect(await directory.principal('me/messages')).toMatchObject({ kind: 'unverified' });
    expect(seen).toHaveLength(0);
  });
});
