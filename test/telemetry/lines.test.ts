import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { TelemetryEvent } from '../../src/lib/telemetry/events.ts';
import { linesOf } from '../../src/lib/telemetry/lines.ts';

const ENVELOPE = {
  event: 'DriftDetected',
  severity: 'warn',
  runId: '2026-11-24T09-00-00.000Z-0001',
  tenantId: '11111111-2222-4333-8444-555555555555',
} as const;

function parsed(facts: TelemetryEvent['facts']): Record<string, unknown>[] {
  return linesOf({ ...ENVELOPE, facts }).map((line) => JSON.parse(line));
}

/** Texts of up to some kilobytes; letters that take four bytes and ones that JSON has to escape included. */
const text = fc.oneof(
  fc.string(),
  fc
    .tuple(fc.constantFrom('x', '€', '🔒', '\\', '\u0001'), fc.nat({ max: 4000 }))
    .map(([c, n]) => c.repeat(n)),
);
const facts = fc.dictionary(
  fc.constantFrom('fields', 'findings', 'detail', 'error', 'key'),
  fc.oneof(
    text,
    fc.array(text, { maxLength: 40 }),
    fc.array(fc.record({ path: text, desired: fc.array(text, { maxLength: 40 }), observed: text }), {
      maxLength: 20,
    }),
  ),
);

describe('a line of telemetry', () => {
  it('stays under 8 KB whatever it has to say, and is JSON that names event, run and tenant', () => {
    fc.assert(
      fc.property(facts, (said) => {
        for (const line of linesOf({ ...ENVELOPE, facts: said })) {
          expect(Buffer.byteLength(line)).toBeLessThan(8 * 1024);
          const { event, runId, tenantId } = ENVELOPE;
          expect(JSON.parse(line)).toMatchObject({ event, runId, tenantId, schema: 1 });
          expect(line).not.toContain('\n');
        }
      }),
      { numRuns: 150, endOnFailure: true },
    );
  });

  it('is one line for an event of ordinary size', () => {
    expect(parsed({ key: 'require-mfa', fields: [] })).toEqual([
      {
        event: 'DriftDetected',
        schema: 1,
        runId: ENVELOPE.runId,
        tenantId: ENVELOPE.tenantId,
        key: 'require-mfa',
        fields: [],
      },
    ]);
  });

  it('loses nothing when a long drift is split', () => {
    const field = fc.record({
      // What looks like a mail address or a quotation is blotted out, which the tests below promise.
      path: fc.string({ maxLength: 80 }).map((path) => path.replaceAll(/[@"]/g, '')),
      desired: fc.array(fc.uuid(), { maxLength: 30 }),
      observed: fc.array(fc.uuid(), { maxLength: 30 }),
    });
    fc.assert(
      fc.property(fc.array(field, { maxLength: 60 }), (fields) => {
        const lines = parsed({ key: 'require-mfa', fields });

        expect(lines.flatMap((line) => line.fields)).toEqual(fields);
        expect(lines.every(({ key }) => key === 'require-mfa')).toBe(true);
        if (lines.length > 1) {
          expect(lines.map(({ part, parts }) => [part, parts])).toEqual(
            lines.map((_, index) => [index + 1, lines.length]),
          );
        }
      }),
      { numRuns: 100 },
    );
  });

  it('says that a value was cut which fits into no line', () => {
    const [line, ...others] = parsed({ detail: 'x'.repeat(20_000) });

    expect(others).toEqual([]);
    expect(line?.detail).toContain('(20000 characters)');
  });

  it('is one for a run that completed, however much there is to say', () => {
    const identities = Array.from({ length: 300 }, (_, n) => ({
      id: `b0000000-0000-4000-8000-${n}`,
      health: 'ok',
    }));

    const lines = linesOf({
      ...ENVELOPE,
      event: 'RunCompleted',
      facts: { status: 'inSync', protected: identities },
    });

    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ event: 'RunCompleted', status: 'inSync' });
  });

  it('carries no mail address and no token, wherever somebody put them', () => {
    const [line = ''] = linesOf({
      ...ENVELOPE,
      facts: {
        displayName: 'Block but for alice.smith@contoso.example',
        fields: [{ observed: ['nobody but bob@contoso.example', 'eyJhbGciOiJIUzI1NiJ9.eyJvIjoxfQ.x'] }],
      },
    });

    expect(line).not.toMatch(/contoso|eyJ/);
    expect(JSON.parse(line)).toMatchObject({
      displayName: 'Block but for [mail address]',
      fields: [{ observed: ['nobody but [mail address]', '[token]'] }],
    });
  });

  it('carries nothing that is quoted from somebody else, however many quotes they wrote themselves', () => {
    const before = 'status 403 Forbidden,';
    const after = '. The managed identity needs the application permission Policy.Read.All.';
    fc.assert(
      fc.property(fc.array(fc.constantFrom('Ada', '"', ' ', '\\"'), { maxLength: 9 }), (words) => {
        const [line] = parsed({ error: { message: `${before} "${words.join('')}"${after}` } });

        expect(JSON.stringify(line)).not.toContain('Ada');
        expect(JSON.stringify(line)).toContain(before);
      }),
    );
    expect(parsed({ detail: `${before} "a "b" c"${after}` })).toMatchObject([
      { detail: `${before} "…"${after}` },
    ]);
  });

  it('is made in no time of a word without an end', () => {
    const word = 'a.'.repeat(200_000);

    expect(linesOf({ ...ENVELOPE, facts: { word, mail: `${word}@${word}` } })).toHaveLength(1);
  });
});
