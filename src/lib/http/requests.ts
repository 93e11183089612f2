import type { HttpRequest } from '@azure/functions';
import { saidTwice } from '../strictJson.ts';
import type { Problems } from './answers.ts';

/** Who asked, as far as the platform vouches for it. */
export interface Caller {
  readonly id: string;
  readonly name: string;
}

/** App roles of our own, as `infra/app-registration.bicep` offers them. */
export const CALLER_ROLES = ['Caretaker.Operator', 'Caretaker.Reader'] as const;
export type CallerRole = (typeof CALLER_ROLES)[number];

/** Who is written down where only a function key vouches for the caller. A body says nothing about who sent it. */
export const UNKNOWN_CALLER: Caller = { id: '', name: 'unknown (function key)' };

export type Allowed =
  | { readonly ok: true; readonly caller: Caller | null }
  | { readonly ok: false; readonly problems: Problems };

const BODY_BYTES_MAX = 64 * 1024;

/**
 * Whether the caller may do this. The platform checks the function key; with App Service Authentication on, a caller
 * also needs the app role. The principal header counts only then: with it off anybody can send one.
 */
export function authorise(request: HttpRequest, role: CallerRole, isAuthenticationOn: boolean): Allowed {
  if (!isAuthenticationOn) return { ok: true, caller: null };
  const principal = principalOf(request.headers.get('x-ms-client-principal'));
  if (principal === undefined)
    return {
      ok: false,
      problems: { status: 401, problems: ['sign in with Microsoft Entra: the request carries no principal'] },
    };
  if (!principal.roles.includes(role)) {
    return {
      ok: false,
      problems: {
        status: 403,
        problems: [`the app role ${role} is missing; assign it on the enterprise application`],
      },
    };
  }
  return { ok: true, caller: principal.caller };
}

function principalOf(header: string | null): { caller: Caller; roles: readonly string[] } | undefined {
  if (header === null) return undefined;
  let principal: unknown;
  try {
    principal = JSON.parse(Buffer.from(header, 'base64').toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
  if (typeof principal !== 'object' || principal === null) return undefined;
  const { auth_typ: provider, claims } = principal as { auth_typ?: unknown; claims?: unknown };
  if (provider !== 'aad' || !Array.isArray(claims)) return undefined;
  const values = (...types: readonly string[]): string[] =>
    claims.flatMap((claim: { typ?: unknown; val?: unknown } | null) =>
      types.includes(String(claim?.typ)) && typeof claim?.val === 'string' ? [claim.val] : [],
    );
  const [id] = values('http://schemas.microsoft.com/identity/claims/objectidentifier', 'oid');
  if (id === undefined) return undefined;
  const [name] = values('name', 'preferred_username', 'azp', 'appid');
  return {
    caller: { id, name: name ?? id },
    roles: values('roles', 'http://schemas.microsoft.com/ws/2008/06/identity/claims/role'),
  };
}

export type Body =
  | { readonly ok: true; readonly value: Readonly<Record<string, unknown>> }
  | { readonly ok: false; readonly problems: Problems };

/** What a body has that its request does not take. */
export function strangers(
  body: Readonly<Record<string, unknown>>,
  known: readonly string[],
): readonly string[] {
  return Object.keys(body)
    .filter((name) => !known.includes(name))
    .map((name) => `"${name}" is no member of this request; it takes ${known.join(' and ')}`);
}

/** The request's JSON object; no body is an empty one. */
export async function readBody(request: HttpRequest): Promise<Body> {
  const fail = (status: 400 | 413 | 415, problem: string): Body => ({
    ok: false,
    problems: { status, problems: [problem] },
  });
  if (Number(request.headers.get('content-length') ?? 0) > BODY_BYTES_MAX)
    return fail(413, `the body is larger than ${BODY_BYTES_MAX} bytes`);
  const text = await request.text();
  if (Buffer.byteLength(text) > BODY_BYTES_MAX)
    return fail(413, `the body is larger than ${BODY_BYTES_MAX} bytes`);
  if (text.trim() === '') return { ok: true, value: {} };
  const type = request.headers.get('content-type') ?? '';
  if (!/^application\/(json|.+\+json)\s*(;|$)/i.test(type))
    return fail(415, `the body must be application/json, not "${type}"`);
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value))
      return fail(400, 'the body must be a JSON object');
    const twice = saidTwice(text);
    if (twice !== undefined) return fail(400, twice);
    return { ok: true, value: value as Record<string, unknown> };
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail(400, `the body is not JSON: ${error.message}`);
  }
}

/** Whether an `Accept` header asks for a page rather than for JSON. Whoever says nothing is a program. */
export function prefersHtml(accept: string | null): boolean {
  const quality = (type: string): number => {
    const range = (accept ?? '').split(',').find((one) => one.split(';')[0]?.trim().toLowerCase() === type);
    if (range === undefined) return 0;
    const weight = Number(/;\s*q=([0-9.]+)/i.exec(range)?.[1] ?? 1);
    return Number.isNaN(weight) ? 0 : weight;
  };
  return quality('text/html') > quality('application/json');
}
