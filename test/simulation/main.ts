import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

/** Many worlds from the command line: `npm run simulate -- --worlds 20000`, or one of them again: `-- --seed 42`. */
const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
    verbose: { type: 'boolean', default: false },
  },
});

const PROGRESS = 1000;
const from = Number(values.seed ?? values.from);
const worlds = values.seed === undefined ? Number(values.worlds) : 1;
const startedAt = Date.now();
const byPromise = new Map<string, number[]>();
let failures = 0;

for (let seed = from; seed < from + worlds; seed++) {
  const { broken, story } = await simulate(seed);
  if (values.verbose || values.seed !== undefined) say(story.join('\n'));
  if (broken.length > 0) {
    failures += 1;
    say(`seed ${seed}:\n${broken.map(({ promise, how }) => `  ${promise}: ${how}`).join('\n')}`);
    say(`  again with: npm run simulate -- --seed ${seed}`);
  }
  for (const promise of new Set(broken.map((one) => one.promise)))
    byPromise.set(promise, [...(byPromise.get(promise) ?? []), seed]);
  const done = seed - from + 1;
  if (done % PROGRESS === 0) {
    const rate = Math.round((done * 1000) / (Date.now() - startedAt));
    say(`${done} worlds, ${failures} with a broken promise, ${rate} a second`);
  }
}

for (const [promise, seeds] of [...byPromise].toSorted())
  say(`broken in ${seeds.length} worlds: ${promise} (seeds ${seeds.slice(0, 10).join(', ')})`);
say(`${worlds} worlds from seed ${from}: ${failures} with a broken promise`);
process.exitCode = failures === 0 ? 0 : 1;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
