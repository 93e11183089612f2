import { globSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Environment, readSettings, SETTING_NAMES } from '../../src/lib/settings.ts';
import { ROOT, textOf } from './pages.ts';

const PAGE = textOf('docs/settings.md');

/** Name, default and values of each row. */
const ROWS = [...PAGE.matchAll(/^\| `(\w+)` \| (–|`[^`]*`) \| ([^|]*) \|/gm)].map(
  ([, name = '', standard = '', takes = '']) => ({
    name,
    standard: standard === '–' ? undefined : standard.replaceAll('`', ''),
    range: /^(\d+) to (\d+)$/.exec(takes)?.slice(1).map(Number),
  }),
);

const RIGHT: Environment = {
  TENANT_ID: '11111111-2222-4333-8444-555555555555',
  STATE_STORAGE: 'UseDevelopmentStorage=true',
};

const problemOf = (name: string, value: string): string | undefined =>
  readSettings({ ...RIGHT, [name]: value }).problems.find(({ setting }) => setting === name)?.problem;

describe('docs/settings.md', () => {
  it('has a row for each setting, and for no other', () => {
    expect(ROWS.map(({ name }) => name)).toEqual(SETTING_NAMES);
  });

  it.each(ROWS.filter(({ standard }) => standard !== undefined))(
    'says the default of $name: setting it to that changes nothing',
    ({ name, standard = '' }) => {
      expect(readSettings({ ...RIGHT, [name]: standard })).toEqual(readSettings(RIGHT));
      expect(problemOf(name, 'nonsense')).toBeDefined();
    },
  );

  it('says of every number which ones are taken', () => {
    const numbers = ROWS.filter(({ name }) => problemOf(name, 'x')?.startsWith('must be a whole number'));

    expect(numbers.length).toBeGreaterThan(5);
    for (const { name, range } of numbers)
      expect(problemOf(name, 'x'), name).toContain(`from ${range?.[0]} to ${range?.[1]},`);
  });

  it('names every other variable that the program reads', () => {
    const read = globSync('src/**/*.ts', { cwd: ROOT }).flatMap((path) => [
      ...textOf(path).matchAll(/(?:environment\.|')(CARETAKER_[A-Z_]+)\b/g),
    ]);
    const names = new Set(read.map(([, name]) => name));

    expect(names.size).toBeGreaterThan(0);
    for (const name of names) expect(PAGE).toContain(`\`${name}\``);
  });
});
