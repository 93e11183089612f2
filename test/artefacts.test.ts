import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARTEFACTS } from '../tools/artefacts.ts';

describe('everything that is generated', () => {
  it.each(ARTEFACTS)('$path is what `npm run generate` makes', ({ path, content }) => {
    expect(readFileSync(resolve(import.meta.dirname, '..', path), 'utf8')).toBe(content);
  });
});
