import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { isObject, type Json, type JsonObject } from './model.ts';

/**
 * Graph v1.0's Conditional Access types, written as `member: type`. `?` may be null, `[]` a collection (never null, as in
 * the CSDL). Source of every name: github.com/microsoftgraph/msgraph-metadata, schemas/v1.0-Prod.csdl, 20 Aug 2026.
 */
export const types: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  conditionalAccessPolicy: {
    id: 'string',
    templateId: 'string?',
    displayName: 'string',
    description: 'string?',
    createdDateTime: 'dateTime?',
    modifiedDateTime: 'dateTime?',
    deletedDateTime: 'dateTime?',
    state: 'conditionalAccessPolicyState',
    conditions: 'conditionalAccessConditionSet',
    grantControls: 'conditionalAccessGrantControls?',
    sessionControls: 'conditionalAccessSessionControls?',
  },
  conditionalAccessConditionSet: {
    clientAppTypes: 'conditionalAccessClientApp[]',
    signInRiskLevels: 'riskLevel[]',
    userRiskLevels: 'riskLevel[]',
    servicePrincipalRiskLevels: 'riskLevel[]',
    insiderRiskLevels: 'conditionalAccessInsiderRiskLevels?',
    applications: 'conditionalAccessApplications?',
    users: 'conditionalAccessUsers?',
    clientApplications: 'conditionalAccessClientApplications?',
    platforms: 'conditionalAccessPlatforms?',
    locations: 'conditionalAccessLocations?',
    devices: 'conditionalAccessDevices?',
    authenticationFlows: 'conditionalAccessAuthenticationFlows?',
  },
  conditionalAccessApplications: {
    includeApplications: 'string[]',
    excludeApplications: 'string[]',
    includeUserActions: 'string[]',
    includeAuthenticationContextClassReferences: 'string[]',
    applicationFilter: 'conditionalAccessFilter?',
  },
  conditionalAccessUsers: {
    includeUsers: 'string[]',
    excludeUsers: 'string[]',
    includeGroups: 'string[]',
    excludeGroups: 'string[]',
    includeRoles: 'string[]',
    excludeRoles: 'string[]',
    includeGuestsOrExternalUsers: 'conditionalAccessGuestsOrExternalUsers?',
    excludeGuestsOrExternalUsers: 'conditionalAccessGuestsOrExternalUsers?',
  },
  conditionalAccessGuestsOrExternalUsers: {
    guestOrExternalUserTypes: 'conditionalAccessGuestOrExternalUserTypes',
    externalTenants: 'conditionalAccessExternalTenants?',
  },
  conditionalAccessAllExternalTenants: {
    membershipKind: 'conditionalAccessExternalTenantsMembershipKind?',
  },
  conditionalAccessEnumeratedExternalTenants: {
    membershipKind: 'conditionalAccessExternalTenantsMembershipKind?',
    members: 'string[]',
  },
  conditionalAccessClientApplications: {
    includeServicePrincipals: 'string[]',
    excludeServicePrincipals: 'string[]',
    servicePrincipalFilter: 'conditionalAccessFilter?',
  },
  conditionalAccessPlatforms: {
    includePlatforms: 'conditionalAccessDevicePlatform[]',
    excludePlatforms: 'conditionalAccessDevicePlatform[]',
  },
  conditionalAccessLocations: { includeLocations: 'string[]', excludeLocations: 'string[]' },
  conditionalAccessDevices: { deviceFilter: 'conditionalAccessFilter?' },
  conditionalAccessAuthenticationFlows: { transferMethods: 'conditionalAccessTransferMethods' },
  conditionalAccessFilter: { mode: 'filterMode', rule: 'string' },
  conditionalAccessGrantControls: {
    operator: 'string?',
    builtInControls: 'conditionalAccessGrantControl[]',
    customAuthenticationFactors: 'string[]',
    termsOfUse: 'string[]',
    authenticationStrength: 'authenticationStrengthPolicy?',
  },
  authenticationStrengthPolicy: {
    id: 'string',
    createdDateTime: 'dateTime',
    modifiedDateTime: 'dateTime',
    displayName: 'string',
    description: 'string?',
    policyType: 'authenticationStrengthPolicyType',
    requirementsSatisfied: 'authenticationStrengthRequirements',
    allowedCombinations: 'authenticationMethodModes[]',
    combinationConfigurations: 'authenticationCombinationConfiguration[]',
  },
  authenticationCombinationConfiguration: {
    id: 'string',
    appliesToCombinations: 'authenticationMethodModes[]',
  },
  conditionalAccessSessionControls: {
    disableResilienceDefaults: 'boolean?',
    applicationEnforcedRestrictions: 'applicationEnforcedRestrictionsSessionControl?',
    cloudAppSecurity: 'cloudAppSecuritySessionControl?',
    signInFrequency: 'signInFrequencySessionControl?',
    persistentBrowser: 'persistentBrowserSessionControl?',
    secureSignInSession: 'secureSignInSessionControl?',
  },
  applicationEnforcedRestrictionsSessionControl: { isEnabled: 'boolean?' },
  cloudAppSecuritySessionControl: {
    isEnabled: 'boolean?',
    cloudAppSecurityType: 'cloudAppSecuritySessionControlType?',
  },
  signInFrequencySessionControl: {
    isEnabled: 'boolean?',
    type: 'signinFrequencyType?',
    value: 'int32?',
    authenticationType: 'signInFrequencyAuthenticationType?',
    frequencyInterval: 'signInFrequencyInterval?',
  },
  persistentBrowserSessionControl: { isEnabled: 'boolean?', mode: 'persistentBrowserSessionMode?' },
  secureSignInSessionControl: { isEnabled: 'boolean?' },
};

/** Abstract types and what may stand for them; `@odata.type` says which it is. */
export const derived: Readonly<Record<string, readonly string[]>> = {
  conditionalAccessExternalTenants: [
    'conditionalAccessAllExternalTenants',
    'conditionalAccessEnumeratedExternalTenants',
  ],
};

const evolvable = 'unknownFutureValue';

/** Members in the order of the metadata. Those after `unknownFutureValue` are shown only to callers who prefer to see them. */
export const enums: Readonly<Record<string, readonly string[]>> = {
  conditionalAccessPolicyState: ['enabled', 'disabled', 'enabledForReportingButNotEnforced'],
  conditionalAccessClientApp: [
    'all',
    'browser',
    'mobileAppsAndDesktopClients',
    'exchangeActiveSync',
    'easSupported',
    'other',
    evolvable,
  ],
  conditionalAccessDevicePlatform: [
    'android',
    'iOS',
    'windows',
    'windowsPhone',
    'macOS',
    'all',
    evolvable,
    'linux',
  ],
  conditionalAccessGrantControl: [
    'block',
    'mfa',
    'compliantDevice',
    'domainJoinedDevice',
    'approvedApplication',
    'compliantApplication',
    'passwordChange',
    evolvable,
    'riskRemediation',
  ],
  riskLevel: ['low', 'medium', 'high', 'hidden', 'none', evolvable],
  filterMode: ['include', 'exclude'],
  conditionalAccessExternalTenantsMembershipKind: ['all', 'enumerated', evolvable],
  cloudAppSecuritySessionControlType: ['mcasConfigured', 'monitorOnly', 'blockDownloads', evolvable],
  signinFrequencyType: ['days', 'hours'],
  signInFrequencyAuthenticationType: [
    'primaryAndSecondaryAuthentication',
    'secondaryAuthentication',
    evolvable,
  ],
  signInFrequencyInterval: ['timeBased', 'everyTime', evolvable],
  persistentBrowserSessionMode: ['always', 'never'],
  authenticationStrengthPolicyType: ['builtIn', 'custom', evolvable],
};

/** Enumerations whose value is several members in one string, joined with commas. */
export const flags: Readonly<Record<string, readonly string[]>> = {
  conditionalAccessInsiderRiskLevels: ['minor', 'moderate', 'elevated', evolvable],
  conditionalAccessGuestOrExternalUserTypes: [
    'none',
    'internalGuest',
    'b2bCollaborationGuest',
    'b2bCollaborationMember',
    'b2bDirectConnectUser',
    'otherExternalUser',
    'serviceProvider',
    evolvable,
  ],
  conditionalAccessTransferMethods: ['none', 'deviceCodeFlow', 'authenticationTransfer', evolvable],
  authenticationStrengthRequirements: ['none', 'mfa', evolvable],
  authenticationMethodModes: [
    'password',
    'voice',
    'hardwareOath',
    'softwareOath',
    'sms',
    'fido2',
    'windowsHelloForBusiness',
    'microsoftAuthenticatorPush',
    'deviceBasedPush',
    'temporaryAccessPassOneTime',
    'temporaryAccessPassMultiUse',
    'email',
    'x509CertificateSingleFactor',
    'x509CertificateMultiFactor',
    'federatedSingleFactor',
    'federatedMultiFactor',
    evolvable,
    'qrCodePin',
  ],
};

/** Members of a policy that only the service writes. `description` and `templateId` are treated so too: nobody has seen them accepted. */
export const readOnly: readonly string[] = [
  'id',
  'templateId',
  'description',
  'createdDateTime',
  'modifiedDateTime',
  'deletedDateTime',
];

/** Members without which an object in a body says nothing. */
const neededWhenSent: Readonly<Record<string, readonly string[]>> = {
  conditionalAccessFilter: ['mode', 'rule'],
  authenticationStrengthPolicy: ['id'],
};

/** In the metadata, and in no payload that anybody has shown. */
const neverShown = new Set(['conditionalAccessPolicy.description']);

/** What a member's type says: `conditionalAccessClientApp[]` → name, collection. */
export interface MemberType {
  readonly name: string;
  readonly nullable: boolean;
  readonly collection: boolean;
}

export function memberType(spelled: string): MemberType {
  const name = spelled.replace(/\?$|\[\]$/, '');
  return { name, nullable: spelled.endsWith('?'), collection: spelled.endsWith('[]') };
}

/** The type a value really has: `externalTenants` names its own with `@odata.type`. */
export function typeOf(name: string, value: JsonObject): string {
  const variants = derived[name];
  if (!variants) return name;
  return (
    variants.find((variant) => value['@odata.type'] === `#microsoft.graph.${variant}`) ??
    (variants[0] as string)
  );
}

/** Every member a value of the type could have, whichever derived type it is. */
export function membersOf(name: string): Readonly<Record<string, string>> {
  return Object.assign({}, ...(derived[name] ?? [name]).map((variant) => types[variant] ?? {}));
}

export function isComplex(name: string): boolean {
  return name in types || name in derived;
}

/** Checks the body of a POST. */
export const validCreate: ValidateFunction = compiled(bodySchema(['displayName', 'state', 'conditions']));
/** Checks the body of a PATCH. */
export const validUpdate: ValidateFunction = compiled(bodySchema([]));
/** Checks a policy as the service answers it: whole, and nothing beside the published members. */
export const validAnswer: ValidateFunction = compiled(answerSchema());

/**
 * A null for a member the endpoint does not know is dropped without a word (field map of
 * deploymenttheory/terraform-provider-microsoft365: bodies copied from the portal); with a value it is refused.
 */
export function withoutUnknownNulls(
  body: JsonObject,
  type = 'conditionalAccessPolicy',
): { body: JsonObject; dropped: string[] } {
  const known = membersOf(type);
  const kept: JsonObject = {};
  const dropped: string[] = [];
  for (const [member, value] of Object.entries(body)) {
    const spelled = known[member];
    if (spelled === undefined && value === null) {
      dropped.push(member);
    } else if (spelled !== undefined && isObject(value) && isComplex(memberType(spelled).name)) {
      const inner = withoutUnknownNulls(value, memberType(spelled).name);
      kept[member] = inner.body;
      dropped.push(...inner.dropped.map((path) => `${member}.${path}`));
    } else {
      kept[member] = value;
    }
  }
  return { body: kept, dropped };
}

/** The first complaint of a validator, in words: `/conditions/users/excludeUsers must be array`. */
export function complaint(validator: ValidateFunction): string {
  const error = validator.errors?.find((one) => one.keyword !== 'anyOf') ?? validator.errors?.[0];
  if (!error) return 'the body is not what the schema asks for';
  const extra = error.params.additionalProperty;
  const path = `${error.instancePath}${typeof extra === 'string' ? `/${extra}` : ''}`;
  return `${path || '/'} ${error.message ?? 'is not valid'}`;
}

type Direction = 'sent' | 'answered';

function bodySchema(required: readonly string[]): JsonObject {
  const policy = objectSchema('conditionalAccessPolicy', 'sent');
  const properties = Object.entries(policy.properties as JsonObject);
  return {
    ...policy,
    properties: Object.fromEntries(properties.filter(([member]) => !readOnly.includes(member))),
    required: [...required],
    $defs: definitions('sent'),
  };
}

function answerSchema(): JsonObject {
  return { ...objectSchema('conditionalAccessPolicy', 'answered'), $defs: definitions('answered') };
}

function definitions(direction: Direction): JsonObject {
  const schemas: JsonObject = {
    string: { type: 'string' },
    boolean: { type: 'boolean' },
    int32: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
    // Zero to seven digits of a second have been seen in exports.
    dateTime: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{1,7})?Z$' },
  };
  for (const [name, members] of Object.entries(enums)) {
    schemas[name] = { type: 'string', enum: known(members, direction) };
  }
  for (const [name, members] of Object.entries(flags)) {
    schemas[name] = { type: 'string', flags: known(members, direction) };
  }
  for (const name of Object.keys(types)) schemas[name] = objectSchema(name, direction);
  for (const [name, variants] of Object.entries(derived)) {
    schemas[name] =
      direction === 'sent'
        ? objectSchema(name, direction)
        : { anyOf: variants.map((variant) => ({ $ref: `#/$defs/${variant}` })) };
  }
  return schemas;
}

/** `unknownFutureValue` is a word for "I may not tell you"; sent back it is refused (1007, hashicorp/terraform-provider-azuread #730). */
function known(members: readonly string[], direction: Direction): string[] {
  return members.filter((member) => direction === 'answered' || member !== evolvable);
}

function objectSchema(name: string, direction: Direction): JsonObject {
  const members = membersOf(name);
  const properties: JsonObject = {
    '@odata.type': direction === 'answered' ? { const: `#microsoft.graph.${name}` } : { type: 'string' },
  };
  for (const [member, spelled] of Object.entries(members)) properties[member] = memberSchema(spelled, name);
  const shown = Object.keys(members).filter((member) => !neverShown.has(`${name}.${member}`));
  return {
    type: 'object',
    properties,
    additionalProperties: false,
    ...(direction === 'answered'
      ? { required: shown, patternProperties: { '.@odata\\.context$': { type: 'string' } } }
      : { required: [...(neededWhenSent[name] ?? [])] }),
  };
}

function memberSchema(spelled: string, owner: string): JsonObject {
  const { name, nullable, collection } = memberType(spelled);
  const one = { $ref: `#/$defs/${name}` };
  // A body may spell externalTenants of kind "all" with an empty or null list of members.
  const asNull = nullable || owner in derived;
  if (collection) return asNull ? { type: ['array', 'null'], items: one } : { type: 'array', items: one };
  return asNull ? { anyOf: [one, { type: 'null' }] } : one;
}

function compiled(schema: JsonObject): ValidateFunction {
  const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictTypes: false });
  ajv.addKeyword({
    keyword: 'flags',
    type: 'string',
    schemaType: 'array',
    // Any order, any letter case: the service levels both.
    validate: (members: string[], data: string) => {
      const names = new Set(members.map((member) => member.toLowerCase()));
      return data.split(',').every((part) => names.has(part.trim().toLowerCase()));
    },
  });
  return ajv.compile(schema);
}

/** True when the JSON is what v1.0 publishes for one policy; `@odata.context` beside the policy's own members is allowed. */
export function isPublishedPolicy(value: Json): boolean {
  if (!isObject(value)) return false;
  const { '@odata.context': _context, ...policy } = value;
  return validAnswer(policy) === true;
}
