import { execFileSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { TableServiceClient } from '@azure/data-tables';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startAzurite } from '../../sandbox/azurite.ts';
import { packageRoot } from '../../src/cli/baselines.ts';
import { moved } from '../../src/cli/initFiles.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { BASELINES } from '../../src/lib/baselines.ts';
import { readSettings } from '../../src/lib/settings.ts';
import { caretakerIn } from '../support/caretaker.ts';

const TENANT_ID = '7e4a1c00-0000-4000-8000-0000000000aa';
const USER = 'b1ea4c1a-0000-4000-8000-000000000001';
const GROUP = 'b1ea4c1a-0000-4000-8000-0000000000f1';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'init-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

interface Person {
  /** What they type, in this order; nobody is there without it. */
  readonly types?: readonly string[];
  /** Whether they say yes. */
  readonly agrees?: boolean;
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs the command line for a person, and keeps what they were asked. */
async function caretaker(words: readonly string[], person: Person = {}) {
  const { types, agrees, environment = {} } = person;
  const [asked, typing] = [[] as string[], [...(types ?? [])]];
  const change: Partial<Terminal> = {
    async ask(question) {
      asked.push(question);
      return typing.shift();
    },
    async confirm(question) {
      asked.push(question);
      return agrees;
    },
    environment,
  };
  return { ...(await caretakerIn(change, words)), asked };
}

const init = (words: readonly string[], person?: Person) => caretaker(['init', folder, ...words], person);
const silently = (list: string, ...more: string[]) => init(['--yes', '--baselines', list, ...more]);

async function policies(): Promise<string[]> {
  return (await readdir(join(folder, 'baselines'))).sort();
}

async function settings(): Promise<NodeJS.Dict<string>> {
  return parseEnv(await readFile(join(folder, 'caretaker.env'), 'utf8'));
}

describe('caretaker init', () => {
  it('asks for the cloud, the tenant, the policies and the emergency accounts, and writes files', async () => {
    const types = ['', TENANT_ID, 'CA010, block-legacy-authentication', USER.toUpperCase(), GROUP];
    const { code, out, err, asked } = await init([], { types });

    expect(code).toBe(0);
    expect(asked.map((question) => question.split(/[ ;:]/, 1)[0])).toEqual([
      'Cloud',
      'Directory',
      'Which',
      'Object',
      'Object',
    ]);
    expect(err).toContain('CA030 - Require MFA for all users at risky sign-ins');
    expect(err).toContain('require-mfa-risky-sign-ins; needs P1, P2');
    expect(await policies()).toEqual(['block-legacy-authentication.json', 'require-mfa-all-users.json']);
    expect(await settings()).toEqual({
      TENANT_ID,
      MODE: 'observe',
      GRAPH_CLOUD: 'public',
      BREAK_GLASS_USERS: USER,
      BREAK_GLASS_GROUPS: GROUP,
    });
    expect(out).toContain(`caretaker push ${join(folder, 'baselines')}`);
  });

  it('asks again until an answer can be used', async () => {
    const types = ['mars', 'usgov', 'contoso', '', 'CA999', '', 'CA010', 'Grace', USER, ''];
    const { code, err } = await init([], { types });

    expect(code).toBe(0);
    expect(err).toContain('--cloud must be one of public, usgov, usgovdod, china, not "mars"');
    expect(err).toContain('--tenant must be a directory (tenant) id, not "contoso"');
    expect(err).toContain('--baselines knows no ca999');
    expect(err).toContain('--baselines must name at least one');
    expect(err).toContain('--break-glass-users must hold object ids; these are none: Grace');
    expect(await settings()).toMatchObject({ GRAPH_CLOUD: 'usgov', TENANT_ID: '', BREAK_GLASS_USERS: USER });
  });

  it('asks nothing with --yes, and takes the rest from the environment', async () => {
    const environment = {
      TENANT_ID,
      GRAPH_CLOUD: 'usgovdod',
      BREAK_GLASS_USERS: USER,
      STATE_STORAGE__tableServiceUri: 'https://ours.table.core.usgovcloudapi.net',
    };
    const { code, asked, err } = await init(['--yes', '--baselines', 'CA010'], { environment });

    expect({ code, asked, err }).toEqual({ code: 0, asked: [], err: '' });
    const written = await settings();
    expect(written).toMatchObject(environment);
    expect(readSettings(written).problems).toEqual([]);
  });

  it('writes settings that a shell reads as they are meant', async () => {
    await silently('CA010', '--tenant', TENANT_ID, '--break-glass-users', `${USER},${GROUP}`);

    const script = `set -eu; set -a; . "${join(folder, 'caretaker.env')}"; set +a; env`;
    const environment = execFileSync('sh', ['-c', script], {
      encoding: 'utf8',
      env: { PATH: '/bin:/usr/bin' },
    });

    expect(environment).toContain(`TENANT_ID=${TENANT_ID}\n`);
    expect(environment).toContain(`BREAK_GLASS_USERS=${USER},${GROUP}\n`);
  });

  it('keeps a connection string out of every file', async () => {
    const secret = 'AccountName=x;AccountKey=c2VjcmV0;TableEndpoint=https://x.table.core.windows.net';
    await init(['--yes', '--baselines', 'CA010'], { environment: { STATE_STORAGE: secret } });

    const texts = await Promise.all(
      ['caretaker.env', 'README.md'].map((name) => readFile(join(folder, name), 'utf8')),
    );
    expect(texts.join()).not.toContain('c2VjcmV0');
  });

  it('writes with all every template’s policy and today’s form of the article, ready to be pushed', async () => {
    const { code } = await silently('all', '--tenant', TENANT_ID, '--break-glass-users', USER);
    const validated = await caretaker(['validate', join(folder, 'baselines')]);

    expect(code).toBe(0);
    expect(await policies()).toHaveLength(BASELINES.length - 1);
    expect(await policies()).not.toContain('require-mfa-azure-management.json');
    expect(validated).toMatchObject({ code: 0, out: '18 of 18 policies are valid\n' });
  });

  it('leaves out with all what the cloud lacks, and warns of it where it is asked for by name', async () => {
    await silently('all', '--cloud', 'china');
    expect(await policies()).toHaveLength(14);

    const { code, err } = await silently('CA030', '--cloud', 'china');

    expect(code).toBe(0);
    expect(err).toContain('require-mfa-risky-sign-ins needs P2, which china lacks');
    expect(await policies()).toContain('require-mfa-risky-sign-ins.json');
  });

  it('marks in the list what the cloud lacks', async () => {
    const { err } = await init([], { types: ['china', '', 'CA010', USER, ''] });

    expect(err).toContain('require-mfa-risky-sign-ins; needs P1, P2; NOT IN china: P2');
    expect(err).toContain('require-mfa-all-users; needs P1\n');
  });

  it('warns when no emergency account, no tenant, or the same policy twice is named', async () => {
    const { err } = await silently('CA001,CA002');

    expect(err).toContain('no emergency accounts are named');
    expect(err).toContain('TENANT_ID is empty');
    expect(err).toContain(
      'require-mfa-azure-management and require-mfa-azure-management-template say the same',
    );
  });

  it.each([
    ['keeps a file that differs when nobody agrees', [], { agrees: false }, 1, 'mine'],
    ['keeps a file that differs when nobody can be asked', [], {}, 1, 'mine'],
    ['keeps a file that differs with --yes, unasked', ['--yes'], { agrees: true }, 1, 'mine'],
    ['overwrites a file that differs when somebody agrees', [], { agrees: true }, 0, 'CA010'],
  ] as const)('%s', async (_, words, person, code, content) => {
    const options = ['--cloud', 'public', '--tenant', TENANT_ID, '--baselines', 'CA010,CA011'];
    const accounts = ['--break-glass-users', USER, '--break-glass-groups', GROUP];
    await init([...options, ...accounts, '--yes']);
    const path = join(folder, 'baselines', 'require-mfa-all-users.json');
    await writeFile(path, '{ "displayName": "mine" }');

    const again = await init([...options, ...accounts, ...words], person);

    expect(again.code).toBe(code);
    expect(await readFile(path, 'utf8')).toContain(content);
    expect(again.out.match(/^unchanged /gm)).toHaveLength(3);
    const questions = words.length === 0 ? [`${path} is there and differs. Overwrite it?`] : [];
    expect(again.asked).toEqual(questions);
  });

  it.each([
    [['--baselines', 'CA010', '--cloud', 'mars'], '--cloud must be one of'],
    [['--baselines', 'CA010', '--tenant', 'contoso'], '--tenant must be a directory'],
    [['--baselines', 'CA010', '--break-glass-groups', 'Grace'], '--break-glass-groups must hold object ids'],
    [['--baselines', 'nothing-like-it'], '--baselines knows no nothing-like-it'],
    [[], 'nobody is asked with --yes: say --baselines'],
  ])('refuses %j before anything is written', async (words, problem) => {
    const { code, err } = await init(['--yes', ...words]);

    expect(code).toBe(2);
    expect(err).toContain(problem);
    expect(await readdir(folder)).toEqual([]);
  });

  it('says which option to use where nobody can be asked', async () => {
    const { code, err } = await init(['--cloud', 'public', '--tenant', TENANT_ID]);

    expect(code).toBe(2);
    expect(err).toContain('nobody can be asked here: say --baselines');
  });

  it('says where a folder cannot be written', async () => {
    await writeFile(join(folder, 'file'), '');

    const { code, err } = await caretaker(['init', join(folder, 'file'), '--yes', '--baselines', 'CA010']);

    expect(code).toBe(2);
    expect(err).toContain('require-mfa-all-users.json cannot be read');
  });

  it('answers as JSON', async () => {
    const { out } = await silently('CA010', '--json');

    expect(JSON.parse(out)).toMatchObject({
      folder,
      written: [
        join(folder, 'baselines', 'require-mfa-all-users.json'),
        join(folder, 'caretaker.env'),
        join(folder, 'README.md'),
      ],
      unchanged: [],
      kept: [],
      tables: { status: 'left' },
      warnings: expect.arrayContaining([expect.stringContaining('emergency accounts')]),
    });
  });
});

describe('caretaker init, where the environment names a storage', () => {
  it('creates the tables when that is said or agreed to, and not otherwise', async () => {
    const azurite = await startAzurite();
    try {
      const environment = { STATE_STORAGE: azurite.connectionString };
      const client = TableServiceClient.fromConnectionString(azurite.connectionString, {
        allowInsecureConnection: true,
      });
      const tables = async (): Promise<(string | undefined)[]> => {
        const names: (string | undefined)[] = [];
        for await (const { name } of client.listTables()) names.push(name);
        return names;
      };
      const types = ['', TENANT_ID, 'CA010', USER, ''];

      const declined = await init([], { environment, types, agrees: false });
      const unasked = await silently('CA010');
      expect(await tables()).toEqual([]);
      const agreed = await init([], { environment, types, agrees: true });
      const said = await init(
        [
          '--yes',
          '--baselines',
          'CA010',
          '--create-tables',
          '--tenant',
          TENANT_ID,
          '--break-glass-users',
          USER,
        ],
        { environment },
      );

      expect(declined.asked).toContain('Create the tables in the storage of STATE_STORAGE?');
      expect(unasked.asked).toEqual([]);
      expect([agreed.code, said.code]).toEqual([0, 0]);
      expect(agreed.out).toContain('there      are the tables');
      expect(await tables()).toEqual(
        expect.arrayContaining(['bindings', 'control', 'desired', 'journal', 'runs']),
      );
    } finally {
      await azurite.close();
    }
  });

  it('says when there is none, after the files are written', async () => {
    const { code, out } = await silently('CA010', '--create-tables');

    expect(code).toBe(1);
    expect(out).toContain('NO TABLES  STATE_STORAGE__tableServiceUri is missing');
    expect(await policies()).toEqual(['require-mfa-all-users.json']);
  });
});

describe('a policy’s text at another place', () => {
  const from = join(packageRoot(), 'baselines', 'ready', 'x.json');

  it('keeps pointing at the same schema', () => {
    const text = moved(
      '{\n  "$schema": "../../schema/policy.json",\n  "state": "enabled"\n}\n',
      from,
      'ours/x.json',
    );

    const { $schema, state } = JSON.parse(text) as Record<string, string>;
    expect(resolve('ours', $schema ?? '')).toBe(join(packageRoot(), 'schema', 'policy.json'));
    expect(state).toBe('enabled');
    expect(text.startsWith('{\n  "$schema": ".')).toBe(true);
  });

  it.each(['{ "state": "enabled" }', '{ "$schema": "https://example.org/policy.json" }'])(
    'leaves %s alone',
    (text) => {
      expect(moved(text, from, 'ours/x.json')).toBe(text);
    },
  );
});
