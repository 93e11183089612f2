import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { JsonObject, TenantOptions } from '../../sandbox/tenant/index.ts';
import { bench, conditions, errorOf, mfaForAll, someApp, values } from './bench.ts';

const evaluatePath = '/v1.0/identity/conditionalAccess/evaluate';
const ada = 'ada00000-0000-4000-8000-000000000001';
const sharePoint = '00000003-0000-0ff1-ce00-000000000000';

function question(signInConditions: JsonObject = {}, more: JsonObject = {}): JsonObject {
  return {
    signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: ada },
    signInContext: { '@odata.type': '#microsoft.graph.applicationContext', includeApplications: [someApp] },
    signInConditions,
    ...more,
  };
}

async function verdicts(options: TenantOptions, asked: JsonObject): Promise<Record<string, unknown>> {
  const answer = await bench(options).call('POST', evaluatePath, asked);
  expect(answer.status).toBe(200);
  return Object.fromEntries(
    values(answer).map(({ id, displayName, policyApplies, analysisReasons }) => [
      String(id ?? displayName),
      [policyApplies, analysisReasons],
    ]),
  );
}

/** The verdict on one policy with these conditions. */
async function verdict(
  changes: JsonObject,
  asked: JsonObject,
  options: TenantOptions = {},
): Promise<unknown> {
  const policies = [mfaForAll({ conditions: conditions(changes) })];
  return Object.values(await verdicts({ ...options, policies }, asked))[0];
}

describe('evaluate', () => {
  it('answers with whole policies, and changes nothing', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    const writes = tenant.writes.length;

    const [result, ...others] = values(await call('POST', evaluatePath, question()));

    expect(others).toEqual([]);
    expect(result).toMatchObject({
      id,
      displayName: 'MFA for all',
      state: 'enabled',
      conditions: { users: { includeUsers: ['All'] } },
      policyApplies: true,
      analysisReasons: 'notSet',
    });
    expect(tenant.writes).toHaveLength(writes);
  });

  it('judges report-only policies, and none that is off, deleted or hidden', async () => {
    const { tenant, call, given } = bench();
    const shown = await given(mfaForAll({ state: 'enabledForReportingButNotEnforced' }));
    await given(mfaForAll({ displayName: 'off', state: 'disabled' }));
    tenant.admin.remove(await given(mfaForAll({ displayName: 'deleted' })));
    tenant.admin.setPreview(await given(mfaForAll({ displayName: 'hidden' })), true);

    const results = values(await call('POST', evaluatePath, question()));

    expect(results.map(({ id, policyApplies }) => [id, policyApplies])).toEqual([[shown, true]]);
  });

  it('leaves out what does not apply when asked to', async () => {
    const policies = [mfaForAll(), mfaForAll({ conditions: conditions({ signInRiskLevels: ['high'] }) })];

    const all = await verdicts({ policies }, question());
    const applied = await verdicts({ policies }, question({}, { appliedPoliciesOnly: true }));

    expect([Object.keys(all).length, Object.keys(applied).length]).toEqual([2, 1]);
  });

  it.each<[string, JsonObject]>([
    ['without an identity', { signInContext: {}, signInConditions: {} }],
    ['without conditions', { ...question(), signInConditions: null }],
    ['of an identity without its type', { ...question(), signInIdentity: { userId: ada } }],
    ['of a target without its type', { ...question(), signInContext: { includeApplications: [someApp] } }],
  ])('refuses a question %s', async (_, asked) => {
    const answer = await bench().call('POST', evaluatePath, asked);

    expect(answer.status).toBe(400);
    expect(errorOf(answer).code).toBe('BadRequest');
  });

  it.each([
    [['Policy.Read.ConditionalAccess'], 200],
    [['Policy.Read.All'], 200],
    [['User.Read.All'], 403],
  ])('with the permissions %s answers %i', async (permissions, status) => {
    expect((await bench({ permissions }).call('POST', evaluatePath, question())).status).toBe(status);
  });

  const filter = (mode: string, rule: string): JsonObject => ({ devices: { deviceFilter: { mode, rule } } });
  const device = (deviceInfo: JsonObject): JsonObject => question({ deviceInfo });

  it.each<[string, JsonObject, JsonObject, string]>([
    [
      'another application',
      { applications: { includeApplications: [sharePoint] } },
      question(),
      'application',
    ],
    ['somebody else', { users: { includeUsers: [sharePoint] } }, question(), 'users'],
    ['another client', { clientAppTypes: ['browser'] }, question({ clientAppType: 'other' }), 'clientApps'],
    ['a client nobody named', { clientAppTypes: ['browser'] }, question(), 'clientApps'],
    [
      'another platform',
      { platforms: { includePlatforms: ['linux'] } },
      question({ devicePlatform: 'iOS' }),
      'devicePlatform',
    ],
    [
      'a platform nobody named',
      { platforms: { includePlatforms: ['all'], excludePlatforms: ['linux'] } },
      question(),
      'devicePlatform',
    ],
    [
      'a device that fits',
      filter('include', 'device.isCompliant -eq True'),
      device({ isCompliant: true }),
      'notSet',
    ],
    [
      'a device that is spared',
      filter('exclude', 'device.isCompliant -eq True'),
      device({ isCompliant: true }),
      'devices',
    ],
    [
      'an attribute that is asserted and absent',
      filter('include', 'device.trustType -eq "AzureAD"'),
      question(),
      'devices',
    ],
    [
      'an attribute that is denied and absent',
      filter('include', 'device.trustType -ne "AzureAD"'),
      question(),
      'notSet',
    ],
    [
      'and before or, and letter case',
      filter(
        'include',
        'device.model -startsWith "SURF" or device.model -eq "x" and device.trustType -eq "x"',
      ),
      device({ model: 'Surface' }),
      'notSet',
    ],
    [
      'a list, negation and parentheses',
      filter(
        'include',
        'not (device.ownership -in ["a"]) and device.deviceOwnership -in ["Personal", "Company"]',
      ),
      device({ ownership: 'company' }),
      'notSet',
    ],
    ['a risk nobody named', { signInRiskLevels: ['high'] }, question(), 'signInRisk'],
    ['a lower risk', { userRiskLevels: ['high'] }, question({ userRiskLevel: 'medium' }), 'userRisk'],
    [
      'an insider risk',
      { insiderRiskLevels: 'minor,elevated' },
      question({ insiderRiskLevel: 'minor' }),
      'notSet',
    ],
    ['no insider risk', { insiderRiskLevels: 'minor' }, question(), 'insiderRisk'],
    [
      'no flow',
      { authenticationFlows: { transferMethods: 'deviceCodeFlow' } },
      question(),
      'authenticationFlow',
    ],
    [
      'a flow',
      { authenticationFlows: { transferMethods: 'deviceCodeFlow,authenticationTransfer' } },
      question({ authenticationFlow: { transferMethod: 'authenticationTransfer' } }),
      'notSet',
    ],
  ])('for %s names the reason', async (_, changes, asked, reason) => {
    expect(await verdict(changes, asked)).toEqual([reason === 'notSet', reason]);
  });

  it('names the first condition that fails', async () => {
    const both = { clientAppTypes: ['browser'], platforms: { includePlatforms: ['linux'] } };

    expect(await verdict(both, question())).toEqual([false, 'clientApps']);
    expect(await verdict({ ...both, users: { includeUsers: ['None'] } }, question())).toEqual([
      false,
      'users',
    ]);
  });

  it('knows the groups, nested ones too, the roles and the guests of the directory', async () => {
    const options: TenantOptions = {
      users: [{ id: ada, userType: 'Guest', creationType: 'Invitation' }],
      groups: [
        { id: 'f1', members: [ada] },
        { id: 'f2', members: ['f1'] },
      ],
      roles: [{ id: 'r1', roleTemplateId: 't1', members: ['f2'] }],
    };
    const guests = (guestOrExternalUserTypes: string): JsonObject => ({
      includeGuestsOrExternalUsers: {
        guestOrExternalUserTypes,
        externalTenants: { membershipKind: 'all' },
      },
    });
    const applies = async (users: JsonObject) =>
      ((await verdict({ users }, question(), options)) as unknown[])[0];

    expect(await applies({ includeGroups: ['f2'] })).toBe(true);
    expect(await applies({ includeRoles: ['t1'] })).toBe(true);
    expect(await applies(guests('internalGuest,b2bCollaborationGuest'))).toBe(true);
    expect(await applies(guests('internalGuest'))).toBe(false);
    expect(await applies({ includeUsers: ['All'], excludeGroups: ['f2'] })).toBe(false);
  });

  it('knows the named locations by address and by country', async () => {
    const namedLocations: JsonObject[] = [
      {
        id: 'office',
        isTrusted: true,
        ipRanges: [{ cidrAddress: '203.0.113.0/24' }, { cidrAddress: '2001:db8::/32' }],
      },
      { id: 'germany', countriesAndRegions: ['DE'], includeUnknownCountriesAndRegions: false },
    ];
    const reason = async (locations: JsonObject, signIn: JsonObject) =>
      ((await verdict({ locations }, question(signIn), { namedLocations })) as unknown[])[1];
    const elsewhere = { includeLocations: ['All'], excludeLocations: ['AllTrusted'] };

    expect(await reason(elsewhere, { ipAddress: '203.0.113.9' })).toBe('location');
    expect(await reason(elsewhere, { ipAddress: '2001:db8::7' })).toBe('location');
    expect(await reason(elsewhere, { ipAddress: '198.51.100.9' })).toBe('notSet');
    expect(await reason({ includeLocations: ['germany'] }, { country: 'de' })).toBe('notSet');
    expect(await reason({ includeLocations: ['germany'] }, {})).toBe('location');
  });

  it('reads what a filter says, or refuses', async () => {
    const unreadable = mfaForAll({ conditions: conditions(filter('include', 'device.model -like "x"')) });

    expect((await bench({ policies: [unreadable] }).call('POST', evaluatePath, question())).status).toBe(400);
  });
});

/** Folder of public policies and answers. They are other people's data and no part of this project. */
const CORPUS = process.env.CA_CORPUS;

interface Case {
  readonly id: string;
  readonly request: Readonly<Record<'signInIdentity' | 'signInContext' | 'signInConditions', JsonObject>>;
  readonly policyFiles?: readonly string[];
  readonly expected?: Readonly<Record<string, readonly [boolean, string]>>;
  readonly expectedApplied?: readonly string[];
}

const CASES: readonly Case[] =
  CORPUS === undefined ? [] : JSON.parse(readFileSync(join(CORPUS, 'whatif', 'cases.json'), 'utf8')).cases;

function policyFile(name: string): JsonObject {
  return JSON.parse(readFileSync(join(CORPUS ?? '', 'policies', name), 'utf8').replace(/^\uFEFF/, ''));
}

describe.skipIf(CORPUS === undefined)('evaluate, beside recorded answers (skipped without CA_CORPUS)', () => {
  it.each(CASES.filter(({ id }) => id.startsWith('real-')))(
    '$id',
    async ({ request, policyFiles = [], expected }) => {
      const inferred = String(request.signInIdentity.inferred);
      const [userId = ada] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(inferred) ?? [];
      const options = {
        policies: policyFiles.map(policyFile),
        // Nothing is known of the two locations but that one of them holds this country.
        namedLocations: ['US', 'CA'].map((country, index) => ({
          id: `000000${39 + index}-1111-2222-3333-0000000000${39 + index}`,
          countriesAndRegions: [country],
          includeUnknownCountriesAndRegions: false,
        })),
      };
      const asked = question(request.signInConditions, {
        signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId },
        signInContext: {
          '@odata.type': '#microsoft.graph.applicationContext',
          includeApplications: [sharePoint],
        },
      });

      expect(await verdicts(options, asked)).toEqual(expected);
    },
  );

  it.each(CASES.filter(({ id }) => id.startsWith('msdocs-')))(
    '$id',
    async ({ id, request, expectedApplied = [] }) => {
      const policies = readdirSync(join(CORPUS ?? '', 'policies'))
        .filter((name) => name.startsWith('microsoftgraph__docs_v1.0_evaluate_'))
        .map(policyFile);
      // The user is an administrator in the third example and in none of the others.
      const members = id === 'msdocs-3-useraction' ? [String(request.signInIdentity.userId)] : [];
      const roles = [{ id: 'r1', roleTemplateId: '62e90394-69f5-4237-9190-012177145e10', members }];

      const applied = await verdicts({ policies, roles }, { ...request, appliedPoliciesOnly: true });

      expect(Object.keys(applied).sort()).toEqual([...expectedApplied].sort());
    },
  );
});
