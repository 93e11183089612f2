import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createTenant, type JsonObject, type Spelling, spellings } from '../sandbox/tenant/index.ts';
import { parseDesired } from '../src/lib/desired.ts';
import { fieldsPage } from '../src/lib/fieldsPage.ts';
import { readParameters } from '../src/lib/parameters.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import { BETA_ONLY, BRANCHES, FIELD_BY_PATH, FIELDS, READ_ONLY } from '../src/lib/policy/fields.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import { createBody } from '../src/lib/policy/render.ts';
import { SERVICE_RULES } from '../src/lib/policy/serviceRules.ts';
import type { ProblemKind } from '../src/lib/problem.ts';
import { desiredSchema, type JsonSchema, parametersSchema, rulesAt } from '../src/lib/schema.ts';
import { CORPUS, corpusFiles } from './corpus/corpus.ts';
import { anyJson, at, draft, IDS, put, rawPolicy, respelled } from './laws/generators.ts';
import { article } from './support/world.ts';

const ajv = new Ajv2020({ strict: true, strictTypes: false, allErrors: true });
const admits: ValidateFunction = ajv.compile(desiredSchema());
const admitsParameters: ValidateFunction = ajv.compile(parametersSchema());

/** What the reader finds and no schema can: what stands in other files, in the text, or between members. */
const BEYOND_A_SCHEMA: ReadonlySet<ProblemKind> = new Set([
  'serviceRule',
  'unknownParameter',
  'emptyParameter',
  'duplicateKey',
  'encoding',
  'notJson',
  'sameName',
  'wrongKey',
]);

/** Kinds of problems of a policy that a schema could have found, too. */
function shapeProblems(raw: unknown): string[] {
  const parsed = parseDesired(JSON.stringify(raw));
  return parsed.ok
    ? []
    : parsed.problems
        .filter(({ kind }) => !BEYOND_A_SCHEMA.has(kind))
        .map(({ kind, path }) => `${kind} ${path}`);
}

function complaints(raw: unknown): string[] {
  return admits(raw)
    ? []
    : (admits.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** Everything that is wrong in some leaf, and some that is right in another. */
const WRONG: readonly unknown[] = [
  ...[5, 1.5, true, 'wrong', { x: 1 }, ['wrong'], [5], [['x']], [null], [{}], ['@own'], '@own', ['']],
  ...['@breakGlassUsers', ['@breakGlassUsers'], ['@azureManagement'], ['@breakGlassGroups', 'x'], IDS[0]],
  ...[[IDS[0]], 'enabled', ['All'], ['mfa'], 'deviceCodeFlow,wrong', ['none'], 'days,hours'],
];

describe('the schema of a desired-state file', () => {
  it('admits what the reader admits of shape, and nothing else, in the words of files and of Graph', () => {
    const policies = fc.oneof(draft, rawPolicy, draft.chain(respelled), rawPolicy.chain(respelled));
    fc.assert(
      fc.property(policies, (raw) => {
        if (shapeProblems(raw).length > 0) expect(complaints(raw)).not.toEqual([]);
        else expect(complaints(raw)).toEqual([]);
      }),
      { numRuns: 1000 },
    );
  });

  it('admits every policy as the tenant shows it, in any of its spellings', async () => {
    const made = fc
      .tuple(draft, fc.subarray(Object.keys(spellings) as Spelling[]), fc.nat())
      .filter(([raw]) => parseDesired(JSON.stringify(raw)).ok);
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(made, async ([raw, struck, seed]) => {
        const policy = await shownFor(raw, struck, seed);
        if (policy === undefined) return;
        shown += 1;
        expect(complaints(policy)).toEqual([]);
      }),
      { numRuns: 200 },
    );
    expect(shown).toBeGreaterThan(100);
  });

  it.each([...FIELDS.map(({ path }) => path), ...Object.keys(BRANCHES)])(
    'refuses every wrong value of %s that the reader refuses',
    (path) => {
      const refused = WRONG.map((value) => {
        const raw = structuredClone(article()) as Record<string, unknown>;
        put(raw, path, value);
        const problems = shapeProblems(raw);
        if (problems.length > 0) expect([value, problems, complaints(raw)]).not.toContainEqual([]);
        return problems.length > 0;
      });
      expect(refused).toContain(true);
    },
  );

  it('refuses every member the reader does not know, wherever it stands, unless it is empty', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('', ...Object.keys(BRANCHES)),
        fc.constantFrom(
          'stranger',
          'State',
          'constructor',
          'conditions.users',
          'a@odata.type',
          '#x',
          'id',
          'isEnabled',
        ),
        anyJson,
        (path, name, value) => {
          const raw = structuredClone(article()) as Record<string, unknown>;
          if (path !== '' && (at(raw, path) ?? null) === null) put(raw, path, {});
          const holder = (path === '' ? raw : at(raw, path)) as Record<string, unknown>;
          holder[name] = value;
          if (shapeProblems(raw).length > 0) expect(complaints(raw)).not.toEqual([]);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it.each([
    ...[...BETA_ONLY].map((path): [string, unknown] => [path, { some: 'value' }]),
    ...['__proto__', 'conditions.__proto__'].map((path): [string, unknown] => [path, {}]),
    ['caretaker', null],
    ['caretaker', { contingency: 'yes' }],
    ['caretaker', { whenTightened: 'keep' }],
    ['caretaker', { contingencies: true }],
    ['$schema', {}],
  ])('refuses %s as %j, as the reader does', (path, value) => {
    const name = path.split('.').at(-1) ?? '';
    const raw = structuredClone(article()) as Record<string, unknown>;
    const parent = path.slice(0, -name.length - 1);
    if (parent !== '') put(raw, parent, { ...(at(raw, parent) as object | undefined) });
    const holder = (parent === '' ? raw : at(raw, parent)) as Record<string, unknown>;
    Object.defineProperty(holder, name, { value, enumerable: true });

    expect(shapeProblems(raw)).not.toEqual([]);
    expect(complaints(raw)).not.toEqual([]);
  });

  it('refuses a policy for emergencies that is on, in any letters', () => {
    for (const state of ['enabled', 'Enabled']) {
      const raw = article({ state, caretaker: { contingency: true } });
      expect([shapeProblems(raw), complaints(raw)]).not.toContainEqual([]);
    }
    const off = article({ state: 'disabled', caretaker: { contingency: true, whenTightened: 'hold' } });
    expect([...shapeProblems(off), ...complaints(off)]).toEqual([]);
  });

  it('explains every member and every word, and all that the service asks', () => {
    const schema = desiredSchema();
    for (const path of [
      ...FIELD_BY_PATH.keys(),
      ...Object.keys(BRANCHES),
      ...READ_ONLY,
      'caretaker',
      '$schema',
    ])
      expect([path, String(memberOf(schema, path)?.description).length > 10]).toEqual([path, true]);
    for (const word of words(schema)) expect([word.const, word.description]).not.toContain(undefined);
    const pages = [JSON.stringify(schema), fieldsPage()];
    for (const { path, mend } of SERVICE_RULES) {
      expect(rulesAt(path)).toContainEqual(expect.stringContaining(mend));
      for (const page of pages)
        expect(page).toContain(page.startsWith('{') ? JSON.stringify(mend).slice(1, -1) : mend);
    }
  });

  it.each([
    ['baselines', '../schema/desired.schema.json'],
    ['baselines/ready', '../../schema/desired.schema.json'],
  ])('is named by each file in %s, where it is', (place, reference) => {
    const folder = resolve(import.meta.dirname, '..', place);
    const names = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'parameters.json');
    expect(names).not.toEqual([]);
    for (const name of names) {
      const baseline = JSON.parse(readFileSync(resolve(folder, name), 'utf8')) as { $schema: string };
      expect([name, baseline.$schema]).toEqual([name, reference]);
      expect([name, complaints(baseline)]).toEqual([name, []]);
    }
  });

  it.skipIf(CORPUS === undefined)(
    'agrees with the reader about public policies (skipped without CA_CORPUS)',
    () => {
      let files = 0;
      for (const { name, text } of corpusFiles('policies')) {
        const parsed = parseDesired(text);
        if (!parsed.ok && parsed.problems.some(({ kind }) => kind === 'notJson')) continue;
        files += 1;
        const raw: unknown = JSON.parse(text);
        expect([name, complaints(raw).length > 0, complaints(raw)]).toEqual([
          name,
          shapeProblems(raw).length > 0,
          expect.anything(),
        ]);
      }
      expect(files).toBeGreaterThan(300);
    },
  );
});

describe('the schema of parameters', () => {
  it('admits what the reader admits, and nothing else', () => {
    const names = fc.constantFrom(
      'a',
      'pilots',
      'breakGlassUsers',
      'BreakGlassUsers',
      'a-b',
      '',
      '@a',
      'a1',
      '1a',
    );
    const values = fc.oneof(
      fc.constantFrom<unknown>(
        ...IDS,
        null,
        '',
        [],
        'All',
        '@a',
        '00000000-0000-0000-0000-000000000000',
        5,
        {},
      ),
      fc.array(fc.constantFrom<unknown>(...IDS, 'All', null, ''), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(fc.dictionary(names, values, { noNullPrototype: true }), (raw) => {
        const { problems } = readParameters(JSON.stringify(raw));
        fc.pre(problems.every(({ kind }) => kind !== 'duplicateKey'));

        expect(admitsParameters(raw)).toBe(problems.length === 0);
      }),
      { numRuns: 1000 },
    );
  });
});

async function shownFor(
  raw: RawPolicy,
  struck: readonly Spelling[],
  seed: number,
): Promise<JsonObject | undefined> {
  const wanted = canonical(raw);
  const strength = wanted['grantControls.authenticationStrength.id'];
  const strengths = typeof strength === 'string' ? [{ id: strength, displayName: 'A strength of ours' }] : [];
  const tenant = createTenant({ unlistedLocations: 'any', strengths, seed });
  const path = '/v1.0/identity/conditionalAccess/policies';
  const headers = { 'content-type': 'application/json', prefer: 'include-unknown-enum-members' };
  const made = await tenant.handle({
    method: 'POST',
    path,
    headers,
    body: JSON.stringify(createBody(wanted)),
  });
  if (typeof made === 'string' || made.status !== 201) return undefined;
  for (const spelling of struck) tenant.arm(spelling);
  const { id } = JSON.parse(made.body ?? '{}') as { id: string };
  const shown = await tenant.handle({ method: 'GET', path: `${path}/${id}`, headers, body: undefined });
  if (typeof shown === 'string') throw new Error(shown);
  return JSON.parse(shown.body ?? '{}') as JsonObject;
}

function memberOf(schema: JsonSchema, path: string): JsonSchema | undefined {
  return path
    .split('.')
    .reduce<JsonSchema | undefined>(
      (found, name) => (found?.properties as Record<string, JsonSchema> | undefined)?.[name],
      schema,
    );
}

/** Every word an editor offers. */
function* words(schema: unknown): Generator<JsonSchema> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [keyword, part] of Object.entries(schema)) {
    if (keyword === 'anyOf')
      yield* (part as JsonSchema[]).filter((one) => 'const' in one && one.const !== false);
    if (keyword !== 'not') yield* words(part);
  }
}
