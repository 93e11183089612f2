import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { INTUNE, matchesRule, parseRule, type Rule } from '../../src/lib/whatif/deviceFilter.ts';
import { satisfy } from '../../src/lib/whatif/satisfy.ts';
import type { Device, DeviceValue } from '../../src/lib/whatif/signIn.ts';
import { isUnknown } from '../../src/lib/whatif/truth.ts';

function rule(text: string): Rule {
  const parsed = parseRule(text);
  if (parsed.kind === 'unreadable') throw new Error(`${text}: ${parsed.why}`);
  return parsed.rule;
}

function matches(text: string, device: Device | undefined): boolean | 'depends' {
  const truth = matchesRule(rule(text), device);
  return isUnknown(truth) ? 'depends' : truth;
}

describe('a device filter', () => {
  it.each<[string, Device, boolean]>([
    ['device.model -eq "Surface"', { model: 'surface' }, true],
    ["device.model eq 'Surface'", { model: 'Surface Pro' }, false],
    ['device.model -startsWith "Sur"', { model: 'Surface Pro' }, true],
    ['device.model -notStartsWith "Sur"', { model: 'Surface Pro' }, false],
    ['device.model -endsWith "pro"', { model: 'Surface Pro' }, true],
    ['device.model -contains "face"', { model: 'Surface Pro' }, true],
    ['device.model -notContains "face"', { model: 'Laptop' }, true],
    ['device.model -in ["A", "b"]', { model: 'B' }, true],
    ['device.model -notIn ["A","B"]', { model: 'C' }, true],
    ['device.isCompliant -eq True', { isCompliant: true }, true],
    ['device.isCompliant -eq "True"', { isCompliant: true }, true],
    ['device.isCompliant -ne True', { isCompliant: false }, true],
    ['device.deviceid -eq "x"', { deviceId: 'X' }, true],
    ['device.model -eq null', { model: null }, true],
    ['device.model -ne null', { model: null }, false],
    ['device.model -eq "say `"hi`""', { model: 'say "hi"' }, true],
    ["device.model -eq 'it`'s'", { model: "it's" }, true],
    ["device.model -eq 'it''s'", { model: "it's" }, true],
    ["device.model -eq ''''", { model: "'" }, true],
    ["device.model -eq ''", { model: '' }, true],
    ['device.model -eq \'say "hi"\'', { model: 'say "hi"' }, true],
    ['device.model -eq "C:\\a"', { model: 'C:\\a' }, true],
    ["device.model -eq 'C:\\a'", { model: 'C:\\a' }, true],
    ['not device.model -eq "a"', { model: 'b' }, true],
    ['-not (device.model -eq "a" -or device.model -eq "b")', { model: 'b' }, false],
  ])('%s on %j: %s', (text, device, expected) => {
    expect(matches(text, device)).toBe(expected);
  });

  it('is not read where a backtick stands before anything but a quote', () => {
    expect(parseRule('device.model -eq "a`b"').kind).toBe('unreadable');
    expect(parseRule('device.model -eq "a``"').kind).toBe('unreadable');
    expect(parseRule("device.model -eq 'a`b'").kind).toBe('unreadable');
  });

  it('binds comparison tighter than not, not tighter than and, and tighter than or', () => {
    const text = 'device.model -eq "a" -or -not device.manufacturer -eq "b" -and device.displayName -eq "c"';

    expect(matches(text, { model: 'a', manufacturer: 'b', displayName: 'x' })).toBe(true);
    expect(matches(text, { model: 'x', manufacturer: 'x', displayName: 'c' })).toBe(true);
    expect(matches(text, { model: 'x', manufacturer: 'x', displayName: 'x' })).toBe(false);
    expect(matches(text, { model: 'x', manufacturer: 'b', displayName: 'c' })).toBe(false);
  });

  it('compares whole elements of a collection, and parts of a text', () => {
    const ids = { physicalIds: ['[ZTDId]:1', '[OrderId]:2'] };

    expect(matches('device.physicalIds -contains "[ztdid]:1"', ids)).toBe(true);
    expect(matches('device.physicalIds -contains "[ZTDId]"', ids)).toBe(false);
    expect(matches('device.physicalIds -notContains "[ZTDId]"', ids)).toBe(true);
  });

  it('matches an unregistered device with negative operators only', () => {
    expect(matches('device.isCompliant -eq True', 'unregistered')).toBe(false);
    expect(matches('device.isCompliant -ne True', 'unregistered')).toBe(true);
    expect(matches('device.model -notContains "x"', 'unregistered')).toBe(true);
    expect(matches('device.systemLabels -contains "x"', 'unregistered')).toBe(false);
  });

  it('depends on attributes that were not given, where they matter', () => {
    expect(matches('device.isCompliant -eq True -or device.model -eq "a"', { isCompliant: true })).toBe(true);
    expect(matches('device.isCompliant -eq True -or device.model -eq "a"', { isCompliant: false })).toBe(
      'depends',
    );
    expect(matches('device.model -eq "a"', undefined)).toBe('depends');
  });

  it.each<[Device, boolean | 'depends']>([
    [{ extensionAttribute1: 'SAW', isCompliant: true }, true],
    [{ extensionAttribute1: 'SAW', trustType: 'ServerAD' }, true],
    [{ extensionAttribute1: 'SAW', mdmAppId: INTUNE }, true],
    [{ extensionAttribute1: 'SAW', isCompliant: false, trustType: 'Workplace', mdmAppId: null }, false],
    [{ extensionAttribute1: 'SAW' }, 'depends'],
    [{ extensionAttribute1: 'no' }, false],
  ])('sees extension attributes of managed devices alone: %j', (device, expected) => {
    expect(matches('device.extensionAttribute1 -eq "SAW"', device)).toBe(expected);
  });

  it.each([
    '',
    'device.model',
    'device.model -eq',
    'device.model -eq 5',
    'device.model -like "a"',
    'device.nothing -eq "a"',
    'user.model -eq "a"',
    'device.model == "a"',
    'device.model -eq "a" -and',
    '(device.model -eq "a"',
    'device.model -eq "a")',
    'device.model -eq "a',
    'device.model -eq "C:\\"" -or device.model -eq "b"',
    "device.model -eq 'C:\\' -or device.model -eq 'b'",
    'device.model -eq "a""b"',
    'device.model -eq "it\'\'s"',
    'device.physicalIds -eq "a"',
    'device.physicalIds -any (_ -eq "a")',
    'device.model -in "a"',
    'device.model -in []',
    `${'('.repeat(200)}device.model -eq "a"${')'.repeat(200)}`,
    `device.model -eq "${'a'.repeat(3072)}"`,
  ])('is unreadable, not wrong, where we cannot say what it means: %s', (text) => {
    expect(parseRule(text).kind).toBe('unreadable');
  });

  it.each<[string, string]>([
    [`${'x'.repeat(3073)}`, 'it is longer than 3072 characters'],
    ['', 'the end is unexpected'],
    ['device.model', 'the end is unexpected'],
    ['device.model -eq', 'nothing is no value'],
    ['device.model -eq 5', 'it cannot be read at character 18'],
    ['device.model -like "a"', '-like is no operator'],
    ['device.nothing -eq "a"', 'device.nothing is no attribute of a device'],
    ['user.model -eq "a"', 'user.model is no attribute of a device'],
    ['abcdef.model -eq "a"', 'abcdef.model is no attribute of a device'],
    ['"device.model" -eq "a"', 'device.model is unexpected'],
    ['device.model -eq "a" "b"', 'b is unexpected'],
    ['device.model -eq "a")', ') is unexpected'],
    ['(device.model -eq "a"', 'the end stands where ) should'],
    ['device.model -in "a"', 'a stands where [ should'],
    ['device.model -in ["a" "b"]', 'b stands where ] should'],
    ['device.model -in ["a",]', '] is unexpected'],
    ['device.model -eq true1', 'true1 is no value'],
    ['device.model -contains null', 'null is no value'],
    ['device.model -startsWith True', 'true is no value'],
    ['device.physicalIds -eq "a"', '-eq does not go with the collection physicalIds'],
    ['device.systemLabels -in ["a"]', '-in does not go with the collection systemLabels'],
    [`${'('.repeat(65)}device.model -eq "a"${')'.repeat(65)}`, 'it is nested too deeply'],
    [`${'not '.repeat(65)}device.model -eq "a"`, 'it is nested too deeply'],
  ])('says why it is unreadable: %s', (text, why) => {
    expect(parseRule(text)).toEqual({ kind: 'unreadable', why });
  });

  it.each<[string, object]>([
    ['device.model -EQ "A"', { kind: 'test', attribute: 'model', test: { kind: 'equals', value: 'a' } }],
    [
      'DEVICE.MODEL ne FALSE',
      { kind: 'not', rule: { attribute: 'model', test: { kind: 'equals', value: 'false' } } },
    ],
    ['device.model -notEndsWith "A"', { kind: 'not', rule: { test: { kind: 'endsWith', value: 'a' } } }],
    ['device.model -notIn ["A", \'B\']', { kind: 'not', rule: { test: { kind: 'in', values: ['a', 'b'] } } }],
    ['device.physicalIds -eq null', { attribute: 'physicalIds', test: { kind: 'isNull' } }],
    ['device.model -eq "it\'s"', { test: { kind: 'equals', value: "it's" } }],
    ['device.model -eq \'say "hi"\'', { test: { kind: 'equals', value: 'say "hi"' } }],
    ['device.model -eq "C:\\x"', { test: { kind: 'equals', value: 'c:\\x' } }],
    ['device.model -eq ""', { test: { kind: 'equals', value: '' } }],
    [
      'device.model -eq "a" and device.model -eq "b" -and device.model -eq "c"',
      { kind: 'all', rules: [{}, {}, {}] },
    ],
    [
      'device.model -eq "a" or device.model -eq "b" -OR device.model -eq "c"',
      { kind: 'any', rules: [{}, {}, {}] },
    ],
    ['not not device.model -eq "a"', { kind: 'not', rule: { kind: 'not', rule: { kind: 'test' } } }],
    [`${'('.repeat(64)}device.model -eq "a"${')'.repeat(64)}`, { kind: 'test' }],
    [`${'(device.model -eq "a") or '.repeat(70)}device.model -eq "a"`, { kind: 'any' }],
    [`device.model -eq "${'a'.repeat(3072 - 'device.model -eq ""'.length)}"`, { kind: 'test' }],
  ])('is taken apart: %s', (text, expected) => {
    expect(parseRule(text)).toMatchObject({ kind: 'rule', rule: expected });
  });

  it.each<[string, Device, boolean]>([
    ['device.model -eq "a"', { model: ['a'] }, false],
    ['device.physicalIds -eq null', { physicalIds: null }, true],
    ['device.physicalIds -eq null', { physicalIds: ['a'] }, false],
    ['device.physicalIds -ne null', { physicalIds: ['a'] }, true],
    ['device.model -endsWith "x"', { model: 'xy' }, false],
    ['device.model -startsWith "y"', { model: 'xy' }, false],
    ['device.model -contains "z"', { model: 'xy' }, false],
    ['device.model -in ["a","b"]', { model: 'c' }, false],
    [
      'device.extensionAttribute1 -eq null',
      { extensionAttribute1: 'x', isCompliant: false, trustType: null, mdmAppId: null },
      true,
    ],
    [
      'device.extensionAttribute1 -ne "x"',
      { extensionAttribute1: 'x', isCompliant: false, trustType: 'AzureAD', mdmAppId: 'other' },
      true,
    ],
    ['device.extensionAttribute1 -eq null', { extensionAttribute1: 'x', isCompliant: true }, false],
  ])('%s on %j is %s', (text, device, expected) => {
    expect(matches(text, device)).toBe(expected);
  });

  it('names what it depends on', () => {
    const needs = (text: string, device: Device | undefined): unknown => matchesRule(rule(text), device);

    expect(needs('device.model -eq "a"', undefined)).toEqual({ needs: ['device'] });
    expect(needs('device.model -eq "a"', {})).toEqual({ needs: ['device.model'] });
    expect(needs('device.extensionAttribute1 -eq "a"', { extensionAttribute1: 'a' })).toEqual({
      needs: ['device.isCompliant', 'device.trustType', 'device.mdmAppId'],
    });
    expect(needs('device.extensionAttribute1 -eq "a"', { isCompliant: true })).toEqual({
      needs: ['device.extensionAttribute1'],
    });
  });

  it('never throws, whatever is written', () => {
    const piece = fc.constantFrom(
      'device.model',
      '-eq',
      'not',
      '(',
      ')',
      '"a"',
      "'",
      '`',
      '[',
      ',',
      ' ',
      'null',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(piece).map((pieces) => pieces.join(' ')),
        ),
        (text) => {
          expect(['rule', 'unreadable']).toContain(parseRule(text).kind);
        },
      ),
    );
  });
});

/** Few letters, so that parts of texts overlap. */
const text = fc.constantFrom('a', 'b', 'ab', 'ba', 'aa', 'bab');
const attribute = fc.constantFrom('device.model', 'device.manufacturer');
const test = fc.oneof(
  fc
    .tuple(
      attribute,
      fc.constantFrom('eq', 'ne', 'startsWith', 'notStartsWith', 'endsWith', 'contains', 'notContains'),
      text,
    )
    .map(([name, operator, value]) => `${name} -${operator} "${value}"`),
  fc
    .tuple(attribute, fc.constantFrom('in', 'notIn'), fc.array(text, { minLength: 1, maxLength: 2 }))
    .map(
      ([name, operator, values]) => `${name} -${operator} [${values.map((value) => `"${value}"`).join(',')}]`,
    ),
  fc.tuple(attribute, fc.constantFrom('eq', 'ne')).map(([name, operator]) => `${name} -${operator} null`),
  fc
    .tuple(fc.constantFrom('eq', 'ne'), fc.constantFrom('True', 'False', 'null'))
    .map(([operator, value]) => `device.isCompliant -${operator} ${value}`),
);
const ruleText: fc.Arbitrary<string> = fc.letrec<{ rule: string }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    test,
    tie('rule').map((inner) => `-not (${inner})`),
    fc
      .tuple(tie('rule'), fc.constantFrom('-and', '-or'), tie('rule'))
      .map(([left, word, right]) => `(${left}) ${word} (${right})`),
  ),
})).rule;

/** Every text of up to four of the letters in use and one that is not. */
const TEXTS: readonly DeviceValue[] = ['a', 'b', 'z'].reduce<DeviceValue[]>(
  (texts) => [
    ...new Set([
      ...texts,
      ...texts.flatMap((one) => ['a', 'b', 'z'].map((letter) => `${one ?? ''}${letter}`)),
    ]),
  ],
  [null],
);

describe('the search for a device that a filter matches', () => {
  it('finds one exactly where trying many finds one', () => {
    fc.assert(
      fc.property(ruleText, fc.boolean(), (written, is) => {
        const parsed = rule(written);
        const found = satisfy([{ rule: parsed, is }]);
        const tried = TEXTS.some((model) =>
          TEXTS.some((manufacturer) =>
            [null, true, false].some(
              (isCompliant) => matchesRule(parsed, { model, manufacturer, isCompliant }) === is,
            ),
          ),
        );

        // Trying is bounded in length: it may miss what the search builds, never the other way round.
        if (tried) expect(found.kind).toBe('yes');
        if (found.kind === 'yes') expect(matchesRule(parsed, found.device)).toBe(is);
      }),
      { numRuns: 300 },
    );
  });

  it.each([
    'device.model -eq "a" -and device.model -eq "b"',
    'device.model -startsWith "ab" -and device.model -notContains "b"',
    'device.model -eq null -and device.model -contains "a"',
    'device.isCompliant -ne True -and device.isCompliant -ne False -and device.isCompliant -ne null',
    'device.extensionAttribute1 -eq "SAW" -and device.isCompliant -ne True -and device.trustType -ne "ServerAD" -and device.mdmAppId -eq null',
    'device.systemLabels -contains "a" -and device.systemLabels -notContains "A"',
  ])('finds none for %s', (written) => {
    expect(satisfy([{ rule: rule(written), is: true }]).kind).toBe('no');
  });

  it('does not rule out that a device with another manager shows its extension attributes', () => {
    const written =
      'device.extensionAttribute1 -eq "SAW" -and device.isCompliant -ne True -and device.trustType -ne "ServerAD" -and device.mdmAppId -ne "0000000a-0000-0000-c000-000000000000"';

    expect(satisfy([{ rule: rule(written), is: true }]).kind).toBe('undecided');
  });

  it('gives up on a rule that was written to be long, and says so', () => {
    // Pigeons and holes: short to write, and no search of this kind gets through it.
    const pigeons = [1, 2, 3, 4, 5, 6, 7];
    const written = pigeons
      .map(
        (pigeon) =>
          `(${[1, 2, 3, 4, 5, 6].map((hole) => `device.extensionAttribute${hole} -eq "${pigeon}"`).join(' or ')})`,
      )
      .join(' and ');

    expect(written.length).toBeLessThan(3072);
    expect(satisfy([{ rule: rule(written), is: true }]).kind).toBe('undecided');
  });
});
