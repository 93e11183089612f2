import { fieldDrifts } from '../../src/lib/diff.ts';
import { read } from '../../src/lib/policy/canonical.ts';
import type { FieldPath, RawPolicy } from '../../src/lib/policy/model.ts';
import { IDENTITIES } from '../support/world.ts';
import { departures, type History, intentsOf, ourWrites, type Promised, wasRaced } from './history.ts';
import { declaredIn, isTurning, keptAt } from './policies.ts';

/** What waits for a person waits, and what is left alone is left alone. */
export const RESTRAINTS: readonly Promised[] = [
  { name: '15 no version that enforces less goes out unapproved', check: looserVersions },
  { name: '16 consent is used up by the write it lets go', check: unusedConsents },
  { name: '16 consent that came to nothing is good again', check: lostConsents },
  { name: '17 consent to what is planned no more is gone', check: staleConsents },
  { name: '18 an emergency that was declared is left on', check: switchedOff },
  { name: '19 what was made stricter by hand waits where its file says so', check: takenBack },
  { name: '20 what flaps is put back once an hour', check: flaps },
  { name: '21 a key that was forgotten is left alone', check: forgotten },
];

/** Compared with the last version that was proven or approved before; one that enforces nothing has nothing to lose. */
function looserVersions(history: History): string[] {
  const intents = intentsOf(history);
  return [...departures(history)].flatMap(([intentId, { write, run }]) => {
    const intent = intents.get(intentId);
    if (intent === undefined) return [];
    const { key, desiredVersion, digest } = intent;
    const consents = history.consents.filter(({ at }) => at <= write.at);
    const proven = write.ledger?.bindings.get(key)?.proven?.version ?? 0;
    const approved = consents.filter((one) => one.key === key && one.rules.includes('loosening'));
    const isApproved =
      approved.some(({ version }) => version === desiredVersion) ||
      consents.some((one) => one.digest === digest && one.rules.includes('loosening'));
    const before = Math.max(proven, ...approved.map(({ version }) => version));
    if (proven === 0 || before >= desiredVersion || isApproved) return [];
    const versions = [before, desiredVersion].map((version) => history.versions.get(key)?.[version - 1]);
    if (versions.some((raw) => raw !== undefined && isTurning(raw, run.startedAt, write.at))) return [];
    const [old, next] = versions.map((raw) => (raw === undefined ? undefined : keptAt(raw, write.at)));
    if (old === undefined || next === undefined || old.state !== 'enabled') return [];
    const looser = fieldDrifts(old, next).filter(
      ({ effect }) => effect === 'loosens' || effect === 'unclear',
    );
    return looser.length === 0
      ? []
      : [
          `${run.runId} wrote version ${desiredVersion} of ${key}, looser in ${looser.map(({ path }) => path)}`,
        ];
  });
}

/** Given before the run began, it is marked before anything leaves. */
function unusedConsents(history: History): string[] {
  const intents = intentsOf(history);
  return [...departures(history)].flatMap(([intentId, { write, run }]) => {
    const digest = intents.get(intentId)?.digest;
    const consent = write.ledger?.consents.find((one) => one.digest === digest);
    if (consent === undefined || consent.at > run.startedAt || consent.usedBy !== null) return [];
    return [`${run.runId} sent ${write.method} ${write.path} and left the consent to it good for another`];
  });
}

/** Judged where nothing goes wrong with the tables. */
function lostConsents({ runs, calmRun, journal, consentsLeft }: History): string[] {
  const calm = new Set(runs.slice(calmRun).map(({ runId }) => runId));
  return consentsLeft.flatMap(({ key, usedBy }) => {
    const outcome = journal.find((entry) => entry.kind === 'outcome' && entry.intentId === usedBy);
    if (outcome?.kind !== 'outcome' || !calm.has(outcome.runId)) return [];
    const isNothing = outcome.status === 'stale' || outcome.status === 'rejected';
    return isNothing ? [`consent to ${key} was used up by a write that was ${outcome.status}`] : [];
  });
}

function staleConsents({ runs, consentsLeft }: History): string[] {
  const { end } = runs.at(-1) ?? {};
  if (end?.kind !== 'ended' || end.result.kind !== 'done') return [];
  const { policies } = end.result.report;
  return consentsLeft.flatMap(({ key, digest }) => {
    const change = policies.find((policy) => policy.key === key)?.change;
    // The create that may take the place of a restore is not shown.
    if (change?.digest === digest || change?.action === 'restore') return [];
    return [`consent to ${digest.slice(0, 8)} of ${key} outlived what it was given to`];
  });
}

function switchedOff(history: History): string[] {
  const intents = intentsOf(history);
  const sent = departures(history);
  return history.tenant.writes.flatMap((write, index) => {
    const { by, id, before, after, clientRequestId = '' } = write;
    const intent = intents.get(clientRequestId);
    if (by !== 'graph' || intent === undefined) return [];
    const raw = history.versions.get(intent.key)?.[intent.desiredVersion - 1];
    const isOff =
      before?.deletedDateTime === null && before.state === 'enabled' && after?.state !== 'enabled';
    if (raw === undefined || declaredIn(raw).contingency !== true || !isOff) return [];
    // Deleted, it was not on; we brought it back a moment ago.
    const last = history.tenant.writes.slice(0, index).findLast((one) => one.id === id);
    const isOurs = last?.by === 'graph' && last.action === 'restore';
    const isApproved = history.consents.some(
      ({ digest, key, version }) =>
        digest === intent.digest || (key === intent.key && version === intent.desiredVersion),
    );
    const isRaced = wasRaced(history, write, sent.get(clientRequestId)?.run.pausedMs ?? 0);
    return isOurs || isApproved || isRaced
      ? []
      : [`${intent.key} (${id}) was on for an emergency, and we switched it off`];
  });
}

function takenBack(history: History): string[] {
  const intents = intentsOf(history);
  const restored = new Set(
    [...intents.values()].flatMap((one) => (one.action === 'restore' ? [one.digest] : [])),
  );
  return [...departures(history)].flatMap(([intentId, { run, write }]) => {
    const intent = intents.get(intentId);
    if (intent?.action !== 'update' || intent.preImage === null || restored.has(intent.digest)) return [];
    const raw = history.versions.get(intent.key)?.[intent.desiredVersion - 1];
    if (raw === undefined || declaredIn(raw).whenTightened !== 'hold') return [];
    if (isTurning(raw, run.startedAt, write.at)) return [];
    const observed = read(intent.preImage).policy;
    const moves = fieldDrifts(keptAt(raw, write.at), observed).filter(({ effect }) => effect !== 'neutral');
    const isStricter = moves.length > 0 && moves.every(({ effect }) => effect === 'tightens');
    const isApproved = history.consents.some(({ digest }) => digest === intent.digest);
    return isStricter && !isApproved && isSparing(intent.preImage)
      ? [`${run.runId} took back what had been made stricter by hand in ${intent.key}`]
      : [];
  });
}

function isSparing({ conditions }: RawPolicy): boolean {
  const { users } = (conditions ?? {}) as { users?: Record<string, readonly string[]> | null };
  const { excludeUsers = [], excludeGroups = [] } = users ?? {};
  return (
    IDENTITIES.users.every((id) => excludeUsers.includes(id)) &&
    IDENTITIES.groups.every((id) => excludeGroups.includes(id))
  );
}

const COUNT = 5;
const WINDOW_MS = 3_600_000;
/** Between the moment a run decides and the moment its write lands. */
const SLACK_MS = 600_000;

/** Judged where no clock is off: a field put back five times within an hour rests for an hour after each time. */
function flaps(history: History): string[] {
  const { siege, runs } = history;
  if (siege === null) return [];
  const [from, to] = [runs[siege.fromRun]?.startedAt ?? 0, runs[siege.toRun - 1]?.endedAt ?? 0];
  const intents = intentsOf(history);
  const sent = departures(history);
  const times = new Map<string, number[]>();
  for (const { at, id, action, before, after, clientRequestId = '' } of ourWrites(history)) {
    const intent = intents.get(clientRequestId);
    if (intent === undefined || at < from || at > to || before === undefined || after === undefined) continue;
    // What goes out for the first time is not put back.
    const proven = sent.get(clientRequestId)?.write.ledger?.bindings.get(intent.key)?.proven?.version;
    if (action !== 'update' || proven !== intent.desiredVersion) continue;
    for (const path of changedBy(before as unknown as RawPolicy, after as unknown as RawPolicy)) {
      const name = `${intent.key} ${id} ${path}`;
      times.set(name, [...(times.get(name) ?? []), at]);
    }
  }
  return [...times].flatMap(([name, all]) =>
    all.flatMap((at, index) => {
      const [first, last] = [all[index - COUNT], all[index - 1]];
      if (first === undefined || last === undefined || last - first > WINDOW_MS) return [];
      const restedMs = at - last;
      return restedMs < WINDOW_MS - SLACK_MS
        ? [`${name} flapped, and was put back again after ${restedMs / 60_000} min`]
        : [];
    }),
  );
}

function changedBy(before: RawPolicy, after: RawPolicy): readonly FieldPath[] {
  return fieldDrifts(read(before).policy, read(after).policy).map(({ path }) => path);
}

function forgotten(history: History): string[] {
  const intents = intentsOf(history);
  return [...departures(history)].flatMap(([intentId, { write, run }]) => {
    const key = intents.get(intentId)?.key;
    const release = history.releases.find(
      (one) => one.key === key && one.from < run.startedAt && one.until > write.at,
    );
    return release === undefined ? [] : [`${run.runId} wrote ${key}, which had been forgotten`];
  });
}
