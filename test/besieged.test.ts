import { describe, expect, it } from 'vitest';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_MEMBER, world } from './support/world.ts';

/** What an intruder could keep a repair away with, each found by a simulated world. */
describe('repair goes on', () => {
  it('although somebody leaves the emergency group while its members are looked at', async () => {
    const { tenant, push, run, live } = await world();
    await push({ article: article() });
    await run();
    tenant.admin.edit(String(live(NAME).id), (policy) => {
      policy.conditions.signInRiskLevels = ['high'];
    });
    const group = tenant.directory.groups.get(BREAK_GLASS_GROUP);
    tenant.beforeRequest = ({ path }) => {
      if (group && path.includes('transitiveMemberOf')) group.members = [];
      if (group && path.endsWith('/conditionalAccess/policies')) group.members = [BREAK_GLASS_MEMBER];
    };

    const { policies } = await run();

    expect(policies[0]).toMatchObject({ verdict: 'admit', outcome: { settled: true } });
    expect(live(NAME)).toMatchObject({ conditions: { signInRiskLevels: [] } });
  });
});

const NAME = String(article().displayName);
