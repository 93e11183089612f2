import { readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ARTEFACTS } from '../tools/artefacts.ts';

/** Of a file, from the repository's root. */
function textOf(path: string): string {
  return readFileSync(resolve(import.meta.dirname, '..', path), 'utf8');
}

describe('the page of events', () => {
  it('has a row for each event, and for no other', () => {
    const events = [...textOf('src/lib/telemetry/events.ts').matchAll(/^ {2}\| '(\w+)'/gm)].map(
      ([, name]) => name,
    );
    const rows = textOf('docs/events.md').match(/^\| `.*?\|/gm) ?? [];
    const named = rows.flatMap((row) => [...row.matchAll(/`(\w+)`/g)].map(([, name]) => name));

    expect(events.length).toBeGreaterThan(10);
    expect(named.toSorted()).toEqual(events.toSorted());
  });

  it('shows no query but those that are kept and tried', () => {
    const shown = [...textOf('docs/events.md').matchAll(/```kusto\n([\s\S]*?)```/g)].map(([, text]) => text);
    const folder = resolve(import.meta.dirname, '../queries');
    const kept = readdirSync(folder)
      .filter((name) => name.endsWith('.kql'))
      .map((name) => readFileSync(resolve(folder, name), 'utf8'));

    expect(shown.length).toBeGreaterThan(0);
    expect(shown.filter((text) => !kept.includes(text ?? ''))).toEqual([]);
  });
});

describe('everything that is generated', () => {
  it.each(ARTEFACTS)('$path is what `npm run generate` makes', ({ path, content }) => {
    expect(textOf(path)).toBe(content);
  });
});
