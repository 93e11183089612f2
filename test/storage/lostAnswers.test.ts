import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/lib/fault.ts';
import type { DesiredPush } from '../../src/lib/ports.ts';
import { newRunId } from '../../src/lib/storage/index.ts';
import { handClock } from '../contract/bench.ts';
import { type MemoryHooks, memoryStorage } from '../support/memoryStorage.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';
const lost = () => new Fault('indeterminate', 'the answer was lost');

/** A store whose next request of this name is carried out, or not, and not answered. */
async function bench() {
  const clock = handClock();
  const plan: { carriedOut?: string; dropped?: string } = {};
  const hooks: MemoryHooks = {
    beforeRequest: (name) => {
      if (plan.dropped !== name) return;
      delete plan.dropped;
      throw lost();
    },
    afterRequest: (name) => {
      if (plan.carriedOut !== name) return;
      delete plan.carriedOut;
      throw lost();
    },
  };
  const storage = memoryStorage(clock, hooks);
  await storage.createTables();
  return { clock, plan, storage, open: () => storage.open(TENANT, clock.now() + 60_000) };
}

const PUSH: DesiredPush = {
  key: 'require-mfa',
  content: '{}',
  active: true,
  author: 'ann',
  message: 'first',
  pushedAt: '2026-11-24T08:24:13.123Z',
  baseHash: null,
};

describe('an answer that was lost', () => {
  it('of a push that went through is known by the heads', async () => {
    const { plan, open } = await bench();
    plan.carriedOut = 'desired.transact';

    const pushed = await open().desired.push([PUSH, { ...PUSH, key: 'other' }]);

    expect(new Set((await open().desired.heads()).versions)).toEqual(new Set(pushed));
  });

  it('of a push that did not go through stays unknown, and leaves nothing', async () => {
    const { plan, open } = await bench();
    plan.dropped = 'desired.transact';

    await expect(open().desired.push([PUSH])).rejects.toMatchObject({ kind: 'indeterminate' });

    expect(await open().desired.heads()).toEqual({ versions: [], damaged: [] });
  });

  it('of nothing, but a base that moved between two transactions, names what is already pushed', async () => {
    const clock = handClock();
    let transactions = 0;
    const storage = memoryStorage(clock, {
      async beforeRequest(name) {
        if (name !== 'desired.transact' || ++transactions !== 2) return;
        await storage.open(TENANT, 0).desired.push([{ ...PUSH, key: 'p59', author: 'bob' }]);
      },
    });
    await storage.createTables();
    const items = Array.from({ length: 60 }, (_, index) => ({ ...PUSH, key: `p${index}` }));
    const { desired } = storage.open(TENANT, 0);

    const refused = desired.push(items);

    await expect(refused).rejects.toThrow('the base of p59 moved: somebody pushed version 1 since');
    await expect(refused).rejects.toThrow(/already pushed: p0, p1, .*p49\)/);
    expect((await desired.heads()).versions).toHaveLength(51);
  });

  it.each(['control.insert', 'control.replace'])(
    'of %s is looked up in the lease itself',
    async (request) => {
      const { clock, plan, open } = await bench();
      if (request === 'control.replace') {
        await open().control.acquire('earlier');
        clock.advance(120_000);
      }
      plan.carriedOut = request;

      const answer = await open().control.acquire('run-a');

      expect(answer).toMatchObject({ kind: 'held', lease: { owner: 'run-a' } });
      if (answer.kind === 'held')
        expect(await open().control.standing(answer.lease)).toMatchObject({ owned: true });
      expect(await open().control.acquire('run-b')).toMatchObject({ kind: 'busy', owner: 'run-a' });
    },
  );

  it('of a lease that was not taken leaves it to the next who asks', async () => {
    const { plan, open } = await bench();
    plan.dropped = 'control.insert';

    expect(await open().control.acquire('run-a')).toMatchObject({ kind: 'busy', freeMs: 0 });

    expect(await open().control.acquire('run-b')).toMatchObject({ kind: 'held' });
  });

  it.each(['carriedOut', 'dropped'] as const)('of a renewal (%s) does not end the lease', async (how) => {
    const { clock, plan, open } = await bench();
    const answer = await open().control.acquire('run-a');
    if (answer.kind !== 'held') throw new Error('busy');
    clock.advance(60_000);
    plan[how] = 'control.replace';

    expect(await open().control.renew(answer.lease)).toBe(true);

    clock.advance(60_000);
    expect(await open().control.standing(answer.lease)).toMatchObject({ owned: true });
  });

  it('or a row of the same name by another writer is never passed over in silence', async () => {
    const { clock, storage } = await bench();
    const runId = newRunId(clock.now(), '7f3a9c01');
    const entry = {
      runId,
      fence: 1,
      key: 'k',
      intentId: 'i',
      digest: 'd',
      kind: 'settled',
      reason: null,
    } as const;
    await storage.open(TENANT, 0).journal.append({ ...entry, settled: true });

    const second = storage.open(TENANT, 0).journal.append({ ...entry, settled: false });

    await expect(second).rejects.toMatchObject({ kind: 'rejected' });
  });
});

describe('the lease, whatever order requests arrive in', () => {
  it('never has two owners, and is never lost to all', async () => {
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.integer({ min: 2, max: 5 }), async (scheduler, contenders) => {
        const clock = handClock();
        const storage = memoryStorage(clock, {
          beforeRequest: (name) => scheduler.schedule(Promise.resolve(), name),
        });
        await storage.createTables();
        const open = () => storage.open(TENANT, clock.now() + 60_000);
        const owners = Array.from({ length: contenders }, (_, index) => `run-${index}`);

        const asked = Promise.all(owners.map((owner) => open().control.acquire(owner)));
        await scheduler.waitFor(asked);

        const held = (await asked).flatMap((answer) => (answer.kind === 'held' ? [answer.lease] : []));
        expect(held).toHaveLength(1);
        const standings = Promise.all(
          owners.map((owner) => open().control.standing({ owner, fence: held[0]?.fence ?? 0 })),
        );
        await scheduler.waitFor(standings);
        expect((await standings).filter(({ owned }) => owned)).toHaveLength(1);
      }),
      { numRuns: 100 },
    );
  });
});
