import { AzureMonitorLogExporter, AzureMonitorMetricExporter } from '@azure/monitor-opentelemetry-exporter';
import { type Attributes, type Context, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import { LoggerProvider, type ReadableLogRecord } from '@opentelemetry/sdk-logs';
import { MeterProvider, MetricReader, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import type { Sink } from './delivery.ts';
import type { TelemetryEvent } from './events.ts';
import { linesOf } from './lines.ts';

/** Where the events go, and as whom. */
export interface DirectSettings {
  readonly connectionString: string;
  /** null: the endpoint takes what bears its key. */
  readonly credential: {
    getToken(scope: string): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
  } | null;
  /** What Application Insights calls the app. */
  readonly roleName: string;
  /** One request never takes longer than this. */
  readonly requestMs: number;
}

/**
 * Application Insights without the host in between: each event is a row of `customEvents`, and a run that completed is told
 * in `customMetrics` too. This module loads Microsoft's exporter, so it is itself loaded only where it is asked for.
 */
export function directSink(settings: DirectSettings): Sink {
  const resource = resourceFromAttributes({ 'service.name': settings.roleName });
  return {
    async send(events, traceparent) {
      const records = recordsOf(events, contextOf(traceparent), resource);
      const measured = await measurementsOf(events, resource);
      await Promise.all([
        exported(settings, (options) => new AzureMonitorLogExporter(options), records),
        ...(measured === null
          ? []
          : [exported(settings, (options) => new AzureMonitorMetricExporter(options), measured)]),
      ]);
    },
  };
}

/** The part of an exporter that is used here. */
interface Exporter<Items> {
  export(items: Items, done: (result: object) => void): Promise<void>;
  shutdown(): Promise<void>;
}

/**
 * Sends one lot, by an exporter of its own, and says whether it arrived. The exporter itself calls it a success when it has
 * dropped everything (seen with an answer 500 and with nobody listening), so the answers are watched on their way to it.
 *
 * @throws when they did not all arrive
 */
async function exported<Items>(
  settings: DirectSettings,
  make: (options: ReturnType<typeof exporterOptions>) => Exporter<Items>,
  items: Items,
): Promise<void> {
  let problem: string | undefined = 'nothing was sent';
  const exporter = make(
    exporterOptions(settings, (seen) => {
      problem = seen;
    }),
  );
  try {
    await exporter.export(items, () => undefined);
  } finally {
    await exporter.shutdown();
  }
  if (problem !== undefined) throw new Error(`the ingestion endpoint did not take it all: ${problem}`);
}

/** @param told of each answer: undefined when it took everything, and what was wrong otherwise */
function exporterOptions(
  { connectionString, credential, requestMs }: DirectSettings,
  told: (problem: string | undefined) => void,
) {
  const policy = {
    name: 'watch',
    async sendRequest<Asked extends { timeout: number }, Answer extends { readonly status: number }>(
      request: Asked,
      next: (request: Asked) => Promise<Answer>,
    ): Promise<Answer> {
      request.timeout = requestMs;
      try {
        const answer = await next(request);
        told(answer.status === 200 ? undefined : `status ${answer.status}`);
        return answer;
      } catch (error) {
        told(error instanceof Error ? error.message : String(error));
        throw error;
      }
    },
  };
  return {
    connectionString,
    // A file in this instance's temporary folder is lost with the instance, and would outlive what may be logged.
    disableOfflineStorage: true,
    retryOptions: { maxRetries: 1, retryDelayInMs: 250, maxRetryDelayInMs: 500 },
    additionalPolicies: [{ policy, position: 'perCall' as const }],
    ...(credential === null
      ? {}
      : {
          credential: {
            getToken: (scopes: string | string[]) => credential.getToken([scopes].flat()[0] ?? ''),
          },
        }),
  };
}

const CUSTOM_EVENT = 'microsoft.custom_event.name';

/** Made by the library's own logger, kept in place of being sent on one by one. */
function recordsOf(
  events: readonly TelemetryEvent[],
  context: Context,
  resource: Resource,
): ReadableLogRecord[] {
  const records: ReadableLogRecord[] = [];
  const keep = {
    onEmit: (record: ReadableLogRecord) => void records.push(record),
    forceFlush: async () => undefined,
    shutdown: async () => undefined,
  };
  const logger = new LoggerProvider({ resource, processors: [keep] }).getLogger('caretaker');
  for (const event of events)
    for (const line of linesOf(event)) logger.emit({ context, attributes: attributesOf(line) });
  return records;
}

/** The members of the line that is logged of the same event: cut and cleared of names in one place. */
function attributesOf(line: string): Attributes {
  const { event, ...facts } = JSON.parse(line) as Record<string, unknown>;
  const told = Object.entries(facts).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : JSON.stringify(value),
  ]);
  return { [CUSTOM_EVENT]: String(event), ...Object.fromEntries(told) };
}

/** W3C Trace Context: version, trace id, span id and flags. */
function contextOf(traceparent: string | undefined): Context {
  const [, traceId, spanId, flags] =
    /^[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(traceparent ?? '') ?? [];
  if (traceId === undefined || spanId === undefined) return ROOT_CONTEXT;
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags ?? '0', 16),
    isRemote: true,
  });
}

/** Collects when told to, and by itself never. */
class OnDemand extends MetricReader {
  protected override async onForceFlush(): Promise<void> {}
  protected override async onShutdown(): Promise<void> {}
}

/** What a run that completed comes to in numbers; null when none did. */
async function measurementsOf(
  events: readonly TelemetryEvent[],
  resource: Resource,
): Promise<ResourceMetrics | null> {
  const completed = events.find(({ event }) => event === 'RunCompleted');
  if (completed === undefined) return null;
  const reader = new OnDemand();
  const meter = new MeterProvider({ resource, readers: [reader] }).getMeter('caretaker');
  const { tenantId, facts } = completed;
  const requests = facts.requests as { readonly graph: number; readonly throttled?: number };
  const numbers: Readonly<Record<string, unknown>> = {
    drifted: facts.drifted,
    held: facts.held,
    remediated: facts.applied,
    duration: facts.durationMs,
    graphRequests: requests.graph,
    throttled: requests.throttled,
  };
  for (const [name, value] of Object.entries(numbers)) {
    if (typeof value !== 'number') continue;
    const unit = name === 'duration' ? 'ms' : '1';
    meter.createGauge(`caretaker.${name}`, { unit }).record(value, { tenantId, mode: String(facts.mode) });
  }
  return (await reader.collect()).resourceMetrics;
}
