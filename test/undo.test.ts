import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import type { Undo, UndoStep } from '../src/lib/undo.ts';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_USER, type World, world } from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const STRANGER = 'e0000000-0000-4000-8000-000000000001';

/** The article's policy, settled in the tenant. */
async function settled(change: Record<string, unknown> = {}): Promise<World & { readonly id: string }> {
  const made = await world();
  await made.push({ one: article(change) });
  expect((await made.run()).status).toBe('remediated');
  return { ...made, id: String(made.live(NAME).id) };
}

/** A run that puts right what somebody did by hand. */
async function repaired(
  made: World & { readonly id: string },
  edit: Parameters<World['tenant']['admin']['edit']>[1],
): Promise<string> {
  made.tenant.admin.edit(made.id, edit);
  const report = await made.run();
  expect(report.status).toBe('remediated');
  return report.runId;
}

/** Somebody's own policy of that name, with one more exclusion. */
function foreign(state: string): Parameters<World['tenant']['admin']['create']>[0] {
  return {
    displayName: NAME,
    state,
    conditions: {
      users: { includeUsers: ['All'], excludeUsers: [STRANGER, BREAK_GLASS_USER] },
      applications: { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] },
      clientAppTypes: ['all'],
    },
    grantControls: { operator: 'OR', builtInControls: ['mfa'] },
  };
}

async function undone(made: World, runId: string): Promise<Undo> {
  const undo = await made.undo(runId);
  if (undo === undefined) throw new Error('no such run');
  return undo;
}

async function onlyStep(made: World, runId: string): Promise<UndoStep> {
  const { steps, refused } = await undone(made, runId);
  expect(refused).toEqual([]);
  expect(steps).toHaveLength(1);
  return steps[0] as UndoStep;
}

async function refusal(made: World, runId: string): Promise<string> {
  const { steps, refused } = await undone(made, runId);
  expect(steps).toEqual([]);
  expect(refused).toHaveLength(1);
  return refused[0]?.reason ?? '';
}

const documentIn = ({ content }: UndoStep): RawPolicy => JSON.parse(content) as RawPolicy;

describe('undo', () => {
  it('makes a version of what was there before, which waits for a second person where it is looser', async () => {
    const made = await settled();
    const runId = await repaired(made, (policy) => {
      policy.state = 'enabledForReportingButNotEnforced';
    });

    const step = await onlyStep(made, runId);
    await made.push({ one: step.content });
    const held = await made.run();
    await made.approve();
    const done = await made.run();
    const quiet = await made.run();

    expect(step).toMatchObject({ key: 'one', displayName: NAME, baseVersion: 1 });
    expect(step.fields).toMatchObject([{ path: 'state', effect: 'loosens' }]);
    expect(held.policies[0]?.findings).toMatchObject([{ rule: 'loosening', decision: 'hold' }]);
    expect(done.status).toBe('remediated');
    expect(quiet.status).toBe('inSync');
    expect(made.live(NAME).state).toBe('enabledForReportingButNotEnforced');
  });

  it('keeps the words of the file: parameters, its own members, and what the run did not touch', async () => {
    const made = await settled({
      $schema: './policy.schema.json',
      caretaker: { whenTightened: 'hold' },
    });
    const runId = await repaired(made, (policy) => {
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });

    const document = documentIn(await onlyStep(made, runId));

    expect(document).toMatchObject({
      $schema: './policy.schema.json',
      caretaker: { whenTightened: 'hold' },
      state: 'enabled',
      conditions: {
        users: {
          includeUsers: ['All'],
          excludeUsers: ['@breakGlassUsers', STRANGER],
          excludeGroups: ['@breakGlassGroups'],
        },
        applications: { includeApplications: ['@azureManagement'] },
      },
    });
    expect(Object.keys(document)).not.toContain('id');
  });

  it('writes down no protected identity that the file does not name: settings may name others one day', async () => {
    const made = await settled({
      conditions: {
        users: { includeUsers: ['All'] },
        applications: { includeApplications: ['@azureManagement'] },
        clientAppTypes: ['all'],
      },
    });
    const runId = await repaired(made, (policy) => {
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });

    const step = await onlyStep(made, runId);

    expect(step.content).not.toContain(BREAK_GLASS_USER);
    expect(step.content).not.toContain(BREAK_GLASS_GROUP);
    expect(documentIn(step)).toMatchObject({ conditions: { users: { excludeUsers: [STRANGER] } } });
  });

  it('never takes the exclusion of a protected identity back', async () => {
    const made = await settled();
    const runId = await repaired(made, (policy) => {
      if (policy.conditions.users !== null) policy.conditions.users.excludeUsers = [];
    });

    expect(await refusal(made, runId)).toContain('exclusions of protected identities are always kept');
  });

  it('goes back to what an adopted policy said', async () => {
    const made = await world();
    made.tenant.admin.create(foreign('enabledForReportingButNotEnforced'));
    await made.push({ one: article() });
    const report = await made.run();
    expect(report.policies).toMatchObject([{ change: { action: 'adopt' }, outcome: { settled: true } }]);

    const document = documentIn(await onlyStep(made, report.runId));

    expect(document).toMatchObject({
      state: 'enabledForReportingButNotEnforced',
      conditions: { users: { excludeUsers: ['@breakGlassUsers', STRANGER] } },
    });
  });

  it('goes back to what a deleted policy said, and leaves alone what was restored as it was', async () => {
    const made = await settled();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });
    made.tenant.admin.remove(made.id);
    const changed = (await made.run()).runId;
    const step = await onlyStep(made, changed);
    made.tenant.admin.remove(made.id);

    const asItWas = (await made.run()).runId;

    expect(documentIn(step)).toMatchObject({ state: 'disabled' });
    expect(await refusal(made, asItWas)).toContain('changed nothing in it');
  });

  it('refuses where the run created the policy, and says what to do', async () => {
    const made = await world();
    await made.push({ one: article() });
    const { runId } = await made.run();

    const reason = await refusal(made, runId);

    expect(reason).toContain('the run created it');
    expect(reason).toContain('caretaker forget one');
  });

  it('refuses where somebody changed the policy since, also in something nobody knows', async () => {
    const made = await settled();
    const runId = await repaired(made, (policy) => {
      policy.state = 'disabled';
    });
    made.tenant.admin.edit(made.id, (policy) => {
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });
    const edited = await refusal(made, runId);
    await made.run();
    made.tenant.admin.setUnknown(made.id, 'conditions.agents', { includeAgents: ['All'] });

    const odd = await refusal(made, runId);

    expect(edited).toContain('somebody changed it since the run');
    expect(edited).toContain('conditions.users.excludeUsers');
    expect(odd).toContain('something that is not known');
  });

  it('refuses where a newer version is desired, or none', async () => {
    const made = await settled();
    const runId = await repaired(made, (policy) => {
      policy.state = 'disabled';
    });
    await made.push({ one: article({ grantControls: { operator: 'OR', builtInControls: ['block'] } }) });
    const newer = await refusal(made, runId);
    await made.forget('one');

    expect(newer).toContain('version 2 by test is desired now');
    expect(await refusal(made, runId)).toBe('it is not desired any more');
  });

  it('refuses where the policy is gone from the tenant', async () => {
    const made = await settled();
    const runId = await repaired(made, (policy) => {
      policy.state = 'disabled';
    });
    made.tenant.admin.remove(made.id);

    expect(await refusal(made, runId)).toContain('deleted or hidden since');
  });

  it('refuses where the key stands for another policy since, though the old one is back', async () => {
    const made = await settled();
    const runId = await repaired(made, (policy) => {
      policy.state = 'disabled';
    });
    const before = made.live(NAME);
    made.tenant.admin.create({ ...foreign('disabled'), displayName: 'somebody else’s' });
    made.tenant.admin.purge(made.id);
    await made.wait(600_000);
    expect((await made.run()).status).toBe('remediated');
    made.tenant.admin.create(before as Parameters<World['tenant']['admin']['create']>[0]);

    expect(await refusal(made, runId)).toContain(`does not stand for ${made.id} any more`);
  });

  it.each([
    ['a value nobody knows', 'conditions.clientAppTypes', ['all', 'telepathy'], 'telepathy'],
    ['a value of another shape', 'conditions.users.excludeRoles', 'everybody', 'everybody'],
  ])('refuses what cannot be said in a file: %s', async (_, path, value, shown) => {
    const made = await settled();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });
    made.tenant.admin.setUnknown(made.id, path, value);
    const report = await made.run();
    expect(report.policies[0]?.outcome).toMatchObject({ settled: true });

    expect(await refusal(made, report.runId)).toContain(shown);
  });

  it('leaves out what the run left alone', async () => {
    const made = await settled({ state: 'disabled', caretaker: { contingency: true } });
    const runId = await repaired(made, (policy) => {
      policy.state = 'enabled';
      policy.conditions.users?.excludeUsers.push(STRANGER);
    });

    const document = documentIn(await onlyStep(made, runId));

    expect(document).toMatchObject({
      state: 'disabled',
      conditions: { users: { excludeUsers: ['@breakGlassUsers', STRANGER] } },
    });
  });

  it('refuses what goes against the file’s own member', async () => {
    const made = await world();
    made.tenant.admin.create(foreign('enabled'));
    await made.push({ one: article({ state: 'disabled', caretaker: { contingency: true } }) });
    await made.run();
    await made.approve();
    const report = await made.run();
    expect(report.policies).toMatchObject([{ change: { action: 'adopt' }, outcome: { settled: true } }]);

    const reason = await refusal(made, report.runId);

    expect(reason).toContain('cannot be desired: caretaker.contingency');
  });

  it('takes nothing back that never happened', async () => {
    const made = await settled();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });
    made.tenant.arm('forbidden', { method: 'PATCH', path: /policies\//, times: 1 });
    const report = await made.run();

    expect(report.policies[0]?.outcome?.status).toBe('rejected');
    expect(await undone(made, report.runId)).toMatchObject({ steps: [], refused: [] });
  });

  it('takes back a write whose answer was lost, once the tenant shows it', async () => {
    const made = await settled();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });
    made.tenant.arm('lostAnswer', { method: 'PATCH', path: /policies\//, times: 1 });
    const { runId } = await made.run();

    expect(made.live(NAME).state).toBe('enabled');
    expect(documentIn(await onlyStep(made, runId))).toMatchObject({ state: 'disabled' });
  });

  it('says so when the journal no longer has what was there before', async () => {
    const made = await settled();
    const runId = await repaired(made, (policy) => {
      policy.state = 'disabled';
    });
    await made.ports().journal.prune(made.clock.now() + 1);

    expect(await refusal(made, runId)).toContain('the journal no longer has');
  });

  it('knows no run that is not kept, and writes nothing for one that is', async () => {
    const made = await settled();
    const writes = made.tenant.writes.length;
    const { runId } = await made.run();

    expect(await made.undo('20200101T000000000Z-00000000')).toBeUndefined();
    expect(await made.undo('nonsense')).toBeUndefined();
    expect(await undone(made, runId)).toEqual({ runId, steps: [], refused: [] });
    expect(made.tenant.writes).toHaveLength(writes);
  });
});
