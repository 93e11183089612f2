import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDesired } from '../src/lib/desired.ts';
import { type OwnParameters, readParameters } from '../src/lib/parameters.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import { draft, IDS } from './laws/generators.ts';
import { article } from './support/world.ts';

const [ONE, TWO, THREE] = IDS as [string, string, string];
const STRENGTH = '00000000-0000-0000-0000-000000000004';
const OWN: OwnParameters = new Map([
  ['pilots', [ONE, TWO]],
  ['strength', [STRENGTH]],
  ['later', []],
]);

function problemsIn(text: string): string[] {
  return readParameters(text).problems.map(
    ({ line, column, kind, path }) => `${line}:${column} ${kind} ${path}`,
  );
}

describe('parameters.json', () => {
  it('gives names to ids and to lists of ids, with comments, in any letter case', () => {
    const text = `{ "$schema": "x", // ours\n "one": "${ONE.toUpperCase()}", "list": ["${ONE}", "${TWO}", "${ONE}"] }`;

    expect(readParameters(text)).toMatchObject({
      problems: [],
      parameters: new Map([
        ['one', [ONE]],
        ['list', [ONE, TWO]],
      ]),
    });
  });

  it.each([
    ['a keyword', '{"a": "All"}', ['1:7 notAnId a']],
    ['a keyword in a list', `{"a": ["${ONE}",\n"GuestsOrExternalUsers"]}`, ['2:1 notAnId a']],
    ['another parameter', '{"a": "@b"}', ['1:7 notAnId a']],
    [
      'all zeros, which locations take for a keyword',
      '{"a": ["00000000-0000-0000-0000-000000000000"]}',
      ['1:8 notAnId a'],
    ],
    ['a name', '{"a": "Pilot users"}', ['1:7 notAnId a']],
    ['an object', `{"a": {"b": "${ONE}"}}`, ['1:7 notAnId a']],
    ['nothing in a list', `{"a": ["${ONE}", null, ""]}`, ['1:48 notAnId a', '1:54 notAnId a']],
    ['a name of the run’s', `{"breakGlassUsers": "${ONE}"}`, ['1:2 wrongShape breakGlassUsers']],
    [
      'a name that looks like one of the run’s',
      `{"BreakGlassUsers": "${ONE}"}`,
      ['1:2 wrongShape BreakGlassUsers'],
    ],
    ['a name that looks like a keyword', `{"all": "${ONE}"}`, ['1:2 wrongShape all']],
    ['a name that is none', `{"pilot-users": "${ONE}"}`, ['1:2 wrongShape pilot-users']],
    ['a name twice', `{"a": "${ONE}", "A": "${TWO}"}`, ['1:47 duplicateKey A']],
    ['a list of all', `["${ONE}"]`, ['1:1 wrongShape ']],
    ['two mistakes', '{"a": 1,\n "b": 2}', ['1:7 notAnId a', '2:7 notAnId b']],
  ])('refuses %s', (_, text, expected) => {
    expect(problemsIn(text)).toEqual(expected);
  });

  it('leaves a parameter with one wrong id without any: part of a list is another list', () => {
    expect(readParameters(`{"a": ["${ONE}", "x"]}`).parameters).toEqual(new Map([['a', []]]));
  });

  it('lets no text whatever stand behind a name but ids', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.json(),
          fc.dictionary(fc.string(), fc.json()).map((v) => JSON.stringify(v)),
        ),
        (text) => {
          for (const ids of readParameters(text).parameters?.values() ?? []) {
            for (const id of ids) expect(id).toMatch(/^[0-9a-f-]{36}$/);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });
});

describe('a policy that names a tenant’s own parameters', () => {
  const policy = (change: Record<string, unknown>): string => JSON.stringify(article(change), null, 2);
  const users = (member: string, ...named: string[]): string =>
    policy({
      conditions: {
        users: { includeUsers: ['All'], [member]: named },
        applications: { includeApplications: ['All'] },
      },
    });

  it('is stored with ids in their place, comments and all else untouched', () => {
    const text = users('excludeGroups', '@pilots', THREE, '@breakGlassGroups').replace('{', '{ // why');

    const parsed = parseDesired(text, OWN);

    expect(parsed).toMatchObject({
      ok: true,
      document: {
        content: text.replace('"@pilots"', `"${ONE}", "${TWO}"`),
        raw: { conditions: { users: { excludeGroups: [ONE, TWO, THREE, '@breakGlassGroups'] } } },
        substitutions: [{ name: 'pilots', path: 'conditions.users.excludeGroups', ids: [ONE, TWO] }],
      },
    });
  });

  it('may name one in the value of an exception, where the excepted field takes it', () => {
    const excepting = (field: string, value: unknown): string =>
      policy({
        caretaker: {
          exceptions: [{ field, value, owner: 'Ada', reason: 'CHG-1201 @pilots', until: '2026-12-31' }],
        },
      });
    const problemsIn = (text: string) => {
      const parsed = parseDesired(text, OWN);
      return parsed.ok ? [] : parsed.problems.map(({ kind, path }) => `${kind} ${path}`);
    };
    const text = excepting('conditions.users.excludeGroups', ['@pilots', '@breakGlassGroups']);
    const at = 'caretaker.exceptions.0.value';

    expect(parseDesired(text, OWN)).toMatchObject({
      ok: true,
      document: {
        content: text.replace('"@pilots"', `"${ONE}", "${TWO}"`),
        substitutions: [{ name: 'pilots', path: 'conditions.users.excludeGroups' }],
        declared: { exceptions: [{ value: [ONE, TWO, '@breakGlassGroups'] }] },
      },
    });
    expect(problemsIn(excepting('conditions.users.excludeGroups', ['@nobody']))).toEqual([
      `unknownParameter ${at}`,
    ]);
    expect(problemsIn(excepting('conditions.users.excludeUsers', ['@azureManagement', ONE]))).toEqual([
      `misplacedParameter ${at}`,
    ]);
    expect(problemsIn(excepting('grantControls.authenticationStrength.id', '@pilots'))).toContain(
      `misplacedParameter ${at}`,
    );
  });

  it('may name one where one id goes', () => {
    const text = policy({ grantControls: { authenticationStrength: { id: '@strength' } } });

    expect(parseDesired(text, OWN)).toMatchObject({
      ok: true,
      document: { raw: { grantControls: { authenticationStrength: { id: STRENGTH } } } },
    });
  });

  it('may have a name that begins with @', () => {
    expect(parseDesired(policy({ displayName: '@pilots' }), OWN)).toMatchObject({
      ok: true,
      document: { displayName: '@pilots', substitutions: [] },
    });
  });

  it.each([
    ['an unknown one', users('excludeGroups', '@pilot'), 'unknownParameter'],
    ['one in another letter case', users('excludeGroups', '@BreakGlassGroups'), 'unknownParameter'],
    [
      'one by the name of something every object has',
      users('excludeGroups', '@constructor'),
      'unknownParameter',
    ],
    ['an empty one alone', users('excludeGroups', '@later'), 'emptyParameter'],
    ['an empty one beside others', users('excludeGroups', ONE, '@later'), 'emptyParameter'],
    ['an empty one in an inclusion', users('includeGroups', '@later'), 'emptyParameter'],
    ['users among groups', users('excludeGroups', '@breakGlassUsers'), 'misplacedParameter'],
    ['an app among users', users('excludeUsers', '@azureManagement'), 'misplacedParameter'],
    [
      'ids among controls',
      policy({ grantControls: { operator: 'OR', builtInControls: ['@pilots'] } }),
      'misplacedParameter',
    ],
    [
      'a list where one id goes',
      policy({ grantControls: { authenticationStrength: { id: '@pilots' } } }),
      'misplacedParameter',
    ],
    [
      'one of the run’s where one id goes',
      policy({ grantControls: { authenticationStrength: { id: '@azureManagement' } } }),
      'misplacedParameter',
    ],
    [
      'one in place of a list',
      policy({
        conditions: {
          users: { includeUsers: ['All'], excludeGroups: '@pilots' },
          applications: { includeApplications: ['All'] },
        },
      }),
      'misplacedParameter',
    ],
  ])('is refused for %s, at the place of the name', (_, text, kind) => {
    const parsed = parseDesired(text, OWN);

    expect(parsed).toMatchObject({ ok: false });
    const { problems } = parsed as Extract<typeof parsed, { ok: false }>;
    const named = problems.find((problem) => problem.kind === kind);
    const line = text.split('\n')[(named?.line ?? 0) - 1];
    expect(line?.slice((named?.column ?? 0) - 1)).toMatch(/^"@/);
  });

  it('is stored as a text that needs none of them and says the same', () => {
    fc.assert(
      fc.property(draft, (raw) => {
        const plain = parseDesired(JSON.stringify(raw));
        fc.pre(plain.ok);
        // Every first id behind a name.
        const text = JSON.stringify(raw, null, 1).replaceAll(`"${ONE}"`, '"@first"');
        fc.pre(!text.includes('"displayName": "@first"'));

        const named = parseDesired(text, new Map([['first', [ONE]]]));

        expect(named).toMatchObject({ ok: true });
        if (!named.ok) return;
        const stored = parseDesired(named.document.content);
        expect(stored.ok && stored.document.raw).toEqual(raw);
        expect(canonical(named.document.raw)).toEqual(plain.ok && canonical(plain.document.raw));
      }),
      { numRuns: 300 },
    );
  });
});
