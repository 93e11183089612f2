/** Seeded chance: the same seed gives the same world. */
export interface Dice {
  /** From 0 up to 1. */
  next(): number;
  chance(probability: number): boolean;
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T;
}

/** Mulberry32: small, fast, and good enough to shake a tenant. */
export function dice(seed: number): Dice {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    chance: (probability) => probability > 0 && next() < probability,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
  };
}
