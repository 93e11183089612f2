import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { BASELINES, type Baseline, needsOf } from '../lib/baselines.ts';
import { canonical } from '../lib/policy/canonical.ts';
import type { Policy } from '../lib/policy/model.ts';
import { type DesiredFile, readFiles, renderProblem } from './files.ts';

/** A ready policy: what is said about it, and its file. */
export interface ReadyPolicy {
  readonly baseline: Baseline;
  readonly file: DesiredFile;
  /** Parameters are by name. */
  readonly policy: Policy;
}

/** The policy of the story, and the folder of all others. */
const FOLDERS = ['baselines', join('baselines', 'ready')];

/**
 * Reads every ready policy this program comes with, in the order of the catalogue.
 *
 * @throws Error when catalogue and files do not belong together: the package is damaged
 */
export async function readReadyPolicies(): Promise<readonly ReadyPolicy[]> {
  const root = packageRoot();
  const { files, problems } = await readFiles(FOLDERS.map((folder) => join(root, folder)));
  if (problems.length > 0) throw new Error(problems.map(renderProblem).join('\n'));
  return BASELINES.map((baseline) => {
    const file = files.find(({ key }) => key === baseline.key);
    if (file === undefined) throw new Error(`there is no file for the baseline ${baseline.key}`);
    return { baseline, file, policy: canonical(file.document.raw) };
  });
}

/** What it needs, in a few words: `P1, Intune`. */
export function shortNeeds({ policy }: ReadyPolicy): string {
  return needsOf(policy)
    .map(({ short }) => short)
    .join(', ');
}

/** The folder of `package.json`, from the sources and from what they are compiled to. */
export function packageRoot(): string {
  let folder = import.meta.dirname;
  while (!existsSync(join(folder, 'package.json'))) {
    const parent = dirname(folder);
    if (parent === folder) throw new Error(`no package.json above ${import.meta.dirname}`);
    folder = parent;
  }
  return folder;
}
