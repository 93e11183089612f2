import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { type App, platform, theApp } from '../app.ts';
import { problem, wrongSettings } from './answers.ts';
import { authorise, type Caller, readBody } from './requests.ts';

/** Who asks, and the program that answers. */
export interface Admitted {
  readonly app: App;
  /** null: only a function key vouches for them. */
  readonly caller: Caller | null;
}

/** Every request alike: who asks, and whether the app is set up. */
export async function admit(
  request: HttpRequest,
  role: 'Caretaker.Operator' | 'Caretaker.Reader',
  answer: (admitted: Admitted) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  const allowed = authorise(request, role, platform().isAuthenticationOn);
  if (!allowed.ok) return problem(allowed.problems);
  const built = theApp();
  if (!built.ok) return wrongSettings(built.problems);
  return answer({ app: built.app, caller: allowed.caller });
}

/** Every request with a body alike: an operator sends it, and it is read last. */
export async function admitBody(
  request: HttpRequest,
  answer: (admitted: Admitted, body: Readonly<Record<string, unknown>>) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  return admit(request, 'Caretaker.Operator', async (admitted) => {
    const body = await readBody(request);
    return body.ok ? answer(admitted, body.value) : problem(body.problems);
  });
}
