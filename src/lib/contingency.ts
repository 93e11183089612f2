import type { Desired, Observation, Reference } from './diff.ts';
import type { Binding } from './journal.ts';
import type { PolicyKey } from './policy/model.ts';

/** A contingency policy that somebody has switched on. */
export interface SwitchedOn {
  readonly key: PolicyKey;
  /** Milliseconds since 1970 at which a run first saw it on. */
  readonly since: number;
}

/**
 * Policies declared as kept off for emergencies stay on once somebody has switched them on: switching them off again is
 * for whoever is handling the emergency. All else about them is kept as desired.
 *
 * @returns the desired policies with the state of those that are on left as it is
 */
export function leaveOn(
  desired: readonly Desired[],
  bindings: ReadonlyMap<PolicyKey, Binding>,
  observation: Observation,
): readonly Desired[] {
  return desired.map((wanted) =>
    isOn(wanted, bindings, observation)
      ? { ...wanted, policy: { ...wanted.policy, state: 'enabled' } }
      : wanted,
  );
}

/** The contingency policies that are on, and since when as far as it was seen. */
export function switchedOn(
  desired: readonly Desired[],
  bindings: ReadonlyMap<PolicyKey, Binding>,
  observation: Observation,
  nowMs: number,
): readonly SwitchedOn[] {
  return desired
    .filter((wanted) => isOn(wanted, bindings, observation))
    .map(({ key }) => ({ key, since: bindings.get(key)?.onSince ?? nowMs }));
}

function isOn(
  { key, declared, reference }: Desired,
  bindings: ReadonlyMap<PolicyKey, Binding>,
  { live }: Observation,
): boolean {
  const id = bindings.get(key)?.id ?? null;
  const isLive = id !== null && live.get(id)?.reading.policy.state === 'enabled';
  return declared.isContingency && isLive && !wasMeantToBeOn(reference);
}

/**
 * Where what it takes the place of was to be on, nobody switched it on in an emergency: leaving it on would let the new
 * version pass as one that loosens nothing, and from then on nobody would keep it on.
 */
function wasMeantToBeOn(reference: Reference): boolean {
  switch (reference.kind) {
    case 'version':
      return reference.desired.policy.state === 'enabled';
    case 'adopted':
      return reference.policy.state === 'enabled';
    default:
      return false;
  }
}

/** Microsoft's naming standard for contingency policies (Entra docs, resilience-create-access-control). */
const NAMED_SO = /^EM\d+ - ENABLE IN EMERGENCY/i;

/** Policies of nobody's, named like contingency policies, that are on. */
export function lookAlikes<T extends { readonly displayName: string; readonly state: string }>(
  unmanaged: readonly T[],
): readonly T[] {
  return unmanaged.filter(({ displayName, state }) => NAMED_SO.test(displayName) && state === 'enabled');
}
