import { parseArgs } from 'node:util';
import { simulate } from './simulate.ts';

/** Many worlds from the command line: `npm run simulate -- --worlds 20000`, or one of them again: `-- --seed 42`. */
const { values } = parseArgs({
  options: {
    worlds: { type: 'string', default: '1000' },
    from: { type: 'string', default: '1' },
    seed: { type: 'string' },
  },
});

const from = Number(values.seed ?? values.from);
const worlds = values.seed === undefined ? Number(values.worlds) : 1;
const isTold = values.seed !== undefined;
const startedAt = Date.now();
let failures = 0;

for (let seed = from; seed < from + worlds; seed++) {
  const verdict = await simulate(seed);
  if (isTold) process.stdout.write(`${verdict.story.join('\n')}\n`);
  if (verdict.broken.length > 0) {
    failures += 1;
    process.stdout.write(
      `seed ${seed}:\n  ${verdict.broken.join('\n  ')}\n  again with: npm run simulate -- --seed ${seed}\n`,
    );
  }
  const done = seed - from + 1;
  if (done % 500 === 0)
    process.stdout.write(
      `${done} worlds, ${failures} broken, ${Math.round((done * 1000) / (Date.now() - startedAt))} a second\n`,
    );
}

process.stdout.write(`${worlds} worlds from seed ${from}: ${failures} broken\n`);
process.exitCode = failures === 0 ? 0 : 1;
