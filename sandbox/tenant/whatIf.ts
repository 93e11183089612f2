import { BlockList, isIP, isIPv4 } from 'node:net';
import { badRequest, type Reply } from './answers.ts';
import { groupsOf } from './directory.ts';
import { matchesFilter } from './filterRule.ts';
import {
  type Applications,
  type Guests,
  isObject,
  type Json,
  type JsonObject,
  type Policy,
  type Users,
} from './model.ts';
import { bodyOf } from './odata.ts';
import { shown } from './policies.ts';
import { contextOf } from './present.ts';
import type { Call, Route, World } from './world.ts';

/** The service's own What If (Graph docs, conditionalAccessRoot: evaluate). */
export const whatIfRoutes: readonly Route[] = [
  {
    method: 'POST',
    path: /^\/identity\/conditionalAccess\/(?:microsoft\.graph\.)?evaluate$/i,
    conditionalAccess: true,
    needs: [['Policy.Read.ConditionalAccess', 'Policy.Read.All', 'Policy.ReadWrite.ConditionalAccess']],
    answer: evaluate,
  },
];

/** The sign-in that is asked about. What the question leaves out is none. */
interface SignIn {
  readonly identity: JsonObject;
  readonly context: JsonObject;
  readonly conditions: JsonObject;
  /** Attributes as filter rules name them. */
  readonly device: JsonObject;
}

type Test = (policy: Policy, signIn: SignIn, world: World) => boolean;

/**
 * Conditions in the order in which the service names the first that fails. The rules are those that recorded answers show:
 * what a question leaves out counts as none, and report-only policies are judged like the others.
 */
const tests: readonly (readonly [
  reason: string | ((policy: Policy, signIn: SignIn) => string),
  test: Test,
])[] = [
  [targetReason, isTarget],
  [(_, { identity }) => (isWorkload(identity) ? 'workloadIdentities' : 'users'), isAssigned],
  ['clientApps', isClientApp],
  ['devicePlatform', isPlatform],
  ['location', isPlace],
  ['devices', isDevice],
  ['signInRisk', ({ conditions }, signIn) => isLevel(conditions.signInRiskLevels, signIn, 'signInRiskLevel')],
  ['userRisk', ({ conditions }, signIn) => isLevel(conditions.userRiskLevels, signIn, 'userRiskLevel')],
  [
    'signInRisk',
    ({ conditions }, signIn) =>
      isLevel(conditions.servicePrincipalRiskLevels, signIn, 'servicePrincipalRiskLevel'),
  ],
  [
    'insiderRisk',
    ({ conditions }, signIn) => isLevel(flags(conditions.insiderRiskLevels), signIn, 'insiderRiskLevel'),
  ],
  ['authenticationFlow', isFlow],
];

/** Disabled policies are not judged (entra-docs, what-if-tool), and what v1.0 hides it does not show here either. */
function evaluate(call: Call, world: World): Reply {
  const body = bodyOf(call.request);
  const signIn = signInOf(body);
  const results = world.store
    .allSeen(world.store.anyReplica())
    .filter(
      ({ policy, preview }) => policy.deletedDateTime === null && !preview && policy.state !== 'disabled',
    )
    .map(({ policy }) => {
      const failed = tests.find(([, test]) => !test(policy, signIn, world))?.[0];
      const analysisReasons = typeof failed === 'function' ? failed(policy, signIn) : (failed ?? 'notSet');
      return { ...shown(call, world, policy), policyApplies: failed === undefined, analysisReasons };
    })
    .filter(({ policyApplies }) => policyApplies || body.appliedPoliciesOnly !== true);
  const context = contextOf(call.url.origin, 'Collection(microsoft.graph.whatIfAnalysisResult)', false);
  return { status: 200, json: { '@odata.context': context, value: results } };
}

/** @throws Refusal 400 for a question without the three objects, or without the types that tell what they are */
function signInOf({ signInIdentity, signInContext, signInConditions }: JsonObject): SignIn {
  const identity = typed('signInIdentity', signInIdentity, ['userSignIn', 'servicePrincipalSignIn']);
  const context = typed('signInContext', signInContext, [
    'applicationContext',
    'userActionContext',
    'authContext',
  ]);
  if (!isObject(signInConditions)) throw badRequest('signInConditions is required.');
  const { ownership, ...attributes } = isObject(signInConditions.deviceInfo)
    ? signInConditions.deviceInfo
    : {};
  return {
    identity,
    context,
    conditions: signInConditions,
    device: { ...attributes, ...(ownership === undefined ? {} : { deviceOwnership: ownership }) },
  };
}

function typed(name: string, value: Json | undefined, kinds: readonly string[]): JsonObject {
  if (!isObject(value)) throw badRequest(`${name} is required.`);
  const isKnown = kinds.some((kind) => value['@odata.type'] === `#microsoft.graph.${kind}`);
  if (!isKnown) throw badRequest(`${name} needs an @odata.type: one of ${kinds.join(', ')}.`);
  return value;
}

function isWorkload(identity: JsonObject): boolean {
  return identity['@odata.type'] === '#microsoft.graph.servicePrincipalSignIn';
}

const actions: Readonly<Record<string, string>> = {
  registerSecurityInformation: 'urn:user:registersecurityinfo',
  registerOrJoinDevices: 'urn:user:registerdevice',
};

/** Policies for all applications are answered for user actions too, and not for contexts (examples 2 and 3 of the docs). */
function isTarget({ conditions: { applications } }: Policy, { context }: SignIn): boolean {
  if (applications === null) return false;
  const { includeApplications, includeUserActions, includeAuthenticationContextClassReferences } =
    applications;
  if (Array.isArray(context.includeApplications))
    return context.includeApplications.some((id) => isForApp(applications, String(id).toLowerCase()));
  if (typeof context.userAction === 'string')
    return (
      includeApplications.includes('All') || includeUserActions.includes(actions[context.userAction] ?? '')
    );
  return includeAuthenticationContextClassReferences.includes(String(context.authenticationContextValue));
}

function targetReason({ conditions: { applications } }: Policy, { context }: SignIn): string {
  if (context.userAction !== undefined && applications?.includeUserActions.length) return 'userActions';
  const contexts = applications?.includeAuthenticationContextClassReferences.length;
  return context.authenticationContextValue !== undefined && contexts
    ? 'authenticationContext'
    : 'application';
}

/** A few members each; Microsoft changes them at will. */
const appGroups: Readonly<Record<string, readonly string[]>> = {
  Office365: [
    '00000002-0000-0ff1-ce00-000000000000',
    '00000003-0000-0ff1-ce00-000000000000',
    '00000006-0000-0ff1-ce00-000000000000',
    'cc15fd57-2c6c-4117-a88c-83b1d56b4bbe',
  ],
  MicrosoftAdminPortals: ['00000006-0000-0ff1-ce00-000000000000', 'c44b4083-3bb0-49c1-b47d-974e53cbdf3c'],
};

/** Applications have no custom security attributes here, so no application filter ever matches one. */
function isForApp(
  { includeApplications, excludeApplications, applicationFilter }: Applications,
  id: string,
): boolean {
  const named = (list: readonly string[]) =>
    list.some((entry) => entry.toLowerCase() === id || (appGroups[entry] ?? []).includes(id));
  const isAllBut = applicationFilter?.mode === 'exclude' && includeApplications.length === 0;
  return (
    (includeApplications.includes('All') || named(includeApplications) || isAllBut) &&
    !named(excludeApplications)
  );
}

function isAssigned(
  { conditions: { users, clientApplications } }: Policy,
  signIn: SignIn,
  world: World,
): boolean {
  if (isWorkload(signIn.identity)) {
    const id = String(signIn.identity.servicePrincipalId).toLowerCase();
    const { includeServicePrincipals = [], excludeServicePrincipals = [] } = clientApplications ?? {};
    const isIn =
      includeServicePrincipals.includes('ServicePrincipalsInMyTenant') ||
      includeServicePrincipals.includes(id);
    return isIn && !excludeServicePrincipals.includes(id);
  }
  return (
    users !== null && isNamed('include', users, signIn, world) && !isNamed('exclude', users, signIn, world)
  );
}

function isNamed(side: 'include' | 'exclude', users: Users, { identity }: SignIn, world: World): boolean {
  const id = String(identity.userId).toLowerCase();
  const groups = groupsOf(world.directory, id);
  const roles = [...world.directory.roles.values()]
    .filter(({ members }) => members.some((member) => member === id || groups.has(member)))
    .map(({ roleTemplateId }) => roleTemplateId);
  const type = guestType(identity, world);
  const isGuest = type !== undefined && isGuestOf(users[`${side}GuestsOrExternalUsers`], type, identity);
  const named = users[`${side}Users`];
  return (
    named.includes('All') ||
    named.includes(id) ||
    (named.includes('GuestsOrExternalUsers') && type !== undefined) ||
    users[`${side}Groups`].some((group) => groups.has(group)) ||
    users[`${side}Roles`].some((role) => roles.includes(role)) ||
    isGuest
  );
}

/** `undefined` for a member. What the question says beats what the directory says. */
function guestType({ externalUserType, userId }: JsonObject, { directory }: World): string | undefined {
  if (typeof externalUserType === 'string' && externalUserType !== 'none') return externalUserType;
  const { userType = 'Member', creationType } = directory.users.get(String(userId).toLowerCase()) ?? {};
  if (creationType === 'Invitation')
    return userType === 'Guest' ? 'b2bCollaborationGuest' : 'b2bCollaborationMember';
  return userType === 'Guest' ? 'internalGuest' : undefined;
}

function isGuestOf(guests: Guests | null, type: string, { externalTenantId }: JsonObject): boolean {
  if (!flags(guests?.guestOrExternalUserTypes ?? null).includes(type)) return false;
  const { membershipKind, members = [] } = guests?.externalTenants ?? {};
  return (
    membershipKind !== 'enumerated' || type === 'internalGuest' || members.includes(String(externalTenantId))
  );
}

function isClientApp({ conditions: { clientAppTypes } }: Policy, { conditions }: SignIn): boolean {
  return clientAppTypes.includes('all') || clientAppTypes.includes(String(conditions.clientAppType));
}

/** Without a platform in the question a policy with such a condition does not apply (entra-docs, what-if-tool). */
function isPlatform({ conditions: { platforms } }: Policy, { conditions }: SignIn): boolean {
  const { includePlatforms = [], excludePlatforms = [] } = platforms ?? {};
  const platform = conditions.devicePlatform ?? 'all';
  if (platform === 'all')
    return (
      (includePlatforms.length === 0 || includePlatforms.includes('all')) && excludePlatforms.length === 0
    );
  const has = (list: readonly string[]) => list.includes('all') || list.includes(String(platform));
  return (includePlatforms.length === 0 || has(includePlatforms)) && !has(excludePlatforms);
}

function isPlace({ conditions: { locations } }: Policy, signIn: SignIn, { namedLocations }: World): boolean {
  if (locations === null) return true;
  const has = (list: readonly string[]) =>
    list.includes('All') ||
    [...namedLocations.values()].some(
      (location) =>
        (list.includes(String(location.id)) ||
          (list.includes('AllTrusted') && location.isTrusted === true)) &&
        holds(location, signIn.conditions),
    );
  const isAnywhere = locations.includeLocations.length === 0 && locations.excludeLocations.length > 0;
  return (isAnywhere || has(locations.includeLocations)) && !has(locations.excludeLocations);
}

/** A country that the question leaves out is an unknown one. */
function holds(location: JsonObject, { ipAddress, country }: JsonObject): boolean {
  if (Array.isArray(location.countriesAndRegions)) {
    if (typeof country !== 'string' || country === '')
      return location.includeUnknownCountriesAndRegions === true;
    return location.countriesAndRegions.includes(country.toUpperCase());
  }
  if (!Array.isArray(location.ipRanges) || typeof ipAddress !== 'string' || !isIP(ipAddress)) return false;
  const ranges = new BlockList();
  for (const range of location.ipRanges) {
    const [address = '', bits] = (isObject(range) ? String(range.cidrAddress) : '').split('/');
    if (isIP(address)) ranges.addSubnet(address, Number(bits), isIPv4(address) ? 'ipv4' : 'ipv6');
  }
  return ranges.check(ipAddress, isIPv4(ipAddress) ? 'ipv4' : 'ipv6');
}

function isDevice({ conditions: { devices } }: Policy, { device }: SignIn): boolean {
  const filter = devices?.deviceFilter ?? null;
  return filter === null || matchesFilter(filter.rule, device) === (filter.mode === 'include');
}

/** Each level stands for itself alone; no list is no condition. */
function isLevel(levels: readonly string[], { conditions }: SignIn, member: string): boolean {
  return levels.length === 0 || levels.includes(String(conditions[member] ?? 'none'));
}

function isFlow({ conditions: { authenticationFlows } }: Policy, { conditions }: SignIn): boolean {
  const methods = flags(authenticationFlows?.transferMethods ?? null);
  const flow = isObject(conditions.authenticationFlow)
    ? conditions.authenticationFlow.transferMethod
    : 'none';
  return methods.length === 0 || methods.includes(String(flow ?? 'none'));
}

/** Flags travel as one text with commas. */
function flags(text: string | null): string[] {
  return (text ?? '')
    .split(',')
    .map((flag) => flag.trim())
    .filter((flag) => flag !== '' && flag !== 'none');
}
