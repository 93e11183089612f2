import { type Node, type ParseError, parseTree, printParseErrorCode, stripComments } from 'jsonc-parser';
import { read } from './policy/canonical.ts';
import { BETA_ONLY, FIELD_BY_PATH, READ_ONLY } from './policy/fields.ts';
import type { Canonical, Policy, PolicyKey, RawPolicy, Unrecognised } from './policy/model.ts';
import { isWorkloadPolicy, SERVICE_RULES } from './policy/serviceRules.ts';
import { asSet } from './policy/values.ts';

/** Everything that can be wrong with a desired-state document. */
export type ProblemKind =
  | 'notJson'
  | 'duplicateKey'
  | 'wrongShape'
  | 'notAnId'
  | 'betaOnly'
  | 'unknownParameter'
  | 'caretaker'
  | 'serviceRule';

export interface Problem {
  readonly kind: ProblemKind;
  /** Dotted path of the member; empty for the document itself. */
  readonly path: string;
  /** What is wrong and how to mend it. */
  readonly message: string;
  /** 1-based place in the text, where the text is at hand. */
  readonly line?: number;
  readonly column?: number;
}

/** The file's own member `caretaker`: how to treat the policy, beside what it says. */
export interface Declared {
  /** Kept off for emergencies: switched on by hand, it stays on. */
  readonly isContingency: boolean;
  /** What to do when somebody made the policy stricter by hand. */
  readonly whenTightened: 'fix' | 'hold';
}

/** A desired-state document that says something Graph could carry out. Parameters are still unresolved in `raw`. */
export interface DesiredDocument {
  readonly raw: RawPolicy;
  readonly displayName: string;
  readonly declared: Declared;
  /** Members of the file that are not the policy's: `$schema` and `caretaker`, as they were written. */
  readonly beside: RawPolicy;
  /** Members that were accepted and dropped: read-only ones and empty unknown ones. */
  readonly notes: readonly string[];
}

export type Parsed =
  | { readonly ok: true; readonly document: DesiredDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** What the parameters of a desired-state file stand for in one deployment; ids, lower case. */
export type Parameters = Readonly<Record<string, readonly string[]>>;

/** Ids pinned in settings, outside the desired state. */
export interface ProtectedIdentities {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

/** Parameters a run resolves from its settings, so a file can name them before their values are known. */
export const RUN_PARAMETERS: readonly string[] = ['azureManagement', 'breakGlassUsers', 'breakGlassGroups'];

const KEY = /^[a-z0-9-]{1,64}$/;
/** The service refuses policies far smaller than this; anything larger is a mistake, and parsing it costs. */
const LENGTH_MAX = 256 * 1024;
const DEPTH_MAX = 32;
const ANY_ID = '00000000-0000-0000-0000-00000000000a';

export function isKey(text: string): text is PolicyKey {
  return KEY.test(text);
}

/**
 * Reads one desired-state document. Never throws; reports every problem at once, with its place in the text.
 *
 * @param text JSON, with comments allowed; a byte order mark is not part of it
 */
export function parseDesired(text: string): Parsed {
  const shape = parseJson(text);
  if (!shape.ok) return shape;
  const { caretaker, $schema, ...policy } = shape.raw;
  const problems = [...problemsOf(policy), ...declaredProblems(caretaker, policy)].map((problem) => ({
    ...problem,
    ...placeOf(text, shape.tree, problem.path),
  }));
  if (problems.length > 0) return { ok: false, problems };
  return {
    ok: true,
    document: {
      raw: policy,
      displayName: String(policy.displayName),
      declared: declaredIn(caretaker),
      beside: {
        ...($schema === undefined ? {} : { $schema }),
        ...(caretaker === undefined ? {} : { caretaker }),
      },
      notes: notesOf(policy),
    },
  };
}

/**
 * The effective desired policy: parameters resolved and every protected identity merged into the exclusions, except in
 * policies for workload identities, where no person can be excluded. Diff, bodies, digests and verification use this.
 */
export function effective(raw: RawPolicy, parameters: Parameters, identities: ProtectedIdentities): Policy {
  return withProtected(read(resolve(raw, parameters) as RawPolicy).policy, identities);
}

function declaredIn(caretaker: unknown): Declared {
  const { contingency, whenTightened } = (caretaker ?? {}) as Readonly<Record<string, unknown>>;
  return { isContingency: contingency === true, whenTightened: whenTightened === 'hold' ? 'hold' : 'fix' };
}

/** A misspelled member would be a safeguard somebody only thinks they have. */
function declaredProblems(caretaker: unknown, policy: RawPolicy): Problem[] {
  if (caretaker === undefined) return [];
  const problem = (path: string, message: string): Problem => ({ kind: 'caretaker', path, message });
  if (typeof caretaker !== 'object' || caretaker === null || Array.isArray(caretaker))
    return [problem('caretaker', 'must be an object')];
  const { contingency = false, whenTightened = 'fix', ...others } = caretaker as Record<string, unknown>;
  const problems = Object.keys(others).map((name) =>
    problem(`caretaker.${name}`, 'is no member of caretaker; known are contingency and whenTightened'),
  );
  if (typeof contingency !== 'boolean')
    problems.push(problem('caretaker.contingency', 'must be true or false'));
  if (whenTightened !== 'fix' && whenTightened !== 'hold')
    problems.push(problem('caretaker.whenTightened', 'must be "fix" or "hold"'));
  if (contingency === true && policy.state === 'enabled')
    problems.push(
      problem('caretaker.contingency', 'goes with a policy that is kept off: write state disabled'),
    );
  return problems;
}

/** The policy with every protected identity excluded. A policy for workload identities cannot exclude people. */
export function withProtected(policy: Policy, identities: ProtectedIdentities): Policy {
  if (isWorkloadPolicy(policy)) return policy;
  const merged = (path: string, ids: readonly string[]): Canonical =>
    [...new Set([...asSet(policy[path]), ...ids])].sort();
  return {
    ...policy,
    'conditions.users.excludeUsers': merged('conditions.users.excludeUsers', identities.users),
    'conditions.users.excludeGroups': merged('conditions.users.excludeGroups', identities.groups),
  };
}

type Json = { ok: true; raw: RawPolicy; tree: Node } | { ok: false; problems: readonly Problem[] };

function parseJson(text: string): Json {
  const fail = (kind: ProblemKind, message: string, offset = 0): Json => ({
    ok: false,
    problems: [{ kind, path: '', message, ...lineAndColumn(text, offset) }],
  });
  if (text.length > LENGTH_MAX)
    return fail('wrongShape', `is ${text.length} characters long; at most ${LENGTH_MAX}`);
  if (isTooDeep(text)) return fail('wrongShape', `is nested deeper than ${DEPTH_MAX} levels`);
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { disallowComments: false, allowTrailingComma: false });
  const first = errors[0];
  if (first !== undefined || tree === undefined) {
    const what = first === undefined ? 'is empty' : `is not JSON: ${printParseErrorCode(first.error)}`;
    return fail('notJson', what, first?.offset ?? 0);
  }
  const twice = duplicateKeys(tree);
  if (twice.length > 0) {
    return {
      ok: false,
      problems: twice.map(({ path, offset }) => ({
        kind: 'duplicateKey' as const,
        path,
        message: 'is written twice; parsers disagree about which one counts, so keep one',
        ...lineAndColumn(text, offset),
      })),
    };
  }
  try {
    const raw: unknown = JSON.parse(stripComments(text));
    if (typeof raw === 'object' && raw !== null && !Array.isArray(raw))
      return { ok: true, raw: raw as RawPolicy, tree };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail('notJson', `is not JSON: ${error.message}`);
  }
  return fail('wrongShape', 'is not a JSON object; one file holds one policy');
}

/** Brackets outside strings and comments are counted roughly: a string full of brackets is refused too, and is no policy. */
function isTooDeep(text: string): boolean {
  let depth = 0;
  for (const character of text) {
    if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') depth -= 1;
    if (depth > DEPTH_MAX) return true;
  }
  return false;
}

function duplicateKeys(tree: Node): { path: string; offset: number }[] {
  const found: { path: string; offset: number }[] = [];
  const visit = (node: Node, path: string): void => {
    const seen = new Set<string>();
    for (const child of node.children ?? []) {
      if (node.type !== 'object') {
        visit(child, path);
        continue;
      }
      const [name, value] = child.children ?? [];
      const key = String(name?.value);
      const here = path === '' ? key : `${path}.${key}`;
      if (seen.has(key)) found.push({ path: here, offset: child.offset });
      seen.add(key);
      if (value !== undefined) visit(value, here);
    }
  };
  visit(tree, '');
  return found;
}

function problemsOf(raw: RawPolicy): Problem[] {
  const parameterProblems = unknownParameters(raw);
  const stand = resolve(raw, Object.fromEntries(RUN_PARAMETERS.map((name) => [name, [ANY_ID]]))) as RawPolicy;
  const { policy, unrecognised } = read(stand);
  const problems = [
    ...parameterProblems,
    ...shapeProblems(raw),
    ...unrecognised.filter((member) => !member.empty).map(problemOf),
  ];
  // The service's rules are asked only of a document whose shape is understood; otherwise they complain of the same thing.
  if (problems.length > 0) return problems;
  return SERVICE_RULES.filter((rule) => rule.isBroken(policy, stand)).map((rule) => ({
    kind: 'serviceRule' as const,
    path: rule.path,
    message: `${rule.message} (${rule.code})`,
  }));
}

function shapeProblems(raw: RawPolicy): Problem[] {
  const missing = (path: string, message: string): Problem => ({ kind: 'wrongShape', path, message });
  const problems: Problem[] = [];
  if (typeof raw.displayName !== 'string')
    problems.push(missing('displayName', 'is missing; it is the policy’s name'));
  if (raw.state === undefined || raw.state === null) {
    problems.push(
      missing('state', 'is missing; write enabled, disabled or enabledForReportingButNotEnforced'),
    );
  }
  if (typeof raw.conditions !== 'object' || raw.conditions === null) {
    problems.push(missing('conditions', 'is missing; it says who and what the policy is for'));
  }
  return problems;
}

function problemOf(member: Unrecognised): Problem {
  const field = FIELD_BY_PATH.get(member.path);
  const { path } = member;
  switch (member.reason) {
    case 'unknownMember':
      return BETA_ONLY.has(path)
        ? {
            kind: 'betaOnly',
            path,
            message: `exists in Graph beta only, and v1.0 cannot set it: ${member.value}`,
          }
        : { kind: 'wrongShape', path, message: `is no member of Graph v1.0's policy: ${member.value}` };
    case 'wrongShape':
      return { kind: 'wrongShape', path, message: `has the wrong type: ${member.value}` };
    case 'unknownValue':
      if (field?.kind.ids) {
        return {
          kind: 'notAnId',
          path,
          message: `takes object ids${keywordsOf(field.kind.values)}: ${member.value}`,
        };
      }
      return {
        kind: 'wrongShape',
        path,
        message: `takes ${(field?.kind.values ?? []).join(', ')}: ${member.value}`,
      };
  }
}

function keywordsOf(values: readonly string[] | undefined): string {
  return values === undefined || values.length === 0 ? '' : ` or ${values.join(', ')}`;
}

function notesOf(raw: RawPolicy): string[] {
  const readOnly = Object.keys(raw).filter((name) => READ_ONLY.has(name) && raw[name] !== null);
  const { unrecognised } = read(raw);
  return [
    ...readOnly.map((name) => `${name} is read-only and was dropped`),
    ...unrecognised
      .filter((member) => member.empty)
      .map((member) => `${member.path} is empty and unknown to v1.0, and was dropped`),
  ];
}

const PARAMETER = /^@([A-Za-z][A-Za-z0-9]*)$/;

/** Replaces `"@name"` inside lists by the parameter's values; anything else stays as it is. */
function resolve(value: unknown, parameters: Parameters): unknown {
  if (Array.isArray(value)) {
    return value.flatMap((member: unknown): readonly unknown[] => {
      const name = typeof member === 'string' ? PARAMETER.exec(member)?.[1] : undefined;
      const known = name === undefined ? undefined : parameters[name];
      return known ?? [resolve(member, parameters)];
    });
  }
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, member]) => [name, resolve(member, parameters)]),
    );
  }
  return value;
}

function unknownParameters(value: unknown, path = ''): Problem[] {
  if (typeof value === 'string') {
    const name = PARAMETER.exec(value)?.[1];
    if (name === undefined || RUN_PARAMETERS.includes(name)) return [];
    return [
      {
        kind: 'unknownParameter',
        path,
        message: `@${name} is no parameter; known are ${RUN_PARAMETERS.map((known) => `@${known}`).join(', ')}`,
      },
    ];
  }
  if (Array.isArray(value)) return value.flatMap((member) => unknownParameters(member, path));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) =>
      name === 'displayName' ? [] : unknownParameters(member, path === '' ? name : `${path}.${name}`),
    );
  }
  return [];
}

function placeOf(text: string, tree: Node, path: string): { line: number; column: number } {
  let node: Node = tree;
  for (const name of path === '' ? [] : path.split('.')) {
    const next = node.children?.find((child) => child.children?.[0]?.value === name)?.children?.[1];
    if (next === undefined) break;
    node = next;
  }
  return lineAndColumn(text, node.offset);
}

function lineAndColumn(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split('\n');
  return { line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
