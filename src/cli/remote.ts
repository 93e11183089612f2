import { type Command, Option } from 'commander';
import { Fault } from '../lib/fault.ts';
import { operatorSignIn } from './operator.ts';
import type { Terminal } from './terminal.ts';

/** A run may take as long as Azure's front end lets it. */
const TIMEOUT_MS = 240_000;

/** What the app answered. `body` is undefined where there was no JSON. */
export interface AppAnswer {
  readonly status: number;
  readonly body: unknown;
  /** The explanation of a problem; undefined where the app gave none, so that it may not be the app that answered. */
  readonly detail: string | undefined;
  /** Seconds after which asking again may help; undefined where the app did not say. */
  readonly retryAfterS: number | undefined;
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
): Promise<{ answer: unknown } | { busy: string; freeS: number | undefined }> {
  const answer = await callApp(url, method, route, terminal, body);
  if (answer.status === 200 && answer.body !== undefined) return { answer: answer.body };
  if (answer.status === 409) return { busy: answer.detail ?? 'no explanation', freeS: answer.retryAfterS };
  // A run that failed has a report to show.
  if (isObject(answer.body) && 'report' in answer.body) return { answer: answer.body.report };
  throw refusal(url, route, answer);
}

/** An option for what the app has no route for, so that whoever tries it learns what there is. */
export function noApp(command: Command, inItsPlace: string): Command {
  const option = new Option('--app <url>').hideHelp().argParser(() => {
    throw new Fault(
      'config',
      `the app shows nobody its raw policies, so --app is not for this; ${inItsPlace}`,
    );
  });
  return command.addOption(option);
}

export function refusal(url: string, route: string, { status, detail }: AppAnswer): Fault {
  return new Fault(
    status < 500 ? 'config' : 'unavailable',
    `${new URL(`/api/${route}`, url)} answered ${status}: ${detail ?? 'no explanation'}`,
  );
}

/**
 * One request to the deployed app, with its function key from the environment variable CARETAKER_APP_KEY. Where App Service
 * Authentication asks who calls, CARETAKER_APP_SCOPE says for what the operator's own token is.
 *
 * @throws Fault when there is no answer at all, or no token
 */
export async function callApp(
  url: string,
  method: Method,
  route: string,
  terminal: Terminal,
  body?: unknown,
): Promise<AppAnswer> {
  if (!URL.canParse(url))
    throw new Fault(
      'config',
      `--app must be the app's address, such as https://<name>.azurewebsites.net, not "${url}"`,
    );
  const target = new URL(`/api/${route}`, url);
  const { CARETAKER_APP_KEY: key, CARETAKER_APP_SCOPE: scope } = terminal.environment;
  const credentials = {
    ...keyFor(target, key?.trim()),
    ...(await tokenFor(target, scope?.trim(), terminal)),
  };
  const { response, text } = await fetch(target, {
    method,
    redirect: 'error',
    signal: AbortSignal.timeout(TIMEOUT_MS),
    headers: {
      accept: 'application/json',
      ...credentials,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
    .then(async (response) => ({ response, text: await response.text() }))
    .catch((error: Error) => {
      throw new Fault('unavailable', `${target} cannot be reached: ${causeOf(error)}`, {}, error);
    });
  const answer = parse(text);
  const detail = isObject(answer) && 'detail' in answer ? String(answer.detail) : undefined;
  const after = Number(response.headers.get('retry-after') ?? Number.NaN);
  const retryAfterS = Number.isSafeInteger(after) ? after : undefined;
  return { status: response.status, body: answer, detail, retryAfterS };
}

type Headers = Readonly<Record<string, string>>;

/** A key that is no header would be quoted by whoever refuses it. */
function keyFor(target: URL, key: string | undefined): Headers {
  if (key === undefined || key === '') return {};
  refuseInTheClear(target, 'the key in CARETAKER_APP_KEY');
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new Fault('config', 'CARETAKER_APP_KEY holds a character that no key has; copy it again');
  return { 'x-functions-key': key };
}

async function tokenFor(target: URL, scope: string | undefined, terminal: Terminal): Promise<Headers> {
  if (scope === undefined || scope === '') return {};
  refuseInTheClear(target, 'your token');
  const token = await operatorSignIn(terminal)
    .getToken(scope)
    .catch((error: Error) => {
      throw new Fault(
        'denied',
        `no token for ${scope}: ${error.message}; sign in with \`az login\``,
        {},
        error,
      );
    });
  if (token === null) throw new Fault('denied', `no token for ${scope}; sign in with \`az login\``);
  return { authorization: `Bearer ${token.token}` };
}

/** What goes over the wire in the clear is everybody's. */
function refuseInTheClear(target: URL, what: string): void {
  const isLoopback = ['localhost', '127.0.0.1', '[::1]'].includes(target.hostname);
  if (target.protocol === 'https:' || isLoopback) return;
  throw new Fault('config', `--app must be https: ${what} would go to ${target.host} in the clear`);
}

/** `fetch failed` says nothing; what it was caused by does. */
function causeOf({ message, cause }: Error): string {
  if (!(cause instanceof Error)) return message;
  const code = 'code' in cause ? String(cause.code) : '';
  return [code, cause.message].filter((part) => part !== '').join(': ') || message;
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
