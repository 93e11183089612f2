import { describe, expect, it } from 'vitest';
import type { Binding } from '../../src/lib/journal.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { unsettledCreate } from '../../src/lib/rules/unsettledCreate.ts';
import {
  bindingOf,
  CREATE_LAG_MS,
  desiredOf,
  factsOf,
  NOW,
  OWN_ID,
  observationOf,
} from '../support/judging.ts';
import { article, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';

/** What the rule says of creating a policy whose binding looks like this. */
function judged(change: Partial<Binding>, isDeleted = false) {
  const observation = observationOf(
    {},
    {
      singly: new Map([[OWN_ID, { kind: 'missing' as const }]]),
      deleted: new Map(isDeleted ? [[OWN_ID, { kind: 'found' as const, raw: { state: 'disabled' } }]] : []),
    },
  );
  const facts = factsOf([desiredOf(canonical({ displayName: 'x' }))], [bindingOf(change)], observation);
  const [planned] = facts.plan;
  return planned === undefined ? undefined : unsettledCreate.check(planned, facts)?.decision;
}

const sentAt = (at: number) => ({ action: 'create' as const, intentId: 'i', displayName: 'x', at });

describe('unsettledCreate', () => {
  it.each([
    ['was answered a moment ago', { boundAt: NOW - 1000 }],
    ['was sent a moment ago and never seen', { id: null, pending: sentAt(NOW - 1000) }],
  ])('holds a create while an earlier one %s', (_, change) => {
    expect(judged(change)).toBe('hold');
  });

  it.each([
    ['long enough ago', { boundAt: NOW - CREATE_LAG_MS }],
    ['by somebody else, and adopted', { boundAt: NOW - 1000, origin: 'adopted' as const }],
    ['and refused: nothing of ours is on its way', { id: null, boundAt: NOW - 1000 }],
  ])('lets a create pass where the earlier object was made %s', (_, change) => {
    expect(judged(change)).toBeUndefined();
  });

  it('never holds a restore: what lies among the deleted is certainly not on its way', () => {
    expect(judged({ boundAt: NOW - 1000 }, true)).toBeUndefined();
  });

  it('makes no twin while a replica does not show the policy that was just made', async () => {
    const { tenant, push, run, wait } = await world();
    await push({ 'require-mfa': article() });
    tenant.faults.lagMs = 120_000;

    await run();
    await run();
    await wait(600_000);
    const report = await run();

    expect(tenant.truth()).toHaveLength(1);
    expect(report.status).toBe('inSync');
  });

  it('gains an intruder a few minutes at most: a policy purged right after it was made comes back', async () => {
    const { tenant, push, run, wait, live } = await world();
    await push({ 'require-mfa': article() });
    await run();
    tenant.admin.purge(String(live(NAME).id));

    const held = await run();
    await wait(600_000);
    const report = await run();

    expect(held.policies[0]).toMatchObject({ verdict: 'hold' });
    expect(report.status).toBe('remediated');
    expect(live(NAME)).toMatchObject({ state: 'enabled' });
  });
});
