import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { evaluate, type PolicyVerdict } from '../../src/lib/whatif/evaluate.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { compiled } from './support.ts';
import { anybody, anySignIn, locations, rawPolicies } from './worlds.ts';

/** A sign-in and the same with some of it left out. */
const moreAndLess: fc.Arbitrary<readonly [SignIn, SignIn]> = anySignIn(anybody).chain((whole) =>
  fc
    .record({
      top: fc.subarray(Object.keys(whole).filter((name) => name !== 'identity')),
      identity: fc.subarray(['groups', 'roles', 'guestType', 'homeTenantId']),
      location: fc.subarray(['ipAddress', 'country']),
      device: fc.subarray(['isCompliant', 'trustType']),
    })
    .map(({ top, identity, location, device }) => [
      whole,
      without(
        {
          ...whole,
          identity: without(whole.identity, identity),
          ...(whole.location === undefined ? {} : { location: without(whole.location, location) }),
          ...(whole.device === undefined || whole.device === 'unregistered'
            ? {}
            : { device: without(whole.device, device) }),
        },
        top,
      ) as SignIn,
    ]),
);

function without<T extends object>(value: T, names: readonly string[]): T {
  return Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) as T;
}

function decided(verdicts: readonly PolicyVerdict[]): readonly number[] {
  return verdicts.flatMap(({ policyApplies }, index) => (policyApplies === null ? [] : [index]));
}

describe('the evaluator', () => {
  it('never takes back an answer when more is given', () => {
    fc.assert(
      fc.property(rawPolicies(3), locations, moreAndLess, (raws, places, [more, less]) => {
        const set = compiled(raws, places);
        const early = evaluate(set, less);
        const late = evaluate(set, more);

        for (const index of decided(early.policies)) {
          expect(late.policies[index]?.policyApplies).toBe(early.policies[index]?.policyApplies);
          for (const reason of early.policies[index]?.reasons ?? []) {
            expect(late.policies[index]?.reasons).toContain(reason);
          }
        }
        if (early.enforced.blocked !== null) expect(late.enforced.blocked).toBe(early.enforced.blocked);
      }),
      { numRuns: 2_000 },
    );
  });

  it('answers as Graph does wherever it can answer at all', () => {
    fc.assert(
      fc.property(rawPolicies(3), locations, moreAndLess, (raws, places, [, less]) => {
        const set = compiled(raws, places);
        const ours = evaluate(set, less);
        const graphs = evaluate(set, less, 'asGraph');

        expect(graphs.policies.every(({ policyApplies }) => policyApplies !== null)).toBe(true);
        for (const index of decided(ours.policies)) {
          expect(graphs.policies[index]?.policyApplies).toBe(ours.policies[index]?.policyApplies);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  it('names what an open answer needs, and gives none for an answer that stands', () => {
    fc.assert(
      fc.property(rawPolicies(3), locations, moreAndLess, (raws, places, [, less]) => {
        for (const { policyApplies, needs } of evaluate(compiled(raws, places), less).policies) {
          expect(needs.length > 0).toBe(policyApplies === null);
        }
      }),
    );
  });
});
