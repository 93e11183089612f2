import { describe, expect, it } from 'vitest';
import type { Health } from '../../src/lib/protected.ts';
import { mendOf } from '../../src/lib/rules/identityHealth.ts';
import {
  article,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_MEMBER,
  BREAK_GLASS_USER,
  EMERGENCY,
  type World,
  world,
} from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

describe('what to do about a protected identity', () => {
  it.each<[Health, 'user' | 'group', RegExp]>([
    ['ok', 'user', /^look at the emergency accounts in the Entra admin center/],
    ['unverified', 'group', /^look at the emergency accounts in the Entra admin center/],
    ['disabled', 'user', /^enable the account/],
    ['missing', 'user', /^restore the account .*BREAK_GLASS_USERS$/],
    ['missing', 'group', /^restore the group, .*BREAK_GLASS_GROUPS$/],
    ['synced', 'user', /^use an account that exists in the cloud alone/],
    ['empty', 'group', /^put the emergency accounts into the group/],
  ])('that is %s (%s) is said', (health, kind, said) => {
    expect(mendOf({ id: BREAK_GLASS_USER, kind, memberOf: null, health, reason: null })).toMatch(said);
  });
});

/** Ways in which the way back in may not work. */
const ILLS: readonly [string, Health, string, (made: World) => void][] = [
  ['is disabled', 'disabled', BREAK_GLASS_USER, (made) => void edit(made, { accountEnabled: false })],
  [
    'is kept by an on-premises directory',
    'synced',
    BREAK_GLASS_USER,
    (made) => void edit(made, { onPremisesSyncEnabled: true }),
  ],
  [
    'does not exist',
    'missing',
    BREAK_GLASS_USER,
    ({ tenant }) => void tenant.directory.users.delete(BREAK_GLASS_USER),
  ],
  [
    'is a group without members',
    'empty',
    BREAK_GLASS_GROUP,
    ({ tenant }) =>
      void tenant.directory.groups.set(BREAK_GLASS_GROUP, { id: BREAK_GLASS_GROUP, members: [] }),
  ],
  [
    'is a group that is gone',
    'missing',
    BREAK_GLASS_GROUP,
    ({ tenant }) => void tenant.directory.groups.delete(BREAK_GLASS_GROUP),
  ],
  [
    'is a member of a group and disabled',
    'disabled',
    BREAK_GLASS_MEMBER,
    (made) => void edit(made, { accountEnabled: false }, BREAK_GLASS_MEMBER),
  ],
  [
    'could not be looked at',
    'unverified',
    BREAK_GLASS_USER,
    ({ tenant }) => void tenant.arm('forbidden', { path: /batch/, times: Number.POSITIVE_INFINITY }),
  ],
];

function edit({ tenant }: World, change: object, id = BREAK_GLASS_USER): void {
  tenant.directory.users.set(id, { ...(tenant.directory.users.get(id) as { id: string }), ...change });
}

describe('identityHealth', () => {
  it.each(ILLS)('holds a rollout while a protected identity %s', async (_, health, id, befall) => {
    const made = await world();
    await made.push({ 'require-mfa': article() });
    befall(made);

    const report = await made.run();

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold' }] });
    expect(report.policies[0]?.findings).toContainEqual(
      expect.objectContaining({
        rule: 'identityHealth',
        decision: 'hold',
        detail: expect.stringContaining(id),
      }),
    );
    expect(report.protected).toContainEqual(expect.objectContaining({ id, health }));
    expect(made.tenant.truth()).toEqual([]);
  });

  it('lets the rollout go once it is mended', async () => {
    const made = await world();
    await made.push({ 'require-mfa': article() });
    edit(made, { accountEnabled: false });
    await made.run();
    edit(made, { accountEnabled: true });

    const report = await made.run();

    expect(report.status).toBe('remediated');
  });

  it.each(ILLS)(
    'gains an intruder nothing: proven drift is repaired while one %s',
    async (_, health, id, befall) => {
      const made = await world();
      await made.push({ 'require-mfa': article() });
      await made.run();
      made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
        policy.state = 'disabled';
      });
      befall(made);

      const report = await made.run();

      expect(report.status).toBe('remediated');
      expect(report.policies[0]?.findings).toContainEqual(
        expect.objectContaining({ rule: 'identityHealth', decision: 'note', level: 'error' }),
      );
      expect(made.events).toContainEqual(
        expect.objectContaining({
          event: 'ProtectedIdentityUnhealthy',
          severity: 'error',
          facts: expect.objectContaining({
            identities: expect.arrayContaining([expect.objectContaining({ id, health })]),
          }),
        }),
      );
      expect(made.live(NAME).state).toBe('enabled');
    },
  );

  it('is content with emergency accounts as they should be', async () => {
    const made = await world();
    await made.push({ 'require-mfa': article() });

    const report = await made.run();

    expect(report.policies[0]?.findings).toEqual([]);
    expect(report.protected).toEqual([
      { id: BREAK_GLASS_USER, kind: 'user', memberOf: null, health: 'ok', reason: null },
      { id: BREAK_GLASS_GROUP, kind: 'group', memberOf: null, health: 'ok', reason: null },
      { id: BREAK_GLASS_MEMBER, kind: 'user', memberOf: BREAK_GLASS_GROUP, health: 'ok', reason: null },
    ]);
    expect(made.events.map(({ event }) => event)).not.toContain('ProtectedIdentityUnhealthy');
  });

  it('asks nothing where nothing is written', async () => {
    const existing = { ...article(), conditions: resolved() };
    const made = await world({ tenant: { policies: [existing as never] } });
    await made.push({ 'require-mfa': article() });
    edit(made, { accountEnabled: false });

    const report = await made.run();

    expect(report.policies[0]).toMatchObject({ change: { action: 'adopt' }, verdict: 'admit' });
    expect(report.protected).toContainEqual(
      expect.objectContaining({ id: EMERGENCY.users[0]?.id, health: 'disabled' }),
    );
  });
});

function resolved() {
  return {
    users: {
      includeUsers: ['All'],
      excludeUsers: [BREAK_GLASS_USER],
      excludeGroups: [BREAK_GLASS_GROUP],
    },
    applications: { includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'] },
    clientAppTypes: ['all'],
  };
}
