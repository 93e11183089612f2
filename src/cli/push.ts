import type { App } from '../lib/app.ts';
import { type DesiredDocument, parseDesired } from '../lib/desired.ts';
import { fieldDrifts } from '../lib/diff.ts';
import { Fault } from '../lib/fault.ts';
import { canonical } from '../lib/policy/canonical.ts';
import type { Policy, PolicyKey } from '../lib/policy/model.ts';
import type { DesiredPush, DesiredRead, DesiredVersion } from '../lib/ports.ts';
import { renderMove } from '../lib/render.ts';
import { plain } from '../lib/text.ts';
import { readFiles, renderProblem } from './files.ts';
import { tablesHere } from './operator.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

export interface PushOptions {
  readonly yes?: boolean;
  readonly message: string;
  readonly author?: string;
  readonly json?: boolean;
}

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
  readonly lines: readonly string[];
}

/** What became of the drafts. */
export type Pushed =
  | {
      readonly kind: 'done';
      readonly pushed: readonly Pick<DesiredVersion, 'key' | 'version' | 'hash'>[];
      readonly unchanged: number;
    }
  | { readonly kind: 'declined' };

/** Stores files as new versions. */
export async function pushCommand(
  paths: readonly string[],
  options: PushOptions,
  terminal: Terminal,
): Promise<number> {
  const { files, problems } = await readFiles(paths);
  if (problems.length > 0) {
    if (options.json === true) terminal.out(`${JSON.stringify({ pushed: [], unchanged: [], problems })}\n`);
    else terminal.err(`${problems.map(renderProblem).join('\n')}\nNothing was pushed.\n`);
    return EXIT.usage;
  }
  const app = tablesHere(terminal);
  await app.createTables();
  const drafts = files.map((file) => ({ ...file, source: file.path }));
  const result = await pushDrafts(drafts, app, options, terminal);
  if (result.kind === 'declined') return EXIT.failed;
  const { pushed, unchanged } = result;
  if (options.json === true) terminal.out(`${JSON.stringify({ pushed, unchanged, problems: [] })}\n`);
  return EXIT.done;
}

/** Shows what changes and which way, asks, stores, and refuses where the base has moved meanwhile. */
export async function pushDrafts(
  drafts: readonly Draft[],
  app: App,
  options: PushOptions,
  terminal: Terminal,
): Promise<Pushed> {
  const say = (text: string): void => (options.json === true ? undefined : terminal.out(text));
  const { desired, clock } = app.open(quietLog(terminal), 120_000);
  const heads = await desired.heads();
  refuseTakenNames(drafts, heads);
  const steps = drafts.map((draft) => stepFor(draft, heads)).filter((step) => step !== undefined);
  const unchanged = drafts.length - steps.length;
  say(renderSteps(steps, unchanged));
  if (steps.length === 0) return { kind: 'done', pushed: [], unchanged };

  const agreed =
    options.yes === true ? true : await terminal.confirm(`Push ${steps.length} as new versions?`);
  if (agreed === undefined) throw new Fault('config', 'nobody can be asked here: say --yes');
  if (!agreed) {
    terminal.err('Nothing was pushed.\n');
    return { kind: 'declined' };
  }
  const pushedAt = new Date(clock.now()).toISOString();
  const items = steps.map(
    ({ draft, head }): DesiredPush => ({
      key: draft.key,
      content: draft.content,
      active: true,
      author: options.author ?? terminal.user,
      message: options.message,
      pushedAt,
      baseHash: draft.baseHash ?? head?.hash ?? null,
    }),
  );
  const pushed = (await desired.push(items)).map(({ key, version, hash }) => ({ key, version, hash }));
  say(`Pushed ${pushed.map(({ key, version }) => `${key} ${version}`).join(', ')}.\n`);
  return { kind: 'done', pushed, unchanged };
}

/** A damaged head has no base to build on; whoever wants to push over it must first look at what happened. */
function stepFor(draft: Draft, heads: DesiredRead): Step | undefined {
  const damaged = heads.damaged.find(({ key }) => key === draft.key);
  if (damaged !== undefined) throw new Fault('rejected', `desired row "${draft.key}": ${damaged.problem}`);
  const head = heads.versions.find(({ key }) => key === draft.key);
  if (head?.active === true && head.content === draft.content) return undefined;
  return { draft, head, lines: moves(head, draft) };
}

function moves(head: DesiredVersion | undefined, draft: Draft): string[] {
  const before = head?.active === true ? parseDesired(head.content) : undefined;
  if (before === undefined || !before.ok) return ['new'];
  // Parameters are compared by name here: what they stand for is the deployed app's to say.
  const [from, to]: [Policy, Policy] = [canonical(before.document.raw), canonical(draft.document.raw)];
  const drifts = fieldDrifts(from, to);
  if (drifts.length === 0) return ['says the same in other words'];
  return drifts.map(
    ({ path, desired, observed, effect }) => `${path}: ${renderMove(desired, observed)} (${effect})`,
  );
}

function refuseTakenNames(drafts: readonly Draft[], heads: DesiredRead): void {
  const pushed = new Set(drafts.map(({ key }) => key));
  for (const { key, content, active } of heads.versions) {
    if (!active || pushed.has(key)) continue;
    const parsed = parseDesired(content);
    const taken = parsed.ok
      ? drafts.find(({ document }) => document.displayName === parsed.document.displayName)
      : undefined;
    if (taken !== undefined) {
      throw new Fault(
        'config',
        `${taken.source}: displayName "${taken.document.displayName}" belongs to the key "${key}" already; two policies need two names`,
      );
    }
  }
}

function renderSteps(steps: readonly Step[], unchanged: number): string {
  const shown = steps.flatMap(({ draft, head, lines }) => [
    `${draft.key} "${draft.document.displayName}" version ${(head?.version ?? 0) + 1}`,
    ...lines.map((line) => `    ${line}`),
  ]);
  const same = unchanged === 0 ? [] : [`${unchanged} unchanged`];
  return `${[...shown, ...same].map(plain).join('\n')}\n`;
}
