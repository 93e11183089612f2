import { expect, it, vi } from 'vitest';
import { hosting } from './support.ts';

it('runs the hooks of the app around its functions, in order', async () => {
  const { host, lines } = await hosting(['hooks.ts']);

  const first = await (await fetch(`${host.url}/api/seen`)).json();
  const rescued = await (await fetch(`${host.url}/api/rescued`)).text();
  const then = await (await fetch(`${host.url}/api/seen`)).json();
  const info = vi.spyOn(console, 'info').mockReturnValue();
  await host.close();

  expect(first).toEqual(['appStart', 'preInvocation 1', 'preInvocation 2', 'wrapper']);
  expect(rescued).toBe('rescued');
  expect(then).toEqual(expect.arrayContaining(['postInvocation after seen', 'postInvocation after rescued']));
  expect(lines.map(({ line }) => line)).toEqual(['a ***', 'a ***']);
  expect(info.mock.calls).toEqual([['terminated, appStart']]);
});

it('does not start when a hook at the start throws, and can be started without it', async () => {
  await expect(hosting(['failingStart.ts'])).rejects.toThrow('not ready');

  const { host } = await hosting(['web.ts']);
  await host.close();
});
