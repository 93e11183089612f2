import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, extname, join } from 'node:path';
import { type DesiredDocument, effective, isKey, type Named, parseDesired } from '../lib/desired.ts';
import { Fault } from '../lib/fault.ts';
import { PARAMETERS_FILE, type ParametersRead, readParameters } from '../lib/parameters.ts';
import type { PolicyKey } from '../lib/policy/model.ts';
import { byPlace, type Note, type Problem, type ProblemKind, START } from '../lib/problem.ts';
import { protectedIncluded } from '../lib/rules/breakGlass.ts';
import { type Environment, parametersOf, readSettings } from '../lib/settings.ts';
import { decode } from '../lib/strictJson.ts';
import type { Terminal } from './terminal.ts';

export interface DesiredFile {
  readonly path: string;
  readonly key: PolicyKey;
  /** What is stored: the file's text with the tenant's own parameters in ids. */
  readonly content: string;
  readonly document: DesiredDocument;
}

export type FileProblem = Problem & { readonly file: string };
export type FileNote = Note & { readonly file: string };

export interface FilesRead {
  /** Those without a problem of their own. */
  readonly files: readonly DesiredFile[];
  readonly problems: readonly FileProblem[];
  readonly notes: readonly FileNote[];
  /** How many policies were looked at, good or bad. */
  readonly looked: number;
}

/** The parameters of a folder, and the file they are in. */
export interface Folder {
  readonly file: string;
  readonly read: ParametersRead;
}

interface Candidate {
  readonly path: string;
  readonly key: string;
  readonly named: Named | undefined;
  readonly document: DesiredDocument | undefined;
  readonly problems: readonly FileProblem[];
}

/**
 * Reads desired-state files with the parameters beside them, and reports every problem of every file at once.
 *
 * @param paths files, or folders of which each `.json` file counts (not those below)
 * @throws Fault `config` when a path cannot be read or holds no policy
 */
export async function readFiles(paths: readonly string[]): Promise<FilesRead> {
  const found = [...new Set((await Promise.all(paths.map(filesAt))).flat())];
  const policies = found.filter((path) => basename(path) !== PARAMETERS_FILE);
  if (policies.length === 0) throw new Fault('config', `no policy (.json) in ${paths.join(', ')}`);

  const folders = new Map<string, Folder>();
  for (const path of new Set(found.map(dirname))) folders.set(path, await parametersIn(path));
  const candidates: Candidate[] = [];
  for (const path of policies) candidates.push(await candidateAt(path, folders.get(dirname(path))));

  const problems = [
    ...[...folders.values()].flatMap(({ file, read }) => inFile(file, read.problems)),
    ...candidates.flatMap((candidate) => candidate.problems),
    ...valueless(folders, candidates),
    ...clashes(candidates),
  ].sort(inOrder);
  const bad = new Set(problems.map(({ file }) => file));
  const files = candidates.flatMap(({ path, key, document }) =>
    document === undefined || bad.has(path) ? [] : [{ path, key, content: document.content, document }],
  );
  const notes = [
    ...files.flatMap(({ path, document }) => inFile(path, document.notes)),
    ...unused(folders, candidates, found),
  ].sort(inOrder);
  return { files, problems, notes, looked: policies.length };
}

/** `file:line:column: member what is wrong; how to mend it (rule)`, as editors and terminals link it. */
export function renderProblem({ file, line, column, path, message, mend, kind, code }: FileProblem): string {
  const member = path === '' ? '' : `${path} `;
  return `${file}:${line}:${column}: ${member}${message}; ${mend} (${code === undefined ? kind : `${kind} ${code}`})`;
}

export function renderNote({ file, line, column, path, message }: FileNote): string {
  return `${file}:${line}:${column}: note: ${path} ${message}`;
}

/** What every run will deny, as far as the settings here name the emergency accounts of the deployment. */
export function denialsOf(files: readonly DesiredFile[], environment: Environment): readonly FileNote[] {
  const { settings } = readSettings(environment);
  return files.flatMap(({ path: file, document }) => {
    const policy = effective(document.raw, parametersOf(settings), settings.protected);
    return protectedIncluded(policy, settings.protected).map(({ path, message }) => ({
      file,
      ...document.nameAt,
      path,
      message: `${message}. Until then every run denies the policy`,
    }));
  });
}

/** What scripts rely on: every member, always, in this order. */
export function problemJson({ file, line, column, kind, code, path, message, mend }: FileProblem): object {
  return { file, line, column, kind, code: code ?? null, path, message, mend };
}

/** A file itself, or the `.json` files of a folder, in the order of their names. @throws Fault `config` */
export async function filesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const entries = await readdir(path, { withFileTypes: true });
    return entries
      .filter((entry) => extname(entry.name) === '.json' && !entry.isDirectory())
      .map(({ name }) => name)
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): Fault {
  return new Fault('config', `${path} cannot be read: ${(error as Error).message}`, {}, error);
}

/** @throws Fault `config` when the file cannot be read at all */
export async function textAt(path: string): Promise<ReturnType<typeof decode>> {
  try {
    return decode(await readFile(path));
  } catch (error) {
    throw unreadable(path, error);
  }
}

/** The parameters beside policies; none where the folder has no such file. */
export async function parametersIn(folder: string): Promise<Folder> {
  const file = join(folder, PARAMETERS_FILE);
  const isThere = (await readdir(folder)).includes(PARAMETERS_FILE);
  if (!isThere) return { file, read: readParameters('{}') };
  const content = await textAt(file);
  if ('text' in content) return { file, read: readParameters(content.text) };
  return { file, read: { parameters: undefined, places: new Map(), problems: [content.problem] } };
}

async function candidateAt(path: string, folder: Folder | undefined): Promise<Candidate> {
  const key = basename(path, extname(path));
  const wrongKey = isKey(key) ? [] : inFile(path, [problemWithKey(key)]);
  const content = await textAt(path);
  if ('problem' in content) {
    return { path, key, named: undefined, document: undefined, problems: inFile(path, [content.problem]) };
  }
  const own = folder?.read.parameters;
  const parsed = parseDesired(content.text, own);
  if (parsed.ok) return { path, key, named: parsed.document, document: parsed.document, problems: wrongKey };
  // Where the parameters could not be read, none of them is known to be unknown.
  const known = parsed.problems.filter(({ kind }) => own !== undefined || kind !== 'unknownParameter');
  const problems = [...wrongKey, ...inFile(path, known)];
  return { path, key, named: parsed.named, document: undefined, problems };
}

function problemWithKey(key: string): Problem {
  const message = `cannot have the key ${JSON.stringify(key)}`;
  const mend = 'rename it: a-z, 0-9 and -, at most 64 of them, then .json';
  return { kind: 'wrongKey', path: '', ...START, message, mend };
}

function inFile<T extends Problem | Note>(file: string, found: readonly T[]): (T & { file: string })[] {
  return found.map((one) => ({ file, ...one }));
}

function inOrder(one: FileProblem | FileNote, other: FileProblem | FileNote): number {
  if (one.file !== other.file) return one.file < other.file ? -1 : 1;
  return byPlace(one, other);
}

/** A parameter without a value is mended where it gets one, so that place is named beside the ones it is used in. */
function valueless(folders: ReadonlyMap<string, Folder>, candidates: readonly Candidate[]): FileProblem[] {
  return [...folders].flatMap(([folder, { file, read }]) => {
    const wanting = candidates
      .filter(({ path }) => dirname(path) === folder)
      .flatMap(({ problems }) => problems)
      .filter(({ parameter }) => parameter !== undefined && read.places.has(parameter));
    const first = new Map(wanting.toReversed().map((problem) => [problem.parameter ?? '', problem]));
    return [...first].map(
      ([path, { file: user, line }]): FileProblem => ({
        file,
        kind: 'emptyParameter',
        path,
        ...(read.places.get(path) ?? START),
        message: `has no value that can be used, and ${user}:${line} names it`,
        mend: 'write an object id, or a list of them',
      }),
    );
  });
}

function clashes(candidates: readonly Candidate[]): FileProblem[] {
  const keys = new Map<string, string>();
  const names = new Map<string, string>();
  return candidates.flatMap(({ path: file, key, named }) => {
    const found: FileProblem[] = [];
    const problem = (kind: ProblemKind, path: string, message: string, mend: string): void => {
      found.push({ file, kind, path, ...(path === '' ? START : (named?.nameAt ?? START)), message, mend });
    };
    const sameKey = keys.get(key);
    if (sameKey !== undefined) {
      problem('wrongKey', '', `has the key "${key}", and so has ${sameKey}`, 'rename one of them');
    }
    keys.set(key, file);
    if (named === undefined) return found;
    const { displayName } = named;
    const sameName = names.get(displayName);
    if (sameName !== undefined && sameKey === undefined) {
      const message = `"${displayName}" is also the name in ${sameName}`;
      problem('sameName', 'displayName', message, 'give the two policies two names');
    }
    names.set(displayName, file);
    return found;
  });
}

/** Only where every policy of the folder was looked at can a parameter be called unused. */
function unused(
  folders: ReadonlyMap<string, Folder>,
  candidates: readonly Candidate[],
  found: readonly string[],
): FileNote[] {
  return [...folders].flatMap(([folder, { file, read }]) => {
    if (!found.includes(file)) return [];
    const here = candidates.filter(({ path }) => dirname(path) === folder);
    if (here.some(({ document }) => document === undefined)) return [];
    const used = new Set(
      here.flatMap(({ document }) => document?.substitutions.map(({ name }) => name) ?? []),
    );
    return [...read.places]
      .filter(([name]) => !used.has(name))
      .map(([path, place]) => ({ file, path, ...place, message: 'is named by no policy' }));
  });
}

/** A file's text; undefined where there is none. @throws Fault `config` when it cannot be read */
export async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw unreadable(path, error);
  }
}

/** Writes a file, and the folders it needs. @throws Fault `config` when it cannot be written */
export async function write(path: string, content: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  } catch (error) {
    throw new Fault('config', `${path} cannot be written: ${(error as Error).message}`, {}, error);
  }
}

/** Whether a file may be written over one that says something else; where nobody can be asked, it may not. */
export async function wantsOver(path: string, terminal: Terminal): Promise<boolean> {
  return (await terminal.confirm(`${path} is there and differs. Overwrite it?`)) === true;
}
