import type { HttpResponseInit } from '@azure/functions';
import type { RunReport } from '../report.ts';
import type { SettingsProblem } from '../settings.ts';

/** Everything that is wrong with one request, at once. */
export interface Problems {
  readonly status: 400 | 401 | 403 | 404 | 409 | 413 | 415 | 500 | 503;
  readonly problems: readonly string[];
  /** The run report, where there is one (500, 503). */
  readonly report?: RunReport;
  readonly retryAfterSeconds?: number;
}

const TITLES: Readonly<Record<Problems['status'], string>> = {
  400: 'The request cannot be understood',
  401: 'Nobody is signed in',
  403: 'Not allowed',
  404: 'Not found',
  409: 'Not as things stand now',
  413: 'The body is too large',
  415: 'The body is not JSON',
  500: 'The app is not set up',
  503: 'Nothing could be judged',
};

export function json(value: unknown): HttpResponseInit {
  return {
    status: 200,
    headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    body: JSON.stringify(value),
  };
}

/** Done, and there is nothing to say about it. */
export const NOTHING_TO_SAY: HttpResponseInit = { status: 204, headers: { 'cache-control': 'no-store' } };

/** RFC 9457 problem details, naming every problem. */
export function problem({ status, problems, report, retryAfterSeconds }: Problems): HttpResponseInit {
  const body = {
    type: 'about:blank',
    title: TITLES[status],
    status,
    detail: problems.join('\n'),
    problems,
    ...(report === undefined ? {} : { report }),
  };
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      'cache-control': 'no-store',
      ...(retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) }),
    },
    body: JSON.stringify(body),
  };
}

export function wrongSettings(problems: readonly SettingsProblem[]): HttpResponseInit {
  return problem({
    status: 500,
    problems: problems.map(({ setting, problem: what }) => `${setting} ${what}`),
  });
}
