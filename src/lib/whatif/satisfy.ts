import { COLLECTIONS, holds, MANAGED_BY, type Rule, type Test } from './deviceFilter.ts';
import type { Device, DeviceAttribute, DeviceValue } from './signIn.ts';

/** Whether any device at all fits. */
export type Satisfied =
  | { readonly kind: 'yes'; readonly device: Device }
  | { readonly kind: 'no' }
  /**
   * The search was given up, as somebody wrote a rule to make it long; or it hangs on whether a device that is managed by
   * something else than Intune shows its extension attributes. Counts as "could match".
   */
  | { readonly kind: 'undecided' };

/** A rule that has to come out this way. */
export interface Goal {
  readonly rule: Rule;
  readonly is: boolean;
}

/** What one attribute's value has to pass, and what it must not. */
interface Wanted {
  readonly yes: readonly Test[];
  readonly no: readonly Test[];
  /** One that does. */
  readonly value: DeviceValue;
}

type WantedOf = ReadonlyMap<DeviceAttribute, Wanted>;

interface Search {
  steps: number;
  /** Something was met that cannot be decided. */
  isOpen: boolean;
}

/**
 * Steps of one search. A rule has 3072 characters, so about 150 tests; written to that end, they make exponentially
 * many combinations. Rules people write need fewer than fifty steps.
 */
const STEPS_MAX = 1_000;

/**
 * Looks for a device for which every goal comes out as wanted. Exact as long as it is not too large:
 * attributes are independent of one another (but for extension attributes, below), and for each attribute
 * `valueFor` finds a value if there is one.
 */
export function satisfy(goals: readonly Goal[]): Satisfied {
  const search: Search = { steps: 0, isOpen: false };
  const device = solve(goals, new Map(), search);
  if (device !== undefined) return { kind: 'yes', device };
  return { kind: search.steps > STEPS_MAX || search.isOpen ? 'undecided' : 'no' };
}

/** Takes goals apart until only tests are left; alternatives are tried one after the other, straight goals first. */
function solve(goals: readonly Goal[], wanted: WantedOf, search: Search): Device | undefined {
  const tests = new Map(wanted);
  const forks: { readonly goal: Goal; readonly parts: readonly Goal[] }[] = [];
  const open = [...goals];
  for (let goal = open.pop(); goal !== undefined; goal = open.pop()) {
    search.steps += 1;
    if (search.steps > STEPS_MAX) return undefined;
    const { rule, is } = goal;
    if (rule.kind === 'not') open.push({ rule: rule.rule, is: !is });
    else if (rule.kind === 'test') {
      if (!add(tests, rule.attribute, rule.test, is)) return undefined;
    } else {
      const parts = rule.rules.map((part) => ({ rule: part, is }));
      if ((rule.kind === 'all') === is) open.push(...parts);
      else forks.push({ goal, parts });
    }
  }
  const [fork, ...others] = forks;
  if (fork === undefined) return deviceFor(tests, search);
  // The other forks go back as the goals they were: only what is chosen here is settled here.
  const rest = others.map(({ goal }) => goal);
  for (const choice of fork.parts) {
    const device = solve([choice, ...rest], tests, search);
    if (device !== undefined) return device;
  }
  return undefined;
}

/** @returns whether the attribute can still have a value */
function add(
  tests: Map<DeviceAttribute, Wanted>,
  attribute: DeviceAttribute,
  test: Test,
  is: boolean,
): boolean {
  const known = tests.get(attribute);
  const yes = [...(known?.yes ?? []), ...(is ? [test] : [])];
  const no = [...(known?.no ?? []), ...(is ? [] : [test])];
  const value = valueFor(attribute, yes, no);
  if (value === undefined) return false;
  tests.set(attribute, { yes, no, value });
  return true;
}

/** Extension attributes have values only on managed devices, and there are three ways to be one. */
function deviceFor(tests: WantedOf, search: Search): Device | undefined {
  const device = valuesFor(tests);
  const hasExtension = Object.entries(device).some(
    ([name, value]) => name.startsWith('extensionAttribute') && value !== null,
  );
  if (hasExtension) return managedDeviceFor(tests, search);
  return Object.values(device).every((value) => value === null) ? 'unregistered' : device;
}

function managedDeviceFor(tests: WantedOf, search: Search): Device | undefined {
  for (const [attribute, value] of MANAGED_BY) {
    const managed = new Map(tests);
    if (add(managed, attribute, { kind: 'equals', value }, true)) return valuesFor(managed);
  }
  // Of a device that shares its management with Intune another manager is noted down.
  search.isOpen ||= add(new Map(tests), 'mdmAppId', { kind: 'isNull' }, false);
  return undefined;
}

function valuesFor(tests: WantedOf): Exclude<Device, 'unregistered'> {
  return Object.fromEntries([
    ...MANAGED_BY.map(([attribute]) => [attribute, null] as const),
    ...[...tests].map(([attribute, { value }]) => [attribute, value] as const),
  ]);
}

/**
 * A value that passes what it should and fails what it must not; undefined if there is none.
 *
 * No value (null) is tried first. Then, where a test fixes the text, that text. Otherwise the parts that are asked for,
 * set side by side with a character between them that no test knows: of all texts that have those parts this one passes
 * the fewest other tests, so when it fails on one, every text does.
 */
function valueFor(
  attribute: DeviceAttribute,
  yes: readonly Test[],
  no: readonly Test[],
): DeviceValue | undefined {
  return candidates(attribute, yes, no).find(
    (value) => yes.every((test) => holds(test, value)) && !no.some((test) => holds(test, value)),
  );
}

function candidates(
  attribute: DeviceAttribute,
  yes: readonly Test[],
  no: readonly Test[],
): readonly DeviceValue[] {
  if (attribute === 'isCompliant') return [null, true, false];
  if (COLLECTIONS.has(attribute)) return [null, yes.flatMap((test) => partOf(test, 'contains'))];
  const fixed = yes.flatMap((test) =>
    test.kind === 'in' ? test.values : test.kind === 'equals' ? [test.value] : [],
  );
  return fixed.length > 0 ? fixed : [null, sideBySide(yes, no)];
}

function sideBySide(yes: readonly Test[], no: readonly Test[]): string {
  const prefix = longest(yes.flatMap((test) => partOf(test, 'startsWith')));
  const suffix = longest(yes.flatMap((test) => partOf(test, 'endsWith')));
  const within = yes.flatMap((test) => partOf(test, 'contains'));
  return [prefix, ...within, suffix].join(strangeCharacter([...yes, ...no]));
}

function partOf(test: Test, kind: 'startsWith' | 'endsWith' | 'contains'): readonly string[] {
  return test.kind === kind ? [test.value] : [];
}

function longest(texts: readonly string[]): string {
  return texts.reduce((best, text) => (text.length > best.length ? text : best), '');
}

/** Not a letter, so that letter case cannot make two of it. */
function strangeCharacter(tests: readonly Test[]): string {
  const known = new Set(
    tests
      .flatMap((test) => (test.kind === 'isNull' ? [] : test.kind === 'in' ? test.values : [test.value]))
      .join(''),
  );
  for (const character of '~#^|*+=!%&') if (!known.has(character)) return character;
  for (let code = 0xe000; ; code += 1) {
    const character = String.fromCharCode(code);
    if (!known.has(character)) return character;
  }
}
