import type { JsonObject, Policy } from '../../sandbox/tenant/index.ts';
import { fieldDrifts } from '../../src/lib/diff.ts';
import { read } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { sameValue } from '../../src/lib/policy/values.ts';
import type { RunReport } from '../../src/lib/report.ts';
import { linesOf } from '../../src/lib/telemetry/lines.ts';
import { BREAK_GLASS_GROUP, BREAK_GLASS_USER } from '../support/world.ts';
import { besieged } from './besieged.ts';
import {
  COLLECTION,
  DELETED,
  departures,
  type History,
  type Intent,
  intentsOf,
  isWrite,
  LOOK_MS,
  ourWrites,
  type Promised,
  reportOf,
  wasRaced,
} from './history.ts';
import { type Exchange, RUN_BUDGET_MS, type RunRecord } from './machine.ts';
import { stopped } from './oracle.ts';
import { acceptedAt, declaredIn, isTurning, keptAt } from './policies.ts';
import { RESTRAINTS } from './restraints.ts';

export const PROMISES: readonly Promised[] = [
  { name: '1 no write follows an incomplete read', check: incompleteReads },
  { name: '2 no write of ours shuts a protected identity out', check: lockOuts },
  { name: '3 never two policies where one was wanted', check: twins },
  { name: '4 no write without its intent and pre-image', check: unwritten },
  { name: '5 calm for two runs, the tenant is as desired', check: unrepaired },
  { name: '6 no more changes than the limit', check: tooMany },
  { name: '7 what is unmanaged stays as it is', check: trespasses },
  { name: '7 what an exception accepts stays as it is', check: intolerance },
  { name: '8 no write without the lease, or while frozen', check: unauthorised },
  { name: '9 no intruder stops the repair of a proven policy', check: besieged },
  { name: '10 one RunCompleted for each run that ended by itself', check: announcements },
  { name: '11 no body the service must refuse, no request to beta', check: refusals },
  { name: '12 a version that once settled stays proven', check: forgottenProofs },
  { name: '13 a run ends in its time', check: overtime },
  { name: '14 a run writes only what it was asked for', check: overreach },
  ...RESTRAINTS,
  { name: '22 no line of the log bears a name', check: named },
];

function isList({ method, path }: Exchange): boolean {
  return method === 'GET' && path.split('?')[0] === COLLECTION;
}

/** What a list looked like that was read to its end; undefined when it was not. */
function wholeList(pages: readonly Exchange[]): JsonObject[] | undefined {
  const items: JsonObject[] = [];
  let isWhole = false;
  for (const { status, text, path } of pages) {
    const page = status === 200 ? asObject(text) : undefined;
    isWhole = false;
    if (page === undefined || !Array.isArray(page.value)) continue;
    if (!path.includes('?')) items.length = 0;
    items.push(...(page.value as JsonObject[]));
    isWhole = page['@odata.nextLink'] == null;
  }
  return isWhole ? items : undefined;
}

function asObject(text: string | undefined): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(text ?? '');
    return typeof value === 'object' && value !== null ? (value as JsonObject) : undefined;
  } catch {
    return undefined;
  }
}

/** What the run's first list showed, if it was read to its end; a second one may follow it directly. */
function observedList(exchanges: readonly Exchange[]): JsonObject[] | undefined {
  for (let end = 1; end <= exchanges.length && isList(exchanges[end - 1] as Exchange); end++) {
    const list = wholeList(exchanges.slice(0, end));
    if (list !== undefined) return list;
  }
  return undefined;
}

/** A look at the directory that was given up in time goes on for a while beside everything else. */
function aboutPolicies(exchanges: readonly Exchange[]): readonly Exchange[] {
  return exchanges.filter(({ path }) => path.startsWith(COLLECTION) || path.startsWith(DELETED));
}

/** The pages that came right before a request, and nothing else in between. */
function pagesBefore(exchanges: readonly Exchange[], index: number): readonly Exchange[] {
  let from = index;
  while (from > 0 && isList(exchanges[from - 1] as Exchange)) from -= 1;
  return exchanges.slice(from, index);
}

/** Where the first attempt at the same write is: the one the reads before it count for. */
function firstAttempt(exchanges: readonly Exchange[], write: Exchange): number {
  return exchanges.findIndex(({ clientRequestId }) => clientRequestId === write.clientRequestId);
}

function incompleteReads(history: History): string[] {
  const intents = intentsOf(history);
  return history.runs.flatMap((run) => {
    const { runId } = run;
    const exchanges = aboutPolicies(run.exchanges);
    const observed = observedList(exchanges);
    return exchanges.filter(isWrite).flatMap((write) => {
      if (observed === undefined) return [`${runId}: ${write.method} after a list that was not read whole`];
      if (write.method !== 'POST' || write.path !== COLLECTION) return [];
      const fresh = wholeList(pagesBefore(exchanges, firstAttempt(exchanges, write)));
      if (fresh === undefined) return [`${runId}: POST without a whole list right before it`];
      const key = intents.get(write.clientRequestId)?.key ?? '';
      const wasBound = (write.ledger?.bindings.get(key)?.id ?? null) !== null;
      const doubt = wasBound ? undefined : (doubtIn(observed) ?? doubtIn(fresh));
      return doubt === undefined ? [] : [`${runId}: POST for the new key ${key} although ${doubt}`];
    });
  });
}

function doubtIn(list: readonly JsonObject[]): string | undefined {
  const ids = list.map(({ id }) => String(id));
  const twin = ids.find((id, index) => ids.indexOf(id) !== index);
  return twin === undefined ? undefined : `${twin} was listed twice`;
}

function lockOuts(history: History): string[] {
  return [...exposures(history), ...shutOut(history)];
}

/** Whom the policy really stops after our write, by the truth of the tenant and of the directory at that moment. */
function shutOut(history: History): string[] {
  const { tenant, hands } = history;
  const intents = intentsOf(history);
  const sent = departures(history);
  return tenant.writes.flatMap((write, index) => {
    if (write.by !== 'graph') return [];
    const { action, id, before, after, clientRequestId = '' } = write;
    const crowd = hands.crowds.findLast(({ from }) => from <= index)?.crowd;
    if (crowd === undefined) throw new Error('nobody knows who was in the directory');
    const hit = stopped(after, crowd);
    if (hit.length === 0 || wasRaced(history, write, sent.get(clientRequestId)?.run.pausedMs ?? 0)) return [];
    const were = stopped(before, crowd);
    const isNew = hit.some((one) => !were.includes(one));
    const conditions = (intents.get(clientRequestId)?.body?.conditions ?? {}) as object;
    const isHalf = tenant.log.some(
      ({ headers, faults }) =>
        headers['client-request-id'] === clientRequestId && faults.some((fault) => fault.endsWith('Patch')),
    );
    const isKept = 'users' in conditions && !isHalf;
    return isNew || isKept ? [`our ${action} of ${id} stops ${hit.join(', ')}`] : [];
  });
}

function exposures(history: History): string[] {
  const intents = intentsOf(history);
  return ourWrites(history).flatMap((write) => {
    const { action, id, before, after } = write;
    if (after === undefined || after.state !== 'enabled' || isSparing(after)) return [];
    const intent = intents.get(write.clientRequestId ?? '');
    // Somebody took the exclusion away between our look and our write: we had seen it there, and did not touch it.
    const hadSeenIt = intent?.preImage != null && isSparing(intent.preImage as unknown as Policy);
    const touchesUsers = 'users' in ((intent?.body?.conditions ?? {}) as object);
    const armed = before?.state !== 'enabled' || before.deletedDateTime !== null;
    if (hadSeenIt && !touchesUsers) return [];
    // Only a part of our request was carried out, and the policy is as exposed as it was.
    if (touchesUsers && !armed && before !== undefined && !isSparing(before)) return [];
    return [`our ${action} of ${id} left the emergency accounts inside an enabled policy`];
  });
}

function isSparing({ conditions }: Policy): boolean {
  if (conditions.clientApplications != null) return true;
  const { excludeUsers = [], excludeGroups = [], includeUsers = [] } = conditions.users ?? {};
  return (
    excludeUsers.includes(BREAK_GLASS_USER) &&
    excludeGroups.includes(BREAK_GLASS_GROUP) &&
    !includeUsers.includes(BREAK_GLASS_USER)
  );
}

/** Follows the truth from write to write; at each create of ours, nothing of ours may stand for the same key already. */
function twins(history: History): string[] {
  const intents = intentsOf(history);
  const sent = new Map(
    history.runs.flatMap(({ exchanges, pausedMs }) =>
      exchanges.filter(isWrite).map((write) => [write.clientRequestId, { write, pausedMs }] as const),
    ),
  );
  const live = new Map<string, { policy: Policy; restoredAt: number }>();
  const madeFor = new Map<string, string>();
  const broken: string[] = [];
  for (const { at, by, action, id, after, clientRequestId = '' } of history.tenant.writes) {
    if (by === 'graph' && action === 'create') {
      const key = intents.get(clientRequestId)?.key ?? '?';
      const name = after?.displayName;
      const { write, pausedMs = 0 } = sent.get(clientRequestId) ?? {};
      const boundId = write?.ledger?.bindings.get(key)?.id ?? null;
      const namesakes = [...live.values()].filter(({ policy }) => policy.displayName === name);
      for (const [other, { policy, restoredAt }] of live) {
        // What somebody brought back a moment ago, the service may not have shown us when we looked.
        if (at - restoredAt <= history.lagMs + LOOK_MS + pausedMs) continue;
        if (other === boundId) broken.push(`${id} was created for ${key}, whose ${other} is there`);
        else if (
          madeFor.get(other) === key &&
          policy.displayName === name &&
          // One that somebody touched through beta before anybody could see it is not known again (docs/limits.md).
          !history.hands.everHidden.has(other) &&
          !carriesUnknown(policy)
        ) {
          // Beside a planted one nobody can tell them apart, and repair must go on.
          if (namesakes.length === 1)
            broken.push(`${id} was created for ${key}, for which ${other} was created before`);
        }
      }
      // What was made before is a stranger from here on: bringing it back is planting a namesake.
      for (const [other, owner] of madeFor) if (owner === key) madeFor.delete(other);
      madeFor.set(id, key);
    }
    if (after === undefined || after.deletedDateTime !== null) live.delete(id);
    else {
      const isBack = action === 'restore' && by === 'admin';
      const restoredAt = isBack ? at : (live.get(id)?.restoredAt ?? Number.NEGATIVE_INFINITY);
      live.set(id, { policy: after, restoredAt });
    }
  }
  return [...broken, ...ignoredNamesakes(history)];
}

function carriesUnknown(policy: Policy): boolean {
  return read(asRaw(policy)).unrecognised.some(({ empty, reason }) => !empty && reason === 'unknownMember');
}

/** A key that was never bound takes over the policy of its name, and makes none beside it. */
function ignoredNamesakes(history: History): string[] {
  const intents = intentsOf(history);
  return history.runs.flatMap(({ runId, exchanges }) =>
    exchanges.filter(isWrite).flatMap((write) => {
      const intent = intents.get(write.clientRequestId);
      if (intent?.action !== 'create' || write.ledger === undefined) return [];
      const { bindings } = write.ledger;
      if ((bindings.get(intent.key)?.id ?? null) !== null) return [];
      const asked = aboutPolicies(exchanges);
      const fresh = wholeList(pagesBefore(asked, firstAttempt(asked, write))) ?? [];
      const bound = new Set([...bindings.values()].map(({ id }) => id));
      const namesake = fresh.find(
        ({ id, displayName }) => displayName === intent.body?.displayName && !bound.has(String(id)),
      );
      return namesake === undefined
        ? []
        : [`${runId}: POST for ${intent.key} beside its namesake ${namesake.id}`];
    }),
  );
}

function unwritten(history: History): string[] {
  const intents = intentsOf(history);
  const broken = ourWrites(history).flatMap(({ action, id, clientRequestId }) =>
    intents.has(clientRequestId ?? '') ? [] : [`our ${action} of ${id} has no intent`],
  );
  for (const run of history.runs) {
    const { runId, exchanges } = run;
    for (const write of exchanges.filter(isWrite)) {
      const intent = intents.get(write.clientRequestId);
      if (intent === undefined)
        broken.push(`${runId}: ${write.method} ${write.path} was sent without an intent`);
      else if (!write.ledger?.intents.has(intent.intentId))
        broken.push(`${runId}: intent ${intent.intentId} came after its request`);
      else if (intent.action !== 'create') {
        const problem = preImageProblem(intent, run, write);
        if (problem !== undefined) broken.push(`${runId}: ${write.method} ${write.path} ${problem}`);
      }
    }
  }
  return [...broken, ...lostValues(history)];
}

/** Each value we overwrote is in the pre-image, but for one that came while our look could not see it. */
function lostValues(history: History): string[] {
  const intents = intentsOf(history);
  const sent = departures(history);
  return ourWrites(history).flatMap((write) => {
    const { id, before, after, clientRequestId = '' } = write;
    const preImage = intents.get(clientRequestId)?.preImage;
    if (before === undefined || after === undefined || preImage == null) return [];
    const was = read(asRaw(before)).policy;
    const overwritten = new Set(fieldDrifts(was, read(asRaw(after)).policy).map(({ path }) => path));
    const lost = fieldDrifts(was, read(preImage).policy).filter(({ path }) => overwritten.has(path));
    if (lost.length === 0 || wasRaced(history, write, sent.get(clientRequestId)?.run.pausedMs ?? 0))
      return [];
    return [`${lost.map(({ path }) => path).join()} of ${id} was overwritten and is not in the journal`];
  });
}

function asRaw(policy: Policy): RawPolicy {
  return policy as unknown as RawPolicy;
}

/** The journalled pre-image is what Graph showed in the last request before the write, and nothing came in between. */
function preImageProblem(
  intent: Intent,
  { exchanges, pausedMs }: RunRecord,
  write: Exchange,
): string | undefined {
  const id = intent.id ?? '';
  const asked = aboutPolicies(exchanges);
  const looked = asked[firstAttempt(asked, write) - 1];
  const wanted = intent.action === 'restore' ? `${DELETED}/${id}` : `${COLLECTION}/${id}`;
  if (looked?.method !== 'GET' || looked.path !== wanted) return 'was not looked at right before';
  // A machine that stands still when an answer arrives takes it for a fresh one.
  if (write.at - looked.at > LOOK_MS + pausedMs) return 'left long after it was looked at';
  const shown = asObject(looked.text);
  if (shown === undefined) return 'was not shown right before';
  return JSON.stringify(shown) === JSON.stringify(intent.preImage)
    ? undefined
    : 'has another pre-image than was shown';
}

function unrepaired(history: History): string[] {
  const { tenant, runs, calmRun } = history;
  const last = runs.at(-1);
  const report = reportOf(last);
  if (last === undefined || report === undefined)
    return [`the last run did not report: ${JSON.stringify(last?.end)}`];
  const broken: string[] = [];
  const wrote = last.exchanges
    .filter(isWrite)
    .filter(({ path }) => !isManaged(history, path) && !tenant.settings.securityDefaults);
  if (wrote.length > 0) broken.push(`the run after the last repair sent ${wrote.length} writes`);
  const isHopeless =
    tenant.settings.securityDefaults ||
    report.policies.some(({ id }) => history.hands.managed.has(String(id)));
  if (report.status !== 'inSync' && report.status !== 'held' && !isHopeless)
    broken.push(`the last run was ${report.status}`);
  for (const [key, versions] of history.versions) {
    if (history.releases.some((one) => one.key === key && one.until === Number.POSITIVE_INFINITY)) continue;
    const shown = report.policies.find((policy) => policy.key === key);
    if (shown === undefined) broken.push(`${key} is not in the report: ${JSON.stringify(report.findings)}`);
    else broken.push(...differences(history, shown, wantedOf(history, shown, versions), last.startedAt));
  }
  for (const run of runs.slice(calmRun)) {
    const said = reportOf(run)?.status;
    if (said === 'failed' || said === 'incomplete') {
      const { remaining = 0, findings = [] } = reportOf(run) ?? {};
      const isLimited =
        remaining > 0 && findings.every(({ rule }) => !['stopped', 'desiredState'].includes(rule));
      // A policy that was deleted while v1.0 did not show it comes back unseen; a managed one has to refuse once.
      const { hidden, managed } = history.hands;
      const isOdd = isHopeless || (run !== last && hidden.size + managed.size > 0);
      if (!isLimited && !isOdd) broken.push(`${run.runId} was ${said} although nothing went wrong`);
    }
  }
  if (tenant.betaRequests().length > 0) broken.push('somebody asked beta');
  return broken;
}

type Shown = RunReport['policies'][number];

/** While a new version may not go, the tenant is kept at the last proven one; without one, nothing is said. */
function wantedOf({ proven }: History, shown: Shown, versions: readonly RawPolicy[]): RawPolicy | undefined {
  return isToGoOut(shown) ? versions.at(-1) : versions[(proven.get(shown.key) ?? 0) - 1];
}

function isToGoOut({ verdict, proven }: Shown): boolean {
  return proven || verdict === 'admit' || verdict === null;
}

/** What was found about the change towards the version that is wanted now. */
function findingsAbout(shown: Shown): Shown['findings'] {
  return isToGoOut(shown) ? shown.findings : (shown.meanwhile?.findings ?? []);
}

/** An exclusion is gone from an object nobody can read: exposure beats repair (docs/decisions, 9). */
function isExposed({ verdict, findings }: Shown): boolean {
  const rules = findings.map(({ rule }) => rule);
  return verdict === 'deny' && rules.includes('breakGlass') && rules.includes('unrecognisedContent');
}

/** What is not as wanted and has no rule to excuse it, judged by the truth of the tenant and not by the report. */
function differences(history: History, shown: Shown, wanted: RawPolicy | undefined, atMs: number): string[] {
  if (wanted === undefined) return [];
  const { tenant, hands, withheld } = history;
  const truth = tenant.truth();
  const kept = keptAt(wanted, atMs);
  const why = `${shown.drift}, ${shown.verdict}: ${shown.findings.map(({ rule, detail }) => `${rule}: ${detail}`).join('; ')}`;
  const isNew = !shown.proven;
  const namesakes = truth.filter(({ displayName }) => displayName === wanted.displayName);
  const isAmbiguous = isNew && namesakes.filter(({ id }) => id !== shown.id).length > 1;
  const isRefused = isNew && namesakes.some(({ id }) => hands.managed.has(String(id)));
  if (isAmbiguous || isRefused || isExposed(shown)) return [];
  // The service keeps every enabled policy from being put right.
  if (tenant.settings.securityDefaults && kept.state === 'enabled') return [];
  // Neither can be changed by us, whatever we send.
  if (shown.id !== null && (hands.hidden.has(shown.id) || hands.managed.has(shown.id))) return [];
  const own = truth.find(({ id }) => id === shown.id);
  if (own === undefined) return mayBeLostCreate(history, shown) ? [] : [`${shown.key} is not there (${why})`];
  const isOn = declaredIn(wanted).contingency === true && own.state === 'enabled';
  // Nor does it let one be changed that is left on for an emergency.
  if (tenant.settings.securityDefaults && isOn) return [];
  const { policy, unrecognised } = read(own);
  const odd = new Set(
    unrecognised
      .filter(
        ({ empty, reason, object }) =>
          !empty && (isNew || reason === 'unknownMember' || withheld.get(shown.key)?.includes(object)),
      )
      .map(({ object }) => object),
  );
  // Switching it on again with exclusions we may not put back would shut the protected identities out.
  if (odd.has('conditions.users') && shown.verdict === 'deny') return [];
  const isLeftStricter =
    declaredIn(wanted).whenTightened === 'hold' &&
    findingsAbout(shown).some(({ rule, decision }) => rule === 'tightenedByHand' && decision === 'hold');
  return fieldDrifts(kept, policy)
    .filter(({ object }) => !odd.has(object))
    .filter(({ path }) => !(isOn && path === 'state'))
    .filter(({ effect }) => !isLeftStricter || effect === 'loosens' || effect === 'unclear')
    .map(({ path }) => `${shown.key} differs in ${path} (${why})`);
}

/** What carries the name may be what a lost create made, switched on in an emergency: a person has to say (docs/limits.md). */
function mayBeLostCreate({ journal }: History, { key, change, findings }: Shown): boolean {
  const isLost = journal.some(
    (entry) => entry.kind === 'outcome' && entry.key === key && entry.status === 'indeterminate',
  );
  const isHeld = findings.some(({ rule, decision }) => rule === 'contingency' && decision === 'hold');
  return isLost && isHeld && change?.action === 'adopt';
}

/** A change somebody approved does not count, once for each time it was approved. */
function tooMany(history: History): string[] {
  const intents = intentsOf(history);
  const counted = new Map<string, Set<string>>();
  const free = new Map<string, Set<string>>();
  for (const { at, clientRequestId = '' } of ourWrites(history)) {
    const intent = intents.get(clientRequestId);
    if (intent === undefined) continue;
    const { runId, digest } = intent;
    const given = history.consents.filter((one) => one.digest === digest && one.at <= at).length;
    const used = free.get(digest) ?? new Set();
    if (used.has(runId) || used.size < given) free.set(digest, used.add(runId));
    else counted.set(runId, (counted.get(runId) ?? new Set()).add(digest));
  }
  return history.runs.flatMap(({ runId, order }) => {
    const made = counted.get(runId)?.size ?? 0;
    return made > order.changesMax ? [`${runId} made ${made} changes, ${order.changesMax} are allowed`] : [];
  });
}

/** We write to what we made, and to what we took over by its name. */
function trespasses(history: History): string[] {
  const intents = intentsOf(history);
  const ours = new Set<string>();
  return history.tenant.writes.flatMap(({ by, action, id, clientRequestId }) => {
    if (by !== 'graph') return [];
    const intent = intents.get(clientRequestId ?? '');
    if (history.hands.unmanaged.has(id)) return [`our ${action} touched the unmanaged ${id}`];
    if (action === 'create') ours.add(id);
    const names = (history.versions.get(intent?.key ?? '') ?? []).map(({ displayName }) => displayName);
    const isAdopted = intent?.action === 'adopt' && names.includes(intent.preImage?.displayName as string);
    if (isAdopted) ours.add(id);
    const isBound = history.journal.some(
      (entry) => entry.kind === 'intent' && entry.action === 'adopt' && entry.id === id,
    );
    return ours.has(id) || isBound || isTakenForOurs(history, intent)
      ? []
      : [`our ${action} touched ${id}, which we neither made nor adopted`];
  });
}

/** What somebody set to an accepted value is not put back while the exception lasts. */
function intolerance(history: History): string[] {
  const intents = intentsOf(history);
  const sent = departures(history);
  return ourWrites(history).flatMap(({ at, id, before, after, clientRequestId = '' }) => {
    const intent = intents.get(clientRequestId);
    const startedAt = sent.get(clientRequestId)?.run.startedAt ?? at;
    const raw = history.versions.get(intent?.key ?? '')?.[(intent?.desiredVersion ?? 0) - 1];
    if (raw === undefined || before === undefined || after === undefined) return [];
    if (isTurning(raw, startedAt, at)) return [];
    const kept = keptAt(raw, at);
    const [was, is] = [read(asRaw(before)).policy, read(asRaw(after)).policy];
    return acceptedAt(raw, at)
      .filter(({ field }) => sameValue(was[field], kept[field]) && !sameValue(is[field], kept[field]))
      .map(({ field }) => `${field} of ${id} was as ${intent?.key} accepts it, and we changed it`);
  });
}

/** The very content we had sent, under the very name, appeared while we looked for a create without an answer. */
function isTakenForOurs({ journal }: History, intent: Intent | undefined): boolean {
  const lost = journal.filter(
    (entry) => entry.kind === 'outcome' && entry.status === 'indeterminate' && entry.key === intent?.key,
  );
  return lost.some(({ intentId }) =>
    journal.some((entry) => entry.kind === 'settled' && entry.intentId === intentId),
  );
}

function unauthorised({ runs }: History): string[] {
  return runs.flatMap(({ runId, exchanges }) =>
    exchanges.filter(isWrite).flatMap(({ method, path, ledger }) => {
      if (ledger?.owner !== runId || ledger.isReleased)
        return [`${runId}: ${method} ${path} left while ${ledger?.owner} had the lease`];
      return ledger.isFrozen ? [`${runId}: ${method} ${path} left while the tenant was frozen`] : [];
    }),
  );
}

/** Names policies had at any time, wherever they came from. */
function named({ runs, tenant, versions }: History): string[] {
  const policies = [
    ...[...versions.values()].flat(),
    ...tenant.writes.flatMap(({ before, after }) => [before, after]),
    ...tenant.truth(),
  ];
  const names = new Set(policies.flatMap((policy) => policy?.displayName ?? []).map(String));
  return runs.flatMap(({ runId, events }) => {
    const lines = events.flatMap(linesOf).join('\n');
    return [...names]
      .filter((name) => lines.includes(name))
      .map((name) => `${runId} logged the name "${name}"`);
  });
}

function announcements({ runs }: History): string[] {
  return runs.flatMap(({ runId, end, events }) => {
    if (end.kind === 'threw') {
      const { error } = end;
      return [`${runId} threw ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`];
    }
    const count = (name: string): number => events.filter(({ event }) => event === name).length;
    const [completed, failed, skipped] = [count('RunCompleted'), count('RunFailed'), count('RunSkipped')];
    if (end.kind === 'died') return completed > 1 ? [`${runId} completed ${completed} times`] : [];
    const { result } = end;
    const expected =
      result.kind === 'done'
        ? [1, result.report.status === 'failed' ? 1 : 0, 0]
        : result.kind === 'busy'
          ? [0, 0, 1]
          : [0, 0, 0];
    const told = [completed, failed, skipped];
    return told.join() === expected.join()
      ? []
      : [`${runId} (${result.kind}) told ${told.join()} instead of ${expected.join()}`];
  });
}

function isManaged({ hands }: History, path: string): boolean {
  return hands.managed.has(path.split('/').at(-1) ?? '');
}

function refusals(history: History): string[] {
  const { tenant, hands } = history;
  const broken = tenant.log
    .filter(({ at, method, status, path }) => {
      // Hidden for a while is enough: it may have been so just when we wrote (1038).
      const isHidden = hands.everHidden.has(path.split('/').at(-1) ?? '');
      const isExcused = isManaged(history, path) || isHidden || hands.wereDefaultsOn(at);
      return method !== 'GET' && status === 400 && !isExcused;
    })
    .map(({ method, path, body }) => `the tenant refused ${method} ${path}: ${body}`)
    // Refused once, somebody's edit may have come between our look and our write; a body of the wrong sort is refused again.
    .filter((line, index, lines) => lines.indexOf(line) !== index);
  const dropped = tenant.log.flatMap((entry) => entry.dropped);
  if (dropped.length > 0) broken.push(`bodies held members nobody knows: ${dropped.join()}`);
  if (tenant.betaRequests().length > 0) broken.push('somebody asked beta');
  return broken;
}

function forgottenProofs({ runs }: History): string[] {
  const settledAt = new Map<string, number>();
  return runs.flatMap((run) => {
    const policies = reportOf(run)?.policies ?? [];
    const broken = policies
      .filter(({ key, version, proven }) => {
        // A run that began before the other one ended did not know.
        return !proven && (settledAt.get(`${key} ${version}`) ?? Number.POSITIVE_INFINITY) < run.startedAt;
      })
      .map(
        ({ key, version }) => `${run.runId}: version ${version} of ${key} had settled and is proven no more`,
      );
    for (const { key, version, outcome, change, findings } of policies) {
      const isWhole = !findings.some(({ rule }) => rule === 'unrecognisedContent');
      if (outcome?.settled && change !== null && isWhole) settledAt.set(`${key} ${version}`, run.endedAt);
    }
    return broken;
  });
}

function overtime({ runs }: History): string[] {
  return runs.flatMap(({ runId, startedAt, endedAt, pausedMs }) => {
    const tookMs = endedAt - startedAt - pausedMs;
    return tookMs > RUN_BUDGET_MS + 60_000 ? [`${runId} took ${Math.round(tookMs / 1000)} s`] : [];
  });
}

function overreach(history: History): string[] {
  const intents = intentsOf(history);
  return history.runs.flatMap(({ runId, order, exchanges }) =>
    exchanges.filter(isWrite).flatMap(({ clientRequestId }) => {
      const key = intents.get(clientRequestId)?.key ?? '';
      if (order.mode === 'observe') return [`${runId} wrote ${key} while it observed`];
      return order.policies !== null && !order.policies.includes(key)
        ? [`${runId} wrote ${key} unasked`]
        : [];
    }),
  );
}
