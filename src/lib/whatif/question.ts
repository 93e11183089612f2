import { GUEST_TYPES } from '../policy/fields.ts';
import { isGuid, isWord } from '../policy/values.ts';
import { parseRange } from './addresses.ts';
import type { Reading } from './evaluate.ts';
import type { NamedLocation } from './locations.ts';
import { type RequestProblem, readRequest } from './request.ts';
import type { SignIn } from './signIn.ts';

type Json = Readonly<Record<string, unknown>>;

/** One What If question, as it was asked. */
export interface Question {
  readonly signIn: SignIn;
  /** null: none were given. */
  readonly namedLocations: readonly NamedLocation[] | null;
  /** Trusted addresses of the old per-user MFA settings, which Graph does not show; null: none were given. */
  readonly mfaTrustedRanges: readonly string[] | null;
  readonly reading: Reading;
  /** Leave out the policies that surely do not apply. */
  readonly appliedPoliciesOnly: boolean;
  /** Something is said of the person or the places that need not be so. */
  readonly hasFacts: boolean;
  /** The same question for Graph's own What If, where that is to be asked too. */
  readonly forGraph: Json | null;
}

export type QuestionRead =
  | { readonly ok: true; readonly question: Question }
  | { readonly ok: false; readonly problems: readonly RequestProblem[] };

/** Names that stand for ids in a question, as they do in desired-state files: `@azureManagement`. */
export type Names = Readonly<Record<string, readonly string[]>>;

/** What a member may hold; null is "not given" everywhere, as in Graph. */
interface Shape {
  readonly isRight: (value: unknown) => boolean;
  /** Reads on after the path. */
  readonly wrong: string;
}

const object: Shape = { isRight: isObject, wrong: 'is not an object' };
const flag: Shape = { isRight: (value) => typeof value === 'boolean', wrong: 'is neither true nor false' };
const text: Shape = { isRight: (value) => typeof value === 'string', wrong: 'is not text' };
const id: Shape = { isRight: isId, wrong: 'is not an object id' };
const ids: Shape = { isRight: (value) => isListOf(value, isId), wrong: 'is not a list of ids' };
const context: Shape = matching(/^c[1-9]\d?$/i, 'is none of c1 to c99');
const applications: Shape = {
  isRight: (value) => isListOf(value, isId) && value.length > 0,
  wrong:
    'is not a list of application ids; name the applications themselves, as Graph’s own What If matches no group of them',
};
const locations: Shape = {
  isRight: (value) => isListOf(value, (item) => isObject(item) && typeof item.id === 'string'),
  wrong: 'is not a list of named locations, each with its id',
};

const ranges: Shape = {
  isRight: (value) => isListOf(value, (item) => typeof item === 'string' && parseRange(item) !== undefined),
  wrong: 'is not a list of address ranges such as 203.0.113.0/24',
};

/** Every member a question may have, per object in it. */
const MEMBERS: Readonly<Record<string, Readonly<Record<string, Shape>>>> = {
  '': {
    signInIdentity: object,
    signInContext: object,
    signInConditions: object,
    appliedPoliciesOnly: flag,
    facts: object,
    reading: oneOf('depends', 'asGraph'),
    compare: flag,
  },
  signInIdentity: {
    userId: id,
    servicePrincipalId: id,
    externalTenantId: id,
    externalUserType: oneOf('none', ...GUEST_TYPES),
  },
  signInContext: {
    includeApplications: applications,
    userAction: oneOf('registerSecurityInformation', 'registerOrJoinDevices'),
    authenticationContextValue: context,
  },
  signInConditions: {
    clientAppType: text,
    devicePlatform: text,
    ipAddress: text,
    country: text,
    signInRiskLevel: text,
    userRiskLevel: text,
    servicePrincipalRiskLevel: text,
    insiderRiskLevel: text,
    authenticationFlow: object,
    deviceInfo: object,
  },
  'signInConditions.authenticationFlow': { transferMethod: text },
  facts: {
    groups: ids,
    roles: ids,
    userType: oneOf('member', 'guest', ...GUEST_TYPES),
    homeTenantId: id,
    namedLocations: locations,
    mfaTrustedRanges: ranges,
  },
};

/**
 * Reads a question in the form of Graph's `evaluate`, with `facts`, `reading` and `compare` beside it. A member nobody knows is a
 * problem: what is silently left out of a question gives the answer to another one. Never throws; every problem at once.
 *
 * @param names what `@…` among the applications stands for
 */
export function readQuestion(body: unknown, names: Names): QuestionRead {
  const named = withNames(body, names);
  const request = readRequest(named);
  const problems = [
    ...shapeProblems(named),
    ...choiceProblems(named),
    ...comparisonProblems(named),
    ...(request.ok ? [] : request.problems),
  ];
  if (!request.ok || problems.length > 0) return { ok: false, problems: firstOfEach(problems) };
  const { reading, appliedPoliciesOnly, compare } = at(named, '');
  const { mfaTrustedRanges } = at(named, 'facts');
  return {
    ok: true,
    question: {
      signIn: request.signIn,
      namedLocations: request.namedLocations,
      mfaTrustedRanges: Array.isArray(mfaTrustedRanges) ? mfaTrustedRanges.map(String) : null,
      reading: isWord(reading, 'asGraph') ? 'asGraph' : 'depends',
      appliedPoliciesOnly: appliedPoliciesOnly === true,
      hasFacts: Object.values(at(named, 'facts')).some((fact) => (fact ?? null) !== null),
      forGraph: compare === true ? graphQuestion(named) : null,
    },
  };
}

/** Graph tells identities and targets apart by their type alone. What is ours stays here. */
function graphQuestion(body: unknown): Json {
  const typed = (path: string, types: Readonly<Record<string, string>>): Json => {
    const members = at(body, path);
    const name = Object.keys(types).find((member) => (members[member] ?? null) !== null) ?? '';
    return { ...members, '@odata.type': `#microsoft.graph.${types[name]}` };
  };
  return {
    signInIdentity: typed('signInIdentity', {
      userId: 'userSignIn',
      servicePrincipalId: 'servicePrincipalSignIn',
    }),
    signInContext: typed('signInContext', {
      includeApplications: 'applicationContext',
      userAction: 'userActionContext',
      authenticationContextValue: 'authContext',
    }),
    signInConditions: at(body, 'signInConditions'),
    appliedPoliciesOnly: false,
  };
}

/** One member is mended once. */
function firstOfEach(problems: readonly RequestProblem[]): readonly RequestProblem[] {
  const first = new Map<string, RequestProblem>();
  for (const problem of problems) if (!first.has(problem.path)) first.set(problem.path, problem);
  return [...first.values()];
}

function shapeProblems(body: unknown): RequestProblem[] {
  return Object.entries(MEMBERS).flatMap(([place, shapes]) =>
    Object.entries(at(body, place)).flatMap(([name, value]): RequestProblem[] => {
      const path = place === '' ? name : `${place}.${name}`;
      if (name.includes('@odata.') || value === null || value === undefined) return [];
      const shape = Object.hasOwn(shapes, name) ? shapes[name] : undefined;
      if (shape === undefined)
        return [{ path, message: `is no member; there are ${Object.keys(shapes).join(', ')}` }];
      return shape.isRight(value) ? [] : [{ path, message: shape.wrong }];
    }),
  );
}

/** Of several identities or targets one would have to be picked: never guess. */
function choiceProblems(body: unknown): RequestProblem[] {
  return ['signInIdentity', 'signInContext'].flatMap((path) => {
    const choices = path === 'signInIdentity' ? ['userId', 'servicePrincipalId'] : TARGETS;
    const given = choices.filter((name) => (at(body, path)[name] ?? null) !== null);
    return given.length > 1 ? [{ path, message: `names ${given.join(' and ')}; give one of them` }] : [];
  });
}

/** We can leave open what a sign-in is for; Graph tells targets apart by a type that has to be given (Graph docs, evaluate). */
function comparisonProblems(body: unknown): RequestProblem[] {
  const context = at(body, 'signInContext');
  const hasTarget = TARGETS.some((name) => (context[name] ?? null) !== null);
  if (hasTarget || at(body, '').compare !== true) return [];
  const message = 'names no target; Graph’s own What If needs one: name it, or leave compare out';
  return [{ path: 'signInContext', message }];
}

const TARGETS = ['includeApplications', 'userAction', 'authenticationContextValue'];

function withNames(body: unknown, names: Names): unknown {
  const { signInContext, ...others } = at(body, '');
  const { includeApplications, ...target } = at(body, 'signInContext');
  if (!Array.isArray(includeApplications)) return body;
  const resolved = includeApplications.flatMap((name: unknown): readonly unknown[] => {
    const key = typeof name === 'string' && name.startsWith('@') ? name.slice(1) : '';
    return Object.hasOwn(names, key) ? (names[key] ?? []) : [name];
  });
  return { ...others, signInContext: { ...target, includeApplications: resolved } };
}

/** The object at a dotted path; empty where there is none, which is somebody else's to complain about. */
function at(body: unknown, path: string): Json {
  const steps = path === '' ? [] : path.split('.');
  const found = steps.reduce((value, step) => (isObject(value) ? value[step] : undefined), body);
  return isObject(found) ? found : {};
}

function oneOf(...words: readonly string[]): Shape {
  return {
    isRight: (value) => words.some((word) => isWord(value, word)),
    wrong: `is none of ${words.join(', ')}`,
  };
}

function matching(pattern: RegExp, wrong: string): Shape {
  return { isRight: (value) => typeof value === 'string' && pattern.test(value), wrong };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && isGuid(value);
}

function isListOf(value: unknown, accepts: (item: unknown) => boolean): value is readonly unknown[] {
  return Array.isArray(value) && value.every(accepts);
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
