import { describe, expect, it } from 'vitest';
import type { JsonObject, Policy } from '../sandbox/tenant/index.ts';
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

  it('in turn, although somebody opens others wider again after each run', async () => {
    const { tenant, push, run, live, wait } = await world({ changesMax: 1 });
    await push({ wide: article({ displayName: 'wide' }) });
    await run();
    await push({ narrow: article({ displayName: 'narrow' }) });
    await run();
    const edit = (name: string, mutate: (policy: Policy) => void): void =>
      tenant.admin.edit(String(live(name).id), mutate);
    edit('narrow', (policy) => void policy.conditions.signInRiskLevels.push('high'));

    for (let turn = 0; turn < 2; turn++) {
      edit('wide', (policy) => void Object.assign(policy, { state: 'disabled' }));
      await run();
      await wait(1_200_000);
    }

    expect(live('narrow')).toMatchObject({ conditions: { signInRiskLevels: [] } });
  });

  it('in turn, although somebody undoes others before they are read back', async () => {
    const { tenant, push, run, live, wait } = await world();
    const names = ['one', 'other', 'mixed'];
    await push(Object.fromEntries(names.map((name) => [name, article({ displayName: name })])));
    await run();
    tenant.admin.edit(String(live('mixed').id), (policy) => {
      policy.conditions.signInRiskLevels.push('high');
      policy.grantControls?.builtInControls.splice(0, 1, 'block');
    });
    const off = (): void => {
      for (const name of ['one', 'other'])
        tenant.admin.edit(
          String(live(name).id),
          (policy) => void Object.assign(policy, { state: 'disabled' }),
        );
    };
    tenant.beforeRequest = () => {
      const last = tenant.writes.at(-1);
      if (last?.by === 'graph' && last.after?.displayName !== 'mixed') off();
    };

    for (let turn = 0; turn < 2; turn++) {
      off();
      await run();
      await wait(1_200_000);
    }

    expect(live('mixed')).toMatchObject({
      conditions: { signInRiskLevels: [] },
      grantControls: { builtInControls: ['mfa'] },
    });
  });

  it('although somebody plants one that is on where a policy for emergencies was', async () => {
    const { tenant, push, run, live, wait } = await world();
    const off = article({ state: 'disabled' });
    await push({ emergency: { ...off, caretaker: { contingency: true } } });
    await run();
    const { id, ...content } = live(NAME);
    tenant.admin.purge(String(id));
    const planted = tenant.admin.create({ ...content, state: 'enabled' } as JsonObject);
    await wait(600_000);

    await run();

    const there = tenant.truth().map((policy) => [policy.displayName, policy.state, policy.id === planted]);
    expect(there).toEqual([
      [NAME, 'enabled', true],
      [NAME, 'disabled', false],
    ]);
  });

  it('at the last proven version, although a later one was approved and never came about', async () => {
    const { tenant, push, run, live, approve } = await world();
    const stricter = { builtInControls: ['mfa', 'compliantDevice'], operator: 'AND' };
    await push({ article: article({ grantControls: stricter }) });
    await run();
    await push({ article: article() });
    await run();
    await approve();
    await push({ article: article({ state: 'disabled' }) });
    tenant.admin.edit(
      String(live(NAME).id),
      (policy) => void policy.conditions.signInRiskLevels.push('high'),
    );

    const { policies } = await run();

    expect(policies[0]).toMatchObject({ verdict: 'hold', meanwhile: { version: 1 } });
    expect(live(NAME)).toMatchObject({
      grantControls: { operator: 'AND' },
      conditions: { signInRiskLevels: [] },
    });
  });
});

describe('a version that enforces less', () => {
  it('waits for a person, although a policy was planted beside which it enforces more', async () => {
    const { tenant, push, run, live, wait } = await world();
    await push({ article: article() });
    await run();
    const { id, ...content } = live(NAME);
    tenant.admin.purge(String(id));
    const weak = { ...(content.conditions as JsonObject), signInRiskLevels: ['high'] };
    tenant.admin.create({ ...content, conditions: { ...weak, userRiskLevels: ['high'] } } as JsonObject);
    await push({
      article: article({ conditions: { ...(article().conditions as object), signInRiskLevels: ['high'] } }),
    });
    await wait(600_000);

    const { policies } = await run();

    expect(policies[0]).toMatchObject({
      change: { action: 'adopt' },
      verdict: 'hold',
      meanwhile: { version: 1 },
    });
    expect(policies[0]?.findings.map(({ rule }) => rule)).toContain('loosening');
  });
});

const NAME = String(article().displayName);
