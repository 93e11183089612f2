import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../sandbox/tenant/index.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { compareWithGraph, type RawResult } from '../../src/lib/whatif/besideGraph.ts';
import { evaluate } from '../../src/lib/whatif/evaluate.ts';
import { world } from '../support/world.ts';
import { AZURE_MANAGEMENT, compiled, id, raw, SHAREPOINT, signIn, USER } from './support.ts';
import { rawPolicies } from './worlds.ts';

const OFF = raw({}, { state: 'disabled' });
const LEGACY = raw({ clientAppTypes: ['other'], platforms: { includePlatforms: ['linux'] } });

function compared(result: RawResult | undefined, policy = raw()) {
  const { policies } = evaluate(compiled([policy]), signIn(), 'asGraph');
  return compareWithGraph(policies, result === undefined ? [] : [{ displayName: 'CA900', ...result }]);
}

describe('our verdicts beside Graph’s', () => {
  it.each<[string, RawResult | undefined, ReturnType<typeof raw>]>([
    ['both apply', { id: id(900).toUpperCase(), policyApplies: true, analysisReasons: 'notSet' }, raw()],
    [
      'Graph names one of our reasons',
      { id: id(900), policyApplies: false, analysisReasons: 'devicePlatform' },
      LEGACY,
    ],
    [
      'Graph names several',
      { id: id(900), policyApplies: false, analysisReasons: 'time, clientApps' },
      LEGACY,
    ],
    ['Graph leaves out what is off', undefined, OFF],
    [
      'Graph says that it is off',
      { id: id(900), policyApplies: false, analysisReasons: 'policyNotEnabled' },
      OFF,
    ],
  ])('agree where %s', (_, result, policy) => {
    expect(compared(result, policy)).toEqual({ agreed: 1, differences: [] });
  });

  it.each<[string, RawResult | undefined, ReturnType<typeof raw>, string]>([
    ['the verdict', { id: id(900), policyApplies: false, analysisReasons: 'users' }, raw(), 'verdict'],
    [
      'a verdict that is none',
      { id: id(900), policyApplies: 'yes', analysisReasons: 'notSet' },
      raw(),
      'verdict',
    ],
    ['the reason', { id: id(900), policyApplies: false, analysisReasons: 'users' }, LEGACY, 'reason'],
    ['a policy Graph does not know', undefined, raw(), 'unseen'],
  ])('differ in %s', (_, result, policy, kind) => {
    expect(compared(result, policy)).toMatchObject({ agreed: 0, differences: [{ id: id(900), kind }] });
  });

  it('differ in a policy that only Graph knows', () => {
    const { agreed, differences } = compared(
      { id: id(1), policyApplies: true, analysisReasons: 'notSet' },
      OFF,
    );

    expect(agreed).toBe(1);
    expect(differences).toEqual([
      {
        id: id(1),
        displayName: 'CA900',
        kind: 'unseen',
        ours: null,
        graphs: { policyApplies: true, analysisReasons: 'notSet' },
      },
    ]);
  });
});

describe('a comparison with Graph', () => {
  /** An id whose letters have a case. */
  const LETTERS = 'abcdef01-0000-4000-8000-000000000001';
  const policy = raw({ clientAppTypes: ['other'] }, { id: LETTERS });
  const ours = { policyApplies: false, analysisReasons: 'clientApps' };

  it('takes ids in any letter case', () => {
    const result = { id: LETTERS.toUpperCase(), policyApplies: false, analysisReasons: 'clientApps' };

    expect(compared(result, policy)).toEqual({ agreed: 1, differences: [] });
    expect(compared(result).differences).toContainEqual({
      id: LETTERS,
      displayName: 'CA900',
      kind: 'unseen',
      ours: null,
      graphs: ours,
    });
  });

  it('says both sides of a difference', () => {
    expect(
      compared({ id: LETTERS, policyApplies: 'yes', analysisReasons: 'notSet' }, policy).differences,
    ).toEqual([
      {
        id: LETTERS,
        displayName: 'CA900',
        kind: 'verdict',
        ours,
        graphs: { policyApplies: null, analysisReasons: 'notSet' },
      },
    ]);
    expect(compared(undefined, policy).differences).toEqual([
      { id: LETTERS, displayName: 'CA900', kind: 'unseen', ours, graphs: null },
    ]);
  });

  it('is not put out by a result without an id', () => {
    expect(
      compared({ id: 7, policyApplies: true, analysisReasons: 'notSet' }, OFF).differences,
    ).toMatchObject([{ id: null, kind: 'unseen' }]);
  });
});

const GROUPS = [id(11), id(12)];
const ROLE = id(13);
const UNREAD = id(35);
const PHONE = id(36);

const conditionsOfQuestion = fc.record(
  {
    clientAppType: fc.constantFrom('browser', 'mobileAppsAndDesktopClients', 'exchangeActiveSync', 'other'),
    devicePlatform: fc.constantFrom('windows', 'android', 'linux'),
    ipAddress: fc.constantFrom('198.51.100.1', '198.51.100.200', '203.0.113.10', '192.0.2.1'),
    country: fc.constantFrom('DE', 'FR'),
    servicePrincipalRiskLevel: fc.constantFrom('none', 'low', 'high'),
    userRiskLevel: fc.constantFrom('none', 'low', 'high'),
    insiderRiskLevel: fc.constantFrom('none', 'minor', 'elevated'),
    signInRiskLevel: fc.constantFrom('none', 'low', 'high'),
    authenticationFlow: fc.constantFrom({ transferMethod: 'none' }, { transferMethod: 'deviceCodeFlow' }),
    deviceInfo: fc.record(
      { isCompliant: fc.boolean(), trustType: fc.constantFrom('ServerAD', 'Workplace') },
      { requiredKeys: [] },
    ),
  },
  { requiredKeys: [] },
);

const questions = fc.record({
  signInIdentity: fc.constantFrom<JsonObject[]>(
    { userId: USER },
    { servicePrincipalId: id(21) },
    { userId: USER, externalUserType: 'b2bCollaborationGuest', externalTenantId: id(14) },
    { userId: USER, externalUserType: 'internalGuest', externalTenantId: id(15) },
  ),
  signInContext: fc.constantFrom<JsonObject[]>(
    { includeApplications: [SHAREPOINT] },
    { includeApplications: [AZURE_MANAGEMENT] },
    { userAction: 'registerOrJoinDevices' },
    { authenticationContextValue: 'c1' },
  ),
  signInConditions: conditionsOfQuestion,
});

const NAMED_LOCATIONS: JsonObject[] = [
  { id: id(31), isTrusted: true, ipRanges: [{ cidrAddress: '198.51.100.0/24' }] },
  {
    id: id(32),
    isTrusted: false,
    ipRanges: [{ cidrAddress: '198.51.100.0/25' }, { cidrAddress: '203.0.113.0/24' }],
  },
  { id: id(33), countriesAndRegions: ['DE'], includeUnknownCountriesAndRegions: false },
  { id: id(34), countriesAndRegions: [], includeUnknownCountriesAndRegions: true },
];

/** A place nobody described, or that of a phone, or attributes of an application that we do not read: only the service could say. */
function hangsOnTheService(policy: RawPolicy): boolean {
  const text = JSON.stringify(policy);
  return [UNREAD, PHONE, 'CustomSecurityAttribute'].some((part) => text.includes(part));
}

describe('our evaluator and the simulated tenant’s, written apart', () => {
  it('give one verdict on every policy, and one reason where we know enough', async () => {
    const policies = rawPolicies(6).map((raws) => raws.filter((one) => !hangsOnTheService(one)));
    await fc.assert(
      fc.asyncProperty(
        policies,
        questions,
        fc.subarray(GROUPS),
        fc.boolean(),
        async (raws, asked, groups, hasRole) => {
          const { simulate } = await world({
            tenant: {
              users: [{ id: USER }],
              groups: groups.map((group) => ({ id: group, members: [USER] })),
              roles: [{ id: id(99), roleTemplateId: ROLE, members: hasRole ? [USER] : [] }],
              namedLocations: NAMED_LOCATIONS,
              policies: raws as unknown as JsonObject[],
            },
          });

          const simulated = await simulate({ ...asked, compare: true });

          if (simulated.kind !== 'done') throw new Error(JSON.stringify(simulated));
          const { graph } = simulated.answer;
          expect(
            graph?.differences.filter(({ ours }) => ours?.analysisReasons !== 'notEnoughInformation'),
          ).toEqual([]);
          expect(graph?.differences.filter(({ kind }) => kind !== 'reason')).toEqual([]);
          expect((graph?.agreed ?? 0) + (graph?.differences.length ?? 0)).toBe(raws.length);
        },
      ),
      { numRuns: 500 },
    );
  });
});
