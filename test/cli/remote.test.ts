import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TokenCredential } from '@azure/identity';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Terminal } from '../../src/cli/terminal.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';

const SCOPE = 'c11e0000-0000-4000-8000-000000000001/.default';

let server: Server;
let heard: IncomingHttpHeaders[];
/** What the app says to everything. */
let answer: RequestListener;

beforeEach(async () => {
  heard = [];
  answer = (_, response) => response.writeHead(204).end();
  server = createServer((request, response) => {
    heard.push(request.headers);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const signedIn: TokenCredential = {
  getToken: async (scope) => ({ token: `token-for-${scope}`, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
};
const signedOut: TokenCredential = {
  getToken: async () => {
    throw new Error('nobody is signed in');
  },
};

function url(): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function unfreeze(
  environment: Terminal['environment'],
  tablesCredential: TokenCredential,
  app = url(),
): Promise<Told> {
  return caretakerIn({ environment, world: { tablesCredential } }, ['unfreeze', '--app', app]);
}

describe('the command line, asking a deployed app', () => {
  it("brings the function key, and where the app asks who calls, the operator's token for it", async () => {
    const told = await unfreeze({ CARETAKER_APP_KEY: 'key', CARETAKER_APP_SCOPE: SCOPE }, signedIn);

    expect(told).toMatchObject({ code: 0, err: '' });
    expect(heard).toEqual([
      expect.objectContaining({ 'x-functions-key': 'key', authorization: `Bearer token-for-${SCOPE}` }),
    ]);
  });

  it('asks for no token, and sends none, unless it is told for what', async () => {
    const told = await unfreeze({ CARETAKER_APP_KEY: 'key', CARETAKER_APP_SCOPE: ' ' }, signedOut);

    expect(told.code).toBe(0);
    expect(heard[0]).not.toHaveProperty('authorization');
  });

  it('says how to sign in when there is no token, and sends nothing', async () => {
    const told = await unfreeze({ CARETAKER_APP_SCOPE: SCOPE }, signedOut);

    expect(told.code).toBe(1);
    expect(told.err).toContain(`no token for ${SCOPE}: nobody is signed in; sign in with \`az login\``);
    expect(heard).toEqual([]);
  });

  it('sends no token over the wire in the clear', async () => {
    const told = await unfreeze({ CARETAKER_APP_SCOPE: SCOPE }, signedIn, 'http://caretaker.example');

    expect(told.code).toBe(2);
    expect(told.err).toContain('--app must be https');
  });

  it('has not reached one that breaks off in the middle of its answer', async () => {
    answer = (_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('{"status":', () => response.destroy());
    };

    const { code, err } = await caretakerIn({}, ['status', '--app', url()]);

    expect({ code, err }).toEqual({ code: 1, err: expect.stringContaining('cannot be reached') });
  });

  it('says when to try again while a run is at work', async () => {
    answer = (_, response) => {
      response.writeHead(409, { 'retry-after': '42', 'content-type': 'application/problem+json' });
      response.end(JSON.stringify({ detail: 'run 7 holds the lease' }));
    };

    const { code, err } = await caretakerIn({}, ['plan', '--app', url()]);

    expect({ code, err }).toEqual({
      code: 1,
      err: 'caretaker: another run is at work (run 7 holds the lease); try again in 42 s\n',
    });
  });
});
