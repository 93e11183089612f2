import { freezeOf } from '../lib/acts.ts';
import { systemClock } from '../lib/app.ts';
import { Fault } from '../lib/fault.ts';
import type { Freeze } from '../lib/ports.ts';
import { tablesHere } from './operator.ts';
import { callApp, refusal } from './remote.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface FreezeOptions {
  readonly reason: string;
  readonly until?: string;
  readonly app?: string;
  readonly json?: boolean;
}

/** Keeps every run from writing, also one under way. */
export async function freezeCommand(options: FreezeOptions, terminal: Terminal): Promise<number> {
  const now = (terminal.world.clock ?? systemClock).now();
  const asked = freezeOf(options, terminal.user, now);
  if (!asked.ok) throw new Fault('config', asked.problems.join('; '));
  const freeze =
    options.app === undefined
      ? await freezeHere(asked.freeze, terminal)
      : await freezeThere(options.app, options, terminal);
  const end = freeze.until === null ? 'until `caretaker unfreeze`' : `until ${freeze.until}`;
  terminal.out(
    options.json === true ? `${JSON.stringify({ freeze })}\n` : `Frozen ${end}: ${freeze.reason}\n`,
  );
  return EXIT.done;
}

export async function unfreezeCommand(
  options: Pick<FreezeOptions, 'app' | 'json'>,
  terminal: Terminal,
): Promise<number> {
  if (options.app === undefined)
    await tablesHere(terminal).freeze(null, personAt(terminal), quietLog(terminal));
  else {
    const answer = await callApp(options.app, 'DELETE', 'freeze', terminal);
    if (answer.status !== 204) throw refusal(options.app, 'freeze', answer);
  }
  terminal.out(options.json === true ? `${JSON.stringify({ freeze: null })}\n` : 'Runs write again.\n');
  return EXIT.done;
}

async function freezeHere(freeze: Freeze, terminal: Terminal): Promise<Freeze> {
  await tablesHere(terminal).freeze(freeze, personAt(terminal), quietLog(terminal));
  return freeze;
}

/** The app's answer counts: who it took the caller for, and when `2h` ends by its clock. */
async function freezeThere(
  app: string,
  { reason, until }: FreezeOptions,
  terminal: Terminal,
): Promise<Freeze> {
  const answer = await callApp(app, 'POST', 'freeze', terminal, { reason, until });
  if (answer.status !== 200) throw refusal(app, 'freeze', answer);
  return answer.body as Freeze;
}

function personAt({ user }: Terminal): { readonly id: string; readonly name: string } {
  return { id: '', name: user };
}
