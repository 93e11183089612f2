import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** The repository's root. */
export const ROOT = resolve(import.meta.dirname, '../..');

/** The texts of the TypeScript files below a folder of the repository. */
function textsBelow(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => readFileSync(join(ROOT, folder, name), 'utf8'));
}

function named(texts: readonly string[], pattern: RegExp): readonly string[] {
  const names = texts.flatMap((text) => [...text.matchAll(pattern)].map(([, name]) => name as string));
  return [...new Set(names)].toSorted();
}

/**
 * Names that the deployed program looks up in its environment: settings by the readers in `settings.ts`, and what is read
 * beside them. The command line is not deployed.
 */
export function settingsReadByCode(): readonly string[] {
  const texts = textsBelow('src/lib');
  return named(
    texts,
    /(?:\b(?:value|number|guids)\(|\b(?:environment|process\.env)\.|\benvironment\[)'?([A-Z][A-Z0-9_]+(?:__\w+)?)\b/g,
  );
}
