import type { PolicyId, PolicyKey } from '../policy/model.ts';
import { withName } from '../wellKnown.ts';
import type { GraphComparison } from './besideGraph.ts';
import type { Combined, GrantGroup, PolicyVerdict, Reading, SetVerdict } from './evaluate.ts';
import type { SessionControl } from './session.ts';
import type { SignIn } from './signIn.ts';

/** What a sign-in gets today, would get as desired, and would get after the plan. */
export interface WhatIfAnswer extends SetAnswers {
  /** The question as it was understood, with what was read for it. */
  readonly asked: {
    readonly signIn: SignIn;
    readonly reading: Reading;
    /** Of the user, where the directory was asked; for whoever reads the answer, in no log. */
    readonly displayName: string | null;
    /** Settings name the user, or a group the user is in. */
    readonly isEmergencyAccount: boolean;
  };
  /** Observed → resulting. */
  readonly difference: Difference;
  /** Desired → resulting, for our own policies. */
  readonly unfulfilled: readonly Unfulfilled[];
  /** How Graph's own What If answers for the observed set; null where it was not asked, or did not answer. */
  readonly graph: GraphComparison | null;
  /** Of these the resulting set is made; a denied one is not in it, a held one is and waits for a person. */
  readonly changes: readonly PlannedChange[];
  /** What could not be read, or is in no set, in words. */
  readonly notes: readonly string[];
  readonly requests: { readonly graph: number; readonly tables: number };
}

interface SetAnswers {
  /** The tenant as it is. */
  readonly observed: SetAnswer;
  /** Our policies alone, as they should be. */
  readonly desired: SetAnswer;
  /** The tenant after everything in the plan that is not denied. */
  readonly resulting: SetAnswer;
}

export interface PlannedChange {
  readonly key: PolicyKey;
  readonly action: 'create' | 'update' | 'restore' | 'adopt' | 'accept';
  readonly digest: string;
  readonly verdict: 'admit' | 'hold' | 'deny';
  /** Why it is held or denied. */
  readonly reasons: readonly string[];
}

export interface SetAnswer {
  readonly policies: readonly PolicyAnswer[];
  readonly result: Result & { readonly reportOnly: Result };
}

export interface PolicyAnswer extends Omit<PolicyVerdict, 'state'> {
  /** Graph's spelling; `unread` for one we do not know, which may be in force. */
  readonly state: PolicyState;
}

type PolicyState = 'enabled' | 'disabled' | 'enabledForReportingButNotEnforced' | 'unread';

/** What the policies that apply come to: every group must be met, and a block beats them all. */
export type Result = Combined;

/** How two sets answer one sign-in differently. */
export interface Difference {
  readonly differs: boolean;
  /** The same for people; empty where nothing differs. */
  readonly summary: readonly string[];
  /** Policies that are in one set only, or whose verdict or state differs. */
  readonly policies: readonly PolicyMove[];
  /** null: the same. */
  readonly result: ResultMove | null;
  readonly reportOnly: ResultMove | null;
}

/** One of our policies that not even the plan makes what it should be for this sign-in. */
export interface Unfulfilled {
  readonly key: PolicyKey;
  readonly displayName: string;
  readonly desired: Standing;
  readonly resulting: Standing | null;
}

export interface PolicyMove {
  readonly id: PolicyId | null;
  readonly key: PolicyKey | null;
  readonly displayName: string;
  /** null: the set has no such policy. */
  readonly observed: Standing | null;
  readonly resulting: Standing | null;
}

export type Standing = Pick<PolicyAnswer, 'state' | 'policyApplies' | 'analysisReasons'>;

export interface ResultMove {
  readonly blocked: { readonly observed: boolean | null; readonly resulting: boolean | null };
  readonly blockedBy: Gains<string>;
  readonly grant: Gains<GrantGroup>;
  readonly session: Gains<SessionControl>;
  /** Policies of which it is not known whether they apply. */
  readonly undecided: Gains<string>;
}

export interface Gains<T> {
  readonly added: readonly T[];
  readonly removed: readonly T[];
}

/** Puts the verdicts on three sets into the form that is answered, with how the outer two differ. */
export function compareSets(
  verdicts: Readonly<Record<'observed' | 'desired' | 'resulting', SetVerdict>>,
): SetAnswers & Pick<WhatIfAnswer, 'difference' | 'unfulfilled'> {
  const observed = setAnswer(verdicts.observed);
  const desired = setAnswer(verdicts.desired);
  const resulting = setAnswer(verdicts.resulting);
  return {
    observed,
    desired,
    resulting,
    difference: differenceOf(observed, resulting),
    unfulfilled: unfulfilledOf(desired, resulting),
  };
}

/** The same answer without the policies that surely do not apply. */
export function appliedOnly({ policies, result }: SetAnswer): SetAnswer {
  return { policies: policies.filter(({ policyApplies }) => policyApplies !== false), result };
}

export function setAnswer({ policies, enforced, reportOnly }: SetVerdict): SetAnswer {
  return {
    policies: policies.map((policy) => ({ ...policy, state: graphState(policy.state) })),
    result: { ...enforced, reportOnly },
  };
}

function graphState(state: PolicyVerdict['state']): PolicyState {
  return state === 'reportOnly' ? 'enabledForReportingButNotEnforced' : state;
}

export function differenceOf(observed: SetAnswer, resulting: SetAnswer): Difference {
  const policies = policyMoves(observed.policies, resulting.policies);
  const result = resultMove(observed.result, resulting.result);
  const reportOnly = resultMove(observed.result.reportOnly, resulting.result.reportOnly);
  return {
    differs: policies.length > 0 || result !== null || reportOnly !== null,
    summary: [
      ...(result === null ? [] : [`the sign-in ${moveWords(observed, resulting, ({ result: it }) => it)}`]),
      ...(reportOnly === null
        ? []
        : [
            `were report-only policies in force, it ${moveWords(observed, resulting, ({ result: it }) => it.reportOnly)}`,
          ]),
      ...policies.map(policyWords),
    ],
    policies,
    result,
    reportOnly,
  };
}

/** A policy goes by its id, or by its key while it has none; so do the results. */
export function nameOf({ id, key, displayName }: Pick<PolicyVerdict, 'id' | 'key' | 'displayName'>): string {
  return id ?? key ?? displayName;
}

function policyMoves(
  observed: readonly PolicyAnswer[],
  resulting: readonly PolicyAnswer[],
): readonly PolicyMove[] {
  const before = new Map(observed.map((policy) => [nameOf(policy), policy]));
  const after = new Map(resulting.map((policy) => [nameOf(policy), policy]));
  return [...new Map([...before, ...after])].flatMap(([name, { id, key, displayName }]): PolicyMove[] => {
    const move = {
      id,
      key,
      displayName,
      observed: standingOf(before.get(name)),
      resulting: standingOf(after.get(name)),
    };
    return isSameStanding(move.observed, move.resulting) ? [] : [move];
  });
}

/** By key: a policy that does not exist yet has no id, and gets one. */
function unfulfilledOf(desired: SetAnswer, resulting: SetAnswer): readonly Unfulfilled[] {
  const ours = new Map(resulting.policies.map((policy) => [policy.key, policy]));
  return desired.policies.flatMap((policy): Unfulfilled[] => {
    const { key, displayName } = policy;
    if (key === null) return [];
    const [wanted, got] = [standing(policy), standingOf(ours.get(key))];
    return isSameStanding(wanted, got) ? [] : [{ key, displayName, desired: wanted, resulting: got }];
  });
}

function standingOf(policy: PolicyAnswer | undefined): Standing | null {
  return policy === undefined ? null : standing(policy);
}

function standing({ state, policyApplies, analysisReasons }: PolicyAnswer): Standing {
  return { state, policyApplies, analysisReasons };
}

/** Why a policy does not apply makes no difference to anybody. */
function isSameStanding(one: Standing | null, other: Standing | null): boolean {
  return one?.state === other?.state && one?.policyApplies === other?.policyApplies;
}

function resultMove(observed: Result, resulting: Result): ResultMove | null {
  const move: ResultMove = {
    blocked: { observed: observed.blocked, resulting: resulting.blocked },
    blockedBy: gains(observed.blockedBy, resulting.blockedBy),
    grant: gains(observed.grant, resulting.grant),
    session: gains(observed.session.controls, resulting.session.controls),
    undecided: gains(observed.undecided, resulting.undecided),
  };
  const { blocked, ...lists } = move;
  const isSame =
    blocked.observed === blocked.resulting &&
    Object.values(lists).every(({ added, removed }) => added.length + removed.length === 0);
  return isSame ? null : move;
}

/** The order of policies, and of controls in one, means nothing. */
function gains<T>(before: readonly T[], after: readonly T[]): Gains<T> {
  const had = new Set(before.map(textOf));
  const has = new Set(after.map(textOf));
  return {
    added: after.filter((item) => !had.has(textOf(item))),
    removed: before.filter((item) => !has.has(textOf(item))),
  };
}

function textOf(item: unknown): string {
  return JSON.stringify(item, (_, value: unknown) => (Array.isArray(value) ? value.toSorted() : value));
}

function moveWords(observed: SetAnswer, resulting: SetAnswer, part: (answer: SetAnswer) => Result): string {
  return `${outcomeWords(part(observed), observed.policies)} → ${outcomeWords(part(resulting), resulting.policies)}`;
}

function policyWords({ displayName, observed, resulting }: PolicyMove): string {
  return `"${displayName}": ${standingWords(observed)} → ${standingWords(resulting)}`;
}

/** How a policy stands to the sign-in: `applies (report-only)`, `does not apply (disabled)`, `not there`. */
export function standingWords(standing: Standing | null): string {
  if (standing === null) return 'not there';
  const { policyApplies, state } = standing;
  const applies =
    policyApplies === null ? 'may apply' : policyApplies ? 'applies' : `does not apply: ${whyNot(standing)}`;
  return state === 'enabled' || state === 'disabled' ? applies : `${applies} (${STATE_WORDS[state]})`;
}

const STATE_WORDS: Readonly<Record<Exclude<PolicyState, 'enabled' | 'disabled'>, string>> = {
  enabledForReportingButNotEnforced: 'report-only',
  unread: 'in a state we do not know',
};

const REASON_WORDS: Readonly<Record<PolicyVerdict['analysisReasons'], string>> = {
  notSet: 'every condition holds',
  policyNotEnabled: 'it is switched off',
  application: 'it is not for this application or action',
  userActions: 'it is not for this user action',
  authenticationContext: 'it is not for this authentication context',
  users: 'it is not for this person',
  workloadIdentities: 'it is not for this service principal',
  clientApps: 'it is not for this kind of client',
  devicePlatform: 'it is not for this platform',
  location: 'it is not for this place',
  devices: 'its device filter does not fit',
  signInRisk: 'it is not for this sign-in risk',
  userRisk: 'it is not for this user risk',
  insiderRisk: 'it is not for this insider risk',
  authenticationFlow: 'it is not for this authentication flow',
  notEnoughInformation: 'something that matters was not given',
};

/** In words, with the service's own word behind. */
export function whyNot({ analysisReasons }: Pick<PolicyAnswer, 'analysisReasons'>): string {
  return `${REASON_WORDS[analysisReasons]} (${analysisReasons})`;
}

/** `is blocked by …`, `gets in after mfa …`: what the policies come to, with the names people gave them. */
export function outcomeWords(result: Result, policies: readonly PolicyAnswer[]): string {
  const names = new Map(policies.map((policy) => [nameOf(policy), policy.displayName]));
  const called = (name: string): string => `"${names.get(name) ?? name}"`;
  if (result.blocked === true) return `is blocked by ${result.blockedBy.map(called).join(' and ')}`;
  const asked = result.grant.map(({ policyId, operator, controls }) => {
    const words = controls.map(withName).join(operator === 'OR' ? ' or ' : ' and ');
    return `${words} for ${called(policyId)}`;
  });
  const open = result.undecided.length === 0 ? '' : `; undecided: ${result.undecided.map(called).join(', ')}`;
  const way = asked.length === 0 ? 'gets in, and nothing is asked for' : `gets in after ${asked.join('; ')}`;
  return `${result.blocked === null ? 'may be blocked; otherwise it ' : ''}${way}${sessionWords(result)}${open}`;
}

function sessionWords({ session: { controls } }: Result): string {
  const words = controls.map(({ control, value }) => (value === 'on' ? control : `${control} ${value}`));
  return words.length === 0 ? '' : `; in the session ${[...new Set(words)].join(', ')}`;
}
