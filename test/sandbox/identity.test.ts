import { ManagedIdentityCredential } from '@azure/identity';
import { afterEach, describe, expect, it } from 'vitest';
import { createIdentity, serveIdentity } from '../../sandbox/identity.ts';
import { bench, policiesPath, TestClock } from './bench.ts';

const tenantId = '11111111-2222-4333-8444-555555555555';
const graph = 'https://graph.microsoft.com';
const query = `?api-version=2019-08-01&resource=${encodeURIComponent(graph)}`;

afterEach(() => {
  delete process.env.IDENTITY_ENDPOINT;
  delete process.env.IDENTITY_HEADER;
});

function identityBench() {
  const clock = new TestClock();
  const identity = createIdentity({ tenantId, clock, roles: ['Policy.Read.All'] });
  const ask = async (path = `/msi/token${query}`, secret: string = identity.secret) => {
    const headers = { 'x-identity-header': secret };
    const outcome = await identity.handle({ method: 'GET', path, headers, body: undefined });
    if (typeof outcome === 'string') return { status: outcome, json: json(undefined) };
    return { status: outcome.status, json: json(outcome.body) };
  };
  return { clock, identity, ask };
}

function json(body: string | undefined): Record<string, string> {
  return JSON.parse(body?.startsWith('{') ? body : '{}');
}

function claims(token: string | undefined): Record<string, unknown> {
  return JSON.parse(Buffer.from(token?.split('.')[1] ?? '', 'base64url').toString());
}

describe('the managed identity endpoint', () => {
  it('gives a token that names tenant, app, audience and roles', async () => {
    const { identity, ask } = identityBench();

    const { status, json: answer } = await ask();

    expect(status).toBe(200);
    expect(answer).toMatchObject({ token_type: 'Bearer', resource: graph, client_id: identity.clientId });
    expect(claims(answer.access_token)).toMatchObject({
      aud: graph,
      tid: tenantId,
      appid: identity.clientId,
      roles: ['Policy.Read.All'],
      exp: Number(answer.expires_on),
    });
  });

  it('refuses a wrong secret, version, client id or a missing resource', async () => {
    const { ask } = identityBench();

    expect((await ask(undefined, 'wrong')).status).toBe(401);
    expect((await ask('/msi/token?api-version=2017-09-01&resource=x')).status).toBe(400);
    expect((await ask(`/msi/token${query}&client_id=another`)).status).toBe(400);
    expect((await ask('/msi/token?api-version=2019-08-01')).status).toBe(400);
  });

  for (const trouble of [400, 403, 500, 'hang', 'reset'] as const) {
    it(`can be of no help: ${trouble}`, async () => {
      const { identity, ask } = identityBench();
      identity.trouble = trouble;

      expect((await ask()).status).toBe(trouble);
      expect(identity.issued).toEqual([]);
    });
  }

  it('can speak for another tenant', async () => {
    const { identity, ask } = identityBench();
    identity.trouble = 'otherTenant';

    expect(claims((await ask()).json.access_token).tid).not.toBe(tenantId);
  });

  it('knows its own tokens, for Graph alone and until they expire', async () => {
    const { identity, clock, ask } = identityBench();
    const token = (await ask()).json.access_token ?? '';
    const vault = (await ask('/msi/token?api-version=2019-08-01&resource=https://vault.azure.net')).json
      .access_token;

    expect(identity.accepts(token)).toBe(true);
    expect(identity.accepts(vault ?? '')).toBe(false);
    expect(identity.accepts(`${token}x`)).toBe(false);
    clock.pass(86_400_000);
    expect(identity.accepts(token)).toBe(false);
  });

  it('serves the real credential, and the tenant reads its roles', async () => {
    const identity = createIdentity({ tenantId, roles: ['Policy.Read.All'] });
    const served = await serveIdentity(identity);
    process.env.IDENTITY_ENDPOINT = served.endpoint;
    process.env.IDENTITY_HEADER = identity.secret;
    const { call } = bench({ permissions: 'fromToken', acceptToken: (token) => identity.accepts(token) });

    try {
      const credential = new ManagedIdentityCredential({ clientId: identity.clientId });
      const { token } = await credential.getToken(`${graph}/.default`);
      const authorization = `Bearer ${token}`;

      expect((await call('GET', policiesPath, undefined, { authorization })).status).toBe(200);
      expect((await call('POST', policiesPath, {}, { authorization })).status).toBe(403);
      expect((await call('GET', policiesPath)).status).toBe(401);
    } finally {
      await served.close();
    }
  });
});
