import { read } from '../../src/lib/policy/canonical.ts';
import type { PolicyId, PolicyKey } from '../../src/lib/policy/model.ts';
import type { Way } from './hands.ts';
import { open, PEACE, type Stage } from './stage.ts';

/** A time of calm weather in which an intruder is at work, and what stood at its beginning. */
export interface Siege {
  /** The first and the last of its runs. */
  readonly fromRun: number;
  readonly toRun: number;
  readonly plan: Plan;
  /** Bound and proven keys that nothing conceded stands in the way of. */
  readonly held: readonly { readonly key: PolicyKey; readonly id: PolicyId; readonly version: number }[];
}

/**
 * - `scatter` changes whatever comes to hand, also between two requests
 * - `flap` undoes one repair again and again
 * - `starve` makes all but one the wider open, so that the one never gets its turn
 * - `undo` does the same, and undoes each repair before it is read back
 */
type Plan = (typeof PLANS)[number];
const PLANS = ['scatter', 'flap', 'starve', 'undo'] as const;
const RUNS = 8;
const WAYS = ['off', 'exclude', 'narrow', 'delete', 'purge', 'breakGlass', 'anyField', 'rename'] as const;

/** Runs go on by their schedule while the intruder does what the plan says. */
export async function besiege(stage: Stage): Promise<Siege> {
  const { chance, clock, runs, start, tell } = stage;
  await clock.sleep(330_000);
  for (let run = 0; run < 3; run++) {
    await start(PEACE);
    await clock.sleep(60_000);
  }
  const held = await standing(stage);
  const fromRun = runs.length;
  const plan = chance.pick(PLANS);
  const intervalMs = chance.pick([600_000, 900_000, 1_800_000, 3_600_000]);
  tell(`-- siege: ${plan}, a run every ${intervalMs / 60_000} min --`);
  const victim = held.length > 0 ? chance.pick(held).key : undefined;
  const attack = attackOf(plan, victim, stage);
  for (let run = 0; run < RUNS; run++) {
    await attack();
    await start(PEACE);
    await clock.sleep(intervalMs);
  }
  stage.tenant.beforeRequest = undefined;
  return { fromRun, toRun: runs.length, plan, held };
}

async function standing({ storage, tenant, people }: Stage): Promise<Siege['held']> {
  const { bindings } = await open(storage).bindings.all();
  const truth = new Map(tenant.truth().map((policy) => [String(policy.id), policy]));
  return bindings.flatMap(({ key, id, proven }) => {
    const live = id === null ? undefined : truth.get(id);
    if (id === null || proven === null || live === undefined) return [];
    const isOdd = read(live).unrecognised.some(({ empty, reason }) => !empty && reason === 'unknownMember');
    const isConceded = people.hidden.has(id) || people.managed.has(id) || isOdd;
    return isConceded ? [] : [{ key, id, version: proven.version }];
  });
}

/** What the intruder does before each run; sets what happens between two requests. */
function attackOf(plan: Plan, victim: PolicyKey | undefined, stage: Stage): () => Promise<void> {
  const { chance, tenant, people, tell } = stage;
  const [way, small] = [chance.pick(WAYS), chance.pick(['exclude', 'loosenAndTighten', 'narrow'] as const)];
  if (plan === 'scatter') {
    tenant.beforeRequest = () => {
      if (chance.chance(0.02)) tell(`  * the intruder ${people.besiege()}`);
    };
    return async () => {
      for (let n = chance.between(0, 4); n > 0; n--) tell(`  * the intruder ${people.besiege()}`);
    };
  }
  const touch = async (what: Way, isTarget: (key: PolicyKey) => boolean): Promise<void> => {
    const there = new Set(tenant.truth().map(({ id }) => id));
    const { bindings } = await open(stage.storage).bindings.all();
    for (const { key, id } of bindings) {
      if (id !== null && there.has(id) && isTarget(key))
        tell(`  * the intruder: ${people.tamperWith(id, what)}`);
    }
  };
  if (plan === 'flap') return () => touch(way, (key) => key === victim);
  let isFirst = true;
  return async () => {
    if (isFirst) await touch(small, (key) => key === victim);
    isFirst = false;
    await touch('off', (key) => key !== victim);
    if (plan !== 'undo') return;
    const { bindings } = await open(stage.storage).bindings.all();
    const others = new Set(bindings.flatMap(({ key, id }) => (key === victim || id === null ? [] : [id])));
    tenant.beforeRequest = () => {
      const what = people.undo(others);
      if (what !== undefined) tell(`  * the intruder ${what}`);
    };
  };
}
