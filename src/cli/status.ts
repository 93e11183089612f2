import { systemClock } from '../lib/app.ts';
import { renderStatus } from '../lib/render.ts';
import { NO_SCHEDULE, type Status, statusOf } from '../lib/status.ts';
import { appHere } from './operator.ts';
import { askApp } from './remote.ts';
import type { RunOptions } from './run.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export async function statusCommand(options: RunOptions, terminal: Terminal): Promise<number> {
  const status =
    options.app === undefined ? await statusHere(terminal) : await statusOfApp(options.app, terminal);
  const now = (terminal.world.clock ?? systemClock).now();
  terminal.out(
    options.json === true ? `${JSON.stringify(status)}\n` : `${renderStatus(status, now, options.app)}\n`,
  );
  if (status.lastRun?.status === 'failed' || status.lastRun?.status === 'incomplete') return EXIT.failed;
  const isDrifted = status.policies.some(
    ({ drift, outcome }) => drift !== 'none' && outcome?.settled !== true,
  );
  const isWaiting = status.held.length + status.denied.length > 0;
  return isDrifted || isWaiting ? EXIT.drift : EXIT.done;
}

/** Whether the app has a schedule cannot be told from here, so its absence is no warning. */
async function statusHere(terminal: Terminal): Promise<Status> {
  const app = appHere(terminal);
  const status = await statusOf(app.open(quietLog(terminal), 30_000), app.settings);
  return { ...status, warnings: status.warnings.filter((warning) => warning !== NO_SCHEDULE) };
}

export async function statusOfApp(url: string, terminal: Terminal): Promise<Status> {
  const result = await askApp(url, 'GET', 'status', terminal);
  if ('busy' in result) throw new Error('unreachable: only a run can be busy');
  return result.answer as Status;
}
