import type { Json, JsonObject } from './model.ts';

/** One request as the tenant sees it. Header names are lower case; `path` carries the query. */
export interface GraphRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: string | undefined;
  /** Scheme and host the caller used; next links point there. Default `https://graph.microsoft.com`. */
  readonly origin?: string;
}

export interface GraphAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** `reset`: the connection breaks without an answer. `hang`: no answer, ever. */
export type Outcome = GraphAnswer | 'reset' | 'hang';

/** What a route says before it is dressed as HTTP: JSON, or plain text where the service sends that. */
export interface Reply {
  readonly status: number;
  readonly json?: Json;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A refusal in Graph's words. `number` is the Conditional Access error number, where one is known. */
export class Refusal extends Error {
  readonly status: number;
  readonly code: string;
  readonly number: number | undefined;

  constructor(status: number, code: string, message: string, number?: number) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.number = number;
  }
}

export const badRequest = (message: string, number?: number): Refusal =>
  new Refusal(400, 'BadRequest', message, number);
export const notFound = (what: string): Refusal =>
  new Refusal(404, 'ResourceNotFound', `${what} does not exist in the directory.`);
export const accessDenied = (): Refusal =>
  new Refusal(403, 'AccessDenied', 'The token lacks a permission that this request needs.');

/** Ids and time of one request, as every answer and error repeats them. */
export interface Stamp {
  readonly requestId: string;
  readonly clientRequestId: string;
  readonly at: number;
}

/**
 * Graph's error envelope (Graph docs, concepts/errors). The Conditional Access number opens `error.message`; years ago it
 * opened `innerError.message` instead, which `olderErrors` brings back.
 */
export function errorReply(refusal: Refusal, stamp: Stamp, olderErrors: boolean): Reply {
  const numbered = refusal.number === undefined ? refusal.message : `${refusal.number}: ${refusal.message}`;
  const innerError: JsonObject = {
    ...(olderErrors ? { message: numbered } : {}),
    date: new Date(stamp.at).toISOString().slice(0, 19),
    'request-id': stamp.requestId,
    'client-request-id': stamp.clientRequestId,
  };
  const message = olderErrors ? 'The request was refused.' : numbered;
  return { status: refusal.status, json: { error: { code: refusal.code, message, innerError } } };
}

/** Puts the headers on that every Graph answer carries. */
export function dressed(reply: Reply, stamp: Stamp, prefer: string | undefined): GraphAnswer {
  const text = reply.text ?? (reply.json === undefined ? undefined : JSON.stringify(reply.json));
  const type =
    reply.text === undefined ? 'application/json;odata.metadata=minimal;charset=utf-8' : 'text/plain';
  return {
    status: reply.status,
    headers: {
      'cache-control': 'no-cache',
      date: new Date(stamp.at).toUTCString(),
      'request-id': stamp.requestId,
      'client-request-id': stamp.clientRequestId,
      ...(text === undefined ? {} : { 'content-type': type }),
      ...(prefer && reply.status < 300 ? { 'preference-applied': prefer } : {}),
      ...reply.headers,
    },
    body: text,
  };
}
