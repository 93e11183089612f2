import { parseDesired } from '../../src/lib/desired.ts';
import type { Pair } from './case.ts';
import { CHANGES } from './pairs/changes.ts';
import { CONDITIONS } from './pairs/conditions.ts';
import { DEMANDS } from './pairs/demands.ts';
import { DEVICES } from './pairs/devices.ts';
import { PEOPLE } from './pairs/people.ts';
import { PLACES } from './pairs/places.ts';
import { TARGETS } from './pairs/targets.ts';
import { UNKNOWN } from './pairs/unknown.ts';

/** The whole red team. */
export const PAIRS: readonly Pair[] = [
  ...PEOPLE,
  ...TARGETS,
  ...PLACES,
  ...DEVICES,
  ...CONDITIONS,
  ...DEMANDS,
  ...CHANGES,
  ...UNKNOWN,
].map((numbered, index) => numbered(index + 1));

export function nameOf({ mechanism, name }: Pair): string {
  return `${mechanism}: a policy that ${name}`;
}

/** Pairs as a table of tests, each with its name. */
export function named(pairs: readonly Pair[]): [name: string, pair: Pair][] {
  return pairs.map((pair) => [nameOf(pair), pair]);
}

/** The first pair of each mechanism. */
export function oneOfEach(pairs: readonly Pair[]): readonly Pair[] {
  return [...Map.groupBy(pairs, ({ mechanism }) => mechanism).values()].flatMap(([first]) => first ?? []);
}

/** Whether what is lethal can be a desired state at all: a file with words nobody knows is refused before any rule is asked. */
export function canBeDesired({ lethal }: Pair): boolean {
  return parseDesired(JSON.stringify(lethal.file)).ok;
}
