import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { statusOf } from '../status.ts';
import { json } from './answers.ts';
import { logTo } from './logging.ts';
import { PAGE_POLICY, statusPage } from './page.ts';
import { prefersHtml } from './requests.ts';
import { BUDGET_MS, read } from './runs.ts';

export async function showStatus(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  return read(request, async (app) => {
    const status = await statusOf(app.open(logTo(context), BUDGET_MS), app.settings);
    return prefersHtml(request.headers.get('accept'))
      ? page(statusPage(status, app.now(), new URL(request.url).origin))
      : json(status);
  });
}

function page(body: string): HttpResponseInit {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': PAGE_POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    },
    body,
  };
}
