import { describe, expect, it } from 'vitest';
import { read } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { RunReport } from '../../src/lib/report.ts';
import { article } from '../support/world.ts';
import { type Attempt, type Pair, statesOf } from './case.ts';
import { expectNobodyShutOut } from './expectations.ts';
import { fateOf } from './oracle.ts';
import { canBeDesired, named, oneOfEach, PAIRS } from './pairs.ts';
import { idOf, KEY, lockOutsIn, runWithConsent, tamper, worldFor } from './play.ts';

describe('a policy of somebody else', () => {
  it.each(named(PAIRS))('is reported that is %s, and its twin is not', async (_, pair) => {
    const lethal = numbered(statesOf(pair.lethal), 'a');
    const harmless = numbered(statesOf(pair.harmless), 'b');
    const guilty = lethal.filter((policy) => fateOf([policy], pair) !== 'spared').map(({ id }) => id);
    const made = await worldFor(pair, [...lethal, ...harmless]);
    await made.push({ own: article() });

    const report = await made.run({ mode: 'observe' });

    expect(guilty.length).toBeGreaterThan(0);
    expect(lockOutsIn(report.findings)).toEqual(guilty);
    expect(report.policies.flatMap(({ findings }) => lockOutsIn(findings))).toEqual([]);

    const enforced = await made.run();

    // What somebody else did wrong is no reason to leave our own undone.
    expect(enforced.status).toBe('remediated');
    expect(lockOutsIn(enforced.findings)).toEqual(guilty);
  });
});

/** Those that can be pushed as they stand. */
const WRITABLE = PAIRS.filter((pair) => pair.lethal.how === 'create' && canBeDesired(pair));

describe('a policy of somebody else that is pushed as it stands', () => {
  it.each(named(WRITABLE))('is disarmed by becoming ours, or stays reported: %s', async (_, pair) => {
    const { desired } = pair.lethal;
    const made = await worldFor(pair, [desired]);
    const id = idOf(made, desired);
    await made.push({ [KEY]: desired });

    const report = await runWithConsent(made);

    const [ours] = report.policies;
    if (ours?.outcome?.settled === true) {
      expectNobodyShutOut(pair, made);
    } else {
      // It names the person itself, or the service takes no write to it.
      expect(ours?.outcome?.status ?? ours?.verdict).toMatch(/^(deny|rejected)$/);
      expect([...lockOutsIn(report.findings), ...lockOutsOf(KEY, report)]).toEqual([id]);
    }
  });
});

/** One of each mechanism. What names the person is denied, and what asks for a retired control is refused. */
const ONE_OF_EACH = oneOfEach(
  WRITABLE.filter(
    ({ isDoubtful, name, lethal }) =>
      !isDoubtful &&
      !name.startsWith('names the') &&
      !JSON.stringify(lethal.desired).includes('approvedApplication'),
  ),
);

describe('a policy that is kept off for emergencies', () => {
  it.each(named(ONE_OF_EACH))('spares them once a hand switches it on, were it %s', async (_, pair) => {
    const { desired } = pair.lethal;
    const made = await worldFor(pair);
    await made.push({ [KEY]: { ...desired, state: 'disabled', caretaker: { contingency: true } } });
    await runWithConsent(made);
    // Whoever switches it on by a file of their own takes our exclusions out as well.
    tamper(made, desired, { ...desired, state: 'enabled' });

    const report = await made.run();

    expect(report.error).toBeNull();
    expect(made.live(String(desired.displayName)).state).toBe('enabled');
    expectNobodyShutOut(pair, made);
  });
});

describe('a policy of ours', () => {
  it.each(named(PAIRS))('is reported and put right that a hand made %s', async (_, pair) => {
    const { desired } = pair.harmless;
    const twin = { ...desired, displayName: `${desired.displayName} twin` };
    const made = await worldFor(pair);
    await made.push({ [KEY]: desired, twin });
    await made.run();
    const lethal = worst(pair.lethal, pair);
    tamper(made, desired, lethal);
    tamper(made, twin, { ...worst(pair.harmless, pair), displayName: twin.displayName });

    const observed = await made.run({ mode: 'observe' });

    expect(lockOutsOf(KEY, observed)).toEqual([idOf(made, desired)]);
    expect(lockOutsOf('twin', observed)).toEqual([]);
    expect(lockOutsIn(observed.findings)).toEqual([]);

    const repaired = await made.run();

    expect(repaired.error).toBeNull();
    if (mayReplaceUsers(lethal)) {
      expectNobodyShutOut(pair, made);
    } else {
      // What we cannot read is not written over, so the finding stays until a person looks.
      expect(repaired.status).toBe('held');
      expect(lockOutsOf(KEY, await made.run())).toEqual([idOf(made, desired)]);
    }
  });
});

/** The one that is lethal, or failing that the first. */
function worst(attempt: Attempt, pair: Pair): RawPolicy {
  const states = statesOf(attempt);
  return states.find((state) => fateOf([state], pair) !== 'spared') ?? states[0] ?? {};
}

/** Whether there is nothing among its users that we do not know and must not lose. */
function mayReplaceUsers(policy: RawPolicy): boolean {
  return read(policy).unrecognised.every(
    ({ object, reason }) => object !== 'conditions.users' || reason !== 'unknownMember',
  );
}

function numbered(policies: readonly RawPolicy[], digit: string): readonly RawPolicy[] {
  return policies.map((policy, index) => ({
    ...policy,
    id: `${digit.repeat(8)}-0000-4000-8000-00000000000${index}`,
    displayName: `${policy.displayName} ${digit}${index}`,
  }));
}

function lockOutsOf(key: string, { policies }: RunReport): readonly (string | undefined)[] {
  return lockOutsIn(policies.find((policy) => policy.key === key)?.findings ?? []);
}
