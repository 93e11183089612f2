import type { GraphRequest, Outcome } from './tenant/answers.ts';
import type { Clock } from './tenant/model.ts';
import { createRandom } from './tenant/random.ts';
import { type Served, serve } from './tenant/server.ts';

/** Ways in which the endpoint can be of no help. */
export type IdentityTrouble = 'none' | 400 | 403 | 500 | 'hang' | 'reset' | 'otherTenant' | 'notJson';

export interface IdentityOptions {
  readonly tenantId: string;
  /** Client id of the identity; asking for another is refused. */
  readonly clientId?: string;
  /** Application roles the token carries, such as `Policy.Read.All`. */
  readonly roles?: readonly string[];
  /** Value of IDENTITY_HEADER. */
  readonly secret?: string;
  readonly clock?: Clock;
  /** How long a token is good for, in seconds. Azure gives a managed identity 24 hours. */
  readonly tokenSeconds?: number;
  readonly seed?: number;
}

/** A managed identity as App Service offers it to the app's own process. */
export interface Identity {
  readonly secret: string;
  /** Changed at will, as when another identity is assigned to the app. */
  clientId: string;
  /** Changed at will; the next request meets it. */
  trouble: IdentityTrouble;
  /** Application roles of tokens to come. Those already given away keep theirs, as in Azure. */
  roles: readonly string[];
  /** Tokens given out so far. */
  readonly issued: readonly string[];
  handle(request: GraphRequest): Promise<Outcome>;
  /** True for an unexpired token of this endpoint, made for one of Graph's hosts. Fits `settings.acceptToken` of a tenant. */
  accepts(token: string): boolean;
}

const apiVersion = '2019-08-01';
const graphAudience = /^https:\/\/((dod-)?graph\.microsoft\.(com|us)|microsoftgraph\.chinacloudapi\.cn)\/?$/;
const strangeTenant = '99999999-9999-4999-8999-999999999999';

/** Protocol: Azure docs, overview-managed-identity, REST endpoint reference (api-version 2019-08-01). */
export function createIdentity(options: IdentityOptions): Identity {
  const random = createRandom(options.seed ?? 1, 'identity');
  const clock = options.clock ?? { now: () => Date.now() };
  const issued: string[] = [];
  const identity: Identity = {
    secret: options.secret ?? random.guid(),
    clientId: options.clientId ?? random.guid(),
    trouble: 'none',
    roles: options.roles ?? [],
    issued,
    handle: async (request) => answer(request),
    accepts: (token) => {
      const { exp, aud } = issued.includes(token) ? claimsOf(token) : {};
      return Number(exp) > clock.now() / 1000 && graphAudience.test(String(aud));
    },
  };
  return identity;

  function answer(request: GraphRequest): Outcome {
    const { trouble } = identity;
    if (trouble === 'hang' || trouble === 'reset') return trouble;
    if (trouble === 'notJson')
      return { status: 200, headers: { 'content-type': 'text/html' }, body: '<html></html>' };
    if (typeof trouble === 'number') return refusal(trouble, 'The endpoint is in trouble.');
    const query = new URL(request.path, 'http://localhost').searchParams;
    if (request.headers['x-identity-header'] !== identity.secret)
      return refusal(401, 'Wrong X-IDENTITY-HEADER.');
    if (query.get('api-version') !== apiVersion)
      return refusal(400, `The api-version must be ${apiVersion}.`);
    const resource = query.get('resource');
    if (!resource) return refusal(400, 'The resource is missing.');
    const wanted = query.get('client_id');
    if (wanted !== null && wanted !== identity.clientId)
      return refusal(400, 'No identity with this client id.');
    return json(200, tokenFor(resource, trouble === 'otherTenant' ? strangeTenant : options.tenantId));
  }

  function tokenFor(resource: string, tenantId: string): Record<string, string> {
    const now = Math.floor(clock.now() / 1000);
    const exp = now + (options.tokenSeconds ?? 86_400);
    const claims = { aud: resource, iss: `https://sts.windows.net/${tenantId}/`, iat: now, nbf: now, exp };
    const who = {
      appid: identity.clientId,
      idtyp: 'app',
      oid: identity.clientId,
      tid: tenantId,
      roles: identity.roles,
    };
    const token = jwt({ ...claims, ...who, uti: random.guid() });
    issued.push(token);
    const about = { expires_on: String(exp), resource, token_type: 'Bearer', client_id: identity.clientId };
    return { access_token: token, ...about };
  }
}

/** Puts an identity on a loopback socket. `endpoint` is IDENTITY_ENDPOINT, `identity.secret` IDENTITY_HEADER. */
export async function serveIdentity(
  identity: Identity,
  { port = 0 }: { port?: number } = {},
): Promise<Served & { readonly endpoint: string }> {
  const served = await serve(port, (request) => identity.handle(request));
  return { ...served, endpoint: `${served.url}/msi/token` };
}

/** Shaped like a JWT and signed by nobody. */
function jwt(claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ typ: 'JWT', alg: 'none' })}.${part(claims)}.unsigned`;
}

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
}

function refusal(status: number, message: string): Outcome {
  return json(status, { statusCode: status, message });
}

function json(status: number, body: object): Outcome {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
