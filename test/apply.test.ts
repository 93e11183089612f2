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
    tenant.arm('throttled', { method: 'POST', times: 50 });

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
