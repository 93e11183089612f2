import { Fault } from '../lib/fault.ts';
import type { Terminal } from './terminal.ts';

/** One thing a command has to know. */
export interface Question<T> {
  /** The option that says it, such as `--cloud`. */
  readonly option: string;
  readonly text: string;
  /** What an empty answer stands for; undefined: there has to be one. */
  readonly standard: string | undefined;
  read(text: string): Answer<T>;
}

export type Answer<T> =
  | { readonly ok: true; readonly value: T }
  /** Reads on after the option's name. */
  | { readonly ok: false; readonly problem: string };

/**
 * What an option says, or else what the person answers, who is asked until the answer can be used.
 *
 * @param given the option's value
 * @param isSilent true: nobody is asked, and the standard counts
 * @throws Fault `config` when what is given cannot be used, or nothing is given and nobody can be asked
 */
export async function settle<T>(
  question: Question<T>,
  given: string | undefined,
  isSilent: boolean,
  terminal: Terminal,
): Promise<T> {
  const { option, standard } = question;
  const said = given ?? (isSilent ? standard : undefined);
  if (said === undefined && isSilent) throw new Fault('config', `nobody is asked with --yes: say ${option}`);
  if (said === undefined) return askFor(question, terminal);
  const answer = question.read(said);
  if (!answer.ok) throw new Fault('config', `${option} ${answer.problem}`);
  return answer.value;
}

async function askFor<T>(question: Question<T>, terminal: Terminal): Promise<T> {
  const { option, text, standard = '' } = question;
  for (;;) {
    const typed = await terminal.ask(standard === '' ? `${text}:` : `${text} [${standard}]:`);
    if (typed === undefined) throw new Fault('config', `nobody can be asked here: say ${option}`);
    const answer = question.read(typed === '' ? standard : typed);
    if (answer.ok) return answer.value;
    terminal.err(`${option} ${answer.problem}\n`);
  }
}
