import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { App, Log } from '../app.ts';
import type { Person } from '../approval.ts';
import { asFault } from '../fault.ts';
import { admitBody } from './admit.ts';
import { problem } from './answers.ts';
import { logTo } from './logging.ts';
import { UNKNOWN_CALLER } from './requests.ts';

/** What a person asks for, once it is known that they may. */
export interface Act {
  readonly app: App;
  readonly by: Person;
  readonly body: Readonly<Record<string, unknown>>;
  readonly log: Log;
}

/** Every act of a person alike: it has somebody's name, and what cannot be written is said in one way. */
export async function act(
  request: HttpRequest,
  context: InvocationContext,
  answer: (act: Act) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  return admitBody(request, async ({ app, caller }, body) => {
    try {
      return await answer({ app, by: caller ?? UNKNOWN_CALLER, body, log: logTo(context) });
    } catch (error) {
      return problem({ status: 503, problems: [asFault(error).message] });
    }
  });
}
