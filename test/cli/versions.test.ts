import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import { readTables, stateOf } from '../../src/lib/observe.ts';
import { caller } from '../../src/lib/storage/calls.ts';
import { connect } from '../../src/lib/storage/connect.ts';
import { createStorage, type TenantStorage } from '../../src/lib/storage/index.ts';
import type { Rows } from '../../src/lib/storage/rows.ts';
import { tableRows } from '../../src/lib/storage/tableRows.ts';
import { handClock } from '../contract/bench.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';
import { article } from '../support/world.ts';
import { type FakeVault, fakeVault } from './vault.ts';

const KEY = 'require-mfa';
const STRANGER = 'e0000000-0000-4000-8000-000000000001';

let sandbox: Sandbox;
let folder: string;
let vault: FakeVault;
let tenantId: string;
let tenants = 0;

beforeAll(async () => {
  sandbox = await startSandbox({
    schedule: '59 59 23 31 12 *',
    settings: { SETTLE_SECONDS: '2', GRAPH_REQUEST_INTERVAL_MS: '5' },
  });
  vault = await fakeVault();
  // The library for the managed identity looks for its endpoint in the process, as in Azure.
  const { IDENTITY_ENDPOINT, IDENTITY_HEADER } = sandbox.environment;
  Object.assign(process.env, { IDENTITY_ENDPOINT, IDENTITY_HEADER });
});
afterAll(async () => {
  await Promise.all([sandbox?.close(), vault?.close()]);
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'versions-'));
  // Each test has tables of its own; the sandbox's tenant is used by one of them alone.
  tenantId = `7e4a1c00-0000-4000-8000-${String(++tenants).padStart(12, '0')}`;
});
afterEach(() => rm(folder, { recursive: true }));

/** @param settings to set differently for this one command. @param answer to the question, where one is asked */
async function caretakerWith(
  settings: Readonly<Record<string, string>>,
  words: readonly string[],
  answer?: () => Promise<boolean>,
): Promise<Told> {
  const change = {
    confirm: async () => answer?.(),
    environment: { ...sandbox.environment, TENANT_ID: tenantId, ...settings },
    user: 'ann',
    world: {
      tablesCredential: { getToken: async () => ({ token: 'operator', expiresOnTimestamp: 4e12 }) },
    },
  };
  return caretakerIn(change, words);
}

const caretaker = (...words: string[]): Promise<Told> => caretakerWith({}, words);

async function json(...words: string[]): Promise<Record<string, unknown>> {
  const answer = await caretaker(...words, '--json');
  expect(answer.err).toBe('');
  return JSON.parse(answer.out) as Record<string, unknown>;
}

async function pushed(change: Record<string, unknown>, ...words: string[]): Promise<Told> {
  return caretaker('push', await file(change), '--yes', ...words);
}

async function file(change: Record<string, unknown>): Promise<string> {
  const path = join(folder, `${KEY}.json`);
  await writeFile(path, JSON.stringify(article(change)));
  return path;
}

function rows(): Rows {
  const { STATE_STORAGE: connectionString = '' } = sandbox.environment;
  const connection = connect({ connectionString });
  const clock = handClock();
  return tableRows(
    connection.open('desired', () => undefined),
    { account: connection.account, table: 'desired' },
    tenantId,
    caller(clock, Number.POSITIVE_INFINITY),
  );
}

function tables(): TenantStorage {
  const { STATE_STORAGE: connectionString = '' } = sandbox.environment;
  return createStorage({ connectionString }, handClock()).open(tenantId, Number.POSITIVE_INFINITY);
}

/** Writes down, as a run does, which version is the newest one it has seen. */
async function seenByARun(): Promise<void> {
  const { bound, rows: read } = await readTables(tables());
  const { noted } = stateOf({ bound, rows: read }, {}, { users: [], groups: [] }, 0);
  expect(noted).toHaveLength(1);
  for (const binding of noted) await tables().bindings.put(binding);
}

describe('every change since the beginning', () => {
  it('can be listed: who made it, when, why, and which way it went', async () => {
    await pushed({}, '-m', 'the beginning', '--author', 'ann');
    await pushed({ state: 'disabled' }, '-m', 'an outage', '--author', 'bob');
    await pushed({}, '-m', 'the outage is over');

    const told = await caretaker('history', KEY);
    const listed = await json('history', KEY);

    expect(told.code).toBe(0);
    expect(told.out).toMatch(/version 2 {2}\S+Z {2}bob {2}not signed {2}loosens {2}"an outage"/);
    expect(told.out).toContain('state: enabled → disabled (loosens)');
    expect(listed).toMatchObject({
      key: KEY,
      problems: [],
      versions: [
        { version: 3, author: 'ann', effects: ['tightens'], message: 'the outage is over', signer: null },
        { version: 2, author: 'bob', changes: [{ path: 'state', from: 'enabled', to: 'disabled' }] },
        { version: 1, author: 'ann', changes: [], previousHash: null },
      ],
    });
  });

  it('can be explained: any two versions are compared, and which way is told', async () => {
    await pushed({});
    await pushed({ state: 'disabled' });
    await pushed({});

    const loosened = await caretaker('diff', `${KEY}@1`, `${KEY}@2`);
    const same = await caretaker('diff', `${KEY}@1`, KEY);

    expect(loosened).toMatchObject({ code: 3, out: expect.stringContaining('(loosens)') });
    expect(same.code).toBe(0);
    expect(await json('diff', `${KEY}@2`, `${KEY}@3`)).toMatchObject({
      from: { name: KEY, version: 2 },
      to: { name: KEY, version: 3 },
      fields: [{ path: 'state', from: 'disabled', to: 'enabled', effect: 'tightens' }],
    });
    expect((await caretaker('diff', `${KEY}@9`, KEY)).code).toBe(2);
  });

  it('can be taken back, as a new version with the old content', async () => {
    await pushed({});
    await pushed({ state: 'disabled' });

    const back = await caretaker('rollback', KEY, '--to', '1', '--yes');
    const again = await caretaker('rollback', KEY, '--to', '1', '--yes');

    expect(back).toMatchObject({
      code: 0,
      out: expect.stringContaining('state: disabled → enabled (tightens)'),
    });
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to do') });
    expect(await json('history', KEY)).toMatchObject({
      versions: [{ version: 3, message: 'back to version 1' }, { version: 2 }, { version: 1 }],
      problems: [],
    });
    expect((await caretaker('diff', `${KEY}@1`, `${KEY}@3`)).code).toBe(0);
    expect((await caretaker('rollback', KEY, '--to', '7', '--yes')).code).toBe(2);
    expect((await caretaker('rollback', 'nobody', '--to', '1', '--yes')).code).toBe(2);
  });

  it('leaves a file that says otherwise, says so, and can be written back into it', async () => {
    const path = join(folder, `${KEY}.json`);
    await pushed({});
    const first = await readFile(path, 'utf8');
    await pushed({ state: 'disabled' });

    const back = await caretaker('rollback', KEY, '--to', '1', '--yes');
    const kept = await caretaker('history', KEY, '--out', path);
    const written = await caretaker('history', `${KEY}@3`, '--out', path, '--yes');
    const again = await caretaker('push', path, '--yes');
    const forgotten = await caretaker('forget', KEY, '--yes');

    expect(back.out).toContain(`caretaker history ${KEY} --out <folder>/${KEY}.json`);
    expect(kept).toMatchObject({ code: 1, out: expect.stringContaining('was kept') });
    expect(written.code).toBe(0);
    expect(await readFile(path, 'utf8')).toBe(first);
    expect(again.out).toContain('1 unchanged');
    expect(forgotten.out).toContain(`Where ${KEY}.json is kept, take it away`);
  });

  it('is not made when nobody agrees, or nobody can be asked', async () => {
    await pushed({});
    await pushed({ state: 'disabled' });

    const declined = await caretakerWith({}, ['rollback', KEY, '--to', '1'], async () => false);
    const unasked = await caretaker('forget', KEY);

    expect(declined).toMatchObject({ code: 1, err: expect.stringContaining('Nothing was pushed') });
    expect(unasked).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    expect((await json('history', KEY)).versions).toHaveLength(2);
  });

  it('is refused when somebody else pushed while it was being looked at', async () => {
    await pushed({});
    const path = join(folder, `${KEY}.json`);
    const meanwhile = async (): Promise<boolean> => {
      await pushed({ state: 'disabled' }, '--author', 'bob');
      return true;
    };
    await writeFile(path, JSON.stringify(article({ state: 'enabledForReportingButNotEnforced' })));

    const late = await caretakerWith({}, ['push', path], meanwhile);

    expect(late).toMatchObject({ code: 1, err: expect.stringContaining('somebody pushed version 2 since') });
    const { versions } = (await json('history', KEY)) as { versions: { author: string }[] };
    expect(versions.map(({ author }) => author)).toEqual(['bob', 'ann']);
  });

  it('shows where the chain is broken, and a rollback mends it', async () => {
    for (const state of ['enabled', 'disabled', 'enabled', 'disabled']) await pushed({ state });
    await rows().remove(`version|${KEY}|0000000002`);

    const broken = await caretaker('history', KEY);
    const mended = await caretaker('rollback', KEY, '--to', '3', '--yes');

    expect(broken).toMatchObject({ code: 1, out: expect.stringContaining('! version 2 is missing') });
    expect(mended).toMatchObject({ code: 0, out: expect.stringContaining('begins a chain of its own') });
    const { versions, problems } = (await json('history', KEY)) as { versions: object[]; problems: string[] };
    expect(versions[0]).toMatchObject({ version: 5, previousHash: null });
    // What was removed stays missing, and can be seen to be.
    expect(problems.join()).toContain('version 2 is missing');
  });

  it('is pushed from its file again when every row is gone, under a number that no run has seen', async () => {
    await pushed({ state: 'disabled' });
    await pushed({});
    await seenByARun();
    for (const { rowKey } of await rows().range({ from: '!', to: '~' })) await rows().remove(rowKey);

    const again = await pushed({});

    expect(again).toMatchObject({ code: 0, out: expect.stringContaining(`Pushed ${KEY} 3.`) });
    expect((await readTables(tables())).rows.damaged).toEqual([]);
  });

  it('is not made on a newest row that somebody put back, and a rollback mends it', async () => {
    await pushed({ state: 'disabled' });
    const old = await rows().read(`head|${KEY}`);
    await pushed({});
    await seenByARun();
    await rows().put({ rowKey: `head|${KEY}`, columns: old?.columns as never });

    const refused = await pushed({ displayName: 'CA009' });
    const shown = await caretaker('history', KEY);
    const back = await caretaker('rollback', KEY, '--to', '2', '--yes');

    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('version 2 was seen before') });
    expect(shown).toMatchObject({ code: 1, out: expect.stringContaining('version 2 was seen before') });
    expect(back).toMatchObject({ code: 0, out: expect.stringContaining(`Pushed ${KEY} 3.`) });
    expect((await readTables(tables())).rows.damaged).toEqual([]);
  });

  it('shows a newest row that was edited, and a rollback mends it', async () => {
    await pushed({});
    const head = await rows().read(`head|${KEY}`);
    await rows().put({ rowKey: `head|${KEY}`, columns: { ...head?.columns, json0: '{}' } as never });

    const refused = await pushed({ state: 'disabled' });
    const broken = await caretaker('history', KEY);
    const mended = await caretaker('rollback', KEY, '--to', '1', '--yes');

    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('caretaker history') });
    expect(broken).toMatchObject({ code: 1, out: expect.stringContaining(`! the row "head|${KEY}"`) });
    expect(mended.code).toBe(0);
    expect(await json('history', KEY)).toMatchObject({
      versions: [{ version: 2 }, { version: 1 }],
      problems: [],
    });
  });
});

describe('a version and the tenant', () => {
  it('are compared, the policy stays when its key is forgotten, and comes back when it is pushed', async () => {
    tenantId = String(sandbox.environment.TENANT_ID);
    await pushed({});
    expect(await caretaker('diff', KEY)).toMatchObject({ code: 3, out: expect.stringContaining('missing') });
    expect((await caretaker('run')).code).toBe(0);
    expect((await caretaker('diff', KEY)).code).toBe(0);

    const until = new Date(Date.now() + 30 * 86_400_000).toISOString().slice(0, 10);
    const value = ['mfa', 'compliantDevice'];
    const excepted = { field: 'grantControls.builtInControls', value, owner: 'Ada', reason: 'CHG-1', until };
    await pushed({ caretaker: { exceptions: [excepted] } });
    expect((await caretaker('diff', KEY)).out).toContain('builtInControls: -compliantDevice');
    await pushed({});

    const [policy] = sandbox.tenant.truth();
    sandbox.tenant.admin.edit(String(policy?.id), (edited) => {
      (edited.conditions as { users: { excludeUsers: string[] } }).users.excludeUsers.push(STRANGER);
    });
    const drifted = await caretaker('diff', KEY, 'tenant');
    const forgotten = await caretaker('forget', KEY, '--yes');
    const again = await caretaker('forget', KEY, '--yes');
    const run = await caretaker('run');

    expect(drifted).toMatchObject({ code: 3, out: expect.stringContaining(`+${STRANGER} (loosens)`) });
    expect(forgotten).toMatchObject({ code: 0, out: expect.stringContaining('released') });
    expect(again.out).toContain('Nothing to do');
    expect(run).toMatchObject({ code: 0, out: expect.stringContaining('unmanaged') });
    expect(sandbox.tenant.truth()).toHaveLength(1);
    const back = await caretaker('rollback', KEY, '--to', '1', '--yes');
    expect(back).toMatchObject({ code: 0, out: expect.stringContaining('taken up again') });
    expect(JSON.stringify(sandbox.tenant.truth())).toContain(STRANGER);
    expect((await caretaker('run')).code).toBe(0);
    expect(sandbox.tenant.truth()).toHaveLength(1);
    expect(JSON.stringify(sandbox.tenant.truth())).not.toContain(STRANGER);
  });
});

describe('a run from here', () => {
  it('says when to try again while another is at work', async () => {
    await pushed({});
    expect(await tables().control.acquire('run-7')).toMatchObject({ kind: 'held' });

    const { code, err } = await caretaker('plan');

    expect(code).toBe(1);
    expect(err).toMatch(/another run is at work \(run run-7\); try again in \d+ s\n/);
  });
});

describe('keys', () => {
  async function created(name: string, settings: Readonly<Record<string, string>> = {}): Promise<string> {
    const path = join(folder, name);
    const made = await caretakerWith(settings, ['keys', 'create', path, '--json']);
    expect(made.code).toBe(0);
    return String((JSON.parse(made.out) as { public: string }).public);
  }

  it('are made in a file nobody else can read, never over another', async () => {
    const line = await created('key.pem');
    const path = join(folder, 'key.pem');

    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await caretaker('keys', 'create', path)).code).toBe(2);
    expect((await caretaker('keys', 'list', '--key-file', path)).out).toBe(`${line}\n`);
    expect((await caretaker('keys', 'create')).code).toBe(2);
  });

  it.each(['brainpoolP256r1', 'prime256v1'])(
    'are not taken from a file of another curve, %s',
    async (namedCurve) => {
      const { privateKey } = generateKeyPairSync('ec', { namedCurve });
      const path = join(folder, 'ec.pem');
      await writeFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });

      const { code, err } = await caretaker('keys', 'list', '--key-file', path);

      expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('holds no Ed25519 key') });
    },
  );

  it('can be kept under a passphrase', async () => {
    const secret = { CARETAKER_KEY_PASSPHRASE: 'correct horse' };
    const line = await created('key.pem', secret);
    const list = ['keys', 'list', '--key-file', join(folder, 'key.pem')];

    expect(await readFile(join(folder, 'key.pem'), 'utf8')).toContain('ENCRYPTED');
    expect((await caretakerWith(secret, list)).out).toBe(`${line}\n`);
    for (const wrong of [{}, { CARETAKER_KEY_PASSPHRASE: 'wrong' }])
      expect(await caretakerWith(wrong, list)).toMatchObject({ code: 2, out: '' });
  });

  it('sign what is pushed, and what would not be believed is refused beforehand', async () => {
    const line = await created('key.pem');
    await created('other.pem');
    const path = join(folder, `${KEY}.json`);
    await writeFile(path, JSON.stringify(article()));
    const trusting = { DESIRED_STATE_SIGNERS: line };
    const push = ['push', path, '--yes'];

    const unsigned = await caretakerWith(trusting, push);
    const foreign = await caretakerWith(trusting, [...push, '--key-file', join(folder, 'other.pem')]);
    const none = await caretakerWith(trusting, [...push, '--key-file', path]);
    const signed = await caretakerWith(trusting, [...push, '--key-file', join(folder, 'key.pem')]);
    await writeFile(path, JSON.stringify(article({ state: 'disabled' })));
    const careless = await caretaker(...push);

    expect(unsigned).toMatchObject({ code: 2, err: expect.stringContaining('--key-file') });
    expect(foreign).toMatchObject({ code: 2, err: expect.stringContaining('not in DESIRED_STATE_SIGNERS') });
    expect(none).toMatchObject({ code: 2, err: expect.stringContaining('holds no private key') });
    expect(signed.code).toBe(0);
    expect(careless).toMatchObject({ code: 2, err: expect.stringContaining('is signed') });
    expect(await caretakerWith(trusting, ['history', KEY])).toMatchObject({
      code: 0,
      out: expect.stringContaining('signed by'),
    });
  });

  it('are rotated, from a file to a vault, without a version that is not believed', async () => {
    const old = await created('key.pem');
    const id = `${vault.url}/keys/signing-${tenants}`;
    const made = await caretaker('keys', 'create', '--key-vault-key', id, '--json');
    const fresh = String((JSON.parse(made.out) as { public: string }).public);
    await pushed({}, '--key-file', join(folder, 'key.pem'));
    const both = { DESIRED_STATE_SIGNERS: `${old},${fresh}` };
    const rotate = ['keys', 'rotate', '--key-vault-key', id, '--yes'];

    const early = await caretakerWith({ DESIRED_STATE_SIGNERS: old }, rotate);
    const rotated = await caretakerWith(both, rotate);
    const again = await caretakerWith(both, rotate);
    const alone = await caretakerWith({ DESIRED_STATE_SIGNERS: fresh }, ['keys', 'list', '--json']);

    expect(early).toMatchObject({ code: 2, err: expect.stringContaining('DESIRED_STATE_SIGNERS') });
    expect(rotated).toMatchObject({ code: 0, out: expect.stringContaining(`Pushed ${KEY} 2`) });
    expect(again).toMatchObject({ code: 0, out: expect.stringContaining('Nothing to do') });
    expect(alone.code).toBe(0);
    expect((await caretakerWith({ DESIRED_STATE_SIGNERS: fresh }, ['history', KEY])).code).toBe(0);
    expect(JSON.parse(alone.out)).toMatchObject({
      signers: [{ algorithm: 'es256', policies: [KEY] }],
      others: [],
      problems: [],
    });
  });

  it('sign nothing anew where versions are signed and nobody said who is believed', async () => {
    await created('key.pem');
    const key = ['--key-file', join(folder, 'key.pem')];
    await pushed({}, ...key);
    const other = join(folder, 'other.json');
    await writeFile(other, JSON.stringify(article({ displayName: 'CA002' })));
    await caretaker('push', other, '--yes');

    const refused = await caretaker('keys', 'rotate', ...key, '--yes');

    expect(refused).toMatchObject({ code: 2, err: expect.stringContaining('set DESIRED_STATE_SIGNERS') });
    expect(await json('history', 'other')).toMatchObject({ versions: [{ version: 1, signer: null }] });
  });

  it('leave a newest row alone that was put back, when the others are signed anew', async () => {
    const settings = { DESIRED_STATE_SIGNERS: await created('key.pem') };
    const key = ['--key-file', join(folder, 'key.pem')];
    await caretakerWith(settings, ['push', await file({ state: 'disabled' }), '--yes', ...key]);
    const old = await rows().read(`head|${KEY}`);
    await caretakerWith(settings, ['push', await file({}), '--yes', ...key]);
    await seenByARun();
    await rows().put({ rowKey: `head|${KEY}`, columns: old?.columns as never });
    const signers = `${settings.DESIRED_STATE_SIGNERS},${await created('new.pem')}`;

    const rotated = await caretakerWith({ DESIRED_STATE_SIGNERS: signers }, [
      ...['keys', 'rotate', '--yes', '--key-file', join(folder, 'new.pem')],
    ]);

    expect(rotated).toMatchObject({
      code: 1,
      out: expect.stringContaining('! left alone: the newest row is'),
    });
    expect(rotated.out).toContain('Nothing to do');
  });

  it('name nobody beside a version that only says who signed it, whatever it does to the terminal', async () => {
    const settings = { DESIRED_STATE_SIGNERS: await created('key.pem') };
    await caretakerWith(settings, ['push', await file({}), '--yes', '--key-file', join(folder, 'key.pem')]);
    const genuine = await rows().read(`head|${KEY}`);
    await created('other.pem');
    const other = ['--key-file', join(folder, 'other.pem')];
    await pushed({ state: 'disabled' }, ...other, '--author', '\u001b[2Jann\nversion 9');
    const { signer, signature } = genuine?.columns ?? {};
    for (const rowKey of [`head|${KEY}`, `version|${KEY}|0000000002`]) {
      const forged = await rows().read(rowKey);
      await rows().put({ rowKey, columns: { ...forged?.columns, signer, signature } as never });
    }

    const { code, out } = await caretakerWith(settings, ['history', KEY]);
    const listed = JSON.parse((await caretakerWith(settings, ['history', KEY, '--json'])).out);

    expect(code).toBe(1);
    expect(out).toMatch(/^version 2 {2}\S+ {2}\ufffd\[2Jann\ufffdversion 9 {2}NOT BELIEVED/);
    expect(out).toMatch(/\nversion 1 {2}\S+ {2}ann {2}signed by /);
    expect(listed).toMatchObject({ versions: [{ believed: false }, { believed: true }] });
  });

  it('make nothing believable that nobody known has signed', async () => {
    const line = await created('key.pem');
    await pushed({});
    const trusting = { DESIRED_STATE_SIGNERS: line };
    const key = ['--key-file', join(folder, 'key.pem'), '--yes'];

    const rotated = await caretakerWith(trusting, ['keys', 'rotate', ...key]);
    const back = await caretakerWith(trusting, ['rollback', KEY, '--to', '1', ...key]);
    const listed = await caretakerWith(trusting, ['keys', 'list']);

    expect(rotated).toMatchObject({ code: 1, out: expect.stringContaining('left alone') });
    expect(back).toMatchObject({ code: 1, err: expect.stringContaining('without --yes') });
    expect(listed).toMatchObject({ code: 1, out: expect.stringContaining('no policy rests on it') });
    const looked = await caretakerWith(
      trusting,
      ['rollback', KEY, '--to', '1', '--key-file', join(folder, 'key.pem')],
      async () => true,
    );
    expect(looked).toMatchObject({ code: 0, out: expect.stringContaining('Pushed') });
  });
});
