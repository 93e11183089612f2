import { describe, expect, it } from 'vitest';
import type { Call } from '../../src/lib/graph/call.ts';
import { createGraph, type Fetch } from '../../src/lib/graph/index.ts';
import { transport } from '../../src/lib/graph/transport.ts';
import { virtualClock } from '../support/virtualClock.ts';
import {
  anyToken,
  countingChance,
  faultFrom,
  listen,
  origin,
  policy,
  policyId,
  realClock,
  serve,
  tenantId,
} from './support.ts';

const intentId = 'bbbbbbbb-0000-4000-8000-000000000001';
const call: Call = { purpose: 'Asking', method: 'GET', path: '/x', effect: 'read', permissions: [] };

describe('the gate', () => {
  it.each([
    'https://evil.test/v1.0/x',
    '/x?next=https://evil.test/v1.0/x',
    'https://graph.test.evil.test/v1.0/x',
    'https://graph.test@evil.test/v1.0/x',
    'https://graph.test:444/v1.0/x',
  ])('lets nothing out to another host: %s', async (path) => {
    const sent: string[] = [];
    const fetch: Fetch = async (url) => {
      sent.push(url);
      return Response.json({});
    };
    const { attempt, requests } = transport(origin, fetch, virtualClock());

    await expect(attempt({ ...call, path }, 'id', 'the-token', 1000)).rejects.toThrow(
      /was stopped|Invalid URL/,
    );

    expect([sent, requests()]).toEqual([[], 0]);
  });
});

/** The real client over real sockets. */
function graphAt(graphEndpoint: string, deadlineMs = 10_000, requestIntervalMs = 20) {
  const graph = createGraph({
    settings: {
      graphEndpoint,
      scope: 'scope',
      clientId: undefined,
      identityEndpoint: undefined,
      requestIntervalMs,
    },
    clock: realClock,
    chance: countingChance(),
    credential: anyToken(realClock),
  });
  return graph.open(tenantId, Date.now() + deadlineMs);
}

describe('over sockets', () => {
  it('speaks with the service, keeping the pace', async () => {
    const starts: number[] = [];
    const requests: string[] = [];
    const origin = await serve((request, response) => {
      starts.push(performance.now());
      requests.push(`${request.method} ${request.url}`);
      if (request.method === 'PATCH') return response.writeHead(204).end();
      response.writeHead(200, { 'content-type': 'application/json' });
      const last = request.url?.includes('skiptoken');
      const nextLink = last ? {} : { '@odata.nextLink': `${origin}${request.url}?$skiptoken=a` };
      return response.end(JSON.stringify({ value: last ? [] : [policy()], ...nextLink }));
    });
    const { policies } = graphAt(origin, 10_000, 60);

    const { policies: listed } = await policies.list();
    await policies.update(policyId, { state: 'disabled' }, intentId);

    const path = '/v1.0/identity/conditionalAccess/policies';
    expect(listed).toEqual([policy()]);
    expect(requests).toEqual([`GET ${path}`, `GET ${path}?$skiptoken=a`, `PATCH ${path}/${policyId}`]);
    for (const [index, start] of starts.slice(1).entries())
      expect(start - (starts[index] ?? 0)).toBeGreaterThanOrEqual(59);
  });

  it('does not carry the token along a redirect', async () => {
    const visited: string[] = [];
    const elsewhere = await serve((request, response) => {
      visited.push(request.headers.authorization ?? 'no token');
      response.end('{}');
    });
    const origin = await serve((_request, response) =>
      response.writeHead(307, { location: elsewhere }).end(),
    );
    const { policies } = graphAt(origin);

    const faults = [await faultFrom(policies.list()), await faultFrom(policies.create(policy(), intentId))];

    expect([faults.map(({ kind }) => kind), visited]).toEqual([['unavailable', 'indeterminate'], []]);
  });

  it('knows a refused connection from a broken one', async () => {
    const gone = await listen(() => {});
    await gone.close();
    const breaking = await serve((request) => request.socket.destroy());

    const refused = await faultFrom(graphAt(gone.origin).policies.create(policy(), intentId));
    const broken = await faultFrom(graphAt(breaking).policies.create(policy(), intentId));

    expect([refused.kind, broken.kind]).toEqual(['unavailable', 'indeterminate']);
  });

  it.each([
    ['no answer', false],
    ['a body that never ends', true],
  ])('lets go of a server that gives %s', async (_name, begins) => {
    let closed = 0;
    const origin = await serve((request, response) => {
      request.socket.on('close', () => {
        closed += 1;
      });
      if (begins) response.writeHead(200, { 'content-type': 'application/json' }).write('{"value":[');
    });

    const fault = await faultFrom(graphAt(origin, 300).policies.list());
    await realClock.sleep(50);

    expect([fault.kind, closed]).toEqual(['unavailable', 1]);
  });

  it('does not take half a body for a whole one', async () => {
    const origin = await serve((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '100' });
      response.write('{"value":[]}');
      setTimeout(() => response.destroy(), 5);
    });

    const fault = await faultFrom(graphAt(origin).policies.list());

    expect(fault.kind).toBe('unavailable');
    expect(fault.message).toContain('broke off');
  });
});

describe('createGraph', () => {
  it('keeps the pace of a tenant from one run to the next, and tenants apart', async () => {
    const clock = virtualClock();
    const startAt = clock.now();
    const starts: number[] = [];
    const graph = createGraph({
      settings: {
        graphEndpoint: `${origin}/`,
        scope: 's',
        clientId: undefined,
        identityEndpoint: undefined,
        requestIntervalMs: 1100,
      },
      clock,
      chance: countingChance(),
      credential: anyToken(clock),
      fetch: async () => {
        starts.push(clock.now() - startAt);
        return Response.json({ value: [] });
      },
    });
    const deadlineAt = clock.now() + 60_000;
    const [one, again, other] = [tenantId, tenantId, 'another'].map((tenant) =>
      graph.open(tenant, deadlineAt),
    );

    await one?.policies.list();
    await other?.policies.list();
    await again?.policies.list();

    expect(starts).toEqual([0, 0, 1100]);
    expect([one, again, other].map((session) => session?.requests())).toEqual([1, 1, 1]);
  });
});
