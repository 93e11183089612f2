import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { type App, type Log, platform, theApp } from '../app.ts';
import { asFault } from '../fault.ts';
import type { Person } from '../ports.ts';
import { problem, wrongSettings } from './answers.ts';
import { logTo } from './logging.ts';
import { authorise, readBody, UNKNOWN_CALLER } from './requests.ts';

/** What a person asks for, once it is known that they may. */
export interface Act {
  readonly app: App;
  readonly by: Person;
  readonly body: Readonly<Record<string, unknown>>;
  readonly log: Log;
}

/** Every act of a person alike: who asks, whether the app is set up, and what cannot be written is said in one way. */
export async function act(
  request: HttpRequest,
  context: InvocationContext,
  answer: (act: Act) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  const allowed = authorise(request, 'Caretaker.Operator', platform().isAuthenticationOn);
  if (!allowed.ok) return problem(allowed.problems);
  const built = theApp();
  if (!built.ok) return wrongSettings(built.problems);
  const body = await readBody(request);
  if (!body.ok) return problem(body.problems);
  const by = allowed.caller ?? UNKNOWN_CALLER;
  try {
    return await answer({ app: built.app, by, body: body.value, log: logTo(context) });
  } catch (error) {
    return problem({ status: 503, problems: [asFault(error).message] });
  }
}
