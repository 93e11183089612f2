import { describe, expect, it } from 'vitest';
import { enums, flags, membersOf, memberType, readOnly } from '../../sandbox/tenant/schema.ts';
import { canonical, read } from '../../src/lib/policy/canonical.ts';
import {
  BETA_ONLY,
  FIELD_BY_PATH,
  FIELDS,
  objectOf,
  READ_ONLY,
  rawAt,
  withRaw,
} from '../../src/lib/policy/fields.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { Kind } from '../../src/lib/policy/values.ts';
import { put } from '../laws/generators.ts';

const USER = 'abcdef01-0000-4000-8000-000000000001';
const MFA_STRENGTH = '00000000-0000-0000-0000-000000000002';
const users = 'conditions.users';
const session = 'sessionControls';

/** A strength is expanded in answers, and only its id is a policy's own. */
const BY_ID = 'grantControls.authenticationStrength';

/** Every leaf of Graph's published `conditionalAccessPolicy` that a policy's owner writes, and its type. */
function leaves(type = 'conditionalAccessPolicy', prefix = ''): readonly (readonly [string, string])[] {
  return Object.entries(membersOf(type)).flatMap(([member, spelled]): (readonly [string, string])[] => {
    const path = prefix === '' ? member : `${prefix}.${member}`;
    const { name } = memberType(spelled);
    if (prefix === '' && readOnly.includes(member)) return [];
    if (path === BY_ID) return [[`${path}.id`, 'string']];
    return Object.keys(membersOf(name)).length > 0 ? [...leaves(name, path)] : [[path, spelled]];
  });
}

/** Words of a list that is text in the metadata (Graph docs, conditionalAccessUsers, -Applications, -Locations …). */
const WORDS: Readonly<Record<string, readonly string[]>> = {
  'conditions.users.includeUsers': ['All', 'None', 'GuestsOrExternalUsers'],
  'conditions.users.excludeUsers': ['GuestsOrExternalUsers'],
  'conditions.applications.includeApplications': [
    'All',
    'None',
    'Office365',
    'MicrosoftAdminPortals',
    'AllAgentIdResources',
  ],
  'conditions.applications.excludeApplications': [
    'Office365',
    'MicrosoftAdminPortals',
    'AllAgentIdResources',
  ],
  'conditions.clientApplications.includeServicePrincipals': ['ServicePrincipalsInMyTenant'],
  'conditions.locations.includeLocations': ['All', 'AllTrusted'],
  'conditions.locations.excludeLocations': ['All', 'AllTrusted'],
  'grantControls.operator': ['AND', 'OR'],
  'conditions.applications.includeUserActions': ['urn:user:registersecurityinfo', 'urn:user:registerdevice'],
};
/** Lists of text that hold no object ids. */
const NO_IDS = [
  'includeUserActions',
  'includeAuthenticationContextClassReferences',
  'customAuthenticationFactors',
];

function kindFor(path: string, spelled: string): Pick<Kind, 'name' | 'values' | 'ids'> {
  const { name, collection } = memberType(spelled);
  const list = flags[name] ?? enums[name];
  const words = (list ?? WORDS[path] ?? []).filter((word) => word !== 'unknownFutureValue');
  const isId = path.endsWith('.id');
  const isList = collection && list === undefined;
  const ids = isId || (isList && !NO_IDS.some((end) => path.endsWith(end)));
  return {
    name:
      name in flags
        ? 'flags'
        : collection
          ? 'set'
          : name === 'boolean'
            ? 'flag'
            : name === 'int32'
              ? 'count'
              : words.length > 0
                ? 'choice'
                : 'text',
    // `none` is the zero flag and says nothing.
    values: words.filter((word) => !(name in flags && word === 'none')).sort(),
    ids,
  };
}

describe('the field table', () => {
  it('has exactly the leaves of the published type, with their kinds and words', () => {
    const expected = leaves().map(([path, spelled]) => [path, kindFor(path, spelled)]);
    const table = FIELDS.map(({ path, kind: { name, values = [], ids = false } }) => [
      path,
      { name, values: [...values].sort(), ids },
    ]);

    expect(Object.fromEntries(table)).toEqual(Object.fromEntries(expected));
    expect(FIELDS).toHaveLength(expected.length);
  });

  it('says in a sentence what each field means', () => {
    for (const { path, meaning } of FIELDS)
      expect([path, meaning]).toEqual([path, expect.stringMatching(/^[A-Z].*\.$/)]);
    const guests = FIELDS.filter(({ path }) => path.endsWith('guestOrExternalUserTypes'));
    expect(guests.map(({ meaning }) => meaning)).toEqual([
      'Kinds of guests and external users the policy is for.',
      'Kinds of guests and external users it spares.',
    ]);
  });

  it('knows what the service writes by itself, and nothing of it is unrecognised', () => {
    expect([...READ_ONLY]).toEqual(expect.arrayContaining([...readOnly]));
    const answered = Object.fromEntries([...READ_ONLY].map((name) => [name, 'something']));
    expect(
      read({ ...answered, partialEnablementStrategy: 'x', policyApplies: true, analysisReasons: 'y' }),
    ).toEqual({
      policy: canonical({}),
      unrecognised: [],
    });
  });

  it('keeps apart what only beta has: by its path, and no field of it', () => {
    for (const path of BETA_ONLY) {
      expect(path).toMatch(/^(conditions|sessionControls)(\.[a-z][A-Za-z]+){1,2}$/);
      expect(FIELD_BY_PATH.has(path)).toBe(false);
    }
  });
});

describe('the smallest thing a PATCH replaces', () => {
  it.each([
    ['conditions.users.includeGuestsOrExternalUsers.externalTenants.members', 'conditions.users'],
    ['conditions.clientAppTypes', 'conditions.clientAppTypes'],
    ['grantControls.authenticationStrength.id', 'grantControls'],
    ['state', 'state'],
  ])('for %s is %s', (path, object) => {
    expect(objectOf(path)).toBe(object);
  });
});

describe('a raw leaf', () => {
  it.each<[unknown, string, unknown]>([
    [{ a: { b: 1 } }, 'a.b', 1],
    [{ a: { b: null } }, 'a.b', null],
    [{ a: null }, 'a.b', undefined],
    [{ a: 'text' }, 'a.length', undefined],
    [{ a: ['x'] }, 'a.length', undefined],
    [{}, 'toString', undefined],
    [null, 'a', undefined],
  ])('of %j at %s is %j', (raw, path, leaf) => {
    expect(rawAt(raw, path)).toBe(leaf);
  });

  it.each<[RawPolicy, string, RawPolicy]>([
    [{}, 'a', { a: 1 }],
    [{ a: 0, b: 2 }, 'a', { a: 1, b: 2 }],
    [{ a: { b: 0, c: 2 }, d: 3 }, 'a.b', { a: { b: 1, c: 2 }, d: 3 }],
    [{}, 'a.b.c', { a: { b: { c: 1 } } }],
    [{ a: null }, 'a.b.c', { a: { b: { c: 1 } } }],
    [{ a: 'text' }, 'a.b', { a: { b: 1 } }],
    [{ a: ['x'] }, 'a.b', { a: { b: 1 } }],
  ])('is put into a copy: %j at %s becomes %j', (raw, path, expected) => {
    const before = structuredClone(raw);

    expect(withRaw(raw, path, 1)).toEqual(expected);
    expect(raw).toEqual(before);
  });
});

/** Canonical value of one field of a policy of which only this is said. */
function leafOf(path: string, said: Readonly<Record<string, unknown>>): unknown {
  const raw: Record<string, unknown> = {};
  for (const [place, value] of Object.entries(said)) put(raw, place, value);
  return canonical(raw)[path];
}

describe('canonical form settles what one leaf alone cannot:', () => {
  const guests = `${users}.includeGuestsOrExternalUsers`;
  const types = `${guests}.guestOrExternalUserTypes`;
  const tenants = `${guests}.externalTenants`;
  const controls = 'grantControls.builtInControls';
  const strength = 'grantControls.authenticationStrength';
  const frequency = `${session}.signInFrequency`;

  it.each<[string, string, unknown, Readonly<Record<string, unknown>>]>([
    ['None is nobody', `${users}.includeUsers`, [], { [`${users}.includeUsers`]: ['None'] }],
    [
      'None beside somebody is nobody more',
      `${users}.excludeUsers`,
      [USER],
      { [`${users}.excludeUsers`]: ['None', USER] },
    ],
    [
      'None is no application',
      'conditions.applications.includeApplications',
      [],
      { 'conditions.applications.includeApplications': ['none'] },
    ],
    [
      'None is no application spared',
      'conditions.applications.excludeApplications',
      [],
      { 'conditions.applications.excludeApplications': ['None'] },
    ],
    ['no client apps are all', 'conditions.clientAppTypes', ['all'], { 'conditions.clientAppTypes': [] }],
    [
      'the old word for guests is no user',
      `${users}.includeUsers`,
      [],
      { [`${users}.includeUsers`]: ['GuestsOrExternalUsers'] },
    ],
    [
      'the old word for guests is every kind of them',
      types,
      [
        'b2bCollaborationGuest',
        'b2bCollaborationMember',
        'b2bDirectConnectUser',
        'internalGuest',
        'otherExternalUser',
        'serviceProvider',
      ],
      { [`${users}.includeUsers`]: ['guestsorexternalusers'] },
    ],
    [
      '… of all tenants',
      `${tenants}.membershipKind`,
      'all',
      {
        [`${users}.includeUsers`]: ['GuestsOrExternalUsers'],
        [tenants]: { membershipKind: 'enumerated', members: [USER] },
      },
    ],
    [
      'the word on one side says nothing of the other',
      `${users}.excludeGuestsOrExternalUsers.guestOrExternalUserTypes`,
      [],
      { [`${users}.includeUsers`]: ['GuestsOrExternalUsers'] },
    ],
    [
      'no kinds of guests, no tenants',
      `${tenants}.membershipKind`,
      null,
      { [tenants]: { membershipKind: 'all' } },
    ],
    [
      'guests of nobody named are of all tenants',
      `${tenants}.membershipKind`,
      'all',
      { [types]: 'internalGuest' },
    ],
    [
      'a kind of membership in any letter case',
      `${tenants}.membershipKind`,
      'enumerated',
      { [types]: 'internalGuest', [tenants]: { membershipKind: 'Enumerated' } },
    ],
    [
      'the kind beats the annotation',
      `${tenants}.membershipKind`,
      'all',
      {
        [types]: 'internalGuest',
        [tenants]: {
          membershipKind: 'all',
          '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
        },
      },
    ],
    [
      'the annotation says the kind',
      `${tenants}.membershipKind`,
      'enumerated',
      {
        [types]: 'internalGuest',
        [tenants]: { '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants' },
      },
    ],
    [
      'the annotation beats the members',
      `${tenants}.membershipKind`,
      'all',
      {
        [types]: 'internalGuest',
        [tenants]: { '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants', members: [USER] },
      },
    ],
    [
      'members say the kind',
      `${tenants}.membershipKind`,
      'enumerated',
      { [types]: 'internalGuest', [tenants]: { members: [USER] } },
    ],
    [
      'no members say none',
      `${tenants}.membershipKind`,
      'all',
      { [types]: 'internalGuest', [tenants]: { members: [] } },
    ],
    [
      'what is no object says none',
      `${tenants}.membershipKind`,
      'all',
      { [types]: 'internalGuest', [tenants]: 'enumerated' },
    ],
    [
      'members of listed tenants stay',
      `${tenants}.members`,
      [USER],
      { [types]: 'internalGuest', [tenants]: { membershipKind: 'enumerated', members: [USER] } },
    ],
    [
      'members of all tenants are none',
      `${tenants}.members`,
      [],
      { [types]: 'internalGuest', [tenants]: { membershipKind: 'all', members: [USER] } },
    ],
    [
      'a filter without a rule has no mode',
      'conditions.devices.deviceFilter.mode',
      null,
      { 'conditions.devices.deviceFilter': { mode: 'include', rule: '' } },
    ],
    [
      '… and no rule',
      'conditions.devices.deviceFilter.rule',
      null,
      { 'conditions.devices.deviceFilter': { mode: 'include', rule: '' } },
    ],
    [
      'a filter with a rule has its mode',
      'conditions.devices.deviceFilter.mode',
      'exclude',
      { 'conditions.devices.deviceFilter': { mode: 'exclude', rule: 'x' } },
    ],
    ['no control, no operator', 'grantControls.operator', null, { 'grantControls.operator': 'AND' }],
    [
      'one control is any of them',
      'grantControls.operator',
      'OR',
      { 'grantControls.operator': 'AND', [controls]: ['mfa'] },
    ],
    [
      'one agreement is any of them',
      'grantControls.operator',
      'OR',
      { 'grantControls.operator': 'AND', 'grantControls.termsOfUse': [USER] },
    ],
    [
      'one factor is any of them',
      'grantControls.operator',
      'OR',
      { 'grantControls.operator': 'AND', 'grantControls.customAuthenticationFactors': ['Duo'] },
    ],
    [
      'one strength is any of them',
      'grantControls.operator',
      'OR',
      { 'grantControls.operator': 'AND', [strength]: { id: USER } },
    ],
    [
      'two controls are asked for as said',
      'grantControls.operator',
      'AND',
      { 'grantControls.operator': 'AND', [controls]: ['mfa', 'compliantDevice'] },
    ],
    [
      'a strength counts as a control',
      'grantControls.operator',
      'AND',
      { 'grantControls.operator': 'AND', [controls]: ['compliantDevice'], [strength]: { id: USER } },
    ],
    [
      'two controls and no operator are any of them',
      'grantControls.operator',
      'OR',
      { [controls]: ['mfa', 'compliantDevice'] },
    ],
    ['remediation adds a strength', `${strength}.id`, MFA_STRENGTH, { [controls]: ['RiskRemediation'] }],
    [
      '… and asks for both',
      'grantControls.operator',
      'AND',
      { 'grantControls.operator': 'OR', [controls]: ['riskRemediation'] },
    ],
    [
      'remediation keeps the strength that is there',
      `${strength}.id`,
      USER,
      { [controls]: ['riskRemediation'], [strength]: { id: USER } },
    ],
    [
      '… and the operator that is said',
      'grantControls.operator',
      'OR',
      { 'grantControls.operator': 'OR', [controls]: ['riskRemediation'], [strength]: { id: USER } },
    ],
    ['no remediation, no strength', `${strength}.id`, null, { [controls]: ['mfa'] }],
    [
      'a control that is off has no mode',
      `${session}.persistentBrowser.mode`,
      null,
      { [`${session}.persistentBrowser`]: { isEnabled: false, mode: 'never' } },
    ],
    [
      'a control that is on has its mode',
      `${session}.persistentBrowser.mode`,
      'never',
      { [`${session}.persistentBrowser`]: { isEnabled: true, mode: 'never' } },
    ],
    [
      'a control that is off has no type',
      `${session}.cloudAppSecurity.cloudAppSecurityType`,
      null,
      { [`${session}.cloudAppSecurity`]: { cloudAppSecurityType: 'monitorOnly' } },
    ],
    [
      'remediation asks for a new sign-in each time',
      `${frequency}.frequencyInterval`,
      'everyTime',
      { [controls]: ['riskRemediation'] },
    ],
    ['… which is on', `${frequency}.isEnabled`, true, { [controls]: ['riskRemediation'] }],
    [
      '… by both proofs, whatever is written beside it',
      `${frequency}.authenticationType`,
      'primaryAndSecondaryAuthentication',
      { [controls]: ['riskRemediation'], [frequency]: { authenticationType: 'secondaryAuthentication' } },
    ],
    [
      'remediation does not switch on what is off in so many words',
      `${frequency}.isEnabled`,
      false,
      { [controls]: ['riskRemediation'], [frequency]: { isEnabled: false } },
    ],
    [
      'an interval by time keeps its unit',
      `${frequency}.type`,
      'days',
      { [frequency]: { isEnabled: true, type: 'days', value: 2 } },
    ],
    [
      '… and its length',
      `${frequency}.value`,
      2,
      { [frequency]: { isEnabled: true, type: 'days', value: 2 } },
    ],
    [
      '… and says so',
      `${frequency}.frequencyInterval`,
      'timeBased',
      { [frequency]: { isEnabled: true, type: 'days', value: 2 } },
    ],
    [
      'every time has no unit',
      `${frequency}.type`,
      null,
      { [frequency]: { isEnabled: true, type: 'days', value: 2, frequencyInterval: 'EveryTime' } },
    ],
    [
      'every time has no length',
      `${frequency}.value`,
      null,
      { [frequency]: { isEnabled: true, type: 'days', value: 2, frequencyInterval: 'everyTime' } },
    ],
    [
      'both proofs are asked for where nothing is said',
      `${frequency}.authenticationType`,
      'primaryAndSecondaryAuthentication',
      { [frequency]: { isEnabled: true } },
    ],
    [
      'one proof where that is said',
      `${frequency}.authenticationType`,
      'secondaryAuthentication',
      { [frequency]: { isEnabled: true, authenticationType: 'secondaryAuthentication' } },
    ],
    ['no new sign-in, no unit', `${frequency}.type`, null, { [frequency]: { type: 'days', value: 2 } }],
    [
      '… and no interval',
      `${frequency}.frequencyInterval`,
      null,
      { [frequency]: { frequencyInterval: 'everyTime' } },
    ],
    [
      '… and no proof',
      `${frequency}.authenticationType`,
      null,
      { [frequency]: { authenticationType: 'secondaryAuthentication' } },
    ],
    [
      'an authentication context in any letter case',
      'conditions.applications.includeAuthenticationContextClassReferences',
      ['c25'],
      { 'conditions.applications.includeAuthenticationContextClassReferences': ['C25'] },
    ],
    [
      'a user action in any letter case',
      'conditions.applications.includeUserActions',
      ['urn:user:registerdevice'],
      { 'conditions.applications.includeUserActions': ['urn:user:RegisterDevice'] },
    ],
    [
      'a user action we do not know yet in any letter case',
      'conditions.applications.includeUserActions',
      ['urn:user:somethingnew'],
      { 'conditions.applications.includeUserActions': ['URN:User:SomethingNew'] },
    ],
  ])('%s', (_, path, leaf, said) => {
    expect(leafOf(path, said)).toEqual(leaf);
  });

  it.each(['c0', 'c100', 'xc1', 'c1x', 'c'])('%s is no authentication context', (word) => {
    const path = 'conditions.applications.includeAuthenticationContextClassReferences';
    const { unrecognised } = read({
      conditions: { applications: { includeAuthenticationContextClassReferences: [word] } },
    });
    expect(unrecognised).toMatchObject([{ path, reason: 'unknownValue' }]);
  });

  it.each(['urn:user:', 'urn:user:a1', 'x urn:user:a', 'registerdevice'])('%s is no user action', (word) => {
    const { unrecognised } = read({ conditions: { applications: { includeUserActions: [word] } } });
    expect(unrecognised).toMatchObject([{ reason: 'unknownValue' }]);
  });
});
