import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ROOT, textOf } from './pages.ts';

describe('the routes in docs/cli.md', () => {
  it('are those that are registered', () => {
    const registered = globSync('src/functions/*.ts', { cwd: ROOT }).flatMap((path) => [
      ...textOf(path).matchAll(/methods: \['(\w+)'\],\s+route: '([^']+)'/g),
    ]);
    const section = textOf('docs/cli.md').split('## Over HTTP')[1] ?? '';
    const named = [...section.matchAll(/`(GET|POST|DELETE) \/api\/([^`]+)`/g)];

    expect(registered.length).toBeGreaterThan(5);
    expect(named.map(([, method, route]) => `${method} ${route}`).toSorted()).toEqual(
      registered.map(([, method, route]) => `${method} ${route}`).toSorted(),
    );
  });
});
