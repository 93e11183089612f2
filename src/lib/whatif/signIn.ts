/**
 * One sign-in, as far as it is known. An absent member was not given, which is something else than a member that says
 * "none": the first may still be anything, the second is a fact.
 */
export interface SignIn {
  readonly identity: Identity;
  readonly target?: Target;
  /** `browser`, `mobileAppsAndDesktopClients`, `exchangeActiveSync` or `other`. */
  readonly clientApp?: string;
  /** `android`, `iOS`, `linux`, `macOS`, `windows`, `windowsPhone`, or `unknown` for what the user agent does not say. */
  readonly platform?: string;
  readonly location?: Location;
  readonly device?: Device;
  /** `none`, `low`, `medium` or `high`. */
  readonly signInRisk?: string;
  readonly userRisk?: string;
  readonly servicePrincipalRisk?: string;
  /** `none`, `minor`, `moderate` or `elevated`. */
  readonly insiderRisk?: string;
  /** `none`, `deviceCodeFlow` or `authenticationTransfer`. */
  readonly authenticationFlow?: string;
}

export type Identity = UserIdentity | WorkloadIdentity;

export interface UserIdentity {
  readonly kind: 'user';
  /** Object id, lower case. Anything else stands for somebody of whom not even that is known. */
  readonly id: string;
  /** Every group, nested ones included. */
  readonly groups?: readonly string[];
  /** Groups it is surely in, where the whole list is not known. */
  readonly groupsAtLeast?: readonly string[];
  /** Template ids of every active directory-wide built-in role; custom roles and scoped ones do not count. */
  readonly roles?: readonly string[];
  /** null: a member of this tenant. */
  readonly guestType?: string | null;
  /** A guest, of a kind that is not known. Says nothing where `guestType` does. */
  readonly isGuest?: true;
  /** Tenant a guest comes from; null: this one. */
  readonly homeTenantId?: string | null;
}

/** A service principal of this tenant. Managed identities and other tenants' applications fall under no policy. */
export interface WorkloadIdentity {
  readonly kind: 'workload';
  readonly servicePrincipalId: string;
}

/** What the sign-in is for. Several apps: what is asked is whether a policy applies to any. */
export type Target =
  | { readonly kind: 'app'; readonly appIds: readonly string[] }
  /** As policies spell it: `urn:user:registersecurityinfo`, `urn:user:registerdevice`. */
  | { readonly kind: 'userAction'; readonly action: string }
  /** `c1` to `c99`. */
  | { readonly kind: 'authContext'; readonly value: string };

export interface Location {
  /** Public address, IPv4 or IPv6; null: one that is in no named range. */
  readonly ipAddress?: string | null;
  /** Two letters; null: the address belongs to no known country. */
  readonly country?: string | null;
}

export const DEVICE_ATTRIBUTES = [
  'deviceId',
  'deviceOwnership',
  'displayName',
  'enrollmentProfileName',
  'extensionAttribute1',
  'extensionAttribute2',
  'extensionAttribute3',
  'extensionAttribute4',
  'extensionAttribute5',
  'extensionAttribute6',
  'extensionAttribute7',
  'extensionAttribute8',
  'extensionAttribute9',
  'extensionAttribute10',
  'extensionAttribute11',
  'extensionAttribute12',
  'extensionAttribute13',
  'extensionAttribute14',
  'extensionAttribute15',
  'isCompliant',
  'manufacturer',
  'mdmAppId',
  'model',
  'operatingSystem',
  'operatingSystemVersion',
  'physicalIds',
  'profileType',
  'systemLabels',
  'trustType',
] as const;

export type DeviceAttribute = (typeof DEVICE_ATTRIBUTES)[number];

/** null: the device has no such value. */
export type DeviceValue = string | boolean | readonly string[] | null;

/** A device that is not registered has no attribute at all (Entra docs, concept-condition-filters-for-devices). */
export type Device = 'unregistered' | Readonly<Partial<Record<DeviceAttribute, DeviceValue>>>;
