import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDesired } from '../../src/lib/desired.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { canonical, read } from '../../src/lib/policy/canonical.ts';
import { opposite } from '../../src/lib/policy/effects.ts';
import { FIELD_BY_PATH, FIELDS, OBJECTS, READ_ONLY } from '../../src/lib/policy/fields.ts';
import { createBody, updateBody } from '../../src/lib/policy/render.ts';
import { anyJson, neighbours, policy, put, rawPolicy, respelled } from './generators.ts';

const runs = { numRuns: 400 };

describe('canonical form', () => {
  it('has every field of the table, whatever it is given', () => {
    fc.assert(
      fc.property(fc.oneof(fc.object(), rawPolicy, fc.dictionary(fc.string(), fc.anything())), (raw) => {
        expect(Object.keys(canonical(raw as Record<string, unknown>)).sort()).toEqual(
          [...FIELD_BY_PATH.keys()].sort(),
        );
      }),
      runs,
    );
  });

  it('is made of any JSON in any place, and never fails', () => {
    const places = fc.constantFrom(
      'conditions',
      'conditions.users',
      'grantControls',
      ...FIELD_BY_PATH.keys(),
    );
    fc.assert(
      fc.property(
        rawPolicy,
        fc.array(fc.tuple(places, anyJson), { minLength: 1, maxLength: 4 }),
        (raw, odds) => {
          for (const [path, value] of odds) put(raw as Record<string, unknown>, path, value);

          expect(Object.keys(read(raw).policy).length).toBe(FIELDS.length);
          expect(() => parseDesired(JSON.stringify(raw))).not.toThrow();
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is the same for every spelling of one policy', () => {
    const pair = rawPolicy.chain((raw) => respelled(raw).map((other) => [raw, other] as const));
    fc.assert(
      fc.property(pair, ([raw, other]) => {
        expect(fieldDrifts(canonical(raw), canonical(other))).toEqual([]);
      }),
      runs,
    );
  });

  it('twice is once: what is written from it reads back as it', () => {
    fc.assert(
      fc.property(policy, (wanted) => {
        expect(canonical(createBody(wanted))).toEqual(wanted);
        expect(canonical(updateBody(wanted, wanted, OBJECTS))).toEqual(wanted);
      }),
      runs,
    );
  });

  it('drops nothing in silence: what it does not know is reported', () => {
    fc.assert(
      fc.property(
        rawPolicy,
        fc.constantFrom('', 'conditions', 'conditions.users', 'grantControls', 'sessionControls'),
        fc.constantFrom<unknown>(['x'], 'value', 7, true, { a: 1 }),
        (raw, place, value) => {
          const target =
            place === ''
              ? raw
              : place
                  .split('.')
                  .reduce<unknown>((part, name) => (part as Record<string, unknown>)?.[name], raw);
          fc.pre(typeof target === 'object' && target !== null);
          (target as Record<string, unknown>).somethingNew = value;
          const path = place === '' ? 'somethingNew' : `${place}.somethingNew`;
          expect(read(raw).unrecognised).toContainEqual(
            expect.objectContaining({ path, empty: false, reason: 'unknownMember' }),
          );
        },
      ),
      runs,
    );
  });
});

describe('a desired-state document', () => {
  it('is read or refused with a place and a reason, whatever its text', () => {
    const cut = rawPolicy.chain((raw) => {
      const text = JSON.stringify(raw);
      return fc.nat({ max: text.length }).map((length) => text.slice(0, length));
    });
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          cut,
          fc.json(),
          anyJson.map((value) => JSON.stringify(value)),
        ),
        (text) => {
          const parsed = parseDesired(text);

          if (parsed.ok) return;
          expect(parsed.problems.length).toBeGreaterThan(0);
          for (const { message, line } of parsed.problems) {
            expect(message).not.toBe('');
            expect(line).toBeGreaterThan(0);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('bodies', () => {
  it('never hold a read-only or unknown member', () => {
    fc.assert(
      fc.property(neighbours, ([before, after]) => {
        const objects = [...new Set(fieldDrifts(after, before).map(({ object }) => object))];
        for (const body of [createBody(after), updateBody(before, after, objects)]) {
          expect(read(body).unrecognised).toEqual([]);
          expect(Object.keys(body).filter((name) => READ_ONLY.has(name))).toEqual([]);
        }
      }),
      runs,
    );
  });

  it('hold the objects that drifted and no other', () => {
    fc.assert(
      fc.property(neighbours, ([before, after]) => {
        const objects = [...new Set(fieldDrifts(after, before).map(({ object }) => object))];
        const body = updateBody(before, after, objects) as Record<string, unknown>;
        const { conditions = {}, ...top } = body;
        expect(
          [
            ...Object.keys(top),
            ...Object.keys(conditions as object).map((name) => `conditions.${name}`),
          ].sort(),
        ).toEqual([...objects].sort());
      }),
      runs,
    );
  });

  it('make the tenant equal to the desired policy, whether Graph merges two levels deep or replaces there', () => {
    fc.assert(
      fc.property(neighbours, fc.boolean(), ([before, after], isDeep) => {
        const objects = [...new Set(fieldDrifts(after, before).map(({ object }) => object))];
        const merged = merge(
          updateBody(before, before, OBJECTS),
          updateBody(before, after, objects),
          isDeep ? 3 : 2,
        );
        expect(fieldDrifts(after, canonical(merged as Record<string, unknown>))).toEqual([]);
      }),
      runs,
    );
  });
});

/** Graph's PATCH, as far as it is known: objects merge down to a depth, everything else is replaced. */
function merge(live: unknown, body: unknown, depth: number): unknown {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value);
  if (depth === 0 || !isObject(live) || !isObject(body)) return body;
  const names = new Set([...Object.keys(live), ...Object.keys(body)]);
  return Object.fromEntries(
    [...names].map((name) => [name, name in body ? merge(live[name], body[name], depth - 1) : live[name]]),
  );
}

describe('effects', () => {
  it('turn round when the move does', () => {
    fc.assert(
      fc.property(neighbours, ([before, after]) => {
        for (const { path } of fieldDrifts(before, after)) {
          const { effect } = FIELD_BY_PATH.get(path) ?? { effect: () => 'unclear' as const };
          expect([path, effect(after, before)]).toEqual([path, opposite(effect(before, after))]);
        }
      }),
      runs,
    );
  });

  it.each([
    ['switching off', { state: 'enabled' }, { state: 'disabled' }, 'state', 'loosens'],
    ['report-only', { state: 'enabled' }, { state: 'enabledForReportingButNotEnforced' }, 'state', 'loosens'],
    [
      'another excluded user',
      users({ excludeUsers: [] }),
      users({ excludeUsers: ['abcdef01-0000-4000-8000-000000000001'] }),
      'conditions.users.excludeUsers',
      'loosens',
    ],
    [
      'fewer included users',
      users({ includeUsers: ['All'] }),
      users({ includeUsers: ['abcdef01-0000-4000-8000-000000000001'] }),
      'conditions.users.includeUsers',
      'loosens',
    ],
    [
      'a risk condition on an MFA policy',
      {},
      { conditions: { signInRiskLevels: ['high'] } },
      'conditions.signInRiskLevels',
      'loosens',
    ],
    [
      'an OR instead of an AND',
      grant('AND', 'mfa', 'compliantDevice'),
      grant('OR', 'mfa', 'compliantDevice'),
      'grantControls.operator',
      'loosens',
    ],
    [
      'an alternative to MFA',
      grant('OR', 'mfa'),
      grant('OR', 'mfa', 'compliantDevice'),
      'grantControls.builtInControls',
      'loosens',
    ],
    [
      'a second demand',
      grant('OR', 'mfa'),
      grant('AND', 'mfa', 'compliantDevice'),
      'grantControls.builtInControls',
      'tightens',
    ],
    [
      'MFA instead of a block',
      grant('OR', 'block'),
      grant('OR', 'mfa'),
      'grantControls.builtInControls',
      'loosens',
    ],
    [
      'a stronger strength',
      strength('2'),
      strength('4'),
      'grantControls.authenticationStrength.id',
      'tightens',
    ],
    [
      'MFA becoming a strength',
      grant('OR', 'mfa'),
      strength('4'),
      'grantControls.builtInControls',
      'tightens',
    ],
    [
      'a trusted location spared',
      {},
      { conditions: { locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] } } },
      'conditions.locations.excludeLocations',
      'loosens',
    ],
    [
      'signing in less often',
      frequency(4),
      frequency(12),
      'sessionControls.signInFrequency.value',
      'loosens',
    ],
  ] as const)('%s: %s → %s', (_, before, after, path, effect) => {
    expect(
      fieldDrifts(canonical(before), canonical(after)).find((drift) => drift.path === path)?.effect,
    ).toBe(effect);
  });
});

function users(members: object): object & Record<string, unknown> {
  return { conditions: { users: members } };
}

function grant(operator: string, ...builtInControls: string[]): Record<string, unknown> {
  return { grantControls: { operator, builtInControls } };
}

function strength(digit: string): Record<string, unknown> {
  return {
    grantControls: {
      operator: 'OR',
      builtInControls: [],
      authenticationStrength: { id: `00000000-0000-0000-0000-00000000000${digit}` },
    },
  };
}

function frequency(value: number): Record<string, unknown> {
  return { sessionControls: { signInFrequency: { isEnabled: true, type: 'hours', value } } };
}

it('covers every object of the table', () => {
  expect(new Set(FIELDS.map(({ object }) => object)).size).toBe(OBJECTS.length);
});
