import deepDiff from 'deep-diff';
import { diff as objectDiff } from 'deep-object-diff';
import jsonPatch from 'fast-json-patch';
import { create } from 'jsondiffpatch';
import microdiff from 'microdiff';
import { createTenant, type JsonObject } from '../sandbox/tenant/index.ts';
import { parseDesired } from '../src/lib/desired.ts';
import { fieldDrifts } from '../src/lib/diff.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import { createBody } from '../src/lib/policy/render.ts';
import { CORPUS, corpusFiles } from '../test/corpus/corpus.ts';
import { cpuOf, type Effort, figure, ms, table } from './measure.ts';
import { mixedPolicies } from './policies.ts';

/** A policy as somebody wrote it, and as a tenant shows it after it was made. Nobody touched it in between. */
interface Pair {
  readonly written: JsonObject;
  readonly shown: JsonObject;
}

/** Something that tells two documents apart. */
interface Differ {
  readonly name: string;
  /** Every difference, in whatever form. */
  differences(one: JsonObject, other: JsonObject): readonly unknown[];
}

const OURS: Differ = {
  name: 'Caretaker',
  differences: (one, other) => fieldDrifts(canonical(one), canonical(other)),
};

const patcher = create();

/** What people reach for. */
const GENERAL: readonly Differ[] = [
  { name: 'deep-diff', differences: (one, other) => deepDiff.diff(one, other) ?? [] },
  {
    name: 'deep-object-diff',
    differences: (one, other) => leaves(objectDiff(one, other)),
  },
  { name: 'fast-json-patch', differences: (one, other) => jsonPatch.compare(one, other) },
  {
    name: 'jsondiffpatch',
    differences: (one, other) => deltas(patcher.diff(one, other)),
  },
  { name: 'microdiff', differences: (one, other) => microdiff(one, other) },
];

/** What a careful user would do to both documents before comparing them, each step on top of the one before. */
const HELP: readonly { readonly name: string; prepare(document: JsonObject): JsonObject }[] = [
  { name: 'as they are', prepare: (document) => document },
  { name: 'server’s own members left out', prepare: (document) => rebuilt(document, isOwn) },
  { name: 'and what is null or empty', prepare: (document) => rebuilt(document, isOwnOrEmpty) },
  { name: 'and lists sorted', prepare: (document) => rebuilt(document, isOwnOrEmpty, sorted) },
];

/** How many drifts each way of comparing makes up, and how long it takes. */
export async function diffs(effort: Effort): Promise<string> {
  const pairs = await pairsOf(texts(effort));
  const source =
    CORPUS === undefined
      ? 'policies of our own mix (no public ones at hand)'
      : 'public policies, as people wrote or exported them';
  return `## Our comparison and general ones

${figure(pairs.length)} ${source}. Each is created in the simulated tenant and read back. Nothing drifted, so
**whatever a comparison reports is false**. The general packages get help: what a careful user would strip or sort on both sides first.
Caretaker gets none. The tenant is a simulated one, written after
Microsoft's metadata and apart from the code it judges; a real one spells out at least as much.

### False drift

Policies with at least one difference, of ${figure(pairs.length)}; in brackets all differences together.

${table(
  ['', ...HELP.map(({ name }) => name)],
  [OURS, ...GENERAL].map((differ) => [
    differ.name,
    ...HELP.map(({ prepare }) =>
      differ === OURS && prepare !== HELP[0]?.prepare ? '' : falseDrifts(differ, pairs, prepare),
    ),
  ]),
)}

### Real drift missed

The tenant's policy is edited in one place, as an intruder or a colleague would. Missed: the report is the same with and
without the edit. The general packages compare with all the help above.

${table(
  ['', ...EDITS.map(({ name }) => name)],
  [OURS, ...GENERAL].map((differ) => [differ.name, ...EDITS.map((edit) => missed(differ, pairs, edit))]),
)}

### Time

CPU of one comparison of two documents as they are, on average over all pairs. Caretaker's includes reading both into
canonical form.

${times(pairs, effort)}`;
}

function texts({ isQuick }: Effort): readonly string[] {
  if (CORPUS !== undefined && !isQuick) return corpusFiles('policies').map(({ text }) => text);
  return mixedPolicies(isQuick ? 12 : 190).map((policy) => JSON.stringify(policy));
}

async function pairsOf(documents: readonly string[]): Promise<readonly Pair[]> {
  const pairs: Pair[] = [];
  for (const text of documents) {
    const parsed = parseDesired(text);
    const shown = parsed.ok ? await madeBy(parsed.document.raw) : undefined;
    if (parsed.ok && shown !== undefined) pairs.push({ written: parsed.document.raw as JsonObject, shown });
  }
  if (pairs.length === 0) throw new Error('no policy could be created in the simulated tenant');
  return pairs;
}

/** @returns what the tenant shows of the policy, or undefined where it refuses to make it */
async function madeBy(raw: RawPolicy): Promise<JsonObject | undefined> {
  const wanted = canonical(raw);
  const strength = wanted['grantControls.authenticationStrength.id'];
  const isCustom = typeof strength === 'string' && !strength.startsWith('00000000');
  const tenant = createTenant({
    unlistedLocations: 'any',
    strengths: isCustom ? [{ id: strength, displayName: 'custom' }] : [],
  });
  const answer = await tenant.handle({
    method: 'POST',
    path: '/v1.0/identity/conditionalAccess/policies',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(createBody(wanted)),
  });
  return typeof answer === 'object' && answer.status === 201 ? tenant.truth()[0] : undefined;
}

function falseDrifts(
  differ: Differ,
  pairs: readonly Pair[],
  prepare: (document: JsonObject) => JsonObject,
): string {
  const counts = pairs.map(
    ({ written, shown }) => differ.differences(prepare(written), prepare(shown)).length,
  );
  return `${figure(counts.filter((count) => count > 0).length)} (${figure(counts.reduce((sum, count) => sum + count, 0))})`;
}

const STRANGER = 'deadbeef-0000-4000-8000-000000000000';

/** Changes of what a policy says. Each returns false where the policy gives no occasion. */
const EDITS: readonly { readonly name: string; edit(policy: Editable): boolean }[] = [
  {
    name: 'switched on or off',
    edit: (policy) => {
      policy.state = policy.state === 'enabled' ? 'disabled' : 'enabled';
      return true;
    },
  },
  {
    name: 'a stranger excluded',
    edit: ({ conditions: { users } }) => users?.excludeUsers?.push(STRANGER) !== undefined,
  },
  {
    name: 'an included application dropped',
    edit: ({ conditions: { applications } }) => {
      const dropped = applications?.includeApplications?.pop();
      // `None` and an empty list say the same.
      return dropped !== undefined && dropped !== 'None';
    },
  },
  {
    name: 'its controls dropped',
    edit: (policy) => {
      const had = policy.grantControls !== null;
      policy.grantControls = null;
      return had;
    },
  },
];

/** The part of Graph's JSON that the edits touch. */
interface Editable {
  state: string;
  conditions: {
    users?: { excludeUsers?: string[] } | null;
    applications?: { includeApplications?: string[] } | null;
  };
  grantControls: unknown;
}

function missed(differ: Differ, pairs: readonly Pair[], { edit }: (typeof EDITS)[number]): string {
  const prepare =
    differ === OURS ? (document: JsonObject) => document : (HELP.at(-1)?.prepare ?? (() => ({})));
  const reports = pairs.flatMap(({ written, shown }) => {
    const edited = structuredClone(shown);
    if (!edit(edited as unknown as Editable)) return [];
    const report = (document: JsonObject): string =>
      JSON.stringify(differ.differences(prepare(written), prepare(document)));
    return [report(edited) === report(shown)];
  });
  return `${figure(reports.filter(Boolean).length)} of ${figure(reports.length)}`;
}

function times(pairs: readonly Pair[], effort: Effort): string {
  const timed = [OURS, ...GENERAL].map(({ name, differences }) => ({
    name,
    cost: cpuOf(() => pairs.map(({ written, shown }) => differences(written, shown)), effort) / pairs.length,
  }));
  const ours = timed[0]?.cost ?? Number.NaN;
  return table(
    ['', 'one comparison', 'times ours'],
    timed.map(({ name, cost }) => [name, ms(cost), figure(cost / ours)]),
  );
}

/** Every single change in a nested delta: those are lists, and `_t` says that what is around it is one. */
function deltas(delta: unknown): readonly unknown[] {
  if (Array.isArray(delta)) return [delta];
  if (typeof delta !== 'object' || delta === null) return [];
  return Object.entries(delta).flatMap(([name, part]) => (name === '_t' ? [] : deltas(part)));
}

/** Every leaf of a nested answer, with where it is; what was removed is there as undefined. */
function leaves(value: unknown, path = ''): readonly string[] {
  if (typeof value !== 'object' || value === null) return [`${path}: ${value}`];
  return Object.entries(value).flatMap(([name, member]) => leaves(member, `${path}/${name}`));
}

const OWN: ReadonlySet<string> = new Set([
  'id',
  'templateId',
  'createdDateTime',
  'modifiedDateTime',
  'deletedDateTime',
]);

function isOwn(name: string, _value: unknown, depth: number): boolean {
  return name.includes('@odata.') || (depth === 0 && OWN.has(name));
}

function isOwnOrEmpty(name: string, value: unknown, depth: number): boolean {
  return (
    isOwn(name, value, depth) ||
    value === null ||
    (typeof value === 'object' && Object.keys(value).length === 0)
  );
}

/** The document without some of its members, from the inside out. */
function rebuilt(
  document: JsonObject,
  isDropped: (name: string, value: unknown, depth: number) => boolean,
  listed: (list: readonly unknown[]) => readonly unknown[] = (list) => list,
): JsonObject {
  const again = (value: unknown, depth: number): unknown => {
    if (Array.isArray(value)) return listed(value.map((item) => again(item, depth + 1)));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.entries(value).map(([name, member]) => [name, again(member, depth + 1)] as const);
    return Object.fromEntries(members.filter(([name, member]) => !isDropped(name, member, depth)));
  };
  return again(document, 0) as JsonObject;
}

function sorted(list: readonly unknown[]): readonly unknown[] {
  return list.toSorted((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}
