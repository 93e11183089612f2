import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import {
  appliedOnly,
  compareSets,
  type Difference,
  differenceOf,
  nameOf,
  outcomeWords,
  type Standing,
  setAnswer,
  standingWords,
  whyNot,
} from '../../src/lib/whatif/answer.ts';
import { compile } from '../../src/lib/whatif/compile.ts';
import { type Combined, evaluate, type Reason, type SetVerdict } from '../../src/lib/whatif/evaluate.ts';
import { NO_LOCATIONS_READ } from '../../src/lib/whatif/locations.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { compiled, entry, id, raw, signIn } from './support.ts';
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

describe('in words', () => {
  const standing = (more: Partial<Standing>): Standing => ({
    state: 'enabled',
    policyApplies: true,
    analysisReasons: 'notSet',
    ...more,
  });

  it.each<[Standing | null, string]>([
    [null, 'not there'],
    [standing({}), 'applies'],
    [standing({ policyApplies: null }), 'may apply'],
    [
      standing({ policyApplies: false, analysisReasons: 'users' }),
      'does not apply: it is not for this person (users)',
    ],
    [standing({ state: 'enabledForReportingButNotEnforced' }), 'applies (report-only)'],
    [standing({ state: 'unread', policyApplies: null }), 'may apply (in a state we do not know)'],
    [
      standing({ state: 'disabled', policyApplies: false, analysisReasons: 'policyNotEnabled' }),
      'does not apply: it is switched off (policyNotEnabled)',
    ],
  ])('a policy stands so: %j, %s', (one, words) => {
    expect(standingWords(one)).toBe(words);
  });

  it.each<[Reason | 'notSet', string]>([
    ['notSet', 'every condition holds'],
    ['policyNotEnabled', 'it is switched off'],
    ['application', 'it is not for this application or action'],
    ['userActions', 'it is not for this user action'],
    ['authenticationContext', 'it is not for this authentication context'],
    ['users', 'it is not for this person'],
    ['workloadIdentities', 'it is not for this service principal'],
    ['clientApps', 'it is not for this kind of client'],
    ['devicePlatform', 'it is not for this platform'],
    ['location', 'it is not for this place'],
    ['devices', 'its device filter does not fit'],
    ['signInRisk', 'it is not for this sign-in risk'],
    ['userRisk', 'it is not for this user risk'],
    ['insiderRisk', 'it is not for this insider risk'],
    ['authenticationFlow', 'it is not for this authentication flow'],
    ['notEnoughInformation', 'something that matters was not given'],
  ])('%s: %s', (analysisReasons, words) => {
    expect(whyNot({ analysisReasons })).toBe(`${words} (${analysisReasons})`);
  });

  it('a result names policies as people do, each demand, the session once, and what is open', () => {
    const { policies, enforced } = verdictOn([
      raw(
        {},
        {
          id: id(1),
          displayName: 'One',
          grantControls: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] },
          sessionControls: {
            signInFrequency: { isEnabled: true, type: 'hours', value: 4 },
            disableResilienceDefaults: true,
          },
        },
      ),
      raw(
        {},
        {
          id: id(2),
          displayName: 'Two',
          grantControls: { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] },
          sessionControls: { disableResilienceDefaults: true },
        },
      ),
      raw({ signInRiskLevels: ['unknownFutureValue'] }, { id: id(3), displayName: 'Three' }),
    ]);

    expect(outcomeWords(enforced, setAnswer({ policies, enforced, reportOnly: enforced }).policies)).toBe(
      'may be blocked; otherwise it gets in after compliantDevice and mfa for "One"; compliantDevice or mfa for "Two"; in the session signInFrequency 4 hours, disableResilienceDefaults; undecided: "Three"',
    );
    const strength = '00000000-0000-0000-0000-000000000004';
    const asked = { policyId: id(1), operator: 'OR' as const, controls: [strength] };
    expect(outcomeWords({ ...enforced, blocked: false, grant: [asked], undecided: [] }, [])).toContain(
      `gets in after ${strength} (Phishing-resistant MFA) for`,
    );
    expect(outcomeWords({ ...enforced, blocked: true, blockedBy: [id(1), 'unheard of'] }, [])).toBe(
      `is blocked by "${id(1)}" and "unheard of"`,
    );
  });
});

describe('a difference', () => {
  const odd = { signInRiskLevels: ['odd'] };
  const mfa = { grantControls: { operator: 'OR', builtInControls: ['mfa'] } };

  it('is one of what only reports, too, while the policies stand as they did', () => {
    const reporting = { state: 'enabledForReportingButNotEnforced' };

    expect(between([raw({}, reporting)], [raw({}, { ...reporting, ...mfa })])).toMatchObject({
      differs: true,
      policies: [],
      result: null,
      reportOnly: { blocked: { observed: true, resulting: false } },
    });
  });

  it('is one of whether a policy applies, in the same state', () => {
    const { policies } = between([raw({ clientAppTypes: ['other'] })], [raw()]);

    expect(policies).toMatchObject([
      {
        observed: { state: 'enabled', policyApplies: false },
        resulting: { state: 'enabled', policyApplies: true },
      },
    ]);
  });

  it('is one of whether a policy that is open may block', () => {
    expect(between([raw(odd)], [raw(odd, mfa)]).result).toMatchObject({
      blocked: { observed: null, resulting: false },
      undecided: { added: [], removed: [] },
    });
  });

  it('is told with each policy that is open', () => {
    const two = [raw(odd, { id: id(1), displayName: 'One' }), raw(odd, { id: id(2), displayName: 'Two' })];

    expect(between([], two).summary[0]).toContain('; undecided: "One", "Two"');
  });

  it('is none between what is desired of our policies and what will be, where that is the same', () => {
    const own = (key: string | null, policy: RawPolicy): SetVerdict =>
      evaluate(compile([{ ...entry(policy), key }], NO_LOCATIONS_READ), signIn());
    const unfulfilled = (desired: SetVerdict, resulting: SetVerdict): unknown =>
      compareSets({ observed: resulting, desired, resulting }).unfulfilled;
    const off = raw({}, { state: 'disabled' });

    expect(unfulfilled(own('a', raw()), own('a', raw()))).toEqual([]);
    expect(unfulfilled(own(null, raw()), own('a', off))).toEqual([]);
    expect(unfulfilled(own('a', raw()), own('a', off))).toMatchObject([
      { key: 'a', desired: { state: 'enabled' }, resulting: { state: 'disabled' } },
    ]);
    expect(unfulfilled(own('a', raw()), own('b', raw()))).toMatchObject([{ key: 'a', resulting: null }]);
  });
});

describe('a policy without an id', () => {
  it('goes by its key, and without one by its name', () => {
    expect(nameOf({ id: 'i', key: 'k', displayName: 'n' })).toBe('i');
    expect(nameOf({ id: null, key: 'k', displayName: 'n' })).toBe('k');
    expect(nameOf({ id: null, key: null, displayName: 'n' })).toBe('n');
  });
});

describe('an answer', () => {
  it('leaves out the policies that surely do not apply, and keeps what they come to', () => {
    const answer = setAnswer(
      verdictOn([
        BLOCK,
        raw({ clientAppTypes: ['other'] }, { id: id(5) }),
        raw({ signInRiskLevels: ['odd'] }, { id: id(6) }),
      ]),
    );

    const applied = appliedOnly(answer);

    expect(applied.policies.map((policy) => policy.id)).toEqual([id(900), id(6)]);
    expect(applied.result).toEqual(answer.result);
  });

  it('is the same where only why a policy does not apply differs', () => {
    const [one, other] = [{ clientAppTypes: ['other'] }, { platforms: { includePlatforms: ['iOS'] } }].map(
      (conditions) => raw(conditions),
    );

    expect(between([one ?? BLOCK], [other ?? BLOCK])).toMatchObject({ differs: false, policies: [] });
  });

  it('says which demands, session controls and open questions come and go', () => {
    const session = raw({}, { grantControls: null, sessionControls: { disableResilienceDefaults: true } });
    const open = raw(
      { signInRiskLevels: ['odd'] },
      { grantControls: { operator: 'OR', builtInControls: ['mfa'] } },
    );

    expect(between([session], [open]).result).toMatchObject({
      blocked: { observed: false, resulting: false },
      blockedBy: { added: [], removed: [] },
      session: { added: [], removed: [{ control: 'disableResilienceDefaults' }] },
      undecided: { added: [id(900)], removed: [] },
    });
    expect(between([open], [session]).result).toMatchObject({
      session: { added: [{ control: 'disableResilienceDefaults' }], removed: [] },
      undecided: { added: [], removed: [id(900)] },
    });
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
