import { CARETAKER_MEMBERS } from './desired.ts';
import { EXCEPTION_MEMBERS, EXCEPTIONS } from './exceptions.ts';
import { PARAMETERS_FILE, RUN_PARAMETERS } from './parameters.ts';
import { BRANCHES, BY_ID_ONLY, FIELD_BY_PATH, FIELDS, type Field, READ_ONLY } from './policy/fields.ts';
import { SERVICE_RULES } from './policy/serviceRules.ts';
import { GUID_PATTERN, inWords, type Meanings } from './policy/values.ts';
import { joined } from './strictJson.ts';

/** A JSON Schema, or a part of one (draft 2020-12). */
export type JsonSchema = { readonly [keyword: string]: unknown };

const DIALECT = 'https://json-schema.org/draft/2020-12/schema';
/** OData annotations and action links, which exports carry and nobody needs. */
const NOISE = { '@odata\\.|^#': { $ref: '#/$defs/dropped' } };
const NO_TRAPS: JsonSchema = { not: { const: '__proto__' } };
const NAME = '[A-Za-z][A-Za-z0-9]*';
const PARAMETER: JsonSchema = { type: 'string', pattern: `^@${NAME}$` };

/**
 * The schema of a desired-state file, made from the field table. It is as strict as the reader about shape, and says in
 * words what a schema cannot check: the service's rules, and what a change would do.
 */
export function desiredSchema(): JsonSchema {
  const policy = objectSchema('');
  return {
    $schema: DIALECT,
    title: 'Desired state of one Conditional Access policy',
    description:
      'Graph v1.0’s own JSON for the policy, and what Caretaker does about it. The file’s name is the policy’s key: a-z, 0-9 and -, at most 64 of them.',
    ...policy,
    type: 'object',
    properties: {
      $schema: { type: 'string', description: 'Where this schema is, so that editors find it.' },
      ...(policy.properties as object),
      caretaker: caretakerSchema(),
      ...Object.fromEntries([...READ_ONLY].map((name) => [name, READ_ONLY_MEMBER])),
    },
    required: ['displayName', 'state', 'conditions'],
    not: {
      description: 'A policy that is kept off for emergencies, and is on.',
      properties: {
        state: { pattern: `^${anyCase('enabled')}$` },
        caretaker: { properties: { contingency: { const: true } }, required: ['contingency'] },
      },
      required: ['state', 'caretaker'],
    },
    $defs: DEFINITIONS,
  };
}

/** The schema of a tenant's own parameters. */
export function parametersSchema(): JsonSchema {
  const id: JsonSchema = {
    type: 'string',
    pattern: GUID_PATTERN,
    not: { const: '00000000-0000-0000-0000-000000000000' },
    description: 'An object id. Keywords such as All stand in the policies themselves.',
  };
  return {
    $schema: DIALECT,
    title: 'A tenant’s own parameters',
    description: `Names for ids, for the policies beside it to use as "@name". They are put into each policy when it is pushed. ${Object.keys(RUN_PARAMETERS).join(', ')} are taken: each run resolves them from its settings.`,
    type: 'object',
    properties: { $schema: { type: 'string' } },
    additionalProperties: {
      description: 'An object id, or a list of them. Without a value no policy may name it.',
      anyOf: [id, { type: 'array', items: id }, { enum: [null, ''] }],
    },
    propertyNames: {
      pattern: `^(\\$schema|${NAME})$`,
      not: { pattern: `^(?:${Object.keys(RUN_PARAMETERS).map(anyCase).join('|')})$` },
    },
  };
}

const READ_ONLY_MEMBER: JsonSchema = {
  $ref: '#/$defs/dropped',
  readOnly: true,
  description: 'The service writes it. Accepted, and dropped with a note.',
};

const DEFINITIONS: JsonSchema = {
  id: { pattern: GUID_PATTERN, description: 'An object id.' },
  parameter: {
    ...PARAMETER,
    not: { enum: Object.keys(RUN_PARAMETERS).map((name) => `@${name}`) },
    description: `A parameter of the tenant’s own: an id, or a list of them, by its name in ${PARAMETERS_FILE} beside this file.`,
  },
  dropped: {
    description: 'Not compared and not written; anything goes.',
    items: { $ref: '#/$defs/dropped' },
    additionalProperties: { $ref: '#/$defs/dropped' },
    propertyNames: NO_TRAPS,
  },
  nothing: {
    description:
      'Graph v1.0 has no such member. Without a value it is dropped with a note; with one it is refused.',
    anyOf: [
      { enum: [null, '', 'none'] },
      { type: 'array', maxItems: 0 },
      {
        type: 'object',
        properties: { isEnabled: { anyOf: [{ const: false }, { $ref: '#/$defs/nothing' }] } },
        patternProperties: NOISE,
        additionalProperties: { $ref: '#/$defs/nothing' },
        propertyNames: NO_TRAPS,
      },
    ],
  },
};

function objectSchema(path: string): JsonSchema {
  const below = path === '' ? FIELDS : FIELDS.filter((field) => field.path.startsWith(`${path}.`));
  const names = new Set(
    below.map((field) => field.path.slice(path === '' ? 0 : path.length + 1).split('.')[0] ?? ''),
  );
  const properties = Object.fromEntries(
    [...names].map((name) => {
      const here = joined(path, name);
      const field = FIELD_BY_PATH.get(here);
      return [name, field === undefined ? branchSchema(here) : leafSchema(field)];
    }),
  );
  const others = BY_ID_ONLY.has(path) ? { $ref: '#/$defs/dropped' } : { $ref: '#/$defs/nothing' };
  return { properties, patternProperties: NOISE, additionalProperties: others, propertyNames: NO_TRAPS };
}

function branchSchema(path: string): JsonSchema {
  return {
    ...(path === 'conditions' ? { type: 'object' } : { type: ['object', 'array', 'null'], maxItems: 0 }),
    description: described(BRANCHES[path] ?? '', path),
    ...objectSchema(path),
    ...(BY_ID_ONLY.has(path)
      ? {
          anyOf: [
            { $ref: '#/$defs/nothing' },
            { required: ['id'], properties: { id: { type: 'string', minLength: 1 } } },
          ],
        }
      : {}),
  };
}

function leafSchema(field: Field): JsonSchema {
  const { path, kind, meaning, effect } = field;
  const description = described(`${meaning} Takes ${inWords(kind)}. Loosens: ${effect.loosens}`, path);
  switch (kind.name) {
    case 'flag':
      return { type: ['boolean', 'null'], description };
    case 'count':
      return { type: ['integer', 'null'], description };
    case 'text':
      if (kind.ids === true)
        return { description, anyOf: [{ type: 'string', anyOf: members(field) }, BLANK] };
      return path === 'displayName'
        ? { type: 'string', description }
        : { type: ['string', 'null'], not: PARAMETER, description };
    case 'choice': {
      const words = { type: 'string', anyOf: members(field) };
      return path === 'state' ? { description, ...words } : { description, anyOf: [words, BLANK] };
    }
    case 'set':
      return { type: ['array', 'null'], description, items: { type: 'string', anyOf: members(field) } };
    case 'flags': {
      const items = {
        type: 'string',
        anyOf: [...members(field), { enum: ['', 'none'] }, listOf(kind.values ?? [])],
      };
      return { description, anyOf: [items, { type: 'array', items }, { type: 'null' }] };
    }
  }
}

const BLANK: JsonSchema = { enum: [null, '', 'none'], description: 'Not set.' };

/** What one member of the field may be, Graph's own spelling first. */
function members({ path, kind }: Field): JsonSchema[] {
  const ofRun = Object.entries(RUN_PARAMETERS).filter(([, { paths }]) => paths.includes(path));
  return [
    ...wordsOf(kind.meanings ?? {}),
    ...(kind.also === undefined
      ? []
      : [{ pattern: kind.also.pattern.source, not: PARAMETER, description: kind.also.words }]),
    ...ofRun.map(([name, { meaning }]) => ({ const: `@${name}`, description: meaning })),
    ...(kind.ids === true ? [{ $ref: '#/$defs/id' }, { $ref: '#/$defs/parameter' }] : []),
  ];
}

function wordsOf(meanings: Meanings): JsonSchema[] {
  const words = Object.entries(meanings).map(([word, description]) => ({ const: word, description }));
  if (words.length === 0) return [];
  const pattern = `^(?:${words.map((word) => anyCase(word.const)).join('|')})$`;
  return [...words, { pattern, description: 'The same in other letters.' }];
}

/** Flags as Graph spells them: one text, comma-joined, in any order. */
function listOf(values: readonly string[]): JsonSchema {
  const word = `(?:${[...values, 'none'].map(anyCase).join('|')})`;
  return { pattern: `^${word}(?:, ?${word})*$`, description: 'Several of them, comma-joined.' };
}

/** JSON Schema's patterns know no flags. */
function anyCase(word: string): string {
  return word.replaceAll(/[a-z]/gi, (letter) => `[${letter.toUpperCase()}${letter.toLowerCase()}]`);
}

/** What the service asks of a member stands with the member, in words. */
function described(meaning: string, path: string): string {
  return [meaning, ...rulesAt(path).map((rule) => `The service refuses it where it ${rule}.`)].join(' ');
}

/** The service's rules about one member: what it must not be, and what to write instead. */
export function rulesAt(path: string): string[] {
  return SERVICE_RULES.filter((rule) => rule.path === path).map(
    ({ code, message, mend }) => `${message} (${code}): ${mend}`,
  );
}

function caretakerSchema(): JsonSchema {
  const properties = Object.fromEntries(
    Object.entries(CARETAKER_MEMBERS).map(([name, { meaning, values }]) => [
      name,
      {
        description: meaning,
        anyOf: values.map(([value, description]) => ({ const: value, description })),
        default: values[0]?.[0],
      },
    ]),
  );
  return {
    type: 'object',
    description: 'What is ours: how to treat the policy, beside what it says.',
    properties: {
      ...properties,
      exceptions: { type: 'array', description: EXCEPTIONS, items: exceptionSchema() },
    },
    additionalProperties: false,
  };
}

function exceptionSchema(): JsonSchema {
  const { field, value, owner, reason, until } = EXCEPTION_MEMBERS;
  const words = { type: 'string', pattern: '\\S' };
  return {
    type: 'object',
    properties: {
      field: {
        enum: FIELDS.map(({ path }) => path).filter((path) => path !== 'displayName'),
        description: field,
      },
      value: { description: value },
      owner: { ...words, description: owner },
      reason: { ...words, description: reason },
      until: { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$', description: until },
    },
    required: Object.keys(EXCEPTION_MEMBERS),
    additionalProperties: false,
  };
}
