import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { clouds } from '../src/lib/graph/clouds.ts';
import { type Environment, readSettings, SETTING_NAMES } from '../src/lib/settings.ts';
import { writeSigner } from '../src/lib/signature.ts';
import { newSigner } from './support/signers.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';
const RIGHT: Environment = { TENANT_ID: TENANT, STATE_STORAGE: 'UseDevelopmentStorage=true' };

const ED25519 = writeSigner(newSigner('ed25519').public);
const ES256 = writeSigner(newSigner('es256').public);

function problems(environment: Environment): string[] {
  return readSettings(environment).problems.map(({ setting }) => setting);
}

describe('settings', () => {
  it('have the contract’s defaults', () => {
    const { settings, problems: found } = readSettings(RIGHT);

    expect(found).toEqual([]);
    expect(settings).toEqual({
      tenantId: TENANT,
      mode: 'observe',
      schedule: null,
      stateStorage: { kind: 'connectionString', connectionString: 'UseDevelopmentStorage=true' },
      clientId: null,
      cloud: 'public',
      graphEndpoint: 'https://graph.microsoft.com',
      protected: { users: [], groups: [] },
      protectedControlsAllowed: [],
      changesMax: 5,
      graphRequestIntervalMs: 1100,
      settleMs: 60_000,
      runBudgetMs: 480_000,
      tenantPolicyLimit: 195,
      flapCount: 5,
      flapWindowMs: 3_600_000,
      namingPattern: null,
      signers: [],
      directTelemetry: null,
    });
  });

  /** For each setting: values it refuses, and values it takes. */
  const VALUES: Readonly<Record<string, readonly [wrong: readonly string[], right: readonly string[]]>> = {
    TENANT_ID: [
      ['contoso', 'contoso.example', `${TENANT}0`],
      [TENANT.toUpperCase(), ` ${TENANT} `],
    ],
    MODE: [
      ['on', 'Enforce', 'true'],
      ['observe', 'enforce', ''],
    ],
    RECONCILE_SCHEDULE: [[], ['0 */5 * * * *']],
    STATE_STORAGE__tableServiceUri: [
      ['http://account.table.example', 'account', 'https://user:secret@account.table.example'],
      [],
    ],
    STATE_STORAGE: [
      [
        'AccountName=x',
        'nonsense',
        'DefaultEndpointsProtocol=http;AccountName=x;AccountKey=eA==',
        'TableEndpoint=http://account.table.example;SharedAccessSignature=s',
      ],
      [
        'DefaultEndpointsProtocol=https;AccountName=x;AccountKey=eA==',
        'AccountName=x;AccountKey=eA==;TableEndpoint=http://127.0.0.1:10002/x',
      ],
    ],
    AZURE_CLIENT_ID: [['my-identity'], [TENANT]],
    GRAPH_CLOUD: [['Public', 'germany', 'constructor'], Object.keys(clouds)],
    GRAPH_ENDPOINT: [
      [
        'http://graph.example',
        'graph.microsoft.com',
        'http://127.0.0.1.example',
        'ftp://graph.example',
        'https://user:secret@graph.example',
      ],
      ['https://graph.example', 'http://127.0.0.1:8080', 'http://localhost:1', 'http://[::1]:1'],
    ],
    BREAK_GLASS_USERS: [
      ['admin@contoso.example', `${TENANT};${TENANT}`],
      [`${TENANT}, ${TENANT.toUpperCase()},`, ''],
    ],
    BREAK_GLASS_GROUPS: [['sg-break-glass'], [TENANT]],
    PROTECTED_CONTROLS_ALLOWED: [[], [`mfa, ${TENANT}`]],
    MAX_CHANGES_PER_RUN: [
      ['-1', '2.5', 'many', 'Infinity', '1e9'],
      ['0', '1', '1000'],
    ],
    GRAPH_REQUEST_INTERVAL_MS: [
      ['999', '0', '-1', '1 s'],
      ['1000', '60000'],
    ],
    SETTLE_SECONDS: [
      ['0', '0.5', '301'],
      ['1', '300'],
    ],
    RUN_BUDGET_SECONDS: [
      ['9', '1501'],
      ['10', '1500'],
    ],
    TENANT_POLICY_LIMIT: [['0'], ['240']],
    FLAP_COUNT: [['0'], ['1']],
    FLAP_WINDOW_MINUTES: [['0'], ['1']],
    NAMING_PATTERN: [['(', '['], ['^CA\\d{3} - ']],
    DESIRED_STATE_SIGNERS: [
      [
        'somebody',
        'ed25519:',
        `ed25519:${'A'.repeat(43)}`,
        `${ED25519}=`,
        `${ED25519},es256:${'A'.repeat(87)}`,
        ED25519.replace('ed25519', 'es256'),
        ',',
      ],
      [ED25519, ES256, ` ${ED25519} , ${ES256},`, ''],
    ],
    TELEMETRY_DIRECT: [
      ['yes', 'TRUE'],
      ['false', ''],
    ],
    // The host's own: looked at only where TELEMETRY_DIRECT is true, which is tried below.
    APPLICATIONINSIGHTS_CONNECTION_STRING: [[], ['anything']],
    APPLICATIONINSIGHTS_AUTHENTICATION_STRING: [[], ['anything']],
  };

  it('are all tried here', () => {
    expect(Object.keys(VALUES)).toEqual(SETTING_NAMES);
  });

  const cases = (pick: 0 | 1) =>
    Object.entries(VALUES).flatMap(([name, values]) => values[pick].map((value) => [name, value] as const));

  it.each(cases(0))('refuse %s = %s, by name and by that name alone', (name, value) => {
    const others = name === 'STATE_STORAGE__tableServiceUri' ? { TENANT_ID: TENANT } : RIGHT;
    expect(problems({ ...others, [name]: value })).toEqual([name]);
  });

  it.each(cases(1))('take %s = %s', (name, value) => {
    expect(problems({ ...RIGHT, [name]: value })).toEqual([]);
  });

  it('are all reported at once when all are wrong', () => {
    const wrong = Object.fromEntries(cases(0));
    const { STATE_STORAGE__tableServiceUri: _, ...environment } = wrong;

    const expected = Object.keys(environment).filter((name) => name !== 'STATE_STORAGE__tableServiceUri');
    expect([...new Set(problems(environment))].sort()).toEqual(expected.sort());
  });

  it('name what is missing', () => {
    expect(problems({})).toEqual(['TENANT_ID', 'STATE_STORAGE__tableServiceUri']);
  });

  it('refuse two ways to the tables at once', () => {
    expect(
      problems({ ...RIGHT, STATE_STORAGE__tableServiceUri: 'https://account.table.core.windows.net' }),
    ).toEqual(['STATE_STORAGE']);
  });

  it('let requests follow faster only against a loopback address', () => {
    const fast = { ...RIGHT, GRAPH_REQUEST_INTERVAL_MS: '0' };

    expect(problems({ ...fast, GRAPH_ENDPOINT: 'http://127.0.0.1:8080' })).toEqual([]);
    expect(problems({ ...fast, GRAPH_ENDPOINT: 'https://graph.example' })).toEqual([
      'GRAPH_REQUEST_INTERVAL_MS',
    ]);
  });

  it('take the platform’s connection string and identity where telemetry is to go straight there', () => {
    const direct = { ...RIGHT, TELEMETRY_DIRECT: 'true' };
    const read = (change: Environment) => readSettings({ ...direct, ...change });
    const APPLICATIONINSIGHTS_CONNECTION_STRING = `InstrumentationKey=${TENANT};IngestionEndpoint=https://x.example/`;
    const right = { APPLICATIONINSIGHTS_CONNECTION_STRING };
    const as = (APPLICATIONINSIGHTS_AUTHENTICATION_STRING: string) =>
      read({ ...right, APPLICATIONINSIGHTS_AUTHENTICATION_STRING });

    expect(readSettings({ ...RIGHT, ...right }).settings.directTelemetry).toBeNull();
    expect(read(right)).toMatchObject({ problems: [], settings: { directTelemetry: { identity: null } } });
    expect(as('Authorization=AAD').settings.directTelemetry?.identity).toEqual({ clientId: null });
    expect(as(`ClientId=${TENANT};Authorization=AAD`)).toMatchObject({
      problems: [],
      settings: { directTelemetry: { identity: { clientId: TENANT } } },
    });
    for (const wrong of ['', 'InstrumentationKey=mine', 'IngestionEndpoint=https://x.example/'])
      expect(problems({ ...direct, APPLICATIONINSIGHTS_CONNECTION_STRING: wrong })).toEqual([
        'APPLICATIONINSIGHTS_CONNECTION_STRING',
      ]);
    for (const wrong of ['Authorization=Key', `ClientId=${TENANT}`, 'ClientId=me;Authorization=AAD'])
      expect(as(wrong).problems.map(({ setting }) => setting)).toEqual([
        'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
      ]);
  });

  it('never quote a connection string, which holds a key', () => {
    const { problems: found } = readSettings({
      ...RIGHT,
      STATE_STORAGE: 'DefaultEndpointsProtocol=http;AccountName=x;AccountKey=c2VjcmV0',
    });

    expect(JSON.stringify(found)).not.toContain('c2VjcmV0');
  });

  it('compare ids in lower case and once each', () => {
    const { settings } = readSettings({
      ...RIGHT,
      TENANT_ID: TENANT.toUpperCase(),
      BREAK_GLASS_USERS: `${TENANT},${TENANT.toUpperCase()}`,
    });

    expect(settings.tenantId).toBe(TENANT);
    expect(settings.protected.users).toEqual([TENANT]);
  });
});

describe('local.settings.sample.json', () => {
  const sample: Record<string, string> = JSON.parse(
    readFileSync(new URL('../local.settings.sample.json', import.meta.url), 'utf8'),
  ).Values;

  /** Names that a local run has no use for, or that the sample shows in another form. */
  const LEFT_OUT = [
    'STATE_STORAGE__tableServiceUri',
    'AZURE_CLIENT_ID',
    'GRAPH_ENDPOINT',
    'NAMING_PATTERN',
    'APPLICATIONINSIGHTS_CONNECTION_STRING',
    'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
  ];
  const PLATFORMS = ['AzureWebJobsStorage', 'FUNCTIONS_WORKER_RUNTIME'];

  it('holds every setting, but for those a local run has no use for', () => {
    expect([...Object.keys(sample), ...LEFT_OUT].sort()).toEqual([...SETTING_NAMES, ...PLATFORMS].sort());
  });

  it('is right as it is', () => {
    expect(readSettings(sample).problems).toEqual([]);
  });
});
