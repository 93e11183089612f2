import { describe, expect, it } from 'vitest';
import type { Desired, Observation } from '../../src/lib/diff.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { lockOut } from '../../src/lib/rules/lockOut.ts';
import type { Around, Finding } from '../../src/lib/rules/rule.ts';
import { bindingOf, desiredOf, factsOf as factsOfRun, OWN_ID, observationOf } from '../support/judging.ts';
import { AGGRAVATIONS, type Aggravation } from './aggravations.ts';
import { type Attempt, attempt, type Pair } from './case.ts';
import { canBeDesired, named, PAIRS } from './pairs.ts';
import { type Parts, policy } from './parts.ts';
import { EMERGENCY, factsOf, PLACES } from './tenant.ts';

const READABLE = PAIRS.filter(canBeDesired);

describe('the rule lockOut, asked about a plan with nothing merged in', () => {
  it('is asked about pairs enough', () => {
    expect(READABLE.length).toBeGreaterThanOrEqual(120);
    expect(new Set(READABLE.map(({ mechanism }) => mechanism)).size).toBeGreaterThanOrEqual(20);
  });

  it.each(named(READABLE))('denies %s, and lets its twin pass', (_, pair) => {
    const { displayName } = pair.lethal.desired;

    expect(judged(pair, pair.lethal)).toEqual([
      { decision: 'deny', detail: expect.stringContaining(`"${displayName}" `) },
    ]);
    expect(judged(pair, pair.harmless)).toEqual([]);
  });
});

describe('the rule lockOut, asked about a policy that shuts them out already', () => {
  const aggravations = AGGRAVATIONS.map((one): [name: string, Aggravation] => [one.name, one]);

  it.each(aggravations)('denies what makes it worse, and lets pass what does not: %s', (_, one) => {
    const becoming = (parts: Parts) => attempt('edit', policy('Old', one.before), policy('Old', parts));

    expect(judged(ALONE, becoming(one.worse))).toMatchObject([{ decision: 'deny' }]);
    expect(judged(ALONE, becoming(one.better))).toEqual([]);
  });
});

const ALONE = { who: EMERGENCY, allowed: [] };

/** What the rule says of every change that is planned to get there. */
function judged(pair: Pick<Pair, 'who' | 'allowed'>, attempt: Attempt): readonly Finding[] {
  const { how, before, desired, beside } = attempt;
  const wanted = [asItIs('own', desired), ...(beside === null ? [] : [asItIs('beside', beside)])];
  const bindings = how === 'create' || how === 'adopt' ? [] : [bindingOf()];
  const facts = factsOfRun(wanted, bindings, observed(how, before), { around: aroundOf(pair) });
  expect(facts.plan).toHaveLength(wanted.length);
  return facts.plan.flatMap((change) => lockOut.check(change, facts) ?? []);
}

function observed(how: Attempt['how'], before: RawPolicy | null): Observation {
  if (before === null) return observationOf({});
  if (how !== 'restore') return observationOf({ [OWN_ID]: before });
  return observationOf(
    {},
    {
      singly: new Map([[OWN_ID, { kind: 'missing' }]]),
      deleted: new Map([[OWN_ID, { kind: 'found', raw: before }]]),
    },
  );
}

/** Desired as it was written: no protected identity is merged in. */
function asItIs(key: string, raw: RawPolicy): Desired {
  const policy = canonical(raw);
  return { ...desiredOf(policy), key, policy };
}

function aroundOf({ who, allowed }: Pick<Pair, 'who' | 'allowed'>): Around {
  return {
    identities: [{ id: who, kind: 'user', memberOf: null, health: 'ok', reason: null }],
    people: [factsOf(who)],
    namedLocations: PLACES,
    allowedControls: allowed,
    securityDefaults: null,
    absent: { users: [], groups: [], locations: [] },
  };
}
