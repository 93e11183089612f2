import type { RawPolicy } from '../../src/lib/policy/model.ts';

/** A policy in few words, in Graph's names: everybody, everything, block; but for what is said here. */
export interface Parts {
  readonly state?: string;
  readonly users?: Readonly<Record<string, unknown>>;
  readonly applications?: Readonly<Record<string, unknown>>;
  readonly grantControls?: Readonly<Record<string, unknown>> | null;
  readonly sessionControls?: Readonly<Record<string, unknown>> | null;
  /** Any other condition. */
  readonly [condition: string]: unknown;
}

export function policy(displayName: string, parts: Parts): RawPolicy {
  const { state = 'enabled', grantControls = asks('block'), sessionControls = null, ...conditions } = parts;
  return {
    displayName,
    state,
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...conditions,
    },
    grantControls,
    sessionControls,
  };
}

type Controls = Readonly<Record<string, unknown>>;

/** One built-in control, or any one of several. */
export function asks(...builtInControls: readonly string[]): Controls {
  return { operator: 'OR', builtInControls };
}

export function asksAll(...builtInControls: readonly string[]): Controls {
  return { operator: 'AND', builtInControls };
}

export function asksStrength(id: string, more: Controls = {}): Controls {
  return { operator: 'OR', authenticationStrength: { id }, ...more };
}

/** All users but for these. */
export function allBut(
  exclusions: Readonly<Record<string, unknown>> = {},
): Readonly<Record<string, unknown>> {
  return { includeUsers: ['All'], ...exclusions };
}

/** Nobody but for these. */
export function only(inclusions: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { includeUsers: ['None'], ...inclusions };
}

/** Applications, as `applications` of a policy and the `signInContext` of a sign-in name them alike. */
export function toApps(...includeApplications: readonly string[]): Readonly<Record<string, unknown>> {
  return { includeApplications };
}

export function places(include: readonly string[], exclude: readonly string[] = []): Parts {
  return { locations: { includeLocations: include, excludeLocations: exclude } };
}

export function devices(mode: string, rule: string): Parts {
  return { devices: { deviceFilter: { mode, rule } } };
}

export function apps(include: readonly string[], exclude: readonly string[] = []): Parts {
  return { applications: { includeApplications: include, excludeApplications: exclude } };
}
