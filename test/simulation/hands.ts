import type { JsonObject, Policy, Tenant } from '../../sandbox/tenant/index.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { Clock } from '../../src/lib/ports.ts';
import { BREAK_GLASS_GROUP, BREAK_GLASS_MEMBER, BREAK_GLASS_USER } from '../support/world.ts';
import type { Dice } from './dice.ts';
import { type Crowd, crowdOf } from './oracle.ts';
import { ADMINS, CONTRACTORS, declaredIn, desiredPolicy, STAFF, typed } from './policies.ts';

/** Other people in the tenant: administrators, other tools, an intruder. */
export interface Hands {
  /** Does one thing to one of our policies, or plants something beside them. @returns what, for the story */
  meddle(): string;
  /** The same, of those things alone that repair is to withstand for good: nothing `docs/limits.md` concedes. */
  besiege(): string;
  /** Does one thing to the people and groups around the policies. */
  stir(): string;
  /** Puts the emergency accounts in order and switches security defaults off. */
  mend(): string;
  /** Does one certain thing to one policy. */
  tamperWith(id: string, what: Way): string;
  /** Whether security defaults were on at that time. */
  wereDefaultsOn(at: number): boolean;
  /** An administrator's everyday work on policies nobody desires. */
  work(): string;
  /** Plants a policy that carries a desired name. */
  plantNamesake(): string;
  /** Undoes the last of our writes to one of these policies, if it was the very last thing that happened to it. */
  undo(among: ReadonlySet<string>): string | undefined;
  /** Policies that are nobody's but the administrators'. */
  readonly unmanaged: ReadonlySet<string>;
  /** Made unreadable for v1.0 by somebody, and not yet mended. */
  readonly hidden: ReadonlySet<string>;
  /** Those that ever were. */
  readonly everHidden: ReadonlySet<string>;
  /** Made by Microsoft. */
  readonly managed: ReadonlySet<string>;
  /** Who was in which group and role, each from the write to a policy on that is named by its number. */
  readonly crowds: readonly { readonly from: number; readonly crowd: Crowd }[];
  /** What was done, and how often. */
  readonly done: ReadonlyMap<string, number>;
}

/** @param wanted the desired policies as they are at the time */
export function hands(
  tenant: Tenant,
  { now }: Pick<Clock, 'now'>,
  chance: Dice,
  wanted: () => readonly RawPolicy[],
): Hands {
  const { admin, directory, settings } = tenant;
  const unmanaged = new Set<string>();
  const hidden = new Set<string>();
  const everHidden = new Set<string>();
  const managed = new Set<string>();
  const crowds = [{ from: 0, crowd: crowdOf(directory, [BREAK_GLASS_USER, BREAK_GLASS_GROUP]) }];
  const done = new Map<string, number>();
  const defaults: { readonly from: number; readonly areOn: boolean }[] = [];
  for (let n = chance.between(0, 3); n > 0; n--) {
    unmanaged.add(admin.create(typed(desiredPolicy(chance, `unmanaged ${n}`))));
  }

  return {
    meddle,
    besiege,
    stir: () => stir(STIRRING),
    mend,
    tamperWith,
    wereDefaultsOn: (at) => defaults.findLast((one) => one.from <= at)?.areOn ?? false,
    work,
    plantNamesake,
    undo,
    unmanaged,
    hidden,
    everHidden,
    managed,
    crowds,
    done,
  };

  function did(what: string): void {
    done.set(what, (done.get(what) ?? 0) + 1);
  }

  function work(): string {
    if (chance.chance(0.2)) {
      directory.groups.delete(STAFF.id);
      took();
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
    did('plantNamesake');
    return `plants ${id}, a${isManaged ? ' managed' : ''} namesake of ${policy.displayName}`;
  }

  function meddle(): string {
    if (chance.chance(0.08)) return plantNamesake();
    if (chance.chance(0.12)) return stir(STIRRING);
    return tamper(MEDDLING);
  }

  function besiege(): string {
    return chance.chance(0.1) ? stir(AROUND) : tamper(SIEGE);
  }

  function tamper(ways: readonly Way[]): string {
    const deleted = ours(tenant.deleted());
    if (deleted.length > 0 && chance.chance(0.1)) {
      const id = String(chance.pick(deleted).id);
      admin.restore(id);
      did('restore');
      return `restores ${id}`;
    }
    const live = ours(tenant.truth());
    if (live.length === 0) return 'finds nothing to meddle with';
    const id = String(chance.pick(live).id);
    return tamperWith(id, chance.pick(ways));
  }

  function tamperWith(id: string, what: Way): string {
    change(id, what);
    did(what);
    return `${what} ${id}`;
  }

  function mend(): string {
    mendAccounts();
    switchDefaults(false);
    took();
    return 'puts the emergency accounts in order';
  }

  function switchDefaults(areOn: boolean): void {
    settings.securityDefaults = areOn;
    defaults.push({ from: now(), areOn });
  }

  function stir(ways: readonly (typeof STIRRING)[number][]): string {
    const what = chance.pick(ways);
    const user = directory.users.get(chance.pick([BREAK_GLASS_USER, BREAK_GLASS_MEMBER]));
    const emergency = directory.groups.get(BREAK_GLASS_GROUP);
    const other = directory.groups.get(chance.pick([STAFF.id, CONTRACTORS.id]));
    switch (what) {
      case 'disableAccount':
        if (user) user.accountEnabled = false;
        break;
      case 'deleteAccount':
        if (user) directory.users.delete(user.id);
        break;
      case 'mendAccounts':
        mendAccounts();
        break;
      case 'emptyGroup':
        if (emergency) emergency.members = [];
        break;
      case 'deleteGroup':
        directory.groups.delete(BREAK_GLASS_GROUP);
        break;
      case 'crowdGroup':
        emergency?.members.push(...newcomers(45));
        break;
      case 'joinGroup':
        emergency?.members.push(...newcomers(1));
        break;
      case 'putIntoGroup':
        other?.members.push(chance.pick([BREAK_GLASS_USER, BREAK_GLASS_MEMBER, BREAK_GLASS_GROUP]));
        break;
      case 'putIntoRole':
        directory.roles.get(ADMINS.id)?.members.push(chance.pick([BREAK_GLASS_USER, BREAK_GLASS_GROUP]));
        break;
      case 'defaultsOn':
        // The service takes them only while no policy is enabled.
        if (tenant.truth().some(({ state }) => state === 'enabled')) return 'finds security defaults refused';
        switchDefaults(true);
        break;
      case 'defaultsOff':
        switchDefaults(false);
    }
    did(what);
    took();
    return what;
  }

  function newcomers(count: number): string[] {
    return Array.from({ length: count }, () => {
      const id = chance.guid();
      directory.users.set(id, { id });
      return id;
    });
  }

  function mendAccounts(): void {
    for (const id of [BREAK_GLASS_USER, BREAK_GLASS_MEMBER]) directory.users.set(id, { id });
    directory.groups.set(BREAK_GLASS_GROUP, { id: BREAK_GLASS_GROUP, members: [BREAK_GLASS_MEMBER] });
  }

  /** From here on the directory is another. */
  function took(): void {
    crowds.push({
      from: tenant.writes.length,
      crowd: crowdOf(directory, [BREAK_GLASS_USER, BREAK_GLASS_GROUP]),
    });
  }

  function undo(among: ReadonlySet<string>): string | undefined {
    const last = tenant.writes.at(-1);
    if (last?.by !== 'graph' || !among.has(last.id)) return undefined;
    const { id, action, before } = last;
    if (action === 'update' && before !== undefined) {
      admin.edit(id, (policy) => void Object.assign(policy, structuredClone(before)));
      did('undo');
      return `undoes our ${action} of ${id}`;
    }
    admin.purge(id);
    did('undo');
    return `purges ${id} again`;
  }

  function ours(policies: readonly JsonObject[]): JsonObject[] {
    return policies.filter(({ id }) => !unmanaged.has(String(id)));
  }

  function change(id: string, what: Way): void {
    switch (what) {
      case 'off':
      case 'on':
        admin.edit(id, (policy) => {
          policy.state = what === 'on' ? 'enabled' : 'disabled';
        });
        break;
      case 'emergency': {
        // Somebody switches on what was kept off for emergencies.
        const names = wanted().flatMap((one) => (declaredIn(one).contingency ? [one.displayName] : []));
        const found = ours(tenant.truth()).find(({ displayName }) => names.includes(displayName));
        if (found) change(String(found.id), 'on');
        break;
      }
      case 'exclude':
        admin.edit(id, (policy) => {
          // A policy for workload identities has nobody to exclude.
          policy.conditions.users?.excludeUsers?.push(chance.guid());
        });
        break;
      case 'anyField':
        admin.edit(id, (policy) => transplant(policy, typed(desiredPolicy(chance, 'any')), chance));
        break;
      case 'tighten':
        admin.edit(id, tighten);
        break;
      case 'loosenAndTighten':
        admin.edit(id, (policy) => {
          policy.conditions.users?.excludeUsers?.push(chance.guid());
          tighten(policy);
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

/** What repair must withstand; the rest of `MEDDLING` is conceded in `docs/limits.md`. */
const SIEGE = [
  'off',
  'off',
  'on',
  'exclude',
  'exclude',
  'anyField',
  'anyField',
  'anyField',
  'tighten',
  'loosenAndTighten',
  'breakGlass',
  'includeBreakGlass',
  'rename',
  'controls',
  'narrow',
  'unknownValue',
  'delete',
  'delete',
  'disarmAndDelete',
  'purge',
  'purge',
  'emergency',
] as const;

const MEDDLING = [...SIEGE, 'breakGlass', 'unknownMember', 'hide', 'unhide', 'unhide'] as const;

export type Way = (typeof MEDDLING)[number];

const AROUND = [
  'disableAccount',
  'deleteAccount',
  'mendAccounts',
  'mendAccounts',
  'emptyGroup',
  'deleteGroup',
  'crowdGroup',
  'joinGroup',
  'putIntoGroup',
  'putIntoGroup',
  'putIntoRole',
] as const;

/** While security defaults are on the service keeps enabled policies from being put right. */
const STIRRING = [...AROUND, 'defaultsOn', 'defaultsOn', 'defaultsOff'] as const;

function withoutBreakGlass(policy: Policy): void {
  if (policy.conditions.users)
    Object.assign(policy.conditions.users, { excludeUsers: [], excludeGroups: [] });
}

/** One part of another policy in place of its own. */
function transplant(policy: Policy, other: JsonObject, chance: Dice): void {
  const conditions = other.conditions as JsonObject;
  const part = chance.pick(PARTS);
  switch (part) {
    case 'state':
    case 'grantControls':
    case 'sessionControls':
      Object.assign(policy, { [part]: other[part] ?? null });
      return;
    default:
      // What the other does not say, the service fills in.
      if (conditions[part] === undefined) Reflect.deleteProperty(policy.conditions, part);
      else Object.assign(policy.conditions, { [part]: conditions[part] });
  }
}

const PARTS = [
  'state',
  'grantControls',
  'sessionControls',
  'users',
  'applications',
  'clientAppTypes',
  'platforms',
  'locations',
  'signInRiskLevels',
  'devices',
  'authenticationFlows',
] as const;

function tighten(policy: Policy): void {
  const { conditions } = policy;
  const { users, applications } = conditions;
  conditions.platforms = null;
  conditions.locations = null;
  conditions.signInRiskLevels = [];
  if (users) users.excludeRoles = [];
  if (applications) applications.excludeApplications = [];
  if (policy.grantControls?.builtInControls.join() === 'mfa')
    policy.grantControls = { ...policy.grantControls, operator: 'OR', builtInControls: ['block'] };
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
