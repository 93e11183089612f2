import { getNodeValue, type Node, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import { BETA_ONLY, FIELDS, READ_ONLY, rawAt, withRaw } from './policy/fields.ts';
import type { RawPolicy } from './policy/model.ts';
import { isNoise } from './policy/values.ts';
import { type Place, placesIn, START } from './problem.ts';
import { joined } from './strictJson.ts';

/** Why a file, or a part of it, holds nothing that could be captured. */
export type ExportProblemKind =
  | 'encoding'
  | 'notJson'
  | 'duplicateKey'
  | 'template'
  | 'tableRow'
  | 'noPolicy';

export interface ExportProblem extends Place {
  readonly kind: ExportProblemKind;
  /** Where in the file, such as `value.3`; empty for the file itself. */
  readonly path: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
}

/** A policy in an export, in Graph's own spelling. */
export interface FoundPolicy extends Place {
  readonly path: string;
  readonly raw: RawPolicy;
}

export interface ExportRead {
  readonly policies: readonly FoundPolicy[];
  readonly problems: readonly ExportProblem[];
  /** What was left out, and stops nothing. */
  readonly notes: readonly string[];
}

/** Two hundred policies take a few; what is far larger is no export of policies. */
const BYTES_MAX = 64 * 1024 * 1024;
const DEPTH_MAX = 100;

/**
 * Finds the policies in a file that some tool has written: one policy, a list, Graph's answer, or either inside something
 * else; in UTF-8 or UTF-16; as Graph or as PowerShell spells members. Never throws.
 */
export function readExport(bytes: Uint8Array): ExportRead {
  const text = decoded(bytes);
  if (text === undefined) {
    return failed('encoding', 'is neither UTF-8 nor UTF-16 text; save it as UTF-8 and try again', START);
  }
  if (bytes.length > BYTES_MAX || isTooDeep(text)) {
    return failed('noPolicy', 'is too large or nested too deep to be an export of policies', START);
  }
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const placeAt = placesIn(text);
  const [error] = errors;
  if (tree === undefined || error !== undefined) {
    const isJsonAtAll = /^\s*[[{/]/.test(text);
    const what = isJsonAtAll ? `: ${inWords(error)}; mend it there, or export it again` : EXPORT_AS_JSON;
    return failed('notJson', `is not JSON${what}`, placeAt(error?.offset ?? 0));
  }
  return search(tree, placeAt);
}

const EXPORT_AS_JSON = '; export with `… | ConvertTo-Json -Depth 10`, or save Graph’s own answer';

function failed(kind: ExportProblemKind, message: string, place: Place): ExportRead {
  return { policies: [], problems: [{ kind, path: '', message, ...place }], notes: [] };
}

/** `CloseBraceExpected` → `close brace expected`. */
function inWords(error: ParseError | undefined): string {
  if (error === undefined) return 'it is empty';
  return printParseErrorCode(error.error)
    .replaceAll(/(?<=[a-z])[A-Z]/g, (letter) => ` ${letter}`)
    .toLowerCase();
}

/** Windows PowerShell writes UTF-16 with a byte order mark; some tools leave the mark out. */
function decoded(bytes: Uint8Array): string | undefined {
  const [first, second] = bytes;
  const isLittle = (first === 0xff && second === 0xfe) || (first !== 0 && second === 0);
  const isBig = (first === 0xfe && second === 0xff) || (first === 0 && second !== 0);
  const encoding = isLittle ? 'utf-16le' : isBig ? 'utf-16be' : 'utf-8';
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return undefined;
  }
}

/** The parser calls itself for each level. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (isInText && character === '\\') at += 1;
    else if (character === '"') isInText = !isInText;
    else if (isInText) continue;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

function search(tree: Node, placeAt: (offset: number) => Place): ExportRead {
  const policies: FoundPolicy[] = [];
  const problems: ExportProblem[] = [];
  const notes: string[] = [];
  const rows: { readonly path: string; readonly offset: number }[] = [];

  const visit = (node: Node, path: string): void => {
    const fail = (kind: ExportProblemKind, where: string, message: string): void => {
      problems.push({ kind, path: where, message, ...placeAt(node.offset) });
    };
    switch (shapeOf(node)) {
      case 'policy': {
        const twice: string[] = [];
        const raw = unfolded(graphSpelling(node, '', twice) as RawPolicy);
        for (const name of twice)
          fail('duplicateKey', joined(path, name), 'is written twice; keep the one that counts');
        if (twice.length === 0) policies.push({ path, raw, ...placeAt(node.offset) });
        break;
      }
      case 'template':
        fail('template', path, TEMPLATE);
        break;
      case 'row':
        rows.push({ path, offset: node.offset });
        break;
      case 'other':
        if (member(node, '@odata.nextLink')?.type === 'string')
          notes.push('the export goes on at its @odata.nextLink: it holds only a part of the policies');
        for (const [name, child] of childrenOf(node)) visit(child, joined(path, name));
    }
  };
  visit(tree, '');

  const [row] = rows;
  if (row !== undefined && policies.length === 0) {
    problems.push({ kind: 'tableRow', path: row.path, message: TABLE_ROW, ...placeAt(row.offset) });
  } else if (row !== undefined)
    notes.push(`${rows.length} rows made for reading were left out (${row.path} …)`);
  if (policies.length + problems.length === 0) {
    problems.push({ kind: 'noPolicy', path: '', message: NO_POLICY, ...START });
  }
  return { policies, problems, notes };
}

const TEMPLATE =
  'is one of Microsoft’s templates, no policy: it has no state and names nobody; make a policy from it in the portal and capture that';
const TABLE_ROW =
  'is a row of a table made for reading, and says less than the policy; export the policies themselves';
const NO_POLICY =
  'holds no policy: none of its objects has displayName and conditions; save the answer of GET /identity/conditionalAccess/policies';

type Shape = 'policy' | 'template' | 'row' | 'other';

function shapeOf(node: Node): Shape {
  if (node.type !== 'object') return 'other';
  const conditions = member(node, 'conditions');
  if (member(node, 'displayName') !== undefined && conditions !== undefined && conditions.type !== 'array')
    return 'policy';
  const details = member(node, 'details');
  if (details?.type === 'object' && member(details, 'conditions') !== undefined) return 'template';
  const isNamedOnly = member(node, 'displayName') === undefined && member(node, 'name') !== undefined;
  if (isNamedOnly && member(node, 'state') !== undefined) return 'row';
  // A body that was to be sent may leave out the name; the reader of policies then says what is missing.
  return conditions?.type === 'object' ? 'policy' : 'other';
}

/** The member of that name, in any letter case. */
function member(node: Node, name: string): Node | undefined {
  const wanted = name.toLowerCase();
  return node.children?.find(({ children }) => String(children?.[0]?.value).toLowerCase() === wanted)
    ?.children?.[1];
}

function childrenOf(node: Node): readonly (readonly [string, Node])[] {
  const children = node.children ?? [];
  if (node.type === 'array') return children.map((child, index) => [String(index), child] as const);
  return children.flatMap(({ children: pair }) =>
    pair?.[1] === undefined ? [] : [[String(pair[0]?.value), pair[1]] as const],
  );
}

/** Graph's spelling of every member it knows, by its lower case: PowerShell writes `IncludeUsers`. */
const SPELLING: ReadonlyMap<string, string> = new Map(
  [...FIELDS.map(({ path }) => path), ...BETA_ONLY, ...READ_ONLY]
    .flatMap((path) => path.split('.'))
    .map((name) => [name.toLowerCase(), name]),
);

/**
 * The value of a node, members in Graph's spelling. What the Graph SDK for PowerShell keeps in `AdditionalProperties` goes
 * where Graph has it.
 *
 * @param twice gets the path of every member that would then be there twice
 */
function graphSpelling(node: Node, path: string, twice: string[]): unknown {
  if (node.type === 'array') return (node.children ?? []).map((child) => graphSpelling(child, path, twice));
  if (node.type !== 'object') return getNodeValue(node);
  const members = new Map<string, unknown>();
  const add = (name: string, value: unknown): void => {
    if (members.has(name) && !isNoise(name)) twice.push(joined(path, name));
    members.set(name, value);
  };
  for (const [name, child] of childrenOf(node)) {
    const isAdditional = name.toLowerCase() === 'additionalproperties' && child.type === 'object';
    for (const [spelled, value] of isAdditional ? childrenOf(child) : [[name, child] as const]) {
      const graphs = SPELLING.get(spelled.toLowerCase()) ?? spelled;
      add(graphs, graphSpelling(value, joined(path, graphs), twice));
    }
  }
  return Object.fromEntries(members);
}

/** PowerShell makes a list with one member into that member. */
function unfolded(raw: RawPolicy): RawPolicy {
  return FIELDS.filter(({ kind }) => kind.name === 'set').reduce((policy, { path }) => {
    const value = rawAt(policy, path);
    return typeof value === 'string' && value !== '' ? withRaw(policy, path, [value]) : policy;
  }, raw);
}
