#!/usr/bin/env node
import { main } from './main.ts';
import { systemTerminal } from './terminal.ts';

// Whoever reads may stop reading, as `head` does. What is under way goes on all the same.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

process.exitCode = await main(process.argv.slice(2), systemTerminal());
