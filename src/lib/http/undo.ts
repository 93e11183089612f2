import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { json, problem } from './answers.ts';
import { logTo } from './logging.ts';
import { read } from './runs.ts';

export async function planUndo(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const { runId = '' } = request.params;
  return read(request, async (app) => {
    const undo = await app.undo(runId, logTo(context));
    return undo === undefined
      ? problem({ status: 404, problems: [`no run has the id "${runId}"; runs are kept 90 days`] })
      : json(undo);
  });
}
