import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { type App, platform, theApp } from '../app.ts';
import { asFault } from '../fault.ts';
import { json, problem, wrongSettings } from './answers.ts';
import { logTo } from './logging.ts';
import { authorise } from './requests.ts';

const TOP_MAX = 100;
/** How long a question that only the tables answer may take. */
export const BUDGET_MS = 30_000;

export async function listRuns(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const top = Number(request.query.get('top') ?? 20);
  return read(request, async (app) =>
    Number.isInteger(top) && top >= 1 && top <= TOP_MAX
      ? json(await app.open(logTo(context), BUDGET_MS).runs.latest(top))
      : problem({ status: 400, problems: [`top must be a whole number from 1 to ${TOP_MAX}`] }),
  );
}

export async function showRun(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const { runId = '' } = request.params;
  return read(request, async (app) => {
    const report = await app.open(logTo(context), BUDGET_MS).runs.get(runId);
    return report === undefined
      ? problem({ status: 404, problems: [`no run has the id "${runId}"; runs are kept 90 days`] })
      : json(report);
  });
}

/** Every GET alike: who asks, whether the app is set up, and what cannot be read is said in one way. */
export async function read(
  request: HttpRequest,
  answer: (app: App) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  const allowed = authorise(request, 'Caretaker.Reader', platform().isAuthenticationOn);
  if (!allowed.ok) return problem(allowed.problems);
  const built = theApp();
  if (!built.ok) return wrongSettings(built.problems);
  try {
    return await answer(built.app);
  } catch (error) {
    return problem({ status: 503, problems: [asFault(error).message] });
  }
}
