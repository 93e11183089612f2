import { Fault } from '../lib/fault.ts';
import { renderReport } from '../lib/render.ts';
import type { Mode, RunReport } from '../lib/report.ts';
import { appHere } from './operator.ts';
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
    const when = result.freeS === undefined ? 'soon' : `in ${result.freeS} s`;
    terminal.err(`caretaker: another run is at work (${result.busy}); try again ${when}\n`);
    return EXIT.failed;
  }
  const report = result.answer as RunReport;
  terminal.out(
    options.json === true ? `${JSON.stringify(report)}\n` : `${renderReport(report, options.app)}\n`,
  );
  return exitCodeOf(report);
}

async function runHere(mode: Mode | undefined, policies: readonly string[] | undefined, terminal: Terminal) {
  const app = appHere(terminal);
  const result = await app.run({ trigger: 'cli', requestedBy: null, mode, policies }, quietLog(terminal));
  switch (result.kind) {
    case 'busy':
      return { busy: `run ${result.owner}`, freeS: Math.max(1, Math.ceil(result.freeMs / 1000)) };
    case 'invalid':
      throw new Fault('config', result.problems.join('; '));
    case 'done':
      return { answer: result.report };
  }
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
