import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Azurite, startAzurite } from '../../sandbox/azurite.ts';
import { DELIVERY_MS_MAX, delivery } from '../../src/lib/telemetry/delivery.ts';
import type { TelemetryEvent } from '../../src/lib/telemetry/events.ts';
import { selfSigned } from '../support/certificate.ts';
import { virtualClock } from '../support/virtualClock.ts';

const KEY = '0e8f3c5a-4d1b-4b6e-9a57-2f0b7c1d9e11';

/** What arrived at the ingestion endpoint. */
interface Arrival {
  readonly path: string;
  readonly authorization: string | undefined;
  readonly envelopes: readonly Envelope[];
}
interface Envelope {
  readonly iKey: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly data: {
    readonly baseType: string;
    readonly baseData: {
      readonly name?: string;
      readonly properties?: Readonly<Record<string, string>>;
      readonly metrics?: readonly { readonly name: string; readonly value: number }[];
    };
  };
}

/** What a child process told of its runs. */
interface Told {
  readonly statuses: readonly string[];
  readonly lines: readonly string[];
  readonly loaded: readonly string[];
  readonly tookMs: number;
}

let azurite: Azurite;
let server: Server;
let folder: string;
let answer: 'accept' | 'fail' | 'hang' = 'accept';
const arrivals: Arrival[] = [];

beforeAll(async () => {
  azurite = await startAzurite();
  folder = mkdtempSync(join(tmpdir(), 'ingestion-'));
  const { key, certificate } = selfSigned();
  writeFileSync(join(folder, 'certificate.pem'), certificate);
  server = createServer({ key, cert: certificate }, async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part);
    const body = Buffer.concat(parts);
    const text = request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body;
    const envelopes = JSON.parse(text.toString()) as Envelope[];
    arrivals.push({ path: request.url ?? '', authorization: request.headers.authorization, envelopes });
    if (answer === 'hang') return;
    response.writeHead(answer === 'accept' ? 200 : 500, { 'content-type': 'application/json' });
    const { length } = envelopes;
    response.end(JSON.stringify({ itemsReceived: length, itemsAccepted: length, errors: [] }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server?.closeAllConnections();
  server?.close();
  rmSync(folder, { recursive: true, force: true });
  await azurite?.close();
});

/** One run or more in a process of their own. */
async function runs(environment: Readonly<Record<string, string>> = {}): Promise<Told> {
  arrivals.length = 0;
  const script = join(import.meta.dirname, 'fixtures/oneRun.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [script], {
    maxBuffer: 64 * 1024 * 1024,
    env: {
      PATH: process.env.PATH ?? '',
      NODE_EXTRA_CA_CERTS: join(folder, 'certificate.pem'),
      STATE_STORAGE: azurite.connectionString,
      ...environment,
    },
  });
  return JSON.parse(stdout) as Told;
}

const endpoint = (port = (server.address() as AddressInfo).port): Readonly<Record<string, string>> => ({
  TELEMETRY_DIRECT: 'true',
  APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${KEY};IngestionEndpoint=https://127.0.0.1:${port}/`,
});

function eventsIn({ lines }: Told): readonly Record<string, unknown>[] {
  return lines.map((line) => JSON.parse(line));
}

const EXPORTER = /@azure\/monitor-opentelemetry|@opentelemetry\//;

describe('telemetry straight to Application Insights', () => {
  let told: Told;
  let asked: readonly Arrival[] = [];
  let envelopes: readonly Envelope[] = [];

  beforeAll(async () => {
    answer = 'accept';
    told = await runs({ ...endpoint(), APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'Authorization=AAD' });
    asked = [...arrivals];
    envelopes = asked.flatMap((one) => one.envelopes);
  }, 60_000);

  it('costs nothing while it is off: none of its modules is loaded, and nothing is sent', async () => {
    const off = await runs();

    expect([off.statuses, told.statuses]).toEqual([['remediated'], ['remediated']]);
    expect(off.loaded.length).toBeGreaterThan(100);
    expect(off.loaded.filter((url) => EXPORTER.test(url))).toEqual([]);
    expect(told.loaded.filter((url) => EXPORTER.test(url)).length).toBeGreaterThan(100);
    expect(arrivals).toEqual([]);
  });

  it('makes a row of customEvents of each line that is logged, under the invocation it belongs to', () => {
    const events = envelopes.filter(({ data }) => data.baseType === 'EventData');

    expect(asked.map(({ path }) => path)).toEqual(['/v2.1/track', '/v2.1/track']);
    expect(events.map(({ data }) => data.baseData.name)).toEqual(eventsIn(told).map(({ event }) => event));
    for (const [index, { event: _, ...members }] of eventsIn(told).entries()) {
      const written = Object.entries(members).map(([name, value]) => [
        name,
        typeof value === 'string' ? value : JSON.stringify(value),
      ]);
      expect(events[index]?.data.baseData.properties).toEqual(Object.fromEntries(written));
    }
    for (const { iKey, tags } of envelopes) {
      expect(iKey).toBe(KEY);
      expect(tags['ai.cloud.role']).toBe('func-test');
    }
    expect(new Set(events.map(({ tags }) => tags['ai.operation.id']))).toEqual(
      new Set(['0af7651916cd43dd8448eb211c80319c']),
    );
  });

  it('tells a run that completed in numbers, too', () => {
    const completed = eventsIn(told).find(({ event }) => event === 'RunCompleted');
    const requests = completed?.requests as { graph: number; throttled: number };
    const metrics = envelopes
      .filter(({ data }) => data.baseType === 'MetricData')
      .flatMap(({ data }) => data.baseData.metrics ?? []);

    expect(completed).toMatchObject({ drifted: 1, applied: 1 });
    expect(Object.fromEntries(metrics.map(({ name, value }) => [name, value]))).toEqual({
      'caretaker.drifted': completed?.drifted,
      'caretaker.held': completed?.held,
      'caretaker.remediated': completed?.applied,
      'caretaker.duration': completed?.durationMs,
      'caretaker.graphRequests': requests.graph,
      'caretaker.throttled': requests.throttled,
    });
  });

  it('shows itself by the managed identity where the platform says so', () => {
    expect(new Set(asked.map(({ authorization }) => authorization))).toEqual(
      new Set(['Bearer for https://monitor.azure.com/.default']),
    );
  });

  it.each([
    ['fails', 'fail', undefined],
    ['does not answer', 'hang', undefined],
    ['is not there', 'accept', 1],
  ] as const)('harms no run when the endpoint %s, and says so once', async (_, mode, port) => {
    answer = mode;
    const harmed = await runs({ ...endpoint(port), RUNS: '3', HASTY: String(mode === 'hang') });

    expect(harmed.statuses).toEqual(['remediated', 'inSync', 'inSync']);
    expect(eventsIn(harmed).filter(({ event }) => event === 'TelemetryUndelivered')).toHaveLength(1);
    expect(eventsIn(harmed).filter(({ event }) => event === 'RunCompleted')).toHaveLength(3);
    expect(arrivals.every(({ authorization }) => authorization === undefined)).toBe(true);
    expect(arrivals.length > 0).toBe(port === undefined);
    expect(harmed.tookMs).toBeLessThan(told.tookMs + 3 * DELIVERY_MS_MAX);
  });
});

describe('a delivery', () => {
  const event: TelemetryEvent = {
    event: 'RunCompleted',
    severity: 'info',
    runId: 'run',
    tenantId: 'tenant',
    facts: {},
  };

  function bench(send: () => Promise<void>) {
    const clock = virtualClock();
    const said: TelemetryEvent[] = [];
    let loads = 0;
    const { begin } = delivery(async () => {
      loads += 1;
      return { send };
    }, clock);
    const once = async (): Promise<void> => {
      const batch = begin();
      batch.add(event);
      await batch.deliver(undefined, (one) => void said.push(one));
    };
    return { clock, said, once, begin, loads: () => loads };
  }

  it('is given up after five seconds', async () => {
    const { clock, said, once } = bench(() => new Promise(() => undefined));
    const startedAt = clock.now();

    await once();

    expect(clock.now() - startedAt).toBe(DELIVERY_MS_MAX);
    expect(said).toMatchObject([{ event: 'TelemetryUndelivered', runId: 'run', facts: { events: 1 } }]);
  });

  it('is complained of once, and again only after one has arrived', async () => {
    let works = false;
    const { said, once } = bench(async () => {
      if (!works) throw new Error('no');
    });

    await once();
    await once();
    works = true;
    await once();
    works = false;
    await once();

    expect(said.map(({ facts }) => facts.reason)).toEqual(['no', 'no']);
  });

  it('loads what it needs once, and not for nothing', async () => {
    const { begin, once, loads } = bench(async () => undefined);

    await begin().deliver(undefined, () => undefined);
    expect(loads()).toBe(0);
    await once();
    await once();

    expect(loads()).toBe(1);
  });
});
