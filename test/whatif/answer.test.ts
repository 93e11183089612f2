import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { compareSets, type Difference, differenceOf, setAnswer } from '../../src/lib/whatif/answer.ts';
import { type Combined, evaluate, type SetVerdict } from '../../src/lib/whatif/evaluate.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { compiled, id, raw, signIn } from './support.ts';
import { anybody, anySignIn, locations, rawPolicies, rawPolicy } from './worlds.ts';

function verdictOn(raws: readonly RawPolicy[], asked: SignIn = signIn()): SetVerdict {
  return evaluate(compiled(raws), asked);
}

function between(before: readonly RawPolicy[], after: readonly RawPolicy[], asked?: SignIn): Difference {
  return differenceOf(setAnswer(verdictOn(before, asked)), setAnswer(verdictOn(after, asked)));
}

const BLOCK = raw();
const MFA = raw(
  {},
  { id: id(901), displayName: 'CA901', grantControls: { operator: 'OR', builtInControls: ['mfa'] } },
);
const REPORTS: RawPolicy = { ...BLOCK, state: 'enabledForReportingButNotEnforced' };

describe('the difference between two sets', () => {
  it('is nothing between a set and itself, in whatever order', () => {
    expect(between([BLOCK, MFA], [MFA, BLOCK])).toEqual({
      differs: false,
      summary: [],
      policies: [],
      result: null,
      reportOnly: null,
    });
  });

  it('says that a policy will be there and what that does to the sign-in', () => {
    const { policies, result, summary } = between([], [MFA]);

    expect(policies).toEqual([
      {
        id: id(901),
        key: null,
        displayName: 'CA901',
        observed: null,
        resulting: { state: 'enabled', policyApplies: true, analysisReasons: 'notSet' },
      },
    ]);
    expect(result).toMatchObject({
      blocked: { observed: false, resulting: false },
      grant: { added: [{ policyId: id(901), operator: 'OR', controls: ['mfa'] }], removed: [] },
    });
    expect(summary).toEqual([
      'the sign-in gets in, and nothing is asked for → gets in after mfa for "CA901"',
      '"CA901": not there → applies',
    ]);
  });

  it('notices a demand that changes under a policy that applies before and after', () => {
    const harder: RawPolicy = {
      ...MFA,
      grantControls: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] },
    };

    const { differs, policies, result } = between([MFA], [harder]);

    expect(differs).toBe(true);
    expect(policies).toEqual([]);
    expect(result?.grant.added).toEqual([
      { policyId: id(901), operator: 'AND', controls: ['compliantDevice', 'mfa'] },
    ]);
    expect(result?.grant.removed).toHaveLength(1);
  });

  it('keeps what only reports apart from what is in force', () => {
    const armed = between([REPORTS], [BLOCK]);
    const reported = between([], [REPORTS]);

    expect(armed).toMatchObject({
      policies: [
        { observed: { state: 'enabledForReportingButNotEnforced' }, resulting: { state: 'enabled' } },
      ],
      result: { blocked: { observed: false, resulting: true }, blockedBy: { added: [id(900)] } },
      reportOnly: { blocked: { observed: true, resulting: false } },
    });
    expect(reported.result).toBeNull();
    expect(reported.summary).toContain(
      'were report-only policies in force, it gets in, and nothing is asked for → is blocked by "CA900"',
    );
  });

  it('says that it is open whether somebody gets in', () => {
    const onLinux = raw({ platforms: { includePlatforms: ['linux'] } });
    const { platform: _, ...asked } = signIn();

    const { result, summary } = between([], [onLinux], asked);

    expect(result).toMatchObject({ blocked: { resulting: null }, undecided: { added: [id(900)] } });
    expect(summary[0]).toContain('may be blocked; otherwise it gets in, and nothing is asked for');
  });

  it('is empty exactly when both sets say the same of every policy and come to the same', () => {
    let tries = 0;
    let same = 0;
    fc.assert(
      fc.property(pairs, locations, anySignIn(anybody), ([before, after], places, asked) => {
        const [one, other] = [before, after].map((raws) => evaluate(compiled(raws, places), asked));
        if (one === undefined || other === undefined) throw new Error('unreachable');
        const { differs, summary, policies, result, reportOnly } = differenceOf(
          setAnswer(one),
          setAnswer(other),
        );
        const agrees = saying(one) === saying(other);

        expect(differs).toBe(!agrees);
        expect(policies.length + summary.length === 0 && result === null && reportOnly === null).toBe(agrees);
        tries++;
        if (agrees) same++;
      }),
      { numRuns: 1_000 },
    );
    expect(same).toBeGreaterThan(tries / 20);
  });
});

/** A set and another like it: shuffled, with policies left out, added or put differently. */
const pairs = rawPolicies(4).chain((before) =>
  fc
    .tuple(
      fc.shuffledSubarray([...before], { minLength: Math.max(0, before.length - 1) }),
      fc.option(fc.tuple(rawPolicy, fc.nat(4)), { freq: 1 }),
    )
    .map(([kept, put]) => {
      if (put === null) return [before, kept] as const;
      const [other, index] = put;
      const placed: RawPolicy = { ...other, id: id(900 + index), displayName: `CA${900 + index}` };
      return [before, [...kept.filter((policy) => policy.id !== placed.id), placed]] as const;
    }),
);

/** All a set says of a sign-in, so spelled that order means nothing. */
function saying({ policies, enforced, reportOnly }: SetVerdict): string {
  const lines = (items: readonly unknown[]): readonly string[] =>
    items.map((item) => JSON.stringify(item)).sort();
  const total = ({ blocked, blockedBy, grant, session, undecided }: Combined): unknown => [
    blocked,
    lines(blockedBy),
    lines(grant.map(({ policyId, operator, controls }) => [policyId, operator, [...controls].sort()])),
    lines(session.controls.map(({ policyId, control, value }) => [policyId, control, value])),
    lines(undecided),
  ];
  const verdicts = lines(policies.map((policy) => [policy.id, policy.state, policy.policyApplies]));
  return JSON.stringify([verdicts, total(enforced), total(reportOnly)]);
}

describe('three sets side by side', () => {
  it('are told in Graph’s words, with our policies that the plan does not bring about', () => {
    const wanted = compiled([BLOCK]);
    const ours = {
      policies: wanted.policies.map((policy) => ({
        ...policy,
        entry: { ...policy.entry, id: null, key: 'block-all' },
      })),
    };

    const answer = compareSets({
      observed: verdictOn([REPORTS]),
      desired: evaluate(ours, signIn()),
      resulting: verdictOn([REPORTS]),
    });

    expect(answer.observed.policies[0]?.state).toBe('enabledForReportingButNotEnforced');
    expect(answer.difference.differs).toBe(false);
    expect(answer.desired.result.blocked).toBe(true);
    expect(answer.unfulfilled).toEqual([
      {
        key: 'block-all',
        displayName: 'CA900',
        desired: { state: 'enabled', policyApplies: true, analysisReasons: 'notSet' },
        resulting: null,
      },
    ]);
  });
});
