import { describe, expect, it } from 'vitest';
import { compareSets, type WhatIfAnswer } from '../../src/lib/whatif/answer.ts';
import { evaluate } from '../../src/lib/whatif/evaluate.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { tellAnswer } from '../../src/lib/whatif/tell.ts';
import { compiled, id, raw, signIn, USER } from './support.ts';

const MFA = raw(
  { platforms: { includePlatforms: ['windows'] } },
  {
    id: id(901),
    displayName: 'CA901 - MFA',
    grantControls: { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] },
    sessionControls: { signInFrequency: { isEnabled: true, type: 'hours', value: 4 } },
  },
);
const RISKY = raw({ signInRiskLevels: ['high'] }, { id: id(902), displayName: 'CA902 - Risk' });
const REPORTS = raw(
  {},
  { id: id(903), displayName: 'CA903 - Later', state: 'enabledForReportingButNotEnforced' },
);
const OFF = raw({}, { id: id(904), displayName: 'CA904 - Off', state: 'disabled' });

function told(asked: SignIn, more: Partial<WhatIfAnswer> = {}): readonly string[] {
  const on = (...raws: Parameters<typeof compiled>[0]) => evaluate(compiled(raws), asked);
  return tellAnswer({
    asked: { signIn: asked, reading: 'depends' },
    ...compareSets({
      observed: on(RISKY, REPORTS, OFF),
      desired: on(MFA),
      resulting: on(RISKY, REPORTS, OFF, MFA),
    }),
    graph: null,
    changes: [],
    notes: [],
    requests: { graph: 1, tables: 2 },
    ...more,
  }).split('\n');
}

const { signInRisk: _, device: __, ...ASKED } = signIn();

describe('a told answer', () => {
  it('begins with what the sign-in gets, and then says why', () => {
    const lines = told(ASKED, {
      changes: [
        { key: 'mfa', action: 'create', digest: 'd', verdict: 'hold', reasons: ['a freeze is in force'] },
        { key: 'old', action: 'update', digest: 'd', verdict: 'deny', reasons: ['it locks out'] },
      ],
      notes: ['something could not be read'],
    });

    expect(lines).toEqual([
      `user ${USER} (0 groups, 0 roles) signing in to 00000003-0000-0ff1-ce00-000000000000 with browser on windows from 203.0.113.7 in DE at userRisk none, servicePrincipalRisk none, insiderRisk none by none`,
      '',
      '  today           may be blocked; otherwise it gets in, and nothing is asked for; undecided: "CA902 - Risk"',
      '  after the plan  may be blocked; otherwise it gets in after compliantDevice or mfa for "CA901 - MFA"; in the session signInFrequency 4 hours; undecided: "CA902 - Risk"',
      '  as desired      gets in after compliantDevice or mfa for "CA901 - MFA"; in the session signInFrequency 4 hours (by our policies alone)',
      '  report-only     if it were in force, it is blocked by "CA903 - Later"',
      '',
      '  what the plan makes different',
      '    "CA901 - MFA": not there → applies',
      '',
      '  applies after the plan',
      `    "CA903 - Later" [enabledForReportingButNotEnforced] ${id(903)}`,
      `    "CA901 - MFA" [enabled] ${id(901)}`,
      '',
      '  depends on what was not given or could not be read',
      `    "CA902 - Risk" [enabled] ${id(902)}: signInRisk`,
      '',
      '  does not apply after the plan',
      `    "CA904 - Off" [disabled] ${id(904)}: it is switched off (policyNotEnabled)`,
      '',
      '  the plan',
      '    mfa: create, held for a person: a freeze is in force',
      '    old: update, denied, and not in the answer: it locks out',
      '',
      '  ! something could not be read',
    ]);
  });

  it('says that a client which can show no proof is blocked in effect', () => {
    expect(told({ ...ASKED, clientApp: 'other' }).join('\n')).toContain('in effect it is blocked');
    expect(told(ASKED).join('\n')).not.toContain('in effect');
  });

  it('says what is not known of a person, and that the reading is Graph’s', () => {
    const [first, second] = told(
      { identity: { kind: 'user', id: USER }, target: { kind: 'authContext', value: 'c1' } },
      { asked: { signIn: { identity: { kind: 'user', id: USER } }, reading: 'asGraph' } },
    );

    expect(first).toBe(`user ${USER} (groups unknown, roles unknown, member or guest unknown) signing in`);
    expect(second).toBe('  what was not given counts as none, as Graph answers');
  });
});
