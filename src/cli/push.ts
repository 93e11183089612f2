import { createApp } from '../lib/app.ts';
import { parseDesired, type Substitution } from '../lib/desired.ts';
import { fieldDrifts } from '../lib/diff.ts';
import { Fault } from '../lib/fault.ts';
import { canonical } from '../lib/policy/canonical.ts';
import type { Canonical, Policy } from '../lib/policy/model.ts';
import type { DesiredPush, DesiredRead, DesiredVersion } from '../lib/ports.ts';
import { renderMove } from '../lib/render.ts';
import { type DesiredFile, problemJson, readFiles, renderNote, renderProblem } from './files.ts';
import { operatorCredential } from './operator.ts';
import { EXIT, quietLog, type Terminal } from './terminal.ts';

interface PushOptions {
  readonly yes?: boolean;
  readonly message: string;
  readonly author?: string;
  readonly json?: boolean;
}

/** Settings a push needs; the others are the deployed app's business. */
const NEEDED = new Set(['TENANT_ID', 'STATE_STORAGE', 'STATE_STORAGE__tableServiceUri', 'AZURE_CLIENT_ID']);

interface Step {
  readonly file: DesiredFile;
  readonly head: DesiredVersion | undefined;
  readonly lines: readonly string[];
}

/** Stores files as new versions: shows what changes and which way, asks, and refuses where the base has moved meanwhile. */
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
  const read = createApp(terminal.environment, {
    ...terminal.world,
    ...operatorCredential(terminal),
    ignore: ({ setting }) => !NEEDED.has(setting),
  });
  if (!read.ok)
    throw new Fault(
      'config',
      read.problems.map(({ setting, problem }) => `${setting} ${problem}`).join('\n'),
    );
  await read.app.createTables();
  const { desired, clock } = read.app.open(quietLog(terminal), 120_000);
  const heads = await desired.heads();
  refuseTakenNames(files, heads);
  const steps = files.map((file) => stepFor(file, heads)).filter((step) => step !== undefined);
  const unchanged = files.length - steps.length;
  if (options.json !== true) {
    for (const note of notes) terminal.out(`${renderNote(note)}\n`);
    terminal.out(renderSteps(steps, unchanged));
  }
  if (steps.length === 0) return finish([], unchanged, options, terminal);

  const agreed =
    options.yes === true ? true : await terminal.confirm(`Push ${steps.length} as new versions?`);
  if (agreed === undefined) throw new Fault('config', 'nobody can be asked here: say --yes');
  if (!agreed) {
    terminal.err('Nothing was pushed.\n');
    return EXIT.failed;
  }
  const pushedAt = new Date(clock.now()).toISOString();
  const items = steps.map(
    ({ file, head }): DesiredPush => ({
      key: file.key,
      content: file.content,
      active: true,
      author: options.author ?? terminal.user,
      message: options.message,
      pushedAt,
      baseHash: head?.hash ?? null,
    }),
  );
  return finish(await desired.push(items), unchanged, options, terminal);
}

/** A damaged head has no base to build on; whoever wants to push over it must first look at what happened. */
function stepFor(file: DesiredFile, heads: DesiredRead): Step | undefined {
  const damaged = heads.damaged.find(({ key }) => key === file.key);
  if (damaged !== undefined) throw new Fault('rejected', `desired row "${file.key}": ${damaged.problem}`);
  const head = heads.versions.find(({ key }) => key === file.key);
  if (head?.active === true && head.content === file.content) return undefined;
  return { file, head, lines: moves(head, file) };
}

function moves(head: DesiredVersion | undefined, { document }: DesiredFile): string[] {
  const before = head?.active === true ? parseDesired(head.content) : undefined;
  if (before === undefined || !before.ok) {
    const named = document.substitutions.map(({ path, name, ids }) => `${path}: ${renderNamed(name, ids)}`);
    return ['new', ...named];
  }
  // Parameters of the run are compared by name here: what they stand for is the deployed app's to say.
  const [from, to]: [Policy, Policy] = [canonical(before.document.raw), canonical(document.raw)];
  const drifts = fieldDrifts(from, to);
  if (drifts.length === 0) return ['says the same in other words'];
  return drifts.map((drift) => {
    const named = document.substitutions.filter(({ path }) => path === drift.path);
    return `${drift.path}: ${renderNamedMove(drift.desired, drift.observed, named)} (${drift.effect})`;
  });
}

/** As `renderMove`, with the name each new id was written under. */
function renderNamedMove(from: Canonical, to: Canonical, named: readonly Substitution[]): string {
  const gained = (id: string): boolean => (Array.isArray(from) ? !from.includes(id) : from !== id);
  const groups = named
    .map(({ name, ids }) => ({ name, ids: ids.filter(gained) }))
    .filter(({ ids }) => ids.length > 0);
  const grouped = new Set(groups.flatMap(({ ids }) => ids));
  const names = groups.map(({ name, ids }) => renderNamed(name, ids));
  if (!Array.isArray(to)) return [renderMove(from, to), ...names].join(' = ');
  const rest = renderMove(
    from,
    to.filter((id) => !grouped.has(id)),
  );
  return [...names.map((name) => `+${name}`), ...(rest === '' ? [] : [rest])].join(' ');
}

function renderNamed(name: string, ids: readonly string[]): string {
  return `@${name} (= ${ids.join(', ')})`;
}

function refuseTakenNames(files: readonly DesiredFile[], heads: DesiredRead): void {
  const pushed = new Set(files.map(({ key }) => key));
  for (const { key, content, active } of heads.versions) {
    if (!active || pushed.has(key)) continue;
    const parsed = parseDesired(content);
    const taken = parsed.ok
      ? files.find(({ document }) => document.displayName === parsed.document.displayName)
      : undefined;
    if (taken !== undefined) {
      throw new Fault(
        'config',
        `${taken.path}: displayName "${taken.document.displayName}" belongs to the key "${key}" already; two policies need two names`,
      );
    }
  }
}

function renderSteps(steps: readonly Step[], unchanged: number): string {
  const shown = steps.flatMap(({ file, head, lines }) => [
    `${file.key} "${file.document.displayName}" version ${(head?.version ?? 0) + 1}`,
    ...lines.map((line) => `    ${line}`),
  ]);
  const same = unchanged === 0 ? [] : [`${unchanged} unchanged`];
  return `${[...shown, ...same].join('\n')}\n`;
}

function finish(
  pushed: readonly DesiredVersion[],
  unchanged: number,
  options: PushOptions,
  terminal: Terminal,
): number {
  const versions = pushed.map(({ key, version, hash }) => ({ key, version, hash }));
  if (options.json === true)
    terminal.out(`${JSON.stringify({ pushed: versions, unchanged, problems: [] })}\n`);
  else if (pushed.length > 0)
    terminal.out(`Pushed ${versions.map(({ key, version }) => `${key} ${version}`).join(', ')}.\n`);
  return EXIT.done;
}
