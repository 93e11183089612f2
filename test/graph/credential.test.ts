import type { RequestListener } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { managedIdentity, type TokenSource, tokens } from '../../src/lib/graph/credential.ts';
import type { Clock } from '../../src/lib/ports.ts';
import { virtualClock } from '../support/virtualClock.ts';
import { bench, empty, faultFrom, list, listen, realClock, tenantId } from './support.ts';

const scope = 'https://graph.test/.default';
const stranger = '99999999-9999-4999-8999-999999999999';
const never = Number.POSITIVE_INFINITY;

function jwt(claims: unknown): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none' })}.${part(claims)}.signature`;
}

/** Gives the tokens in order, each for an hour by the clock, and counts. */
function sourceOf(clock: Clock, ...given: string[]): TokenSource & { asked: number } {
  const source = {
    asked: 0,
    async getToken() {
      const token = given[Math.min(source.asked, given.length - 1)] ?? '';
      source.asked += 1;
      return { token, expiresOnTimestamp: clock.now() + 3_600_000 };
    },
  };
  return source;
}

describe('tokens', () => {
  it('asks once, and again when the token is nearly spent', async () => {
    const clock = virtualClock();
    const source = sourceOf(clock, 'first', 'second');
    const held = tokens(source, scope, tenantId, clock);

    const early = [await held.current(never), await held.current(never)];
    await clock.sleep(3_479_000);
    const stillGood = await held.current(never);
    await clock.sleep(2_000);
    const late = await held.current(never);

    expect([...early, stillGood, late]).toEqual(['first', 'first', 'first', 'second']);
    expect(source.asked).toBe(2);
  });

  it('asks again after Graph refused the token', async () => {
    const clock = virtualClock();
    const source = sourceOf(clock, 'first', 'second');
    const { policies, seen } = bench([empty(401), list()], { credential: source });

    await faultFrom(policies.list());
    await policies.list();

    expect(seen.map(({ headers }) => headers.get('authorization'))).toEqual([
      'Bearer first',
      'Bearer second',
    ]);
  });

  it.each([
    ['of our tenant', jwt({ tid: tenantId })],
    ['of our tenant, in capitals', jwt({ tid: tenantId.toUpperCase() })],
    ['without a tenant', jwt({ sub: 'x' })],
    ['that is opaque', 'opaque'],
    ['that only looks like a JWT', 'a.b.c'],
  ])('takes a token %s', async (_name, token) => {
    const clock = virtualClock();

    expect(await tokens(sourceOf(clock, token), scope, tenantId, clock).current(never)).toBe(token);
  });

  it('refuses a token of another tenant, names both, and sends nothing', async () => {
    const { policies, seen } = bench([list()], {
      credential: sourceOf(virtualClock(), jwt({ tid: stranger })),
    });

    const fault = await faultFrom(policies.list());

    expect([fault.kind, seen.length]).toEqual(['config', 0]);
    expect(fault.message).toContain(stranger);
    expect(fault.message).toContain(tenantId);
    expect(fault.message).not.toContain('signature');
  });

  it('gives up on a source that hangs, after twenty seconds or at the deadline, and asks anew the next time', async () => {
    const clock = virtualClock();
    let hanging = true;
    const source: TokenSource = {
      getToken: () =>
        hanging
          ? new Promise(() => {})
          : Promise.resolve({ token: 'late', expiresOnTimestamp: clock.now() + 3_600_000 }),
    };
    const held = tokens(source, scope, tenantId, clock);
    const startAt = clock.now();

    const first = await faultFrom(held.current(never));
    const afterFirst = clock.now() - startAt;
    const second = await faultFrom(held.current(clock.now() + 3000));
    const afterSecond = clock.now() - startAt;
    const third = await faultFrom(held.current(clock.now()));
    hanging = false;

    expect([first, second, third].map(({ kind }) => kind)).toEqual(Array(3).fill('unavailable'));
    expect([afterFirst, afterSecond]).toEqual([20_000, 23_000]);
    expect(await held.current(never)).toBe('late');
  });

  it('rethrows what is no trouble with the identity', async () => {
    const bug = new TypeError('x is not a function');
    const held = tokens({ getToken: () => Promise.reject(bug) }, scope, tenantId, virtualClock());

    await expect(held.current(never)).rejects.toBe(bug);
  });
});

describe('managedIdentity', () => {
  it('says that there is none where the platform offers none', async () => {
    const held = tokens(managedIdentity(undefined, undefined), scope, tenantId, virtualClock());

    const fault = await faultFrom(held.current(never));

    expect(fault.kind).toBe('config');
    expect(fault.message).toContain('IDENTITY_ENDPOINT');
  });

  /** The library keeps the first endpoint it sees for the life of the process, so all tests share one. */
  describe('over the App Service protocol', () => {
    let answer: RequestListener;
    let server: Awaited<ReturnType<typeof listen>>;
    let asked: { url: URL; header: string | undefined }[] = [];
    const environment = { ...process.env };

    beforeAll(async () => {
      server = await listen((request, response) => {
        asked.push({
          url: new URL(request.url ?? '', 'http://identity'),
          header: request.headers['x-identity-header'] as string | undefined,
        });
        answer(request, response);
      });
      process.env.IDENTITY_ENDPOINT = `${server.origin}/msi/token`;
      process.env.IDENTITY_HEADER = 'secret-header';
    });
    afterAll(async () => {
      process.env = environment;
      await server.close();
    });
    beforeEach(() => {
      asked = [];
    });

    const says =
      (status: number, body: unknown): RequestListener =>
      (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      };
    const inAnHour = () => `${Math.floor(Date.now() / 1000) + 3600}`;
    /** A client id of its own for every test: the library keeps tokens per identity for the life of the process. */
    const held = (clientId: string) =>
      tokens(managedIdentity(clientId, process.env.IDENTITY_ENDPOINT), scope, tenantId, realClock);

    it('fetches a token for the identity and Graph', async () => {
      const token = jwt({ tid: tenantId });
      answer = says(200, {
        access_token: token,
        expires_on: inAnHour(),
        resource: 'r',
        token_type: 'Bearer',
      });

      expect(await held('client-ok').current(Date.now() + 5000)).toBe(token);
      expect(asked[0]?.header).toBe('secret-header');
      expect(Object.fromEntries(asked[0]?.url.searchParams ?? [])).toMatchObject({
        client_id: 'client-ok',
        resource: 'https://graph.test',
      });
    });

    it.each([400, 401, 403])(
      'a %i is a refusal, with the endpoint’s words and what to do',
      async (status) => {
        answer = says(status, {
          statusCode: status,
          error: 'x',
          error_description: 'No identity found for eyJhbGci.e',
        });

        const fault = await faultFrom(held(`client-${status}`).current(Date.now() + 5000));

        expect([fault.kind, fault.detail.status]).toEqual(['denied', status]);
        expect(fault.message).toContain('"No identity found for [token]"');
        expect(fault.message).toContain('AZURE_CLIENT_ID');
        expect(fault.message).not.toContain('secret-header');
      },
    );

    it.each([
      ['HTML', '<html>Sorry</html>'],
      ['an object without a token', {}],
    ])('%s instead of a token is no answer, and not quoted', async (name, body) => {
      answer = says(200, body);

      const fault = await faultFrom(held(`client-${name}`).current(Date.now() + 5000));

      expect(fault.kind).toBe('unavailable');
      expect(fault.message).not.toContain('Sorry');
    });

    it.each<[string, RequestListener]>([
      ['hangs', () => {}],
      ['is broken for longer than the deadline', says(500, {})],
      ['breaks the connection', (request) => request.socket.destroy()],
    ])('does not wait past the deadline when the endpoint %s', async (name, listener) => {
      answer = listener;
      const startAt = Date.now();

      const fault = await faultFrom(held(`client-${name}`).current(startAt + 300));

      expect(fault.kind).toBe('unavailable');
      expect(Date.now() - startAt).toBeLessThan(2000);
    });
  });
});
