import type { Pair } from './case.ts';
import { CHANGES } from './pairs/changes.ts';
import { CONDITIONS } from './pairs/conditions.ts';
import { DEMANDS } from './pairs/demands.ts';
import { ODDITIES } from './pairs/oddities.ts';
import { PEOPLE } from './pairs/people.ts';

/** The whole red team. */
export const PAIRS: readonly Pair[] = [...PEOPLE, ...CONDITIONS, ...DEMANDS, ...CHANGES, ...ODDITIES].map(
  (numbered, index) => numbered(index + 1),
);

export function nameOf({ mechanism, name }: Pair): string {
  return `${mechanism}: a policy that ${name}`;
}
