import { describe, expect, it } from 'vitest';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_USER, world } from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const STRANGER = 'e0000000-0000-4000-8000-000000000001';

async function settledWorld(options: Parameters<typeof world>[0] = {}) {
  const made = await world(options);
  await made.push({ 'require-mfa': article() });
  const first = await made.run();
  expect(first.status).toBe('remediated');
  // The first run in which the policy is there looks at the directory beside it.
  await made.run();
  return { ...made, id: String(made.live(NAME).id) };
}

function excludedUsers(policy: Record<string, unknown>): string[] {
  return (policy.conditions as { users: { excludeUsers: string[] } }).users.excludeUsers;
}

describe('a run', () => {
  it('creates a missing policy with the emergency accounts excluded', async () => {
    const { tenant, push, run, live } = await world();
    await push({ 'require-mfa': article() });

    const report = await run();

    expect(report).toMatchObject({ status: 'remediated', error: null });
    expect(report.policies[0]).toMatchObject({
      drift: 'missing',
      change: { action: 'create' },
      outcome: { status: 'applied', settled: true },
    });
    expect(tenant.truth()).toHaveLength(1);
    expect(live(NAME)).toMatchObject({
      state: 'enabled',
      conditions: {
        users: {
          includeUsers: ['All'],
          excludeUsers: [BREAK_GLASS_USER],
          excludeGroups: [BREAK_GLASS_GROUP],
        },
      },
    });
  });

  it('makes one Graph request and writes nothing when nothing drifted', async () => {
    const { tenant, run, clock } = await settledWorld();
    await clock.sleep(600_000);
    const writes = tenant.writes.length;

    const report = await run();

    expect(report.status).toBe('inSync');
    expect(report.requests.graph).toBe(1);
    expect(tenant.writes).toHaveLength(writes);
  });

  it('puts a policy back that was switched off and given an exclusion, in one request', async () => {
    const { tenant, run, live, id } = await settledWorld();
    tenant.admin.edit(id, (policy) => {
      policy.state = 'disabled';
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });
    const writes = tenant.writes.length;

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(report.policies[0]).toMatchObject({ proven: true, drift: 'modified' });
    expect(report.policies[0]?.fields).toEqual([
      { path: 'state', desired: 'enabled', observed: 'disabled', effect: 'loosens' },
      {
        path: 'conditions.users.excludeUsers',
        desired: [BREAK_GLASS_USER],
        observed: [BREAK_GLASS_USER, STRANGER],
        effect: 'loosens',
      },
    ]);
    expect(live(NAME)).toMatchObject({ id, state: 'enabled' });
    expect(excludedUsers(live(NAME))).toEqual([BREAK_GLASS_USER]);
    expect(tenant.writes.slice(writes).filter(({ by }) => by === 'graph')).toHaveLength(1);
  });

  it('puts a renamed policy back instead of making another', async () => {
    const { tenant, run, id } = await settledWorld();
    tenant.admin.edit(id, (policy) => {
      policy.displayName = 'renamed by hand';
    });

    await run();

    expect(tenant.truth().map(({ displayName }) => displayName)).toEqual([NAME]);
  });

  it('brings a deleted policy back with its own id', async () => {
    const { tenant, run, live, id } = await settledWorld();
    tenant.admin.remove(id);

    const report = await run();

    expect(report.policies[0]).toMatchObject({
      drift: 'missing',
      change: { action: 'restore' },
      outcome: { settled: true },
    });
    expect(live(NAME).id).toBe(id);
  });

  it('does not arm a deleted policy whose emergency exclusion was removed before it was deleted', async () => {
    const { tenant, run, live, id, wait } = await settledWorld();
    await wait(600_000);
    tenant.admin.edit(id, (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeUsers: [], excludeGroups: [] } as never;
    });
    tenant.admin.remove(id);
    const writes = tenant.writes.length;

    const report = await run();

    expect(report.policies[0]).toMatchObject({ change: { action: 'create' }, outcome: { settled: true } });
    expect(live(NAME).id).not.toBe(id);
    const enforced = tenant.writes.slice(writes).map(({ after }) => after);
    expect(
      enforced.every((policy) => policy?.conditions.users?.excludeUsers.includes(BREAK_GLASS_USER)),
    ).toBe(true);
  });

  it('switches a policy on again that was deleted while off, as one change with two intents', async () => {
    const { tenant, run, live, id, ports } = await settledWorld();
    tenant.admin.edit(id, (policy) => {
      policy.state = 'disabled';
    });
    tenant.admin.remove(id);

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(live(NAME)).toMatchObject({ id, state: 'enabled' });
    const entries = await ports().journal.ofRun(report.runId);
    const intents = entries.filter((entry) => entry.kind === 'intent');
    expect(intents.map(({ action }) => action)).toEqual(['restore', 'update']);
    expect(new Set(intents.map(({ digest }) => digest)).size).toBe(1);
  });

  it('creates anew where the cloud offers no deleted items', async () => {
    const { tenant, run, live, id, wait } = await settledWorld({ tenant: { deletedItems: 501 } });
    await wait(600_000);
    tenant.admin.remove(id);

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(live(NAME).id).not.toBe(id);
  });

  it('puts the emergency exclusion back when somebody removes it', async () => {
    const { tenant, run, live, id } = await settledWorld();
    tenant.admin.edit(id, (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeGroups: [] } as never;
    });

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(live(NAME)).toMatchObject({ conditions: { users: { excludeGroups: [BREAK_GLASS_GROUP] } } });
  });

  it('adopts the one unbound policy of that name and keeps its id', async () => {
    const { tenant, push, run, live } = await world();
    const id = tenant.admin.create({
      displayName: NAME,
      state: 'disabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    });
    await push({ 'require-mfa': article() });

    const report = await run();

    expect(report.policies[0]).toMatchObject({ change: { action: 'adopt' }, outcome: { settled: true } });
    expect(live(NAME)).toMatchObject({ id, state: 'enabled' });
  });

  it('leaves an unbound policy of another name alone, however alike it is', async () => {
    const { tenant, push, run } = await world();
    const other = {
      displayName: 'Somebody else’s',
      state: 'disabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    };
    const id = tenant.admin.create(other);
    await push({ 'require-mfa': article() });

    const report = await run();

    expect(report.policies[0]).toMatchObject({ drift: 'missing', change: { action: 'create' } });
    expect(report.unmanaged).toEqual([{ id, displayName: other.displayName, state: 'disabled' }]);
    expect(tenant.writes.filter((write) => write.id === id && write.by === 'graph')).toEqual([]);
  });

  it('guesses nothing where two policies carry the name', async () => {
    const { tenant, push, run } = await world();
    const twin = {
      displayName: NAME,
      state: 'disabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    };
    tenant.admin.create(twin);
    tenant.admin.create(twin);
    await push({ 'require-mfa': article() });
    const writes = tenant.writes.length;

    const report = await run();

    expect(report).toMatchObject({ status: 'held', policies: [{ drift: 'ambiguous' }] });
    expect(tenant.writes).toHaveLength(writes);
  });

  it('makes no twin of a policy that v1.0 refuses to show', async () => {
    const { tenant, run, id } = await settledWorld();
    tenant.admin.setPreview(id, true);

    const report = await run();

    expect(report).toMatchObject({ status: 'held', policies: [{ drift: 'hidden', id }] });
    expect(tenant.truth()).toHaveLength(1);
  });

  it('finds a create again whose answer was lost, and makes no twin', async () => {
    const { tenant, push, run } = await world();
    await push({ 'require-mfa': article() });
    tenant.arm('lostAnswer', { method: 'POST', path: /conditionalAccess/ });

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(tenant.truth()).toHaveLength(1);
  });

  it('waits for a create that no replica shows yet', async () => {
    const { tenant, push, run, wait } = await world();
    await push({ 'require-mfa': article() });
    tenant.faults.lagMs = 200_000;
    tenant.arm('lostAnswer', { method: 'POST', path: /conditionalAccess/ });

    const first = await run();
    const second = await run();
    await wait(300_000);
    const third = await run();

    expect(first.status).toBe('incomplete');
    expect(second.policies[0]).toMatchObject({ verdict: 'hold' });
    expect(third.status).toBe('inSync');
    expect(tenant.truth()).toHaveLength(1);
  });

  it('observes without writing to the tenant or storing an adoption', async () => {
    const { tenant, push, run, ports } = await world();
    await push({ 'require-mfa': article() });

    const report = await run({ mode: 'observe' });

    expect(report).toMatchObject({
      status: 'drifted',
      policies: [{ drift: 'missing', verdict: 'admit', outcome: null }],
    });
    expect(tenant.truth()).toEqual([]);
    expect((await ports().bindings.all()).bindings).toMatchObject([
      { key: 'require-mfa', id: null, highestVersion: 1 },
    ]);
  });

  it('writes nothing before the emergency accounts are known', async () => {
    const { tenant, push, run } = await world({ protected: { users: [], groups: [] } });
    await push({ 'require-mfa': article() });

    const report = await run();

    expect(report).toMatchObject({ status: 'failed', error: { kind: 'config' } });
    expect(tenant.truth()).toEqual([]);
  });

  it('fails and says what to do when there is no desired state', async () => {
    const { run, tenant } = await world();

    const report = await run();

    expect(report).toMatchObject({ status: 'failed', error: { kind: 'config' } });
    expect(report.error?.message).toContain('caretaker push');
    expect(tenant.writes).toHaveLength(0);
  });

  it('tells who is shut out, and who is not well, where there is no desired state either', async () => {
    const theirs = {
      displayName: 'Theirs',
      state: 'enabled',
      conditions: {
        users: { includeUsers: ['All'] },
        applications: { includeApplications: ['All'] },
        clientAppTypes: ['all'],
      },
      grantControls: { operator: 'OR', builtInControls: ['block'] },
    };
    const { run, tenant, events } = await world({ tenant: { policies: [theirs as never] } });
    tenant.directory.users.delete(BREAK_GLASS_USER);

    const report = await run();

    expect(report).toMatchObject({ status: 'failed', error: { kind: 'config' }, policies: [] });
    expect(report.findings).toMatchObject([{ rule: 'lockOut', level: 'error' }]);
    expect(report.protected[0]).toMatchObject({ id: BREAK_GLASS_USER, health: 'missing' });
    expect(events.map(({ event }) => event)).toEqual([
      'LockOutRisk',
      'ProtectedIdentityUnhealthy',
      'RunFailed',
      'RunCompleted',
    ]);
    expect(tenant.writes).toHaveLength(0);
  });

  it('leaves an object alone that carries what it cannot read, and puts the rest right', async () => {
    const { tenant, run, live, id } = await settledWorld();
    tenant.admin.edit(id, (policy) => {
      policy.state = 'disabled';
      policy.conditions.applications?.excludeApplications.push(STRANGER);
    });
    tenant.admin.setUnknown(id, 'conditions.applications.newThing', ['x']);

    const report = await run();

    expect(report.status).toBe('held');
    expect(live(NAME)).toMatchObject({
      state: 'enabled',
      conditions: { applications: { excludeApplications: [STRANGER] } },
    });
  });

  it('holds a rollout larger than the limit as a whole, and repairs all the same', async () => {
    const { tenant, push, run, live, id } = await settledWorld({ changesMax: 2 });
    tenant.admin.edit(id, (policy) => {
      policy.state = 'disabled';
    });
    await push(Object.fromEntries([1, 2, 3].map((n) => [`new-${n}`, article({ displayName: `CA10${n}` })])));

    const report = await run();

    expect(report.status).toBe('held');
    expect(live(NAME).state).toBe('enabled');
    expect(tenant.truth()).toHaveLength(1);
  });

  it('writes repairs up to the limit and the rest in the next run', async () => {
    const made = await world({ changesMax: 2 });
    for (const n of [1, 2, 3]) {
      await made.push({ [`p-${n}`]: article({ displayName: `CA${n}` }) });
      await made.run();
    }
    for (const policy of made.tenant.truth())
      made.tenant.admin.edit(String(policy.id), (live) => {
        live.state = 'disabled';
      });

    const first = await made.run();
    const second = await made.run();

    expect(first).toMatchObject({ status: 'incomplete', remaining: 1 });
    expect(second.status).toBe('remediated');
    expect(made.tenant.truth().every(({ state }) => state === 'enabled')).toBe(true);
  });

  it('restores a policy although somebody planted two others of its name', async () => {
    const { tenant, run, id, wait } = await settledWorld();
    await wait(600_000);
    tenant.admin.purge(id);
    const weak = {
      displayName: NAME,
      state: 'disabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    };
    tenant.admin.create(weak);
    tenant.admin.create(weak);

    const report = await run();

    expect(report.policies[0]).toMatchObject({ drift: 'missing', outcome: { settled: true } });
    expect(tenant.truth().filter(({ state }) => state === 'enabled')).toHaveLength(1);
  });

  it('believes an empty list only when every bound policy answers 404', async () => {
    const { tenant, run, push } = await settledWorld();
    await push({ another: article({ displayName: 'CA002' }) });
    tenant.arm('emptyList', { times: 1 });

    const report = await run();

    expect(report.policies.find(({ key }) => key === 'another')).toMatchObject({ verdict: 'hold' });
    expect(report.policies.find(({ key }) => key === 'require-mfa')).toMatchObject({ drift: 'none' });
    expect(tenant.truth()).toHaveLength(1);
  });

  it('reports a desired row that vanished as tampering, and leaves its policy alone', async () => {
    const { storage, run, tenant, push, events } = await settledWorld();
    await push({ another: article({ displayName: 'CA002' }) });
    await storage.rowsOf(tenant.tenantId)('desired').remove('head|require-mfa');

    const report = await run();

    expect(report.status).toBe('incomplete');
    expect(report.findings.map(({ detail }) => detail).join()).toContain('vanished');
    expect(report.unmanaged).toEqual([]);
    expect(events.some(({ event }) => event === 'DesiredStateTampered')).toBe(true);
  });

  it('lets go of a forgotten policy and leaves it in the tenant', async () => {
    const { forget, run, tenant, push, id } = await settledWorld();
    await push({ another: article({ displayName: 'CA002' }) });
    await run();
    await forget('require-mfa');

    const report = await run();

    expect(report.status).toBe('inSync');
    expect(report.unmanaged.map((policy) => policy.id)).toEqual([id]);
    expect(tenant.truth()).toHaveLength(2);
  });

  it('answers busy while another run is at work', async () => {
    const { result } = await settledWorld();

    const both = await Promise.all([result(), result()]);

    expect(both.map(({ kind }) => kind).sort()).toEqual(['busy', 'done']);
  });

  it('journals the intent with the whole pre-image before the outcome', async () => {
    const { tenant, run, ports, id } = await settledWorld();
    tenant.admin.edit(id, (policy) => {
      policy.state = 'disabled';
    });

    const report = await run();

    const entries = await ports().journal.ofRun(report.runId);
    expect(entries.map(({ kind }) => kind)).toEqual(['intent', 'outcome', 'settled']);
    expect(entries[0]).toMatchObject({
      action: 'update',
      id,
      preImage: { id, state: 'disabled', conditions: { clientAppTypes: ['all'] } },
      body: { state: 'enabled' },
    });
  });

  it('makes a constant number of requests after one run and after many', async () => {
    const { run, clock } = await settledWorld();
    await clock.sleep(600_000);
    const early = await run();
    for (let n = 0; n < 60; n++) await run();

    const late = await run();

    expect(late.requests).toEqual(early.requests);
  });

  it('costs as many requests for 190 policies as for one', async () => {
    const made = await world({ tenant: { pageSize: 200 } });
    const names = Array.from({ length: 190 }, (_, n) => `CA${String(n).padStart(3, '0')}`);
    for (const displayName of names) {
      made.tenant.admin.create({
        displayName,
        state: 'enabled',
        conditions: {
          users: {
            includeUsers: ['All'],
            excludeUsers: [BREAK_GLASS_USER],
            excludeGroups: [BREAK_GLASS_GROUP],
          },
          applications: { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] },
        },
        grantControls: { operator: 'OR', builtInControls: ['mfa'] },
      });
    }
    await made.push(
      Object.fromEntries(names.map((displayName) => [displayName.toLowerCase(), article({ displayName })])),
    );
    const one = await settledWorld();
    await one.wait(600_000);
    await made.run();
    const writes = made.tenant.writes.length;

    const [many, few] = [await made.run(), await one.run()];

    expect(many).toMatchObject({ status: 'inSync', remaining: 0 });
    expect(many.policies).toHaveLength(190);
    expect(many.requests).toEqual(few.requests);
    expect(made.tenant.writes).toHaveLength(writes);
  });

  it('counts a restore that was carried out, whatever becomes of the update after it', async () => {
    const made = await world({ changesMax: 1 });
    for (const n of [1, 2]) {
      await made.push({ [`p-${n}`]: article({ displayName: `CA${n}` }) });
      await made.run();
    }
    for (const { id } of made.tenant.truth()) {
      made.tenant.admin.edit(String(id), (policy) => {
        policy.state = 'disabled';
      });
      made.tenant.admin.remove(String(id));
    }
    made.tenant.arm('forbidden', { method: 'PATCH', path: /policies/, times: Number.POSITIVE_INFINITY });
    const writes = made.tenant.writes.length;

    const report = await made.run();

    expect(report).toMatchObject({ status: 'incomplete', remaining: 1 });
    expect(made.tenant.writes.length - writes).toBe(1);
  });

  it('lets changes that are always refused stand in nobody’s way', async () => {
    const made = await world({ changesMax: 2 });
    for (const n of [1, 2, 3]) {
      await made.push({ [`p-${n}`]: article({ displayName: `CA${n}` }) });
      await made.run();
    }
    await made.wait(600_000);
    const [first, second, third] = made.tenant.truth().map(({ id }) => String(id));
    // Two are gone for good and cannot be made again; the third was only switched off.
    for (const id of [first, second]) made.tenant.admin.purge(String(id));
    made.tenant.admin.edit(String(third), (policy) => {
      policy.state = 'disabled';
    });
    made.tenant.arm('forbidden', {
      method: 'POST',
      path: /conditionalAccess/,
      times: Number.POSITIVE_INFINITY,
    });

    const report = await made.run();

    expect(report.policies.map(({ outcome }) => outcome?.status)).toEqual([
      'rejected',
      'rejected',
      'applied',
    ]);
    expect(made.live('CA3').state).toBe('enabled');
  });

  it('brings policies back although more are gone than it has time to look for', async () => {
    const made = await world({ tenant: { pageSize: 500 }, changesMax: 5 });
    const names = Array.from({ length: 150 }, (_, n) => `CA${String(n).padStart(3, '0')}`);
    const ids = names.map((displayName) =>
      made.tenant.admin.create({
        displayName,
        state: 'enabled',
        conditions: {
          users: {
            includeUsers: ['All'],
            excludeUsers: [BREAK_GLASS_USER],
            excludeGroups: [BREAK_GLASS_GROUP],
          },
          applications: { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] },
        },
        grantControls: { operator: 'OR', builtInControls: ['mfa'] },
      }),
    );
    await made.push(
      Object.fromEntries(names.map((displayName) => [displayName.toLowerCase(), article({ displayName })])),
    );
    await made.run();
    for (const id of ids) made.tenant.admin.remove(id);

    const report = await made.run();

    expect(report.status).toBe('incomplete');
    expect(made.tenant.truth()).toHaveLength(5);
    expect(made.tenant.truth().every(({ id }) => ids.includes(String(id)))).toBe(true);
  });

  it('does not let go of a policy because an older row that forgets it was put back', async () => {
    const { storage, tenant, push, forget, run, ports } = await settledWorld();
    await forget('require-mfa');
    const rows = storage.rowsOf(tenant.tenantId)('desired');
    const [forgotten] = await rows.range({ from: 'head|', to: 'head}' });
    await push({ 'require-mfa': article() });
    await run();
    await run();
    if (forgotten !== undefined) await rows.put(forgotten as Parameters<typeof rows.put>[0]);

    const report = await run();

    expect(report.status).toBe('incomplete');
    expect(report.findings.map(({ detail }) => detail).join()).toContain('rolled back');
    expect((await ports().bindings.all()).bindings).toHaveLength(1);
  });

  it('says that rows were removed when all of them are gone and policies are bound', async () => {
    const { storage, tenant, run } = await settledWorld();
    const rows = storage.rowsOf(tenant.tenantId)('desired');
    await rows.remove('head|require-mfa');
    await rows.remove('version|require-mfa|0000000001');

    const report = await run();

    expect(report).toMatchObject({ status: 'failed', error: { kind: 'config' } });
    expect(report.findings.map(({ detail }) => detail).join()).toContain('vanished');
  });
});
