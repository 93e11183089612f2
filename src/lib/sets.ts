import { createHash } from 'node:crypto';
import type { Desired, Observation, Observed } from './diff.ts';
import type { Binding } from './journal.ts';
import type { Change } from './plan.ts';
import { FIELDS } from './policy/fields.ts';
import type { PolicyKey } from './policy/model.ts';
import type { PolicyEntry } from './whatif/compile.ts';
import type { Move } from './whatif/proof.ts';

/** The policies the tenant has, ours and others. */
export function observedSet(
  { live }: Observation,
  bindings: ReadonlyMap<PolicyKey, Binding>,
): readonly PolicyEntry[] {
  const keys = new Map([...bindings.values()].map(({ id, key }) => [id, key]));
  return [...live.values()].map((policy) => entryOf(policy, keys.get(policy.id) ?? null));
}

/** The policies the tenant should have, effective. */
export function desiredSet(
  desired: readonly Desired[],
  bindings: ReadonlyMap<PolicyKey, Binding>,
): readonly PolicyEntry[] {
  return desired.map(({ key, displayName, policy }) => ({
    id: bindings.get(key)?.id ?? null,
    key,
    displayName,
    policy,
  }));
}

/** The policies the tenant would have if these changes were carried out. */
export function resultingSet(
  observed: readonly PolicyEntry[],
  changes: readonly Change[],
): readonly PolicyEntry[] {
  const results = changes.flatMap((change) => moveOf(change).states.at(-1) ?? []);
  const changed = new Set(results.map(({ id }) => id));
  return [...observed.filter(({ id }) => !changed.has(id)), ...results];
}

/** Names a set of policies by what is in force in it. */
export function fingerprint(observed: readonly PolicyEntry[]): string {
  const inForce = observed.filter(({ policy }) => policy.state !== 'disabled');
  const spelled = inForce.map(({ id, policy, unrecognised = [] }) => [
    id,
    FIELDS.map(({ path }) => policy[path] ?? null),
    unrecognised,
  ]);
  return createHash('sha256').update(JSON.stringify(spelled)).digest('hex');
}

/** What a change does to its policy. A deleted policy is not there before it is restored. */
export function moveOf(change: Change): Move {
  switch (change.action) {
    case 'create':
      return { before: null, states: [stateOf(change, null)] };
    case 'update':
    case 'adopt':
    case 'accept':
      return { before: entryOf(change.before, change.key), states: [stateOf(change, change.before)] };
    case 'restore':
      return {
        before: null,
        states: [entryOf(change.before, change.key), stateOf(change, change.before)],
      };
  }
}

function entryOf({ id, displayName, reading }: Observed, key: PolicyKey | null): PolicyEntry {
  return { id, key, displayName, policy: reading.policy, unrecognised: reading.unrecognised };
}

/** The end of a change. What could not be read stays in the objects that are not replaced, and goes with the others. */
function stateOf(change: Change, before: Observed | null): PolicyEntry {
  const { key, desired, after } = change;
  if (change.action === 'create' || before === null) {
    return { id: null, key, displayName: desired.displayName, policy: after };
  }
  const drifted = new Set(change.fields.map(({ object }) => object));
  const isLeft = (object: string): boolean => !drifted.has(object) || change.withheld.includes(object);
  const unrecognised = before.reading.unrecognised.filter(({ object }) => isLeft(object));
  return { id: before.id, key, displayName: desired.displayName, policy: after, unrecognised };
}
