import { describe, expect, it } from 'vitest';
import type { Approval } from '../src/lib/approval.ts';
import type { Desired } from '../src/lib/diff.ts';
import { guard, hasNotBegun, type NamedFinding, type Verdict } from '../src/lib/guard.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import type { Facts } from '../src/lib/rules/rule.ts';
import {
  bindingOf,
  CREATE_LAG_MS,
  desiredOf,
  factsOf,
  IDENTITIES,
  NOW,
  OWN_ID,
  observationOf,
} from './support/judging.ts';

const DESIRED = desiredOf(
  canonical({ displayName: 'CA001', state: 'enabled', conditions: { users: { includeUsers: ['All'] } } }),
);

/** A create that is held for its name alone, and consent to it. */
function judged(approval: Partial<Approval>, facts: Partial<Facts> = {}): Verdict {
  const given = factsOf([DESIRED], [], observationOf({}), {
    namingPattern: /^CA-/u,
    // What the policy asks for is none of this test's business.
    around: { ...factsOf([], [], observationOf({})).around, people: [] },
    ...facts,
  });
  const consent: Approval = {
    digest: given.plan[0]?.digest ?? '',
    key: 'own',
    rules: ['naming'],
    by: { id: 'p1', name: 'Ada' },
    reason: 'the old name is on posters',
    at: given.now,
    usedBy: null,
    ...approval,
  };
  const [verdict] = guard({ ...given, approvals: { changes: [consent], versions: [], waiting: [] } });
  if (verdict === undefined) throw new Error('one change has one verdict');
  return verdict;
}

describe('consent', () => {
  it('lifts what the change was held for, and says who gave it and why', () => {
    const { decision, findings, approval } = judged({});

    expect(decision).toBe('admit');
    expect(findings).toEqual([
      {
        rule: 'naming',
        decision: 'note',
        level: 'info',
        detail: expect.stringMatching(
          /^the displayName "CA001" .* — approved by Ada: the old name is on posters$/,
        ),
      },
    ]);
    expect(approval?.by.name).toBe('Ada');
  });

  it('lifts nothing that came up since', () => {
    expect(judged({ rules: ['blastRadius'] })).toMatchObject({
      decision: 'hold',
      findings: [{ rule: 'naming', decision: 'hold', level: 'error', isApprovable: true }],
    });
  });

  it('lifts no hold that no person can lift', () => {
    const freeze = { reason: 'migration', by: 'ada', since: '2026-11-24', until: null };

    expect(judged({ rules: ['naming', 'freeze'] }, { freeze })).toMatchObject({
      decision: 'hold',
      findings: [
        { rule: 'naming', decision: 'note' },
        { rule: 'freeze', decision: 'hold' },
      ],
    });
  });

  it('lifts no denial', () => {
    const { decision, findings } = judged(
      { rules: ['naming', 'breakGlass'] },
      { protected: { users: ['b0000000-0000-4000-8000-000000000009'], groups: [] } },
    );

    expect(decision).toBe('deny');
    expect(findings).toContainEqual(expect.objectContaining({ rule: 'breakGlass', decision: 'deny' }));
  });

  it('makes no note of a note that nobody had to consent to', () => {
    const { findings } = judged({ rules: ['naming', 'tenantLimit'] }, { tenantPolicyLimit: 1 });

    expect(findings).toContainEqual({
      rule: 'tenantLimit',
      decision: 'note',
      level: 'info',
      detail: expect.not.stringContaining('approved'),
    });
  });
});

describe('a rule about novelty', () => {
  it('notes what it would have held, where the change is repair', () => {
    const proven = { ...DESIRED, isProven: true };
    const facts = factsOf([proven], [], observationOf({}), { namingPattern: /^CA-/u });

    expect(guard({ ...facts, around: { ...facts.around, people: [] } })).toMatchObject([
      { decision: 'admit', findings: [{ rule: 'naming', decision: 'note', level: 'error' }] },
    ]);
  });

  it('alone is softened by that: a freeze holds repair as it holds all else', () => {
    const freeze = { reason: 'migration', by: 'ada', since: '2026-11-24', until: null };
    const facts = factsOf([{ ...DESIRED, isProven: true }], [], observationOf({}), { freeze });

    expect(guard({ ...facts, around: { ...facts.around, people: [] } })).toMatchObject([
      { decision: 'hold', findings: [{ rule: 'freeze', decision: 'hold' }] },
    ]);
  });
});

describe('a restore', () => {
  /** The policy was deleted as this, and was made so long ago. */
  function judgedRestore(deleted: RawPolicy, madeMsAgo: number, facts: Partial<Facts> = {}): Verdict {
    const given = factsOf(
      [{ ...DESIRED, isProven: true }],
      [bindingOf({ boundAt: NOW - madeMsAgo })],
      observationOf(
        {},
        {
          singly: new Map([[OWN_ID, { kind: 'missing' }]]),
          deleted: new Map([[OWN_ID, { kind: 'found', raw: deleted }]]),
        },
      ),
      facts,
    );
    const [verdict] = guard({ ...given, around: { ...given.around, people: [] } });
    if (verdict === undefined) throw new Error('one change has one verdict');
    return verdict;
  }

  const HARMLESS = { displayName: 'CA001', state: 'disabled' };
  /** Enforced, and spares no emergency account. */
  const HARMFUL = {
    displayName: 'CA001',
    state: 'enabled',
    conditions: { users: { includeUsers: ['All'] } },
  };
  const LONG_MS = 10 * CREATE_LAG_MS;

  it('goes ahead, with the create for when the service turns it down', () => {
    expect(judgedRestore(HARMLESS, LONG_MS)).toMatchObject({
      change: { action: 'restore' },
      decision: 'admit',
      otherwise: { change: { action: 'create' }, decision: 'admit', otherwise: null },
    });
  });

  it('goes ahead even where the create would have to wait', () => {
    expect(judgedRestore(HARMLESS, 0)).toMatchObject({
      change: { action: 'restore' },
      decision: 'admit',
      otherwise: { change: { action: 'create' }, decision: 'hold' },
    });
  });

  it('that may not be gives way to the create that may, or that waits', () => {
    expect(judgedRestore(HARMFUL, LONG_MS)).toMatchObject({
      change: { action: 'create' },
      decision: 'admit',
      otherwise: null,
    });
    expect(judgedRestore(HARMFUL, 0)).toMatchObject({ change: { action: 'create' }, decision: 'hold' });
  });

  it('that waits gives way to no create that waits as well', () => {
    const freeze = { reason: 'migration', by: 'ada', since: '2026-11-24', until: null };

    expect(judgedRestore(HARMLESS, LONG_MS, { freeze })).toMatchObject({
      change: { action: 'restore' },
      decision: 'hold',
      otherwise: { decision: 'hold' },
    });
  });
});

describe('a change', () => {
  const HELD: NamedFinding = { rule: 'a', decision: 'hold', level: 'error', detail: 'held' };
  const NOTED: NamedFinding = { rule: 'b', decision: 'note', level: 'info', detail: 'noted' };

  it.each<[string, boolean, Verdict['decision'], readonly NamedFinding[]]>([
    ['it is denied', true, 'deny', [NOTED, { ...HELD, decision: 'deny' }]],
    ['a person is waited for', true, 'hold', [NOTED, { ...HELD, isApprovable: true }]],
    ['it waits for what ends by itself', false, 'hold', [NOTED, HELD]],
    ['it is admitted', false, 'admit', [NOTED]],
    ['nothing is to be said of it', false, 'admit', []],
  ])('where %s, has not begun: %s', (_, isWaiting, decision, findings) => {
    expect(hasNotBegun({ ...judged({}), decision, findings })).toBe(isWaiting);
  });
});

describe('a version the tenant holds already', () => {
  const verdicts = (desired: Partial<Desired>, facts: Partial<Facts> = {}): Verdict[] => {
    const excluded = { excludeUsers: IDENTITIES.users, excludeGroups: IDENTITIES.groups };
    const live = { displayName: 'CA001', state: 'enabled' };
    const users = { includeUsers: ['All'], ...excluded };
    const observation = observationOf({ [OWN_ID]: { ...live, conditions: { users } } });
    return guard(factsOf([{ ...DESIRED, ...desired }], [bindingOf()], observation, facts));
  };

  it('is no change, though a freeze holds all there is', () => {
    const freeze = { reason: 'migration', by: 'ada', since: '2026-11-24', until: null };

    expect(verdicts({})).toEqual([]);
    expect(verdicts({}, { freeze })).toEqual([]);
  });

  it('waits like any other new version where a person has to look at it', () => {
    expect(verdicts({ reference: { kind: 'lost', version: 1 } })).toMatchObject([
      { change: { action: 'accept' }, decision: 'hold', findings: [{ rule: 'loosening' }] },
    ]);
  });
});

describe('any other change', () => {
  it('has nothing to be done otherwise', () => {
    expect(judged({}).otherwise).toBeNull();
  });
});
