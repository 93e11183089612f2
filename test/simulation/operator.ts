import { approve } from '../../src/lib/approve.ts';
import { parseDesired } from '../../src/lib/desired.ts';
import type { PolicyKey, RawPolicy } from '../../src/lib/policy/model.ts';
import type { Clock } from '../../src/lib/ports.ts';
import { newRunId } from '../../src/lib/storage/index.ts';
import type { MemoryStorage } from '../support/memoryStorage.ts';
import { TENANT } from '../support/world.ts';
import type { Dice } from './dice.ts';
import { desiredPolicy, loosened, tightened } from './policies.ts';

/** Somebody's consent, as it was given. */
export interface Consent {
  readonly at: number;
  readonly digest: string;
  readonly key: PolicyKey;
  readonly version: number;
  /** What held the change. */
  readonly rules: readonly string[];
}

/** A key that was let go, and not pushed again before `until`. */
export interface Release {
  readonly key: PolicyKey;
  readonly from: number;
  readonly until: number;
}

/** Those who own the desired state: they push, approve, freeze and forget, whatever runs meanwhile. */
export interface Operator {
  push(key: PolicyKey, policy: RawPolicy): Promise<void>;
  /** A new version of one policy: stricter, looser, or quite another, now and then under a new name. */
  pushAnother(): Promise<string>;
  forget(): Promise<string>;
  /** A second person consents to all that can be approved; the author tries, too, and is turned down. */
  approveAll(): Promise<string>;
  toggleFreeze(): Promise<string>;
  unfreeze(): Promise<void>;
  /** Every version ever pushed, by key; the first is version 1. */
  readonly versions: ReadonlyMap<PolicyKey, readonly RawPolicy[]>;
  /** The newest version of each key that is not released. */
  wanted(): readonly RawPolicy[];
  readonly consents: readonly Consent[];
  readonly releases: readonly Release[];
  /** What was done, and how often. */
  readonly done: ReadonlyMap<string, number>;
}

const AUTHOR = 'ada';
/** A key is not taken up again before its last create can be seen everywhere. */
const RELEASED_MS = 330_000;

export function operator(storage: MemoryStorage, clock: Clock, chance: Dice): Operator {
  const stores = storage.open(TENANT, Number.POSITIVE_INFINITY);
  const versions = new Map<PolicyKey, RawPolicy[]>();
  const consents: Consent[] = [];
  const releases: { key: PolicyKey; from: number; until: number }[] = [];
  const done = new Map<string, number>();
  /** One thing after the other, as one person does them. */
  let busy: Promise<unknown> = Promise.resolve();

  return {
    push: (key, policy) => inTurn(() => push(key, policy, true)),
    pushAnother: () => inTurn(pushAnother),
    forget: () => inTurn(forget),
    approveAll: () => inTurn(approveAll),
    toggleFreeze: () => inTurn(toggleFreeze),
    unfreeze: () => inTurn(() => stores.control.freeze(null)),
    versions,
    wanted: () => [...versions].flatMap(([key, all]) => (released(key) ? [] : [all.at(-1) as RawPolicy])),
    consents,
    releases,
    done,
  };

  function inTurn<T>(act: () => Promise<T>): Promise<T> {
    const turn = busy.then(act);
    busy = turn;
    return turn;
  }

  function did(what: string): void {
    done.set(what, (done.get(what) ?? 0) + 1);
  }

  function released(key: PolicyKey): (typeof releases)[number] | undefined {
    return releases.find((one) => one.key === key && one.until === Number.POSITIVE_INFINITY);
  }

  async function push(key: PolicyKey, policy: RawPolicy, active: boolean): Promise<void> {
    const head = (await stores.desired.heads()).versions.find((version) => version.key === key);
    const made = { author: AUTHOR, message: '', pushedAt: new Date(clock.now()).toISOString(), active };
    await stores.desired.push([
      { ...made, key, content: JSON.stringify(policy), baseHash: head?.hash ?? null },
    ]);
    versions.set(key, [...(versions.get(key) ?? []), policy]);
  }

  async function pushAnother(): Promise<string> {
    const key = chance.pick([...versions.keys()]);
    const release = released(key);
    if (release !== undefined && clock.now() - release.from < RELEASED_MS) return `${key} rests`;
    const last = versions.get(key)?.at(-1) as RawPolicy;
    const [what, policy] = anotherVersion(last);
    if (release !== undefined) release.until = clock.now();
    await push(key, policy, true);
    did(what);
    return `the operator pushes ${key} again (${what})`;
  }

  function anotherVersion(last: RawPolicy): readonly [string, RawPolicy] {
    const name = String(last.displayName);
    const other = desiredPolicy(chance, chance.chance(0.3) ? `${name} anew` : name);
    const what = chance.pick(['another', 'looser', 'stricter'] as const);
    const made = { another: other, looser: loosened(chance, last), stricter: tightened(chance, last) }[what];
    // What the service could not take, `caretaker push` would not either.
    return parseDesired(JSON.stringify(made)).ok ? [what, made] : ['another', other];
  }

  async function forget(): Promise<string> {
    const key = chance.pick([...versions.keys()]);
    const active = [...versions.keys()].filter((one) => released(one) === undefined);
    if (released(key) !== undefined || active.length < 2) return `nobody forgets ${key}`;
    await push(key, versions.get(key)?.at(-1) as RawPolicy, false);
    releases.push({ key, from: clock.now(), until: Number.POSITIVE_INFINITY });
    did('forget');
    return `the operator forgets ${key}`;
  }

  async function approveAll(): Promise<string> {
    const records = { ...stores, clock, chance: { uuid: () => chance.guid() } };
    const consent = {
      actId: newRunId(clock.now(), chance.guid()),
      digests: 'allHeld',
      reason: 'so be it',
    } as const;
    const own = await approve({ ...consent, by: { id: AUTHOR, name: AUTHOR } }, records);
    if (own.some(({ kind }) => kind === 'given')) throw new Error('somebody approved what they had pushed');
    const answers = await approve({ ...consent, by: { id: 'grace', name: 'grace' } }, records);
    for (const answer of answers) {
      if (answer.kind !== 'given') continue;
      const { digest, key, version, rules } = answer.change;
      consents.push({ at: clock.now(), digest, key, version, rules });
    }
    did('approve');
    return `somebody approves what can be (${answers.length})`;
  }

  async function toggleFreeze(): Promise<string> {
    if ((await stores.control.frozen()) !== null) {
      await stores.control.freeze(null);
      return 'the operator unfreezes';
    }
    const since = new Date(clock.now()).toISOString();
    const until = chance.pick([null, new Date(clock.now() + chance.pick([60_000, 600_000])).toISOString()]);
    await stores.control.freeze({ reason: 'incident', by: AUTHOR, since, until });
    did(until === null ? 'freeze' : 'freezeUntil');
    return `the operator freezes until ${until}`;
  }
}
