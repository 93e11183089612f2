import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readQuestion } from '../../src/lib/whatif/question.ts';
import { anyJson } from '../laws/generators.ts';
import { AZURE_MANAGEMENT, id, SHAREPOINT, USER } from './support.ts';

const NAMES = { azureManagement: [AZURE_MANAGEMENT] };
const PLAIN = { signInIdentity: { userId: USER }, signInContext: { includeApplications: [SHAREPOINT] } };

function problemsOf(body: unknown): readonly string[] {
  const read = readQuestion(body, NAMES);
  return read.ok ? [] : read.problems.map(({ path }) => path);
}

describe('a question', () => {
  it('is Graph’s own request body', () => {
    const read = readQuestion(
      {
        signInIdentity: {
          '@odata.type': '#microsoft.graph.userSignIn',
          userId: USER,
          externalTenantId: null,
        },
        signInContext: {
          '@odata.type': '#microsoft.graph.applicationContext',
          includeApplications: [SHAREPOINT],
        },
        signInConditions: {
          devicePlatform: 'all',
          clientAppType: 'browser',
          country: '',
          authenticationFlow: { transferMethod: 'none' },
          deviceInfo: { isCompliant: true },
        },
        appliedPoliciesOnly: true,
      },
      NAMES,
    );

    expect(read).toEqual({
      ok: true,
      question: {
        signIn: {
          identity: { kind: 'user', id: USER },
          target: { kind: 'app', appIds: [SHAREPOINT] },
          clientApp: 'browser',
          device: { isCompliant: true },
          authenticationFlow: 'none',
        },
        namedLocations: null,
        mfaTrustedRanges: null,
        reading: 'depends',
        appliedPoliciesOnly: true,
        hasFacts: false,
        forGraph: null,
      },
    });
  });

  it('is typed for Graph’s own What If, without what is ours', () => {
    const read = readQuestion(
      {
        signInIdentity: { servicePrincipalId: USER },
        signInContext: { includeApplications: ['@azureManagement'] },
        facts: { groups: [id(2)] },
        reading: 'depends',
        appliedPoliciesOnly: true,
        compare: true,
      },
      NAMES,
    );

    expect(read.ok && read.question).toMatchObject({
      hasFacts: true,
      forGraph: {
        signInIdentity: {
          '@odata.type': '#microsoft.graph.servicePrincipalSignIn',
          servicePrincipalId: USER,
        },
        signInContext: {
          '@odata.type': '#microsoft.graph.applicationContext',
          includeApplications: [AZURE_MANAGEMENT],
        },
        signInConditions: {},
        appliedPoliciesOnly: false,
      },
    });
    expect(read.ok && Object.keys(read.question.forGraph ?? {})).toHaveLength(4);
  });

  it('may be read as Graph reads it', () => {
    const read = readQuestion({ ...PLAIN, reading: 'asGraph' }, NAMES);

    expect(read.ok && read.question.reading).toBe('asGraph');
  });

  it('may name the cloud’s Azure management as desired-state files do, and no name that stands for nothing', () => {
    const named = readQuestion(
      { ...PLAIN, signInContext: { includeApplications: ['@azureManagement'] } },
      NAMES,
    );
    const wrong = ['@nothing', '@toString', '@'].map((name) =>
      problemsOf({ ...PLAIN, signInContext: { includeApplications: [name] } }),
    );

    expect(named.ok && named.question.signIn.target).toEqual({ kind: 'app', appIds: [AZURE_MANAGEMENT] });
    expect(wrong).toEqual(wrong.map(() => ['signInContext.includeApplications']));
  });

  it.each<[string, unknown, readonly string[]]>([
    ['is empty', {}, ['signInIdentity', 'signInContext']],
    ['has members nobody knows', { ...PLAIN, who: 1, toString: 2 }, ['who', 'toString']],
    [
      'misspells a condition',
      { ...PLAIN, signInConditions: { signInRisk: 'high' } },
      ['signInConditions.signInRisk'],
    ],
    [
      'names somebody by name',
      { ...PLAIN, signInIdentity: { userId: 'ada@contoso.example' } },
      ['signInIdentity.userId'],
    ],
    [
      'names two identities and two targets',
      {
        signInIdentity: { userId: USER, servicePrincipalId: id(2) },
        signInContext: { includeApplications: [SHAREPOINT], userAction: 'registerOrJoinDevices' },
      },
      ['signInIdentity', 'signInContext'],
    ],
    [
      'names a group of applications, which Graph matches with nothing',
      { ...PLAIN, signInContext: { includeApplications: ['Office365'] } },
      ['signInContext.includeApplications'],
    ],
    [
      'names no application',
      { ...PLAIN, signInContext: { includeApplications: [] } },
      ['signInContext.includeApplications'],
    ],
    [
      'names an action nobody knows',
      { ...PLAIN, signInContext: { userAction: 'dance' } },
      ['signInContext.userAction'],
    ],
    [
      'names a context there cannot be',
      { ...PLAIN, signInContext: { authenticationContextValue: 'c100' } },
      ['signInContext.authenticationContextValue'],
    ],
    [
      'names a country by name',
      { ...PLAIN, signInConditions: { country: 'Utopia' } },
      ['signInConditions.country'],
    ],
    [
      'names a flow nobody knows',
      { ...PLAIN, signInConditions: { authenticationFlow: { method: 'deviceCodeFlow' } } },
      ['signInConditions.authenticationFlow.method'],
    ],
    [
      'has facts that are none',
      {
        ...PLAIN,
        facts: {
          groups: ['Admins'],
          roles: 'all',
          userType: 'boss',
          namedLocations: [{}],
          mfaTrustedRanges: ['x'],
        },
      },
      ['facts.groups', 'facts.roles', 'facts.userType', 'facts.namedLocations', 'facts.mfaTrustedRanges'],
    ],
    ['wants a reading there is not', { ...PLAIN, reading: 'both' }, ['reading']],
  ])('is refused where it %s, with every problem named once', (_, body, paths) => {
    expect(problemsOf(body)).toEqual(paths);
  });

  it('never throws, and gives a reason whenever it refuses', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (one, other) => {
        for (const body of [
          one,
          { ...PLAIN, signInConditions: one, facts: other },
          { ...PLAIN, signInContext: one, signInIdentity: other },
        ]) {
          const read = readQuestion(body, NAMES);
          expect(read.ok || read.problems.length > 0).toBe(true);
        }
      }),
    );
  });
});

/** `path message` of everything that is wrong. */
function complaints(body: unknown): readonly string[] {
  const read = readQuestion(body, NAMES);
  return read.ok ? [] : read.problems.map(({ path, message }) => `${path} ${message}`);
}

const APPLICATIONS =
  'is not a list of application ids; name the applications themselves, as Graph’s own What If matches no group of them';

const COUNTRY = 'is no country code of ISO 3166 (two letters, such as DE)';

describe('a complaint', () => {
  const conditions = (signInConditions: object): object => ({ ...PLAIN, signInConditions });
  const facts = (members: object): object => ({ ...PLAIN, facts: members });
  const to = (signInContext: object): object => ({ ...PLAIN, signInContext });

  it.each<[object, readonly string[]]>([
    [{ ...PLAIN, appliedPoliciesOnly: 'yes' }, ['appliedPoliciesOnly is neither true nor false']],
    [{ ...PLAIN, compare: 1 }, ['compare is neither true nor false']],
    [{ ...PLAIN, reading: 'both' }, ['reading is none of depends, asGraph']],
    [
      { ...PLAIN, who: 1 },
      [
        'who is no member; there are signInIdentity, signInContext, signInConditions, appliedPoliciesOnly, facts, reading, compare',
      ],
    ],
    [
      { ...PLAIN, signInIdentity: { userId: USER, name: 'Ada' } },
      [
        'signInIdentity.name is no member; there are userId, servicePrincipalId, externalTenantId, externalUserType',
      ],
    ],
    [
      { ...PLAIN, signInIdentity: { userId: USER, externalTenantId: 'x', externalUserType: 'boss' } },
      [
        'signInIdentity.externalTenantId is not an object id',
        'signInIdentity.externalUserType is none of none, b2bCollaborationGuest, b2bCollaborationMember, b2bDirectConnectUser, internalGuest, otherExternalUser, serviceProvider',
      ],
    ],
    [
      { ...PLAIN, signInIdentity: { servicePrincipalId: 'x' } },
      ['signInIdentity.servicePrincipalId is not an object id'],
    ],
    [
      { ...PLAIN, signInIdentity: { userId: USER, servicePrincipalId: USER } },
      ['signInIdentity names userId and servicePrincipalId; give one of them'],
    ],
    [
      to({ userAction: 'registerOrJoinDevices', authenticationContextValue: 'c1' }),
      ['signInContext names userAction and authenticationContextValue; give one of them'],
    ],
    [
      to({ includeApplications: [SHAREPOINT], authenticationContextValue: 'c1' }),
      ['signInContext names includeApplications and authenticationContextValue; give one of them'],
    ],
    [
      { ...to({ userAction: null }), compare: true },
      ['signInContext names no target; Graph’s own What If needs one: name it, or leave compare out'],
    ],
    [
      to({ includeApplications: ['Office365'] }),
      [
        'signInContext.includeApplications is not a list of application ids; name the applications themselves, as Graph’s own What If matches no group of them',
      ],
    ],
    [
      to({ userAction: 'dance' }),
      ['signInContext.userAction is none of registerSecurityInformation, registerOrJoinDevices'],
    ],
    [
      to({ authenticationContextValue: ['c1'] }),
      ['signInContext.authenticationContextValue is none of c1 to c99'],
    ],
    [
      to({ authenticationContextValue: 'xc1' }),
      ['signInContext.authenticationContextValue is none of c1 to c99'],
    ],
    [
      conditions({
        clientAppType: 1,
        devicePlatform: 1,
        ipAddress: 1,
        country: 'xde',
        signInRiskLevel: 1,
        userRiskLevel: 1,
        servicePrincipalRiskLevel: 1,
        insiderRiskLevel: 1,
        authenticationFlow: 1,
        deviceInfo: 1,
      }),
      [
        ...['clientAppType', 'devicePlatform', 'ipAddress'].map(
          (name) => `signInConditions.${name} is not text`,
        ),
        ...['signInRiskLevel', 'userRiskLevel', 'servicePrincipalRiskLevel', 'insiderRiskLevel'].map(
          (name) => `signInConditions.${name} is not text`,
        ),
        'signInConditions.authenticationFlow is not an object',
        'signInConditions.deviceInfo is not an object',
        `signInConditions.country ${COUNTRY}`,
      ],
    ],
    [
      conditions({ deviceInfo: { isCompliant: 'maybe', model: 'maybe' } }),
      ['signInConditions.deviceInfo.isCompliant is neither true nor false'],
    ],
    [conditions({ deviceInfo: { isCompliant: 'True' } }), []],
    ...['dex', 'Germany', 'XX', 'ZZ', 'EU', 'qq', 'AB'].map((country): [object, string[]] => [
      conditions({ country }),
      [`signInConditions.country ${COUNTRY}`],
    ]),
    [conditions({ country: 'uk' }), [`signInConditions.country ${COUNTRY}; for UK write GB`]],
    ...['GB', 'de', 'QA', 'XK', ''].map((country): [object, string[]] => [conditions({ country }), []]),
    [
      conditions({ authenticationFlow: { transferMethod: 1 } }),
      [
        'signInConditions.authenticationFlow.transferMethod is not text',
        'signInConditions.authenticationFlow is none of none, deviceCodeFlow, authenticationTransfer',
      ],
    ],
    [
      facts({ groups: [1], roles: ['x'], userType: 'boss', homeTenantId: 'x' }),
      [
        'facts.groups is not a list of ids',
        'facts.roles is not a list of ids',
        'facts.userType is none of member, guest, b2bCollaborationGuest, b2bCollaborationMember, b2bDirectConnectUser, internalGuest, otherExternalUser, serviceProvider',
        'facts.homeTenantId is not an object id',
      ],
    ],
    [
      facts({ namedLocations: [{ id: 1 }], mfaTrustedRanges: [1] }),
      [
        'facts.namedLocations is not a list of named locations, each with its id',
        'facts.mfaTrustedRanges is not a list of address ranges such as 203.0.113.0/24',
      ],
    ],
    [
      facts({ namedLocations: ['x'] }),
      ['facts.namedLocations is not a list of named locations, each with its id'],
    ],
    [{ ...PLAIN, facts: [] }, ['facts is not an object']],
    [
      to({ includeApplications: ['xazureManagement'] }),
      [`signInContext.includeApplications ${APPLICATIONS}`],
    ],
    [to({ includeApplications: [7] }), [`signInContext.includeApplications ${APPLICATIONS}`]],
    [
      { ...PLAIN, signInIdentity: { userId: [USER] } },
      [
        'signInIdentity.userId is not an object id',
        'signInIdentity names neither a userId nor a servicePrincipalId',
      ],
    ],
    [conditions({ country: ['de'] }), ['signInConditions.country is not text']],
    [[], [' is not an object', 'signInIdentity is missing', 'signInContext is missing']],
  ])('says what is wrong: %j', (body, expected) => {
    expect(complaints(body)).toEqual(expected);
  });

  it('is not made of what is right, of null, and of annotations', () => {
    expect(
      complaints({
        '@odata.context': 'x',
        signInIdentity: {
          userId: USER,
          externalTenantId: id(3),
          externalUserType: 'NONE',
          '@odata.type': 'x',
        },
        signInContext: { authenticationContextValue: 'C99', userAction: null, includeApplications: null },
        signInConditions: {
          country: 'De',
          clientAppType: null,
          authenticationFlow: { transferMethod: null },
        },
        facts: {
          groups: [],
          roles: [id(4)],
          userType: 'Guest',
          homeTenantId: id(3),
          namedLocations: [{ id: 'anything' }],
          mfaTrustedRanges: ['203.0.113.0/24'],
        },
        reading: 'asgraph',
        compare: false,
        appliedPoliciesOnly: null,
      }),
    ).toEqual([]);
  });
});

describe('what a question says beside the sign-in', () => {
  const asked = (more: object) => {
    const read = readQuestion({ ...PLAIN, ...more }, NAMES);
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    return read.question;
  };

  it('is which places there are', () => {
    const { namedLocations, mfaTrustedRanges, hasFacts } = asked({
      facts: {
        namedLocations: [{ id: id(5), countriesAndRegions: ['DE'] }],
        mfaTrustedRanges: ['203.0.113.0/24'],
      },
    });

    expect(namedLocations).toMatchObject([{ kind: 'country', id: id(5) }]);
    expect(mfaTrustedRanges).toEqual(['203.0.113.0/24']);
    expect(hasFacts).toBe(true);
  });

  it('is nothing where facts are null', () => {
    expect(asked({ facts: { groups: null } }).hasFacts).toBe(false);
    expect(asked({ facts: null, reading: undefined }).hasFacts).toBe(false);
    expect(asked({ facts: { groups: [] } }).hasFacts).toBe(true);
  });

  it('is nothing for Graph unless it is to be asked', () => {
    expect(asked({ compare: false }).forGraph).toBeNull();
    expect(asked({}).appliedPoliciesOnly).toBe(false);
  });

  it.each<[object, object, string, string]>([
    [{ userId: USER }, { userAction: 'registerOrJoinDevices' }, 'userSignIn', 'userActionContext'],
    [{ userId: USER }, { authenticationContextValue: 'c1' }, 'userSignIn', 'authContext'],
    [
      { userId: null, servicePrincipalId: USER },
      { includeApplications: [SHAREPOINT], userAction: null },
      'servicePrincipalSignIn',
      'applicationContext',
    ],
  ])('is typed for Graph: %j, %j', (signInIdentity, signInContext, identityType, contextType) => {
    const conditions = { signInConditions: { country: 'DE' } };

    expect(asked({ signInIdentity, signInContext, ...conditions, compare: true }).forGraph).toEqual({
      signInIdentity: { ...signInIdentity, '@odata.type': `#microsoft.graph.${identityType}` },
      signInContext: { ...signInContext, '@odata.type': `#microsoft.graph.${contextType}` },
      ...conditions,
      appliedPoliciesOnly: false,
    });
  });
});
