import type { SwitchedOn } from './contingency.ts';
import { type Drift, fieldDrifts, observe } from './diff.ts';
import { asFault } from './fault.ts';
import type { Binding } from './journal.ts';
import type { Policy, PolicyId, PolicyKey, RawPolicy } from './policy/model.ts';
import type { Ports } from './ports.ts';

/** Whether a write was read back equal to its intent. Evidence, not proof: another replica may still show the past. */
export type Settlement =
  | { readonly settled: true; readonly raw: RawPolicy }
  | { readonly settled: false; readonly reason: string };

/** Share of the patience after which the policy is read again: about 2, 4, 8, 16 and 30 s of a minute. */
const STEPS = [1 / 30, 1 / 15, 2 / 15, 4 / 15, 1 / 2];

/**
 * Reads one policy back until it says what was written, or patience ends. A policy that is not there yet, an old
 * content, and a read that fails are all "not yet": Graph promises nothing about reading after writing.
 */
export async function readBack(
  ports: Ports,
  id: PolicyId,
  expected: Policy,
  patience: Patience,
): Promise<Settlement> {
  let last = 'it was not read back before the run had to end';
  for await (const _ of patience.steps(ports)) {
    try {
      const answer = await ports.policies.read(id);
      if (answer.kind !== 'found') {
        last =
          answer.kind === 'hidden' ? 'Graph v1.0 refuses to show it (1037)' : 'it is not there yet (404)';
        continue;
      }
      const drifts = fieldDrifts(expected, observe(id, answer.raw).reading.policy);
      if (drifts.length === 0) return { settled: true, raw: answer.raw };
      last = `read back with another ${drifts.map(({ path }) => path).join(', ')}`;
    } catch (error) {
      last = asFault(error).message;
    }
  }
  return { settled: false, reason: last };
}

/**
 * Looks for a policy whose create was not answered: the one with this name and content that was not there before.
 *
 * @param known ids of policies that are bound, or were listed before the create was sent
 * @returns undefined when none was seen before patience ended; it may still appear
 */
export async function findCreated(
  ports: Ports,
  expected: Policy,
  known: ReadonlySet<PolicyId | null>,
  patience: Patience,
): Promise<PolicyId | undefined> {
  for await (const _ of patience.steps(ports)) {
    try {
      const { policies } = await ports.policies.list();
      const found = policies
        .map((raw) => observe(String(raw.id).toLowerCase(), raw))
        .filter(
          (policy) => !known.has(policy.id) && fieldDrifts(expected, policy.reading.policy).length === 0,
        );
      if (found.length === 1) return found[0]?.id;
    } catch (error) {
      asFault(error);
    }
  }
  return undefined;
}

/** How long a write is read back, and when the run must end whatever it waits for. */
export interface Patience {
  readonly steps: (ports: Ports) => AsyncIterable<void>;
}

export function patience(settleMs: number, deadlineAt: number): Patience {
  return {
    async *steps({ clock }) {
      for (const share of STEPS) {
        const waitMs = Math.round(settleMs * share);
        if (clock.now() + waitMs >= deadlineAt) return;
        await clock.sleep(waitMs);
        yield;
      }
    },
  };
}

/** Keeps since when a contingency policy has been on. Writes only when one was switched. */
export async function watchContingency(
  on: readonly SwitchedOn[],
  bindings: Map<PolicyKey, Binding>,
  ports: Ports,
): Promise<void> {
  for (const binding of [...bindings.values()]) {
    const since = on.find(({ key }) => key === binding.key)?.since ?? null;
    if (since === (binding.onSince ?? null)) continue;
    await ports.bindings.put({ ...binding, onSince: since });
    bindings.set(binding.key, { ...binding, onSince: since });
  }
}

/**
 * Marks every version as proven that the tenant was just seen to hold, and ends the waiting for creates that have
 * appeared. Writes only where something became known, so a quiet run writes nothing.
 *
 * @param waiting keys of versions that wait for a person or are denied: what the tenant holds does not prove them
 */
export async function proveSettled(
  drifts: readonly Drift[],
  waiting: ReadonlySet<PolicyKey>,
  bindings: Map<PolicyKey, Binding>,
  ports: Ports,
): Promise<void> {
  for (const drift of drifts) {
    const binding = bindings.get(drift.desired.key);
    if (drift.kind !== 'none' || !drift.isBound || binding === undefined) continue;
    const isWaiting = waiting.has(drift.desired.key);
    if ((drift.desired.isProven || isWaiting) && binding.pending === null) continue;
    const { version, hash } = drift.desired;
    const proof = { proven: { version, hash, at: ports.clock.now() }, adopted: null };
    const known: Binding = { ...binding, ...(isWaiting ? {} : proof), pending: null };
    await ports.bindings.put(known);
    bindings.set(known.key, known);
  }
}
