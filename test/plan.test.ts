import { describe, expect, it } from 'vitest';
import { type Drift, type FieldDrift, fieldDrifts, observe } from '../src/lib/diff.ts';
import { byUrgency, type Change, isWrite, loosens, plan, statesOf } from '../src/lib/plan.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import type { Effect, RawPolicy } from '../src/lib/policy/model.ts';
import { desiredOf, IDENTITIES, OWN_ID, TENANT } from './support/judging.ts';

const DESIRED = desiredOf(canonical({ displayName: 'CA001', state: 'enabled' }));
const EXCLUDED = { excludeUsers: IDENTITIES.users, excludeGroups: IDENTITIES.groups };
const OFF: RawPolicy = { displayName: 'CA001', state: 'disabled' };

function planned(...drifts: readonly Drift[]): readonly Change[] {
  return plan(TENANT, drifts);
}

/** Something of this policy moved in these directions; a move of the state is written `state loosens`. */
function moved(key: string, isProven: boolean, ...moves: readonly string[]): Drift {
  const fields = moves.map((move): FieldDrift => {
    const path = move.startsWith('state ') ? 'state' : 'displayName';
    const effect = move.replace('state ', '') as Effect;
    return { path, object: path, desired: null, observed: null, effect };
  });
  const desired = { ...DESIRED, key, isProven };
  return { kind: 'modified', desired, observed: observe(OWN_ID, OFF), fields, isBound: true };
}

function missing(key: string, state: string, deleted: RawPolicy | null = null): Drift {
  return {
    kind: 'missing',
    desired: { ...DESIRED, key, isProven: true, policy: { ...DESIRED.policy, state } },
    boundId: null,
    deleted: deleted === null ? null : observe(OWN_ID, deleted),
  };
}

function order(...drifts: readonly Drift[]): readonly string[] {
  const keys = planned(...drifts).map(({ key }) => key);
  // Whichever stood first before.
  expect(planned(...drifts.toReversed()).map(({ key }) => key)).toEqual(keys);
  return keys;
}

describe('a plan', () => {
  it('has nothing for what is as desired, ambiguous, hidden or unread', () => {
    const observed = observe(OWN_ID, {});

    const changes = planned(
      { kind: 'none', desired: { ...DESIRED, isProven: true }, observed, isBound: true },
      { kind: 'ambiguous', desired: DESIRED, candidates: ['a', 'b'] },
      { kind: 'hidden', desired: DESIRED, id: OWN_ID },
      { kind: 'unread', desired: DESIRED, id: OWN_ID, reason: '503' },
    );

    expect(changes).toEqual([]);
  });

  it('binds an unbound policy that is as desired, and writes nothing', () => {
    const observed = observe(OWN_ID, {});

    const [change] = planned({ kind: 'none', desired: DESIRED, observed, isBound: false });

    expect(change).toMatchObject({ action: 'adopt', id: OWN_ID, body: null, fields: [] });
    expect(change && isWrite(change)).toBe(false);
  });

  it('lets a new version count that the tenant holds already, and writes nothing', () => {
    const observed = observe(OWN_ID, { displayName: 'CA001', state: 'enabled' });

    const [change] = planned({ kind: 'none', desired: DESIRED, observed, isBound: true });

    expect(change).toMatchObject({ action: 'accept', id: OWN_ID, body: null, fields: [], withheld: [] });
    expect(change && isWrite(change)).toBe(false);
    expect(change && statesOf(change)).toEqual([DESIRED.policy]);
  });

  it('writes what it creates, and what it restores even where that was as desired', () => {
    const asDesired = { displayName: 'CA001', state: 'enabled', conditions: { users: EXCLUDED } };
    const changes = planned(missing('a', 'enabled'), missing('b', 'enabled', asDesired));

    expect(changes.map((change) => [change.action, isWrite(change)])).toEqual([
      ['create', true],
      ['restore', true],
    ]);
    expect(changes[1]).toMatchObject({ body: null, fields: [] });
  });

  it('passes through its result, and in a restore first through the policy as it was deleted', () => {
    const states = planned(missing('a', 'enabled'), missing('b', 'enabled', OFF)).map((change) =>
      statesOf(change).map(({ state }) => state),
    );

    expect(states).toEqual([['enabled'], ['disabled', 'enabled']]);
  });

  it('names the state last in a body: what takes effect in part must not arm the policy first', () => {
    const observed = observe(OWN_ID, { state: 'disabled' });
    const fields = fieldDrifts(DESIRED.policy, observed.reading.policy);

    const [change] = planned({ kind: 'modified', desired: DESIRED, observed, fields, isBound: true });

    const body = change?.action === 'update' ? change.body : {};
    expect(Object.keys(body)).toEqual(['displayName', 'conditions', 'state']);
  });
});

describe('a digest', () => {
  const observed = observe(OWN_ID, OFF);
  const otherwise = observe(OWN_ID, { ...OFF, displayName: 'CA002' });
  const modified = (isBound: boolean, seen = observed, desired = DESIRED): Drift => ({
    kind: 'modified',
    desired,
    observed: seen,
    fields: fieldDrifts(desired.policy, seen.reading.policy),
    isBound,
  });
  const other = { ...DESIRED, policy: { ...DESIRED.policy, displayName: 'CA003' } };

  it('is another for each action, with all else the same', () => {
    const changes = planned(
      modified(true),
      modified(false),
      { kind: 'missing', desired: DESIRED, boundId: OWN_ID, deleted: observed },
      { kind: 'missing', desired: DESIRED, boundId: OWN_ID, deleted: null },
      { kind: 'none', desired: DESIRED, observed, isBound: true },
    );

    expect(new Set(changes.map(({ digest }) => digest)).size).toBe(5);
  });

  it.each<[string, Drift, Drift]>([
    ['an adoption, of the policy before', modified(false), modified(false, otherwise)],
    ['an adoption, of the policy after', modified(false), modified(false, observed, other)],
    [
      'a restore, of the policy as it was deleted',
      { kind: 'missing', desired: DESIRED, boundId: OWN_ID, deleted: observed },
      { kind: 'missing', desired: DESIRED, boundId: OWN_ID, deleted: otherwise },
    ],
    [
      'a version that is there already, of the policy before',
      { kind: 'none', desired: DESIRED, observed, isBound: true },
      { kind: 'none', desired: DESIRED, observed: otherwise, isBound: true },
    ],
    [
      'a create, of the policy that is made',
      { kind: 'missing', desired: DESIRED, boundId: null, deleted: null },
      { kind: 'missing', desired: other, boundId: null, deleted: null },
    ],
  ])('hangs on all it means: for %s', (_, one, two) => {
    const [first, second] = [planned(one)[0], planned(two)[0]];

    expect(first?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(first?.digest).not.toBe(second?.digest);
  });
});

describe('the order of a plan', () => {
  it('puts what only takes enforcement away last', () => {
    expect(
      order(
        moved('a stricter', true, 'tightens'),
        moved('b unclear', true, 'unclear', 'loosens'),
        moved('c new', false, 'neutral'),
        moved('d stricter, and renamed', true, 'tightens', 'neutral'),
      ),
    ).toEqual(['b unclear', 'c new', 'a stricter', 'd stricter, and renamed']);
  });

  it('leaves in its place what may take away and may not, and what brings a policy back', () => {
    expect(
      order(
        moved('a new', false, 'neutral'),
        moved('b unclear, and stricter', true, 'unclear', 'tightens'),
        missing('c deleted when it was stricter', 'disabled', { state: 'enabled' }),
      ),
    ).toEqual(['c deleted when it was stricter', 'b unclear, and stricter', 'a new']);
  });

  it('puts the repair first that waited longest for its turn, however wide the gaps', () => {
    const putBackAt: Readonly<Record<string, number>> = { 'a again': 300, 'b before': 200, 'c new': 0 };
    const changes = planned(
      moved('a again', true, 'state loosens'),
      moved('b before', true, 'loosens'),
      moved('c new', false, 'state loosens'),
      moved('d never', true, 'neutral'),
    );

    const inTurn = changes.toSorted(byUrgency((key) => putBackAt[key] ?? 0));

    expect(inTurn.map(({ key }) => key)).toEqual(['d never', 'b before', 'a again', 'c new']);
  });

  it('knows no turns of rollouts', () => {
    const changes = planned(moved('a wider', false, 'state loosens'), moved('b', false, 'loosens'));

    const inTurn = changes.toSorted(byUrgency((key) => (key === 'b' ? 100 : 200)));

    expect(inTurn.map(({ key }) => key)).toEqual(['a wider', 'b']);
  });

  it('puts repair before rollout', () => {
    expect(order(moved('a new', false, 'state loosens'), moved('b proven', true, 'neutral'))).toEqual([
      'b proven',
      'a new',
    ]);
  });

  it('puts the wider gap first: missing and enforced, missing, switched off, looser, no looser', () => {
    expect(
      order(
        moved('a neutral', true, 'neutral'),
        moved('b looser', true, 'loosens'),
        moved('c looser twice', true, 'loosens', 'loosens'),
        moved('d off', true, 'state loosens'),
        missing('e missing, off', 'disabled'),
        missing('f missing', 'enabled'),
        missing('g deleted', 'enabled', {}),
      ),
    ).toEqual([
      'f missing',
      'g deleted',
      'e missing, off',
      'd off',
      'c looser twice',
      'b looser',
      'a neutral',
    ]);
  });

  it('weighs the gap where enforcement is taken away too: unclear before stricter, and stricter once before twice', () => {
    expect(
      order(
        moved('a stricter twice', true, 'tightens', 'tightens'),
        moved('b stricter, and renamed', true, 'tightens', 'neutral'),
        moved('c stricter', true, 'tightens'),
        moved('d unclear, and stricter', true, 'unclear', 'tightens'),
        moved('e unclear', true, 'unclear'),
        moved('f unclear, and looser', true, 'unclear', 'loosens'),
        moved('g unclear twice', true, 'unclear', 'unclear'),
      ),
    ).toEqual([
      'f unclear, and looser',
      'g unclear twice',
      'e unclear',
      'd unclear, and stricter',
      'b stricter, and renamed',
      'c stricter',
      'a stricter twice',
    ]);
  });

  it('goes by key where all else is alike, whatever the order before', () => {
    expect(order(...['c', 'a', 'b'].map((key) => moved(key, true, 'loosens')))).toEqual(['a', 'b', 'c']);
  });
});

describe('taking enforcement away', () => {
  it.each<[string, boolean, Drift]>([
    ['undoing what was made stricter', true, moved('own', true, 'loosens', 'tightens')],
    ['undoing what we cannot judge', true, moved('own', true, 'unclear')],
    ['undoing what was made looser', false, moved('own', true, 'loosens')],
    ['a create', false, missing('own', 'enabled')],
    ['a restore, even of one that was stricter', false, missing('own', 'disabled', { state: 'enabled' })],
  ])('is %s: %s', (_, isLoosening, drift) => {
    expect(planned(drift).map(loosens)).toEqual([isLoosening]);
  });
});

describe('what an update leaves alone', () => {
  const update = (raw: RawPolicy, isProven = true): unknown => {
    const observed = observe(OWN_ID, raw);
    const desired = { ...DESIRED, isProven };
    const fields = fieldDrifts(desired.policy, observed.reading.policy);
    return planned({ kind: 'modified', desired, observed, fields, isBound: true })[0];
  };
  const odd = { displayName: 'CA001', state: 'disabled', conditions: { users: { somethingNew: 1 } } };

  it('is an object with a member we cannot read; the rest is put right', () => {
    expect(update(odd)).toMatchObject({
      withheld: ['conditions.users'],
      body: { state: 'enabled' },
      after: { state: 'enabled', 'conditions.users.excludeUsers': [] },
    });
  });

  it('is all there is to write, sometimes', () => {
    expect(update({ ...odd, state: 'enabled' })).toMatchObject({ withheld: ['conditions.users'], body: {} });
  });

  it('is nothing where the member says nothing, or stands elsewhere', () => {
    const spared = { after: { 'conditions.users.excludeUsers': IDENTITIES.users }, withheld: [] };

    expect(update({ ...odd, conditions: { users: { somethingNew: null } } })).toMatchObject(spared);
    expect(update({ ...odd, conditions: { platforms: { somethingNew: 1 } } })).toMatchObject(spared);
  });

  it('is an unknown value of a field we know only until a version is proven: then the field is ours', () => {
    const raw = { ...odd, conditions: { users: EXCLUDED }, state: 'enabledForSome' };

    expect(update(raw, true)).toMatchObject({ withheld: [], body: { state: 'enabled' } });
    expect(update(raw, false)).toMatchObject({
      withheld: ['state'],
      body: {},
      after: { state: 'enabledForSome' },
    });
  });
});
