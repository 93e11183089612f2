import type { FaultName, GraphRequest, JsonObject } from '../../sandbox/tenant/index.ts';
import { effective } from '../../src/lib/desired.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { Fault } from '../../src/lib/fault.ts';
import { clouds } from '../../src/lib/graph/clouds.ts';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { RunReport } from '../../src/lib/report.ts';
import {
  BREAK_GLASS_GROUP,
  BREAK_GLASS_USER,
  IDENTITIES,
  TENANT,
  type World,
  world,
} from '../support/world.ts';
import { type Dice, dice } from './dice.ts';

/** How one world ended: which promises were broken, in words. */
export interface Verdict {
  readonly seed: number;
  readonly broken: readonly string[];
  /** What happened, line by line; for reading a failure. */
  readonly story: readonly string[];
}

const CHANGES_MAX = 3;
const SETTLE_MS = 60_000;
/** The longest stated waiting time: a create stays in doubt for five times the patience; a lease outlives its run by less. */
const WAITING_MS = 6 * SETTLE_MS;
const NASTY_RUNS = 4;

const RATES: readonly FaultName[] = [
  'throttled',
  'throttledWithRetryAfter',
  'serverError',
  'badGateway',
  'unavailable',
  'gatewayTimeout',
  'lostRequest',
  'lostAnswer',
  'lateTimeout',
  'lateError',
  'cutBody',
  'htmlPage',
  'missingItem',
  'twinItem',
  'conflictingTwin',
  'emptyList',
  'nextLinkLoop',
  'nextLinkElsewhere',
  'halfPatch',
  'ignoredPatch',
  'hang',
  'lateHang',
  'forbidden',
  'unauthorized',
];
const SPELLINGS: readonly FaultName[] = [
  'shuffledList',
  'expandedObjects',
  'extraNulls',
  'emptyUnknowns',
  'allNullSession',
  'shuffledArrays',
];

/** Thrown into a run to kill it; nothing may catch it. */
class Death extends Error {
  override readonly name = 'Death';
}

/**
 * One seeded world: desired policies, a tenant with a life of its own, everything that can go wrong, then peace. Checks
 * the promises while it goes on, and that the tenant is as desired two runs after the faults stopped.
 */
export async function simulate(seed: number): Promise<Verdict> {
  const chance = dice(seed);
  const story: string[] = [];
  const broken: string[] = [];
  const trouble = { tables: 0, death: 0 };
  let isNasty = false;
  const inTrouble = (name: string): void => {
    // The renewal runs by a timer of its own; dying there is dying at whatever await the run is at.
    if (!isNasty || name === 'control.renew') return;
    if (chance.chance(trouble.death)) throw new Death(`died at ${name}`);
    if (chance.chance(trouble.tables))
      throw new Fault(chance.chance(0.5) ? 'unavailable' : 'indeterminate', `tables: ${name}`);
  };
  const made = await world({
    seed,
    changesMax: CHANGES_MAX,
    tenant: {
      pageSize: chance.pick([2, 5, 100]),
      mergeDepth: chance.pick([2, 3]),
      deletedItems: chance.pick(['supported', 'supported', 404, 501] as const),
    },
    hooks: { beforeCall: inTrouble, afterCall: inTrouble },
  });
  const { tenant } = made;
  const desired = desiredState(chance);
  const names = new Set(Object.values(desired).map((policy) => String(policy.displayName)));
  const unmanaged = plantUnmanaged(made, chance);
  if (chance.chance(0.3)) plantNamesake(made, chance, desired);
  for (const [key, policy] of Object.entries(desired)) await made.push({ [key]: policy });
  if (chance.chance(0.7)) await runOnce(made, story, broken);

  for (const policy of tenant.truth()) story.push(`there: ${policy.id} ${policy.displayName}`);
  isNasty = true;
  trouble.tables = chance.pick([0, 0, 0.01, 0.03]);
  trouble.death = chance.pick([0, 0, 0.01, 0.02]);
  Object.assign(tenant.faults, {
    lagMs: chance.pick([0, 2_000, 20_000]),
    replicas: chance.pick([1, 3]),
    rates: ratesOf(chance),
  });
  const editRate = chance.pick([0, 0.02, 0.1]);
  tenant.beforeRequest = (request: GraphRequest) => {
    if (chance.chance(trouble.death)) throw new Death(`died before ${request.method}`);
    if (chance.chance(editRate)) edit(made, chance, names, story);
  };
  for (let run = 0; run < NASTY_RUNS; run++) {
    if (chance.chance(0.5)) edit(made, chance, names, story);
    await (chance.chance(0.2)
      ? Promise.all([runOnce(made, story, broken), runOnce(made, story, broken)])
      : runOnce(made, story, broken));
    await made.wait(chance.pick([1_000, 30_000, 130_000, 900_000]));
  }

  isNasty = false;
  tenant.beforeRequest = undefined;
  tenant.calm();
  tenant.settle();
  story.push('-- calm --');
  await made.wait(WAITING_MS);
  // Repairs beyond the limit take further runs; each run settles at most the limit.
  for (let run = 0; run < 2 + Math.ceil(Object.keys(desired).length / CHANGES_MAX); run++) {
    await runOnce(made, story, broken);
    await made.wait(WAITING_MS);
  }
  const writes = tenant.writes.length;
  const last = await runOnce(made, story, broken);
  if (tenant.writes.length !== writes) broken.push('5: the run after settling wrote again');
  checkTenant(made, desired, last, broken);
  checkWrites(made, names, unmanaged, broken);
  await checkJournal(made, broken);
  return { seed, broken, story };
}

/** One run; whatever it does, it keeps the promises that concern a run. */
async function runOnce(made: World, story: string[], broken: string[]): Promise<RunReport | undefined> {
  const before = {
    writes: made.tenant.writes.length,
    events: made.events.length,
    log: made.tenant.log.length,
  };
  try {
    const result = await made.result();
    if (result.kind !== 'done') {
      story.push(`run: ${result.kind}`);
      return undefined;
    }
    const { report } = result;
    story.push(`run ${report.runId}: ${report.status} ${report.error?.message ?? ''}`);
    for (const policy of report.policies)
      story.push(
        `   ${policy.key} ${policy.drift} ${policy.verdict} ${policy.change?.action} ${JSON.stringify(policy.outcome)} ${policy.findings.map(({ rule, decision }) => `${rule}:${decision}`).join()}`,
      );
    const own = made.events.filter(
      ({ event, runId }) => event === 'RunCompleted' && runId === report.runId,
    ).length;
    if (own !== 1) broken.push(`9: RunCompleted came ${own} times for ${report.runId}`);
    const wrote = report.policies.filter(({ outcome }) => outcome?.status === 'applied').length;
    if (wrote > CHANGES_MAX) broken.push(`6: ${wrote} changes in one run`);
    return report;
  } catch (error) {
    if (!(error instanceof Death)) {
      broken.push(`10: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
      return undefined;
    }
    story.push(`run: ${error.message}`);
    return undefined;
  } finally {
    const failedLists = made.tenant.writes.slice(before.writes).length;
    story.push(`   (${failedLists} writes in the tenant meanwhile)`);
  }
}

function desiredState(chance: Dice): Record<string, RawPolicy> {
  const count = chance.between(1, 4);
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [
      `policy-${index + 1}`,
      desiredPolicy(chance, `CA${index + 1} of ${chance.between(1, 99)}`),
    ]),
  );
}

function desiredPolicy(chance: Dice, displayName: string): RawPolicy {
  const grant = chance.pick<JsonObject>([
    { operator: 'OR', builtInControls: ['mfa'] },
    { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] },
    { operator: 'OR', builtInControls: ['block'] },
    {
      operator: 'OR',
      builtInControls: [],
      authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' },
    },
  ]);
  return {
    displayName,
    state: chance.pick(['enabled', 'enabled', 'enabledForReportingButNotEnforced']),
    conditions: {
      users: {
        includeUsers: ['All'],
        excludeUsers: ['@breakGlassUsers'],
        excludeGroups: ['@breakGlassGroups'],
        excludeRoles: chance.pick([[], [guid(chance)]]),
      },
      applications: { includeApplications: chance.pick([['All'], ['@azureManagement'], ['Office365']]) },
      clientAppTypes: chance.pick([['all'], ['browser', 'mobileAppsAndDesktopClients']]),
      ...(chance.chance(0.3)
        ? { platforms: { includePlatforms: ['all'], excludePlatforms: ['linux'] } }
        : {}),
      ...(chance.chance(0.3) ? { signInRiskLevels: ['high', 'medium'] } : {}),
    },
    grantControls: grant,
    ...(chance.chance(0.3)
      ? {
          sessionControls: {
            signInFrequency: { isEnabled: true, type: 'hours', value: chance.between(1, 12) },
          },
        }
      : {}),
  };
}

function guid(chance: Dice): string {
  const hex = (length: number): string =>
    Array.from({ length }, () => chance.between(0, 15).toString(16)).join('');
  return `${hex(8)}-${hex(4)}-4${hex(3)}-8${hex(3)}-${hex(12)}`;
}

function ratesOf(chance: Dice): Partial<Record<FaultName, number>> {
  const troubles = RATES.filter(() => chance.chance(0.3)).map(
    (name) => [name, chance.pick([0.02, 0.1, 0.25])] as const,
  );
  const spellings = SPELLINGS.filter(() => chance.chance(0.5)).map((name) => [name, 0.5] as const);
  return Object.fromEntries([...troubles, ...spellings]);
}

/** Policies nobody desires. Ours is never to touch them. */
function plantUnmanaged(made: World, chance: Dice): ReadonlySet<string> {
  const ids = Array.from({ length: chance.between(0, 3) }, (_, index) => {
    const { conditions, grantControls, state } = resolved(desiredPolicy(chance, 'x'));
    return made.tenant.admin.create({
      displayName: `unmanaged ${index}`,
      conditions,
      grantControls,
      state,
    } as JsonObject);
  });
  return new Set(ids);
}

function plantNamesake(made: World, chance: Dice, desired: Record<string, RawPolicy>): void {
  const wanted = chance.pick(Object.values(desired));
  made.tenant.admin.create({ ...resolved(wanted), state: 'disabled' } as JsonObject);
}

function resolved(policy: RawPolicy): RawPolicy {
  const text = JSON.stringify(policy)
    .replace('"@breakGlassUsers"', `"${BREAK_GLASS_USER}"`)
    .replace('"@breakGlassGroups"', `"${BREAK_GLASS_GROUP}"`)
    .replace('"@azureManagement"', `"${clouds.public.azureManagementAppId}"`);
  return JSON.parse(text) as RawPolicy;
}

/** What an administrator, a tool or an intruder does to one of our policies. */
function edit(made: World, chance: Dice, names: ReadonlySet<string>, story: string[]): void {
  const { admin } = made.tenant;
  const ours = made.tenant
    .truth()
    .filter(({ displayName }) => names.has(String(displayName)) || String(displayName).startsWith('renamed'));
  if (ours.length === 0) return;
  const id = String(chance.pick(ours).id);
  const what = chance.pick([
    'off',
    'exclude',
    'breakGlass',
    'rename',
    'delete',
    'purge',
    'unknown',
    'controls',
  ] as const);
  story.push(`   * somebody: ${what} ${id}`);
  switch (what) {
    case 'off':
      admin.edit(id, (policy) => {
        policy.state = 'disabled';
      });
      break;
    case 'exclude':
      admin.edit(id, (policy) => {
        policy.conditions.users?.excludeUsers.push(guid(chance));
      });
      break;
    case 'breakGlass':
      admin.edit(id, (policy) => {
        if (policy.conditions.users)
          Object.assign(policy.conditions.users, { excludeUsers: [], excludeGroups: [] });
      });
      break;
    case 'rename':
      admin.edit(id, (policy) => {
        policy.displayName = `renamed ${chance.between(1, 999)}`;
      });
      break;
    case 'delete':
      admin.remove(id);
      break;
    case 'purge':
      admin.purge(id);
      break;
    case 'unknown':
      admin.setUnknown(id, chance.pick(['conditions.newThing', 'newThing']), ['x']);
      break;
    case 'controls':
      admin.edit(id, (policy) => {
        policy.grantControls = {
          operator: 'OR',
          builtInControls: ['compliantDevice'],
          customAuthenticationFactors: [],
          termsOfUse: [],
          authenticationStrength: null,
        } as never;
      });
  }
}

/** 3 and 5: one policy per key, and each as desired unless the report says why not. */
function checkTenant(
  made: World,
  desired: Record<string, RawPolicy>,
  last: RunReport | undefined,
  broken: string[],
): void {
  if (last === undefined) return void broken.push('5: the last run did not report');
  const parameters = {
    azureManagement: [clouds.public.azureManagementAppId],
    breakGlassUsers: IDENTITIES.users,
    breakGlassGroups: IDENTITIES.groups,
  };
  for (const [key, raw] of Object.entries(desired)) {
    const report = last.policies.find((policy) => policy.key === key);
    const isExcused = report === undefined || report.drift === 'ambiguous' || isWaiting(report);
    const live = made.tenant.truth().filter(({ displayName }) => displayName === raw.displayName);
    if (isExcused) {
      if (report === undefined)
        broken.push(
          `5: ${key} is not in the report (${last.status}, ${last.error?.message ?? last.findings.map(({ detail }) => detail).join()})`,
        );
      continue;
    }
    if (live.length === 0)
      broken.push(
        `5: ${key} is missing (${report.drift}, ${report.verdict}, ${report.findings.map(({ detail }) => detail).join()})`,
      );
    const own = live.find(({ id }) => id === report.id);
    if (live.length > 0 && own === undefined)
      broken.push(`5: ${key} is bound to ${report.id}, which is not there`);
    const drifts =
      own === undefined ? [] : fieldDrifts(effective(raw, parameters, IDENTITIES), canonical(own));
    if (drifts.length > 0)
      broken.push(
        `5: ${key} differs in ${drifts.map(({ path }) => path).join()} (${report.drift}, ${report.verdict}, ${report.findings.map(({ detail }) => detail).join()})`,
      );
  }
}

/** A rollout larger than the limit waits for a person, and rightly. */
function isWaiting({ verdict, proven, findings }: RunReport['policies'][number]): boolean {
  return (
    verdict === 'hold' &&
    !proven &&
    findings.some(({ rule, decision }) => rule === 'blastRadius' && decision === 'hold')
  );
}

/** 2, 3, 7: what we wrote, and what we did not. */
function checkWrites(
  made: World,
  names: ReadonlySet<string>,
  unmanaged: ReadonlySet<string>,
  broken: string[],
): void {
  const { tenant } = made;
  const ours = tenant.writes.filter(({ by }) => by === 'graph');
  for (const { action, id, after } of ours) {
    if (unmanaged.has(id))
      broken.push(`7: our ${action} wrote the unmanaged ${id} (${String(after?.displayName)})`);
    const users = after?.conditions.users;
    const isExcluded =
      users?.excludeUsers.includes(BREAK_GLASS_USER) === true &&
      users.excludeGroups.includes(BREAK_GLASS_GROUP);
    // Somebody may take the exclusion away between our last look and a write that does not touch users: `before` shows it.
    const wasExposed = ours.length > 0 && action === 'update' && exposedBefore(tenant.writes, id, after);
    if (after?.state === 'enabled' && !isExcluded && !wasExposed)
      broken.push(`2: our ${action} of ${id} left the emergency accounts inside`);
  }
  for (const name of names) {
    const created = ours
      .filter(({ action, after }) => action === 'create' && after?.displayName === name)
      .map(({ id }) => id);
    const alive = created.filter((id) =>
      tenant.truth().some((policy) => policy.id === id && policy.displayName === name),
    );
    if (alive.length > 1) broken.push(`3: ${alive.length} live policies of ours are named ${name}`);
  }
  if (tenant.betaRequests().length > 0) broken.push('10: somebody asked beta');
  const refused = tenant.log.filter(({ method, status }) => method !== 'GET' && status === 400);
  if (refused.length > 0)
    broken.push(`10: the tenant refused ${refused.length} of our bodies: ${refused[0]?.body}`);
}

function exposedBefore(writes: World['tenant']['writes'], id: string, after: unknown): boolean {
  const index = writes.findIndex((write) => write.id === id && write.after === after);
  const users = writes[index]?.before?.conditions.users;
  return (
    users?.excludeUsers.includes(BREAK_GLASS_USER) !== true ||
    !users.excludeGroups.includes(BREAK_GLASS_GROUP)
  );
}

/** 4: no write without its intent, and every value we overwrote is in the journal. */
async function checkJournal(made: World, broken: string[]): Promise<void> {
  const rows = await made.storage.rowsOf(TENANT)('journal').range({ from: '', to: '~' });
  const text = rows.map(({ columns }) =>
    Object.entries(columns)
      .filter(([name]) => /^json\d+$/.test(name))
      .sort(([a], [b]) => Number(a.slice(4)) - Number(b.slice(4)))
      .map(([, part]) => part)
      .join(''),
  );
  const intents = new Map(
    text
      .map(
        (entry) => JSON.parse(entry) as { kind: string; intentId: string; preImage: unknown; action: string },
      )
      .filter(({ kind }) => kind === 'intent')
      .map((entry) => [entry.intentId, entry]),
  );
  for (const { by, action, id, clientRequestId } of made.tenant.writes) {
    if (by !== 'graph') continue;
    const intent = intents.get(clientRequestId ?? '');
    if (intent === undefined) broken.push(`4: our ${action} of ${id} has no intent`);
    else if (action !== 'create' && intent.preImage === null)
      broken.push(`4: our ${action} of ${id} has no pre-image`);
  }
}
