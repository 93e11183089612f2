import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Observation } from '../../src/lib/diff.ts';
import { guard } from '../../src/lib/guard.ts';
import type { Binding } from '../../src/lib/journal.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { FIELDS } from '../../src/lib/policy/fields.ts';
import type { Policy, RawPolicy } from '../../src/lib/policy/model.ts';
import { RULES } from '../../src/lib/rules/index.ts';
import type { Around, Facts } from '../../src/lib/rules/rule.ts';
import {
  AROUND,
  bindingOf,
  CREATE_LAG_MS,
  desiredOf,
  factsOf,
  IDENTITIES,
  NOW,
  OWN_ID,
  observationOf,
} from '../support/judging.ts';
import { anyJson, IDS, neighbours, policy, put, rawPolicy } from './generators.ts';

const OTHER_ID = 'aaaaaaaa-0000-4000-8000-000000000002';
const runs = { numRuns: 400 };
/** Where resilience is switched off, groups spare nobody in an outage, and to arm a policy that does so is denied. */
const SPARED_BY_NAME: Around = {
  ...AROUND,
  people: AROUND.people.filter(({ id }) => IDENTITIES.users.includes(id)),
};

/** A live policy of any content, with any JSON in some of its places. */
const oddLive: fc.Arbitrary<RawPolicy> = fc
  .tuple(
    rawPolicy,
    fc.array(
      fc.tuple(
        fc.constantFrom(
          'conditions',
          'conditions.users',
          'grantControls',
          'sessionControls.signInFrequency',
          'somethingNew',
          'conditions.somethingNew',
          'conditions.users.somethingNew',
          'grantControls.somethingNew',
          'templateId',
          ...FIELDS.map(({ path }) => path),
        ),
        anyJson,
      ),
      { maxLength: 3 },
    ),
  )
  .map(([raw, odds]) => {
    const copy = structuredClone(raw) as Record<string, unknown>;
    for (const [path, value] of odds) put(copy, path, value);
    return copy;
  });

/** Security defaults may be on, and every id that a policy names may be gone. */
const someIds = fc.subarray([...IDS]);
const anyAround: fc.Arbitrary<Around> = fc
  .record({
    securityDefaults: fc.constantFrom(true, false, null),
    absent: fc.record({ users: someIds, groups: someIds, locations: someIds }),
  })
  .map((found) => ({ ...AROUND, ...found }));

/** The policy is live, deleted, gone, hidden from the list or doubted; it was made long ago or just now. */
const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    wanted: policy,
    isProven: fc.boolean(),
    live: oddLive,
    place: fc.constantFrom('live', 'deleted', 'gone', 'unbound'),
    namesake: fc.boolean(),
    doubts: fc.subarray(['an id is listed twice']),
    boundMsAgo: fc.constantFrom(1000, 10 * CREATE_LAG_MS),
    frozen: fc.boolean(),
    changesMax: fc.constantFrom(0, 1, 5),
    around: anyAround,
    namingPattern: fc.constantFrom(null, /^CA\d{3}/u),
    tenantPolicyLimit: fc.constantFrom(1, 195),
  })
  .map(({ wanted, isProven, live, place, namesake, doubts, boundMsAgo, frozen, ...settings }) => {
    const desired = desiredOf(wanted, { isProven });
    const others: Record<string, RawPolicy> = namesake
      ? { [OTHER_ID]: { displayName: desired.displayName } }
      : {};
    const isShown = place === 'live' || place === 'unbound';
    const observation: Observation = observationOf(isShown ? { ...others, [OWN_ID]: live } : others, {
      doubts,
      singly: isShown ? new Map() : new Map([[OWN_ID, { kind: 'missing' as const }]]),
      deleted: place === 'deleted' ? new Map([[OWN_ID, { kind: 'found' as const, raw: live }]]) : new Map(),
    });
    const bindings: Binding[] = place === 'unbound' ? [] : [bindingOf({ boundAt: NOW - boundMsAgo })];
    return factsOf([desired], bindings, observation, {
      ...settings,
      freeze: frozen ? { reason: 'maintenance', by: 'somebody', since: '2026-11-24', until: null } : null,
    });
  });

describe('the guard', () => {
  it('gives the worst answer of all rules, in whatever order they are asked', () => {
    fc.assert(
      fc.property(anyFacts, fc.shuffledSubarray([...RULES], { minLength: RULES.length }), (facts, rules) => {
        for (const { change, decision, findings } of guard(facts)) {
          const found = rules.flatMap((rule) => {
            const finding = rule.check(change, facts);
            return finding === undefined ? [] : [{ rule, finding }];
          });
          const decisions = found.map(({ finding }) => finding.decision);
          const worst = decisions.includes('deny') ? 'deny' : decisions.includes('hold') ? 'hold' : 'admit';

          expect(findings.map(({ rule }) => rule).sort()).toEqual(found.map(({ rule }) => rule.name).sort());
          if (rules.every(({ isNovelty }) => isNovelty !== true)) expect(decision).toBe(worst);
        }
      }),
      runs,
    );
  });

  it('never lets a result pass that leaves a protected identity unexcluded', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const { change, decision } of guard(facts)) {
          if (decision !== 'admit' || isForWorkloads(change.after)) continue;
          expect(change.after['conditions.users.excludeUsers']).toEqual(
            expect.arrayContaining([...IDENTITIES.users]),
          );
          expect(change.after['conditions.users.excludeGroups']).toEqual(
            expect.arrayContaining([...IDENTITIES.groups]),
          );
        }
      }),
      runs,
    );
  });

  it('never holds repair for anything but a freeze, a doubtful read, an unsettled create or what it cannot read', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        for (const { change, findings } of guard(facts)) {
          if (!change.desired.isProven) continue;
          const holding = findings.filter(({ decision }) => decision === 'hold').map(({ rule }) => rule);
          expect([
            'freeze',
            'incompleteRead',
            'emptyTenant',
            'unsettledCreate',
            'unrecognisedContent',
            ...(facts.changesMax === 0 ? ['blastRadius'] : []),
          ]).toEqual(expect.arrayContaining(holding));
        }
      }),
      runs,
    );
  });

  it('lets no content of a policy switch its repair off: what can be read is put right', () => {
    fc.assert(
      fc.property(neighbours, oddLive, fc.boolean(), ([wanted, live], odd, isOdd) => {
        const desired = desiredOf(wanted, { isProven: true });
        fc.pre(!isForWorkloads(desired.policy));
        const raw = isOdd ? odd : (live as RawPolicy);
        const facts = factsOf([desired], [bindingOf()], observationOf({ [OWN_ID]: raw }), {
          around: SPARED_BY_NAME,
        });

        for (const { change, decision } of guard(facts)) {
          if (change.action !== 'update') throw new Error(`a live policy is updated, not ${change.action}`);
          const drifted = new Set(change.fields.map(({ object }) => object));
          const isUnread = (object: string): boolean => change.withheld.includes(object);
          const usersStay = isUnread('conditions.users') && drifted.has('conditions.users');
          const isAllUnread = [...drifted].every(isUnread);
          // Where the exclusions themselves cannot be put right, nothing else of that policy may be armed.
          if (!usersStay)
            expect([decision, isAllUnread]).toEqual([isAllUnread ? 'hold' : 'admit', isAllUnread]);
        }
      }),
      runs,
    );
  });

  it('finds nothing to judge where the tenant is as desired', () => {
    fc.assert(
      fc.property(policy, (wanted) => {
        const desired = desiredOf(wanted);
        const facts = factsOf([desired], [bindingOf()], observationOf({ [OWN_ID]: nested(desired.policy) }));
        expect(guard(facts)).toEqual([]);
      }),
      runs,
    );
  });
});

function isForWorkloads(policy: Policy): boolean {
  return [
    'conditions.clientApplications.includeServicePrincipals',
    'conditions.clientApplications.servicePrincipalFilter.rule',
  ].some(
    (path) => typeof policy[path] === 'string' || (Array.isArray(policy[path]) && policy[path].length > 0),
  );
}

/** Canonical form as Graph would nest it. */
function nested(flat: Policy): RawPolicy {
  const raw: Record<string, unknown> = {};
  for (const [path, value] of Object.entries(flat)) put(raw, path, value);
  expect(canonical(raw)).toEqual(flat);
  return raw;
}
