import type { Tenant } from '../../sandbox/tenant/index.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { allBut, only, type Parts, policy } from './case.ts';
import {
  addresses,
  BREAK_GLASS,
  EMERGENCY,
  EVERY_V4,
  EVERY_V6,
  EXCHANGE_ADMIN,
  GLOBAL_ADMIN,
  HELPDESK,
  INNER,
  NEIGHBOURS,
  NO_RANGES,
  STAFF,
} from './tenant.ts';

/**
 * A policy of which nobody changes a word, and a tenant that changes around it: `lethal` makes it shut the emergency account
 * out, `harmless` is as much of a change and does not.
 */
export interface Turn {
  /** Reads on after "a policy that": unique. */
  readonly name: string;
  readonly policy: RawPolicy;
  readonly lethal: Happening;
  readonly harmless: Happening;
}

type Happening = (tenant: Tenant) => void;

function turn(name: string, parts: Parts, lethal: Happening, harmless: Happening): Turn {
  return { name, policy: policy('Turned', parts), lethal, harmless };
}

function members(groupId: string, ...ids: string[]): Happening {
  return ({ directory }) => void directory.groups.set(groupId, { id: groupId, members: ids });
}

function holders(roleTemplateId: string, ...ids: string[]): Happening {
  return ({ directory }) => {
    const id = [...directory.roles.values()].find((role) => role.roleTemplateId === roleTemplateId)?.id;
    const activated = id ?? roleTemplateId;
    directory.roles.set(activated, { id: activated, roleTemplateId, members: ids });
  };
}

function ranges(locationId: string, ...cidrs: readonly string[]): Happening {
  return ({ namedLocations }) => void namedLocations.set(locationId, addresses(locationId, false, ...cidrs));
}

export const TURNS: readonly Turn[] = [
  turn(
    'spares a group that is emptied',
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
    members(INNER),
    members(NEIGHBOURS),
  ),
  turn(
    'spares a group of which the inner one is deleted',
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
    ({ directory }) => void directory.groups.delete(INNER),
    ({ directory }) => void directory.groups.delete(NEIGHBOURS),
  ),
  turn(
    'spares a role that is taken from them',
    { users: allBut({ excludeRoles: [GLOBAL_ADMIN] }) },
    holders(GLOBAL_ADMIN, STAFF),
    holders(GLOBAL_ADMIN, STAFF, EMERGENCY),
  ),
  turn(
    'is for a role that is given to them',
    { users: only({ includeRoles: [EXCHANGE_ADMIN] }) },
    holders(EXCHANGE_ADMIN, STAFF, EMERGENCY),
    holders(EXCHANGE_ADMIN, STAFF),
  ),
  turn(
    'is for a role that is given to a group around theirs',
    { users: only({ includeRoles: [HELPDESK] }) },
    holders(HELPDESK, BREAK_GLASS),
    holders(HELPDESK, NEIGHBOURS),
  ),
  turn(
    'is for a group that theirs is put into',
    { users: only({ includeGroups: [NEIGHBOURS] }) },
    members(NEIGHBOURS, STAFF, BREAK_GLASS),
    members(NEIGHBOURS),
  ),
  turn(
    'is for a place that gets addresses',
    { locations: { includeLocations: [NO_RANGES] } },
    ranges(NO_RANGES, '192.0.2.0/24'),
    ranges(EVERY_V4, '192.0.2.0/24'),
  ),
  turn(
    'spares places that held every address, until one loses some',
    { locations: { includeLocations: ['All'], excludeLocations: [EVERY_V4, EVERY_V6] } },
    ranges(EVERY_V6, '8000::/1'),
    ranges(EVERY_V6, '::/1', '8000::/1'),
  ),
];
