import { getNodeValue, type Node, stripComments } from 'jsonc-parser';
import {
  type Exception,
  type ExceptionProblem,
  endsAfter,
  exceptionProblems,
  exceptionsIn,
  inForce,
  withExceptions,
} from './exceptions.ts';
import {
  type OwnParameters,
  type Parameters,
  parameterIn,
  RUN_PARAMETERS,
  resolve,
  usesIn,
  withIds,
  wrongUse,
} from './parameters.ts';
import { canonical, read } from './policy/canonical.ts';
import { BETA_ONLY, FIELD_BY_PATH, type Field, objectOf, READ_ONLY, rawAt } from './policy/fields.ts';
import type { Canonical, Policy, RawPolicy, Unrecognised } from './policy/model.ts';
import { isWorkloadPolicy, SERVICE_RULES, type ServiceRule } from './policy/serviceRules.ts';
import { asSet, inWords, isEmptyRaw, isWord, sameValue } from './policy/values.ts';
import { byPlace, type Note, type Place, type Problem, START } from './problem.ts';
import { type JsonDocument, readJson } from './strictJson.ts';
import { mendWord } from './text.ts';

/** The file's own member `caretaker`: how to treat the policy, beside what it says. */
export interface Declared {
  /** Kept off for emergencies: switched on by hand, it stays on. */
  readonly isContingency: boolean;
  /** What to do when somebody made the policy stricter by hand. */
  readonly whenTightened: 'fix' | 'hold';
  /** Accepted deviations, ended ones included. */
  readonly exceptions: readonly Exception[];
}

/** The members of `caretaker` that choose, each with what it may say and what that means; the first is what silence means. */
export const CARETAKER_MEMBERS: Readonly<
  Record<
    string,
    {
      readonly meaning: string;
      readonly values: readonly (readonly [value: boolean | string, meaning: string])[];
    }
  >
> = {
  contingency: {
    meaning: 'Whether the policy is kept off for emergencies.',
    values: [
      [false, 'It is as it says: switched on by hand, it is put back.'],
      [true, 'It is kept off, and stays on where somebody switched it on by hand. Goes with state disabled.'],
    ],
  },
  whenTightened: {
    meaning: 'What to do when somebody made the policy stricter by hand.',
    values: [
      ['fix', 'Put it back.'],
      ['hold', 'Leave it and wait for a person.'],
    ],
  },
};

/** The name a document gives its policy, where it gives one. */
export interface Named {
  readonly displayName: string;
  readonly nameAt: Place;
}

/** A tenant's own parameter as a document names it. */
export interface Substitution {
  readonly name: string;
  readonly path: string;
  readonly ids: readonly string[];
}

/** A desired-state document that says something Graph could carry out. */
export interface DesiredDocument extends Named {
  /** With a tenant's own parameters in ids; those of the run are still unresolved. */
  readonly raw: RawPolicy;
  /** The text of `raw`, comments included: what is stored. */
  readonly content: string;
  readonly substitutions: readonly Substitution[];
  readonly declared: Declared;
  /** Members of the file that are not the policy's: `$schema` and `caretaker`, as they were written. */
  readonly beside: RawPolicy;
  /** Members that were accepted and dropped: read-only ones and empty unknown ones. */
  readonly notes: readonly Note[];
}

export type Parsed =
  | { readonly ok: true; readonly document: DesiredDocument }
  | { readonly ok: false; readonly problems: readonly Problem[]; readonly named: Named | undefined };

/** Ids pinned in settings, outside the desired state. */
export interface ProtectedIdentities {
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

const KEY = /^[a-z0-9-]{1,64}$/;
const ANY_ID = '00000000-0000-0000-0000-00000000000a';

export function isKey(text: string): boolean {
  return KEY.test(text);
}

/**
 * Reads one desired-state document. Never throws; reports every problem at once, in the order of the text.
 *
 * @param text JSON, with comments allowed; a byte order mark is not part of it
 * @param own the tenant's own parameters; none where a stored document is read, which needs none
 */
export function parseDesired(text: string, own: OwnParameters = new Map()): Parsed {
  const { document: json, problems: unclear } = readJson(text);
  if (json === undefined) return { ok: false, problems: unclear, named: undefined };
  if (!isObject(json.value)) {
    const mend = 'write one policy in one file, { … }; a list is no policy';
    const problem: Problem = {
      kind: 'wrongShape',
      path: '',
      ...START,
      message: 'is not a JSON object',
      mend,
    };
    return { ok: false, problems: [...unclear, problem], named: undefined };
  }
  const uses = usesIn(json.tree);
  const content = withIds(text, uses, own);
  const written = uses.length === 0 ? json.value : (JSON.parse(stripComments(content)) as RawPolicy);
  const { caretaker, $schema, ...raw } = written;
  const wrongUses = uses.flatMap((use): Problem[] => {
    const wrong = wrongUse(use, own);
    return wrong === undefined ? [] : [{ ...wrong, ...json.placeOf(use.node) }];
  });
  const problems = [
    ...unclear,
    ...wrongUses,
    ...problemsOf(raw, json),
    ...located([...declaredProblems(caretaker, raw, json), ...schemaProblems($schema)], json),
  ].sort(byPlace);
  const named = namedIn(raw, json);
  if (problems.length > 0 || named === undefined) return { ok: false, problems, named };
  const substitutions = uses.flatMap(({ name, path }) => {
    const ids = own.get(name);
    return ids === undefined ? [] : [{ name, path, ids }];
  });
  const notes = notesOf(raw, json);
  const beside = {
    ...($schema === undefined ? {} : { $schema }),
    ...(caretaker === undefined ? {} : { caretaker }),
  };
  return {
    ok: true,
    document: { ...named, raw, content, substitutions, declared: declaredIn(caretaker), beside, notes },
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
  const { contingency, whenTightened, exceptions } = (caretaker ?? {}) as Readonly<Record<string, unknown>>;
  return {
    isContingency: contingency === true,
    whenTightened: whenTightened === 'hold' ? 'hold' : 'fix',
    exceptions: exceptionsIn(exceptions),
  };
}

/** A misspelled member would be a safeguard somebody only thinks they have. */
function declaredProblems(caretaker: unknown, policy: RawPolicy, json: JsonDocument): Unplaced[] {
  if (caretaker === undefined) return [];
  const problem = (path: string, message: string, mend: string): Unplaced => ({
    kind: 'caretaker',
    path,
    message,
    mend,
  });
  if (!isObject(caretaker)) return [problem('caretaker', 'is not an object', 'write { … } or leave it out')];
  const { exceptions = [], ...choices } = caretaker;
  const known = [...Object.keys(CARETAKER_MEMBERS), 'exceptions'];
  const problems = Object.entries(choices).flatMap(([name, value]) => {
    const path = `caretaker.${name}`;
    const member = Object.hasOwn(CARETAKER_MEMBERS, name) ? CARETAKER_MEMBERS[name] : undefined;
    if (member === undefined) {
      const mend = mendWord(name, known, `take it away; known are ${known.join(', ')}`);
      return [problem(path, 'is unknown', mend)];
    }
    if (member.values.some(([allowed]) => allowed === value)) return [];
    const allowed = member.values.map(([one]) => JSON.stringify(one)).join(' or ');
    return [problem(path, `cannot be ${JSON.stringify(value)?.slice(0, 200)}`, `write ${allowed}`)];
  });
  if (caretaker.contingency === true && isWord(policy.state, 'enabled'))
    problems.push(problem('caretaker.contingency', 'is said of a policy that is on', 'write state disabled'));
  const ofExceptions = exceptionProblems(exceptions);
  const found =
    ofExceptions.length > 0
      ? ofExceptions
      : excepted(policy, exceptionsIn(exceptions), caretaker.contingency === true, json);
  return [
    ...problems,
    ...found.map(({ path, message, mend }) => problem(`caretaker.exceptions${path}`, message, mend)),
  ];
}

/** What the policy would say while its exceptions last, and as one after the other ends, must be a policy each time. */
function excepted(
  policy: RawPolicy,
  exceptions: readonly Exception[],
  isContingency: boolean,
  json: JsonDocument,
): ExceptionProblem[] {
  if (exceptions.length === 0 || problemsOf(policy, json).length > 0) return [];
  const pathOf = (field: string): string => {
    const index = exceptions.findIndex((one) => one.field === field);
    return index < 0 ? '' : `.${index}.value`;
  };
  if (isContingency && pathOf('state') !== '') {
    const message = 'is said of a policy for emergencies, which is kept off';
    return [{ path: pathOf('state'), message, mend: 'take the exception out' }];
  }
  const wrong = [0, ...endsAfter(exceptions, 0)]
    .flatMap((at) => wrongWith(withExceptions(policy, inForce(exceptions, at))))
    .map(({ path, message, mend }) => ({
      path: pathOf(path),
      message: `makes a policy whose ${path} ${message}`,
      mend,
    }));
  if (wrong.length > 0) return [...new Map(wrong.map((one) => [JSON.stringify(one), one])).values()];
  const saying = (list: readonly Exception[]): Policy => canonical(standIn(withExceptions(policy, list)));
  return exceptions
    .filter((one) => {
      const without = saying(exceptions.filter((other) => other !== one));
      return sameValue(saying(exceptions)[one.field], without[one.field]);
    })
    .map(({ field }) => ({
      path: pathOf(field),
      message: 'says what the policy says without it',
      mend: 'take the exception out',
    }));
}

/** What is wrong with a policy that stands in no file. Parameters are judged where they stand. */
function wrongWith(raw: RawPolicy): Pick<Problem, 'path' | 'message' | 'mend'>[] {
  const { document: json } = readJson(JSON.stringify(raw));
  return json === undefined ? [] : problemsOf(raw, json);
}

/** The policy with ids in place of parameters, whose values are not known yet. */
function standIn(raw: RawPolicy): RawPolicy {
  const ids = Object.fromEntries(Object.keys(RUN_PARAMETERS).map((name) => [name, [ANY_ID]]));
  return resolve(raw, ids) as RawPolicy;
}

function schemaProblems($schema: unknown): Unplaced[] {
  if ($schema === undefined || typeof $schema === 'string') return [];
  const mend = 'write where the schema is, or leave it out';
  return [{ kind: 'wrongShape', path: '$schema', message: 'is not text', mend }];
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

/** A problem of a member, wherever that stands. */
type Unplaced = Omit<Problem, keyof Place>;

function problemsOf(raw: RawPolicy, json: JsonDocument): Problem[] {
  const stand = standIn(raw);
  const { policy, unrecognised } = read(stand);
  const odd = unrecognised.filter((member) => !member.empty);
  const missing = missingMembers(raw);
  // Of what was not understood the service's rules would only complain again, in other words.
  const doubtful = [...missing.map(({ path }) => path), ...odd.flatMap(doubtfulIn)];
  const broken = SERVICE_RULES.filter((rule) => isBrokenForSure(rule, policy, stand, doubtful)).map(
    ({ code, path, message, mend }): Unplaced => ({ kind: 'serviceRule', code, path, message, mend }),
  );
  return [...odd.flatMap((member) => problemsWith(member, json)), ...located([...missing, ...broken], json)];
}

/** The object that a misunderstood member leaves in doubt: a misspelled one may have been meant for any beside it. */
function doubtfulIn({ path, reason }: Unrecognised): string[] {
  switch (reason) {
    case 'unknownMember':
      return [path.split('.').slice(0, -1).join('.')];
    case 'wrongShape':
      return [path];
    case 'unknownValue':
      return [];
  }
}

/** Whether the service would refuse the policy by this rule, whatever the members that could not be read say. */
function isBrokenForSure(
  rule: ServiceRule,
  policy: Policy,
  raw: RawPolicy,
  doubtful: readonly string[],
): boolean {
  const asked = new Set<string>();
  const watched = new Proxy(policy, {
    get(target, path) {
      asked.add(String(path));
      return target[String(path)];
    },
  });
  const isBroken = rule.isBroken(watched, (path) => {
    asked.add(path);
    return rawAt(raw, path);
  });
  return isBroken && !doubtful.some((path) => [...asked].some((one) => areTogether(one, path)));
}

/** Whether two members are in one object: what one of them means may hang on the other. */
function areTogether(one: string, other: string): boolean {
  const [a, b] = [objectOf(one), objectOf(other)];
  return a === b || b === '' || a.startsWith(`${b}.`) || b.startsWith(`${a}.`);
}

function missingMembers(raw: RawPolicy): Unplaced[] {
  const missing = (path: string, message: string, mend: string): Unplaced => ({
    kind: 'wrongShape',
    path,
    message,
    mend,
  });
  const problems: Unplaced[] = [];
  if (raw.displayName === undefined || raw.displayName === null)
    problems.push(missing('displayName', 'is missing', 'give the policy a name'));
  if (isEmptyRaw(raw.state)) {
    const mend = `write ${inWords(kindAt('state'))}`;
    problems.push(missing('state', 'is missing', mend));
  }
  if (!isObject(raw.conditions) && isEmptyRaw(raw.conditions))
    problems.push(missing('conditions', 'is missing', 'say who and what the policy is for'));
  return problems;
}

function kindAt(path: string): Field['kind'] {
  const field = FIELD_BY_PATH.get(path);
  if (field === undefined) throw new Error(`no field ${path}`);
  return field.kind;
}

/** Every member that may stand in an object, by the object's path; the policy's own are under the empty one. */
const MEMBERS_IN: ReadonlyMap<string, ReadonlySet<string>> = membersIn();

function membersIn(): Map<string, Set<string>> {
  const members = new Map([['', new Set(['$schema', 'caretaker'])]]);
  for (const path of FIELD_BY_PATH.keys()) {
    const names = path.split('.');
    for (const [depth, name] of names.entries()) {
      const object = names.slice(0, depth).join('.');
      members.set(object, (members.get(object) ?? new Set()).add(name));
    }
  }
  return members;
}

function mendMember(path: string): string {
  const [name = '', ...around] = path.split('.').reverse();
  const known = MEMBERS_IN.get(around.reverse().join('.')) ?? [];
  return mendWord(name, known, 'take it away, or correct its name');
}

/** One problem for each member of a list, so that the place is the member's own. */
function problemsWith(member: Unrecognised, json: JsonDocument): Problem[] {
  const { path, reason } = member;
  const field = FIELD_BY_PATH.get(path);
  if (field === undefined || reason === 'unknownMember') {
    const isOfBeta = BETA_ONLY.has(path);
    // As it was written: parameters have been replaced where it was read.
    const node = json.nodeAt(path);
    const value = node === undefined ? member.value : shortly(getNodeValue(node));
    const unknown: Unplaced = {
      kind: isOfBeta ? 'betaOnly' : 'wrongShape',
      path,
      message: isOfBeta
        ? `exists in Graph beta only, and v1.0 cannot set it: ${value}`
        : reason === 'unknownMember'
          ? `is no member of Graph v1.0’s policy: ${value}`
          : `is not what Graph v1.0 has there: ${value}`,
      mend: reason === 'unknownMember' ? mendMember(path) : 'write an object with its members',
    };
    return located([unknown], json);
  }
  const leaf = json.nodeAt(path);
  const members = leaf?.type === 'array' ? (leaf.children ?? []) : leaf === undefined ? [] : [leaf];
  return members.filter((one) => isOdd(one, field)).map((one) => problemWithValue(one, field, json));
}

/** Parameters have problems of their own. */
function isOdd(node: Node, { kind }: Field): boolean {
  if (parameterIn(node.value) !== undefined) return false;
  const value: unknown = getNodeValue(node);
  const isMember = node.parent?.type === 'array';
  return kind.parse(isMember ? [value] : value).odd !== undefined;
}

function problemWithValue(node: Node, { path, kind }: Field, json: JsonDocument): Problem {
  const value: unknown = getNodeValue(node);
  const isInPlace = kind.name === 'text' || node.parent?.type === 'array';
  return {
    kind: kind.ids === true && isInPlace && typeof value === 'string' ? 'notAnId' : 'wrongShape',
    path,
    ...json.placeOf(node),
    message: `cannot be ${shortly(value)}`,
    mend: `write ${inWords(kind)}`,
  };
}

function shortly(value: unknown): string {
  const written = JSON.stringify(value);
  return written.length > 200 ? `${written.slice(0, 200)}…` : written;
}

function notesOf(raw: RawPolicy, json: JsonDocument): Note[] {
  const readOnly = Object.keys(raw).filter((name) => READ_ONLY.has(name) && raw[name] !== null);
  const { unrecognised } = read(raw);
  return [
    ...readOnly.map((path) => ({ path, message: 'is read-only and was dropped' })),
    ...unrecognised
      .filter(({ empty }) => empty)
      .map(({ path }) => ({ path, message: 'is empty and unknown to v1.0, and was dropped' })),
  ]
    .map((note) => ({ ...note, ...placeOf(json, note.path) }))
    .sort(byPlace);
}

function namedIn({ displayName }: RawPolicy, json: JsonDocument): Named | undefined {
  return typeof displayName === 'string' ? { displayName, nameAt: placeOf(json, 'displayName') } : undefined;
}

function isObject(value: unknown): value is RawPolicy {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function located(problems: readonly Unplaced[], json: JsonDocument): Problem[] {
  return problems.map((problem) => ({ ...problem, ...placeOf(json, problem.path) }));
}

/** The member's own place, or that of the nearest object around it where it is missing. */
function placeOf(json: JsonDocument, path: string): Place {
  const names = path === '' ? [] : path.split('.');
  for (let length = names.length; length > 0; length -= 1) {
    const node = json.nodeAt(names.slice(0, length).join('.'));
    if (node !== undefined) return json.placeOf(node);
  }
  return json.placeOf(json.tree);
}
