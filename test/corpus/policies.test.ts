import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { createTenant, type JsonObject } from '../../sandbox/tenant/index.ts';
import { parseDesired } from '../../src/lib/desired.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { FIELDS, type Field } from '../../src/lib/policy/fields.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { createBody } from '../../src/lib/policy/render.ts';
import { at, put } from '../laws/generators.ts';
import { CORPUS, corpusFiles, ERROR_KINDS } from './corpus.ts';

/** What becomes of each public file; `UPDATE=1` writes it anew. */
const TABLE = new URL('./policies.json', import.meta.url);

const ROUND_TRIPS = 'round-trips';

/** Sends the policy to a tenant and compares what the tenant then shows with what was meant. */
async function verdict(text: string): Promise<string> {
  const parsed = parseDesired(text);
  if (!parsed.ok) {
    const kinds = new Set(parsed.problems.map(({ kind }) => ERROR_KINDS[kind]));
    // A service rule counts where it is all that is wrong.
    if (kinds.size > 1) kinds.delete(ERROR_KINDS.serviceRule);
    return [...kinds].sort()[0] as string;
  }
  const wanted = canonical(parsed.document.raw);
  const strength = wanted['grantControls.authenticationStrength.id'];
  const tenant = createTenant({
    unlistedLocations: 'any',
    ...(typeof strength === 'string' && !strength.startsWith('00000000')
      ? { strengths: [{ id: strength, displayName: 'custom' }] }
      : {}),
  });
  const answer = await tenant.handle({
    method: 'POST',
    path: '/v1.0/identity/conditionalAccess/policies',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(createBody(wanted)),
  });
  if (answer === 'reset' || answer === 'hang') return answer;
  // Policies with a retired control exist in tenants, and can be neither made nor edited any more.
  if (answer.body?.includes('is retired') === true) return ERROR_KINDS.serviceRule;
  if (answer.status !== 201) return `refused: ${answer.body}`;
  const drifts = fieldDrifts(wanted, canonical(tenant.truth()[0] as JsonObject));
  return drifts.length === 0 ? ROUND_TRIPS : `drifts: ${drifts.map(({ path }) => path).join(', ')}`;
}

describe.skipIf(CORPUS === undefined)('public policies (skipped without CA_CORPUS)', () => {
  const files = corpusFiles('policies');

  it('each round-trip, or fail in a way that is known and allowed', async () => {
    const verdicts: Record<string, string> = {};
    for (const { name, text } of files) verdicts[name] = await verdict(text);
    if (process.env.UPDATE === '1') writeFileSync(TABLE, `${JSON.stringify(verdicts, null, 2)}\n`);

    expect(verdicts).toEqual(JSON.parse(existsSync(TABLE) ? readFileSync(TABLE, 'utf8') : '{}'));
    expect(
      Object.values(verdicts).filter(
        (said) => said !== ROUND_TRIPS && !Object.values(ERROR_KINDS).includes(said),
      ),
    ).toEqual([]);
    const inShape = Object.values(verdicts).filter(
      (said) => said === ROUND_TRIPS || said === ERROR_KINDS.serviceRule,
    );
    expect(inShape.filter((said) => said === ROUND_TRIPS).length / inShape.length).toBeGreaterThanOrEqual(
      0.95,
    );
  });

  it('show no drift between a file and the policy a tenant would make of it, read as Graph’s answer', () => {
    for (const { name, text } of files) {
      const parsed = parseDesired(text);
      if (!parsed.ok) continue;
      const live = JSON.parse(text) as RawPolicy;
      expect([name, fieldDrifts(canonical(parsed.document.raw), canonical(live))]).toEqual([name, []]);
    }
  });

  it('show every mutation of every leaf that changes what they say', () => {
    let mutants = 0;
    for (const { name, text } of files) {
      const parsed = parseDesired(text);
      if (!parsed.ok) continue;
      const wanted = canonical(parsed.document.raw);
      for (const field of FIELDS) {
        for (const value of otherValues(field, wanted[field.path], parsed.document.raw)) {
          const mutant = structuredClone(parsed.document.raw) as Record<string, unknown>;
          put(mutant, field.path, value);
          mutants += 1;
          expect([name, field.path, value, fieldDrifts(wanted, canonical(mutant)).length > 0]).toEqual([
            name,
            field.path,
            value,
            true,
          ]);
        }
      }
    }
    expect(mutants).toBeGreaterThan(10_000);
  });
});

const STRANGER = 'deadbeef-0000-4000-8000-000000000000';

/** Values that say something else than the policy does. Leaves of a control or filter that is off say nothing. */
function otherValues({ path, kind }: Field, canonicalValue: unknown, raw: RawPolicy): unknown[] {
  const value = at(raw, path);
  const parent = path.split('.').slice(0, -1).join('.');
  const isOff = parent.startsWith('sessionControls.') && at(raw, `${parent}.isEnabled`) !== true;
  switch (kind.name) {
    case 'text':
      if (path.endsWith('.id')) return [STRANGER];
      return path.endsWith('.rule') && (value === null || value === undefined)
        ? ['device.isCompliant -eq True']
        : ['changed by hand'];
    case 'flag':
      return [canonicalValue !== true];
    case 'count':
      return isOff || canonicalValue === null ? [] : [Number(value) + 1];
    case 'choice':
      return isOff || canonicalValue === null ? [] : choices(path, kind.values ?? [], canonicalValue, raw);
    case 'set': {
      const list = (Array.isArray(value) ? value : canonicalValue) as string[];
      if (path.endsWith('externalTenants.members')) return [];
      const extra = path.endsWith('includeUserActions')
        ? 'urn:user:registerdevice'
        : path.endsWith('ClassReferences')
          ? 'c42'
          : kind.ids === true
            ? STRANGER
            : kind.values?.find((member) => !list.includes(member));
      const added = extra === undefined || list.includes(extra) ? [] : [[...list, extra]];
      const removed = list
        .filter((member) => member !== 'None')
        .map((member) => list.filter((other) => other !== member));
      const isNothingLess = path === 'conditions.clientAppTypes' && list.length === 1 && list[0] === 'all';
      return [...added, ...(isNothingLess ? [] : removed)];
    }
    case 'flags': {
      const flags = (canonicalValue ?? []) as string[];
      const missing = kind.values?.find((member) => !flags.includes(member));
      return [
        ...(missing === undefined ? [] : [[...flags, missing].join(',')]),
        ...(flags.length === 0 || at(raw, path) === undefined ? [] : ['none']),
      ];
    }
  }
}

function choices(path: string, values: readonly string[], canonicalValue: unknown, raw: RawPolicy): string[] {
  // One control means OR whatever is said, and a frequency by time needs more than this one leaf.
  if (path === 'grantControls.operator')
    return controlCount(raw) > 1 ? values.filter((value) => value !== canonicalValue) : [];
  if (path.endsWith('membershipKind') && at(raw, path) === undefined) return [];
  if (path.endsWith('membershipKind') && canonicalValue === 'all' && hasGuestKeyword(raw)) return [];
  if (path.endsWith('frequencyInterval') && at(raw, 'sessionControls.signInFrequency.isEnabled') !== true)
    return [];
  return values.filter((value) => value !== canonicalValue);
}

function hasGuestKeyword(raw: RawPolicy): boolean {
  return JSON.stringify(at(raw, 'conditions.users') ?? {}).includes('"GuestsOrExternalUsers"');
}

function controlCount(raw: RawPolicy): number {
  const {
    builtInControls = [],
    termsOfUse = [],
    customAuthenticationFactors = [],
    authenticationStrength = null,
  } = (raw.grantControls ?? {}) as Record<string, string[] | null>;
  return [builtInControls, termsOfUse, customAuthenticationFactors].reduce(
    (sum, list) => sum + new Set(list ?? []).size,
    authenticationStrength === null ? 0 : 1,
  );
}
