import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTenant, type JsonObject } from '../sandbox/tenant/index.ts';
import { packageRoot, type ReadyPolicy, readReadyPolicies, shortNeeds } from '../src/cli/baselines.ts';
import { BASELINE_NAME, BASELINES, lackingIn, UNAVAILABLE } from '../src/lib/baselines.ts';
import { effective, parseDesired } from '../src/lib/desired.ts';
import { fieldDrifts } from '../src/lib/diff.ts';
import { clouds } from '../src/lib/graph/clouds.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import { createBody } from '../src/lib/policy/render.ts';
import { compile } from '../src/lib/whatif/compile.ts';
import { type LockOut, type ProtectedFacts, proveNoLockOut } from '../src/lib/whatif/proof.ts';
import { generateBaselinesPage, PAGE } from '../tools/baselinesPage.ts';
import { AROUND, IDENTITIES } from './support/judging.ts';
import { world } from './support/world.ts';

const REPORT_ONLY = 'enabledForReportingButNotEnforced';
const GLOBAL_ADMINISTRATOR = '62e90394-69f5-4237-9190-012177145e10';
const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let ready: readonly ReadyPolicy[];

beforeAll(async () => {
  ready = await readReadyPolicies();
});

const keys = BASELINES.map(({ key }) => key);

function readyPolicy(key: string): ReadyPolicy {
  const found = ready.find(({ baseline }) => baseline.key === key);
  if (found === undefined) throw new Error(`no ready policy ${key}`);
  return found;
}

/** As the app would send it, but switched on: what it will be one day has to be safe now. */
function switchedOn(key: string, identities: typeof IDENTITIES) {
  const { file } = readyPolicy(key);
  const parameters = {
    azureManagement: [clouds.public.azureManagementAppId],
    breakGlassUsers: identities.users,
    breakGlassGroups: identities.groups,
  };
  return effective({ ...file.document.raw, state: 'enabled' }, parameters, identities);
}

function lockOuts(key: string, identities: typeof IDENTITIES, people: readonly ProtectedFacts[]) {
  const policy = switchedOn(key, identities);
  const entry = { id: null, key, displayName: String(policy.displayName), policy };
  const namedLocations = { list: [], mfaTrustedRanges: null };
  return proveNoLockOut({
    policies: compile([entry], namedLocations),
    identities: people,
    allowedControls: [],
  });
}

/** What it demands of somebody, in a word. */
function demanded(found: readonly LockOut[]): string {
  const [{ demand } = { demand: { kind: 'nothing' as const } }] = found;
  if (demand.kind !== 'controls') return demand.kind;
  return demand.controls.join(demand.operator === 'AND' ? ' and ' : ' or ');
}

describe('the ready policies', () => {
  it('are the files there are, each with one entry in the catalogue', () => {
    const files = ['baselines', 'baselines/ready'].flatMap((folder) =>
      readdirSync(join(packageRoot(), folder)).filter((name) => name.endsWith('.json')),
    );

    expect(files.map((name) => name.replace('.json', '')).sort()).toEqual([...keys].sort());
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('cover each of the 21 templates once, by a file or by the reason why there is none', () => {
    const ids = [...BASELINES, ...UNAVAILABLE].flatMap(({ templateId }) => templateId ?? []);

    expect(ids).toHaveLength(21);
    expect(new Set(ids).size).toBe(21);
    expect(ids.filter((id) => !GUID.test(id))).toEqual([]);
  });

  it('are named by one standard, by one number each', () => {
    const names = ready.map(({ file }) => file.document.displayName);
    const numbers = names.map((name) => name.slice(0, 5));

    expect(names.filter((name) => !BASELINE_NAME.test(name))).toEqual([]);
    expect(new Set(numbers).size).toBe(names.length);
    expect(numbers).toEqual([...numbers].sort());
  });

  it('only report at first, but for the article of 2020 and where report-only sees nothing', () => {
    const others = ready.filter(({ policy }) => policy.state !== REPORT_ONLY);

    expect(others.map(({ baseline, policy }) => [baseline.key, policy.state])).toEqual([
      ['require-mfa-azure-management', 'enabled'],
      ['secure-security-info-registration', 'disabled'],
    ]);
    const onUserActions = ready.filter(({ file }) => file.content.includes('includeUserActions'));
    expect(onUserActions.map(({ baseline }) => baseline.key)).toEqual(['secure-security-info-registration']);
  });

  it.each(keys)('%s is valid, without a note', (key) => {
    const { file } = readyPolicy(key);

    expect(parseDesired(file.content)).toMatchObject({ ok: true, document: { notes: [] } });
  });

  it.each(keys)(
    '%s is taken by the tenant, switched on as well, and comes back as it was sent',
    async (key) => {
      const wanted = switchedOn(key, IDENTITIES);
      const tenant = createTenant();

      const answer = await tenant.handle({
        method: 'POST',
        path: '/v1.0/identity/conditionalAccess/policies',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(createBody(wanted)),
      });

      expect(answer).toMatchObject({ status: 201 });
      expect(fieldDrifts(wanted, canonical(tenant.truth()[0] as JsonObject))).toEqual([]);
    },
  );

  it.each(keys)('%s, switched on, shuts no emergency account out', (key) => {
    const administrators = AROUND.people.map((person) => ({ ...person, roles: [GLOBAL_ADMINISTRATOR] }));

    expect(lockOuts(key, IDENTITIES, administrators)).toEqual([]);
  });

  it('would hit the emergency accounts, switched on, if nothing spared them', () => {
    const nobody = { users: [], groups: [] };
    const anybody = [
      { id: 'x', groups: [], roles: 'unknown', guestType: 'unknown', homeTenantId: 'unknown' },
    ] as const;
    const phishingResistant = '00000000-0000-0000-0000-000000000004';

    const found = Object.fromEntries(keys.map((key) => [key, demanded(lockOuts(key, nobody, anybody))]));

    expect(found).toEqual({
      'require-mfa-azure-management': 'mfa',
      'require-mfa-azure-management-template': 'mfa',
      'require-phishing-resistant-mfa-azure-management': phishingResistant,
      'require-mfa-all-users': 'mfa',
      'block-legacy-authentication': 'block',
      'secure-security-info-registration': 'mfa',
      'require-mfa-or-managed-device-all-users': 'compliantDevice or domainJoinedDevice or mfa',
      'require-compliant-device-all-users': 'compliantDevice',
      'block-unknown-platforms': 'block',
      'require-mfa-risky-sign-ins': 'mfa',
      'require-password-change-risky-users': 'mfa and passwordChange',
      'block-office-insider-risk': 'block',
      'no-persistent-browser': 'nothing',
      'office-app-enforced-restrictions': 'session',
      'require-mfa-admins': 'mfa',
      'require-phishing-resistant-mfa-admins': phishingResistant,
      'require-mfa-admin-portals': '00000000-0000-0000-0000-000000000002',
      'require-managed-device-admins': 'compliantDevice or domainJoinedDevice',
      'require-mfa-guests': 'mfa',
    });
  });

  it('say what they need, as their files show', () => {
    const needs = Object.fromEntries(ready.map((one) => [one.baseline.key, shortNeeds(one)]));

    expect(needs).toMatchObject({
      'require-mfa-all-users': 'P1',
      'require-phishing-resistant-mfa-azure-management': 'P1, strength phishing-resistant, Azure DevOps',
      'secure-security-info-registration': 'P1, trusted location',
      'require-password-change-risky-users': 'P1, P2',
      'block-office-insider-risk': 'P1, Purview',
      'no-persistent-browser': 'P1, Intune, hybrid join',
      'office-app-enforced-restrictions': 'P1, SharePoint, Exchange',
      'require-mfa-admin-portals': 'P1, strength MFA',
    });
  });

  it('say in which cloud something they need is missing', () => {
    const lackingInCloud = (cloud: 'public' | 'usgov' | 'china') =>
      ready.filter(({ policy }) => lackingIn(cloud, policy).length > 0).map(({ baseline }) => baseline.key);

    expect(lackingInCloud('public')).toEqual([]);
    expect(lackingInCloud('usgov')).toEqual(['require-phishing-resistant-mfa-azure-management']);
    expect(lackingInCloud('china')).toEqual([
      'require-phishing-resistant-mfa-azure-management',
      'require-mfa-risky-sign-ins',
      'require-password-change-risky-users',
      'block-office-insider-risk',
    ]);
  });

  it('all end in sync together, once somebody has approved so many at once', async () => {
    const made = await world();
    await made.push(Object.fromEntries(ready.map(({ baseline, file }) => [baseline.key, file.content])));

    const held = await made.run();
    await made.approve();
    const done = await made.run();
    const after = await made.run();

    expect(held.status).toBe('held');
    expect(done.status).toBe('remediated');
    expect(after.status).toBe('inSync');
    const states = made.tenant.truth().map(({ state }) => state);
    expect(states).toHaveLength(ready.length);
    expect(states.filter((state) => state === REPORT_ONLY)).toHaveLength(ready.length - 2);
  });
});

describe('the templates without a file', () => {
  const applications = { includeApplications: ['All'] };
  const clientApplications = { includeAgentIdServicePrincipals: ['All'] };
  const users = { includeUsers: ['All'] };
  const recovery = { includeUserActions: ['urn:user:accountrecovery'] };
  const block = { operator: 'OR', builtInControls: ['block'] };
  const verifiedId = { operator: 'AND', builtInControls: ['verifiedID'] };

  /** What each is about, and the member that is refused. */
  const parts: Readonly<Record<string, readonly [JsonObject, JsonObject, string]>> = {
    '6bdcbbb7-ebd1-4f8f-a02f-652db0e3665d': [
      { users, applications, clientApplications, agentIdRiskLevels: 'high' },
      block,
      'conditions.agentIdRiskLevels',
    ],
    'c5bf9137-a43c-48e1-9d13-8258b31b855d': [
      { users, applications, clientApplications },
      block,
      'conditions.clientApplications.includeAgentIdServicePrincipals',
    ],
    '376d9923-7f15-40c2-830b-3312120f1eed': [
      { users: { includeUsers: ['AllAgentIdUsers'] }, applications },
      block,
      'conditions.users.includeUsers',
    ],
    '6acdf4c3-6815-485c-a57d-2c349d517ba0': [
      { users, applications: recovery },
      verifiedId,
      'grantControls.builtInControls',
    ],
  };

  it.each(UNAVAILABLE)('$name is refused for what v1.0 does not have', ({ templateId }) => {
    const [conditions, grantControls, refused] = parts[templateId] ?? [{}, {}, 'no such template'];
    const parsed = parseDesired(
      JSON.stringify({ displayName: 'x', state: 'disabled', conditions, grantControls }),
    );

    if (parsed.ok) throw new Error('it is accepted by now: make a file of it');
    expect(parsed.problems.map(({ path }) => path)).toContain(refused);
  });
});

describe('docs/baselines.md', () => {
  it('says what catalogue and files say', async () => {
    const page = readFileSync(join(packageRoot(), PAGE), 'utf8');

    expect(page, 'run npm run generate:baselines').toBe(await generateBaselinesPage());
  });
});
