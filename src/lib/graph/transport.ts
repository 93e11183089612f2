import {
  Client,
  type Context,
  GraphClientError,
  type GraphRequest,
  type Middleware,
  type MiddlewareOptions,
  ResponseType,
} from '@microsoft/microsoft-graph-client';
import type { Clock, ServiceTime } from '../ports.ts';
import { type Answer, type Call, version } from './call.ts';
import { readRetryAfter } from './retry.ts';
import { within } from './within.ts';

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

/** Sends one request once. */
export interface Transport {
  /** @param limitMs for the whole attempt, the body included. @throws nothing about the network: that is an `Answer` */
  attempt(call: Call, clientRequestId: string, token: string, limitMs: number): Promise<Answer>;
  /** Requests that left so far. */
  requests(): number;
  /** By the last answer that gave the time. */
  serviceTime(): ServiceTime | undefined;
  /** How many of them were answered 429: too many requests, of ours or of other apps. */
  throttled(): number;
}

/**
 * Microsoft's Graph client with a chain of our own: no retries (its own repeats a POST after a 504), no redirects (they
 * would carry the token along), no telemetry, and a gate that lets nothing out to another host.
 *
 * @param origin of the configured Graph endpoint, as `URL.origin` spells it
 */
export function transport(origin: string, fetch: Fetch, clock: Clock): Transport {
  const wire = new Wire(fetch);
  let seen: ServiceTime | undefined;
  let throttled = 0;
  const client = Client.initWithMiddleware({
    baseUrl: origin,
    defaultVersion: version,
    middleware: [new Gate(origin), wire],
  });

  return {
    requests: () => wire.requests,
    serviceTime: () => seen,
    throttled: () => throttled,
    async attempt(call, clientRequestId, token, limitMs) {
      const sent = await within(clock, limitMs, (signal) =>
        exchange(call, prepare(call, token, clientRequestId, signal)),
      );
      return sent.kind === 'done' ? sent.value : { kind: 'timeout', afterMs: limitMs, clientRequestId };
    },
  };

  function prepare(call: Call, token: string, clientRequestId: string, signal: AbortSignal): Prepared {
    const request = client
      .api(call.path)
      .responseType(ResponseType.RAW)
      .headers({ Accept: 'application/json', 'client-request-id': clientRequestId, ...call.headers })
      .option('signal', signal)
      .middlewareOptions([new Bearer(token)]);
    // Without it, members added to an enumeration later are masked as `unknownFutureValue`.
    if (call.effect === 'read') request.header('Prefer', 'include-unknown-enum-members');
    return { request, clientRequestId };
  }

  async function exchange(call: Call, { request, clientRequestId }: Prepared): Promise<Answer> {
    const sentAt = clock.now();
    let response: Response;
    try {
      response = await send(call, request);
    } catch (error) {
      return { ...networkTrouble(error), clientRequestId };
    }
    const saidAt = Date.parse(response.headers.get('date') ?? '');
    if (!Number.isNaN(saidAt)) seen = { saidAt, sentAt, answeredAt: clock.now() };
    if (response.status === 429) throttled += 1;
    const answered = {
      status: response.status,
      requestId: response.headers.get('request-id'),
      retryAfterMs: readRetryAfter(response.headers.get('retry-after'), clock.now()),
      clientRequestId,
    };
    return { ...answered, ...(await readBody(call, response)) };
  }
}

interface Prepared {
  readonly request: GraphRequest;
  readonly clientRequestId: string;
}

function send(call: Call, request: GraphRequest): Promise<Response> {
  switch (call.method) {
    case 'GET':
      return request.get();
    case 'POST':
      return request.post(call.body);
    case 'PATCH':
      return request.patch(call.body);
  }
}

type Body =
  | { readonly kind: 'success' | 'refusal'; readonly body: unknown }
  | { readonly kind: 'unreadable'; readonly reason: string };

async function readBody(call: Call, response: Response): Promise<Body> {
  const kind = response.ok ? 'success' : 'refusal';
  let text: string;
  try {
    text = await response.text();
  } catch {
    return { kind: 'unreadable', reason: 'the body broke off' };
  }
  // An error or a write may come without a body; a read that succeeded may not.
  if (text === '' && !(call.effect === 'read' && response.ok)) return { kind, body: undefined };
  try {
    return { kind, body: JSON.parse(text) };
  } catch {
    const type = response.headers.get('content-type')?.split(';')[0]?.trim();
    return {
      kind: 'unreadable',
      reason: `the body (${type || 'of no type'}, ${text.length} characters) is no JSON`,
    };
  }
}

type NetworkTrouble = { readonly kind: 'unsent' | 'lost'; readonly reason: string };

function networkTrouble(error: unknown): NetworkTrouble {
  // Only what the wire carried up is weather; the gate's refusal and everything else is a bug of ours.
  if (!(error instanceof GraphClientError) || !(error.customError instanceof OnTheWire)) throw error;
  const chain = causes(error.customError.cause);
  const reason = chain
    .map(({ code, message }) => code ?? message)
    .find((name) => name !== '' && name !== 'fetch failed');
  return { kind: chain.some(beforeSending) ? 'unsent' : 'lost', reason: reason ?? 'network error' };
}

interface Cause {
  readonly code: string | undefined;
  readonly syscall: string | undefined;
  readonly message: string;
}

/** Node's `fetch` hides what happened in the cause of a `TypeError: fetch failed`. */
function causes(error: unknown): readonly Cause[] {
  const found: Cause[] = [];
  for (let at = error; at instanceof Error && found.length < 5; at = at.cause) {
    const { code, syscall } = at as { code?: unknown; syscall?: unknown };
    found.push({
      code: typeof code === 'string' ? code : undefined,
      syscall: typeof syscall === 'string' ? syscall : undefined,
      message: at.message,
    });
  }
  return found;
}

const codesBeforeSending = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'UND_ERR_CONNECT_TIMEOUT']);

function beforeSending({ code, syscall }: Cause): boolean {
  return (
    (code !== undefined && codesBeforeSending.has(code)) || syscall === 'connect' || syscall === 'getaddrinfo'
  );
}

/** The token of one request, handed to the chain the way the client hands options to its middleware. */
class Bearer implements MiddlewareOptions {
  readonly token: string;

  constructor(token: string) {
    this.token = token;
  }
}

/** Attaches the token, and stops whatever is not addressed to the configured host. */
class Gate implements Middleware {
  readonly #origin: string;
  #next: Middleware | undefined;

  constructor(origin: string) {
    this.#origin = origin;
  }

  setNext(next: Middleware): void {
    this.#next = next;
  }

  async execute(context: Context): Promise<void> {
    const { origin } = new URL(String(context.request));
    if (origin !== this.#origin) {
      throw new GraphClientError(`A request to ${origin} was stopped: tokens go to ${this.#origin} only.`);
    }
    const bearer = context.middlewareControl?.getMiddlewareOptions(Bearer);
    if (bearer instanceof Bearer) {
      context.options = {
        ...context.options,
        headers: { ...plainHeaders(context), Authorization: `Bearer ${bearer.token}` },
      };
    }
    await this.#next?.execute(context);
  }
}

/** The end of the chain: `fetch`, and the count of what left. */
class Wire implements Middleware {
  readonly #fetch: Fetch;
  requests = 0;

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  async execute(context: Context): Promise<void> {
    this.requests += 1;
    try {
      context.response = await this.#fetch(String(context.request), init(context));
    } catch (error) {
      throw carrying(error);
    }
  }
}

function init(context: Context): RequestInit {
  const { method, body, signal } = context.options ?? {};
  const headers = plainHeaders(context);
  // The client declares a type even for the empty body of an action.
  if (body === undefined) delete headers['Content-Type'];
  return {
    headers,
    redirect: 'manual',
    ...(method === undefined ? {} : { method }),
    ...(body === undefined ? {} : { body }),
    ...(signal === undefined ? {} : { signal }),
  };
}

/** The client keeps headers in a plain object. */
function plainHeaders(context: Context): Record<string, string> {
  return { ...(context.options?.headers as Record<string, string> | undefined) };
}

/** Marks an error as thrown by `fetch`. */
class OnTheWire {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/** The client rewraps every error and loses its cause, except errors of its own class. */
function carrying(error: unknown): GraphClientError {
  const carrier = new GraphClientError('The request failed on the wire.');
  carrier.customError = new OnTheWire(error);
  return carrier;
}
