import type { TokenCredential } from '@azure/identity';
import { type Command, Option } from 'commander';
import { Fault } from '../lib/fault.ts';
import { exchange, type Heard, isObject } from './exchange.ts';
import { operatorSignIn } from './operator.ts';
import type { Terminal } from './terminal.ts';

/** A run may take as long as Azure's front end lets it. */
const TIMEOUT_MS = 240_000;

/** What the app answered. */
export interface AppAnswer extends Heard {
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
    `${new URL(`/api/${route}`, url)} answered ${status}: ${detail ?? unexplained(status)}`,
  );
}

/** The platform in front of the app gives no reason, and neither does somebody else's server. */
function unexplained(status: number): string {
  switch (status) {
    case 401:
      return 'no explanation; look whether CARETAKER_APP_KEY holds a key of this app and, where App Service Authentication is on, CARETAKER_APP_SCOPE its scope';
    case 403:
      return 'no explanation; look whether you have the app role Caretaker.Operator or Caretaker.Reader, and come from an address that the app answers';
    default:
      return status < 500
        ? 'no explanation; look whether this is the address of the app, and whether it is as new as this program'
        : 'no explanation; ask again in a minute, then look into the log of the app';
  }
}

/**
 * One request to the deployed app, with its function key from the environment variable CARETAKER_APP_KEY. Where App Service
 * Authentication asks who calls, CARETAKER_APP_SCOPE says for what the operator's own token is. Both are one app's: where
 * CARETAKER_APP_URL names it, they go to no other.
 *
 * @throws Fault when there is no whole answer, or no token
 */
export async function callApp(
  url: string,
  method: Method,
  route: string,
  terminal: Terminal,
  body?: unknown,
): Promise<AppAnswer> {
  const target = new URL(`/api/${route}`, addressOf(url));
  const headers = {
    accept: 'application/json',
    ...(await credentialsFor(target, terminal)),
    ...(body === undefined ? {} : { 'content-type': 'application/json' }),
  };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  const heard = await exchange(target, { method, headers, ...sent }, TIMEOUT_MS);
  const detail = isObject(heard.body) && 'detail' in heard.body ? String(heard.body.detail) : undefined;
  const after = Number(heard.headers.get('retry-after') ?? Number.NaN);
  return { ...heard, detail, retryAfterS: Number.isSafeInteger(after) ? after : undefined };
}

/** `localhost:7071` is an address of another kind, and in `https://<name>.azurewebsites.net@elsewhere` the host is the end. */
function addressOf(url: string): URL {
  const address = URL.parse(url);
  const isWeb = address?.protocol === 'https:' || address?.protocol === 'http:';
  if (address !== null && isWeb && address.username === '' && address.password === '') return address;
  throw new Fault(
    'config',
    `--app must be the app's address, such as https://<name>.azurewebsites.net, not "${url}"`,
  );
}

type Headers = Readonly<Record<string, string>>;

async function credentialsFor(target: URL, terminal: Terminal): Promise<Headers> {
  const { environment } = terminal;
  const [key, scope, app] = [
    environment.CARETAKER_APP_KEY,
    environment.CARETAKER_APP_SCOPE,
    environment.CARETAKER_APP_URL,
  ].map((value) => value?.trim() ?? '');
  if (!key && !scope) return {};
  if (app && URL.parse(app)?.origin !== target.origin)
    throw new Fault(
      'config',
      `the key and the token here are for CARETAKER_APP_URL, which is ${app}, and do not go to ${target.origin}; correct --app, or the environment`,
    );
  return { ...keyFor(target, key), ...(await tokenFor(target, scope, operatorSignIn(terminal))) };
}

/** A key that is no header would be quoted by whoever refuses it. */
function keyFor(target: URL, key = ''): Headers {
  if (key === '') return {};
  refuseInTheClear(target, 'the key in CARETAKER_APP_KEY');
  if (!/^[\x21-\x7e]+$/.test(key))
    throw new Fault('config', 'CARETAKER_APP_KEY holds a character that no key has; copy it again');
  return { 'x-functions-key': key };
}

async function tokenFor(target: URL, scope = '', signIn: TokenCredential): Promise<Headers> {
  if (scope === '') return {};
  refuseInTheClear(target, 'your token');
  const token = await signIn.getToken(scope).catch((error: Error) => {
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
