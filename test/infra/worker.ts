import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type HostedFunction, startHost } from '../../sandbox/host.ts';

/** What the process says once the app has loaded. */
export interface Loaded {
  readonly url: string;
  readonly functions: readonly HostedFunction[];
}

/**
 * A process like the language worker's: given the folder of a function app it loads every file that
 * `package.json#main` (or the second argument) matches, serves the app's HTTP functions, says where and which, and
 * stays until it is killed.
 */
const [, , folder = '.', glob = mainOf(folder)] = process.argv;
const { url, functions } = await startHost({
  entries: globSync(glob, { cwd: folder })
    .sort()
    .map((path) => join(folder, path)),
  log: (level, name, line) => void process.stderr.write(`${level} ${name}: ${line}\n`),
});
process.stdout.write(`${JSON.stringify({ url, functions } satisfies Loaded)}\n`);

function mainOf(app: string): string {
  return JSON.parse(readFileSync(join(app, 'package.json'), 'utf8')).main;
}
