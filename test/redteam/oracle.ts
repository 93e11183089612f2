import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { CompiledPolicy, CompiledSet } from '../../src/lib/whatif/compile.ts';
import { evaluate, type GrantGroup } from '../../src/lib/whatif/evaluate.ts';
import { readRequest } from '../../src/lib/whatif/request.ts';
import type { SessionControl } from '../../src/lib/whatif/session.ts';
import { DEVICE_ATTRIBUTES, type Device, type SignIn } from '../../src/lib/whatif/signIn.ts';
import { compiled } from '../whatif/support.ts';
import type { Pair } from './case.ts';
import { PLACES, TRUE_PLACES } from './tenant.ts';

/** What becomes of one sign-in. `perhaps`: that hangs on something nobody but the service knows. */
export type Fate = 'hit' | 'perhaps' | 'spared';

/**
 * What becomes of the sign-in a pair is about under these policies. Judges one sign-in by what the evaluator says is asked
 * of it; it knows nothing of the search for a sign-in, nor of how the proof takes demands.
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
  const shown = allowed.filter((control) => control !== RETIRED);
  const proofs = new Set(shown.flatMap((control) => [control, ...(WORTH[control] ?? [])]));
  return compiled(policies, isDoubtful ? PLACES : TRUE_PLACES).policies.flatMap((policy) =>
    signIns.map((signIn) => fateUnder(policy, signIn, proofs)),
  );
}

function worst(fates: readonly Fate[]): Fate {
  return (['hit', 'perhaps'] as const).find((fate) => fates.includes(fate)) ?? 'spared';
}

/** Asked for in vain since March 2026 (Entra docs, migrate-approved-client-app): nobody gets in by it. */
const RETIRED = 'approvedApplication';

/** What else somebody shows who shows this. */
const WORTH: Readonly<Record<string, readonly string[]>> = {
  '00000000-0000-0000-0000-000000000002': ['mfa'],
  '00000000-0000-0000-0000-000000000003': ['mfa', '00000000-0000-0000-0000-000000000002'],
  '00000000-0000-0000-0000-000000000004': [
    'mfa',
    '00000000-0000-0000-0000-000000000002',
    '00000000-0000-0000-0000-000000000003',
  ],
};

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

function fateUnder(policy: CompiledPolicy, signIn: SignIn, proofs: ReadonlySet<string>): Fate {
  const alone: CompiledSet = { policies: [policy] };
  const { enforced } = evaluate(alone, signIn);
  if (enforced.blocked !== false) return enforced.blocked ? 'hit' : 'perhaps';
  if (enforced.undecided.length > 0) {
    const asked: GrantGroup[] =
      policy.grant.kind === 'controls' ? [{ policyId: policy.name, ...policy.grant }] : [];
    return isOutOfReach(asked, policy.session, proofs) ? 'perhaps' : 'spared';
  }
  const isOnlyForOld = !asksModernClients(policy.entry.policy['conditions.clientAppTypes']);
  const isHit =
    isOutOfReach(enforced.grant, enforced.session.controls, proofs) ||
    (isOnlyForOld && enforced.grant.length > 0);
  return isHit ? 'hit' : 'spared';
}

/** That old clients are turned away by a demand on all clients is how it is meant; a demand on them alone is a block. */
function asksModernClients(clientAppTypes: unknown): boolean {
  const modern = ['all', 'browser', 'mobileAppsAndDesktopClients'];
  return Array.isArray(clientAppTypes) && clientAppTypes.some((type) => modern.includes(type));
}

function isOutOfReach(
  groups: readonly GrantGroup[],
  session: readonly SessionControl[],
  proofs: ReadonlySet<string>,
): boolean {
  return (
    groups.some(({ operator, controls }) =>
      operator === 'OR'
        ? !controls.some((control) => proofs.has(control))
        : !controls.every((control) => proofs.has(control)),
    ) || session.some((control) => shutsOut(control) && !proofs.has(nameOf(control)))
  );
}

const HARMLESS_SESSIONS = ['signInFrequency', 'persistentBrowser'];

function shutsOut({ control, value }: SessionControl): boolean {
  return !HARMLESS_SESSIONS.includes(control) || value === 'not understood';
}

function nameOf({ control, value }: SessionControl): string {
  return control === 'cloudAppSecurity' ? value : control;
}
