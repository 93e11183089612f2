import { applyEdits, type Edit, getNodeValue, type Node } from 'jsonc-parser';
import { FIELD_BY_PATH, READ_ONLY } from './policy/fields.ts';
import { isGuid } from './policy/values.ts';
import { byPlace, type Place, type Problem, START } from './problem.ts';
import { type JsonDocument, nodesOf, readJson } from './strictJson.ts';
import { mendWord } from './text.ts';

/** What the parameters of a run stand for in one deployment; ids, lower case. */
export type Parameters = Readonly<Record<string, readonly string[]>>;

export interface RunParameter {
  readonly meaning: string;
  /** The only members it makes sense in. */
  readonly paths: readonly string[];
}

/** Parameters a run resolves from its settings, so a file can name them before their values are known. */
export const RUN_PARAMETERS: Readonly<Record<string, RunParameter>> = {
  azureManagement: {
    meaning: 'The app that stands for Azure management in the cloud the app runs in.',
    paths: ['conditions.applications.includeApplications', 'conditions.applications.excludeApplications'],
  },
  breakGlassUsers: {
    meaning: 'The emergency accounts in the setting BREAK_GLASS_USERS.',
    paths: ['conditions.users.includeUsers', 'conditions.users.excludeUsers'],
  },
  breakGlassGroups: {
    meaning: 'The emergency groups in the setting BREAK_GLASS_GROUPS.',
    paths: ['conditions.users.includeGroups', 'conditions.users.excludeGroups'],
  },
};

/** The file that holds a tenant's own parameters, beside the policies that name them. It is never a policy. */
export const PARAMETERS_FILE = 'parameters.json';

/** A tenant's own parameters: ids, lower case. One without any value that can be used stands for none. */
export type OwnParameters = ReadonlyMap<string, readonly string[]>;

export interface ParametersRead {
  /** Undefined where the text could not be read at all. */
  readonly parameters: OwnParameters | undefined;
  readonly places: ReadonlyMap<string, Place>;
  readonly problems: readonly Problem[];
}

/** A parameter named in a policy. */
export interface Use {
  readonly name: string;
  /** The member of the policy it is a value of; in an exception, the one that is excepted. */
  readonly path: string;
  /** Where it stands in the file, as problems name it. */
  readonly at: string;
  readonly node: Node;
  readonly isInList: boolean;
}

const NAME = /^[A-Za-z][A-Za-z0-9]*$/;
/** For lists of locations it is no id at all but a keyword: the trusted addresses of per-user MFA. */
const ZEROS = '00000000-0000-0000-0000-000000000000';

/** Whether a value names a parameter, whoever may know it. */
export function parameterIn(value: unknown): string | undefined {
  return typeof value === 'string' && value.startsWith('@') && NAME.test(value.slice(1))
    ? value.slice(1)
    : undefined;
}

/**
 * Reads a tenant's own parameters: `{"name": "id" | ["id", …]}`, comments allowed. Never throws.
 *
 * A value is an id and nothing else: with a keyword such as `All` behind a name, an exclusion that looks like one group
 * would spare everybody.
 */
export function readParameters(text: string): ParametersRead {
  const { document, problems } = readJson(text);
  const none = { parameters: undefined, places: new Map<string, Place>() };
  if (document === undefined) return { ...none, problems };
  if (document.tree.type !== 'object') {
    const mend = 'write {"name": "id", "other": ["id", "id"]}';
    return { ...none, problems: [...problems, { ...AT_ALL, message: 'is not a JSON object', mend }] };
  }
  const read = (document.tree.children ?? []).flatMap(({ children }) => {
    const [name, value] = children ?? [];
    if (name === undefined || value === undefined || name.value === '$schema') return [];
    return [readParameter(String(name.value), name, value, document)];
  });
  return {
    parameters: new Map(read.map(({ name, ids }) => [name, ids])),
    places: new Map(read.map(({ name, place }) => [name, place])),
    problems: [...problems, ...read.flatMap((parameter) => parameter.problems)].sort(byPlace),
  };
}

const AT_ALL: Omit<Problem, 'message' | 'mend'> = { kind: 'wrongShape', path: '', ...START };

interface ParameterRead {
  readonly name: string;
  readonly place: Place;
  readonly ids: readonly string[];
  readonly problems: readonly Problem[];
}

function readParameter(name: string, named: Node, value: Node, { placeOf }: JsonDocument): ParameterRead {
  const place = placeOf(named);
  const nameProblem = wrongName(name);
  const problems: Problem[] =
    nameProblem === undefined ? [] : [{ kind: 'wrongShape', path: name, ...place, ...nameProblem }];
  const members = value.type === 'array' ? (value.children ?? []) : [value];
  const ids: string[] = [];
  for (const member of members.filter(({ value: said }) => value.type === 'array' || !isNothing(said))) {
    const said: unknown = getNodeValue(member);
    if (typeof said === 'string' && isGuid(said) && said !== ZEROS) ids.push(said.toLowerCase());
    else problems.push({ kind: 'notAnId', path: name, ...placeOf(member), ...wrongValue(said) });
  }
  // Part of a list is another list: what cannot be used as a whole is not used at all.
  return { name, place, ids: problems.length === 0 ? [...new Set(ids)] : [], problems };
}

/** No value yet: harmless until a policy names it. */
function isNothing(said: unknown): boolean {
  return said === null || said === '';
}

function wrongName(name: string): { readonly message: string; readonly mend: string } | undefined {
  if (!NAME.test(name)) {
    return { message: 'is no name of a parameter', mend: 'use letters and digits, a letter first' };
  }
  const reserved = [...Object.keys(RUN_PARAMETERS), ...KEYWORDS].find(
    (word) => word.toLowerCase() === name.toLowerCase(),
  );
  if (reserved === undefined) return undefined;
  const message = Object.hasOwn(RUN_PARAMETERS, reserved)
    ? `is taken: @${reserved} is what each run resolves from its settings`
    : `looks like Graph’s keyword ${reserved}`;
  return { message, mend: 'give it another name' };
}

/** Words with a meaning of their own in lists of ids. */
const KEYWORDS: readonly string[] = [...FIELD_BY_PATH.values()].flatMap(({ kind }) =>
  kind.ids === true ? (kind.values ?? []) : [],
);

function wrongValue(said: unknown): { readonly message: string; readonly mend: string } {
  if (said === ZEROS) {
    return {
      message: 'is all zeros, which is no object’s id',
      mend: 'write the id of an object; for the MFA trusted addresses, write the zeros in the policy itself',
    };
  }
  return {
    message: `takes ids and nothing else: ${JSON.stringify(said).slice(0, 200)}`,
    mend: 'write an object id; a keyword such as All belongs in the policy itself, for everybody to see',
  };
}

/** A display name may begin with @; of what is ours, only the values of exceptions are values of the policy. */
const NEVER_PARAMETERS: ReadonlySet<string> = new Set(['displayName', '$schema', 'caretaker', ...READ_ONLY]);

/** Every parameter a policy names, those in values of its exceptions included. */
export function usesIn(tree: Node): Use[] {
  return [...nodesOf(tree)].flatMap(({ node, path }) => {
    const name = node.type === 'string' ? parameterIn(node.value) : undefined;
    if (name === undefined) return [];
    const isInList = node.parent?.type === 'array';
    if (path === 'caretaker.exceptions.value') return [{ name, node, isInList, ...excepted(node, isInList) }];
    return NEVER_PARAMETERS.has(path.split('.')[0] ?? '') ? [] : [{ name, path, at: path, node, isInList }];
  });
}

/** Which field an exception is of, and where its value stands. @param node its value, or a member of it */
function excepted(node: Node, isInList: boolean): Pick<Use, 'path' | 'at'> {
  const value = isInList ? node.parent : node;
  const exception = value?.parent?.parent;
  const field = exception?.children?.find(({ children }) => children?.[0]?.value === 'field');
  const index = exception?.parent?.children?.indexOf(exception) ?? 0;
  return { path: String(field?.children?.[1]?.value), at: `caretaker.exceptions.${index}.value` };
}

/** What is wrong with one use of a parameter, if anything. */
export function wrongUse(use: Use, own: OwnParameters): Omit<Problem, 'line' | 'column'> | undefined {
  const { name, path, at, isInList } = use;
  const ids = own.get(name);
  const ofRun = Object.hasOwn(RUN_PARAMETERS, name) ? RUN_PARAMETERS[name] : undefined;
  if (ids === undefined && ofRun === undefined) {
    const known = [...Object.keys(RUN_PARAMETERS), ...own.keys()].map((one) => `@${one}`);
    const message = `names @${name}, which nobody knows; known are ${known.join(', ')}`;
    return {
      kind: 'unknownParameter',
      path: at,
      parameter: name,
      message,
      mend: mendWord(`@${name}`, known, `write "${name}" into ${PARAMETERS_FILE} beside it`),
    };
  }
  const field = FIELD_BY_PATH.get(path);
  // What is no member is wrong whatever stands in it, and is said to be.
  if (field === undefined) return undefined;
  if (field.kind.ids !== true) {
    const message = `names @${name}, and takes no ids`;
    return { kind: 'misplacedParameter', path: at, message, mend: 'write the value itself' };
  }
  if (ofRun !== undefined) {
    if (ofRun.paths.includes(path) && isInList) return undefined;
    const message = `names @${name}, which belongs elsewhere`;
    return { kind: 'misplacedParameter', path: at, message, mend: `name it in ${ofRun.paths.join(' or ')}` };
  }
  if (ids?.length === 0) {
    const message = `names @${name}, which stands for nothing; the policy would mean something else without it`;
    return {
      kind: 'emptyParameter',
      path: at,
      parameter: name,
      message,
      mend: `give it a value in ${PARAMETERS_FILE}`,
    };
  }
  if (!isInList && ids?.length !== 1) {
    const message = `takes one id, and @${name} stands for ${ids?.length}`;
    return { kind: 'misplacedParameter', path: at, message, mend: 'name a parameter that stands for one' };
  }
  return undefined;
}

/** The text with a tenant's own parameters in ids, so that a run needs none of them. Comments stay. */
export function withIds(text: string, uses: readonly Use[], own: OwnParameters): string {
  const edits = uses.flatMap(({ name, node: { offset, length }, isInList }): Edit[] => {
    const ids = own.get(name) ?? [];
    const fits = isInList ? ids.length > 0 : ids.length === 1;
    return fits ? [{ offset, length, content: ids.map((id) => JSON.stringify(id)).join(', ') }] : [];
  });
  return applyEdits(text, edits);
}

/** Replaces the parameters of a run inside lists by their values; anything else stays as it is. */
export function resolve(value: unknown, parameters: Parameters): unknown {
  if (Array.isArray(value)) {
    return value.flatMap((member: unknown): readonly unknown[] => {
      const name = parameterIn(member);
      const known = name !== undefined && Object.hasOwn(parameters, name) ? parameters[name] : undefined;
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
