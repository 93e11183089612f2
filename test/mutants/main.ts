import { spawnSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { judge, PARTS, type Part, percentOf, type Reason, type Score, type Tried } from './judge.ts';
import { kept } from './kept.ts';
import { page } from './page.ts';
import { TESTS_VARIABLE } from './runner.ts';

/**
 * Changes the pure part of the program in every small way there is, and asks the tests which of it they notice.
 *
 * Without files it tries everything and writes `docs/mutants.md`; with files it tries those alone and writes no page.
 * Fails where too little of a part is killed, or a survivor has no reason in `survivors.json`. What was found of a file is
 * kept, so that a run which was cut short goes on where it was; remove `.mutants` to begin anew.
 */
const ROOT = new URL('../../', import.meta.url);
const STRYKER = 'node_modules/@stryker-mutator/core/bin/stryker.js';
const REPORT = '.mutants/report.json';
const REASONS = 'test/mutants/survivors.json';
const PAGE = 'docs/mutants.md';

process.chdir(fileURLToPath(ROOT));
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { concurrency: { type: 'string', default: '2' } },
});
const isWhole = positionals.length === 0;
const all = new Set(PARTS.flatMap(filesOf));
const strangers = positionals.filter((path) => !all.has(path));
if (strangers.length > 0) throw new Error(`not among what is tried: ${strangers.join(', ')}`);
const tried = PARTS.flatMap((part) =>
  filesOf(part)
    .filter((path) => isWhole || positionals.includes(path))
    .flatMap((path) => kept(path, part.tests, () => run(path, part.tests))),
);
const { scores, survivors, problems } = judge(tried, json<readonly Reason[]>(REASONS));
if (isWhole) writeFileSync(new URL(PAGE, ROOT), page(scores, survivors));
for (const score of scores) process.stdout.write(`${wordsFor(score)}\n`);
for (const problem of problems) process.stderr.write(`${problem}\n`);
process.exitCode = problems.length === 0 ? 0 : 1;

function filesOf({ name }: Part): readonly string[] {
  return name.endsWith('/') ? globSync(`${name}**/*.ts`, { cwd: ROOT }).sort() : [name];
}

function wordsFor(score: Score): string {
  return `${score.part}: ${score.killed} killed, ${score.survived} survived, ${percentOf(score).toFixed(1)} %`;
}

/** Tries every mutant of this file. */
function run(path: string, tests: readonly string[]): readonly Tried[] {
  const options = ['--mutate', path, '--concurrency', values.concurrency];
  // Public policies are not there everywhere, and what is found should be the same everywhere.
  const { CA_CORPUS: _, ...environment } = process.env;
  const { status } = spawnSync(process.execPath, [STRYKER, 'run', 'test/mutants/stryker.json', ...options], {
    cwd: ROOT,
    stdio: 'inherit',
    env: { ...environment, [TESTS_VARIABLE]: JSON.stringify(tests) },
  });
  if (status !== 0) throw new Error(`Stryker ended with ${status}`);
  return results();
}

/** Stryker's report, as far as it is read here. Rows and columns count from 1, and an end is exclusive. */
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Mutant[] }>>;
}

interface Mutant {
  readonly mutatorName: string;
  readonly replacement: string;
  readonly status: string;
  readonly location: { readonly start: Place; readonly end: Place };
}

interface Place {
  readonly line: number;
  readonly column: number;
}

function results(): readonly Tried[] {
  return Object.entries(json<Report>(REPORT).files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n');
    return mutants.map(({ location: { start, end }, mutatorName, replacement, status }) => ({
      file,
      row: start.line,
      mutator: mutatorName,
      line: lines[start.line - 1]?.trim() ?? '',
      original: between(lines, start, end),
      replacement,
      fate: fateOf(status),
    }));
  });
}

function between(lines: readonly string[], start: Place, end: Place): string {
  const whole = lines.slice(start.line - 1, end.line).join('\n');
  const after = (lines[end.line - 1]?.length ?? 0) - (end.column - 1);
  return whole.slice(start.column - 1, whole.length - after);
}

function fateOf(status: string): Tried['fate'] {
  switch (status) {
    case 'Killed':
    case 'Timeout':
      return 'killed';
    case 'Survived':
    case 'NoCoverage':
      return 'survived';
    case 'CompileError':
    case 'RuntimeError':
      return 'unusable';
  }
  throw new Error(`Stryker knows a state of a mutant that this program does not: ${status}`);
}

function json<T>(path: string): T {
  return JSON.parse(readFileSync(new URL(path, ROOT), 'utf8'));
}
