import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Language, type Node, Parser } from 'web-tree-sitter';

const require = createRequire(import.meta.url);

/** Parses a template. @throws when it is no Bicep, with the line that is not understood */
export async function parseBicep(path: string): Promise<Node> {
  await Parser.init();
  const parser = new Parser();
  parser.setLanguage(await Language.load(require.resolve('tree-sitter-bicep/tree-sitter-bicep.wasm')));
  const root = parser.parse(readFileSync(path, 'utf8'))?.rootNode;
  if (root === undefined || root.hasError) {
    const [broken] = root?.descendantsOfType('ERROR') ?? [];
    throw new Error(`${path}: line ${(broken?.startPosition.row ?? 0) + 1} is no Bicep: ${broken?.text}`);
  }
  return root;
}
