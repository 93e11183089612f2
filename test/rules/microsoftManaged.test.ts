import { describe, expect, it } from 'vitest';
import { article, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const MICROSOFTS = {
  displayName: NAME,
  state: 'disabled',
  conditions: { users: { includeUsers: ['All'] }, applications: { includeApplications: ['All'] } },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
};

describe('microsoftManaged', () => {
  it('holds an adoption that the service has refused, instead of trying it every run', async () => {
    const { tenant, push, run } = await world();
    tenant.admin.create(MICROSOFTS, { managed: true });
    await push({ 'require-mfa': article() });

    const first = await run();
    const patches = tenant.log.filter(({ method }) => method === 'PATCH').length;
    const second = await run();

    expect(first.policies[0]).toMatchObject({ change: { action: 'adopt' }, outcome: { status: 'rejected' } });
    expect(second.policies[0]).toMatchObject({ verdict: 'hold' });
    expect(second.policies[0]?.findings.map(({ rule }) => rule)).toEqual(['microsoftManaged']);
    expect(tenant.log.filter(({ method }) => method === 'PATCH')).toHaveLength(patches);
  });

  it('lets the harmless twin pass: a policy of that name that anybody may change', async () => {
    const { tenant, push, run } = await world();
    tenant.admin.create(MICROSOFTS);
    await push({ 'require-mfa': article() });

    expect((await run()).status).toBe('remediated');
  });

  it('gains an intruder nothing: a proven policy dressed up as Microsoft’s is still put right', async () => {
    const { tenant, push, run, live } = await world();
    await push({ 'require-mfa': article() });
    await run();
    const id = String(live(NAME).id);
    tenant.admin.setUnknown(id, 'templateId', 'c7503427-338e-4c5e-902d-abe252abfb43');
    tenant.admin.edit(id, (policy) => {
      policy.displayName = 'Microsoft-managed: Multifactor authentication for admins';
      policy.state = 'disabled';
    });

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(live(NAME)).toMatchObject({ id, state: 'enabled' });
  });

  it('gains an intruder nothing: a proven policy that was purged comes back beside a namesake that cannot be changed', async () => {
    const { tenant, push, run, live, wait } = await world();
    await push({ 'require-mfa': article() });
    await run();
    await wait(600_000);
    tenant.admin.purge(String(live(NAME).id));
    tenant.admin.create(MICROSOFTS, { managed: true });

    await run();
    await run();

    expect(tenant.truth().filter(({ state }) => state === 'enabled')).toHaveLength(1);
  });
});
