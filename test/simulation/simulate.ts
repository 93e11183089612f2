import {
  createTenant,
  type FaultName,
  faultsDuring,
  faultsOfBodies,
  faultsOfLists,
} from '../../sandbox/tenant/index.ts';
import { Fault } from '../../src/lib/fault.ts';
import type { JournalEntry } from '../../src/lib/journal.ts';
import type { PolicyKey } from '../../src/lib/policy/model.ts';
import { emptyDisk, type MemoryStorage, memoryStorage } from '../support/memoryStorage.ts';
import { virtualClock } from '../support/virtualClock.ts';
import { EMERGENCY, TENANT } from '../support/world.ts';
import { type Dice, dice } from './dice.ts';
import { hands, type Way } from './hands.ts';
import { type History, reportOf } from './history.ts';
import {
  isDeparture,
  type Order,
  type Perils,
  type Planet,
  type RunRecord,
  runOnMachine,
} from './machine.ts';
import { type Operator, operator } from './operator.ts';
import { ADMINS, CONTRACTORS, desiredPolicy, FIRST_DAY, isTurning, OFFICE, STAFF } from './policies.ts';
import { PROMISES } from './promises.ts';
import { besiege } from './siege.ts';
import { type Situations, situationsOf } from './situations.ts';
import { open, PEACE, type Stage } from './stage.ts';

/** How one world ended. */
export interface Verdict {
  readonly seed: number;
  /** Which promises were broken, and how. */
  readonly broken: readonly { readonly promise: string; readonly how: string }[];
  /** What came about in it, and how often. */
  readonly situations: Situations;
  /** What happened, line by line; for reading a failure. */
  readonly story: readonly string[];
}

/** Longer than the stated waiting times: a lease outlives its run by two minutes, a create stays in doubt for five. */
const WAITING_MS = 330_000;
/** Longer than a flapping field is left alone. */
const BACKED_OFF_MS = 3_700_000;
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
  return { seed, broken, situations: situationsOf(history), story };
}

async function live(chance: Dice, seed: number, story: string[]): Promise<History> {
  const stage = await setUp(chance, seed, story);
  const { clock, tenant, storage, people, owner, runs, start, tell } = stage;
  if (chance.chance(0.85)) await settleIn(stage);
  const lagMs = await nastyTimes(seed, stage);
  await calmDown(stage);
  const siege = chance.chance(0.25) ? await besiege(stage) : null;

  tell('-- peace --');
  const { bindings: bound } = await open(storage).bindings.all();
  await exceptionsEnd(stage);
  const isFlapping = bound.some(({ putBack = [] }) => putBack.some((one) => one.isFlapping));
  await clock.sleep(isFlapping ? BACKED_OFF_MS : WAITING_MS);
  const calmRun = runs.length;
  // Repairs beyond the limit take further runs.
  const enough = Math.max(2, 1 + Math.ceil(owner.versions.size / stage.changesMax));
  for (let run = 0; run < enough; run++) {
    await start(PEACE);
    await clock.sleep(60_000);
  }
  // A proven version that was put back in place of one that cannot be carried out may have made way for it.
  if (reportOf(runs.at(-1))?.policies.some(({ meanwhile }) => meanwhile?.outcome?.status === 'applied')) {
    await start(PEACE);
    await clock.sleep(60_000);
  }
  if (chance.chance(0.5)) {
    tell(`  * ${await owner.approveAll()}`);
    // What somebody approved may be refused, and then the proven version takes its turn.
    for (let run = 0; run < 2; run++) {
      await start(PEACE);
      await clock.sleep(60_000);
    }
  }
  await start(PEACE);
  const { bindings } = await open(storage).bindings.all();
  const proven = new Map(bindings.map((binding) => [binding.key, binding.proven?.version ?? 0]));
  const withheld = new Map(bindings.map((binding) => [binding.key, binding.proven?.withheld ?? []]));
  const journal = await journalOf(storage, runs);
  const { versions, consents, releases } = owner;
  return {
    tenant,
    runs,
    journal,
    versions,
    consents,
    consentsLeft: (await open(storage).approvals.read()).changes,
    releases,
    hands: people,
    operator: owner,
    proven,
    withheld,
    lagMs,
    siege,
    calmRun,
  };
}

/** A tenant that was looked after for a while, before anything goes wrong. */
async function settleIn({ chance, clock, owner, start, tell }: Stage): Promise<void> {
  await start(PEACE);
  if (chance.chance(0.8)) {
    tell(`  * ${await owner.approveAll()}`);
    await start(PEACE);
  }
  if (chance.chance(0.5)) await clock.sleep(chance.pick([60_000, 900_000]));
}

async function setUp(chance: Dice, seed: number, story: string[]): Promise<Stage> {
  // Some go on past midnight, when exceptions end.
  const clock = virtualClock(Date.parse(FIRST_DAY) + chance.pick([8, 8, 8, 23]) * 3_600_000);
  const disk = emptyDisk();
  const tenant = createTenant({
    tenantId: TENANT,
    clock,
    seed,
    ...EMERGENCY,
    groups: [...EMERGENCY.groups, STAFF, CONTRACTORS],
    roles: [ADMINS],
    namedLocations: [OFFICE],
    pageSize: chance.pick([1, 2, 5, 100]),
    mergeDepth: chance.pick([2, 3]),
    deletedItems: chance.chance(0.7) ? 'supported' : chance.pick([403, 404, 501] as const),
    olderErrors: chance.chance(0.2),
  });
  const storage = memoryStorage(clock, {}, disk);
  await storage.createTables();
  const planet: Planet = { clock, tenant, disk, chance };
  const startedAt = clock.now();
  const tell = (line: string): void =>
    void story.push(`${((clock.now() - startedAt) / 1000).toFixed(1)} ${line}`);

  const owner = operator(storage, clock, chance);
  for (let n = chance.between(1, 4); n > 0; n--) {
    await owner.push(`policy-${n}`, desiredPolicy(chance, `CA${n} as wanted`));
  }
  const people = hands(tenant, clock, chance, owner.wanted);
  for (let n = chance.pick([0, 0, 0, 1, 2]); n > 0; n--) tell(people.plantNamesake());

  const runs: RunRecord[] = [];
  const changesMax = chance.pick([1, 2, 3, 5, 5]);
  const start = async (perils: Perils, order: Partial<Order> = {}): Promise<void> => {
    const whole = { mode: 'enforce', policies: null, changesMax, skewMs: 0, ...order } as const;
    const run = await runOnMachine(planet, whole, perils);
    runs.push(run);
    tell(summary(run));
  };
  return { chance, clock, tenant, storage, people, owner, runs, changesMax, start, tell };
}

/** @returns the longest time for which reads trail writes */
async function nastyTimes(seed: number, stage: Stage): Promise<number> {
  const { chance, clock, tenant, people, owner, start, tell } = stage;
  const lagMs = chance.pick([0, 0, 2_000, 20_000, 200_000]);
  Object.assign(tenant.faults, {
    lagMs,
    lagRate: chance.pick([0.5, 1]),
    replicas: chance.pick([1, 2, 3]),
    requestsPerSecond: chance.pick([0, 0, 1]),
    rates: ratesOf(chance),
  });
  tell(`lag ${lagMs} ms, ${JSON.stringify(tenant.faults.rates)}`);
  let isNasty = true;
  /** At a moment of its own, so that no request is about to leave right then. */
  const later = (act: () => Promise<string>): void => {
    void clock
      .sleep(1)
      .then(act)
      .then((what) => tell(`  * ${what}`));
  };
  const aim: Aim = { point: undefined };
  const perils = nastyPerils(chance, () => isNasty, aim, whims(chance, owner, later));
  const [meddleRate, workRate] = [chance.pick([0, 0.02, 0.1]), 0.02];
  tenant.beforeRequest = () => {
    if (chance.chance(meddleRate)) tell(`  * somebody ${people.meddle()}`);
    if (chance.chance(workRate)) tell(`  * the administrator: ${people.work()}`);
  };
  for (let round = 0; round < NASTY_RUNS; round++) {
    // Now and then somebody goes through all of them at once.
    for (let n = chance.pick([0, 1, 1, 5]); n > 0; n--) tell(`  * somebody ${people.meddle()}`);
    if (chance.chance(0.2)) tell(`  * ${await owner.pushAnother()}`);
    if (chance.chance(0.1)) tell(`  * ${await owner.approveAll()}`);
    tell(`  * ${armOne(seed * NASTY_RUNS + round, stage)}`);
    aim.point = chance.chance(0.4) ? POINTS[(seed * NASTY_RUNS + round) % POINTS.length] : undefined;
    const keys = [...owner.versions.keys()];
    await start(perils, orderOf(chance, keys));
    if (chance.chance(0.4)) {
      const late = [0, chance.pick([0, 5_000, 60_000]), chance.pick([110_000, 150_000, 200_000])];
      await Promise.all(
        late.map(async (ms) => {
          const order = orderOf(chance, keys);
          await clock.sleep(ms);
          await start(perils, order);
        }),
      );
    }
    await clock.sleep(chance.pick([1_000, 30_000, 130_000, 900_000]));
  }
  isNasty = false;
  return lagMs;
}

/** The weather clears, and mostly the administrators put their own house in order. */
async function calmDown({ chance, tenant, people, owner, tell }: Stage): Promise<void> {
  tenant.beforeRequest = undefined;
  tenant.calm();
  tenant.settle();
  await owner.unfreeze();
  tell('-- calm --');
  if (chance.chance(0.7)) tell(`  * the administrator: ${people.mend()}`);
}

/** One that ends soon is waited for: what is wanted must not change between the last runs. */
async function exceptionsEnd({ clock, owner }: Stage): Promise<void> {
  const soon = clock.now() + 4 * 3_600_000;
  const isEnding = [...owner.versions.values()].flat().some((raw) => isTurning(raw, clock.now(), soon));
  if (isEnding) await clock.sleep(soon - clock.now());
}

/** What those who own the desired state do while a run waits: what is done while a request is on its way comes too late for it. */
function whims(chance: Dice, owner: Operator, later: (act: () => Promise<string>) => void): () => void {
  const acts = [owner.toggleFreeze, owner.approveAll, owner.approveAll, owner.pushAnother, owner.forget];
  const rate = chance.pick([0, 0.02, 0.05]);
  return () => {
    if (chance.chance(rate)) later(chance.pick(acts));
  };
}

/** Where the next machine that comes by dies, once. */
interface Aim {
  point: string | undefined;
}

/** Places that a run comes by once or not at all: where chance alone would hardly ever strike. */
const POINTS: readonly string[] = [
  'POST',
  'PATCH',
  'a restore',
  'POST',
  'PATCH',
  'a restore',
  'GET a policy',
  'GET a deleted policy',
  'GET named locations',
  'GET security defaults',
  'a token',
  'journal.insert',
  'bindings.put',
  'control.put',
  'control.remove',
  'desired.read',
  'runs.put',
].flatMap((what) => [`before ${what}`, `after ${what}`]);

/** A request that runs seldom make, what makes them make it, and how to know it. */
interface Rare {
  readonly what: string;
  readonly provoke: Way | null;
  readonly method: string;
  readonly path: RegExp;
}

const RARE: readonly Rare[] = [
  { what: 'PATCH', provoke: 'rename', method: 'PATCH', path: /./ },
  { what: 'POST', provoke: 'purge', method: 'POST', path: /conditionalAccess\/policies$/ },
  { what: 'a restore', provoke: 'delete', method: 'POST', path: /restore$/ },
  { what: 'a restore', provoke: 'delete', method: 'POST', path: /restore$/ },
  { what: 'a restore', provoke: 'delete', method: 'POST', path: /restore$/ },
  { what: 'a deleted policy', provoke: 'delete', method: 'GET', path: /deletedItems/ },
  { what: 'a policy', provoke: 'off', method: 'GET', path: /conditionalAccess\/policies\// },
  { what: 'named locations', provoke: null, method: 'GET', path: /namedLocations/ },
];

/** Every way in which a rare request can fail, so that a row of worlds goes through them all. */
const RARE_TROUBLES = RARE.flatMap((rare) =>
  TROUBLES.filter((trouble) => canStrike(rare, trouble)).map((trouble) => ({ rare, trouble })),
);

function canStrike({ method }: Rare, trouble: FaultName): boolean {
  if ((faultsDuring as readonly string[]).includes(trouble)) return method === 'PATCH';
  if ((faultsOfLists as readonly string[]).includes(trouble)) return false;
  // A PATCH is answered without a body.
  return method !== 'PATCH' || !(faultsOfBodies as readonly string[]).includes(trouble);
}

/** Lets one trouble strike one of the next rare requests, and gives a reason for such a request. */
function armOne(index: number, { tenant, owner, people, chance }: Stage): string {
  const { rare, trouble } = RARE_TROUBLES[index % RARE_TROUBLES.length] as (typeof RARE_TROUBLES)[number];
  tenant.arm(trouble, { method: rare.method, path: rare.path });
  const names = owner.wanted().map(({ displayName }) => displayName);
  const ours = tenant.truth().filter(({ displayName }) => names.includes(displayName));
  if (rare.provoke === null || ours.length === 0) return `${trouble} waits for ${rare.what}`;
  return `${trouble} waits for ${rare.what}; somebody ${people.tamperWith(String(chance.pick(ours).id), rare.provoke)}`;
}

/** Where a machine dies, stands still or is set to another time, and which requests to the tables go wrong. */
function nastyPerils(chance: Dice, isNasty: () => boolean, aim: Aim, whim: () => void): Perils {
  const deathRate = chance.pick([0, 0, 0.005, 0.02]);
  const pauseRate = chance.pick([0, 0, 0.01, 0.03]);
  const jumpRate = chance.pick([0, 0, 0, 0.01]);
  const tableRate = chance.pick([0, 0, 0.01, 0.05]);
  const tokenRate = chance.pick([0, 0, 0.2]);
  let jumpsLeft = 3;
  return {
    at(point) {
      if (!isNasty()) return 'goesOn';
      if (point === 'sleep') whim();
      if (point === aim.point) {
        aim.point = undefined;
        return 'death';
      }
      if (chance.chance(deathRate)) return 'death';
      if (!isDeparture(point) && chance.chance(pauseRate))
        return { standsMs: chance.pick([3_000, 40_000, 200_000]) };
      if (jumpsLeft > 0 && chance.chance(jumpRate)) {
        jumpsLeft -= 1;
        return { jumpsMs: chance.pick([-4_000, -1_000, 5_000, 20_000]) };
      }
      return 'goesOn';
    },
    table(name, when) {
      if (!isNasty() || !chance.chance(tableRate)) return;
      const isRead = name.endsWith('.range') || name.endsWith('.read');
      throw new Fault(isRead || when === 'before' ? 'unavailable' : 'indeterminate', `${when} ${name}`);
    },
    token() {
      if (isNasty() && chance.chance(tokenRate))
        throw Object.assign(new Error('the identity endpoint does not answer'), {
          name: 'CredentialUnavailableError',
        });
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

function orderOf(chance: Dice, keys: readonly PolicyKey[]): Partial<Order> {
  return {
    mode: chance.chance(0.1) ? 'observe' : 'enforce',
    policies: chance.chance(0.1) ? [chance.pick(keys)] : null,
    skewMs: chance.between(-7, 7) * 1000,
  };
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
        ({ key, id, version, proven, drift, change, verdict, outcome, findings: found, meanwhile }) =>
          `    ${key} v${version}${proven ? ' proven' : ''} ${id}: ${drift} ${change?.action ?? ''} ${verdict ?? ''} ${outcome === null ? '' : `${outcome.status}${outcome.settled ? ' settled' : ''} ${outcome.reason ?? ''}`} ${found.map(({ rule, decision, detail }) => `${rule}:${decision}${decision === 'note' ? '' : ` (${detail})`}`).join()}${meanwhile === null ? '' : ` meanwhile v${meanwhile.version} ${meanwhile.change?.action} ${meanwhile.verdict} ${meanwhile.outcome?.status}`}`,
      );
      const told = [
        ...(error === null ? [] : [error.message]),
        ...findings.map(({ rule, detail }) => `${rule}: ${detail.slice(0, 80)}`),
      ];
      return [`${head} ${status} ${told.join(' | ')}`, ...lines].join('\n');
    }
  }
}
