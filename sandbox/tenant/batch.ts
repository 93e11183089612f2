import { badRequest, type GraphAnswer, type GraphRequest, type Outcome, type Reply } from './answers.ts';
import { isObject, type JsonObject } from './model.ts';
import { bodyOf } from './odata.ts';
import type { Random } from './random.ts';

export function isBatch({ method, path }: GraphRequest): boolean {
  return method === 'POST' && /^\/v1\.0\/(\$|%24)batch$/i.test(path);
}

/**
 * At most 20 parts, each carried out by itself and answered in any order; 424 where a part it depends on failed (Graph
 * docs, json-batching). @throws Refusal 400 when there are more
 */
export async function batchReply(
  request: GraphRequest,
  handle: (part: GraphRequest) => Promise<Outcome>,
  chance: Random,
): Promise<Reply> {
  const { requests } = bodyOf(request);
  if (!Array.isArray(requests) || requests.length > 20)
    throw badRequest('A batch holds at most 20 requests.');
  const responses: { id: string; status: number; headers: JsonObject; body?: JsonObject | string }[] = [];
  for (const part of requests.filter(isObject)) {
    const needed = Array.isArray(part.dependsOn) ? part.dependsOn : [];
    const failed = needed.some((id) => !responses.some((one) => one.id === id && one.status < 400));
    const outcome = failed ? failedDependency : await handle(partRequest(part, request));
    const answer = typeof outcome === 'string' ? partLost : outcome;
    const json = answer.body === undefined ? {} : { body: jsonOrText(answer.body) };
    responses.push({
      id: String(part.id),
      status: answer.status,
      headers: { ...answer.headers },
      ...json,
    });
  }
  return { status: 200, json: { responses: chance.shuffled(responses) as JsonObject[] } };
}

const failedDependency: GraphAnswer = { status: 424, headers: {}, body: undefined };
/** Inside a batch a lost connection or an endless wait is the batch service's, and it says 504. */
const partLost: GraphAnswer = { status: 504, headers: {}, body: undefined };

/** A part's headers and URL are its own; who asks is the batch's business. */
function partRequest(part: JsonObject, whole: GraphRequest): GraphRequest {
  const headers = isObject(part.headers) ? part.headers : {};
  const named = Object.entries(headers).map(([name, value]): [string, string] => [
    name.toLowerCase(),
    String(value),
  ]);
  const authorization = whole.headers.authorization;
  return {
    method: String(part.method ?? 'GET').toUpperCase(),
    path: `/v1.0/${String(part.url ?? '').replace(/^\//, '')}`,
    headers: { ...(authorization ? { authorization } : {}), ...Object.fromEntries(named) },
    body: part.body === undefined ? undefined : JSON.stringify(part.body),
    ...(whole.origin ? { origin: whole.origin } : {}),
  };
}

function jsonOrText(body: string): JsonObject | string {
  try {
    return JSON.parse(body) as JsonObject;
  } catch (error) {
    if (error instanceof SyntaxError) return body;
    throw error;
  }
}
