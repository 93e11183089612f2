import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { GraphAnswer, GraphRequest, Outcome } from './answers.ts';

/** Something that listens on the loopback address. */
export interface Served {
  /** Without a slash at the end. */
  readonly url: string;
  /** Ends all connections, hanging ones too. */
  close(): Promise<void>;
}

/** Puts a tenant on a loopback socket. @param port 0, the default, takes a free one */
export function serveTenant(
  tenant: { handle(request: GraphRequest): Promise<Outcome> },
  { port = 0 }: { port?: number } = {},
): Promise<Served> {
  return serve(port, (request) => tenant.handle(request));
}

/** Listens on 127.0.0.1. `reset` destroys the socket; `hang` leaves it open until the caller or `close` ends it. */
export async function serve(
  port: number,
  handle: (request: GraphRequest) => Promise<Outcome>,
): Promise<Served> {
  const server = createServer((incoming, response) => void respond(incoming, response, handle));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return { url, close };
}

async function respond(
  incoming: IncomingMessage,
  response: ServerResponse,
  handle: (request: GraphRequest) => Promise<Outcome>,
): Promise<void> {
  const body = await text(incoming).catch(() => undefined);
  if (body === undefined) return; // The caller left before all of the body was here.
  const outcome = await handle(requestOf(incoming, body));
  if (outcome === 'hang') return;
  if (outcome === 'reset') incoming.socket.destroy();
  else send(outcome, response);
}

function requestOf(incoming: IncomingMessage, body: string): GraphRequest {
  const { method = 'GET', url: path = '/' } = incoming;
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(incoming.headers)) {
    headers[name] = Array.isArray(value) ? value.join(', ') : value;
  }
  const origin = `http://${incoming.headers.host ?? '127.0.0.1'}`;
  return { method, path, headers, body: body === '' ? undefined : body, origin };
}

function send({ status, headers, body }: GraphAnswer, response: ServerResponse): void {
  response.writeHead(status, { ...headers });
  response.end(body);
}
