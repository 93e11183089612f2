import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linesOf } from '../../src/lib/telemetry/lines.ts';

const envelope = { event: 'DriftDetected', severity: 'warn', runId: 'r', tenantId: 't' } as const;

it('writes one complete JSON object per line, each under 8 KB, whatever the event holds', () => {
  const field = fc.record({
    path: fc.string(),
    desired: fc.array(fc.string({ maxLength: 60 }), { maxLength: 80 }),
    observed: fc.string({ maxLength: 12_000 }),
  });
  fc.assert(
    fc.property(fc.array(field, { maxLength: 40 }), fc.string({ maxLength: 20_000 }), (fields, reason) => {
      for (const line of linesOf({ ...envelope, facts: { fields, reason } })) {
        expect(Buffer.byteLength(line)).toBeLessThan(8 * 1024);
        expect(line).not.toContain('\n');
        expect(JSON.parse(line)).toMatchObject({
          event: 'DriftDetected',
          schema: 1,
          runId: 'r',
          tenantId: 't',
        });
      }
    }),
    { numRuns: 150 },
  );
});

it('loses no field when it splits a long drift', () => {
  const fields = Array.from({ length: 60 }, (_, n) => ({
    path: `conditions.users.field${n}`,
    observed: 'x'.repeat(300),
  }));

  const lines = linesOf({ ...envelope, facts: { key: 'k', fields } }).map(
    (line) => JSON.parse(line) as { fields: unknown[]; part: number; parts: number; key: string },
  );

  expect(lines.length).toBeGreaterThan(1);
  expect(lines.flatMap((line) => line.fields)).toEqual(fields);
  expect(lines.map(({ part, parts, key }) => [part, parts, key])).toEqual(
    lines.map((_, index) => [index + 1, lines.length, 'k']),
  );
});
