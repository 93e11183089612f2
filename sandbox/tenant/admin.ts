import { complete } from './complete.ts';
import { isObject, type Json, type JsonObject, type Policy } from './model.ts';
import { membersOf, memberType } from './schema.ts';
import type { Entry } from './store.ts';
import type { World, Write } from './world.ts';

/** Somebody else in the tenant: the portal, another tool, an intruder. Asks no rule, and is not in the request log. */
export interface Admin {
  /** @returns the new policy's id; an id in `policy` is kept. */
  create(policy: JsonObject, kind?: { managed?: boolean; preview?: boolean }): string;
  /** Changes a policy in place; its strength is `{id}` here. Moves modifiedDateTime. */
  edit(id: string, mutate: (policy: Policy) => void): void;
  /** Deletes softly. */
  remove(id: string): void;
  restore(id: string): void;
  /** Gone for good, deleted or not. */
  purge(id: string): void;
  /** Puts any value at a dotted path, such as `conditions.agents`, just as it is: unknown members, unknown enum members. */
  setUnknown(id: string, path: string, value: Json): void;
  /** As if touched through beta: v1.0 answers 1037 and 1038 from now on. */
  setPreview(id: string, preview: boolean): void;
  /** As if made by Microsoft. */
  setManaged(id: string, managed: boolean): void;
}

export function createAdmin(world: World): Admin {
  const { store } = world;
  const entryOf = (id: string): Entry => {
    const entry = store.truth(id);
    if (!entry) throw new Error(`The tenant has no policy ${id}`);
    return entry;
  };
  const put = (action: Write['action'], before: Entry | undefined, after: Entry): void => {
    store.write(after.policy.id, after);
    record(action, before?.policy, after.policy);
  };
  const record = (action: Write['action'], before: Policy | undefined, after: Policy | undefined): void => {
    const id = (after ?? before)?.id ?? '';
    world.writes.push({
      at: world.clock.now(),
      by: 'admin',
      action,
      id,
      before,
      after,
      clientRequestId: undefined,
    });
  };
  const change = (id: string, changed: (policy: Policy) => Policy): void => {
    const entry = entryOf(id);
    const policy = changed(structuredClone(entry.policy));
    put('update', entry, { ...entry, policy: { ...policy, modifiedDateTime: store.timestamp() } });
  };

  return {
    create: (policy, kind = {}) => {
      learnStrength(world, policy);
      const id = typeof policy.id === 'string' ? policy.id.toLowerCase() : world.ids.guid();
      if (store.truth(id)) throw new Error(`The tenant already has a policy ${id}`);
      const stamps = { templateId: null, createdDateTime: store.timestamp(), modifiedDateTime: null };
      const whole = complete({ ...stamps, deletedDateTime: null, ...withoutNoise(policy), id });
      const entry = { policy: whole, managed: kind.managed ?? false, preview: kind.preview ?? false };
      put('create', undefined, entry);
      return whole.id;
    },
    edit: (id, mutate) =>
      change(id, (policy) => {
        mutate(policy);
        return complete(policy as unknown as JsonObject);
      }),
    remove: (id) => {
      const entry = entryOf(id);
      const policy = { ...entry.policy, deletedDateTime: store.timestamp() };
      put('delete', entry, { ...entry, policy });
    },
    restore: (id) => {
      const entry = entryOf(id);
      put('restore', entry, { ...entry, policy: { ...entry.policy, deletedDateTime: null } });
    },
    purge: (id) => {
      const entry = entryOf(id);
      store.write(id, undefined);
      record('purge', entry.policy, undefined);
    },
    setUnknown: (id, path, value) =>
      change(id, (policy) => withValueAt(policy as unknown as JsonObject, path.split('.'), value)),
    setPreview: (id, preview) => store.write(id, { ...entryOf(id), preview }),
    setManaged: (id, managed) => store.write(id, { ...entryOf(id), managed }),
  };
}

/** An export may use a custom strength, and spells it out. */
function learnStrength({ strengths }: World, policy: JsonObject): void {
  const grant = policy.grantControls;
  const strength = isObject(grant) ? grant.authenticationStrength : undefined;
  if (!isObject(strength) || !('displayName' in strength)) return;
  const known = Object.keys(membersOf('authenticationStrengthPolicy')).filter((member) => member in strength);
  const id = String(strength.id);
  if (!strengths.has(id))
    strengths.set(id, Object.fromEntries(known.map((member) => [member, strength[member] ?? null])));
}

/** Without contexts and links; the types of external tenants are meant. Nulls of collections become absent. */
function withoutNoise(value: JsonObject, type = 'conditionalAccessPolicy'): JsonObject {
  const known = membersOf(type);
  const kept: JsonObject = {};
  for (const [member, inner] of Object.entries(value)) {
    const { name, collection } = memberType(known[member] ?? '');
    const isNoise =
      member.startsWith('#') || (member.includes('@odata.') && !type.endsWith('ExternalTenants'));
    if (isNoise || (collection && inner === null)) continue;
    kept[member] = isObject(inner) ? withoutNoise(inner, name) : structuredClone(inner);
  }
  return kept;
}

function withValueAt(object: JsonObject, [member = '', ...rest]: string[], value: Json): Policy {
  const inner = object[member];
  const deeper =
    rest.length === 0 ? value : (withValueAt(isObject(inner) ? inner : {}, rest, value) as unknown as Json);
  return { ...object, [member]: deeper } as unknown as Policy;
}
