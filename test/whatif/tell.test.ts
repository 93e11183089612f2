import { describe, expect, it } from 'vitest';
import { compareSets, type WhatIfAnswer } from '../../src/lib/whatif/answer.ts';
import { compile } from '../../src/lib/whatif/compile.ts';
import { evaluate } from '../../src/lib/whatif/evaluate.ts';
import { NO_LOCATIONS_READ } from '../../src/lib/whatif/locations.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { tellAnswer } from '../../src/lib/whatif/tell.ts';
import { compiled, entry, id, member, raw, SHAREPOINT, signIn, USER } from './support.ts';

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

const UNNAMED = { displayName: null, isEmergencyAccount: false };

function told(asked: SignIn, more: Partial<WhatIfAnswer> = {}): readonly string[] {
  const on = (...raws: Parameters<typeof compiled>[0]) => evaluate(compiled(raws), asked);
  return tellAnswer({
    asked: { signIn: asked, reading: 'depends', ...UNNAMED },
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
      `user ${USER} (0 groups, 0 roles) signing in to 00000003-0000-0ff1-ce00-000000000000 (Office 365 SharePoint Online) with browser on windows from 203.0.113.7 in DE at userRisk none, servicePrincipalRisk none, insiderRisk none by none`,
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
      '    mfa: create, waits: a freeze is in force',
      '    old: update, denied, and not in the answer: it locks out',
      '',
      '  ! something could not be read',
    ]);
  });

  it('says that a client which can show no proof is blocked in effect', () => {
    expect(told({ ...ASKED, clientApp: 'other' }).join('\n')).toContain('in effect it is blocked');
    expect(told(ASKED).join('\n')).not.toContain('in effect');
  });

  it('calls a person by name, which cannot act on the terminal, and an emergency account one', () => {
    const [first] = told(ASKED, {
      asked: { signIn: ASKED, reading: 'depends', displayName: 'Ad\u001b[2Jele', isEmergencyAccount: true },
    });

    expect(first).toContain(`emergency account Ad\ufffd[2Jele (${USER}; `);
  });

  it('says what is not known of a person, and that the reading is Graph’s', () => {
    const [first, second] = told(
      { identity: { kind: 'user', id: USER }, target: { kind: 'authContext', value: 'c1' } },
      { asked: { signIn: { identity: { kind: 'user', id: USER } }, reading: 'asGraph', ...UNNAMED } },
    );

    expect(first).toBe(`user ${USER} (groups unknown, roles unknown, member or guest unknown) signing in`);
    expect(second).toBe('  what was not given counts as none, as Graph answers');
  });

  it.each<[Partial<SignIn>, string]>([
    [
      { identity: { kind: 'workload', servicePrincipalId: USER } },
      `service principal ${USER} signing in to ${SHAREPOINT} (Office 365 SharePoint Online)`,
    ],
    [
      { identity: member({ groups: [id(2)], roles: [id(3), id(4)], guestType: 'internalGuest' }) },
      `user ${USER} (1 group, 2 roles, internalGuest) signing in to ${SHAREPOINT} (Office 365 SharePoint Online)`,
    ],
    [
      { identity: { kind: 'user', id: USER, groups: [], roles: [], isGuest: true } },
      `user ${USER} (0 groups, 0 roles, a guest of unknown kind) signing in to ${SHAREPOINT} (Office 365 SharePoint Online)`,
    ],
    [
      { target: { kind: 'app', appIds: [id(2), id(3)] } },
      `user ${USER} (0 groups, 0 roles) signing in to ${id(2)} or ${id(3)}`,
    ],
    [
      { target: { kind: 'userAction', action: 'urn:user:registerdevice' } },
      `user ${USER} (0 groups, 0 roles) doing urn:user:registerdevice`,
    ],
    [
      { target: { kind: 'authContext', value: 'c1' } },
      `user ${USER} (0 groups, 0 roles) entering authentication context c1`,
    ],
    [
      { clientApp: 'other', platform: 'iOS', device: { isCompliant: true } },
      `user ${USER} (0 groups, 0 roles) signing in to ${SHAREPOINT} (Office 365 SharePoint Online) with other on iOS on a device with {"isCompliant":true}`,
    ],
    [
      { location: { country: 'DE' }, signInRisk: 'high', authenticationFlow: 'deviceCodeFlow' },
      `user ${USER} (0 groups, 0 roles) signing in to ${SHAREPOINT} (Office 365 SharePoint Online) from DE at signInRisk high by deviceCodeFlow`,
    ],
  ])('names what was given and nothing else: %j', (given, words) => {
    const [first] = told({ identity: member(), target: { kind: 'app', appIds: [SHAREPOINT] }, ...given });

    expect(first).toBe(words);
  });

  it('says how Graph’s own What If differs', () => {
    const lines = told(ASKED, {
      graph: {
        agreed: 2,
        differences: [
          {
            id: id(902),
            displayName: 'CA902 - Risk',
            kind: 'verdict',
            ours: { policyApplies: false, analysisReasons: 'signInRisk' },
            graphs: { policyApplies: true, analysisReasons: 'notSet' },
          },
          {
            id: id(909),
            displayName: 'CA909',
            kind: 'unseen',
            ours: null,
            graphs: { policyApplies: false, analysisReasons: 'users' },
          },
        ],
      },
    });

    expect(lines.slice(lines.indexOf('  Graph’s own What If, on the tenant as it is') - 1)).toEqual([
      '',
      '  Graph’s own What If, on the tenant as it is',
      '    agrees with ours on 2 of 4 policies',
      '    "CA902 - Risk": Graph: applies (notSet); ours: does not apply (signInRisk)',
      '    "CA909": Graph: does not apply (users); ours: does not know it',
    ]);
  });

  it('says which of our policies are not as desired, even after the plan', () => {
    const applies = { policyApplies: true, analysisReasons: 'notSet' } as const;
    const lines = told(ASKED, {
      unfulfilled: [
        { key: 'one', displayName: 'One', desired: { state: 'enabled', ...applies }, resulting: null },
        {
          key: 'two',
          displayName: 'Two',
          desired: { state: 'enabled', ...applies },
          resulting: { state: 'enabledForReportingButNotEnforced', ...applies },
        },
      ],
    });

    const title = lines.indexOf('  not as desired, even after the plan');
    expect(lines.slice(title - 1, title + 3)).toEqual([
      '',
      '  not as desired, even after the plan',
      '    one: should be: applies; will be: not there',
      '    two: should be: applies; will be: applies (report-only)',
    ]);
  });

  it('says of a change that is admitted no more than that, and of a policy that is not there yet so', () => {
    const planned = { ...raw({}, { displayName: 'CA905' }), id: undefined };
    const asked = evaluate(compile([{ ...entry(planned), id: null, key: 'new' }], NO_LOCATIONS_READ), ASKED);
    const lines = told(ASKED, {
      ...compareSets({ observed: asked, desired: asked, resulting: asked }),
      changes: [{ key: 'new', action: 'create', digest: 'd', verdict: 'admit', reasons: [] }],
    });

    expect(lines).toContain('    new: create, admitted');
    expect(lines).toContain('    "CA905" [enabled] not there yet, new');
    expect(lines.join('\n')).not.toContain('report-only');
    expect(lines.at(-1)).toBe('    new: create, admitted');
  });

  it('joins reasons to hold a change', () => {
    const lines = told(ASKED, {
      changes: [{ key: 'a', action: 'adopt', digest: 'd', verdict: 'hold', reasons: ['one', 'two'] }],
    });

    expect(lines).toContain('    a: adopt, waits: one; two');
  });

  it.each(['exchangeActiveSync', 'other'])('warns of %s only where something is asked for', (clientApp) => {
    const silent = evaluate(compiled([]), ASKED);
    const nothing = compareSets({ observed: silent, desired: silent, resulting: silent });

    const lines = told({ ...ASKED, clientApp });
    const warning = lines.indexOf(
      `  ! ${clientApp} cannot show what is asked for, so in effect it is blocked`,
    );
    expect([lines[warning - 1], warning > 0]).toEqual(['', true]);
    expect(told({ ...ASKED, clientApp }, nothing).join('\n')).not.toContain('in effect');
  });

  it('tells what report-only policies would do where they ask, block, or may', () => {
    const reporting = (more: Parameters<typeof raw>[1], conditions = {}): readonly string[] => {
      const verdict = evaluate(
        compiled([raw(conditions, { state: 'enabledForReportingButNotEnforced', ...more })]),
        ASKED,
      );
      return told(ASKED, compareSets({ observed: verdict, desired: verdict, resulting: verdict }));
    };
    const row = '  report-only     if it were in force, it ';

    expect(reporting({})).toContain(`${row}is blocked by "CA900"`);
    expect(reporting({ grantControls: { operator: 'OR', builtInControls: ['mfa'] } })).toContain(
      `${row}gets in after mfa for "CA900"`,
    );
    expect(
      reporting({
        grantControls: { operator: 'OR', builtInControls: ['mfa'] },
        sessionControls: { disableResilienceDefaults: true },
      }),
    ).toContain(`${row}gets in after mfa for "CA900"; in the session disableResilienceDefaults`);
    expect(
      reporting({ grantControls: null, sessionControls: { disableResilienceDefaults: true } }),
    ).toContain(`${row}gets in, and nothing is asked for; in the session disableResilienceDefaults`);
    expect(
      reporting(
        { grantControls: { operator: 'OR', builtInControls: ['mfa'] } },
        { signInRiskLevels: ['high'] },
      ),
    ).toContain(`${row}gets in, and nothing is asked for; undecided: "CA900"`);
  });

  it('tells what report-only policies would ask for beside one of which nobody knows whether it applies', () => {
    const rest = { state: 'enabledForReportingButNotEnforced' };
    const asks = raw({}, { ...rest, grantControls: { operator: 'OR', builtInControls: ['mfa'] } });
    const open = raw({ signInRiskLevels: ['high'] }, { ...rest, id: id(901), displayName: 'CA901' });
    const grant = { operator: 'OR', builtInControls: ['compliantDevice'] };
    const verdict = evaluate(compiled([asks, { ...open, grantControls: grant }]), ASKED);

    expect(told(ASKED, compareSets({ observed: verdict, desired: verdict, resulting: verdict }))).toContain(
      '  report-only     if it were in force, it gets in after mfa for "CA900"; undecided: "CA901"',
    );
  });

  it('is short where nothing is there, and where one thing is open for two reasons', () => {
    const silent = evaluate(compiled([]), ASKED);
    const open = evaluate(compiled([raw({ signInRiskLevels: ['high'], times: [1] })]), ASKED);
    const all = (one: typeof open): Partial<WhatIfAnswer> =>
      compareSets({ observed: one, desired: one, resulting: one });

    expect(told(ASKED, all(silent)).slice(2)).toEqual([
      '  today           gets in, and nothing is asked for',
      '  after the plan  gets in, and nothing is asked for',
      '  as desired      gets in, and nothing is asked for (by our policies alone)',
    ]);
    expect(told(ASKED, all(open))).toContain(
      `    "CA900" [enabled] ${id(900)}: signInRisk, conditions.times`,
    );
  });
});
