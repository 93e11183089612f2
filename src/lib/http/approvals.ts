import type { HttpRequest, HttpResponseInit, InvocationContext } from '@azure/functions';
import { reasonProblems } from '../acts.ts';
import type { Answer } from '../approve.ts';
import { act } from './act.ts';
import { NOTHING_TO_SAY, type Problems, problem } from './answers.ts';
import { strangers } from './requests.ts';

export async function approveChange(
  request: HttpRequest,
  context: InvocationContext,
): Promise<HttpResponseInit> {
  const { digest = '' } = request.params;
  return act(request, context, async ({ app, by, body, log }) => {
    const problems = [...strangers(body, ['reason']), ...reasonProblems(body.reason)];
    if (problems.length > 0) return problem({ status: 400, problems });
    const consent = { digests: [digest], by, reason: String(body.reason).trim() };
    const [answer] = await app.approve(consent, log);
    return answer?.kind === 'given' ? NOTHING_TO_SAY : problem(refusal(digest, answer));
  });
}

function refusal(digest: string, answer: Exclude<Answer, { kind: 'given' }> | undefined): Problems {
  if (answer?.kind !== 'refused') {
    return {
      status: 404,
      problems: [`no change that waits has the digest "${digest}"; see GET /api/status`],
    };
  }
  return { status: answer.because === 'ownVersion' ? 403 : 409, problems: [answer.reason] };
}
