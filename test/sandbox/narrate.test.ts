import { describe, expect, it } from 'vitest';
import { narrator } from '../../sandbox/narrate.ts';

/** What a person reads of these events, each a line of the app's log. */
function told(...events: readonly Readonly<Record<string, unknown>>[]): readonly string[] {
  const narrate = narrator();
  return events.flatMap((event) => narrate(JSON.stringify(event)) ?? []);
}

const LOCK_OUT = {
  event: 'LockOutRisk',
  policyId: '61df',
  detail: '"…" would block the emergency account b1',
};
const DRIFT = { event: 'DriftDetected', key: 'one', drift: 'missing', fields: [] };
const FIXED = { event: 'ChangeApplied', key: 'one', action: 'create', settled: true };
const END = { event: 'RunCompleted' };

describe('the story of a sandbox that stays up', () => {
  it('tells a lock-out and an account that is not in order', () => {
    const ill = {
      event: 'ProtectedIdentityUnhealthy',
      identities: [
        { id: 'b1', health: 'disabled' },
        { id: 'f1', health: 'empty' },
      ],
    };

    expect(told(LOCK_OUT, ill)).toEqual([
      'LOCK-OUT: policy 61df: "…" would block the emergency account b1',
      'not in order: b1 is disabled, f1 is empty',
    ]);
  });

  it('tells what stays as it is once, and again when it comes back', () => {
    expect(told(DRIFT, LOCK_OUT, END, DRIFT, LOCK_OUT, END, DRIFT, END, LOCK_OUT, END)).toEqual([
      'drift: one is missing',
      'LOCK-OUT: policy 61df: "…" would block the emergency account b1',
      'LOCK-OUT: policy 61df: "…" would block the emergency account b1',
    ]);
  });

  it('tells each repair, and what drifts after one', () => {
    const round = ['drift: one is missing', 'fixed: one (create)'];

    expect(told(DRIFT, FIXED, END, DRIFT, FIXED, END)).toEqual([...round, ...round]);
  });

  it('passes over what is no event', () => {
    const narrate = narrator();

    expect([narrate('starting'), narrate('null'), narrate('{"event":"RunSkipped"}')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });
});
