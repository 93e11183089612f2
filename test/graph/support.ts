import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import { graphOrigin, type Tenant } from '../../sandbox/tenant/index.ts';
import type { Fault } from '../../src/lib/fault.ts';
import {
  createGraph,
  type Fetch,
  type Graph,
  type GraphSession,
  type TokenSource,
} from '../../src/lib/graph/index.ts';
import type { Chance, Clock } from '../../src/lib/ports.ts';
import { type VirtualClock, virtualClock } from '../support/virtualClock.ts';

export const origin = 'https://graph.test';
export const tenantId = '11111111-1111-4111-8111-111111111111';
export const policyId = 'aaaaaaaa-0000-4000-8000-000000000001';
export const policiesUrl = `${origin}/v1.0/identity/conditionalAccess/policies`;

/** A request as the other side saw it. */
export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: Headers;
  readonly body: unknown;
  readonly at: number;
  readonly signal: AbortSignal | null;
}

/** What the other side does with a request: answer, fail, or never come back. */
export type Doing = (seen: Seen) => Response | Promise<Response>;

export interface Bench extends GraphSession {
  readonly clock: VirtualClock;
  readonly seen: readonly Seen[];
}

/** The real client in front of a simulated tenant, on the clock of both. */
export function graphOf(tenant: Tenant, clock: Clock): Graph {
  return createGraph({
    settings: {
      graphEndpoint: graphOrigin,
      scope: `${graphOrigin}/.default`,
      clientId: undefined,
      identityEndpoint: undefined,
      requestIntervalMs: 1100,
    },
    clock,
    chance: countingChance(),
    fetch: tenant.fetch,
    credential: anyToken(clock),
  });
}

export interface BenchOptions {
  readonly intervalMs?: number;
  /** From the start; ten minutes unless told. */
  readonly deadlineMs?: number;
  readonly credential?: TokenSource;
}

/** The real client on a virtual clock; requests are answered in order, the last answer for ever. */
export function bench(answers: readonly Doing[], options: BenchOptions = {}): Bench {
  const clock = virtualClock();
  const seen: Seen[] = [];
  const fetch: Fetch = async (url, init) => {
    const request = {
      method: init.method ?? 'GET',
      url,
      headers: new Headers(init.headers),
      body: typeof init.body === 'string' ? JSON.parse(init.body) : undefined,
      at: clock.now(),
      signal: init.signal ?? null,
    };
    seen.push(request);
    const answer = answers[Math.min(seen.length, answers.length) - 1];
    if (answer === undefined) throw new Error('a request nobody expected');
    return answer(request);
  };
  const graph = createGraph({
    settings: {
      graphEndpoint: origin,
      scope: `${origin}/.default`,
      clientId: undefined,
      identityEndpoint: undefined,
      requestIntervalMs: options.intervalMs ?? 1100,
    },
    clock,
    chance: countingChance(),
    fetch,
    credential: options.credential ?? anyToken(clock),
  });
  const session = graph.open(tenantId, clock.now() + (options.deadlineMs ?? 600_000));
  return { ...session, clock, seen };
}

export function anyToken(clock: Clock, token = 'opaque-token'): TokenSource {
  return { getToken: async () => ({ token, expiresOnTimestamp: clock.now() + 3_600_000 }) };
}

/** GUIDs in order, ending in zeros, so that jitter is next to nothing. */
export function countingChance(): Chance {
  let count = 0;
  return {
    uuid() {
      count += 1;
      return `${count.toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
    },
  };
}

export const realClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(resolve, ms);
      signal?.addEventListener('abort', () => {
        clearTimeout(timer);
        reject(signal.reason);
      });
    }),
  every(ms, action) {
    const timer = setInterval(action, ms);
    return () => clearInterval(timer);
  },
};

export const json = (status: number, body: unknown, headers: Record<string, string> = {}): Doing => {
  return () =>
    new Response(JSON.stringify(body), {
      status,
      headers: { 'content-type': 'application/json', ...headers },
    });
};

export const empty = (status: number, headers: Record<string, string> = {}): Doing => {
  return () => new Response(null, { status, headers });
};

export const html = (status: number): Doing => {
  return () => new Response('<html>Sorry</html>', { status, headers: { 'content-type': 'text/html' } });
};

export const text = (status: number, body: string): Doing => {
  return () => new Response(body, { status, headers: { 'content-type': 'application/json' } });
};

export const brokenOff = (status: number): Doing => {
  return () => {
    const body = new ReadableStream({
      pull(controller) {
        controller.error(new TypeError('terminated'));
      },
    });
    return new Response(body, { status, headers: { 'content-type': 'application/json' } });
  };
};

export const hang: Doing = () => new Promise(() => {});

/** Fails as Node's `fetch` does. */
export const fails = (code: string): Doing => {
  return () =>
    Promise.reject(new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) }));
};

export const graphError = (status: number, message: string, code = 'BadRequest', inner: object = {}): Doing =>
  json(status, { error: { code, message, innerError: inner } }, { 'request-id': 'request-1' });

export const policy = (id = policyId, more: object = {}) => ({
  id,
  displayName: 'A policy',
  state: 'enabled',
  ...more,
});

export const list = (...value: unknown[]): Doing => json(200, { value });

/** Awaits what must fail with a `Fault`. */
export async function faultFrom(promise: Promise<unknown>): Promise<Fault> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof Error && error.name === 'Fault') return error as Fault;
    throw error;
  }
  throw new Error('no Fault was thrown');
}

/** A server on loopback. */
export async function listen(listener: RequestListener): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
  return { origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

/** The same for the length of one test. @returns its origin */
export async function serve(listener: RequestListener): Promise<string> {
  const server = await listen(listener);
  onTestFinished(server.close);
  return server.origin;
}
