import { FIELD_BY_PATH } from '../policy/fields.ts';
import type { Policy } from '../policy/model.ts';
import { asSet, isGuid } from '../policy/values.ts';

/** What a policy asks for before it lets somebody in. */
export type Grant =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'block' }
  | {
      readonly kind: 'controls';
      readonly operator: 'AND' | 'OR';
      /** Built-in controls, ids of strengths and agreements, names of custom factors. */
      readonly controls: readonly string[];
    };

const path = 'grantControls';

/** @param unread paths under `grantControls` that were not understood: a demand of their own that nobody can be said to meet */
export function compileGrant(policy: Policy, unread: readonly string[]): Grant {
  const builtIn = asSet(policy[`${path}.builtInControls`]);
  const strength = policy[`${path}.authenticationStrength.id`];
  const controls = [
    ...builtIn,
    ...(typeof strength === 'string' ? [strength] : []),
    ...asSet(policy[`${path}.termsOfUse`]),
    ...asSet(policy[`${path}.customAuthenticationFactors`]).map(nameOfFactor),
    ...unread,
  ];
  if (builtIn.includes('block')) return { kind: 'block' };
  if (controls.length === 0) return { kind: 'nothing' };
  const isChoice = policy[`${path}.operator`] === 'OR' && unread.length === 0;
  return { kind: 'controls', operator: isChoice ? 'OR' : 'AND', controls };
}

/** People choose the names of custom controls; one named like another control, strength or agreement is not that one. */
function nameOfFactor(factor: string): string {
  const builtIn = FIELD_BY_PATH.get(`${path}.builtInControls`)?.kind.values ?? [];
  return builtIn.includes(factor) || isGuid(factor) ? `custom control ${factor}` : factor;
}

/**
 * Whoever meets the first meets the others (Graph docs, authenticationStrengthPolicy, built-in strengths). Not the reverse:
 * what counts as `mfa` without a strength, such as an external method, need not be in any strength.
 */
const PROVES: ReadonlyMap<string, readonly string[]> = new Map([
  ['00000000-0000-0000-0000-000000000002', ['mfa']],
  ['00000000-0000-0000-0000-000000000003', ['mfa', '00000000-0000-0000-0000-000000000002']],
  [
    '00000000-0000-0000-0000-000000000004',
    ['mfa', '00000000-0000-0000-0000-000000000002', '00000000-0000-0000-0000-000000000003'],
  ],
]);

/** Every control somebody meets who meets these; nobody meets a block. */
export function controlsMet(allowed: readonly string[]): ReadonlySet<string> {
  const met = allowed.flatMap((control) => [control, ...(PROVES.get(control) ?? [])]);
  return new Set(met.filter((control) => control !== 'block'));
}

/**
 * No longer asked for since 30 June 2026: it is "as if this grant isn't selected" (Entra docs, migrate-approved-client-app),
 * so that beside another control nobody gets in by it.
 */
const RETIRED = 'approvedApplication';

/** Whether it surely asks for something that is still asked for. */
export function asksForProof(grant: Grant): boolean {
  return grant.kind === 'controls' && grant.controls.some((control) => control !== RETIRED);
}

/** The controls that keep somebody out who meets only these; empty: they get in. */
export function unmet(grant: Grant, met: ReadonlySet<string>): readonly string[] {
  switch (grant.kind) {
    case 'nothing':
      return [];
    case 'block':
      return ['block'];
    case 'controls': {
      const missing = grant.controls.filter((control) => !met.has(control));
      const isEnough =
        grant.operator === 'OR' && grant.controls.some((control) => met.has(control) && control !== RETIRED);
      return isEnough ? [] : missing;
    }
  }
}

/** Each way to be let in: the controls to be met. None at all for a block. */
export function waysThrough(grant: Grant): readonly (readonly string[])[] {
  switch (grant.kind) {
    case 'nothing':
      return [[]];
    case 'block':
      return [];
    case 'controls':
      return grant.operator === 'AND' ? [grant.controls] : grant.controls.map((control) => [control]);
  }
}
