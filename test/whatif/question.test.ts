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
