import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { type DesiredDocument, isKey, type Problem, parseDesired } from '../lib/desired.ts';
import { Fault } from '../lib/fault.ts';
import type { PolicyKey } from '../lib/policy/model.ts';

export interface DesiredFile {
  readonly path: string;
  readonly key: PolicyKey;
  readonly content: string;
  readonly document: DesiredDocument;
}

export interface FileProblem extends Problem {
  readonly file: string;
}

export interface FilesRead {
  readonly files: readonly DesiredFile[];
  readonly problems: readonly FileProblem[];
}

/**
 * Reads desired-state files and reports every problem of every file at once.
 *
 * @param paths files, or folders of which each `.json` file counts (not those below)
 * @throws Fault `config` when a path cannot be read or holds nothing
 */
export async function readFiles(paths: readonly string[]): Promise<FilesRead> {
  const found = (await Promise.all(paths.map(filesAt))).flat();
  if (found.length === 0) throw new Fault('config', `no .json file in ${paths.join(', ')}`);
  const files: DesiredFile[] = [];
  const problems: FileProblem[] = [];
  for (const path of found) {
    const key = basename(path, extname(path));
    const content = (await readFile(path, 'utf8')).replace(/^\uFEFF/, '');
    const parsed = parseDesired(content);
    if (!isKey(key)) {
      const message = `is no key: the file's name may hold a-z, 0-9 and -, at most 64 of them`;
      problems.push({ file: path, kind: 'wrongShape', path: '', message });
    }
    if (parsed.ok) files.push({ path, key, content, document: parsed.document });
    else problems.push(...parsed.problems.map((problem) => ({ file: path, ...problem })));
  }
  return { files, problems: [...problems, ...clashes(files)] };
}

async function filesAt(path: string): Promise<string[]> {
  try {
    if (!(await stat(path)).isDirectory()) return [path];
    const names = await readdir(path);
    return names
      .filter((name) => extname(name) === '.json')
      .sort()
      .map((name) => join(path, name));
  } catch (error) {
    throw new Fault('config', `${path} cannot be read: ${(error as Error).message}`, {}, error);
  }
}

function clashes(files: readonly DesiredFile[]): FileProblem[] {
  const byKey = new Map<string, DesiredFile>();
  const byName = new Map<string, DesiredFile>();
  return files.flatMap((file) => {
    const { key, path } = file;
    const { displayName } = file.document;
    const sameKey = byKey.get(key);
    const sameName = byName.get(displayName);
    byKey.set(key, file);
    byName.set(displayName, file);
    const found: FileProblem[] = [];
    if (sameKey !== undefined)
      found.push({
        file: path,
        kind: 'wrongShape',
        path: '',
        message: `has the key "${key}", and so has ${sameKey.path}`,
      });
    else if (sameName !== undefined)
      found.push({
        file: path,
        kind: 'wrongShape',
        path: 'displayName',
        message: `"${displayName}" is also the name in ${sameName.path}; two policies need two names`,
      });
    return found;
  });
}

/** `file:line:column: member: what is wrong`, as editors and terminals link it. */
export function renderProblem({ file, line, column, path, message }: FileProblem): string {
  const place = line === undefined ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${path === '' ? '' : `${path} `}${message}`;
}
