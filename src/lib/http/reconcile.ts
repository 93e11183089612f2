import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { type App, type RunOrder, theApp } from '../app.ts';
import type { Mode, RunReport } from '../report.ts';
import { admitBody } from './admit.ts';
import { json, type Problems, problem } from './answers.ts';
import { logTo } from './logging.ts';
import { strangers } from './requests.ts';

/** Azure's front end cuts a caller off after 230 s, whatever the function's own timeout. */
const HTTP_BUDGET_MS = 200_000;

/** @throws when nothing could be judged, so that the platform counts the invocation as failed */
export async function runOnSchedule(context: InvocationContext): Promise<void> {
  const read = theApp();
  if (!read.ok) {
    const settings = [...new Set(read.problems.map(({ setting }) => setting))];
    const message = `wrong settings: ${settings.join(', ')}; GET /api/status says what is wrong with each`;
    const error = { kind: 'config', message };
    context.error(JSON.stringify({ event: 'RunFailed', schema: 1, trigger: 'schedule', error }));
    throw new Error(message);
  }
  const result = await read.app.run({ trigger: 'schedule', requestedBy: null }, logTo(context));
  // What is thrown is logged as it is, past everything that keeps names out of the log.
  if (result.kind === 'done' && result.report.status === 'failed')
    throw new Error(
      `run ${result.report.runId} failed (${result.report.error?.kind}); its RunFailed says why`,
    );
}

export async function runOnDemand(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  return admitBody(request, async ({ app, caller }, body) => {
    const order = orderOf(body, app.settings.mode);
    if ('problems' in order) return problem(order);
    return run(
      app,
      { ...order, trigger: 'demand', requestedBy: caller, budgetMsMax: HTTP_BUDGET_MS },
      context,
    );
  });
}

async function run(app: App, order: RunOrder, context: InvocationContext): Promise<HttpResponseInit> {
  const result = await app.run(order, logTo(context));
  switch (result.kind) {
    case 'busy': {
      const retryAfterSeconds = Math.max(1, Math.ceil(result.freeMs / 1000));
      return problem({ status: 409, problems: [`run ${result.owner} holds the lease`], retryAfterSeconds });
    }
    case 'invalid':
      return problem({ status: 400, problems: result.problems });
    case 'done':
      return result.report.status === 'failed' ? problem(failure(result.report)) : json(result.report);
  }
}

/** A run that judged and still failed did so for a setting; one that judged nothing had no answer to judge. */
function failure(report: RunReport): Problems {
  return {
    status: report.policies.length > 0 ? 500 : 503,
    problems: [report.error?.message ?? 'the run failed'],
    report,
  };
}

/** The members of a reconcile request, or everything that is wrong with them. A body may only lower the mode. */
function orderOf(
  body: Readonly<Record<string, unknown>>,
  appMode: Mode,
): Pick<RunOrder, 'mode' | 'policies'> | Problems {
  const { mode, policies } = body;
  const problems = [...strangers(body, ['mode', 'policies'])];
  if (mode !== undefined && mode !== 'observe' && mode !== 'enforce') problems.push('mode must be "observe"');
  if (mode === 'enforce' && appMode === 'observe')
    problems.push('mode "enforce" is higher than the app’s own MODE, which is observe');
  const isKeys =
    Array.isArray(policies) && policies.length > 0 && policies.every((key) => typeof key === 'string');
  if (policies !== undefined && !isKeys) problems.push('policies must be a list of keys');
  if (problems.length > 0) return { status: 400, problems };
  return { mode: mode as Mode | undefined, policies: policies as readonly string[] | undefined };
}
