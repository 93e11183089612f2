import { describe, expect, it } from 'vitest';
import { createRoute } from '../../sandbox/host/routes.ts';

describe('a route template', () => {
  it.each([
    ['runs', '/api/runs', {}],
    ['runs/{id}', '/api/runs/7', { id: '7' }],
    ['runs/{id}', '/api/runs', undefined],
    ['runs/{id}', '/api/runs//', undefined],
    ['runs/{id?}', '/api/runs', {}],
    ['files/{*path}', '/api/files/a/b%20c', { path: 'a/b c' }],
    ['files/{*path}', '/api/files', {}],
    ['/runs/', '/api/runs', {}],
    ['', '/api', {}],
    ['runs', '/api', undefined],
  ])('%j gives %j the values %j', (template, path, values) => {
    expect(createRoute(template).match(path)).toEqual(values);
  });

  it.each(['{id:int}', 'a{id}', '{a?}/b', '{*a}/b', '{*a?}', '{}'])(
    '%j is refused, not misread',
    (template) => {
      expect(() => createRoute(template)).toThrow(template);
    },
  );

  it('ranks the more specific first', () => {
    const templates = ['{*all}', 'a/{b}', '{a}/b', 'a/{b?}', 'a/b'].map(createRoute);

    templates.sort((a, b) => a.rank.localeCompare(b.rank));

    expect(templates.map(({ template }) => template)).toEqual(['a/b', 'a/{b}', 'a/{b?}', '{a}/b', '{*all}']);
  });
});
