import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { App } from '../app.ts';
import { asFault } from '../fault.ts';
import { admit } from './admit.ts';
import { json, problem } from './answers.ts';
import { logTo } from './logging.ts';

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
    return report === undefined ? noRun(runId) : json(report);
  });
}

/** Every GET alike: a reader asks, and what cannot be read is said in one way. */
export async function read(
  request: HttpRequest,
  answer: (app: App) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  return admit(request, 'Caretaker.Reader', async ({ app }) => {
    try {
      return await answer(app);
    } catch (error) {
      return problem({ status: 503, problems: [asFault(error).message] });
    }
  });
}

/** No run of that name is kept. */
export function noRun(runId: string): HttpResponseInit {
  return problem({ status: 404, problems: [`no run has the id "${runId}"; runs are kept 90 days`] });
}
