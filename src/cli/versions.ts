import type { Command } from 'commander';
import { brokenLink, UNSEEN } from '../lib/chain.ts';
import { isKey, parseDesired } from '../lib/desired.ts';
import { type FieldDrift, fieldDrifts, type Observed, observe } from '../lib/diff.ts';
import { Fault } from '../lib/fault.ts';
import { effectiveAt } from '../lib/observe.ts';
import type { PolicyKey } from '../lib/policy/model.ts';
import type { DesiredPush, DesiredRead, DesiredVersion, Ports } from '../lib/ports.ts';
import { mendWord, plain } from '../lib/text.ts';
import { contentOf, wantsOver, write } from './files.ts';
import { fieldsAsJson, type Moves, movesBetween, pushedAsJson, renderField, renderMoves } from './moves.ts';
import { appHere } from './operator.ts';
import { noApp } from './remote.ts';
import { type KeyOptions, signerFor, withKeyOptions } from './signing.ts';
import {
  filesDiffer,
  type Heads,
  headsOf,
  isAgreed,
  openStore,
  pushedBy,
  refuseTakenNames,
  type Store,
  type StoreOptions,
  tellPushed,
} from './store.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

type ChangeOptions = StoreOptions & KeyOptions;

const DIFF_HELP = `
The tenant is read from here, with the managed identity of this machine. Where there is none, the deployed app compares
the newest version with it: caretaker plan <key> --app <url>.

Examples:
  caretaker diff require-mfa@2 require-mfa@3
  caretaker diff require-mfa@2 tenant`;

/** Adds `history`, `diff`, `rollback` and `forget`. @param end takes the exit code */
export function describeVersions(program: Command, terminal: Terminal, end: (code: number) => void): void {
  const json = ['--json', 'answer as JSON on standard output'] as const;
  const changing = (command: Command): Command =>
    withKeyOptions(command)
      .option('-y, --yes', 'do not ask')
      .option('-m, --message <text>', 'why; kept with the version', '')
      .option('--author <name>', 'who; the signed-in user of this machine unless given')
      .option(...json);
  program
    .command('history')
    .description(
      'every version of a policy, who made it and why, and where the chain is broken (exit code 1)',
    )
    .argument('<key>', 'with --out also key@version')
    .option('--out <file>', 'write that version as a file, as it was pushed; the newest unless said')
    .option('-y, --yes', 'replace a file that says something else')
    .option(...json)
    .action(async (key: string, { out, ...options }) =>
      end(
        out === undefined
          ? await historyCommand(key, options, terminal)
          : await writeVersion(key, out, options, terminal),
      ),
    );
  noApp(
    program.command('diff'),
    '`caretaker plan <key> --app <url>` compares the newest version with the tenant',
  )
    .description('compare two versions, or one with the tenant; exit code 3 when they differ')
    .argument('<from>', 'key, or key@version; without a version, the newest')
    .argument('[to]', 'the same, or tenant', TENANT)
    .option(...json)
    .addHelpText('after', DIFF_HELP)
    .action(async (from: string, to: string, options) => end(await diffCommand(from, to, options, terminal)));
  changing(
    program
      .command('rollback')
      .description('store an old version’s content as a new version, after showing what changes')
      .argument('<key>')
      .requiredOption('--to <version>', 'number of the version to go back to'),
  ).action(async (key: string, options) => end(await rollbackCommand(key, options, terminal)));
  changing(
    program
      .command('forget')
      .description('release a policy: it stays in the tenant, and nobody looks after it')
      .argument('<key>'),
  ).action(async (key: string, options) => end(await forgetCommand(key, options, terminal)));
}

async function historyCommand(
  key: string,
  options: { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const store = openStore(terminal);
  const { versions, damaged } = await historyOf(key, store.desired);
  const head = headProblem(key, versions, await headsOf(store, terminal));
  const problems = [...damaged, ...head].map(({ problem }) => problem);
  const doubted = new Set(damaged.map((row) => row.doubted));
  const told = versions.map((version, index) => ({
    version,
    moves: movesBetween(versions[index + 1], version),
    isDoubted: doubted.has(version.version),
  }));
  if (options.json === true) {
    const listed = told.map(versionAsJson);
    terminal.out(`${JSON.stringify({ key, versions: listed, problems })}\n`);
  } else {
    const lines = [...told.flatMap(renderVersion), ...problems.map((one) => `! ${one}`)];
    terminal.out(`${lines.map(plain).join('\n')}\n`);
  }
  return problems.length === 0 ? EXIT.done : EXIT.failed;
}

/** What a version says, back in a file. A tenant's own parameters come as the ids they stood for. */
async function writeVersion(
  name: string,
  path: string,
  { yes, json }: { readonly yes?: boolean; readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { key, version, content } = await namedVersion(name, openStore(terminal).desired);
  const there = await contentOf(path);
  const isNew = there === undefined || there === content || yes === true;
  const status = isNew || (await wantsOver(path, terminal)) ? 'written' : 'kept';
  if (status === 'written') await write(path, content);
  if (json === true) terminal.out(`${JSON.stringify({ key, version, file: path, status })}\n`);
  else
    terminal.out(
      `${path}: ${status === 'written' ? `${key}@${version}` : 'differs and was kept; say --yes'}\n`,
    );
  return status === 'written' ? EXIT.done : EXIT.failed;
}

/** The row a run reads is another than those of the history; it may be damaged, or behind. */
function headProblem(
  key: PolicyKey,
  versions: readonly DesiredVersion[],
  heads: DesiredRead,
): DesiredRead['damaged'] {
  const damaged = heads.damaged.filter((row) => row.key === key);
  const head = heads.versions.find((version) => version.key === key);
  const newest = versions[0];
  if (damaged.length > 0 || head?.hash === newest?.hash) return damaged;
  return [
    {
      key,
      problem: `the newest row "head|${key}" is ${head === undefined ? 'missing' : `version ${head.version}`}, and the newest of the history is ${newest === undefined ? 'none' : `version ${newest.version}`}`,
    },
  ];
}

/** @throws Fault `config` when nothing is stored under the key */
async function historyOf(key: string, desired: Ports['desired']): Promise<DesiredRead> {
  if (!isKey(key)) throw new Fault('config', `${JSON.stringify(key)} is no policy key`);
  const read = await desired.history(key);
  if (read.versions.length + read.damaged.length > 0) return read;
  const known = (await desired.heads()).versions.map((version) => version.key);
  throw new Fault(
    'config',
    `no version of "${key}" is stored; ${mendWord(key, known, '`caretaker status` lists every key')}`,
  );
}

interface ToldVersion {
  readonly version: DesiredVersion;
  readonly moves: Moves;
  /** Nobody known has signed it or built on it: author, signer and all are what its writer chose to say. */
  readonly isDoubted: boolean;
}

function versionAsJson({ version: one, moves, isDoubted }: ToldVersion): Readonly<Record<string, unknown>> {
  const { version, pushedAt, author, message, active, hash, previousHash, signed } = one;
  const { effects } = moves;
  const changes = fieldsAsJson(moves.fields);
  const signer = signed?.signer ?? null;
  const believed = !isDoubted;
  return {
    version,
    pushedAt,
    author,
    message,
    active,
    hash,
    previousHash,
    signer,
    believed,
    effects,
    changes,
  };
}

function renderVersion({ version, moves, isDoubted }: ToldVersion): string[] {
  const { pushedAt, author, message, signed } = version;
  const signer = signed === null ? 'not signed' : `signed by ${signed.signer.slice(0, 12)}`;
  const by = isDoubted ? 'NOT BELIEVED' : signer;
  const effects = moves.effects.length === 0 ? '' : `  ${moves.effects.join(', ')}`;
  return [
    `version ${version.version}  ${pushedAt}  ${author}  ${by}${effects}${message === '' ? '' : `  "${message}"`}`,
    ...renderMoves(moves),
  ];
}

/** Stands for what is there, in place of a version. A key of this name is meant with its version: `tenant@1`. */
const TENANT = 'tenant';

interface Side {
  readonly name: string;
  readonly version: number | null;
}

async function diffCommand(
  from: string,
  to: string,
  options: { readonly json?: boolean },
  terminal: Terminal,
): Promise<number> {
  const { desired } = openStore(terminal);
  const before = await namedVersion(from, desired);
  const { fields, lines, side } =
    to === TENANT
      ? await againstTenant(before, terminal)
      : againstVersion(before, await namedVersion(to, desired));
  const first: Side = { name: before.key, version: before.version };
  if (options.json === true)
    terminal.out(`${JSON.stringify({ from: first, to: side, fields: fieldsAsJson(fields), lines })}\n`);
  else
    terminal.out(
      `${[`${nameOf(first)} → ${nameOf(side)}`, ...renderMoves({ lines })].map(plain).join('\n')}\n`,
    );
  return lines.length === 0 ? EXIT.done : EXIT.drift;
}

function nameOf({ name, version }: Side): string {
  return version === null ? name : `${name}@${version}`;
}

/** @throws Fault `config` when there is no such version */
async function namedVersion(text: string, desired: Ports['desired']): Promise<DesiredVersion> {
  const [key = '', number] = text.split('@');
  const { versions } = await historyOf(key, desired);
  const found =
    number === undefined ? versions[0] : versions.find(({ version }) => String(version) === number);
  if (found === undefined)
    throw new Fault('config', `${text}: there is no such version that can be believed`);
  return found;
}

interface Compared {
  readonly fields: readonly FieldDrift[];
  /** Empty: they say the same. */
  readonly lines: readonly string[];
  readonly side: Side;
}

function againstVersion(before: DesiredVersion, after: DesiredVersion): Compared {
  const { fields, lines } = movesBetween(before, after);
  return { fields, lines, side: { name: after.key, version: after.version } };
}

/** What the tenant has in place of a version, with parameters, emergency accounts and exceptions as they count now and here. */
async function againstTenant(before: DesiredVersion, terminal: Terminal): Promise<Compared> {
  const app = appHere(terminal);
  const parsed = parseDesired(before.content);
  if (!parsed.ok)
    throw new Fault(
      'config',
      `version ${before.version} of ${before.key} says nothing that could be carried out`,
    );
  const ports = app.open(quietLog(terminal));
  const live = await livePolicy(before.key, parsed.document.displayName, ports);
  const side: Side = { name: TENANT, version: null };
  if (live === undefined) return { fields: [], lines: ['missing: the tenant has no such policy'], side };
  const wanted = effectiveAt(parsed.document, app.parameters, app.settings.protected, ports.clock.now());
  const fields = fieldDrifts(wanted, live.reading.policy);
  return { fields, lines: fields.map((field) => renderField(field)), side };
}

/** @throws Fault when the policy cannot be read, or several carry its name */
async function livePolicy(
  key: PolicyKey,
  displayName: string,
  { bindings, policies }: Ports,
): Promise<Observed | undefined> {
  const id = (await bindings.all()).bindings.find((binding) => binding.key === key)?.id ?? null;
  if (id !== null) {
    const read = await policies.read(id);
    if (read.kind === 'hidden')
      throw new Fault('rejected', `${id} uses preview features, so Graph v1.0 does not show it (1037)`);
    return read.kind === 'found' ? observe(id, read.raw) : undefined;
  }
  const named = (await policies.list()).policies.filter((raw) => raw.displayName === displayName);
  if (named.length > 1)
    throw new Fault(
      'rejected',
      `${named.length} policies are named "${displayName}", and none is bound to ${key}`,
    );
  return named[0] === undefined ? undefined : observe(String(named[0].id), named[0]);
}

async function rollbackCommand(
  key: string,
  options: ChangeOptions & { readonly to: string },
  terminal: Terminal,
): Promise<number> {
  const store = openStore(terminal);
  const heads = await headsOf(store, terminal);
  const base = await baseOf(key, store.desired, heads);
  const { versions } = base.read;
  const old = versions.find(({ version }) => String(version) === options.to);
  if (old === undefined)
    throw new Fault('config', `version ${options.to} of ${key} is not there, or cannot be believed`);
  const parsed = parseDesired(old.content);
  if (!parsed.ok)
    throw new Fault('config', `version ${options.to} of ${key} says nothing that could be carried out`);
  const { displayName } = parsed.document;
  refuseTakenNames([{ key, displayName, place: `version ${options.to}` }], heads);
  // Whoever wrote it, going back to it makes it ours: nobody known has signed it, so somebody has to look.
  const isBelieved = (await store.desired.version(key, old.version)) !== undefined;
  const warning = isBelieved ? [] : [`! nobody in DESIRED_STATE_SIGNERS signed version ${old.version}`];
  if (!isBelieved && options.yes === true)
    throw new Fault('rejected', `${warning.join()}; look at it and answer yourself, without --yes`);
  const message = options.message === '' ? `back to version ${old.version}` : options.message;
  const next = { content: old.content, active: true };
  const files = filesDiffer([key]);
  return storeNext({ key, base, next, warning, files }, { ...options, message }, store, terminal);
}

async function forgetCommand(key: string, options: ChangeOptions, terminal: Terminal): Promise<number> {
  const store = openStore(terminal);
  const base = await baseOf(key, store.desired, await headsOf(store, terminal));
  const content = base.newest?.content;
  if (content === undefined) throw new Fault('rejected', `no version of ${key} can be believed`);
  const files = `Where ${key}.json is kept, take it away: the next push of its folder takes the policy up again.\n`;
  const next = { content, active: false };
  return storeNext({ key, base, next, warning: [], files }, options, store, terminal);
}

/** What a key's next version is made on. */
interface Base {
  readonly read: DesiredRead;
  /** The newest version that can be believed. */
  readonly newest: DesiredVersion | undefined;
  /** The newest row is this one, and every link before it is there. */
  readonly isSound: boolean;
  readonly beginsChain: boolean;
  /** The highest number a run has seen. */
  readonly seen: number;
}

async function baseOf(key: string, desired: Ports['desired'], heads: Heads): Promise<Base> {
  const read = await historyOf(key, desired);
  const head = heads.versions.find((version) => version.key === key);
  const newest = head ?? (await newestBelieved(read.versions, desired));
  const beginsChain = newest !== undefined && brokenLink(newest, UNSEEN, read.versions) !== undefined;
  return { read, newest, isSound: head !== undefined && !beginsChain, beginsChain, seen: heads.seen(key) };
}

async function newestBelieved(
  versions: readonly DesiredVersion[],
  desired: Ports['desired'],
): Promise<DesiredVersion | undefined> {
  for (const { key, version } of versions) {
    const believed = await desired.version(key, version);
    if (believed !== undefined) return believed;
  }
  return undefined;
}

interface Next {
  readonly key: PolicyKey;
  readonly base: Base;
  readonly next: Pick<DesiredPush, 'content' | 'active'>;
  /** Lines to read before answering. */
  readonly warning: readonly string[];
  /** What is to be done about the file, which says something else now. */
  readonly files: string;
}

/** Shows, asks and stores one further version of one key. */
async function storeNext(
  { key, base, next, warning, files }: Next,
  options: ChangeOptions,
  store: Store,
  terminal: Terminal,
): Promise<number> {
  const { newest, beginsChain, isSound } = base;
  const isSame = isSound && newest?.content === next.content && newest.active === next.active;
  const moves = movesBetween(newest, next);
  const chain = beginsChain
    ? [`! links before version ${newest?.version} are missing: the new version begins a chain of its own`]
    : [];
  if (options.json !== true)
    terminal.out(`${[key, ...renderMoves(moves), ...warning, ...chain].map(plain).join('\n')}\n`);
  if (isSame) return finish([], moves, options, terminal);
  const { signers } = store.app.settings;
  const signer = await signerFor(options, signers, newest === undefined ? [] : [newest], terminal);
  if (!(await isAgreed(`Push this as a new version of ${key}?`, options, terminal))) return EXIT.failed;
  const item: DesiredPush = {
    key,
    ...next,
    baseHash: newest?.hash ?? null,
    beginsChain,
    above: base.seen,
    ...pushedBy(options, store, terminal),
  };
  const code = finish(await store.desired.push([item], signer), moves, options, terminal);
  if (options.json !== true) terminal.out(files);
  return code;
}

function finish(
  pushed: readonly DesiredVersion[],
  { fields }: Moves,
  options: StoreOptions,
  terminal: Terminal,
): number {
  if (options.json === true)
    terminal.out(`${JSON.stringify({ pushed: pushedAsJson(pushed, () => fields) })}\n`);
  else terminal.out(pushed.length === 0 ? 'Nothing to do.\n' : tellPushed(pushed));
  return EXIT.done;
}
