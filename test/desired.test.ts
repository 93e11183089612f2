import { describe, expect, it } from 'vitest';
import { parseDesired } from '../src/lib/desired.ts';
import { resolve } from '../src/lib/parameters.ts';
import { IDS, put } from './laws/generators.ts';
import { article } from './support/world.ts';

/** `line:column kind path` of everything that is wrong with the article's policy once these members are changed. */
function problemsWith(
  members: Readonly<Record<string, unknown>>,
  added: Record<string, unknown> = {},
): string[] {
  const raw: Record<string, unknown> = { ...structuredClone(article()), ...added };
  for (const [path, value] of Object.entries(members)) put(raw, path, value);
  const parsed = parseDesired(JSON.stringify(raw));
  return parsed.ok ? [] : parsed.problems.map(({ kind, code, path }) => `${code ?? kind} ${path}`);
}

describe('a desired-state document', () => {
  it.each([
    [{ state: undefined, State: 'enabled' }, 'did you mean state?'],
    [{ grantControls: undefined, grantControl: { operator: 'OR' } }, 'did you mean grantControls?'],
    [{ conditions: { users: { includeUser: ['All'] } } }, 'did you mean includeUsers?'],
    [{ caretaker: { exeptions: [] } }, 'did you mean exceptions?'],
    [
      { caretaker: { exceptions: [{ field: 'conditions.users.excludeGroup' }] } },
      'did you mean conditions.users.excludeGroups?',
    ],
    [{ conditions: { users: { excludeGroups: ['@breakGlassGroup'] } } }, 'did you mean @breakGlassGroups?'],
  ])('says of %j what may have been meant', (change, mend) => {
    const parsed = parseDesired(JSON.stringify(article(change)));

    const mends = parsed.ok ? [] : parsed.problems.map((problem) => problem.mend);
    expect(mends.join()).toContain(mend);
  });

  it('has as many problems as there are mistakes, and takes no longer for each the more there are', () => {
    const members = Array.from({ length: 12_000 }, (_, index) => `"member${index}":1`);

    const parsed = parseDesired(`{${members.join()}}`);

    expect(parsed).toMatchObject({ ok: false, problems: { length: 12_003 } });
  }, 10_000);

  it('makes no guess at a word that is like none', () => {
    const parsed = parseDesired(JSON.stringify(article({ nonsense: 1 })));

    expect(parsed).toMatchObject({ ok: false, problems: [{ mend: 'take it away, or correct its name' }] });
  });

  it('has one problem for each wrong member of a list, where that member stands', () => {
    const raw = article({
      conditions: {
        users: { includeUsers: ['All'], excludeGroups: [IDS[0], 'Pilots', IDS[1], 'Admins'] },
        applications: { includeApplications: ['All'] },
      },
    });
    const text = JSON.stringify(raw, null, 1);

    const parsed = parseDesired(text);

    const line = text.split('\n').findIndex((one) => one.includes('Pilots')) + 1;
    expect(parsed).toMatchObject({
      ok: false,
      problems: [
        { kind: 'notAnId', path: 'conditions.users.excludeGroups', line, column: 5 },
        { kind: 'notAnId', path: 'conditions.users.excludeGroups', line: line + 2, column: 5 },
      ],
    });
  });

  it('breaks the service’s rules beside its other problems, all said at once', () => {
    const found = problemsWith({
      'conditions.users.excludeGroups': ['Pilots'],
      'conditions.platforms.excludePlatforms': ['iOS'],
      'grantControls.builtInControls': ['block', 'mfa'],
    });

    expect(found.toSorted()).toEqual([
      'block grantControls',
      'notAnId conditions.users.excludeGroups',
      'platforms conditions.platforms.excludePlatforms',
    ]);
  });

  it.each([
    [
      'a misspelled member',
      { 'conditions.users': { includeUser: ['All'] } },
      'wrongShape conditions.users.includeUser',
    ],
    [
      'text for a list',
      { 'conditions.applications.includeApplications': 'All' },
      'wrongShape conditions.applications.includeApplications',
    ],
    [
      'a member in the wrong object',
      { grantControls: null, sessionControl: { isEnabled: true } },
      'wrongShape sessionControl',
    ],
    ['no conditions', { conditions: null }, 'wrongShape conditions'],
    ['empty conditions of another type', { conditions: '' }, 'wrongShape conditions'],
  ])('has one problem, and no second one in other words, with %s', (_, members, expected) => {
    expect(problemsWith(members)).toEqual([expected]);
  });

  it.each(['', 'none', [], {}, null])('needs a state, and %j is none', (state) => {
    expect(problemsWith({ state })).toEqual(['wrongShape state']);
  });

  it('takes a word that says nothing for no value', () => {
    const rule = 'device.isCompliant -eq True';

    for (const mode of ['', 'none', null]) {
      expect(problemsWith({ 'conditions.devices.deviceFilter': { mode, rule } })).toEqual([
        'filter conditions.devices.deviceFilter',
      ]);
    }
  });

  it('knows no member by a name with dots, however much that looks like a path', () => {
    expect(problemsWith({}, { 'conditions.users.excludeUsers': [IDS[0]] })).toEqual([
      'wrongShape conditions.users.excludeUsers',
    ]);
    expect(problemsWith({}, { 'conditions.users': { excludeUsers: [IDS[0]] } })).toEqual([
      'wrongShape conditions.users',
    ]);
  });

  it('is not saved from a wrong member by an empty one whose name looks like its path', () => {
    const parsed = parseDesired(
      JSON.stringify({
        'conditions.users.includeUsers': [],
        ...article({ conditions: { users: { includeUsers: 5 } } }),
      }),
    );

    expect(parsed).toMatchObject({ ok: false });
  });
});

describe('the parameters of a run', () => {
  it('are what they were told to be, and nothing every object has', () => {
    const parameters = { pilots: [IDS[0] as string] };

    expect(resolve({ list: ['@pilots', '@constructor', '@toString', 5] }, parameters)).toEqual({
      list: [IDS[0], '@constructor', '@toString', 5],
    });
  });
});
