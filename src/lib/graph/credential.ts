import { ManagedIdentityCredential } from '@azure/identity';
import { Fault } from '../fault.ts';
import type { TenantId } from '../policy/model.ts';
import type { Clock, TokenClaims } from '../ports.ts';
import { isRecord } from './call.ts';
import { quoted } from './faults.ts';
import { within } from './within.ts';

/** The part of Azure's `TokenCredential` that is used here. */
export interface TokenSource {
  getToken(scope: string): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

export interface Tokens {
  /**
   * A token that is good for some minutes at least.
   * @throws Fault `config` when it belongs to another tenant or there is no managed identity; `denied` when the
   *   identity endpoint refuses; `unavailable` when it does not answer in time
   */
  current(deadlineAt: number): Promise<string>;
  /** Graph did not accept this one; do not offer it again. */
  forget(token: string): void;
}

/** The identity endpoint has this long; a missing token must not eat the whole run. */
export const tokenLimitMs = 20_000;
/** A token is not used in the last minutes of its life: the request has to arrive, too. */
const spareMs = 120_000;

/** Tokens for one tenant out of one source, fetched when the last one is nearly spent. */
export function tokens(source: TokenSource, scope: string, tenantId: TenantId, clock: Clock): Tokens {
  let held = { token: '', goodUntil: Number.NEGATIVE_INFINITY };

  return {
    async current(deadlineAt) {
      if (clock.now() < held.goodUntil) return held.token;
      const fetched = await fetchToken(source, scope, clock, deadlineAt);
      checkTenant(fetched.token, tenantId);
      held = { token: fetched.token, goodUntil: fetched.expiresOnTimestamp - spareMs };
      return held.token;
    },
    forget(token) {
      if (held.token === token) held = { token: '', goodUntil: Number.NEGATIVE_INFINITY };
    },
  };
}

async function fetchToken(source: TokenSource, scope: string, clock: Clock, deadlineAt: number) {
  const limitMs = Math.min(tokenLimitMs, deadlineAt - clock.now());
  if (limitMs <= 0)
    throw new Fault('unavailable', `No time is left to fetch a token for ${scope}; nothing was sent.`);
  // The credential ignores an abort signal while the endpoint hangs, hence the race.
  const asked = within(clock, limitMs, () => source.getToken(scope));
  const fetched = await asked.catch((error: unknown) => {
    throw tokenFault(error, scope);
  });
  if (fetched.kind === 'timeout') throw unusable(scope, `no answer within ${limitMs} ms`);
  if (fetched.value === null) throw unusable(scope, 'no token in its answer');
  return fetched.value;
}

const azureErrors = new Set([
  'CredentialUnavailableError',
  'AuthenticationRequiredError',
  'AuthenticationError',
]);

/** Reads the errors of `@azure/identity`: the endpoint's status is in the cause, its whole body in the message. */
function tokenFault(error: unknown, scope: string): Fault {
  if (error instanceof Fault) return error;
  if (!(error instanceof Error) || !azureErrors.has(error.name)) throw error;
  const { status, errorMessage } = (error.cause ?? {}) as { status?: unknown; errorMessage?: unknown };
  if (typeof status === 'number') return refusing(scope, status, errorMessage);
  return unusable(
    scope,
    error.name === 'AuthenticationRequiredError' ? 'no token in its answer' : 'no connection',
  );
}

function refusing(scope: string, status: number, errorMessage: unknown): Fault {
  if (![400, 401, 403, 404].includes(status)) return unusable(scope, `status ${status}`, status);
  return new Fault(
    'denied',
    `The managed identity endpoint refuses a token for ${scope}: status ${status}${said(errorMessage)}. ` +
      'Check that the identity is assigned to the function app and that AZURE_CLIENT_ID is its client id ' +
      '(leave it out for the system-assigned one).',
    { status },
  );
}

function unusable(scope: string, reason: string, status?: number): Fault {
  return new Fault(
    'unavailable',
    `The managed identity endpoint gave no token for ${scope}: ${reason}. Nothing was sent to Graph; ` +
      'the next run, or the same question later, asks again. If it goes on, restart the function app.',
    status === undefined ? {} : { status },
  );
}

/** The library frames the endpoint's own words with "Description:" and "- Correlation ID:". */
function said(errorMessage: unknown): string {
  const words = /Description: (.*?) - Correlation ID:/s.exec(
    typeof errorMessage === 'string' ? errorMessage : '',
  )?.[1];
  return words === undefined || words === 'Not Available' ? '' : `, "${quoted(words)}"`;
}

/** A token that cannot be looked into is taken as it is: what is inside is between Entra and Graph. */
function checkTenant(token: string, tenantId: TenantId): void {
  const tid = claimsOf(token)?.tenantId ?? undefined;
  if (tid === undefined || tid.toLowerCase() === tenantId.toLowerCase()) return;
  throw new Fault(
    'config',
    `The managed identity belongs to tenant ${quoted(tid)}, but TENANT_ID is ${tenantId}; nothing was sent to Graph. ` +
      'Correct TENANT_ID, or run the app in the tenant it shall look after.',
  );
}

/** @returns undefined for a token that cannot be looked into */
export function claimsOf(token: string): TokenClaims | undefined {
  const parts = token.split('.');
  const claims = parts.length === 3 ? jsonIn(parts[1] ?? '') : undefined;
  if (!isRecord(claims)) return undefined;
  const { tid, roles, iat, exp } = claims;
  return {
    tenantId: typeof tid === 'string' ? tid : null,
    roles: Array.isArray(roles) ? roles.filter((role) => typeof role === 'string') : [],
    issuedAt: typeof iat === 'number' ? iat * 1000 : null,
    expiresAt: typeof exp === 'number' ? exp * 1000 : null,
  };
}

function jsonIn(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

/**
 * The managed identity of the function app, and nothing else: a developer's or an environment's stray credential must
 * never write Conditional Access.
 *
 * @param clientId of a user-assigned identity; undefined means the system-assigned one
 * @param identityEndpoint the platform's variable IDENTITY_ENDPOINT, which it sets when an identity is assigned
 */
export function managedIdentity(
  clientId: string | undefined,
  identityEndpoint: string | undefined,
): TokenSource {
  let credential: ManagedIdentityCredential | undefined;
  return {
    async getToken(scope) {
      // Without the endpoint the library would go on to look for a virtual machine's, and wait.
      if (identityEndpoint === undefined || identityEndpoint === '') throw noIdentity();
      credential ??= new ManagedIdentityCredential(clientId === undefined ? {} : { clientId });
      return credential.getToken(scope);
    },
  };
}

function noIdentity(): Fault {
  return new Fault(
    'config',
    'There is no managed identity here: IDENTITY_ENDPOINT is not set. Assign an identity to the function app ' +
      '(a user-assigned one also needs AZURE_CLIENT_ID), start the app in the sandbox, or ask the deployed app (--app <url>).',
  );
}
