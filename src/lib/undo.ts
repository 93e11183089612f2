import { effective, type Parameters, type ProtectedIdentities, parseDesired } from './desired.ts';
import { type FieldDrift, fieldDrifts } from './diff.ts';
import type { Binding, JournalEntry } from './journal.ts';
import { canonical, read } from './policy/canonical.ts';
import { FIELDS, rawAt } from './policy/fields.ts';
import type { Canonical, Policy, PolicyId, PolicyKey, RawPolicy } from './policy/model.ts';
import { createBody } from './policy/render.ts';
import { isWorkloadPolicy } from './policy/serviceRules.ts';
import { asSet } from './policy/values.ts';
import type { DesiredRead, DesiredVersion } from './ports.ts';
import type { RunReport } from './report.ts';

/** What it would mean to take a run back. */
export interface Undo {
  readonly runId: string;
  readonly steps: readonly UndoStep[];
  readonly refused: readonly UndoRefused[];
}

/** One policy as it was before the run, as a new version of what is desired: the next run carries it out, under all rules. */
export interface UndoStep {
  readonly key: PolicyKey;
  readonly displayName: string;
  /** The new version's text. */
  readonly content: string;
  /** The version it is made on. */
  readonly baseHash: string;
  readonly baseVersion: number;
  /** `desired`: as it is desired now; `observed`: as the new version desires it; `effect`: of going there. */
  readonly fields: readonly FieldDrift[];
}

export interface UndoRefused {
  readonly key: PolicyKey;
  /** Why, and what to do instead. */
  readonly reason: string;
}

/** What there is to know about a run that is to be taken back. */
export interface Hindsight {
  readonly runId: string;
  /** null: the run ended before it could be recorded, or its report is gone. */
  readonly report: RunReport | null;
  /** The journal of the run, in the order of writing. */
  readonly entries: readonly JournalEntry[];
  readonly heads: DesiredRead;
  readonly bindings: ReadonlyMap<PolicyKey, Binding>;
  /** Every policy the tenant's list shows now. */
  readonly live: ReadonlyMap<PolicyId, RawPolicy>;
  readonly parameters: Parameters;
  readonly identities: ProtectedIdentities;
}

/** What a run did to one policy. */
type Deed =
  | { readonly key: PolicyKey; readonly kind: 'forgotten' | 'created' }
  | {
      readonly key: PolicyKey;
      readonly kind: 'changed';
      readonly id: PolicyId;
      readonly version: number;
      /** The policy before the run touched it. */
      readonly before: RawPolicy;
      /** Objects the run replaced, such as `conditions.users`. */
      readonly touched: ReadonlySet<string>;
      /** The policy as the run's last write left it. */
      readonly left: RawPolicy;
    };

/** Answers for every policy the run wrote to: a new version that says what was there before, or why there is none. Pure. */
export function undo(hindsight: Hindsight): Undo {
  const answers = deedsOf(hindsight).map((deed) => answerTo(deed, hindsight));
  return {
    runId: hindsight.runId,
    steps: answers.filter((answer): answer is UndoStep => 'content' in answer),
    refused: answers.filter((answer): answer is UndoRefused => 'reason' in answer),
  };
}

type Intent = Extract<JournalEntry, { kind: 'intent' }>;

/** Writes that certainly never happened are no deeds. One whose answer was lost may be: the tenant tells. */
function deedsOf({ entries, report }: Hindsight): readonly Deed[] {
  const undone = new Set(
    entries.flatMap((entry) =>
      entry.kind === 'outcome' && (entry.status === 'stale' || entry.status === 'rejected')
        ? [entry.intentId]
        : [],
    ),
  );
  const intents = entries.filter(
    (entry): entry is Intent => entry.kind === 'intent' && !undone.has(entry.intentId),
  );
  const deeds = [...Map.groupBy(intents, ({ key }) => key)].map(([key, found]) => deedOf(key, found));
  const known = new Set(deeds.map(({ key }) => key));
  const forgotten = (report?.policies ?? [])
    .filter(({ key, outcome, meanwhile }) => {
      const outcomes = [outcome, meanwhile?.outcome ?? null];
      return !known.has(key) && outcomes.some((one) => one?.status === 'applied');
    })
    .map(({ key }) => ({ key, kind: 'forgotten' }) as const);
  return [...deeds, ...forgotten];
}

function deedOf(key: PolicyKey, intents: readonly Intent[]): Deed {
  const [first, last] = [intents[0], intents.at(-1)];
  if (intents.some(({ action }) => action === 'create')) return { key, kind: 'created' };
  if (!first?.preImage || !last?.preImage || first.id === null) return { key, kind: 'forgotten' };
  const touched = new Set(intents.flatMap(({ body }) => objectsIn(body ?? {})));
  const left = overlaid(last.preImage, last.body ?? {});
  const { id, preImage: before } = first;
  return { key, kind: 'changed', id, version: last.desiredVersion, before, touched, left };
}

function objectsIn(body: RawPolicy): readonly string[] {
  const { conditions = {}, ...others } = body;
  return [...Object.keys(others), ...Object.keys(conditions as object).map((name) => `conditions.${name}`)];
}

/** What a PATCH leaves behind: it replaces members whole, those of `conditions` one by one. */
function overlaid(before: RawPolicy, body: RawPolicy): RawPolicy {
  const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
  const { conditions } = body;
  return {
    ...before,
    ...body,
    ...(isObject(conditions)
      ? { conditions: { ...(isObject(before.conditions) ? before.conditions : {}), ...conditions } }
      : {}),
  };
}

function answerTo(deed: Deed, hindsight: Hindsight): UndoStep | UndoRefused {
  const { key } = deed;
  const refuse = (reason: string): UndoRefused => ({ key, reason });
  switch (deed.kind) {
    case 'forgotten':
      return refuse('the journal no longer has what was there before; it is kept for 90 days');
    case 'created':
      return refuse(
        `the run created it, so there is nothing to go back to: \`caretaker forget ${key}\` and delete it by hand, or push it with state disabled`,
      );
    case 'changed': {
      const head = headOf(key, deed.version, hindsight);
      if (typeof head === 'string') return refuse(head);
      const moved = movedSince(deed, hindsight);
      return moved === undefined ? versionOf(deed, head, hindsight) : refuse(moved);
    }
  }
}

/** The desired version to build on, or why there is none. */
function headOf(key: PolicyKey, version: number, { heads }: Hindsight): DesiredVersion | string {
  const damaged = heads.damaged.find((row) => row.key === key);
  if (damaged !== undefined) return damaged.problem;
  const head = heads.versions.find((row) => row.key === key);
  if (head === undefined || !head.active) return 'it is not desired any more';
  if (head.version === version) return head;
  return `version ${head.version} by ${head.author} is desired now, and the run carried out version ${version}: push what you want on top of that`;
}

/** Why the tenant's policy is not the one that the run left; undefined when it is. */
function movedSince(
  { key, id, left }: Extract<Deed, { kind: 'changed' }>,
  { bindings, live }: Hindsight,
): string | undefined {
  if (bindings.get(key)?.id !== id) return `the key does not stand for ${id} any more, which the run changed`;
  const raw = live.get(id);
  if (raw === undefined) return `the tenant's list does not show ${id}: it was deleted or hidden since`;
  const [now, then] = [read(raw), read(left)];
  const spelled = (reading: typeof now): string =>
    JSON.stringify(
      reading.unrecognised.filter(({ empty }) => !empty).map(({ path, value }) => [path, value]),
    );
  const paths = fieldDrifts(then.policy, now.policy).map(({ path }) => path);
  if (spelled(now) !== spelled(then)) paths.push('something that is not known');
  return paths.length === 0
    ? undefined
    : `somebody changed it since the run, or the run’s write never arrived: ${paths.join(', ')}`;
}

function versionOf(
  { key, before, touched }: Extract<Deed, { kind: 'changed' }>,
  head: DesiredVersion,
  { parameters, identities }: Hindsight,
): UndoStep | UndoRefused {
  if (touched.size === 0)
    return { key, reason: 'the run restored or adopted it as it was, and changed nothing in it' };
  const { policy, unrecognised } = read(before);
  const unknown = unrecognised.filter(({ empty, object }) => !empty && touched.has(object));
  if (unknown.length > 0) {
    const members = unknown.map(({ path, value }) => `${path} (${value})`).join(', ');
    return { key, reason: `what was there before cannot be said in a file: ${members}` };
  }
  const current = parseDesired(head.content);
  if (!current.ok) return { key, reason: `version ${head.version} cannot be read any more` };
  const { raw, beside } = current.document;
  const worded = inTheFilesWords(policy, raw, parameters, identities);
  // Only what the run wrote goes back: all else is as desired, or was left alone for a reason that still stands.
  const wanted = Object.fromEntries(
    FIELDS.map(({ path, object }) => [path, (touched.has(object) ? worded : canonical(raw))[path] ?? null]),
  );
  const content = `${JSON.stringify({ ...beside, ...createBody(wanted) }, null, 2)}\n`;
  const parsed = parseDesired(content);
  if (!parsed.ok) {
    const problems = parsed.problems.map(({ path, message }) => `${path} ${message}`).join('; ');
    return { key, reason: `what was there before cannot be desired: ${problems}` };
  }
  const meant = (document: RawPolicy): Policy => effective(document, parameters, identities);
  const fields = fieldDrifts(meant(raw), meant(parsed.document.raw));
  if (fields.length === 0) {
    return {
      key,
      reason: 'there is nothing to take back: exclusions of protected identities are always kept',
    };
  }
  const { displayName } = parsed.document;
  return { key, displayName, content, baseHash: head.hash, baseVersion: head.version, fields };
}

/**
 * The policy in the words of the file it goes into. A list of which the file says `@name` says so again where all of the
 * parameter's ids are in it. Protected identities are merged in by every run, so in exclusions they are written down
 * only where the file wrote them: as ids they would stay excluded when settings name others.
 */
function inTheFilesWords(
  policy: Policy,
  file: RawPolicy,
  parameters: Parameters,
  identities: ProtectedIdentities,
): Policy {
  const merged: Readonly<Record<string, readonly string[]>> = isWorkloadPolicy(policy)
    ? {}
    : {
        'conditions.users.excludeUsers': identities.users,
        'conditions.users.excludeGroups': identities.groups,
      };
  const worded = FIELDS.filter(({ kind }) => kind.name === 'set').map(({ path, kind }) => {
    const written = wordsOf(rawAt(file, path));
    const spelled = asSet(kind.parse(written).value);
    const implied = (merged[path] ?? []).filter((id) => !spelled.includes(id));
    return [path, withParameters(asSet(policy[path]), written, implied, parameters)] as const;
  });
  return { ...policy, ...Object.fromEntries<Canonical>(worded) };
}

function withParameters(
  ids: readonly string[],
  written: readonly string[],
  implied: readonly string[],
  parameters: Parameters,
): readonly string[] {
  const all = new Set([...ids, ...implied]);
  const named = written.filter((word) => {
    const values = word.startsWith('@') ? parameters[word.slice(1)] : undefined;
    return values?.every((id) => all.has(id)) === true;
  });
  const covered = new Set([...implied, ...named.flatMap((word) => parameters[word.slice(1)] ?? [])]);
  return [...new Set(named), ...ids.filter((id) => !covered.has(id))];
}

function wordsOf(value: unknown): readonly string[] {
  return Array.isArray(value) ? value.filter((word) => typeof word === 'string') : [];
}
