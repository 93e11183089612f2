import { describe, expect, it } from 'vitest';
import { within } from '../src/lib/within.ts';
import { virtualClock } from './support/virtualClock.ts';

describe('within', () => {
  it('leaves no timer behind', async () => {
    const clock = virtualClock();
    const timers: (AbortSignal | undefined)[] = [];
    const watched = {
      ...clock,
      sleep(ms: number, signal?: AbortSignal) {
        timers.push(signal);
        return clock.sleep(ms, signal);
      },
    };

    const done = await within(watched, 30_000, async () => 'in time');

    expect(done).toEqual({ kind: 'done', value: 'in time' });
    expect(timers.map((signal) => signal?.aborted)).toEqual([true]);
  });

  it('ends on time, and tells the action, even if the action does not care', async () => {
    const clock = virtualClock();
    const startAt = clock.now();
    let told: AbortSignal | undefined;

    const done = await within(clock, 30_000, (signal) => {
      told = signal;
      return new Promise(() => {});
    });

    expect([done, clock.now() - startAt, told?.aborted]).toEqual([{ kind: 'timeout' }, 30_000, true]);
  });

  it('gives the action’s own trouble', async () => {
    await expect(within(virtualClock(), 30_000, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  });

  it('is not disturbed by what becomes of the action later', async () => {
    const clock = virtualClock();
    const failingLate = async () => {
      await clock.sleep(60_000);
      throw new Error('too late to matter');
    };

    expect(await within(clock, 30_000, failingLate)).toEqual({ kind: 'timeout' });
    await clock.sleep(60_000);
  });
});
