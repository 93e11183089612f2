import { describe, expect, it, vi } from 'vitest';
import { LOCK_OUT } from '../../src/lib/record.ts';
import { KEPT_MS } from '../../src/lib/surroundings.ts';
import { article } from '../support/world.ts';
import { expectNobodyShutOut } from './expectations.ts';
import { canBeDesired, named, oneOfEach, PAIRS } from './pairs.ts';
import { begin, KEY, lockOutsIn, play, tamper, worldFor } from './play.ts';
import { BREAK_GLASS, EMERGENCY } from './tenant.ts';
import { TURNS, type Turn } from './turns.ts';

/** The whole product, but nobody is merged into anything, and no rule asks whether they were: the proof stands alone. */
vi.mock('../../src/lib/desired.ts', async (original) => {
  const real = await original<typeof import('../../src/lib/desired.ts')>();
  const nobody = { users: [], groups: [] };
  return {
    ...real,
    effective: (...[raw, parameters]: Parameters<typeof real.effective>) =>
      real.effective(raw, parameters, nobody),
  };
});
vi.mock('../../src/lib/rules/breakGlass.ts', () => ({
  breakGlass: { name: 'breakGlass', check: () => undefined },
}));

const DENIED = {
  verdict: 'deny',
  findings: expect.arrayContaining([expect.objectContaining({ rule: LOCK_OUT, decision: 'deny' })]),
};

describe('a run that merges nothing in', () => {
  it.each(named(PAIRS.filter(canBeDesired)))('denies %s by the proof alone', async (_, pair) => {
    const made = await begin(pair, pair.lethal);

    const { policies } = await play(pair.lethal, made);

    const found = policies.find(({ key }) => key === KEY);
    const madeAnew = { verdict: 'admit', change: { action: 'create' } };
    expect(found).toMatchObject(pair.lethal.how === 'restore' ? madeAnew : DENIED);
    expectNobodyShutOut(pair, made);
  });

  it.each(named(PAIRS))('carries out the twin of %s', async (_, pair) => {
    const made = await begin(pair, pair.harmless);

    const report = await play(pair.harmless, made);

    expect(report).toMatchObject({ status: 'remediated', error: null });
    expectNobodyShutOut(pair, made);
  });
});

describe('a run that merges nothing in and protects a group', () => {
  const pairs = oneOfEach(
    PAIRS.filter(
      (pair) =>
        pair.who === EMERGENCY &&
        pair.lethal.how === 'create' &&
        canBeDesired(pair) &&
        // With a group in the settings this parameter stands for it.
        !JSON.stringify(pair.lethal.file).includes('@breakGlassGroups'),
    ),
  );

  it.each(named(pairs))('denies for its member %s', async (_, pair) => {
    const made = await begin(pair, pair.lethal, { users: [], groups: [BREAK_GLASS] });

    const { policies } = await play(pair.lethal, made);

    expect(policies.find(({ key }) => key === KEY)).toMatchObject(DENIED);
    expectNobodyShutOut(pair, made);
  });

  it.each(named(pairs))('denies with a directory that tells nothing %s', async (_, pair) => {
    const byName = { users: [pair.who], groups: [] };
    const byGroup = { users: [], groups: [BREAK_GLASS] };
    for (const identities of [byName, byGroup]) {
      const made = await begin(pair, pair.lethal, identities);
      made.tenant.settings.permissions = [
        'Policy.Read.All',
        'Policy.ReadWrite.ConditionalAccess',
        'Application.Read.All',
      ];

      const { policies } = await play(pair.lethal, made);

      expect(policies.find(({ key }) => key === KEY)).toMatchObject(DENIED);
      expectNobodyShutOut(pair, made);
    }
  });
});

describe('a policy that nobody touches, in a tenant that changes around it', () => {
  const turns = TURNS.map((turn): [name: string, turn: Turn] => [turn.name, turn]);

  it.each(turns)('is reported if it is lethal now and %s', async (_, { policy, lethal, harmless }) => {
    for (const [happening, count] of [
      [lethal, 1],
      [harmless, 0],
    ] as const) {
      const made = await worldFor(ALONE, [policy]);
      await made.push({ own: article() });
      const before = await made.run();
      await made.run();
      happening(made.tenant);
      await made.wait(KEPT_MS + 1);

      const after = await made.run();

      expect(lockOutsIn(before.findings)).toHaveLength(0);
      expect(lockOutsIn(after.findings)).toHaveLength(count);
    }
  });

  it.each(turns)('is put back only if that is harmless: %s', async (_, { policy, lethal, harmless }) => {
    for (const [happening, state] of [
      [lethal, 'disabled'],
      [harmless, 'enabled'],
    ] as const) {
      const made = await worldFor(ALONE);
      await made.push({ [KEY]: policy });
      await made.run();
      tamper(made, policy, { ...policy, state: 'disabled' });
      happening(made.tenant);

      const { policies } = await made.run();

      expect(policies).toMatchObject([state === 'enabled' ? { verdict: 'admit' } : DENIED]);
      expect(made.live(String(policy.displayName)).state).toBe(state);
    }
  });

  it.each(turns)('is written only if that is harmless: %s', async (_, { policy, lethal, harmless }) => {
    for (const [happening, count] of [
      [lethal, 0],
      [harmless, 1],
    ] as const) {
      const made = await worldFor(ALONE);
      await made.push({ own: article() });
      await made.run();
      // A quiet run keeps what it sees; none of that may serve a run that writes.
      await made.run();
      happening(made.tenant);
      await made.push({ own: article(), [KEY]: policy });

      await made.run();

      const written = made.tenant.truth().filter(({ displayName }) => displayName === policy.displayName);
      expect(written).toHaveLength(count);
    }
  });
});

/** Nobody but the emergency account, which can show a second factor. */
const ALONE = { who: EMERGENCY, allowed: ['mfa'] };
