import { describe, expect, it } from 'vitest';
import { isPublishedPolicy, type JsonObject } from '../../sandbox/tenant/index.ts';
import {
  bench,
  breakGlass,
  conditions,
  deletedPath,
  errorOf,
  mfaForAll,
  policiesPath,
  someApp,
  values,
} from './bench.ts';

const strengthId = '00000000-0000-0000-0000-000000000004';
const prefer = { prefer: 'include-unknown-enum-members' };

describe('a created policy', () => {
  it('is answered whole: every member there, nothing but null or [] where nothing was said', async () => {
    const { call } = bench();

    const { status, headers, json } = await call('POST', policiesPath, mfaForAll());

    expect(status).toBe(201);
    expect(headers.location).toContain('graph-internal');
    expect(isPublishedPolicy(json)).toBe(true);
    expect(json).toMatchObject({
      modifiedDateTime: null,
      templateId: null,
      conditions: {
        clientAppTypes: ['all'],
        platforms: null,
        signInRiskLevels: [],
        users: { includeGroups: [], includeGuestsOrExternalUsers: null },
      },
      grantControls: { termsOfUse: [], authenticationStrength: null },
      sessionControls: null,
    });
    expect(json.grantControls).toHaveProperty('authenticationStrength@odata.context');
  });

  it('stores OR for a single control, whatever was sent', async () => {
    const { tenant, given } = bench();

    await given(mfaForAll({ grantControls: { operator: 'AND', builtInControls: ['mfa'] } }));

    expect(tenant.truth()[0]).toMatchObject({ grantControls: { operator: 'OR' } });
  });

  it('comes with a strength spelled out', async () => {
    const { tenant, given } = bench();

    await given(mfaForAll({ grantControls: { operator: 'OR', authenticationStrength: { id: strengthId } } }));

    expect(tenant.truth()[0]).toMatchObject({
      grantControls: {
        authenticationStrength: { id: strengthId, policyType: 'builtIn', combinationConfigurations: [] },
      },
    });
  });

  it('gets company for riskRemediation: a strength, every time, AND', async () => {
    const { tenant, given } = bench();

    await given(mfaForAll({ grantControls: { operator: 'OR', builtInControls: ['riskRemediation'] } }));

    expect(tenant.truth()[0]).toMatchObject({
      grantControls: { operator: 'AND', authenticationStrength: { id: expect.any(String) } },
      sessionControls: {
        signInFrequency: { frequencyInterval: 'everyTime', type: null },
        persistentBrowser: null,
      },
    });
  });

  it('gets defaults for a sign-in frequency', async () => {
    const { tenant, given } = bench();

    await given(
      mfaForAll({ sessionControls: { signInFrequency: { isEnabled: true, type: 'days', value: 1 } } }),
    );

    expect(tenant.truth()[0]).toMatchObject({
      sessionControls: {
        signInFrequency: {
          authenticationType: 'primaryAndSecondaryAuthentication',
          frequencyInterval: 'timeBased',
        },
      },
    });
  });

  it('may share its name with another', async () => {
    const { tenant, given } = bench();

    expect(await given()).not.toBe(await given());
    expect(tenant.truth()).toHaveLength(2);
  });

  it('hides new enum members from callers who do not prefer to see them', async () => {
    const { call, given } = bench();
    const id = await given(
      mfaForAll({ conditions: conditions({ platforms: { includePlatforms: ['linux', 'iOS'] } }) }),
    );

    const plain = await call('GET', `${policiesPath}/${id}`);
    const preferring = await call('GET', `${policiesPath}/${id}`, undefined, prefer);

    const platforms = (includePlatforms: string[]) => ({ conditions: { platforms: { includePlatforms } } });
    expect(plain.json).toMatchObject(platforms(['unknownFutureValue', 'iOS']));
    expect(preferring.json).toMatchObject(platforms(['linux', 'iOS']));
    expect(preferring.headers['preference-applied']).toBe(prefer.prefer);
  });
});

describe('PATCH', () => {
  const before = mfaForAll({
    conditions: conditions({
      platforms: { includePlatforms: ['all'], excludePlatforms: ['iOS'] },
      locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
    }),
    sessionControls: { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
  });

  it('answers 204 without a body and moves modifiedDateTime each time', async () => {
    const { tenant, call, given } = bench();
    const id = await given(before);

    const answer = await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' });
    const first = tenant.truth()[0]?.modifiedDateTime;
    await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' });

    expect(answer).toMatchObject({ status: 204, text: undefined });
    expect(first).toMatch(/^2026-11-24T08:00:00\.\d{1,7}Z$/);
    expect(tenant.truth()[0]?.modifiedDateTime).not.toBe(first);
  });

  it('keeps what is left out, replaces arrays and clears with null', async () => {
    const { tenant, call, given } = bench();
    const id = await given(before);

    await call('PATCH', `${policiesPath}/${id}`, {
      conditions: { platforms: null, users: { excludeUsers: [] } },
      sessionControls: null,
    });

    expect(tenant.truth()[0]).toMatchObject({
      displayName: 'MFA for all',
      conditions: {
        applications: { includeApplications: ['All'] },
        locations: { excludeLocations: ['AllTrusted'] },
        platforms: null,
        users: { includeUsers: ['All'], excludeUsers: [] },
      },
      sessionControls: null,
    });
  });

  it('replaces second-level objects whole when the tenant merges less deep', async () => {
    const { tenant, call, given } = bench({ mergeDepth: 2 });
    const id = await given(before);

    await call('PATCH', `${policiesPath}/${id}`, { conditions: { users: { includeUsers: ['All'] } } });

    expect(tenant.truth()[0]).toMatchObject({
      conditions: { users: { excludeUsers: [] }, platforms: { excludePlatforms: ['iOS'] } },
      grantControls: { builtInControls: ['mfa'] },
    });
  });

  it('moves from mfa to a strength in one request and back', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    const path = `${policiesPath}/${id}`;

    const there = { grantControls: { builtInControls: [], authenticationStrength: { id: strengthId } } };
    expect((await call('PATCH', path, there)).status).toBe(204);
    const back = { grantControls: { builtInControls: ['mfa'], authenticationStrength: null } };
    expect((await call('PATCH', path, back)).status).toBe(204);

    expect(tenant.truth()[0]).toMatchObject({
      grantControls: { authenticationStrength: null, operator: 'OR' },
    });
  });

  it('of a policy that is gone answers 404', async () => {
    const { call, given } = bench();
    const id = await given();
    await call('DELETE', `${policiesPath}/${id}`);

    expect((await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' })).status).toBe(404);
    expect((await call('DELETE', `${policiesPath}/${id}`)).status).toBe(404);
  });
});

describe('a policy touched through beta', () => {
  it('cannot be read (1037) or changed (1038) and is left out of the list', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.admin.setPreview(id, true);

    const read = await call('GET', `${policiesPath}/${id}`);
    const change = await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' });

    expect(errorOf(read).message).toMatch(/^1037: /);
    expect(errorOf(change).message).toMatch(/^1038: /);
    expect([read.status, change.status]).toEqual([400, 400]);
    expect(values(await call('GET', policiesPath))).toEqual([]);
    expect(tenant.truth()).toHaveLength(1);
  });
});

describe('deleting and restoring', () => {
  it('gives back the same id with the content it was deleted with', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.admin.edit(id, (policy) => {
      policy.displayName = 'edited before it was deleted';
    });
    const before = tenant.truth();

    expect((await call('DELETE', `${policiesPath}/${id}`)).status).toBe(204);
    expect((await call('GET', `${policiesPath}/${id}`)).status).toBe(404);
    expect(values(await call('GET', policiesPath))).toEqual([]);
    const kept = await call('GET', `${deletedPath}/${id}`);
    expect(kept.json).toMatchObject({ id, deletedDateTime: expect.any(String), state: 'enabled' });
    expect(values(await call('GET', deletedPath))).toHaveLength(1);

    const restored = await call('POST', `${deletedPath}/${id}/restore`);

    expect(restored).toMatchObject({ status: 200, json: { id, deletedDateTime: null } });
    expect(tenant.truth()).toEqual(before);
    expect((await call('GET', `${deletedPath}/${id}`)).status).toBe(404);
    expect((await call('POST', `${deletedPath}/${id}/restore`)).status).toBe(404);
  });

  it('also restores at the policy itself', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.admin.remove(id);

    expect((await call('POST', `${policiesPath}/${id}/restore`)).status).toBe(200);
    expect(tenant.truth()).toHaveLength(1);
  });

  it('keeps a deleted policy for 30 days', async () => {
    const { clock, tenant, call, given } = bench();
    const id = await given();
    tenant.admin.remove(id);

    clock.pass(29 * 86_400_000);
    expect(tenant.deleted()).toHaveLength(1);
    clock.pass(2 * 86_400_000);

    expect(tenant.deleted()).toEqual([]);
    expect((await call('POST', `${deletedPath}/${id}/restore`)).status).toBe(404);
  });

  it('forgets what is purged', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.admin.remove(id);

    expect((await call('DELETE', `${deletedPath}/${id}`)).status).toBe(204);

    expect(tenant.deleted()).toEqual([]);
  });

  for (const status of [403, 404, 501] as const) {
    it(`answers ${status} in clouds without deletedItems`, async () => {
      const { tenant, call, given } = bench({ deletedItems: status });
      const id = await given();
      tenant.admin.remove(id);

      expect((await call('GET', deletedPath)).status).toBe(status);
      expect((await call('GET', `${deletedPath}/${id}`)).status).toBe(status);
      expect((await call('POST', `${deletedPath}/${id}/restore`)).status).toBe(status);
      expect(tenant.deleted()).toHaveLength(1);
    });
  }
});

describe('lists', () => {
  it('come in pages with absolute next links', async () => {
    const { call, given } = bench({ pageSize: 2 });
    const ids = [await given(), await given(), await given(), await given(), await given()];

    const seen: unknown[] = [];
    let path: string | undefined = policiesPath;
    let pages = 0;
    while (path !== undefined) {
      const { json }: { json: JsonObject } = await call('GET', path);
      seen.push(...(json.value as JsonObject[]).map((policy) => policy.id));
      pages += 1;
      const next = json['@odata.nextLink'];
      expect(String(next ?? 'https://graph.microsoft.com/v1.0')).toMatch(
        /^https:\/\/graph\.microsoft\.com\/v1\.0/,
      );
      path = typeof next === 'string' ? next.replace('https://graph.microsoft.com', '') : undefined;
    }

    expect(seen).toEqual(ids);
    expect(pages).toBe(3);
  });

  it('give a bigger page to those who ask, up to what the tenant allows', async () => {
    const { tenant, call, given } = bench({ pageSize: 1, pageSizeMax: 3 });
    for (let i = 0; i < 4; i++) await given();

    expect(values(await call('GET', `${policiesPath}?$top=2`))).toHaveLength(2);
    expect(values(await call('GET', `${policiesPath}?$top=999`))).toHaveLength(3);
    tenant.settings.pageSizeMax = 999;
    expect(values(await call('GET', `${policiesPath}?%24top=999`))).toHaveLength(4);
    expect((await call('GET', `${policiesPath}?$top=none`)).status).toBe(400);
  });

  it('filter by name and select members', async () => {
    const { call, given } = bench();
    await given();
    await given(mfaForAll({ displayName: "Bob's" }));

    const answer = await call(
      'GET',
      `${policiesPath}?$filter=displayName eq 'Bob''s'&$select=id,displayName&$count=true`,
    );

    expect(answer.json['@odata.count']).toBe(1);
    expect(values(answer)).toEqual([{ id: expect.any(String), displayName: "Bob's" }]);
    expect((await call('GET', `${policiesPath}?$filter=contains(displayName,'x')`)).status).toBe(400);
  });
});

describe('who may do what', () => {
  it('refuses requests without a token when the tenant asks for one', async () => {
    const { call } = bench({ requireToken: true, acceptToken: (token) => token === 'good' });

    expect((await call('GET', policiesPath)).status).toBe(401);
    expect((await call('GET', policiesPath, undefined, { authorization: 'Bearer bad' })).status).toBe(401);
    expect((await call('GET', policiesPath, undefined, { authorization: 'Bearer good' })).status).toBe(200);
  });

  it('refuses with AccessDenied what the permissions do not cover', async () => {
    const { tenant, call } = bench({ permissions: ['Policy.Read.All'] });

    const denied = await call('POST', policiesPath, mfaForAll());

    expect(denied.status).toBe(403);
    expect(errorOf(denied)).toMatchObject({
      code: 'AccessDenied',
      innerError: { 'request-id': expect.any(String) },
    });
    expect((await call('GET', policiesPath)).status).toBe(200);
    tenant.settings.permissions = [];
    expect((await call('GET', policiesPath)).status).toBe(403);
  });

  it('wants Application.Read.All for a change of the targets, and for that alone', async () => {
    const { tenant, call } = bench({
      permissions: ['Policy.Read.All', 'Policy.ReadWrite.ConditionalAccess'],
    });
    const id = tenant.admin.create(mfaForAll());
    const targets = (excludeApplications: string[]) => ({
      conditions: { applications: { excludeApplications } },
    });

    expect((await call('POST', policiesPath, mfaForAll())).status).toBe(403);
    expect((await call('PATCH', `${policiesPath}/${id}`, targets([someApp]))).status).toBe(403);
    expect((await call('PATCH', `${policiesPath}/${id}`, targets([]))).status).toBe(204);
    expect((await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' })).status).toBe(204);
  });
});

describe('answers', () => {
  it('carry the ids of the request, in headers and in errors', async () => {
    const { call } = bench();

    const answer = await call('GET', `${policiesPath}/${breakGlass}`, undefined, {
      'client-request-id': 'mine',
    });

    expect(answer.status).toBe(404);
    expect(answer.headers).toMatchObject({ 'client-request-id': 'mine', 'request-id': expect.any(String) });
    expect(answer.headers.date).toBe('Tue, 24 Nov 2026 08:00:00 GMT');
    expect(errorOf(answer)).toMatchObject({
      code: 'ResourceNotFound',
      innerError: { 'client-request-id': 'mine', date: '2026-11-24T08:00:00' },
    });
  });

  it('put the number where older answers had it, when asked to', async () => {
    const { call } = bench({ olderErrors: true });

    const answer = await call('POST', policiesPath, mfaForAll({ colour: 'red' }));

    expect(errorOf(answer).message).not.toMatch(/1007/);
    expect(errorOf(answer).innerError.message).toMatch(/^1007: /);
  });

  it('to unknown paths are 404, and a try at beta is remembered', async () => {
    const { tenant, call } = bench();

    for (const path of [
      '/v1.0/nothing',
      '/beta/identity/conditionalAccess/policies',
      '/',
      '//x',
      '/v1.0/%zz',
    ]) {
      expect([400, 404]).toContain((await call('GET', path)).status);
    }

    expect(tenant.betaRequests().map(({ path }) => path)).toEqual([
      '/beta/identity/conditionalAccess/policies',
    ]);
  });

  it('tell named locations and the state of security defaults', async () => {
    const office = {
      '@odata.type': '#microsoft.graph.ipNamedLocation',
      id: breakGlass,
      displayName: 'Office',
    };
    const { call } = bench({ namedLocations: [office], securityDefaults: true });

    const locations = '/v1.0/identity/conditionalAccess/namedLocations';
    expect(values(await call('GET', locations))).toEqual([office]);
    expect((await call('GET', `${locations}/${breakGlass}`)).json).toMatchObject(office);
    expect((await call('GET', `${locations}/${someApp}`)).status).toBe(404);
    const defaults = await call('GET', '/v1.0/policies/identitySecurityDefaultsEnforcementPolicy');
    expect(defaults.json).toMatchObject({ isEnabled: true });
  });
});

describe('an admin', () => {
  it('starts a tenant from an export, ids and custom strength included', async () => {
    const exported = {
      ...mfaForAll({
        id: 'AAAAAAAA-0000-4000-8000-000000000001',
        modifiedDateTime: '2026-01-01T00:00:00.1234567Z',
      }),
      '@odata.context': 'https://graph.microsoft.com/v1.0/$metadata#x',
      grantControls: {
        operator: 'OR',
        builtInControls: [],
        'authenticationStrength@odata.context': 'x',
        authenticationStrength: { id: breakGlass, displayName: 'Ours', allowedCombinations: ['fido2'] },
      },
    };
    const { tenant, call } = bench({ policies: [exported] });

    expect(tenant.truth()[0]).toMatchObject({
      id: 'aaaaaaaa-0000-4000-8000-000000000001',
      modifiedDateTime: '2026-01-01T00:00:00.1234567Z',
      grantControls: { authenticationStrength: { id: breakGlass, displayName: 'Ours' } },
    });
    expect(tenant.writes).toEqual([]);
    const path = `${policiesPath}/aaaaaaaa-0000-4000-8000-000000000001`;
    expect(
      (await call('PATCH', path, { grantControls: { authenticationStrength: { id: breakGlass } } })).status,
    ).toBe(204);
  });

  it('leaves every change on record, with before and after', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' }, { 'client-request-id': 'mine' });
    tenant.admin.edit(id, (policy) => {
      policy.state = 'enabled';
    });
    tenant.admin.purge(id);

    expect(tenant.writes.map(({ by, action }) => `${by} ${action}`)).toEqual([
      'graph create',
      'graph update',
      'admin update',
      'admin purge',
    ]);
    expect(tenant.writes[1]).toMatchObject({
      clientRequestId: 'mine',
      before: { state: 'enabled' },
      after: { state: 'disabled' },
    });
  });

  it('plants what the schema does not know; a merging PATCH keeps it, a replacing one wipes it', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.admin.setUnknown(id, 'conditions.users.includeAgentUsers', ['x']);

    const users = { conditions: { users: { includeUsers: ['All'] } } };
    await call('PATCH', `${policiesPath}/${id}`, users);
    expect(tenant.truth()[0]).toMatchObject({ conditions: { users: { includeAgentUsers: ['x'] } } });
    tenant.settings.mergeDepth = 2;
    await call('PATCH', `${policiesPath}/${id}`, users);

    expect(JSON.stringify(tenant.truth())).not.toContain('includeAgentUsers');
  });
});
