import { describe, expect, it } from 'vitest';
import { FIELD_BY_PATH } from '../../src/lib/policy/fields.ts';
import { referencesOf } from '../../src/lib/policy/references.ts';
import {
  asSet,
  choice,
  count,
  flag,
  flags,
  id,
  ids,
  isEmptyRaw,
  isGuid,
  isNoise,
  isWord,
  type Kind,
  type Parsed,
  sameValue,
  set,
  text,
} from '../../src/lib/policy/values.ts';

const said = (...words: readonly string[]): Record<string, string> =>
  Object.fromEntries(words.map((word) => [word, `means ${word}`]));
const NUMBERED = { pattern: /^c\d$/i, words: 'c1 to c9', spell: (member: string) => member.toLowerCase() };
const GUID = 'abcdef01-0000-4000-8000-000000000001';
const wrongShape = (value: Parsed['value']): Parsed => ({ value, odd: 'wrongShape' });
const unknownValue = (value: Parsed['value']): Parsed => ({ value, odd: 'unknownValue' });

describe('one leaf', () => {
  const words = choice(said('Yes', 'no'));
  const list = set(said('Yes', 'no'));
  const people = ids(said('All'));
  const joined = flags(said('low', 'High'));

  it.each<[string, Kind, unknown, Parsed]>([
    ['text: absent', text, undefined, { value: null }],
    ['text: null', text, null, { value: null }],
    ['text: empty', text, '', { value: '' }],
    ['text: as it is', text, ' A b ', { value: ' A b ' }],
    ['text: a number', text, 7, wrongShape(null)],
    ['an id: absent', id, null, { value: null }],
    ['an id: empty', id, '', { value: null }],
    ['an id: in lower case', id, GUID.toUpperCase(), { value: GUID }],
    ['an id: other text', id, 'Mine', unknownValue('Mine')],
    ['an id: a list', id, [GUID], wrongShape(null)],
    ['a flag: absent', flag, undefined, { value: false }],
    ['a flag: on', flag, true, { value: true }],
    ['a flag: text', flag, 'true', wrongShape(false)],
    ['a number: absent', count, null, { value: null }],
    ['a number: nothing', count, 0, { value: 0 }],
    ['a number: not whole', count, 1.5, wrongShape(null)],
    ['a number: text', count, '4', wrongShape(null)],
    ['a word: absent', words, null, { value: null }],
    ['a word: in any letter case', words, 'YES', { value: 'Yes' }],
    ['a word: unknown', words, 'Maybe', unknownValue('Maybe')],
    ['a word: a list', words, ['Yes'], wrongShape(null)],
    ['a list: absent', list, undefined, { value: [] }],
    ['a list: text', list, 'Yes', wrongShape([])],
    ['a list: sorted, once each, in any letter case', list, ['no', 'YES', 'No'], { value: ['Yes', 'no'] }],
    ['a list: an unknown member stays', list, ['no', 'Maybe'], unknownValue(['Maybe', 'no'])],
    ['a list: a member that is no text goes', list, ['no', 7], wrongShape(['no'])],
    ['a list: no text beats unknown', list, ['Maybe', 7], wrongShape(['Maybe'])],
    ['a list: unknown does not beat no text', list, [7, 'Maybe'], wrongShape(['Maybe'])],
    ['a list: an id where none belongs', list, [GUID], unknownValue([GUID])],
    ['ids: in lower case, and words', people, [GUID.toUpperCase(), 'all'], { value: ['All', GUID] }],
    ['ids: what is neither', people, ['somebody'], unknownValue(['somebody'])],
    [
      'any text',
      set({}, { also: { pattern: /^/, words: 'text', spell: (member) => member } }),
      ['Duo', 'duo'],
      { value: ['Duo', 'duo'] },
    ],
    ['text of a form', set({}, { also: NUMBERED }), ['C1', 'c1'], { value: ['c1'] }],
    ['text of another form', set({}, { also: NUMBERED }), ['d1'], unknownValue(['d1'])],
    ['flags: absent', joined, null, { value: [] }],
    ['flags: joined, in any order, case and spacing', joined, ' HIGH , low', { value: ['High', 'low'] }],
    ['flags: a list', joined, ['high', 'low,high'], { value: ['High', 'low'] }],
    ['flags: the zero flag says nothing', joined, 'None', { value: [] }],
    ['flags: empty', joined, '', { value: [] }],
    ['flags: unknown', joined, 'low,odd', unknownValue(['low', 'odd'])],
    ['flags: a number', joined, 3, wrongShape([])],
    ['flags: an object', joined, { low: true }, wrongShape([])],
    ['flags: a number in a list', joined, ['low', 3], wrongShape(['low'])],
  ])('%s', (_, kind, raw, parsed) => {
    expect(kind.parse(raw)).toStrictEqual(parsed);
  });

  it.each<[Kind, Kind['name'], Kind['empty']]>([
    [text, 'text', null],
    [id, 'text', null],
    [flag, 'flag', false],
    [count, 'count', null],
    [words, 'choice', null],
    [list, 'set', []],
    [joined, 'flags', []],
  ])('that is not there comes to what its kind calls empty', (kind, name, empty) => {
    expect(kind).toMatchObject({ name, empty });
    expect(kind.parse(undefined).value).toEqual(kind.empty);
  });

  it('says whether it may hold ids', () => {
    expect([id.ids, people.ids, list.ids]).toEqual([true, true, false]);
    expect(id.values).toEqual([]);
  });
});

describe('an object id', () => {
  it.each([
    [GUID, true],
    [GUID.toUpperCase(), true],
    [`x${GUID}`, false],
    [`${GUID}0`, false],
    [GUID.replaceAll('-', ''), false],
    [GUID.replace('a', 'g'), false],
    ['', false],
  ])('%s: %s', (value, is) => {
    expect(isGuid(value)).toBe(is);
  });
});

describe('a raw member says nothing', () => {
  it.each<[unknown, boolean]>([
    [undefined, true],
    [null, true],
    ['', true],
    ['none', true],
    [[], true],
    [{}, true],
    [{ isEnabled: false, '@odata.type': '#x', '#action': {}, inner: { none: [] } }, true],
    ['None', false],
    [0, false],
    [false, false],
    [[null], false],
    [{ isEnabled: true }, false],
    [{ other: false }, false],
    [{ inner: { a: 1 } }, false],
    [{ a: null, b: 1 }, false],
  ])('%j: %s', (raw, is) => {
    expect(isEmptyRaw(raw)).toBe(is);
  });

  it.each([
    ['@odata.type', true],
    ['includeUsers@odata.context', true],
    ['#microsoft.graph.restore', true],
    ['odata', false],
    ['a#b', false],
  ])('that is an annotation, %s: %s', (name, is) => {
    expect(isNoise(name)).toBe(is);
  });
});

describe('equality', () => {
  it.each<[Parsed['value'] | undefined, Parsed['value'] | undefined, boolean]>([
    [['a', 'b'], ['a', 'b'], true],
    [['a', 'b'], ['a'], false],
    [['a'], ['a', 'b'], false],
    [['a'], ['b'], false],
    [['a', 'b'], ['a', 'c'], false],
    [[], [], true],
    [['a'], 'a', false],
    [null, [], false],
    ['a', 'a', true],
    [1, 2, false],
    [null, undefined, false],
  ])('of %j and %j: %s', (one, other, is) => {
    expect(sameValue(one, other)).toBe(is);
  });

  it('of words asks nothing of what is no text', () => {
    expect(isWord('ALL', 'All')).toBe(true);
    expect(isWord('Al', 'All')).toBe(false);
    expect(isWord({ toLowerCase: () => 'all' }, 'All')).toBe(false);
  });

  it('takes what is no list for an empty one', () => {
    expect(asSet(['a'])).toEqual(['a']);
    expect(asSet('a')).toEqual([]);
    expect(asSet(undefined)).toEqual([]);
  });
});

describe('the objects a policy names', () => {
  it('are its users, groups and locations, by id alone and with the field', () => {
    const [one, two, three, four, five, six] = [1, 2, 3, 4, 5, 6].map(
      (n) => `abcdef0${n}-0000-4000-8000-000000000001`,
    );
    const named = referencesOf({
      'conditions.users.includeUsers': ['All', one ?? ''],
      'conditions.users.excludeUsers': [two ?? ''],
      'conditions.users.includeGroups': [three ?? ''],
      'conditions.users.excludeGroups': [four ?? ''],
      'conditions.users.includeRoles': [GUID],
      'conditions.locations.includeLocations': ['AllTrusted', five ?? ''],
      // Stands for the trusted addresses of the old MFA settings.
      'conditions.locations.excludeLocations': [six ?? '', '00000000-0000-0000-0000-000000000000'],
    });

    expect(named).toEqual([
      { kind: 'users', path: 'conditions.users.includeUsers', id: one },
      { kind: 'users', path: 'conditions.users.excludeUsers', id: two },
      { kind: 'groups', path: 'conditions.users.includeGroups', id: three },
      { kind: 'groups', path: 'conditions.users.excludeGroups', id: four },
      { kind: 'locations', path: 'conditions.locations.includeLocations', id: five },
      { kind: 'locations', path: 'conditions.locations.excludeLocations', id: six },
    ]);
    expect(named.every(({ path }) => FIELD_BY_PATH.has(path))).toBe(true);
  });
});
