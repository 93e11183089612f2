#!/usr/bin/env node
import { main } from './main.ts';
import { systemTerminal } from './terminal.ts';

// Whoever reads may stop reading, as `head` does. What is under way goes on all the same.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

const code = await main(process.argv.slice(2), systemTerminal());
// A request that nobody waits for any more (an identity endpoint that never answers) would hold the process.
for (const stream of [process.stdout, process.stderr])
  await new Promise<void>((written) => void stream.write('', () => written()));
process.exit(code);
