import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { freezeOf } from '../acts.ts';
import { act } from './act.ts';
import { json, NOTHING_TO_SAY, problem } from './answers.ts';
import { strangers } from './requests.ts';

export async function freezeTenant(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  return act(request, context, async ({ app, by, body, log }) => {
    const asked = freezeOf(body, by.name, app.now());
    const problems = [...strangers(body, ['reason', 'until']), ...(asked.ok ? [] : asked.problems)];
    if (!asked.ok || problems.length > 0) return problem({ status: 400, problems });
    await app.freeze(asked.freeze, by, log);
    return json(asked.freeze);
  });
}

export async function unfreezeTenant(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  return act(request, context, async ({ app, by, log }) => {
    await app.freeze(null, by, log);
    return NOTHING_TO_SAY;
  });
}
