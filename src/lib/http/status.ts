import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { theApp } from '../app.ts';
import { statusOf } from '../status.ts';
import { json } from './answers.ts';
import { read } from './runs.ts';

export async function showStatus(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  return read(request, context, async (ports) => {
    const built = theApp();
    if (!built.ok) throw new Error('unreachable: the ports come from a built app');
    return json(await statusOf(ports, built.app.settings));
  });
}
