import type { Answer, Call } from './call.ts';

export type Retry = { readonly again: false } | { readonly again: true; readonly afterMs: number };

/** How long an unanswered call is worth repeating. */
export interface Patience {
  /** Attempts in all, the first one included. */
  readonly attemptsMax: number;
  /** From the first attempt on, waits included. */
  readonly elapsedMaxMs: number;
  /** First wait after a 429 without Retry-After; doubles with every attempt. */
  readonly throttledMs: number;
  /** First wait after any other trouble; doubles with every attempt. */
  readonly faultyMs: number;
}

/**
 * Waits are multiples of the pacing interval, so that 1,100 ms gives the 5, 10, 20 s that a real tenant needs, and a
 * sandbox that is paced in milliseconds also backs off in milliseconds.
 */
export function patienceAt(intervalMs: number): Patience {
  const faultyMs = Math.max(intervalMs, 10);
  return { attemptsMax: 6, elapsedMaxMs: 120_000, throttledMs: 4.5 * faultyMs, faultyMs };
}

/**
 * Whether to send a call once more, and when. A read is repeated whenever later may be better. A write is repeated
 * only when it certainly did not happen: it was throttled, or it never left. A 503 to a write is not certain.
 *
 * Conditional Access throttles without Retry-After (Microsoft Graph, throttling limits), hence the waits of our own.
 *
 * @param attempt number of the attempt that gave this answer, from 1
 * @param jitter from 0 up to 1; lengthens a wait of our own by up to a quarter, never shortens one
 * @param leftMs time until nothing may be started any more; a wait that would reach it is not begun
 */
export function retryAfter(
  effect: Call['effect'],
  answer: Answer,
  attempt: number,
  jitter: number,
  patience: Patience,
  leftMs: number,
): Retry {
  const cause = trouble(answer);
  if (cause === 'none' || (effect === 'write' && cause === 'uncertain')) return { again: false };
  if (attempt >= patience.attemptsMax) return { again: false };
  const afterMs = askedFor(answer) ?? backoff(cause, attempt, jitter, patience);
  return afterMs < leftMs ? { again: true, afterMs } : { again: false };
}

type Trouble = 'none' | 'throttled' | 'unsent' | 'uncertain';

function trouble(answer: Answer): Trouble {
  switch (answer.kind) {
    case 'unsent':
      return 'unsent';
    case 'lost':
    case 'timeout':
      return 'uncertain';
    case 'success':
      return 'none';
    case 'refusal':
      return troubleOfStatus(answer.status);
    case 'unreadable':
      return answer.status === 429 ? 'throttled' : refusesUs(answer.status) ? 'none' : 'uncertain';
  }
}

function troubleOfStatus(status: number): Trouble {
  if (status === 429) return 'throttled';
  // 501 and 505 say what the service can do, not how it feels.
  const passing = status === 408 || (status >= 500 && status !== 501 && status !== 505);
  return passing ? 'uncertain' : 'none';
}

function refusesUs(status: number): boolean {
  return status === 401 || status === 403;
}

function askedFor(answer: Answer): number | null {
  return 'retryAfterMs' in answer ? answer.retryAfterMs : null;
}

function backoff(cause: Trouble, attempt: number, jitter: number, patience: Patience): number {
  const firstMs = cause === 'throttled' ? patience.throttledMs : patience.faultyMs;
  return firstMs * 2 ** Math.min(attempt - 1, 3) * (1 + jitter / 4);
}

/**
 * Reads the header Retry-After: whole seconds or an HTTP date.
 * @returns milliseconds from now, never below 0; null when the header is absent or makes no sense
 */
export function readRetryAfter(header: string | null, now: number): number | null {
  const value = header?.trim() ?? '';
  if (/^\d{1,6}$/.test(value)) return Number(value) * 1000;
  const date = /^[A-Za-z]{3},/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? null : Math.max(0, date - now);
}
