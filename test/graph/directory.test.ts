import { describe, expect, it } from 'vitest';
import { bench, type Doing, empty, fails, graphError, html, json, origin, type Seen } from './support.ts';

const id = (n: number) => `cccccccc-0000-4000-8000-${n.toString().padStart(12, '0')}`;
const user = (n: number, more: object = {}) => ({
  id: id(n),
  accountEnabled: true,
  onPremisesSyncEnabled: null,
  userType: 'Member',
  creationType: null,
  ...more,
});
const notFound = { error: { code: 'Request_ResourceNotFound', message: 'Resource does not exist' } };
const forbidden = { error: { code: 'Authorization_RequestDenied', message: 'No' } };
const group = (n: number) => ({ '@odata.type': '#microsoft.graph.group', id: id(n) });

interface Part {
  readonly id: string;
  readonly url: string;
  readonly headers?: object;
}

function partsOf({ body }: Seen): readonly Part[] {
  return (body as { requests: readonly Part[] }).requests;
}

/** A directory that answers each part of a batch by what its address says. */
function batches(
  answer: (url: string, round: number) => { status: number; body: unknown } | undefined,
): Doing {
  let round = 0;
  return (seen) => {
    round += 1;
    const responses = partsOf(seen).flatMap((part) => {
      const answered = answer(decodeURIComponent(part.url), round);
      return answered === undefined ? [] : [{ id: part.id, ...answered }];
    });
    return Response.json({ responses: responses.reverse() });
  };
}

const ok = (...value: unknown[]) => ({ status: 200, body: { value } });

describe('protected identities', () => {
  it('cost two requests, outside the pace of the policies', async () => {
    const { directory, seen, clock } = bench([
      batches((url) => {
        if (url.startsWith('/users?')) return ok(user(1));
        if (url.startsWith('/groups/')) return ok(user(3));
        return url.includes(id(3)) ? ok(group(2)) : ok();
      }),
    ]);
    const startAt = clock.now();

    const read = await directory.protected({ users: [id(1)], groups: [id(2)] });

    const select = '$select=id,accountEnabled,onPremisesSyncEnabled,userType,creationType';
    expect(read).toEqual({
      identities: [
        { id: id(1), kind: 'user', memberOf: null, health: 'ok', reason: null },
        { id: id(2), kind: 'group', memberOf: null, health: 'ok', reason: null },
        { id: id(3), kind: 'user', memberOf: id(2), health: 'ok', reason: null },
      ],
      people: [
        { id: id(1), groups: [], roles: [], guestType: null, homeTenantId: null },
        { id: id(3), groups: [id(2)], roles: [], guestType: null, homeTenantId: null },
      ],
      unread: [],
    });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
      `POST ${origin}/v1.0/$batch`,
      `POST ${origin}/v1.0/$batch`,
    ]);
    expect(partsOf(seen[0] as Seen).map(({ url }) => decodeURIComponent(url))).toEqual([
      `/users?$filter=id in ('${id(1)}')&${select}`,
      `/groups/${id(2)}/transitiveMembers/microsoft.graph.user?$count=true&${select}&$top=41`,
    ]);
    expect(partsOf(seen[0] as Seen)[1]?.headers).toEqual({ ConsistencyLevel: 'eventual' });
    expect(clock.now()).toBe(startAt);
  });

  it('count as members of the protected group that names them, whatever their own list says', async () => {
    const { directory } = bench([
      batches((url) => {
        if (url.startsWith('/groups/')) return ok(user(3), user(4));
        return url.includes(id(3)) ? ok(group(8)) : { status: 403, body: forbidden };
      }),
    ]);

    const { people } = await directory.protected({ users: [], groups: [id(1), id(2)] });

    expect(people.map(({ groups }) => groups)).toEqual([[id(8), id(1), id(2)], { atLeast: [id(1), id(2)] }]);
  });

  it('may be in any other group or role where a membership does not say what it is', async () => {
    for (const odd of [{ id: id(9) }, null]) {
      const { directory } = bench([
        batches((url) => (url.startsWith('/groups/') ? ok(user(3)) : ok(group(8), odd as object))),
      ]);

      const { people } = await directory.protected({ users: [], groups: [id(2)] });

      expect(people).toMatchObject([{ groups: { atLeast: [id(8), id(2)] }, roles: 'unknown' }]);
    }
  });

  it('cost nothing when there are none', async () => {
    const { directory, seen } = bench([]);

    expect(await directory.protected({ users: [], groups: [] })).toEqual({
      identities: [],
      people: [],
      unread: [],
    });
    expect(seen).toHaveLength(0);
  });

  it('tell what is wrong with a user', async () => {
    const { directory } = bench([
      batches((url) =>
        url.startsWith('/users?')
          ? ok(
              user(1, { id: id(1).toUpperCase() }),
              user(2, { accountEnabled: false, onPremisesSyncEnabled: true }),
              user(3, { onPremisesSyncEnabled: true }),
              user(4, { accountEnabled: null }),
            )
          : ok(),
      ),
    ]);

    const { identities, people } = await directory.protected({ users: [1, 2, 3, 4, 5].map(id), groups: [] });

    expect(identities.map(({ health }) => health)).toEqual([
      'ok',
      'disabled',
      'synced',
      'unverified',
      'missing',
    ]);
    // One that is gone may be restored tomorrow, as anybody.
    expect(people.at(-1)).toEqual({
      id: id(5),
      groups: 'unknown',
      roles: 'unknown',
      guestType: 'unknown',
      homeTenantId: 'unknown',
    });
  });

  it('tell what is wrong with a group, and stand one in for members nobody could list', async () => {
    const { directory } = bench([
      batches((url) => {
        if (!url.startsWith('/groups/')) return ok();
        if (url.includes(id(1))) return ok(user(8));
        if (url.includes(id(2))) return ok();
        if (url.includes(id(3))) return { status: 404, body: notFound };
        if (url.includes(id(4))) return { status: 403, body: forbidden };
        return url.includes(id(5)) ? { status: 404, body: 'not Graph' } : undefined;
      }),
    ]);

    const { identities, people } = await directory.protected({
      users: [],
      groups: [1, 2, 3, 4, 5, 6].map(id),
    });

    const groups = identities.filter(({ kind }) => kind === 'group');
    expect(groups.map(({ health }) => health)).toEqual([
      'ok',
      'empty',
      'missing',
      'unverified',
      'unverified',
      'unverified',
    ]);
    expect(groups[3]?.reason).toContain('GroupMember.Read.All');
    expect(groups[5]?.reason).toContain('no answer');
    expect(people.slice(1).map(({ groups: memberships }) => memberships)).toEqual(
      [4, 5, 6].map((n) => ({ atLeast: [id(n)] })),
    );
  });

  it('know guests by how they came, and say so where it cannot be told', async () => {
    const { directory } = bench([
      batches((url) =>
        url.startsWith('/users?')
          ? ok(
              user(1, { creationType: 'Invitation' }),
              user(2, { creationType: 'Invitation', userType: 'Guest' }),
              user(3, { userType: 'Guest' }),
              user(4, { creationType: 'SelfServiceSignUp' }),
              user(5, { creationType: 'EmailVerified' }),
            )
          : ok(),
      ),
    ]);

    const { people } = await directory.protected({ users: [1, 2, 3, 4, 5].map(id), groups: [] });

    expect(people.map(({ guestType }) => guestType)).toEqual([
      'b2bCollaborationMember',
      'b2bCollaborationGuest',
      'unknown',
      'b2bCollaborationMember',
      null,
    ]);
    expect(people.map(({ homeTenantId }) => homeTenantId)).toEqual([
      'unknown',
      'unknown',
      'unknown',
      'unknown',
      null,
    ]);
  });

  it('know roles by their template, and none at all where the template is not shown', async () => {
    const role = (roleTemplateId: string | null) => ({
      '@odata.type': '#microsoft.graph.directoryRole',
      id: id(90),
      roleTemplateId,
    });
    const { directory } = bench([
      batches((url) => {
        if (url.startsWith('/users?')) return ok(user(1), user(2));
        const unit = { '@odata.type': '#microsoft.graph.administrativeUnit', id: id(5) };
        return url.includes(id(1)) ? ok(role(id(91).toUpperCase()), unit) : ok(role(null));
      }),
    ]);

    const { people } = await directory.protected({ users: [id(1), id(2)], groups: [] });

    expect(people.map(({ roles }) => roles)).toEqual([[id(91)], 'unknown']);
    expect(people.map(({ groups }) => groups)).toEqual([[], []]);
  });

  it('have their memberships read to the end, on this host alone, and no further than anybody needs', async () => {
    const next = `${origin}/v1.0/users/x/transitiveMemberOf?$skiptoken=`;
    const paged = (link: string): Doing =>
      batches((url) =>
        url.startsWith('/users?')
          ? ok(user(1))
          : { status: 200, body: { value: [group(2)], '@odata.nextLink': link } },
      );
    const more = (value: object, link?: string) =>
      json(200, { value: [value], ...(link === undefined ? {} : { '@odata.nextLink': link }) });
    const whole = bench([paged(''), paged(`${next}a`), more(group(3))]);
    const astray = bench([paged(''), paged('https://evil.test/v1.0/x')]);
    const endless = bench([
      paged(''),
      paged(`${next}a`),
      more(group(3), `${next}b`),
      more(group(4), `${next}c`),
    ]);

    const [read, lost, long] = await Promise.all(
      [whole, astray, endless].map(({ directory }) => directory.protected({ users: [id(1)], groups: [] })),
    );

    expect(read?.people[0]?.groups).toEqual([id(2), id(3)]);
    expect(whole.seen[2]?.url).toBe(`${next}a`);
    expect(read?.unread).toEqual([]);
    expect(lost?.people[0]?.groups).toBe('unknown');
    expect(lost?.unread).toEqual([expect.stringContaining('does not lead to')]);
    expect(astray.seen).toHaveLength(2);
    expect(long?.people[0]?.groups).toBe('unknown');
    expect(long?.unread).toEqual([expect.stringContaining('more than 3 pages')]);
    expect(endless.seen).toHaveLength(4);
  });

  it('look at forty members and let one stand for the others of a group that somebody filled', async () => {
    const crowd = Array.from({ length: 41 }, (_, n) => user(n + 100));
    const page = { value: crowd, '@odata.count': 2_000, '@odata.nextLink': `${origin}/v1.0/groups/more` };
    const { directory, seen } = bench([
      batches((url) => (url.startsWith('/groups/') ? { status: 200, body: page } : ok())),
    ]);

    const { identities, people } = await directory.protected({ users: [], groups: [id(1)] });

    expect(identities[0]).toMatchObject({ health: 'unverified' });
    expect(identities[0]?.reason).toContain('2000 members');
    expect(people).toHaveLength(41);
    expect(people[40]).toMatchObject({ groups: { atLeast: [id(1)] } });
    expect(seen).toHaveLength(3);
  });

  it('leave nobody out whom settings name, beyond the forty that are looked at', async () => {
    const named = Array.from({ length: 42 }, (_, n) => id(n + 100));
    const { directory } = bench([
      batches((url) =>
        url.startsWith('/users?')
          ? ok(...named.map((_, n) => user(n + 100)).filter(({ id: one }) => url.includes(one)))
          : ok(),
      ),
    ]);

    const { people } = await directory.protected({ users: named, groups: [] });

    expect(people.map((one) => one.id)).toEqual(named);
    expect(people[41]).toMatchObject({ groups: 'unknown', roles: 'unknown' });
  });

  it('let one stand for the members on other pages of a group that is not counted', async () => {
    const next = { '@odata.nextLink': `${origin}/v1.0/groups/more` };
    for (const value of [[], [user(3)]]) {
      const page = { status: 200, body: { value, ...next } };
      const { directory } = bench([batches((url) => (url.startsWith('/groups/') ? page : ok()))]);

      const { identities, people } = await directory.protected({ users: [], groups: [id(1)] });

      expect(identities[0]).toMatchObject({ health: 'ok' });
      expect(people.at(-1)).toMatchObject({ groups: { atLeast: [id(1)] } });
    }
  });

  it.each([
    ['say otherwise a moment later', ok()],
    ['cannot be read', { status: 403, body: forbidden }],
  ])(
    'count as members of the group that lists them, even where their own memberships %s',
    async (_name, own) => {
      const { directory } = bench([batches((url) => (url.startsWith('/groups/') ? ok(user(3)) : own))]);

      const { people } = await directory.protected({ users: [], groups: [id(2)] });

      const { groups } = people[0] ?? {};
      expect(typeof groups === 'object' && 'atLeast' in groups ? groups.atLeast : groups).toEqual([id(2)]);
    },
  );

  it('ask a second time for what met weather inside a batch, and only for that', async () => {
    const { directory, seen } = bench([
      batches((url, round) => {
        if (url.startsWith('/users?')) return round === 1 ? { status: 429, body: {} } : ok(user(1));
        return url.startsWith('/groups/') ? ok(user(2)) : ok();
      }),
    ]);

    const { identities } = await directory.protected({ users: [id(1)], groups: [id(9)] });

    expect(identities.map(({ health }) => health)).toEqual(['ok', 'ok', 'ok']);
    expect(seen.map((one) => partsOf(one).length)).toEqual([2, 1, 2]);
  });

  it.each([
    ['no permission', graphError(403, 'No', 'Authorization_RequestDenied')],
    ['no such path', graphError(404, 'No', 'NotFound')],
    ['a request Graph cannot use', graphError(400, 'No', 'Request_UnsupportedQuery')],
    ['a broken service', html(503)],
    ['a broken network', fails('ECONNRESET')],
    ['an answer of another shape', json(200, { no: 'list' })],
    ['no body', empty(200)],
  ])('are all unverified after %s, and nothing is thrown', async (_name, answer) => {
    const { directory } = bench([answer]);

    const { identities, people } = await directory.protected({ users: [id(1), id(2)], groups: [id(3)] });

    expect(identities.map(({ health }) => health)).toEqual(Array(3).fill('unverified'));
    for (const { reason } of identities) expect(reason).toBeTruthy();
    expect(people.map(({ groups }) => groups)).toEqual(['unknown', 'unknown', { atLeast: [id(3)] }]);
  });

  it('cannot be made to ask for anything else', async () => {
    const { directory, seen } = bench([batches(() => ok())]);

    await directory.protected({ users: ["x') or (id ne '"], groups: ['../users'] });

    expect(partsOf(seen[0] as Seen).map(({ url }) => url.split('&$')[0])).toEqual([
      `/users?$filter=${encodeURIComponent("id in ('x'') or (id ne ''')")}`,
      '/groups/..%2Fusers/transitiveMembers/microsoft.graph.user?$count=true',
    ]);
  });

  it('are asked for fifteen users and twenty parts at a time', async () => {
    const { directory, seen } = bench([batches(() => ok())]);
    const many = Array.from({ length: 21 }, (_, n) => id(n));

    const { identities } = await directory.protected({ users: many, groups: many });

    expect(identities).toHaveLength(42);
    expect(seen.map((one) => partsOf(one).length)).toEqual([20, 3]);
  });
});

describe('one person', () => {
  it('is found with groups and active roles', async () => {
    const { directory } = bench([
      batches((url) =>
        url.startsWith('/users?')
          ? ok(user(1, url.includes('displayName') ? { displayName: 'Ada' } : {}))
          : ok(group(2), {
              '@odata.type': '#microsoft.graph.directoryRole',
              id: id(3),
              roleTemplateId: id(4),
            }),
      ),
    ]);

    expect(await directory.person(id(1).toUpperCase())).toEqual({
      kind: 'found',
      facts: { id: id(1), groups: [id(2)], roles: [id(4)], guestType: null, homeTenantId: null },
      displayName: 'Ada',
    });
  });

  it('is missing when Graph lists nobody of that id', async () => {
    const { directory } = bench([batches(() => ok())]);

    expect(await directory.person(id(1))).toEqual({ kind: 'missing' });
  });

  it.each([
    ['no permission', graphError(403, 'No')],
    ['a proxy’s 404', html(404)],
  ])('is unread after %s', async (_name, answer) => {
    const { directory } = bench([answer]);

    expect(await directory.person(id(1))).toMatchObject({ kind: 'unread' });
  });
});

describe('ids that policies name', () => {
  const many = Array.from({ length: 16 }, (_, n) => id(n));

  it('are looked up in one request, fifteen to a filter', async () => {
    const { directory, seen } = bench([
      batches((url) => (url.startsWith('/users?') ? ok(...many.slice(2).map((one) => ({ id: one }))) : ok())),
    ]);

    const read = await directory.absent({ users: many, groups: [id(99)] });

    expect(read).toEqual({ users: many.slice(0, 2), groups: [id(99)], untold: [] });
    expect(seen).toHaveLength(1);
    expect(partsOf(seen[0] as Seen).map(({ url }) => decodeURIComponent(url))).toEqual([
      `/users?$filter=id in (${many
        .slice(0, 15)
        .map((one) => `'${one}'`)
        .join()})&$select=id`,
      `/users?$filter=id in ('${id(15)}')&$select=id`,
      `/groups?$filter=id in ('${id(99)}')&$select=id`,
    ]);
  });

  it('cost nothing when there are none', async () => {
    const { directory, seen } = bench([]);

    expect(await directory.absent({ users: [], groups: [] })).toEqual({ users: [], groups: [], untold: [] });
    expect(seen).toHaveLength(0);
  });

  it('are there in whatever letter case the directory spells them', async () => {
    const { directory } = bench([batches(() => ok({ id: id(10).toUpperCase() }))]);

    expect((await directory.absent({ users: [id(10)], groups: [] })).users).toEqual([]);
  });

  it('are not absent for being unasked: each part that fails is untold, and the others count', async () => {
    const { directory } = bench([
      batches((url) => (url.startsWith('/users?') ? { status: 403, body: forbidden } : ok())),
    ]);

    const read = await directory.absent({ users: [id(1)], groups: [id(2)] });

    expect(read).toMatchObject({ users: [], groups: [id(2)] });
    expect(read.untold).toEqual([expect.stringContaining('User.Read.All')]);
  });

  it.each([
    ['no such path', graphError(404, 'No', 'NotFound')],
    ['a part without an answer', batches(() => undefined)],
    ['a part that says the list is not there', batches(() => ({ status: 404, body: notFound }))],
    ['a broken network', fails('ECONNRESET')],
    ['an answer of another shape', json(200, { no: 'list' })],
  ])('are all untold after %s, and nothing is thrown', async (_name, answer) => {
    const { directory } = bench([answer]);

    const read = await directory.absent({ users: [id(1)], groups: [id(2)] });

    expect(read).toMatchObject({ users: [], groups: [] });
    expect(read.untold.length).toBeGreaterThan(0);
  });
});

describe('names', () => {
  it('come by id, for those who have one', async () => {
    const { directory, seen } = bench([
      batches((url) =>
        url.startsWith('/users?')
          ? ok({ id: id(1).toUpperCase(), displayName: 'Ada' }, { id: id(2), displayName: null })
          : ok({ id: id(3), displayName: 'Emergency access' }),
      ),
    ]);

    const read = await directory.names({ users: [id(1), id(2)], groups: [id(3)] });

    expect(Object.fromEntries(read.names)).toEqual({ [id(1)]: 'Ada', [id(3)]: 'Emergency access' });
    expect(read.untold).toEqual([]);
    expect(partsOf(seen[0] as Seen).map(({ url }) => decodeURIComponent(url))).toEqual([
      `/users?$filter=id in ('${id(1)}','${id(2)}')&$select=id,displayName`,
      `/groups?$filter=id in ('${id(3)}')&$select=id,displayName`,
    ]);
  });

  it('are told as far as they may be read', async () => {
    const { directory } = bench([
      batches((url) =>
        url.startsWith('/users?') ? { status: 403, body: forbidden } : ok({ id: id(3), displayName: 'G' }),
      ),
    ]);

    const read = await directory.names({ users: [id(1)], groups: [id(3)] });

    expect([...read.names]).toEqual([[id(3), 'G']]);
    expect(read.untold).toEqual([expect.stringContaining('User.Read.All')]);
  });
});

describe('security defaults', () => {
  it.each([true, false])(
    'are read in one request, outside the pace of the policies: %s',
    async (isEnabled) => {
      const { directory, seen, clock } = bench([json(200, { id: id(5), isEnabled })]);
      const startAt = clock.now();

      expect(await directory.securityDefaults()).toBe(isEnabled);

      expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([
        `GET ${origin}/v1.0/policies/identitySecurityDefaultsEnforcementPolicy`,
      ]);
      expect(clock.now()).toBe(startAt);
    },
  );

  it.each([
    ['nobody may read them', graphError(403, 'No', 'Authorization_RequestDenied'), 'denied'],
    ['the answer does not say', json(200, { id: id(5) }), 'unavailable'],
    ['the answer says it in another shape', json(200, { isEnabled: 'true' }), 'unavailable'],
    ['the network is broken', fails('ECONNRESET'), 'unavailable'],
  ])('are not known where %s', async (_name, answer, kind) => {
    const { directory } = bench([answer]);

    await expect(directory.securityDefaults()).rejects.toMatchObject({ kind });
  });
});
