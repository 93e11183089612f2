import type { InvocationContext } from '@azure/functions';
import type { Log } from '../app.ts';

/** One JSON line per event through the invocation's own logger, so that it lands in `traces` of Application Insights. */
export function logTo(context: InvocationContext): Log {
  return (severity, line) => {
    context[severity](line);
  };
}
