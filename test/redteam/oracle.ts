import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { evaluatePolicy } from '../../src/lib/whatif/evaluate.ts';
import { readRequest } from '../../src/lib/whatif/request.ts';
import { DEVICE_ATTRIBUTES, type Device, type SignIn } from '../../src/lib/whatif/signIn.ts';
import { compiled } from '../whatif/support.ts';
import type { Pair } from './case.ts';
import { MFA_STRENGTH, PASSWORDLESS, PHISHING_RESISTANT, PLACES, TRUE_PLACES } from './tenant.ts';

/** What becomes of one sign-in. `perhaps`: that hangs on something nobody but the service knows. */
export type Fate = 'hit' | 'perhaps' | 'spared';

/**
 * What becomes of the sign-in a pair is about under these policies. Whether a policy applies to that one sign-in the
 * evaluator says (`service.ts` has another opinion); what it then asks is read here, from Graph's own JSON. Nothing here
 * searches for a sign-in, and nothing knows how the proof takes demands.
 */
export function fateOf(policies: readonly RawPolicy[], { hits, allowed, isDoubtful }: Pair): Fate {
  return worst(judged(policies, [signInOf(hits)], allowed, isDoubtful));
}

/** The same for any sign-ins: a fate for each under each policy. */
export function judged(
  policies: readonly RawPolicy[],
  signIns: readonly SignIn[],
  allowed: readonly string[],
  isDoubtful = false,
): readonly Fate[] {
  const asking = policies.filter((policy) => isEnforced(policy) && asksTooMuch(policy, allowed));
  const { policies: read } = compiled(asking, isDoubtful ? PLACES : TRUE_PLACES);
  return read.flatMap((policy) =>
    signIns.map((signIn): Fate => {
      const { policyApplies } = evaluatePolicy(policy, signIn);
      if (policyApplies === null) return 'perhaps';
      return policyApplies ? 'hit' : 'spared';
    }),
  );
}

function worst(fates: readonly Fate[]): Fate {
  return (['hit', 'perhaps'] as const).find((fate) => fates.includes(fate)) ?? 'spared';
}

/** The pair's sign-in, with nothing left open: what a question does not say is not there. */
export function signInOf(hits: Pair['hits']): SignIn {
  const read = readRequest(hits);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  const { location, device, ...told } = read.signIn;
  return {
    signInRisk: 'none',
    userRisk: 'none',
    servicePrincipalRisk: 'none',
    insiderRisk: 'none',
    authenticationFlow: 'none',
    ...told,
    location: { ipAddress: null, country: null, ...location },
    device: wholeDevice(device),
  };
}

const NO_ATTRIBUTES = Object.fromEntries(DEVICE_ATTRIBUTES.map((name) => [name, null]));

function wholeDevice(device: Device | undefined): Device {
  return device === undefined || device === 'unregistered' ? 'unregistered' : { ...NO_ATTRIBUTES, ...device };
}

export function isEnforced({ state }: RawPolicy): boolean {
  return !['disabled', 'enabledforreportingbutnotenforced'].includes(String(state).toLowerCase());
}

/** Asked for in vain since 30 June 2026 (Entra docs, migrate-approved-client-app): nobody gets in by it. */
const RETIRED = 'approvedApplication';

/** What else somebody shows who shows this. */
const WORTH: Readonly<Record<string, readonly string[]>> = {
  [MFA_STRENGTH]: ['mfa'],
  [PASSWORDLESS]: ['mfa', MFA_STRENGTH],
  [PHISHING_RESISTANT]: ['mfa', MFA_STRENGTH, PASSWORDLESS],
};

/** Whether somebody who can live with these controls is kept out of what the policy applies to. */
export function asksTooMuch(policy: RawPolicy, allowed: readonly string[]): boolean {
  const proofs = new Set(
    allowed
      .filter((control) => control !== 'block' && control !== RETIRED)
      .flatMap((control) => [control, ...(WORTH[control] ?? [])])
      .map((control) => control.toLowerCase()),
  );
  return grantsTooLittle(policy, proofs) || sessionShutsOut(policy, proofs);
}

type Members = Readonly<Record<string, unknown>>;

function grantsTooLittle({ grantControls, conditions }: RawPolicy, proofs: ReadonlySet<string>): boolean {
  if (grantControls === null || grantControls === undefined) return false;
  const { operator, authenticationStrength, ...lists } = grantControls as Members;
  const { builtInControls, termsOfUse, customAuthenticationFactors, ...others } = lists;
  const strength = (authenticationStrength as Members | null | undefined)?.id;
  const asked = [builtInControls, termsOfUse, customAuthenticationFactors, strength ?? []].flat();
  const shown = asked.map((control) => proofs.has(String(control).toLowerCase()));
  const isMet = String(operator).toUpperCase() === 'OR' ? shown.includes(true) : !shown.includes(false);
  const isNew = Object.keys(others).some((name) => !name.includes('@odata.'));
  return !isMet || isNew || !asksModernClients(conditions as Members);
}

/** That old clients are turned away by a demand on all clients is how it is meant; a demand on them alone is a block. */
function asksModernClients({ clientAppTypes }: Members): boolean {
  const modern = ['all', 'browser', 'mobileAppsAndDesktopClients'];
  return Array.isArray(clientAppTypes) && clientAppTypes.some((type) => modern.includes(type));
}

const HARMLESS_SESSIONS = ['signInFrequency', 'persistentBrowser'];

function sessionShutsOut({ sessionControls }: RawPolicy, proofs: ReadonlySet<string>): boolean {
  return Object.entries((sessionControls ?? {}) as Members).some(([name, value]) => {
    const { isEnabled = value === true, cloudAppSecurityType = name } = (value ?? {}) as Members;
    const isHarmless = HARMLESS_SESSIONS.includes(name);
    return isEnabled === true && !isHarmless && !proofs.has(String(cloudAppSecurityType).toLowerCase());
  });
}
