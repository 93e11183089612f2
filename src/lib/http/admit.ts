import type { HttpRequest, HttpResponseInit } from '@azure/functions';
import { type App, type AppRead, platform, theApp } from '../app.ts';
import { problem, wrongSettings } from './answers.ts';
import { authorise, type Caller, type CallerRole, readBody } from './requests.ts';

/** Who asks, and the program that answers. */
export interface Admitted {
  readonly app: App;
  /** null: only a function key vouches for them. */
  readonly caller: Caller | null;
}

/** Every request alike: who asks, and whether the app is set up. */
export async function admit(
  request: HttpRequest,
  role: CallerRole,
  answer: (admitted: Admitted) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  return admitAnyway(request, role, async (built, caller) =>
    built.ok ? answer({ app: built.app, caller }) : wrongSettings(built.problems),
  );
}

/** The same for whoever has an answer even if the app is not set up. */
export async function admitAnyway(
  request: HttpRequest,
  role: CallerRole,
  answer: (built: AppRead, caller: Caller | null) => Promise<HttpResponseInit>,
): Promise<HttpResponseInit> {
  const allowed = authorise(request, role, platform().isAuthenticationOn);
  return allowed.ok ? answer(theApp(), allowed.caller) : problem(allowed.problems);
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
