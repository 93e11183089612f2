import { brokenLink, UNSEEN } from '../lib/chain.ts';
import { parseDesired } from '../lib/desired.ts';
import { Fault } from '../lib/fault.ts';
import type { PolicyKey } from '../lib/policy/model.ts';
import type { DesiredPush, DesiredRead, DesiredVersion, Ports } from '../lib/ports.ts';
import { plain } from '../lib/text.ts';
import { type Moves, movesBetween, pushedAsJson, renderMoves } from './moves.ts';
import { type KeyOptions, signerFor } from './signing.ts';
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
import { historyOf } from './stored.ts';
import { EXIT, type Terminal } from './terminal.ts';

type ChangeOptions = StoreOptions & KeyOptions;

export async function rollbackCommand(
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

export async function forgetCommand(
  key: string,
  options: ChangeOptions,
  terminal: Terminal,
): Promise<number> {
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
