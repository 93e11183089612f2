import type { GraphRequest, Outcome } from './answers.ts';

/** The global `fetch`, as far as a Graph client uses it. */
export type FetchLike = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Turns a handler into a `fetch`, so that the real client can run on the tenant without a socket. */
export function fetchOf(handle: (request: GraphRequest) => Promise<Outcome>): FetchLike {
  return async (input, init) => {
    // The caller's own signal: one derived by `new Request` falls silent once that request is garbage.
    const signal = init?.signal ?? (input instanceof Request ? input.signal : undefined);
    signal?.throwIfAborted();
    const request = await graphRequest(new Request(input, { ...init, signal: null }));
    const outcome = await orAborted(handle(request), signal);
    if (outcome === 'hang') return orAborted(new Promise<never>(() => {}), signal);
    if (outcome === 'reset') throw connectionReset();
    return new Response(outcome.body ?? null, { status: outcome.status, headers: outcome.headers });
  };
}

async function graphRequest(request: Request): Promise<GraphRequest> {
  const { method, headers } = request;
  const url = new URL(request.url);
  const body = request.body === null ? undefined : await request.text();
  return {
    method,
    path: `${url.pathname}${url.search}`,
    headers: Object.fromEntries(headers),
    body,
    origin: url.origin,
  };
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** What undici rejects with when a connection breaks. */
function connectionReset(): TypeError {
  const cause = Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET', syscall: 'read' });
  return new TypeError('fetch failed', { cause });
}
