import { describe, expect, it } from 'vitest';
import {
  bench,
  brokenOff,
  empty,
  fails,
  faultFrom,
  graphError,
  hang,
  html,
  json,
  list,
  origin,
  policiesUrl,
  policy,
  policyId,
  text,
} from './support.ts';

const intentId = 'bbbbbbbb-0000-4000-8000-000000000001';
const other = 'aaaaaaaa-0000-4000-8000-000000000002';
const notFound = graphError(404, 'Resource could not be discovered.', 'ResourceNotFound');

describe('list', () => {
  it('asks v1.0 for unmasked members, with an id of its own and the token', async () => {
    const { policies, seen } = bench([list(policy())]);

    const { policies: listed, doubts } = await policies.list();

    expect({ listed, doubts }).toEqual({ listed: [policy()], doubts: [] });
    expect(seen.map(({ method, url }) => `${method} ${url}`)).toEqual([`GET ${policiesUrl}`]);
    expect(Object.fromEntries(seen[0]?.headers ?? [])).toEqual({
      accept: 'application/json',
      authorization: 'Bearer opaque-token',
      'client-request-id': '00000001-0000-4000-8000-000000000000',
      prefer: 'include-unknown-enum-members',
    });
  });

  it('follows the pages to their end, one request per interval', async () => {
    const { policies, seen } = bench([
      json(200, {
        value: [policy()],
        '@odata.nextLink': `${policiesUrl}?$skiptoken=a%2Bb&x=https://elsewhere/`,
      }),
      json(200, { value: [], '@odata.nextLink': `${policiesUrl}?$skiptoken=c` }),
      json(200, { value: [policy(other)], '@odata.nextLink': null }),
    ]);

    const listed = await policies.list();

    expect(listed).toEqual({ policies: [policy(), policy(other)], doubts: [] });
    expect(seen.map(({ url }) => url)).toEqual([
      policiesUrl,
      `${policiesUrl}?$skiptoken=a%2Bb&x=https%3A%2F%2Felsewhere/`,
      `${policiesUrl}?$skiptoken=c`,
    ]);
    expect(seen.map(({ at }) => at - (seen[0]?.at ?? 0))).toEqual([0, 1100, 2200]);
  });

  it.each([
    ['another host', 'https://evil.test/v1.0/identity/conditionalAccess/policies?$skiptoken=a'],
    ['another port', 'https://graph.test:8443/v1.0/identity/conditionalAccess/policies'],
    ['another scheme', 'http://graph.test/v1.0/identity/conditionalAccess/policies'],
    ['a host that begins like ours', 'https://graph.test.evil.test/v1.0/x'],
    ['a host behind our name as a user', 'https://graph.test@evil.test/v1.0/x'],
    ['another version', `${origin}/beta/identity/conditionalAccess/policies`],
    ['out of the version by dots', `${origin}/v1.0/../beta/x`],
    ['out of the version by written-out dots', `${origin}/v1.0/%2e%2e/beta/x`],
    ['nowhere', '/v1.0/identity/conditionalAccess/policies?$skiptoken=a'],
    ['nothing', ''],
    ['a number', 5],
    ['an object', { href: policiesUrl }],
  ])('does not follow a link to %s, and gives no part of the list', async (_name, nextLink) => {
    const { policies, seen } = bench([json(200, { value: [policy()], '@odata.nextLink': nextLink })]);

    const fault = await faultFrom(policies.list());

    expect(fault).toMatchObject({ kind: 'unavailable', detail: { status: 200 } });
    expect(fault.message).toContain(`does not lead to ${origin}/v1.0`);
    expect(seen).toHaveLength(1);
  });

  it('follows a link with somebody else’s credentials in it as ours', async () => {
    const { policies, seen } = bench([
      json(200, {
        value: [policy()],
        '@odata.nextLink': policiesUrl.replace('//', '//u:p@').concat('?$skiptoken=a'),
      }),
      list(policy(other)),
    ]);

    await policies.list();

    expect(seen[1]?.url).toBe(`${policiesUrl}?$skiptoken=a`);
    expect(seen[1]?.headers.get('authorization')).toBe('Bearer opaque-token');
  });

  it.each([
    ['to itself', [policiesUrl]],
    [
      'to a page before',
      [`${policiesUrl}?$skiptoken=a`, `${policiesUrl}?$skiptoken=b`, `${policiesUrl}?$skiptoken=a`],
    ],
  ])('notices pages that lead %s', async (_name, links) => {
    const { policies } = bench(links.map((link) => json(200, { value: [], '@odata.nextLink': link })));

    const fault = await faultFrom(policies.list());

    expect(fault.message).toContain('in a circle');
  });

  it('stops at a hundred pages', async () => {
    const { policies, seen } = bench(
      [({ at }) => Response.json({ value: [], '@odata.nextLink': `${policiesUrl}?$skiptoken=${at}` })],
      { intervalMs: 20 },
    );

    const fault = await faultFrom(policies.list());

    expect([fault.kind, seen.length]).toEqual(['unavailable', 100]);
  });

  it.each([
    ['nothing', {}],
    ['null', { value: null }],
    ['an object', { value: { 0: policy() } }],
  ])('takes %s in place of the values for no list', async (_name, body) => {
    const { policies } = bench([json(200, body)]);

    const fault = await faultFrom(policies.list());

    expect(fault.kind).toBe('unavailable');
    expect(fault.message).toContain('no list of values');
  });

  it('is whole or nothing: a page that cannot be had is a fault', async () => {
    const { policies } = bench([
      json(200, { value: [policy()], '@odata.nextLink': `${policiesUrl}?$skiptoken=a` }),
      graphError(500, 'Oops'),
    ]);

    const fault = await faultFrom(policies.list());

    expect(fault).toMatchObject({ kind: 'unavailable', detail: { status: 500 } });
  });

  it('doubts items without an id and items listed twice, and keeps the first', async () => {
    const rewritten = { state: 'enabled', id: policyId.toUpperCase(), displayName: 'Another' };
    const reordered = { state: 'enabled', displayName: 'A policy', id: other };
    const { policies } = bench([
      list(policy(), policy(other), null, 'text', { displayName: 'x' }, policy(''), reordered, rewritten),
    ]);

    const listed = await policies.list();

    expect(listed.policies).toEqual([policy(), policy(other)]);
    expect(listed.doubts).toEqual([
      'Item 3 of the list has no id.',
      'Item 4 of the list has no id.',
      'Item 5 of the list has no id.',
      'Item 6 of the list has no id.',
      `Policy ${other} is listed twice.`,
      `Policy ${policyId} is listed twice, with different content; the first is taken.`,
    ]);
  });

  it.each([
    ['HTML', html(200)],
    ['JSON that was cut', text(200, '{"value":[{"id":"a')],
    ['an empty body', text(200, '')],
    ['a body that breaks off', brokenOff(200)],
    ['a 500', graphError(500, 'Oops')],
    ['a gateway’s 502', html(502)],
    ['a 503', empty(503)],
    ['a 504', graphError(504, 'Slow')],
    ['a reset', fails('ECONNRESET')],
    ['a refused connection', fails('ECONNREFUSED')],
    ['no answer', hang],
  ])('asks again after %s', async (_name, trouble) => {
    const { policies, seen } = bench([trouble, trouble, list(policy())]);

    const listed = await policies.list();

    expect(listed.policies).toEqual([policy()]);
    expect(seen).toHaveLength(3);
    expect(new Set(seen.map(({ headers }) => headers.get('client-request-id'))).size).toBe(3);
  });

  it('backs off longer and longer from a 429 that says nothing', async () => {
    const throttled = graphError(429, 'Too many', 'TooManyRequests');
    const { policies, seen } = bench([throttled, throttled, throttled, list(policy())]);

    await policies.list();

    expect(seen.map(({ at }) => at - (seen[0]?.at ?? 0))).toEqual([0, 4950, 14_850, 34_650]);
  });

  it('gives up in time for the deadline', async () => {
    const { policies, clock, seen } = bench([graphError(429, 'Too many', 'TooManyRequests')], {
      deadlineMs: 20_000,
    });
    const startAt = clock.now();

    const fault = await faultFrom(policies.list());

    expect([fault.kind, fault.detail.code, seen.length]).toEqual(['unavailable', 'TooManyRequests', 3]);
    expect(clock.now()).toBeLessThan(startAt + 20_000);
  });

  it('gives up after two minutes, however patient the service is', async () => {
    const { policies, clock } = bench([json(503, {}, { 'retry-after': '50' })]);
    const startAt = clock.now();

    await faultFrom(policies.list());

    expect(clock.now() - startAt).toBe(100_000);
  });

  it('sends nothing once the deadline has come', async () => {
    const { policies, seen } = bench([list(policy())], { deadlineMs: 0 });

    const fault = await faultFrom(policies.list());

    expect([fault.kind, seen.length]).toEqual(['unavailable', 0]);
  });

  it('ends a hang at the deadline, and lets go of the connection', async () => {
    const { policies, clock, seen } = bench([hang], { deadlineMs: 12_000 });
    const startAt = clock.now();

    const fault = await faultFrom(policies.list());

    expect([fault.kind, clock.now() - startAt, seen[0]?.signal?.aborted]).toEqual([
      'unavailable',
      12_000,
      true,
    ]);
  });

  it('ends a body that never ends after thirty seconds', async () => {
    const endless = () => new Response(new ReadableStream({}), { status: 200 });
    const { policies, seen } = bench([endless, list(policy())]);

    await policies.list();

    expect((seen[1]?.at ?? 0) - (seen[0]?.at ?? 0)).toBeGreaterThanOrEqual(30_000);
  });

  it('does not follow redirects', async () => {
    const { policies, seen } = bench([empty(302, { location: 'https://evil.test/' })]);

    const fault = await faultFrom(policies.list());

    expect(fault.kind).toBe('unavailable');
    expect(fault.message).toContain('redirects are not followed');
    expect(seen).toHaveLength(1);
  });

  it('counts what left, answered or not', async () => {
    const { policies, requests } = bench([fails('ECONNRESET'), list(policy())]);

    await policies.list();

    expect(requests()).toBe(2);
  });
});

describe('read', () => {
  it('finds the policy, however its id is spelled', async () => {
    const { policies } = bench([json(200, policy(policyId.toUpperCase()))]);

    expect(await policies.read(policyId)).toEqual({ kind: 'found', raw: policy(policyId.toUpperCase()) });
  });

  it('says missing when Graph does', async () => {
    const { policies } = bench([notFound]);

    expect(await policies.read(policyId)).toEqual({ kind: 'missing' });
  });

  it.each([
    ['HTML', html(404)],
    ['no body', empty(404)],
    ['JSON of somebody else', json(404, { message: 'no route' })],
  ])('does not take a 404 with %s for Graph’s word', async (_name, answer) => {
    const { policies } = bench([answer]);

    expect((await faultFrom(policies.read(policyId))).kind).toBe('unavailable');
  });

  it.each([
    ['in the message', graphError(400, '1037: The policy you requested contains preview features.')],
    [
      'in the inner error',
      graphError(400, '', 'BadRequest', { message: '1037: The policy you requested …' }),
    ],
  ])('says hidden for a 1037 %s', async (_name, answer) => {
    const { policies } = bench([answer]);

    expect(await policies.read(policyId)).toEqual({ kind: 'hidden' });
  });

  it('does not take every 400 for a hidden policy', async () => {
    const { policies } = bench([graphError(400, 'Bad request. See 1037.')]);

    expect((await faultFrom(policies.read(policyId))).kind).toBe('rejected');
  });

  it.each([
    ['another policy', policy(other)],
    ['a list', { value: [policy()] }],
    ['an array', [policy()]],
    ['null', null],
  ])('does not take %s for the policy', async (_name, body) => {
    const { policies } = bench([json(200, body)]);

    expect((await faultFrom(policies.read(policyId))).kind).toBe('unavailable');
  });

  it.each(['', '../users', 'a/b', 'a?b', 'a%2Fb', 'a b', 'x'.repeat(65)])(
    'sends nothing for the id %o',
    async (id) => {
      const { policies, seen } = bench([json(200, policy(id))]);

      const faults = [
        await faultFrom(policies.read(id)),
        await faultFrom(policies.readDeleted(id)),
        await faultFrom(policies.update(id, {}, intentId)),
        await faultFrom(policies.restore(id, intentId)),
      ];

      expect([faults.map(({ kind }) => kind), seen.length]).toEqual([Array(4).fill('config'), 0]);
    },
  );
});

describe('readDeleted', () => {
  const deletedUrl = `${origin}/v1.0/identity/conditionalAccess/deletedItems/policies/${policyId}`;

  it('finds what was deleted', async () => {
    const { policies, seen } = bench([json(200, policy())]);

    expect(await policies.readDeleted(policyId)).toEqual({ kind: 'found', raw: policy() });
    expect(seen[0]?.url).toBe(deletedUrl);
  });

  it('says missing when Graph does', async () => {
    const { policies } = bench([notFound]);

    expect(await policies.readDeleted(policyId)).toEqual({ kind: 'missing' });
  });

  it.each([400, 403, 405, 501])('takes a %i for a service that does not offer it', async (status) => {
    const { policies } = bench([graphError(status, 'Not here')]);

    const read = await policies.readDeleted(policyId);

    expect(read).toEqual({ kind: 'unsupported', reason: expect.stringContaining(`${status}`) });
  });

  it('throws when nobody knows', async () => {
    const { policies } = bench([html(503)]);

    expect((await faultFrom(policies.readDeleted(policyId))).kind).toBe('unavailable');
  });
});

const body = { displayName: 'A policy', state: 'enabled' };
const writes = ['create', 'update', 'restore'] as const;

function write(what: (typeof writes)[number], { policies }: Pick<ReturnType<typeof bench>, 'policies'>) {
  switch (what) {
    case 'create':
      return policies.create(body, intentId);
    case 'update':
      return policies.update(policyId, body, intentId);
    case 'restore':
      return policies.restore(policyId, intentId);
  }
}

describe('writes', () => {
  it('create posts the body and gives the policy back', async () => {
    const { policies, seen } = bench([json(201, policy(), { location: 'https://internal.test/x' })]);

    expect(await policies.create(body, intentId)).toEqual(policy());
    expect(seen[0]).toMatchObject({ method: 'POST', url: policiesUrl, body });
    expect(seen[0]?.headers.get('content-type')).toBe('application/json');
    expect(seen[0]?.headers.has('prefer')).toBe(false);
  });

  it('update patches the policy', async () => {
    const { policies, seen } = bench([empty(204)]);

    await policies.update(policyId, { state: 'disabled', sessionControls: null }, intentId);

    expect(seen[0]).toMatchObject({
      method: 'PATCH',
      url: `${policiesUrl}/${policyId}`,
      body: { state: 'disabled', sessionControls: null },
    });
  });

  it('restore is an action without a body', async () => {
    const { policies, seen } = bench([json(200, policy())]);

    await policies.restore(policyId, intentId);

    const url = `${origin}/v1.0/identity/conditionalAccess/deletedItems/policies/${policyId}/restore`;
    expect(seen[0]).toMatchObject({ method: 'POST', url, body: undefined });
    expect(seen[0]?.headers.has('content-type')).toBe(false);
  });

  const uncertain = [
    ['a 500', graphError(500, 'Oops')],
    ['a 503', graphError(503, 'Busy')],
    ['a 503 with Retry-After', empty(503, { 'retry-after': '1' })],
    ['a 504', graphError(504, 'Slow')],
    ['a 408', empty(408)],
    ['a gateway’s HTML', html(502)],
    ['a success in HTML', html(200)],
    ['a success that was cut', text(201, '{"id":"aaa')],
    ['a success that broke off', brokenOff(201)],
    ['a reset', fails('ECONNRESET')],
    ['a socket closed', fails('UND_ERR_SOCKET')],
    ['no answer', hang],
    ['a redirect', empty(307, { location: policiesUrl })],
    ['a proxy’s 404', html(404)],
  ] as const;
  const uncertainWrites = uncertain.flatMap(([name, answer]) =>
    writes.map((what) => [what, name, answer] as const),
  );

  it.each(uncertainWrites)(
    '%s may have happened after %s, and is not repeated',
    async (what, _name, answer) => {
      const world = bench([answer]);

      const fault = await faultFrom(write(what, world));

      expect([fault.kind, world.seen.length]).toEqual(['indeterminate', 1]);
      expect(fault.detail.clientRequestId).toBe(intentId);
    },
  );

  it.each([
    ['throttling', graphError(429, 'Too many', 'TooManyRequests')],
    ['a refused connection', fails('ECONNREFUSED')],
    ['an unknown host', fails('ENOTFOUND')],
  ])('repeats after %s, where nothing can have happened', async (_name, answer) => {
    const { policies, seen } = bench([answer, answer, json(201, policy())]);

    await policies.create(body, intentId);

    expect(seen.map(({ headers }) => headers.get('client-request-id'))).toEqual(Array(3).fill(intentId));
  });

  it.each([
    ['throttling', graphError(429, 'Too many', 'TooManyRequests')],
    ['a refused connection', fails('ECONNREFUSED')],
  ])('is certain that nothing happened when %s goes on', async (_name, answer) => {
    const { policies } = bench([answer]);

    expect((await faultFrom(policies.create(body, intentId))).kind).toBe('unavailable');
  });

  it.each([
    ['nothing', undefined],
    ['no id', { displayName: 'A policy' }],
    ['an empty id', policy('')],
  ])('a create that succeeded with %s may have happened', async (_name, answer) => {
    const { policies } = bench([answer === undefined ? empty(201) : json(201, answer)]);

    expect((await faultFrom(policies.create(body, intentId))).kind).toBe('indeterminate');
  });

  it.each([
    [400, 'rejected'],
    [401, 'denied'],
    [403, 'denied'],
    [404, 'missing'],
    [405, 'rejected'],
    [409, 'rejected'],
    [412, 'rejected'],
    [501, 'rejected'],
  ])('a %i is %s', async (status, kind) => {
    const { policies } = bench([graphError(status, 'No')]);

    expect((await faultFrom(policies.update(policyId, body, intentId))).kind).toBe(kind);
  });
});

describe('evaluate', () => {
  const question = { signInIdentity: { userId: other }, signInConditions: {} };
  const result = { ...policy(), policyApplies: true, analysisReasons: 'notSet' };

  it('asks v1.0, and asks again when the answer is lost, as it changes nothing', async () => {
    const { policies, seen } = bench([brokenOff(200), json(200, { value: [result] })]);

    expect(await policies.evaluate(question)).toEqual([result]);
    expect(seen.map(({ method, url, body }) => [method, url, body])).toEqual(
      Array.from({ length: 2 }, () => [
        'POST',
        `${origin}/v1.0/identity/conditionalAccess/evaluate`,
        question,
      ]),
    );
  });

  it.each([
    ['no list', {}],
    ['a list of other things', { value: [1] }],
    ['a part of the list', { value: [result], '@odata.nextLink': `${policiesUrl}?$skiptoken=a` }],
  ])('takes %s for no answer', async (_, body) => {
    const { policies } = bench([json(200, body)]);

    expect((await faultFrom(policies.evaluate(question))).kind).toBe('unavailable');
  });

  it('passes on a refusal', async () => {
    const { policies } = bench([graphError(400, 'The question makes no sense.')]);

    expect((await faultFrom(policies.evaluate(question))).kind).toBe('rejected');
  });
});
