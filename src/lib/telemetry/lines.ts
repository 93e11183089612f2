import { withoutQuotations, withoutSecrets } from '../text.ts';
import type { EventName, TelemetryEvent } from './events.ts';

/** Counted by those who watch: one line each, whatever has to be cut. */
const ONE_LINE: ReadonlySet<EventName> = new Set(['RunCompleted', 'RunFailed', 'RunSkipped']);

/** A trace longer than this may be cut on its way into Application Insights. */
const BYTES_MAX = 8 * 1024 - 512;

/**
 * The event as JSON lines, each under 8 KB and complete in itself. An event that is too long is split along its longest
 * list; `part` and `parts` say so. A single value that is too long is cut, and says that it was. Nothing that is quoted
 * from somebody else or looks like a mail address or a token gets through, wherever somebody put it.
 */
export function linesOf({ event, runId, tenantId, facts: told }: TelemetryEvent): readonly string[] {
  const facts = scrubbed(told) as TelemetryEvent['facts'];
  const envelope = { event, schema: 1, runId, tenantId };
  const whole = JSON.stringify({ ...envelope, ...facts });
  if (fits(whole)) return [whole];
  const [name, list] = longestList(facts);
  if (list === undefined || ONE_LINE.has(event)) return [squeezed(envelope, facts)];
  const parts = pack(list, (items) =>
    fits(JSON.stringify({ ...envelope, ...facts, [name]: items, part: 999, parts: 999 })),
  );
  return parts.map((items, index) => {
    const place = { part: index + 1, parts: parts.length };
    const line = JSON.stringify({ ...envelope, ...facts, [name]: items, ...place });
    return fits(line) ? line : squeezed({ ...envelope, ...place }, { ...facts, [name]: items });
  });
}

/** What fits into one line of facts that do not: each value cut a little, or else more. */
function squeezed(envelope: object, facts: TelemetryEvent['facts']): string {
  const [line] = [200, 50, 10, 0]
    .map((lengthMax) => JSON.stringify({ ...envelope, ...shortened(facts, lengthMax) }))
    .filter(fits);
  return line ?? JSON.stringify({ ...envelope, cut: Object.keys(facts).length });
}

function scrubbed(value: unknown): unknown {
  if (typeof value === 'string') return withoutSecrets(withoutQuotations(value));
  if (Array.isArray(value)) return value.map(scrubbed);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, scrubbed(member)]));
}

function fits(line: string): boolean {
  return Buffer.byteLength(line) <= BYTES_MAX;
}

function longestList(facts: TelemetryEvent['facts']): [string, readonly unknown[] | undefined] {
  const lists = Object.entries(facts).filter(
    (entry): entry is [string, unknown[]] => Array.isArray(entry[1]) && entry[1].length > 1,
  );
  const [longest] = lists.toSorted((a, b) => JSON.stringify(b[1]).length - JSON.stringify(a[1]).length);
  return longest ?? ['', undefined];
}

/** Fills one part after the other; an item that does not fit alone gets a part of its own. */
function pack(list: readonly unknown[], isRoom: (items: readonly unknown[]) => boolean): unknown[][] {
  const parts: unknown[][] = [];
  for (const item of list) {
    const last = parts.at(-1);
    if (last !== undefined && isRoom([...last, item])) last.push(item);
    else parts.push([item]);
  }
  return parts;
}

/** Cuts long texts and long lists at every depth until what is left is small. */
function shortened(value: Readonly<Record<string, unknown>>, lengthMax: number): Record<string, unknown> {
  const cut = (item: unknown): unknown => {
    if (typeof item === 'string')
      return item.length > lengthMax ? `${item.slice(0, lengthMax)}… (${item.length} characters)` : item;
    if (Array.isArray(item))
      return item.length > 10 ? [...item.slice(0, 10).map(cut), `… (${item.length} items)`] : item.map(cut);
    if (typeof item === 'object' && item !== null)
      return Object.fromEntries(Object.entries(item).map(([name, member]) => [name, cut(member)]));
    return item;
  };
  return cut(value) as Record<string, unknown>;
}
