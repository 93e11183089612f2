import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  ADELE,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_USER,
  type Sandbox,
  startSandbox,
} from '../../sandbox/sandbox.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';

const OFFICE = 'CA010 - Block Office for Adele';
const AZURE = 'CA001 - Require MFA for Azure management';
const AZURE_KEY = 'ca001-require-mfa-for-azure-management';
const OFFICE_KEY = 'ca010-block-office-for-adele';

let sandbox: Sandbox;
let folder: string;

beforeAll(async () => {
  sandbox = await startSandbox({
    schedule: '59 59 23 31 12 *',
    settings: { SETTLE_SECONDS: '2', GRAPH_REQUEST_INTERVAL_MS: '5' },
  });
  await sandbox.startApp(() => undefined);
  const users = { excludeUsers: [BREAK_GLASS_USER], excludeGroups: [BREAK_GLASS_GROUP] };
  sandbox.tenant.admin.create({
    displayName: AZURE,
    state: 'enabled',
    conditions: {
      users: { includeUsers: ['All'], ...users },
      applications: { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] },
      clientAppTypes: ['all'],
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  });
  sandbox.tenant.admin.create({
    displayName: OFFICE,
    state: 'enabledForReportingButNotEnforced',
    conditions: {
      users: { includeUsers: [ADELE], ...users },
      applications: { includeApplications: ['Office365'] },
      clientAppTypes: ['all'],
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  });
});

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'capture-'));
  return () => rm(folder, { recursive: true, force: true });
});

afterAll(async () => {
  await sandbox?.close();
});

const caretaker = (...words: string[]): Promise<Told> =>
  caretakerIn({ environment: sandbox.environment }, words);

const capture = (...words: string[]) => caretaker('capture', ...words, '--out', folder);

function fileOf(key: string): Promise<string> {
  return readFile(join(folder, `${key}.json`), 'utf8');
}

describe('caretaker capture', () => {
  it('writes the tenant’s policies, which pushed as they are give no drift and no write', async () => {
    const captured = await capture('--all');
    const pushed = await caretaker('push', folder, '--yes');
    const written = sandbox.tenant.writes.length;
    const run = JSON.parse((await caretaker('run', '--json')).out);

    expect([captured.code, captured.err, pushed.code]).toEqual([0, '', 0]);
    expect((await readdir(folder)).sort()).toEqual([`${AZURE_KEY}.json`, `${OFFICE_KEY}.json`]);
    expect(await fileOf(OFFICE_KEY)).toContain(`"${ADELE}" // Adele\n`);
    expect(await fileOf(AZURE_KEY)).toContain('"excludeUsers": ["@breakGlassUsers"]');
    expect(
      run.policies.map(({ drift, verdict }: { drift: string; verdict: string }) => [drift, verdict]),
    ).toEqual([
      ['none', 'admit'],
      ['none', 'admit'],
    ]);
    expect(run).toMatchObject({ status: 'inSync', unmanaged: [] });
    expect(sandbox.tenant.writes.length).toBe(written);
  });

  it('captures those asked for, by name, key or id, and says which are not there', async () => {
    const byName = await capture(OFFICE, 'ghost');
    const id = String(sandbox.tenant.truth().find(({ displayName }) => displayName === AZURE)?.id);
    const byId = await capture(id.toUpperCase(), OFFICE_KEY);

    expect(byName).toMatchObject({ code: 1, err: expect.stringContaining('"ghost" has no such policy') });
    expect(byId.code).toBe(0);
    expect(byId.out).toMatch(new RegExp(`${OFFICE_KEY}.json.*: says this already\n`));
    expect(await readdir(folder)).toHaveLength(2);
    expect(await capture()).toMatchObject({ code: 2, err: expect.stringContaining('--all') });
    expect(await capture('--all', '--from', 'x.json')).toMatchObject({ code: 2 });
  });

  it('takes a policy by the key its file has, and a file for the same whatever parameters it names', async () => {
    const users = {
      includeUsers: ['@adele'],
      excludeUsers: ['@breakGlassUsers'],
      excludeGroups: ['@breakGlassGroups'],
    };
    const office = {
      displayName: OFFICE,
      state: 'enabledForReportingButNotEnforced',
      conditions: { users, applications: { includeApplications: ['Office365'] }, clientAppTypes: ['all'] },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    };
    await writeFile(join(folder, 'parameters.json'), JSON.stringify({ adele: ADELE }));
    await writeFile(join(folder, 'office.json'), `\ufeff${JSON.stringify(office)}`);

    const { code, out } = await caretaker('capture', 'office', '--out', folder);

    expect(out).toContain('office.json "CA010 - Block Office for Adele": says this already');
    expect(code).toBe(0);
  });

  it('is not kept from its work by what else lies in the folder', async () => {
    await mkdir(join(folder, 'old.json'));
    await writeFile(join(folder, 'deep.json'), '['.repeat(100_000));
    await writeFile(join(folder, 'parameters.json'), '{');

    const { code } = await caretaker('capture', AZURE, '--out', folder);

    expect(code).toBe(0);
    expect(await readdir(folder)).toContain(`${AZURE_KEY}.json`);
  });

  it('replaces no file that says something else, but when told; what is ours in it stays', async () => {
    await capture(AZURE);
    const mine = (await fileOf(AZURE_KEY))
      .replace('"mfa"', '"compliantDevice"')
      .replace(/\}\n$/, ', "caretaker": { "whenTightened": "hold" } }');
    await writeFile(join(folder, 'azure.json'), mine);
    await rm(join(folder, `${AZURE_KEY}.json`));

    const kept = await capture('--all');
    const before = await fileOf('azure');
    const replaced = await capture('--all', '--yes', '--json');

    expect(kept).toMatchObject({ code: 1, out: expect.stringMatching(/azure\.json.*was kept/) });
    expect(before).toBe(mine);
    expect(JSON.parse(replaced.out).captured).toMatchObject([
      { key: 'azure', status: 'written' },
      { key: OFFICE_KEY, status: 'unchanged' },
    ]);
    expect(await fileOf('azure')).toMatch(/"whenTightened": "hold"[\s\S]*"mfa"/);
  });

  it('says of a policy that v1.0 does not show why, when it is asked for', async () => {
    const id = sandbox.tenant.admin.create(
      {
        displayName: 'Preview',
        state: 'disabled',
        conditions: { users: { includeUsers: ['None'] }, applications: { includeApplications: ['All'] } },
        grantControls: { operator: 'OR', builtInControls: ['block'] },
      },
      { preview: true },
    );

    const asked = await capture(id);
    sandbox.tenant.admin.remove(id);

    expect(asked).toMatchObject({ code: 1, err: expect.stringContaining('1037') });
    expect(await readdir(folder)).toEqual([]);
  });

  it('reads an export without reaching anything, and names file, line and what to mend', async () => {
    const good = {
      displayName: 'Exported',
      state: 'disabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    };
    const bad = {
      ...good,
      displayName: 'Named',
      conditions: { ...good.conditions, users: { includeUsers: ['Finance'] } },
    };
    const source = join(folder, 'export.txt');
    await writeFile(
      source,
      Buffer.from(`\uFEFF{ "value": [\n${JSON.stringify(good)},\n${JSON.stringify(bad)}\n]}`, 'utf16le'),
    );
    const asked = sandbox.tenant.truth().length;
    const { code, err } = await caretakerIn(
      { world: { fetch: () => Promise.reject(new Error('nothing may be asked')) } },
      ['capture', '--from', source, '--out', join(folder, 'new', 'deep')],
    );

    expect(code).toBe(2);
    expect(err).toBe(
      `${source}:3:1: "Named" conditions.users.includeUsers cannot be "Finance"; write a list of object ids, All, None and GuestsOrExternalUsers\n1 could not be captured.\n`,
    );
    expect(await readdir(join(folder, 'new', 'deep'))).toEqual(['exported.json']);
    expect(sandbox.tenant.truth()).toHaveLength(asked);
  });
});

describe('caretaker push', () => {
  it('shows exceptions, and refuses one that reaches more than a year ahead', async () => {
    await capture(OFFICE);
    const path = join(folder, `${OFFICE_KEY}.json`);
    const content = await fileOf(OFFICE_KEY);
    const pushUntil = async (until: string) => {
      const exception = { field: 'state', value: 'disabled', owner: 'Ada', reason: 'CHG-1', until };
      const caretakers = `, "caretaker": ${JSON.stringify({ exceptions: [exception] })} }`;
      await writeFile(path, content.replace(/\}\n$/, caretakers));
      return caretaker('push', path, '--yes');
    };
    const soon = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);

    const far = await pushUntil('2999-12-31');
    const near = await pushUntil(soon);

    expect(far).toMatchObject({ code: 2, err: expect.stringContaining('more than a year ahead') });
    expect(near.code).toBe(0);
    expect(near.out).toContain(`exception: state = "disabled" is accepted until ${soon}`);
  });
});
