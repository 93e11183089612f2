import type { DesiredDocument } from '../lib/desired.ts';
import { tooLong } from '../lib/exceptions.ts';
import { Fault } from '../lib/fault.ts';
import type { PolicyKey } from '../lib/policy/model.ts';
import type { DesiredRead, DesiredVersion } from '../lib/ports.ts';
import { plain } from '../lib/text.ts';
import { denialsOf, problemJson, readFiles, renderNote, renderProblem } from './files.ts';
import { type Moves, movesBetween, pushedAsJson, renderMoves } from './moves.ts';
import { type KeyOptions, signerFor } from './signing.ts';
import {
  headsOf,
  isAgreed,
  openStore,
  pushedBy,
  refuseTakenNames,
  type Store,
  type StoreOptions,
  tellPushed,
} from './store.ts';
import { EXIT, type Terminal } from './terminal.ts';

export type PushOptions = StoreOptions & KeyOptions;

/** A text on its way into the tables. */
export interface Draft {
  readonly key: PolicyKey;
  readonly content: string;
  readonly document: DesiredDocument;
  /** Where it comes from, for whoever has to mend it. */
  readonly source: string;
  /** Hash of the version it was made on; the newest one unless given. */
  readonly baseHash?: string;
}

interface Step {
  readonly draft: Draft;
  readonly head: DesiredVersion | undefined;
  readonly moves: Moves;
}

/** What became of the drafts. */
export type Pushed =
  | { readonly kind: 'done'; readonly pushed: ReturnType<typeof pushedAsJson>; readonly unchanged: number }
  | { readonly kind: 'declined' };

/** Stores files as new versions. */
export async function pushCommand(
  paths: readonly string[],
  options: PushOptions,
  terminal: Terminal,
): Promise<number> {
  const { files, problems, notes } = await readFiles(paths);
  if (problems.length > 0) {
    const answer = { pushed: [], unchanged: 0, problems: problems.map(problemJson) };
    if (options.json === true) terminal.out(`${JSON.stringify(answer)}\n`);
    else terminal.err(`${problems.map(renderProblem).join('\n')}\nNothing was pushed.\n`);
    return EXIT.usage;
  }
  if (options.json !== true)
    for (const note of [...notes, ...denialsOf(files, terminal.environment)])
      terminal.out(`${renderNote(note)}\n`);
  const store = openStore(terminal);
  await createTables(store);
  const drafts = files.map((file) => ({ ...file, source: file.path }));
  const result = await pushDrafts(drafts, store, options, terminal);
  if (result.kind === 'declined') return EXIT.failed;
  const { pushed, unchanged } = result;
  if (options.json === true) terminal.out(`${JSON.stringify({ pushed, unchanged, problems: [] })}\n`);
  return EXIT.done;
}

/** Who may write rows and create no tables finds them there, or hears from the first read which one is missing. */
async function createTables({ app }: Store): Promise<void> {
  try {
    await app.createTables();
  } catch (error) {
    if (!(error instanceof Fault) || error.kind !== 'denied') throw error;
  }
}

/** Shows what changes and which way, asks, signs, stores, and refuses where the base has moved meanwhile. */
export async function pushDrafts(
  drafts: readonly Draft[],
  store: Store,
  options: PushOptions,
  terminal: Terminal,
): Promise<Pushed> {
  const say = (text: string): void => (options.json === true ? undefined : terminal.out(text));
  const heads = await headsOf(store, terminal);
  refuseTakenNames(
    drafts.map(({ key, source, document }) => ({ key, displayName: document.displayName, place: source })),
    heads,
  );
  refuseLongExceptions(drafts, store.clock.now());
  const steps = drafts.map((draft) => stepFor(draft, heads)).filter((step) => step !== undefined);
  const unchanged = drafts.length - steps.length;
  say(renderSteps(steps, unchanged));
  if (steps.length === 0) return { kind: 'done', pushed: [], unchanged };

  const signer = await signerFor(
    options,
    store.app.settings.signers,
    steps.flatMap(({ head }) => head ?? []),
    terminal,
  );
  if (!(await isAgreed(`Push ${steps.length} as new versions?`, options, terminal)))
    return { kind: 'declined' };
  const items = steps.map(({ draft: { key, content, baseHash }, head }) => ({
    key,
    content,
    active: true,
    baseHash: baseHash ?? head?.hash ?? null,
    above: heads.seen(key),
    ...pushedBy(options, store, terminal),
  }));
  const versions = await store.desired.push(items, signer);
  say(tellPushed(versions));
  const fieldsOf = (key: PolicyKey) => steps.find(({ draft }) => draft.key === key)?.moves.fields ?? [];
  return { kind: 'done', pushed: pushedAsJson(versions, fieldsOf), unchanged };
}

/** A damaged head has no base to build on; whoever wants to push over it must first look at what happened. */
function stepFor(draft: Draft, heads: DesiredRead): Step | undefined {
  const damaged = heads.damaged.find(({ key }) => key === draft.key);
  if (damaged !== undefined) throw new Fault('rejected', `desired row "${draft.key}": ${damaged.problem}`);
  const head = heads.versions.find(({ key }) => key === draft.key);
  if (head?.active === true && head.content === draft.content) return undefined;
  const moves = movesBetween(head, { content: draft.content, active: true }, draft.document.substitutions);
  return { draft, head, moves };
}

function refuseLongExceptions(drafts: readonly Draft[], nowMs: number): void {
  for (const { source, document } of drafts) {
    const [long] = tooLong(document.declared.exceptions, nowMs);
    if (long === undefined) continue;
    throw new Fault(
      'config',
      `${source}: the exception of ${long.field} until ${long.until} is more than a year ahead; what lasts longer belongs into the policy itself`,
    );
  }
}

function renderSteps(steps: readonly Step[], unchanged: number): string {
  const shown = steps.flatMap(({ draft, head, moves }) => [
    `${draft.key} "${draft.document.displayName}" version ${(head?.version ?? 0) + 1}`,
    ...renderMoves(moves),
  ]);
  const same = unchanged === 0 ? [] : [`${unchanged} unchanged`];
  return `${[...shown, ...same].map(plain).join('\n')}\n`;
}
