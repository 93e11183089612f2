import { isWrite } from '../plan.ts';
import type { Health, ProtectedIdentity } from '../protected.ts';
import type { Rule } from './rule.ts';

/**
 * Nothing new is rolled out while the way back in may not work: a protected account that is gone, switched off, kept by
 * an on-premises directory, or of which nobody could tell. Repair of a proven version goes on, or whoever can disable an
 * emergency account could keep the tenant as they left it.
 */
export const identityHealth: Rule = {
  name: 'identityHealth',
  isNovelty: true,
  check(change, { around: { identities } }) {
    const ill = identities.filter(({ health }) => health !== 'ok');
    if (!isWrite(change) || ill.length === 0) return undefined;
    const named = ill.slice(0, 5).map(illness).join('; ');
    const more = ill.length > 5 ? `; and ${ill.length - 5} more` : '';
    return {
      decision: 'hold',
      isApprovable: true,
      detail: `${named}${more}: mend this first, or approve the change`,
    };
  },
};

const WORDS: Readonly<Record<Exclude<Health, 'ok'>, string>> = {
  disabled: 'is disabled',
  missing: 'does not exist',
  synced: 'is synchronised from an on-premises directory',
  empty: 'has no member',
  unverified: 'could not be looked at',
};

/** What is wrong with one protected identity, in words. */
export function illness({ id, kind, health, memberOf, reason }: ProtectedIdentity): string {
  const of = memberOf === null ? '' : ` (member of ${memberOf})`;
  const words = health === 'ok' ? 'is in order' : WORDS[health];
  return `the protected ${kind} ${id}${of} ${words}${reason === null ? '' : ` (${reason})`}`;
}

/** What to do where nobody could tell. */
export const ASK =
  'look at the emergency accounts in the Entra admin center: they exist, are enabled, and are of the cloud';

/** What to do about the health of a protected identity. */
export function mendOf({ health, kind }: ProtectedIdentity): string {
  switch (health) {
    case 'ok':
    case 'unverified':
      return ASK;
    case 'disabled':
      return 'enable the account, and find out who disabled it';
    case 'missing':
      return kind === 'user'
        ? 'restore the account (Entra keeps it 30 days), or name another one in BREAK_GLASS_USERS'
        : 'restore the group, or name another one in BREAK_GLASS_GROUPS';
    case 'synced':
      return 'use an account that exists in the cloud alone: an outage of the on-premises directory reaches this one';
    case 'empty':
      return 'put the emergency accounts into the group, or take it out of BREAK_GLASS_GROUPS';
  }
}
