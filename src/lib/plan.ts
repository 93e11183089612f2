import { createHash } from 'node:crypto';
import type { Desired, Drift, FieldDrift, Observed } from './diff.ts';
import { fieldDrifts } from './diff.ts';
import { FIELDS } from './policy/fields.ts';
import type { Policy, PolicyId, PolicyKey, RawPolicy, TenantId } from './policy/model.ts';
import { createBody, updateBody } from './policy/render.ts';

interface ChangeBase {
  readonly key: PolicyKey;
  readonly desired: Desired;
  /** What the tenant's policy will say when this change is done. */
  readonly after: Policy;
  /** Names this change exactly; an approval is given to it and is void when it moves. */
  readonly digest: string;
}

export interface CreateChange extends ChangeBase {
  readonly action: 'create';
  readonly body: RawPolicy;
  /** Id of the object that was bound and is gone for good. */
  readonly replaces: PolicyId | null;
}

export interface UpdateChange extends ChangeBase {
  readonly action: 'update';
  readonly id: PolicyId;
  readonly before: Observed;
  readonly fields: readonly FieldDrift[];
  readonly body: RawPolicy;
  /** Drifted objects that are left as they are, because they carry something the field table does not know. */
  readonly withheld: readonly string[];
}

/** Brings a soft-deleted policy back and, where it differs, puts it right: one change, two intents. */
export interface RestoreChange extends ChangeBase {
  readonly action: 'restore';
  readonly id: PolicyId;
  readonly before: Observed;
  /** What the tenant enforces between the restore and the update: exactly what was deleted. */
  readonly intermediate: Policy;
  readonly fields: readonly FieldDrift[];
  /** null when the deleted policy was as desired, or nothing of it may be replaced. */
  readonly body: RawPolicy | null;
  readonly withheld: readonly string[];
  /** What to do where the restore is not admitted, or the service does not offer it. */
  readonly otherwise: CreateChange;
}

/** Binds the one unbound policy that carries the desired name and, where it differs, puts it right. */
export interface AdoptChange extends ChangeBase {
  readonly action: 'adopt';
  readonly id: PolicyId;
  readonly before: Observed;
  readonly fields: readonly FieldDrift[];
  /** null when the policy was as desired: nothing is sent, only the binding is made. */
  readonly body: RawPolicy | null;
  readonly withheld: readonly string[];
}

/**
 * Lets a new version count that the tenant holds already. Nothing is sent, yet what the rules hold a new version for holds
 * it here as well: otherwise whoever changes the tenant and pushes the same could make anything the proven version.
 */
export interface AcceptChange extends ChangeBase {
  readonly action: 'accept';
  readonly id: PolicyId;
  readonly before: Observed;
  /** None. */
  readonly fields: readonly FieldDrift[];
  readonly body: null;
  /** None. */
  readonly withheld: readonly string[];
}

/** One planned change, as data. */
export type Change = CreateChange | UpdateChange | RestoreChange | AdoptChange | AcceptChange;

/** Every state the tenant's policy passes through, in order; each must be one we would leave behind. */
export function statesOf(change: Change): readonly Policy[] {
  return change.action === 'restore' ? [change.intermediate, change.after] : [change.after];
}

/** Whether the change sends anything to the tenant. */
export function isWrite(change: Change): boolean {
  return change.action === 'restore' || change.body !== null;
}

/** Drift back to a version that once settled here is repair; anything else is a rollout. */
export function isRepair(change: Change): boolean {
  return change.desired.isProven;
}

/** Changes that would make the tenant equal to the desired state, most urgent first. Pure. */
export function plan(tenant: TenantId, drifts: readonly Drift[]): Change[] {
  return drifts.flatMap((drift) => changeFor(tenant, drift) ?? []).sort(byUrgency(() => NEVER));
}

function changeFor(tenant: TenantId, drift: Drift): Change | undefined {
  switch (drift.kind) {
    case 'none':
      if (!drift.isBound) return adopt(tenant, drift.desired, drift.observed, []);
      return drift.desired.isProven ? undefined : accept(tenant, drift.desired, drift.observed);
    case 'modified':
      return drift.isBound
        ? update(tenant, drift.desired, drift.observed, drift.fields)
        : adopt(tenant, drift.desired, drift.observed, drift.fields);
    case 'missing':
      return drift.deleted === null
        ? create(tenant, drift.desired, drift.boundId)
        : restore(tenant, drift.desired, drift.deleted);
    case 'ambiguous':
    case 'hidden':
    case 'unread':
      return undefined;
  }
}

function create(tenant: TenantId, desired: Desired, replaces: PolicyId | null): CreateChange {
  const after = desired.policy;
  return {
    action: 'create',
    key: desired.key,
    desired,
    after,
    body: createBody(after),
    replaces,
    digest: digest(tenant, desired, 'create', null, [after]),
  };
}

function update(
  tenant: TenantId,
  desired: Desired,
  before: Observed,
  fields: readonly FieldDrift[],
): UpdateChange {
  const { after, body, withheld } = writable(desired, before, fields);
  return {
    action: 'update',
    key: desired.key,
    desired,
    id: before.id,
    before,
    fields,
    after,
    body: body ?? {},
    withheld,
    digest: digest(tenant, desired, 'update', before.id, [before.reading.policy, after]),
  };
}

function adopt(
  tenant: TenantId,
  desired: Desired,
  before: Observed,
  fields: readonly FieldDrift[],
): AdoptChange {
  const { after, body, withheld } = writable(desired, before, fields);
  return {
    action: 'adopt',
    key: desired.key,
    desired,
    id: before.id,
    before,
    fields,
    after,
    body,
    withheld,
    digest: digest(tenant, desired, 'adopt', before.id, [before.reading.policy, after]),
  };
}

function accept(tenant: TenantId, desired: Desired, before: Observed): AcceptChange {
  const after = desired.policy;
  return {
    action: 'accept',
    key: desired.key,
    desired,
    id: before.id,
    before,
    fields: [],
    after,
    body: null,
    withheld: [],
    digest: digest(tenant, desired, 'accept', before.id, [before.reading.policy, after]),
  };
}

function restore(tenant: TenantId, desired: Desired, deleted: Observed): RestoreChange {
  const intermediate = deleted.reading.policy;
  const fields = fieldDrifts(desired.policy, intermediate);
  const { after, body, withheld } = writable(desired, deleted, fields);
  return {
    action: 'restore',
    key: desired.key,
    desired,
    id: deleted.id,
    before: deleted,
    intermediate,
    fields,
    after,
    body,
    withheld,
    otherwise: create(tenant, desired, deleted.id),
    digest: digest(tenant, desired, 'restore', deleted.id, [intermediate, after]),
  };
}

/** The part of an update that replaces nothing we cannot read, and what the policy will then say. */
function writable(
  desired: Desired,
  before: Observed,
  fields: readonly FieldDrift[],
): { after: Policy; body: RawPolicy | null; withheld: readonly string[] } {
  const drifted = objectsOf(fields);
  const unreadable = unreadableObjects(before, desired);
  const objects = drifted.filter((object) => !unreadable.has(object));
  const after = Object.fromEntries(
    FIELDS.map(({ path, object }) => [
      path,
      (objects.includes(object) ? desired.policy[path] : before.reading.policy[path]) ?? null,
    ]),
  );
  return {
    after,
    body: objects.length === 0 ? null : updateBody(before.reading.policy, after, objects),
    withheld: drifted.filter((object) => unreadable.has(object)),
  };
}

/** What to send for these drifts. The state comes last: a body that takes effect in part must not arm the policy first. */
function objectsOf(fields: readonly FieldDrift[]): readonly string[] {
  const objects = new Set(fields.map((field) => field.object));
  return objects.delete('state') ? [...objects, 'state'] : [...objects];
}

/**
 * Objects a write would have to replace although they carry something we cannot read. An unknown *value* of a known
 * field is no obstacle to repair: that field is ours, it once settled, and its pre-image is journalled.
 */
function unreadableObjects(before: Observed, { isProven, withheld }: Desired): ReadonlySet<string> {
  const hasSettled = (object: string): boolean => isProven && !withheld.includes(object);
  return new Set(
    before.reading.unrecognised
      .filter(({ empty, reason, object }) => !empty && (reason === 'unknownMember' || !hasSettled(object)))
      .map((member) => member.object),
  );
}

function digest(
  tenant: TenantId,
  desired: Desired,
  action: Change['action'],
  id: PolicyId | null,
  states: readonly Policy[],
): string {
  const spelled = states.map((state) => FIELDS.map(({ path }) => [path, state[path] ?? null]));
  const text = JSON.stringify([tenant, desired.key, desired.hash, action, id, spelled]);
  return createHash('sha256').update(text).digest('hex');
}

/**
 * Changes that only take away come last, so that a run which is cut short has closed what gaps it could and opened none.
 * Of repairs, those put back longest ago come first, then the widest gaps: otherwise whoever opens a few policies wide
 * again after each run uses up what a run may write, and a narrower gap elsewhere is never closed.
 *
 * @param putBackAt milliseconds since 1970 at which anything of a policy was last put back
 */
export function byUrgency(putBackAt: (key: PolicyKey) => number): (a: Change, b: Change) => number {
  const turn = (change: Change): number => (isRepair(change) ? putBackAt(change.key) : NEVER);
  return (a, b) =>
    Number(onlyTakesAway(a)) - Number(onlyTakesAway(b)) ||
    Number(isRepair(b)) - Number(isRepair(a)) ||
    turn(a) - turn(b) ||
    Number(loosens(a)) - Number(loosens(b)) ||
    looseness(b) - looseness(a) ||
    (a.key < b.key ? -1 : 1);
}

const NEVER = 0;

function onlyTakesAway(change: Change): boolean {
  if (change.action === 'create' || change.action === 'restore') return false;
  const effects = change.fields.map(({ effect }) => effect).filter((effect) => effect !== 'neutral');
  return effects.length > 0 && effects.every((effect) => effect === 'tightens');
}

/** Whether a change takes enforcement away: it puts back something that was made stricter, or may. */
export function loosens(change: Change): boolean {
  if (change.action === 'create' || change.action === 'restore') return false;
  // A field's effect is that of what happened in the tenant; the change goes the other way.
  const effects = change.fields.map(({ effect }) => effect);
  return effects.includes('tightens') || effects.includes('unclear');
}

function looseness(change: Change): number {
  const isEnforced = change.desired.policy.state === 'enabled';
  if (change.action === 'create' || change.action === 'restore') return isEnforced ? 1000 : 500;
  return change.fields.reduce((sum, { path, effect }) => {
    if (effect === 'loosens') return sum + (path === 'state' ? 100 : 10);
    if (effect === 'unclear') return sum + 5;
    return effect === 'tightens' ? sum - 1 : sum;
  }, 0);
}
