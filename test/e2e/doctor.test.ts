import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TokenCredential } from '@azure/identity';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startAzurite } from '../../sandbox/azurite.ts';
import type { Host } from '../../sandbox/host.ts';
import { type ResourceManager, serveResourceManager } from '../../sandbox/resourceManager.ts';
import { BREAK_GLASS_GROUP, BREAK_GLASS_USER, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { PREMIUM } from '../../sandbox/tenant/index.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { systemClock } from '../../src/lib/app.ts';
import { ALERTS } from '../../src/lib/doctor/alerts.ts';
import {
  CHECKS,
  type CheckFinding,
  type CheckName,
  type Examination,
} from '../../src/lib/doctor/findings.ts';
import type { Clock } from '../../src/lib/ports.ts';
import { writeSigner } from '../../src/lib/signature.ts';
import { caller } from '../../src/lib/storage/calls.ts';
import { connect } from '../../src/lib/storage/connect.ts';
import { createStorage } from '../../src/lib/storage/index.ts';
import { type Row, type Rows, TABLES, type TableName } from '../../src/lib/storage/rows.ts';
import { tableRows } from '../../src/lib/storage/tableRows.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';
import { newSigner } from '../support/signers.ts';

/** New Year's Eve only: these tests say themselves when a run starts. */
const NEVER = '59 59 23 31 12 *';
const KEY = 'require-mfa-azure-management';
const STRANGER = '99999999-9999-4999-8999-999999999999';
/** What a deployment that enforces needs, and what the doctor may be given beside. */
const ROLES = [
  'Policy.Read.All',
  'Policy.ReadWrite.ConditionalAccess',
  'Application.Read.All',
  'User.Read.All',
  'GroupMember.Read.All',
  'RoleManagement.Read.Directory',
  'LicenseAssignment.Read.All',
];

let sandbox: Sandbox;
let host: Host;
let azure: ResourceManager;
let folder: string;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caretaker-'));
  const keyFile = join(folder, 'key.pem');
  expect(await caretakerIn({}, ['keys', 'create', keyFile])).toMatchObject({ code: 0 });
  const signer = (await caretakerIn({}, ['keys', 'list', '--key-file', keyFile])).out.trim();
  sandbox = await startSandbox({
    schedule: NEVER,
    settings: { SETTLE_SECONDS: '2', GRAPH_REQUEST_INTERVAL_MS: '5', DESIRED_STATE_SIGNERS: signer },
  });
  sandbox.identity.roles = ROLES;
  sandbox.tenant.settings.permissions = 'fromToken';
  azure = await serveResourceManager();
  expect(await caretaker('push', 'baselines', '--yes', '--key-file', keyFile)).toMatchObject({ code: 0 });
  host = await sandbox.startApp(() => undefined);
  await host.runTimer('reconcileOnSchedule');
  inOrder();
});

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  inOrder();
});

afterAll(async () => {
  await sandbox?.close();
  await azure?.close();
  await rm(folder, { recursive: true, force: true });
});

/** Everything as a good deployment has it. */
function inOrder(): void {
  sandbox.identity.roles = ROLES;
  sandbox.identity.trouble = 'none';
  sandbox.tables.roles.clear();
  sandbox.tables.roles.set('desired', 'Storage Table Data Reader');
  sandbox.tenant.settings.securityDefaults = false;
  sandbox.tenant.licences.splice(0, Number.POSITIVE_INFINITY, structuredClone(PREMIUM));
  azure.rules = ALERTS.map((name) => ({ name: `caretaker-${name}`, actionGroups: ['on-call'] }));
}

const caretaker = (...words: string[]): Promise<Told> =>
  caretakerIn({ environment: sandbox.environment }, words);

/** What the doctor says of one check, asked with these settings. */
async function found(
  check: CheckName,
  settings: Readonly<Record<string, string | undefined>> = {},
  change: Partial<Terminal> = {},
): Promise<readonly CheckFinding[]> {
  const environment = { ...sandbox.environment, ...settings };
  const { out, err } = await caretakerIn({ environment, ...change }, ['doctor', '--json']);
  expect(err).toBe('');
  return (JSON.parse(out) as Examination).findings.filter((finding) => finding.check === check);
}

/** Another managed identity, for the length of a test. @returns the settings that name it */
function identityWith(roles: readonly string[]): { AZURE_CLIENT_ID: string } {
  // A token once given is kept by the credential for as long as the process lives, as in Azure.
  const { identity } = sandbox;
  identity.clientId = randomUUID();
  identity.roles = roles;
  return { AZURE_CLIENT_ID: identity.clientId };
}

/** Tables of one's own, for the length of a test. @returns the settings that name them */
async function otherTables(): Promise<{ STATE_STORAGE: string }> {
  const azurite = await startAzurite();
  closing.push(azurite.close);
  return { STATE_STORAGE: azurite.connectionString };
}

function clockAheadBy(ms: number): Partial<Terminal> {
  const clock: Clock = { ...systemClock, now: () => systemClock.now() + ms };
  return { world: { clock } };
}

/** The way past all checks into a table. */
function rowsOf(table: TableName): Rows {
  const connection = connect({ connectionString: sandbox.environment.STATE_STORAGE ?? '' });
  return tableRows(
    connection.open(table, () => undefined),
    { account: connection.account, table },
    sandbox.tenant.tenantId,
    caller(systemClock, Number.POSITIVE_INFINITY),
  );
}

/** The person at the keyboard, signed in to Azure. */
const operator: TokenCredential = {
  getToken: async () => ({ token: azure.token, expiresOnTimestamp: Number.MAX_SAFE_INTEGER }),
};

/** Asks the deployed app, and looks at the alerts as the person at the keyboard. */
function asked(...words: string[]): Promise<Told> {
  return caretakerIn({ environment: {}, world: { tablesCredential: operator } }, [
    'doctor',
    '--app',
    host.url,
    ...words,
  ]);
}

async function alerts(...words: string[]): Promise<readonly CheckFinding[]> {
  const { out } = await asked('--resource-group', azure.resourceGroup, '--json', ...words);
  return (JSON.parse(out) as Examination).findings.filter(({ check }) => check === 'alerts');
}

describe('a deployment that is in order', () => {
  it('gives the doctor nothing to say, through the app and the operator’s own sign-in', async () => {
    const told = await asked('--resource-group', azure.resourceGroup, '--json');

    const { findings } = JSON.parse(told.out) as Examination;
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
    expect(new Set(findings.map(({ check }) => check))).toEqual(new Set(CHECKS));
    expect(told.code).toBe(0);
  });

  it('is not changed by looking at it, and costs no request of the policies’ budget', async () => {
    sandbox.tables.roles.clear();
    const everything = async () =>
      Promise.all(TABLES.map((table) => rowsOf(table).range({ from: ' ', to: '~' })));
    const before = await everything();
    const [writes, requests] = [sandbox.tenant.writes.length, sandbox.tenant.log.length];

    await caretaker('doctor');

    expect(await everything()).toEqual(before);
    expect(before.flat().length).toBeGreaterThan(5);
    expect(sandbox.tenant.writes).toHaveLength(writes);
    const asked = sandbox.tenant.log.slice(requests).map(({ path }) => path);
    expect(asked.length).toBeGreaterThan(2);
    expect(asked.filter((path) => path.includes('conditionalAccess'))).toEqual([]);
  });

  it('is shown as a list, worst first counted, with how to mend what is wrong', async () => {
    sandbox.tenant.settings.securityDefaults = true;

    const told = await caretaker('doctor');

    expect(told.code).toBe(1);
    expect(told.out).toMatch(/^failed +securityDefaults +security defaults: they are on/m);
    expect(told.out).toMatch(/^ +→ turn them off/m);
    expect(told.out).toMatch(/^1 failed, 1 unverified, \d+ ok; examined at 20/m);
  });

  it('is not in order while something could not be seen, unless the operator says they looked', async () => {
    expect((await asked()).code).toBe(1);
    expect((await asked('--skip', 'alerts')).code).toBe(0);
    expect((await asked('--skip', 'everything')).code).toBe(2);
  });
});

describe('whoever asks the app', () => {
  afterEach(() => {
    delete process.env.WEBSITE_AUTH_ENABLED;
  });

  const as = (...roles: string[]): Record<string, string> => {
    process.env.WEBSITE_AUTH_ENABLED = 'true';
    const oid = { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: 'ada' };
    const claims = [oid, ...roles.map((val) => ({ typ: 'roles', val }))];
    const principal = JSON.stringify({ auth_typ: 'aad', claims });
    return { 'x-ms-client-principal': Buffer.from(principal).toString('base64') };
  };
  const ask = async (headers: Record<string, string>) =>
    (await fetch(`${host.url}/api/doctor`, { headers })).status;

  it('must be a reader where App Service Authentication is on', async () => {
    expect(await ask(as('Caretaker.Reader'))).toBe(200);
    expect(await ask(as('Somebody.Else'))).toBe(403);
    expect(await ask({})).toBe(401);
  });
});

describe('the settings', () => {
  it('are all named at once when they are wrong, and nothing else is called ok', async () => {
    const told = await caretakerIn(
      { environment: { ...sandbox.environment, TENANT_ID: undefined, MODE: 'on' } },
      ['doctor', '--json'],
    );

    const { findings } = JSON.parse(told.out) as Examination;
    expect(findings.filter(({ verdict }) => verdict === 'failed')).toMatchObject([
      { check: 'settings', where: 'TENANT_ID', what: expect.stringContaining('missing') },
      { check: 'settings', where: 'MODE', mend: expect.stringContaining('app settings') },
    ]);
    expect(findings.filter(({ verdict }) => verdict === 'ok')).toEqual([]);
    expect(told.code).toBe(1);
  });
});

describe('the tables', () => {
  it('are missed when they are missing', async () => {
    expect(await found('tables', await otherTables())).toMatchObject(
      TABLES.map((table) => ({
        verdict: 'failed',
        where: expect.stringContaining(`table "${table}" at`),
        mend: expect.stringContaining('caretaker init --create-tables'),
      })),
    );
  });

  it.each([
    ['runs', 'Storage Table Data Reader', 'the app cannot write it'],
    ['control', 'none', 'access is refused'],
    ['desired', 'none', 'access is refused'],
  ] as const)('%s with the role %s: %s', async (table, role, what) => {
    sandbox.tables.roles.set(table, role);

    expect((await found('tables')).filter(({ verdict }) => verdict !== 'ok')).toMatchObject([
      {
        verdict: 'failed',
        where: expect.stringContaining(`table "${table}"`),
        what: expect.stringContaining(what),
        mend: expect.stringContaining('give the app’s identity the role Storage Table Data'),
      },
    ]);
  });

  it('are warned of when the app could write what it shall enforce', async () => {
    sandbox.tables.roles.delete('desired');

    expect((await found('tables'))[0]).toMatchObject({
      verdict: 'warning',
      where: expect.stringContaining('table "desired"'),
      mend: expect.stringContaining('STATE_STORAGE__tableServiceUri'),
    });
  });

  it('are not judged by what the person at the keyboard may do', async () => {
    const verdicts = (await found('tables', {}, { world: { tablesCredential: operator } })).map(
      ({ verdict }) => verdict,
    );

    expect(verdicts).toEqual(TABLES.map(() => 'unverified'));
  });
});

describe('the permissions', () => {
  it.each([
    ['Policy.Read.All', 'failed'],
    ['Policy.ReadWrite.ConditionalAccess', 'failed'],
    ['Application.Read.All', 'failed'],
    ['User.Read.All', 'warning'],
    ['GroupMember.Read.All', 'warning'],
    ['RoleManagement.Read.Directory', 'warning'],
  ])('without %s: %s, with the day that a grant may take', async (role, verdict) => {
    const settings = identityWith(ROLES.filter((one) => one !== role));

    expect(await found('permissions', settings)).toMatchObject([
      {
        verdict,
        where: role,
        mend: expect.stringMatching(/this token, of 20.*until it ends at 20.*restart/),
      },
    ]);
  });

  it('to write are superfluous in observe, and others always', async () => {
    const settings = identityWith([...ROLES, 'Directory.ReadWrite.All']);

    const told = await found('permissions', { ...settings, MODE: 'observe' });

    expect(told.map(({ verdict, where }) => [verdict, where])).toEqual([
      ['warning', 'Policy.ReadWrite.ConditionalAccess'],
      ['warning', 'Application.Read.All'],
      ['warning', 'Directory.ReadWrite.All'],
    ]);
  });

  it('of another tenant are no good, and Graph is asked nothing with them', async () => {
    const settings = identityWith(ROLES);
    sandbox.identity.trouble = 'otherTenant';
    const requests = sandbox.tenant.log.length;

    const told = await found('permissions', settings);

    expect(told).toMatchObject([{ verdict: 'failed', what: expect.stringContaining(STRANGER) }]);
    expect(sandbox.tenant.log).toHaveLength(requests);
  });

  it('cannot be seen where the identity endpoint gives no token; then nothing of the tenant is ok', async () => {
    const settings = { AZURE_CLIENT_ID: STRANGER };

    expect(await found('permissions', settings)).toMatchObject([{ verdict: 'failed' }]);
    for (const check of ['protected', 'securityDefaults', 'licence'] as const) {
      expect(await found(check, settings)).toMatchObject([
        { verdict: 'unverified', what: expect.stringContaining('no token') },
      ]);
    }
  });
});

describe('at a keyboard, where there is no managed identity', () => {
  it('nothing is said of the app’s permissions but where to ask', async () => {
    expect(await found('permissions', { IDENTITY_ENDPOINT: undefined })).toMatchObject([
      { verdict: 'unverified', mend: expect.stringContaining('caretaker doctor --app') },
    ]);
  });
});

describe('the emergency accounts', () => {
  it('are found disabled', async () => {
    const user = sandbox.tenant.directory.users.get(BREAK_GLASS_USER);
    Object.assign(user ?? {}, { accountEnabled: false });

    const told = await found('protected');
    Object.assign(user ?? {}, { accountEnabled: true });

    expect(told).toMatchObject([
      { verdict: 'failed', where: BREAK_GLASS_USER, mend: expect.stringContaining('enable the account') },
    ]);
  });

  it('are found kept by an on-premises directory, and their group empty', async () => {
    const user = sandbox.tenant.directory.users.get(BREAK_GLASS_USER);
    const group = sandbox.tenant.directory.groups.get(BREAK_GLASS_GROUP);
    const members = group?.members.splice(0) ?? [];
    Object.assign(user ?? {}, { onPremisesSyncEnabled: true });

    const told = await found('protected');
    Object.assign(user ?? {}, { onPremisesSyncEnabled: null });
    group?.members.push(...members);

    expect(told.map(({ verdict, where }) => [verdict, where])).toEqual([
      ['failed', BREAK_GLASS_USER],
      ['failed', BREAK_GLASS_GROUP],
    ]);
  });

  it('are missed when nobody named them', async () => {
    const nobody = { BREAK_GLASS_USERS: '', BREAK_GLASS_GROUPS: '' };

    expect(await found('protected', nobody)).toMatchObject([{ verdict: 'failed' }]);
    expect(await found('protected', { ...nobody, MODE: 'observe' })).toMatchObject([{ verdict: 'warning' }]);
  });

  it('are unverified where nobody may look at them', async () => {
    const settings = identityWith(['Policy.Read.All']);

    const told = await found('protected', settings);

    expect(told.map(({ verdict }) => verdict)).toEqual(['unverified', 'unverified']);
    expect(told[0]?.what).toContain('User.Read.All');
  });
});

describe('the schedule', () => {
  it('is dead when the timer was due three times since the last run on schedule', async () => {
    const told = await found('schedule', { RECONCILE_SCHEDULE: '* * * * * *' }, clockAheadBy(10_000));

    expect(told).toMatchObject([
      {
        verdict: 'failed',
        what: expect.stringContaining('due 3 times'),
        mend: expect.stringContaining('restart'),
      },
    ]);
  });

  it.each([
    [undefined, 'it is not set'],
    ['every 15 minutes', 'is no NCRONTAB expression'],
    ['00:15:00', 'is no NCRONTAB expression'],
  ])('is none when it says %j', async (RECONCILE_SCHEDULE, what) => {
    expect(await found('schedule', { RECONCILE_SCHEDULE })).toMatchObject([
      { verdict: 'failed', where: 'RECONCILE_SCHEDULE', what: expect.stringContaining(what) },
    ]);
  });

  it('is unverified before the first run', async () => {
    const settings = await otherTables();
    await createStorage({ connectionString: settings.STATE_STORAGE }, systemClock).createTables();

    expect(await found('schedule', settings)).toMatchObject([
      { verdict: 'unverified', mend: expect.stringContaining('12-31T23:59:59') },
    ]);
  });
});

describe('the clock', () => {
  it.each([
    [60_000, 'failed', /our clock is (59|60) s ahead of its own/],
    [-60_000, 'failed', /our clock is (59|60|61) s behind its own/],
    [9_000, 'warning', /our clock is [89] s ahead of its own/],
  ])('that is %i ms ahead: %s', async (ms, verdict, what) => {
    expect(await found('clock', {}, clockAheadBy(ms))).toMatchObject([
      { verdict, where: 'Microsoft Graph', what: expect.stringMatching(what) },
      { verdict, where: 'Table Storage', what: expect.stringMatching(what) },
    ]);
  });
});

describe('security defaults', () => {
  it('stand in the way of a policy that wants to be enabled', async () => {
    sandbox.tenant.settings.securityDefaults = true;

    expect(await found('securityDefaults')).toMatchObject([
      {
        verdict: 'failed',
        what: expect.stringContaining(KEY),
        mend: expect.stringContaining('turn them off'),
      },
    ]);
  });

  it('are unverified where they may not be read', async () => {
    const settings = identityWith(['User.Read.All']);

    expect(await found('securityDefaults', settings)).toMatchObject([
      { verdict: 'unverified', what: expect.stringContaining('Policy.Read.All') },
    ]);
  });
});

describe('the licence', () => {
  it('is missed', async () => {
    sandbox.tenant.licences.splice(0);

    expect(await found('licence')).toMatchObject([{ verdict: 'failed', what: 'the tenant has neither' }]);
  });

  it('is warned of while its time of grace runs, and does not count after it', async () => {
    sandbox.tenant.licences.splice(0, 1, { ...PREMIUM, capabilityStatus: 'Warning' });
    const grace = await found('licence');
    sandbox.tenant.licences.splice(0, 1, { ...PREMIUM, capabilityStatus: 'Suspended' });
    const ended = await found('licence');

    expect([grace[0]?.verdict, ended[0]?.verdict]).toEqual(['warning', 'failed']);
  });

  it('is unverified without a permission for it, and is then looked up by hand', async () => {
    const settings = identityWith(ROLES.filter((role) => !role.startsWith('License')));

    expect(await found('licence', settings)).toMatchObject([
      { verdict: 'unverified', mend: expect.stringContaining('Entra admin center') },
    ]);
  });
});

describe('a freeze', () => {
  it('is pointed out, with who and why', async () => {
    await caretaker('freeze', '--reason', 'tenant migration');

    const told = await found('freeze');
    await caretaker('unfreeze');

    expect(told).toMatchObject([
      {
        verdict: 'warning',
        what: expect.stringMatching(/^test froze.*tenant migration/),
        mend: expect.stringContaining('caretaker unfreeze'),
      },
    ]);
  });
});

describe('the desired state', () => {
  it('is missed', async () => {
    const settings = await otherTables();
    await createStorage({ connectionString: settings.STATE_STORAGE }, systemClock).createTables();

    expect(await found('desired', settings)).toMatchObject([
      { verdict: 'failed', mend: expect.stringContaining('caretaker push') },
    ]);
  });

  it('is not believed after somebody edited the table', async () => {
    sandbox.tables.roles.clear();
    const head = (await rowsOf('desired').read(`head|${KEY}`)) as unknown as Row;
    await rowsOf('desired').put({ ...head, columns: { ...head.columns, message: 'nothing to see here' } });

    const told = await found('desired');
    await rowsOf('desired').put(head);

    expect(told).toMatchObject([
      {
        verdict: 'failed',
        where: KEY,
        what: expect.stringContaining('hash'),
        mend: expect.stringContaining(KEY),
      },
    ]);
    expect(await found('desired')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('is not believed when another signs', async () => {
    const DESIRED_STATE_SIGNERS = writeSigner(newSigner().public);

    expect(await found('desired', { DESIRED_STATE_SIGNERS })).toMatchObject([
      { verdict: 'failed', where: KEY, what: expect.stringContaining('not in DESIRED_STATE_SIGNERS') },
    ]);
  });

  it('is warned of while nobody has to sign', async () => {
    expect(await found('desired', { DESIRED_STATE_SIGNERS: undefined })).toMatchObject([
      { verdict: 'warning', mend: expect.stringContaining('caretaker keys create') },
    ]);
  });
});

describe('the alerts', () => {
  it.each(ALERTS)('%s is missed', async (alert) => {
    azure.rules = azure.rules.filter(({ name }) => !name.endsWith(alert));

    expect(await alerts()).toMatchObject([{ verdict: 'failed', where: alert }]);
  });

  it('are found disabled, and telling nobody', async () => {
    const [first, second, ...others] = azure.rules;
    azure.rules = [
      { ...first, name: first?.name ?? '', enabled: false },
      { name: second?.name ?? '' },
      ...others,
    ];

    expect(await alerts()).toMatchObject([
      { verdict: 'failed', where: ALERTS[0], what: expect.stringContaining('disabled') },
      { verdict: 'warning', where: ALERTS[1], what: expect.stringContaining('tells nobody') },
    ]);
  });

  it('are unverified for the app, which says how to look', async () => {
    expect(await found('alerts')).toMatchObject([
      {
        verdict: 'unverified',
        mend: expect.stringContaining('caretaker doctor --app <url> --resource-group <id'),
      },
    ]);
    const platform = { WEBSITE_OWNER_NAME: 'sub+rg-EastUSwebspace-Linux', WEBSITE_RESOURCE_GROUP: 'rg' };
    expect((await found('alerts', platform))[0]?.mend).toContain('/subscriptions/sub/resourceGroups/rg');
  });

  it('are unverified where the operator may not see them', async () => {
    const told = await asked(
      '--resource-group',
      azure.resourceGroup.replace('rg-caretaker', 'rg-other'),
      '--json',
    );

    const { findings } = JSON.parse(told.out) as Examination;
    expect(findings.filter(({ check }) => check === 'alerts')).toMatchObject([
      { verdict: 'unverified', what: expect.stringContaining('answered 403') },
    ]);
    expect(told.code).toBe(1);
  });

  it.each([
    'rg-caretaker',
    'https://evil.example/subscriptions/5b5c0b5a-0000-4000-8000-000000000001/resourceGroups/rg',
  ])('are not asked for at %s', async (group) => {
    expect(await asked('--resource-group', group)).toMatchObject({
      code: 2,
      err: expect.stringContaining('is named like /subscriptions/'),
    });
  });
});
