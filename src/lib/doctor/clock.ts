import type { ServiceTime } from '../ports.ts';
import { ASK_THE_APP, type CheckFinding, findingsOf, type Whose } from './findings.ts';

const finding = findingsOf('clock');

/** Beyond this two runs may both believe that they hold the lease. */
export const SKEW_MS_MAX = 15_000;
const SKEW_MS_ODD = 3_000;
/** A header `Date` is cut off to the second. */
const TRUNCATED_MS = 999;
const MEND =
  'set the clock of this machine by a time server; in Azure restart the app, and ask Microsoft’s support if it stays';

/** Whether our clock agrees with those of the services; at a keyboard it is not the app's. */
export function checkClock(
  times: Readonly<Record<'graph' | 'tables', ServiceTime | undefined>>,
  as: Whose,
): readonly CheckFinding[] {
  const found = [...judged('Microsoft Graph', times.graph, as), ...judged('Table Storage', times.tables, as)];
  if (found.length > 0) return found;
  return [
    finding(
      'unverified',
      'this app',
      'no service told the time',
      'mend what keeps the services from answering',
    ),
  ];
}

function judged(service: string, time: ServiceTime | undefined, as: Whose): readonly CheckFinding[] {
  if (time === undefined) return [];
  const skewMs = skewOf(time);
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const what = `our clock is ${seconds} s ${skewMs > 0 ? 'ahead of' : 'behind'} its own`;
  if (Math.abs(skewMs) > SKEW_MS_MAX) return [finding('failed', service, what, MEND)];
  if (Math.abs(skewMs) > SKEW_MS_ODD) return [finding('warning', service, what, MEND)];
  if (as === 'app') return [finding('ok', service, 'its clock and ours agree')];
  return [
    finding(
      'unverified',
      service,
      'its clock and that of this machine agree; the app’s own was not looked at',
      ASK_THE_APP,
    ),
  ];
}

/**
 * How far our clock is ahead, at least, in milliseconds; negative when it is behind. The answer was written at some time
 * between sending and hearing, so anything in between is agreement.
 */
export function skewOf({ saidAt, sentAt, answeredAt }: ServiceTime): number {
  if (sentAt > saidAt + TRUNCATED_MS) return sentAt - (saidAt + TRUNCATED_MS);
  if (answeredAt < saidAt) return answeredAt - saidAt;
  return 0;
}
