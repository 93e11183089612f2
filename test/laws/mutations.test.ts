import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { FIELDS, type Field } from '../../src/lib/policy/fields.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { at, put } from './generators.ts';

/**
 * Every mutation of every leaf that we call equivalent is in the committed list, for people to review: each line is a
 * change in the tenant that will never be seen as drift. `UPDATE=1` writes it anew.
 */
const LIST = new URL('./equivalent-mutations.json', import.meta.url);

const ID = 'abcdef01-0000-4000-8000-000000000001';
const OTHER = 'abcdef02-0000-4000-8000-000000000002';

/** One policy in which everything is configured, one in which nothing is, one with what the service adds by itself. */
const BASES: Readonly<Record<string, RawPolicy>> = {
  everything: everything(),
  nothing: { displayName: 'x', state: 'enabled', conditions: {} },
  remediation: {
    displayName: 'x',
    state: 'enabled',
    grantControls: {
      operator: 'AND',
      builtInControls: ['riskRemediation'],
      authenticationStrength: { id: '00000000-0000-0000-0000-000000000002' },
    },
    sessionControls: {
      signInFrequency: {
        isEnabled: true,
        type: null,
        value: null,
        authenticationType: 'primaryAndSecondaryAuthentication',
        frequencyInterval: 'everyTime',
      },
    },
  },
};

function everything(): RawPolicy {
  const raw: Record<string, unknown> = {};
  for (const field of FIELDS) put(raw, field.path, configured(field));
  return raw;
}

function configured({ path, kind }: Field): unknown {
  switch (kind.name) {
    case 'text':
      return path.endsWith('.id') ? ID : 'a -eq "b"';
    case 'flag':
      return true;
    case 'count':
      return 4;
    case 'choice':
      return path.endsWith('frequencyInterval')
        ? 'timeBased'
        : path.endsWith('membershipKind')
          ? 'enumerated'
          : kind.values?.[0];
    case 'set':
      return members({ path, kind } as Field);
    case 'flags':
      return kind.values?.slice(0, 2).join(',');
  }
}

function members({ path, kind }: Field): string[] {
  if (path.endsWith('includeUserActions')) return ['urn:user:registersecurityinfo'];
  if (path.endsWith('ClassReferences')) return ['c1'];
  if (path.endsWith('customAuthenticationFactors')) return ['RequireDuo'];
  return kind.ids === true ? [ID] : [...(kind.values ?? []).filter((value) => value !== 'all')].slice(0, 1);
}

/** What can be done to one leaf. */
function mutations(field: Field, value: unknown): readonly unknown[] {
  const { kind } = field;
  const common = [undefined, null];
  switch (kind.name) {
    case 'text':
      return [...common, '', 'something else', typeof value === 'string' ? value.toUpperCase() : 'X'];
    case 'flag':
      return [...common, true, false];
    case 'count':
      return [...common, 0, 1, 5];
    case 'choice':
      return [
        ...common,
        ...(kind.values ?? []),
        ...(kind.values ?? []).map((member) => member.toUpperCase()),
      ];
    case 'set': {
      const list = Array.isArray(value) ? value : [];
      const singles = [...(kind.values ?? []), ...(kind.ids === true ? [OTHER] : [])];
      return [
        ...common,
        [],
        [...list, ...list],
        list.map((member) => member.toUpperCase()),
        ...singles.flatMap((member) => [[member], [...list, member]]),
      ];
    }
    case 'flags':
      return [
        ...common,
        '',
        'none',
        ...(kind.values ?? []),
        kind.values?.join(','),
        kind.values?.toReversed().join(', '),
        kind.values?.join(',').toUpperCase(),
        [...(kind.values ?? [])],
      ];
  }
}

function describeValue(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}

it('calls equivalent what the committed list says, and nothing else', () => {
  const equivalent = Object.entries(BASES).flatMap(([base, raw]) =>
    FIELDS.filter(({ object }) => base !== 'remediation' || /Controls$/.test(object)).flatMap((field) => {
      const value = at(raw, field.path);
      const quiet = mutations(field, value).filter((mutant) => {
        if (JSON.stringify(mutant) === JSON.stringify(value)) return false;
        const changed = structuredClone(raw) as Record<string, unknown>;
        put(changed, field.path, mutant);
        return fieldDrifts(canonical(raw), canonical(changed)).length === 0;
      });
      return quiet.map(
        (mutant) => `${base}: ${field.path}: ${describeValue(value)} = ${describeValue(mutant)}`,
      );
    }),
  );
  const lines = [...new Set(equivalent)];
  const text = `${JSON.stringify(lines, null, 2)}\n`;
  if (process.env.UPDATE === '1') writeFileSync(LIST, text);

  expect(lines).toEqual(JSON.parse(readFileSync(LIST, 'utf8')));
});

it('names the leaf, or its neighbour in the same object, for every other mutation', () => {
  for (const raw of Object.values(BASES)) {
    for (const field of FIELDS) {
      for (const mutant of mutations(field, at(raw, field.path))) {
        const changed = structuredClone(raw) as Record<string, unknown>;
        put(changed, field.path, mutant);
        const drifts = fieldDrifts(canonical(raw), canonical(changed));
        const elsewhere = drifts.filter(({ object }) => object !== field.object && !isAdded(field, object));
        expect([field.path, mutant, elsewhere]).toEqual([field.path, mutant, []]);
      }
    }
  }
});

/** The service switches a session control on beside `riskRemediation`, so that grant's neighbour is another object. */
function isAdded(field: Field, object: string): boolean {
  return field.object === 'grantControls' && object === 'sessionControls';
}
