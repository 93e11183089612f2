import { Fault } from '../lib/fault.ts';
import type { Terminal } from './terminal.ts';

/** A run may take as long as Azure's front end lets it. */
const TIMEOUT_MS = 240_000;

/** What the app answered. `body` is undefined where there was no JSON. */
export interface AppAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The explanation of a problem; undefined where the app gave none, so that it may not be the app that answered. */
  readonly detail: string | undefined;
}

type Method = 'GET' | 'POST' | 'DELETE';

/**
 * Asks the deployed app for something it has to show.
 *
 * @throws Fault naming what the app answered; `config` for what the caller can mend
 */
export async function askApp(
  url: string,
  method: 'GET' | 'POST',
  route: string,
  terminal: Terminal,
  body?: unknown,
): Promise<{ answer: unknown } | { busy: string }> {
  const answer = await callApp(url, method, route, terminal, body);
  if (answer.status === 200 && answer.body !== undefined) return { answer: answer.body };
  if (answer.status === 409) return { busy: answer.detail ?? 'no explanation' };
  // A run that failed has a report to show.
  if (isObject(answer.body) && 'report' in answer.body) return { answer: answer.body.report };
  throw refusal(url, route, answer);
}

export function refusal(url: string, route: string, { status, detail }: AppAnswer): Fault {
  return new Fault(
    status < 500 ? 'config' : 'unavailable',
    `${new URL(`/api/${route}`, url)} answered ${status}: ${detail ?? 'no explanation'}`,
  );
}

/**
 * One request to the deployed app, with its function key from the environment variable CARETAKER_APP_KEY.
 *
 * @throws Fault when there is no answer at all
 */
export async function callApp(
  url: string,
  method: Method,
  route: string,
  { environment }: Terminal,
  body?: unknown,
): Promise<AppAnswer> {
  if (!URL.canParse(url))
    throw new Fault(
      'config',
      `--app must be the app's address, such as https://<name>.azurewebsites.net, not "${url}"`,
    );
  const target = new URL(`/api/${route}`, url);
  const key = environment.CARETAKER_APP_KEY;
  const response = await fetch(target, {
    method,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      accept: 'application/json',
      ...(key === undefined ? {} : { 'x-functions-key': key }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  }).catch((error: Error) => {
    throw new Fault('unavailable', `${target} cannot be reached: ${error.message}`, {}, error);
  });
  const answer = parse(await response.text());
  const detail = isObject(answer) && 'detail' in answer ? String(answer.detail) : undefined;
  return { status: response.status, body: answer, detail };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
