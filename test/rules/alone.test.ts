import { describe, expect, it } from 'vitest';
import { type Desired, type FieldDrift, fieldDrifts, observe } from '../../src/lib/diff.ts';
import { type Exception, exceptionsIn } from '../../src/lib/exceptions.ts';
import type { Binding } from '../../src/lib/journal.ts';
import { type Change, plan } from '../../src/lib/plan.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { Effect, RawPolicy } from '../../src/lib/policy/model.ts';
import type { ProtectedIdentity } from '../../src/lib/protected.ts';
import { blastRadius } from '../../src/lib/rules/blastRadius.ts';
import { breakGlass } from '../../src/lib/rules/breakGlass.ts';
import { contingency } from '../../src/lib/rules/contingency.ts';
import { danglingReference } from '../../src/lib/rules/danglingReference.ts';
import { emptyTenant } from '../../src/lib/rules/emptyTenant.ts';
import { exception } from '../../src/lib/rules/exception.ts';
import { flapping } from '../../src/lib/rules/flapping.ts';
import { freeze } from '../../src/lib/rules/freeze.ts';
import { identityHealth, illness } from '../../src/lib/rules/identityHealth.ts';
import { incompleteRead } from '../../src/lib/rules/incompleteRead.ts';
import { RULES } from '../../src/lib/rules/index.ts';
import { lockOut } from '../../src/lib/rules/lockOut.ts';
import { loosening } from '../../src/lib/rules/loosening.ts';
import { microsoftManaged } from '../../src/lib/rules/microsoftManaged.ts';
import { naming } from '../../src/lib/rules/naming.ts';
import { retiredControl } from '../../src/lib/rules/retiredControl.ts';
import type { Facts, Finding, Rule } from '../../src/lib/rules/rule.ts';
import { securityDefaults } from '../../src/lib/rules/securityDefaults.ts';
import { tenantLimit } from '../../src/lib/rules/tenantLimit.ts';
import { tightenedByHand } from '../../src/lib/rules/tightenedByHand.ts';
import { unrecognisedContent } from '../../src/lib/rules/unrecognisedContent.ts';
import { unsettledCreate } from '../../src/lib/rules/unsettledCreate.ts';
import {
  AROUND,
  bindingOf,
  CREATE_LAG_MS,
  desiredOf,
  factsOf,
  IDENTITIES,
  NOW,
  OWN_ID,
  observationOf,
  TENANT,
} from '../support/judging.ts';

const IDS = [1, 2, 3, 4, 5, 6, 7].map((n) => `abcdef0${n}-0000-4000-8000-000000000001`);
const [ID = '', OTHER = '', THIRD = ''] = IDS;
const EXCLUDED = { excludeUsers: IDENTITIES.users, excludeGroups: IDENTITIES.groups };

const RAW: RawPolicy = {
  displayName: 'CA001',
  state: 'enabled',
  conditions: {
    users: { includeUsers: ['All'], ...EXCLUDED },
    applications: { includeApplications: ['All'] },
  },
  grantControls: { operator: 'OR', builtInControls: ['mfa'] },
};
const DESIRED = desiredOf(canonical(RAW));

type Action = Change['action'];

/** The change of this kind that makes the tenant's policy the desired one. */
function changeOf(
  action: Action,
  before: RawPolicy = { ...RAW, state: 'disabled' },
  desired = DESIRED,
): Change {
  const observed = observe(OWN_ID, before);
  const fields = fieldDrifts(desired.policy, observed.reading.policy);
  const [change] = plan(TENANT, [
    action === 'create' || action === 'restore'
      ? { kind: 'missing', desired, boundId: null, deleted: action === 'restore' ? observed : null }
      : { kind: 'modified', desired, observed, fields, isBound: action === 'update' },
  ]);
  if (change?.action !== action) throw new Error(`${change?.action} is no ${action}`);
  return change;
}

/** An adoption that sends nothing. */
const BINDING_ONLY = ((): Change => {
  const [change] = plan(TENANT, [
    { kind: 'none', desired: DESIRED, observed: observe(OWN_ID, RAW), isBound: false },
  ]);
  if (change === undefined) throw new Error('an unbound policy is adopted');
  return change;
})();

function ask(rule: Rule, change: Change, facts: Partial<Facts> = {}): Finding | undefined {
  return rule.check(change, { ...factsOf([], [], observationOf({})), plan: [change], ...facts });
}

function bound(binding: Partial<Binding>): Pick<Facts, 'bindings'> {
  return { bindings: new Map([['own', bindingOf(binding)]]) };
}

describe('what a change asks for that sends nothing', () => {
  it.each<[string, Partial<Facts>]>([
    ['blastRadius', { changesMax: 0 }],
    [
      'danglingReference',
      { around: { ...AROUND, absent: { users: IDENTITIES.users, groups: [], locations: [] } } },
    ],
    [
      'lockOut',
      {
        around: {
          ...AROUND,
          people: [{ id: ID, groups: [], roles: [], guestType: null, homeTenantId: null }],
        },
      },
    ],
    ['flapping', bound({ putBack: [{ field: '', times: [NOW], isFlapping: true }] })],
  ])('is nothing to %s', (name, facts) => {
    const rule = RULES.find((one) => one.name === name);
    if (rule === undefined) throw new Error(`there is no rule ${name}`);

    expect(ask(rule, BINDING_ONLY, facts)).toBeUndefined();
  });

  it('is nothing to lockOut even where nobody can tell the policy from itself', () => {
    // A member we do not know, too long to be noted down whole.
    const raw = { ...RAW, conditions: { ...(RAW.conditions as object), weather: 'x'.repeat(300) } };
    const [adoption] = plan(TENANT, [
      { kind: 'none', desired: DESIRED, observed: observe(OWN_ID, raw), isBound: false },
    ]);
    if (adoption === undefined) throw new Error('an unbound policy is adopted');
    const people = [{ id: ID, groups: [], roles: [], guestType: null, homeTenantId: null }];

    expect(ask(lockOut, adoption, { around: { ...AROUND, people } })).toBeUndefined();
    expect(ask(lockOut, changeOf('update', raw), { around: { ...AROUND, people } })).toBeDefined();
  });
});

describe('a rule', () => {
  it('goes by a name of its own, by which people consent', () => {
    const names = RULES.map(({ name }) => name);

    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z][A-Za-z]+$/);
  });
});

describe('blastRadius', () => {
  const two = [changeOf('create'), { ...changeOf('create'), digest: 'another' }];
  const consent = {
    digest: 'another',
    key: 'own',
    rules: [],
    by: { id: 'p', name: 'Ada' },
    reason: '',
    at: NOW,
    usedBy: null,
  };

  it('says that nothing is written at a limit of 0', () => {
    expect(ask(blastRadius, changeOf('create'), { changesMax: 0 })).toEqual({
      decision: 'hold',
      detail: 'MAX_CHANGES_PER_RUN is 0, so nothing is written',
    });
  });

  it('holds a rollout of more than the limit, and says how many wait', () => {
    expect(ask(blastRadius, changeOf('create'), { plan: two, changesMax: 1 })).toEqual({
      decision: 'hold',
      isApprovable: true,
      detail:
        '2 new changes wait, more than MAX_CHANGES_PER_RUN (1); approve them, or raise the limit for one run',
    });
    expect(ask(blastRadius, changeOf('create'), { plan: two, changesMax: 2 })).toBeUndefined();
  });

  it('does not count what was approved, and never holds repair', () => {
    const approvals = { changes: [consent], versions: [], waiting: [] };
    const repair = changeOf('create', RAW, { ...DESIRED, isProven: true });

    expect(ask(blastRadius, changeOf('create'), { plan: two, changesMax: 1, approvals })).toBeUndefined();
    expect(ask(blastRadius, repair, { plan: [...two, repair], changesMax: 1 })).toBeUndefined();
  });
});

describe('breakGlass', () => {
  const twoIdentities = { users: [ID, OTHER], groups: [] };

  it('says which identities a list does not spare, and which it names', () => {
    expect(ask(breakGlass, changeOf('create'), { protected: twoIdentities })).toEqual({
      decision: 'deny',
      detail: `the resulting conditions.users.excludeUsers would not hold the protected ${ID}, ${OTHER}, so the policy could shut it out`,
    });
    const naming = desiredOf(canonical({ ...RAW, conditions: { users: { includeUsers: [ID, OTHER] } } }));
    expect(ask(breakGlass, changeOf('create', RAW, naming), { protected: twoIdentities })).toEqual({
      decision: 'deny',
      detail: `conditions.users.includeUsers names the protected ${ID}, ${OTHER}: take it out of the desired state; out of BREAK_GLASS_USERS / BREAK_GLASS_GROUPS only if it is for no emergency`,
    });
  });

  it('looks at the result even where that is off', () => {
    const off = { ...DESIRED, policy: { ...DESIRED.policy, state: 'disabled' } };

    expect(ask(breakGlass, changeOf('create', RAW, off), { protected: twoIdentities })?.decision).toBe(
      'deny',
    );
  });

  it('looks at a state on the way only where that is enforced, and at each of them', () => {
    const unspared = { ...RAW, conditions: { users: { includeUsers: ['All'] } } };

    expect(ask(breakGlass, changeOf('restore', { ...unspared, state: 'disabled' }))).toBeUndefined();
    expect(ask(breakGlass, changeOf('restore', unspared))?.decision).toBe('deny');
    expect(ask(breakGlass, changeOf('restore', RAW))).toBeUndefined();
    const result = { ...DESIRED, policy: { ...DESIRED.policy, 'conditions.users.excludeUsers': [] } };
    expect(ask(breakGlass, changeOf('restore', RAW, result))?.decision).toBe('deny');
  });
});

describe('contingency', () => {
  const kept = { ...DESIRED, declared: { ...DESIRED.declared, isContingency: true } };

  it('holds an adoption that would switch off what is on', () => {
    expect(ask(contingency, changeOf('adopt', { ...RAW, displayName: 'on' }, kept))).toEqual({
      decision: 'hold',
      isApprovable: true,
      detail: `${OWN_ID} carries the name of this policy for emergencies and is on; adopting it would switch it off`,
    });
  });

  it('holds nothing else', () => {
    const on = { ...RAW, displayName: 'on' };

    expect(ask(contingency, changeOf('adopt', { ...RAW, state: 'disabled' }, kept))).toBeUndefined();
    expect(ask(contingency, changeOf('update', on, kept))).toBeUndefined();
    expect(ask(contingency, changeOf('adopt', on))).toBeUndefined();
  });
});

describe('danglingReference', () => {
  const naming = (includeUsers: readonly string[], excludeUsers: readonly string[] = []): Change => {
    const policy = canonical({ ...RAW, conditions: { users: { includeUsers, excludeUsers } } });
    return changeOf('create', RAW, { ...DESIRED, policy });
  };
  const absent = (...users: readonly string[]): Pick<Facts, 'around'> => ({
    around: { ...AROUND, absent: { users, groups: [], locations: [] } },
  });

  it('says each field once, with its ids', () => {
    expect(ask(danglingReference, naming([ID, OTHER], [THIRD]), absent(ID, OTHER, THIRD))).toEqual({
      decision: 'hold',
      isApprovable: true,
      detail: `conditions.users.includeUsers names ${ID}, ${OTHER}; conditions.users.excludeUsers names ${THIRD}: nothing in the tenant has such an id; correct it, or approve the change`,
    });
  });

  it('names ten and counts the others', () => {
    const many = Array.from(
      { length: 12 },
      (_, n) => `abcdef${String(n).padStart(2, '0')}-0000-4000-8000-000000000001`,
    );

    const [ten, twelve] = [many.slice(0, 10), many].map((some) =>
      ask(danglingReference, naming(some), absent(...some)),
    );

    expect(ten?.detail).not.toContain('more');
    expect(twelve?.detail).toContain('; and 2 more: nothing in the tenant');
    expect(twelve?.detail).not.toContain(many[10]);
  });
});

describe('emptyTenant', () => {
  const missing = { kind: 'missing' } as const;
  const unread = { kind: 'unread', reason: '503' } as const;
  const seen = (singly: Facts['observation']['singly']): Pick<Facts, 'observation'> => ({
    observation: observationOf({}, { singly }),
  });
  const bindings = new Map(IDS.slice(0, 5).map((id) => [id, bindingOf({ key: id, id })]));

  it('names three of those that did not answer 404, and counts them', () => {
    const singly = new Map<string, typeof missing | typeof unread>([
      [ID, missing],
      ...IDS.slice(1, 4).map((id) => [id, unread] as const),
    ]);

    for (const action of ['create', 'adopt'] as const) {
      expect(ask(emptyTenant, changeOf(action), { bindings, ...seen(singly) })).toEqual({
        decision: 'hold',
        detail: `the tenant listed no policy at all, yet 4 of 5 bound ones did not answer 404 when asked for singly (${IDS.slice(1, 4).join(', ')})`,
      });
    }
  });

  it('asks nothing of changes that do not depend on the list', () => {
    for (const action of ['update', 'restore'] as const) {
      expect(ask(emptyTenant, changeOf(action), { bindings, ...seen(new Map()) })).toBeUndefined();
    }
  });

  it('believes an empty list where nothing was bound to an id', () => {
    expect(ask(emptyTenant, changeOf('create'), bound({ id: null }))).toBeUndefined();
  });
});

describe('exception', () => {
  const excepted = (field: string, value: unknown = [], until = '2026-12-31'): Exception[] => [
    ...exceptionsIn([{ field, value, owner: 'Ada', reason: 'CHG-1', until }]),
  ];
  const accepting = (exceptions: readonly Exception[], desired: Partial<Desired> = {}): Change =>
    changeOf('update', undefined, {
      ...DESIRED,
      declared: { ...DESIRED.declared, exceptions },
      ...desired,
    });
  const SPARED = excepted('conditions.users.excludeUsers', [ID]);
  const OFF = excepted('state', 'disabled', '2027-01-31');
  const told = (what: string): Finding => ({
    decision: 'hold',
    isApprovable: true,
    detail: `it accepts a deviation in ${what}; somebody else has to approve that`,
  });
  const consent = (
    change: Partial<Facts['approvals']['versions'][number]> = {},
  ): Pick<Facts, 'approvals'> => {
    const version = { key: 'own', version: 1, hash: 'h1', by: { id: 'p', name: 'Ada' }, reason: '', at: NOW };
    return { approvals: { changes: [], versions: [{ ...version, ...change }], waiting: [] } };
  };

  it('names each that touches whom a policy is for, whom it spares, or whether it is on, and no other', () => {
    expect(ask(exception, accepting(SPARED))).toEqual(told('conditions.users.excludeUsers until 2026-12-31'));
    expect(
      ask(exception, accepting([...SPARED, ...excepted('grantControls.builtInControls'), ...OFF])),
    ).toEqual(told('conditions.users.excludeUsers until 2026-12-31, state until 2027-01-31'));
    expect(ask(exception, accepting(excepted('grantControls.builtInControls')))).toBeUndefined();
  });

  it('asks about none that has ended, and nothing of a repair', () => {
    expect(ask(exception, accepting(SPARED), { now: Date.UTC(2027, 0, 1) })).toBeUndefined();
    expect(ask(exception, accepting(SPARED, { isProven: true }))).toBeUndefined();
  });

  it('asks only about what the last version did not have already', () => {
    const lastHad = (exceptions: readonly Exception[]): Desired['reference'] => ({
      kind: 'version',
      desired: { ...DESIRED, declared: { ...DESIRED.declared, exceptions } },
    });

    expect(ask(exception, accepting(SPARED, { reference: lastHad(SPARED) }))).toBeUndefined();
    expect(ask(exception, accepting([...SPARED, ...OFF], { reference: lastHad([...OFF, ...SPARED]) }))).toBe(
      undefined,
    );
    expect(ask(exception, accepting([...SPARED, ...OFF], { reference: lastHad(SPARED) }))).toEqual(
      told('state until 2027-01-31'),
    );
    expect(ask(exception, accepting(SPARED, { reference: { kind: 'lost', version: 1 } }))).toBeDefined();
  });

  it('lets a version pass that was approved, and that one alone', () => {
    expect(ask(exception, accepting(SPARED), consent())).toBeUndefined();
    expect(ask(exception, accepting(SPARED), consent({ key: 'another' }))).toBeDefined();
    expect(ask(exception, accepting(SPARED), consent({ version: 2 }))).toBeDefined();
    expect(ask(exception, accepting(SPARED), consent({ hash: 'h2' }))).toBeDefined();
  });
});

describe('flapping', () => {
  const HOUR_MS = 3_600_000;
  const flaps = (field: string, ago: number): Pick<Facts, 'bindings'> =>
    bound({ putBack: [{ field, times: [NOW - 2 * HOUR_MS, NOW - ago], isFlapping: true }] });

  it('says what is changed again and when it is tried next', () => {
    const next = new Date(NOW + HOUR_MS - 60_000).toISOString();
    const told = (what: string): Finding => ({
      decision: 'hold',
      detail: `${what} is changed again each time it is put back, by somebody or by another tool; tried once an hour, next from ${next} on`,
    });

    expect(ask(flapping, changeOf('update'), flaps('state', 60_000))).toEqual(told('state'));
    expect(ask(flapping, changeOf('create'), flaps('', 60_000))).toEqual(told('the policy'));
  });

  it('lets it pass once the hour is over, to the millisecond', () => {
    expect(ask(flapping, changeOf('update'), flaps('state', HOUR_MS))).toBeUndefined();
    expect(ask(flapping, changeOf('update'), flaps('state', HOUR_MS - 1))).toBeDefined();
  });

  it('holds nothing where nothing was put back, or something else was', () => {
    expect(ask(flapping, changeOf('update'), bound({}))).toBeUndefined();
    expect(ask(flapping, changeOf('update'))).toBeUndefined();
    expect(ask(flapping, changeOf('update'), flaps('displayName', 60_000))).toBeUndefined();
  });

  it('has nothing to say of an adoption that finds a field changed again and may put nothing back', () => {
    const users = { includeUsers: ['None'], ...EXCLUDED };
    const adoption = (more: object): Change =>
      changeOf('adopt', {
        ...RAW,
        conditions: { ...(RAW.conditions as object), users: { ...users, ...more } },
      });
    const flapped = flaps('conditions.users.includeUsers', 60_000);

    expect(ask(flapping, adoption({ somethingNew: 1 }), flapped)).toBeUndefined();
    expect(ask(flapping, adoption({}), flapped)).toBeDefined();
  });
});

describe('freeze', () => {
  it('says who, since when, until when and why', () => {
    const since = '2026-11-24T00:00:00Z';
    const frozen = { reason: 'migration', by: 'ada', since };
    const told = (until: string | null): string | undefined =>
      ask(freeze, changeOf('create'), { freeze: { ...frozen, until } })?.detail;

    expect(told(null)).toBe(`frozen by ada since ${since}, until somebody unfreezes: migration`);
    expect(told('2026-11-25')).toBe(`frozen by ada since ${since}, until 2026-11-25: migration`);
    expect(ask(freeze, changeOf('create'), { freeze: { ...frozen, until: null } })?.decision).toBe('hold');
  });
});

describe('identityHealth', () => {
  const ill = (count: number): Pick<Facts, 'around'> => ({
    around: {
      ...AROUND,
      identities: IDS.slice(0, count).map(
        (id): ProtectedIdentity => ({ id, kind: 'user', memberOf: null, health: 'disabled', reason: null }),
      ),
    },
  });

  it('names five and counts the others', () => {
    const five = IDS.slice(0, 5)
      .map((id) => `the protected user ${id} is disabled`)
      .join('; ');

    expect(ask(identityHealth, changeOf('create'), ill(5))).toEqual({
      decision: 'hold',
      isApprovable: true,
      detail: `${five}: mend this first, or approve the change`,
    });
    expect(ask(identityHealth, changeOf('create'), ill(7))?.detail).toBe(
      `${five}; and 2 more: mend this first, or approve the change`,
    );
  });

  it.each<[Partial<ProtectedIdentity>, string]>([
    [{ health: 'ok' }, 'the protected user x is in order'],
    [{ health: 'missing' }, 'the protected user x does not exist'],
    [{ health: 'synced' }, 'the protected user x is synchronised from an on-premises directory'],
    [{ health: 'empty', kind: 'group' }, 'the protected group x has no member'],
    [{ health: 'unverified', reason: '403' }, 'the protected user x could not be looked at (403)'],
    [{ health: 'disabled', memberOf: 'g' }, 'the protected user x (member of g) is disabled'],
  ])('puts %j in words', (identity, words) => {
    expect(illness({ id: 'x', kind: 'user', memberOf: null, health: 'ok', reason: null, ...identity })).toBe(
      words,
    );
  });
});

describe('incompleteRead', () => {
  const doubted = { observation: observationOf({}, { doubts: ['one', 'two'] }) };

  it('says why the list is not whole', () => {
    for (const action of ['create', 'adopt'] as const) {
      expect(ask(incompleteRead, changeOf(action), doubted)).toEqual({
        decision: 'hold',
        detail: "the tenant's list of policies is not whole (one; two); looked at again next run",
      });
    }
  });

  it('asks nothing of what does not depend on the list', () => {
    expect(ask(incompleteRead, changeOf('update'), doubted)).toBeUndefined();
    expect(ask(incompleteRead, changeOf('restore'), doubted)).toBeUndefined();
    expect(ask(incompleteRead, changeOf('create'), { ...doubted, ...bound({}) })).toBeUndefined();
  });
});

describe('lockOut', () => {
  const person = (id: string): Facts['around']['people'][number] => ({
    id,
    groups: [],
    roles: [],
    guestType: null,
    homeTenantId: null,
  });

  it('tells one of them, and counts the others', () => {
    const told = (...people: readonly string[]): string | undefined =>
      ask(lockOut, changeOf('create'), { around: { ...AROUND, people: people.map(person) } })?.detail;

    expect(told(ID)).toMatch(/does not spare it$/);
    expect(told(ID, OTHER, THIRD)).toMatch(/does not spare it; and 2 more like it$/);
  });
});

describe('loosening', () => {
  const former = desiredOf(
    canonical({ ...RAW, grantControls: { operator: 'OR', authenticationStrength: { id: ID } } }),
    { version: 3 },
  );
  const looser = { ...DESIRED, version: 4, reference: { kind: 'version', desired: former } } as const;
  const approved = (version: Partial<Facts['approvals']['versions'][number]>): Partial<Facts> => ({
    approvals: {
      changes: [],
      versions: [
        { key: 'own', version: 4, hash: 'h1', by: { id: 'p', name: 'Ada' }, reason: '', at: NOW, ...version },
      ],
      waiting: [],
    },
  });

  it('says which fields enforce less, and of which nobody can tell', () => {
    expect(
      ask(
        loosening,
        changeOf('update', RAW, {
          ...looser,
          displayName: 'x',
          policy: { ...looser.policy, displayName: 'x', 'conditions.userRiskLevels': ['high'] },
        }),
      ),
    ).toEqual({
      decision: 'hold',
      isApprovable: true,
      detail:
        'it enforces less than version 3: conditions.userRiskLevels, grantControls.builtInControls (effect unclear), grantControls.authenticationStrength.id (effect unclear)',
    });
  });

  it('takes consent for exactly the version it was given to', () => {
    const change = changeOf('update', { ...RAW, state: 'disabled' }, looser);

    expect(ask(loosening, change, approved({}))).toBeUndefined();
    for (const another of [{ key: 'other' }, { version: 5 }, { hash: 'h2' }]) {
      expect(ask(loosening, change, approved(another))?.decision).toBe('hold');
    }
  });

  it('has nothing to compare a new key with', () => {
    expect(ask(loosening, changeOf('create'))).toBeUndefined();
  });

  it('takes nothing away from a version that only reported', () => {
    const reported = { ...former, policy: { ...former.policy, state: 'enabledForReportingButNotEnforced' } };
    const version = { ...looser, reference: { kind: 'version', desired: reported } } as const;

    expect(ask(loosening, changeOf('update', RAW, version))).toBeUndefined();
  });

  describe('as exceptions end', () => {
    const [SOON, LATER] = [NOW + 1000, NOW + 20_000];
    const strict = DESIRED.policy;
    const lax = { ...strict, 'conditions.userRiskLevels': ['high'] };
    const held = (at: number): string =>
      `it enforces less than version 3 from ${new Date(at).toISOString()} on: conditions.userRiskLevels`;
    /** From one version, and what becomes of it, to the next. */
    const told = (
      before: Pick<Desired, 'policy' | 'later'>,
      after: Pick<Desired, 'policy' | 'later'>,
    ): string | undefined => {
      const last = { ...DESIRED, version: 3, ...before };
      const next = {
        ...DESIRED,
        version: 4,
        ...after,
        reference: { kind: 'version', desired: last },
      } as const;
      return ask(loosening, changeOf('update', undefined, next))?.detail;
    };

    it('holds what is no looser now and will be', () => {
      const ends = [{ from: SOON, policy: strict }];

      expect(told({ policy: lax, later: ends }, { policy: lax, later: [] })).toBe(held(SOON));
      expect(
        told({ policy: strict, later: [] }, { policy: strict, later: [{ from: SOON, policy: lax }] }),
      ).toBe(held(SOON));
    });

    it('names the first instant from which it is looser', () => {
      const both = [
        { from: SOON, policy: lax },
        { from: LATER, policy: strict },
      ];

      expect(
        told(
          { policy: lax, later: [{ from: LATER, policy: strict }] },
          { policy: lax, later: [{ from: SOON, policy: lax }] },
        ),
      ).toBe(held(LATER));
      expect(
        told(
          { policy: strict, later: [{ from: LATER, policy: strict }] },
          { policy: strict, later: [{ from: SOON, policy: lax }] },
        ),
      ).toBe(held(SOON));
      expect(told({ policy: lax, later: both }, { policy: lax, later: [] })).toBe(held(LATER));
    });

    it('holds nothing that is at no instant looser', () => {
      const ends = [{ from: SOON, policy: strict }];

      expect(told({ policy: lax, later: ends }, { policy: lax, later: ends })).toBeUndefined();
      expect(told({ policy: lax, later: [] }, { policy: lax, later: ends })).toBeUndefined();
    });
  });
});

describe('microsoftManaged', () => {
  const refusal = { id: OWN_ID, reason: 'it is managed', at: NOW };

  it('says that and why the service refused', () => {
    expect(ask(microsoftManaged, changeOf('adopt'), bound({ refusal }))).toEqual({
      decision: 'hold',
      detail: `the service refused to let ${OWN_ID} be changed (it is managed); give the desired policy another displayName`,
    });
  });

  it('asks nothing of another policy, nor of one that is bound', () => {
    expect(
      ask(microsoftManaged, changeOf('adopt'), bound({ refusal: { ...refusal, id: ID } })),
    ).toBeUndefined();
    expect(ask(microsoftManaged, changeOf('update'), bound({ refusal }))).toBeUndefined();
    expect(ask(microsoftManaged, changeOf('adopt'))).toBeUndefined();
  });
});

describe('a person’s consent lifts', () => {
  it.each<[string, Rule, Change, Partial<Facts>]>([
    ['a name', naming, changeOf('create'), { namingPattern: /^x/u }],
    [
      'a retired control',
      retiredControl,
      changeOf(
        'create',
        RAW,
        desiredOf(canonical({ ...RAW, grantControls: { builtInControls: ['approvedApplication'] } })),
      ),
      {},
    ],
    [
      'security defaults',
      securityDefaults,
      changeOf('create'),
      { around: { ...AROUND, securityDefaults: true } },
    ],
  ])('%s', (_, rule, change, facts) => {
    expect(ask(rule, change, facts)).toMatchObject({ decision: 'hold', isApprovable: true });
  });
});

describe('tenantLimit', () => {
  const live = observationOf(Object.fromEntries(IDS.slice(0, 3).map((id) => [id, RAW])), {
    singly: new Map([
      [ID, { kind: 'hidden' }],
      [OTHER, { kind: 'missing' }],
      [THIRD, { kind: 'missing' }],
    ]),
  });

  it('counts what is there, hidden or not, and what would be made', () => {
    const changes = [changeOf('create'), changeOf('update'), changeOf('restore')];

    expect(
      ask(tenantLimit, changeOf('create'), { observation: live, plan: changes, tenantPolicyLimit: 11 }),
    ).toEqual({
      decision: 'note',
      detail:
        'the tenant has 4 policies and would get 2 more; TENANT_POLICY_LIMIT is 11, and the service may refuse; delete what nobody needs',
    });
    expect(
      ask(tenantLimit, changeOf('create'), { observation: live, plan: changes, tenantPolicyLimit: 12 }),
    ).toBeUndefined();
  });
});

describe('tightenedByHand', () => {
  const asked = { ...DESIRED, declared: { ...DESIRED.declared, whenTightened: 'hold' } } as const;
  const moved = (before: RawPolicy, ...moves: readonly (readonly [string, Effect])[]): Change => {
    const fields = moves.map(
      ([path, effect]): FieldDrift => ({ path, object: path, desired: null, observed: null, effect }),
    );
    const observed = observe(OWN_ID, before);
    const [change] = plan(TENANT, [{ kind: 'modified', desired: asked, observed, fields, isBound: true }]);
    if (change === undefined) throw new Error('a modified policy is updated');
    return change;
  };

  it('says what was made stricter, and passes over what makes no difference', () => {
    const change = moved(
      RAW,
      ['state', 'tightens'],
      ['displayName', 'neutral'],
      ['grantControls', 'tightens'],
    );

    expect(ask(tightenedByHand, change)).toEqual({
      decision: 'hold',
      isApprovable: true,
      detail:
        'somebody made it stricter (state, grantControls), and its file says whenTightened: "hold"; approve to take that back, or push it as the new desired state',
    });
  });

  it('puts right what makes no difference alone', () => {
    expect(ask(tightenedByHand, moved(RAW, ['displayName', 'neutral']))).toBeUndefined();
  });

  it('waits only where every protected identity is spared', () => {
    const facts = { protected: { users: [ID, OTHER], groups: [] } };
    const sparing = (...excludeUsers: readonly string[]): Change =>
      moved({ ...RAW, conditions: { users: { excludeUsers } } }, ['state', 'tightens']);

    expect(ask(tightenedByHand, sparing(ID), facts)).toBeUndefined();
    expect(ask(tightenedByHand, sparing(ID, OTHER), facts)?.decision).toBe('hold');
  });
});

describe('unrecognisedContent', () => {
  const odd = { ...RAW, somethingNew: 1, another: 'x', nothing: {} };
  const oddUsers = { includeUsers: ['All'], somethingNew: 1 };
  const oddApps = { includeApplications: ['All'], somethingNew: 2 };
  const what = 'conditions.users.somethingNew = 1; conditions.applications.somethingNew = 2';
  const off = { ...RAW, state: 'disabled', conditions: { users: oddUsers, applications: oddApps } };
  const spared = canonical({
    ...RAW,
    conditions: { users: { includeUsers: [ID] }, applications: { includeApplications: [ID] } },
  });
  const elsewhere = { ...DESIRED, policy: { ...spared, state: 'disabled' } };

  it('notes what stands beside what is written', () => {
    expect(ask(unrecognisedContent, changeOf('update', { ...odd, state: 'disabled' }))).toEqual({
      decision: 'note',
      detail: 'carries what Graph v1.0\'s published policy does not have: somethingNew = 1; another = "x"',
    });
  });

  it('finds nothing in a member that says nothing', () => {
    expect(
      ask(unrecognisedContent, changeOf('update', { ...RAW, state: 'disabled', nothing: {} })),
    ).toBeUndefined();
  });

  it('holds a change that has nothing else to write, and notes one that has', () => {
    const detail = `conditions.users, conditions.applications drifted and carries what this version cannot read (${what}); it is left as it is. Look at it in the portal, clear the member or update Caretaker`;

    expect(ask(unrecognisedContent, changeOf('update', off, elsewhere))).toEqual({
      decision: 'hold',
      detail,
    });
    expect(ask(unrecognisedContent, changeOf('update', off, { ...elsewhere, policy: spared }))).toEqual({
      decision: 'note',
      detail,
    });
    expect(ask(unrecognisedContent, changeOf('restore', off, elsewhere))).toEqual({
      decision: 'note',
      detail,
    });
  });
});

describe('unsettledCreate', () => {
  const until = (ago: number): string => new Date(NOW - ago + CREATE_LAG_MS).toISOString();
  const pending = { action: 'create', intentId: 'i', displayName: 'CA001', at: NOW - 2000 } as const;

  it('says what happened, how long ago, and when it is looked for again', () => {
    expect(ask(unsettledCreate, changeOf('create'), bound({ boundAt: NOW - 3000 }))).toEqual({
      decision: 'hold',
      detail: `a policy for this key was made 3 s ago and may not be visible yet; looked for again from ${until(3000)} on`,
    });
    expect(ask(unsettledCreate, changeOf('create'), bound({ id: null, pending }))).toEqual({
      decision: 'hold',
      detail: `a policy for this key was sent and never seen 2 s ago and may not be visible yet; looked for again from ${until(2000)} on`,
    });
  });

  it('lets it pass once the time is over, to the millisecond', () => {
    expect(ask(unsettledCreate, changeOf('create'), bound({ boundAt: NOW - CREATE_LAG_MS }))).toBeUndefined();
    expect(
      ask(unsettledCreate, changeOf('create'), bound({ boundAt: NOW - CREATE_LAG_MS + 1 })),
    ).toBeDefined();
  });
});
