import { type App, createApp } from '../lib/app.ts';
import { Fault } from '../lib/fault.ts';
import { renderReport } from '../lib/render.ts';
import type { Mode, RunReport } from '../lib/report.ts';
import { operatorCredential } from './operator.ts';
import { askApp } from './remote.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface RunOptions {
  readonly app?: string;
  readonly json?: boolean;
}

export async function planCommand(
  keys: readonly string[],
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  return runAs('observe', keys, options, terminal);
}

export async function runCommand(
  keys: readonly string[],
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  return runAs(undefined, keys, options, terminal);
}

async function runAs(
  mode: Mode | undefined,
  keys: readonly string[],
  options: RunOptions,
  terminal: Terminal,
): Promise<number> {
  const policies = keys.length === 0 ? undefined : keys;
  const result =
    options.app === undefined
      ? await runHere(mode, policies, terminal)
      : await askApp(options.app, 'POST', 'reconcile', terminal, {
          ...(mode === undefined ? {} : { mode }),
          ...(policies === undefined ? {} : { policies }),
        });
  if ('busy' in result) {
    terminal.err(`caretaker: another run is at work (${result.busy})\n`);
    return EXIT.failed;
  }
  const report = result.answer as RunReport;
  terminal.out(options.json === true ? `${JSON.stringify(report)}\n` : `${renderReport(report)}\n`);
  return exitCodeOf(report);
}

async function runHere(mode: Mode | undefined, policies: readonly string[] | undefined, terminal: Terminal) {
  const app = appHere(terminal);
  const result = await app.run({ trigger: 'cli', requestedBy: null, mode, policies }, quietLog(terminal));
  switch (result.kind) {
    case 'busy':
      return { busy: `run ${result.owner}` };
    case 'invalid':
      throw new Fault('config', result.problems.join('; '));
    case 'done':
      return { answer: result.report };
  }
}

/** @throws Fault `config` naming every wrong setting */
export function appHere(terminal: Terminal): App {
  const read = createApp(terminal.environment, { ...terminal.world, ...operatorCredential(terminal) });
  if (read.ok) return read.app;
  throw new Fault('config', read.problems.map(({ setting, problem }) => `${setting} ${problem}`).join('\n'));
}

function exitCodeOf({ status }: RunReport): number {
  switch (status) {
    case 'inSync':
    case 'remediated':
      return EXIT.done;
    case 'drifted':
    case 'held':
      return EXIT.drift;
    case 'running':
    case 'failed':
    case 'incomplete':
      return EXIT.failed;
  }
}
