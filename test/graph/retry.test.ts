import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Answer } from '../../src/lib/graph/call.ts';
import { patienceAt, readRetryAfter, retryAfter } from '../../src/lib/graph/retry.ts';

const clientRequestId = 'c';
const patience = patienceAt(1100);
const plenty = 600_000;

function refusal(status: number, retryAfterMs: number | null = null): Answer {
  return { kind: 'refusal', status, body: undefined, requestId: null, retryAfterMs, clientRequestId };
}

function unreadable(status: number): Answer {
  return { kind: 'unreadable', status, reason: 'HTML', requestId: null, retryAfterMs: null, clientRequestId };
}

const success: Answer = { ...refusal(200), kind: 'success', body: {} } as Answer;
const timeout: Answer = { kind: 'timeout', afterMs: 30_000, clientRequestId };
const lost: Answer = { kind: 'lost', reason: 'ECONNRESET', clientRequestId };
const unsent: Answer = { kind: 'unsent', reason: 'ECONNREFUSED', clientRequestId };

/** Name of the answer, the answer, whether a read is repeated, whether a write is. */
const table: readonly (readonly [string, Answer, boolean, boolean])[] = [
  ['200', success, false, false],
  ['302', refusal(302), false, false],
  ['400', refusal(400), false, false],
  ['401', refusal(401), false, false],
  ['403', refusal(403), false, false],
  ['404', refusal(404), false, false],
  ['408', refusal(408), true, false],
  ['409', refusal(409), false, false],
  ['429', refusal(429), true, true],
  ['500', refusal(500), true, false],
  ['501', refusal(501), false, false],
  ['502', refusal(502), true, false],
  ['503', refusal(503), true, false],
  ['503 with Retry-After', refusal(503, 1000), true, false],
  ['504', refusal(504), true, false],
  ['unreadable 200', unreadable(200), true, false],
  ['unreadable 403', unreadable(403), false, false],
  ['unreadable 404', unreadable(404), true, false],
  ['unreadable 429', unreadable(429), true, true],
  ['unreadable 502', unreadable(502), true, false],
  ['timeout', timeout, true, false],
  ['connection lost', lost, true, false],
  ['never sent', unsent, true, true],
];

const again = (effect: 'read' | 'write', answer: Answer) =>
  retryAfter(effect, answer, 1, 0, patience, plenty).again;

describe('retryAfter', () => {
  it.each(table)('%s', (_name, answer, read, write) => {
    const decided = { read: again('read', answer), write: again('write', answer) };

    expect(decided).toEqual({ read, write });
  });

  it('backs off about 5, 10, 20 seconds from a 429 without Retry-After', () => {
    const waits = [1, 2, 3].map((attempt) => retryAfter('write', refusal(429), attempt, 0, patience, plenty));

    expect(waits).toEqual([4950, 9900, 19_800].map((afterMs) => ({ again: true, afterMs })));
  });

  it('backs off in milliseconds where requests are paced in milliseconds', () => {
    const retry = retryAfter('read', refusal(429), 1, 0, patienceAt(20), plenty);

    expect(retry).toEqual({ again: true, afterMs: 90 });
  });

  it('waits as long as Retry-After asks', () => {
    const retry = retryAfter('read', refusal(429, 17_000), 1, 0.9, patience, plenty);

    expect(retry).toEqual({ again: true, afterMs: 17_000 });
  });

  it('gives up after six attempts', () => {
    const retries = [5, 6].map(
      (attempt) => retryAfter('read', refusal(500), attempt, 0, patience, plenty).again,
    );

    expect(retries).toEqual([true, false]);
  });

  it('never begins a wait that would reach the deadline', () => {
    const anything = fc.record({
      answer: fc.constantFrom(...table.map(([, answer]) => answer), refusal(429, 45_000), refusal(503, 0)),
      effect: fc.constantFrom('read' as const, 'write' as const),
      attempt: fc.integer({ min: 1, max: 8 }),
      jitter: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      leftMs: fc.integer({ min: -1000, max: 60_000 }),
    });

    fc.assert(
      fc.property(anything, ({ answer, effect, attempt, jitter, leftMs }) => {
        const retry = retryAfter(effect, answer, attempt, jitter, patience, leftMs);
        return !retry.again || (retry.afterMs >= 0 && retry.afterMs < leftMs);
      }),
    );
  });

  it('lengthens its own waits by chance, by a quarter at most', () => {
    const longest = retryAfter('read', refusal(429), 1, 0.999_999, patience, plenty);

    expect(longest).toEqual({ again: true, afterMs: expect.closeTo(6187.5, 1) });
  });
});

describe('readRetryAfter', () => {
  const now = Date.UTC(2026, 0, 5, 8, 0, 0);

  it.each([
    [null, null],
    ['', null],
    ['soon', null],
    ['-3', null],
    ['1.5', null],
    ['0', 0],
    ['17', 17_000],
    [' 17 ', 17_000],
    ['Mon, 05 Jan 2026 08:00:30 GMT', 30_000],
    ['Mon, 05 Jan 2026 07:00:00 GMT', 0],
    ['Mon, 99 Foo', null],
  ])('%o gives %o ms', (header, expected) => {
    expect(readRetryAfter(header, now)).toBe(expected);
  });
});
