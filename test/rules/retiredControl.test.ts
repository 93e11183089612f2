import { describe, expect, it } from 'vitest';
import {
  article,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_USER,
  type World,
  type WorldOptions,
  world,
} from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const held = { rule: 'retiredControl', decision: 'hold', level: 'error' };
const noted = { rule: 'retiredControl', decision: 'note', level: 'error' };

function asking(...builtInControls: readonly string[]) {
  return {
    ...article({ grantControls: { operator: 'OR', builtInControls } }),
    conditions: {
      users: {
        includeUsers: ['All'],
        excludeUsers: [BREAK_GLASS_USER],
        excludeGroups: [BREAK_GLASS_GROUP],
      },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
    },
  };
}

/** A tenant whose policy asked for the control before it was retired. */
const old: WorldOptions = { tenant: { policies: [asking('approvedApplication') as never] } };

/** The policy from before, desired as it is and adopted without a write, so that its version is proven. */
async function proven(): Promise<World> {
  const made = await world(old);
  await made.push({
    old: asking('approvedApplication'),
    other: article({ displayName: 'CA002' }),
  });
  expect((await made.run()).status).toBe('remediated');
  return made;
}

function edit({ tenant, live }: World, name: string, mutate: Parameters<typeof tenant.admin.edit>[1]): void {
  tenant.admin.edit(String(live(name).id), mutate);
}

describe('retiredControl', () => {
  it.each([
    ['alone', ['approvedApplication']],
    ['beside its successor', ['approvedApplication', 'compliantApplication']],
  ])('holds a new policy that asks for it %s, and names the successor', async (_, controls) => {
    const made = await world();
    await made.push({ apps: asking(...controls) });

    const report = await made.run();

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold', findings: [held] }] });
    expect(report.policies[0]?.findings[0]?.detail).toContain('use compliantApplication');
    expect(made.tenant.writes).toEqual([]);
  });

  it('holds a new version that leaves it in, and not one that takes it out', async () => {
    const made = await world(old);
    const stricter = { operator: 'AND', builtInControls: ['approvedApplication', 'mfa'] };
    await made.push({ old: { ...asking(), grantControls: stricter } });
    const left = await made.run();
    await made.push({ old: asking('compliantApplication') });
    // Whether that enforces as much is for a person to say.
    await made.run();
    await made.approve();

    const taken = await made.run();

    expect(left).toMatchObject({ status: 'held', policies: [{ findings: [held] }] });
    expect(taken).toMatchObject({ status: 'remediated', policies: [{ findings: [] }] });
    expect(made.live(NAME)).toMatchObject({ grantControls: { builtInControls: ['compliantApplication'] } });
  });

  it('asks nothing of a policy that is only taken into care', async () => {
    const made = await proven();

    const report = await made.run();

    expect(report.policies.map(({ proven: isProven, findings }) => [isProven, findings])).toEqual([
      [true, []],
      [true, []],
    ]);
  });

  it('gains an intruder nothing: put into a proven policy by hand, it is taken out', async () => {
    const made = await proven();
    edit(made, 'CA002', ({ grantControls }) => {
      Object.assign(grantControls ?? {}, { builtInControls: ['approvedApplication'] });
    });

    const report = await made.run();

    expect(report.status).toBe('remediated');
    expect(report.policies[1]).toMatchObject({ verdict: 'admit', findings: [] });
    expect(made.live('CA002')).toMatchObject({ grantControls: { builtInControls: ['mfa'] } });
  });

  it('gains an intruder nothing: a deleted proven policy that has it comes back as it was', async () => {
    const made = await proven();
    made.tenant.admin.remove(String(made.live(NAME).id));

    const report = await made.run();

    expect(report.status).toBe('remediated');
    expect(report.policies[0]).toMatchObject({ change: { action: 'restore' }, findings: [noted] });
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('gains an intruder no more than the service itself gives: repair is tried, and the others go on', async () => {
    const made = await proven();
    for (const name of [NAME, 'CA002']) {
      edit(made, name, (policy) => {
        policy.state = 'disabled';
      });
    }

    const report = await made.run();

    expect(report.policies[0]).toMatchObject({
      verdict: 'admit',
      findings: [noted],
      outcome: { status: 'rejected', reason: expect.stringContaining('retired') },
    });
    expect(made.live('CA002').state).toBe('enabled');
  });
});
