import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  desiredKeys,
  journalKeys,
  type KeyRange,
  newRunId,
  runKeys,
  runStartMs,
} from '../../src/lib/storage/keys.ts';

const MS_2100 = 4_102_444_800_000;
const instants = fc.integer({ min: 0, max: MS_2100 });
const within = (key: string, range: KeyRange | undefined) =>
  range !== undefined && key >= range.from && key < range.to;

describe('names of runs', () => {
  it('say when the run began', () => {
    const runId = newRunId(Date.UTC(2026, 10, 24, 8, 24, 13, 123), '7F3A9C01-0000-4000-8000-000000000000');

    expect(runId).toBe('20261124T082413123Z-7f3a9c01');
    expect(runStartMs(runId)).toBe(Date.UTC(2026, 10, 24, 8, 24, 13, 123));
  });

  it('give their start back, whatever it was', () => {
    fc.assert(
      fc.property(instants, fc.uuid(), (startMs, uuid) => {
        expect(runStartMs(newRunId(startMs, uuid))).toBe(startMs);
      }),
    );
  });

  it.each([
    '',
    'run-1',
    '20261124T082413123Z',
    '20261324T082413123Z-7f3a9c01',
    '20261124T082413123Z-7f3a9c01 ',
    '20261124T082413123Z-7F3A9C01',
    "20261124T082413123Z-7f3a9c0'",
  ])('are not %j', (text) => {
    expect(runStartMs(text)).toBeUndefined();
    expect(runKeys.run(text)).toBeUndefined();
  });
});

describe('row keys', () => {
  it('put later runs first and later journal entries last', () => {
    fc.assert(
      fc.property(instants, instants, fc.uuid(), fc.uuid(), (a, b, uuidA, uuidB) => {
        fc.pre(a < b);
        const [runA, runB] = [newRunId(a, uuidA), newRunId(b, uuidB)];

        expect(String(runKeys.run(runB)) < String(runKeys.run(runA))).toBe(true);
        expect(journalKeys.entry(a, runB, 9) < journalKeys.entry(b, runA, 1)).toBe(true);
      }),
    );
  });

  it('find a run’s entries from its name, and what is older than a cut-off and nothing else', () => {
    fc.assert(
      fc.property(
        instants,
        fc.nat({ max: 3_600_000 }),
        instants,
        fc.uuid(),
        (startMs, laterMs, cutMs, uuid) => {
          const runId = newRunId(startMs, uuid);
          const entry = journalKeys.entry(startMs + laterMs, runId, 1);

          expect(within(entry, journalKeys.ofRun(runId))).toBe(true);
          expect(within(entry, journalKeys.before(cutMs))).toBe(startMs + laterMs < cutMs);
          expect(within(String(runKeys.run(runId)), runKeys.all)).toBe(true);
          expect(within(String(runKeys.run(runId)), runKeys.before(cutMs))).toBe(startMs < cutMs);
        },
      ),
    );
  });

  it('keep the versions of one policy together and apart from all others', () => {
    const names = fc.stringMatching(/^[a-z0-9-]{1,64}$/);
    fc.assert(
      fc.property(names, names, fc.integer({ min: 1, max: 2 ** 31 - 1 }), (key, other, version) => {
        const row = desiredKeys.version(key, version);

        expect(within(row, desiredKeys.versionsOf(other))).toBe(key === other);
        expect(within(row, desiredKeys.heads)).toBe(false);
        expect(within(desiredKeys.head(key), desiredKeys.heads)).toBe(true);
        expect(desiredKeys.ofHead(desiredKeys.head(key))).toBe(key);
      }),
    );
  });
});
