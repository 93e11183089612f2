import { createInterface } from 'node:readline/promises';
import type { Log, World } from '../lib/app.ts';
import type { Environment } from '../lib/settings.ts';

/** The world of the command line, so that tests and the sandbox can stand in for it. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** @returns whether the person agreed; undefined when nobody can be asked */
  confirm(question: string): Promise<boolean | undefined>;
  readonly environment: Environment;
  readonly user: string;
  readonly world: World;
}

/** What scripts rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2, drift: 3 } as const;

export function systemTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    environment: process.env,
    user: process.env.USER ?? process.env.USERNAME ?? 'unknown',
    world: {},
    async confirm(question) {
      if (!process.stdin.isTTY) return undefined;
      const prompt = createInterface({ input: process.stdin, output: process.stderr });
      try {
        return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
      } finally {
        prompt.close();
      }
    },
  };
}

/** Telemetry of a run that was started here: nobody collects it, so only what went wrong is shown. */
export function quietLog(terminal: Terminal): Log {
  return (severity, line) => {
    if (terminal.environment.CARETAKER_DEBUG !== undefined && severity !== 'info') terminal.err(`${line}\n`);
  };
}
