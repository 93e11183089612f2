/** Chance that can be replayed: the same seed and name give the same draws, in the same order. */
export interface Random {
  /** A number in [0, 1). */
  next(): number;
  /** A whole number in [0, below). */
  below(below: number): number;
  /** True with probability `rate`. Rates of 0 and 1 draw nothing, so arming one fault does not shift the others. */
  chance(rate: number): boolean;
  shuffled<T>(items: readonly T[]): T[];
  /** A version-4 GUID, lower case as Graph spells them. */
  guid(): string;
}

/** Each purpose gets its own stream (`name`), so drawing an id never changes which request fails. */
export function createRandom(seed: number, name: string): Random {
  let state = mixed(seed, name);
  const next = (): number => {
    // mulberry32: 32 bits of state, good enough to choose faults, and short enough to read.
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  const hex = (digits: number): string =>
    Array.from({ length: digits }, () => below(16).toString(16)).join('');
  return {
    next,
    below,
    chance: (rate) => rate > 0 && (rate >= 1 || next() < rate),
    shuffled: (items) => {
      const rest = [...items];
      return items.map(() => rest.splice(below(rest.length), 1)[0] as (typeof items)[number]);
    },
    guid: () => `${hex(8)}-${hex(4)}-4${hex(3)}-${'89ab'[below(4)]}${hex(3)}-${hex(12)}`,
  };
}

function mixed(seed: number, name: string): number {
  let hash = 2166136261 ^ seed;
  for (const character of name) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return hash;
}
