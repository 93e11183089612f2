import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, request as forward, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../sandbox/azurite.ts';
import { TENANT_ID } from '../../sandbox/sandbox.ts';
import { createApp } from '../../src/lib/app.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';
import { article } from '../support/world.ts';

let azurite: Azurite;
let server: Server;

beforeEach(async () => {
  azurite = await startAzurite();
  server = refusingTables(Number(new URL(azurite.url).port));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await azurite.close();
});

/** The emulator for somebody whose role ends at rows: who wants to create a table is refused. */
function refusingTables(port: number): Server {
  return createServer((request, response) => {
    const { method, url = '', headers } = request;
    if (method === 'POST' && url.endsWith('/Tables')) {
      const error = { code: 'AuthorizationPermissionMismatch', message: { lang: 'en-US', value: 'no' } };
      response.writeHead(403, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ 'odata.error': error }));
      return;
    }
    const onward = forward({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
}

async function createTables(): Promise<void> {
  const read = createApp({ TENANT_ID, STATE_STORAGE: azurite.connectionString });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  await read.app.createTables();
}

function pushAsOperator(): Promise<Told> {
  const { port } = server.address() as AddressInfo;
  const STATE_STORAGE = azurite.connectionString.replace(new URL(azurite.url).port, String(port));
  return caretakerIn({ environment: { TENANT_ID, STATE_STORAGE } }, ['push', 'baselines', '--yes']);
}

describe('push of a policy for an emergency account', () => {
  it('says that every run will deny it, and stores it', async () => {
    const user = 'b1ea0000-0000-4000-8000-000000000001';
    const folder = await mkdtemp(join(tmpdir(), 'push-'));
    const users = { includeUsers: [user] };
    const conditions = { users, applications: { includeApplications: ['All'] } };
    await writeFile(join(folder, 'one.json'), JSON.stringify(article({ conditions })));
    const environment = { TENANT_ID, STATE_STORAGE: azurite.connectionString, BREAK_GLASS_USERS: user };

    const told = await caretakerIn({ environment }, ['push', folder, '--yes']);
    await rm(folder, { recursive: true });

    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toContain(`names the protected ${user}`);
    expect(told.out).toContain('Pushed one 1.');
  });
});

describe('push by somebody who may write rows and create no table', () => {
  it('stores versions where the tables are there', async () => {
    await createTables();

    const told = await pushAsOperator();

    expect(told).toMatchObject({ code: 0, err: '' });
    expect(told.out).toContain('Pushed require-mfa-azure-management 1.');
  });

  it('says which table is missing where they are not', async () => {
    const told = await pushAsOperator();

    expect(told.code).toBe(2);
    expect(told.err).toContain('table bindings is missing');
  });
});
