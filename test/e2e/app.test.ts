import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../sandbox/host.ts';
import { BREAK_GLASS_GROUP, BREAK_GLASS_USER, type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { RunReport, RunSummary } from '../../src/lib/report.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';

/** New Year's Eve only: these tests say themselves when a run starts. */
const NEVER = '59 59 23 31 12 *';

let sandbox: Sandbox;
let host: Host;
const lines: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    schedule: NEVER,
    settings: { SETTLE_SECONDS: '2', GRAPH_REQUEST_INTERVAL_MS: '5' },
  });
  expect(await caretaker('push', 'baselines', '--yes')).toMatchObject({ code: 0 });
  host = await sandbox.startApp((line) => lines.push(line));
});

afterAll(async () => {
  await sandbox?.close();
});

const caretaker = (...words: string[]): Promise<Told> =>
  caretakerIn({ environment: sandbox.environment }, words);

async function post(
  body?: unknown,
  headers: Record<string, string> = { 'content-type': 'application/json' },
): Promise<Response> {
  const sent = typeof body === 'string' ? body : JSON.stringify(body);
  return fetch(`${host.url}/api/reconcile`, {
    method: 'POST',
    ...(body === undefined ? {} : { headers, body: sent }),
  });
}

async function reconciled(body?: unknown): Promise<RunReport> {
  const answer = await post(body);
  expect(answer.status).toBe(200);
  return (await answer.json()) as RunReport;
}

function thePolicy(): Record<string, unknown> {
  const [policy, ...others] = sandbox.tenant.truth();
  expect(others).toEqual([]);
  return policy as Record<string, unknown>;
}

describe('the function app, over HTTP and through real tables', () => {
  it('creates the policy of the article, then finds nothing to do in one Graph request', async () => {
    const first = await reconciled();
    // In the first run that sees the policy the directory is looked at beside it.
    await reconciled({ mode: 'observe' });
    const second = await reconciled({ mode: 'observe' });

    expect(first.status).toBe('remediated');
    expect(thePolicy()).toMatchObject({
      state: 'enabled',
      conditions: { users: { excludeUsers: [BREAK_GLASS_USER], excludeGroups: [BREAK_GLASS_GROUP] } },
    });
    expect(second).toMatchObject({ status: 'inSync', mode: 'observe', requests: { graph: 1 } });
  });

  it('repairs on schedule', async () => {
    sandbox.tenant.admin.edit(String(thePolicy().id), (policy) => {
      policy.state = 'disabled';
    });

    await host.runTimer('reconcileOnSchedule');

    expect(thePolicy().state).toBe('enabled');
  });

  it('logs one JSON line per event, with one summary', async () => {
    lines.length = 0;

    const { runId } = await reconciled();

    const events = lines
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.filter(({ event }) => event === 'RunCompleted')).toEqual([
      expect.objectContaining({ schema: 1, runId, status: 'inSync' }),
    ]);
  });

  it('shows runs, newest first, and each by its id', async () => {
    const report = await reconciled();

    const runs = (await (await fetch(`${host.url}/api/runs?top=2`)).json()) as RunSummary[];
    const one = await (await fetch(`${host.url}/api/runs/${report.runId}`)).json();

    expect(runs).toHaveLength(2);
    expect(runs[0]?.runId).toBe(report.runId);
    expect(one).toMatchObject({ runId: report.runId, status: 'inSync' });
    expect((await fetch(`${host.url}/api/runs/none`)).status).toBe(404);
    expect((await fetch(`${host.url}/api/runs?top=0`)).status).toBe(400);
  });

  it('shows how the tenant stands', async () => {
    const status = await (await fetch(`${host.url}/api/status`)).json();

    expect(status).toMatchObject({
      mode: 'enforce',
      freeze: null,
      policies: [{ key: 'require-mfa-azure-management', drift: 'none' }],
      held: [],
    });
  });

  it.each([
    ['a body that is not JSON', '{"mode":', 400],
    ['a list', '[]', 400],
    ['an unknown member', { force: true }, 400],
    ['an unknown mode', { mode: 'off' }, 400],
    ['an unknown key', { policies: ['nobody'] }, 400],
    ['keys that are none', { policies: 'all' }, 400],
    ['a body that is too large', { policies: ['x'.repeat(70_000)] }, 413],
  ])('refuses %s and changes nothing', async (_, body, status) => {
    const writes = sandbox.tenant.writes.length;

    const answer = await post(body);

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(((await answer.json()) as { problems: string[] }).problems).toHaveLength(1);
    expect(sandbox.tenant.writes).toHaveLength(writes);
  });

  it('refuses a body of another type', async () => {
    expect((await post('mode=observe', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
      415,
    );
  });

  it('lets one run work at a time, and says when to come back', async () => {
    const answers = await Promise.all([post(), post(), post()]);

    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses[0]).toBe(200);
    expect(statuses.at(-1)).toBe(409);
    const busy = answers.find(({ status }) => status === 409);
    expect(Number(busy?.headers.get('retry-after'))).toBeGreaterThan(0);
  });

  it('answers 503 with the report while the tenant answers nothing usable, and writes nothing', async () => {
    const writes = sandbox.tenant.writes.length;
    sandbox.tenant.arm('htmlPage', { path: /conditionalAccess\/policies/, times: Number.POSITIVE_INFINITY });

    const answer = await post();
    sandbox.tenant.calm();

    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      report: { status: 'failed', error: { kind: 'unavailable' } },
    });
    expect(sandbox.tenant.writes).toHaveLength(writes);
  });

  it('converges under every fault at once and makes no twin', async () => {
    const id = String(thePolicy().id);
    sandbox.tenant.admin.remove(id);
    Object.assign(sandbox.tenant.faults, {
      lagMs: 300,
      replicas: 3,
      rates: {
        throttled: 0.1,
        serverError: 0.1,
        badGateway: 0.05,
        lostAnswer: 0.1,
        lostRequest: 0.1,
        shuffledList: 0.5,
        cutBody: 0.05,
        expandedObjects: 0.5,
        extraNulls: 0.5,
        emptyUnknowns: 0.5,
      },
    });
    for (let run = 0; run < 4; run++) await post();
    sandbox.tenant.calm();
    sandbox.tenant.settle();

    const last = [await reconciled(), await reconciled()].at(-1);

    expect(last?.status).toBe('inSync');
    expect(thePolicy()).toMatchObject({ state: 'enabled' });
  });
});

describe('the command line, on the same engine', () => {
  it('plans without writing and says so in its exit code', async () => {
    sandbox.tenant.admin.edit(String(thePolicy().id), (policy) => {
      policy.state = 'disabled';
    });

    const planned = await caretaker('plan');

    expect(planned.code).toBe(3);
    expect(planned.out).toContain('state: enabled → disabled (the tenant is looser)');
    expect(thePolicy().state).toBe('disabled');
  });

  it('runs, and answers in JSON', async () => {
    const ran = await caretaker('run', '--json');

    expect(ran.code).toBe(0);
    expect(JSON.parse(ran.out)).toMatchObject({ status: 'remediated', trigger: 'cli' });
    expect(thePolicy().state).toBe('enabled');
  });

  it('shows the same status here and through the app', async () => {
    const [here, there] = [
      await caretaker('status', '--json'),
      await caretaker('status', '--json', '--app', host.url),
    ];

    expect(here.code).toBe(0);
    expect(JSON.parse(here.out)).toEqual(JSON.parse(there.out));
  });

  it('says whose settings it shows the status by', async () => {
    const here = await caretaker('status');
    const unset = await caretakerIn({ environment: { ...sandbox.environment, RECONCILE_SCHEDULE: '' } }, [
      'status',
    ]);
    const there = await caretaker('status', '--app', host.url);

    expect(here.out).toContain('by the settings of this shell (those of the app: --app <url>): enforce');
    expect(unset.out).not.toContain('no run starts by itself');
    expect(there.out).not.toContain('this shell');
  });

  it.each([
    [['diff', 'require-mfa-azure-management', 'tenant'], 'caretaker plan'],
    [['capture', '--all'], '--from'],
  ])('says of %j that it is not for --app, and what is', async (words, inItsPlace) => {
    const { code, err } = await caretaker(...words, '--app', host.url);

    expect(code).toBe(2);
    expect(err).toContain(inItsPlace);
  });

  it('pushes nothing twice', async () => {
    const again = await caretaker('push', 'baselines', '--yes', '--json');

    expect(JSON.parse(again.out)).toEqual({ pushed: [], unchanged: 1, problems: [] });
  });

  it('says what is wrong with its words', async () => {
    expect((await caretaker('dance')).code).toBe(2);
    expect((await caretaker('validate', 'no/such/folder')).code).toBe(2);
    expect((await caretaker('plan', 'nobody')).err).toContain('nobody');
  });
});
