import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { type LockOut, type ProtectedFacts, proveNoLockOut } from '../../src/lib/whatif/proof.ts';
import { compiled, raw, USER } from './support.ts';

function lockOuts(
  policy: RawPolicy,
  identity: Partial<ProtectedFacts> = {},
  allowedControls: readonly string[] = [],
): readonly LockOut[] {
  const nobodySpecial = { id: USER, groups: [], roles: [], guestType: null, homeTenantId: null };
  return proveNoLockOut({
    policies: compiled([policy]),
    identities: [{ ...nobodySpecial, ...identity }],
    allowedControls,
  });
}

const EVERYBODY = { includeUsers: ['All'] };

describe('a policy in a form we cannot read', () => {
  it.each(['includeGroups', 'includeRoles'])('may be for anybody where %s holds a word', (list) => {
    expect(lockOuts(raw({ users: { [list]: ['All'] } }))).toMatchObject([{ isCertain: false }]);
    expect(lockOuts(raw({ users: { [list]: ['AllAgentIdUsers'] } }))).toMatchObject([{ isCertain: false }]);
  });

  it.each(['excludeUsers', 'excludeGroups', 'excludeRoles'])(
    'spares nobody where %s says All, which is no word of that list',
    (list) => {
      expect(lockOuts(raw({ users: { ...EVERYBODY, [list]: ['All'] } }))).toMatchObject([
        { isCertain: false },
      ]);
    },
  );
});
