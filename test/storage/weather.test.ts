import {
  createServer,
  request as forward,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite } from '../../sandbox/azurite.ts';
import { createStorage, newRunId, type TenantStorage } from '../../src/lib/storage/index.ts';
import { withoutQuotations } from '../../src/lib/text.ts';
import { type HandClock, handClock } from '../contract/bench.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';
const KEY = 'c2VjcmV0LWtleS1vZi10aGUtYWNjb3VudA==';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A table service that says whatever a test wants, and counts how often it is asked. */
interface OddService {
  readonly connectionString: string;
  readonly asked: string[];
}

const servers: Server[] = [];

async function oddService(answer: Answer): Promise<OddService> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(`${request.method}`);
    answer(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { connectionString: stringFor(port), asked };
}

function stringFor(port: number): string {
  const endpoint = `http://127.0.0.1:${port}/account`;
  return `DefaultEndpointsProtocol=http;AccountName=account;AccountKey=${KEY};TableEndpoint=${endpoint};`;
}

const says =
  (status: number, code = '', headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, {
      'content-type': 'application/json',
      'x-ms-request-id': 'req-1',
      ...headers,
    });
    response.end(JSON.stringify({ 'odata.error': { code, message: { lang: 'en-US', value: 'no' } } }));
  };

/** Its pauses take no time, so that repeats need no waiting; its deadlines never come. */
function patientClock(): HandClock {
  const clock = handClock();
  return {
    ...clock,
    sleep: (ms, signal) => (signal === undefined ? Promise.resolve() : clock.sleep(ms, signal)),
  };
}

function open(connectionString: string, clock: HandClock = patientClock()): TenantStorage {
  return createStorage({ connectionString }, clock).open(TENANT, clock.now() + 60_000);
}

/** Hands everything on to the emulator, and breaks the line instead of bringing the first answer to a write. */
async function losingFirstWrite(port: number): Promise<string> {
  let lost = false;
  const { connectionString } = await oddService((request, response) => {
    const { method, url, headers } = request;
    const onward = forward({ host: '127.0.0.1', port, method, path: url, headers }, (answer) => {
      if (method !== 'GET' && !lost) {
        lost = true;
        response.destroy();
        return;
      }
      response.writeHead(answer.statusCode ?? 0, answer.headers);
      answer.pipe(response);
    });
    request.pipe(onward);
  });
  return connectionString
    .replaceAll('=account;', '=devstoreaccount1;')
    .replace('/account;', '/devstoreaccount1;');
}

const BINDING = {
  key: 'require-mfa',
  id: null,
  origin: 'created',
  boundAt: 1,
  proven: null,
  highestVersion: 1,
  pending: null,
  refusal: null,
} as const;
const FREEZE = { reason: 'r', by: 'b', since: '2026-11-24T08:00:00Z', until: null };
const LEASE = { owner: 'run', fence: 1 };

describe('the tables in bad weather', () => {
  afterEach(() => {
    for (const server of servers.splice(0)) {
      server.closeAllConnections();
      server.close();
    }
  });

  it('names a table that is missing, the account and the command that makes it', async () => {
    const azurite = await startAzurite();
    const storage = open(azurite.connectionString);
    const calls: readonly [string, () => Promise<unknown>][] = [
      ['desired', () => storage.desired.heads()],
      ['bindings', () => storage.bindings.all()],
      ['bindings', () => storage.bindings.put(BINDING)],
      ['runs', () => storage.runs.latest(1)],
      ['runs', () => storage.runs.get('20261124T082413123Z-7f3a9c01')],
      ['runs', () => storage.runs.prune(1)],
      ['control', () => storage.control.acquire('run')],
      ['control', () => storage.control.standing(LEASE)],
      ['control', () => storage.control.renew(LEASE)],
      ['control', () => storage.control.freeze(FREEZE)],
    ];

    for (const [table, action] of calls) {
      const message = `table ${table} is missing at 127.0.0.1:${new URL(azurite.url).port}/devstoreaccount1: run \`caretaker init\` or \`caretaker push\``;
      await expect(action()).rejects.toMatchObject({
        kind: 'config',
        message: expect.stringContaining(message),
      });
    }
    await azurite.close();
  });

  it('creates the tables when told to, as often as one likes, and never by itself', async () => {
    const azurite = await startAzurite();
    const storage = createStorage({ connectionString: azurite.connectionString }, handClock());

    await storage.createTables();
    await storage.createTables();

    expect(await open(azurite.connectionString).desired.heads()).toEqual({ versions: [], damaged: [] });
    await azurite.close();
  });

  it('names the role that is missing', async () => {
    const { connectionString, asked } = await oddService(says(403, 'AuthorizationPermissionMismatch'));

    await expect(open(connectionString).desired.heads()).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('Storage Table Data Reader'),
      detail: { status: 403, code: 'AuthorizationPermissionMismatch', requestId: 'req-1' },
    });
    await expect(open(connectionString).bindings.put(BINDING)).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('Storage Table Data Contributor'),
    });
    expect(asked).toEqual(['GET', 'PUT']);
  });

  it('says in a log, too, which table refused whom for want of which role', async () => {
    const { connectionString } = await oddService(says(403, 'AuthorizationPermissionMismatch'));
    const refused = await open(connectionString).bindings.put(BINDING).catch(String);

    expect(refused).toMatch(
      /table bindings at .*: access is refused; .* role Storage Table Data Contributor/,
    );
    expect(withoutQuotations(String(refused))).toBe(refused);
  });

  it.each([
    ['AuthenticationFailed', /the key or the token is not accepted/],
    ['AuthorizationFailure', /network rules/],
    ['KeyBasedAuthenticationNotPermitted', /takes no keys/],
  ])('says what 403 %s means', async (code, message) => {
    const { connectionString } = await oddService(says(403, code));

    await expect(open(connectionString).runs.latest(1)).rejects.toThrow(message);
  });

  it.each([
    [503, 'ServerBusy'],
    [429, ''],
    [500, 'InternalError'],
    [502, ''],
    [408, ''],
  ])('asks a little more often when a read gets %d %s, then calls it unavailable', async (status, code) => {
    const { connectionString, asked } = await oddService(says(status, code));
    const storage = open(connectionString);

    await expect(storage.desired.heads()).rejects.toMatchObject({ kind: 'unavailable' });

    expect(asked).toHaveLength(3);
    expect(storage.requests()).toBe(3);
  });

  it('calls a write indeterminate whose answer says neither yes nor no', async () => {
    const { connectionString } = await oddService(says(500, 'OperationTimedOut'));
    const storage = open(connectionString);

    await expect(storage.bindings.put(BINDING)).rejects.toMatchObject({ kind: 'indeterminate' });
    await expect(storage.control.freeze(FREEZE)).rejects.toMatchObject({ kind: 'indeterminate' });
  });

  it('never sends a conditional write twice when it may have been carried out', async () => {
    const { connectionString, asked } = await oddService((request, response) => {
      if (request.method !== 'GET') return says(500, 'OperationTimedOut')(request, response);
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end('{"value":[]}');
    });
    const item = {
      key: 'a',
      content: '{}',
      active: true,
      author: 'ann',
      message: '',
      pushedAt: '',
      baseHash: null,
    };

    await expect(open(connectionString).desired.push([item])).rejects.toMatchObject({
      kind: 'indeterminate',
    });

    expect(asked.filter((method) => method !== 'GET')).toEqual(['POST']);
  });

  it('calls a write that the service was too busy for unavailable', async () => {
    const { connectionString, asked } = await oddService(says(503, 'ServerBusy'));

    await expect(open(connectionString).bindings.put(BINDING)).rejects.toMatchObject({ kind: 'unavailable' });

    expect(asked).toHaveLength(3);
  });

  it('does not repeat what the service refuses for good', async () => {
    const { connectionString, asked } = await oddService(says(400, 'InvalidInput'));

    await expect(open(connectionString).bindings.put(BINDING)).rejects.toMatchObject({
      kind: 'rejected',
      detail: { code: 'InvalidInput' },
    });

    expect(asked).toHaveLength(1);
  });

  it('says that nobody answers at the address', async () => {
    const { connectionString } = await oddService(says(200));
    const server = servers.pop();
    await new Promise((resolve) => server?.close(resolve));
    const storage = open(connectionString);

    await expect(storage.desired.heads()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
    await expect(storage.bindings.put(BINDING)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('does not know what became of a write when the line breaks', async () => {
    const { connectionString } = await oddService((request) => request.socket.destroy());
    const storage = open(connectionString);

    await expect(storage.bindings.put(BINDING)).rejects.toMatchObject({ kind: 'indeterminate' });
    await expect(storage.bindings.all()).rejects.toMatchObject({ kind: 'unavailable' });
  });

  const oddPages: readonly [string, string, string][] = [
    ['a web page', 'text/html', '<html>Sign in to the network</html>'],
    ['a web page that calls itself JSON', 'application/json', '<html></html>'],
    ['half of a list', 'application/json', '{"value":[{"PartitionKey":"x"'],
    ['an object without a list', 'application/json', '{}'],
    ['a bare list', 'application/json', '[]'],
    ['null', 'application/json', 'null'],
    ['nothing', 'application/json', ''],
    ['rows of nobody', 'application/json', '{"value":[{}]}'],
    ["another tenant's rows", 'application/json', '{"value":[{"PartitionKey":"x","RowKey":"head|a"}]}'],
    ['rows that are no rows', 'application/json', '{"value":[1,null]}'],
  ];

  it.each(oddPages)('never takes %s for an empty table or an absent row', async (_, contentType, body) => {
    const { connectionString } = await oddService((_request, response) => {
      response.writeHead(200, { 'content-type': contentType });
      response.end(body);
    });
    const storage = open(connectionString);

    await expect(storage.desired.heads()).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(storage.bindings.all()).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(storage.runs.get('20261124T082413123Z-7f3a9c01')).rejects.toMatchObject({
      kind: 'unavailable',
    });
    await expect(storage.control.standing(LEASE)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('does not take a 404 from elsewhere for an absent row', async () => {
    const { connectionString } = await oddService((_request, response) => {
      response.writeHead(404, { 'content-type': 'text/html' });
      response.end('<html>not here</html>');
    });
    const storage = open(connectionString);

    await expect(storage.runs.get('20261124T082413123Z-7f3a9c01')).rejects.toMatchObject({ kind: 'config' });
    await expect(storage.approvals.remove('x')).rejects.toMatchObject({ kind: 'config' });
  });

  it('gives up on a list that never ends', async () => {
    const { connectionString, asked } = await oddService((_request, response) => {
      response.writeHead(200, {
        'content-type': 'application/json',
        'x-ms-continuation-NextPartitionKey': TENANT,
        'x-ms-continuation-NextRowKey': 'head|a',
      });
      response.end('{"value":[]}');
    });

    await expect(open(connectionString).desired.heads()).rejects.toMatchObject({ kind: 'unavailable' });

    expect(asked.length).toBeLessThanOrEqual(500);
  });

  it('sends neither key nor request elsewhere when told to', async () => {
    const elsewhere = await oddService(says(200));
    const { connectionString } = await oddService((_request, response) => {
      response.writeHead(307, {
        location: elsewhere.connectionString.split('TableEndpoint=')[1]?.replace(';', ''),
      });
      response.end();
    });

    await expect(open(connectionString).desired.heads()).rejects.toMatchObject({ kind: 'rejected' });

    expect(elsewhere.asked).toEqual([]);
  });

  it('waits for a service that hangs no longer than its deadline', async () => {
    const { connectionString, asked } = await oddService(() => {});
    const waits: number[] = [];
    const clock: HandClock = {
      ...handClock(),
      sleep: async (ms) => {
        waits.push(ms);
        // Long enough for the request to leave.
        while (asked.length < waits.filter((wait) => wait > 2_000).length) await new Promise(setImmediate);
      },
    };

    await expect(open(connectionString, clock).desired.heads()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('within 15 s'),
      detail: { code: 'TimedOut' },
    });
    await expect(open(connectionString, clock).control.freeze(FREEZE)).rejects.toMatchObject({
      kind: 'indeterminate',
    });

    expect(waits).toEqual([15_000, 300, 15_000, 1_200, 15_000, 15_000, 300, 15_000, 1_200, 15_000]);
  });

  it('waits for an identity endpoint that hangs no longer either', async () => {
    const clock: HandClock = { ...handClock(), sleep: async () => {} };
    const credential = { getToken: () => new Promise<never>(() => {}) };
    const storage = createStorage({ tableServiceUri: 'https://state.invalid', credential }, clock);

    await expect(storage.open(TENANT, clock.now() + 60_000).bindings.all()).rejects.toMatchObject({
      kind: 'unavailable',
      message: expect.stringContaining('identity endpoint'),
    });
  });

  it('says so when the identity gets no token', async () => {
    const refused = Object.assign(new Error('no managed identity here'), {
      name: 'CredentialUnavailableError',
    });
    const credential = { getToken: () => Promise.reject(refused) };
    const clock = patientClock();
    const storage = createStorage({ tableServiceUri: 'https://state.invalid', credential }, clock);

    await expect(storage.open(TENANT, clock.now() + 60_000).bindings.all()).rejects.toMatchObject({
      kind: 'denied',
      message: expect.stringContaining('AZURE_CLIENT_ID'),
    });
  });

  it('still records the end of a run whose time is used up, but repeats nothing', async () => {
    const { connectionString, asked } = await oddService(says(503, 'ServerBusy'));
    const clock = patientClock();
    const storage = createStorage({ connectionString }, clock).open(TENANT, clock.now() - 1);

    await expect(storage.bindings.put(BINDING)).rejects.toMatchObject({ kind: 'unavailable' });

    expect(asked).toHaveLength(1);
  });

  describe('when the answer to a write that was carried out is lost', () => {
    let azurite: Awaited<ReturnType<typeof startAzurite>>;
    let storage: TenantStorage;

    beforeEach(async () => {
      azurite = await startAzurite();
      await createStorage({ connectionString: azurite.connectionString }, handClock()).createTables();
      const account = azurite.connectionString.match(/AccountKey=[^;]+/)?.[0] ?? '';
      const lossy = (await losingFirstWrite(Number(new URL(azurite.url).port))).replace(
        /AccountKey=[^;]+/,
        account,
      );
      storage = open(lossy);
    });
    afterEach(() => azurite.close());

    it('keeps one journal entry and not two', async () => {
      const runId = newRunId(Date.now(), '7f3a9c01');
      const names = { runId, fence: 1, key: 'require-mfa', intentId: 'i', digest: 'd' };

      await storage.journal.append({ ...names, kind: 'settled', settled: true, reason: null });

      expect(await storage.journal.ofRun(runId)).toMatchObject([names]);
    });

    it('knows its own lease', async () => {
      const answer = await storage.control.acquire('run-a');

      expect(answer).toMatchObject({ kind: 'held', lease: { owner: 'run-a' } });
    });

    it('knows its own push', async () => {
      const item = {
        key: 'a',
        content: '{}',
        active: true,
        author: 'ann',
        message: '',
        pushedAt: '',
        baseHash: null,
      };

      const pushed = await storage.desired.push([item]);

      expect((await storage.desired.heads()).versions).toEqual(pushed);
    });

    it('writes a binding again', async () => {
      await storage.bindings.put(BINDING);

      expect((await storage.bindings.all()).bindings).toEqual([BINDING]);
    });
  });
});
