import { describe, expect, it } from 'vitest';
import { brokenPromises, CHUNK, chunks } from './worlds.ts';

describe('no world, however nasty, breaks a promise', () => {
  it.each(chunks(1, 300))(`${CHUNK} worlds from seed %i`, async (from) => {
    expect(await brokenPromises(from)).toEqual([]);
  });
});
