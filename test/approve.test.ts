import { describe, expect, it } from 'vitest';
import { article, type World, world } from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

/** Two policies beyond a limit of one: both wait for a person. */
async function twoHeld(): Promise<World & { readonly digests: readonly string[] }> {
  const made = await world({ changesMax: 1 });
  await made.push({ one: article(), two: article({ displayName: 'CA002' }) });
  const report = await made.run();
  expect(report.status).toBe('held');
  return { ...made, digests: report.policies.map(({ change }) => change?.digest ?? '') };
}

describe('an approval', () => {
  it('lets one change go, once, beside the limit', async () => {
    const made = await twoHeld();

    const [answer] = await made.approve([made.digests[0] ?? '']);
    const report = await made.run();

    expect(answer).toMatchObject({ kind: 'given', change: { key: 'one', rules: ['blastRadius'] } });
    // The other one is alone now, and within the limit.
    expect(report.status).toBe('remediated');
    expect(made.tenant.truth()).toHaveLength(2);
    expect((await made.ports().approvals.read()).changes.map(({ usedBy }) => usedBy)).not.toContain(null);
    await made.run();
    expect((await made.ports().approvals.read()).changes).toEqual([]);
  });

  it('may be given to everything that waits, and is written down with who and why', async () => {
    const made = await twoHeld();

    const answers = await made.approve('allHeld');
    const report = await made.run();

    expect(answers.map(({ kind }) => kind)).toEqual(['given', 'given']);
    expect(report.status).toBe('remediated');
    expect(made.tenant.truth()).toHaveLength(2);
    const rows = await made.storage
      .rowsOf('11111111-2222-4333-8444-555555555555')('journal')
      .range({ from: '0', to: ':' });
    const told = rows
      .map(({ columns }) => JSON.parse(String(columns.json0)))
      .filter(({ kind }) => kind === 'approval');
    expect(told).toMatchObject(
      Array(2).fill({ by: { name: 'Grace' }, reason: 'we talked about it', rules: ['blastRadius'] }),
    );
  });

  it('names its change by the beginning of the digest, if it is long enough to be no other’s', async () => {
    const made = await twoHeld();
    const [digest = ''] = made.digests;

    const answers = await made.approve([
      digest.slice(0, 12),
      digest.slice(0, 7),
      'f'.repeat(64),
      digest.toUpperCase(),
    ]);

    expect(answers.map(({ kind }) => kind)).toEqual(['given', 'unknown', 'unknown', 'given']);
  });

  it('is given back when the service refuses, and when the policy moved', async () => {
    const made = await twoHeld();
    await made.approve();
    made.tenant.arm('forbidden', { method: 'POST', path: /policies$/, times: 2 });

    const refused = await made.run();
    const again = await made.run();

    expect(refused.policies.map(({ outcome }) => outcome?.status)).toEqual(['rejected', 'rejected']);
    expect(again.status).toBe('remediated');
  });

  it('is used up by a write that may have happened', async () => {
    const made = await twoHeld();
    await made.approve([made.digests[0] ?? '']);
    made.tenant.arm('lostRequest', { method: 'POST', path: /policies$/ });

    const report = await made.run();

    expect(report.policies[0]?.outcome?.status).toBe('indeterminate');
    const { changes } = await made.ports().approvals.read();
    expect(changes.find(({ key }) => key === 'one')?.usedBy).not.toBeNull();
  });

  it('is void when the change is not what it was', async () => {
    const made = await twoHeld();
    await made.approve();
    await made.push({ one: article({ state: 'enabledForReportingButNotEnforced' }) });

    const report = await made.run();

    expect(report.policies.map(({ key, outcome }) => [key, outcome?.status])).toEqual([
      ['one', 'applied'],
      ['two', 'applied'],
    ]);
    expect((await made.ports().approvals.read()).changes.map(({ key }) => key)).toEqual(['two']);
  });

  it('lifts only what held the change when it was given', async () => {
    const made = await twoHeld();
    await made.approve();
    made.tenant.directory.users.clear();

    const report = await made.run();

    expect(report.policies.map(({ verdict }) => verdict)).toEqual(['hold', 'hold']);
    expect(made.tenant.truth()).toEqual([]);
  });

  it('is never given to a denial, to a wait that ends by itself, or by who pushed the version', async () => {
    const made = await world({ changesMax: 0 });
    await made.push({ one: article() });
    await made.run();
    const waits = await made.approve();
    const held = await twoHeld();
    const own = await held.approve('allHeld', 'TEST');

    expect(waits).toEqual([]);
    expect(own.map((answer) => answer.kind === 'refused' && answer.reason)).toEqual(
      Array(2).fill('test pushed this version, so somebody else has to approve it'),
    );
  });

  it('lets nothing be written where the limit is 0', async () => {
    const made = await twoHeld();
    await made.approve();

    const report = await made.run({ limits: { changesMax: 0 } });

    expect(report.policies.map(({ verdict }) => verdict)).toEqual(['hold', 'hold']);
    expect(made.tenant.truth()).toEqual([]);
  });
});

describe('what waits', () => {
  it('keeps its age, is announced when it begins and then once a day', async () => {
    const made = await twoHeld();
    const since = (await made.run()).policies[0]?.waitingSince;
    for (let hour = 0; hour < 50; hour++) {
      await made.wait(3_600_000);
      await made.run();
    }
    const report = await made.run();

    const held = made.events.filter(({ event, facts }) => event === 'ChangeHeld' && facts.key === 'one');
    expect(held).toHaveLength(3);
    expect(report.policies[0]?.waitingSince).toBe(since);
    expect(report.status).toBe('held');
  });

  it('keeps its age when somebody edits the policy it is about', async () => {
    const made = await world();
    await made.push({ one: article() });
    await made.run();
    await made.push({ one: article({ state: 'disabled' }) });
    const first = (await made.run()).policies[0];
    await made.wait(3_600_000);
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.conditions.users?.excludeUsers.push('e0000000-0000-4000-8000-000000000001');
    });

    const later = (await made.run()).policies[0];

    expect(later?.change?.digest).not.toBe(first?.change?.digest);
    expect(later?.waitingSince).toBe(first?.waitingSince);
  });

  it('waits no more once it is done or forgotten', async () => {
    const made = await twoHeld();
    await made.approve([made.digests[0] ?? '']);
    await made.run();

    expect((await made.ports().approvals.read()).waiting).toEqual([]);
    expect((await made.run()).policies.map(({ waitingSince }) => waitingSince)).toEqual([null, null]);
    expect(made.live(NAME)).toBeTruthy();
  });
});
