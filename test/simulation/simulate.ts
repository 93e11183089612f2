import { createTenant, type FaultName } from '../../sandbox/tenant/index.ts';
import { approve } from '../../src/lib/approve.ts';
import { Fault } from '../../src/lib/fault.ts';
import type { JournalEntry } from '../../src/lib/journal.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { newRunId } from '../../src/lib/storage/index.ts';
import { emptyDisk, type MemoryStorage, memoryStorage } from '../support/memoryStorage.ts';
import { virtualClock } from '../support/virtualClock.ts';
import { EMERGENCY, TENANT } from '../support/world.ts';
import { type Dice, dice } from './dice.ts';
import { hands } from './hands.ts';
import { type Order, type Perils, type Planet, type RunRecord, runOnMachine } from './machine.ts';
import { desiredPolicy, STAFF } from './policies.ts';
import { type History, PROMISES } from './promises.ts';

/** How one world ended. */
export interface Verdict {
  readonly seed: number;
  /** Which promises were broken, and how. */
  readonly broken: readonly { readonly promise: string; readonly how: string }[];
  /** What happened, line by line; for reading a failure. */
  readonly story: readonly string[];
}

/** Longer than every stated waiting time: a lease outlives its run by two minutes, a create stays in doubt for five. */
const WAITING_MS = 330_000;
const NASTY_RUNS = 4;

const TROUBLES: readonly FaultName[] = [
  'throttled',
  'throttledWithRetryAfter',
  'unauthorized',
  'forbidden',
  'serverError',
  'badGateway',
  'unavailable',
  'gatewayTimeout',
  'lostRequest',
  'hang',
  'halfPatch',
  'ignoredPatch',
  'lostAnswer',
  'lateTimeout',
  'lateError',
  'lateHang',
  'missingItem',
  'twinItem',
  'conflictingTwin',
  'emptyList',
  'nextLinkLoop',
  'nextLinkElsewhere',
  'cutBody',
  'htmlPage',
];
const SPELLINGS: readonly FaultName[] = [
  'shuffledList',
  'expandedObjects',
  'extraNulls',
  'emptyUnknowns',
  'allNullSession',
  'shuffledArrays',
];

/**
 * One seeded world: desired policies, a tenant with a life of its own, everything that can go wrong, then peace. The
 * whole history is then held against every promise.
 */
export async function simulate(seed: number): Promise<Verdict> {
  const story: string[] = [];
  const history = await live(dice(seed), seed, story);
  const broken = PROMISES.flatMap(({ name, check }) => check(history).map((how) => ({ promise: name, how })));
  return { seed, broken, story };
}

async function live(chance: Dice, seed: number, story: string[]): Promise<History> {
  const clock = virtualClock();
  const disk = emptyDisk();
  const tenant = createTenant({
    tenantId: TENANT,
    clock,
    seed,
    ...EMERGENCY,
    groups: [...EMERGENCY.groups, STAFF],
    pageSize: chance.pick([1, 2, 5, 100]),
    mergeDepth: chance.pick([2, 3]),
    deletedItems: chance.pick(['supported', 'supported', 'supported', 403, 404, 501] as const),
    olderErrors: chance.chance(0.2),
  });
  const storage = memoryStorage(clock, {}, disk);
  await storage.createTables();
  const planet: Planet = { clock, tenant, disk, chance };
  const tell = (line: string): void =>
    void story.push(`${((clock.now() - startedAt) / 1000).toFixed(1)} ${line}`);
  const startedAt = clock.now();

  const versions = new Map<string, RawPolicy[]>();
  for (let n = chance.between(1, 4); n > 0; n--) {
    await push(storage, versions, `policy-${n}`, desiredPolicy(chance, `CA${n} as wanted`));
  }
  const people = hands(tenant, chance, () => [...versions.values()].map((all) => all.at(-1) as RawPolicy));
  for (let n = chance.pick([0, 0, 0, 1, 2]); n > 0; n--) tell(people.plantNamesake());

  const runs: RunRecord[] = [];
  const changesMax = chance.pick([1, 2, 3, 5]);
  const start = async (perils: Perils, order: Partial<Order> = {}): Promise<void> => {
    const whole = { mode: 'enforce', policies: null, changesMax, skewMs: 0, ...order } as const;
    const run = await runOnMachine(planet, whole, perils);
    runs.push(run);
    tell(summary(run));
  };

  if (chance.chance(0.5)) {
    await start(PEACE);
    if (chance.chance(0.5)) await clock.sleep(chance.pick([60_000, 900_000]));
  }

  let isNasty = true;
  const lagMs = chance.pick([0, 0, 2_000, 20_000, 200_000]);
  Object.assign(tenant.faults, {
    lagMs,
    lagRate: chance.pick([0.5, 1]),
    replicas: chance.pick([1, 2, 3]),
    requestsPerSecond: chance.pick([0, 0, 1]),
    rates: ratesOf(chance),
  });
  tell(`lag ${lagMs} ms, ${JSON.stringify(tenant.faults.rates)}`);
  const freezeRate = chance.pick([0, 0, 0.02]);
  const toggle = (): void => {
    // At a moment of its own, so that no request is about to leave right then.
    void clock
      .sleep(1)
      .then(() => toggleFreeze(storage, clock.now()))
      .then((what) => tell(`  * ${what}`));
  };
  const perils = nastyPerils(chance, () => isNasty, { rate: freezeRate, toggle });
  const [meddleRate, workRate] = [chance.pick([0, 0.02, 0.1]), 0.02];
  tenant.beforeRequest = () => {
    if (chance.chance(meddleRate)) tell(`  * somebody ${people.meddle()}`);
    if (chance.chance(workRate)) tell(`  * the administrator: ${people.work()}`);
  };
  for (let round = 0; round < NASTY_RUNS; round++) {
    // Now and then somebody goes through all of them at once.
    for (let n = chance.pick([0, 1, 1, 5]); n > 0; n--) tell(`  * somebody ${people.meddle()}`);
    if (chance.chance(0.2)) await pushAnother(chance, storage, versions, tell);
    await start(perils, orderOf(chance, versions));
    if (chance.chance(0.4)) {
      const late = [0, chance.pick([0, 5_000, 60_000]), chance.pick([110_000, 150_000, 200_000])];
      await Promise.all(
        late.map(async (ms) => {
          const order = orderOf(chance, versions);
          await clock.sleep(ms);
          await start(perils, order);
        }),
      );
    }
    await clock.sleep(chance.pick([1_000, 30_000, 130_000, 900_000]));
  }

  isNasty = false;
  tenant.beforeRequest = undefined;
  tenant.calm();
  tenant.settle();
  await open(storage).control.freeze(null);
  tell('-- calm --');
  await clock.sleep(WAITING_MS);
  const calmRun = runs.length;
  // Repairs beyond the limit take further runs.
  const enough = Math.max(2, 1 + Math.ceil(versions.size / changesMax));
  for (let run = 0; run < enough; run++) {
    await start(PEACE);
    await clock.sleep(60_000);
  }
  const approved = new Set<string>();
  if (chance.chance(0.5)) {
    for (const digest of await approveAll(storage, clock, chance)) approved.add(digest);
    tell(`  * somebody approved ${approved.size} changes`);
    await start(PEACE);
    await clock.sleep(60_000);
  }
  await start(PEACE);
  const { bindings } = await open(storage).bindings.all();
  const proven = new Map(bindings.map((binding) => [binding.key, binding.proven?.version ?? 0]));
  const withheld = new Map(bindings.map((binding) => [binding.key, binding.proven?.withheld ?? []]));
  const journal = await journalOf(storage, runs);
  return { tenant, runs, journal, versions, hands: people, approved, proven, withheld, lagMs, calmRun };
}

const PEACE: Perils = { at: () => 0, table: () => {} };

/** Where a machine dies or stands still, and which requests to the tables go wrong. */
function nastyPerils(
  chance: Dice,
  isNasty: () => boolean,
  freezing: { readonly rate: number; toggle(): void },
): Perils {
  const deathRate = chance.pick([0, 0, 0.005, 0.02]);
  const pauseRate = chance.pick([0, 0, 0.01, 0.03]);
  const tableRate = chance.pick([0, 0, 0.01, 0.05]);
  return {
    at(point) {
      if (!isNasty()) return 0;
      // The switch is thrown while a run waits: one that is thrown while a request is on its way comes too late for it.
      if (point === 'sleep' && chance.chance(freezing.rate)) freezing.toggle();
      if (chance.chance(deathRate)) return 'death';
      // A request that has left cannot be called back, however long it takes to arrive.
      const hasLeft = point === 'before POST' || point === 'before PATCH';
      return !hasLeft && chance.chance(pauseRate) ? chance.pick([3_000, 40_000, 200_000]) : 0;
    },
    table(name, when) {
      if (!isNasty() || !chance.chance(tableRate)) return;
      const isRead = name.endsWith('.range') || name.endsWith('.read');
      throw new Fault(isRead || when === 'before' ? 'unavailable' : 'indeterminate', `${when} ${name}`);
    },
  };
}

function ratesOf(chance: Dice): Partial<Record<FaultName, number>> {
  const density = chance.pick([0.1, 0.3, 0.5]);
  const troubles = TROUBLES.filter(() => chance.chance(density)).map(
    (name) => [name, chance.pick([0.02, 0.1, 0.25])] as const,
  );
  const spellings = SPELLINGS.filter(() => chance.chance(0.5)).map((name) => [name, 0.5] as const);
  return Object.fromEntries([...troubles, ...spellings]);
}

function orderOf(chance: Dice, versions: ReadonlyMap<string, unknown>): Partial<Order> {
  return {
    mode: chance.chance(0.1) ? 'observe' : 'enforce',
    policies: chance.chance(0.1) ? [chance.pick([...versions.keys()])] : null,
    skewMs: chance.between(-7, 7) * 1000,
  };
}

/** @returns digests of the changes that were approved */
async function approveAll(
  storage: MemoryStorage,
  clock: Planet['clock'],
  chance: Dice,
): Promise<readonly string[]> {
  const records = { ...open(storage), clock, chance: { uuid: () => chance.guid() } };
  const consent = {
    actId: newRunId(clock.now(), chance.guid()),
    digests: 'allHeld',
    reason: 'so be it',
  } as const;
  const answers = await approve({ ...consent, by: { id: 'grace', name: 'grace' } }, records);
  return answers.flatMap((answer) => (answer.kind === 'given' ? [answer.change.digest] : []));
}

function open(storage: MemoryStorage): ReturnType<MemoryStorage['open']> {
  return storage.open(TENANT, Number.POSITIVE_INFINITY);
}

async function push(
  storage: MemoryStorage,
  versions: Map<string, RawPolicy[]>,
  key: string,
  policy: RawPolicy,
): Promise<void> {
  const { desired } = open(storage);
  const head = (await desired.heads()).versions.find((version) => version.key === key);
  const made = { author: 'ada', message: '', pushedAt: '2026-01-05T08:00:00.000Z', active: true };
  await desired.push([{ ...made, key, content: JSON.stringify(policy), baseHash: head?.hash ?? null }]);
  versions.set(key, [...(versions.get(key) ?? []), policy]);
}

/** A new version of one policy, now and then under a new name. */
async function pushAnother(
  chance: Dice,
  storage: MemoryStorage,
  versions: Map<string, RawPolicy[]>,
  tell: (line: string) => void,
): Promise<void> {
  const key = chance.pick([...versions.keys()]);
  const name = String(versions.get(key)?.at(-1)?.displayName);
  await push(storage, versions, key, desiredPolicy(chance, chance.chance(0.3) ? `${name} anew` : name));
  tell(`  * the operator pushes ${key} again`);
}

async function toggleFreeze(storage: MemoryStorage, now: number): Promise<string> {
  const { control } = open(storage);
  const isFrozen = (await control.frozen()) !== null;
  const since = new Date(now).toISOString();
  await control.freeze(isFrozen ? null : { reason: 'incident', by: 'ada', since, until: null });
  return isFrozen ? 'the operator unfreezes' : 'the operator freezes';
}

async function journalOf(storage: MemoryStorage, runs: readonly RunRecord[]): Promise<JournalEntry[]> {
  const { journal } = open(storage);
  const entries: JournalEntry[] = [];
  for (const { runId } of runs) entries.push(...(await journal.ofRun(runId)));
  return entries;
}

function summary({ runId, order, end, exchanges }: RunRecord): string {
  const scope = `${order.mode}${order.policies === null ? '' : ` ${order.policies.join()}`}`;
  const head = `${runId} (${scope}, ${exchanges.length} requests)`;
  switch (end.kind) {
    case 'died':
      return `${head} died ${end.at}`;
    case 'threw':
      return `${head} threw ${String(end.error)}`;
    case 'ended': {
      const { result } = end;
      if (result.kind !== 'done') return `${head} ${result.kind}`;
      const { status, policies, error, findings } = result.report;
      const lines = policies.map(
        ({ key, id, version, proven, drift, change, verdict, outcome, findings: found }) =>
          `    ${key} v${version}${proven ? ' proven' : ''} ${id}: ${drift} ${change?.action ?? ''} ${verdict ?? ''} ${outcome === null ? '' : `${outcome.status}${outcome.settled ? ' settled' : ''} ${outcome.reason ?? ''}`} ${found.map(({ rule, decision }) => `${rule}:${decision}`).join()}`,
      );
      const told = [...(error === null ? [] : [error.message]), ...findings.map(({ detail }) => detail)];
      return [`${head} ${status} ${told.join(' | ')}`, ...lines].join('\n');
    }
  }
}
