import type { Canonical, Effect, Policy } from './model.ts';
import { asSet, sameValue } from './values.ts';

/** Judges a move of one field from one policy to another. */
export interface EffectOf {
  (before: Policy, after: Policy): Effect;
  /** Which moves loosen a policy, in words, for documents. */
  readonly loosens: string;
}

export function inTheseWords(loosens: string, judge: (before: Policy, after: Policy) => Effect): EffectOf {
  return Object.assign(judge, { loosens });
}

/** The whole of these two moves; two opposite ones cannot be added up. */
export function together(...effects: readonly Effect[]): Effect {
  const [only = 'neutral', ...others] = new Set(effects.filter((effect) => effect !== 'neutral'));
  return others.length > 0 ? 'unclear' : only;
}

export function opposite(effect: Effect): Effect {
  if (effect === 'tightens') return 'loosens';
  if (effect === 'loosens') return 'tightens';
  return effect;
}

export const neutral = inTheseWords('Nothing; it enforces nothing.', () => 'neutral');

/** A list of who or what is meant: growing it means more sign-ins fall under the policy. `All` holds everything. */
export function includes(path: string, top = 'All'): EffectOf {
  return inTheseWords('Taking members away.', (before, after) =>
    growth(asSet(before[path]), asSet(after[path]), top),
  );
}

/** A list of who or what is spared: growing it means fewer sign-ins fall under the policy. */
export function excludes(path: string): EffectOf {
  return inTheseWords('Adding members.', (before, after) =>
    opposite(growth(asSet(before[path]), asSet(after[path]), '')),
  );
}

/** A condition that narrows when it is set: empty means every sign-in, so does its `top` member. */
export function narrows(path: string, top: string): EffectOf {
  const every = top === '' ? 'an empty list' : `an empty list or ${top}`;
  const loosens = `Setting it where it was not (${every} is every sign-in), and taking members away.`;
  return inTheseWords(loosens, (before, after) => {
    const from = asSet(before[path]);
    const to = asSet(after[path]);
    const fromAll = from.length === 0 || from.includes(top);
    const toAll = to.length === 0 || to.includes(top);
    if (fromAll && toAll) return 'neutral';
    if (fromAll) return 'loosens';
    if (toAll) return 'tightens';
    return growth(from, to, top);
  });
}

/** A filter can only take sign-ins away; what one rule takes compared with another is not for us to say. */
export function filter(path: string): EffectOf {
  const loosens = 'Setting it where it was not. From one rule or mode to another is unclear.';
  return inTheseWords(loosens, (before, after) => {
    const from = before[`${path}.rule`] ?? null;
    const to = after[`${path}.rule`] ?? null;
    if (from === null && to === null) return 'neutral';
    if (from === null) return 'loosens';
    if (to === null) return 'tightens';
    return 'unclear';
  });
}

/** Values in order from the weakest to the strongest; anything outside the order is unclear. */
export function ranks(path: string, weakestFirst: readonly Canonical[]): EffectOf {
  const order = weakestFirst.map((value) => (value === null ? 'not set' : String(value))).join(' < ');
  return inTheseWords(`Going down in ${order}.`, (before, after) => {
    const from = weakestFirst.findIndex((value) => sameValue(value, before[path]));
    const to = weakestFirst.findIndex((value) => sameValue(value, after[path]));
    if (from < 0 || to < 0) return 'unclear';
    return to > from ? 'tightens' : to < from ? 'loosens' : 'neutral';
  });
}

/** A grant is a formula over controls: one that asks for everything the other asks for, and more, is the tighter one. */
export const grant = inTheseWords(
  'An easier way through the grant as a whole: a control less under AND, one more under OR, no block.',
  (before, after) => {
    const from = waysThrough(before);
    const to = waysThrough(after);
    const tightens = asksAtLeast(to, from);
    const loosens = asksAtLeast(from, to);
    if (tightens && loosens) return 'neutral';
    if (tightens) return 'tightens';
    return loosens ? 'loosens' : 'unclear';
  },
);

/** How often somebody must sign in again: every time, then the shortest interval, is the tightest. */
export const signInFrequency = inTheseWords(
  'A longer interval, an interval in place of every time, none at all, or proof of the second factor alone.',
  (before, after) => {
    const path = 'sessionControls.signInFrequency';
    const howOften = (policy: Policy): number => {
      if (policy[`${path}.isEnabled`] !== true) return 0;
      if (policy[`${path}.frequencyInterval`] === 'everyTime') return Number.POSITIVE_INFINITY;
      const value = policy[`${path}.value`];
      const hours =
        typeof value === 'number' ? value * (policy[`${path}.type`] === 'days' ? 24 : 1) : Number.NaN;
      return 1 / hours;
    };
    const proof = ranks(`${path}.authenticationType`, [
      null,
      'secondaryAuthentication',
      'primaryAndSecondaryAuthentication',
    ]);
    const from = howOften(before);
    const to = howOften(after);
    if (Number.isNaN(from) || Number.isNaN(to)) return 'unclear';
    const often: Effect = to > from ? 'tightens' : to < from ? 'loosens' : 'neutral';
    return together(often, proof(before, after));
  },
);

function growth(from: readonly string[], to: readonly string[], top: string): Effect {
  const fromAll = from.includes(top);
  const toAll = to.includes(top);
  if (fromAll && toAll) return 'neutral';
  if (toAll) return 'tightens';
  if (fromAll) return 'loosens';
  const added = to.some((member) => !from.includes(member));
  const removed = from.some((member) => !to.includes(member));
  if (added && removed) return 'unclear';
  return added ? 'tightens' : removed ? 'loosens' : 'neutral';
}

/** Strengths that contain one another: whoever meets the stronger has met the weaker (Graph, built-in strengths). */
const STRENGTH_PROVES: Readonly<Record<string, readonly string[]>> = {
  '00000000-0000-0000-0000-000000000002': ['mfa'],
  '00000000-0000-0000-0000-000000000003': ['mfa', 'passwordless'],
  '00000000-0000-0000-0000-000000000004': ['mfa', 'passwordless', 'phishingResistant'],
};

/** Each inner set is one way to satisfy the grant; none at all is a block, one empty way is no demand. */
function waysThrough(policy: Policy): readonly ReadonlySet<string>[] {
  const controls = [
    ...asSet(policy['grantControls.builtInControls']).map((control) => [control]),
    ...asSet(policy['grantControls.customAuthenticationFactors']).map((factor) => [`factor ${factor}`]),
    ...asSet(policy['grantControls.termsOfUse']).map((terms) => [`terms ${terms}`]),
  ];
  const strength = policy['grantControls.authenticationStrength.id'];
  if (typeof strength === 'string')
    controls.push([...(STRENGTH_PROVES[strength] ?? [`strength ${strength}`])]);
  if (controls.some((control) => control.includes('block'))) return [];
  if (controls.length === 0) return [new Set()];
  if (policy['grantControls.operator'] === 'AND') return [new Set(controls.flat())];
  return controls.map((control) => new Set(control));
}

function asksAtLeast(one: readonly ReadonlySet<string>[], other: readonly ReadonlySet<string>[]): boolean {
  return one.every((way) => other.some((easier) => [...easier].every((control) => way.has(control))));
}
