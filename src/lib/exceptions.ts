import { FIELD_BY_PATH, withRaw } from './policy/fields.ts';
import type { FieldPath, RawPolicy } from './policy/model.ts';
import { mendWord } from './text.ts';

/**
 * An accepted deviation: until it ends, this one field of this one policy is desired to hold this value. Written in the
 * file as `caretaker.exceptions`, each `{field, value, owner, reason, until}`.
 */
export interface Exception {
  readonly field: FieldPath;
  /** What is accepted, as Graph or a run report spells it; parameters unresolved. */
  readonly value: unknown;
  /** Who answers for it. */
  readonly owner: string;
  readonly reason: string;
  /** The last day it lasts, `2026-12-31`. */
  readonly until: string;
  /** Milliseconds since 1970 from which it does not count any more: the end of that day, in UTC. */
  readonly endsAt: number;
}

/** What an exception says, each member with its meaning; it has all of them. */
export const EXCEPTION_MEMBERS: Readonly<Record<'field' | 'value' | 'owner' | 'reason' | 'until', string>> = {
  field: 'The one field of the policy that deviates; any but displayName.',
  value: 'What is accepted there, as Graph spells it.',
  owner: 'Who answers for it.',
  reason: 'Why it is accepted.',
  until: 'The last day it lasts, in UTC, such as 2026-12-31; at most a year ahead.',
};
/** What a list of exceptions is. */
export const EXCEPTIONS = 'Deviations somebody answers for, each of one field, until a day.';
const MEMBERS: readonly string[] = Object.keys(EXCEPTION_MEMBERS);

/** What is wrong with a list of exceptions, where below `caretaker.exceptions`, and what mends it. */
export interface ExceptionProblem {
  readonly path: string;
  readonly message: string;
  readonly mend: string;
}

const DAY_MS = 24 * 3600 * 1000;
/** An exception that outlives a year is what is desired. */
const LONGEST_MS = 366 * DAY_MS;
/** How long before its end an exception becomes a warning. */
const WARN_MS = 7 * DAY_MS;

export function exceptionProblems(list: unknown): ExceptionProblem[] {
  if (!Array.isArray(list))
    return [{ path: '', message: 'is not a list', mend: 'write [ … ] or leave it out' }];
  const seen = new Set<unknown>();
  return list.flatMap((item: unknown, index): ExceptionProblem[] => {
    if (typeof item !== 'object' || item === null || Array.isArray(item))
      return [
        { path: `.${index}`, message: 'is not an object', mend: `write one with ${MEMBERS.join(', ')}` },
      ];
    const members = item as Readonly<Record<string, unknown>>;
    const { field } = members;
    const isTwice = seen.has(field);
    seen.add(field);
    return [
      ...Object.keys(members)
        .filter((name) => !MEMBERS.includes(name))
        .map((name) => ({
          path: `.${index}.${name}`,
          message: 'is unknown',
          mend: mendWord(name, MEMBERS, `take it away; known are ${MEMBERS.join(', ')}`),
        })),
      ...MEMBERS.flatMap((name) => {
        const wrong = name === 'field' && isTwice ? TWICE : wrongMember(name, members);
        return wrong === undefined ? [] : [{ path: `.${index}.${name}`, ...wrong }];
      }),
    ];
  });
}

const FIELD_MEND = 'write the path of one field, such as conditions.users.excludeGroups';
const TWICE = { message: 'is excepted twice', mend: 'keep one of the two' };

function wrongMember(
  name: string,
  members: Readonly<Record<string, unknown>>,
): Omit<ExceptionProblem, 'path'> | undefined {
  const value = Object.hasOwn(members, name) ? members[name] : undefined;
  const missing = value === undefined;
  const message = missing ? 'is missing' : `cannot be ${JSON.stringify(value).slice(0, 200)}`;
  switch (name) {
    case 'field':
      if (value === 'displayName')
        return {
          message: 'cannot be displayName: the policy is found by it',
          mend: 'rename the policy itself',
        };
      return typeof value === 'string' && FIELD_BY_PATH.has(value)
        ? undefined
        : { message, mend: mendWord(String(value), FIELD_BY_PATH.keys(), FIELD_MEND) };
    case 'until':
      return typeof value === 'string' && endOf(value) !== undefined
        ? undefined
        : { message, mend: 'write the last day it lasts, such as 2026-12-31' };
    case 'value':
      return missing ? { message, mend: 'write what is accepted, as Graph spells it' } : undefined;
    default:
      return typeof value === 'string' && value.trim() !== ''
        ? undefined
        : { message, mend: 'say it in words' };
  }
}

/** The exceptions of a list that has no problems. */
export function exceptionsIn(list: unknown): readonly Exception[] {
  return ((list ?? []) as readonly Omit<Exception, 'endsAt'>[]).map((item) => ({
    ...item,
    endsAt: endOf(item.until) ?? 0,
  }));
}

/** The end of a day in UTC; undefined when there is no such day. */
function endOf(day: string): number | undefined {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(day) ? Date.parse(`${day}T00:00:00Z`) : Number.NaN;
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== day) return undefined;
  return start + DAY_MS;
}

/**
 * Exceptions that reach too far ahead to be pushed now. A file says the same whenever it is read, so this is asked only
 * where there is a clock. One that has ended does no harm, and must not keep an older version from coming back.
 */
export function tooLong(exceptions: readonly Exception[], nowMs: number): readonly Exception[] {
  return exceptions.filter(({ endsAt }) => endsAt > latestEnd(nowMs));
}

/** The same exceptions, none of which outlives a year after it was pushed, however it got into the table. */
export function bounded(exceptions: readonly Exception[], pushedMs: number): readonly Exception[] {
  const latest = latestEnd(Number.isNaN(pushedMs) ? 0 : pushedMs);
  return exceptions.map((one) => ({ ...one, endsAt: Math.min(one.endsAt, latest) }));
}

/** The day of the push counts in whole, and so does the last one. */
function latestEnd(pushedMs: number): number {
  return pushedMs + LONGEST_MS + DAY_MS;
}

export function inForce(exceptions: readonly Exception[], nowMs: number): readonly Exception[] {
  return exceptions.filter(({ endsAt }) => nowMs < endsAt);
}

/** Each later instant from which fewer exceptions count, soonest first. */
export function endsAfter(exceptions: readonly Exception[], nowMs: number): readonly number[] {
  return [...new Set(inForce(exceptions, nowMs).map(({ endsAt }) => endsAt))].sort((a, b) => a - b);
}

/** The policy with the excepted values in place. In raw form, so that meanings that hang together are read together. */
export function withExceptions(raw: RawPolicy, exceptions: readonly Exception[]): RawPolicy {
  return exceptions.reduce((policy, { field, value }) => withRaw(policy, field, value), raw);
}

/**
 * Whether an exception touches what nobody may take from a policy alone: whom it is for and whom it spares, and whether
 * it is on.
 */
export function isGrave({ field }: Exception): boolean {
  return field === 'state' || field.startsWith('conditions.users.');
}

/** The same deviation to the same end; who answers for it, and why, may be said otherwise. */
export function isSameException(one: Exception, other: Exception): boolean {
  return (
    one.field === other.field &&
    one.endsAt === other.endsAt &&
    JSON.stringify(one.value) === JSON.stringify(other.value)
  );
}

/** One exception in words, for reports. */
export function tellException(
  { field, value, owner, reason, until, endsAt }: Exception,
  nowMs: number,
): string {
  const what = `${field} = ${JSON.stringify(value)}`;
  if (endsAt <= nowMs)
    return `the exception of ${what} has ended (${until}) and the desired value counts again; take it out of the file`;
  const days = Math.ceil((endsAt - nowMs) / DAY_MS);
  return `${what} is accepted until ${until} (${days} ${days === 1 ? 'day' : 'days'} left), ${owner} answers for it: ${reason}`;
}

/** Whether it ends soon. */
export function isNearEnd({ endsAt }: Exception, nowMs: number): boolean {
  return nowMs < endsAt && endsAt - nowMs <= WARN_MS;
}
