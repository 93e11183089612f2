import { describe, expect, it } from 'vitest';
import { INTUNE, matchesRule, parseRule } from '../../src/lib/whatif/deviceFilter.ts';
import { type Goal, type Satisfied, satisfy } from '../../src/lib/whatif/satisfy.ts';
import type { Device } from '../../src/lib/whatif/signIn.ts';

const UNMANAGED = { isCompliant: null, trustType: null, mdmAppId: null };

function goal(text: string, is = true): Goal {
  const parsed = parseRule(text);
  if (parsed.kind === 'unreadable') throw new Error(`${text}: ${parsed.why}`);
  return { rule: parsed.rule, is };
}

function found(...goals: readonly Goal[]): Satisfied {
  const satisfied = satisfy(goals);
  if (satisfied.kind === 'yes') {
    // Whatever is found has to do what was asked.
    for (const { rule, is } of goals) expect(matchesRule(rule, satisfied.device)).toBe(is);
  }
  return satisfied;
}

function device(...goals: readonly Goal[]): Device | undefined {
  const satisfied = found(...goals);
  return satisfied.kind === 'yes' ? satisfied.device : undefined;
}

describe('a device for a rule', () => {
  it.each<[string, Device | undefined]>([
    ['device.model -eq "X"', { ...UNMANAGED, model: 'x' }],
    ['device.model -ne "X"', 'unregistered'],
    ['device.model -eq null', 'unregistered'],
    ['device.model -ne null', { ...UNMANAGED, model: '~' }],
    ['device.model -in ["a","b"] -and device.model -ne "a"', { ...UNMANAGED, model: 'b' }],
    ['device.model -startsWith "ab" -and device.model -startsWith "a"', { ...UNMANAGED, model: 'ab~' }],
    ['device.model -startsWith "a" -and device.model -startsWith "ab"', { ...UNMANAGED, model: 'ab~' }],
    ['device.model -startsWith "a" -and device.model -startsWith "b"', undefined],
    [
      'device.model -startsWith "a" -and device.model -endsWith "c" -and device.model -contains "b"',
      { ...UNMANAGED, model: 'a~b~c' },
    ],
    ['device.model -startsWith "ab" -and device.model -notContains "b"', undefined],
    ['device.model -eq "a" -and device.model -eq "b"', undefined],
    ['device.model -eq "a" -and device.model -eq null', undefined],
    ['device.isCompliant -eq True', { ...UNMANAGED, isCompliant: true }],
    ['device.isCompliant -eq False', { ...UNMANAGED, isCompliant: false }],
    ['device.isCompliant -ne True -and device.isCompliant -ne null', { ...UNMANAGED, isCompliant: false }],
    [
      'device.physicalIds -contains "a" -and device.physicalIds -contains "b"',
      { ...UNMANAGED, physicalIds: ['b', 'a'] },
    ],
    ['device.physicalIds -contains "a" -and device.physicalIds -notContains "a"', undefined],
    ['device.physicalIds -notContains "a"', 'unregistered'],
    ['device.physicalIds -ne null', { ...UNMANAGED, physicalIds: [] }],
    [
      'device.model -eq "a" -and device.manufacturer -eq "b"',
      { ...UNMANAGED, model: 'a', manufacturer: 'b' },
    ],
    ['device.model -eq "a" -or device.model -eq "b"', { ...UNMANAGED, model: 'a' }],
    [
      '(device.model -eq "a" -or device.model -eq "b") -and device.model -ne "a"',
      { ...UNMANAGED, model: 'b' },
    ],
    [
      '(device.model -eq "a" -or device.model -eq "b") -and (device.model -eq "b" -or device.model -eq "c")',
      { ...UNMANAGED, model: 'b' },
    ],
    [
      '(device.model -eq "a" -or device.model -eq "b") -and (device.model -eq "c" -or device.model -eq "d")',
      undefined,
    ],
    [
      '(device.model -eq "a" -or device.model -eq "b") -and (device.model -eq "b" -or device.model -eq "c") -and (device.model -eq "c" -or device.model -eq "b")',
      { ...UNMANAGED, model: 'b' },
    ],
  ])('%s', (text, expected) => {
    expect(device(goal(text))).toEqual(expected);
    if (expected === undefined) expect(found(goal(text))).toEqual({ kind: 'no' });
  });

  it('is one that fails a rule, where that is the goal', () => {
    expect(device(goal('device.model -ne "x"', false))).toEqual({ ...UNMANAGED, model: 'x' });
    expect(device(goal('device.model -eq "x"', false))).toBe('unregistered');
    expect(device(goal('not (device.model -eq "x")', false))).toEqual({ ...UNMANAGED, model: 'x' });
    expect(device(goal('device.model -ne "x" -or device.manufacturer -ne "y"', false))).toEqual({
      ...UNMANAGED,
      model: 'x',
      manufacturer: 'y',
    });
    const either = 'device.model -ne "x" -and device.model -ne "y"';
    expect(
      device(goal(either, false), goal('device.model -ne "y" -and device.model -ne "z"', false)),
    ).toEqual({
      ...UNMANAGED,
      model: 'y',
    });
  });

  it('does all that is asked of it at once', () => {
    expect(device(goal('device.model -startsWith "a"'), goal('device.model -endsWith "a"', false))).toEqual({
      ...UNMANAGED,
      model: 'a~',
    });
    expect(device(goal('device.model -eq "a"'), goal('device.model -eq "a"', false))).toBeUndefined();
    expect(device()).toBe('unregistered');
  });
});

describe('a search', () => {
  /** Takes that many steps: one for each negation, and one for the test. */
  const steps = (count: number, text: string, is = true): Goal =>
    count === 1 ? goal(text, is) : { rule: { kind: 'not', rule: steps(count - 1, text, !is).rule }, is };

  it('goes on for a thousand steps', () => {
    expect(found(steps(1000, 'device.model -eq "x"')).kind).toBe('yes');
    expect(found(goal('device.model -eq "y"'), steps(999, 'device.model -eq "x"')).kind).toBe('no');
  });

  it('is given up after that: what it would have found is not known', () => {
    expect(found(steps(1001, 'device.model -eq "x"')).kind).toBe('undecided');
    expect(found(goal('device.model -eq "y"'), steps(1000, 'device.model -eq "x"')).kind).toBe('undecided');
  });
});

describe('the character between parts', () => {
  const wanted = (...avoided: readonly string[]): Device | undefined =>
    device(goal('device.model -startsWith "a"'), ...avoided.map((one) => goal(`device.model ${one}`, false)));

  it('is one that no test knows', () => {
    expect(wanted('-contains "~"')).toEqual({ ...UNMANAGED, model: 'a#' });
    expect(wanted('-contains "#"', '-in ["~", "x^"]')).toEqual({ ...UNMANAGED, model: 'a|' });
    expect(wanted('-endsWith "~"', '-eq null')).toEqual({ ...UNMANAGED, model: 'a#' });
  });

  it('is of nobody’s where all others are known', () => {
    const marks = [...'~#^|*+=!%&'].map((mark) => `-contains "${mark}"`);

    expect(wanted(...marks.slice(0, -1))).toEqual({ ...UNMANAGED, model: 'a&' });
    expect(wanted(...marks)).toEqual({ ...UNMANAGED, model: 'a\ue000' });
    expect(wanted(...marks, '-contains "\ue000"')).toEqual({ ...UNMANAGED, model: 'a\ue001' });
  });
});

describe('a device whose extension attributes are seen', () => {
  const TAGGED = 'device.extensionAttribute1 -eq "SAW"';
  const tagged = { ...UNMANAGED, extensionAttribute1: 'saw' };

  it.each<[string, Device | undefined, Satisfied['kind']]>([
    [TAGGED, { ...tagged, isCompliant: true }, 'yes'],
    [`${TAGGED} -and device.isCompliant -ne True`, { ...tagged, trustType: 'serverad' }, 'yes'],
    [
      `${TAGGED} -and device.isCompliant -ne True -and device.trustType -ne "ServerAD"`,
      { ...tagged, mdmAppId: INTUNE },
      'yes',
    ],
    [
      `${TAGGED} -and device.isCompliant -ne True -and device.trustType -ne "ServerAD" -and device.mdmAppId -ne "${INTUNE}"`,
      undefined,
      'undecided',
    ],
    [
      `${TAGGED} -and device.isCompliant -ne True -and device.trustType -ne "ServerAD" -and device.mdmAppId -eq null`,
      undefined,
      'no',
    ],
    [`${TAGGED} -and device.model -eq "x"`, { ...tagged, model: 'x', isCompliant: true }, 'yes'],
    ['device.extensionAttribute1 -eq null', 'unregistered', 'yes'],
    ['device.extensionAttribute1 -ne "SAW"', 'unregistered', 'yes'],
    [
      'device.extensionAttribute1 -eq null -and device.model -eq "x"',
      { ...UNMANAGED, extensionAttribute1: null, model: 'x' },
      'yes',
    ],
  ])('%s', (text, expected, kind) => {
    expect(found(goal(text)).kind).toBe(kind);
    expect(device(goal(text))).toEqual(expected);
  });
});
