import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { CHUNK, chunks, inWords, play } from './worlds.ts';

/** Other worlds every time. */
const freshFrom = Math.floor(Math.random() * 2 ** 30);

describe('no other world breaks a promise', () => {
  it.each(chunks(freshFrom, 40))(`${CHUNK} fresh worlds from seed %i`, async (from) => {
    expect((await play(from)).broken.map(inWords)).toEqual([]);
  });

  it('is the same world every time it is played', async () => {
    const seeds = [3, 77, 134, 2381];

    for (const seed of seeds) expect(await simulate(seed)).toEqual(await simulate(seed));
  });
});
