import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Command, Option } from 'commander';
import { systemClock } from '../lib/app.ts';
import { type Capture, type CaptureFacts, type CaptureProblem, capture, keysFor } from '../lib/capture.ts';
import { isKey, parseDesired } from '../lib/desired.ts';
import { fieldDrifts } from '../lib/diff.ts';
import { type ExportProblem, readExport } from '../lib/exports.ts';
import { asFault, Fault } from '../lib/fault.ts';
import { effectiveAt } from '../lib/observe.ts';
import type { OwnParameters } from '../lib/parameters.ts';
import { canonical } from '../lib/policy/canonical.ts';
import type { PolicyKey, RawPolicy } from '../lib/policy/model.ts';
import { referencesOf } from '../lib/policy/references.ts';
import { isGuid } from '../lib/policy/values.ts';
import type { Ports } from '../lib/ports.ts';
import { parametersOf, readSettings, type Settings } from '../lib/settings.ts';
import { readJson } from '../lib/strictJson.ts';
import { plain } from '../lib/text.ts';
import { filesAt, parametersIn, textAt, write } from './files.ts';
import { appHere } from './operator.ts';
import { noApp } from './remote.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface CaptureOptions {
  readonly from?: readonly string[];
  readonly out: string;
  readonly all?: boolean;
  readonly yes?: boolean;
  readonly json?: boolean;
}

const HELP = `
The files mean exactly what the tenant shows: pushed as they are, they are adopted without a write. Names of users,
groups and locations become comments where the directory may be read. What v1.0 of Graph cannot carry is not captured,
and said. The tenant is read from here, with the managed identity of this machine; where there is none, save the
answer of GET /identity/conditionalAccess/policies (Graph Explorer, or any tool) and say --from.

Examples:
  caretaker capture --all --out policies
  caretaker capture "CA001 - Require MFA for Azure management"
  caretaker capture --from export.json --out policies

Exit codes: 0 captured, 1 something could not be captured, or a file that says otherwise was kept, 2 wrong usage or an
export that cannot be read.`;

/** Description, options and help of the command. */
export function describeCapture(command: Command): Command {
  return noApp(command, 'save Graph’s own answer and say --from <file>')
    .description('write policies of the tenant, or of an export, as desired-state files; changes no tenant')
    .argument('[policies...]', 'only these, by name, id or key')
    .option('--from <files...>', 'exports to read instead of the tenant, as any tool has written them')
    .option('--out <folder>', 'where the files go', 'captured')
    .addOption(new Option('--all', 'every policy of the tenant').conflicts('from'))
    .option('-y, --yes', 'replace files that say something else')
    .addHelpText('after', HELP);
}

/** A policy to capture, and where it was found. */
interface Source {
  readonly from: string;
  readonly raw: RawPolicy;
}

interface Trouble {
  /** File with place, or the tenant. */
  readonly from: string;
  readonly displayName: string;
  readonly kind: CaptureProblem['kind'] | ExportProblem['kind'] | 'unknown' | 'hidden';
  readonly path: string;
  readonly message: string;
}

interface Gathered {
  readonly sources: readonly Source[];
  readonly problems: readonly Trouble[];
  readonly notes: readonly string[];
  readonly facts: CaptureFacts;
  readonly nowMs: number;
}

interface Written {
  readonly key: PolicyKey;
  readonly displayName: string;
  readonly file: string;
  /** `kept`: the file that is there says something else. */
  readonly status: 'written' | 'unchanged' | 'kept';
  readonly notes: readonly string[];
}

/** Writes policies as desired-state files. Reads the tenant, or an export; writes files and nothing else. */
export async function captureCommand(
  wanted: readonly string[],
  options: CaptureOptions,
  terminal: Terminal,
): Promise<number> {
  const { from, all, out } = options;
  if (from === undefined && all !== true && wanted.length === 0) {
    throw new Fault('config', 'say which policies to capture, by name, id or key, or all of them with --all');
  }
  const own = existsSync(out) ? ((await parametersIn(out)).read.parameters ?? new Map()) : new Map();
  const known = await filesIn(out);
  const names = new Map([...known].map(([key, { displayName }]) => [key, displayName]));
  const keysOf: KeysOf = (sources) =>
    keysFor(
      sources.map(({ raw }) => raw),
      names,
    );
  const choose: Choose = (sources) => select(sources, wanted, keysOf(sources));
  const gathered =
    from === undefined
      ? await gatherLive(choose, own, terminal)
      : await gatherExports(from, choose, own, terminal);
  const keys = keysOf(gathered.sources);
  const written: Written[] = [];
  const problems = [...gathered.problems];
  for (const [index, { from: place, raw }] of gathered.sources.entries()) {
    const key = keys[index] ?? '';
    const before = known.get(key);
    const captured = capture(raw, gathered.facts, before?.beside);
    if (captured.kind === 'captured') {
      written.push(await put(key, captured, before, gathered, options));
    } else {
      const { displayName } = captured;
      problems.push(...captured.problems.map((problem) => ({ from: place, displayName, ...problem })));
    }
  }
  tell(written, problems, gathered.notes, options, terminal);
  if (problems.length > 0) return from === undefined ? EXIT.failed : EXIT.usage;
  return written.some(({ status }) => status === 'kept') ? EXIT.failed : EXIT.done;
}

type KeysOf = (sources: readonly Source[]) => readonly PolicyKey[];
type Choose = (sources: readonly Source[]) => Chosen;

/** Those somebody asked for, each once; and the names that stand for none. */
interface Chosen {
  readonly chosen: readonly Source[];
  readonly missed: readonly string[];
}

async function gatherExports(
  files: readonly string[],
  choose: Choose,
  own: OwnParameters,
  terminal: Terminal,
): Promise<Gathered> {
  const sources: Source[] = [];
  const problems: Trouble[] = [];
  const notes: string[] = [];
  for (const file of files) {
    const bytes = await readFile(file).catch((error: Error) => {
      throw new Fault('config', `${file} cannot be read: ${error.message}`, {}, error);
    });
    const read = readExport(bytes);
    const placed = ({ line, column }: { line: number; column: number }): string =>
      `${file}:${line}:${column}`;
    sources.push(...read.policies.map(({ raw, ...place }) => ({ from: placed(place), raw })));
    problems.push(
      ...read.problems.map((problem) => ({ ...problem, from: placed(problem), displayName: '' })),
    );
    notes.push(...read.notes.map((note) => `${file}: ${note}`));
  }
  // Nothing but the parameters is taken from the settings, and an export can be read without any.
  const { settings } = readSettings(terminal.environment);
  const facts = factsFrom(settings, new Map(), own);
  const { chosen, missed } = choose(sources);
  problems.push(...missed.map((name) => unknown(files.join(', '), name, 'holds no such policy')));
  return { sources: chosen, problems, notes, facts, nowMs: nowOf(terminal) };
}

async function gatherLive(choose: Choose, own: OwnParameters, terminal: Terminal): Promise<Gathered> {
  const app = appHere(terminal);
  const ports = app.open(quietLog(terminal));
  const list = await ports.policies.list();
  const { chosen, missed } = choose(list.policies.map((raw) => ({ from: 'the tenant', raw })));
  const sources = [...chosen];
  const problems: Trouble[] = [];
  for (const name of missed) {
    const read = isGuid(name)
      ? await ports.policies.read(name.toLowerCase())
      : ({ kind: 'missing' } as const);
    if (read.kind === 'found') sources.push({ from: 'the tenant', raw: read.raw });
    else if (read.kind === 'missing') problems.push(unknown('the tenant', name, 'has no such policy'));
    else problems.push({ ...unknown('the tenant', name, HIDDEN), kind: 'hidden' });
  }
  const doubts = list.doubts.map((doubt) => `the list of policies may not be whole: ${doubt}`);
  const { names, notes } = await namesFor(sources, ports);
  return {
    sources,
    problems,
    notes: [...doubts, ...notes],
    facts: factsFrom(app.settings, names, own),
    nowMs: ports.clock.now(),
  };
}

const HIDDEN =
  'uses preview features, so Graph v1.0 does not show it (1037); take them out in the portal, or leave the policy unmanaged';

function unknown(from: string, name: string, message: string): Trouble {
  return { from, displayName: name, kind: 'unknown', path: '', message };
}

function factsFrom(settings: Settings, names: CaptureFacts['names'], own: OwnParameters): CaptureFacts {
  return { parameters: parametersOf(settings), identities: settings.protected, names, own };
}

function nowOf({ world }: Terminal): number {
  return (world.clock ?? systemClock).now();
}

/** By name, id or key; all where nothing is asked for. @param keys of the sources, in their order */
function select(sources: readonly Source[], wanted: readonly string[], keys: readonly PolicyKey[]): Chosen {
  if (wanted.length === 0) return { chosen: sources, missed: [] };
  const isMeant = (name: string, { raw }: Source, key: PolicyKey | undefined): boolean =>
    raw.displayName === name || key === name || String(raw.id).toLowerCase() === name.toLowerCase();
  return {
    chosen: sources.filter((source, index) => wanted.some((name) => isMeant(name, source, keys[index]))),
    missed: wanted.filter((name) => !sources.some((source, index) => isMeant(name, source, keys[index]))),
  };
}

/** Names are a help to the reader: where they cannot be had, the file is written without them. */
async function namesFor(
  sources: readonly Source[],
  { directory, policies }: Ports,
): Promise<{ readonly names: ReadonlyMap<string, string>; readonly notes: readonly string[] }> {
  const references = sources.flatMap(({ raw }) => referencesOf(canonical(raw)));
  const idsOf = (wanted: string): readonly string[] => [
    ...new Set(references.flatMap(({ kind, id }) => (kind === wanted ? [id] : []))),
  ];
  const told = await directory.names({ users: idsOf('users'), groups: idsOf('groups') });
  const notes = told.untold.map((reason) => `names could not be looked up: ${reason}`);
  if (idsOf('locations').length === 0) return { names: told.names, notes };
  try {
    const places = await policies.namedLocations();
    const named = places.map(
      ({ id, displayName }) => [String(id).toLowerCase(), String(displayName ?? '')] as const,
    );
    return { names: new Map([...told.names, ...named]), notes };
  } catch (error) {
    return { names: told.names, notes: [...notes, `names of locations: ${asFault(error).message}`] };
  }
}

/** A desired-state file that is there already. */
interface Before {
  readonly content: string;
  readonly displayName: string;
  /** Its members that are ours: a tenant does not have them, so they are kept. */
  readonly beside: RawPolicy;
}

/** The files of a folder by key; one that nobody can read has no name and is kept like any other. */
async function filesIn(folder: string): Promise<ReadonlyMap<PolicyKey, Before>> {
  const files = new Map<PolicyKey, Before>();
  for (const path of existsSync(folder) ? await filesAt(folder) : []) {
    const key = basename(path, '.json');
    if (isKey(key)) files.set(key, await beforeAt(path));
  }
  return files;
}

async function beforeAt(path: string): Promise<Before> {
  const read = await textAt(path);
  if ('problem' in read) return { content: '', displayName: '', beside: {} };
  const { $schema, caretaker, displayName } = (readJson(read.text).document?.value ?? {}) as RawPolicy;
  const beside = {
    ...($schema === undefined ? {} : { $schema }),
    ...(caretaker === undefined ? {} : { caretaker }),
  };
  return { content: read.text, displayName: String(displayName ?? ''), beside };
}

async function put(
  key: PolicyKey,
  captured: Extract<Capture, { kind: 'captured' }>,
  before: Before | undefined,
  { facts, nowMs }: Gathered,
  { out, yes }: CaptureOptions,
): Promise<Written> {
  const { displayName, content, document, notes } = captured;
  const written = { key, displayName, file: join(out, `${key}.json`), notes };
  if (before !== undefined) {
    const parsed = parseDesired(before.content, facts.own);
    const effective = (file: typeof document) => effectiveAt(file, facts.parameters, facts.identities, nowMs);
    const saysTheSame =
      parsed.ok &&
      fieldDrifts(
        effective(parsed.document),
        effective({ ...document, declared: { ...document.declared, exceptions: [] } }),
      ).length === 0;
    if (saysTheSame) return { ...written, status: 'unchanged' };
    if (yes !== true) return { ...written, status: 'kept' };
  }
  await write(written.file, content);
  return { ...written, status: 'written' };
}

function tell(
  written: readonly Written[],
  problems: readonly Trouble[],
  notes: readonly string[],
  { json }: CaptureOptions,
  terminal: Terminal,
): void {
  if (json === true) {
    terminal.out(`${JSON.stringify({ captured: written, problems, notes })}\n`);
    return;
  }
  for (const { file, displayName, status, notes: own } of written) {
    terminal.out(`${plain(`${file} "${displayName}": ${SAYS[status]}`)}\n`);
    for (const note of own) terminal.out(`${plain(`    ${note}`)}\n`);
  }
  for (const note of notes) terminal.out(`${plain(`note: ${note}`)}\n`);
  for (const { from, displayName, path, message } of problems) {
    const what = [displayName === '' ? '' : `"${displayName}" `, path === '' ? '' : `${path} `].join('');
    terminal.err(`${plain(`${from}: ${what}${message}`)}\n`);
  }
  const left = new Set(problems.map(({ from, displayName }) => `${from} ${displayName}`)).size;
  if (left > 0) terminal.err(`${left} could not be captured.\n`);
}

const SAYS: Readonly<Record<Written['status'], string>> = {
  written: 'written',
  unchanged: 'says this already',
  kept: 'says something else and was kept; look at the difference, or say --yes',
};
