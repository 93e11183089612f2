import { dressed, errorReply, type GraphAnswer, type Outcome, Refusal, type Stamp } from './answers.ts';
import type { faultsAfter, faultsBefore, faultsOfBodies } from './faults.ts';

/** How a request ends that a fault took, whether or not it was carried out. */
export function failure(
  name: (typeof faultsBefore)[number] | (typeof faultsAfter)[number],
  stamp: Stamp,
): Outcome {
  const refused = (status: number, code: string, message: string, headers: Record<string, string> = {}) => {
    const answer = dressed(errorReply(new Refusal(status, code, message), stamp, false), stamp, undefined);
    return { ...answer, headers: { ...answer.headers, ...headers } };
  };
  switch (name) {
    case 'throttled':
      return refused(429, 'TooManyRequests', 'Too many requests.');
    case 'throttledWithRetryAfter':
      return refused(429, 'TooManyRequests', 'Too many requests.', { 'retry-after': '2' });
    case 'unauthorized':
      return refused(401, 'InvalidAuthenticationToken', 'The access token has expired.');
    case 'forbidden':
      return refused(403, 'AccessDenied', 'The token lacks a permission that this request needs.');
    case 'serverError':
    case 'lateError':
      return refused(500, 'InternalServerError', 'Something went wrong.');
    case 'badGateway':
      return { status: 502, headers: { 'content-type': 'text/html' }, body: htmlPage('502 Bad Gateway') };
    case 'unavailable':
      return refused(503, 'ServiceUnavailable', 'The service is not available.');
    case 'gatewayTimeout':
    case 'lateTimeout':
      return refused(504, 'GatewayTimeout', 'No answer in time.');
    case 'lostRequest':
    case 'lostAnswer':
      return 'reset';
    case 'hang':
    case 'lateHang':
      return 'hang';
  }
}

/** An answer that says all is well and is no JSON. */
export function spoiltBody(name: (typeof faultsOfBodies)[number], answer: GraphAnswer): GraphAnswer {
  switch (name) {
    case 'cutBody':
      return { ...answer, body: (answer.body ?? '').slice(0, Math.floor((answer.body ?? '').length / 2)) };
    case 'htmlPage':
      return {
        ...answer,
        headers: { 'content-type': 'text/html' },
        body: htmlPage('Sign in to the network'),
      };
  }
}

function htmlPage(title: string): string {
  return `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`;
}
