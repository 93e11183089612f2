import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { evaluate, type SetVerdict } from '../../src/lib/whatif/evaluate.ts';
import type { NamedLocation } from '../../src/lib/whatif/locations.ts';
import { readRequest } from '../../src/lib/whatif/request.ts';
import type { SignIn, UserIdentity } from '../../src/lib/whatif/signIn.ts';
import { AZURE_MANAGEMENT, compiled, id, SHAREPOINT } from './support.ts';

/** Folder of public policies and answers. They are other people's data and no part of this project. */
const CORPUS = process.env.CA_CORPUS;

interface Case {
  readonly id: string;
  readonly request: {
    readonly signInIdentity: Readonly<Record<string, unknown>>;
    readonly signInContext: Readonly<Record<string, unknown>>;
    readonly signInConditions: Readonly<Record<string, unknown>>;
  };
  readonly policyFiles?: readonly string[];
  readonly policies?: readonly RawPolicy[];
  readonly expectedApplied?: readonly string[];
  readonly expected?: Readonly<Record<string, readonly [boolean, string]>>;
}

const CASES: readonly Case[] =
  CORPUS === undefined ? [] : JSON.parse(readFileSync(join(CORPUS, 'whatif', 'cases.json'), 'utf8')).cases;

function policyFile(name: string): RawPolicy {
  return JSON.parse(readFileSync(join(CORPUS ?? '', 'policies', name), 'utf8').replace(/^\uFEFF/, ''));
}

function casesOf(prefix: string): readonly Case[] {
  return CASES.filter((one) => one.id.startsWith(prefix));
}

/** Nothing is known of the two locations but that one of them holds this country. */
const LOCATIONS: readonly NamedLocation[] = ['US', 'CA'].map((country, index) => ({
  kind: 'country',
  id: `000000${39 + index}-1111-2222-3333-0000000000${39 + index}`,
  countries: [country],
  includeUnknownCountriesAndRegions: false,
}));

function answer(
  policies: readonly RawPolicy[],
  question: Readonly<Record<string, unknown>>,
  identity: Partial<UserIdentity>,
): SetVerdict {
  const read = readRequest(question);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { identity: asked, ...rest } = read.signIn;
  const signIn: SignIn = { ...rest, identity: asked.kind === 'user' ? { ...asked, ...identity } : asked };
  return evaluate(compiled(policies, { list: LOCATIONS, mfaTrustedRanges: null }), signIn, 'asGraph');
}

function applied(verdict: SetVerdict): readonly (string | null)[] {
  return verdict.policies
    .filter(({ policyApplies }) => policyApplies === true)
    .map((policy) => policy.id)
    .sort();
}

const MEMBER = { groups: [], roles: [], guestType: null, homeTenantId: null };

describe.skipIf(CORPUS === undefined)('recorded What If answers (skipped without CA_CORPUS)', () => {
  it.each(casesOf('real-'))(
    '$id: gives every verdict with its reason',
    ({ request, policyFiles = [], expected = {} }) => {
      const inferred = String(request.signInIdentity.inferred);
      const [userId = id(1)] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(inferred) ?? [];
      const verdict = answer(
        policyFiles.map(policyFile),
        {
          signInIdentity: { userId },
          signInContext: { includeApplications: [SHAREPOINT] },
          signInConditions: request.signInConditions,
        },
        MEMBER,
      );

      expect(
        Object.fromEntries(
          verdict.policies.map((policy) => [policy.id, [policy.policyApplies, policy.analysisReasons]]),
        ),
      ).toEqual(expected);
    },
  );

  it('are 71 verdicts in five cases', () => {
    const counts = casesOf('real-').map(({ expected = {} }) => Object.keys(expected).length);

    expect([counts.length, counts.reduce((sum, count) => sum + count, 0)]).toEqual([5, 71]);
  });

  it.each(casesOf('observed-'))(
    '$id: gives both verdicts with their reasons',
    ({ request, policies = [], expected = {} }) => {
      // The source names groups instead of their ids.
      const names = [...new Set(JSON.stringify(policies).match(/"[a-zA-Z ]+"(?=[,\]])/g) ?? [])];
      const renamed = <T>(value: T): T =>
        JSON.parse(
          names.reduce(
            (text, name, index) =>
              ['"All"', '"all"', '"mfa"'].includes(name)
                ? text
                : text.replaceAll(name, `"${id(index + 10)}"`),
            JSON.stringify(value),
          ),
        );
      const verdict = answer(
        renamed(policies),
        {
          signInIdentity: { userId: id(1) },
          signInContext: { includeApplications: [AZURE_MANAGEMENT] },
          signInConditions: request.signInConditions,
        },
        { ...MEMBER, groups: renamed(request.signInIdentity.memberOf as string[]) },
      );

      expect(
        Object.fromEntries(
          verdict.policies.map((policy) => [
            policy.displayName,
            [policy.policyApplies, policy.analysisReasons],
          ]),
        ),
      ).toEqual(expected);
    },
  );

  it.each(casesOf('msdocs-'))('$id: finds the policies that apply, among all of that tenant', (one) => {
    const tenant = readdirSync(join(CORPUS ?? '', 'policies'))
      .filter((name) => name.startsWith('microsoftgraph__docs_v1.0_evaluate_'))
      .map(policyFile);
    // The user is an administrator in the third example and in none of the others.
    const isAdministrator = one.id === 'msdocs-3-useraction';
    const roles = isAdministrator ? ['62e90394-69f5-4237-9190-012177145e10'] : [];
    const verdict = answer(tenant, one.request, { ...MEMBER, roles });

    expect(tenant.length).toBe(7);
    expect(applied(verdict)).toEqual([...(one.expectedApplied ?? [])].sort());
  });
});
