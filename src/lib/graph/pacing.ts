import type { Clock } from '../ports.ts';

/** The queue in front of one tenant's Conditional Access endpoints. */
export interface Pacing {
  /**
   * Runs `action` when it is its turn: no other is under way, and the last one ended at least the interval ago.
   * @param deadlineAt when the turn could only come at or after this time, `late` is given instead and nothing is run
   */
  turn<T>(deadlineAt: number, action: () => Promise<T>, late: () => T): Promise<T>;
}

/**
 * The tenant allows one request a second to these endpoints, over all apps (Microsoft Graph, throttling limits for
 * identity protection and Conditional Access). A request counts when it arrives, which may be any time up to its
 * answer: measured from start to start, a slow first connection would let two of them arrive too close together.
 * Actions run in the order in which they asked.
 */
export function pacing(intervalMs: number, clock: Clock): Pacing {
  let free: Promise<unknown> = Promise.resolve();
  let nextStartAt = Number.NEGATIVE_INFINITY;

  return {
    turn(deadlineAt, action, late) {
      const mine = free.then(() => start(deadlineAt, action, late));
      free = mine.catch(() => undefined);
      return mine;
    },
  };

  async function start<T>(deadlineAt: number, action: () => Promise<T>, late: () => T): Promise<T> {
    if (Math.max(clock.now(), nextStartAt) >= deadlineAt) return late();
    // A timer may fire a little early.
    while (clock.now() < nextStartAt) await clock.sleep(nextStartAt - clock.now());
    try {
      return await action();
    } finally {
      nextStartAt = clock.now() + intervalMs;
    }
  }
}

/** For endpoints outside the Conditional Access budget: everybody's turn is now. */
export function unpaced(clock: Clock): Pacing {
  return {
    async turn(deadlineAt, action, late) {
      return clock.now() < deadlineAt ? action() : late();
    },
  };
}
