import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const WORLDS = 500;
const FRESH = 60;
const CHUNK = 20;

/** Other worlds every time; a failure names its seed, and `npm run simulate -- --seed N` plays it again. */
const freshFrom = Math.floor(Math.random() * 2 ** 30);

async function brokenPromises(from: number, count: number): Promise<string[]> {
  const broken: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const verdict = await simulate(seed);
    broken.push(
      ...verdict.broken.map(({ promise, how }) => `npm run simulate -- --seed ${seed}: ${promise}: ${how}`),
    );
  }
  return broken;
}

describe('no world, however nasty, breaks a promise', () => {
  it.each(Array.from({ length: WORLDS / CHUNK }, (_, index) => 1 + index * CHUNK))(
    `seeds from %i, ${CHUNK} of them`,
    async (from) => {
      expect(await brokenPromises(from, CHUNK)).toEqual([]);
    },
  );

  it(`${FRESH} fresh seeds from ${freshFrom}`, async () => {
    expect(await brokenPromises(freshFrom, FRESH)).toEqual([]);
  });
});
