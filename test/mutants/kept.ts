import { createHash } from 'node:crypto';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { posix } from 'node:path';
import type { Tried } from './judge.ts';

const KEPT = '.mutants/kept';
/** How mutants are tried. */
const MACHINERY = [
  ...['runner.ts', 'freshly.ts', 'suite.ts', 'briefly.ts', 'stryker.json'].map(
    (name) => `test/mutants/${name}`,
  ),
  'package-lock.json',
];
/** Where tests read more than modules. */
const DATA = '{test,schema,baselines,docs,infra,queries}/**/*.*';
/** What is told of the mutants is about what was found, and changes nothing of it. */
const TOLD = ['test/mutants/survivors.json', 'docs/mutants.md'];

/**
 * What was found of one file the last time, as long as nothing has changed since that its tests load or could read.
 *
 * @param find asked where nothing is kept
 */
export function kept(path: string, tests: readonly string[], find: () => readonly Tried[]): readonly Tried[] {
  const place = placeOf(path, tests);
  if (existsSync(place)) return JSON.parse(readFileSync(place, 'utf8'));
  const found = find();
  mkdirSync(KEPT, { recursive: true });
  writeFileSync(place, JSON.stringify(found));
  return found;
}

/** Named by all that what was found hangs on. */
export function placeOf(path: string, tests: readonly string[]): string {
  const loaded = modulesOf([path, ...globSync(tests), ...MACHINERY]);
  const read = globSync(DATA).filter((one) => !one.endsWith('.ts') && !TOLD.includes(one));
  const hash = createHash('sha256');
  for (const one of [...new Set([...loaded, ...read])].sort())
    hash.update(`${one}\n`).update(readFileSync(one));
  return `${KEPT}/${path.replaceAll('/', '_')}-${hash.digest('hex').slice(0, 12)}.json`;
}

/** These files, and every module of ours that they load. */
function modulesOf(paths: readonly string[]): ReadonlySet<string> {
  const found = new Set(paths);
  // A set gives what is added to it while it is walked through.
  for (const path of found)
    for (const [, name = ''] of readFileSync(path, 'utf8').matchAll(/(?:from|import) ?\(?'(\.[^']+)'/g))
      found.add(posix.join(posix.dirname(path), name));
  return found;
}
