import { describe, expect, it } from 'vitest';
import { guard } from '../../src/lib/guard.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { bindingOf, desiredOf, factsOf, observationOf } from '../support/judging.ts';
import { article, world } from '../support/world.ts';

const keys = ['a', 'b', 'c', 'd'];

/** Verdicts over so many new policies and so many proven ones that were switched off. */
function verdicts(rollouts: number, repairs: number, changesMax: number): Record<string, string> {
  const named = (key: string, isProven: boolean) =>
    desiredOf(canonical({ displayName: key, state: 'enabled' }), { key, displayName: key, isProven });
  const fresh = keys.slice(0, rollouts).map((key) => named(`new-${key}`, false));
  const proven = keys.slice(0, repairs).map((key) => named(`old-${key}`, true));
  const ids = proven.map((_, index) => `aaaaaaaa-0000-4000-8000-00000000000${index}`);
  const live = Object.fromEntries(
    ids.map((id, index) => [id, { displayName: proven[index]?.displayName, state: 'disabled' }]),
  );
  const bindings = proven.map(({ key }, index) => bindingOf({ key, id: ids[index] ?? null }));
  const facts = factsOf([...fresh, ...proven], bindings, observationOf(live), { changesMax });
  return Object.fromEntries(guard(facts).map(({ change, decision }) => [change.key, decision]));
}

describe('blastRadius', () => {
  it('holds a rollout as a whole that is larger than the limit', () => {
    expect(verdicts(3, 0, 2)).toEqual({ 'new-a': 'hold', 'new-b': 'hold', 'new-c': 'hold' });
  });

  it('lets a rollout pass that just reaches the limit', () => {
    expect(verdicts(2, 0, 2)).toEqual({ 'new-a': 'admit', 'new-b': 'admit' });
  });

  it('never counts repairs against a rollout, nor holds them for their number', () => {
    expect(verdicts(1, 4, 1)).toEqual({
      'new-a': 'admit',
      'old-a': 'admit',
      'old-b': 'admit',
      'old-c': 'admit',
      'old-d': 'admit',
    });
  });

  it('lets nothing be written where the limit is 0, repair included', () => {
    expect(verdicts(1, 1, 0)).toEqual({ 'new-a': 'hold', 'old-a': 'hold' });
  });

  it('gains an intruder nothing: many policies switched off at once are all put right in a few runs', async () => {
    const { tenant, push, run } = await world({ changesMax: 1 });
    for (const key of keys) {
      await push({ [key]: article({ displayName: key }) });
      await run();
    }
    for (const { id } of tenant.truth())
      tenant.admin.edit(String(id), (policy) => {
        policy.state = 'disabled';
      });

    for (const _ of keys) await run();

    expect(tenant.truth().map(({ state }) => state)).toEqual(keys.map(() => 'enabled'));
  });
});
