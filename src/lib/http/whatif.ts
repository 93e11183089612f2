import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import type { App } from '../app.ts';
import { asFault, type Fault } from '../fault.ts';
import { noSuchUser, type Simulation } from '../simulate.ts';
import { admitBody } from './admit.ts';
import { json, problem } from './answers.ts';
import { logTo } from './logging.ts';

export async function answerWhatIf(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  return admitBody(request, async ({ app }, body) => {
    const simulated = await tried(app, body, context);
    return simulated instanceof Error ? problem(troubleOf(simulated)) : answered(simulated);
  });
}

async function tried(app: App, body: unknown, context: InvocationContext): Promise<Simulation | Fault> {
  try {
    return await app.simulate(body, logTo(context));
  } catch (error) {
    return asFault(error);
  }
}

function answered(simulation: Simulation): HttpResponseInit {
  switch (simulation.kind) {
    case 'invalid':
      return problem({ status: 400, problems: simulation.problems });
    case 'missing':
      return problem({ status: 404, problems: [noSuchUser(simulation.userId)] });
    case 'done':
      return json(simulation.answer);
  }
}

/** Only a setting can be mended here; all else is the weather of Graph and the tables. */
function troubleOf({ kind, message }: Fault): { status: 500 | 503; problems: readonly string[] } {
  return { status: kind === 'config' ? 500 : 503, problems: [message] };
}
