import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { lockOut } from '../../src/lib/rules/lockOut.ts';
import {
  AROUND,
  bindingOf,
  desiredOf,
  factsOf,
  IDENTITIES,
  OWN_ID,
  observationOf,
} from '../support/judging.ts';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_MEMBER, BREAK_GLASS_USER, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
/** More members than anybody looks at. */
const CROWD = Array.from({ length: 60 }, (_, n) => `c0000000-0000-4000-8000-${String(n).padStart(12, '0')}`);
const ROLE = '62e90394-69f5-4237-9190-012177145e10';

function policyFor(users: object, more: RawPolicy = {}): RawPolicy {
  return {
    displayName: 'CA001',
    state: 'enabled',
    conditions: { users, applications: { includeApplications: ['All'] }, clientAppTypes: ['all'] },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
    ...more,
  };
}

/** What the rule says of making the tenant's policy exactly this, as if nothing had been merged into it. */
function judged(raw: RawPolicy, observed?: RawPolicy, around = AROUND) {
  const policy = canonical(raw);
  const desired = { ...desiredOf(policy), policy };
  const observation = observationOf(observed === undefined ? {} : { [OWN_ID]: observed });
  const facts = factsOf([desired], observed === undefined ? [] : [bindingOf()], observation, { around });
  const [change] = facts.plan;
  return change === undefined ? undefined : lockOut.check(change, facts);
}

const all = { includeUsers: ['All'] };
const safe = { ...all, excludeUsers: IDENTITIES.users, excludeGroups: IDENTITIES.groups };

describe('lockOut', () => {
  it('denies to switch resilience off for who is spared by a group alone, and not for who is spared by name', async () => {
    for (const [users, verdict] of [
      [[], 'deny'],
      [[BREAK_GLASS_MEMBER], 'admit'],
    ] as const) {
      const made = await world({ protected: { users, groups: [BREAK_GLASS_GROUP] } });
      await made.push({ own: article({ sessionControls: { disableResilienceDefaults: true } }) });

      const { policies } = await made.run();

      expect(policies).toMatchObject([{ verdict }]);
    }
  });

  it('denies a policy that would shut an emergency account out, and says who, how and by which field', () => {
    expect(judged(policyFor(all))).toEqual({
      decision: 'deny',
      detail: expect.stringMatching(
        /^"CA001" would block .* signing in to 797f4846.*: conditions\.users\.includeUsers takes it in, and conditions\.users\.excludeUsers does not spare it; and 1 more like it$/,
      ),
    });
  });

  it('lets a policy pass that spares them, by whatever means', () => {
    const nested = {
      ...AROUND,
      people: AROUND.people.map((person) => ({
        ...person,
        groups: [...(person.groups as string[]), OWN_ID],
      })),
    };

    expect(judged(policyFor(safe))).toBeUndefined();
    expect(judged(policyFor({ ...all, excludeGroups: [OWN_ID] }), undefined, nested)).toBeUndefined();
    expect(judged(policyFor({ includeRoles: [ROLE] }))).toBeUndefined();
    expect(judged(policyFor(all, { state: 'disabled' }))).toBeUndefined();
    expect(judged(policyFor(all, { state: 'enabledForReportingButNotEnforced' }))).toBeUndefined();
  });

  it('counts a demand that PROTECTED_CONTROLS_ALLOWED names as no obstacle', () => {
    const mfa = policyFor(all, { grantControls: { operator: 'OR', builtInControls: ['mfa'] } });

    expect(judged(mfa)).toMatchObject({ decision: 'deny' });
    expect(judged(mfa, undefined, { ...AROUND, allowedControls: ['mfa'] })).toBeUndefined();
  });

  it('denies what makes a lock-out worse, and not what narrows one that is there', () => {
    const narrow = policyFor(all, { grantControls: { operator: 'OR', builtInControls: ['mfa'] } });

    expect(judged(policyFor(all), narrow)).toMatchObject({ decision: 'deny' });
    expect(judged(narrow, policyFor(all))).toBeUndefined();
  });

  it('denies a restore that passes through a lock-out, and makes the policy anew instead', async () => {
    const made = await world();
    await made.push({ 'require-mfa': article() });
    await made.run();
    const id = String(made.live(NAME).id);
    made.tenant.admin.edit(id, (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeUsers: [], excludeGroups: [] } as never;
    });
    made.tenant.admin.remove(id);
    await made.wait(400_000);

    const report = await made.run();

    expect(report).toMatchObject({ status: 'remediated', policies: [{ change: { action: 'create' } }] });
    expect(made.live(NAME)).toMatchObject({
      conditions: { users: { excludeUsers: [BREAK_GLASS_USER], excludeGroups: [BREAK_GLASS_GROUP] } },
    });
    expect(made.tenant.deleted()).toHaveLength(1);
  });

  it('gains an intruder nothing: whatever becomes of the emergency accounts, proven drift is put right', async () => {
    const made = await world();
    await made.push({ 'require-mfa': article() });
    await made.run();
    const { directory, admin } = made.tenant;
    directory.roles.set('role-1', { id: 'role-1', roleTemplateId: ROLE, members: [BREAK_GLASS_USER] });
    directory.groups.set(OWN_ID, { id: OWN_ID, members: [BREAK_GLASS_USER, BREAK_GLASS_MEMBER] });
    for (const id of CROWD) directory.users.set(id, { id });
    directory.groups.set(BREAK_GLASS_GROUP, { id: BREAK_GLASS_GROUP, members: CROWD });
    admin.edit(String(made.live(NAME).id), (policy) => {
      policy.conditions.users = {
        ...policy.conditions.users,
        includeRoles: [ROLE],
        includeGroups: [OWN_ID],
        excludeUsers: [],
      } as never;
    });

    const report = await made.run();

    expect(report.protected).toContainEqual(
      expect.objectContaining({ id: BREAK_GLASS_GROUP, health: 'unverified' }),
    );
    expect(made.live(NAME)).toMatchObject({
      conditions: { users: { includeRoles: [], includeGroups: [], excludeUsers: [BREAK_GLASS_USER] } },
    });
  });
});

describe('lock-outs that are there', () => {
  const lethal = { ...policyFor(all), displayName: 'Block all' };

  it('are reported on every run, loudly, in a policy of somebody else’s', async () => {
    const made = await world({ tenant: { policies: [lethal as never] } });
    await made.push({ 'require-mfa': article() });
    await made.run();

    const report = await made.run();

    const id = String(made.live('Block all').id);
    expect(report.status).toBe('inSync');
    expect(report.findings).toEqual([
      {
        rule: 'lockOut',
        decision: 'note',
        level: 'error',
        policyId: id,
        detail: expect.stringContaining(
          `"Block all" would block the emergency account ${BREAK_GLASS_USER}, for example signing in`,
        ),
      },
    ]);
    expect(report.findings[0]?.detail).toContain(
      `likewise ${BREAK_GLASS_MEMBER} (member of ${BREAK_GLASS_GROUP})`,
    );
    expect(made.events.filter(({ event }) => event === 'LockOutRisk')).toEqual(
      Array(2).fill(
        expect.objectContaining({ severity: 'error', facts: expect.objectContaining({ policyId: id }) }),
      ),
    );
  });

  it('are reported, and put right, in a policy of ours', async () => {
    const made = await world();
    await made.push({ 'require-mfa': article() });
    await made.run();
    const id = String(made.live(NAME).id);
    made.tenant.admin.edit(id, (policy) => {
      policy.conditions.users = { ...policy.conditions.users, excludeUsers: [] } as never;
    });

    const seen = await made.run({ mode: 'observe' });
    const righted = await made.run();
    const after = await made.run();

    const finding = { rule: 'lockOut', decision: 'note', level: 'error', policyId: id };
    expect(seen.policies[0]?.findings[0]).toMatchObject(finding);
    expect(righted.policies[0]?.findings[0]).toMatchObject(finding);
    expect(after.policies[0]?.findings).toEqual([]);
    expect(made.events.filter(({ event }) => event === 'LockOutRisk')).toHaveLength(2);
  });
});
