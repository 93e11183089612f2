import { describe, expect, it } from 'vitest';
import { article, type World, world } from '../support/world.ts';

const NAME = 'EM01 - ENABLE IN EMERGENCY: Block all but the office';
const STRANGER = 'e0000000-0000-4000-8000-000000000001';
const HOUR_MS = 3_600_000;

const contingency = (change: object = {}) =>
  article({ displayName: NAME, state: 'disabled', caretaker: { contingency: true }, ...change });

async function settled(): Promise<World & { readonly id: string }> {
  const made = await world();
  await made.push({ emergency: contingency() });
  expect((await made.run()).status).toBe('remediated');
  return { ...made, id: String(made.live(NAME).id) };
}

function switchOn({ tenant, id }: World & { readonly id: string }): void {
  tenant.admin.edit(id, (policy) => {
    policy.state = 'enabled';
  });
}

describe('a contingency policy', () => {
  it('stays on once somebody has switched it on, with an alert and the time since', async () => {
    const made = await settled();
    switchOn(made);
    const first = await made.run();
    await made.wait(3 * HOUR_MS);

    const later = await made.run();

    expect([first.status, later.status]).toEqual(['inSync', 'inSync']);
    expect(made.live(NAME).state).toBe('enabled');
    const since = new Date(Date.parse(first.startedAt)).toISOString().slice(0, 16);
    expect(later.policies[0]?.findings).toEqual([
      {
        rule: 'contingency',
        decision: 'note',
        level: 'error',
        detail: expect.stringContaining(`seen since ${since}`),
      },
    ]);
    expect(made.events.filter(({ event }) => event === 'ContingencyActive')).toHaveLength(2);
  });

  it('is kept as desired in all else while it is on, and is off again when somebody switches it off', async () => {
    const made = await settled();
    switchOn(made);
    made.tenant.admin.edit(made.id, (policy) => {
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });

    const report = await made.run();

    expect(report.status).toBe('remediated');
    expect(made.live(NAME)).toMatchObject({ state: 'enabled' });
    expect(JSON.stringify(made.live(NAME))).not.toContain(STRANGER);
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });
    expect((await made.run()).policies[0]?.findings).toEqual([]);
    switchOn(made);
    await made.wait(HOUR_MS);
    const again = await made.run();
    expect(again.policies[0]?.findings[0]?.detail).toContain(again.startedAt.slice(0, 16));
  });

  it('is not left on where it takes the place of one that was to be on: switching that off waits for a person', async () => {
    const made = await world();
    await made.push({ emergency: contingency({ state: 'enabled', caretaker: {} }) });
    await made.run();
    await made.push({ emergency: contingency() });

    const waiting = await made.run();

    expect(waiting).toMatchObject({ status: 'held', policies: [{ version: 2, switchedOnSince: null }] });
    expect(waiting.policies[0]?.findings.map(({ rule }) => rule)).toEqual(['loosening']);
    expect(made.live(NAME).state).toBe('enabled');
    await made.approve();
    expect((await made.run()).status).toBe('remediated');
    expect(made.live(NAME).state).toBe('disabled');
  });

  it('is made off, and put back when it is deleted', async () => {
    const made = await settled();
    made.tenant.admin.remove(made.id);

    await made.run();

    expect(made.live(NAME)).toMatchObject({ id: made.id, state: 'disabled' });
  });

  it('is not adopted while one of its name is on: that would switch it off', async () => {
    const { caretaker: _, ...live } = contingency({ state: 'enabled' });
    const made = await world({ tenant: { policies: [resolved(live) as never] } });
    await made.push({ emergency: contingency() });

    const report = await made.run();

    expect(report).toMatchObject({ status: 'held', policies: [{ change: { action: 'adopt' } }] });
    expect(report.policies[0]?.findings.map(({ rule }) => rule)).toContain('contingency');
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('of nobody’s that is on is reported and left alone', async () => {
    const { caretaker: _, ...live } = contingency({ state: 'enabled' });
    const made = await world({ tenant: { policies: [resolved(live) as never] } });
    await made.push({ 'require-mfa': article() });
    await made.run();

    const report = await made.run();

    expect(report.status).toBe('inSync');
    expect(report.findings).toMatchObject([{ rule: 'contingency', level: 'info' }]);
    expect(made.live(NAME).state).toBe('enabled');
  });

  it.each([
    [{ contingency: 'yes' }, 'caretaker.contingency cannot be "yes" (write false or true)'],
    [{ contingency: true }, 'is said of a policy that is on (write state disabled)'],
    [{ whenTightened: 'never' }, 'cannot be "never" (write "fix" or "hold")'],
    [
      { whenTighten: 'hold' },
      'caretaker.whenTighten is unknown (did you mean whenTightened? Otherwise take it away; known are contingency, whenTightened, exceptions)',
    ],
    ['contingency', 'is not an object'],
  ])('cannot be declared by mistake: %j', async (caretaker, problem) => {
    const made = await world();
    await made.push({ emergency: article({ caretaker }) });

    const report = await made.run();

    expect(report.findings[0]?.detail).toContain(problem);
    expect(made.tenant.truth()).toEqual([]);
  });
});

/** As it stands in a tenant: parameters resolved. */
function resolved(policy: object): object {
  return JSON.parse(
    JSON.stringify(policy)
      .replace('"@breakGlassUsers"', '"b0000000-0000-4000-8000-000000000001"')
      .replace('"@breakGlassGroups"', '"b0000000-0000-4000-8000-0000000000f1"')
      .replace('"@azureManagement"', '"797f4846-ba00-4fd7-ba43-dac1f8f63013"'),
  );
}
