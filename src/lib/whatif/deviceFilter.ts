import { DEVICE_ATTRIBUTES, type Device, type DeviceAttribute, type DeviceValue } from './signIn.ts';
import { both, either, not, type Truth, unknown } from './truth.ts';

/** A test of one attribute, positive and in lower case; the negative operators are `not` around it. */
export type Test =
  | { readonly kind: 'equals' | 'startsWith' | 'endsWith' | 'contains'; readonly value: string }
  | { readonly kind: 'in'; readonly values: readonly string[] }
  | { readonly kind: 'isNull' };

export type Rule =
  | { readonly kind: 'test'; readonly attribute: DeviceAttribute; readonly test: Test }
  | { readonly kind: 'all' | 'any'; readonly rules: readonly Rule[] }
  | { readonly kind: 'not'; readonly rule: Rule };

export type ParsedRule =
  | { readonly kind: 'rule'; readonly rule: Rule }
  /** We cannot say what it matches; the service may. */
  | { readonly kind: 'unreadable'; readonly why: string };

/** The service's own limit (Entra docs, concept-condition-filters-for-devices); more is not read. */
const LENGTH_MAX = 3072;
/** Parentheses and negations deeper than anybody writes. */
const DEPTH_MAX = 64;

/** `contains` means a whole element of these, and a part of the text of all others. */
export const COLLECTIONS: ReadonlySet<DeviceAttribute> = new Set(['physicalIds', 'systemLabels']);

/**
 * Property names are matched in any letter case: the rule syntax of dynamic groups is strict about it, yet the page on
 * device filters itself writes `device.deviceid`.
 */
const ATTRIBUTES: ReadonlyMap<string, DeviceAttribute> = new Map(
  DEVICE_ATTRIBUTES.map((name) => [name.toLowerCase(), name]),
);

class Unreadable extends Error {}

/** Reads a filter rule: comparison binds tightest, then `not`, `and`, `or`. Never throws. */
export function parseRule(text: string): ParsedRule {
  try {
    if (text.length > LENGTH_MAX) throw new Unreadable(`it is longer than ${LENGTH_MAX} characters`);
    const tokens = tokenize(text);
    const reader: Reader = { tokens, place: 0, depth: 0 };
    const rule = readAny(reader);
    if (reader.place < tokens.length) throw new Unreadable(`${show(reader)} is unexpected`);
    return { kind: 'rule', rule };
  } catch (error) {
    if (!(error instanceof Unreadable)) throw error;
    return { kind: 'unreadable', why: error.message };
  }
}

interface Token {
  readonly kind: 'text' | 'word' | 'mark';
  readonly text: string;
}

interface Reader {
  readonly tokens: readonly Token[];
  place: number;
  depth: number;
}

/**
 * Words may be `device.model`, `-eq`, `eq`, `True`; texts are quoted, a quote inside escaped by a backtick, a single one by
 * doubling it too (Entra docs, groups-dynamic-membership). What a backtick does to anything else, and whether two single
 * quotes between double ones are one, is documented nowhere, so that such a text is not read.
 */
const TOKEN =
  /\s+|(?<mark>[()[\],])|"(?<double>(?:[^"'`\\]|'(?!')|`["']|\\(?!"))*)"|'(?<single>(?:[^'`\\]|''|`["']|\\(?!'))*)'|(?<word>-?[a-z][a-z0-9.]*)/iy;

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (groups === undefined) throw new Unreadable(`it cannot be read at character ${at + 1}`);
    const quoted = groups.double ?? groups.single?.replaceAll("''", "'");
    if (groups.mark !== undefined) tokens.push({ kind: 'mark', text: groups.mark });
    else if (groups.word !== undefined) tokens.push({ kind: 'word', text: groups.word.toLowerCase() });
    else if (quoted !== undefined) tokens.push({ kind: 'text', text: quoted.replaceAll(/`(["'])/g, '$1') });
  }
  return tokens;
}

function readAny(reader: Reader): Rule {
  return readChain(reader, 'any', 'or', () => readChain(reader, 'all', 'and', () => readNot(reader)));
}

function readChain(reader: Reader, kind: 'all' | 'any', word: string, read: () => Rule): Rule {
  const first = read();
  const rules = [first];
  while (isNextWord(reader, word, `-${word}`)) {
    reader.place += 1;
    rules.push(read());
  }
  return rules.length === 1 ? first : { kind, rules };
}

function readNot(reader: Reader): Rule {
  if (!isNextWord(reader, 'not', '-not')) return readOperand(reader);
  return deeper(reader, () => {
    reader.place += 1;
    return { kind: 'not', rule: readNot(reader) };
  });
}

function readOperand(reader: Reader): Rule {
  if (!isNextMark(reader, '(')) return readTest(reader);
  return deeper(reader, () => {
    expectMark(reader, '(');
    const rule = readAny(reader);
    expectMark(reader, ')');
    return rule;
  });
}

function deeper<T>(reader: Reader, read: () => T): T {
  reader.depth += 1;
  if (reader.depth > DEPTH_MAX) throw new Unreadable('it is nested too deeply');
  const result = read();
  reader.depth -= 1;
  return result;
}

type Operator = Exclude<Test['kind'], 'isNull'>;

const OPERATORS: ReadonlyMap<string, { readonly operator: Operator; readonly isNegative: boolean }> = new Map(
  [
    ['eq', { operator: 'equals', isNegative: false }],
    ['ne', { operator: 'equals', isNegative: true }],
    ['startswith', { operator: 'startsWith', isNegative: false }],
    ['notstartswith', { operator: 'startsWith', isNegative: true }],
    ['endswith', { operator: 'endsWith', isNegative: false }],
    ['notendswith', { operator: 'endsWith', isNegative: true }],
    ['contains', { operator: 'contains', isNegative: false }],
    ['notcontains', { operator: 'contains', isNegative: true }],
    ['in', { operator: 'in', isNegative: false }],
    ['notin', { operator: 'in', isNegative: true }],
  ],
);

function readTest(reader: Reader): Rule {
  const attribute = readAttribute(reader);
  const word = next(reader, 'word').text;
  const found = OPERATORS.get(word.replace(/^-/, ''));
  if (found === undefined) throw new Unreadable(`${word} is no operator`);
  const { operator, isNegative } = found;
  if (COLLECTIONS.has(attribute) && operator !== 'contains' && !isNextWord(reader, 'null'))
    throw new Unreadable(`${word} does not go with the collection ${attribute}`);
  const rule: Rule = { kind: 'test', attribute, test: readValue(reader, operator) };
  return isNegative ? { kind: 'not', rule } : rule;
}

function readAttribute(reader: Reader): DeviceAttribute {
  const { text } = next(reader, 'word');
  const attribute = text.startsWith('device.') ? ATTRIBUTES.get(text.slice('device.'.length)) : undefined;
  if (attribute === undefined) throw new Unreadable(`${text} is no attribute of a device`);
  return attribute;
}

function readValue(reader: Reader, operator: Operator): Test {
  if (operator === 'in') return { kind: 'in', values: readList(reader) };
  const token = reader.tokens[reader.place];
  reader.place += 1;
  if (token?.kind === 'text') return { kind: operator, value: token.text.toLowerCase() };
  if (operator === 'equals' && token?.kind === 'word') {
    if (token.text === 'null') return { kind: 'isNull' };
    if (token.text === 'true' || token.text === 'false') return { kind: 'equals', value: token.text };
  }
  throw new Unreadable(`${token?.text ?? 'nothing'} is no value`);
}

function readList(reader: Reader): readonly string[] {
  expectMark(reader, '[');
  const values = [next(reader, 'text').text.toLowerCase()];
  while (isNextMark(reader, ',')) {
    expectMark(reader, ',');
    values.push(next(reader, 'text').text.toLowerCase());
  }
  expectMark(reader, ']');
  return values;
}

function isNextWord({ tokens, place }: Reader, ...words: readonly string[]): boolean {
  const token = tokens[place];
  return token?.kind === 'word' && words.includes(token.text);
}

function isNextMark({ tokens, place }: Reader, mark: string): boolean {
  const token = tokens[place];
  return token?.kind === 'mark' && token.text === mark;
}

function expectMark(reader: Reader, mark: string): void {
  if (!isNextMark(reader, mark)) throw new Unreadable(`${show(reader)} stands where ${mark} should`);
  reader.place += 1;
}

function next(reader: Reader, kind: Token['kind']): Token {
  const token = reader.tokens[reader.place];
  if (token?.kind !== kind) throw new Unreadable(`${show(reader)} is unexpected`);
  reader.place += 1;
  return token;
}

function show({ tokens, place }: Reader): string {
  return tokens[place]?.text ?? 'the end';
}

/** Whether a rule matches a device. */
export function matchesRule(rule: Rule, device: Device | undefined): Truth {
  switch (rule.kind) {
    case 'test':
      return matchesTest(rule.test, rule.attribute, device);
    case 'not':
      return not(matchesRule(rule.rule, device));
    case 'all':
      return both(...rule.rules.map((part) => matchesRule(part, device)));
    case 'any':
      return either(...rule.rules.map((part) => matchesRule(part, device)));
  }
}

function matchesTest(test: Test, attribute: DeviceAttribute, device: Device | undefined): Truth {
  if (device === undefined) return unknown('device');
  const value = attributeOf(device, attribute);
  const isSeen = attribute.startsWith('extensionAttribute') ? isManaged(device) : true;
  if (isSeen === false) return holds(test, null);
  if (value === undefined) return unknown(`device.${attribute}`);
  if (isSeen === true || holds(test, value) === holds(test, null)) return holds(test, value);
  return isSeen;
}

function attributeOf(device: Device, attribute: DeviceAttribute): DeviceValue | undefined {
  return device === 'unregistered' ? null : device[attribute];
}

/** Application id of Microsoft Intune in `mdmAppId`. */
export const INTUNE = '0000000a-0000-0000-c000-000000000000';

/** What makes a device's extension attributes visible to Conditional Access; each alone does. */
export const MANAGED_BY: readonly (readonly [DeviceAttribute, string])[] = [
  ['isCompliant', 'true'],
  ['trustType', 'serverad'],
  ['mdmAppId', INTUNE],
];

/** Extension attributes have a value for Conditional Access only on such devices (Entra docs, concept-condition-filters-for-devices). */
function isManaged(device: Device): Truth {
  return either(
    ...MANAGED_BY.map(([attribute, value]): Truth => {
      const said = attributeOf(device, attribute);
      return said === undefined ? unknown(`device.${attribute}`) : holds({ kind: 'equals', value }, said);
    }),
  );
}

/** Letter case does not matter. Without a value no positive test holds, so every negative one does. */
export function holds(test: Test, value: DeviceValue): boolean {
  if (value === null) return test.kind === 'isNull';
  if (typeof value === 'object') {
    return test.kind === 'contains' && value.some((element) => element.toLowerCase() === test.value);
  }
  const text = String(value).toLowerCase();
  switch (test.kind) {
    case 'equals':
      return text === test.value;
    case 'startsWith':
      return text.startsWith(test.value);
    case 'endsWith':
      return text.endsWith(test.value);
    case 'contains':
      return text.includes(test.value);
    case 'in':
      return test.values.includes(text);
    case 'isNull':
      return false;
  }
}
