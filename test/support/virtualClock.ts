import type { Clock } from '../../src/lib/ports.ts';

export interface VirtualClock extends Clock {
  /** Every sleep that was asked for, in milliseconds and in order. */
  readonly slept: readonly number[];
}

interface Alarm {
  readonly dueAt: number;
  readonly wake: () => void;
}

/** Turns of the event loop without a new sleep after which everybody is taken to be waiting for the clock. */
const quietTurns = 3;

/**
 * Time that jumps to the next alarm as soon as nothing else is going on. Whatever the code under test waits for must be
 * a matter of promises in this process; for sockets and files take a real clock.
 *
 * Alarms go off in the order of their time, then of their making. Those of `every` go off when time passes them, but do
 * not make it pass: otherwise a renewal that is never stopped would run for ever.
 */
export function virtualClock(startAt = Date.UTC(2026, 0, 5, 8)): VirtualClock {
  let now = startAt;
  let quiet = 0;
  let ticking = false;
  const slept: number[] = [];
  const sleepers = new Set<Alarm>();
  const rounds = new Set<{ dueAt: number; readonly everyMs: number; readonly action: () => void }>();

  return {
    slept,
    now: () => now,
    sleep(ms, signal) {
      slept.push(ms);
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const abort = () => {
          sleepers.delete(alarm);
          reject(signal?.reason);
        };
        const wake = () => {
          signal?.removeEventListener('abort', abort);
          resolve();
        };
        const alarm: Alarm = { dueAt: now + Math.max(0, ms), wake };
        signal?.addEventListener('abort', abort, { once: true });
        sleepers.add(alarm);
        start();
      });
    },
    every(ms, action) {
      const round = { dueAt: now + ms, everyMs: ms, action };
      rounds.add(round);
      return () => rounds.delete(round);
    },
  };

  function start(): void {
    quiet = 0;
    if (ticking) return;
    ticking = true;
    setImmediate(tick);
  }

  function tick(): void {
    const next = first(sleepers);
    if (next === undefined) {
      ticking = false;
      return;
    }
    quiet += 1;
    if (quiet > quietTurns) ring(next);
    setImmediate(tick);
  }

  function ring(alarm: Alarm): void {
    for (
      let round = first(rounds);
      round !== undefined && round.dueAt <= alarm.dueAt;
      round = first(rounds)
    ) {
      now = Math.max(now, round.dueAt);
      round.dueAt += round.everyMs;
      round.action();
    }
    // A round may have put the sleeper out.
    if (!sleepers.delete(alarm)) return;
    quiet = 0;
    now = Math.max(now, alarm.dueAt);
    alarm.wake();
  }
}

/** The earliest; of two at one time the one made first, since a set keeps that order. */
function first<A extends { readonly dueAt: number }>(alarms: Iterable<A>): A | undefined {
  let earliest: A | undefined;
  for (const alarm of alarms) if (earliest === undefined || alarm.dueAt < earliest.dueAt) earliest = alarm;
  return earliest;
}
