import { readFileSync } from 'node:fs';
import { type LoadHookContext, registerHooks, stripTypeScriptTypes } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** What tests get in place of a package. */
const IN_PLACE_OF: ReadonlyMap<string, string> = new Map([
  ['vitest', import.meta.resolve('./suite.ts')],
  ['fast-check', import.meta.resolve('./briefly.ts')],
]);

const HERE = import.meta.resolve('./');

let turn = 0;

/** Loads a module of the tree below the working directory with all it imports from there, as if for the first time. */
export function loadFreshly(path: string): Promise<unknown> {
  return import(`${pathToFileURL(path)}?${turn}`);
}

/** From now on nothing of what was loaded is used again: neither what a mutant left in it nor what it made at loading. */
export function forget(): void {
  turn += 1;
}

/** Has modules below the working directory loaded anew after each `forget`. What is outside, packages too, is loaded once. */
export function hookIn(): void {
  const root = `${pathToFileURL(process.cwd())}/`;
  const places = new Map<string, string>();
  const texts = new Map<string, string>();
  const isOurs = (url: string): boolean =>
    url.startsWith(root) && url.endsWith('.ts') && !url.startsWith(HERE);

  registerHooks({
    resolve(specifier, context, next) {
      const from = plain(context.parentURL ?? '');
      if (!isOurs(from)) return next(specifier, context);
      const stand = IN_PLACE_OF.get(specifier);
      if (stand !== undefined) return { url: stand, shortCircuit: true };
      const name = `${from} ${specifier}`;
      const place = places.get(name) ?? plain(next(specifier, context).url);
      places.set(name, place);
      return { url: isOurs(place) ? `${place}?${turn}` : place, shortCircuit: true };
    },
    load(url, context: LoadHookContext, next) {
      const place = plain(url);
      if (!isOurs(place)) return next(url, context);
      const source = texts.get(place) ?? stripTypeScriptTypes(readFileSync(fileURLToPath(place), 'utf8'));
      texts.set(place, source);
      return { format: 'module', source, shortCircuit: true };
    },
  });
}

function plain(url: string): string {
  return url.replace(/\?\d+$/, '');
}
