import { type Ask, type Call, isRecord, type Success, version } from './call.ts';
import { faultOf, oddAnswer } from './faults.ts';

/** More pages than any tenant of ours can have (195 policies at most): a server that never ends its list. */
const PAGES_MAX = 100;

/**
 * Reads a collection to its end, following `@odata.nextLink`.
 *
 * @param origin a link to any other host, or out of the version's path, ends the reading
 * @returns the items of all pages, in the order they came
 * @throws Fault when a page cannot be had, is no page, or the links lead astray or in a circle: a part is never given
 */
export async function allPages(
  ask: Ask,
  origin: string,
  first: Call,
  pagesMax = PAGES_MAX,
): Promise<readonly unknown[]> {
  const items: unknown[] = [];
  const asked = new Set<string>();
  for (let call: Call | undefined = first; call !== undefined; ) {
    asked.add(call.path);
    const page = await onePage(ask, call);
    items.push(...page.value);
    call = nextCall(origin, call, page, asked, pagesMax);
  }
  return items;
}

interface Page {
  readonly value: readonly unknown[];
  readonly nextLink: unknown;
  /** For the words of a fault. */
  readonly answer: Success;
}

async function onePage(ask: Ask, call: Call): Promise<Page> {
  const answer = await ask(call);
  if (answer.kind !== 'success') throw faultOf(call, answer);
  const body = isRecord(answer.body) ? answer.body : {};
  if (!Array.isArray(body.value)) throw oddAnswer(call, answer, 'the answer holds no list of values');
  return { value: body.value, nextLink: body['@odata.nextLink'], answer };
}

function nextCall(
  origin: string,
  call: Call,
  page: Page,
  asked: ReadonlySet<string>,
  pagesMax: number,
): Call | undefined {
  if (page.nextLink === undefined || page.nextLink === null) return undefined;
  const path = linkedPath(origin, page.nextLink);
  if (path === undefined) {
    throw oddAnswer(call, page.answer, `the link to the next page does not lead to ${origin}/${version}`);
  }
  if (asked.has(path)) throw oddAnswer(call, page.answer, 'the links from page to page go round in a circle');
  if (asked.size >= pagesMax) throw oddAnswer(call, page.answer, `the list has more than ${pagesMax} pages`);
  return { ...call, path };
}

/** @returns what is below the version, or undefined for a link that is not to be followed */
export function linkedPath(origin: string, link: unknown): string | undefined {
  if (typeof link !== 'string' || !URL.canParse(link)) return undefined;
  const url = new URL(link);
  const root = `/${version}/`;
  if (url.origin !== origin || !url.pathname.startsWith(root)) return undefined;
  // The client takes "https://" anywhere in a path for the beginning of a host.
  return `${url.pathname.slice(root.length - 1)}${url.search}`.replaceAll('://', '%3A%2F%2F');
}
