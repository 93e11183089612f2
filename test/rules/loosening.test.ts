import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { article, BREAK_GLASS_GROUP, BREAK_GLASS_USER, type World, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const SERVICE_ACCOUNT = 'e0000000-0000-4000-8000-000000000001';

/** The article's policy with one more account spared. */
function looser(): RawPolicy {
  const { conditions } = article() as { conditions: { users: { excludeUsers: string[] } } };
  const users = { ...conditions.users, excludeUsers: [...conditions.users.excludeUsers, SERVICE_ACCOUNT] };
  return article({ conditions: { ...conditions, users } });
}

async function settled(): Promise<World> {
  const made = await world();
  made.tenant.directory.users.set(SERVICE_ACCOUNT, { id: SERVICE_ACCOUNT });
  await made.push({ 'require-mfa': article() });
  await made.run();
  return made;
}

function excluded(made: World): readonly string[] {
  return (made.live(NAME).conditions as { users: { excludeUsers: string[] } }).users.excludeUsers;
}

describe('loosening', () => {
  it('holds a version that enforces less than the last proven one, and says in which fields', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': looser() });

    const report = await made.run();

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold', isApprovable: true }] });
    expect(report.policies[0]?.findings).toEqual([
      {
        rule: 'loosening',
        decision: 'hold',
        level: 'error',
        isApprovable: true,
        detail: 'it enforces less than version 1: conditions.users.excludeUsers',
      },
    ]);
    expect(excluded(made)).toEqual([BREAK_GLASS_USER]);
  });

  it.each<[string, RawPolicy]>([
    ['enforces as much', article({ grantControls: { operator: 'OR', builtInControls: ['mfa'] } })],
    [
      'enforces more',
      article({ grantControls: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] } }),
    ],
    ['has another name', article({ displayName: 'CA001 - MFA for Azure' })],
  ])('lets a version pass that %s', async (_, version) => {
    const made = await settled();
    await made.push({ 'require-mfa': version });

    expect((await made.run()).status).toBe(
      JSON.stringify(version) === JSON.stringify(article()) ? 'inSync' : 'remediated',
    );
  });

  it('lets it go once somebody else approved it, and asks no more about that version', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': looser() });
    await made.run();

    await made.approve();
    const first = await made.run();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    const second = await made.run();

    expect(first.status).toBe('remediated');
    expect(first.policies[0]?.findings).toEqual([]);
    expect(second.status).toBe('remediated');
    expect(excluded(made)).toEqual([BREAK_GLASS_USER, SERVICE_ACCOUNT]);
  });

  it('compares with an approved version, and not with an older one', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': looser() });
    await made.run();
    await made.approve();
    await made.push({ 'require-mfa': { ...looser(), displayName: 'CA001 - MFA for Azure' } });

    expect((await made.run()).status).toBe('remediated');
  });

  it('compares an adoption with the policy as it was, the emergency accounts left out of account', async () => {
    const users = { includeUsers: ['All'] };
    const applications = { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] };
    const there = {
      displayName: NAME,
      state: 'enabled',
      conditions: { users, applications, clientAppTypes: ['all'] },
    };
    const mfa = { operator: 'OR', builtInControls: ['mfa'] };
    const both = { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] };
    const alike = await world({ tenant: { policies: [{ ...there, grantControls: mfa } as never] } });
    const stricter = await world({ tenant: { policies: [{ ...there, grantControls: both } as never] } });
    await alike.push({ 'require-mfa': article() });
    await stricter.push({ 'require-mfa': article() });

    expect((await alike.run()).status).toBe('remediated');
    expect((await stricter.run()).policies[0]?.findings[0]).toMatchObject({
      rule: 'loosening',
      detail: expect.stringContaining('as it was adopted: grantControls'),
    });
    expect(alike.live(NAME)).toMatchObject({ conditions: { users: { excludeGroups: [BREAK_GLASS_GROUP] } } });
  });

  it('holds what it cannot compare: the version it takes the place of cannot be read any more', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': article({ displayName: 'CA001 - MFA for Azure' }) });
    await made.storage
      .rowsOf('11111111-2222-4333-8444-555555555555')('desired')
      .remove('version|require-mfa|0000000001');

    const report = await made.run();

    expect(report.policies[0]).toMatchObject({
      verdict: 'hold',
      findings: [{ rule: 'loosening', detail: expect.stringContaining('version 1') }],
    });
  });

  it('gains an intruder nothing: while a looser version waits, the proven one is put back', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': looser() });
    await made.run();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    const report = await made.run();

    expect(report).toMatchObject({
      status: 'held',
      policies: [
        {
          version: 2,
          verdict: 'hold',
          outcome: null,
          meanwhile: { version: 1, verdict: 'admit', outcome: { status: 'applied', settled: true } },
        },
      ],
    });
    expect(made.live(NAME).state).toBe('enabled');
    expect(excluded(made)).toEqual([BREAK_GLASS_USER]);
    expect(made.events).toContainEqual(expect.objectContaining({ event: 'ChangeApplied' }));
  });

  it('gains an intruder nothing: an approved version that never came leaves the proven one in force', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': looser() });
    await made.run();
    await made.approve();
    await made.push({ 'require-mfa': { ...looser(), state: 'disabled' } });
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'enabledForReportingButNotEnforced';
    });

    const report = await made.run();

    expect(report.policies[0]).toMatchObject({
      verdict: 'hold',
      findings: [{ detail: 'it enforces less than version 2: state' }],
      meanwhile: { version: 1, outcome: { settled: true } },
    });
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('gains an intruder nothing: what they do to the tenant makes no version look harmless', async () => {
    const made = await settled();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.conditions.users?.excludeUsers.push(SERVICE_ACCOUNT);
    });
    await made.push({
      'require-mfa': { ...looser(), state: 'enabled', displayName: 'CA001 - MFA for Azure' },
    });

    const report = await made.run();

    expect(report.policies[0]?.verdict).toBe('hold');
    expect(excluded(made)).toEqual([BREAK_GLASS_USER]);
  });
});
