import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { fixture, hosting, logged } from './support.ts';

describe('a host', () => {
  it('can be closed and started again with the same entry files', async () => {
    for (const round of [1, 2, 3]) {
      const { host, lines } = await hosting(['web.ts']);

      const answer = await fetch(`${host.url}/api/things/${round}/parts`);

      expect(answer.status).toBe(201);
      expect(lines).toHaveLength(3);
      await host.close();
      await expect(fetch(`${host.url}/api/named`)).rejects.toThrow();
    }
  });

  it('serves what its own entry files registered, not those of the host before', async () => {
    const { host } = await hosting(['slowRequest.ts']);

    expect(host.functions.map(({ name }) => name)).toEqual(['slow']);
    await host.close();
  });

  it('takes file URLs too, and a port', async () => {
    const first = await hosting(['web.ts']);
    const port = Number(new URL(first.host.url).port);
    await first.host.close();

    const { host } = await hosting([], { entries: [pathToFileURL(fixture('web.ts')).href], port });

    expect(host.url).toBe(`http://127.0.0.1:${port}`);
    await host.close();
  });

  it('lets what is running end before it closes', async () => {
    const { host, lines } = await hosting(['slowRequest.ts']);
    const answer = fetch(`${host.url}/api/slow`);
    await logged(lines, 'begun');

    await Promise.all([host.close(), host.close()]);

    expect(await (await answer).text()).toBe('done');
  });

  it('is alone in its process', async () => {
    const { host } = await hosting(['web.ts']);

    await expect(hosting(['slowRequest.ts'])).rejects.toThrow('another host is running');

    await host.close();
  });

  it.each([
    ['an entry file that throws', ['throwing.ts'], 'the entry file is broken'],
    ['an entry file that registers nothing', ['nothing.ts'], 'no function was registered'],
    ['no entry file', [], 'no function was registered by no entry file'],
    ['two functions of one name', ['web.ts', 'twin.ts'], 'two functions are called named'],
    ['a route it cannot read', ['unknownRoute.ts'], '{id:int}'],
  ])('refuses %s, and can be started afterwards', async (_, entries, message) => {
    await expect(hosting(entries)).rejects.toThrow(message);

    const { host } = await hosting(['web.ts']);
    await host.close();
  });

  it('does not let functions be registered late', async () => {
    const { host, lines } = await hosting(['late.ts']);

    expect((await fetch(`${host.url}/api/late`)).status).toBe(500);

    expect(lines[0]?.line).toContain('function tooLate was registered after the entry files had loaded');
    await host.close();
  });
});
