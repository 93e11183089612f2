import type { PolicyKey } from '../lib/policy/model.ts';
import type { DesiredRead, DesiredVersion } from '../lib/ports.ts';
import { plain } from '../lib/text.ts';
import { contentOf, wantsOver, write } from './files.ts';
import { fieldsAsJson, type Moves, movesBetween, renderMoves } from './moves.ts';
import { headsOf, openStore } from './store.ts';
import { historyOf, namedVersion } from './stored.ts';
import { EXIT, type Terminal } from './terminal.ts';

export async function historyCommand(
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
export async function writeVersion(
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
