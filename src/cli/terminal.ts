import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';
import type { Log, World } from '../lib/app.ts';
import { Fault } from '../lib/fault.ts';
import type { Environment } from '../lib/settings.ts';

/** The world of the command line, so that tests and the sandbox can stand in for it. */
export interface Terminal {
  out(text: string): void;
  err(text: string): void;
  /**
   * @returns what the person typed, without blanks around it; undefined when nobody can be asked
   * @throws Fault `rejected` when they left in place of answering
   */
  ask(question: string): Promise<string | undefined>;
  /** @returns whether the person agreed; undefined when nobody can be asked. @throws as `ask` */
  confirm(question: string): Promise<boolean | undefined>;
  readonly environment: Environment;
  readonly user: string;
  /** What the person types to call this program, such as `npm run caretaker --`. */
  readonly command: string;
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
  const asked = asker(process.stdin, process.stderr);
  // Questions go to standard error, so that standard output has the result alone.
  const typed = async (prompt: string): Promise<string | undefined> =>
    process.stdin.isTTY ? asked(prompt) : undefined;
  return {
    out: (text) => void process.stdout.write(text),
    err: (text) => void process.stderr.write(text),
    environment: process.env,
    user: signedIn(),
    command: calledAs(process.env),
    world: {},
    ask: (question) => typed(`${question} `),
    async confirm(question) {
      const answer = await typed(`${question} [y/N] `);
      return answer === undefined ? undefined : /^y(es)?$/i.test(answer);
    },
  };
}

/** npm tells a script how it was started; whoever calls the program by its name has it on their path. */
export function calledAs({ npm_lifecycle_event: script, npm_command: by }: Environment): string {
  if (by === 'exec') return 'npx caretaker';
  return script === 'caretaker' ? 'npm run caretaker --' : 'caretaker';
}

/** Asks one question after the other. Lines that were typed, or pasted, ahead of a question answer it. */
export function asker(
  input: NodeJS.ReadableStream,
  output: NodeJS.WritableStream,
): (prompt: string) => Promise<string> {
  const ahead: string[] = [];
  return async (prompt) => {
    const typed = ahead.shift();
    if (typed !== undefined) {
      output.write(`${prompt}${typed}\n`);
      return typed.trim();
    }
    const reader = createInterface({ input, output });
    reader.on('line', (line) => void ahead.push(line));
    // Whoever ends the input leaves the question without an answer for ever.
    let isAnswered = false;
    const left = new Promise<never>((_, reject) => {
      reader.once('close', () => {
        if (!isAnswered) output.write('\n');
        reject(new Fault('rejected', 'a question was left without an answer, so nothing was done'));
      });
    });
    try {
      const answer = await Promise.race([reader.question(prompt), left]);
      isAnswered = true;
      return answer.trim();
    } finally {
      reader.close();
    }
  };
}

/** Telemetry of a run that was started here: nobody collects it, so only what went wrong is shown. */
export function quietLog(terminal: Terminal): Log {
  return (severity, line) => {
    if (terminal.environment.CARETAKER_DEBUG !== undefined && severity !== 'info') terminal.err(`${line}\n`);
  };
}
