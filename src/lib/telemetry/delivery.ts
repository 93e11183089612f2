import type { Clock } from '../ports.ts';
import type { TelemetryEvent } from './events.ts';

/** Where events go beside the log. */
export interface Sink {
  /**
   * @param traceparent W3C trace context of the invocation they belong to
   * @throws when they did not arrive, or nobody can tell
   */
  send(events: readonly TelemetryEvent[], traceparent: string | undefined): Promise<void>;
}

/** The events of one piece of work. */
export interface Batch {
  add(event: TelemetryEvent): void;
  /** Hands them on. Takes at most `DELIVERY_MS_MAX`. @throws never: what went wrong is told to `say`, see `delivery` */
  deliver(traceparent: string | undefined, say: (event: TelemetryEvent) => void): Promise<void>;
}

/** A run is never held up for longer than this by telemetry that does not arrive. */
export const DELIVERY_MS_MAX = 5_000;

/**
 * Telemetry beside the log, of which nothing else depends: the tables are the record, and the log tells the same. That it
 * does not arrive is said once, and again only after something has arrived in between.
 *
 * @param load makes the sink, when there is something to send for the first time
 */
export function delivery(load: () => Promise<Sink>, clock: Clock): { begin(): Batch } {
  let loading: Promise<Sink> | undefined;
  let isSaid = false;

  async function deliver(events: readonly TelemetryEvent[], traceparent: string | undefined): Promise<void> {
    const done = new AbortController();
    loading ??= load();
    const sent = loading.then((sink) => sink.send(events, traceparent));
    const late = clock.sleep(DELIVERY_MS_MAX, done.signal).then(() => {
      throw new Error(`nothing was heard of it within ${DELIVERY_MS_MAX} ms`);
    });
    await Promise.race([sent, late]).finally(() => done.abort());
  }

  return {
    begin() {
      const events: TelemetryEvent[] = [];
      return {
        add: (event) => void events.push(event),
        async deliver(traceparent, say) {
          const [first] = events;
          if (first === undefined) return;
          try {
            await deliver(events, traceparent);
            isSaid = false;
          } catch (error) {
            // Whatever it is, the run it tells of is over and was recorded.
            if (isSaid) return;
            isSaid = true;
            const { runId, tenantId } = first;
            const reason = error instanceof Error ? error.message : String(error);
            say({
              event: 'TelemetryUndelivered',
              severity: 'warn',
              runId,
              tenantId,
              facts: { events: events.length, reason },
            });
          }
        },
      };
    },
  };
}
