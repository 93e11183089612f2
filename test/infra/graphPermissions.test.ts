import { execFile } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join, resolve } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { APP_ROLES, PERMISSION_SETS, type PermissionSet } from '../../src/lib/graph/permissions.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SCRIPT = join(ROOT, 'infra/graph-permissions.sh');
const GRAPH = '9a000000-0000-4000-8000-000000000001';
const OTHER_API = '9a000000-0000-4000-8000-000000000002';
const IDENTITY = 'd1000000-0000-4000-8000-000000000001';
const SOMEBODYS_APP = 'd1000000-0000-4000-8000-000000000002';

type Permissions = Readonly<Record<string, string>>;
const { read, write, licence } = JSON.parse(
  readFileSync(join(ROOT, 'infra/graph-permissions.json'), 'utf8'),
) as Readonly<Record<'read' | 'write' | 'licence', Permissions>>;

interface Assignment {
  readonly principalId: string;
  readonly resourceId: string;
  readonly appRoleId: string;
}

/** The directory as far as the script sees it. A grant that is there already is refused, as Graph does. */
interface Directory {
  assignments: Assignment[];
  offered: Permissions;
  refuses: boolean;
  readonly asked: string[];
}

let directory: Directory;
let server: Server;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'graph-permissions-'));
  writeFileSync(join(folder, 'az'), `#!${process.execPath}\n${AZ}`);
  chmodSync(join(folder, 'az'), 0o755);
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://graph');
    directory.asked.push(`${request.method} ${decodeURIComponent(url.pathname)}`);
    const answer = answerOf(request.method ?? '', decodeURIComponent(url.pathname), Buffer.concat(chunks));
    response.writeHead(answer === undefined ? 400 : 200).end(JSON.stringify(answer ?? {}));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
});

afterAll(() => {
  server.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  directory = { assignments: [], offered: { ...read, ...write, ...licence }, refuses: false, asked: [] };
});

function answerOf(method: string, path: string, body: Buffer): unknown {
  if (path === "/v1.0/servicePrincipals(appId='00000003-0000-0000-c000-000000000000')") {
    return { id: GRAPH, appRoles: Object.entries(directory.offered).map(([value, id]) => ({ id, value })) };
  }
  const [, id, rest] = /^\/v1\.0\/servicePrincipals\/([^/]+)(.*)$/.exec(path) ?? [];
  if (method === 'GET' && rest === '')
    return { servicePrincipalType: id === IDENTITY ? 'ManagedIdentity' : 'Application' };
  if (rest !== '/appRoleAssignments') return undefined;
  if (method === 'GET')
    return { value: directory.assignments.filter(({ principalId }) => principalId === id) };
  const wanted = JSON.parse(body.toString('utf8')) as Assignment;
  const isThere = directory.assignments.some(
    ({ resourceId, appRoleId }) => resourceId === wanted.resourceId && appRoleId === wanted.appRoleId,
  );
  if (method !== 'POST' || directory.refuses || isThere || wanted.principalId !== id) return undefined;
  directory.assignments.push(wanted);
  return wanted;
}

/**
 * The Azure CLI as far as the script uses it: `cloud show`, and `rest` with a method, a body and the few forms of
 * `--query` in the script.
 */
const AZ = `
const args = process.argv.slice(2);
const option = (name) => args[args.indexOf(name) + 1];
const end = process.env.AZ_LINE_END ?? '\\n';
const table = (value) => [value].flat().map((row) => [row].flat().join('\\t')).join(end);
const say = (text) => process.stdout.write(text + end);
if (process.env.AZ_SIGNED_OUT) {
  console.error("ERROR: Please run 'az login' to setup account.");
  process.exit(1);
}
function query(value, path) {
  const [, list, first, second] = /^(\\w+)\\[\\]\\.\\[(\\w+),(\\w+)\\]$/.exec(path) ?? [];
  if (list !== undefined) return value[list].map((item) => [item[first], item[second]]);
  if (!/^\\w+$/.test(path)) throw new Error('az stand-in: unknown query ' + path);
  return value[path];
}
if (args[0] === 'cloud') say(process.env.GRAPH_STAND_IN + '/');
else if (args[0] === 'rest') {
  const request = require('node:http').request(option('--url'), { method: option('--method').toUpperCase() });
  request.end(args.includes('--body') ? option('--body') : undefined);
  request.on('response', (answer) => {
    let text = '';
    answer.on('data', (part) => { text += part; });
    answer.on('end', () => {
      if (answer.statusCode !== 200) process.exit(1);
      if (args.includes('--query')) say(table(query(JSON.parse(text), option('--query'))));
    });
  });
} else process.exit(2);
`;

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

function run(args: readonly string[], environment: Permissions = {}): Promise<Told> {
  const { port } = server.address() as AddressInfo;
  const env = {
    ...environment,
    PATH: `${folder}${delimiter}${process.env.PATH}`,
    GRAPH_STAND_IN: `http://127.0.0.1:${port}`,
  };
  return new Promise((done) => {
    execFile('bash', [SCRIPT, ...args], { env }, (error, out, err) => {
      done({ code: error === null ? 0 : Number(error.code), out, err });
    });
  });
}

const grantedTo = (principal: string): readonly string[] =>
  directory.assignments
    .filter(({ principalId, resourceId }) => principalId === principal && resourceId === GRAPH)
    .map(({ appRoleId }) => appRoleId)
    .toSorted();
const idsOf = (...sets: Permissions[]): readonly string[] =>
  sets.flatMap((set) => Object.values(set)).toSorted();

describe('the script that grants Graph permissions', () => {
  it('grants what reading needs, and nothing that writes', async () => {
    const told = await run(['read', IDENTITY]);

    expect(told).toMatchObject({ code: 0, err: '' });
    expect(grantedTo(IDENTITY)).toEqual(idsOf(read));
    for (const id of Object.values(write)) expect(grantedTo(IDENTITY)).not.toContain(id);
  });

  it('grants reading and writing when told to write', async () => {
    await run(['write', IDENTITY]);

    expect(grantedTo(IDENTITY)).toEqual(idsOf(read, write));
  });

  it('grants a look at the licence only when asked for that', async () => {
    await run(['write', IDENTITY]);
    expect(grantedTo(IDENTITY)).not.toContain(idsOf(licence)[0]);

    await run(['licence', IDENTITY]);

    expect(grantedTo(IDENTITY)).toEqual(idsOf(read, write, licence));
  });

  it('grants nothing twice', async () => {
    await run(['read', IDENTITY]);
    directory.asked.length = 0;

    const told = await run(['read', IDENTITY]);

    expect(told).toMatchObject({ code: 0, err: '' });
    expect(directory.asked.filter((line) => line.startsWith('POST'))).toEqual([]);
    expect(grantedTo(IDENTITY)).toEqual(idsOf(read));
  });

  it('is not misled by the same permission of another API, or written in capitals', async () => {
    const id = read['Policy.Read.All'] as string;
    directory.assignments.push({ principalId: IDENTITY, resourceId: OTHER_API, appRoleId: id });
    directory.offered = Object.fromEntries(
      Object.entries(directory.offered).map(([name, value]) => [name, value.toUpperCase()]),
    );

    await run(['read', IDENTITY]);

    expect(grantedTo(IDENTITY)).toEqual(idsOf(read));
  });

  it('says what is missing, changes nothing, and fails when it checks', async () => {
    const told = await run(['check', IDENTITY]);

    expect(told.code).toBe(1);
    expect(told.out).toContain('lacks    Policy.Read.All');
    expect(told.err).toContain('24 hours');
    expect(told.err).toContain(`bash infra/graph-permissions.sh read ${IDENTITY}`);
    expect(directory.assignments).toEqual([]);
  });

  it('is content with reading when it checks an app that observes, not one that enforces', async () => {
    directory.assignments = Object.values(read).map((appRoleId) => ({
      principalId: IDENTITY,
      resourceId: GRAPH,
      appRoleId,
    }));

    expect(await run(['check', IDENTITY], { MODE: 'observe' })).toMatchObject({ code: 0 });
    expect(await run(['check', IDENTITY], { MODE: 'enforce' })).toMatchObject({ code: 1 });
  });

  it('grants nothing to what is no managed identity', async () => {
    const told = await run(['write', SOMEBODYS_APP]);

    expect(told.code).toBe(1);
    expect(told.err).toContain('is no managed identity');
    expect(directory.assignments).toEqual([]);
  });

  it('grants nothing whose id the tenant knows under another name', async () => {
    directory.offered = { 'Directory.ReadWrite.All': read['Policy.Read.All'] as string };

    const told = await run(['read', IDENTITY]);

    expect(told.code).toBe(1);
    expect(told.err).toContain('offers no permission Policy.Read.All');
    expect(directory.assignments).toEqual([]);
  });

  it('stops at a grant that is refused, and does not call it granted', async () => {
    directory.refuses = true;

    const told = await run(['read', IDENTITY]);

    expect(told.code).not.toBe(0);
    expect(told.out).not.toContain('granted');
    expect(directory.asked.filter((line) => line.startsWith('POST'))).toHaveLength(1);
  });

  it('reads what the Azure CLI writes on Windows', async () => {
    const told = await run(['read', IDENTITY], { AZ_LINE_END: '\r\n' });
    const again = await run(['check', IDENTITY], { AZ_LINE_END: '\r\n' });

    expect([told.code, again.code]).toEqual([0, 0]);
    expect(grantedTo(IDENTITY)).toEqual(idsOf(read));
  });

  it('says whom it needs, and how to go on without, where it cannot look into the directory', async () => {
    const told = await run(['check', IDENTITY], { AZ_SIGNED_OUT: 'yes' });

    expect(told).toMatchObject({ code: 1, out: '' });
    expect(told.err).toContain('az login');
    expect(told.err).toContain('azd env set CARETAKER_SKIP_GRAPH_CHECK true');
  });

  it.each([[[]], [['read']], [['read', 'caretaker']], [['all', IDENTITY]]])(
    'explains itself when called with %j',
    async (args) => {
      expect(await run(args)).toMatchObject({ code: 2, out: '' });
      expect(directory.asked).toEqual([]);
    },
  );
});

describe('the two ways to grant, and the code', () => {
  const text = readFileSync(SCRIPT, 'utf8');
  const listed = (variable: string): Permissions => {
    const block = new RegExp(`^${variable}='\\n([^']*)'`, 'm').exec(text)?.[1] ?? '';
    return Object.fromEntries(
      block
        .trim()
        .split('\n')
        .map((line) => line.split(/ +/) as [string, string]),
    );
  };

  it('name the same permissions in the script as in the data of the template', () => {
    expect(listed('READ')).toEqual(read);
    expect(listed('WRITE')).toEqual(write);
    expect(listed('LICENCE')).toEqual(licence);
  });

  it('grant what the requests of the code need, and nothing else', () => {
    const rolesOf = (...names: PermissionSet[]): Permissions =>
      Object.fromEntries(
        names.flatMap((name) => PERMISSION_SETS[name].permissions).map((one) => [one, APP_ROLES[one]]),
      );

    expect(read).toEqual(rolesOf('read', 'health'));
    expect(write).toEqual(rolesOf('write'));
    expect(licence).toEqual(rolesOf('licence'));
  });

  it('put nothing into the set for reading that can write', () => {
    expect(Object.keys(read).filter((name) => !/\.Read\.[^.]+$/.test(name))).toEqual([]);
  });
});
