import { type Ask, type Call, callOf, isRecord, type Refusal, type Success } from './call.ts';
import { faultOf, oddAnswer } from './faults.ts';
import { REQUESTS } from './permissions.ts';

/** Microsoft Graph, JSON batching. */
const PARTS_MAX = 20;
/** What Graph says of a part that may fare better a moment later; the whole batch then still answers 200. */
const WEATHER: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

/** One answer inside a batch: the same shape as an answer of its own. */
export type Part = Success | Refusal;

/**
 * Sends reads twenty at a time. A part that met weather is asked once more, together with the others that did.
 *
 * @returns an answer for each call, in the order of the calls; undefined where the batch held none
 * @throws Fault when a batch as a whole cannot be had
 */
export async function batched(ask: Ask, calls: readonly Call[]): Promise<readonly (Part | undefined)[]> {
  const parts: (Part | undefined)[] = [];
  for (let at = 0; at < calls.length; at += PARTS_MAX) {
    parts.push(...(await oneBatch(ask, calls.slice(at, at + PARTS_MAX))));
  }
  return parts;
}

/** Takes the first page from the batch and the others from the service. */
export function answeredFirst(part: Part, ask: Ask): Ask {
  let first: Part | undefined = part;
  return async (call) => {
    const answer = first ?? (await ask(call));
    first = undefined;
    return answer;
  };
}

async function oneBatch(ask: Ask, calls: readonly Call[]): Promise<readonly (Part | undefined)[]> {
  const parts = await send(ask, calls);
  const again = [...parts.keys()].filter((index) => WEATHER.has(parts[index]?.status ?? 0));
  if (again.length === 0) return parts;
  const second = await send(
    ask,
    again.flatMap((index) => calls[index] ?? []),
  );
  return parts.map((part, index) => second[again.indexOf(index)] ?? part);
}

async function send(ask: Ask, calls: readonly Call[]): Promise<readonly (Part | undefined)[]> {
  const call = whole(calls);
  const answer = await ask(call);
  if (answer.kind !== 'success') throw faultOf(call, answer);
  const responses = isRecord(answer.body) ? answer.body.responses : undefined;
  if (!Array.isArray(responses)) throw oddAnswer(call, answer, 'the answer holds no list of responses');
  const byId = new Map(responses.filter(isRecord).map((part) => [String(part.id), partOf(part, answer)]));
  return calls.map((_, index) => byId.get(String(index)));
}

function whole(calls: readonly Call[]): Call {
  const requests = calls.map(({ method, path, headers }, index) => ({
    id: String(index),
    method,
    url: path,
    ...(headers === undefined ? {} : { headers }),
  }));
  return {
    ...callOf(REQUESTS.batch),
    purpose: calls[0]?.purpose ?? REQUESTS.batch.purpose,
    body: { requests },
    permissions: [...new Set(calls.flatMap(({ permissions }) => permissions))],
  };
}

function partOf(part: Readonly<Record<string, unknown>>, whole: Success): Part {
  const status = Number(part.status);
  const kind = status >= 200 && status < 300 ? 'success' : 'refusal';
  return { ...whole, kind, status, body: part.body };
}
