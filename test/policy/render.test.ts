import { describe, expect, it } from 'vitest';
import { canonical, read } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { createBody, updateBody } from '../../src/lib/policy/render.ts';

const USER = 'abcdef01-0000-4000-8000-000000000001';
const TENANT = 'abcdef02-0000-4000-8000-000000000001';
const NOTHING = canonical({});

/** What a PATCH of one object says of it. */
function updated(object: string, after: RawPolicy, before: RawPolicy = {}): unknown {
  const body = updateBody(canonical(before), canonical(after), [object]);
  return object.split('.').reduce<unknown>((part, name) => (part as RawPolicy)[name], body);
}

const condition = (name: string, value: unknown): RawPolicy => ({ conditions: { [name]: value } });

describe('the body of a create', () => {
  it('says what is configured and nothing else', () => {
    const policy = canonical({
      displayName: 'CA001',
      state: 'disabled',
      conditions: {
        users: { includeUsers: ['All'], excludeGroups: [USER] },
        applications: { includeApplications: ['All'] },
        signInRiskLevels: ['high'],
      },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    });

    expect(createBody(policy)).toEqual({
      displayName: 'CA001',
      state: 'disabled',
      conditions: {
        users: { includeUsers: ['All'], excludeGroups: [USER] },
        applications: { includeApplications: ['All'] },
        clientAppTypes: ['all'],
        signInRiskLevels: ['high'],
      },
      grantControls: { operator: 'OR', builtInControls: ['mfa'] },
    });
  });

  it('names nobody and nothing in so many words', () => {
    expect(createBody(NOTHING)).toEqual({
      conditions: {
        users: { includeUsers: ['None'] },
        applications: { includeApplications: ['None'] },
        clientAppTypes: ['all'],
      },
    });
  });

  it('says nothing of users for workload identities, unless something is said of them', () => {
    const workload = {
      clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
      applications: { includeApplications: ['All'] },
    };
    const users = (raw: RawPolicy): unknown => (createBody(canonical(raw)).conditions as RawPolicy).users;

    expect(users({ conditions: workload })).toBeUndefined();
    expect(users({ conditions: { ...workload, users: { excludeUsers: [USER] } } })).toEqual({
      includeUsers: ['None'],
      excludeUsers: [USER],
    });
  });
});

describe('the body of an update', () => {
  it('clears in so many words what must go: Graph keeps what is left out', () => {
    const objects = [
      'conditions.clientApplications',
      'conditions.platforms',
      'conditions.locations',
      'conditions.devices',
      'conditions.authenticationFlows',
      'conditions.insiderRiskLevels',
      'conditions.signInRiskLevels',
      'grantControls',
      'sessionControls',
    ];

    expect(updateBody(NOTHING, NOTHING, objects)).toEqual({
      conditions: {
        clientApplications: null,
        platforms: null,
        locations: null,
        devices: null,
        authenticationFlows: null,
        insiderRiskLevels: null,
        signInRiskLevels: [],
      },
      grantControls: null,
      sessionControls: null,
    });
  });

  it.each<[string, string, unknown, RawPolicy]>([
    [
      'one platform, and none spared',
      'conditions.platforms',
      { includePlatforms: ['iOS'], excludePlatforms: [] },
      condition('platforms', { includePlatforms: ['iOS'] }),
    ],
    [
      'one location spared',
      'conditions.locations',
      { includeLocations: [], excludeLocations: ['AllTrusted'] },
      condition('locations', { excludeLocations: ['AllTrusted'] }),
    ],
    [
      'a device filter',
      'conditions.devices',
      { deviceFilter: { mode: 'exclude', rule: 'x' } },
      condition('devices', { deviceFilter: { mode: 'exclude', rule: 'x' } }),
    ],
    [
      'workload identities, with a filter',
      'conditions.clientApplications',
      {
        includeServicePrincipals: [USER],
        excludeServicePrincipals: [],
        servicePrincipalFilter: { mode: 'include', rule: 'x' },
      },
      condition('clientApplications', {
        includeServicePrincipals: [USER],
        servicePrincipalFilter: { mode: 'include', rule: 'x' },
      }),
    ],
    [
      'flags, joined',
      'conditions.authenticationFlows',
      { transferMethods: 'authenticationTransfer,deviceCodeFlow' },
      condition('authenticationFlows', { transferMethods: 'deviceCodeFlow,authenticationTransfer' }),
    ],
    ['flags alone', 'conditions.insiderRiskLevels', 'minor', condition('insiderRiskLevels', 'minor')],
    [
      'a strength, by id alone',
      'grantControls',
      {
        operator: 'OR',
        builtInControls: [],
        customAuthenticationFactors: [],
        termsOfUse: [],
        authenticationStrength: { id: USER },
      },
      { grantControls: { authenticationStrength: { id: USER, displayName: 'Mine' } } },
    ],
    [
      'a control, and no strength',
      'grantControls',
      {
        operator: 'OR',
        builtInControls: ['mfa'],
        customAuthenticationFactors: [],
        termsOfUse: [],
        authenticationStrength: null,
      },
      { grantControls: { operator: 'OR', builtInControls: ['mfa'] } },
    ],
    [
      'applications by filter alone',
      'conditions.applications',
      {
        includeApplications: [],
        excludeApplications: [],
        includeUserActions: [],
        includeAuthenticationContextClassReferences: [],
        applicationFilter: { mode: 'include', rule: 'x' },
      },
      condition('applications', { applicationFilter: { mode: 'include', rule: 'x' } }),
    ],
  ])('says %s', (_, object, said, after) => {
    expect(updated(object, after)).toEqual(said);
  });

  it.each(['includeUserActions', 'includeAuthenticationContextClassReferences'])(
    'needs no None for a target in %s',
    (name) => {
      const member = name === 'includeUserActions' ? 'urn:user:registerdevice' : 'c1';

      expect(
        updated('conditions.applications', condition('applications', { [name]: [member] })),
      ).toMatchObject({ includeApplications: [], [name]: [member] });
    },
  );

  it.each(['includeGroups', 'includeRoles', 'includeUsers'])('needs no None beside %s', (name) => {
    expect(updated('conditions.users', condition('users', { [name]: [USER] }))).toMatchObject({
      includeUsers: name === 'includeUsers' ? [USER] : [],
    });
  });

  it('names the kind of guests’ tenants, with the annotation it needs', () => {
    const guests = (externalTenants: object): unknown =>
      updated(
        'conditions.users',
        condition('users', {
          includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest', externalTenants },
        }),
      );

    expect(guests({ membershipKind: 'enumerated', members: [TENANT] })).toEqual({
      includeUsers: [],
      excludeUsers: [],
      includeGroups: [],
      excludeGroups: [],
      includeRoles: [],
      excludeRoles: [],
      excludeGuestsOrExternalUsers: null,
      includeGuestsOrExternalUsers: {
        guestOrExternalUserTypes: 'internalGuest',
        externalTenants: {
          '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
          membershipKind: 'enumerated',
          members: [TENANT],
        },
      },
    });
    expect(guests({ membershipKind: 'all' })).toMatchObject({
      includeGuestsOrExternalUsers: {
        externalTenants: {
          '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants',
          membershipKind: 'all',
        },
      },
    });
  });
});

describe('session controls in a body', () => {
  const session = (members: object): RawPolicy => ({ sessionControls: members });
  const OFF = {
    applicationEnforcedRestrictions: null,
    cloudAppSecurity: null,
    persistentBrowser: null,
    signInFrequency: null,
    disableResilienceDefaults: null,
    secureSignInSession: null,
  };
  const EVERY_TIME = {
    isEnabled: true,
    type: null,
    value: null,
    authenticationType: 'primaryAndSecondaryAuthentication',
    frequencyInterval: 'everyTime',
  };

  it.each<[object, object]>([
    [{ applicationEnforcedRestrictions: { isEnabled: true } }, {}],
    [{ cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } }, {}],
    [{ persistentBrowser: { isEnabled: true, mode: 'never' } }, {}],
    [{ secureSignInSession: { isEnabled: true } }, {}],
    [{ disableResilienceDefaults: true }, {}],
    [
      { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
      {
        signInFrequency: {
          isEnabled: true,
          type: 'hours',
          value: 4,
          authenticationType: 'primaryAndSecondaryAuthentication',
          frequencyInterval: 'timeBased',
        },
      },
    ],
  ])('are all there, the others as null: %j', (controls, more) => {
    expect(updated('sessionControls', session(controls))).toEqual({ ...OFF, ...controls, ...more });
  });

  it('leave out, beside everyTime, the two it cannot stand beside', () => {
    const { applicationEnforcedRestrictions: _, disableResilienceDefaults: __, ...others } = OFF;

    expect(updated('sessionControls', session({ signInFrequency: EVERY_TIME }))).toEqual({
      ...others,
      signInFrequency: EVERY_TIME,
    });
    expect(createBody(canonical(session({ signInFrequency: EVERY_TIME }))).sessionControls).toMatchObject({
      signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' },
    });
  });

  it.each([
    ['applicationEnforcedRestrictions', { isEnabled: true }],
    ['disableResilienceDefaults', true],
  ] as const)('say null for %s where it is there and must go', (name, value) => {
    const said = updated(
      'sessionControls',
      session({ signInFrequency: EVERY_TIME }),
      session({ [name]: value }),
    ) as RawPolicy;

    expect(Object.keys(said).sort()).toEqual(
      ['cloudAppSecurity', name, 'persistentBrowser', 'secureSignInSession', 'signInFrequency'].sort(),
    );
    expect(said[name]).toBeNull();
  });

  it.each([
    ['applicationEnforcedRestrictions', { isEnabled: true }],
    ['disableResilienceDefaults', true],
  ] as const)(
    'keep %s beside everyTime where it is wanted, and leave the refusal to the service',
    (name, value) => {
      expect(
        updated('sessionControls', session({ signInFrequency: EVERY_TIME, [name]: value })),
      ).toMatchObject({
        [name]: value,
      });
    },
  );
});

describe('what the field table does not know', () => {
  const noted = (raw: RawPolicy): unknown => read(raw).unrecognised;

  it('is said with its place, its object and its value', () => {
    expect(noted({ conditions: { users: { somethingNew: ['x'] } } })).toEqual([
      {
        path: 'conditions.users.somethingNew',
        reason: 'unknownMember',
        object: 'conditions.users',
        empty: false,
        value: '["x"]',
      },
    ]);
  });

  it('is said of a value of a field, too', () => {
    expect(noted({ state: 'enabledForSome' })).toEqual([
      { path: 'state', reason: 'unknownValue', object: 'state', empty: false, value: '"enabledForSome"' },
    ]);
  });

  it('is cut at 200 characters, with a sign that it was', () => {
    const [whole, cut] = [198, 199].map(
      (length) => read({ somethingNew: 'x'.repeat(length) }).unrecognised[0],
    );

    expect(whole?.value).toBe(`"${'x'.repeat(198)}"`);
    expect(cut?.value).toBe(`"${'x'.repeat(199)}…`);
  });

  it('is empty where it says nothing', () => {
    expect(noted({ somethingNew: null })).toMatchObject([{ empty: true, value: 'null' }]);
    expect(noted({ somethingNew: undefined })).toMatchObject([{ empty: true, value: 'undefined' }]);
  });

  it.each<[string, RawPolicy, unknown]>([
    ['an annotation', { '@odata.context': 'x', conditions: { '@odata.type': 'y' } }, []],
    ['a member that only the service writes', { createdDateTime: 'x' }, []],
    [
      'a member of that name further down',
      { conditions: { id: 'x' } },
      [{ path: 'conditions.id', reason: 'unknownMember' }],
    ],
    ['an object that is null', { conditions: null, grantControls: null }, []],
    ['an object that is an empty list', { conditions: [] }, []],
    ['an object that is a list', { conditions: ['x'] }, [{ path: 'conditions', reason: 'wrongShape' }]],
    [
      'an object that is text',
      { conditions: { users: 'x' } },
      [{ path: 'conditions.users', reason: 'wrongShape' }],
    ],
    ['an object that is empty text', { conditions: { users: '' } }, []],
    [
      'a strength in full, which its id says',
      { grantControls: { authenticationStrength: { id: USER, displayName: 'x', policyType: 'custom' } } },
      [],
    ],
    [
      'a strength without an id',
      { grantControls: { authenticationStrength: { displayName: 'x' } } },
      [{ path: 'grantControls.authenticationStrength', reason: 'wrongShape' }],
    ],
    [
      'a strength that says nothing',
      { grantControls: { authenticationStrength: { displayName: null } } },
      [],
    ],
    [
      'a member inside a session control',
      { sessionControls: { signInFrequency: { somethingNew: 1 } } },
      [{ path: 'sessionControls.signInFrequency.somethingNew', object: 'sessionControls' }],
    ],
  ])('%s', (_, raw, unrecognised) => {
    expect(noted(raw)).toMatchObject(unrecognised as object[]);
    expect(noted(raw)).toHaveLength((unrecognised as object[]).length);
  });
});
