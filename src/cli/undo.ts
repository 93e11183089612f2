import { parseDesired } from '../lib/desired.ts';
import { Fault } from '../lib/fault.ts';
import { plain } from '../lib/text.ts';
import type { Undo, UndoStep } from '../lib/undo.ts';
import { appHere } from './operator.ts';
import { type Draft, type PushOptions, pushDrafts } from './push.ts';
import { askApp } from './remote.ts';
import { filesDiffer, openStore } from './store.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface UndoOptions extends Omit<PushOptions, 'message'> {
  readonly message?: string;
  readonly app?: string;
}

/** Pushes what was there before a run as new versions, so that the next run goes back there under all rules. */
export async function undoCommand(runId: string, options: UndoOptions, terminal: Terminal): Promise<number> {
  const { steps, refused } =
    options.app === undefined
      ? await undoHere(runId, terminal)
      : await undoThere(options.app, runId, terminal);
  const isJson = options.json === true;
  if (!isJson)
    for (const { key, reason } of refused) terminal.err(`${plain(`${key} is not taken back: ${reason}`)}\n`);
  const message = options.message ?? `undo of run ${runId}`;
  const result =
    steps.length === 0
      ? ({ kind: 'done', pushed: [], unchanged: 0 } as const)
      : await pushDrafts(steps.map(draftOf), openStore(terminal), { ...options, message }, terminal);
  if (result.kind === 'declined') return EXIT.failed;
  if (isJson) terminal.out(`${JSON.stringify({ pushed: result.pushed, refused })}\n`);
  else if (steps.length + refused.length === 0) terminal.out('That run changed nothing.\n');
  else terminal.out(filesDiffer(result.pushed.map(({ key }) => String(key))));
  return refused.length === 0 ? EXIT.done : EXIT.failed;
}

async function undoHere(runId: string, terminal: Terminal): Promise<Undo> {
  const undo = await appHere(terminal).undo(runId, quietLog(terminal));
  if (undo !== undefined) return undo;
  throw new Fault('config', `no run has the id "${runId}"; runs are kept 90 days`);
}

async function undoThere(url: string, runId: string, terminal: Terminal): Promise<Undo> {
  const result = await askApp(url, 'GET', `runs/${encodeURIComponent(runId)}/undo`, terminal);
  if ('busy' in result) throw new Error('unreachable: only a run can be busy');
  return result.answer as Undo;
}

/** Read once more: what comes over the wire is pushed only if it says something that could be carried out. */
function draftOf({ key, content, baseHash }: UndoStep): Draft {
  const parsed = parseDesired(content);
  if (!parsed.ok)
    throw new Fault('config', `${key}: ${parsed.problems.map(({ message }) => message).join('; ')}`);
  return { key, content, document: parsed.document, source: key, baseHash };
}
