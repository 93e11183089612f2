import { execFile } from 'node:child_process';
import { createServer, type IncomingHttpHeaders, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
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

  it.each([
    'caretaker.example.net',
    'caretaker.example.net:443',
    'localhost:7071',
    'mailto:caretaker@example.net',
    'data:text/html,caretaker',
    'file:///caretaker',
    'https://caretaker.example.net@evil.example',
    'https://ada:secret@caretaker.example.net',
  ])('says what an address looks like in place of %s, and asks for no token', async (app) => {
    const told = await unfreeze({ CARETAKER_APP_KEY: 'key', CARETAKER_APP_SCOPE: SCOPE }, signedOut, app);

    expect(told).toMatchObject({ code: 2, out: '' });
    expect(told.err).toContain('such as https://<name>.azurewebsites.net');
  });

  it('follows nobody elsewhere with the key and the token', async () => {
    answer = (_, response) => void response.writeHead(307, { location: '/elsewhere' }).end();

    const told = await unfreeze({ CARETAKER_APP_KEY: 'key', CARETAKER_APP_SCOPE: SCOPE }, signedIn);

    expect(told.code).toBe(1);
    expect(told.err).toContain('redirect');
    expect(heard).toHaveLength(1);
  });

  it('sends the key and the token to no other app than the one they are for', async () => {
    const environment = { CARETAKER_APP_KEY: 'key', CARETAKER_APP_SCOPE: SCOPE };

    const elsewhere = await unfreeze(
      { ...environment, CARETAKER_APP_URL: 'https://caretaker.example' },
      signedOut,
    );
    const there = await unfreeze({ ...environment, CARETAKER_APP_URL: `${url()}/` }, signedIn);
    const without = await unfreeze({ CARETAKER_APP_URL: 'https://caretaker.example' }, signedOut);

    expect(elsewhere).toMatchObject({ code: 2, err: expect.stringContaining('CARETAKER_APP_URL') });
    expect([there.code, without.code]).toEqual([0, 0]);
    expect(heard).toHaveLength(2);
  });

  it.each([
    [401, 'CARETAKER_APP_KEY'],
    [401, 'CARETAKER_APP_SCOPE'],
    [403, 'Caretaker.Operator'],
    [404, 'whether this is the address of the app'],
    [200, 'whether this is the address of the app'],
  ])('says where to look when it hears %i and no reason: %s', async (status, hint) => {
    answer = (_, response) => void response.writeHead(status).end('<html></html>');

    const told = await unfreeze({}, signedOut);

    expect(told.code).toBe(2);
    expect(told.err).toContain(`answered ${status}`);
    expect(told.err).toContain(hint);
  });
});

describe('the program', () => {
  it('ends when all is said, whatever is still waited for', async () => {
    // As a socket does that an identity endpoint leaves without an answer.
    const waiting = 'data:text/javascript,setInterval(() => undefined, 1e6)';
    const bin = join(import.meta.dirname, '../../src/cli/bin.ts');

    const { stdout } = await promisify(execFile)(process.execPath, ['--import', waiting, bin, '--help'], {
      timeout: 20_000,
    });

    expect(stdout).toContain('Exit codes:');
  });
});
