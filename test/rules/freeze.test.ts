import { describe, expect, it } from 'vitest';
import { article, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

describe('freeze', () => {
  it('holds everything, repair included, and says who froze the tenant and why', async () => {
    const { tenant, push, run, live, ports, clock } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    const since = new Date(clock.now()).toISOString();
    await ports().control.freeze({ reason: 'migration', by: 'ada', since, until: null });

    const report = await run();

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold' }] });
    expect(report.policies[0]?.findings[0]).toMatchObject({
      rule: 'freeze',
      detail: expect.stringMatching(/ada.*migration/),
    });
    expect(live(NAME)).toMatchObject({ state: 'disabled' });
  });

  it('lets the same repair pass once it is lifted', async () => {
    const { tenant, push, run, live, ports, clock } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    const since = new Date(clock.now()).toISOString();
    await ports().control.freeze({ reason: 'migration', by: 'ada', since, until: null });
    await ports().control.freeze(null);

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(live(NAME)).toMatchObject({ state: 'enabled' });
  });

  it('ends by itself', async () => {
    const { tenant, push, run, live, ports, clock, wait } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    const at = (ms: number): string => new Date(clock.now() + ms).toISOString();
    await ports().control.freeze({ reason: 'migration', by: 'ada', since: at(0), until: at(3_600_000) });
    await wait(3_700_000);

    expect((await run()).status).toBe('remediated');
  });

  it('is out of an intruder’s reach: nothing in the tenant freezes anything', async () => {
    const { tenant, push, run, live } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.create({
      displayName: 'FROZEN - do not touch',
      state: 'disabled',
      conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    });
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.displayName = 'frozen';
      policy.state = 'disabled';
    });

    await run();

    expect(live(NAME)).toMatchObject({ state: 'enabled' });
  });
});
