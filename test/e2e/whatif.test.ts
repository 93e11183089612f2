import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../sandbox/host.ts';
import {
  ADELE,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_USER,
  type Sandbox,
  startSandbox,
} from '../../sandbox/sandbox.ts';
import type { WhatIfAnswer } from '../../src/lib/whatif/answer.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';

const NEVER = '59 59 23 31 12 *';
const NOBODY = 'ffffffff-0000-4000-8000-000000000001';
const KEY = 'require-mfa-azure-management';
const AZURE_MANAGEMENT = '797f4846-ba00-4fd7-ba43-dac1f8f63013';
const QUESTION = {
  signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: ADELE },
  signInContext: {
    '@odata.type': '#microsoft.graph.applicationContext',
    includeApplications: [AZURE_MANAGEMENT],
  },
  signInConditions: { clientAppType: 'browser', devicePlatform: 'windows', country: 'DE' },
};

let sandbox: Sandbox;
let host: Host;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'whatif-'));
  sandbox = await startSandbox({ schedule: NEVER, settings: { GRAPH_REQUEST_INTERVAL_MS: '5' } });
  expect(await caretaker('push', 'baselines', '--yes')).toMatchObject({ code: 0 });
  host = await sandbox.startApp(() => undefined);
});

afterAll(async () => {
  await sandbox?.close();
  await rm(folder, { recursive: true, force: true });
});

const caretaker = (...words: string[]): Promise<Told> =>
  caretakerIn({ environment: sandbox.environment }, words);

async function answerOf(...words: string[]): Promise<WhatIfAnswer> {
  const { code, out, err } = await caretaker('whatif', ...words, '--json');
  expect(err).toBe('');
  expect(code).toBe(0);
  return JSON.parse(out) as WhatIfAnswer;
}

async function post(body: unknown, headers: Record<string, string> = {}): Promise<Response> {
  return fetch(`${host.url}/api/whatif`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

describe('POST /api/whatif', () => {
  it('answers Graph’s own question for a policy that does not exist yet, and writes nothing', async () => {
    const answer = await post(QUESTION);

    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({
      observed: { policies: [], result: { blocked: false, grant: [], reportOnly: { blocked: false } } },
      desired: { result: { grant: [{ policyId: KEY, operator: 'OR', controls: ['mfa'] }] } },
      resulting: {
        policies: [{ id: null, key: KEY, state: 'enabled', policyApplies: true, analysisReasons: 'notSet' }],
      },
      difference: { differs: true, policies: [{ key: KEY, observed: null }] },
      changes: [{ key: KEY, action: 'create', verdict: 'admit' }],
      notes: expect.any(Array),
    });
    expect(sandbox.tenant.writes).toEqual([]);
    expect(await (await fetch(`${host.url}/api/runs`)).json()).toEqual([]);
  });

  it('finds that the emergency accounts are asked for nothing', async () => {
    const answer = (await (
      await post({ ...QUESTION, signInIdentity: { userId: BREAK_GLASS_USER } })
    ).json()) as WhatIfAnswer;
    const member = (await (
      await post({ ...QUESTION, facts: { groups: [BREAK_GLASS_GROUP], roles: [], userType: 'member' } })
    ).json()) as WhatIfAnswer;

    for (const { resulting } of [answer, member]) {
      expect(resulting.policies).toMatchObject([
        { key: KEY, policyApplies: false, analysisReasons: 'users' },
      ]);
      expect(resulting.result.grant).toEqual([]);
    }
  });

  it.each<[string, unknown, Record<string, string>, number]>([
    ['a body that is not JSON', '{"signIn', {}, 400],
    [
      'a body that says a member twice',
      JSON.stringify(QUESTION).replace('{', '{"reading":"asGraph","reading":"depends",'),
      {},
      400,
    ],
    ['no question', {}, {}, 400],
    ['members nobody knows', { ...QUESTION, mode: 'observe', force: true }, {}, 400],
    ['a user by name', { ...QUESTION, signInIdentity: { userId: 'adele' } }, {}, 400],
    ['nobody the directory knows', { ...QUESTION, signInIdentity: { userId: NOBODY } }, {}, 404],
    ['a body that is too large', { ...QUESTION, facts: { groups: ['x'.repeat(70_000)] } }, {}, 413],
    ['a form', 'userId=1', { 'content-type': 'application/x-www-form-urlencoded' }, 415],
  ])('refuses %s', async (_, body, headers, status) => {
    const answer = await post(body, headers);

    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(((await answer.json()) as { problems: string[] }).problems.length).toBeGreaterThan(0);
  });

  it('names every problem of a question at once', async () => {
    const { problems } = (await (
      await post({ ...QUESTION, signInConditions: { devicePlatform: 'amiga', signInRisk: 'high' }, who: 1 })
    ).json()) as { problems: string[] };

    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'who',
      'signInConditions.signInRisk',
      'signInConditions.devicePlatform',
    ]);
  });

  it('answers 503 while the tenant answers nothing usable', async () => {
    sandbox.tenant.arm('htmlPage', { path: /conditionalAccess\/policies/, times: Number.POSITIVE_INFINITY });

    const answer = await post(QUESTION);
    sandbox.tenant.calm();

    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      problems: [expect.stringContaining('Listing the policies')],
    });
  });

  it('is for operators alone where the platform signs callers in', async () => {
    const principal = (role: string): Record<string, string> => ({
      'x-ms-client-principal': Buffer.from(
        JSON.stringify({
          auth_typ: 'aad',
          claims: [
            { typ: 'oid', val: 'ada' },
            { typ: 'roles', val: role },
          ],
        }),
      ).toString('base64'),
    });
    process.env.WEBSITE_AUTH_ENABLED = 'true';

    const answers = [
      await post(QUESTION),
      await post(QUESTION, principal('Caretaker.Reader')),
      await post(QUESTION, principal('Caretaker.Operator')),
    ];
    process.env.WEBSITE_AUTH_ENABLED = 'false';

    expect(answers.map(({ status }) => status)).toEqual([401, 403, 200]);
  });
});

describe('caretaker whatif', () => {
  it('tells a person what changes, and that Azure management was meant', async () => {
    const { code, out } = await caretaker('whatif', '--user', ADELE, '--client-app', 'browser');

    expect(code).toBe(0);
    expect(out).toContain(
      `user Adele (${ADELE}; 1 group, 0 roles) signing in to ${AZURE_MANAGEMENT} (Windows Azure Service Management API) with browser`,
    );
    expect(out).toContain('today           gets in, and nothing is asked for');
    expect(out).toContain('after the plan  gets in after mfa for "CA001 - Require MFA for Azure management"');
    expect(out).toContain(`${KEY}: create, admitted`);
    expect(out).toContain('No --target was named, so it is Azure management.');
  });

  it('answers the same here and through the app', async () => {
    const here = await answerOf('--user', ADELE, '--platform', 'linux');
    const there = await answerOf('--user', ADELE, '--platform', 'linux', '--app', host.url);

    expect(there).toEqual(here);
    expect(here.difference.differs).toBe(true);
  });

  it('has an option for every part of the question', async () => {
    const words = [
      ...['--user', NOBODY, '--target', ADELE, NOBODY, '--client-app', 'other', '--platform', 'macos'],
      ...['--ip', '203.0.113.7', '--country', 'de', '--sign-in-risk', 'low', '--user-risk', 'high'],
      ...['--service-principal-risk', 'none', '--insider-risk', 'minor', '--flow', 'deviceCodeFlow'],
      ...['--device', 'isCompliant=false', 'displayName=a=b', 'systemLabels=x', 'systemLabels=y'],
      ...[
        '--groups',
        BREAK_GLASS_GROUP,
        '--roles',
        '--user-type',
        'serviceProvider',
        '--home-tenant',
        NOBODY,
      ],
      '--as-graph',
    ];

    const { asked } = await answerOf(...words);

    expect(asked).toEqual({
      reading: 'asGraph',
      displayName: null,
      isEmergencyAccount: true,
      signIn: {
        identity: {
          kind: 'user',
          id: NOBODY,
          groups: [BREAK_GLASS_GROUP],
          roles: [],
          guestType: 'serviceProvider',
          homeTenantId: NOBODY,
        },
        target: { kind: 'app', appIds: [ADELE, NOBODY] },
        clientApp: 'other',
        platform: 'macOS',
        location: { ipAddress: '203.0.113.7', country: 'DE' },
        device: { isCompliant: false, displayName: 'a=b', systemLabels: ['x', 'y'] },
        signInRisk: 'low',
        userRisk: 'high',
        servicePrincipalRisk: 'none',
        insiderRisk: 'minor',
        authenticationFlow: 'deviceCodeFlow',
      },
    });
  });

  it('asks Graph’s own What If as well, when told to', async () => {
    const { out } = await caretaker('whatif', '--user', ADELE, '--compare');
    const { graph } = await answerOf('--user', ADELE, '--compare', '--app', host.url);

    expect(out).toContain('agrees with ours on 0 of 0 policies');
    expect(graph).toEqual({ agreed: 0, differences: [] });
  });

  it('tells which option says what the answer depends on', async () => {
    const id = sandbox.tenant.admin.create({
      displayName: 'CA900',
      state: 'enabled',
      conditions: {
        users: { includeUsers: ['All'] },
        applications: { includeApplications: ['All'] },
        clientAppTypes: ['all'],
        locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
        devices: { deviceFilter: { mode: 'exclude', rule: 'device.isCompliant -eq True' } },
      },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    });

    const { out } = await caretaker('whatif', '--user', ADELE);
    const settled = await caretaker(
      'whatif',
      '--user',
      ADELE,
      '--mfa-trusted',
      '--device',
      'isCompliant=false',
    );
    const compared = await answerOf('--user', ADELE, '--compare');
    sandbox.tenant.admin.purge(id);

    expect(out).toContain('More can be said with --mfa-trusted, --device.');
    expect(settled.out).toContain('today           is blocked by "CA900"');
    expect(settled.out).not.toContain('More can be said');
    expect(compared.graph).toEqual({ agreed: 1, differences: [] });
  });

  it('takes a file in Graph’s form, which the options beat', async () => {
    const file = join(folder, 'question.json');
    await writeFile(file, JSON.stringify({ ...QUESTION, facts: { groups: [], roles: [] } }));

    const plain = await answerOf('--request', file);
    const changed = await answerOf(
      ...['--request', file, '--user-action', 'registerOrJoinDevices', '--country', 'FR', '--groups', NOBODY],
    );
    const workload = await answerOf('--request', file, '--service-principal', NOBODY, '--auth-context', 'c7');

    expect(plain.asked.signIn).toMatchObject({
      identity: { id: ADELE },
      target: { appIds: [AZURE_MANAGEMENT] },
      location: { country: 'DE' },
    });
    expect(changed.asked.signIn).toMatchObject({
      identity: { id: ADELE, groups: [NOBODY], roles: [] },
      target: { kind: 'userAction', action: 'urn:user:registerdevice' },
      location: { country: 'FR' },
      platform: 'windows',
    });
    expect(workload.asked.signIn).toMatchObject({
      identity: { kind: 'workload', servicePrincipalId: NOBODY },
      target: { kind: 'authContext', value: 'c7' },
    });
  });

  it.each([
    ['nobody', [], 'say who signs in'],
    [
      'somebody nobody knows',
      ['--user', NOBODY],
      `no user ${NOBODY}; with groups or roles given, nobody is looked up`,
    ],
    [
      'a device that may be anything',
      ['--user', ADELE, '--device', 'isCompliant=maybe'],
      '--device isCompliant is neither',
    ],
    ['somebody by name', ['--user', 'adele'], '--user is not an object id'],
    ['a country by a domain', ['--user', ADELE, '--country', 'uk'], '--country is no country code'],
    [
      'a platform there is not, of the app',
      ['--user', ADELE, '--platform', 'amiga', '--app', 'APP'],
      '--platform is none of',
    ],
    ['two identities', ['--user', ADELE, '--service-principal', ADELE], 'cannot be used with'],
    ['two targets', ['--user', ADELE, '--target', ADELE, '--auth-context', 'c1'], 'cannot be used with'],
    ['a device of no value', ['--user', ADELE, '--device', 'isCompliant'], 'name=value'],
    ['a platform there is not', ['--user', ADELE, '--platform', 'amiga'], '--platform is none of'],
    ['a file that is not there', ['--request', 'no/such/file.json'], 'cannot be read'],
    ['a file that says a member twice', ['--request', 'TWICE'], 'reading is written twice'],
    ['a file of another kind', ['--request', 'README.md'], 'holds no JSON object'],
    ['a word too many', ['now'], 'too many arguments'],
  ])('says in its exit code that %s cannot be asked about', async (_, words, said) => {
    const twice = join(folder, 'twice.json');
    await writeFile(twice, '{"reading": "asGraph", "reading": "depends"}');
    const stands: Record<string, string> = { APP: host.url, TWICE: twice };
    const here = words.map((word) => stands[word] ?? word);
    const { code, out, err } = await caretaker('whatif', ...here);

    expect(code).toBe(2);
    expect(err).toContain(said);
    expect(out).toBe('');
  });

  it('fails while the tenant answers nothing usable, here and through the app', async () => {
    sandbox.tenant.arm('htmlPage', { path: /conditionalAccess\/policies/, times: Number.POSITIVE_INFINITY });

    const codes = [
      (await caretaker('whatif', '--user', ADELE)).code,
      (await caretaker('whatif', '--user', ADELE, '--app', host.url)).code,
    ];
    sandbox.tenant.calm();

    expect(codes).toEqual([1, 1]);
  });

  it('is explained with an example', async () => {
    const { code, out } = await caretaker('whatif', '--help');

    expect(code).toBe(0);
    expect(out).toContain('caretaker whatif --user');
    expect(out).toContain('Exit codes');
  });
});
