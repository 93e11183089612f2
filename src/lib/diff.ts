import type { Declared } from './desired.ts';
import type { Binding } from './journal.ts';
import { read } from './policy/canonical.ts';
import { FIELDS } from './policy/fields.ts';
import type {
  Canonical,
  Effect,
  FieldPath,
  Policy,
  PolicyId,
  PolicyKey,
  RawPolicy,
  Reading,
} from './policy/model.ts';
import { sameValue } from './policy/values.ts';
import type { DeletedRead, PolicyRead } from './ports.ts';

/** One desired policy, effective: what is compared and written. */
export interface Desired {
  readonly key: PolicyKey;
  readonly version: number;
  readonly hash: string;
  readonly displayName: string;
  readonly policy: Policy;
  /** This version once settled in this tenant, so drift from it is repair. */
  readonly isProven: boolean;
  /** Objects of a proven version that never settled, because the tenant carries what nobody can read. */
  readonly withheld: readonly string[];
  /** Who pushed this version. */
  readonly author: string;
  readonly declared: Declared;
  /** What a rollout is compared with. */
  readonly reference: Reference;
  /** The last version that settled here, for as long as this one may not take its place. */
  readonly lastProven: Desired | null;
  /** What it becomes by itself as its exceptions end, soonest first. */
  readonly later: readonly Stage[];
}

/** A policy that is desired from some instant on. */
export interface Stage {
  /** Milliseconds since 1970. */
  readonly from: number;
  readonly policy: Policy;
}

/** The policy that is desired at some instant, now or later. */
export function policyAt({ policy, later }: Pick<Desired, 'policy' | 'later'>, atMs: number): Policy {
  return later.findLast(({ from }) => from <= atMs)?.policy ?? policy;
}

/** The policy a new version would take the place of. */
export type Reference =
  /** This version is proven, or the key is new. */
  | { readonly kind: 'none' }
  /** The last version that was proven or approved. */
  | { readonly kind: 'version'; readonly desired: Desired }
  /** There was none yet: the policy as it was adopted. */
  | { readonly kind: 'adopted'; readonly policy: Policy }
  /** There is one, and it cannot be read any more. */
  | { readonly kind: 'lost'; readonly version: number };

/** One live policy as one read showed it. */
export interface Observed {
  readonly id: PolicyId;
  readonly displayName: string;
  readonly raw: RawPolicy;
  readonly reading: Reading;
}

/** Everything one run read of a tenant before it planned. */
export interface Observation {
  /** Live policies by id: the list, with every singly read policy in its place. */
  readonly live: ReadonlyMap<PolicyId, Observed>;
  /** Bound ids the list did not show, asked for one by one. */
  readonly singly: ReadonlyMap<PolicyId, PolicyRead | { readonly kind: 'unread'; readonly reason: string }>;
  /** Bound ids that are gone, looked up among the soft-deleted. */
  readonly deleted: ReadonlyMap<PolicyId, DeletedRead | { readonly kind: 'unread'; readonly reason: string }>;
  /** Why the list may not be all there is. What is not in it is then not known to be absent. */
  readonly doubts: readonly string[];
  /** The list itself was not as a list should be: what it says of a policy may not be all there is to say. */
  readonly isListOdd: boolean;
  /** How many policies the list itself showed. */
  readonly listed: number;
}

/** One field on which desired and observed disagree. */
export interface FieldDrift {
  readonly path: FieldPath;
  readonly object: string;
  readonly desired: Canonical;
  readonly observed: Canonical;
  /** Effect of what happened in the tenant: desired → observed. */
  readonly effect: Effect;
}

/** How desired and observed disagree about one policy. */
export type Drift =
  | {
      readonly kind: 'none';
      readonly desired: Desired;
      readonly observed: Observed;
      readonly isBound: boolean;
    }
  | {
      readonly kind: 'modified';
      readonly desired: Desired;
      readonly observed: Observed;
      readonly fields: readonly FieldDrift[];
      readonly isBound: boolean;
    }
  /** Read whole and not there. `deleted` is the soft-deleted object to bring back, where there is one. */
  | {
      readonly kind: 'missing';
      readonly desired: Desired;
      readonly boundId: PolicyId | null;
      readonly deleted: Observed | null;
    }
  /** Several unbound policies answer to the desired name: never guess. */
  | { readonly kind: 'ambiguous'; readonly desired: Desired; readonly candidates: readonly PolicyId[] }
  /** It exists and Graph v1.0 refuses to show it (1037): never make a twin. */
  | { readonly kind: 'hidden'; readonly desired: Desired; readonly id: PolicyId }
  /** Its place in the tenant could not be established: nothing may be planned. */
  | {
      readonly kind: 'unread';
      readonly desired: Desired;
      readonly id: PolicyId | null;
      readonly reason: string;
    };

/** Every field on which two policies differ, over the union of all fields. Empty means they mean the same. */
export function fieldDrifts(desired: Policy, observed: Policy): FieldDrift[] {
  return FIELDS.filter((field) => !sameValue(desired[field.path], observed[field.path])).map((field) => ({
    path: field.path,
    object: field.object,
    desired: desired[field.path] ?? null,
    observed: observed[field.path] ?? null,
    effect: field.effect(desired, observed),
  }));
}

/** @throws never; a policy of any shape can be observed */
export function observe(id: PolicyId, raw: RawPolicy): Observed {
  const reading = read(raw);
  return { id, raw, reading, displayName: String(reading.policy.displayName ?? '') };
}

/** Compares every desired policy with what was observed. One drift per desired policy, in the order given. */
export function diff(
  desired: readonly Desired[],
  bindings: ReadonlyMap<PolicyKey, Binding>,
  observation: Observation,
): Drift[] {
  const boundIds = new Set([...bindings.values()].map((binding) => binding.id));
  const unbound = [...observation.live.values()].filter((policy) => !boundIds.has(policy.id));
  return desired.map((wanted) => {
    const binding = bindings.get(wanted.key);
    const id = binding?.id ?? null;
    const claims = claimants(wanted, binding, unbound);
    return id === null ? byName(wanted, null, null, claims) : byId(wanted, id, claims, observation);
  });
}

/** Unbound policies that may stand for a key whose own object is not there. */
export interface Claimants {
  /** Ours: what a create made whose answer never came. */
  readonly made: Observed | undefined;
  /** Somebody's: they carry the desired name. */
  readonly namesakes: readonly Observed[];
}

export function claimants(
  desired: Desired,
  binding: Binding | undefined,
  unbound: readonly Observed[],
): Claimants {
  const refused = binding?.refusal?.id ?? null;
  return {
    made: madeUnseen(
      binding,
      unbound.filter((policy) => !(desired.isProven && cannotBeOurs(policy, refused))),
    ),
    namesakes: unbound.filter(
      (policy) =>
        policy.displayName === desired.displayName &&
        !(desired.isProven && (cannotBeOurs(policy, refused) || isEmergency(policy, desired))),
    ),
  };
}

/** How far the service's clock and ours may be apart. */
const CLOCKS_APART_MS = 5 * 60_000;

/** A create that was sent and never answered may have happened: then its object carries the name we sent, and is no older. */
function madeUnseen(binding: Binding | undefined, unbound: readonly Observed[]): Observed | undefined {
  const pending = binding?.pending ?? null;
  if (pending?.action !== 'create') return undefined;
  const made = unbound.filter(
    ({ displayName, raw }) =>
      displayName === pending.displayName &&
      Date.parse(String(raw.createdDateTime)) >= pending.at - CLOCKS_APART_MS,
  );
  return made.length === 1 ? made[0] : undefined;
}

/**
 * A policy the service refused to let us change, or that carries what we may not overwrite: for a proven version a fresh
 * create is the better way back. Otherwise planting such a namesake would turn repair off.
 */
function cannotBeOurs({ id, reading }: Observed, refused: PolicyId | null): boolean {
  return (
    id === refused || reading.unrecognised.some(({ empty, reason }) => !empty && reason === 'unknownMember')
  );
}

/**
 * One that is on, beside a policy for emergencies that is gone: adopting it would switch it off and has to wait for a
 * person, so a proven policy is made anew beside it. Otherwise planting one would turn repair off.
 */
function isEmergency({ reading }: Observed, { declared }: Desired): boolean {
  return declared.isContingency && reading.policy.state === 'enabled';
}

function byId(desired: Desired, id: PolicyId, claims: Claimants, observation: Observation): Drift {
  const observed = observation.live.get(id);
  if (observed !== undefined) return compare(desired, observed, true);
  const single = observation.singly.get(id) ?? { kind: 'unread', reason: 'it was not asked for' };
  switch (single.kind) {
    case 'found':
      return compare(desired, observe(id, single.raw), true);
    case 'hidden':
      return { kind: 'hidden', desired, id };
    case 'unread':
      return { kind: 'unread', desired, id, reason: single.reason };
    case 'missing': {
      const deleted = observation.deleted.get(id);
      if (deleted?.kind === 'unread') return { kind: 'unread', desired, id, reason: deleted.reason };
      return byName(desired, id, deleted?.kind === 'found' ? observe(id, deleted.raw) : null, claims);
    }
  }
}

/** Without an object of its own, a key may only take over the one unbound policy that carries its name. */
function byName(
  desired: Desired,
  boundId: PolicyId | null,
  deleted: Observed | null,
  { made, namesakes }: Claimants,
): Drift {
  if (made !== undefined) return compare(desired, made, false);
  // What can be restored is our own object; a namesake made meanwhile is somebody else's and stays unmanaged.
  if (deleted !== null) return { kind: 'missing', desired, boundId, deleted };
  const [only, ...others] = namesakes;
  // Two namesakes planted beside a proven policy that was removed for good must not keep it from coming back.
  const isReplaced = boundId !== null && desired.isProven && others.length > 0;
  if (only === undefined || isReplaced) return { kind: 'missing', desired, boundId, deleted };
  if (others.length > 0)
    return { kind: 'ambiguous', desired, candidates: namesakes.map(({ id }) => id).sort() };
  return compare(desired, only, false);
}

function compare(desired: Desired, observed: Observed, isBound: boolean): Drift {
  const fields = fieldDrifts(desired.policy, observed.reading.policy);
  return fields.length === 0
    ? { kind: 'none', desired, observed, isBound }
    : { kind: 'modified', desired, observed, fields, isBound };
}
