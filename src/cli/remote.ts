import { Fault } from '../lib/fault.ts';
import type { Terminal } from './terminal.ts';

/** A run may take as long as Azure's front end lets it. */
const TIMEOUT_MS = 240_000;

/**
 * Asks the deployed app over HTTP, with its function key from the environment variable CARETAKER_APP_KEY.
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
  if (!URL.canParse(url))
    throw new Fault(
      'config',
      `--app must be the app's address, such as https://<name>.azurewebsites.net, not "${url}"`,
    );
  const target = new URL(`/api/${route}`, url);
  const key = terminal.environment.CARETAKER_APP_KEY;
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
  const text = await response.text();
  const answer = parse(text);
  if (response.ok && answer !== undefined) return { answer };
  if (response.status === 409) return { busy: detailOf(answer) };
  // A run that failed has a report to show.
  if (typeof answer === 'object' && answer !== null && 'report' in answer) return { answer: answer.report };
  throw new Fault(
    response.status < 500 ? 'config' : 'unavailable',
    `${target} answered ${response.status}: ${detailOf(answer)}`,
  );
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return undefined;
  }
}

function detailOf(answer: unknown): string {
  return typeof answer === 'object' && answer !== null && 'detail' in answer
    ? String(answer.detail)
    : 'no explanation';
}
