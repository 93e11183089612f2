import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Freeze, Lease } from '../../src/lib/ports.ts';
import { LEASE_MS, SKEW_MS } from '../../src/lib/storage/control.ts';
import type { TenantStorage } from '../../src/lib/storage/index.ts';
import { type Bench, HOSTILE_TEXTS, places } from './bench.ts';

const FREEZE: Freeze = { reason: 'incident 4711', by: 'ann', since: '2026-11-24T08:00:00Z', until: null };

async function mustAcquire(storage: TenantStorage, owner: string): Promise<Lease> {
  const answer = await storage.control.acquire(owner);
  if (answer.kind !== 'held') throw new Error(`busy: ${answer.owner}`);
  return answer.lease;
}

describe.each(places)('lease and freeze $name', ({ start }) => {
  let place: Awaited<ReturnType<typeof start>>;
  let bench: Bench;
  let here: TenantStorage;
  let there: TenantStorage;

  beforeAll(async () => {
    place = await start();
  });
  afterAll(() => place.stop());
  beforeEach(() => {
    bench = place.bench();
    here = bench.open();
    there = bench.open();
  });

  it('gives the lease to one owner and tells the other who has it and when to come back', async () => {
    const lease = await mustAcquire(here, 'run-a');

    const answer = await there.control.acquire('run-b');

    expect(answer).toEqual({ kind: 'busy', owner: 'run-a', freeMs: LEASE_MS + SKEW_MS + 1 });
    expect(await here.control.standing(lease)).toEqual({ owned: true, freeze: null });
  });

  it('gives the lease to exactly one of ten who ask at once, again and again', async () => {
    for (let round = 0; round < 5; round++) {
      const owners = Array.from({ length: 10 }, (_, index) => `run-${round}-${index}`);

      const answers = await Promise.all(owners.map((owner) => bench.open().control.acquire(owner)));

      const held = answers.flatMap((answer) => (answer.kind === 'held' ? [answer.lease] : []));
      expect(held).toHaveLength(1);
      await here.control.release(held[0] as Lease);
    }
  });

  it('raises the fence with every owner', async () => {
    const fences: number[] = [];
    for (const owner of ['a', 'b', 'c', 'd']) {
      const lease = await mustAcquire(here, owner);
      fences.push(lease.fence);
      if (owner === 'b') bench.clock.advance(LEASE_MS + SKEW_MS + 1);
      else await here.control.release(lease);
    }

    expect(fences.every((fence, index) => index === 0 || fence > (fences[index - 1] ?? 0))).toBe(true);
  });

  it('raises the fence even after somebody removed the row', async () => {
    const first = await mustAcquire(here, 'a');
    await here.control.release(first);
    await bench.raw('control').remove('lease');
    bench.clock.advance(2_000);

    const second = await mustAcquire(there, 'b');

    expect(second.fence).toBeGreaterThan(first.fence);
  });

  it('is free at once when it was given back', async () => {
    const lease = await mustAcquire(here, 'a');

    await here.control.release(lease);

    expect(await here.control.standing(lease)).toMatchObject({ owned: false });
    expect(await there.control.acquire('b')).toMatchObject({ kind: 'held' });
  });

  it('passes from a run that died to the next one within two minutes, and not before the clocks agree', async () => {
    const dead = await mustAcquire(here, 'dead');

    bench.clock.advance(LEASE_MS);
    expect(await here.control.standing(dead)).toMatchObject({ owned: false });
    bench.clock.advance(SKEW_MS);
    expect(await there.control.acquire('next')).toMatchObject({ kind: 'busy', freeMs: 1 });
    bench.clock.advance(1);
    const next = await mustAcquire(there, 'next');

    expect(LEASE_MS + SKEW_MS).toBeLessThan(120_000);
    expect(await here.control.renew(dead)).toBe(false);
    await here.control.release(dead);
    expect(await there.control.standing(next)).toMatchObject({ owned: true });
  });

  it('lasts as long as it is renewed', async () => {
    const lease = await mustAcquire(here, 'a');

    for (let renewal = 0; renewal < 5; renewal++) {
      bench.clock.advance(LEASE_MS - 1_000);
      expect(await here.control.renew(lease)).toBe(true);
    }

    expect(await here.control.standing(lease)).toMatchObject({ owned: true });
    expect(await there.control.acquire('b')).toMatchObject({ kind: 'busy', owner: 'a' });
  });

  it('does not come back to life when a renewal and a release cross', async () => {
    const lease = await mustAcquire(here, 'a');

    const crossed = [here.control.renew(lease), here.control.release(lease), here.control.renew(lease)];
    await Promise.all(crossed);

    expect(await here.control.renew(lease)).toBe(false);
    expect(await there.control.acquire('b')).toMatchObject({ kind: 'held' });
  });

  it('keeps the leases of two tenants apart', async () => {
    await mustAcquire(here, 'a');

    expect(await place.bench().open().control.acquire('b')).toMatchObject({ kind: 'held' });
  });

  it('reads ownership and freeze in one request', async () => {
    const lease = await mustAcquire(here, 'a');
    await there.control.freeze(FREEZE);
    const before = here.requests();

    const standing = await here.control.standing(lease);

    expect(standing).toEqual({ owned: true, freeze: FREEZE });
    expect(here.requests() - before).toBe(1);
  });

  const oddLeases: readonly [string, Record<string, unknown>][] = [
    ['without an end', { until: undefined }],
    ['with an end that is no instant', { until: 'tomorrow' }],
    ['with a number for an end', { until: 0 }],
    ['with an end years away', { until: '2099-01-01T00:00:00.000Z' }],
    ['without an owner', { owner: undefined }],
    ['with a fence that is no number', { fence: 'x' }],
    ['with nothing in it', { owner: undefined, fence: undefined, until: undefined }],
  ];

  it.each(oddLeases)('takes a lease %s for held, but not for ever', async (_, changes) => {
    const first = await mustAcquire(here, 'a');
    await bench.edit('control', 'lease', changes);

    expect(await there.control.acquire('b')).toMatchObject({ kind: 'busy' });
    // The emulator stamps rows with the real time, a little later than the bench's clock.
    bench.clock.advance(LEASE_MS + SKEW_MS + 10_000);
    const second = await mustAcquire(there, 'b');

    expect(second.fence).toBeGreaterThan(first.fence);
    expect(await here.control.standing(first)).toMatchObject({ owned: false });
  });

  it('shows the freeze to who acquires, until somebody unfreezes', async () => {
    await there.control.freeze(FREEZE);
    expect(await here.control.acquire('a')).toMatchObject({ kind: 'held', freeze: FREEZE });

    await there.control.freeze(null);
    await there.control.freeze(null);

    bench.clock.advance(LEASE_MS + SKEW_MS + 1);
    expect(await here.control.acquire('b')).toMatchObject({ kind: 'held', freeze: null });
  });

  it('lets a freeze end by itself', async () => {
    const until = new Date(bench.clock.now() + 60_000).toISOString();
    const lease = await mustAcquire(here, 'a');
    await here.control.freeze({ ...FREEZE, until });

    expect(await here.control.standing(lease)).toMatchObject({ freeze: { until } });
    bench.clock.advance(60_000);

    expect(await here.control.standing(lease)).toEqual({ owned: true, freeze: null });
  });

  it('refuses a freeze whose end is no instant', async () => {
    const refused = here.control.freeze({ ...FREEZE, until: 'next week' });

    await expect(refused).rejects.toMatchObject({ kind: 'rejected' });
  });

  const oddFreezes: readonly [string, Record<string, unknown>][] = [
    ['an end that is no instant', { until: '5' }],
    ['a number for an end', { until: 5 }],
    ['no reason', { reason: undefined }],
    ['nothing in it', { reason: undefined, by: undefined, since: undefined }],
  ];

  it.each(oddFreezes)('takes a freeze with %s for frozen', async (_, changes) => {
    await here.control.freeze(FREEZE);
    await bench.edit('control', 'freeze', changes);

    const answer = await here.control.acquire('a');

    expect(answer).toMatchObject({
      kind: 'held',
      freeze: { reason: expect.stringContaining('caretaker unfreeze') },
    });
  });

  it.each(HOSTILE_TEXTS)('keeps %j as a reason and as a name', async (text) => {
    const freeze = { ...FREEZE, reason: text, by: text };
    const lease = await mustAcquire(here, text);

    await here.control.freeze(freeze);

    expect(await here.control.standing(lease)).toEqual({ owned: true, freeze });
  });
});
