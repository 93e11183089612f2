import { request as rawRequest } from 'node:http';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Host } from '../../sandbox/host.ts';
import { hosting, type Line } from './support.ts';

const BODY_BYTES_MAX = 4 * 1024 * 1024;

let host: Host;
let lines: Line[];

beforeAll(async () => {
  ({ host, lines } = await hosting(['web.ts'], { bodyBytesMax: BODY_BYTES_MAX }));
});

beforeEach(() => {
  lines.length = 0;
});

afterAll(async () => {
  await host?.close();
});

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  return fetch(`${host.url}${path}`, init);
}

/** Sends a target just as it is written, which `fetch` would tidy up. */
function askRaw(path: string, headers: Record<string, string> = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    rawRequest({ host: '127.0.0.1', port: new URL(host.url).port, path, headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    })
      .on('error', reject)
      .end();
  });
}

describe('a request', () => {
  it('arrives whole: address, route values, query, headers and body', async () => {
    const answer = await ask('/api/things/a%20b/parts/7?top=2&tag=x&tag=y&empty=', {
      method: 'POST',
      headers: { 'x-asked': 'something' },
      body: 'grüezi',
    });

    expect(answer.status).toBe(201);
    expect(answer.headers.get('x-seen')).toBe('something');
    expect(answer.headers.get('content-type')).toBe('application/json');
    expect(await answer.json()).toEqual({
      url: `${host.url}/api/things/a%20b/parts/7?top=2&tag=x&tag=y&empty=`,
      query: { top: '2', tag: 'x,y', empty: '' },
      params: { thing: 'a b', part: '7' },
      body: 'grüezi',
    });
  });

  it('needs no key, whatever the level of authorisation', async () => {
    expect(host.functions.find(({ name }) => name === 'echo')?.authLevel).toBe('function');
    expect((await ask('/api/things/a/parts')).status).toBe(201);
  });

  it('carries JSON both ways', async () => {
    const answer = await ask('/api/json', { method: 'POST', body: JSON.stringify({ a: [1, null] }) });

    expect(await answer.json()).toEqual({ twice: [{ a: [1, null] }, true] });
  });

  it('carries large bodies byte for byte, up to the limit', async () => {
    const sent = Buffer.alloc(BODY_BYTES_MAX, 'abcdefg');

    const answer = await ask('/api/bytes', { method: 'PUT', body: sent });

    expect(Buffer.from(await answer.arrayBuffer()).equals(Buffer.from(sent).reverse())).toBe(true);
  });

  it('is refused one byte beyond the limit', async () => {
    const answer = await ask('/api/bytes', { method: 'PUT', body: Buffer.alloc(BODY_BYTES_MAX + 1) });

    expect(answer.status).toBe(413);
    expect(lines).toEqual([]);
  });
});

describe('a route', () => {
  it.each([
    ['goes to the function named in it', '/api/named', 'named'],
    ['matches in either case', '/API/Named', 'named'],
    ['does not mind a slash at the end', '/api/named/', 'named'],
    ['prefers the literal to the parameter', '/api/things/latest/parts', 'latest'],
  ])('%s', async (_, path, body) => {
    expect(await (await ask(path)).text()).toBe(body);
  });

  it.each([
    ['outside /api', '/named'],
    ['of nobody', '/api/nobody'],
    ['that is too long', '/api/named/more'],
    ['of another trigger', '/api/queue'],
  ])('%s is not found', async (_, path) => {
    const answer = await ask(path);

    expect([answer.status, await answer.text()]).toEqual([404, '']);
  });

  it('says which methods it takes', async () => {
    const answer = await ask('/api/json');

    expect(answer.status).toBe(405);
    expect(answer.headers.get('allow')).toBe('POST');
  });

  it('is a path even when it looks like another machine', async () => {
    expect(await askRaw('//elsewhere.example/api/named')).toBe(404);
  });

  it('survives escapes and hosts that mean nothing', async () => {
    expect(await askRaw('/api/things/%E0%A4%A/parts')).toBe(201);
    expect(await askRaw('/api/named', { host: 'a b' })).toBe(400);
  });
});

describe('an answer', () => {
  it('is 204 from a function that returns nothing', async () => {
    expect((await ask('/api/silent')).status).toBe(204);
  });

  it.each([
    ['throws', 'broken', 'the handler is broken'],
    ['returns what is no answer', 'impossible', 'must be an object'],
  ])('is 500 without a body from a function that %s, and the reason is logged', async (_, name, reason) => {
    const answer = await ask(`/api/${name}`);

    expect([answer.status, await answer.text()]).toEqual([500, '']);
    expect(lines).toEqual([{ level: 'error', name, line: expect.stringContaining(reason) }]);
  });
});

it('logs what the function logs, in its levels and under its name', async () => {
  await ask('/api/things/a/parts');

  expect(lines).toEqual([
    { level: 'information', name: 'echo', line: "seen { method: 'GET' }" },
    { level: 'debug', name: 'echo', line: 'a detail' },
    { level: 'warning', name: 'echo', line: 'a warning' },
  ]);
});

it('lists everything that was registered', () => {
  expect(host.functions).toContainEqual({
    name: 'echo',
    type: 'httpTrigger',
    route: 'things/{thing}/parts/{part?}',
    methods: ['GET', 'POST'],
    schedule: undefined,
    authLevel: 'function',
  });
  expect(host.functions.find(({ name }) => name === 'queue')?.type).toBe('queueTrigger');
});

it('listens on the loopback address only', () => {
  expect(new URL(host.url).hostname).toBe('127.0.0.1');
});
