import { describe, expect, it } from 'vitest';
import { article, BREAK_GLASS_USER, type World, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

async function settled(whenTightened?: 'fix' | 'hold'): Promise<World & { readonly id: string }> {
  const made = await world();
  await made.push({
    'require-mfa': article(whenTightened === undefined ? {} : { caretaker: { whenTightened } }),
  });
  await made.run();
  return { ...made, id: String(made.live(NAME).id) };
}

/** Somebody asks for a compliant device too. */
function tighten({ tenant, id }: World & { readonly id: string }): void {
  tenant.admin.edit(id, (policy) => {
    policy.grantControls = {
      ...policy.grantControls,
      operator: 'AND',
      builtInControls: ['mfa', 'compliantDevice'],
    } as never;
  });
}

function controls(made: World): readonly string[] {
  return (made.live(NAME).grantControls as { builtInControls: string[] }).builtInControls;
}

describe('tightenedByHand', () => {
  it('holds taking back what somebody made stricter, where the file says so, until somebody approves', async () => {
    const made = await settled('hold');
    tighten(made);

    const held = await made.run();
    await made.approve();
    const done = await made.run();

    expect(held).toMatchObject({
      status: 'held',
      policies: [{ isApprovable: true, findings: [{ rule: 'tightenedByHand', decision: 'hold' }] }],
    });
    expect(done.status).toBe('remediated');
    expect(controls(made)).toEqual(['mfa']);
  });

  it.each([undefined, 'fix'] as const)('takes it back where the file says %s', async (whenTightened) => {
    const made = await settled(whenTightened);
    tighten(made);

    expect((await made.run()).status).toBe('remediated');
    expect(controls(made)).toEqual(['mfa']);
  });

  it('gains an intruder nothing: a loosening beside it is put right at once', async () => {
    const made = await settled('hold');
    tighten(made);
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });

    expect((await made.run()).status).toBe('remediated');
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('gains an intruder nothing: an exclusion of the emergency accounts that is gone is put back at once', async () => {
    const made = await settled('hold');
    made.tenant.admin.edit(made.id, (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeUsers: [] } as never;
    });

    expect((await made.run()).status).toBe('remediated');
    expect(made.live(NAME)).toMatchObject({ conditions: { users: { excludeUsers: [BREAK_GLASS_USER] } } });
  });
});
