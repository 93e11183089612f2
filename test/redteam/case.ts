import { rawAt } from '../../src/lib/policy/fields.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { type Parts, policy } from './parts.ts';
import { AZURE_MANAGEMENT, EMERGENCY, factsOf } from './tenant.ts';

/**
 * One lethal thing to do to a tenant, and its harmless twin. `lethal` shuts a protected identity out of something, `harmless`
 * differs from it as little as possible and does not.
 */
export interface Pair {
  readonly mechanism: string;
  /** Reads on after "a policy that": unique. */
  readonly name: string;
  /** Object id of the protected identity. */
  readonly who: string;
  /** Controls it can live with, as the setting names them. */
  readonly allowed: readonly string[];
  readonly lethal: Attempt;
  readonly harmless: Attempt;
  /** The sign-in that would be hit, as the body of Graph's evaluate request. */
  readonly hits: Readonly<Record<string, unknown>>;
  /** Nobody but the service can say whether it is hit: it could be, and must count as such. */
  readonly isDoubtful: boolean;
}

/**
 * What somebody wants of one policy, and how the tenant gets there.
 *
 * - `create`: the policy is desired and not there.
 * - `edit`: `before` was desired and settled; now something else is.
 * - `repair`: a hand made `before` of a settled policy.
 * - `restore`: a hand made `before` of a settled policy, and then deleted it.
 * - `adopt`: `before` is somebody else's and carries the desired name.
 * - `lapse`: an exception makes the desired policy `before`, and ends.
 * - `undo`: a run repaired what a hand had made of `before`, and somebody takes that run back.
 */
export interface Attempt {
  readonly how: 'create' | 'edit' | 'repair' | 'restore' | 'adopt' | 'lapse' | 'undo';
  readonly before: RawPolicy | null;
  readonly desired: RawPolicy;
  /** What is pushed for it: the same, but for parameters and exceptions. */
  readonly file: RawPolicy;
  /** What the tenant's policy says after the one request that is sent: not always all that is desired. */
  readonly after: RawPolicy;
  /** Another policy desired in the same run. */
  readonly beside: RawPolicy | null;
}

/** Every policy the tenant would enforce at some time if this were carried out as it stands, nothing merged into it. */
export function statesOf({ how, before, after, beside }: Attempt): readonly RawPolicy[] {
  return [
    ...(how === 'restore' && before !== null ? [before] : []),
    after,
    ...(beside === null ? [] : [beside]),
  ];
}

/** The sign-in a pair hits: what it is for, and members of Graph's `signInConditions`. */
export interface Hits {
  /** Graph's `signInContext`. */
  readonly to?: Readonly<Record<string, unknown>>;
  readonly [condition: string]: unknown;
}

export interface More {
  readonly who?: string;
  readonly allowed?: readonly string[];
  readonly hits?: Hits;
  readonly isDoubtful?: boolean;
}

/** A pair that is ready but for its number. */
export type Numbered = (number: number) => Pair;

/** A pair that is ready but for what its mechanism says of all of its pairs. */
type Draft = (mechanism: string, common: More) => Numbered;

/** A policy that is simply written. */
export function pair(name: string, lethal: Parts, harmless: Parts, more: More = {}): Draft {
  return draft(name, more, (named) => [
    attempt('create', null, named(lethal)),
    attempt('create', null, named(harmless)),
  ]);
}

/** A policy of ours that is changed. */
export function edit(name: string, before: Parts, lethal: Parts, harmless: Parts, more: More = {}): Draft {
  return draft(name, more, (named) => [
    attempt('edit', named(before), named(lethal)),
    attempt('edit', named(before), named(harmless)),
  ]);
}

/** A policy of ours that a hand changed and deleted, so that restoring it brings back what the hand made of it. */
export function restored(
  name: string,
  desired: Parts,
  lethal: Parts,
  harmless: Parts,
  more: More = {},
): Draft {
  return draft(name, more, (named) => [
    attempt('restore', named(lethal), named(desired)),
    attempt('restore', named(harmless), named(desired)),
  ]);
}

/** A policy of somebody else's that we take over. */
export function adopted(name: string, before: Parts, lethal: Parts, harmless: Parts, more: More = {}): Draft {
  return draft(name, more, (named) => [
    attempt('adopt', named(before), named(lethal)),
    attempt('adopt', named(before), named(harmless)),
  ]);
}

/** A policy that is found changed, and of what is desired only a part can be written over that. */
export function withheld(
  how: 'repair' | 'restore' | 'adopt',
  name: string,
  desired: Parts,
  lethal: { readonly before: Parts; readonly after: Parts },
  harmless: { readonly before: Parts; readonly after: Parts },
  more: More = {},
): Draft {
  return draft(name, more, (named) => [
    { ...attempt(how, named(lethal.before), named(desired)), after: named(lethal.after) },
    { ...attempt(how, named(harmless.before), named(desired)), after: named(harmless.after) },
  ]);
}

/** Two policies of one run, the first of which is harmless whatever the second is. */
export function together(name: string, first: Parts, lethal: Parts, harmless: Parts, more: More = {}): Draft {
  return draft(name, more, (named, other) => [
    { ...attempt('create', null, named(lethal)), beside: other(first) },
    { ...attempt('create', null, named(harmless)), beside: other(first) },
  ]);
}

/** A policy of ours that is changed in the very run in which another comes to say what it said. */
export function handedOn(
  name: string,
  before: Parts,
  lethal: Parts,
  harmless: Parts,
  more: More = {},
): Draft {
  return draft(name, more, (named, other) => [
    { ...attempt('edit', named(before), named(lethal)), beside: other(before) },
    { ...attempt('edit', named(before), named(harmless)), beside: other(before) },
  ]);
}

/** A policy in whose file parameters stand for what it means. */
export function parametrised(
  name: string,
  lethal: { readonly file: Parts; readonly meaning: Parts },
  harmless: { readonly file: Parts; readonly meaning: Parts },
  more: More = {},
): Draft {
  return draft(name, more, (named) => [
    { ...attempt('create', null, named(lethal.meaning)), file: named(lethal.file) },
    { ...attempt('create', null, named(harmless.meaning)), file: named(harmless.file) },
  ]);
}

/** One field of a policy, and the policy that has the value in question there. */
type Deviation = readonly [field: string, parts: Parts];

/** A policy of ours of which an exception changes one field. */
export function excepted(
  name: string,
  before: Parts,
  lethal: Deviation,
  harmless: Deviation,
  more: More = {},
): Draft {
  return draft(name, more, (named) => {
    const excepting = ([field, parts]: Deviation): Attempt => ({
      ...attempt('edit', named(before), named(parts)),
      file: withException(named(before), field, named(parts)),
    });
    return [excepting(lethal), excepting(harmless)];
  });
}

/** A policy of ours that is what it was until an exception of one field ends. */
export function lapsed(
  name: string,
  before: Parts,
  field: string,
  lethal: Parts,
  harmless: Parts,
  more: More = {},
): Draft {
  return draft(name, more, (named) => {
    const lapsing = (parts: Parts): Attempt => ({
      ...attempt('lapse', named(before), named(parts)),
      file: withException(named(parts), field, named(before)),
    });
    return [lapsing(lethal), lapsing(harmless)];
  });
}

/** A policy of ours that a hand changed and a run put right, which somebody takes back. */
export function undone(name: string, before: Parts, lethal: Parts, harmless: Parts, more: More = {}): Draft {
  return draft(name, more, (named) => [
    attempt('undo', named(before), named(lethal)),
    attempt('undo', named(before), named(harmless)),
  ]);
}

/** All pairs of one mechanism. */
export function mechanism(title: string, drafts: readonly Draft[], common: More = {}): readonly Numbered[] {
  return drafts.map((draftOf) => draftOf(title, common));
}

type Named = (parts: Parts) => RawPolicy;

function draft(
  name: string,
  more: More,
  attempts: (named: Named, other: Named) => readonly [lethal: Attempt, harmless: Attempt],
): Draft {
  return (title, common) => (number) => {
    const { who = EMERGENCY, allowed = [], hits = {}, isDoubtful = false } = { ...common, ...more };
    const displayName = `RT${String(number).padStart(3, '0')}`;
    const [lethal, harmless] = attempts(
      (parts) => policy(displayName, parts),
      (parts) => policy(`${displayName} beside`, parts),
    );
    return {
      mechanism: title,
      name,
      who,
      allowed,
      lethal,
      harmless,
      hits: evaluateRequest(who, hits),
      isDoubtful,
    };
  };
}

export function attempt(how: Attempt['how'], before: RawPolicy | null, desired: RawPolicy): Attempt {
  return { how, before, desired, file: desired, after: desired, beside: null };
}

/** The last day of exceptions. */
const UNTIL = '2026-01-31';
export const LAPSED_MS = Date.parse('2026-02-01T01:00:00Z');

/** Until that day the policy has this field from another one. */
function withException(raw: RawPolicy, field: string, other: RawPolicy): RawPolicy {
  const exception = { field, value: rawAt(other, field) ?? [], owner: 'Ada', reason: 'a migration' };
  return { ...raw, caretaker: { exceptions: [{ ...exception, until: UNTIL }] } };
}

/** The body of `POST /identity/conditionalAccess/evaluate`, with the facts of the directory beside it. */
function evaluateRequest(who: string, { to, ...conditions }: Hits): Readonly<Record<string, unknown>> {
  const { groups, roles, guestType, homeTenantId } = factsOf(who);
  return {
    signInIdentity: {
      '@odata.type': '#microsoft.graph.userSignIn',
      userId: who,
      externalUserType: guestType,
      externalTenantId: homeTenantId,
    },
    signInContext: to ?? { includeApplications: [AZURE_MANAGEMENT] },
    signInConditions: {
      clientAppType: 'browser',
      devicePlatform: 'windows',
      ipAddress: '203.0.113.10',
      country: 'DE',
      ...conditions,
    },
    facts: { groups, roles, userType: guestType ?? 'member', homeTenantId },
  };
}
