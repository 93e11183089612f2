import { describe, expect, it } from 'vitest';
import { article, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const STRANGER = 'e0000000-0000-4000-8000-000000000001';

async function settled() {
  const made = await world();
  await made.push({ 'require-mfa': article() });
  await made.run();
  return { ...made, id: String(made.live(NAME).id) };
}

describe('unrecognisedContent', () => {
  it('holds a change that could only replace what it cannot read', async () => {
    const { tenant, run, live, id } = await settled();
    tenant.admin.edit(id, (policy) => {
      policy.conditions.applications?.excludeApplications.push(STRANGER);
    });
    tenant.admin.setUnknown(id, 'conditions.applications.newThing', ['x']);

    const report = await run();

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold' }] });
    expect(report.policies[0]?.findings[0]?.detail).toContain('conditions.applications.newThing = ["x"]');
    expect(live(NAME)).toMatchObject({ conditions: { applications: { newThing: ['x'] } } });
  });

  it('lets the harmless twin pass: an unknown member without a value', async () => {
    const { tenant, run, live, id } = await settled();
    tenant.admin.edit(id, (policy) => {
      policy.conditions.applications?.excludeApplications.push(STRANGER);
    });
    tenant.admin.setUnknown(id, 'conditions.applications.newThing', { levels: null, list: [] });

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(live(NAME)).toMatchObject({ conditions: { applications: { excludeApplications: [] } } });
  });

  it('notes what it cannot read beside what it puts right', async () => {
    const { tenant, run, id } = await settled();
    tenant.admin.edit(id, (policy) => {
      policy.state = 'disabled';
    });
    tenant.admin.setUnknown(id, 'sessionControls', { newThing: { mode: 'strict' } });

    const report = await run();

    expect(report.policies[0]?.findings.map(({ decision }) => decision)).toContain('note');
    expect(report.policies[0]?.outcome).toMatchObject({ status: 'applied' });
  });

  it('gains an intruder nothing: an unknown value in a field that is ours is overwritten in repair', async () => {
    const { tenant, run, live, id } = await settled();
    tenant.admin.setUnknown(id, 'grantControls.builtInControls', ['futureControl']);

    const report = await run();

    expect(report.status).toBe('remediated');
    expect(live(NAME)).toMatchObject({ grantControls: { builtInControls: ['mfa'] } });
  });

  it('gains an intruder nothing: an unknown member in one object keeps no other object from being put right', async () => {
    const { tenant, run, live, id } = await settled();
    tenant.admin.setUnknown(id, 'conditions.newThing', { of: 'value' });
    tenant.admin.setUnknown(id, 'grantControls.newThing', 'x');
    tenant.admin.edit(id, (policy) => {
      policy.state = 'disabled';
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });

    await run();

    expect(live(NAME)).toMatchObject({ state: 'enabled' });
    expect(JSON.stringify(live(NAME))).not.toContain(STRANGER);
  });
});
