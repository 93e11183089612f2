import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

export const ROOT = join(import.meta.dirname, '..', '..');

export interface Page {
  /** From the repository's root. */
  readonly path: string;
  readonly text: string;
}

/** Pages of these patterns, in the order of their paths. */
export function pages(...patterns: readonly string[]): readonly Page[] {
  return globSync(patterns, { cwd: ROOT })
    .toSorted()
    .map((path) => ({ path, text: textOf(path) }));
}

/** Of a file, from the repository's root. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Written by long runs: they tell what was typed and what came of it. */
const RECORDS: readonly string[] = ['docs/worlds.md', 'docs/mutants.md'];

/** What people read and act on: every page but records of runs, and decisions, which tell of a moment. */
export const DOCUMENTS = pages('README.md', 'docs/*.md').filter(({ path }) => !RECORDS.includes(path));
