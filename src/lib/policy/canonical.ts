import { BRANCHES, BY_ID_ONLY, FIELD_BY_PATH, FIELDS, objectOf, READ_ONLY, rawAt } from './fields.ts';
import type { Canonical, Policy, RawPolicy, Reading, Unrecognised } from './model.ts';
import { isEmptyRaw, isNoise } from './values.ts';

/**
 * Canonical form of a policy, and everything in it that the field table does not know.
 *
 * Total: any JSON object gives a policy with every path of the table present; nothing throws and nothing is dropped in
 * silence. Two spellings of one meaning give the same policy.
 */
export function read(raw: RawPolicy): Reading {
  const policy: Record<string, Canonical> = {};
  const unrecognised: Unrecognised[] = [];
  for (const field of FIELDS) {
    const said = rawAt(raw, field.path);
    const { value, odd } = field.kind.parse(said);
    policy[field.path] = field.level(value, raw);
    if (odd !== undefined) unrecognised.push(note(field.path, odd, said));
  }
  collectUnknownMembers(raw, '', unrecognised);
  return { policy, unrecognised };
}

/** Canonical form alone. */
export function canonical(raw: RawPolicy): Policy {
  return read(raw).policy;
}

function collectUnknownMembers(value: object | null, prefix: string, found: Unrecognised[]): void {
  if (value === null) return;
  for (const [name, member] of Object.entries(value)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    if (isNoise(name) || (prefix === '' && READ_ONLY.has(name))) continue;
    // A name with a dot in it is no path, however much it looks like one.
    const isKnown = !name.includes('.');
    if (isKnown && FIELD_BY_PATH.has(path)) continue;
    if (!isKnown || !Object.hasOwn(BRANCHES, path)) found.push(note(path, 'unknownMember', member));
    else if (typeof member !== 'object' || Array.isArray(member)) {
      if (!isEmptyRaw(member)) found.push(note(path, 'wrongShape', member));
    } else if (!BY_ID_ONLY.has(path)) collectUnknownMembers(member, path, found);
    else if (isEmptyRaw(rawAt(member, 'id')) && !isEmptyRaw(member))
      found.push(note(path, 'wrongShape', member));
  }
}

function note(path: string, reason: Unrecognised['reason'], value: unknown): Unrecognised {
  const json = JSON.stringify(value) ?? 'undefined';
  return {
    path,
    reason,
    object: objectOf(path),
    empty: isEmptyRaw(value),
    value: json.length > 200 ? `${json.slice(0, 200)}…` : json,
  };
}
