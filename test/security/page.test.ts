import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

describe('docs/security.md', () => {
  const page = readFileSync(join(ROOT, 'docs/security.md'), 'utf8').replaceAll(/\s+/g, ' ');

  it('names tests that are there', () => {
    const named = [...page.matchAll(/`(test\/[^`]+)` “([^”]+)”/g)].map(([, file = '', name = '']) => ({
      file,
      name,
    }));
    const absent = named.filter(({ file, name }) => !readFileSync(join(ROOT, file), 'utf8').includes(name));

    expect(named.length).toBeGreaterThan(15);
    expect(absent).toEqual([]);
  });
});
