import { type Declared, type DesiredDocument, parseDesired, type Substitution } from '../lib/desired.ts';
import { type FieldDrift, fieldDrifts } from '../lib/diff.ts';
import { type Exception, isSameException, withExceptions } from '../lib/exceptions.ts';
import { canonical } from '../lib/policy/canonical.ts';
import type { Canonical, Effect, Policy, PolicyKey } from '../lib/policy/model.ts';
import type { DesiredVersion } from '../lib/ports.ts';
import { renderMove } from '../lib/render.ts';

/** What a version says, as far as one is compared with another. */
export type Said = Pick<DesiredVersion, 'content' | 'active'>;

/** How one version moves from another. */
export interface Moves {
  /** Every effect among the fields, the ones that loosen first; empty when no field moved, or none can be compared. */
  readonly effects: readonly Effect[];
  readonly fields: readonly FieldDrift[];
  /** All of it, for people; empty when both say the same. */
  readonly lines: readonly string[];
}

const EFFECTS: readonly Effect[] = ['loosens', 'unclear', 'tightens', 'neutral'];

/**
 * Parameters of the run are compared by name: what they stand for is the deployed app's to say.
 *
 * @param substitutions a tenant's own parameters as `after` was written with them
 */
export function movesBetween(
  before: Said | undefined,
  after: Said,
  substitutions: readonly Substitution[] = [],
): Moves {
  const wasActive = before?.active ?? true;
  if (wasActive && !after.active)
    return inWords('released: the policy stays in the tenant, and nobody looks after it');
  const to = parseDesired(after.content);
  if (before === undefined) {
    return inWords(
      'new',
      ...substitutions.map(({ path, name, ids }) => `${path}: ${renderNamed(name, ids)}`),
      ...(to.ok ? exceptionMoves([], to.document.declared.exceptions) : []),
    );
  }
  const from = parseDesired(before.content);
  if (!from.ok || !to.ok)
    return inWords('cannot be compared: one of the two says nothing that could be carried out');
  const fields = fieldDrifts(saidBy(from.document), saidBy(to.document));
  const again = !wasActive && after.active ? ['taken up again'] : [];
  const lines = [
    ...again,
    ...fields.map((field) => renderField(field, substitutions)),
    ...declaredMoves(from.document.declared, to.document.declared),
  ];
  return {
    effects: EFFECTS.filter((effect) => fields.some((field) => field.effect === effect)),
    fields,
    lines,
  };
}

/** What is desired while the exceptions last: that is what somebody who adds one asks for. */
function saidBy({ raw, declared }: DesiredDocument): Policy {
  return canonical(withExceptions(raw, declared.exceptions));
}

function inWords(...lines: readonly string[]): Moves {
  return { effects: [], fields: [], lines };
}

/** For lists in which every version has something to show. */
export function renderMoves({ lines }: Pick<Moves, 'lines'>): string[] {
  return (lines.length === 0 ? ['says the same'] : lines).map((line) => `    ${line}`);
}

/** One field: what was before, what is after, and what that does to the policy. */
export function renderField(
  { path, desired, observed, effect }: FieldDrift,
  substitutions: readonly Substitution[] = [],
): string {
  const named = substitutions.filter((one) => one.path === path);
  return `${path}: ${renderNamedMove(desired, observed, named)} (${effect})`;
}

/** As `renderMove`, with the name each new id was written under. */
function renderNamedMove(from: Canonical, to: Canonical, named: readonly Substitution[]): string {
  const gained = (id: string): boolean => (Array.isArray(from) ? !from.includes(id) : from !== id);
  const groups = named
    .map(({ name, ids }) => ({ name, ids: ids.filter(gained) }))
    .filter(({ ids }) => ids.length > 0);
  const grouped = new Set(groups.flatMap(({ ids }) => ids));
  const names = groups.map(({ name, ids }) => renderNamed(name, ids));
  if (!Array.isArray(to)) return [renderMove(from, to), ...names].join(' = ');
  const rest = renderMove(
    from,
    to.filter((id) => !grouped.has(id)),
  );
  return [...names.map((name) => `+${name}`), ...(rest === '' ? [] : [rest])].join(' ');
}

function renderNamed(name: string, ids: readonly string[]): string {
  return `@${name} (= ${ids.join(', ')})`;
}

function declaredMoves(before: Declared, after: Declared): string[] {
  return (Object.keys(after) as (keyof Declared)[])
    .filter((name) => name !== 'exceptions' && JSON.stringify(before[name]) !== JSON.stringify(after[name]))
    .map((name) => `caretaker: ${name} ${JSON.stringify(before[name])} → ${JSON.stringify(after[name])}`)
    .concat(exceptionMoves(before.exceptions, after.exceptions));
}

function exceptionMoves(before: readonly Exception[], after: readonly Exception[]): string[] {
  const without = (list: readonly Exception[], others: readonly Exception[]): readonly Exception[] =>
    list.filter((one) => !others.some((other) => isSameException(one, other)));
  return [
    ...without(after, before).map(
      ({ field, value, until, owner, reason }) =>
        `exception: ${field} = ${JSON.stringify(value)} is accepted until ${until}, ${owner} answers for it: ${reason}`,
    ),
    ...without(before, after).map(({ field, until }) => `exception taken out: ${field} until ${until}`),
  ];
}

/** What was pushed, for scripts. @param fieldsOf what moved in the version of one key */
export function pushedAsJson(
  pushed: readonly DesiredVersion[],
  fieldsOf: (key: PolicyKey) => readonly FieldDrift[],
): readonly Readonly<Record<string, unknown>>[] {
  return pushed.map(({ key, version, hash, signed }) => ({
    key,
    version,
    hash,
    signer: signed?.signer ?? null,
    changes: fieldsAsJson(fieldsOf(key)),
  }));
}

/** Moves of fields, for scripts. */
export function fieldsAsJson(fields: readonly FieldDrift[]): readonly Readonly<Record<string, unknown>>[] {
  return fields.map(({ path, desired, observed, effect }) => ({ path, from: desired, to: observed, effect }));
}
