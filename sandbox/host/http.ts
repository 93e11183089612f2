import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { RpcHttp } from './core.ts';
import { describe, type Hosted, type Invoke, type Log } from './invoke.ts';
import { createRoute, type Route } from './routes.ts';

export interface HttpFunctions {
  readonly url: string;
  /** Takes no new request. */
  stop(): Promise<void>;
  /** Cuts what is still open. */
  cut(): void;
}

export interface HttpOptions {
  readonly port: number;
  readonly bodyBytesMax: number;
}

interface Served {
  readonly hosted: Hosted;
  readonly route: Route;
}

/**
 * Serves HTTP functions on 127.0.0.1.
 *
 * @throws Error for a route that this host cannot read, or a port that is taken
 */
export async function serveHttp(
  functions: readonly Hosted[],
  options: HttpOptions,
  invoke: Invoke,
  log: Log,
): Promise<HttpFunctions> {
  const served = functions
    .map((hosted) => ({ hosted, route: createRoute(hosted.trigger.route ?? hosted.name) }))
    .sort((a, b) => a.route.rank.localeCompare(b.route.rank));
  const server = createServer((request, response) => {
    answer(request, response, served, options, invoke).catch((error: unknown) => {
      log('error', 'host', describe(error));
      if (response.headersSent) response.destroy();
      else response.writeHead(500).end();
    });
  });
  const port = await listen(server, options.port);
  const closed = new Promise<void>((resolve) => void server.once('close', resolve));
  return {
    url: `http://127.0.0.1:${port}`,
    stop() {
      server.close();
      return closed;
    },
    cut: () => server.closeAllConnections(),
  };
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  served: readonly Served[],
  { bodyBytesMax }: HttpOptions,
  invoke: Invoke,
): Promise<void> {
  // Read before anything is answered: a caller who is still sending would see a broken connection instead.
  const body = await readBody(request, bodyBytesMax);
  const url = urlOf(request);
  if (url === undefined) return void response.writeHead(400).end();
  const found = find(served, request.method ?? 'GET', url.pathname);
  switch (found.kind) {
    case 'none':
      return void response.writeHead(404).end();
    case 'otherMethod':
      return void response.writeHead(405, { allow: found.allowed.join(', ') }).end();
    case 'found':
      if (body === 'tooLarge') return void response.writeHead(413).end();
      await invokeInto(response, invoke, found.hosted, rpcRequest(request, url, found.params, body));
  }
}

/** Undefined for a host header or a target that makes no address. */
function urlOf(request: IncomingMessage): URL | undefined {
  // Put together, not resolved: `//elsewhere/api` as a target is a path here, not another machine.
  const text = `http://${request.headers.host ?? '127.0.0.1'}${request.url ?? '/'}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/** Of what is too large the rest is read too, and thrown away. */
async function readBody(request: IncomingMessage, bytesMax: number): Promise<Buffer | 'tooLarge'> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= bytesMax) chunks.push(chunk);
    else chunks.length = 0;
  }
  return bytes > bytesMax ? 'tooLarge' : Buffer.concat(chunks);
}

type Found =
  | { readonly kind: 'none' }
  | { readonly kind: 'otherMethod'; readonly allowed: readonly string[] }
  | { readonly kind: 'found'; readonly hosted: Hosted; readonly params: Readonly<Record<string, string>> };

/**
 * A known route with another method is 405 here, as RFC 9110 has it. The real host says 404
 * (Azure/azure-functions-host#10098), which on a laptop looks like a mistyped address.
 */
function find(served: readonly Served[], method: string, path: string): Found {
  const fitting = served.flatMap(({ hosted, route }) => {
    const params = route.match(path);
    return params === undefined ? [] : [{ hosted, params }];
  });
  if (fitting.length === 0) return { kind: 'none' };
  const found = fitting.find(({ hosted }) => methodsOf(hosted).includes(method));
  if (found === undefined)
    return { kind: 'otherMethod', allowed: fitting.flatMap(({ hosted }) => methodsOf(hosted)) };
  return { kind: 'found', ...found };
}

function methodsOf({ trigger }: Hosted): string[] {
  return (trigger.methods ?? []).map((method) => method.toUpperCase());
}

function rpcRequest(
  request: IncomingMessage,
  url: URL,
  params: Readonly<Record<string, string>>,
  body: Buffer,
): object {
  return {
    http: {
      method: request.method,
      url: url.href,
      nullableHeaders: nullable(
        Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
      ),
      nullableQuery: nullable(queryOf(url)),
      nullableParams: nullable(Object.entries(params)),
      ...(body.length === 0 ? {} : { body: { bytes: body } }),
    },
  };
}

/** A name given twice arrives as one value with a comma (Azure/azure-functions-nodejs-library#168). */
function queryOf(url: URL): [string, string][] {
  const names = new Set(url.searchParams.keys());
  return [...names].map((name) => [name, url.searchParams.getAll(name).join(',')]);
}

function nullable(entries: readonly (readonly [string, string])[]): object {
  return Object.fromEntries(entries.map(([name, value]) => [name, { value }]));
}

/** A function that throws is answered with 500 and no body, as the real host does; it has been logged by then. */
async function invokeInto(
  response: ServerResponse,
  invoke: Invoke,
  hosted: Hosted,
  data: object,
): Promise<void> {
  const result = await invoke(hosted, data).catch((): RpcHttp => ({ statusCode: '500' }));
  const { bytes, string, json } = result?.body ?? {};
  response
    .writeHead(Number(result?.statusCode ?? 204), { ...result?.headers })
    .end(bytes ?? string ?? json ?? '');
}
