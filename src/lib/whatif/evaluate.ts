import type { PolicyId, PolicyKey } from '../policy/model.ts';
import { matchesTarget } from './apps.ts';
import type { CompiledPolicy, CompiledSet, DeviceFilter } from './compile.ts';
import { matchesRule } from './deviceFilter.ts';
import { matchesLocation } from './locations.ts';
import { isListed, type Options } from './options.ts';
import { matchesIdentity } from './people.ts';
import { combineSessions, type Session } from './session.ts';
import { DEVICE_ATTRIBUTES, type Device, type SignIn } from './signIn.ts';
import { both, either, isUnknown, not, type Truth, unknown } from './truth.ts';

/**
 * How to take what was not given. `depends`: the answer may depend on it. `asGraph`: as Graph's own What If answers: no
 * risk, no transfer of the sign-in, no named range or country, no such attribute of the device (recorded answers; the
 * documentation has every missing value fail its condition, which they contradict for devices); a missing client app or
 * platform fails its condition. Where `depends` decides, `asGraph` says the same.
 */
export type Reading = 'depends' | 'asGraph';

/** Graph's `whatIfAnalysisReasons`, as far as we give them. */
export type Reason =
  | 'policyNotEnabled'
  | 'application'
  | 'userActions'
  | 'authenticationContext'
  | 'users'
  | 'workloadIdentities'
  | 'clientApps'
  | 'devicePlatform'
  | 'location'
  | 'devices'
  | 'signInRisk'
  | 'userRisk'
  | 'insiderRisk'
  | 'authenticationFlow'
  | 'notEnoughInformation';

export interface PolicyVerdict {
  readonly id: PolicyId | null;
  readonly key: PolicyKey | null;
  readonly displayName: string;
  readonly state: CompiledPolicy['state'];
  /** null: depends on `needs`. */
  readonly policyApplies: boolean | null;
  /** The first condition that fails, as the service reports it; `notSet` where the policy applies. */
  readonly analysisReasons: Reason | 'notSet';
  /** Every condition that fails, in the service's order. */
  readonly reasons: readonly Reason[];
  /** What was not given and matters, in the words of `SignIn` or of the tenant. */
  readonly needs: readonly string[];
}

/** What one policy asks for before access is granted. */
export interface GrantGroup {
  readonly policyId: string;
  readonly operator: 'AND' | 'OR';
  readonly controls: readonly string[];
}

/** What a set of policies comes to: all groups must be met, and a block beats them all. */
export interface Combined {
  /** null: a policy that blocks may or may not apply. */
  readonly blocked: boolean | null;
  readonly blockedBy: readonly string[];
  readonly grant: readonly GrantGroup[];
  readonly session: Session;
  /** Policies of which it is not known whether they apply. */
  readonly undecided: readonly string[];
}

export interface SetVerdict {
  readonly policies: readonly PolicyVerdict[];
  /** The policies in force. */
  readonly enforced: Combined;
  /** Those that only report, as if they were in force. */
  readonly reportOnly: Combined;
}

/** One condition of a policy: independent of all others, and all must hold. */
interface Condition {
  readonly reason: (policy: CompiledPolicy, signIn: SignIn) => Reason;
  readonly match: (policy: CompiledPolicy, signIn: SignIn) => Truth;
}

function condition(reason: Reason, match: Condition['match']): Condition {
  return { reason: () => reason, match };
}

/**
 * The conditions in the order in which the service reports the first that fails. Recorded answers fix: application
 * before users, users before client apps, devices and location, client apps before platform. The order of the rest is
 * ours; one recorded answer names `devicePlatform,clientApps` together, so what Graph says may be a list. There is no
 * reason for the risk of a service principal; it goes by `signInRisk`.
 */
const CONDITIONS: readonly Condition[] = [
  { reason: targetReason, match: ({ targets }, { target }) => matchesTarget(targets, target) },
  {
    reason: (_, { identity }) => (identity.kind === 'user' ? 'users' : 'workloadIdentities'),
    match: ({ assignment }, { identity }) => matchesIdentity(assignment, identity),
  },
  condition('clientApps', ({ clientApps }, { clientApp }) => matchesClientApp(clientApps, clientApp)),
  condition('devicePlatform', ({ platforms }, { platform }) => matchesPlatform(platforms, platform)),
  condition('location', (policy, { location }) => matchesLocation(policy.location, location)),
  condition('devices', ({ deviceFilter }, { device }) => matchesDevice(deviceFilter, device)),
  condition('signInRisk', (policy, { signInRisk }) =>
    matchesLevel(policy.signInRisk, signInRisk, 'signInRisk'),
  ),
  condition('userRisk', (policy, { userRisk }) => matchesLevel(policy.userRisk, userRisk, 'userRisk')),
  condition('signInRisk', (policy, { servicePrincipalRisk }) =>
    matchesLevel(policy.servicePrincipalRisk, servicePrincipalRisk, 'servicePrincipalRisk'),
  ),
  condition('insiderRisk', (policy, { insiderRisk }) =>
    matchesLevel(policy.insiderRisk, insiderRisk, 'insiderRisk'),
  ),
  condition('authenticationFlow', (policy, { authenticationFlow }) =>
    matchesLevel(policy.authenticationFlow, authenticationFlow, 'authenticationFlow'),
  ),
];

/** Judges every policy of a set, and what they come to together. */
export function evaluate(set: CompiledSet, signIn: SignIn, reading: Reading = 'depends'): SetVerdict {
  const judged = set.policies.map((policy) => ({ policy, verdict: evaluatePolicy(policy, signIn, reading) }));
  const inState = (...states: readonly CompiledPolicy['state'][]): readonly Judged[] =>
    judged.filter(({ policy }) => states.includes(policy.state));
  return {
    policies: judged.map(({ verdict }) => verdict),
    enforced: combine(inState('enabled', 'unread')),
    reportOnly: combine(inState('reportOnly')),
  };
}

/** Whether one policy applies to a sign-in. Policies that only report are judged like the others. */
export function evaluatePolicy(
  policy: CompiledPolicy,
  signIn: SignIn,
  reading: Reading = 'depends',
): PolicyVerdict {
  return judge(policy, reading === 'asGraph' ? withoutGaps(signIn) : signIn, reading);
}

function judge(policy: CompiledPolicy, told: SignIn, reading: Reading): PolicyVerdict {
  const { id, key, displayName } = policy.entry;
  const base = { id, key, displayName, state: policy.state };
  if (policy.state === 'disabled') return { ...base, ...fails(['policyNotEnabled']) };
  const failed: Reason[] = [];
  const needs: string[] = [];
  for (const { match, reason } of CONDITIONS) {
    const truth = match(policy, told);
    if (truth === false) failed.push(reason(policy, told));
    else if (isUnknown(truth) && reading === 'asGraph')
      failed.push(reasonOfGap(reason(policy, told), truth.needs));
    else if (isUnknown(truth)) needs.push(...truth.needs);
  }
  if (failed.length > 0) return { ...base, ...fails(failed) };
  if (reading === 'depends') {
    needs.push(...policy.unread, ...(policy.state === 'unread' ? ['state'] : []));
  }
  if (needs.length === 0) {
    return { ...base, policyApplies: true, analysisReasons: 'notSet', reasons: [], needs };
  }
  return {
    ...base,
    policyApplies: null,
    analysisReasons: 'notEnoughInformation',
    reasons: ['notEnoughInformation'],
    needs: [...new Set(needs)],
  };
}

function fails(
  reasons: readonly Reason[],
): Pick<PolicyVerdict, 'policyApplies' | 'analysisReasons' | 'reasons' | 'needs'> {
  return { policyApplies: false, analysisReasons: reasons[0] ?? 'notEnoughInformation', reasons, needs: [] };
}

export function matchesClientApp(clientApps: Options, clientApp: string | undefined): Truth {
  if (clientApps.values.includes('all')) return true;
  // The part of the Exchange ActiveSync clients that are on supported platforms (Graph docs, conditionalAccessConditionSet).
  const mayBeSync = clientApp === 'exchangeActiveSync' && clientApps.values.includes('easSupported');
  return either(
    isListed(clientApps, clientApp, 'clientApp'),
    mayBeSync && unknown('whether the Exchange ActiveSync client is a supported one'),
  );
}

export function matchesPlatform(platforms: CompiledPolicy['platforms'], platform: string | undefined): Truth {
  const { include, exclude } = platforms;
  const isAny = include.values.length === 0 || include.values.includes('all');
  return both(
    isAny || isListed(include, platform, 'platform'),
    not(exclude.values.includes('all') || isListed(exclude, platform, 'platform')),
  );
}

export function matchesDevice(filter: DeviceFilter | null, device: Device | undefined): Truth {
  if (filter === null) return true;
  if (filter.rule.kind === 'unreadable') return unknown(`the device filter, of which ${filter.rule.why}`);
  const matches = matchesRule(filter.rule.rule, device);
  switch (filter.mode) {
    case 'include':
      return matches;
    case 'exclude':
      return not(matches);
    case 'unread':
      return unknown('conditions.devices.deviceFilter.mode');
  }
}

/** Each listed level matches exactly itself; none listed means the condition is not there. */
export function matchesLevel(levels: Options, level: string | undefined, need: string): Truth {
  return levels.values.length === 0 || isListed(levels, level, need);
}

/** A policy for a user action or a context, asked about an application, fails with `application` (recorded answers). */
function targetReason({ targets }: CompiledPolicy, { target }: SignIn): Reason {
  if (target?.kind === 'userAction' && targets.actions.length > 0) return 'userActions';
  if (target?.kind === 'authContext' && targets.contexts.length > 0) return 'authenticationContext';
  return 'application';
}

/** The service knows the directory and its own groups of applications; where only we do not, there is no reason to copy. */
function reasonOfGap(reason: Reason, needs: readonly string[]): Reason {
  const isOurs = needs.some((need) => need.startsWith('identity.') || need.includes(' '));
  return isOurs && (reason === 'users' || reason === 'application') ? 'notEnoughInformation' : reason;
}

const NOTHING = Object.fromEntries(DEVICE_ATTRIBUTES.map((name) => [name, null]));

/** What was not given counts as none. */
function withoutGaps(signIn: SignIn): SignIn {
  const { device = 'unregistered', location = {} } = signIn;
  return {
    signInRisk: 'none',
    userRisk: 'none',
    servicePrincipalRisk: 'none',
    insiderRisk: 'none',
    authenticationFlow: 'none',
    ...signIn,
    location: { ipAddress: null, country: null, ...location },
    device: device === 'unregistered' ? device : { ...NOTHING, ...device },
  };
}

interface Judged {
  readonly policy: CompiledPolicy;
  readonly verdict: PolicyVerdict;
}

function combine(judged: readonly Judged[]): Combined {
  const applying = judged.filter(({ verdict }) => verdict.policyApplies === true).map(({ policy }) => policy);
  const undecided = judged
    .filter(({ verdict }) => verdict.policyApplies === null)
    .map(({ policy }) => policy);
  const blockedBy = applying.filter(({ grant }) => grant.kind === 'block');
  const mayBlock = undecided.some(({ grant }) => grant.kind === 'block');
  return {
    blocked: blockedBy.length > 0 ? true : mayBlock ? null : false,
    blockedBy: blockedBy.map(({ name }) => name),
    grant: applying.flatMap(({ name, grant }) =>
      grant.kind === 'controls'
        ? [{ policyId: name, operator: grant.operator, controls: grant.controls }]
        : [],
    ),
    session: combineSessions(
      applying.flatMap(({ session }) => session),
      applying.flatMap(({ frequency }) => frequency ?? []),
    ),
    undecided: undecided.map(({ name }) => name),
  };
}
