import { Fault } from '../lib/fault.ts';
import type { DesiredRead, DesiredVersion } from '../lib/ports.ts';
import { type DesiredFile, readFiles, renderProblem } from './files.ts';
import { type Moves, movesBetween, pushedAsJson, renderMoves } from './moves.ts';
import { type KeyOptions, signerFor } from './signing.ts';
import { isAgreed, openStore, pushedBy, refuseTakenNames, type StoreOptions, tellPushed } from './store.ts';
import { EXIT, type Terminal } from './terminal.ts';

interface Step {
  readonly file: DesiredFile;
  readonly head: DesiredVersion | undefined;
  readonly moves: Moves;
}

/** Stores files as new versions: shows what changes and which way, asks, and refuses where the base has moved meanwhile. */
export async function pushCommand(
  paths: readonly string[],
  options: StoreOptions & KeyOptions,
  terminal: Terminal,
): Promise<number> {
  const { files, problems } = await readFiles(paths);
  if (problems.length > 0) {
    if (options.json === true) terminal.out(`${JSON.stringify({ pushed: [], unchanged: [], problems })}\n`);
    else terminal.err(`${problems.map(renderProblem).join('\n')}\nNothing was pushed.\n`);
    return EXIT.usage;
  }
  const store = openStore(terminal);
  await store.app.createTables();
  const heads = await store.desired.heads();
  refuseTakenNames(
    files.map(({ key, path, document }) => ({ key, displayName: document.displayName, place: path })),
    heads,
  );
  const steps = files.map((file) => stepFor(file, heads)).filter((step) => step !== undefined);
  const unchanged = files.length - steps.length;
  if (options.json !== true) terminal.out(renderSteps(steps, unchanged));
  if (steps.length === 0) return finish([], steps, unchanged, options, terminal);

  const signer = await signerFor(
    options,
    store.app.settings.signers,
    steps.flatMap(({ head }) => head ?? []),
    terminal,
  );
  if (!(await isAgreed(`Push ${steps.length} as new versions?`, options, terminal))) return EXIT.failed;
  const items = steps.map(({ file: { key, content }, head }) => ({
    key,
    content,
    active: true,
    baseHash: head?.hash ?? null,
    ...pushedBy(options, store, terminal),
  }));
  return finish(await store.desired.push(items, signer), steps, unchanged, options, terminal);
}

/** A damaged head has no base to build on; whoever wants to push over it must first look at what happened. */
function stepFor(file: DesiredFile, heads: DesiredRead): Step | undefined {
  const damaged = heads.damaged.find(({ key }) => key === file.key);
  if (damaged !== undefined) throw new Fault('rejected', `desired row "${file.key}": ${damaged.problem}`);
  const head = heads.versions.find(({ key }) => key === file.key);
  if (head?.active === true && head.content === file.content) return undefined;
  return { file, head, moves: movesBetween(head, { content: file.content, active: true }) };
}

function renderSteps(steps: readonly Step[], unchanged: number): string {
  const shown = steps.flatMap(({ file, head, moves }) => [
    `${file.key} "${file.document.displayName}" version ${(head?.version ?? 0) + 1}`,
    ...renderMoves(moves),
  ]);
  const same = unchanged === 0 ? [] : [`${unchanged} unchanged`];
  return `${[...shown, ...same].join('\n')}\n`;
}

function finish(
  pushed: readonly DesiredVersion[],
  steps: readonly Step[],
  unchanged: number,
  options: StoreOptions,
  terminal: Terminal,
): number {
  if (options.json !== true) {
    terminal.out(tellPushed(pushed));
    return EXIT.done;
  }
  const versions = pushedAsJson(
    pushed,
    (key) => steps.find(({ file }) => file.key === key)?.moves.fields ?? [],
  );
  terminal.out(`${JSON.stringify({ pushed: versions, unchanged, problems: [] })}\n`);
  return EXIT.done;
}
