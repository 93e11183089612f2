/** Seeded chance: the same seed gives the same world. */
export interface Dice {
  /** From 0 up to 1. */
  next(): number;
  /** A probability of 0 draws nothing, so that switching one trouble off does not shift the others. */
  chance(probability: number): boolean;
  /** A whole number, both ends included. */
  between(least: number, most: number): number;
  pick<T>(items: readonly T[]): T;
  guid(): string;
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
  const between = (least: number, most: number): number => least + Math.floor(next() * (most - least + 1));
  const hex = (length: number): string => Array.from({ length }, () => between(0, 15).toString(16)).join('');
  return {
    next,
    chance: (probability) => probability > 0 && next() < probability,
    between,
    pick: (items) => items[Math.floor(next() * items.length)] as (typeof items)[number],
    guid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`,
  };
}
