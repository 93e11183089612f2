import { Fault } from '../lib/fault.ts';

/** An answer heard to its end. */
export interface Heard {
  readonly status: number;
  readonly headers: Headers;
  /** undefined where it was no JSON. */
  readonly body: unknown;
}

/** One request. It is not sent on elsewhere: it may carry a token. @throws Fault `unavailable` where no whole answer came */
export async function exchange(target: URL, init: RequestInit, timeoutMs: number): Promise<Heard> {
  try {
    const response = await fetch(target, {
      ...init,
      redirect: 'error',
      signal: AbortSignal.timeout(timeoutMs),
    });
    const { status, headers } = response;
    return { status, headers, body: parse(await response.text()) };
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    throw new Fault(
      'unavailable',
      `${target.origin}${target.pathname} cannot be reached: ${causeOf(error)}`,
      {},
      error,
    );
  }
}

/** `fetch failed` says nothing; what it was caused by does. */
function causeOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  const code = 'code' in cause ? String(cause.code) : '';
  return [code, cause.message].filter((part) => part !== '').join(': ') || message;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
