import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProblemKind } from '../../src/lib/problem.ts';

/** Folder of public policies, where there is one. It is other people's data and no part of this project. */
export const CORPUS = process.env.CA_CORPUS;

export interface CorpusFile {
  readonly name: string;
  readonly text: string;
}

/** The `.json` files of one folder of the corpus, by name; a byte order mark is not part of the text. */
export function corpusFiles(folder: string): CorpusFile[] {
  if (CORPUS === undefined) return [];
  const path = join(CORPUS, folder);
  return readdirSync(path)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => ({ name, text: readFileSync(join(path, name), 'utf8').replace(/^\uFEFF/, '') }));
}

/** The only ways in which a public file may fail to round-trip. */
export const ERROR_KINDS: Readonly<Record<ProblemKind, string>> = {
  unknownParameter: 'unknown parameter',
  emptyParameter: 'parameter without a value',
  misplacedParameter: 'parameter in a wrong place',
  encoding: 'not UTF-8',
  parsersDisagree: 'not one thing to all parsers',
  sameName: 'name taken',
  wrongKey: 'wrong key',
  caretaker: 'wrong member of ours',
  notAnId: 'not an id',
  betaOnly: 'beta-only member set',
  notJson: 'not JSON',
  duplicateKey: 'duplicate key',
  wrongShape: 'wrong shape',
  serviceRule: 'service rule',
};
