import { Fault } from '../fault.ts';
import type { Clock } from '../ports.ts';
import { type Errand, faultOf, TIMED_OUT } from './faults.ts';

/** Longest wait for one request, its token included. */
const REQUEST_MS_MAX = 15_000;
/** What a request gets even when the run's time is used up, so that the lease is released and the end is recorded. */
const REQUEST_MS_MIN = 5_000;
const ATTEMPTS_MAX = 3;
const FIRST_PAUSE_MS = 300;

/** Whether doing it twice comes to the same as doing it once. */
export type Repeatable = 'repeatable' | 'once';

/** Sends one request, with our own deadline and our own few repeats. Throws nothing but `Fault`. */
export type Call = <T>(
  errand: Errand,
  repeatable: Repeatable,
  send: (signal: AbortSignal) => Promise<T>,
) => Promise<T>;

/** @param deadlineAt milliseconds since 1970 at which the run's time is used up */
export function caller(clock: Clock, deadlineAt: number): Call {
  return async (errand, repeatable, send) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await withDeadline(clock, deadlineAt, errand, send);
      } catch (error) {
        const fault = faultOf(error, errand);
        const retry = retryAfter(fault, attempt, repeatable);
        if (!retry.again || clock.now() + retry.afterMs >= deadlineAt) throw fault;
        await clock.sleep(retry.afterMs);
      }
    }
  };
}

type Retry = { readonly again: false } | { readonly again: true; readonly afterMs: number };

function retryAfter(fault: Fault, attempt: number, repeatable: Repeatable): Retry {
  if (attempt >= ATTEMPTS_MAX) return { again: false };
  const worth =
    fault.kind === 'unavailable' || (fault.kind === 'indeterminate' && repeatable === 'repeatable');
  return worth ? { again: true, afterMs: FIRST_PAUSE_MS * 4 ** (attempt - 1) } : { again: false };
}

/**
 * Races the request against the clock instead of trusting the signal alone: a managed-identity endpoint that hangs is
 * waited for whatever the signal says.
 */
async function withDeadline<T>(
  clock: Clock,
  deadlineAt: number,
  errand: Errand,
  send: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const limitMs = Math.max(REQUEST_MS_MIN, Math.min(REQUEST_MS_MAX, deadlineAt - clock.now()));
  const request = new AbortController();
  const timer = new AbortController();
  const timeUp = clock.sleep(limitMs, timer.signal).then((): never => {
    const fault = timedOut(errand, limitMs);
    request.abort(fault);
    throw fault;
  });
  try {
    return await Promise.race([send(request.signal), timeUp]);
  } finally {
    timer.abort();
  }
}

function timedOut({ table, account, verb }: Errand, limitMs: number): Fault {
  const kind = verb === 'read' ? 'unavailable' : 'indeterminate';
  const where = `table ${table} at ${account}`;
  const message = `${where}: neither the service nor the identity endpoint answered within ${limitMs / 1000} s`;
  return new Fault(kind, message, { code: TIMED_OUT });
}
