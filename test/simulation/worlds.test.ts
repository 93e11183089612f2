import { describe, expect, it } from 'vitest';
import { added, REQUIRED, type Situations } from './situations.ts';
import { CHUNK, chunks, inWords, play } from './worlds.ts';

describe('no world, however nasty, breaks a promise', () => {
  let situations: Situations = {};

  it.each(chunks(1, 500))(`${CHUNK} worlds from seed %i`, async (from) => {
    const played = await play(from);

    situations = added(situations, played.situations);
    expect(played.broken.map(inWords)).toEqual([]);
  });

  it('and every situation that could break one came about', () => {
    const missing = REQUIRED.filter((name) => (situations[name] ?? 0) === 0);

    expect(missing).toEqual([]);
  });
});
