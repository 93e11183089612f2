import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSettings, SETTING_NAMES } from '../src/lib/settings.ts';

const GOOD = {
  TENANT_ID: '11111111-2222-4333-8444-555555555555',
  STATE_STORAGE__tableServiceUri: 'https://state.table.core.windows.net',
  BREAK_GLASS_USERS: 'B0000000-0000-4000-8000-000000000001, b0000000-0000-4000-8000-000000000001',
};

function problemsWith(change: Record<string, string | undefined>): string[] {
  return readSettings({ ...GOOD, ...change }).problems.map(({ setting }) => setting);
}

describe('settings', () => {
  it('have the defaults of the contract', () => {
    const { settings, problems } = readSettings(GOOD);

    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      mode: 'observe',
      schedule: null,
      cloud: 'public',
      graphEndpoint: 'https://graph.microsoft.com',
      protected: { users: ['b0000000-0000-4000-8000-000000000001'], groups: [] },
      changesMax: 5,
      graphRequestIntervalMs: 1100,
      settleMs: 60_000,
      runBudgetMs: 480_000,
      tenantPolicyLimit: 195,
      flapCount: 5,
      flapWindowMs: 3_600_000,
    });
  });

  it.each([
    ['a tenant that is no id', { TENANT_ID: 'contoso' }, 'TENANT_ID'],
    ['no tenant', { TENANT_ID: undefined }, 'TENANT_ID'],
    ['an unknown mode', { MODE: 'Enforce!' }, 'MODE'],
    ['no tables', { STATE_STORAGE__tableServiceUri: undefined }, 'STATE_STORAGE__tableServiceUri'],
    ['two ways to the tables', { STATE_STORAGE: 'UseDevelopmentStorage=true' }, 'STATE_STORAGE'],
    [
      'tables over http',
      { STATE_STORAGE__tableServiceUri: 'http://state.example' },
      'STATE_STORAGE__tableServiceUri',
    ],
    [
      'a connection string over http',
      {
        STATE_STORAGE__tableServiceUri: undefined,
        STATE_STORAGE: 'DefaultEndpointsProtocol=http;AccountName=a;AccountKey=b',
      },
      'STATE_STORAGE',
    ],
    [
      'a connection string that is none',
      { STATE_STORAGE__tableServiceUri: undefined, STATE_STORAGE: 'secret' },
      'STATE_STORAGE',
    ],
    ['an unknown cloud', { GRAPH_CLOUD: 'moon' }, 'GRAPH_CLOUD'],
    ['the name of an object as a cloud', { GRAPH_CLOUD: 'constructor' }, 'GRAPH_CLOUD'],
    ['Graph over http', { GRAPH_ENDPOINT: 'http://graph.example' }, 'GRAPH_ENDPOINT'],
    ['Graph with a password', { GRAPH_ENDPOINT: 'https://a:b@graph.example' }, 'GRAPH_ENDPOINT'],
    [
      'a host that only begins like loopback',
      { GRAPH_ENDPOINT: 'http://127.0.0.1.example' },
      'GRAPH_ENDPOINT',
    ],
    [
      'a mail address as an emergency account',
      { BREAK_GLASS_USERS: 'admin@contoso.example' },
      'BREAK_GLASS_USERS',
    ],
    ['a limit below nothing', { MAX_CHANGES_PER_RUN: '-1' }, 'MAX_CHANGES_PER_RUN'],
    ['half a second', { SETTLE_SECONDS: '0.5' }, 'SETTLE_SECONDS'],
    ['too quick for a real tenant', { GRAPH_REQUEST_INTERVAL_MS: '100' }, 'GRAPH_REQUEST_INTERVAL_MS'],
    ['a pattern that is none', { NAMING_PATTERN: '(' }, 'NAMING_PATTERN'],
  ])('name %s', (_, change, name) => {
    expect(problemsWith(change)).toEqual([name]);
  });

  it('are all named at once', () => {
    expect(problemsWith({ TENANT_ID: 'x', MODE: 'x', GRAPH_CLOUD: 'x', MAX_CHANGES_PER_RUN: 'x' })).toEqual([
      'TENANT_ID',
      'MODE',
      'GRAPH_CLOUD',
      'MAX_CHANGES_PER_RUN',
    ]);
  });

  it('never quote a connection string', () => {
    const { problems } = readSettings({ ...GOOD, STATE_STORAGE: 'AccountKey=topsecret' });

    expect(JSON.stringify(problems)).not.toContain('topsecret');
  });

  it('take a limit of 0 for a limit, and a quick pace on loopback', () => {
    const { settings, problems } = readSettings({
      ...GOOD,
      MAX_CHANGES_PER_RUN: '0',
      GRAPH_ENDPOINT: 'http://127.0.0.1:8080',
      GRAPH_REQUEST_INTERVAL_MS: '0',
    });

    expect(problems).toEqual([]);
    expect(settings).toMatchObject({
      changesMax: 0,
      graphRequestIntervalMs: 0,
      graphEndpoint: 'http://127.0.0.1:8080',
    });
  });

  it('are all in the sample, but for the alternatives and what has no common value', () => {
    const { Values } = JSON.parse(
      readFileSync(new URL('../local.settings.sample.json', import.meta.url), 'utf8'),
    ) as { Values: Record<string, string> };
    const left = ['STATE_STORAGE__tableServiceUri', 'AZURE_CLIENT_ID', 'GRAPH_ENDPOINT', 'NAMING_PATTERN'];

    expect(SETTING_NAMES.filter((name) => !(name in Values)).sort()).toEqual(left.sort());
    expect(Object.keys(Values).filter((name) => !SETTING_NAMES.includes(name))).toEqual([
      'AzureWebJobsStorage',
      'FUNCTIONS_WORKER_RUNTIME',
    ]);
  });
});
