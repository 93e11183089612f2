import { join } from 'node:path';
import { createApp } from '../lib/app.ts';
import { lackingIn } from '../lib/baselines.ts';
import { Fault } from '../lib/fault.ts';
import { beginningFrom, type Choices } from './beginning.ts';
import { contentOf, wantsOver, write } from './files.ts';
import { type Beginning, filesFor, type NewFile, POLICIES, SETTINGS } from './initFiles.ts';
import { operatorCredential } from './operator.ts';
import { EXIT, type Terminal } from './terminal.ts';

export interface InitOptions extends Choices {
  readonly createTables?: boolean;
  readonly json?: boolean;
}

export const INIT_HELP = `
all: every ready policy the cloud can carry, but for the article's form of 2020, of which Microsoft's template is the
better start. With --yes a file that is there and differs stays as it is.

Examples:
  caretaker init
  caretaker init ours --yes --baselines CA010,CA011,CA102 --tenant 7e4a1c00-0000-4000-8000-0000000000aa \\
    --break-glass-users b1ea4c1a-0000-4000-8000-000000000001

Exit codes: 0 written, 1 a file that differs was kept, a question was left, or the tables could not be created,
2 wrong usage.`;

/** What became of the files. */
interface Written {
  readonly written: readonly string[];
  readonly unchanged: readonly string[];
  /** There already, with something else in them. */
  readonly kept: readonly string[];
}

type Tables =
  | { readonly status: 'created' | 'left' }
  | { readonly status: 'failed'; readonly reason: string };

/** Asks what to begin with, writes it as files a person can review, and says what comes next. */
export async function initCommand(folder: string, options: InitOptions, terminal: Terminal): Promise<number> {
  const beginning = await beginningFrom(options, terminal);
  // Everything is asked before anything is done, so that whoever leaves a question has changed nothing.
  const files = await decided(filesFor(folder, beginning), options, terminal);
  const isForTables = options.createTables === true || (await wantsTables(options, terminal));
  const written = await writeFiles(files);
  const tables: Tables = isForTables ? await createTables(terminal) : { status: 'left' };
  const warnings = warningsFor(folder, beginning);
  const next = nextCommands(folder);
  if (options.json === true)
    terminal.out(`${JSON.stringify({ folder, ...written, tables, warnings, next })}\n`);
  else terminal.out(`${[...told(written, tables), '', 'Next:', ...next.map(indented)].join('\n')}\n`);
  for (const warning of warnings) terminal.err(`Warning: ${warning}\n`);
  return written.kept.length > 0 || tables.status === 'failed' ? EXIT.failed : EXIT.done;
}

/** A file, and what is to become of it. */
type Decided = NewFile & { readonly fate: keyof Written };

async function decided(
  files: readonly NewFile[],
  options: InitOptions,
  terminal: Terminal,
): Promise<readonly Decided[]> {
  const all: Decided[] = [];
  for (const file of files) {
    const there = await contentOf(file.path);
    const isNew = there === undefined;
    if (there === file.content) all.push({ ...file, fate: 'unchanged' });
    else if (isNew || (await mayOverwrite(file.path, options, terminal)))
      all.push({ ...file, fate: 'written' });
    else all.push({ ...file, fate: 'kept' });
  }
  return all;
}

async function writeFiles(files: readonly Decided[]): Promise<Written> {
  const pathsOf = (wanted: keyof Written): readonly string[] =>
    files.flatMap(({ path, fate }) => (fate === wanted ? [path] : []));
  for (const { path, content, fate } of files) if (fate === 'written') await write(path, content);
  return { written: pathsOf('written'), unchanged: pathsOf('unchanged'), kept: pathsOf('kept') };
}

async function mayOverwrite(path: string, { yes }: InitOptions, terminal: Terminal): Promise<boolean> {
  return yes !== true && (await wantsOver(path, terminal));
}

/** Settings the tables need. */
const STORAGE = new Set(['STATE_STORAGE', 'STATE_STORAGE__tableServiceUri', 'AZURE_CLIENT_ID']);

/** The files are written by now, so a failure is told, not thrown. */
async function createTables(terminal: Terminal): Promise<Tables> {
  const read = createApp(terminal.environment, {
    ...terminal.world,
    ...operatorCredential(terminal),
    ignore: ({ setting }) => !STORAGE.has(setting),
  });
  if (!read.ok) {
    const reason = read.problems.map(({ setting, problem }) => `${setting} ${problem}`).join('; ');
    return { status: 'failed', reason };
  }
  try {
    await read.app.createTables();
    return { status: 'created' };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { status: 'failed', reason: error.message };
  }
}

async function wantsTables({ yes }: InitOptions, terminal: Terminal): Promise<boolean> {
  const { STATE_STORAGE__tableServiceUri: uri, STATE_STORAGE: connection } = terminal.environment;
  if (yes === true || (uri === undefined && connection === undefined)) return false;
  return (await terminal.confirm(`Create the tables in ${uri ?? 'the storage of STATE_STORAGE'}?`)) === true;
}

function warningsFor(folder: string, beginning: Beginning): readonly string[] {
  const { cloud, tenantId, policies, breakGlassUsers, breakGlassGroups } = beginning;
  const keys = new Set(policies.map(({ baseline }) => baseline.key));
  return [
    ...(tenantId === null ? [`TENANT_ID is empty in ${join(folder, SETTINGS)}; fill it in.`] : []),
    ...(breakGlassUsers.length + breakGlassGroups.length === 0
      ? [
          'no emergency accounts are named: the app reports, and writes nothing until BREAK_GLASS_USERS or BREAK_GLASS_GROUPS names some.',
        ]
      : []),
    ...policies.flatMap(({ baseline, policy }) =>
      lackingIn(cloud, policy).map(({ short }) => `${baseline.key} needs ${short}, which ${cloud} lacks.`),
    ),
    ...policies.flatMap(({ baseline: { key, supersededBy } }) =>
      supersededBy !== undefined && keys.has(supersededBy)
        ? [`${key} and ${supersededBy} say the same; keep one of them.`]
        : [],
    ),
  ];
}

function told({ written, unchanged, kept }: Written, tables: Tables): readonly string[] {
  return [
    ...written.map((path) => `wrote      ${path}`),
    ...unchanged.map((path) => `unchanged  ${path}`),
    ...kept.map((path) => `KEPT       ${path}, which differs`),
    ...(tables.status === 'created' ? ['there      are the tables'] : []),
    ...(tables.status === 'failed' ? [`NO TABLES  ${tables.reason}`] : []),
  ];
}

function nextCommands(folder: string): readonly string[] {
  const policies = join(folder, POLICIES);
  const settings = join(folder, SETTINGS);
  return [
    // Without a slash a shell would look for it on its path.
    `set -a; . ${settings.includes('/') ? '' : './'}${settings}; set +a`,
    `caretaker validate ${policies}`,
    `caretaker push ${policies}`,
    'caretaker plan --app https://<app>.azurewebsites.net',
  ];
}

function indented(line: string): string {
  return `  ${line}`;
}
