import { describe, expect, it } from 'vitest';
import {
  type FaultName,
  faultsAfter,
  faultsBefore,
  faultsDuring,
  faultsOfBodies,
  faultsOfLists,
  type JsonObject,
  spellings,
} from '../../sandbox/tenant/index.ts';
import { bench, conditions, mfaForAll, policiesPath, values } from './bench.ts';

const statuses: Record<(typeof faultsBefore)[number] | (typeof faultsAfter)[number], number | string> = {
  throttled: 429,
  throttledWithRetryAfter: 429,
  unauthorized: 401,
  forbidden: 403,
  serverError: 500,
  badGateway: 502,
  unavailable: 503,
  gatewayTimeout: 504,
  lostRequest: 'reset',
  hang: 'hang',
  lostAnswer: 'reset',
  lateTimeout: 504,
  lateError: 500,
  lateHang: 'hang',
};

describe('a fault before a write', () => {
  for (const name of faultsBefore) {
    it(`${name}: answers ${statuses[name]}, strikes once, and nothing happened`, async () => {
      const { tenant, call } = bench();
      const armed = tenant.arm(name, { method: 'POST' });

      const answer = await call('POST', policiesPath, mfaForAll());

      expect(answer.status).toBe(statuses[name]);
      expect(tenant.truth()).toEqual([]);
      expect(armed.struck).toBe(1);
      expect(tenant.log.at(-1)).toMatchObject({ faults: [name], status: statuses[name] });
      expect((await call('POST', policiesPath, mfaForAll())).status).toBe(201);
    });
  }

  it('throttles with Retry-After only when asked to', async () => {
    const { tenant, call } = bench();
    tenant.arm('throttled');
    tenant.arm('throttledWithRetryAfter', { skip: 1 });

    expect((await call('GET', policiesPath)).headers).not.toHaveProperty('retry-after');
    expect((await call('GET', policiesPath)).status).toBe(200);
    expect((await call('GET', policiesPath)).headers['retry-after']).toBe('2');
  });
});

describe('a fault after a write', () => {
  for (const name of faultsAfter) {
    it(`${name}: ends with ${statuses[name]}, and it happened`, async () => {
      const { tenant, call } = bench();
      tenant.arm(name, { method: 'POST', path: /policies$/ });

      expect((await call('POST', policiesPath, mfaForAll())).status).toBe(statuses[name]);

      expect(tenant.truth()).toHaveLength(1);
      expect(tenant.writes).toHaveLength(1);
    });
  }
});

describe('a fault during a PATCH', () => {
  const change = { state: 'disabled', conditions: { users: { excludeUsers: [] } }, displayName: 'new name' };

  it('halfPatch: answers 204, and only part of it took effect', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.arm('halfPatch');

    expect((await call('PATCH', `${policiesPath}/${id}`, change)).status).toBe(204);

    expect(tenant.truth()[0]).toMatchObject({ state: 'disabled', displayName: 'MFA for all' });
  });

  it('ignoredPatch: answers 204, and nothing took effect', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.arm('ignoredPatch');

    expect((await call('PATCH', `${policiesPath}/${id}`, change)).status).toBe(204);

    expect(tenant.truth()[0]).toMatchObject({ state: 'enabled', modifiedDateTime: null });
  });
});

describe('a list that lies', () => {
  async function listWith(name: FaultName) {
    const { tenant, call, given } = bench();
    const ids = [await given(), await given(), await given(), await given(), await given()];
    tenant.arm(name);
    const answer = await call('GET', policiesPath);
    expect(answer.status).toBe(200);
    expect(tenant.log.at(-1)?.faults).toEqual([name]);
    return { ids, answer, listed: values(answer).map((policy) => String(policy.id)) };
  }

  it('shuffledList: has all of it in another order', async () => {
    const { ids, listed } = await listWith('shuffledList');

    expect(listed).not.toEqual(ids);
    expect([...listed].sort()).toEqual([...ids].sort());
  });

  it('missingItem: leaves one out', async () => {
    expect((await listWith('missingItem')).listed).toHaveLength(4);
  });

  it('twinItem: has one twice, equal', async () => {
    const { answer, listed } = await listWith('twinItem');

    expect(listed).toHaveLength(6);
    expect(new Set(listed).size).toBe(5);
    expect(new Set(values(answer).map((policy) => JSON.stringify(policy))).size).toBe(5);
  });

  it('conflictingTwin: has one twice, different', async () => {
    const { answer, listed } = await listWith('conflictingTwin');

    expect(new Set(listed).size).toBe(5);
    expect(new Set(values(answer).map((policy) => JSON.stringify(policy))).size).toBe(6);
  });

  it('emptyList: is empty with status 200', async () => {
    expect((await listWith('emptyList')).listed).toEqual([]);
  });

  it('nextLinkLoop: leads back to itself', async () => {
    const { answer } = await listWith('nextLinkLoop');

    expect(answer.json['@odata.nextLink']).toBe(`https://graph.microsoft.com${policiesPath}`);
  });

  it('nextLinkElsewhere: leads to a host that is not Graph', async () => {
    const { answer } = await listWith('nextLinkElsewhere');

    expect(answer.json['@odata.nextLink']).toMatch(/^https:\/\/graph\.invalid\//);
  });

  it('keeps one order over all pages of a listing', async () => {
    const { tenant, call, given } = bench({ pageSize: 2 });
    const ids = [await given(), await given(), await given(), await given()];
    tenant.faults.rates.shuffledList = 1;

    const first = await call('GET', policiesPath);
    const next = String(first.json['@odata.nextLink']).replace('https://graph.microsoft.com', '');
    const second = await call('GET', next);

    const listed = [...values(first), ...values(second)].map((policy) => String(policy.id));
    expect(listed.sort()).toEqual(ids.sort());
  });

  it('covers every fault of lists, bodies and PATCHes that has a name', () => {
    expect(faultsOfLists).toHaveLength(7);
    expect(faultsDuring).toEqual(['halfPatch', 'ignoredPatch']);
  });
});

describe('a body that is not what it says', () => {
  for (const name of faultsOfBodies) {
    it(`${name}: comes with status 200 and is no JSON`, async () => {
      const { tenant, call, given } = bench();
      await given();
      tenant.arm(name);

      const answer = await call('GET', policiesPath);

      expect(answer.status).toBe(200);
      expect(() => JSON.parse(answer.text ?? '')).toThrow(SyntaxError);
    });
  }
});

describe('another spelling', () => {
  const rich = mfaForAll({
    conditions: conditions({
      users: { includeUsers: ['All'], excludeGroups: ['a', 'b', 'c', 'd', 'e'].map(idOf) },
    }),
  });

  for (const name of Object.keys(spellings) as (keyof typeof spellings)[]) {
    it(`${name}: changes how the policy looks and not what it is`, async () => {
      const { tenant, call, given } = bench();
      const id = await given(rich);
      const plain = await call('GET', `${policiesPath}/${id}`);
      tenant.arm(name, { times: Number.POSITIVE_INFINITY });

      const odd = await call('GET', `${policiesPath}/${id}`);

      expect(odd.text).not.toBe(plain.text);
      expect(meaning(odd.json)).toEqual(meaning(plain.json));
    });
  }

  it('expandedObjects: has types and actions; extraNulls: beta members; emptyUnknowns: strange ones', async () => {
    const { tenant, call, given } = bench();
    const id = await given(rich);
    tenant.faults.rates = { expandedObjects: 1, extraNulls: 1, emptyUnknowns: 1, allNullSession: 1 };

    const { json } = await call('GET', `${policiesPath}/${id}`);

    expect(json).toHaveProperty(['#microsoft.graph.restore']);
    expect(json).toMatchObject({
      '@odata.type': '#microsoft.graph.conditionalAccessPolicy',
      partialEnablementStrategy: null,
      featureRollout: {},
      conditions: {
        users: { '@odata.type': '#microsoft.graph.conditionalAccessUsers' },
        agents: null,
        signalSources: [],
      },
      sessionControls: { signInFrequency: null },
    });
  });
});

describe('lag', () => {
  it('hides a create, shows old content and goes on listing what is deleted, until it is over', async () => {
    const { tenant, clock, call, given } = bench();
    const old = await given();
    tenant.faults.lagMs = 5000;
    const fresh = await given();
    await call('PATCH', `${policiesPath}/${old}`, { state: 'disabled' });

    expect((await call('GET', `${policiesPath}/${fresh}`)).status).toBe(404);
    expect(values(await call('GET', policiesPath))).toMatchObject([{ id: old, state: 'enabled' }]);
    expect(tenant.truth()).toMatchObject([{ state: 'disabled' }, { id: fresh }]);
    clock.pass(5000);
    expect(values(await call('GET', policiesPath))).toMatchObject([{ state: 'disabled' }, { id: fresh }]);

    await call('DELETE', `${policiesPath}/${old}`);
    expect(values(await call('GET', policiesPath))).toHaveLength(2);
    expect((await call('GET', `/v1.0/identity/conditionalAccess/deletedItems/policies/${old}`)).status).toBe(
      404,
    );
    clock.pass(5000);
    expect(values(await call('GET', policiesPath))).toHaveLength(1);
  });

  it('flips between replicas while they disagree, and never after', async () => {
    const { tenant, clock, call, given } = bench();
    const id = await given();
    tenant.faults.lagMs = 5000;
    tenant.faults.replicas = 3;
    await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' });
    const statesSeen = async () => {
      const seen = new Set<unknown>();
      for (let i = 0; i < 30; i++) seen.add((await call('GET', `${policiesPath}/${id}`)).json.state);
      return seen;
    };

    expect((await statesSeen()).size).toBe(2);
    clock.pass(5000);
    expect(await statesSeen()).toEqual(new Set(['disabled']));
  });

  it('ends at once when the tenant settles', async () => {
    const { tenant, call, given } = bench();
    tenant.faults.lagMs = 60_000;
    await given();

    tenant.settle();

    expect(values(await call('GET', policiesPath))).toHaveLength(1);
  });
});

describe('the budget', () => {
  it('serves one request a second and refuses the next with 429, without Retry-After', async () => {
    const { tenant, clock, call } = bench();
    tenant.faults.requestsPerSecond = 1;

    expect((await call('GET', policiesPath)).status).toBe(200);
    clock.pass(999);
    const refused = await call('GET', policiesPath);
    expect(refused.status).toBe(429);
    expect(refused.headers).not.toHaveProperty('retry-after');
    expect((await call('GET', '/v1.0/users')).status).toBe(200);
    clock.pass(1);
    expect((await call('GET', policiesPath)).status).toBe(200);
  });
});

describe('chance', () => {
  const rates = { serverError: 0.2, lostAnswer: 0.2, shuffledList: 0.5, extraNulls: 0.3 };
  async function story(seed: number): Promise<string> {
    const { tenant, call } = bench({ seed });
    Object.assign(tenant.faults, { rates, lagMs: 2000, replicas: 2 });
    for (let i = 0; i < 20; i++) {
      await call('POST', policiesPath, mfaForAll());
      await call('GET', policiesPath);
    }
    return JSON.stringify([tenant.log, tenant.truth()]);
  }

  it('is the same for the same seed and another for another', async () => {
    expect(await story(7)).toBe(await story(7));
    expect(await story(7)).not.toBe(await story(8));
  });

  it('is over after calm', async () => {
    const { tenant, call } = bench();
    tenant.faults.rates = { serverError: 1 };
    tenant.arm('hang');
    tenant.calm();

    expect((await call('GET', policiesPath)).status).toBe(200);
  });
});

describe('a third party', () => {
  it('can edit between any two requests', async () => {
    const { tenant, call, given } = bench();
    const id = await given();
    tenant.beforeRequest = ({ method }, { admin }) => {
      if (method !== 'PATCH') return;
      admin.edit(id, (policy) => {
        policy.conditions.users?.excludeGroups.push(idOf('f'));
      });
    };

    await call('PATCH', `${policiesPath}/${id}`, { state: 'disabled' });

    expect(tenant.truth()[0]).toMatchObject({
      state: 'disabled',
      conditions: { users: { excludeGroups: [idOf('f')] } },
    });
  });
});

function idOf(digit: string): string {
  return `${digit.repeat(8)}-0000-4000-8000-000000000000`;
}

/** What a policy says, spelling aside: no annotations, no emptiness, arrays as sets. */
function meaning(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(meaning).sort();
  if (typeof value !== 'object' || value === null) return value ?? undefined;
  const members = Object.entries(value as JsonObject)
    .filter(([member]) => !member.includes('@odata.') && !member.startsWith('#'))
    .map(([member, inner]): [string, unknown] => [member, meaning(inner)])
    .filter(([, inner]) => inner !== undefined);
  return members.length === 0 ? undefined : Object.fromEntries(members);
}
