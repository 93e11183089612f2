import { describe, expect, it } from 'vitest';
import { graphOrigin, type JsonObject, type Served, serveTenant } from '../../sandbox/tenant/index.ts';
import { bench, mfaForAll, policiesPath } from './bench.ts';

const list = `${graphOrigin}${policiesPath}`;

describe('in process, shaped like fetch', () => {
  it('takes what fetch takes and answers what fetch answers', async () => {
    const { tenant } = bench();

    const created = await tenant.fetch(list, { method: 'POST', body: JSON.stringify(mfaForAll()) });
    const { id } = (await created.json()) as JsonObject;
    const patched = await tenant.fetch(
      new Request(`${list}/${id}`, { method: 'PATCH', body: JSON.stringify({ state: 'disabled' }) }),
    );
    const read = await tenant.fetch(new URL(`${list}/${id}`), { headers: { 'Client-Request-Id': 'mine' } });

    expect([created.status, patched.status, read.status]).toEqual([201, 204, 200]);
    expect(await read.json()).toMatchObject({ id, state: 'disabled' });
    expect(read.headers.get('client-request-id')).toBe('mine');
  });

  it('rejects like undici when the connection breaks', async () => {
    const { tenant } = bench();
    tenant.arm('lostAnswer');

    const lost = tenant.fetch(list);

    await expect(lost).rejects.toThrow(new TypeError('fetch failed'));
    await expect(lost).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } });
  });

  it('waits for the signal when nobody answers', async () => {
    const { tenant } = bench();
    tenant.arm('hang');
    const abort = new AbortController();

    const waiting = tenant.fetch(list, { signal: abort.signal });
    abort.abort(new Error('enough'));

    await expect(waiting).rejects.toThrow('enough');
    await expect(tenant.fetch(list, { signal: abort.signal })).rejects.toThrow('enough');
  });
});

describe('on a socket', () => {
  async function onSocket(
    work: (served: Served, made: ReturnType<typeof bench>) => Promise<void>,
  ): Promise<void> {
    const made = bench({ pageSize: 1 });
    const served = await serveTenant(made.tenant);
    try {
      await work(served, made);
    } finally {
      await served.close();
    }
  }

  it('answers plain requests; next links point to the socket', () =>
    onSocket(async ({ url }, { given }) => {
      await given();
      await given();

      const first = (await (await fetch(`${url}${policiesPath}`)).json()) as JsonObject;
      const next = String(first['@odata.nextLink']);
      const second = (await (await fetch(next)).json()) as JsonObject;

      expect(next.startsWith(`${url}/v1.0/`)).toBe(true);
      expect(second.value).toHaveLength(1);
      expect(second).not.toHaveProperty('@odata.nextLink');
    }));

  it('lets a person tamper', () =>
    onSocket(async ({ url }, { tenant, given }) => {
      const id = await given();

      const answer = await fetch(`${url}${policiesPath}/${id}`, {
        method: 'PATCH',
        body: '{"state":"disabled"}',
      });

      expect(answer.status).toBe(204);
      expect(tenant.truth()[0]).toMatchObject({ state: 'disabled' });
    }));

  it('breaks the connection for real', () =>
    onSocket(async ({ url }, { tenant }) => {
      tenant.arm('lostAnswer');

      await expect(
        fetch(`${url}${policiesPath}`, { method: 'POST', body: JSON.stringify(mfaForAll()) }),
      ).rejects.toThrow('fetch failed');
      expect(tenant.truth()).toHaveLength(1);
    }));

  it('closes even while a request hangs', () =>
    onSocket(async ({ url, close }, { tenant }) => {
      const arrived = new Promise<void>((resolve) => {
        tenant.beforeRequest = () => resolve();
      });
      tenant.arm('hang');
      const waiting = expect(fetch(`${url}${policiesPath}`)).rejects.toThrow('fetch failed');
      await arrived;

      await close();

      await waiting;
    }));
});
