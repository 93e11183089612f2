import type { Tenant } from '../../sandbox/tenant/index.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { allBut, only, type Parts, policy } from './parts.ts';
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
  LOWER_HALF,
  NEIGHBOURS,
  NO_RANGES,
  OFFICE,
  STAFF,
  UPPER_HALF,
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

function both(one: Happening, other: Happening): Happening {
  return (tenant) => {
    one(tenant);
    other(tenant);
  };
}

/** So many single addresses, none of which touches another. */
function apart(count: number): readonly string[] {
  return Array.from({ length: count }, (_, n) => `10.${n >> 12}.${(n >> 4) & 255}.${(n & 15) * 2}/32`);
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
  turn(
    'spares a place that held all it blocks, until the lists are too long to go through',
    { locations: { includeLocations: [NO_RANGES], excludeLocations: [LOWER_HALF] } },
    both(ranges(NO_RANGES, ...apart(2_500)), ranges(LOWER_HALF, ...apart(2_400))),
    both(ranges(NO_RANGES, ...apart(24)), ranges(LOWER_HALF, ...apart(25))),
  ),
  turn(
    'blocks places within the one it spares, until one gets more addresses than are joined',
    { locations: { includeLocations: [NO_RANGES, UPPER_HALF], excludeLocations: [OFFICE] } },
    ranges(NO_RANGES, ...apart(5_000)),
    ranges(NO_RANGES, '198.51.100.4/30'),
  ),
];
