import { type ProtectedIdentities, withProtected } from '../desired.ts';
import { type Desired, fieldDrifts, policyAt, type Reference } from '../diff.ts';
import { isRepair } from '../plan.ts';
import type { Policy } from '../policy/model.ts';
import type { Rule } from './rule.ts';

/**
 * A new version that enforces less than the last one which was proven or approved waits for a second person. Whoever can
 * push can otherwise take protection away unseen, and a mistake in a file is most dangerous in this direction. Compared
 * with the version and not with the tenant: what an intruder did there makes nothing look harmless. A policy that is about
 * to be adopted is compared with as well, and never instead: it may have been planted.
 *
 * Approving the change approves its version for good.
 */
export const loosening: Rule = {
  name: 'loosening',
  check(change, { approvals, protected: identities }) {
    if (isRepair(change)) return undefined;
    const { key, version, hash, reference } = change.desired;
    if (approvals.versions.some((one) => one.key === key && one.version === version && one.hash === hash)) {
      return undefined;
    }
    const taken: Reference =
      change.action === 'adopt'
        ? { kind: 'adopted', policy: change.before.reading.policy }
        : { kind: 'none' };
    const detail = looser(reference, change.desired, identities) ?? looser(taken, change.desired, identities);
    return detail === undefined ? undefined : { decision: 'hold', isApprovable: true, detail };
  },
};

function looser(before: Reference, after: Desired, identities: ProtectedIdentities): string | undefined {
  switch (before.kind) {
    case 'none':
      return undefined;
    case 'lost':
      return `version ${before.version} is what it takes the place of, and cannot be read any more: nobody can tell whether this enforces less`;
    case 'adopted': {
      // Sparing the emergency accounts is what this program is for, and loosens nothing.
      const policy = withProtected(before.policy, identities);
      return overTime({ policy, later: [] }, after, 'the policy as it was adopted');
    }
    case 'version':
      return overTime(before.desired, after, `version ${before.desired.version}`);
  }
}

/**
 * Exceptions end by themselves, and what then counts is put right as a repair, which nobody is asked about. So both are
 * compared as they are now and as they will be at each end of an exception in either.
 */
function overTime(before: Over, after: Over, what: string): string | undefined {
  const now = fieldsIn(before.policy, after.policy, what);
  if (now !== undefined) return now;
  const turns = [...before.later, ...after.later].map(({ from }) => from).sort((a, b) => a - b);
  for (const at of turns) {
    const then = fieldsIn(
      policyAt(before, at),
      policyAt(after, at),
      `${what} from ${new Date(at).toISOString()} on`,
    );
    if (then !== undefined) return then;
  }
  return undefined;
}

type Over = Pick<Desired, 'policy' | 'later'>;

/** A policy that is off or only reports enforces nothing that could be taken away. */
const ENFORCES_NOTHING: readonly unknown[] = ['disabled', 'enabledForReportingButNotEnforced'];

function fieldsIn(before: Policy, after: Policy, what: string): string | undefined {
  if (ENFORCES_NOTHING.includes(before.state)) return undefined;
  const effects = fieldDrifts(before, after);
  const fields = effects
    .filter(({ effect }) => effect === 'loosens' || effect === 'unclear')
    .map(({ path, effect }) => (effect === 'unclear' ? `${path} (effect unclear)` : path));
  return fields.length === 0 ? undefined : `it enforces less than ${what}: ${fields.join(', ')}`;
}
