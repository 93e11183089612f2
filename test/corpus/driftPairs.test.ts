import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import { CORPUS, corpusFiles } from './corpus.ts';

/** The fields on which each pair differs, for review; `UPDATE=1` writes it anew. */
const TABLE = new URL('./drift-pairs.json', import.meta.url);

describe.skipIf(CORPUS === undefined)('public changes of policies (skipped without CA_CORPUS)', () => {
  it('show exactly the fields that people changed', () => {
    const files = corpusFiles('drift-pairs');
    const texts = new Map(files.map(({ name, text }) => [name, text]));
    const changed: Record<string, string[]> = {};
    for (const { name, text } of files) {
      const after = texts.get(name.replace('.before.json', '.after.json'));
      if (!name.endsWith('.before.json') || after === undefined) continue;
      const drifts = fieldDrifts(canonical(JSON.parse(text)), canonical(JSON.parse(after)));
      changed[name.replace('.before.json', '')] = drifts.map(({ path, effect }) => `${path} ${effect}`);
    }
    if (process.env.UPDATE === '1') writeFileSync(TABLE, `${JSON.stringify(changed, null, 2)}\n`);

    expect(changed).toEqual(JSON.parse(existsSync(TABLE) ? readFileSync(TABLE, 'utf8') : '{}'));
  });
});
