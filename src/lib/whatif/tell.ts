import { plain } from '../text.ts';
import { withName } from '../wellKnown.ts';
import {
  outcomeWords,
  type PlannedChange,
  type PolicyAnswer,
  type Result,
  type SetAnswer,
  standingWords,
  type WhatIfAnswer,
  whyNot,
} from './answer.ts';
import type { GraphComparison, Side } from './besideGraph.ts';
import type { Location, SignIn, Target, UserIdentity } from './signIn.ts';

/** An answer as people read it: what the sign-in gets today and after the plan first, then why. Pure; no colour. */
export function tellAnswer(answer: WhatIfAnswer): string {
  const { observed, desired, resulting, difference, unfulfilled, graph, changes, notes } = answer;
  const after = resulting.policies;
  return [
    `${whoWords(answer.asked)} ${signInWords(answer.asked.signIn)}`,
    ...(answer.asked.reading === 'asGraph' ? ['  what was not given counts as none, as Graph answers'] : []),
    '',
    ...rows([
      ['today', outcome(observed)],
      ['after the plan', outcome(resulting)],
      ['as desired', `${outcome(desired)} (by our policies alone)`],
      ...reportOnlyRow(resulting),
    ]),
    ...legacyWarning(answer.asked.signIn, resulting.result),
    ...section(
      'what the plan makes different',
      difference.policies.map(
        ({ displayName, observed: from, resulting: to }) =>
          `"${displayName}": ${standingWords(from)} → ${standingWords(to)}`,
      ),
    ),
    ...section(
      'not as desired, even after the plan',
      unfulfilled.map(
        ({ key, desired: wanted, resulting: got }) =>
          `${key}: should be: ${standingWords(wanted)}; will be: ${standingWords(got)}`,
      ),
    ),
    ...section('applies after the plan', after.filter(applies(true)).map(policyLine)),
    ...section(
      'depends on what was not given or could not be read',
      after.filter(applies(null)).map((policy) => `${policyLine(policy)}: ${policy.needs.join(', ')}`),
    ),
    ...section(
      'does not apply after the plan',
      after.filter(applies(false)).map((policy) => `${policyLine(policy)}: ${whyNot(policy)}`),
    ),
    ...section('the plan', changes.map(changeLine)),
    ...(graph === null ? [] : section('Graph’s own What If, on the tenant as it is', graphLines(graph))),
    ...(notes.length === 0 ? [] : ['', ...notes.map((note) => `  ! ${note}`)]),
  ]
    .map(plain)
    .join('\n');
}

function outcome({ result, policies }: SetAnswer): string {
  return outcomeWords(result, policies);
}

function reportOnlyRow({ result: { reportOnly }, policies }: SetAnswer): [string, string][] {
  const isSilent =
    reportOnly.blocked === false &&
    reportOnly.grant.length + reportOnly.session.controls.length + reportOnly.undecided.length === 0;
  return isSilent ? [] : [['report-only', `if it were in force, it ${outcomeWords(reportOnly, policies)}`]];
}

/** Whatever is asked of a client that cannot show a proof is a block (Entra docs, concept-conditional-access-conditions). */
function legacyWarning({ clientApp }: SignIn, { grant }: Result): string[] {
  const isLegacy = clientApp === 'exchangeActiveSync' || clientApp === 'other';
  return isLegacy && grant.length > 0
    ? ['', `  ! ${clientApp} cannot show what is asked for, so in effect it is blocked`]
    : [];
}

function rows(pairs: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, words]) => `  ${name.padEnd(width)}  ${words}`);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', `  ${title}`, ...lines.map((line) => `    ${line}`)];
}

function applies(wanted: boolean | null): (policy: PolicyAnswer) => boolean {
  return ({ policyApplies }) => policyApplies === wanted;
}

function policyLine({ displayName, state, id, key }: PolicyAnswer): string {
  const place = id === null ? 'not there yet' : id;
  return `"${displayName}" [${state}] ${place}${key === null ? '' : `, ${key}`}`;
}

const VERDICTS: Readonly<Record<PlannedChange['verdict'], string>> = {
  admit: 'admitted',
  hold: 'waits',
  deny: 'denied, and not in the answer',
};

function changeLine({ key, action, verdict, reasons }: PlannedChange): string {
  return `${key}: ${action}, ${VERDICTS[verdict]}${reasons.length === 0 ? '' : `: ${reasons.join('; ')}`}`;
}

function graphLines({ agreed, differences }: GraphComparison): string[] {
  const side = (said: Side | null): string =>
    said === null
      ? 'does not know it'
      : `${said.policyApplies === true ? 'applies' : 'does not apply'} (${said.analysisReasons})`;
  return [
    `agrees with ours on ${agreed} of ${agreed + differences.length} policies`,
    ...differences.map(
      ({ displayName, ours, graphs }) => `"${displayName}": Graph: ${side(graphs)}; ours: ${side(ours)}`,
    ),
  ];
}

function whoWords({ signIn: { identity }, displayName, isEmergencyAccount }: WhatIfAnswer['asked']): string {
  if (identity.kind === 'workload') return `service principal ${identity.servicePrincipalId}`;
  const count = (ids: readonly string[] | undefined, what: string): string =>
    ids === undefined ? `${what}s unknown` : `${ids.length} ${what}${ids.length === 1 ? '' : 's'}`;
  const facts = `${count(identity.groups, 'group')}, ${count(identity.roles, 'role')}${guestWords(identity)}`;
  const who = isEmergencyAccount ? 'emergency account' : 'user';
  // An app that is older than this program gives no name.
  return (displayName ?? null) === null
    ? `${who} ${identity.id} (${facts})`
    : `${who} ${displayName} (${identity.id}; ${facts})`;
}

function guestWords({ guestType, isGuest }: UserIdentity): string {
  if (guestType === null) return '';
  if (guestType !== undefined) return `, ${guestType}`;
  return isGuest === true ? ', a guest of unknown kind' : ', member or guest unknown';
}

/** Only what was given. */
function signInWords(signIn: SignIn): string {
  const { target, clientApp, platform, location, device } = signIn;
  const levels = (['signInRisk', 'userRisk', 'servicePrincipalRisk', 'insiderRisk'] as const).flatMap(
    (name) => (signIn[name] === undefined ? [] : [`${name} ${signIn[name]}`]),
  );
  return [
    ...(target === undefined ? ['signing in'] : [targetWords(target)]),
    ...(clientApp === undefined ? [] : [`with ${clientApp}`]),
    ...(platform === undefined ? [] : [`on ${platform}`]),
    ...(location === undefined ? [] : [placeWords(location)]),
    ...(device === undefined ? [] : [`on a device with ${JSON.stringify(device)}`]),
    ...(levels.length === 0 ? [] : [`at ${levels.join(', ')}`]),
    ...(signIn.authenticationFlow === undefined ? [] : [`by ${signIn.authenticationFlow}`]),
  ].join(' ');
}

function targetWords(target: Target): string {
  switch (target.kind) {
    case 'app':
      return `signing in to ${target.appIds.map(withName).join(' or ')}`;
    case 'userAction':
      return `doing ${target.action}`;
    case 'authContext':
      return `entering authentication context ${target.value}`;
  }
}

function placeWords({ ipAddress, country }: Location): string {
  return `from ${[ipAddress, country].filter((part) => typeof part === 'string').join(' in ')}`;
}
