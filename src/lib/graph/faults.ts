import { Fault, type FaultDetail, type FaultKind } from '../fault.ts';
import { withoutSecrets } from '../text.ts';
import { type Answer, type Call, type GraphError, graphError, type Refusal, version } from './call.ts';

/**
 * Turns an answer that is no success into the `Fault` that says what a caller may do about it. Every trouble with
 * Graph comes through here.
 */
export function faultOf(call: Call, answer: Answer): Fault {
  const kind = faultKind(call, answer);
  const parts = [`${call.purpose} (${place(call)}): ${whatHappened(answer)}.`, whatToDo(kind, call, answer)];
  return new Fault(kind, parts.join(' '), detailOf(answer));
}

/** For a whole answer that does not hold what it should. */
export function oddAnswer(call: Call, answer: Answer, problem: string): Fault {
  const kind = lostOrUnavailable(call);
  return new Fault(
    kind,
    `${call.purpose} (${place(call)}): ${problem}. ${kindAdvice(kind)}`,
    detailOf(answer),
  );
}

function place(call: Call): string {
  return `${call.method} /${version}${call.path.split('?')[0]}`;
}

function faultKind(call: Call, answer: Answer): FaultKind {
  switch (answer.kind) {
    case 'unsent':
      return 'unavailable';
    case 'lost':
    case 'timeout':
      return lostOrUnavailable(call);
    case 'unreadable':
      return statusSaysItAll.get(answer.status) ?? lostOrUnavailable(call);
    case 'refusal':
      return kindOfStatus(call, answer);
    case 'success':
      return lostOrUnavailable(call);
  }
}

/** Whatever the body is, and whoever on the way said so: the call was stopped before anything happened. */
const statusSaysItAll: ReadonlyMap<number, FaultKind> = new Map([
  [401, 'denied'],
  [403, 'denied'],
  [429, 'unavailable'],
]);

function kindOfStatus(call: Call, answer: Refusal): FaultKind {
  switch (answer.status) {
    case 404:
      // A proxy's 404 says nothing about the tenant; Graph's own always carries an error object.
      return graphError(answer) === undefined ? lostOrUnavailable(call) : 'missing';
    case 408:
      return lostOrUnavailable(call);
    case 501:
      return 'rejected';
  }
  const clear = statusSaysItAll.get(answer.status);
  if (clear !== undefined) return clear;
  return answer.status >= 400 && answer.status < 500 ? 'rejected' : lostOrUnavailable(call);
}

function lostOrUnavailable(call: Call): FaultKind {
  return call.effect === 'write' ? 'indeterminate' : 'unavailable';
}

function whatHappened(answer: Answer): string {
  switch (answer.kind) {
    case 'unsent':
      return `nothing was sent, ${quoted(answer.reason)}`;
    case 'lost':
      return `the connection broke before an answer came (${quoted(answer.reason)})`;
    case 'timeout':
      return `no answer within ${Math.round(answer.afterMs)} ms`;
    case 'unreadable':
      return `status ${answer.status}, and ${quoted(answer.reason)}`;
    case 'success':
      return `status ${answer.status}`;
    case 'refusal':
      return refusal(answer.status, graphError(answer));
  }
}

function refusal(status: number, error: GraphError | undefined): string {
  if (status >= 300 && status < 400) return `status ${status}; redirects are not followed`;
  if (error === undefined) return `status ${status} without Graph's error object`;
  const code = error.number ?? error.code;
  return `status ${status}${code === null ? '' : ` ${code}`}${error.message === '' ? '' : `, "${quoted(error.message)}"`}`;
}

function whatToDo(kind: FaultKind, call: Call, answer: Answer): string {
  if ('status' in answer && answer.status === 401) return tokenAdvice;
  if (kind === 'denied') return permissionAdvice(call);
  return hint(graphError(answer)) ?? kindAdvice(kind);
}

const tokenAdvice =
  'Graph does not accept the token: check that GRAPH_CLOUD and GRAPH_ENDPOINT fit the tenant in TENANT_ID.';

function permissionAdvice(call: Call): string {
  const needed = `${call.permissions.length === 1 ? 'permission' : 'permissions'} ${call.permissions.join(', ')}`;
  return (
    `The managed identity needs the application ${needed}. If it was granted in the last 24 hours, wait: Azure keeps ` +
    'handing out the token from before for up to a day, and a restart does not change that.'
  );
}

/** What the service's numbers mean for whoever has to act. Sources: Microsoft's pages, issue threads of other tools. */
const hints: Readonly<Record<string, string>> = {
  1007: 'A value is null or not in the service’s schema; look at the members named in the message.',
  1011: 'The policy names no application it could apply to; name one, or All.',
  1012: 'Applications and user actions cannot stand in one policy; keep one of the two.',
  1032: 'The grant controls do not fit together or lack what they need (passwordChange needs mfa, user risk and all apps).',
  1037: 'The policy uses preview features, so v1.0 does not show it: take them out in the portal, or delete the policy there.',
  1038: 'The policy uses preview features, so v1.0 does not change it: take them out in the portal, or delete the policy there.',
  1040: 'A named location in the policy is not in the tenant, or is so new that it is not known everywhere yet.',
  1060: 'deviceStates and devices cannot stand in one policy; use a device filter.',
  1064: 'clientAppTypes must not be empty; write ["all"].',
  1085: 'The service calls the policy invalid; compare it with one made in the portal.',
  1088: 'includeDeviceStates is no longer supported; use a device filter.',
  1108: 'The control mfa and an authentication strength cannot stand in one policy; keep one of the two.',
  1235: 'A policy about authentication flows can only block.',
};

const securityDefaultsHint =
  'Security defaults are on, so no policy can be enabled: turn them off, or let the state be report-only.';

function hint(error: GraphError | undefined): string | undefined {
  if (error === undefined) return undefined;
  if (/security\s*defaults/i.test(error.message)) return securityDefaultsHint;
  return error.number === null ? undefined : hints[error.number];
}

function kindAdvice(kind: FaultKind): string {
  switch (kind) {
    case 'unavailable':
      return 'Nothing was changed by this; the next run, or the same question later, asks again.';
    case 'indeterminate':
      return 'It may have happened; it has to be looked up before it is sent again.';
    case 'missing':
      return 'Nothing was changed by this.';
    case 'rejected':
      return 'Nothing was changed; correct what the message names.';
    case 'denied':
    case 'config':
      return 'Nothing was changed; correct the settings or the permissions.';
  }
}

function detailOf(answer: Answer): FaultDetail {
  const error = graphError(answer);
  const code = error?.number ?? error?.code ?? null;
  return {
    clientRequestId: answer.clientRequestId,
    ...('status' in answer ? { status: answer.status } : {}),
    ...('requestId' in answer && answer.requestId !== null ? { requestId: answer.requestId } : {}),
    ...(code === null ? {} : { code }),
  };
}

const quotedMax = 300;

/** Somebody else's words, fit for a message of ours: one line, cut, without tokens and mail addresses. */
export function quoted(text: string): string {
  const line = withoutSecrets(text.replace(/\s+/g, ' ')).trim();
  return line.length > quotedMax ? `${line.slice(0, quotedMax)}…` : line;
}
