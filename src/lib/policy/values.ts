import type { Canonical } from './model.ts';

/** Graph's GUID spelling; ids are compared in lower case. */
const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function isGuid(value: string): boolean {
  return GUID.test(value);
}

/** What one leaf says: its canonical value, and what about it the kind could not read. */
export interface Parsed {
  readonly value: Canonical;
  readonly odd?: 'unknownValue' | 'wrongShape';
}

/** How one kind of value is spelled in Graph, and the one value that all spellings of a meaning come to. */
export interface Kind {
  readonly name: 'text' | 'choice' | 'flag' | 'count' | 'set' | 'flags';
  /** Value of "not configured": what absent, null and empty come to. */
  readonly empty: Canonical;
  /** Total: never throws, whatever the value. */
  parse(raw: unknown): Parsed;
  /** Members of a closed list, in Graph's spelling; for generators, documents and the schema. */
  readonly values?: readonly string[];
  /** What each of them means, for people. */
  readonly meanings?: Meanings;
  /** Whether members may also be object ids. */
  readonly ids?: boolean;
  /** What else members may look like. */
  readonly also?: Also;
}

/** The members of a closed list in Graph's spelling, each with what it means. */
export type Meanings = Readonly<Record<string, string>>;

/** Values no list can hold. The pattern takes every letter case, and is anchored, so that a JSON Schema can use it too. */
export interface Also {
  readonly pattern: RegExp;
  /** What it takes, in words: `c1 to c99`. */
  readonly words: string;
  /** The one spelling all letter cases come to. */
  spell(member: string): string;
}

/** The pattern of `GUID` for JSON Schema, which knows no flags. */
export const GUID_PATTERN = '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$';

/** What a kind takes, in words, for messages and documents. */
export function inWords({ name, values = [], ids = false, also }: Kind): string {
  switch (name) {
    case 'text':
      return ids ? 'one object id' : 'text';
    case 'flag':
      return 'true or false';
    case 'count':
      return 'a whole number';
    case 'choice':
      return listed(values, 'or');
    case 'flags':
      return `one text, comma-joined, of ${listed(values, 'and')}`;
    case 'set': {
      const kinds = [...(ids ? ['object ids'] : []), ...values, ...(also === undefined ? [] : [also.words])];
      return `a list of ${listed(kinds, 'and')}`;
    }
  }
}

function listed(words: readonly string[], conjunction: 'and' | 'or'): string {
  const last = words.at(-1) ?? '';
  return words.length < 2 ? last : `${words.slice(0, -1).join(', ')} ${conjunction} ${last}`;
}

function isAbsent(raw: unknown): boolean {
  return raw === undefined || raw === null;
}

/** A word that says nothing: a value nobody chose, or the zero flag. */
function isBlank(raw: unknown): boolean {
  return raw === '' || raw === 'none';
}

/** Free text, kept as it is. */
export const text: Kind = {
  name: 'text',
  empty: null,
  parse(raw) {
    if (isAbsent(raw)) return { value: null };
    return typeof raw === 'string' ? { value: raw } : { value: null, odd: 'wrongShape' };
  },
};

/** The id of one object. */
export const id: Kind = {
  name: 'text',
  empty: null,
  values: [],
  ids: true,
  parse(raw) {
    if (isAbsent(raw) || isBlank(raw)) return { value: null };
    if (typeof raw !== 'string') return { value: null, odd: 'wrongShape' };
    return isGuid(raw) ? { value: raw.toLowerCase() } : { value: raw, odd: 'unknownValue' };
  },
};

/** True or false; "not configured" and false are one. */
export const flag: Kind = {
  name: 'flag',
  empty: false,
  parse(raw) {
    if (isAbsent(raw)) return { value: false };
    return typeof raw === 'boolean' ? { value: raw } : { value: false, odd: 'wrongShape' };
  },
};

/** A whole number. */
export const count: Kind = {
  name: 'count',
  empty: null,
  parse(raw) {
    if (isAbsent(raw)) return { value: null };
    return typeof raw === 'number' && Number.isInteger(raw)
      ? { value: raw }
      : { value: null, odd: 'wrongShape' };
  },
};

/** One member of a closed list; letter case does not matter. */
export function choice(meanings: Meanings): Kind {
  const values = Object.keys(meanings);
  const spell = speller(values);
  return {
    name: 'choice',
    empty: null,
    values,
    meanings,
    parse(raw) {
      if (isAbsent(raw) || isBlank(raw)) return { value: null };
      if (typeof raw !== 'string') return { value: null, odd: 'wrongShape' };
      const known = spell(raw);
      return known === undefined ? { value: raw, odd: 'unknownValue' } : { value: known };
    },
  };
}

/** A collection compared as a set: order, duplicates and the letter case of members do not matter. */
export function set(meanings: Meanings, options: { ids?: boolean; also?: Also } = {}): Kind {
  const values = Object.keys(meanings);
  const spell = speller(values);
  const { ids = false, also } = options;
  return {
    name: 'set',
    empty: [],
    values,
    meanings,
    ids,
    ...(also === undefined ? {} : { also }),
    parse(raw) {
      if (isAbsent(raw)) return { value: [] };
      if (!Array.isArray(raw)) return { value: [], odd: 'wrongShape' };
      return gather(raw, (member) => {
        const known = spell(member);
        if (known !== undefined) return known;
        if (ids && isGuid(member)) return member.toLowerCase();
        return also?.pattern.test(member) ? also.spell(member) : undefined;
      });
    },
  };
}

/** Object ids and the given keywords. */
export function ids(keywords: Meanings = {}): Kind {
  return set(keywords, { ids: true });
}

/**
 * A flags enumeration: Graph spells it as one comma-joined string and changes order and letter case by itself; people
 * also write arrays. `none` is the zero flag, so it says nothing.
 */
export function flags(meanings: Meanings): Kind {
  const values = Object.keys(meanings);
  const spell = speller(values);
  return {
    name: 'flags',
    empty: [],
    values,
    meanings,
    parse(raw) {
      if (isAbsent(raw)) return { value: [] };
      const members: unknown[] = (Array.isArray(raw) ? raw : [raw]).flatMap((part: unknown) =>
        typeof part === 'string' ? part.split(',').map((member) => member.trim()) : [part],
      );
      return gather(
        members.filter((member) => member !== '' && !isWord(member, 'none')),
        spell,
      );
    },
  };
}

/** Sorts and de-duplicates; a member that `spell` does not know is kept as it is and called odd. */
function gather(members: readonly unknown[], spell: (member: string) => string | undefined): Parsed {
  let odd: Parsed['odd'];
  const spelled = new Set<string>();
  for (const member of members) {
    if (typeof member !== 'string') {
      odd = 'wrongShape';
      continue;
    }
    const known = spell(member);
    if (known === undefined) odd ??= 'unknownValue';
    spelled.add(known ?? member);
  }
  const value = [...spelled].sort();
  return odd === undefined ? { value } : { value, odd };
}

function speller(values: readonly string[]): (member: string) => string | undefined {
  const byLowerCase = new Map(values.map((value) => [value.toLowerCase(), value]));
  return (member) => byLowerCase.get(member.toLowerCase());
}

/** Whether a raw member carries no value: null, `[]`, `{}`, the zero flag `none`, a control that is not enabled, or an object of only such. */
export function isEmptyRaw(raw: unknown): boolean {
  if (raw === undefined || raw === null || isBlank(raw)) return true;
  if (Array.isArray(raw)) return raw.length === 0;
  if (typeof raw === 'object') {
    return Object.entries(raw).every(
      ([name, value]) => isNoise(name) || isEmptyRaw(value) || (name === 'isEnabled' && value === false),
    );
  }
  return false;
}

/** OData annotations and action links: never part of a policy's meaning (live payloads with full metadata). */
export function isNoise(name: string): boolean {
  return name.includes('@odata.') || name.startsWith('#');
}

/** Whether a raw member is this word, in any letter case. Asks nothing of what is no text: JSON can hold a `toString`. */
export function isWord(raw: unknown, word: string): boolean {
  return typeof raw === 'string' && raw.toLowerCase() === word.toLowerCase();
}

export function asSet(value: Canonical | undefined): readonly string[] {
  return Array.isArray(value) ? value : [];
}

/** Equality of canonical values; sets are sorted already. */
export function sameValue(a: Canonical | undefined, b: Canonical | undefined): boolean {
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((member, index) => member === b[index]);
  }
  return a === b;
}
