import { isDeepStrictEqual } from 'node:util';
import { Fault } from '../fault.ts';
import type { PolicyId, RawPolicy } from '../policy/model.ts';
import type { PolicyApi, PolicyList } from '../ports.ts';
import {
  type Answer,
  type Ask,
  type Call,
  callOf,
  graphError,
  isMissing,
  isRecord,
  type Success,
} from './call.ts';
import { faultOf, oddAnswer } from './faults.ts';
import { allPages } from './pages.ts';
import { REQUESTS } from './permissions.ts';

/**
 * The Conditional Access policies of one tenant, over Microsoft Graph v1.0.
 *
 * @param origin of the configured Graph endpoint; pages are followed there only
 */
export function policyApi(ask: Ask, origin: string): PolicyApi {
  return {
    async list() {
      return believed(await allPages(ask, origin, listing));
    },

    async read(id) {
      const call = reading(id);
      const answer = await ask(call);
      if (answer.kind === 'success') return { kind: 'found', raw: theOneAskedFor(id, call, answer) };
      if (isMissing(answer)) return { kind: 'missing' };
      if (isHidden(answer)) return { kind: 'hidden' };
      throw faultOf(call, answer);
    },

    async readDeleted(id) {
      const call = readingDeleted(id);
      const answer = await ask(call);
      if (answer.kind === 'success') return { kind: 'found', raw: theOneAskedFor(id, call, answer) };
      if (isMissing(answer)) return { kind: 'missing' };
      if (isUnsupported(answer)) return { kind: 'unsupported', reason: faultOf(call, answer).message };
      throw faultOf(call, answer);
    },

    namedLocations: async (deadlineAt) =>
      (await allPages(ask, origin, { ...listingLocations, deadlineAt })).filter(isRecord),

    async evaluate(question) {
      const call = evaluating(question);
      const answer = await ask(call);
      if (answer.kind !== 'success') throw faultOf(call, answer);
      const { value, '@odata.nextLink': more } = isRecord(answer.body) ? answer.body : {};
      // How an action's answer would go on is written nowhere; a part of it is never taken for the whole.
      if (!Array.isArray(value) || !value.every(isRecord) || (more ?? null) !== null)
        throw oddAnswer(call, answer, 'the answer is no whole list of results');
      return value;
    },

    async create(body, intentId, mayLeave) {
      const call = { ...creating(body, intentId), mayLeave };
      const answer = await ask(call);
      if (answer.kind !== 'success') throw faultOf(call, answer);
      if (idOf(answer.body) === undefined)
        throw oddAnswer(call, answer, 'the answer holds no policy with an id');
      return answer.body as RawPolicy;
    },

    update: async (id, body, intentId, mayLeave) => write({ ...updating(id, body, intentId), mayLeave }),
    restore: async (id, intentId, mayLeave) => write({ ...restoring(id, intentId), mayLeave }),
  };

  async function write(call: Call): Promise<void> {
    const answer = await ask(call);
    if (answer.kind !== 'success') throw faultOf(call, answer);
  }
}

const listing = callOf(REQUESTS.listPolicies);
const listingLocations = callOf(REQUESTS.listNamedLocations);

function evaluating(body: unknown): Call {
  return { ...callOf(REQUESTS.evaluate), body };
}

function reading(id: PolicyId): Call {
  return callOf(REQUESTS.readPolicy, { id: segment(id) });
}

function readingDeleted(id: PolicyId): Call {
  return callOf(REQUESTS.readDeletedPolicy, { id: segment(id) });
}

function creating(body: RawPolicy, intentId: string): Call {
  return { ...callOf(REQUESTS.createPolicy), body, clientRequestId: intentId };
}

function updating(id: PolicyId, body: RawPolicy, intentId: string): Call {
  return { ...callOf(REQUESTS.updatePolicy, { id: segment(id) }), body, clientRequestId: intentId };
}

/** An action without a body; gives the policy back under the id it had. */
function restoring(id: PolicyId, intentId: string): Call {
  return { ...callOf(REQUESTS.restorePolicy, { id: segment(id) }), clientRequestId: intentId };
}

/** An id comes from tables and answers; it must not be able to make another address out of ours. */
function segment(id: PolicyId): string {
  if (/^[0-9a-z-]{1,64}$/i.test(id)) return id;
  throw new Fault(
    'config',
    `${JSON.stringify(id.slice(0, 80))} is no id of a policy; nothing was sent to Graph.`,
  );
}

/** Graph says so itself: a 404 without its error object may come from anywhere on the way. */
function isHidden(answer: Answer): boolean {
  return answer.kind === 'refusal' && answer.status === 400 && graphError(answer)?.number === '1037';
}

function isUnsupported(answer: Answer): boolean {
  return 'status' in answer && [400, 403, 405, 501].includes(answer.status);
}

function theOneAskedFor(id: PolicyId, call: Call, answer: Success): RawPolicy {
  if (idOf(answer.body) !== id.toLowerCase()) {
    throw oddAnswer(call, answer, 'the answer is not the policy that was asked for');
  }
  return answer.body as RawPolicy;
}

/** @returns the id of a policy in lower case; undefined when this is no object with an id */
function idOf(item: unknown): PolicyId | undefined {
  const id = isRecord(item) ? item.id : undefined;
  return typeof id === 'string' && id !== '' ? id.toLowerCase() : undefined;
}

/** Keeps what can be told apart by id, once; whatever else the pages held is a doubt about the list. */
function believed(items: readonly unknown[]): PolicyList {
  const byId = new Map<PolicyId, RawPolicy>();
  const doubts: string[] = [];
  for (const [index, item] of items.entries()) {
    const id = idOf(item);
    const first = id === undefined ? undefined : byId.get(id);
    if (id === undefined) doubts.push(`Item ${index + 1} of the list has no id.`);
    else if (first === undefined) byId.set(id, item as RawPolicy);
    else if (isDeepStrictEqual(first, item)) doubts.push(`Policy ${id} is listed twice.`);
    else doubts.push(`Policy ${id} is listed twice, with different content; the first is taken.`);
  }
  return { policies: [...byId.values()], doubts };
}
