/** JSON as it travels. */
export type Json = null | boolean | number | string | Json[] | JsonObject;
export interface JsonObject {
  [member: string]: Json;
}

/** The one thing the tenant needs of time. Milliseconds since 1970, UTC. */
export interface Clock {
  now(): number;
}

/**
 * A conditionalAccessPolicy as the service keeps it: every member present, an authentication strength by its id alone.
 * Members and nullability: msgraph-metadata, schemas/v1.0-Prod.csdl; `schema.ts` holds the same as data.
 */
export interface Policy {
  id: string;
  templateId: string | null;
  displayName: string;
  createdDateTime: string | null;
  modifiedDateTime: string | null;
  deletedDateTime: string | null;
  state: 'enabled' | 'disabled' | 'enabledForReportingButNotEnforced';
  conditions: Conditions;
  grantControls: GrantControls | null;
  sessionControls: SessionControls | null;
}

export interface Conditions {
  clientAppTypes: string[];
  signInRiskLevels: string[];
  userRiskLevels: string[];
  servicePrincipalRiskLevels: string[];
  insiderRiskLevels: string | null;
  applications: Applications | null;
  users: Users | null;
  clientApplications: ClientApplications | null;
  platforms: { includePlatforms: string[]; excludePlatforms: string[] } | null;
  locations: { includeLocations: string[]; excludeLocations: string[] } | null;
  devices: { deviceFilter: Filter | null } | null;
  authenticationFlows: { transferMethods: string | null } | null;
}

export interface Filter {
  mode: string;
  rule: string;
}

export interface Applications {
  includeApplications: string[];
  excludeApplications: string[];
  includeUserActions: string[];
  includeAuthenticationContextClassReferences: string[];
  applicationFilter: Filter | null;
}

export interface Users {
  includeUsers: string[];
  excludeUsers: string[];
  includeGroups: string[];
  excludeGroups: string[];
  includeRoles: string[];
  excludeRoles: string[];
  includeGuestsOrExternalUsers: Guests | null;
  excludeGuestsOrExternalUsers: Guests | null;
}

export interface Guests {
  guestOrExternalUserTypes: string | null;
  externalTenants: { '@odata.type'?: string; membershipKind: string | null; members?: string[] } | null;
}

export interface ClientApplications {
  includeServicePrincipals: string[];
  excludeServicePrincipals: string[];
  servicePrincipalFilter: Filter | null;
}

export interface GrantControls {
  operator: string | null;
  builtInControls: string[];
  customAuthenticationFactors: string[];
  termsOfUse: string[];
  authenticationStrength: { id: string } | null;
}

export interface SessionControls {
  disableResilienceDefaults: boolean | null;
  applicationEnforcedRestrictions: { isEnabled: boolean | null } | null;
  cloudAppSecurity: { isEnabled: boolean | null; cloudAppSecurityType: string | null } | null;
  signInFrequency: SignInFrequency | null;
  persistentBrowser: { isEnabled: boolean | null; mode: string | null } | null;
  secureSignInSession: { isEnabled: boolean | null } | null;
}

export interface SignInFrequency {
  isEnabled: boolean | null;
  type: string | null;
  value: number | null;
  authenticationType: string | null;
  frequencyInterval: string | null;
}

/** A user, as far as Conditional Access cares. What is left out counts as an enabled, cloud-only member. */
export interface User {
  id: string;
  displayName?: string;
  userPrincipalName?: string;
  accountEnabled?: boolean;
  onPremisesSyncEnabled?: boolean | null;
  userType?: 'Member' | 'Guest';
  /** `Invitation` for who comes from another tenant. */
  creationType?: string | null;
}

/** A group; `members` are ids of users and of other groups. */
export interface Group {
  id: string;
  displayName?: string;
  members: string[];
}

/** An activated directory role; policies name it by `roleTemplateId`. `members` are ids of users and groups. */
export interface DirectoryRole {
  id: string;
  roleTemplateId: string;
  displayName?: string;
  members: string[];
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Object ids, app ids and role template ids alike. */
export function isGuid(text: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(text);
}
