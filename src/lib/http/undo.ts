import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { json } from './answers.ts';
import { logTo } from './logging.ts';
import { noRun, read } from './runs.ts';

export async function planUndo(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
  const { runId = '' } = request.params;
  return read(request, async (app) => {
    const undo = await app.undo(runId, logTo(context));
    return undo === undefined ? noRun(runId) : json(undo);
  });
}
