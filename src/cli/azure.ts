import type { TokenCredential } from '@azure/identity';
import { Fault, type FaultKind } from '../lib/fault.ts';

const TIMEOUT_MS = 30_000;

/** A service of Azure's, as the person at the keyboard reaches it. */
export interface AzureService {
  readonly origin: string;
  /** What a token for it is asked for. */
  readonly scope: string;
}

/**
 * One request to a service of Azure's, with the operator's own token.
 *
 * @param path with its query
 * @returns the JSON object it answered
 * @throws Fault saying what the service said; `denied` also where there is no token
 */
export async function askAzure(
  { origin, scope }: AzureService,
  credential: TokenCredential,
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
): Promise<Readonly<Record<string, unknown>>> {
  const token = await credential.getToken(scope).catch((error: Error) => {
    throw new Fault(
      'denied',
      `no token for ${origin}: ${error.message}; sign in with \`az login\``,
      {},
      error,
    );
  });
  const target = new URL(path, origin);
  const { response, text } = await fetch(target, {
    method,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      authorization: `Bearer ${token?.token ?? ''}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
    .then(async (response) => ({ response, text: await response.text() }))
    .catch((error: Error) => {
      throw new Fault('unavailable', `${origin} cannot be reached: ${error.message}`, {}, error);
    });
  const answer = parse(text);
  if (response.ok && answer !== undefined) return answer;
  throw new Fault(
    kindOf(response.status),
    `${origin}${target.pathname} answered ${response.status}${said(answer)}`,
  );
}

function kindOf(status: number): FaultKind {
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'config';
  return status >= 400 && status < 500 && status !== 429 ? 'rejected' : 'unavailable';
}

function said(answer: Readonly<Record<string, unknown>> | undefined): string {
  const { message } = (answer?.error ?? {}) as { readonly message?: unknown };
  return typeof message === 'string' ? `: ${message.slice(0, 300)}` : '';
}

function parse(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}
