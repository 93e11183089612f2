import type { TokenCredential } from '@azure/identity';
import { Fault, type FaultKind } from '../lib/fault.ts';
import { exchange, isObject } from './exchange.ts';

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
  const headers = {
    authorization: `Bearer ${token?.token ?? ''}`,
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const { status, body: answer } = await exchange(target, { method, headers, ...sent }, TIMEOUT_MS);
  if (status < 300 && isObject(answer)) return answer;
  throw new Fault(kindOf(status), `${origin}${target.pathname} answered ${status}${said(answer)}`);
}

function kindOf(status: number): FaultKind {
  if (status === 401 || status === 403) return 'denied';
  if (status === 404) return 'config';
  return status >= 400 && status < 500 && status !== 429 ? 'rejected' : 'unavailable';
}

function said(answer: unknown): string {
  const error = isObject(answer) ? answer.error : undefined;
  const message = isObject(error) ? error.message : undefined;
  return typeof message === 'string' ? `: ${message.slice(0, 300)}` : '';
}
