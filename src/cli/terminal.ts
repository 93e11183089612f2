import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { Log, World } from '../lib/app.ts';
import type { Environment } from '../lib/settings.ts';

/** The world of the command line, so that tests and the sandbox can stand in for it. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /** @returns what the person typed, without blanks around it; undefined when nobody can be asked, or they left */
  ask(question: string): Promise<string | undefined>;
  /** @returns whether the person agreed; undefined when nobody can be asked */
  confirm(question: string): Promise<boolean | undefined>;
  readonly environment: Environment;
  readonly user: string;
  readonly world: World;
}

/** What scripts rely on. */
export const EXIT = { done: 0, failed: 1, usage: 2, drift: 3 } as const;

function signedIn(): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not have a name.
    return process.env.USER ?? process.env.USERNAME ?? 'unknown';
  }
}

export function systemTerminal(): Terminal {
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    environment: process.env,
    user: signedIn(),
    world: {},
    ask: (question) => typed(`${question} `),
    async confirm(question) {
      const answer = await typed(`${question} [y/N] `);
      return answer === undefined ? undefined : /^y(es)?$/i.test(answer);
    },
  };
}

/** Questions go to standard error, so that standard output has the result alone. */
async function typed(prompt: string): Promise<string | undefined> {
  if (!process.stdin.isTTY) return undefined;
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  // Whoever ends the input leaves the question without an answer for ever.
  const left = new Promise<undefined>((resolve) => void reader.once('close', () => resolve(undefined)));
  try {
    return (await Promise.race([reader.question(prompt), left]))?.trim();
  } finally {
    reader.close();
  }
}

/** Telemetry of a run that was started here: nobody collects it, so only what went wrong is shown. */
export function quietLog(terminal: Terminal): Log {
  return (severity, line) => {
    if (terminal.environment.CARETAKER_DEBUG !== undefined && severity !== 'info') terminal.err(`${line}\n`);
  };
}
