import { isObject, type Json, type JsonObject, type Policy } from './model.ts';

/** Built-in strengths: graph2otel's live policies; Graph docs, authenticationstrengthpolicy. */
export const builtInStrengths: readonly JsonObject[] = [
  strength('00000000-0000-0000-0000-000000000002', 'Multifactor authentication', [
    'windowsHelloForBusiness',
    'fido2',
    'x509CertificateMultiFactor',
    'deviceBasedPush',
    'temporaryAccessPassOneTime',
    'temporaryAccessPassMultiUse',
    'password,microsoftAuthenticatorPush',
    'password,softwareOath',
    'password,hardwareOath',
    'password,sms',
    'password,voice',
    'federatedMultiFactor',
  ]),
  strength('00000000-0000-0000-0000-000000000003', 'Passwordless MFA', [
    'windowsHelloForBusiness',
    'fido2',
    'x509CertificateMultiFactor',
    'deviceBasedPush',
  ]),
  strength('00000000-0000-0000-0000-000000000004', 'Phishing-resistant MFA', [
    'windowsHelloForBusiness',
    'fido2',
    'x509CertificateMultiFactor',
  ]),
];

/** A strength with every member of the metadata. */
export function strength(
  id: string,
  displayName: string,
  allowedCombinations: string[],
  policyType = 'builtIn',
): JsonObject {
  return {
    id,
    createdDateTime: '2021-12-01T08:00:00Z',
    modifiedDateTime: '2021-12-01T08:00:00Z',
    displayName,
    description: null,
    policyType,
    requirementsSatisfied: 'mfa',
    allowedCombinations,
    combinationConfigurations: [],
  };
}

/** How one caller gets to see a policy. */
export interface View {
  readonly origin: string;
  readonly strengths: ReadonlyMap<string, JsonObject>;
  /** Hide `linux` and `riskRemediation`, as for a caller without `Prefer: include-unknown-enum-members`. */
  readonly masked: boolean;
}

/**
 * A policy as v1.0 answers it: every member there, the strength expanded, and `authenticationStrength@odata.context`
 * beside it even when it is null (graph2otel's copies of a live tenant, July 2026).
 */
export function present(policy: Policy, view: View): JsonObject {
  const answer = structuredClone(policy) as unknown as JsonObject;
  expandStrength(answer, view);
  expandTenants(answer);
  if (view.masked) maskNewMembers(answer);
  return answer;
}

/** The `@odata.context` of a single policy or a list of them. */
export function contextOf(origin: string, set: string, single: boolean): string {
  return `${origin}/v1.0/$metadata#${set}${single ? '/$entity' : ''}`;
}

function expandStrength(answer: JsonObject, { origin, strengths }: View): void {
  const grant = answer.grantControls;
  if (!isObject(grant)) return;
  const path = `identity/conditionalAccess/policies('${answer.id}')/grantControls/authenticationStrength`;
  const reference = grant.authenticationStrength;
  delete grant.authenticationStrength;
  grant['authenticationStrength@odata.context'] = contextOf(origin, path, true);
  grant.authenticationStrength = isObject(reference) ? expanded(reference, strengths, origin, path) : null;
}

function expanded(
  reference: JsonObject,
  strengths: ReadonlyMap<string, JsonObject>,
  origin: string,
  path: string,
): JsonObject {
  const id = String(reference.id);
  const { combinationConfigurations, ...whole } = strengths.get(id) ?? strength(id, 'Unknown strength', []);
  return {
    ...structuredClone(whole),
    'combinationConfigurations@odata.context': contextOf(origin, `${path}/combinationConfigurations`, false),
    combinationConfigurations: structuredClone(combinationConfigurations ?? []),
  };
}

/** The type of externalTenants is always spelled out; `members` is there for the enumerated kind alone. */
function expandTenants(answer: JsonObject): void {
  for (const member of ['includeGuestsOrExternalUsers', 'excludeGuestsOrExternalUsers']) {
    const tenants = at(answer, ['conditions', 'users', member, 'externalTenants']);
    if (!isObject(tenants)) continue;
    const enumerated = tenants.membershipKind === 'enumerated';
    tenants['@odata.type'] =
      `#microsoft.graph.conditionalAccess${enumerated ? 'Enumerated' : 'All'}ExternalTenants`;
    if (enumerated) tenants.members ??= [];
    else delete tenants.members;
  }
}

const newMembers = new Set<Json>(['linux', 'riskRemediation']);
const maskedLists = [
  ['conditions', 'platforms', 'includePlatforms'],
  ['conditions', 'platforms', 'excludePlatforms'],
  ['grantControls', 'builtInControls'],
];

function maskNewMembers(answer: JsonObject): void {
  for (const path of maskedLists) {
    const list = at(answer, path);
    if (!Array.isArray(list)) continue;
    list.forEach((value, index) => {
      if (newMembers.has(value)) list[index] = 'unknownFutureValue';
    });
  }
}

/** The value at a path, or `undefined` where the path ends early. */
export function at(value: Json, path: readonly string[]): Json | undefined {
  let here: Json | undefined = value;
  for (const member of path) here = isObject(here) ? here[member] : undefined;
  return here;
}
