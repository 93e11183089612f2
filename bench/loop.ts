import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { type Sandbox, startSandbox } from '../sandbox/sandbox.ts';
import type { JsonObject } from '../sandbox/tenant/index.ts';
import { type App, createApp, systemClock } from '../src/lib/app.ts';
import { effective } from '../src/lib/desired.ts';
import { diff } from '../src/lib/diff.ts';
import { guard } from '../src/lib/guard.ts';
import { plan } from '../src/lib/plan.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import { createBody } from '../src/lib/policy/render.ts';
import { bindingOf, desiredOf, factsOf, IDENTITIES, observationOf, TENANT } from '../test/support/judging.ts';
import { cpuOf, type Effort, exponent, figure, ms, type Point, table } from './measure.ts';
import { mixedPolicies } from './policies.ts';
import type { RunCost } from './run.ts';

const SIZES: readonly number[] = [1, 50, 190];
const HISTORIES: readonly number[] = [0, 10_000];

/** What a run computes, and what it asks of the world. */
export async function loop(effort: Effort): Promise<string> {
  return `## The loop without the world

Everything between reading and writing: observed policies into canonical form, diff and plan, guard. "Drifted" means that every
single policy was switched off, and its excluded users were replaced by a stranger. The exponent is the slope between the two
largest sizes: 1 is linear.

${judging(effort)}

## Whole runs

One run over the network against the simulated tenant, with a managed identity and real tables (Azurite), where nothing had
drifted. Each run is a process of its own, started for it; it counts every HTTP request that leaves it. The journal's entries
are spread over the last 80 days. The tenant lists 100 policies on a page, and one page is one request: that is the only way
in which a run asks for more as a tenant grows.

${await runs(effort)}

Peak memory is the largest resident set of the process (\`process.resourceUsage().maxRSS\`), the runtime, the libraries and the
stripping of types included; with 1 policy and no history that is all there is. CPU is that of the run alone, in a process
that has just started. Memory and CPU are the median of ${figure(repeats(effort))}.`;
}

function judging(effort: Effort): string {
  const costs = SIZES.map((size) => costsOf(size, effort));
  const parts: readonly { readonly name: string; ms(cost: Costs): number }[] = [
    { name: 'Canonical form', ms: ({ calm }) => calm.canonical },
    { name: 'Diff and plan, nothing drifted', ms: ({ calm }) => calm.diffAndPlan },
    { name: 'Diff and plan, all drifted', ms: ({ drifted }) => drifted.diffAndPlan },
    { name: 'Guard, all drifted', ms: ({ drifted }) => drifted.guard },
  ];
  const rows = parts.map((part) => {
    const points = costs.map((cost): Point => ({ size: cost.size, ms: part.ms(cost) }));
    return [part.name, ...points.map((point) => ms(point.ms)), figure(exponent(points))];
  });
  return table(
    ['', ...SIZES.map((size) => `${size} ${size === 1 ? 'policy' : 'policies'}`), 'exponent'],
    rows,
  );
}

interface Costs {
  readonly size: number;
  readonly calm: Steps;
  readonly drifted: Steps;
}

/** CPU milliseconds of each step. */
interface Steps {
  readonly canonical: number;
  readonly diffAndPlan: number;
  readonly guard: number;
}

function costsOf(size: number, effort: Effort): Costs {
  const raws = mixedPolicies(size);
  const desired = raws.map((raw, n) =>
    desiredOf(effective(raw, {}, IDENTITIES), {
      key: keyOf(n),
      isProven: true,
      displayName: String(raw.displayName),
    }),
  );
  const bindings = raws.map((raw, n) => bindingOf({ key: keyOf(n), id: String(raw.id) }));
  const bound = new Map(bindings.map((binding) => [binding.key, binding]));
  const steps = (touch: (raw: RawPolicy) => RawPolicy): Steps => {
    const live = Object.fromEntries(
      desired.map(({ policy }, n) => [
        String(raws[n]?.id),
        touch({ ...createBody(policy), id: String(raws[n]?.id) }),
      ]),
    );
    const observation = observationOf(live);
    const facts = factsOf(desired, bindings, observation);
    return {
      canonical: cpuOf(() => observationOf(live), effort),
      diffAndPlan: cpuOf(() => plan(TENANT, diff(desired, bound, observation)), effort),
      guard: cpuOf(() => guard(facts), effort),
    };
  };
  return { size, calm: steps((raw) => raw), drifted: steps(drifted) };
}

function keyOf(n: number): string {
  return `ca${String(n).padStart(3, '0')}`;
}

function drifted(raw: RawPolicy): RawPolicy {
  const conditions = raw.conditions as { readonly users?: object };
  const users = { ...conditions.users, excludeUsers: ['deadbeef-0000-4000-8000-000000000000'] };
  return { ...raw, state: 'disabled', conditions: { ...conditions, users } };
}

async function runs(effort: Effort): Promise<string> {
  const rows: (string | number)[][] = [];
  for (const history of effort.isQuick ? [20] : HISTORIES) {
    const sandbox = await startSandbox({ schedule: '0 0 0 1 1 *' });
    try {
      await remember(sandbox, history);
      for (const size of effort.isQuick ? [2] : SIZES) {
        await settle(sandbox, size);
        rows.push([figure(history), size, ...cells(await repeated(sandbox, size, effort))]);
      }
    } finally {
      await sandbox.close();
    }
  }
  return table(
    [
      'Journal entries',
      'policies',
      'Graph requests',
      'table requests',
      'token requests',
      'peak memory',
      'CPU',
    ],
    rows,
  );
}

function repeats({ isQuick }: Effort): number {
  return isQuick ? 1 : 3;
}

/** Requests are the same every time, or this says so. */
function cells(costs: readonly RunCost[]): readonly string[] {
  const same = (counts: readonly number[]): string => [...new Set(counts)].map(figure).join(' to ');
  return [
    same(costs.map(({ graph }) => graph)),
    same(costs.map(({ tables }) => tables)),
    same(costs.map(({ tokens }) => tokens)),
    `${figure(median(costs.map(({ peakKiB }) => peakKiB)) / 1024)} MiB`,
    ms(median(costs.map(({ cpuMs }) => cpuMs))),
  ];
}

function median(values: readonly number[]): number {
  const middle = values.toSorted((a, b) => a - b)[values.length >> 1];
  if (middle === undefined) throw new Error('there is no median of nothing');
  return middle;
}

const DAY_MS = 24 * 3_600_000;

/** Fills the journal, as if a run every few minutes had changed something. */
async function remember(sandbox: Sandbox, count: number): Promise<void> {
  let now = Date.now();
  const app = appOf(sandbox, () => now);
  await app.createTables();
  const startMs = now - 80 * DAY_MS;
  const { journal } = app.open(() => {});
  const [raw = {}] = mixedPolicies(1);
  for (let n = 0; n < count; n += 1) {
    now = startMs + Math.floor((80 * DAY_MS * n) / count);
    await journal.append({
      kind: 'intent',
      runId: `bench-${n}`,
      fence: n,
      key: keyOf(0),
      intentId: `intent-${n}`,
      digest: 'digest',
      action: 'update',
      id: String(raw.id),
      preImage: raw,
      body: raw,
      desiredVersion: 1,
    });
  }
}

/** Grows tenant and desired state to so many policies, all as they should be. */
async function settle(sandbox: Sandbox, size: number): Promise<void> {
  const app = appOf(sandbox);
  const { protected: identities } = app.settings;
  const ports = app.open(() => {});
  const { versions: there } = await ports.desired.heads();
  const added = mixedPolicies(size).slice(there.length);
  const versions = await ports.desired.push(
    added.map(({ id: _, ...raw }, n) => ({
      key: keyOf(there.length + n),
      content: JSON.stringify(raw),
      active: true,
      author: 'bench',
      message: '',
      pushedAt: new Date().toISOString(),
      baseHash: null,
    })),
  );
  for (const [n, raw] of added.entries()) {
    const { key, version, hash } = versions[n] ?? { key: keyOf(there.length + n), version: 1, hash: '' };
    const id = sandbox.tenant.admin.create({
      ...createBody(effective(raw, {}, identities)),
      id: raw.id,
    } as JsonObject);
    await ports.bindings.put({
      ...bindingOf({
        key,
        id,
        proven: { version, hash, at: Date.now() },
        highestVersion: version,
        highestHash: hash,
      }),
    });
  }
}

function appOf({ environment }: Sandbox, now: () => number = systemClock.now): App {
  const read = createApp(environment, { clock: { ...systemClock, now } });
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return read.app;
}

const RUN = fileURLToPath(new URL('run.ts', import.meta.url));

async function repeated({ environment }: Sandbox, size: number, effort: Effort): Promise<readonly RunCost[]> {
  const costs: RunCost[] = [];
  for (let turn = 0; turn < repeats(effort); turn += 1) {
    const { stdout } = await promisify(execFile)(process.execPath, [RUN], {
      env: environment,
    });
    const cost = JSON.parse(stdout) as RunCost;
    if (cost.policies !== size || cost.status !== 'inSync')
      throw new Error(`a run of ${size} policies gave ${stdout}`);
    costs.push(cost);
  }
  return costs;
}
