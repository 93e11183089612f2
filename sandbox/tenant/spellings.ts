import { isObject, type Json, type JsonObject } from './model.ts';
import type { Random } from './random.ts';
import { isComplex, membersOf, memberType, typeOf } from './schema.ts';

/** Other ways in which the service has been seen to spell one and the same policy. Each takes an answer and returns another. */
export const spellings = {
  expandedObjects,
  extraNulls,
  emptyUnknowns,
  allNullSession,
  shuffledArrays,
} satisfies Record<string, (policy: JsonObject, random: Random) => JsonObject>;

export type Spelling = keyof typeof spellings;

/** Full metadata: a type on every object, links and actions on the policy (UniFy-Endpoint's exports, 2026). */
function expandedObjects(policy: JsonObject): JsonObject {
  return {
    '@odata.type': '#microsoft.graph.conditionalAccessPolicy',
    '@odata.id': `identity/conditionalAccess/policies('${policy.id}')`,
    '@odata.editLink': `identity/conditionalAccess/policies('${policy.id}')`,
    'createdDateTime@odata.type': '#DateTimeOffset',
    ...typed('conditionalAccessPolicy', policy),
    '#microsoft.graph.restore': {
      title: 'microsoft.graph.restore',
      target: `policies('${policy.id}')/restore`,
    },
  };
}

function typed(type: string, value: JsonObject): JsonObject {
  const known = membersOf(type);
  const copy: JsonObject = { '@odata.type': `#microsoft.graph.${typeOf(type, value)}` };
  for (const [member, inner] of Object.entries(value)) {
    const name = memberType(known[member] ?? '').name;
    copy[member] = isObject(inner) && isComplex(name) ? typed(name, inner) : inner;
  }
  return copy;
}

/** Members of beta and of the service itself, without a value (Graph docs, evaluate examples; beta exports). */
function extraNulls(policy: JsonObject): JsonObject {
  const conditions = ['clients', 'times', 'deviceStates', 'agents', 'agentContext', 'agentIdRiskLevels'];
  conditions.push('networkAccess', 'globalSecureAccess');
  const session = [
    'continuousAccessEvaluation',
    'globalSecureAccessFilteringProfile',
    'blockSensitiveActions',
  ];
  session.push('networkAccessSecurity');
  return {
    ...policy,
    partialEnablementStrategy: null,
    conditions: withNulls(policy.conditions, conditions),
    sessionControls: withNulls(policy.sessionControls, session),
  };
}

function withNulls(value: Json | undefined, members: readonly string[]): Json {
  if (!isObject(value)) return value ?? null;
  return { ...Object.fromEntries(members.map((member) => [member, null])), ...value };
}

/** Members that nobody has heard of, carrying nothing. */
function emptyUnknowns(policy: JsonObject): JsonObject {
  const conditions = policy.conditions;
  return {
    ...policy,
    featureRollout: {},
    conditions: isObject(conditions) ? { ...conditions, signalSources: [], posture: { levels: null } } : null,
  };
}

/** Three exported policies show a session object of nothing but nulls in place of null. */
function allNullSession(policy: JsonObject): JsonObject {
  if (policy.sessionControls !== null) return policy;
  const members = Object.keys(membersOf('conditionalAccessSessionControls'));
  return { ...policy, sessionControls: Object.fromEntries(members.map((member) => [member, null])) };
}

/** Arrays are sets; nobody promises their order. */
function shuffledArrays(policy: JsonObject, random: Random): JsonObject {
  const shuffled = (value: Json): Json => {
    if (Array.isArray(value)) return random.shuffled(value);
    if (!isObject(value)) return value;
    return Object.fromEntries(Object.entries(value).map(([member, inner]) => [member, shuffled(inner)]));
  };
  return shuffled(policy) as JsonObject;
}
