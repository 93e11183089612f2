import { FIELD_BY_PATH } from '../policy/fields.ts';
import type { FieldPath, Policy } from '../policy/model.ts';
import { asSet } from '../policy/values.ts';
import { either, type Truth, unknown } from './truth.ts';

/** One side of a condition that lists values: client apps, platforms, risk levels, transfer methods. */
export interface Options {
  readonly values: readonly string[];
  /** Those of them that are no value we know, `unknownFutureValue` above all: each may stand for any. */
  readonly odd: readonly string[];
}

/** @param unread paths of the condition that were not understood: each may name any value, beside those that were */
export function compileOptions(policy: Policy, path: FieldPath, unread: readonly string[] = []): Options {
  const values = asSet(policy[path]);
  const known = FIELD_BY_PATH.get(path)?.kind.values ?? [];
  return { values, odd: [...values.filter((value) => !known.includes(value)), ...unread] };
}

/** @param need what to ask for when the value was not given */
export function isListed({ values, odd }: Options, value: string | undefined, need: string): Truth {
  if (values.length === 0) return false;
  if (value === undefined) return unknown(need);
  const isNamed = values.includes(value) && !odd.includes(value);
  return either(isNamed, ...odd.map((name) => unknown(`what ${name} stands for`)));
}
