import { expect } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { proveNoLockOut } from '../../src/lib/whatif/proof.ts';
import type { World } from '../support/world.ts';
import { compiled } from '../whatif/support.ts';
import type { Pair } from './case.ts';
import { fateOf } from './oracle.ts';
import { factsOf, PLACES } from './tenant.ts';

/** Nothing the tenant enforces now, and nothing it enforced on the way there by our doing, shuts the pair's person out. */
export function expectNobodyShutOut(pair: Pair, { tenant }: World): void {
  const ours = tenant.writes.filter(({ by }) => by === 'graph').flatMap(({ after }) => after ?? []);
  const enforced = [...tenant.truth(), ...(ours as unknown as readonly RawPolicy[])];

  expect(fateOf(enforced, pair)).toBe('spared');
  expect(
    proveNoLockOut({
      policies: compiled(enforced, PLACES),
      identities: [factsOf(pair.who)],
      allowedControls: pair.allowed,
    }),
  ).toEqual([]);
}
