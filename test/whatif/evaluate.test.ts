import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { evaluate, type PolicyVerdict, type Reading } from '../../src/lib/whatif/evaluate.ts';
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
  it('take a client app for what it is, under its old name too', () => {
    const sync = { clientApp: 'exchangeActiveSync' };

    expect(applies(raw({ clientAppTypes: ['exchangeActiveSync'] }), sync)).toBe(true);
    expect(applies(raw({ clientAppTypes: ['easSupported'] }), sync)).toBe(true);
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
