import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { freezeOf, REASON_LENGTH_MAX, reasonProblems } from '../src/lib/acts.ts';
import { readEnd, renderDuration } from '../src/lib/durations.ts';

const NOW = Date.UTC(2026, 10, 24, 12);

describe('an end', () => {
  it.each([
    ['30m', NOW + 30 * 60_000],
    ['2h', NOW + 2 * 3_600_000],
    ['3D', NOW + 3 * 86_400_000],
    ['0m', NOW],
    ['2026-11-24T18:00:00Z', Date.UTC(2026, 10, 24, 18)],
    ['2026-11-24T18:00Z', Date.UTC(2026, 10, 24, 18)],
    ['2026-11-24T18:00:00.5+01:00', Date.UTC(2026, 10, 24, 17, 0, 0, 500)],
  ])('is %s', (text, endMs) => {
    expect(readEnd(text, NOW)).toBe(endMs);
  });

  it.each([
    '',
    'soon',
    '2',
    'h',
    '2 hours',
    '-2h',
    '1.5h',
    '2026-11-24',
    '2026-11-24T18:00:00',
    '2026-13-01T00:00:00Z',
  ])('is not %j: nobody knows when that is', (text) => {
    expect(readEnd(text, NOW)).toBeUndefined();
  });
});

describe('a length of time', () => {
  it.each([
    [-5, '0 s'],
    [0, '0 s'],
    [59_999, '59 s'],
    [60_000, '1 min'],
    [3_599_999, '59 min'],
    [3_600_000, '1 h'],
    [47 * 3_600_000, '47 h'],
    [48 * 3_600_000, '2 d'],
    [100 * 86_400_000, '100 d'],
  ])('of %i ms is %s', (ms, text) => {
    expect(renderDuration(ms)).toBe(text);
  });
});

describe('a reason', () => {
  it('is a sentence of bounded length', () => {
    expect(reasonProblems('x'.repeat(REASON_LENGTH_MAX))).toEqual([]);
    for (const none of [undefined, null, '', ' \n', 7, {}, 'x'.repeat(REASON_LENGTH_MAX + 1)])
      expect(reasonProblems(none)).toHaveLength(1);
  });
});

describe('a freeze', () => {
  it('lasts until its end, or until somebody ends it', () => {
    const since = new Date(NOW).toISOString();

    expect(freezeOf({ reason: ' why ', until: '2h' }, 'ada', NOW)).toEqual({
      ok: true,
      freeze: { reason: 'why', by: 'ada', since, until: '2026-11-24T14:00:00.000Z' },
    });
    for (const until of [undefined, null])
      expect(freezeOf({ reason: 'why', until }, 'ada', NOW)).toMatchObject({ freeze: { until: null } });
  });

  it('names every problem, and never ends before it begins, whatever it is given', () => {
    expect(freezeOf({ until: '0m' }, 'ada', NOW)).toMatchObject({ ok: false, problems: { length: 2 } });
    fc.assert(
      fc.property(fc.anything(), fc.oneof(fc.anything(), fc.string()), (reason, until) => {
        const asked = freezeOf({ reason, until }, 'ada', NOW);
        if (asked.ok && asked.freeze.until !== null)
          expect(Date.parse(asked.freeze.until)).toBeGreaterThan(NOW);
        if (!asked.ok) expect(asked.problems.length).toBeGreaterThan(0);
      }),
    );
  });
});
