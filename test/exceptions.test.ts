import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { effective, parseDesired } from '../src/lib/desired.ts';
import { fieldDrifts } from '../src/lib/diff.ts';
import { endsAfter, inForce, withExceptions } from '../src/lib/exceptions.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import { FIELDS } from '../src/lib/policy/fields.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import type { Problem } from '../src/lib/problem.ts';
import { renderReport } from '../src/lib/render.ts';
import { at, leaf, rawPolicy } from './laws/generators.ts';
import {
  article,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_USER,
  IDENTITIES,
  type World,
  world,
} from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const SERVICE_ACCOUNT = 'e0000000-0000-4000-8000-000000000001';
const DAY_MS = 86_400_000;
const CONTROLS = 'grantControls.builtInControls';

/** The day that many days after the world's beginning. */
function dayIn(made: World, days: number): string {
  return new Date(made.clock.now() + days * DAY_MS).toISOString().slice(0, 10);
}

function excepting(
  field: string,
  value: unknown,
  until: string,
  change: Record<string, unknown> = {},
): RawPolicy {
  const exception = { field, value, owner: 'Ada', reason: 'CHG-1', until };
  return article({ ...change, caretaker: { exceptions: [exception] } });
}

async function settled(): Promise<World> {
  const made = await world();
  made.tenant.directory.users.set(SERVICE_ACCOUNT, { id: SERVICE_ACCOUNT });
  await made.push({ 'require-mfa': article() });
  await made.run();
  return made;
}

function edit(made: World, change: (policy: Record<string, unknown>) => void): void {
  made.tenant.admin.edit(String(made.live(NAME).id), change as never);
}

const stricter = ['compliantDevice', 'mfa'];

describe('an exception', () => {
  it('makes its value the desired one, and is told in every report', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': excepting(CONTROLS, ['compliantDevice'], dayIn(made, 30)) });
    await made.run();
    await made.approve();

    const first = await made.run();
    const second = await made.run();

    expect(first.status).toBe('remediated');
    expect(at(made.live(NAME), CONTROLS)).toEqual(['compliantDevice']);
    expect(renderReport(second)).toContain(
      `  ! require-mfa: ${CONTROLS} = ["compliantDevice"] is accepted until`,
    );
    expect(second).toMatchObject({ status: 'inSync', policies: [{ drift: 'none', proven: true }] });
    expect(second.policies[0]?.findings).toEqual([
      {
        rule: 'exception',
        decision: 'note',
        level: 'info',
        detail: `${CONTROLS} = ["compliantDevice"] is accepted until ${dayIn(made, 30)} (31 days left), Ada answers for it: CHG-1`,
      },
    ]);
  });

  it('is no field that is ignored: any other value is put back to the excepted one', async () => {
    const either = { grantControls: { operator: 'OR', builtInControls: stricter } };
    const made = await world();
    await made.push({ 'require-mfa': article(either) });
    await made.run();
    await made.push({ 'require-mfa': excepting('grantControls.operator', 'AND', dayIn(made, 30), either) });
    await made.run();
    edit(made, (policy) => {
      policy.grantControls = { ...(policy.grantControls as object), operator: 'OR' };
    });

    const report = await made.run();

    expect(report.policies[0]).toMatchObject({
      fields: [{ path: 'grantControls.operator', desired: 'AND', observed: 'OR', effect: 'loosens' }],
      outcome: { status: 'applied', settled: true },
    });
    expect(at(made.live(NAME), 'grantControls.operator')).toBe('AND');
  });

  it('warns in its last week, ends by itself, and what is desired is then put right as a repair', async () => {
    const made = await settled();
    const until = dayIn(made, 10);
    await made.push({
      'require-mfa': excepting('conditions.clientAppTypes', ['browser'], until),
    });
    await made.run();
    await made.approve();
    await made.run();
    await made.wait(5 * DAY_MS);
    const lastWeek = await made.run();
    const before = at(made.live(NAME), 'conditions.clientAppTypes');
    await made.wait(6 * DAY_MS);

    const after = await made.run();

    expect(lastWeek.policies[0]?.findings).toMatchObject([{ rule: 'exception', level: 'warn' }]);
    expect(before).toEqual(['browser']);
    expect(after).toMatchObject({ status: 'remediated', policies: [{ proven: true, verdict: 'admit' }] });
    expect(after.policies[0]?.findings).toMatchObject([{ detail: expect.stringContaining('has ended') }]);
    expect(at(made.live(NAME), 'conditions.clientAppTypes')).toEqual(['all']);
  });

  it('lasts no longer than a year after it was pushed, whatever the row says', async () => {
    const made = await settled();
    await made.push({
      'require-mfa': excepting(CONTROLS, ['compliantDevice'], '9999-12-31', {
        grantControls: { operator: 'OR', builtInControls: ['mfa'] },
      }),
    });
    await made.run();
    await made.approve();
    await made.run();
    await made.wait(368 * DAY_MS);

    const report = await made.run();

    expect(report.status).toBe('remediated');
    expect(at(made.live(NAME), CONTROLS)).toEqual(['mfa']);
  });

  it('loosens like any other change: it waits for a second person', async () => {
    const made = await settled();
    await made.push({
      'require-mfa': excepting(
        'conditions.applications.excludeApplications',
        [SERVICE_ACCOUNT],
        dayIn(made, 9),
      ),
    });

    const report = await made.run();

    expect(report.policies[0]).toMatchObject({ verdict: 'hold', isApprovable: true });
    expect(report.policies[0]?.findings.map(({ rule, decision }) => [rule, decision])).toEqual([
      ['loosening', 'hold'],
      ['exception', 'note'],
    ]);
    expect(at(made.live(NAME), 'conditions.applications.excludeApplications') ?? []).toEqual([]);
  });

  it('hides no loosening behind itself: what counts when it has ended is judged now', async () => {
    const made = await settled();
    await made.push({
      'require-mfa': excepting(CONTROLS, ['mfa'], dayIn(made, 1), {
        grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] },
      }),
    });
    const report = await made.run();
    await made.wait(3 * DAY_MS);
    const later = await made.run();

    expect(report.policies[0]?.findings).toMatchObject([
      {
        rule: 'loosening',
        decision: 'hold',
        detail: expect.stringContaining('on: grantControls.builtInControls'),
      },
      { rule: 'exception', decision: 'note' },
    ]);
    expect(later.policies[0]).toMatchObject({ verdict: 'hold' });
    expect(at(made.live(NAME), CONTROLS)).toEqual(['mfa']);
  });

  it('loosens when it is prolonged, although nothing moves today', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': excepting(CONTROLS, ['compliantDevice'], dayIn(made, 5)) });
    await made.run();
    await made.approve();
    await made.run();
    await made.push({ 'require-mfa': excepting(CONTROLS, ['compliantDevice'], dayIn(made, 90)) });

    const report = await made.run();

    expect(report).toMatchObject({
      status: 'held',
      policies: [{ drift: 'none', verdict: 'hold', change: { action: 'accept' } }],
    });
    await made.approve();
    await made.run();
    expect(await made.run()).toMatchObject({ status: 'inSync', policies: [{ proven: true, change: null }] });
  });

  it.each<[string, string, unknown]>([
    ['the state', 'state', 'enabled'],
    ['whom it is for', 'conditions.users.includeGroups', [SERVICE_ACCOUNT]],
  ])('of %s waits for a second person even where it loosens nothing', async (_, field, value) => {
    const reporting = { state: 'enabledForReportingButNotEnforced' };
    const made = await world();
    made.tenant.directory.groups.set(SERVICE_ACCOUNT, { id: SERVICE_ACCOUNT, displayName: 'G', members: [] });
    await made.push({ 'require-mfa': article(reporting) });
    await made.run();
    await made.push({ 'require-mfa': excepting(field, value, dayIn(made, 9), reporting) });
    const held = await made.run();
    await made.approve();

    const approved = await made.run();

    expect(held.policies[0]).toMatchObject({ verdict: 'hold', isApprovable: true });
    expect(held.policies[0]?.findings[0]).toMatchObject({
      rule: 'exception',
      detail: `it accepts a deviation in ${field} until ${dayIn(made, 9)}; somebody else has to approve that`,
    });
    expect(approved.status).toBe('remediated');
    expect((await made.run()).status).toBe('inSync');
  });

  it('of the state in a policy that is new waits as well, and is asked about once', async () => {
    const made = await world();
    await made.push({ 'require-mfa': excepting('state', 'disabled', dayIn(made, 9)) });
    const held = await made.run();
    await made.approve();

    expect(held.policies[0]).toMatchObject({ verdict: 'hold', change: { action: 'create' } });
    expect((await made.run()).status).toBe('remediated');
    expect(made.live(NAME).state).toBe('disabled');
    await made.wait(11 * DAY_MS);
    expect((await made.run()).status).toBe('remediated');
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('gains an intruder nothing: a tenant that holds the deviation already does not prove it', async () => {
    const made = await settled();
    edit(made, (policy) => {
      policy.state = 'disabled';
    });
    await made.push({ 'require-mfa': excepting('state', 'disabled', dayIn(made, 300)) });

    const report = await made.run();

    expect(report).toMatchObject({
      status: 'held',
      policies: [{ version: 2, verdict: 'hold', proven: false, meanwhile: { version: 1, verdict: 'admit' } }],
    });
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('never drops a protected identity: they are excluded whatever it says', async () => {
    const made = await settled();
    const spared = 'conditions.users.excludeUsers';
    await made.push({ 'require-mfa': excepting(spared, [SERVICE_ACCOUNT], dayIn(made, 9)) });
    await made.run();
    await made.approve();

    await made.run();

    expect(at(made.live(NAME), spared)).toEqual([BREAK_GLASS_USER, SERVICE_ACCOUNT].sort());
    expect(at(made.live(NAME), 'conditions.users.excludeGroups')).toEqual([BREAK_GLASS_GROUP]);
  });

  it('counts in a simulation', async () => {
    const made = await settled();
    await made.push({ 'require-mfa': excepting('state', 'disabled', dayIn(made, 9)) });

    const result = await made.simulate({
      signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: SERVICE_ACCOUNT },
      signInContext: {
        '@odata.type': '#microsoft.graph.applicationContext',
        includeApplications: ['797f4846-ba00-4fd7-ba43-dac1f8f63013'],
      },
      signInConditions: {},
      facts: { groups: [], roles: [] },
    });

    expect(result).toMatchObject({
      kind: 'done',
      answer: { desired: { policies: [{ state: 'disabled' }] }, changes: [{ verdict: 'hold' }] },
    });
  });
});

describe('exceptions in a file', () => {
  const good = {
    field: CONTROLS,
    value: ['compliantDevice'],
    owner: 'Ada',
    reason: 'CHG-1',
    until: '2026-12-31',
  };

  function problemsOf(exceptions: unknown, caretaker: object = {}, change: object = {}): readonly Problem[] {
    const parsed = parseDesired(
      JSON.stringify(article({ ...change, caretaker: { ...caretaker, exceptions } }), null, 2),
    );
    return parsed.ok ? [] : parsed.problems;
  }

  it('are read, parameters included', () => {
    const spared = {
      ...good,
      field: 'conditions.users.excludeGroups',
      value: ['@breakGlassGroups', SERVICE_ACCOUNT],
    };

    expect(problemsOf([good, spared])).toEqual([]);
  });

  it.each<[string, unknown, string, RegExp]>([
    ['no list', {}, '', /not a list/],
    ['no object', [null], '.0', /not an object/],
    [
      'an unknown member',
      [{ ...good, untill: 'x' }],
      '.0.untill',
      /is unknown; did you mean until\? Otherwise take it away/,
    ],
    ['no owner', [{ ...good, owner: ' ' }], '.0.owner', /in words/],
    ['no reason', [{ ...good, reason: undefined }], '.0.reason', /is missing/],
    ['no value', [{ ...good, value: undefined }], '.0.value', /is missing/],
    ['an unknown field', [{ ...good, field: 'conditions.users' }], '.0.field', /path of one field/],
    ['an inherited name', [{ ...good, field: 'toString' }], '.0.field', /path of one field/],
    ['the name', [{ ...good, field: 'displayName', value: 'x' }], '.0.field', /found by it/],
    ['a field twice', [good, good], '.1.field', /twice/],
    ['no date', [{ ...good, until: 'tomorrow' }], '.0.until', /last day/],
    ['a day that is none', [{ ...good, until: '2026-02-30' }], '.0.until', /last day/],
    ['an instant', [{ ...good, until: '2026-12-31T12:00:00Z' }], '.0.until', /last day/],
    [
      'a value of another kind',
      [{ ...good, value: 'block!' }],
      '.0.value',
      /cannot be "block!"; write a list/,
    ],
    [
      'an unknown value',
      [{ ...good, value: ['fingerprint'] }],
      '.0.value',
      /write a list .*approvedApplication/,
    ],
    [
      'an unknown parameter',
      [{ ...good, value: ['@nobody'] }],
      '.0.value',
      /nobody knows.*write "nobody" into parameters\.json/,
    ],
    ['what the service refuses', [{ ...good, value: [] }], '', /asks for nothing/],
    ['what the policy says anyway', [{ ...good, value: ['mfa'] }], '.0.value', /without it/],
    [
      'a value that counts for nothing',
      [{ ...good, field: 'grantControls.operator', value: 'AND' }],
      '.0.value',
      /without it/,
    ],
  ])('are refused with their place: %s', (_, exceptions, path, message) => {
    const problems = problemsOf(exceptions);

    expect(problems[0]?.path).toBe(`caretaker.exceptions${path}`);
    expect(`${problems[0]?.message}; ${problems[0]?.mend}`).toMatch(message);
    expect(problems[0]?.line).toBeGreaterThan(20);
  });

  it('are refused where only one of them leaves what the service refuses', () => {
    const wanted = { grantControls: { operator: 'OR', builtInControls: stricter } };
    const longer = {
      ...good,
      field: 'grantControls.authenticationStrength.id',
      value: '00000000-0000-0000-0000-000000000002',
      until: '2027-01-31',
    };

    expect(
      problemsOf(
        [
          { ...good, value: ['compliantDevice'] },
          { ...longer, until: good.until },
        ],
        {},
        wanted,
      ),
    ).toEqual([]);
    expect(problemsOf([good, longer], {}, wanted)[0]?.message).toMatch(
      /mfa beside an authentication strength/,
    );
  });

  it('do not switch a policy for emergencies on', () => {
    const problems = problemsOf(
      [{ ...good, field: 'state', value: 'enabled' }],
      { contingency: true },
      { state: 'disabled' },
    );

    expect(problems[0]?.message).toMatch(/emergencies/);
  });
});

describe('the policy with exceptions', () => {
  const field = fc.constantFrom(...FIELDS.filter(({ path }) => path !== 'displayName'));
  const exception = field.chain((row) =>
    fc.record({
      field: fc.constant(row.path),
      value: leaf(row),
      owner: fc.constant('Ada'),
      reason: fc.constant('CHG-1'),
      until: fc.constant('2026-12-31'),
      endsAt: fc.integer({ min: 1, max: 9 }),
    }),
  );

  it('differs in nothing but the excepted fields and what hangs together with them, and is the policy again when all have ended', () => {
    fc.assert(
      fc.property(
        rawPolicy,
        fc.uniqueArray(exception, { maxLength: 3, selector: (one) => one.field }),
        (raw, list) => {
          const objects = new Set(list.map((one) => FIELDS.find(({ path }) => path === one.field)?.object));
          const changed = fieldDrifts(canonical(raw), canonical(withExceptions(raw, list)));
          const left = endsAfter(list, 0).map((at) => inForce(list, at).length);

          // A grant's remediation switches the sign-in frequency: the one meaning that crosses objects.
          const allowed = (object: string): boolean =>
            objects.has(object) ||
            (object === 'sessionControls' && objects.has('grantControls')) ||
            (object === 'grantControls' && objects.has('sessionControls'));
          expect(changed.filter(({ object }) => !allowed(object))).toEqual([]);
          expect(withExceptions(raw, inForce(list, 10))).toBe(raw);
          expect(left).toEqual([...left].sort((a, b) => b - a));
        },
      ),
    );
  });

  it('excludes every protected identity of a policy for people, whatever is excepted', () => {
    fc.assert(
      fc.property(rawPolicy, exception, (raw, one) => {
        const policy = effective(withExceptions(raw, [one]), {}, IDENTITIES);
        const isForWorkloads =
          fieldDrifts(policy, effective(withExceptions(raw, [one]), {}, { users: [], groups: [] })).length ===
          0;

        expect(
          isForWorkloads || (policy['conditions.users.excludeUsers'] as string[]).includes(BREAK_GLASS_USER),
        ).toBe(true);
      }),
    );
  });
});
