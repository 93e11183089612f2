import { mechanism, pair } from '../case.ts';
import { allBut, asks, only } from '../parts.ts';
import {
  ADMINS,
  BREAK_GLASS,
  DEPUTIES,
  EMERGENCY,
  EMPTY,
  EVERYBODY,
  EXCHANGE_ADMIN,
  GLOBAL_ADMIN,
  GLOBAL_ADMIN_OBJECT,
  GONE_GROUP,
  GONE_USER,
  HELPDESK,
  HOLLOW,
  HOME,
  IDLE_LOOP,
  INNER,
  LODGER,
  LOOP,
  NEIGHBOURS,
  OTHER_TENANT,
  PARTNER,
  PARTNERS,
  PRIVILEGED_ROLE_ADMIN,
  SECOND,
  SECURITY_READER,
  STAFF,
  TIER0,
} from '../tenant.ts';

/** Whom a policy is for, gone wrong. */

/** The last digit mistaken. */
function typo(id: string): string {
  return `${id.slice(0, -1)}${id.endsWith('f') ? 'e' : 'f'}`;
}

const TYPING = mechanism('a typing error in what is excluded', [
  pair(
    'excludes a group that is one digit off',
    { users: allBut({ excludeGroups: [typo(BREAK_GLASS)] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
  ),
  pair(
    'excludes a user that is one digit off',
    { users: allBut({ excludeUsers: [typo(EMERGENCY)] }) },
    { users: allBut({ excludeUsers: [EMERGENCY] }) },
  ),
  pair(
    'excludes a role that is one digit off',
    { users: allBut({ excludeRoles: [typo(GLOBAL_ADMIN)] }) },
    { users: allBut({ excludeRoles: [GLOBAL_ADMIN] }) },
  ),
  pair(
    'excludes two groups, and both are one digit off',
    { users: allBut({ excludeGroups: [typo(BREAK_GLASS), typo(INNER)] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS, INNER] }) },
  ),
]);

const WRONG_LIST = mechanism('the right id in the wrong list', [
  pair(
    'excludes the emergency group among the users',
    { users: allBut({ excludeUsers: [BREAK_GLASS] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
  ),
  pair(
    'excludes the emergency account among the groups',
    { users: allBut({ excludeGroups: [EMERGENCY] }) },
    { users: allBut({ excludeUsers: [EMERGENCY] }) },
  ),
  pair(
    'excludes the emergency account among the applications',
    { applications: { includeApplications: ['All'], excludeApplications: [EMERGENCY] } },
    { users: allBut({ excludeUsers: [EMERGENCY] }) },
  ),
  pair(
    'excludes a role by the id of the activated role instead of its template',
    { users: allBut({ excludeRoles: [GLOBAL_ADMIN_OBJECT] }) },
    { users: allBut({ excludeRoles: [GLOBAL_ADMIN] }) },
  ),
  pair(
    'includes the emergency group where it should exclude it',
    { users: only({ includeGroups: [NEIGHBOURS, BREAK_GLASS] }) },
    { users: only({ includeGroups: [NEIGHBOURS], excludeGroups: [BREAK_GLASS] }) },
  ),
]);

const STRANGERS = mechanism('an excluded group that exists and does not hold them', [
  pair(
    'excludes the neighbours instead of the emergency group',
    { users: allBut({ excludeGroups: [NEIGHBOURS] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
  ),
  pair(
    'excludes a group that is inside theirs, and not the one around it',
    { users: allBut({ excludeGroups: [DEPUTIES] }) },
    { users: allBut({ excludeGroups: [ADMINS] }) },
    { who: SECOND },
  ),
  pair(
    'excludes the emergency group, which the second account never joined',
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS], excludeUsers: [SECOND] }) },
    { who: SECOND },
  ),
  pair(
    'excludes the emergency group, which holds no guests',
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS, PARTNERS] }) },
    { who: PARTNER },
  ),
  pair(
    'excludes the other of two loops of groups',
    { users: allBut({ excludeGroups: [IDLE_LOOP] }) },
    { users: allBut({ excludeGroups: [LOOP] }) },
  ),
  pair(
    'excludes a role that somebody else holds',
    { users: allBut({ excludeRoles: [HELPDESK] }) },
    { users: allBut({ excludeRoles: [SECURITY_READER] }) },
  ),
  pair(
    'excludes another user',
    { users: allBut({ excludeUsers: [STAFF] }) },
    { users: allBut({ excludeUsers: [STAFF, EMERGENCY] }) },
  ),
]);

const EMPTIED = mechanism('an exclusion that is empty', [
  pair(
    'excludes a group that was emptied',
    { users: allBut({ excludeGroups: [EMPTY] }) },
    { users: allBut({ excludeGroups: [EMPTY, INNER] }) },
  ),
  pair(
    'excludes a group that holds an empty group alone',
    { users: allBut({ excludeGroups: [HOLLOW] }) },
    { users: allBut({ excludeGroups: [TIER0] }) },
  ),
  pair(
    'excludes a group that was deleted, and not the one that took its name',
    { users: allBut({ excludeGroups: [GONE_GROUP] }) },
    { users: allBut({ excludeGroups: [BREAK_GLASS] }) },
  ),
  pair(
    'excludes a user that was deleted',
    { users: allBut({ excludeUsers: [GONE_USER] }) },
    { users: allBut({ excludeUsers: [EMERGENCY] }) },
  ),
  pair('excludes nobody at all', { users: allBut() }, { users: allBut({ excludeGroups: [EVERYBODY] }) }),
  pair(
    'has its lists of exclusions, and nothing in them',
    { users: allBut({ excludeUsers: [], excludeGroups: [], excludeRoles: [] }) },
    { users: allBut({ excludeUsers: [], excludeGroups: [], excludeRoles: [GLOBAL_ADMIN] }) },
  ),
  pair(
    'excludes guests alone',
    { users: allBut({ excludeUsers: ['GuestsOrExternalUsers'] }) },
    { users: allBut({ excludeUsers: ['GuestsOrExternalUsers', EMERGENCY] }) },
  ),
]);

const ROLES = mechanism('a role that they hold', [
  pair(
    'blocks global administrators',
    { users: only({ includeRoles: [GLOBAL_ADMIN] }) },
    { users: only({ includeRoles: [EXCHANGE_ADMIN] }) },
  ),
  pair(
    'blocks a list of administrators with theirs in it',
    { users: only({ includeRoles: [EXCHANGE_ADMIN, GLOBAL_ADMIN, HELPDESK] }) },
    { users: only({ includeRoles: [EXCHANGE_ADMIN, HELPDESK] }) },
  ),
  pair(
    'blocks a role they hold through a group',
    { users: only({ includeRoles: [PRIVILEGED_ROLE_ADMIN] }) },
    { users: only({ includeRoles: [PRIVILEGED_ROLE_ADMIN], excludeGroups: [ADMINS] }) },
    { who: SECOND },
  ),
  pair(
    'blocks a role they hold through a group in a group',
    { users: only({ includeRoles: [SECURITY_READER] }) },
    { users: only({ includeRoles: [SECURITY_READER], excludeGroups: [INNER] }) },
  ),
  pair(
    'excludes one of their roles with a mistake in it and includes the other',
    { users: only({ includeRoles: [GLOBAL_ADMIN], excludeRoles: [typo(SECURITY_READER)] }) },
    { users: only({ includeRoles: [GLOBAL_ADMIN], excludeRoles: [SECURITY_READER] }) },
  ),
  pair(
    'asks administrators for a device of the company',
    { users: only({ includeRoles: [GLOBAL_ADMIN] }), grantControls: asks('compliantDevice') },
    { users: only({ includeRoles: [GLOBAL_ADMIN] }), grantControls: asks('compliantDevice', 'mfa') },
    { allowed: ['mfa'] },
  ),
]);

const NESTED = mechanism('an included group that holds them', [
  pair(
    'blocks the group of the emergency accounts itself',
    { users: only({ includeGroups: [BREAK_GLASS] }) },
    { users: only({ includeGroups: [NEIGHBOURS] }) },
  ),
  pair(
    'blocks a group that holds theirs two levels down',
    { users: only({ includeGroups: [TIER0] }) },
    { users: only({ includeGroups: [TIER0], excludeGroups: [INNER] }) },
  ),
  pair(
    'blocks the group of everybody',
    { users: only({ includeGroups: [EVERYBODY] }) },
    { users: only({ includeGroups: [EVERYBODY], excludeGroups: [BREAK_GLASS] }) },
  ),
  pair(
    'blocks a loop of groups with them in it',
    { users: only({ includeGroups: [LOOP] }) },
    { users: only({ includeGroups: [IDLE_LOOP] }) },
  ),
  pair(
    'blocks all administrators, the second account among them',
    { users: only({ includeGroups: [TIER0], excludeGroups: [BREAK_GLASS] }) },
    { users: only({ includeGroups: [TIER0], excludeGroups: [BREAK_GLASS, ADMINS] }) },
    { who: SECOND },
  ),
  pair(
    'blocks everybody in a group but for a smaller one that is not theirs',
    { users: only({ includeGroups: [EVERYBODY], excludeGroups: [NEIGHBOURS] }) },
    { users: only({ includeGroups: [EVERYBODY], excludeGroups: [NEIGHBOURS, TIER0] }) },
  ),
  pair(
    'names the emergency account',
    { users: { includeUsers: [STAFF, EMERGENCY] } },
    { users: { includeUsers: [STAFF] } },
  ),
]);

const ALL_GUESTS =
  'internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider';

function guests(
  guestOrExternalUserTypes: string,
  members?: readonly string[],
): Readonly<Record<string, unknown>> {
  const kind = members === undefined ? 'All' : 'Enumerated';
  return {
    guestOrExternalUserTypes,
    externalTenants: {
      '@odata.type': `#microsoft.graph.conditionalAccess${kind}ExternalTenants`,
      membershipKind: kind.toLowerCase(),
      ...(members === undefined ? {} : { members }),
    },
  };
}

const GUESTS = mechanism(
  'a guests object that swallows everyone',
  [
    pair(
      'blocks guests of every type and tenant',
      { users: only({ includeGuestsOrExternalUsers: guests(ALL_GUESTS) }) },
      { users: only({ includeGuestsOrExternalUsers: guests(ALL_GUESTS), excludeGroups: [PARTNERS] }) },
    ),
    pair(
      'blocks guests by the old word for all of them',
      { users: { includeUsers: ['GuestsOrExternalUsers'] } },
      { users: { includeUsers: ['GuestsOrExternalUsers'], excludeUsers: [PARTNER] } },
    ),
    pair(
      'blocks guests of one type, which is theirs',
      { users: only({ includeGuestsOrExternalUsers: guests('b2bCollaborationGuest') }) },
      {
        users: only({
          includeGuestsOrExternalUsers: guests('b2bCollaborationGuest'),
          excludeGroups: [PARTNERS],
        }),
      },
    ),
    pair(
      'blocks guests of two tenants, one of which is theirs',
      { users: only({ includeGuestsOrExternalUsers: guests(ALL_GUESTS, [OTHER_TENANT, HOME]) }) },
      {
        users: only({
          includeGuestsOrExternalUsers: guests(ALL_GUESTS, [OTHER_TENANT, HOME]),
          excludeUsers: [PARTNER],
        }),
      },
    ),
    pair(
      'spares guests of another type',
      { users: allBut({ excludeGuestsOrExternalUsers: guests('internalGuest,serviceProvider') }) },
      {
        users: allBut({
          excludeGuestsOrExternalUsers: guests('internalGuest,serviceProvider'),
          excludeGroups: [PARTNERS],
        }),
      },
    ),
    pair(
      'spares guests of another tenant',
      { users: allBut({ excludeGuestsOrExternalUsers: guests(ALL_GUESTS, [OTHER_TENANT]) }) },
      {
        users: allBut({
          excludeGuestsOrExternalUsers: guests(ALL_GUESTS, [OTHER_TENANT]),
          excludeUsers: [PARTNER],
        }),
      },
    ),
    pair(
      'is meant for guests and still includes all users',
      { users: allBut({ includeGuestsOrExternalUsers: guests('serviceProvider') }) },
      {
        users: only({ includeGuestsOrExternalUsers: guests('serviceProvider'), excludeUsers: [EMERGENCY] }),
      },
      { who: EMERGENCY },
    ),
    pair(
      'blocks guests of another tenant, where a guest of no other tenant is one of them',
      { users: only({ includeGuestsOrExternalUsers: guests(ALL_GUESTS, [OTHER_TENANT]) }) },
      {
        users: only({
          includeGuestsOrExternalUsers: guests(ALL_GUESTS, [OTHER_TENANT]),
          excludeUsers: [LODGER],
        }),
      },
      { who: LODGER },
    ),
    pair(
      'spares guests who were invited, and theirs was not',
      { users: allBut({ excludeGuestsOrExternalUsers: guests('b2bCollaborationGuest') }) },
      {
        users: allBut({
          excludeGuestsOrExternalUsers: guests('b2bCollaborationGuest'),
          excludeUsers: [LODGER],
        }),
      },
      { who: LODGER },
    ),
  ],
  { who: PARTNER },
);

const AUDIENCE = mechanism('a policy meant for another audience', [
  pair(
    'is for all users where it was meant for the workloads of the tenant',
    { users: allBut() },
    {
      users: only({}),
      clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
    },
  ),
  pair(
    'is for all users where it was meant for workloads away from the office',
    { users: allBut(), locations: { includeLocations: ['All'] } },
    {
      users: only({}),
      locations: { includeLocations: ['All'] },
      clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
    },
  ),
  pair(
    'is for everybody where it was meant for one group',
    { users: { includeUsers: ['All'], includeGroups: [NEIGHBOURS] } },
    { users: only({ includeGroups: [NEIGHBOURS] }) },
  ),
  pair(
    'is for everybody where it was meant for one role',
    { users: { includeUsers: ['All'], includeRoles: [HELPDESK] } },
    { users: only({ includeRoles: [HELPDESK] }) },
  ),
  pair(
    'is for everybody where it was meant for one person',
    { users: allBut() },
    { users: { includeUsers: [STAFF] } },
  ),
]);

export const ANOTHER_SPELLING = 'the same thing in another spelling';

const SPELLING = mechanism(ANOTHER_SPELLING, [
  pair(
    'names the emergency account in capitals',
    { users: { includeUsers: [EMERGENCY.toUpperCase()] } },
    { users: { includeUsers: [STAFF.toUpperCase()] } },
  ),
  pair(
    'names a role in capitals',
    { users: only({ includeRoles: [GLOBAL_ADMIN.toUpperCase()] }) },
    { users: only({ includeRoles: [GLOBAL_ADMIN.toUpperCase()], excludeRoles: [GLOBAL_ADMIN] }) },
  ),
  pair(
    'writes the word for all users in capitals',
    { users: { includeUsers: ['ALL'] } },
    { users: { includeUsers: ['ALL'], excludeGroups: [BREAK_GLASS.toUpperCase()] } },
  ),
  pair(
    'writes the word for a block in capitals',
    { grantControls: asks('Block') },
    { grantControls: asks('MFA') },
    { allowed: ['mfa'] },
  ),
  pair(
    'writes the word for all of two controls in small letters',
    { grantControls: { operator: 'and', builtInControls: ['mfa', 'compliantDevice'] } },
    { grantControls: { operator: 'or', builtInControls: ['mfa', 'compliantDevice'] } },
    { allowed: ['mfa'] },
  ),
  pair('writes the word for being in force in capitals', { state: 'ENABLED' }, { state: 'DISABLED' }),
  pair(
    'writes the types of guests in capitals and with blanks',
    { users: only({ includeGuestsOrExternalUsers: guests('ServiceProvider , B2BCOLLABORATIONGUEST') }) },
    { users: only({ includeGuestsOrExternalUsers: guests('ServiceProvider , INTERNALGUEST') }) },
    { who: PARTNER },
  ),
  pair(
    'writes the word for every place in small letters',
    { locations: { includeLocations: ['all'] } },
    { locations: { includeLocations: ['alltrusted'], excludeLocations: ['ALLTRUSTED'] } },
  ),
  pair(
    'writes a device filter without dashes',
    { devices: { deviceFilter: { mode: 'Include', rule: 'device.isCompliant ne true' } } },
    { devices: { deviceFilter: { mode: 'Exclude', rule: 'device.model eq "a" or device.model ne "A"' } } },
  ),
  pair(
    'includes all users and nobody at once',
    { users: { includeUsers: ['None', 'All'] } },
    { users: { includeUsers: ['None', STAFF] } },
  ),
]);

export const PEOPLE = [
  ...TYPING,
  ...WRONG_LIST,
  ...STRANGERS,
  ...EMPTIED,
  ...ROLES,
  ...NESTED,
  ...GUESTS,
  ...AUDIENCE,
  ...SPELLING,
];
