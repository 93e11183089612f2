/** Object id of a policy in the tenant (a GUID, lower case). */
export type PolicyId = string;
/** Key of a desired policy: its file name, `a-z`, `0-9` and `-`, at most 64 characters. */
export type PolicyKey = string;
/** Directory (tenant) id, lower case. */
export type TenantId = string;

/** A policy as Graph or a file spells it. Nothing about its members is known until the field table has read them. */
export type RawPolicy = Readonly<Record<string, unknown>>;

/** One comparable value: a set is a sorted array without duplicates; "not configured" is `null`, `[]` or `false`. */
export type Canonical = string | number | boolean | null | readonly string[];

/** Dotted Graph path of one leaf, such as `conditions.users.excludeUsers`. */
export type FieldPath = string;

/**
 * Canonical form: flat and total. Every path of the field table is present, so comparing needs no recursion and
 * nothing that is absent on one side can be overlooked.
 */
export type Policy = Readonly<Record<FieldPath, Canonical>>;

/** Effect of a move from one value to another on what the policy enforces. */
export type Effect = 'tightens' | 'loosens' | 'neutral' | 'unclear';

/** A member the field table does not know, or a value it cannot read, found in a raw policy. */
export interface Unrecognised {
  /** Dotted path of the member as it was spelled. */
  readonly path: string;
  /** Carries no value (null, [], {} or an object of only such): worth a note, no more. */
  readonly empty: boolean;
  /** The second-level object that a write would have to replace to touch it, such as `conditions.users`. */
  readonly object: string;
  /** What is odd about it, in words. */
  readonly reason: 'unknownMember' | 'unknownValue' | 'wrongShape';
  /** Compact JSON of the value, cut at 200 characters. */
  readonly value: string;
}

/** What reading one raw policy gives. */
export interface Reading {
  readonly policy: Policy;
  readonly unrecognised: readonly Unrecognised[];
}
