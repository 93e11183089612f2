import { type Hits, pair } from '../case.ts';
import { allBut, type Parts } from '../parts.ts';
import { BREAK_GLASS, EMERGENCY, EVERYBODY, GLOBAL_ADMIN, INNER, LOOP, TIER0 } from '../tenant.ts';

/** Everybody but the emergency account, which is spared in one way or another. */
export const SPARED = {
  user: allBut({ excludeUsers: [EMERGENCY] }),
  group: allBut({ excludeGroups: [BREAK_GLASS] }),
  inner: allBut({ excludeGroups: [INNER] }),
  outer: allBut({ excludeGroups: [TIER0] }),
  loop: allBut({ excludeGroups: [LOOP] }),
  role: allBut({ excludeRoles: [GLOBAL_ADMIN] }),
  everybody: allBut({ excludeGroups: [EVERYBODY] }),
} as const;

/** A policy whose twin says the same and spares the emergency account. */
export function sparing(
  name: string,
  lethal: Parts,
  how: keyof typeof SPARED,
  hits: Hits,
  isDoubtful = false,
) {
  return pair(name, lethal, { ...lethal, users: SPARED[how] }, { hits, isDoubtful });
}
