import { isObject, type Json, type JsonObject, type Policy, type SessionControls } from './model.ts';
import { flags, isComplex, type MemberType, memberType, typeOf, types } from './schema.ts';

/**
 * What the service makes of a body it accepted: every member present, its own defaults and its own spelling. Idempotent.
 * Members outside the schema are kept: only a tampering hand can have put them there, and what the service cannot show
 * it does not lose. Sources: answers of live tenants collected in graph2otel's and DT's test notes; entra-docs, grant page.
 */
export function complete(body: JsonObject): Policy {
  const policy = total('conditionalAccessPolicy', withDefaultClientApps(body)) as unknown as Policy;
  addRiskRemediation(policy);
  levelOperator(policy);
  fillSignInFrequency(policy);
  return policy;
}

/** Left out means all clients; an empty list is another thing, and refused (1064). */
function withDefaultClientApps(body: JsonObject): JsonObject {
  const conditions = isObject(body.conditions) ? body.conditions : {};
  return { ...body, conditions: { clientAppTypes: ['all'], ...conditions } };
}

function total(type: string, value: JsonObject): JsonObject {
  const whole: JsonObject = {};
  for (const [member, spelled] of Object.entries(types[typeOf(type, value)] ?? {})) {
    whole[member] = totalMember(memberType(spelled), value[member]);
  }
  // Known members first and in one order, so that two policies can be compared as text.
  return { ...whole, ...withoutKnown(value, whole) };
}

function totalMember({ name, collection, nullable }: MemberType, value: Json | undefined): Json {
  if (collection) return value ?? [];
  if (value === undefined || value === null)
    return !nullable && flags[name]?.includes('none') ? 'none' : null;
  if (name === 'authenticationStrengthPolicy') return isObject(value) ? { id: value.id ?? null } : value;
  if (isComplex(name) && isObject(value)) return total(name, value);
  if (name in flags && typeof value === 'string') return respelled(flags[name] ?? [], value);
  return value;
}

function withoutKnown(value: JsonObject, known: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(value).filter(([member]) => !(member in known)));
}

/** Known members in the metadata's order and letter case; what is not known follows as it was. */
function respelled(members: readonly string[], value: string): string {
  const parts = value.split(',').map((part) => part.trim());
  const lower = new Set(parts.map((part) => part.toLowerCase()));
  const strange = parts.filter(
    (part) => !members.some((member) => member.toLowerCase() === part.toLowerCase()),
  );
  return [...members.filter((member) => lower.has(member.toLowerCase())), ...strange].join(',');
}

/** `riskRemediation` brings a strength, sign-in frequency "every time" and AND along by itself. */
function addRiskRemediation(policy: Policy): void {
  const grant = policy.grantControls;
  if (!grant?.builtInControls.includes('riskRemediation')) return;
  grant.authenticationStrength ??= { id: '00000000-0000-0000-0000-000000000002' };
  grant.operator = 'AND';
  policy.sessionControls ??= total('conditionalAccessSessionControls', {}) as unknown as SessionControls;
  policy.sessionControls.signInFrequency = {
    isEnabled: true,
    type: null,
    value: null,
    authenticationType: 'primaryAndSecondaryAuthentication',
    frequencyInterval: 'everyTime',
  };
}

/** With one control there is nothing to join: the service stores OR, whatever was sent. */
function levelOperator(policy: Policy): void {
  if (policy.grantControls && controlsOf(policy) === 1) policy.grantControls.operator = 'OR';
}

/** How many grant controls the policy asks for; a strength and each terms of use count as one. */
export function controlsOf({ grantControls: grant }: Policy): number {
  if (!grant) return 0;
  const lists = [grant.builtInControls, grant.customAuthenticationFactors, grant.termsOfUse];
  return lists.reduce((sum, list) => sum + list.length, grant.authenticationStrength ? 1 : 0);
}

function fillSignInFrequency(policy: Policy): void {
  const frequency = policy.sessionControls?.signInFrequency;
  if (!frequency) return;
  frequency.authenticationType ??= 'primaryAndSecondaryAuthentication';
  frequency.frequencyInterval ??= 'timeBased';
}

/**
 * A PATCH laid over what is there: members left out are kept, arrays are replaced, null clears (Graph docs,
 * conditionalaccesspolicy-update). How deep objects merge is not documented: with `depth` 3 the members of
 * `conditions.users` left out are kept, with 2 a second-level object is replaced whole. A caller must live with both.
 */
export function merged(before: JsonObject, body: JsonObject, depth: 2 | 3): JsonObject {
  return laidOver(before, body, depth);
}

function laidOver(before: JsonObject, body: JsonObject, depth: number): JsonObject {
  const after: JsonObject = { ...before };
  for (const [member, value] of Object.entries(body)) {
    const old = before[member];
    const deeper = depth > 1 && isObject(old) && isObject(value) && !isReference(value);
    after[member] = deeper ? laidOver(old, value, depth - 1) : value;
  }
  return after;
}

/** An authentication strength is named, never merged. */
function isReference(value: JsonObject): boolean {
  return 'id' in value;
}
