import type { RunReport } from '../../src/lib/report.ts';
import type { History } from './history.ts';
import { intentsOf, reportOf } from './history.ts';

/** How often each situation came about. */
export type Situations = Readonly<Record<string, number>>;

type ReportedPolicy = RunReport['policies'][number];

/** What the worlds must contain for their silence to mean something, counted over one of them. */
export function situationsOf(history: History): Situations {
  return Object.fromEntries(
    [
      ...runsOf(history),
      ...requestsOf(history),
      ...outcomesOf(history),
      ...rulesOf(history),
      ...peopleOf(history),
    ].filter(([, count]) => count > 0),
  );
}

type Counted = readonly (readonly [string, number])[];

export function added(one: Situations, other: Situations): Situations {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return Object.fromEntries([...names].sort().map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]));
}

function runsOf({ runs, siege }: History): Counted {
  const deaths = runs.flatMap(({ end }) => (end.kind === 'died' ? [end.at] : []));
  const overlapping = runs.filter((run, index) =>
    runs.slice(index + 1).some((other) => other.startedAt < run.endedAt && other.endedAt > run.startedAt),
  );
  return [
    ['runs', runs.length],
    ...tally(deaths.map((at) => `death: ${at}`)),
    ['a machine stood still', runs.filter(({ pausedMs }) => pausedMs > 0).length],
    ['a clock was set', runs.filter(({ jumps }) => jumps > 0).length],
    ['runs overlapped', overlapping.length],
    ['busy', runs.filter(({ end }) => end.kind === 'ended' && end.result.kind === 'busy').length],
    ...tally(runs.flatMap((run) => reportOf(run)?.status ?? []).map((status) => `status: ${status}`)),
    ...(siege === null ? [] : [[`siege: ${siege.plan}`, 1] as const]),
  ];
}

/** Every trouble that struck, by the sort of request it struck. */
function requestsOf({ tenant }: History): Counted {
  return tally(
    tenant.log.flatMap(({ method, path, faults, inBatch, status }) => {
      const sort = sortOf(method, path, inBatch);
      return [...faults.map((fault) => `${sort}: ${fault}`), ...(status === 400 ? [`${sort}: refused`] : [])];
    }),
  );
}

function sortOf(method: string, path: string, inBatch: boolean): string {
  if (inBatch) return 'part of a batch';
  if (path.endsWith('$batch')) return 'batch';
  if (method !== 'GET') return path.endsWith('restore') ? 'restore' : method;
  if (path.includes('/deletedItems/')) return 'deleted policy';
  if (path.includes('SecurityDefaults')) return 'security defaults';
  if (path.includes('/namedLocations')) return 'named locations';
  if (path.includes('/conditionalAccess/policies/')) return 'policy';
  return path.includes('/conditionalAccess/policies') ? 'list' : 'directory';
}

function outcomesOf(history: History): Counted {
  const { journal, runs } = history;
  const intents = intentsOf(history);
  const policies = policiesOf(history);
  const outcomes = journal.flatMap((entry) => (entry.kind === 'outcome' ? [entry] : []));
  const creates = [...intents.values()].filter(({ action }) => action === 'create');
  const restoring = new Set(
    [...intents.values()].flatMap((one) => (one.action === 'restore' ? [`${one.runId} ${one.key}`] : [])),
  );
  const stops = runs.flatMap((run) =>
    (reportOf(run)?.findings ?? []).filter(({ rule }) => rule === 'stopped'),
  );
  return [
    ...tally(outcomes.map(({ intentId, status }) => `${intents.get(intentId)?.action}: ${status}`)),
    ['an unsettled write', journal.filter((one) => one.kind === 'settled' && !one.settled).length],
    [
      'a create in place of a restore',
      creates.filter(({ runId, key }) => restoring.has(`${runId} ${key}`)).length,
    ],
    ['the lease was lost', stops.filter(({ detail }) => detail.includes('lease was lost')).length],
    ['frozen in the middle of a run', stops.filter(({ detail }) => detail.includes('was frozen')).length],
    ['changes beyond the limit', runs.filter((run) => (reportOf(run)?.remaining ?? 0) > 0).length],
    ...tally(policies.map(({ drift }) => `drift: ${drift}`)),
    [
      'repaired while a version waits',
      policies.filter(({ meanwhile }) => meanwhile?.outcome?.status === 'applied').length,
    ],
    [
      'an exception ended',
      policies.filter(({ findings }) =>
        findings.some(({ rule, detail }) => rule === 'exception' && detail.includes(' has ended ')),
      ).length,
    ],
    [
      'left on for an emergency',
      policies.filter(({ findings }) => findings.some(({ rule }) => rule === 'contingency')).length,
    ],
  ];
}

/** Each rule that said something, by what came of it. */
function rulesOf(history: History): Counted {
  return tally(
    policiesOf(history).flatMap(({ findings }) =>
      findings.map(({ rule, decision, level, detail }) => {
        if (detail.includes(' — approved by ')) return `${rule}: lifted`;
        return `${rule}: ${decision === 'note' && level === 'error' ? 'softened' : decision}`;
      }),
    ),
  );
}

function peopleOf({ hands, operator, runs, journal, consents }: History): Counted {
  const identities = runs.flatMap((run) => reportOf(run)?.protected ?? []);
  const used = new Set(
    runs.flatMap(({ exchanges }) =>
      exchanges.flatMap(({ ledger }) => ledger?.consents.flatMap(({ usedBy }) => usedBy ?? []) ?? []),
    ),
  );
  const came = journal.flatMap((entry) =>
    entry.kind === 'outcome' && used.has(entry.intentId) ? [entry.status] : [],
  );
  return [
    ...[...hands.done].map(([what, count]) => [`somebody: ${what}`, count] as const),
    ...[...operator.done].map(([what, count]) => [`operator: ${what}`, count] as const),
    ...tally(identities.map(({ kind, health }) => `a protected ${kind} is ${health}`)),
    ['consents given', consents.length],
    ...tally(came.map((status) => `a consent was used: ${status}`)),
  ];
}

function policiesOf({ runs }: History): readonly ReportedPolicy[] {
  return runs.flatMap((run) => reportOf(run)?.policies ?? []);
}

function tally(names: readonly string[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts];
}

const FAILURES = [
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
  'lostAnswer',
  'lateTimeout',
  'lateError',
  'lateHang',
];
const SPOILT = ['cutBody', 'htmlPage'];
const READ = [
  'list',
  'policy',
  'deleted policy',
  'named locations',
  'security defaults',
  'batch',
  'part of a batch',
];

/** What the fixed worlds of the test must contain between them; the long run shows how often each came about. */
export const REQUIRED: readonly string[] = [
  ...READ.flatMap((what) => [...FAILURES, ...SPOILT].map((trouble) => `${what}: ${trouble}`)),
  ...['PATCH', 'POST', 'restore'].flatMap((what) => FAILURES.map((trouble) => `${what}: ${trouble}`)),
  ...['PATCH: halfPatch', 'PATCH: ignoredPatch', 'POST: cutBody', 'POST: htmlPage'],
  ...['missingItem', 'twinItem', 'conflictingTwin', 'emptyList', 'nextLinkLoop', 'nextLinkElsewhere'].map(
    (trouble) => `list: ${trouble}`,
  ),
  ...[
    'GET the list',
    'GET a policy',
    'GET a deleted policy',
    'GET named locations',
    'GET security defaults',
    'a batch',
    'PATCH',
    'POST',
    'a restore',
    'bindings.range',
    'bindings.put',
    'control.range',
    'control.read',
    'control.put',
    'control.replace',
    'desired.range',
    'desired.read',
    'journal.insert',
    'runs.put',
    'runs.range',
  ].flatMap((what) => [`death: before ${what}`, `death: after ${what}`]),
  ...['death: sleep', 'death: before a token', 'a machine stood still', 'a clock was set'],
  ...[
    'runs overlapped',
    'busy',
    'the lease was lost',
    'frozen in the middle of a run',
    'changes beyond the limit',
  ],
  ...['drifted', 'failed', 'held', 'inSync', 'incomplete', 'remediated'].map((status) => `status: ${status}`),
  ...['none', 'missing', 'modified', 'ambiguous', 'hidden', 'unread'].map((drift) => `drift: ${drift}`),
  ...['create', 'update'].flatMap((action) =>
    ['applied', 'stale', 'rejected', 'indeterminate'].map((status) => `${action}: ${status}`),
  ),
  // An adoption whose answer is lost is too rare to be asked of so few worlds; `test/apply.test.ts` has one.
  ...['restore: applied', 'restore: indeterminate', 'adopt: applied', 'adopt: rejected'],
  ...['an unsettled write', 'a create in place of a restore', 'PATCH: refused', 'policy: refused'],
  ...[
    'blastRadius',
    'contingency',
    'danglingReference',
    'emptyTenant',
    'exception',
    'flapping',
    'freeze',
    'identityHealth',
    'incompleteRead',
    'loosening',
    'microsoftManaged',
    'securityDefaults',
    'tightenedByHand',
    'unrecognisedContent',
    'unsettledCreate',
  ].map((rule) => `${rule}: hold`),
  ...['breakGlass: deny', 'identityHealth: softened'],
  ...['danglingReference', 'identityHealth'].map((rule) => `${rule}: lifted`),
  ...['consents given', 'a consent was used: applied', 'a consent was used: indeterminate'],
  ...['a consent was used: rejected', 'repaired while a version waits', 'left on for an emergency'],
  'an exception ended',
  ...['disabled', 'missing', 'unverified', 'ok'].map((health) => `a protected user is ${health}`),
  ...['empty', 'missing', 'unverified', 'ok'].map((health) => `a protected group is ${health}`),
  ...['siege: scatter', 'siege: flap', 'siege: starve', 'siege: undo'],
  ...['looser', 'stricter', 'another', 'approve', 'forget', 'freeze', 'freezeUntil'].map(
    (what) => `operator: ${what}`,
  ),
  ...[
    'anyField',
    'crowdGroup',
    'defaultsOn',
    'delete',
    'deleteAccount',
    'deleteGroup',
    'disableAccount',
    'emergency',
    'emptyGroup',
    'hide',
    'joinGroup',
    'loosenAndTighten',
    'plantNamesake',
    'purge',
    'putIntoGroup',
    'putIntoRole',
    'restore',
    'tighten',
    'undo',
    'unknownMember',
    'unknownValue',
  ].map((what) => `somebody: ${what}`),
];
