import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { nothingKnownOf } from '../../src/lib/protected.ts';
import {
  type Comparison,
  type LockOut,
  type ProtectedFacts,
  proveNoLockOut,
  worse,
} from '../../src/lib/whatif/proof.ts';
import { compiled, entry } from '../whatif/support.ts';
import { type Attempt, type Pair, statesOf } from './case.ts';
import { asksTooMuch, fateOf, isEnforced, judged, signInOf } from './oracle.ts';
import { TOO_LONG, UNSEEN_MARK } from './pairs/devices.ts';
import { ANOTHER_SPELLING } from './pairs/people.ts';
import { named, nameOf, PAIRS } from './pairs.ts';
import { applying } from './service.ts';
import { EMERGENCY, factsOf, LODGER, PARTNER, PLACES, SECOND, TRUE_PLACES } from './tenant.ts';

const NAMED = named(PAIRS);
/**
 * The simulated service knows no better what only the service knows. It would have mended a spelling when the policy was
 * written, and shows the marks of devices that nobody manages.
 */
const BEYOND_SERVICE = [ANOTHER_SPELLING, UNSEEN_MARK];
const CERTAIN = NAMED.filter(
  ([, { isDoubtful, mechanism }]) => !isDoubtful && !BEYOND_SERVICE.includes(mechanism),
);
/** Where the search is given up, it is taken for hit, and there is no sign-in to show for it. */
const FOUND = CERTAIN.filter(([, { mechanism }]) => mechanism !== TOO_LONG);

describe('the red team', () => {
  it('has pairs enough, from mechanisms enough, and tells them apart', () => {
    expect(PAIRS.length).toBeGreaterThanOrEqual(120);
    expect(new Set(PAIRS.map(({ mechanism }) => mechanism)).size).toBeGreaterThanOrEqual(20);
    expect(new Set(PAIRS.map(nameOf)).size).toBe(PAIRS.length);
    expect(new Set(PAIRS.map(({ lethal }) => lethal.desired.displayName)).size).toBe(PAIRS.length);
  });

  it.each(NAMED)('says truly of %s which sign-in is hit', (_, pair) => {
    expect(fateOf(statesOf(pair.lethal), pair)).toBe(pair.isDoubtful ? 'perhaps' : 'hit');
    expect(fateOf(statesOf(pair.harmless), pair)).toBe('spared');
  });

  it.each(CERTAIN)('is right about %s in the eyes of the service too', async (_, pair) => {
    const signIn = signInOf(pair.hits);
    const asking = (policy: RawPolicy) => asksTooMuch(policy, pair.allowed);

    const guilty = (await applying(inForce(pair.lethal), signIn)).filter(asking);
    const twin = (await applying(inForce(pair.harmless), signIn)).filter(asking);

    expect(guilty).not.toEqual([]);
    expect(twin).toEqual([]);
  });

  it('has twins that are harmless in the sign-in of every other pair too', () => {
    const circumstances = PAIRS.map(({ hits }) => signInOf(hits));
    for (const pair of PAIRS) {
      const { identity } = signInOf(pair.hits);
      const signIns = circumstances.map((signIn) => ({ ...signIn, identity }));
      const fates = judged(statesOf(pair.harmless), signIns, pair.allowed);

      expect(
        fates.filter((fate) => fate !== 'spared'),
        nameOf(pair),
      ).toEqual([]);
    }
  });
});

describe('the proof, with nothing merged in', () => {
  it.each(FOUND)('is sure of %s', (_, pair) => {
    const found = added(pair, pair.lethal, { namedLocations: TRUE_PLACES });

    expect(found.some(({ isCertain }) => isCertain)).toBe(true);
  });

  it.each(FOUND)('names a sign-in that the service too says is hit by %s', async (_, pair) => {
    const { displayName } = pair.lethal.desired;

    for (const { signIn } of added(pair, pair.lethal)) {
      const found = await applying(inForce(pair.lethal), signIn);

      expect(found.map((policy) => policy.displayName)).toContain(displayName);
    }
  });

  it.each(NAMED)('finds %s, and lets its twin be', (_, pair) => {
    const found = added(pair, pair.lethal);

    expect(found.length).toBeGreaterThan(0);
    expect(added(pair, pair.harmless)).toEqual([]);
    expect(standing(pair, pair.lethal).length).toBeGreaterThan(0);
    expect(standing(pair, pair.harmless)).toEqual([]);
    for (const lockOut of found) expectToSayEnough(lockOut, pair);
  });

  it.each(NAMED)('finds %s whoever else is protected, and however little is known of them', (_, pair) => {
    const others = EMERGENCIES.filter((id) => id !== pair.who).map(factsOf);

    expect(hitIn(pair, [...others, factsOf(pair.who)])).toContain(pair.who);
    expect(hitIn(pair, [...others, nothingKnownOf(pair.who)])).toContain(pair.who);
  });
});

const EMERGENCIES = [EMERGENCY, SECOND, PARTNER, LODGER];

/** Whom the lethal attempt would shut out. */
function hitIn(pair: Pair, identities: readonly ProtectedFacts[]): readonly string[] {
  return added(pair, pair.lethal, { identities }).map(({ identity }) => identity);
}

/** Every lock-out the attempt would add to the tenant. */
function added(
  pair: Pair,
  attempt: Attempt,
  known: Partial<Pick<Comparison, 'identities' | 'namedLocations'>> = {},
): readonly LockOut[] {
  const { how, before, beside } = attempt;
  const main = statesOf({ ...attempt, beside: null }).map(entry);
  // A deleted policy shuts nobody out, whatever it says.
  const old = how === 'restore' || before === null ? null : entry(before);
  const moves = [
    { before: old, states: main },
    ...(beside === null ? [] : [{ before: null, states: [entry(beside)] }]),
  ];
  return moves.flatMap((move) =>
    worse({
      move,
      namedLocations: PLACES,
      identities: [factsOf(pair.who)],
      allowedControls: pair.allowed,
      ...known,
    }),
  );
}

/** Every lock-out of a tenant that holds all of it. */
function standing(pair: Pair, attempt: Attempt): readonly LockOut[] {
  return proveNoLockOut({
    policies: compiled(statesOf(attempt), PLACES),
    identities: [factsOf(pair.who)],
    allowedControls: pair.allowed,
  });
}

/** A finding names the policy, the person, the field that takes them in, and a sign-in that is hit. */
function expectToSayEnough(lockOut: LockOut, { mechanism, lethal, who, allowed }: Pair): void {
  const { displayName, identity, field, missingFrom, signIn, detail, isCertain } = lockOut;
  expect(displayName).toBe(lethal.desired.displayName);
  expect(identity).toBe(who);
  expect(field).toMatch(/^conditions\.users(\.include\w+)?$/);
  expect(missingFrom).toMatch(/^conditions\.users\.exclude\w+$/);
  expect(detail).toContain(displayName);
  expect(detail).toContain(who);
  expect(detail).toContain(field);
  if (mechanism === TOO_LONG) return;
  const fates = judged(statesOf(lethal), [signIn], allowed, true);
  expect(fates).toContainEqual(expect.stringMatching(isCertain ? /^hit$/ : /^(hit|perhaps)$/));
}

function inForce(attempt: Attempt): readonly RawPolicy[] {
  return statesOf(attempt).filter(isEnforced);
}
