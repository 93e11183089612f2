import type { App } from '../lib/app.ts';
import { parseDesired } from '../lib/desired.ts';
import { Fault } from '../lib/fault.ts';
import { readTables } from '../lib/observe.ts';
import type { PolicyKey } from '../lib/policy/model.ts';
import type { DesiredPush, DesiredRead, DesiredVersion, Ports } from '../lib/ports.ts';
import { tablesHere } from './operator.ts';
import { quietLog, type Terminal } from './terminal.ts';

/** What every command that stores versions takes. */
export interface StoreOptions {
  readonly yes?: boolean;
  readonly message: string;
  readonly author?: string;
  readonly json?: boolean;
}

const BUDGET_MS = 120_000;

/** The desired state as the person at the keyboard reaches it. */
export interface Store extends Pick<Ports, 'desired' | 'bindings' | 'clock'> {
  readonly app: App;
}

/** The newest version of each key, judged by what runs have seen. */
export interface Heads extends DesiredRead {
  /** The highest number of a key that a run has seen; 0: none, as far as anybody may tell here. */
  seen(key: PolicyKey): number;
}

/**
 * Reads the newest versions as a run does: one that was put back, or replaced, is damaged. Whoever may not read what runs
 * have seen is told, and goes by the versions alone.
 */
export async function headsOf(store: Store, terminal: Terminal): Promise<Heads> {
  try {
    const { bound, rows } = await readTables(store);
    const seen = new Map(bound.bindings.map(({ key, highestVersion }) => [key, highestVersion]));
    return { ...rows, seen: (key) => seen.get(key) ?? 0 };
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'denied') throw error;
    terminal.err(`A row that was put back outside \`caretaker\` is not noticed here: ${error.message}\n`);
    return { ...(await store.desired.heads()), seen: () => 0 };
  }
}

/** @throws Fault `config` naming every wrong setting that matters here */
export function openStore(terminal: Terminal): Store {
  const app = tablesHere(terminal);
  return { app, ...app.open(quietLog(terminal), BUDGET_MS) };
}

/** Asks, unless `--yes` answered already. @throws Fault `config` when nobody can be asked */
export async function isAgreed(
  question: string,
  { yes }: Pick<StoreOptions, 'yes'>,
  terminal: Terminal,
): Promise<boolean> {
  const agreed = yes === true ? true : await terminal.confirm(question);
  if (agreed === undefined) throw new Fault('config', 'nobody can be asked here: say --yes');
  if (!agreed) terminal.err('Nothing was pushed.\n');
  return agreed;
}

/** What is the same for all versions of one push. */
export function pushedBy(
  { author, message }: StoreOptions,
  { clock }: Store,
  terminal: Terminal,
): Pick<DesiredPush, 'author' | 'message' | 'pushedAt'> {
  return { author: author ?? terminal.user, message, pushedAt: new Date(clock.now()).toISOString() };
}

/** A policy that is about to be stored under a key. */
export interface Named {
  readonly key: PolicyKey;
  readonly displayName: string;
  /** Where the name is written, for the message. */
  readonly place: string;
}

/** @throws Fault `config` when a name belongs to another key, which is not stored in the same go */
export function refuseTakenNames(named: readonly Named[], heads: DesiredRead): void {
  const stored = new Set(named.map(({ key }) => key));
  for (const { key, content, active } of heads.versions) {
    if (!active || stored.has(key)) continue;
    const parsed = parseDesired(content);
    const taken = parsed.ok
      ? named.find(({ displayName }) => displayName === parsed.document.displayName)
      : undefined;
    if (taken !== undefined) {
      throw new Fault(
        'config',
        `${taken.place}: displayName "${taken.displayName}" belongs to the key "${key}" already; two policies need two names`,
      );
    }
  }
}

/** Of versions that came from no file: those of the same keys say something else now. */
export function filesDiffer(keys: readonly PolicyKey[]): string {
  return keys
    .map(
      (key) =>
        `Where ${key}.json is kept, it says what it said before, and its next push takes this back; to have it say this: caretaker history ${key} --out <folder>/${key}.json\n`,
    )
    .join('');
}

export function tellPushed(pushed: readonly DesiredVersion[]): string {
  return pushed.length === 0
    ? ''
    : `Pushed ${pushed.map(({ key, version }) => `${key} ${version}`).join(', ')}.\n`;
}
