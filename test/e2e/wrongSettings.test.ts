import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Host } from '../../sandbox/host.ts';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts';
import type { Examination } from '../../src/lib/doctor/findings.ts';

let sandbox: Sandbox;
let host: Host;
const lines: string[] = [];

beforeAll(async () => {
  sandbox = await startSandbox({
    schedule: '59 59 23 31 12 *',
    settings: {
      TENANT_ID: 'contoso',
      MODE: 'on',
      BREAK_GLASS_USERS: 'admin@contoso.example',
      MAX_CHANGES_PER_RUN: '-1',
      GRAPH_ENDPOINT: 'http://graph.example',
    },
  });
  host = await sandbox.startApp((line) => lines.push(line));
});

afterAll(async () => {
  await sandbox?.close();
});

it('registers every function although the settings are wrong', () => {
  expect(host.functions.map(({ name }) => name).sort()).toEqual([
    'approvals',
    'doctor',
    'freeze',
    'reconcileOnDemand',
    'reconcileOnSchedule',
    'run',
    'runs',
    'status',
    'undo',
    'unfreeze',
    'whatif',
  ]);
});

it('tells the doctor what is wrong, as what was found', async () => {
  const answer = await fetch(`${host.url}/api/doctor`);

  const { findings } = (await answer.json()) as Examination;
  expect(answer.status).toBe(200);
  expect(findings.flatMap(({ verdict, where }) => (verdict === 'failed' ? [where] : []))).toEqual([
    'TENANT_ID',
    'MODE',
    'GRAPH_ENDPOINT',
    'GRAPH_REQUEST_INTERVAL_MS',
    'BREAK_GLASS_USERS',
    'MAX_CHANGES_PER_RUN',
  ]);
  expect(findings.map(({ verdict }) => verdict)).not.toContain('ok');
});

it('names every wrong setting at once, on every route', async () => {
  const answers = [
    await fetch(`${host.url}/api/status`),
    await fetch(`${host.url}/api/reconcile`, { method: 'POST' }),
    await fetch(`${host.url}/api/approvals/${'f'.repeat(64)}`, { method: 'POST' }),
    await fetch(`${host.url}/api/freeze`, { method: 'DELETE' }),
    await fetch(`${host.url}/api/runs/none/undo`),
    await fetch(`${host.url}/api/whatif`, { method: 'POST' }),
  ];

  for (const answer of answers) {
    expect(answer.status).toBe(500);
    const { problems } = (await answer.json()) as { problems: string[] };
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual(
      expect.arrayContaining([
        'TENANT_ID',
        'MODE',
        'BREAK_GLASS_USERS',
        'MAX_CHANGES_PER_RUN',
        'GRAPH_ENDPOINT',
      ]),
    );
  }
  expect(sandbox.tenant.log).toEqual([]);
});

it('logs which settings are wrong, and nothing of what somebody wrote into them', async () => {
  lines.length = 0;

  const thrown = await host.runTimer('reconcileOnSchedule').catch(String);

  // The platform logs what a function throws.
  const logged = [...lines, thrown].join('\n');
  expect(logged).toContain('"event":"RunFailed"');
  for (const name of ['TENANT_ID', 'MODE', 'BREAK_GLASS_USERS']) expect(logged).toContain(name);
  expect(logged).not.toContain('contoso');
});
