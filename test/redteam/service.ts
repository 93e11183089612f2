import { createTenant, graphOrigin, type JsonObject } from '../../sandbox/tenant/index.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { Identity, SignIn, Target } from '../../src/lib/whatif/signIn.ts';
import { TENANT_OPTIONS } from './tenant.ts';

/**
 * The policies that apply to a sign-in by what the simulated service answers to Graph's own What If. It shares no code with
 * the evaluator the proof stands on, and knows the tenant's people and places by itself.
 */
export async function applying(
  policies: readonly RawPolicy[],
  signIn: SignIn,
): Promise<readonly RawPolicy[]> {
  const tenant = createTenant({
    ...TENANT_OPTIONS,
    policies: policies.map((policy, index) => ({ ...policy, id: idOf(index) }) as JsonObject),
  });
  const answer = await tenant.fetch(`${graphOrigin}/v1.0/identity/conditionalAccess/evaluate`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ...questionAbout(signIn), appliedPoliciesOnly: true }),
  });
  const { value } = (await answer.json()) as { readonly value: readonly { readonly id: string }[] };
  const ids = new Set(value.map(({ id }) => id));
  return policies.filter((_, index) => ids.has(idOf(index)));
}

function idOf(index: number): string {
  return `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

/** A sign-in of which everything is known, as the body of Graph's evaluate request. What is none is left out. */
function questionAbout({ identity, target, location, device, ...conditions }: SignIn): object {
  const { clientApp, platform, signInRisk, userRisk, insiderRisk, authenticationFlow } = conditions;
  return {
    signInIdentity: whoIs(identity),
    signInContext: whatFor(target),
    signInConditions: {
      clientAppType: clientApp,
      devicePlatform: platform,
      ipAddress: location?.ipAddress,
      country: location?.country,
      signInRiskLevel: signInRisk,
      userRiskLevel: userRisk,
      insiderRiskLevel: insiderRisk,
      authenticationFlow: { transferMethod: authenticationFlow },
      deviceInfo: device === 'unregistered' ? {} : device,
    },
  };
}

function whoIs(identity: Identity): object {
  if (identity.kind !== 'user') throw new Error('the red team asks about people');
  return {
    '@odata.type': '#microsoft.graph.userSignIn',
    userId: identity.id,
    externalUserType: identity.guestType,
    externalTenantId: identity.homeTenantId,
  };
}

const ACTIONS: Readonly<Record<string, string>> = {
  'urn:user:registersecurityinfo': 'registerSecurityInformation',
  'urn:user:registerdevice': 'registerOrJoinDevices',
};

function whatFor(target: Target | undefined): object {
  const type = (name: string) => ({ '@odata.type': `#microsoft.graph.${name}` });
  switch (target?.kind) {
    case 'app':
      return { ...type('applicationContext'), includeApplications: target.appIds };
    case 'userAction':
      return { ...type('userActionContext'), userAction: ACTIONS[target.action] };
    case 'authContext':
      return { ...type('authContext'), authenticationContextValue: target.value };
    case undefined:
      throw new Error('a sign-in is for something');
  }
}
