import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../sandbox/host.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import type { RunReport, RunSummary } from '../../src/lib/report.ts';
import type { Status } from '../../src/lib/status.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';

/** New Year's Eve only: these tests say themselves when a run starts. */
const NEVER = '59 59 23 31 12 *';
const KEY = 'require-mfa-azure-management';
const OID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';

let sandbox: Sandbox;
let host: Host;
let folder: string;
const lines: string[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'caretaker-'));
  sandbox = await startSandbox({
    schedule: NEVER,
    settings: { SETTLE_SECONDS: '2', GRAPH_REQUEST_INTERVAL_MS: '5' },
  });
  expect(await caretaker('push', 'baselines', '--yes')).toMatchObject({ code: 0 });
  host = await sandbox.startApp((line) => lines.push(line));
  await scheduled();
});

afterAll(async () => {
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

afterEach(() => {
  delete process.env.WEBSITE_AUTH_ENABLED;
});

function caretaker(...words: string[]): Promise<{ code: number; out: string; err: string }> {
  return caretakerAs('ada', {}, ...words);
}

const caretakerAs = (user: string, change: Partial<Terminal>, ...words: string[]): Promise<Told> =>
  caretakerIn({ environment: sandbox.environment, user, ...change }, words);

/** The timer's next run, as it was recorded. */
async function scheduled(): Promise<RunReport> {
  await host.runTimer('reconcileOnSchedule');
  const [last] = (await (await fetch(`${host.url}/api/runs?top=1`)).json()) as RunSummary[];
  return (await (await fetch(`${host.url}/api/runs/${last?.runId}`)).json()) as RunReport;
}

async function status(): Promise<Status> {
  return (await (await fetch(`${host.url}/api/status`)).json()) as Status;
}

async function ask(
  method: string,
  route: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<{ status: number; body: Record<string, unknown> }> {
  const answer = await fetch(`${host.url}/api/${route}`, {
    method,
    headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await answer.text();
  return { status: answer.status, body: text === '' ? {} : JSON.parse(text) };
}

/** A caller whom App Service Authentication vouches for. */
function signedIn(id: string, name: string, ...roles: string[]): Record<string, string> {
  process.env.WEBSITE_AUTH_ENABLED = 'true';
  const claims = [
    { typ: OID, val: id },
    { typ: 'name', val: name },
    ...roles.map((role) => ({ typ: 'roles', val: role })),
  ];
  const principal = JSON.stringify({ auth_typ: 'aad', claims });
  return { 'x-ms-client-principal': Buffer.from(principal).toString('base64') };
}

/** Pushes the baseline with a change as a new version. */
async function push(change: Record<string, unknown>, author = 'ada'): Promise<void> {
  const baseline = JSON.parse(await readFile(`baselines/${KEY}.json`, 'utf8'));
  await writeFile(join(folder, `${KEY}.json`), JSON.stringify({ ...baseline, ...change }));
  expect((await caretakerAs(author, {}, 'push', folder, '--yes')).code).toBe(0);
}

async function heldDigest(): Promise<string> {
  const { held } = await status();
  expect(held).toHaveLength(1);
  return held[0]?.digest ?? '';
}

function thePolicy(): Record<string, unknown> {
  const [policy, ...others] = sandbox.tenant.truth();
  expect(others).toEqual([]);
  return policy as Record<string, unknown>;
}

function switchOff(): void {
  sandbox.tenant.admin.edit(String(thePolicy().id), (policy) => {
    policy.state = 'disabled';
  });
}

function told(event: string): Record<string, unknown>[] {
  return lines
    .filter((line) => line.includes(`"${event}"`))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('a looser version', () => {
  it('is held, shown, approved over HTTP, and carried out by the timer’s next run', async () => {
    await push({ state: 'enabledForReportingButNotEnforced' });
    const held = await scheduled();
    const shown = await status();
    const page = await fetch(`${host.url}/api/status`, { headers: { accept: 'text/html' } });
    const digest = await heldDigest();

    const answer = await ask('POST', `approvals/${digest}`, { reason: 'agreed in CHG-1201' });
    const waits = await status();
    const stillThere = thePolicy().state;
    const done = await scheduled();

    expect(held).toMatchObject({ status: 'held', policies: [{ isApprovable: true }] });
    expect(shown.held).toMatchObject([
      { key: KEY, action: 'update', version: 2, author: 'ada', rules: ['loosening'], isApprovable: true },
    ]);
    expect(Date.parse(shown.held[0]?.since ?? '')).toBeLessThanOrEqual(Date.now());
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain(
      `caretaker approve ${digest.slice(0, 12)} --app ${host.url} --reason`,
    );
    expect(answer.status).toBe(204);
    expect(waits.held[0]?.approved).toEqual({
      by: { id: '', name: 'unknown (function key)' },
      reason: 'agreed in CHG-1201',
    });
    expect(stillThere).toBe('enabled');
    expect(done.status).toBe('remediated');
    expect(thePolicy().state).toBe('enabledForReportingButNotEnforced');
    expect((await status()).held).toEqual([]);
    expect(told('ChangeApproved')).toMatchObject([{ key: KEY, digest, by: null }]);
  });

  it('goes back by undo of the run that carried it out, through the app', async () => {
    const runs = (await (await fetch(`${host.url}/api/runs?top=5`)).json()) as RunSummary[];
    const runId = runs.find(({ applied }) => applied > 0)?.runId ?? '';

    const undone = await caretaker('undo', runId, '--yes', '--app', host.url);
    const report = await scheduled();
    const twice = await caretaker('undo', runId, '--yes', '--json');

    expect(undone).toMatchObject({ code: 0 });
    expect(undone.out).toContain('state: enabledForReportingButNotEnforced → enabled (tightens)');
    expect(report.status).toBe('remediated');
    expect(thePolicy().state).toBe('enabled');
    expect(twice.code).toBe(1);
    expect(JSON.parse(twice.out)).toMatchObject({
      pushed: [],
      refused: [{ key: KEY, reason: expect.stringContaining('version 3 by ada') }],
    });
  });
});

describe('POST /api/approvals/{digest}', () => {
  it.each([
    ['no reason', {}, 400],
    ['an empty reason', { reason: ' ' }, 400],
    ['a reason of another type', { reason: 7 }, 400],
    ['a reason that is too long', { reason: 'x'.repeat(501) }, 400],
    ['words about the person', { reason: 'because', by: 'grace' }, 400],
    ['a digest that nothing has', { reason: 'because' }, 404],
  ])('refuses %s', async (_, body, expected) => {
    const answer = await ask('POST', `approvals/${'f'.repeat(64)}`, body);

    expect(answer.status).toBe(expected);
    expect(answer.body.problems).toHaveLength(1);
  });

  it('takes nobody’s approval of their own version, and another’s with their name', async () => {
    await push({ state: 'enabledForReportingButNotEnforced' }, 'Ada Lovelace');
    await scheduled();
    const digest = await heldDigest();
    const ada = signedIn('0000-ada', 'Ada Lovelace', 'Caretaker.Operator');
    const reader = signedIn('0000-eve', 'Eve', 'Caretaker.Reader');
    const grace = signedIn('0000-grace', 'Grace Hopper', 'Caretaker.Operator');

    const answers = [];
    for (const caller of [ada, reader, {}, grace])
      answers.push(await ask('POST', `approvals/${digest}`, { reason: 'looked at it' }, caller));
    delete process.env.WEBSITE_AUTH_ENABLED;

    expect(answers.map((answer) => answer.status)).toEqual([403, 403, 401, 204]);
    expect(answers[0]?.body.detail).toContain('Ada Lovelace pushed this version');
    expect((await status()).held[0]?.approved?.by).toEqual({ id: '0000-grace', name: 'Grace Hopper' });
    expect((await scheduled()).status).toBe('remediated');
  });

  it('says why a change that waits is not for a person to let go', async () => {
    await ask('POST', 'freeze', { reason: 'a look around', until: '1h' });
    switchOff();
    const report = await scheduled();
    const digest = report.policies[0]?.change?.digest ?? '';

    const answer = await ask('POST', `approvals/${digest}`, { reason: 'quickly' });
    await ask('DELETE', 'freeze');

    expect(report.policies[0]?.findings).toMatchObject([{ rule: 'freeze' }]);
    expect(answer.status).toBe(409);
    expect(answer.body.detail).toContain('freeze');
  });
});

describe('the freeze', () => {
  it('keeps the timer from writing until somebody ends it', async () => {
    await push({});
    await scheduled();
    switchOff();

    const frozen = await ask('POST', 'freeze', { reason: 'migration', until: '2h' });
    const during = await scheduled();
    const [state, shown] = [thePolicy().state, await caretaker('status')];
    const ended = await ask('DELETE', 'freeze');
    const after = await scheduled();

    expect(frozen).toMatchObject({
      status: 200,
      body: { reason: 'migration', by: 'unknown (function key)' },
    });
    const { since, until } = frozen.body as { since: string; until: string };
    expect(Date.parse(until) - Date.parse(since)).toBe(2 * 3_600_000);
    expect(during.status).toBe('held');
    expect(state).toBe('disabled');
    expect(shown.out).toMatch(
      /! frozen by unknown \(function key\) since .* for another (1 h|119 min): migration/,
    );
    expect(shown.out).toContain('approving it would not help');
    expect(ended.status).toBe(204);
    expect(after.status).toBe('remediated');
    expect(thePolicy().state).toBe('enabled');
    expect(told('TenantFrozen').at(-1)).toMatchObject({ until: expect.any(String), by: null });
    expect(told('TenantUnfrozen').at(-1)).toMatchObject({ by: null });
  });

  it('takes no end in the past, and none it cannot read', async () => {
    const answers = [
      await ask('POST', 'freeze', { reason: 'x', until: '2020-01-01T00:00:00Z' }),
      await ask('POST', 'freeze', { reason: 'x', until: 'soon' }),
      await ask('POST', 'freeze', { until: 7, force: true }),
    ];

    expect(answers.map((answer) => answer.status)).toEqual([400, 400, 400]);
    expect(answers[2]?.body.problems).toHaveLength(3);
    expect((await status()).freeze).toBeNull();
  });

  it('can be thrown from the command line, here and through the app', async () => {
    const here = await caretaker('freeze', '--reason', 'looking', '--until', '30m');
    const shown = (await status()).freeze;
    const there = await caretaker('freeze', '--reason', 'still looking', '--app', host.url, '--json');
    const ended = [await caretaker('unfreeze', '--app', host.url), await caretaker('unfreeze', '--json')];

    expect(here.code).toBe(0);
    expect(shown).toMatchObject({ reason: 'looking', by: 'ada' });
    expect(JSON.parse(there.out)).toMatchObject({
      freeze: { reason: 'still looking', by: 'unknown (function key)', until: null },
    });
    expect(ended.map(({ code }) => code)).toEqual([0, 0]);
    expect((await status()).freeze).toBeNull();
    expect((await caretaker('freeze', '--reason', 'x', '--until', 'yesterday')).code).toBe(2);
    expect((await caretaker('freeze')).code).toBe(2);
  });
});

describe('caretaker approve', () => {
  it('lets a change go for everybody but who pushed it', async () => {
    await push({ state: 'enabledForReportingButNotEnforced' });
    await scheduled();
    const digest = await heldDigest();
    const short = digest.slice(0, 12);
    const shown = await caretaker('status');

    const own = await caretaker('approve', short, '--reason', 'mine');
    const unknown = await caretakerAs('grace', {}, 'approve', 'ffffffffffff', '--reason', 'x', '--json');
    const given = await caretakerAs('grace', {}, 'approve', short, '--reason', 'CHG-1201');

    expect(shown).toMatchObject({ code: 3 });
    expect(shown.out).toMatch(/update to version \d+ by ada, has waited \d+ s \(digest [0-9a-f]{12}\)/);
    expect(shown.out).toContain(`to approve it: caretaker approve ${short} --reason "…"`);
    expect(own.code).toBe(3);
    expect(own.out).toContain('ada pushed this version, so somebody else has to approve it');
    expect(unknown.code).toBe(2);
    expect(JSON.parse(unknown.out).answers).toMatchObject([{ kind: 'unknown' }]);
    expect(given).toMatchObject({ code: 0, out: `${short} ${KEY}: approved; the next run carries it out\n` });
    expect((await caretaker('status')).out).toContain('approved by grace, goes with the next run: CHG-1201');
    expect((await scheduled()).status).toBe('remediated');
  });

  it('lets everything go that waits for a person, through the app', async () => {
    await push({});
    await scheduled();
    await push({ state: 'enabledForReportingButNotEnforced' });
    await scheduled();

    const wrong = await caretaker('approve', 'ffffffffffff', '--reason', 'x', '--app', host.url);
    const given = await caretaker('approve', '--all-held', '--reason', 'reviewed', '--app', host.url);
    const again = await caretaker('approve', '--all-held', '--reason', 'reviewed', '--app', host.url);
    const done = await scheduled();

    expect(wrong.code).toBe(2);
    expect(given.code).toBe(0);
    expect(given.out).toContain('approved; the next run carries it out');
    expect(again).toMatchObject({ code: 0, out: 'Nothing waits that could be approved.\n' });
    expect(done.status).toBe('remediated');
  });

  it.each([
    ['neither digests nor --all-held', ['approve', '--reason', 'x']],
    ['both', ['approve', 'ffffffffffff', '--all-held', '--reason', 'x']],
    ['no reason', ['approve', '--all-held']],
    ['an empty reason', ['approve', '--all-held', '--reason', ' ']],
    ['a reason that is too long', ['approve', '--all-held', '--reason', 'x'.repeat(501)]],
  ])('says what is wrong with %s', async (_, words) => {
    expect((await caretaker(...words)).code).toBe(2);
  });

  it('tells an app that is not there from a digest that is not', async () => {
    const words = ['approve', 'ffffffffffff', '--reason', 'x', '--app'];

    const other = await caretaker(...words, sandbox.graphUrl);
    const gone = await caretaker(...words, 'http://127.0.0.1:9');

    expect(other.code).toBe(2);
    expect(other.err).toMatch(/answered \d+: no explanation/);
    expect(gone.code).toBe(1);
    expect(gone.err).toContain('cannot be reached');
  });
});

describe('caretaker undo', () => {
  it('asks before it pushes, and pushes nothing for a no', async () => {
    await push({});
    await scheduled();
    switchOff();
    const { runId } = await scheduled();

    const asked = await caretaker('undo', runId);
    const declined = await caretakerAs('ada', { confirm: async () => false }, 'undo', runId);
    const agreed = await caretakerAs('ada', { confirm: async () => true }, 'undo', runId);
    const held = await scheduled();

    expect(asked.code).toBe(2);
    expect(declined.code).toBe(1);
    expect(agreed.code).toBe(0);
    expect(agreed.out).toContain('state: enabled → disabled (loosens)');
    expect(held.policies[0]).toMatchObject({ verdict: 'hold', isApprovable: true });
    expect(thePolicy().state).toBe('enabled');
  });

  it('knows a run that changed nothing from one that is not kept', async () => {
    const { runId } = await scheduled();

    expect(await caretaker('undo', runId)).toMatchObject({ code: 0, out: 'That run changed nothing.\n' });
    expect((await caretaker('undo', '20200101T000000000Z-00000000')).code).toBe(2);
    expect((await caretaker('undo', '20200101T000000000Z-00000000', '--app', host.url)).code).toBe(2);
  });
});
