import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pacing, unpaced } from '../../src/lib/graph/pacing.ts';
import { virtualClock } from '../support/virtualClock.ts';

const never = Number.POSITIVE_INFINITY;
const late = () => 'late' as const;

describe('pacing', () => {
  it('lets the interval pass after each before it starts the next, and keeps their order', async () => {
    const durations = fc.array(fc.integer({ min: 0, max: 5000 }), { minLength: 1, maxLength: 8 });

    await fc.assert(
      fc.asyncProperty(durations, fc.integer({ min: 0, max: 2000 }), async (takesMs, intervalMs) => {
        const clock = virtualClock();
        const { turn } = pacing(intervalMs, clock);
        const spans: { index: number; from: number; to: number }[] = [];

        await Promise.all(
          takesMs.map((ms, index) =>
            turn(
              never,
              async () => {
                const from = clock.now();
                await clock.sleep(ms);
                spans.push({ index, from, to: clock.now() });
              },
              () => undefined,
            ),
          ),
        );

        expect(spans.map(({ index }) => index)).toEqual(takesMs.map((_, index) => index));
        for (const [index, span] of spans.slice(1).entries()) {
          const before = spans[index];
          expect(span.from - (before?.to ?? 0)).toBeGreaterThanOrEqual(intervalMs);
        }
      }),
      { numRuns: 50 },
    );
  });

  it('goes on after one that failed', async () => {
    const { turn } = pacing(1100, virtualClock());
    const failed = turn(never, () => Promise.reject(new Error('no')), late).catch(() => 'failed');

    const next = await turn(never, async () => 'ran', late);

    expect([await failed, next]).toEqual(['failed', 'ran']);
  });

  it('says so at once, and does not wait, when the turn would come too late', async () => {
    const clock = virtualClock();
    const { turn } = pacing(1100, clock);
    const startAt = clock.now();
    await turn(never, async () => 'ran', late);

    const second = await turn(startAt + 1100, async () => 'ran', late);

    expect([second, clock.now()]).toEqual(['late', startAt]);
  });

  it('is of one tenant only', async () => {
    const clock = virtualClock();
    const [one, other] = [pacing(1100, clock), pacing(1100, clock)];
    const startAt = clock.now();

    await Promise.all([one, other].map(({ turn }) => turn(never, async () => 'ran' as const, late)));

    expect(clock.now()).toBe(startAt);
  });
});

describe('unpaced', () => {
  it('runs at once, and not after the deadline', async () => {
    const clock = virtualClock();
    const { turn } = unpaced(clock);

    const answers = [
      await turn(never, async () => 'ran', late),
      await turn(clock.now(), async () => 'ran', late),
    ];

    expect(answers).toEqual(['ran', 'late']);
  });
});
