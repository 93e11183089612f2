import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { examineApp } from '../app.ts';
import { admitAnyway } from './admit.ts';
import { json } from './answers.ts';
import { logTo } from './logging.ts';

/** Answers 200 with wrong settings, too: they are part of what was asked for. */
export async function showExamination(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  return admitAnyway(request, 'Caretaker.Reader', async (built) =>
    json(await examineApp(built, 'app', logTo(context))),
  );
}
