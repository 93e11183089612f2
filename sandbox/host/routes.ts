/** One part of a route template, between two slashes. */
type Part =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'param' | 'optional' | 'rest'; readonly name: string };

export interface Route {
  /** The template as registered. */
  readonly template: string;
  /** Sorts the more specific of two routes first. */
  readonly rank: string;
  /** Route values by name, or undefined when the path is another's. */
  match(path: string): Readonly<Record<string, string>> | undefined;
}

/**
 * A route below `/api`, such as `runs/{runId}`. Knows `{name}`, and in last place `{name?}` and `{*name}`. As in the
 * real host, letters match in either case and a slash at the end does not count.
 *
 * @throws Error for any other template: constraints such as `{id:int}` are not known here
 */
export function createRoute(template: string): Route {
  const parts = ['api', ...segments(template)].map((text) => partOf(text, template));
  const early = parts.slice(0, -1).some(({ kind }) => kind === 'optional' || kind === 'rest');
  if (early) throw new Error(`route ${template}: only the last part may be optional or take the rest`);
  return {
    template,
    rank: parts.map(({ kind }) => ['literal', 'param', 'optional', 'rest'].indexOf(kind)).join(''),
    match: (path) => matchParts(parts, segments(path)),
  };
}

function segments(path: string): string[] {
  const trimmed = path.replace(/^\//, '').replace(/\/$/, '');
  return trimmed === '' ? [] : trimmed.split('/');
}

function partOf(text: string, template: string): Part {
  if (!/[{}]/.test(text)) return { kind: 'literal', text };
  const [, star, name, mark] = /^\{(\*?)(\w+)(\??)\}$/.exec(text) ?? [];
  if (name === undefined || (star !== '' && mark !== ''))
    throw new Error(`route ${template}: the part ${text} is not known to this host`);
  if (star !== '') return { kind: 'rest', name };
  return { kind: mark === '' ? 'param' : 'optional', name };
}

function matchParts(
  parts: readonly Part[],
  given: readonly string[],
): Readonly<Record<string, string>> | undefined {
  const params: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = given[index];
    switch (part.kind) {
      case 'rest':
        if (segment !== undefined) params[part.name] = decoded(given.slice(index).join('/'));
        return params;
      case 'literal':
        if (segment === undefined || decoded(segment).toLowerCase() !== part.text.toLowerCase())
          return undefined;
        break;
      case 'param':
        if (segment === undefined || segment === '') return undefined;
        params[part.name] = decoded(segment);
        break;
      case 'optional':
        if (segment !== undefined) params[part.name] = decoded(segment);
    }
  }
  return given.length > parts.length ? undefined : params;
}

/** A `%` that escapes nothing stands for itself, as in the real host. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (!(error instanceof URIError)) throw error;
    return text;
  }
}
