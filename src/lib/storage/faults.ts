import { RestError } from '@azure/data-tables';
import { Fault, type FaultDetail, type FaultKind } from '../fault.ts';
import type { TableName } from './rows.ts';

/** What was being done, for the message and for what a lost answer means. */
export interface Errand {
  /** Host and path of the table endpoint, without any signature. */
  readonly account: string;
  readonly table: TableName;
  readonly verb: 'read' | 'write';
}

/** The service's code on our own faults where there was no answer in time. */
export const TIMED_OUT = 'TimedOut';

/** The service says no to a condition, not to us. */
const REFUSALS = ['EntityAlreadyExists', 'UpdateConditionNotSatisfied', 'ConditionNotMet'];
const ABSENCES = ['ResourceNotFound', 'EntityNotFound'];

/** The request did not leave this machine, or nobody took it. */
const NOT_SENT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'];

/** A row that must be absent is there (409), or one that must be unchanged was changed (412) or removed (404). */
export function isRefusal(error: unknown): boolean {
  if (!(error instanceof RestError)) return false;
  const code = codeOf(error);
  if (error.statusCode === 409) return REFUSALS.includes(code);
  return error.statusCode === 412 || isAbsence(error);
}

/** The row is not there. A table that is not there is another matter: its code is `TableNotFound`. */
export function isAbsence(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404 && ABSENCES.includes(codeOf(error));
}

/**
 * Maps whatever a call of the Tables client threw to a `Fault`; the only place that knows the client's errors.
 *
 * Codes: Microsoft's "Table service error codes" and "Common REST API error codes". After a write, an answer that does
 * not say clearly "not done" is `indeterminate`.
 */
export function faultOf(error: unknown, errand: Errand): Fault {
  if (error instanceof Fault) return error;
  if (error instanceof RestError) {
    return error.statusCode === undefined ? unansweredFault(error, errand) : answeredFault(error, errand);
  }
  if (isIdentityError(error)) return identityFault(error, errand);
  const what = error instanceof Error ? error.message : String(error);
  return new Fault(lost(errand), `${at(errand)}: the answer could not be read (${brief(what)})`, {}, error);
}

function answeredFault(error: RestError, errand: Errand): Fault {
  const { kind, message } = judged(error.statusCode ?? 0, codeOf(error), errand);
  return new Fault(kind, `${message} (${briefAnswer(error)})`, detailOf(error), error);
}

function judged(status: number, code: string, errand: Errand): { kind: FaultKind; message: string } {
  const { table, account } = errand;
  if (code === 'TableNotFound') {
    const message = `table ${table} is missing at ${account}: run \`caretaker init\` or \`caretaker push\``;
    return { kind: 'config', message };
  }
  if (code === 'TableBeingDeleted') {
    return {
      kind: 'unavailable',
      message: `${at(errand)} is being deleted; it can be created again in about a minute`,
    };
  }
  if (status === 401 || status === 403)
    return { kind: 'denied', message: `${at(errand)}: ${refusalAdvice(code, errand)}` };
  if (status === 429 || code === 'ServerBusy') {
    return { kind: 'unavailable', message: `${at(errand)}: the service is busy` };
  }
  if (status === 408 || status >= 500) {
    return { kind: lost(errand), message: `${at(errand)}: the service failed` };
  }
  if (status < 300) return { kind: lost(errand), message: `${at(errand)}: the answer could not be read` };
  if (status === 404)
    return { kind: 'config', message: `${at(errand)}: there is no such address; check the endpoint` };
  return { kind: 'rejected', message: `${at(errand)}: the service refused the request` };
}

function refusalAdvice(code: string, { verb }: Errand): string {
  switch (code) {
    case 'AuthenticationFailed':
      return 'the key or the token is not accepted; check the connection string, and that the clock is right';
    case 'KeyBasedAuthenticationNotPermitted':
      return 'the account takes no keys; use STATE_STORAGE__tableServiceUri with an identity';
    case 'AuthorizationFailure':
      return `access is refused; check the account's network rules, and for an identity the role ${roleFor(verb)}`;
    default:
      return `access is refused; the identity needs the role ${roleFor(verb)} (a new assignment takes some minutes)`;
  }
}

function roleFor(verb: Errand['verb']): string {
  return verb === 'read'
    ? 'Storage Table Data Reader or Storage Table Data Contributor'
    : 'Storage Table Data Contributor';
}

function unansweredFault(error: RestError, errand: Errand): Fault {
  const code = error.code ?? 'unknown';
  const kind = NOT_SENT.includes(code) ? 'unavailable' : lost(errand);
  return new Fault(
    kind,
    `${at(errand)}: no answer (${code}); check the address and the network`,
    { code },
    error,
  );
}

/** By name, because each of these classes exists once per installed copy of the identity package. */
function isIdentityError(error: unknown): error is Error {
  return (
    error instanceof Error &&
    ['CredentialUnavailableError', 'AuthenticationError', 'AggregateAuthenticationError'].includes(error.name)
  );
}

function identityFault(error: Error, errand: Errand): Fault {
  const advice = 'check that the app has this managed identity (AZURE_CLIENT_ID), or that you are signed in';
  return new Fault(
    'denied',
    `${at(errand)}: no token for storage: ${advice} (${brief(error.message)})`,
    {},
    error,
  );
}

function lost({ verb }: Errand): FaultKind {
  return verb === 'read' ? 'unavailable' : 'indeterminate';
}

function at({ table, account }: Errand): string {
  return `table ${table} at ${account}`;
}

/** The service's code, wherever this client left it: single requests and transactions differ. */
function codeOf(error: RestError): string {
  const details = error.details as { odataError?: { code?: unknown } } | undefined;
  const code = details?.odataError?.code ?? error.code;
  return typeof code === 'string' ? code : '';
}

function detailOf(error: RestError): FaultDetail {
  const code = codeOf(error);
  const requestId = error.response?.headers.get('x-ms-request-id');
  const clientRequestId = error.response?.headers.get('x-ms-client-request-id');
  return {
    ...(error.statusCode !== undefined && { status: error.statusCode }),
    ...(code !== '' && { code }),
    ...(requestId !== undefined && { requestId }),
    ...(clientRequestId !== undefined && { clientRequestId }),
  };
}

function briefAnswer(error: RestError): string {
  return [error.statusCode, codeOf(error)].filter((part) => part !== undefined && part !== '').join(' ');
}

function brief(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 200);
}
