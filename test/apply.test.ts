import { describe, expect, it } from 'vitest';
import type { Tenant } from '../sandbox/tenant/index.ts';
import { Fault } from '../src/lib/fault.ts';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_USER, type World, world } from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

async function settled(): Promise<World & { id: string }> {
  const made = await world();
  await made.push({ 'require-mfa': article() });
  await made.run();
  return { ...made, id: String(made.live(NAME).id) };
}

/** Does something right before the n-th request of a kind in the next run. */
function justBefore(
  tenant: Tenant,
  method: string,
  path: RegExp,
  nth: number,
  action: () => void | Promise<void>,
): void {
  let seen = 0;
  tenant.beforeRequest = async (request) => {
    if (request.method !== method || !path.test(request.path)) return;
    seen += 1;
    if (seen !== nth) return;
    tenant.beforeRequest = undefined;
    await action();
  };
}

function switchOff({ tenant, id }: World & { id: string }): void {
  tenant.admin.edit(id, (policy) => {
    policy.state = 'disabled';
  });
}

describe('between looking and writing', () => {
  it('does not write over an edit that came after the comparison', async () => {
    const made = await settled();
    const { tenant, id, run } = made;
    switchOff(made);
    justBefore(tenant, 'GET', new RegExp(id), 1, () =>
      tenant.admin.edit(id, (policy) => {
        policy.conditions.signInRiskLevels = ['high'];
      }),
    );
    const writes = tenant.writes.length;

    const report = await run();

    expect(report).toMatchObject({ status: 'incomplete', policies: [{ outcome: { status: 'stale' } }] });
    expect(tenant.writes.slice(writes).filter(({ by }) => by === 'graph')).toEqual([]);
    expect((await run()).status).toBe('remediated');
  });

  it('does not restore what was edited after it was judged', async () => {
    const { tenant, id, run } = await settled();
    tenant.admin.remove(id);
    justBefore(tenant, 'GET', new RegExp(`deletedItems/policies/${id}`), 2, () => {
      tenant.admin.restore(id);
      tenant.admin.edit(id, (policy) => {
        policy.conditions.users = {
          ...policy.conditions.users,
          excludeUsers: [],
          excludeGroups: [],
        } as never;
      });
      tenant.admin.remove(id);
    });
    const writes = tenant.writes.length;

    const report = await run();

    expect(report.policies[0]).toMatchObject({ outcome: { status: 'stale' } });
    expect(tenant.writes.slice(writes).filter(({ by }) => by === 'graph')).toEqual([]);
  });

  it('does not create a policy whose name appeared meanwhile', async () => {
    const { tenant, push, run } = await world();
    await push({ 'require-mfa': article() });
    justBefore(tenant, 'GET', /policies$/, 2, () => {
      tenant.admin.create({
        displayName: NAME,
        state: 'disabled',
        conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
        grantControls: { operator: 'OR', builtInControls: ['mfa'] },
      });
    });

    const first = await run();
    const second = await run();

    expect(first.policies[0]).toMatchObject({ outcome: { status: 'stale' } });
    expect(second.policies[0]).toMatchObject({ change: { action: 'adopt' }, outcome: { settled: true } });
    expect(tenant.truth()).toHaveLength(1);
  });

  it('writes nothing more once another run has taken the lease', async () => {
    const made = await settled();
    const { tenant, id, run, ports, wait } = made;
    switchOff(made);
    justBefore(tenant, 'GET', new RegExp(id), 1, async () => {
      // The machine sleeps; another one takes over.
      await ports().control.release({ owner: 'nobody', fence: 0 });
      await wait(1);
      await made.storage
        .rowsOf(tenant.tenantId)('control')
        .put({
          rowKey: 'lease',
          columns: {
            owner: 'another',
            fence: '999999999999',
            until: new Date(made.clock.now() + 60_000).toISOString(),
          },
        });
    });

    const report = await run();

    expect(report).toMatchObject({ status: 'incomplete', remaining: 1 });
    expect(report.findings.map(({ detail }) => detail).join()).toContain('lease was lost');
    expect(made.live(NAME).state).toBe('disabled');
  });

  it('honours a freeze that comes while it is at work', async () => {
    const made = await settled();
    const { tenant, id, run, ports } = made;
    switchOff(made);
    justBefore(tenant, 'GET', new RegExp(id), 1, () =>
      ports().control.freeze({ reason: 'incident 7', by: 'ada', since: '2026-01-05T08:00:00Z', until: null }),
    );

    const frozen = await run();
    await ports().control.freeze(null);
    const after = await run();

    expect(frozen.findings.map(({ detail }) => detail).join()).toContain('incident 7');
    expect(frozen).toMatchObject({ status: 'incomplete', remaining: 1 });
    expect(after.status).toBe('remediated');
  });

  it('sends nothing that cannot be written down first', async () => {
    const made = await world({
      hooks: {
        beforeCall: (name) => {
          if (name === 'journal.append') throw new Fault('unavailable', 'the table journal does not answer');
        },
      },
    });
    await made.push({ 'require-mfa': article() });

    const report = await made.run();

    expect(made.tenant.truth()).toEqual([]);
    expect(report).toMatchObject({ status: 'incomplete', remaining: 1 });
  });
});

describe('a write that does not settle', () => {
  it('is reported as such, and put right by the next run', async () => {
    const made = await settled();
    const { tenant, run } = made;
    switchOff(made);
    tenant.arm('ignoredPatch', { method: 'PATCH' });

    const first = await run();
    const second = await run();

    expect(first).toMatchObject({
      status: 'incomplete',
      policies: [{ outcome: { status: 'applied', settled: false } }],
    });
    expect(second.status).toBe('remediated');
  });

  it('counts as done when its answer was lost and the tenant says what was meant', async () => {
    const made = await settled();
    switchOff(made);
    made.tenant.arm('lostAnswer', { method: 'PATCH' });

    expect((await made.run()).status).toBe('remediated');
  });

  it('does not become a create when a restore was only throttled', async () => {
    const { tenant, id, run, live } = await settled();
    tenant.admin.remove(id);
    tenant.arm('throttled', { method: 'POST', path: /conditionalAccess/, times: 50 });

    const first = await run();
    tenant.calm();
    await run();

    expect(first.policies[0]).toMatchObject({ outcome: { status: 'stale' } });
    expect(live(NAME).id).toBe(id);
  });

  it('creates anew when the service turns the restore down', async () => {
    const made = await settled();
    const { tenant, id, run, wait, live } = made;
    await wait(600_000);
    tenant.admin.remove(id);
    tenant.arm('forbidden', { method: 'POST', path: /restore/ });

    const report = await run();

    expect(report.policies[0]).toMatchObject({ change: { action: 'create' }, outcome: { settled: true } });
    expect(live(NAME)).toMatchObject({
      state: 'enabled',
      conditions: { users: { excludeUsers: [BREAK_GLASS_USER], excludeGroups: [BREAK_GLASS_GROUP] } },
    });
  });
});

const WEAK = {
  displayName: NAME,
  state: 'disabled',
  conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
};

/** Long after the create, so that nothing of it can be on its way any more. */
async function longSettled(options: Parameters<typeof world>[0] = {}): Promise<World & { id: string }> {
  const made = await world(options);
  await made.push({ 'require-mfa': article() });
  await made.run();
  await made.wait(600_000);
  return { ...made, id: String(made.live(NAME).id) };
}

describe('waiting for a turn', () => {
  it('honours a freeze that comes while a write is throttled', async () => {
    const made = await settled();
    const { tenant, run, ports } = made;
    switchOff(made);
    tenant.arm('throttled', { method: 'PATCH', times: 2 });
    justBefore(tenant, 'PATCH', /policies/, 2, () =>
      ports().control.freeze({ reason: 'incident 7', by: 'ada', since: '2026-01-05T08:00:00Z', until: null }),
    );

    const report = await run();

    expect(report.findings.map(({ detail }) => detail).join()).toContain('incident 7');
    expect(report).toMatchObject({ status: 'incomplete', remaining: 1 });
    expect(made.live(NAME).state).toBe('disabled');
  });

  it('looks again rather than send what has waited long', async () => {
    const made = await settled();
    const { tenant, run } = made;
    switchOff(made);
    tenant.arm('throttled', { method: 'PATCH', times: 4 });
    justBefore(tenant, 'PATCH', /policies/, 4, () =>
      tenant.admin.edit(made.id, (policy) => {
        policy.conditions.signInRiskLevels = ['high'];
      }),
    );
    const writes = tenant.writes.length;

    const first = await run();
    const second = await run();

    expect(first.policies[0]).toMatchObject({ outcome: { status: 'stale' } });
    expect(tenant.writes.slice(writes).filter(({ by }) => by === 'graph')).toHaveLength(1);
    expect(second.status).toBe('remediated');
  });

  it('asks again whether the lease is held when the machine stood still meanwhile', async () => {
    let standsStill = false;
    const made: World = await world({
      hooks: {
        async afterCall(name) {
          if (name !== 'control.standing' || !standsStill) return;
          standsStill = false;
          await made.clock.sleep(3_000);
          const row = { owner: 'another', fence: '999999999999', until: '2030-01-01T00:00:00.000Z' };
          await made.storage.rowsOf(made.tenant.tenantId)('control').put({ rowKey: 'lease', columns: row });
        },
      },
    });
    await made.push({ 'require-mfa': article() });
    await made.run();
    switchOff({ ...made, id: String(made.live(NAME).id) });
    standsStill = true;

    const report = await made.run();

    expect(report.findings.map(({ detail }) => detail).join()).toContain('lease was lost');
    expect(made.live(NAME).state).toBe('disabled');
  });
});

describe('never two where one was wanted', () => {
  it('makes none beside the policy it brought back when only the update is refused', async () => {
    const { tenant, id, run } = await longSettled();
    switchOff({ tenant, id } as World & { id: string });
    tenant.admin.remove(id);
    tenant.arm('forbidden', { method: 'PATCH' });

    const report = await run();

    expect(report.policies[0]).toMatchObject({
      change: { action: 'restore' },
      outcome: { status: 'rejected' },
    });
    expect(tenant.truth().map((policy) => policy.id)).toEqual([id]);
  });

  it('makes none when somebody else brings the policy back first', async () => {
    const { tenant, id, run } = await longSettled();
    tenant.admin.remove(id);
    justBefore(tenant, 'POST', /restore/, 1, () => tenant.admin.restore(id));

    const first = await run();
    const second = await run();

    expect(first.policies[0]).toMatchObject({ outcome: { status: 'stale' } });
    expect(second.status).toBe('inSync');
    expect(tenant.truth().map((policy) => policy.id)).toEqual([id]);
  });

  it('makes none when the policy is back although this cloud shows no deleted ones', async () => {
    const { tenant, id, run } = await longSettled({ tenant: { deletedItems: 501 } });
    tenant.admin.remove(id);
    justBefore(tenant, 'GET', /policies$/, 2, () => tenant.admin.restore(id));

    await run();

    expect(tenant.truth().map((policy) => policy.id)).toEqual([id]);
  });

  it('takes an unanswered replacement for its own, while the old one cannot be restored', async () => {
    const { tenant, id, run, wait } = await longSettled();
    tenant.admin.edit(id, (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeUsers: [], excludeGroups: [] } as never;
    });
    tenant.admin.remove(id);
    await wait(1);
    tenant.faults.lagMs = 200_000;
    tenant.arm('lostAnswer', { method: 'POST', path: /conditionalAccess/ });

    const first = await run();
    await wait(600_000);
    const second = await run();

    expect(first.policies[0]).toMatchObject({ outcome: { status: 'indeterminate' } });
    expect(second.policies[0]).toMatchObject({ change: { action: 'adopt' }, outcome: { settled: true } });
    expect(tenant.truth()).toHaveLength(1);
  });

  it('knows the policy it made although its end could not be written down and it was renamed', async () => {
    let outcomes = 0;
    const made = await world({
      hooks: {
        beforeCall(name) {
          if (name === 'journal.append' && ++outcomes === 2)
            throw new Fault('unavailable', 'the table journal does not answer');
        },
      },
    });
    await made.push({ 'require-mfa': article() });

    const first = await made.run();
    const [created] = made.tenant.truth();
    made.tenant.admin.edit(String(created?.id), (policy) => {
      policy.displayName = 'renamed by hand';
    });
    const second = await made.run();

    expect(first.policies[0]).toMatchObject({ outcome: { status: 'indeterminate' } });
    expect(second.status).toBe('remediated');
    expect(made.tenant.truth().map(({ displayName }) => displayName)).toEqual([NAME]);
  });

  it('adopts in the next run what it could not be seen to have adopted', async () => {
    const made = await world();
    const id = made.tenant.admin.create({ ...WEAK, state: 'disabled' });
    await made.push({ 'require-mfa': article() });
    made.tenant.arm('lostRequest', { method: 'PATCH', path: /policies/ });

    const first = await made.run();
    const second = await made.run();

    expect(first.policies[0]).toMatchObject({
      change: { action: 'adopt' },
      outcome: { status: 'indeterminate' },
    });
    expect(second.status).toBe('remediated');
    expect(made.tenant.truth()).toMatchObject([{ id, state: 'enabled' }]);
  });

  it('does not take a policy that was there before for the one whose answer was lost', async () => {
    const { tenant, id, run, ports } = await longSettled();
    tenant.admin.purge(id);
    const equal = {
      ...WEAK,
      state: 'enabled',
      conditions: {
        users: {
          includeUsers: ['All'],
          excludeUsers: [BREAK_GLASS_USER],
          excludeGroups: [BREAK_GLASS_GROUP],
        },
        applications: { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] },
      },
    };
    const planted = [tenant.admin.create(equal), tenant.admin.create(WEAK)];
    tenant.arm('lostRequest', { method: 'POST', path: /conditionalAccess/ });

    const report = await run();

    expect(report.policies[0]).toMatchObject({ outcome: { status: 'indeterminate' } });
    const { bindings } = await ports().bindings.all();
    expect(planted).not.toContain(bindings[0]?.id);
  });
});

describe('what somebody plants does not turn repair off', () => {
  it('comes back although the service refuses to let a planted namesake be changed', async () => {
    const { tenant, id, run } = await longSettled();
    tenant.admin.purge(id);
    const planted = tenant.admin.create(WEAK, { managed: true });

    await run();
    const second = await run();

    expect(second.policies[0]).toMatchObject({ change: { action: 'create' }, outcome: { settled: true } });
    expect(tenant.truth().map((policy) => policy.id)).toEqual([planted, second.policies[0]?.id]);
  });

  it('comes back although a planted namesake carries what may not be overwritten', async () => {
    const { tenant, id, run } = await longSettled();
    tenant.admin.purge(id);
    tenant.admin.setUnknown(tenant.admin.create(WEAK), 'conditions.applications.newThing', ['x']);

    const report = await run();

    expect(report.policies[0]).toMatchObject({ change: { action: 'create' }, outcome: { settled: true } });
  });
});

describe('half a write', () => {
  it('does not switch a policy on before the emergency accounts are excluded again', async () => {
    const made = await settled();
    const { tenant, id, run } = made;
    switchOff(made);
    tenant.admin.edit(id, (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeUsers: [], excludeGroups: [] } as never;
    });
    tenant.arm('halfPatch', { method: 'PATCH' });

    await run();

    expect(made.live(NAME)).toMatchObject({
      state: 'disabled',
      conditions: { users: { excludeUsers: [BREAK_GLASS_USER] } },
    });
    expect((await run()).status).toBe('remediated');
  });

  it('waits no longer than it must after a create that was refused', async () => {
    const { tenant, push, run } = await world();
    await push({ 'require-mfa': article() });
    tenant.arm('forbidden', { method: 'POST', path: /conditionalAccess/ });

    const first = await run();
    const second = await run();

    expect(first.policies[0]).toMatchObject({ outcome: { status: 'rejected' } });
    expect(second.status).toBe('remediated');
  });
});
