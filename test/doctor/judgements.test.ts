import { describe, expect, it } from 'vitest';
import { PREMIUM } from '../../sandbox/tenant/index.ts';
import type { Desired } from '../../src/lib/diff.ts';
import { ALERTS, type AlertRule, checkAlerts } from '../../src/lib/doctor/alerts.ts';
import { checkClock, SKEW_MS_MAX, skewOf } from '../../src/lib/doctor/clock.ts';
import { checkDesired, type Known, knownOf, type Wanted } from '../../src/lib/doctor/desired.ts';
import type { CheckFinding, Told, Verdict, Whose } from '../../src/lib/doctor/findings.ts';
import { checkFreeze } from '../../src/lib/doctor/freeze.ts';
import { checkLicence } from '../../src/lib/doctor/licence.ts';
import { checkPermissions } from '../../src/lib/doctor/permissions.ts';
import { checkProtected } from '../../src/lib/doctor/protected.ts';
import { checkSchedule } from '../../src/lib/doctor/schedule.ts';
import { checkSecurityDefaults } from '../../src/lib/doctor/securityDefaults.ts';
import { checkSettings } from '../../src/lib/doctor/settings.ts';
import { checkTables } from '../../src/lib/doctor/tables.ts';
import { Fault, type FaultKind } from '../../src/lib/fault.ts';
import { nextDue } from '../../src/lib/ncrontab.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { TokenClaims } from '../../src/lib/ports.ts';
import type { Health, ProtectedIdentity } from '../../src/lib/protected.ts';
import type { RunSummary } from '../../src/lib/report.ts';
import { SKEW_MS } from '../../src/lib/storage/control.ts';
import { desiredOf } from '../support/judging.ts';
import { article } from '../support/world.ts';

const REPORT_ONLY = 'enabledForReportingButNotEnforced';
const TENANT = '11111111-2222-4333-8444-555555555555';
const told = <T>(value: T): Told<T> => ({ kind: 'told', value });
const UNTOLD: Told<never> = { kind: 'untold', reason: 'nobody answered' };
const allOf = (...desired: Desired[]): Known => ({ desired, isAll: true });
const ALL_OF_NONE = allOf();
const at = (text: string): number => Date.parse(`2026-11-${text}Z`);

describe('what nobody could see', () => {
  it('is unverified, with why, in every check', () => {
    const findings = [
      ...checkPermissions(UNTOLD, 'observe', 'operator'),
      ...checkProtected(UNTOLD, 'enforce'),
      ...checkSchedule('0 */15 * * * *', UNTOLD, at('24T08:00:00'), 'app'),
      ...checkSecurityDefaults(UNTOLD, ALL_OF_NONE),
      ...checkLicence(UNTOLD, ALL_OF_NONE),
      ...checkFreeze(UNTOLD),
      ...checkDesired(UNTOLD, true, 'app'),
      ...checkAlerts(UNTOLD),
    ];

    expect(findings).toHaveLength(8);
    for (const finding of findings) {
      expect(finding).toMatchObject({
        verdict: 'unverified',
        what: 'nobody answered',
        mend: expect.any(String),
      });
    }
    expect(checkClock({ graph: undefined, tables: undefined }, 'app')).toMatchObject([
      { verdict: 'unverified' },
    ]);
  });
});

describe('the tables', () => {
  const fault = (kind: FaultKind): Fault => new Fault(kind, `a ${kind} fault`);

  it.each<[FaultKind, Verdict]>([
    ['config', 'failed'],
    ['denied', 'failed'],
    ['rejected', 'unverified'],
    ['missing', 'unverified'],
    ['unavailable', 'unverified'],
    ['indeterminate', 'unverified'],
  ])('that cannot be read, %s: %s', (kind, verdict) => {
    const access = { table: 'runs', account: 'state', read: fault(kind), write: null };

    expect(checkTables([access], 'app', false)).toMatchObject([{ verdict, what: `a ${kind} fault` }]);
  });

  it.each<[string, FaultKind | null, Verdict]>([
    ['desired', null, 'warning'],
    ['desired', 'denied', 'ok'],
    ['desired', 'indeterminate', 'unverified'],
    ['journal', null, 'ok'],
    ['journal', 'denied', 'failed'],
    ['journal', 'indeterminate', 'unverified'],
  ])('%s, of which an attempt to write says %s: %s', (table, kind, verdict) => {
    const access = { table, account: 'state', read: null, write: kind === null ? null : fault(kind) };

    expect(checkTables([access], 'app', false)).toMatchObject([{ verdict }]);
  });
});

describe('the tables, as the person at the keyboard reaches them', () => {
  const denied = new Fault('denied', 'table "runs" at state: access is refused');

  it('say nothing of the app', () => {
    const you = (write: Fault | null) =>
      checkTables([{ table: 'desired', account: 'state', read: null, write }], 'operator', false);

    expect(you(null)).toMatchObject([
      { verdict: 'unverified', what: expect.stringContaining('you can read and write it') },
    ]);
    expect(you(denied)).toMatchObject([
      { verdict: 'unverified', what: expect.stringContaining('you can read it') },
    ]);
  });

  it('are told of once, and whose role it takes', () => {
    const refused = (as: Whose) =>
      checkTables([{ table: 'runs', account: 'state', read: denied, write: denied }], as, false);

    expect(refused('operator')).toMatchObject([
      {
        where: 'table "runs" at state',
        what: 'access is refused',
        mend: expect.stringContaining('give yourself'),
      },
    ]);
    expect(refused('app')).toMatchObject([
      { mend: expect.stringContaining('the app’s identity the role Storage Table Data Contributor') },
    ]);
  });
});

const run = (change: Partial<RunSummary> = {}): RunSummary => ({
  runId: '20261124T080000000Z-00000001',
  tenantId: TENANT,
  trigger: 'schedule',
  mode: 'observe',
  startedAt: '2026-11-24T08:00:00.000Z',
  finishedAt: '2026-11-24T08:00:20.000Z',
  status: 'inSync',
  drifted: 0,
  applied: 0,
  held: 0,
  denied: 0,
  error: null,
  ...change,
});

describe('what belongs to the app, asked for at a keyboard', () => {
  const time = { saidAt: at('24T08:00:00'), sentAt: at('24T08:00:00'), answeredAt: at('24T08:00:00') };
  const wanted = { desired: [desiredOf(canonical(article()))], damaged: [], vanished: [] };

  it.each<[string, readonly CheckFinding[]]>([
    ['settings', checkSettings('operator')],
    ['schedule, set', checkSchedule('0 */15 * * * *', told([run()]), at('24T08:01:00'), 'operator')],
    ['schedule, not set', checkSchedule(null, told([run()]), at('24T08:01:00'), 'operator')],
    ['schedule, before any run', checkSchedule(null, told([]), at('24T08:01:00'), 'operator')],
    ['clock', checkClock({ graph: undefined, tables: time }, 'operator')],
    ['desired, signers set', checkDesired(told(wanted), true, 'operator')],
    ['desired, signers not set', checkDesired(told(wanted), false, 'operator')],
  ])('is neither ok nor wrong: %s', (_, findings) => {
    expect(findings).toMatchObject([
      { verdict: 'unverified', mend: expect.stringContaining('caretaker doctor --app') },
    ]);
  });

  it('is still told of where it is wrong for the keyboard as well', () => {
    const ahead = { ...time, sentAt: at('24T08:01:00'), answeredAt: at('24T08:01:00') };
    const damaged = [{ key: 'edited', problem: 'its hash does not fit' }];

    expect(checkClock({ graph: undefined, tables: ahead }, 'operator')).toMatchObject([
      { verdict: 'failed' },
    ]);
    expect(checkDesired(told({ ...wanted, damaged }), true, 'operator')[0]).toMatchObject({
      verdict: 'failed',
    });
  });
});

describe('the emergency accounts', () => {
  const identity = (health: Health, change: Partial<ProtectedIdentity> = {}): ProtectedIdentity => ({
    id: TENANT,
    kind: 'user',
    memberOf: null,
    health,
    reason: null,
    ...change,
  });

  it.each<[ProtectedIdentity, Verdict, string]>([
    [identity('disabled'), 'failed', 'enable the account'],
    [identity('missing'), 'failed', 'restore the account'],
    [identity('missing', { kind: 'group' }), 'failed', 'restore the group'],
    [identity('synced'), 'failed', 'the cloud alone'],
    [identity('empty', { kind: 'group' }), 'failed', 'into the group'],
    [identity('unverified'), 'unverified', 'Entra admin center'],
  ])('%o is %s', (one, verdict, mend) => {
    expect(checkProtected(told([identity('ok'), one]), 'enforce')).toMatchObject([
      { verdict, where: TENANT, mend: expect.stringContaining(mend) },
    ]);
  });

  it('are in order, or named by nobody', () => {
    expect(checkProtected(told([identity('ok')]), 'enforce')).toMatchObject([{ verdict: 'ok', mend: null }]);
    expect(checkProtected(told([]), 'enforce')).toMatchObject([{ verdict: 'failed' }]);
    expect(checkProtected(told([]), 'observe')).toMatchObject([{ verdict: 'warning' }]);
  });
});

describe('the desired state', () => {
  const whole = [desiredOf(canonical(article())), desiredOf(canonical(article()), { key: 'other' })];
  const check = (change: Partial<Wanted>, isSigned = true) =>
    checkDesired(told({ desired: whole, damaged: [], vanished: [], ...change }), isSigned, 'app');

  it('is whole, and somebody vouches for it or nobody does', () => {
    expect(check({})).toMatchObject([{ verdict: 'ok', what: expect.stringContaining('2 policies are') }]);
    expect(check({ desired: whole.slice(1) }, false)).toMatchObject([
      { verdict: 'warning', what: expect.stringContaining('1 policy is') },
    ]);
  });

  it('is told of key by key where it cannot be believed, beside what can', () => {
    const damaged = [{ key: 'edited', problem: 'its hash does not fit' }];

    expect(check({ damaged, vanished: ['removed'] })).toMatchObject([
      {
        verdict: 'failed',
        where: 'edited',
        what: 'its hash does not fit',
        mend: expect.stringContaining('edited'),
      },
      { verdict: 'failed', where: 'removed', mend: expect.stringContaining('caretaker history removed') },
      { verdict: 'ok' },
    ]);
    expect(check({ desired: [], damaged })).toHaveLength(1);
  });

  it('is none', () => {
    expect(check({ desired: [] })).toMatchObject([
      { verdict: 'failed', mend: expect.stringContaining('push') },
    ]);
  });
});

describe('the permissions in a token', () => {
  const claims: TokenClaims = {
    tenantId: TENANT,
    roles: ['Policy.Read.All', 'User.Read.All', 'GroupMember.Read.All', 'RoleManagement.Read.Directory'],
    issuedAt: at('24T08:00:00'),
    expiresAt: at('25T08:00:00'),
  };
  const check = (read: TokenClaims | undefined, mode: 'observe' | 'enforce' = 'observe') =>
    checkPermissions(told(read), mode, 'app');

  it('to read and to look at people are all that observing needs', () => {
    expect(check(claims)).toMatchObject([{ verdict: 'ok', what: expect.stringContaining('MODE observe') }]);
  });

  it('cannot be there where the app gets no token', () => {
    expect(checkPermissions(UNTOLD, 'observe', 'app')).toMatchObject([{ verdict: 'failed' }]);
  });

  it('to write are too many while MODE is observe, and not in enforce', () => {
    const roles = [...claims.roles, 'Policy.ReadWrite.ConditionalAccess', 'Application.Read.All'];

    expect(check({ ...claims, roles }).map(({ verdict }) => verdict)).toEqual(['warning', 'warning']);
    expect(check({ ...claims, roles }, 'enforce')).toMatchObject([{ verdict: 'ok' }]);
  });

  it('that are missing are granted, and then waited for until the token ends', () => {
    expect(check(claims, 'enforce')).toMatchObject([
      {
        verdict: 'failed',
        where: 'Policy.ReadWrite.ConditionalAccess, Application.Read.All',
        mend: expect.stringContaining('this token, of 2026-11-24T08:00Z, until it ends at 2026-11-25T08:00Z'),
      },
    ]);
  });

  it('are told of by what does not work without them', () => {
    expect(check({ ...claims, roles: [], issuedAt: null }, 'enforce')).toMatchObject([
      { verdict: 'failed', what: expect.stringContaining('see nothing') },
      { verdict: 'failed', what: expect.stringContaining('put right') },
      { verdict: 'warning', mend: expect.stringContaining('the token from before for up to 24 hours') },
    ]);
  });

  it('that nobody uses are too many, AuditLog.Read.All as well as long as nothing asks for it', () => {
    expect(check({ ...claims, roles: [...claims.roles, 'AuditLog.Read.All'] })).toMatchObject([
      { verdict: 'warning', where: 'AuditLog.Read.All' },
    ]);
  });

  it('are unverified where the token is opaque', () => {
    expect(check(undefined)).toMatchObject([{ verdict: 'unverified' }]);
  });
});

describe('the schedule', () => {
  const QUARTERS = '0 */15 * * * *';

  it.each<[string, Verdict]>([
    ['24T08:00:21', 'ok'],
    ['24T08:44:59', 'ok'],
    ['24T08:45:00', 'failed'],
    ['25T08:00:00', 'failed'],
  ])('of quarters of an hour, at %s, is %s', (now, verdict) => {
    expect(checkSchedule(QUARTERS, told([run()]), at(now), 'app')).toMatchObject([{ verdict }]);
  });

  it('is judged by when it is due, not by the clock: a night without runs is none', () => {
    const byDay = '0 0 8-18 * * *';
    const evening = run({ finishedAt: '2026-11-24T18:00:20.000Z' });

    expect(checkSchedule(byDay, told([evening]), at('25T09:59:59'), 'app')).toMatchObject([
      { verdict: 'ok' },
    ]);
    expect(checkSchedule(byDay, told([evening]), at('25T10:00:00'), 'app')).toMatchObject([
      { verdict: 'failed' },
    ]);
  });

  it('does not live by runs that somebody asked for, nor by one that never ended', () => {
    const others = [run({ trigger: 'demand' }), run({ finishedAt: null, status: 'running' })];

    expect(checkSchedule(QUARTERS, told(others), at('24T08:30:00'), 'app')).toMatchObject([
      { verdict: 'unverified' },
    ]);
    expect(checkSchedule(QUARTERS, told(others), at('24T08:45:00'), 'app')).toMatchObject([
      { verdict: 'failed' },
    ]);
  });

  it('may have a run under way that lasts longer than three intervals; ten minutes end every run', () => {
    const minutes = '0 * * * * *';
    const begun = run({
      runId: 'begun',
      startedAt: '2026-11-24T08:01:00.000Z',
      finishedAt: null,
      status: 'running',
    });
    const check = (now: string, runs: readonly RunSummary[]) =>
      checkSchedule(minutes, told(runs), at(now), 'app');

    expect(check('24T08:05:00', [begun, run()])).toMatchObject([
      {
        verdict: 'unverified',
        what: expect.stringContaining('run begun began 4 min'),
        mend: expect.stringContaining('ask again'),
      },
    ]);
    expect(check('24T08:11:01', [begun, run()])).toMatchObject([
      { verdict: 'failed', mend: expect.stringContaining('Application Insights') },
    ]);
    expect(check('24T08:05:00', [run(), begun])).toMatchObject([
      { verdict: 'failed', mend: expect.stringContaining('restart') },
    ]);
  });

  it('is alive when its last run failed, which is worth a warning', () => {
    const failed = run({ status: 'failed', error: 'no token' });

    expect(checkSchedule(QUARTERS, told([failed]), at('24T08:10:00'), 'app')).toMatchObject([
      { verdict: 'warning', what: expect.stringContaining('no token') },
    ]);
  });

  it('that is never due is none', () => {
    expect(checkSchedule('0 0 0 31 2 *', told([]), at('24T08:00:00'), 'app')).toMatchObject([
      { verdict: 'failed' },
    ]);
  });
});

describe('an NCRONTAB expression', () => {
  it.each([
    ['0 */15 * * * *', ['24T08:15:00', '24T08:30:00']],
    ['*/15 * * * *', ['24T08:15:00', '24T08:30:00']],
    ['0 30 9 * * Mon-Fri', ['24T09:30:00', '25T09:30:00']],
    ['0 5/20 * * * *', ['24T08:05:00', '24T08:25:00']],
    ['0 0 0 25 * WED', ['25T00:00:00']],
  ])('%j is due at %j', (expression, due) => {
    expect(nextDue(expression, at('24T08:00:00'), due.length)).toEqual(due.map(at));
  });

  it.each(['', '@daily', '0 0 0 L * *', '0 0 0 * * MON#1', '00:15:00', '99 * * * * *', '* * *'])(
    '%j is none',
    (expression) => {
      expect(nextDue(expression, at('24T08:00:00'), 1)).toBeUndefined();
    },
  );
});

describe('the clock', () => {
  const saidAt = at('24T08:00:00');

  it.each([
    [0, 0, 0],
    [-5_000, 5_000, 0],
    [999, 999, 0],
    [1_000, 1_000, 1],
    [-20, -1, -1],
    [16_000, 16_100, 15_001],
    [-16_100, -16_000, -16_000],
  ])('that read %i ms at sending and %i ms at hearing is %i ms ahead', (sent, answered, skew) => {
    expect(skewOf({ saidAt, sentAt: saidAt + sent, answeredAt: saidAt + answered })).toBe(skew);
  });

  it('may be as far off as the lease allows for, and no further', () => {
    const off = (ms: number) =>
      checkClock(
        { graph: { saidAt, sentAt: saidAt + ms, answeredAt: saidAt + ms }, tables: undefined },
        'app',
      );

    expect(SKEW_MS_MAX).toBe(SKEW_MS);
    expect(off(-SKEW_MS)).toMatchObject([{ verdict: 'warning' }]);
    expect(off(-SKEW_MS - 1)).toMatchObject([{ verdict: 'failed' }]);
    expect(off(-3_000)).toMatchObject([{ verdict: 'ok' }]);
  });
});

describe('the licence', () => {
  const [p1, p2] = PREMIUM.servicePlans as { servicePlanId: string }[];
  const product = (servicePlans: unknown, capabilityStatus = 'Enabled') => ({
    servicePlans,
    capabilityStatus,
  });

  it.each<[string, object[], Verdict]>([
    ['P1', [product([p1])], 'ok'],
    ['P2 alone', [product([p2])], 'ok'],
    ['P1, and P2 that has ended', [product([p1]), product([p2], 'Warning')], 'ok'],
    ['P1 that has ended, and P2', [product([p1], 'Warning'), product([p2])], 'ok'],
    ['a plan that is none', [product([null, p1])], 'ok'],
    ['P1 that has ended', [product([p1], 'Warning')], 'warning'],
    ['P1 that was locked out', [product([p1], 'LockedOut')], 'failed'],
    ['something else', [product([{ servicePlanId: TENANT }])], 'failed'],
    ['what says nothing of plans', [{ capabilityStatus: 'Enabled' }], 'failed'],
  ])('with %s: %s', (_, licences, verdict) => {
    expect(checkLicence(told(licences as Record<string, unknown>[]), ALL_OF_NONE)).toMatchObject([
      { verdict },
    ]);
  });
});

describe('a policy that goes by risk', () => {
  const conditions = { ...(article().conditions as object), signInRiskLevels: ['high'] };
  const risky = desiredOf(canonical(article({ conditions })), { key: 'risky' });
  const [p1] = PREMIUM.servicePlans as object[];

  it('is worth a warning without P2, and none with it', () => {
    const onlyP1 = { capabilityStatus: 'Enabled', servicePlans: [p1] };

    expect(checkLicence(told([onlyP1]), allOf(risky))).toMatchObject([
      { verdict: 'ok' },
      { verdict: 'warning', where: 'risky', what: expect.stringContaining('P2') },
    ]);
    expect(checkLicence(told([PREMIUM]), allOf(risky))).toMatchObject([{ verdict: 'ok' }]);
  });

  it('may be among what cannot be read: without P2 nobody can tell whether it is needed', () => {
    const onlyP1 = { capabilityStatus: 'Enabled', servicePlans: [p1] };
    const known = { desired: [risky], isAll: false };

    expect(checkLicence(told([onlyP1]), known).map(({ verdict }) => verdict)).toEqual([
      'ok',
      'warning',
      'unverified',
    ]);
    expect(checkLicence(told([PREMIUM]), known)).toMatchObject([{ verdict: 'ok' }]);
  });
});

describe('security defaults that are on', () => {
  const enabled = desiredOf(canonical(article()));
  const reportOnly = desiredOf(canonical(article({ state: REPORT_ONLY })));

  it.each<[string, Known, Verdict]>([
    ['and a policy that wants to be enabled', allOf(enabled), 'failed'],
    ['and policies in report-only', allOf(reportOnly), 'ok'],
    ['and nobody knows what is desired', knownOf(UNTOLD), 'unverified'],
    ['and a policy that cannot be read', { desired: [reportOnly], isAll: false }, 'unverified'],
    [
      'and a policy that wants to be, beside one that cannot be read',
      { desired: [enabled], isAll: false },
      'failed',
    ],
  ])('%s: %s', (_, known, verdict) => {
    expect(checkSecurityDefaults(told(true), known)).toMatchObject([{ verdict }]);
  });
});

describe('the alerts', () => {
  const rules = ALERTS.map((name) => ({ name, isEnabled: true, hasAction: true }));
  const [first, ...others] = rules as [AlertRule, ...AlertRule[]];

  it.each<[string, readonly AlertRule[], Verdict]>([
    ['all of them', rules, 'ok'],
    ['one that is missing', others, 'failed'],
    ['one that is disabled', [{ ...first, isEnabled: false }, ...others], 'failed'],
    ['one that tells nobody', [{ ...first, hasAction: false }, ...others], 'warning'],
    [
      'one that only its disabled twin would tell of',
      [{ ...first, hasAction: false }, { ...first, isEnabled: false }, ...others],
      'warning',
    ],
    ['one that tells nobody beside one that does', [{ ...first, hasAction: false }, ...rules], 'ok'],
  ])('with %s: %s', (_, given, verdict) => {
    expect(checkAlerts(told(given))).toMatchObject([{ verdict }]);
  });

  it('count whatever a template puts in front of their names, in any letter case', () => {
    const rule = (name: string) => ({ name, isEnabled: true, hasAction: true });
    const named = checkAlerts(told([rule('PROD-Change-Held'), rule('exchange-held')]));

    expect(named.map(({ where }) => where)).not.toContain('change-held');
    expect(checkAlerts(told([rule('exchange-held')])).map(({ where }) => where)).toContain('change-held');
  });
});
