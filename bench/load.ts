import { globSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { startHost } from '../sandbox/host.ts';
import { cpuMs } from './measure.ts';

/** What a function app costs before it has answered anything, as JSON on standard output. CPU milliseconds. */
export interface LoadCost {
  readonly registeredMs: number;
  /** From there to the first answer: the settings are missing, so nothing but loading the program is done. */
  readonly answeredMs: number;
}

/** A process like the language worker's, for one app: a folder, and the glob of its entry files in there. */
const [, , folder = '.', glob = ''] = process.argv;
const entries = globSync(glob, { cwd: folder }).map((path) => join(folder, path));
const before = cpuMs();
const host = await startHost({ entries, environment: {}, log: () => undefined });
const registered = cpuMs();
const status = await statusOf(`${host.url}/api/status`);
const answered = cpuMs();
if (status !== 500) throw new Error(`the app answered ${status}: did it find settings?`);
const cost: LoadCost = { registeredMs: registered - before, answeredMs: answered - registered };
process.stdout.write(JSON.stringify(cost));
process.exit();

function statusOf(url: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent: false }, (answer) => {
      answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
    });
    request.on('error', reject);
  });
}
