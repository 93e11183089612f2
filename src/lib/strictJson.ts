import {
  createScanner,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
  stripComments,
} from 'jsonc-parser';
import { byPlace, type Place, type Problem, type ProblemKind, placesIn, START } from './problem.ts';

/** The service refuses policies far smaller than this; anything larger is a mistake, and parsing it costs. */
const LENGTH_MAX = 256 * 1024;
/** A policy has six levels. */
const DEPTH_MAX = 32;
/** One slip makes a parser complain of all that follows. */
const SYNTAX_ERRORS_MAX = 20;

/** A text that says the same to every JSON parser, as far as `problems` is empty. */
export interface JsonRead {
  /** Undefined where the text is no JSON at all. Depth and size are bounded where it is there. */
  readonly document: JsonDocument | undefined;
  readonly problems: readonly Problem[];
}

export interface JsonDocument {
  readonly value: unknown;
  readonly tree: Node;
  placeOf(node: Node): Place;
  /** The value at a dotted path, members of lists by index. Names may hold dots: of several, the first in the text. */
  nodeAt(path: string): Node | undefined;
}

interface Finding {
  readonly kind: ProblemKind;
  readonly path?: string;
  readonly offset?: number;
  readonly message: string;
  readonly mend: string;
}

/**
 * Reads JSON, with comments allowed, as strictly as the strictest parser would: what two parsers could understand in two
 * ways is a problem. Never throws; time and stack are bounded.
 *
 * @param text without the byte order mark a file may begin with
 */
export function readJson(text: string): JsonRead {
  const placeAt = placesIn(text);
  const fail = (...findings: readonly Finding[]): JsonRead => ({
    document: undefined,
    problems: located(findings, placeAt),
  });
  const excess = excessOf(text);
  if (excess !== undefined) return fail(excess);

  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: false, allowTrailingComma: false });
  const oddities = oddCharacters(text);
  if (tree === undefined || errors.length > 0) return fail(...oddities, ...syntaxErrors(text, errors));
  const read = parsed(text);
  if ('message' in read) return fail(...oddities, read);
  return {
    document: { value: read.value, tree, placeOf: ({ offset }) => placeAt(offset), nodeAt: indexed(tree) },
    problems: located([...oddities, ...ambiguities(text, tree)], placeAt),
  };
}

/** What is wrong with a text that says one member twice, of which a lenient parser drops one; undefined where none does. */
export function saidTwice(text: string): string | undefined {
  const twice = readJson(text).problems.find(({ kind }) => kind === 'duplicateKey');
  return twice === undefined ? undefined : `${twice.path} ${twice.message}; ${twice.mend}`;
}

/** Bytes as text; UTF-8 only, and a byte order mark at its beginning is not part of it. */
export function decode(bytes: Uint8Array): { readonly text: string } | { readonly problem: Problem } {
  const fail = (message: string, place: Place): { readonly problem: Problem } => ({
    problem: {
      kind: 'encoding',
      path: '',
      message,
      mend: 'save it as UTF-8 (editors: "save with encoding"; or iconv -t UTF-8)',
      ...place,
    },
  });
  // JSON begins with an ASCII character, so a zero among the first two bytes can be nothing else.
  const isWide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isWide || bytes[0] === 0 || bytes[1] === 0) return fail('is written in UTF-16 or UTF-32', START);
  const lenient = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const encoded = new TextEncoder().encode(lenient);
  const wrongAt = encoded.findIndex((byte, index) => byte !== bytes[index]);
  if (wrongAt >= 0 || encoded.length !== bytes.length) {
    const before = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, wrongAt));
    return fail('holds bytes that are no UTF-8', placesIn(before)(before.length));
  }
  return { text: lenient.startsWith('\uFEFF') ? lenient.slice(1) : lenient };
}

/** Every node with the dotted path of the member it stands in; members of a list share the list's path. */
export function* nodesOf(node: Node, path = ''): Generator<{ readonly node: Node; readonly path: string }> {
  yield { node, path };
  for (const child of node.children ?? []) {
    const [name, value] = child.type === 'property' ? (child.children ?? []) : [undefined, child];
    if (value === undefined) continue;
    yield* nodesOf(value, name === undefined ? path : joined(path, String(name.value)));
  }
}

/** Reads the tree once, when first asked, however many paths are asked for. */
function indexed(tree: Node): JsonDocument['nodeAt'] {
  let nodes: Map<string, Node> | undefined;
  return (path) => {
    if (nodes === undefined) {
      nodes = new Map();
      for (const [name, node] of membersBelow(tree)) if (!nodes.has(name)) nodes.set(name, node);
    }
    return nodes.get(path);
  };
}

function* membersBelow(node: Node, path = ''): Generator<readonly [path: string, node: Node]> {
  for (const [index, child] of (node.children ?? []).entries()) {
    const [name, value] = child.type === 'property' ? (child.children ?? []) : [undefined, child];
    if (value === undefined) continue;
    const here = joined(path, String(name?.value ?? index));
    yield [here, value];
    yield* membersBelow(value, here);
  }
}

export function joined(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}

function located(findings: readonly Finding[], placeAt: (offset: number) => Place): Problem[] {
  return findings
    .map(({ offset = 0, path = '', ...rest }) => ({ ...rest, path, ...placeAt(offset) }))
    .sort(byPlace);
}

function excessOf(text: string): Finding | undefined {
  if (text.length > LENGTH_MAX) {
    const message = `is ${text.length} characters long, and at most ${LENGTH_MAX} are read`;
    return { kind: 'wrongShape', message, mend: 'keep one policy in one file' };
  }
  const offset = tooDeepAt(text);
  if (offset === undefined) return undefined;
  const message = `is nested deeper than ${DEPTH_MAX} levels`;
  return { kind: 'wrongShape', offset, message, mend: 'keep to the members of a policy' };
}

/** Counts tokens before anything recursive sees the text. */
function tooDeepAt(text: string): number | undefined {
  const scanner = createScanner(text, true);
  let depth = 0;
  for (scanner.scan(); scanner.getTokenOffset() < text.length; scanner.scan()) {
    const first = text[scanner.getTokenOffset()];
    if (first === '{' || first === '[') depth += 1;
    else if (first === '}' || first === ']') depth -= 1;
    if (depth > DEPTH_MAX) return scanner.getTokenOffset();
  }
  return undefined;
}

function parsed(text: string): { readonly value: unknown } | Finding {
  try {
    return { value: JSON.parse(stripComments(text)) };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return { kind: 'notJson', message: `is not JSON: ${error.message}`, mend: 'write plain JSON' };
  }
}

/** What the parser's words mean to somebody who has to mend the text. */
const SYNTAX: Readonly<Record<string, readonly [message: string, mend: string]>> = {
  InvalidSymbol: ['has a word here that is no JSON', 'put texts in double quotes; write true, false or null'],
  InvalidNumberFormat: ['has a number here that is no JSON', 'write it in plain digits'],
  PropertyNameExpected: ['lacks the name of a member here', 'write "name": value, the name in double quotes'],
  ValueExpected: ['lacks a value here', 'write the value, or take away what asks for one'],
  ColonExpected: ['lacks a colon here', 'write "name": value'],
  CommaExpected: ['lacks a comma here', 'write one between two members'],
  CloseBraceExpected: ['lacks a closing brace', 'write } where the object ends'],
  CloseBracketExpected: ['lacks a closing bracket', 'write ] where the list ends'],
  EndOfFileExpected: ['goes on after its end', 'take away what follows; one file holds one object'],
  UnexpectedEndOfComment: ['has a comment without an end', 'write */ where it ends'],
  UnexpectedEndOfString: ['has a text without an end', 'write " where it ends; a line break in it is \\n'],
  UnexpectedEndOfNumber: ['has a number without an end', 'write digits after the point or the exponent'],
  InvalidUnicode: ['has a broken \\u escape', 'write four hexadecimal digits after \\u'],
  InvalidEscapeCharacter: ['has an unknown escape', 'write \\\\ for a backslash'],
  InvalidCharacter: ['has a raw control character in a text', 'write it as an escape: \\t, \\n, \\u0000 …'],
};

function syntaxErrors(text: string, errors: readonly ParseError[]): Finding[] {
  if (text.trim() === '')
    return [{ kind: 'notJson', message: 'is empty', mend: 'write one JSON object, { … }' }];
  const first = new Map(errors.toReversed().map((error) => [error.offset, error]));
  const inOrder = [...first.values()].sort((a, b) => a.offset - b.offset);
  return inOrder.slice(0, SYNTAX_ERRORS_MAX).map(({ error, offset }) => {
    const name = printParseErrorCode(error);
    const [message, mend] = isTrailingComma(text, offset)
      ? ['has a comma before a closing bracket', 'take the comma away']
      : (SYNTAX[name] ?? [`is not JSON: ${name}`, 'write plain JSON']);
    return { kind: 'notJson', offset, message, mend };
  });
}

function isTrailingComma(text: string, offset: number): boolean {
  const isClosing = text[offset] === '}' || text[offset] === ']';
  return isClosing && stripComments(text.slice(0, offset)).trimEnd().endsWith(',');
}

/** Characters that some take for the end of a line, some for nothing, and some stop at; raw, wherever they stand. */
const ODD_CHARACTERS: readonly { pattern: RegExp; message: string; mend: string }[] = [
  {
    pattern: /\uFEFF/,
    message: 'has a byte order mark in the middle',
    mend: 'take it away; it may stand only at the very beginning',
  },
  {
    pattern: /\r(?!\n)/,
    message: 'has a carriage return alone, which ends a line comment for some parsers only',
    mend: 'end lines with LF or CR LF',
  },
  {
    pattern: /[\u2028\u2029]/,
    message: 'has a Unicode line separator, which ends a line comment for some parsers only',
    mend: 'take it away, or write it in a text as \\u2028 or \\u2029',
  },
  {
    pattern: /(?![\t\n\r])\p{Cc}/u,
    message: 'has a control character',
    mend: 'take it away, or write it in a text as an escape',
  },
  {
    pattern: /[\u202A-\u202E\u2066-\u2069]/,
    message: 'has a character that turns the direction of writing, so that people read another text',
    mend: 'take it away',
  },
  { pattern: /\p{Cs}/u, message: 'has half of a surrogate pair', mend: 'write the whole character' },
];

function oddCharacters(text: string): Finding[] {
  return ODD_CHARACTERS.flatMap(({ pattern, message, mend }) => {
    const offset = text.search(pattern);
    return offset < 0 ? [] : [{ kind: 'parsersDisagree', offset, message, mend }];
  });
}

/** What is JSON by the grammar and yet not one thing to all parsers (RFC 8259, sections 4, 6, 8.2 and 9). */
function ambiguities(text: string, tree: Node): Finding[] {
  return [...nodesOf(tree)].flatMap(({ node, path }) => {
    switch (node.type) {
      case 'object':
        return namesIn(node, path);
      case 'number':
        return oddNumber(text.slice(node.offset, node.offset + node.length), node.offset, path);
      case 'string':
        return oddText(node, path);
      default:
        return [];
    }
  });
}

function namesIn(object: Node, prefix: string): Finding[] {
  const seen = new Map<string, string>();
  return (object.children ?? []).flatMap(({ children, offset }): Finding[] => {
    const node = children?.[0];
    if (node === undefined) return [];
    const name = String(node.value);
    const path = joined(prefix, name);
    const before = seen.get(name.toLowerCase());
    seen.set(name.toLowerCase(), name);
    const found = oddText(node, path);
    if (before === name) {
      const message = 'is written twice; parsers disagree about which one counts';
      found.push({ kind: 'duplicateKey', path, offset, message, mend: 'keep one' });
    } else if (before !== undefined) {
      const message = `is written twice, once as ${JSON.stringify(before)}; to some parsers they are one`;
      found.push({ kind: 'duplicateKey', path, offset, message, mend: 'keep the one in Graph’s spelling' });
    }
    if (name === '__proto__') {
      const message = 'is a name that some parsers take for an instruction';
      found.push({ kind: 'parsersDisagree', path, offset, message, mend: 'take it away' });
    }
    return found;
  });
}

function oddNumber(written: string, offset: number, path: string): Finding[] {
  const plain = String(Number(written));
  if (plain === written) return [];
  const message = `is the number ${written.slice(0, 40)}, which parsers read as different numbers or not at all`;
  const mend = Number.isSafeInteger(Number(written)) ? `write ${plain}` : 'write a smaller number';
  return [{ kind: 'parsersDisagree', path, offset, message, mend }];
}

function oddText(node: Node, path: string): Finding[] {
  const text = String(getNodeValue(node));
  const { offset } = node;
  const found: Finding[] = [];
  if (text.includes('\0')) {
    const message = 'has a NUL character, at which some parsers stop reading';
    found.push({ kind: 'parsersDisagree', path, offset, message, mend: 'take it away' });
  }
  if (/\p{Cs}/u.test(text)) {
    const message = 'has half of a surrogate pair';
    found.push({ kind: 'parsersDisagree', path, offset, message, mend: 'write the whole character' });
  }
  return found;
}
