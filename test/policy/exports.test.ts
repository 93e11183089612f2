import { describe, expect, it } from 'vitest';
import { parseDesired } from '../../src/lib/desired.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { canonical, read } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';

const ADMIN_ROLE = '62e90394-69f5-4237-9190-012177145e10';
const GROUP = 'b0000000-0000-4000-8000-0000000000f1';
const PHISHING_RESISTANT = '00000000-0000-0000-0000-000000000004';

/** Admins sign in again every four hours, phishing-resistant, except guests of one partner. As a person writes it. */
const WRITTEN: RawPolicy = {
  displayName: 'CA100 - Admins',
  state: 'enabled',
  conditions: {
    users: {
      includeRoles: [ADMIN_ROLE],
      excludeGroups: [GROUP],
      excludeGuestsOrExternalUsers: {
        guestOrExternalUserTypes: 'b2bCollaborationGuest,internalGuest',
        externalTenants: { membershipKind: 'enumerated', members: ['c0000000-0000-4000-8000-000000000001'] },
      },
    },
    applications: { includeApplications: ['All'] },
  },
  grantControls: { authenticationStrength: { id: PHISHING_RESISTANT } },
  sessionControls: { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
};

/** The same policy in the words of everybody else. */
const SPELLINGS: Readonly<Record<string, RawPolicy>> = {
  'Graph v1.0, every member there': {
    '@odata.context': 'https://graph.example/v1.0/$metadata#identity/conditionalAccess/policies/$entity',
    id: 'a0000000-0000-4000-8000-000000000001',
    templateId: null,
    displayName: 'CA100 - Admins',
    createdDateTime: '2026-03-01T08:00:00.12345Z',
    modifiedDateTime: null,
    deletedDateTime: null,
    state: 'enabled',
    conditions: {
      userRiskLevels: [],
      signInRiskLevels: [],
      clientAppTypes: ['all'],
      servicePrincipalRiskLevels: [],
      insiderRiskLevels: null,
      platforms: null,
      locations: null,
      devices: null,
      clientApplications: null,
      authenticationFlows: null,
      applications: {
        includeApplications: ['All'],
        excludeApplications: [],
        includeUserActions: [],
        includeAuthenticationContextClassReferences: [],
        applicationFilter: null,
      },
      users: {
        includeUsers: [],
        excludeUsers: [],
        includeGroups: [],
        excludeGroups: [GROUP],
        includeRoles: [ADMIN_ROLE],
        excludeRoles: [],
        includeGuestsOrExternalUsers: null,
        excludeGuestsOrExternalUsers: {
          guestOrExternalUserTypes: 'internalGuest,b2bCollaborationGuest',
          externalTenants: {
            '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
            membershipKind: 'enumerated',
            members: ['c0000000-0000-4000-8000-000000000001'],
          },
        },
      },
    },
    grantControls: {
      operator: 'OR',
      builtInControls: [],
      customAuthenticationFactors: [],
      termsOfUse: [],
      'authenticationStrength@odata.context':
        'https://graph.example/v1.0/$metadata#x/authenticationStrength/$entity',
      authenticationStrength: {
        id: PHISHING_RESISTANT,
        displayName: 'Phishing-resistant MFA',
        policyType: 'builtIn',
        requirementsSatisfied: 'mfa',
        allowedCombinations: ['fido2'],
        'combinationConfigurations@odata.context': 'https://graph.example/v1.0/$metadata#x',
        combinationConfigurations: [],
      },
    },
    sessionControls: {
      disableResilienceDefaults: null,
      applicationEnforcedRestrictions: null,
      cloudAppSecurity: null,
      persistentBrowser: null,
      secureSignInSession: null,
      signInFrequency: {
        value: 4,
        type: 'hours',
        authenticationType: 'primaryAndSecondaryAuthentication',
        frequencyInterval: 'timeBased',
        isEnabled: true,
      },
    },
  },
  'an export tool over beta with full metadata': {
    '@odata.type': '#microsoft.graph.conditionalAccessPolicy',
    '@odata.id': 'identity/conditionalAccess/policies/x',
    '@odata.editLink': 'identity/conditionalAccess/policies/x',
    'createdDateTime@odata.type': '#DateTimeOffset',
    '#microsoft.graph.restore': { title: 'microsoft.graph.restore', target: 'x' },
    id: 'a0000000-0000-4000-8000-000000000001',
    partialEnablementStrategy: null,
    displayName: 'CA100 - Admins',
    'state@odata.type': '#microsoft.graph.conditionalAccessPolicyState',
    state: 'enabled',
    sessionControls: {
      '@odata.type': '#microsoft.graph.conditionalAccessSessionControls',
      blockSensitiveActions: null,
      continuousAccessEvaluation: null,
      globalSecureAccessFilteringProfile: null,
      networkAccessSecurity: {},
      persistentBrowser: { '@odata.type': '#x', mode: null, isEnabled: false },
      signInFrequency: {
        '@odata.type': '#x',
        isEnabled: true,
        'value@odata.type': '#Int32',
        value: 4,
        type: 'hours',
      },
    },
    conditions: {
      '@odata.type': '#microsoft.graph.conditionalAccessConditionSet',
      times: null,
      deviceStates: null,
      clients: null,
      agents: { includeAgentUsers: [], excludeAgentUsers: null, agentFilter: null },
      agentIdRiskLevels: null,
      devices: {
        includeDeviceStates: [],
        excludeDeviceStates: [],
        includeDevices: [],
        excludeDevices: [],
        deviceFilter: { mode: 'exclude', rule: null },
      },
      platforms: { includePlatforms: [], excludePlatforms: [] },
      locations: { includeLocations: null, excludeLocations: [] },
      authenticationFlows: { transferMethods: 'none', protocolFlows: null },
      insiderRiskLevels: '',
      'clientAppTypes@odata.type': '#Collection(microsoft.graph.conditionalAccessClientApp)',
      clientAppTypes: ['all'],
      clientApplications: {
        includeServicePrincipals: [],
        excludeServicePrincipals: [],
        servicePrincipalFilter: null,
        includeAgentIdServicePrincipals: [],
        agentIdServicePrincipalFilter: null,
      },
      applications: {
        includeApplications: ['All'],
        networkAccess: null,
        globalSecureAccess: null,
        applicationFilter: { mode: 'include', rule: '' },
      },
      users: {
        includeUsers: ['None'],
        includeRoles: [ADMIN_ROLE.toUpperCase(), ADMIN_ROLE],
        excludeGroups: [GROUP.toUpperCase()],
        includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'none', externalTenants: null },
        excludeGuestsOrExternalUsers: {
          guestOrExternalUserTypes: 'InternalGuest, B2bCollaborationGuest',
          externalTenants: {
            '@odata.type': '#microsoft.graph.conditionalAccessEnumeratedExternalTenants',
            members: ['C0000000-0000-4000-8000-000000000001'],
          },
        },
      },
    },
    grantControls: {
      operator: 'AND',
      builtInControls: null,
      customAuthenticationFactors: [],
      termsOfUse: null,
      authenticationStrength: { id: PHISHING_RESISTANT, 'authenticationStrength@odata.associationLink': 'x' },
    },
  },
  'a What If answer': {
    policyApplies: false,
    analysisReasons: 'users',
    ...WRITTEN,
    conditions: {
      ...(WRITTEN.conditions as object),
      networkAccess: null,
      globalSecureAccess: null,
      signInRiskDetections: null,
      clientAppTypes: ['All'],
    },
  },
};

describe('the same policy', () => {
  it.each(Object.entries(SPELLINGS))('shows no drift when it comes from %s', (_, raw) => {
    expect(fieldDrifts(canonical(WRITTEN), canonical(raw))).toEqual([]);
    expect(read(raw).unrecognised.filter(({ empty }) => !empty)).toEqual([]);
    expect(parseDesired(JSON.stringify(raw))).toMatchObject({ ok: true });
  });

  it('shows no drift between the keyword for guests and the object that means them all', () => {
    const withUsers = (users: object): RawPolicy => ({ ...WRITTEN, conditions: { users } });
    const keyword = withUsers({ includeUsers: ['GuestsOrExternalUsers'] });
    const object = {
      guestOrExternalUserTypes:
        'internalGuest,b2bCollaborationGuest,b2bCollaborationMember,b2bDirectConnectUser,otherExternalUser,serviceProvider',
      externalTenants: null,
    };

    expect(
      fieldDrifts(canonical(keyword), canonical(withUsers({ includeGuestsOrExternalUsers: object }))),
    ).toEqual([]);
  });

  it('shows no drift for what the service adds beside riskRemediation', () => {
    const asked: RawPolicy = { grantControls: { operator: 'OR', builtInControls: ['riskRemediation'] } };
    const shown: RawPolicy = {
      grantControls: {
        operator: 'AND',
        builtInControls: ['riskRemediation'],
        authenticationStrength: { id: '00000000-0000-0000-0000-000000000002' },
      },
      sessionControls: {
        signInFrequency: {
          isEnabled: true,
          type: null,
          value: null,
          authenticationType: 'primaryAndSecondaryAuthentication',
          frequencyInterval: 'everyTime',
        },
      },
    };

    expect(fieldDrifts(canonical(asked), canonical(shown))).toEqual([]);
  });

  it('shows drift where what the service added was switched off again', () => {
    const asked: RawPolicy = { grantControls: { operator: 'OR', builtInControls: ['riskRemediation'] } };
    const tampered: RawPolicy = { ...asked, sessionControls: { signInFrequency: { isEnabled: false } } };

    expect(fieldDrifts(canonical(asked), canonical(tampered)).map(({ path }) => path)).toContain(
      'sessionControls.signInFrequency.isEnabled',
    );
  });
});

describe('what Graph v1.0 does not have', () => {
  it.each([
    ['conditions.agents', 'betaOnly', { conditions: { agents: { includeAgentUsers: ['All'] } } }],
    ['conditions.agentIdRiskLevels', 'betaOnly', { conditions: { agentIdRiskLevels: 'high' } }],
    [
      'sessionControls.continuousAccessEvaluation',
      'betaOnly',
      { sessionControls: { continuousAccessEvaluation: { mode: 'strictLocation' } } },
    ],
    ['featureRollout', 'wrongShape', { featureRollout: { ring: 2 } }],
    ['conditions.users.includeAgents', 'wrongShape', { conditions: { users: { includeAgents: ['All'] } } }],
  ] as const)('is refused by name when it carries a value: %s', (path, kind, member) => {
    const parsed = parseDesired(JSON.stringify({ ...WRITTEN, ...member, conditions: deepened(member) }));

    expect(parsed).toMatchObject({ ok: false, problems: [{ path, kind }] });
  });

  it('is dropped with a note when it carries none', () => {
    const raw = { ...WRITTEN, conditions: { ...(WRITTEN.conditions as object), agents: { x: null } } };

    const parsed = parseDesired(JSON.stringify(raw));

    expect(parsed).toMatchObject({
      ok: true,
      document: { notes: [expect.objectContaining({ path: 'conditions.agents' })] },
    });
  });
});

/** The written policy's conditions with those of a member laid over them. */
function deepened(member: RawPolicy): RawPolicy {
  const written = WRITTEN.conditions as Record<string, object>;
  const added = (member.conditions ?? {}) as Record<string, object>;
  const users = { ...written.users, ...added.users };
  return { ...written, ...added, users };
}
