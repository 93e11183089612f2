import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diff } from '../../src/lib/diff.ts';
import { plan } from '../../src/lib/plan.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { FIELDS } from '../../src/lib/policy/fields.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { bindingOf, desiredOf, factsOf, OWN_ID, observationOf, TENANT } from '../support/judging.ts';
import { at, policy, put, rawPolicy, respelled } from './generators.ts';

const runs = { numRuns: 400 };

function changeOf(wanted: RawPolicy, live: RawPolicy, hash = 'h1') {
  const desired = desiredOf(canonical(wanted), { hash });
  return factsOf([desired], [bindingOf()], observationOf({ [OWN_ID]: live })).plan[0];
}

describe('a plan', () => {
  it('leaves nothing to do once it is carried out', () => {
    fc.assert(
      fc.property(
        policy,
        rawPolicy,
        fc.constantFrom('live', 'deleted', 'unbound', 'gone'),
        (wanted, live, place) => {
          const desired = desiredOf(wanted, { displayName: String(live.displayName) });
          const bindings = place === 'unbound' ? [] : [bindingOf()];
          const isShown = place === 'live' || place === 'unbound';
          const observation = observationOf(isShown ? { [OWN_ID]: live } : {}, {
            singly: new Map([[OWN_ID, { kind: 'missing' as const }]]),
            deleted: new Map(place === 'deleted' ? [[OWN_ID, { kind: 'found' as const, raw: live }]] : []),
          });

          for (const change of factsOf([desired], bindings, observation).plan) {
            const before = change.action === 'create' ? {} : change.before.raw;
            const after = overlaid(before, change.body ?? {});
            const bound = new Map([['own', bindingOf()]]);
            expect(
              diff([desired], bound, observationOf({ [OWN_ID]: after })).map(({ kind }) => kind),
            ).toEqual(['none']);
          }
        },
      ),
      runs,
    );
  });

  it('names a change by a digest that no other spelling of the tenant moves', () => {
    const spelledTwice = rawPolicy.chain((raw) => respelled(raw).map((other) => [raw, other] as const));
    fc.assert(
      fc.property(rawPolicy, spelledTwice, (wanted, [live, other]) => {
        expect(changeOf(wanted, other)?.digest).toBe(changeOf(wanted, live)?.digest);
      }),
      runs,
    );
  });

  it('gives another digest wherever the tenant or the desired state means something else', () => {
    fc.assert(
      fc.property(
        rawPolicy,
        rawPolicy,
        fc.constantFrom(...FIELDS),
        rawPolicy,
        (wanted, live, field, other) => {
          const moved = structuredClone(live) as Record<string, unknown>;
          put(moved, field.path, at(other, field.path));
          const [one, two] = [changeOf(wanted, live), changeOf(wanted, moved)];
          fc.pre(one !== undefined && two !== undefined);
          const isSame = JSON.stringify(canonical(moved)) === JSON.stringify(canonical(live));

          expect(two?.digest === one?.digest).toBe(isSame);
          expect(changeOf(wanted, live, 'h2')?.digest).not.toBe(one?.digest);
        },
      ),
      runs,
    );
  });

  it('gives the same change another digest in another tenant, and for another object', () => {
    const desired = desiredOf(canonical({ displayName: 'CA001', state: 'enabled' }));
    const drifts = (id: string) =>
      diff(
        [desired],
        new Map([['own', bindingOf({ id })]]),
        observationOf({ [id]: { displayName: 'renamed' } }),
      );
    const digests = [
      plan(TENANT, drifts(OWN_ID)),
      plan('99999999-2222-4333-8444-555555555555', drifts(OWN_ID)),
      plan(TENANT, drifts('aaaaaaaa-0000-4000-8000-000000000009')),
    ].map(([change]) => change?.digest);

    expect(new Set(digests).size).toBe(3);
  });

  it('puts the widest gap first', () => {
    const wanted = (key: string) =>
      desiredOf(canonical({ displayName: key, state: 'enabled' }), { key, displayName: key });
    const keys = ['renamed', 'excluded', 'switched-off'];
    const live: RawPolicy[] = [
      { displayName: 'another', state: 'enabled' },
      { displayName: 'excluded', state: 'enabled' },
      { displayName: 'switched-off', state: 'disabled' },
    ];
    const ids = keys.map((_, index) => `aaaaaaaa-0000-4000-8000-00000000000${index}`);
    const bindings = keys.map((key, index) => bindingOf({ key, id: ids[index] ?? null }));
    const withExclusions = (raw: RawPolicy, extra: readonly string[]): RawPolicy => ({
      ...raw,
      conditions: {
        users: {
          excludeUsers: ['b0000000-0000-4000-8000-000000000001', ...extra],
          excludeGroups: ['b0000000-0000-4000-8000-0000000000f1'],
        },
      },
    });
    const observed = live.map((raw, index) =>
      withExclusions(raw, index === 1 ? ['e0000000-0000-4000-8000-000000000001'] : []),
    );

    const { plan: changes } = factsOf(
      keys.map(wanted),
      bindings,
      observationOf(Object.fromEntries(ids.map((id, index) => [id, observed[index] ?? {}]))),
    );

    expect(changes.map(({ key }) => key)).toEqual(['switched-off', 'excluded', 'renamed']);
  });
});

/** A PATCH laid over what is there, with second-level objects replaced whole. */
function overlaid(before: RawPolicy, body: RawPolicy): RawPolicy {
  const { conditions, ...top } = body;
  return {
    ...before,
    ...top,
    conditions: { ...(before.conditions as object | undefined), ...(conditions as object | undefined) },
  };
}
