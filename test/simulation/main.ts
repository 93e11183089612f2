import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs, promisify } from 'node:util';
import { simulate } from './simulate.ts';
import { added } from './situations.ts';
import { inWords, type Played, play } from './worlds.ts';

/**
 * Many worlds from the command line: `npm run simulate -- --worlds 20000 --summary docs/worlds.md`, or one of them again:
 * `-- --seed 42`.
 */
const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    processes: { type: 'string', default: '2' },
    /** Writes what was seen into a file, again after each part. */
    summary: { type: 'string' },
    /** Ends with the first broken promise. */
    first: { type: 'boolean', default: false },
    /** For a process that was started by another one of these. */
    json: { type: 'boolean', default: false },
  },
});

/** Worlds that one process plays before it tells. */
const PART = values.first ? 20 : 250;
const from = Number(values.from);
const worlds = Number(values.worlds);

if (values.seed !== undefined) await tellOne(Number(values.seed));
else if (values.json) say(JSON.stringify(await play(from, worlds)));
else await playAll();

async function tellOne(seed: number): Promise<void> {
  const { broken, story } = await simulate(seed);
  say([...story, ...broken.map((one) => inWords({ ...one, seed }))].join('\n'));
  process.exitCode = broken.length === 0 ? 0 : 1;
}

async function playAll(): Promise<void> {
  const parts = Array.from({ length: Math.ceil(worlds / PART) }, (_, index) => from + index * PART);
  let all: Played = { broken: [], situations: {} };
  let done = 0;
  const work = async (): Promise<void> => {
    for (let first = parts.shift(); first !== undefined; first = parts.shift()) {
      const count = Math.min(PART, from + worlds - first);
      const played = await playElsewhere(first, count);
      for (const one of played.broken) say(inWords(one));
      done += count;
      all = {
        broken: [...all.broken, ...played.broken].sort((a, b) => a.seed - b.seed),
        situations: added(all.situations, played.situations),
      };
      say(`${done} worlds, ${all.broken.length} broken promises`);
      if (values.first && all.broken.length > 0) parts.length = 0;
      if (values.summary !== undefined) writeFileSync(values.summary, summaryOf(all, done));
    }
  };
  await Promise.all(Array.from({ length: Number(values.processes) }, work));
  process.exitCode = all.broken.length === 0 ? 0 : 1;
}

async function playElsewhere(first: number, count: number): Promise<Played> {
  const words = [import.meta.filename, '--json', '--from', String(first), '--worlds', String(count)];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 2 ** 28 });
  return JSON.parse(stdout) as Played;
}

function summaryOf({ broken, situations }: Played, done: number): string {
  const rows = Object.entries(situations).map(([name, count]) => `| ${name} | ${count} |`);
  const found = broken.map((one) => `- \`${inWords(one)}\``);
  return `# Simulated worlds

Written by \`npm run simulate -- --from ${from} --worlds ${worlds} --summary docs/worlds.md\`. Do not edit.

${done} worlds from seed ${from} on, ${broken.length} broken promises.
${found.length === 0 ? '' : `\n${found.join('\n')}\n`}
## What came about in them

| Situation | Times |
| --- | --- |
${rows.join('\n')}
`;
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
