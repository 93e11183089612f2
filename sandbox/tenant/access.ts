import { type GraphRequest, Refusal } from './answers.ts';
import { isObject } from './model.ts';
import type { Settings } from './world.ts';

/**
 * Application roles of the caller; `undefined` when nobody asks for any.
 * @throws Refusal 401 when the token is missing or not believed
 */
export function permissionsOf(request: GraphRequest, settings: Settings): ReadonlySet<string> | undefined {
  const token = /^Bearer (.+)$/i.exec(request.headers.authorization ?? '')?.[1];
  const isNeeded = settings.requireToken || settings.permissions === 'fromToken';
  if (token === undefined && isNeeded)
    throw new Refusal(401, 'InvalidAuthenticationToken', 'Access token is empty.');
  if (token !== undefined && !settings.acceptToken(token)) {
    throw new Refusal(401, 'InvalidAuthenticationToken', 'The access token is not valid here.');
  }
  if (settings.permissions === 'all') return undefined;
  return new Set(settings.permissions === 'fromToken' ? rolesOf(token ?? '') : settings.permissions);
}

/** The `roles` of a JWT, signature unseen. */
function rolesOf(token: string): string[] {
  try {
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const roles = isObject(claims) ? claims.roles : undefined;
    return Array.isArray(roles) ? roles.map(String) : [];
  } catch (error) {
    if (error instanceof SyntaxError) return [];
    throw error;
  }
}
