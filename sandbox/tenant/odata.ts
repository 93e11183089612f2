import { badRequest, type GraphRequest } from './answers.ts';
import type { JsonObject } from './model.ts';
import type { Call } from './world.ts';

/** The body as a JSON object. @throws Refusal 400 when it is anything else */
export function bodyOf(request: GraphRequest): JsonObject {
  try {
    const body: unknown = JSON.parse(request.body ?? '');
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as JsonObject;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw badRequest('The body is not a JSON object.');
}

/** Where a later page begins, as the next link of the page before wrote it. */
export interface SkipToken {
  readonly offset: number;
  /** A later page comes from the replica that served the first one. */
  readonly replica: number;
  /** Seed of the list's order; 0 for the order of creation. */
  readonly order: number;
}

export function skipTokenOf(call: Call): SkipToken | undefined {
  const token = call.url.searchParams.get('$skiptoken');
  if (token === null) return undefined;
  const [offset, replica, order] = token.split('.').map(Number);
  if ([offset, replica, order].some((part) => !Number.isSafeInteger(part)))
    throw badRequest('Bad skip token.');
  return { offset: offset ?? 0, replica: replica ?? 0, order: order ?? 0 };
}

export function nextLink(call: Call, token: SkipToken): string {
  const url = new URL(call.url);
  url.searchParams.set('$skiptoken', `${token.offset}.${token.replica}.${token.order}`);
  return url.href.replaceAll('%24', '$');
}

/** `$top`, a whole number above 0, or `undefined`. */
export function topOf(call: Call): number | undefined {
  const top = call.url.searchParams.get('$top');
  if (top === null) return undefined;
  if (!/^[1-9]\d{0,3}$/.test(top)) throw badRequest(`Invalid value '${top}' for $top.`);
  return Number(top);
}

/** Keeps `$select`ed members; annotations stay. */
export function selected(call: Call, item: JsonObject, byDefault?: readonly string[]): JsonObject {
  const select =
    call.url.searchParams
      .get('$select')
      ?.split(',')
      .map((member) => member.trim()) ?? byDefault;
  if (!select) return item;
  const kept = Object.entries(item).filter(
    ([member]) => member.includes('@odata.') || select.includes(member),
  );
  return Object.fromEntries(kept);
}

const comparison = /^\s*(\w+)\s+(eq|in)\s+(.+?)\s*$/;
const literal = /'((?:[^']|'')*)'|([^\s,()']+)/g;

/**
 * Understands `member eq 'value'` and `member in ('a','b')`. More than 15 values are refused, as the directory does (Graph
 * docs, aad-advanced-queries). @throws Refusal 400 for any other filter
 */
export function filterOf(call: Call): (item: JsonObject) => boolean {
  const filter = call.url.searchParams.get('$filter');
  if (filter === null) return () => true;
  const [, member = '', , list = ''] = comparison.exec(filter) ?? [];
  const values = [...list.matchAll(literal)].map(([, quoted, bare]) => quoted?.replaceAll("''", "'") ?? bare);
  if (!member || values.length === 0) throw badRequest('Invalid filter clause.');
  if (values.length > 15) throw badRequest('Too many values in the filter; the most is 15.');
  return (item) => values.includes(String(item[member]));
}
