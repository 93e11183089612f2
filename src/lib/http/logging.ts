import type { InvocationContext } from '@azure/functions';
import type { Log } from '../app.ts';
import type { Severity } from '../telemetry/events.ts';

/** One JSON line per event through the invocation's own logger, so that it lands in `traces` of Application Insights. */
export function logTo(context: InvocationContext): Log {
  const log = (severity: Severity, line: string): void => {
    context[severity](line);
  };
  return Object.assign(log, { traceparent: context.traceContext?.traceParent });
}
