import { createRequire } from 'node:module';
import { WORKSPACE_TABLES } from './workspaceTables.ts';

/** What is wrong with a query, as the language service says it, with the line it is on. */
export interface QueryProblem {
  readonly code: string;
  readonly message: string;
  readonly line: number;
}

/** Members of a logged event that a query reads, as a path: `error.kind`, `fields[].path`. */
export interface MemberRead {
  readonly path: string;
  /** Texts the query compares it with. */
  readonly literals: readonly string[];
}

/** What a query takes for granted of the lines it reads. */
export interface QueryShape {
  /** Names of events it asks for. */
  readonly events: readonly string[];
  readonly members: readonly MemberRead[];
  /** Texts it looks for in the line as it is. */
  readonly texts: readonly string[];
  /** What could not be traced to a logged line: none of these is let pass. */
  readonly untraced: readonly string[];
  readonly tables: readonly string[];
  /** Its last operator, by kind, and whether that one has a `by`: a summarize without one always gives a row. */
  readonly last: { readonly kind: string; readonly hasBy: boolean };
}

/** Parses a query and binds every name in it to the tables of a workspace. */
export function problemsOf(query: string): readonly QueryProblem[] {
  const found = array<Diagnostic>(analysed(query).GetDiagnostics());
  return found.map(({ Code, Message, Start }) => ({
    code: Code,
    message: Message,
    line: query.slice(0, Start).split('\n').length,
  }));
}

/** What a query answers with: its columns, and of which type each is, such as `string`. */
export function columnsOf(query: string): readonly { readonly name: string; readonly type: string }[] {
  return array<Column>(analysed(query).ResultType.Columns).map(({ Name, Type }) => ({
    name: Name,
    type: Type.Name,
  }));
}

/** Walks a query's syntax. A line is known by `parse_json(Message)`; what is made of it is followed from name to name. */
export function shapeOf(query: string): QueryShape {
  const events = new Set<string>();
  const members = new Map<string, Set<string>>();
  const texts = new Set<string>();
  const untraced = new Set<string>();
  const tables = new Set<string>();
  const names = new Map<string, string>();
  let last = { kind: '', hasBy: false };

  const read = (path: string, literals: readonly string[] = []): void => {
    const known = members.get(path) ?? new Set();
    for (const literal of literals) known.add(literal);
    members.set(path, known);
  };
  const traced = (node: Node): string | undefined => pathOf(node, names);

  walk(analysed(query).Syntax, (node) => {
    const kind = kindOf(node);
    if (kind === 'NameReference' && node.ResultType !== null && isTable(node)) tables.add(node.SimpleName);
    if (/Operator$/.test(kind)) last = { kind, hasBy: node.ByClause != null };
    if (kind === 'SimpleNamedExpression') {
      const isExpansion = kindOf(node.Parent) === 'MvExpandExpression';
      const path = traced(node.Expression);
      const name = node.Name.SimpleName;
      if (path === undefined) names.delete(name);
      else names.set(name, isExpansion ? `${path}[]` : path);
    }
    if (isPath(kind) && !isPath(kindOf(node.Parent))) {
      const path = traced(node);
      if (path === undefined) untraced.add(node.toString().trim());
      else read(path);
    }
    const { subject, literals } = comparison(node);
    if (subject === undefined || literals.length === 0) return;
    if (subject.toString().trim() === 'Message') for (const text of literals) texts.add(text);
    const path = traced(subject);
    if (path === 'event') for (const event of literals) events.add(event);
    else if (path !== undefined) read(path, literals);
  });
  members.delete('event');
  return {
    events: [...events],
    members: [...members].map(([path, literals]) => ({ path, literals: [...literals] })),
    texts: [...texts],
    untraced: [...untraced],
    tables: [...tables],
    last,
  };
}

const ROOT = '';

/** The logged member an expression stands for; undefined when it stands for none. */
function pathOf(node: Node, names: ReadonlyMap<string, string>): string | undefined {
  switch (kindOf(node)) {
    case 'NameReference':
      return names.get(node.SimpleName);
    case 'PathExpression': {
      const path = pathOf(node.Expression, names);
      const member = node.Selector.toString().trim();
      return path === undefined ? undefined : path === ROOT ? member : `${path}.${member}`;
    }
    case 'FunctionCallExpression': {
      const call = node.toString().replaceAll(/\s/g, '');
      if (call === 'parse_json(Message)') return ROOT;
      const [argument] = array<Element>(node.ArgumentList.Expressions);
      const isConversion = /^to[a-z]+\(/.test(call) && argument !== undefined;
      return isConversion ? pathOf(argument.Element$1, names) : undefined;
    }
    default:
      return undefined;
  }
}

function isPath(kind: string): boolean {
  return kind === 'PathExpression' || kind === 'ElementExpression';
}

function isTable(node: Node): boolean {
  return Object.hasOwn(WORKSPACE_TABLES, node.SimpleName) && kindOf(node.Parent) !== 'PathExpression';
}

/** `subject == "a"`, `subject in ("a", "b")`, `subject contains "a"` and their like. */
function comparison(node: Node): { readonly subject?: Node; readonly literals: readonly string[] } {
  const kind = kindOf(node);
  if (kind === 'BinaryExpression') {
    const literal = textOf(node.Right);
    return { subject: node.Left, literals: literal === undefined ? [] : [literal] };
  }
  if (kind !== 'InExpression') return { literals: [] };
  const items = array<Element>(node.Right.Expressions).map(({ Element$1 }) => textOf(Element$1));
  return { subject: node.Left, literals: items.filter((item) => item !== undefined) };
}

function textOf(node: Node): string | undefined {
  if (kindOf(node) !== 'LiteralExpression') return undefined;
  return typeof node.LiteralValue === 'string' ? node.LiteralValue : undefined;
}

// The language service is C# compiled to JavaScript: no modules, no types that could be used one by one. This much of it
// is used.
interface Diagnostic {
  readonly Code: string;
  readonly Message: string;
  readonly Start: number;
}
interface Element {
  readonly Element$1: Node;
}
interface Node {
  readonly Parent: Node;
  readonly SimpleName: string;
  readonly Name: Node;
  readonly Expression: Node;
  readonly Selector: Node;
  readonly Left: Node;
  readonly Right: Node & { readonly Expressions: unknown };
  readonly ArgumentList: { readonly Expressions: unknown };
  readonly LiteralValue: unknown;
  readonly ResultType: object | null;
  readonly ByClause: object | null | undefined;
}
interface Column {
  readonly Name: string;
  readonly Type: { readonly Name: string };
}
interface Code {
  readonly ResultType: { readonly Columns: unknown };
  readonly Syntax: Node;
  GetDiagnostics(): unknown;
}

const require = createRequire(import.meta.url);
// The package's main file throws outside a browser; these two load and put their names into the global object.
require('@kusto/language-service-next/bridge.min');
require('@kusto/language-service-next/Kusto.Language.Bridge.min');
// biome-ignore lint/suspicious/noExplicitAny: see above
const { Bridge, Kusto } = globalThis as any;

const globals = Kusto.Language.GlobalState.Default.WithDatabase(
  new Kusto.Language.Symbols.DatabaseSymbol.ctor(
    'workspace',
    Object.entries(WORKSPACE_TABLES).map(([name, columns]) =>
      Kusto.Language.Symbols.TableSymbol.From(`(${columns})`).WithName(name),
    ),
  ),
);

function analysed(query: string): Code {
  return Kusto.Language.KustoCode.ParseAndAnalyze(query, globals);
}

function walk(node: Node, visit: (node: Node) => void): void {
  Kusto.Language.Syntax.SyntaxElement.WalkNodes(node, visit);
}

function array<T>(list: unknown): readonly T[] {
  return Bridge.toArray(list);
}

function kindOf(node: Node | null): string {
  return node === null ? '' : Bridge.getTypeName(node).split('.').at(-1);
}
