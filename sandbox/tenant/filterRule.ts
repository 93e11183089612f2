import { badRequest } from './answers.ts';
import type { Json, JsonObject } from './model.ts';

const tokens = /\s*("(?:[^"\\]|\\.)*"|[()[\],]|[^\s()[\],"]+)/g;

/**
 * Whether a device filter's rule matches a device (entra-docs, concept-condition-filters-for-devices). `and` binds before
 * `or`; letter case means nothing; an attribute the device lacks fails what is asserted and passes what is denied.
 *
 * @throws Refusal 400 for a rule it cannot read
 */
export function matchesFilter(rule: string, device: JsonObject): boolean {
  const words = [...rule.matchAll(tokens)].map(([, word]) => word ?? '');
  let at = 0;
  const peek = () => words[at]?.toLowerCase() ?? '';
  const next = () => words[at++] ?? '';
  const isNext = (word: string) => peek() === word || peek() === `-${word}`;
  const accept = (word: string) => {
    const isThere = isNext(word);
    if (isThere) at += 1;
    return isThere;
  };
  const unreadable = () => badRequest(`The filter rule cannot be read near '${words[at] ?? 'its end'}'.`);

  // Both sides are read whatever the first one says, so that the whole rule is looked at.
  const anyOf = (): boolean => {
    let result = allOf();
    while (accept('or')) result = [allOf(), result].includes(true);
    return result;
  };
  const allOf = (): boolean => {
    let result = one();
    while (accept('and')) result = ![one(), result].includes(false);
    return result;
  };
  const one = (): boolean => {
    if (accept('not')) return !one();
    if (!accept('(')) return comparison();
    const result = anyOf();
    if (!accept(')')) throw unreadable();
    return result;
  };
  const comparison = (): boolean => {
    const [, attribute] = /^device\.(\w+)$/i.exec(next()) ?? [];
    const operator = next().replace(/^-/, '').toLowerCase();
    if (attribute === undefined) throw unreadable();
    const [, denial, assertion = ''] = /^(not|n(?=e$))?(\w+)$/.exec(operator) ?? [];
    const test = assertions[assertion];
    if (test === undefined) throw unreadable();
    return test(device[attribute] ?? null, value()) === (denial === undefined);
  };
  const value = (): Json => {
    if (!accept('[')) return literal(next());
    const list: Json[] = [];
    while (!accept(']')) {
      if (at >= words.length) throw unreadable();
      list.push(literal(next()));
      accept(',');
    }
    return list;
  };

  const result = anyOf();
  if (at < words.length) throw unreadable();
  return result;
}

/** `ne` is `n` and `e`: the denial of `eq`. */
const assertions: Readonly<Record<string, (has: Json, wanted: Json) => boolean>> = {
  eq: same,
  e: same,
  startswith: (has, wanted) => texts(has).some((text) => text.startsWith(lower(wanted))),
  endswith: (has, wanted) => texts(has).some((text) => text.endsWith(lower(wanted))),
  contains: (has, wanted) =>
    Array.isArray(has)
      ? texts(has).includes(lower(wanted))
      : texts(has).some((text) => text.includes(lower(wanted))),
  in: (has, wanted) => Array.isArray(wanted) && wanted.some((one) => same(has, one)),
};

function same(has: Json, wanted: Json): boolean {
  return has === null || wanted === null ? has === wanted : lower(has) === lower(wanted);
}

function texts(has: Json): string[] {
  return has === null ? [] : [has].flat().map(lower);
}

function lower(value: Json): string {
  return String(value).toLowerCase();
}

function literal(word: string): Json {
  if (word.startsWith('"')) return word.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  return word.toLowerCase() === 'null' ? null : word;
}
