import { describe, expect, it } from 'vitest';
import { type Drift, diff, fieldDrifts, type Observation, observe, policyAt } from '../src/lib/diff.ts';
import type { Binding } from '../src/lib/journal.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import type { Policy, PolicyId, RawPolicy } from '../src/lib/policy/model.ts';
import { bindingOf, desiredOf, IDENTITIES, NOW, OWN_ID, observationOf } from './support/judging.ts';

const NAME = 'CA001';
const OTHER_ID = 'aaaaaaaa-0000-4000-8000-000000000002';
const THIRD_ID = 'aaaaaaaa-0000-4000-8000-000000000003';
const MINUTE_MS = 60_000;

/** As the one desired policy is, exclusions included. */
const AS_DESIRED: RawPolicy = {
  displayName: NAME,
  state: 'enabled',
  conditions: { users: { excludeUsers: IDENTITIES.users, excludeGroups: IDENTITIES.groups } },
};
const OFF: RawPolicy = { ...AS_DESIRED, state: 'disabled' };
const UNREADABLE: RawPolicy = { ...AS_DESIRED, somethingNew: { on: true } };

interface Case {
  readonly isProven?: boolean;
  readonly binding?: Binding | null;
  readonly live?: Readonly<Record<PolicyId, RawPolicy>>;
  readonly singly?: Observation['singly'];
  readonly deleted?: Observation['deleted'];
  readonly others?: readonly Binding[];
}

function driftOf({ isProven = false, binding = bindingOf(), others = [], live = {}, ...read }: Case): Drift {
  const desired = desiredOf(canonical(AS_DESIRED), { isProven });
  const bound = new Map([...(binding === null ? [] : [binding]), ...others].map((one) => [one.key, one]));
  const [drift, ...more] = diff([desired], bound, observationOf(live, read));
  if (drift === undefined || more.length > 0) throw new Error('one desired policy has one drift');
  return drift;
}

/** Bound to nothing yet: a create of that name was sent now, and its answer never came. */
function sent(change: Partial<NonNullable<Binding['pending']>> = {}): Binding {
  return bindingOf({
    id: null,
    pending: { action: 'create', intentId: 'i1', displayName: NAME, at: NOW, ...change },
  });
}

function createdAt(ms: number, raw: RawPolicy = AS_DESIRED): RawPolicy {
  return { ...raw, createdDateTime: new Date(ms).toISOString() };
}

describe('a field drift', () => {
  it('says what was desired, what was observed, and which way that goes', () => {
    const drifts = fieldDrifts(canonical(AS_DESIRED), canonical({ ...OFF, displayName: null }));

    expect(drifts).toEqual([
      { path: 'displayName', object: 'displayName', desired: NAME, observed: null, effect: 'neutral' },
      { path: 'state', object: 'state', desired: 'enabled', observed: 'disabled', effect: 'loosens' },
    ]);
  });
});

describe('what is desired at an instant', () => {
  const [now, then, last] = ['now', 'then', 'last'].map((displayName) => canonical({ displayName })) as [
    Policy,
    Policy,
    Policy,
  ];
  const later = [
    { from: 100, policy: then },
    { from: 200, policy: last },
  ];

  it.each<[number, Policy]>([
    [99, now],
    [100, then],
    [199, then],
    [200, last],
    [1000, last],
  ])('is what the exceptions that have ended by then leave: at %i', (at, expected) => {
    expect(policyAt({ policy: now, later }, at)).toBe(expected);
  });

  it('is always the same without exceptions', () => {
    expect(policyAt({ policy: now, later: [] }, 100)).toBe(now);
  });
});

describe('an observed policy', () => {
  it('has an empty name where it has none', () => {
    expect(observe(OWN_ID, {}).displayName).toBe('');
  });
});

describe('a bound policy', () => {
  it('is compared with the object of its id, whatever that is called', () => {
    expect(driftOf({ live: { [OWN_ID]: AS_DESIRED } })).toMatchObject({ kind: 'none', isBound: true });
    expect(driftOf({ live: { [OWN_ID]: { ...AS_DESIRED, displayName: 'renamed' } } })).toMatchObject({
      kind: 'modified',
      isBound: true,
      fields: [{ path: 'displayName' }],
    });
  });

  it('is compared with what was read singly where the list does not show it', () => {
    const drift = driftOf({ singly: new Map([[OWN_ID, { kind: 'found', raw: OFF }]]) });

    expect(drift).toMatchObject({ kind: 'modified', isBound: true, fields: [{ path: 'state' }] });
  });

  it('is hidden where Graph refuses to show it, even while a namesake is live', () => {
    const drift = driftOf({
      singly: new Map([[OWN_ID, { kind: 'hidden' }]]),
      live: { [OTHER_ID]: AS_DESIRED },
    });

    expect(drift).toMatchObject({ kind: 'hidden', id: OWN_ID });
  });

  it('is unread where nobody asked for it, where asking failed, and where the deleted could not be read', () => {
    expect(driftOf({})).toMatchObject({ kind: 'unread', id: OWN_ID, reason: 'it was not asked for' });
    expect(driftOf({ singly: new Map([[OWN_ID, { kind: 'unread', reason: '503' }]]) })).toMatchObject({
      kind: 'unread',
      id: OWN_ID,
      reason: '503',
    });
    const drift = driftOf({
      singly: new Map([[OWN_ID, { kind: 'missing' }]]),
      deleted: new Map([[OWN_ID, { kind: 'unread', reason: '504' }]]),
    });
    expect(drift).toMatchObject({ kind: 'unread', id: OWN_ID, reason: '504' });
  });

  it('is missing, to be restored, where it is among the deleted, even while a namesake is live', () => {
    const drift = driftOf({
      singly: new Map([[OWN_ID, { kind: 'missing' }]]),
      deleted: new Map([[OWN_ID, { kind: 'found', raw: OFF }]]),
      live: { [OTHER_ID]: AS_DESIRED },
    });

    expect(drift).toMatchObject({ kind: 'missing', boundId: OWN_ID, deleted: { id: OWN_ID, raw: OFF } });
  });

  it.each(['missing', 'unsupported'] as const)('is missing for good where the deleted say %s', (kind) => {
    const drift = driftOf({
      singly: new Map([[OWN_ID, { kind: 'missing' }]]),
      deleted: new Map([[OWN_ID, { kind, reason: 'not offered' }]]),
    });

    expect(drift).toMatchObject({ kind: 'missing', boundId: OWN_ID, deleted: null });
  });

  it.each([true, false])('that is gone for good is taken over by its one namesake, proven %s', (isProven) => {
    const drift = driftOf({
      isProven,
      singly: new Map([[OWN_ID, { kind: 'missing' }]]),
      live: { [OTHER_ID]: AS_DESIRED },
    });

    expect(drift).toMatchObject({ kind: 'none', isBound: false, observed: { id: OTHER_ID } });
  });

  it('that is gone for good comes back anew beside two namesakes once it was proven, and else is ambiguous', () => {
    const gone: Case = {
      singly: new Map([[OWN_ID, { kind: 'missing' }]]),
      live: { [THIRD_ID]: AS_DESIRED, [OTHER_ID]: AS_DESIRED },
    };

    expect(driftOf({ ...gone, isProven: true })).toMatchObject({ kind: 'missing', boundId: OWN_ID });
    expect(driftOf(gone)).toMatchObject({ kind: 'ambiguous', candidates: [OTHER_ID, THIRD_ID] });
  });
});

describe('a policy that is not bound', () => {
  it('is missing where nothing carries its name', () => {
    const drift = driftOf({ binding: null, live: { [OTHER_ID]: { ...AS_DESIRED, displayName: 'CA002' } } });

    expect(drift).toMatchObject({ kind: 'missing', boundId: null, deleted: null });
  });

  it('is never the object of another key, even under its own name', () => {
    const drift = driftOf({
      binding: null,
      others: [bindingOf({ key: 'another', id: OTHER_ID })],
      live: { [OTHER_ID]: AS_DESIRED },
    });

    expect(drift).toMatchObject({ kind: 'missing' });
  });

  it('is ambiguous where two carry its name, proven or not', () => {
    const live = { [THIRD_ID]: AS_DESIRED, [OTHER_ID]: OFF };
    const ambiguous = { kind: 'ambiguous', candidates: [OTHER_ID, THIRD_ID] };

    expect(driftOf({ binding: null, live })).toMatchObject(ambiguous);
    expect(driftOf({ binding: null, isProven: true, live })).toMatchObject(ambiguous);
  });
});

describe('a namesake that cannot be ours', () => {
  const refused = bindingOf({ id: null, refusal: { id: OTHER_ID, reason: 'no', at: NOW } });

  it('keeps a proven version from nothing: what the service refused, and what carries more than we can read', () => {
    expect(driftOf({ isProven: true, binding: refused, live: { [OTHER_ID]: AS_DESIRED } })).toMatchObject({
      kind: 'missing',
    });
    expect(driftOf({ isProven: true, binding: null, live: { [OTHER_ID]: UNREADABLE } })).toMatchObject({
      kind: 'missing',
    });
  });

  it('does not stand in the way of one that can be', () => {
    const live = { [OTHER_ID]: AS_DESIRED, [THIRD_ID]: AS_DESIRED };

    expect(driftOf({ isProven: true, binding: refused, live })).toMatchObject({
      kind: 'none',
      observed: { id: THIRD_ID },
    });
  });

  it('is nevertheless a namesake for a version that was never proven', () => {
    expect(driftOf({ binding: refused, live: { [OTHER_ID]: AS_DESIRED } })).toMatchObject({ kind: 'none' });
    expect(driftOf({ binding: null, live: { [OTHER_ID]: UNREADABLE } })).toMatchObject({ kind: 'none' });
  });

  it.each<[string, RawPolicy]>([
    ['an unknown member that says nothing', { ...AS_DESIRED, somethingNew: {} }],
    ['an unknown value of a field we know', { ...AS_DESIRED, state: 'enabledForSomeOfThem' }],
  ])('is not one for %s', (_, raw) => {
    expect(driftOf({ isProven: true, binding: null, live: { [OTHER_ID]: raw } })).toMatchObject({
      observed: { id: OTHER_ID },
    });
  });
});

describe('a namesake beside a policy for emergencies that is gone', () => {
  const declared = { isContingency: true, whenTightened: 'fix', exceptions: [] } as const;
  const beside = (raw: RawPolicy, isProven: boolean): Drift | undefined => {
    const desired = desiredOf(canonical(OFF), { isProven, declared });
    return diff([desired], new Map(), observationOf({ [OTHER_ID]: raw }))[0];
  };

  it('is left alone while it is on, once a version was proven: planting it keeps the policy from nothing', () => {
    expect(beside(AS_DESIRED, true)).toMatchObject({ kind: 'missing' });
    expect(beside(AS_DESIRED, false)).toMatchObject({ kind: 'modified', observed: { id: OTHER_ID } });
  });

  it('is taken over while it is off', () => {
    expect(beside(OFF, true)).toMatchObject({ kind: 'none', observed: { id: OTHER_ID } });
  });
});

describe('a create whose answer never came', () => {
  it('is the object of that name that is no older, before any other of its name', () => {
    const drift = driftOf({
      binding: sent(),
      live: { [OTHER_ID]: createdAt(NOW - 60 * MINUTE_MS), [THIRD_ID]: createdAt(NOW + 1000, OFF) },
    });

    expect(drift).toMatchObject({ kind: 'modified', isBound: false, observed: { id: THIRD_ID } });
  });

  it('is known by the name that was sent, which may be another by now', () => {
    const drift = driftOf({
      binding: sent({ displayName: 'before' }),
      live: { [OTHER_ID]: createdAt(NOW, { ...AS_DESIRED, displayName: 'before' }) },
    });

    expect(drift).toMatchObject({ kind: 'modified', observed: { id: OTHER_ID } });
  });

  it('is found for a proven version, too', () => {
    const live = { [OTHER_ID]: createdAt(NOW), [THIRD_ID]: createdAt(NOW - 60 * MINUTE_MS) };

    expect(driftOf({ binding: sent(), isProven: true, live })).toMatchObject({
      kind: 'none',
      observed: { id: OTHER_ID },
    });
  });

  it('leaves an object under another name alone, however new it is', () => {
    const drift = driftOf({
      binding: sent(),
      live: { [OTHER_ID]: createdAt(NOW, { ...AS_DESIRED, displayName: 'CA002' }) },
    });

    expect(drift).toMatchObject({ kind: 'missing' });
  });

  it.each([
    ['five minutes older', -5 * MINUTE_MS, OTHER_ID],
    ['a little more than that', -5 * MINUTE_MS - 1, undefined],
  ])('may be %s by the service’s clock', (_, apart, id) => {
    const drift = driftOf({
      binding: sent(),
      live: {
        [OTHER_ID]: createdAt(NOW + apart),
        // Without what was made these two would be ambiguous.
        [THIRD_ID]: createdAt(NOW - 60 * MINUTE_MS),
      },
    });

    expect(drift.kind === 'none' ? drift.observed.id : undefined).toBe(id);
  });

  it('is none of two objects that could both be it', () => {
    const live = { [OTHER_ID]: createdAt(NOW), [THIRD_ID]: createdAt(NOW) };

    expect(driftOf({ binding: sent(), live })).toMatchObject({ kind: 'ambiguous' });
  });

  it('is no object that carries what we cannot read, once the version was proven', () => {
    const live = { [OTHER_ID]: createdAt(NOW, UNREADABLE) };

    expect(driftOf({ binding: sent(), isProven: true, live })).toMatchObject({ kind: 'missing' });
    expect(driftOf({ binding: sent(), live })).toMatchObject({ kind: 'none', isBound: false });
  });

  it('is nothing a restore could have made', () => {
    const live = {
      [OTHER_ID]: createdAt(NOW),
      [THIRD_ID]: createdAt(NOW - 60 * MINUTE_MS),
    };

    expect(driftOf({ binding: sent({ action: 'restore' }), live })).toMatchObject({ kind: 'ambiguous' });
  });
});
