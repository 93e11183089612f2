import type { JsonObject, Policy, Tenant } from '../../sandbox/tenant/index.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { BREAK_GLASS_USER } from '../support/world.ts';
import type { Dice } from './dice.ts';
import { desiredPolicy, STAFF, typed } from './policies.ts';

/** Other people in the tenant: administrators, other tools, an intruder. */
export interface Hands {
  /** Does one thing to one of our policies, or plants something beside them. @returns what, for the story */
  meddle(): string;
  /** An administrator's everyday work on policies nobody desires. */
  work(): string;
  /** Plants a policy that carries a desired name. */
  plantNamesake(): string;
  /** Policies that are nobody's but the administrators'. */
  readonly unmanaged: ReadonlySet<string>;
  /** Made unreadable for v1.0 by somebody, and not yet mended. */
  readonly hidden: ReadonlySet<string>;
  /** Those that ever were. */
  readonly everHidden: ReadonlySet<string>;
  /** Made by Microsoft. */
  readonly managed: ReadonlySet<string>;
}

/** @param wanted the desired policies as they are at the time */
export function hands(tenant: Tenant, chance: Dice, wanted: () => readonly RawPolicy[]): Hands {
  const { admin } = tenant;
  const unmanaged = new Set<string>();
  const hidden = new Set<string>();
  const everHidden = new Set<string>();
  const managed = new Set<string>();
  for (let n = chance.between(0, 3); n > 0; n--) {
    unmanaged.add(admin.create(typed(desiredPolicy(chance, `unmanaged ${n}`))));
  }

  return { meddle, work, plantNamesake, unmanaged, hidden, everHidden, managed };

  function work(): string {
    if (chance.chance(0.2)) {
      tenant.directory.groups.delete(STAFF.id);
      return 'deletes a group that policies name';
    }
    const [id] = [...unmanaged].filter((one) => tenant.truth().some((policy) => policy.id === one));
    if (id === undefined) return 'nothing to work on';
    const what = chance.pick(['off', 'exclude', 'breakGlass', 'delete', 'controls'] as const);
    change(id, what);
    return `${what} the unmanaged ${id}`;
  }

  function plantNamesake(): string {
    const policy = chance.pick(wanted());
    const state = chance.pick(['enabled', 'disabled', policy.state as string]);
    const content = chance.chance(0.5)
      ? typed(policy)
      : typed(desiredPolicy(chance, String(policy.displayName)));
    const isManaged = chance.chance(0.15);
    const id = admin.create({ ...content, state } as JsonObject, { managed: isManaged });
    if (isManaged) managed.add(id);
    if (chance.chance(0.2)) admin.setUnknown(id, 'conditions.newThing', ['x']);
    return `plants ${id}, a${isManaged ? ' managed' : ''} namesake of ${policy.displayName}`;
  }

  function meddle(): string {
    if (chance.chance(0.08)) return plantNamesake();
    const deleted = ours(tenant.deleted());
    if (deleted.length > 0 && chance.chance(0.1)) {
      const id = String(chance.pick(deleted).id);
      admin.restore(id);
      return `restores ${id}`;
    }
    const live = ours(tenant.truth());
    if (live.length === 0) return 'finds nothing to meddle with';
    const id = String(chance.pick(live).id);
    const what = chance.pick(MEDDLING);
    change(id, what);
    return `${what} ${id}`;
  }

  function ours(policies: readonly JsonObject[]): JsonObject[] {
    return policies.filter(({ id }) => !unmanaged.has(String(id)));
  }

  function change(id: string, what: (typeof MEDDLING)[number]): void {
    switch (what) {
      case 'off':
        admin.edit(id, (policy) => {
          policy.state = 'disabled';
        });
        break;
      case 'on':
        admin.edit(id, (policy) => {
          policy.state = 'enabled';
        });
        break;
      case 'exclude':
        admin.edit(id, (policy) => {
          // A policy for workload identities has nobody to exclude.
          policy.conditions.users?.excludeUsers?.push(chance.guid());
        });
        break;
      case 'breakGlass':
        admin.edit(id, withoutBreakGlass);
        break;
      case 'includeBreakGlass':
        admin.edit(id, (policy) => {
          if (policy.conditions.users) policy.conditions.users.includeUsers = [BREAK_GLASS_USER];
        });
        break;
      case 'rename':
        admin.edit(id, (policy) => {
          policy.displayName = `renamed ${chance.between(1, 999)}`;
        });
        break;
      case 'controls':
        admin.edit(id, weakControls);
        break;
      case 'narrow':
        admin.edit(id, (policy) => {
          policy.conditions.signInRiskLevels = ['low'];
          policy.conditions.clientAppTypes = ['browser'];
        });
        break;
      case 'unknownMember':
        admin.setUnknown(id, chance.pick(['conditions.newThing', 'newThing', 'conditions.users.newThing']), [
          'x',
        ]);
        break;
      case 'unknownValue':
        admin.setUnknown(id, 'conditions.clientAppTypes', ['all', 'carrierPigeon']);
        break;
      case 'delete':
        admin.remove(id);
        break;
      case 'disarmAndDelete':
        admin.edit(id, withoutBreakGlass);
        admin.remove(id);
        break;
      case 'purge':
        admin.purge(id);
        break;
      case 'hide':
        admin.setPreview(id, true);
        hidden.add(id);
        everHidden.add(id);
        break;
      case 'unhide':
        admin.setPreview(id, false);
        hidden.delete(id);
    }
  }
}

const MEDDLING = [
  'off',
  'off',
  'on',
  'exclude',
  'exclude',
  'breakGlass',
  'breakGlass',
  'includeBreakGlass',
  'rename',
  'controls',
  'narrow',
  'unknownMember',
  'unknownValue',
  'delete',
  'delete',
  'disarmAndDelete',
  'purge',
  'purge',
  'hide',
  'unhide',
  'unhide',
] as const;

function withoutBreakGlass(policy: Policy): void {
  if (policy.conditions.users)
    Object.assign(policy.conditions.users, { excludeUsers: [], excludeGroups: [] });
}

function weakControls(policy: Policy): void {
  policy.sessionControls = null;
  policy.grantControls = {
    operator: 'OR',
    builtInControls: ['compliantDevice'],
    customAuthenticationFactors: [],
    termsOfUse: [],
    authenticationStrength: null,
  };
}
