import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';

await Parser.init();
const grammar = createRequire(import.meta.url).resolve('tree-sitter-bicep/tree-sitter-bicep.wasm');
const parser = new Parser().setLanguage(await Language.load(grammar));

/** A declaration `resource`, top level or nested. */
export interface Resource {
  readonly symbol: string;
  /** Whole, without the version: a nested one's type begins with its parent's. */
  readonly type: string;
  readonly isExisting: boolean;
  readonly body: Node;
}

export interface Module {
  /** File name, as written. */
  readonly file: string;
  readonly params: ReadonlyMap<string, Node>;
}

/** What one Bicep file says. */
export interface Template {
  /** Where the parser lost its way, as `line: text`. */
  readonly problems: readonly string[];
  /**
   * Names of extensions in use. The grammar does not know `extension` lines, so they are taken out before it reads the
   * file; no other construct is. It does not know the spread operator nor `resourceInput<>` either: no file has them.
   */
  readonly extensions: readonly string[];
  /** Without its `extension` lines. */
  readonly text: string;
  readonly root: Node;
  /** Default values by the parameter's name; null: it must be given. */
  readonly params: ReadonlyMap<string, Node | null>;
  readonly variables: ReadonlyMap<string, Node>;
  readonly outputs: ReadonlyMap<string, Node>;
  readonly resources: readonly Resource[];
  readonly modules: ReadonlyMap<string, Module>;
}

const EXTENSION = /^extension (\w+)$/gm;

export function readTemplate(source: string): Template {
  const extensions = [...source.matchAll(EXTENSION)].map(([, name]) => name as string);
  const text = source.replaceAll(EXTENSION, '');
  const tree = parser.parse(text);
  if (tree === null) throw new Error('the parser gave no tree');
  const root = tree.rootNode;
  const declared = (type: string): readonly (readonly [string, Node])[] =>
    nodesOf(root, type).map((node) => [nameOf(node), node] as const);
  return {
    problems: problemsIn(root),
    extensions,
    text,
    root,
    params: new Map(declared('parameter_declaration').map(([name, node]) => [name, defaultOf(node)])),
    variables: new Map(declared('variable_declaration').map(([name, node]) => [name, last(node)])),
    outputs: new Map(declared('output_declaration').map(([name, node]) => [name, last(node)])),
    resources: nodesOf(root, 'resource_declaration').map(resourceOf),
    modules: new Map(declared('module_declaration').map(([name, node]) => [name, moduleOf(node)])),
  };
}

/** All nodes of a kind below one, in the order of the text. */
export function nodesOf(node: Node, type: string): readonly Node[] {
  return node.descendantsOfType(type).filter((found) => found !== null);
}

/** The node of the value at a path of members; undefined when a member is not there, or is not written as one. */
export function valueAt(node: Node, path: readonly string[]): Node | undefined {
  const [name, ...rest] = path;
  if (name === undefined) return node;
  const value = node.type === 'object' ? membersOf(node).get(name) : undefined;
  return value === undefined ? undefined : valueAt(value, rest);
}

/** Members of an object by name. */
export function membersOf(object: Node): ReadonlyMap<string, Node> {
  // A nested resource stands among the members, and is none.
  const members = children(object).filter(
    (child) => child.type === 'object_property' && children(child)[0]?.type !== 'resource_declaration',
  );
  return new Map(members.map((member) => [nameOf(member), last(member)]));
}

/** What a string says; an interpolation in it is left out. */
export function contentOf(string: Node): string {
  return children(string)
    .filter(({ type }) => type === 'string_content')
    .map(({ text }) => text)
    .join('');
}

/** Strings in an array, as `['a', 'b']` has them. */
export function itemsOf(array: Node): readonly string[] {
  return nodesOf(array, 'string').map(contentOf);
}

export function children(node: Node): readonly Node[] {
  return node.namedChildren.filter((child) => child !== null);
}

function problemsIn(node: Node): readonly string[] {
  if (node.isError || node.isMissing)
    return [`${node.startPosition.row + 1}: ${node.text.slice(0, 40) || node.type}`];
  return node.children.flatMap((child) => (child === null ? [] : problemsIn(child)));
}

/** The first identifier, or the string in its place: what is declared, or a member's name. */
function nameOf(node: Node): string {
  const [name] = children(node).filter(({ type }) => type === 'identifier' || type === 'string');
  if (name === undefined) throw new Error(`no name in ${node.text}`);
  return name.type === 'string' ? contentOf(name) : name.text;
}

function last(node: Node): Node {
  const value = children(node).at(-1);
  if (value === undefined) throw new Error(`nothing in ${node.text}`);
  return value;
}

function defaultOf(parameter: Node): Node | null {
  const value = last(parameter);
  return value.type === 'type' ? null : value;
}

function resourceOf(node: Node): Resource {
  return {
    symbol: nameOf(node),
    type: typeOf(node),
    isExisting: node.children.some((child) => child?.type === 'existing' || child?.text === 'existing'),
    body: bodyOf(node),
  };
}

function typeOf(node: Node): string {
  const [own] = children(node).filter(({ type }) => type === 'string');
  const segment = own === undefined ? '' : (contentOf(own).split('@')[0] ?? '');
  const parent = outer(node);
  return parent === null ? segment : `${typeOf(parent)}/${segment}`;
}

function outer(node: Node): Node | null {
  let parent = node.parent;
  while (parent !== null && parent.type !== 'resource_declaration') parent = parent.parent;
  return parent;
}

/** The object that a declaration is about, behind its condition and its loop. */
function bodyOf(node: Node): Node {
  const value = last(node);
  return value.type === 'object' ? value : bodyOf(value);
}

function moduleOf(node: Node): Module {
  const [file] = children(node).filter(({ type }) => type === 'string');
  const params = valueAt(bodyOf(node), ['params']);
  return {
    file: file === undefined ? '' : contentOf(file),
    params: params === undefined ? new Map() : membersOf(params),
  };
}
