import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { APP_GROUPS } from '../../src/lib/whatif/apps.ts';
import {
  evaluate,
  evaluatePolicy,
  type PolicyVerdict,
  type Reading,
  type Reason,
} from '../../src/lib/whatif/evaluate.ts';
import type { NamedLocations } from '../../src/lib/whatif/locations.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { AZURE_MANAGEMENT, compiled, id, member, raw, SHAREPOINT, signIn, USER } from './support.ts';

function judge(policy: RawPolicy, question: SignIn, reading?: Reading): PolicyVerdict {
  return evaluate(compiled([policy]), question, reading).policies[0] as PolicyVerdict;
}

function applies(policy: RawPolicy, question: Partial<SignIn> = {}): boolean | null {
  return judge(policy, signIn(question)).policyApplies;
}

const GROUP = id(11);
const ROLE = id(12);
const HOME = id(13);

describe('users', () => {
  const forUsers = (users: Readonly<Record<string, unknown>>): RawPolicy => raw({ users });

  it('are included by id, group, role, or all of them, and exclusion beats inclusion', () => {
    const inBoth = { identity: member({ groups: [GROUP], roles: [ROLE] }) };

    expect(applies(forUsers({ includeUsers: [USER] }))).toBe(true);
    expect(applies(forUsers({ includeUsers: [id(2)] }))).toBe(false);
    expect(applies(forUsers({ includeGroups: [GROUP] }), inBoth)).toBe(true);
    expect(applies(forUsers({ includeUsers: ['None'], includeRoles: [ROLE] }), inBoth)).toBe(true);
    expect(applies(forUsers({ includeUsers: ['All'], excludeRoles: [ROLE] }), inBoth)).toBe(false);
    expect(applies(forUsers({ includeUsers: [USER], excludeGroups: [GROUP] }), inBoth)).toBe(false);
    expect(applies(forUsers({ includeUsers: ['None'] }))).toBe(false);
  });

  it('of unknown membership may or may not be meant', () => {
    const stranger = { identity: { kind: 'user', id: USER, guestType: null } as const };
    const known = { identity: { ...stranger.identity, groupsAtLeast: [GROUP] } };

    expect(applies(forUsers({ includeGroups: [GROUP] }), stranger)).toBe(null);
    expect(applies(forUsers({ includeGroups: [GROUP] }), known)).toBe(true);
    expect(applies(forUsers({ includeGroups: [id(14)] }), known)).toBe(null);
    expect(applies(forUsers({ includeUsers: ['All'], excludeGroups: [GROUP] }), stranger)).toBe(null);
    expect(applies(forUsers({ includeUsers: ['All'], excludeGroups: [GROUP] }), known)).toBe(false);
    expect(applies(forUsers({ includeGroups: [GROUP], excludeGroups: [GROUP] }), stranger)).toBe(false);
    expect(applies(forUsers({ includeUsers: [USER], includeRoles: [ROLE] }), stranger)).toBe(true);
  });

  it('who are guests are meant by type and by the tenant they come from', () => {
    const guest = { identity: member({ guestType: 'b2bCollaborationGuest', homeTenantId: HOME }) };
    const internal = { identity: member({ guestType: 'internalGuest', homeTenantId: null }) };
    const guests = (types: string, members?: readonly string[]): RawPolicy =>
      forUsers({
        includeGuestsOrExternalUsers: {
          guestOrExternalUserTypes: types,
          externalTenants:
            members === undefined ? { membershipKind: 'all' } : { membershipKind: 'enumerated', members },
        },
      });

    expect(applies(guests('b2bCollaborationGuest'), guest)).toBe(true);
    expect(applies(guests('serviceProvider'), guest)).toBe(false);
    expect(applies(guests('b2bCollaborationGuest', [HOME]), guest)).toBe(true);
    expect(applies(guests('b2bCollaborationGuest', [id(99)]), guest)).toBe(false);
    expect(applies(guests('internalGuest', [id(99)]), internal)).toBe(true);
    expect(applies(guests('b2bCollaborationGuest'))).toBe(false);
    expect(applies(forUsers({ includeUsers: ['GuestsOrExternalUsers'] }), guest)).toBe(true);
    expect(applies(forUsers({ includeUsers: ['All'] }), guest)).toBe(true);
    const { guestType: _, ...unknownType } = guest.identity;
    expect(applies(guests('b2bCollaborationGuest'), { identity: unknownType })).toBe(null);
  });

  it('and workload identities never share a policy', () => {
    const workload = raw({
      users: { includeUsers: ['None'] },
      clientApplications: {
        includeServicePrincipals: ['ServicePrincipalsInMyTenant'],
        excludeServicePrincipals: [id(21)],
      },
    });
    const ours = { identity: { kind: 'workload', servicePrincipalId: id(20) } } as const;

    expect(applies(workload, ours)).toBe(true);
    expect(applies(workload, { identity: { kind: 'workload', servicePrincipalId: id(21) } })).toBe(false);
    expect(judge(workload, signIn()).analysisReasons).toBe('users');
    expect(judge(raw(), signIn(ours)).analysisReasons).toBe('workloadIdentities');
  });
});

describe('targets', () => {
  const forApps = (applications: Readonly<Record<string, unknown>>): RawPolicy => raw({ applications });
  const to = (appId: string): Partial<SignIn> => ({ target: { kind: 'app', appIds: [appId] } });

  it('know what is in a built-in group, what is not, and what they do not know', () => {
    const office = forApps({ includeApplications: ['Office365'] });

    expect(applies(office, to(SHAREPOINT))).toBe(true);
    expect(applies(office, to(AZURE_MANAGEMENT))).toBe(false);
    expect(applies(office, to(id(50)))).toBe(null);
    expect(judge(office, signIn(to(id(50)))).needs).toEqual([`whether ${id(50)} belongs to Office365`]);
    const allBut = forApps({ includeApplications: ['All'], excludeApplications: ['Office365'] });
    expect(applies(allBut, to(SHAREPOINT))).toBe(false);
    expect(applies(allBut, to(id(50)))).toBe(null);
    expect(
      applies(
        forApps({ includeApplications: ['MicrosoftAdminPortals'] }),
        to('c44b4083-3bb0-49c1-b47d-974e53cbdf3c'),
      ),
    ).toBe(true);
  });

  it('of several apps apply where one of them is meant', () => {
    const target = { kind: 'app', appIds: [id(50), SHAREPOINT] } as const;

    expect(applies(forApps({ includeApplications: [SHAREPOINT] }), { target })).toBe(true);
    expect(
      applies(forApps({ includeApplications: ['All'], excludeApplications: [SHAREPOINT] }), { target }),
    ).toBe(true);
  });

  it('that are user actions fall under policies for all applications, contexts do not', () => {
    const action = { target: { kind: 'userAction', action: 'urn:user:registerdevice' } } as const;
    const context = { target: { kind: 'authContext', value: 'c1' } } as const;

    expect(applies(raw(), action)).toBe(true);
    expect(applies(raw(), context)).toBe(false);
    expect(applies(forApps({ includeUserActions: ['urn:user:registerdevice'] }), action)).toBe(true);
    expect(
      judge(forApps({ includeUserActions: ['urn:user:registersecurityinfo'] }), signIn(action))
        .analysisReasons,
    ).toBe('userActions');
    expect(
      judge(forApps({ includeAuthenticationContextClassReferences: ['c2'] }), signIn(context))
        .analysisReasons,
    ).toBe('authenticationContext');
    expect(
      judge(forApps({ includeUserActions: ['urn:user:registerdevice'] }), signIn()).analysisReasons,
    ).toBe('application');
  });

  it('that are chosen by attributes are not known', () => {
    const filter = { mode: 'include', rule: 'CustomSecurityAttribute.A_B -eq "c"' };

    expect(applies(forApps({ applicationFilter: filter }))).toBe(null);
    expect(applies(forApps({ includeApplications: [SHAREPOINT], applicationFilter: filter }))).toBe(true);
  });
});

describe('conditions', () => {
  it('take a client app for what it is, and leave open which part of them an old name means', () => {
    const sync = { clientApp: 'exchangeActiveSync' };

    expect(applies(raw({ clientAppTypes: ['exchangeActiveSync'] }), sync)).toBe(true);
    expect(applies(raw({ clientAppTypes: ['easSupported'] }), sync)).toBe(null);
    expect(applies(raw({ clientAppTypes: ['easSupported', 'exchangeActiveSync'] }), sync)).toBe(true);
    expect(applies(raw({ clientAppTypes: ['easSupported'] }), { clientApp: 'other' })).toBe(false);
    expect(judge(raw({ clientAppTypes: ['easSupported'] }), signIn(sync)).needs).toEqual([
      'whether the Exchange ActiveSync client is a supported one',
    ]);
    expect(applies(raw({ clientAppTypes: ['browser'] }), sync)).toBe(false);
    expect(applies(raw({ clientAppTypes: [] }), sync)).toBe(true);
  });

  it('match an unknown platform with all platforms alone', () => {
    const unknown = { platform: 'unknown' };

    expect(
      applies(raw({ platforms: { includePlatforms: ['all'], excludePlatforms: ['windows'] } }), unknown),
    ).toBe(true);
    expect(applies(raw({ platforms: { includePlatforms: ['windows', 'linux'] } }), unknown)).toBe(false);
    expect(applies(raw({ platforms: { includePlatforms: ['unknownFutureValue'] } }), unknown)).toBe(null);
  });

  it('match listed levels and no higher ones', () => {
    expect(applies(raw({ signInRiskLevels: ['medium'] }), { signInRisk: 'high' })).toBe(false);
    expect(applies(raw({ userRiskLevels: ['high', 'medium'] }), { userRisk: 'high' })).toBe(true);
    expect(applies(raw({ insiderRiskLevels: 'minor,moderate' }), { insiderRisk: 'moderate' })).toBe(true);
    expect(
      applies(raw({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } }), {
        authenticationFlow: 'authenticationTransfer',
      }),
    ).toBe(false);
  });

  it('that fail together are told in the service’s order, the first as its reason', () => {
    const verdict = judge(
      raw({
        users: { includeUsers: [id(2)] },
        clientAppTypes: ['other'],
        platforms: { includePlatforms: ['iOS'] },
        signInRiskLevels: ['high'],
      }),
      signIn(),
    );

    expect(verdict.reasons).toEqual(['users', 'clientApps', 'devicePlatform', 'signInRisk']);
    expect(verdict.analysisReasons).toBe('users');
  });

  it('we do not know may spare the sign-in', () => {
    const policy = raw({ times: { all: true } });

    expect(applies(policy)).toBe(null);
    expect(judge(policy, signIn()).needs).toEqual(['conditions.times']);
    expect(judge(policy, signIn(), 'asGraph').policyApplies).toBe(true);
  });

  it('that were not given are named, or do not match as Graph has it', () => {
    const policy = raw({ platforms: { includePlatforms: ['windows'] }, userRiskLevels: ['high'] });
    const question: SignIn = { identity: member(), target: { kind: 'app', appIds: [SHAREPOINT] } };

    expect(judge(policy, question)).toMatchObject({ policyApplies: null, needs: ['platform', 'userRisk'] });
    expect(judge(policy, question, 'asGraph').reasons).toEqual(['devicePlatform', 'userRisk']);
  });

  it('of a policy that is off are not looked at', () => {
    expect(judge(raw({}, { state: 'disabled' }), signIn())).toMatchObject({
      policyApplies: false,
      analysisReasons: 'policyNotEnabled',
    });
  });
});

describe('a set of policies', () => {
  const mfa = { grantControls: { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] } };

  it('asks for every group of controls, and blocks when one policy does', () => {
    const set = compiled([
      raw({}, { ...mfa, id: id(901) }),
      raw({}, { grantControls: { authenticationStrength: { id: id(60) } }, id: id(902) }),
      raw({}, { id: id(903) }),
    ]);

    const { enforced } = evaluate(set, signIn());

    expect(enforced.blocked).toBe(true);
    expect(enforced.blockedBy).toEqual([id(903)]);
    expect(enforced.grant).toEqual([
      { policyId: id(901), operator: 'OR', controls: ['compliantDevice', 'mfa'] },
      { policyId: id(902), operator: 'OR', controls: [id(60)] },
    ]);
  });

  it('keeps policies that only report apart', () => {
    const set = compiled([raw({}, { state: 'enabledForReportingButNotEnforced' }), raw({}, mfa)]);

    const { enforced, reportOnly } = evaluate(set, signIn());

    expect([enforced.blocked, reportOnly.blocked]).toEqual([false, true]);
  });

  it('may block where a policy that blocks may apply', () => {
    const { enforced } = evaluate(compiled([raw({ userRiskLevels: ['high'] })]), { identity: member() });

    expect(enforced).toMatchObject({ blocked: null, undecided: [id(900)] });
  });

  it('may block where a policy that blocks is in a state we do not know', () => {
    const { enforced, reportOnly } = evaluate(compiled([raw({}, { state: 'odd' })]), signIn());

    expect(enforced).toMatchObject({ blocked: null, undecided: [id(900)] });
    expect(reportOnly).toMatchObject({ blocked: false, undecided: [] });
  });

  it('puts the strictest session in force and lists them all', () => {
    const session = (n: number, sessionControls: Readonly<Record<string, unknown>>): RawPolicy =>
      raw({}, { id: id(n), grantControls: null, sessionControls });
    const set = compiled([
      session(1, { signInFrequency: { isEnabled: true, type: 'days', value: 1 } }),
      session(2, { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } }),
      session(3, { persistentBrowser: { isEnabled: true, mode: 'always' } }),
      session(4, { persistentBrowser: { isEnabled: true, mode: 'never' } }),
      session(5, { cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } }),
    ]);

    const { session: inForce } = evaluate(set, signIn()).enforced;

    expect(inForce.signInFrequency).toMatchObject({ interval: 'timeBased', hours: 4 });
    expect(inForce.persistentBrowser).toBe('never');
    expect(inForce.cloudAppSecurity).toBe('monitorOnly');
    expect(inForce.controls.map(({ policyId, control, value }) => [policyId, control, value])).toEqual([
      [id(1), 'signInFrequency', '24 hours'],
      [id(2), 'signInFrequency', '4 hours'],
      [id(3), 'persistentBrowser', 'always'],
      [id(4), 'persistentBrowser', 'never'],
      [id(5), 'cloudAppSecurity', 'monitorOnly'],
    ]);
  });
});

describe('every condition', () => {
  const filter = { deviceFilter: { mode: 'include', rule: 'device.isCompliant -eq True' } };

  it.each<[Reason, RawPolicy, Partial<SignIn>]>([
    ['application', raw({ applications: { includeApplications: [id(50)] } }), {}],
    ['users', raw({ users: { includeUsers: [id(2)] } }), {}],
    ['workloadIdentities', raw(), { identity: { kind: 'workload', servicePrincipalId: id(20) } }],
    ['clientApps', raw({ clientAppTypes: ['other'] }), {}],
    ['devicePlatform', raw({ platforms: { includePlatforms: ['iOS'] } }), {}],
    ['devicePlatform', raw({ platforms: { includePlatforms: ['all'], excludePlatforms: ['windows'] } }), {}],
    ['devicePlatform', raw({ platforms: { includePlatforms: ['all'], excludePlatforms: ['all'] } }), {}],
    ['location', raw({ locations: { includeLocations: ['All'], excludeLocations: ['All'] } }), {}],
    ['devices', raw({ devices: filter }), {}],
    ['signInRisk', raw({ signInRiskLevels: ['high'] }), {}],
    ['userRisk', raw({ userRiskLevels: ['high'] }), {}],
    ['signInRisk', raw({ servicePrincipalRiskLevels: ['high'] }), {}],
    ['insiderRisk', raw({ insiderRiskLevels: 'elevated' }), {}],
    ['authenticationFlow', raw({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } }), {}],
  ])('that fails is told as %s: %j', (reason, policy, more) => {
    expect(judge(policy, signIn(more))).toMatchObject({
      policyApplies: false,
      analysisReasons: reason,
      reasons: [reason],
      needs: [],
    });
  });

  it('that fails stands in the service’s order', () => {
    const policy = raw({
      applications: { includeApplications: [id(50)] },
      users: { includeUsers: [id(2)] },
      clientAppTypes: ['other'],
      platforms: { includePlatforms: ['iOS'] },
      locations: { includeLocations: ['All'], excludeLocations: ['All'] },
      devices: filter,
      signInRiskLevels: ['high'],
      userRiskLevels: ['high'],
      insiderRiskLevels: 'elevated',
      authenticationFlows: { transferMethods: 'deviceCodeFlow' },
    });

    const { reasons } = judge(policy, signIn());

    expect(new Set(reasons)).toEqual(
      new Set([
        'application',
        'users',
        'clientApps',
        'devicePlatform',
        'location',
        'devices',
        'signInRisk',
        'userRisk',
        'insiderRisk',
        'authenticationFlow',
      ]),
    );
    expect(reasons.slice(0, 3)).toEqual(['application', 'users', 'clientApps']);
  });

  it.each<[string, RawPolicy]>([
    ['target', raw()],
    ['clientApp', raw({ clientAppTypes: ['other'] })],
    ['platform', raw({ platforms: { includePlatforms: ['iOS'] } })],
    ['platform', raw({ platforms: { includePlatforms: ['all'], excludePlatforms: ['iOS'] } })],
    ['device', raw({ devices: filter })],
    ['signInRisk', raw({ signInRiskLevels: ['high'] })],
    ['userRisk', raw({ userRiskLevels: ['high'] })],
    ['servicePrincipalRisk', raw({ servicePrincipalRiskLevels: ['high'] })],
    ['insiderRisk', raw({ insiderRiskLevels: 'elevated' })],
    ['authenticationFlow', raw({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } })],
  ])('needs %s where it is not given: %j', (need, policy) => {
    const { target, ...given } = signIn();
    const asked: SignIn = {
      identity: given.identity,
      ...(need === 'target' || target === undefined ? {} : { target }),
    };

    expect(judge(policy, asked)).toMatchObject({
      policyApplies: null,
      analysisReasons: 'notEnoughInformation',
      reasons: ['notEnoughInformation'],
      needs: [need],
    });
  });

  it('that is not understood, and a state that is not, are needed once each', () => {
    const policy = raw({ times: { all: true } }, { state: 'enabledForSome' });

    expect(judge(policy, signIn())).toMatchObject({
      state: 'unread',
      policyApplies: null,
      needs: ['conditions.times', 'state'],
    });
    expect(judge(raw({ signInRiskLevels: ['odd', 'odder'], times: { a: 1 } }), signIn()).needs).toEqual([
      'what odd stands for',
      'what odder stands for',
      'conditions.times',
    ]);
  });

  it('of a device filter depends on what of it cannot be read', () => {
    const filtered = (deviceFilter: object): PolicyVerdict =>
      judge(raw({ devices: { deviceFilter } }), signIn());

    expect(filtered({ mode: 'include', rule: 'nonsense' }).needs).toEqual([
      'the device filter, of which nonsense is no attribute of a device',
    ]);
    expect(filtered({ mode: 'odd', rule: 'device.isCompliant -eq True' }).needs).toEqual([
      'conditions.devices.deviceFilter.mode',
    ]);
    expect(filtered({ mode: 'exclude', rule: 'device.isCompliant -eq True' }).policyApplies).toBe(true);
    expect(filtered({ mode: 'include', rule: 'device.isCompliant -eq True', more: 1 }).needs[0]).toBe(
      'the device filter, of which conditions.devices.deviceFilter.more beside it was not understood',
    );
  });
});

describe('read as Graph reads it, a question', () => {
  const asGraph = (policy: RawPolicy, more: Partial<SignIn>): PolicyVerdict =>
    judge(policy, { identity: member(), target: { kind: 'app', appIds: [SHAREPOINT] }, ...more }, 'asGraph');

  it.each<[Reason, RawPolicy, Partial<SignIn>]>([
    ['clientApps', raw({ clientAppTypes: ['other'] }), {}],
    ['devicePlatform', raw({ platforms: { includePlatforms: ['iOS'] } }), {}],
    ['location', raw({ locations: { includeLocations: [id(70)] } }), {}],
    ['devices', raw({ devices: { deviceFilter: { mode: 'include', rule: 'device.model -eq "x"' } } }), {}],
    ['signInRisk', raw({ signInRiskLevels: ['high'] }), {}],
    ['userRisk', raw({ userRiskLevels: ['high'] }), {}],
    ['signInRisk', raw({ servicePrincipalRiskLevels: ['high'] }), {}],
    ['insiderRisk', raw({ insiderRiskLevels: 'elevated' }), {}],
    ['authenticationFlow', raw({ authenticationFlows: { transferMethods: 'deviceCodeFlow' } }), {}],
    [
      'notEnoughInformation',
      raw({ users: { includeGroups: [GROUP] } }),
      { identity: { kind: 'user', id: USER, guestType: null } },
    ],
    [
      'notEnoughInformation',
      raw({ applications: { includeApplications: ['Office365'] } }),
      { target: { kind: 'app', appIds: [id(50)] } },
    ],
  ])('that does not say fails with %s: %j', (reason, policy, more) => {
    expect(asGraph(policy, more)).toMatchObject({ policyApplies: false, analysisReasons: reason, needs: [] });
  });

  it.each<[RawPolicy, Partial<SignIn>]>([
    [raw({ signInRiskLevels: ['none'] }), {}],
    [raw({ userRiskLevels: ['none'] }), {}],
    [raw({ servicePrincipalRiskLevels: ['none'] }), {}],
    [raw({ devices: { deviceFilter: { mode: 'exclude', rule: 'device.model -eq "x"' } } }), {}],
    [
      raw({ devices: { deviceFilter: { mode: 'include', rule: 'device.model -ne "x"' } } }),
      { device: { isCompliant: true } },
    ],
    [raw({ locations: { includeLocations: ['All'] } }), { location: { country: 'DE' } }],
    [raw({ signInRiskLevels: ['high'] }), { signInRisk: 'high' }],
  ])('counts as none what it does not say: %j, %j', (policy, more) => {
    expect(asGraph(policy, more).policyApplies).toBe(true);
  });
});

describe('the built-in groups of applications', () => {
  it('hold applications by id, none twice, and no target of its own', () => {
    const OWN = ['797f4846-ba00-4fd7-ba43-dac1f8f63013', '499b84ac-1321-427f-aa17-267ca6975798'];
    const guid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

    for (const { members, strangers } of Object.values(APP_GROUPS)) {
      for (const member of members) expect(member).toMatch(guid);
      expect([...strangers]).toEqual(OWN);
      expect(OWN.filter((app) => members.has(app))).toEqual([]);
    }
    expect(Object.entries(APP_GROUPS).map(([name, { members }]) => [name, members.size])).toEqual([
      ['Office365', 11],
      ['MicrosoftAdminPortals', 4],
      ['AllAgentIdResources', 0],
    ]);
  });
});

describe('targets by attributes and by words', () => {
  const filtered = (mode: string, more: object = {}): RawPolicy =>
    raw({ applications: { applicationFilter: { mode, rule: 'x' }, ...more } });
  const attributes = `custom security attributes of ${SHAREPOINT}`;

  it.each<[string, RawPolicy, boolean | null, readonly string[]]>([
    ['included by attributes', filtered('include'), null, [attributes]],
    ['a filter that spares, alone', filtered('exclude'), null, [attributes]],
    [
      'a filter that spares, beside a list',
      filtered('exclude', { includeApplications: [SHAREPOINT] }),
      null,
      [attributes],
    ],
    [
      'a filter that spares, beside a list without it',
      filtered('exclude', { includeApplications: [id(50)] }),
      false,
      [],
    ],
    [
      'a filter that spares, beside all',
      filtered('exclude', { includeApplications: ['All'] }),
      null,
      [attributes],
    ],
    ['a filter beside all', filtered('include', { includeApplications: ['All'] }), true, []],
    ['a filter of an unknown mode', filtered('odd'), null, [attributes]],
    [
      'a word we do not know',
      raw({ applications: { includeApplications: ['Odd'] } }),
      null,
      ['what Odd stands for'],
    ],
    [
      'a word we do not know, spared as well',
      raw({ applications: { includeApplications: ['Odd', id(50)], excludeApplications: ['Odd'] } }),
      false,
      [],
    ],
    [
      'all, but for a word we do not know',
      raw({ applications: { includeApplications: ['All'], excludeApplications: ['Odd'] } }),
      null,
      ['what Odd stands for'],
    ],
    ['nothing', raw({ applications: { includeApplications: ['None'] } }), false, []],
    [
      'a target we cannot read',
      raw({ applications: { includeApplications: [id(50)], somethingNew: 1 } }),
      null,
      ['conditions.applications.somethingNew'],
    ],
  ])('%s', (_, policy, is, needs) => {
    expect(judge(policy, signIn())).toMatchObject({ policyApplies: is, needs });
  });

  it('need no target where the policy is for nothing', () => {
    expect(
      judge(raw({ applications: { includeApplications: ['None'] } }), { identity: member() }).policyApplies,
    ).toBe(false);
  });

  it.each<[Readonly<Record<string, unknown>>, boolean | null]>([
    [{ includeServicePrincipals: [id(20)] }, true],
    [{ includeServicePrincipals: [id(22)] }, false],
    [
      { includeServicePrincipals: ['ServicePrincipalsInMyTenant'], excludeServicePrincipals: [id(20)] },
      false,
    ],
    [{ servicePrincipalFilter: { mode: 'include', rule: 'x' } }, null],
    [{ includeServicePrincipals: [id(20)], servicePrincipalFilter: { mode: 'include', rule: 'x' } }, true],
    [{ includeServicePrincipals: [id(20)], servicePrincipalFilter: { mode: 'exclude', rule: 'x' } }, null],
    [{ servicePrincipalFilter: { mode: 'odd', rule: 'x' } }, null],
  ])('of workload identities: %j, %s', (clientApplications, is) => {
    const policy = raw({ users: { includeUsers: ['None'] }, clientApplications });
    const verdict = judge(policy, signIn({ identity: { kind: 'workload', servicePrincipalId: id(20) } }));

    expect(verdict.policyApplies).toBe(is);
    if (is === null) expect(verdict.needs).toEqual([`custom security attributes of ${id(20)}`]);
  });
});

describe('a verdict', () => {
  it('has no reasons and no needs where the policy applies', () => {
    expect(judge(raw(), signIn())).toEqual({
      id: id(900),
      key: null,
      displayName: 'CA900',
      state: 'enabled',
      policyApplies: true,
      analysisReasons: 'notSet',
      reasons: [],
      needs: [],
    });
  });

  it('on one policy depends on what was not understood, unless it is read as Graph does', () => {
    const [policy] = compiled([raw({ times: [1] })]).policies;
    if (policy === undefined) throw new Error('one policy is compiled to one');

    expect(evaluatePolicy(policy, signIn()).needs).toEqual(['conditions.times']);
    expect(evaluatePolicy(policy, signIn(), 'asGraph').policyApplies).toBe(true);
  });

  it('on a set asks for no sign-in again where no policy does', () => {
    expect(evaluate(compiled([raw()]), signIn()).enforced.session.signInFrequency).toBeNull();
  });

  it.each<[Reason, RawPolicy, SignIn, Reading?]>([
    ['clientApps', raw({ clientAppTypes: ['easSupported'] }), signIn({ clientApp: 'browser' })],
    [
      'application',
      raw({ applications: { includeApplications: [id(50)] } }),
      signIn({ target: { kind: 'userAction', action: 'urn:user:registerdevice' } }),
    ],
    [
      'application',
      raw({ applications: { includeApplications: [id(50)] } }),
      signIn({ target: { kind: 'authContext', value: 'c1' } }),
    ],
    ['application', raw({ applications: { includeAuthenticationContextClassReferences: ['c1'] } }), signIn()],
    ['users', raw({ users: { includeUsers: [id(2)], somethingNew: 1 } }), signIn(), 'asGraph'],
    [
      'notEnoughInformation',
      raw({ users: { includeGroups: [GROUP], somethingNew: 1 } }),
      signIn({ identity: { kind: 'user', id: USER, guestType: null } }),
      'asGraph',
    ],
  ])('fails with %s: %j', (reason, policy, asked, reading) => {
    expect(judge(policy, asked, reading)).toMatchObject({ policyApplies: false, analysisReasons: reason });
  });

  it('read as Graph does takes no place for none', () => {
    const locations: NamedLocations = {
      list: [
        { kind: 'country', id: id(71), countries: ['DE'], includeUnknownCountriesAndRegions: false },
        { kind: 'ip', id: id(72), isTrusted: false, ranges: ['10.0.0.0/8'] },
      ],
      mfaTrustedRanges: [],
    };
    const { location: _, ...asked } = signIn();
    const abroad = (excludeLocations: readonly string[]): boolean | null | undefined =>
      evaluate(
        compiled([raw({ locations: { includeLocations: ['All'], excludeLocations } })], locations),
        asked,
        'asGraph',
      ).policies[0]?.policyApplies;

    expect([abroad([id(71)]), abroad([id(72)])]).toEqual([true, true]);
  });
});
