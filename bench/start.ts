import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { packageApp } from '../tools/packaging.ts';
import type { LoadCost } from './load.ts';
import { type Effort, figure, ms, table } from './measure.ts';

const ROOT = resolve(import.meta.dirname, '..');
const LOAD = join(import.meta.dirname, 'load.ts');
const run = promisify(execFile);

/** A form in which the app could be deployed. */
interface Form {
  readonly name: string;
  readonly folder: string;
  readonly glob: string;
}

/** What it costs to load the app, compiled file by file and as it is packaged. */
export async function start(effort: Effort): Promise<string> {
  const scratch = mkdtempSync(join(tmpdir(), 'caretaker-bench-'));
  try {
    const compiled = await compiledApp(join(scratch, 'compiled'));
    const packaged = { name: 'packaged', folder: join(scratch, 'package'), glob: 'functions/*.js' };
    await packageApp(packaged.folder);
    const costs = await measured([compiled, packaged], effort.isQuick ? 1 : 15);
    return `## Starting

The function app, loaded by a new process as Azure's language worker loads it: until every function is registered, and from
there to the first answer, which says that settings are missing. "Compiled" is \`tsc\`'s output beside \`node_modules\`, as
\`npm run build\` leaves it; "packaged" is what is deployed, ${sizeOf(packaged.folder)}. Medians, the forms in turn.

${table(
  ['', 'registered', 'first answer', 'both', 'times the package'],
  costs.map(({ name, cost }) => row(name, cost, costs.at(-1)?.cost ?? cost)),
)}`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

async function compiledApp(folder: string): Promise<Form> {
  mkdirSync(folder);
  const typescript = join(ROOT, 'node_modules/typescript/bin/tsc');
  await run(process.execPath, [typescript, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', folder]);
  writeFileSync(join(folder, 'package.json'), '{"type": "module"}');
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { name: 'compiled', folder, glob: 'src/functions/*.js' };
}

/** In turn, so that what else the machine does falls on all of them. */
async function measured(forms: readonly Form[], turns: number) {
  const costs = forms.map((form) => ({ ...form, seen: [] as LoadCost[] }));
  for (let turn = 0; turn < turns; turn += 1) {
    for (const { folder, glob, seen } of costs) {
      const { stdout } = await run(process.execPath, [LOAD, folder, glob], { env: {} });
      seen.push(JSON.parse(stdout));
    }
  }
  return costs.map(({ name, seen }) => ({
    name,
    cost: {
      registeredMs: median(seen.map(({ registeredMs }) => registeredMs)),
      answeredMs: median(seen.map(({ answeredMs }) => answeredMs)),
    },
  }));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

function row(name: string, cost: LoadCost, standard: LoadCost): readonly string[] {
  const both = ({ registeredMs, answeredMs }: LoadCost): number => registeredMs + answeredMs;
  return [
    name,
    ms(cost.registeredMs),
    ms(cost.answeredMs),
    ms(both(cost)),
    figure(both(cost) / both(standard)),
  ];
}

function sizeOf(folder: string): string {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => statSync(join(folder, name)))
    .filter((file) => file.isFile());
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  return `${files.length} files of ${figure(bytes / 1e6)} MB together`;
}
