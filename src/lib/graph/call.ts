import type { MayLeave } from '../ports.ts';
import type { GraphRequest, Permission } from './permissions.ts';

/** The only version this app speaks: a policy touched through beta may become unreadable through v1.0. */
export const version = 'v1.0';

/** One thing asked of Graph, before it is known how often it has to be sent. */
export interface Call {
  /** What it is for, as a sentence begins: "Listing the policies". */
  readonly purpose: string;
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Below the version, query included: `/identity/conditionalAccess/policies`. */
  readonly path: string;
  /** Whether the tenant may be different afterwards. Not the method: `POST /$batch` of reads is a read. */
  readonly effect: 'read' | 'write';
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** GUID for the header `client-request-id`; without it every attempt gets one of its own. */
  readonly clientRequestId?: string;
  readonly mayLeave?: MayLeave | undefined;
  /** Milliseconds since 1970: when this is not worth waiting for any more, where that is before the session's own end. */
  readonly deadlineAt?: number | undefined;
  /** Application permissions without which this is refused. */
  readonly permissions: readonly Permission[];
}

/**
 * A request of the table, made out to one thing.
 *
 * @param id fills `{id}` in the path; what could make another address out of it is encoded
 * @param query what comes after the question mark, encoded already
 */
export function callOf(
  { purpose, method, path, effect, permissions }: GraphRequest,
  { id = '', query = '' }: { readonly id?: string; readonly query?: string } = {},
): Call {
  const place = path.replace('{id}', encodeURIComponent(id));
  return { purpose, method, path: query === '' ? place : `${place}?${query}`, effect, permissions };
}

interface Sent {
  /** What was sent in the header `client-request-id`; the audit log shows it as the correlation id. */
  readonly clientRequestId: string;
}

interface Answered extends Sent {
  readonly status: number;
  /** From the header `request-id`: what Microsoft's support asks for. */
  readonly requestId: string | null;
  /** The header `Retry-After`, whichever way it was spelled; null when it is absent or makes no sense. */
  readonly retryAfterMs: number | null;
}

/** A whole answer, 2xx, whose body is JSON; `undefined` when there was none, as after a 204. */
export interface Success extends Answered {
  readonly kind: 'success';
  readonly body: unknown;
}

/** A whole answer with any other status, its body read the same way. */
export interface Refusal extends Answered {
  readonly kind: 'refusal';
  readonly body: unknown;
}

/** What one attempt at a call came to. */
export type Answer =
  | Success
  | Refusal
  /** Headers came; the body is no JSON, or ended early. */
  | (Answered & { readonly kind: 'unreadable'; readonly reason: string })
  /** It certainly never left: no connection, no name, no time. */
  | (Sent & { readonly kind: 'unsent'; readonly reason: string })
  /** It may have arrived; the connection broke before an answer came. */
  | (Sent & { readonly kind: 'lost'; readonly reason: string })
  | (Sent & { readonly kind: 'timeout'; readonly afterMs: number });

/** Sends one call, as often as is safe and worth while. The last answer is given, whatever it is. */
export type Ask = (call: Call) => Promise<Answer>;

/** The error object of Graph's answers: `{"error": {"code", "message", "innerError"}}`. */
export interface GraphError {
  readonly code: string | null;
  readonly message: string;
  /** The service's own number at the start of the message (newer) or of the inner one (older), such as 1037. */
  readonly number: string | null;
}

/** Reads Graph's error object. @returns undefined when the answer has none, as from a proxy on the way */
export function graphError(answer: Answer): GraphError | undefined {
  const error = answer.kind === 'refusal' ? member(answer.body, 'error') : undefined;
  if (!isRecord(error)) return undefined;
  const inner = member(error, 'innerError') ?? member(error, 'innererror');
  const [outerText, innerText] = [text(member(error, 'message')), text(member(inner, 'message'))];
  return {
    code: text(member(error, 'code')),
    message: [...new Set([outerText, innerText])].filter((said) => said).join(' '),
    number: leadingNumber(outerText) ?? leadingNumber(innerText),
  };
}

/** Whether Graph itself says that what was asked for is not there; a proxy's 404 says nothing. */
export function isMissing(answer: Answer): boolean {
  return answer.kind === 'refusal' && answer.status === 404 && graphError(answer) !== undefined;
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function leadingNumber(message: string | null): string | null {
  return /^\s*(\d{4,5})\b/.exec(message ?? '')?.[1] ?? null;
}
