import type { Random } from './random.ts';
import type { Spelling } from './spellings.ts';
import type { Lag } from './store.ts';

/** Instead of being carried out: nothing happens in the tenant. */
export const faultsBefore = [
  'throttled', // 429 without Retry-After, as Conditional Access sends it
  'throttledWithRetryAfter', // 429 with Retry-After: 2
  'unauthorized', // 401, an expired token
  'forbidden', // 403, a grant that has not spread
  'serverError', // 500
  'badGateway', // 502 with an HTML page
  'unavailable', // 503
  'gatewayTimeout', // 504, and nothing happened
  'lostRequest', // the connection breaks before the request arrives
  'hang', // no answer, and nothing happened
] as const;

/** While a PATCH is carried out; the answer stays 204. */
export const faultsDuring = [
  'halfPatch', // part of the body takes effect
  'ignoredPatch', // none of it does
] as const;

/** After it was carried out: the caller cannot know that it was. */
export const faultsAfter = [
  'lostAnswer', // the connection breaks
  'lateTimeout', // 504
  'lateError', // 500
  'lateHang', // no answer
] as const;

/** What a list of policies can look like. */
export const faultsOfLists = [
  'shuffledList', // another order each time
  'missingItem', // one policy is left out
  'twinItem', // one policy is there twice
  'conflictingTwin', // one policy is there twice, with different content
  'emptyList', // nothing, with status 200
  'nextLinkLoop', // the next link leads to the same page
  'nextLinkElsewhere', // the next link leads to another host
] as const;

/** What a body can look like on the wire, a status that says all is well notwithstanding. */
export const faultsOfBodies = [
  'cutBody', // JSON that ends in the middle
  'htmlPage', // a page of a proxy, with the status of an answer
] as const;

export type FaultName =
  | (typeof faultsBefore)[number]
  | (typeof faultsDuring)[number]
  | (typeof faultsAfter)[number]
  | (typeof faultsOfLists)[number]
  | (typeof faultsOfBodies)[number]
  | Spelling;

/** Which requests an armed fault waits for. Left out means any. */
export interface Target {
  readonly method?: string;
  /** Matched against the path with its query, `/v1.0/…`. */
  readonly path?: RegExp;
}

/** A fault that waits for its request. */
export interface Armed {
  readonly name: FaultName;
  /** How often it has struck. */
  readonly struck: number;
  disarm(): void;
}

export interface ArmOptions extends Target {
  /** How often it strikes before it is spent. Default 1; `Infinity` lasts until disarmed. */
  readonly times?: number;
  /** How many fitting requests it lets pass first. Default 0. */
  readonly skip?: number;
}

interface Trap extends Armed {
  struck: number;
  readonly options: ArmOptions;
  left: number;
  skip: number;
}

/** Everything that can go wrong, each by itself: by chance (`rates`), or scripted for certain requests (`arm`). */
export interface Faults extends Lag {
  /** Probability per request, 0 to 1. Absent means never. */
  rates: Partial<Record<FaultName, number>>;
  /** How many Conditional Access requests a second are served before 429; 0 means no budget. Microsoft's figure is 1. */
  requestsPerSecond: number;
}

/** Decides which faults strike. Deterministic: the same requests in the same order meet the same faults. */
export class FaultPlan {
  readonly faults: Faults = { rates: {}, lagMs: 0, lagRate: 1, replicas: 1, requestsPerSecond: 0 };
  readonly #random: Random;
  #traps: Trap[] = [];

  constructor(random: Random) {
    this.#random = random;
  }

  arm(name: FaultName, options: ArmOptions = {}): Armed {
    const trap: Trap = {
      name,
      options,
      struck: 0,
      left: options.times ?? 1,
      skip: options.skip ?? 0,
      disarm: () => {
        this.#traps = this.#traps.filter((one) => one !== trap);
      },
    };
    this.#traps.push(trap);
    return trap;
  }

  /** No more faults of any kind; what replicas have not heard of yet they still hear late. */
  calm(): void {
    this.#traps = [];
    Object.assign(this.faults, { rates: {}, lagMs: 0, lagRate: 1, replicas: 1, requestsPerSecond: 0 });
  }

  /** Does this fault strike this request? Armed ones come first and are used up by it. */
  strikes(name: FaultName, method: string, path: string): boolean {
    const trap = this.#traps.find((one) => one.name === name && fits(one.options, method, path));
    if (trap && trap.skip > 0) trap.skip -= 1;
    else if (trap) return this.#spring(trap);
    return this.#random.chance(this.faults.rates[name] ?? 0);
  }

  #spring(trap: Trap): true {
    trap.struck += 1;
    trap.left -= 1;
    if (trap.left <= 0) trap.disarm();
    return true;
  }
}

function fits({ method, path }: Target, actualMethod: string, actualPath: string): boolean {
  return (method === undefined || method === actualMethod) && (path === undefined || path.test(actualPath));
}
