import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { diffs } from './diffs.ts';
import { growth } from './growth.ts';
import { loop } from './loop.ts';
import { type Effort, machine, QUICK, THOROUGH } from './measure.ts';
import { start } from './start.ts';
import { whatIf } from './whatif.ts';
import { worstCases } from './worstCase.ts';

/** Measures everything and writes `bench/RESULTS.md`; with `--quick`, one short turn of everything, to standard output. */
const RESULTS = new URL('RESULTS.md', import.meta.url);
const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
const page = await results(values.quick ? QUICK : THOROUGH);
if (values.quick) process.stdout.write(page);
else writeFileSync(RESULTS, page);

async function results(effort: Effort): Promise<string> {
  const sections = [
    whatIf(effort),
    growth(effort),
    worstCases(effort),
    await loop(effort),
    await start(effort),
    await diffs(effort),
  ];
  return `# Measurements

Written by \`npm run bench\`; do not edit. ${machine()}.

Every figure below was measured in one run, on a machine that other programs shared. Read the ratios: absolute times are of
this machine only, and differ by half from run to run. Times are CPU time of the process, user and system, threads of the
runtime included (\`process.cpuUsage()\`), and medians unless said otherwise.

${sections.join('\n\n')}
`;
}
