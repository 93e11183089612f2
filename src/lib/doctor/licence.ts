import { needsOf } from '../baselines.ts';
import type { RawLicence } from '../ports.ts';
import type { Known } from './desired.ts';
import { type CheckFinding, findingsOf, type Told } from './findings.ts';

const finding = findingsOf('licence');
const WHERE = 'Microsoft Entra ID P1 or P2';

/** Service plans, by id, whatever product they are part of (Entra docs, product names and service plan identifiers). */
const PLANS = {
  P1: '41781fb2-bc02-4b7c-bd55-b576c07bb09d',
  P2: 'eec0eb4f-6444-4f95-aba0-50c24d67f998',
} as const;
type Plan = keyof typeof PLANS;

/** A product that is paid for, and one whose payment is due: it still works (Microsoft Graph, subscribedSku). */
type Standing = 'Enabled' | 'Warning';

/**
 * Conditional Access needs P1 and risk needs P2. When they lapse, policies can be read and deleted, and not changed.
 */
export function checkLicence(read: Told<readonly RawLicence[]>, known: Known): readonly CheckFinding[] {
  if (read.kind === 'untold')
    return [
      finding(
        'unverified',
        WHERE,
        read.reason,
        'look in the Entra admin center: Billing, Licenses, All products; or grant LicenseAssignment.Read.All (`infra/graph-permissions.sh licence`), which nothing else needs',
      ),
    ];
  // P2 includes what P1 does, whether or not a product lists both.
  const standing = standingOf(['P1', 'P2'], read.value);
  const hasP2 = standingOf(['P2'], read.value) !== undefined;
  if (standing === undefined) return [finding('failed', WHERE, 'the tenant has neither', BUY)];
  return [
    standing === 'Enabled'
      ? finding('ok', WHERE, `the tenant has ${hasP2 ? 'P2' : 'P1'}`)
      : finding('warning', WHERE, 'the subscription has ended, and its time of grace runs', BUY),
    ...(hasP2 ? [] : withoutP2(known)),
  ];
}

const BUY = 'renew or buy it; without it policies can be read and deleted, and not created or changed';

/** The best that any product with one of these plans has. */
function standingOf(plans: readonly Plan[], licences: readonly RawLicence[]): Standing | undefined {
  const ids = plans.map((plan) => PLANS[plan]);
  const standings = licences.filter((licence) => holds(licence, ids)).map((one) => one.capabilityStatus);
  return (['Enabled', 'Warning'] as const).find((standing) => standings.includes(standing));
}

function holds({ servicePlans }: RawLicence, ids: readonly string[]): boolean {
  return (
    Array.isArray(servicePlans) &&
    servicePlans.some((one) => ids.includes(String(one?.servicePlanId).toLowerCase()))
  );
}

function withoutP2({ desired, isAll }: Known): readonly CheckFinding[] {
  const needing = desired.flatMap(({ key, policy }) =>
    needsOf(policy)
      .filter(({ short }) => short === 'P2')
      .map(({ text }) =>
        finding('warning', key, `it needs ${text}`, 'buy P2, or release the policy: `caretaker forget`'),
      ),
  );
  return isAll
    ? needing
    : [
        ...needing,
        finding(
          'unverified',
          WHERE,
          'not all could be read of what is desired, so a policy may need P2',
          'mend what the check "desired" says, then ask again',
        ),
      ];
}
