import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { platform, theApp } from '../app.ts';
import { asFault } from '../fault.ts';
import type { Ports } from '../ports.ts';
import { json, problem, wrongSettings } from './answers.ts';
import { logTo } from './logging.ts';
import { authorise } from './requests.ts';

const TOP_MAX = 100;
const BUDGET_MS = 30_000;

export async function listRuns(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const top = Number(request.query.get('top') ?? 20);
  return read(request, context, async ({ runs }) =>
    Number.isInteger(top) && top >= 1 && top <= TOP_MAX
      ? json(await runs.latest(top))
      : problem({ status: 400, problems: [`top must be a whole number from 1 to ${TOP_MAX}`] }),
  );
}

export async function showRun(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const { runId = '' } = request.params;
  return read(request, context, async ({ runs }) => {
    const report = await runs.get(runId);
    return report === undefined
      ? problem({ status: 404, problems: [`no run has the id "${runId}"; runs are kept 90 days`] })
      : json(report);
  });
}

/** Every GET alike: who asks, whether the app is set up, and what cannot be read is said in one way. */
export async function read(
  request: HttpRequest,
  context: InvocationContext,
  answer: (ports: Ports) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  const allowed = authorise(request, 'Caretaker.Reader', platform().isAuthenticationOn);
  if (!allowed.ok) return problem(allowed.problems);
  const built = theApp();
  if (!built.ok) return wrongSettings(built.problems);
  try {
    return await answer(built.app.open(logTo(context), BUDGET_MS));
  } catch (error) {
    return problem({ status: 503, problems: [asFault(error).message] });
  }
}
