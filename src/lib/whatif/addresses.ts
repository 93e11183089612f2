/**
 * IP addresses as numbers. IPv6 addresses are themselves; IPv4 addresses lie behind the last of them, so that both
 * families share one line and no IPv6 range ever holds an IPv4 address. IPv4 written as IPv6 (`::ffff:a.b.c.d`) is IPv4.
 */
export type Address = bigint;

/** From the first to the last address, both in it. */
export interface Range {
  readonly first: Address;
  readonly last: Address;
}

const V4: Address = 1n << 128n;
const V4_MAPPED = 0xffffn << 32n;
const AFTER_MAPPED: Address = V4_MAPPED + (1n << 32n);

/** The first address of each family, and the first after those that are IPv4 written as IPv6. */
export const FIRST_ADDRESSES: readonly Address[] = [0n, AFTER_MAPPED, V4];
const LAST_ADDRESS: Address = V4 + (1n << 32n) - 1n;

/** @returns undefined for what is no address */
export function parseAddress(text: string): Address | undefined {
  const v4 = parseV4(text);
  if (v4 !== undefined) return V4 + v4;
  const v6 = parseV6(text);
  if (v6 === undefined) return undefined;
  return v6 >> 32n === V4_MAPPED >> 32n ? V4 + (v6 & 0xffffffffn) : v6;
}

/** `203.0.113.0/24`, `2001:db8::/32`, or one address. @returns undefined for what is no range */
export function parseRange(text: string): Range | undefined {
  const [address = '', length, ...rest] = text.trim().split('/');
  const v4 = parseV4(address);
  const isV4 = v4 !== undefined;
  const value = isV4 ? V4 + v4 : parseV6(address);
  if (value === undefined || rest.length > 0) return undefined;
  const bits = isV4 ? 32 : 128;
  if (length !== undefined && !/^\d{1,3}$/.test(length)) return undefined;
  const free = bits - Number(length ?? bits);
  if (free < 0) return undefined;
  const size = 1n << BigInt(free);
  const first = value - (value % size);
  if (!isV4 && first >= V4_MAPPED && first + size <= V4_MAPPED + (1n << 32n)) {
    return { first: V4 + first - V4_MAPPED, last: V4 + first - V4_MAPPED + size - 1n };
  }
  return { first, last: first + size - 1n };
}

export function formatAddress(address: Address): string {
  if (address >= V4) return [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => (address >> BigInt(112 - 16 * index)) & 0xffffn);
  return groups
    .map((group) => group.toString(16))
    .join(':')
    .replace(/(?:^|:)0(?::0)+(?::|$)/, '::');
}

/** Sorted, and joined where they overlap or touch, so that looking up is a search by halves. */
export function merge(ranges: readonly Range[]): readonly Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort((a, b) => (a.first < b.first ? -1 : 1))) {
    const before = merged.at(-1);
    // The last IPv6 address and the first IPv4 address only happen to be neighbours.
    const touches =
      before !== undefined &&
      (range.first <= before.last || (range.first === before.last + 1n && range.first !== V4));
    if (!touches) merged.push(range);
    else if (range.last > before.last) merged[merged.length - 1] = { first: before.first, last: range.last };
  }
  return merged;
}

/** @param ranges as `merge` leaves them */
export function holdsAddress(ranges: readonly Range[], address: Address): boolean {
  let low = 0;
  let high = ranges.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle] as Range).last < address) low = middle + 1;
    else high = middle;
  }
  const found = ranges[low];
  return found !== undefined && found.first <= address;
}

/**
 * Addresses of which every other address is like one: where ranges begin, and just after they end. Between two such
 * points no range begins or ends.
 */
export function turningPoints(...lists: readonly (readonly Range[])[]): readonly Address[] {
  const points = new Set<Address>(FIRST_ADDRESSES);
  for (const { first, last } of lists.flat()) {
    points.add(first);
    // After the last IPv6 address comes the first IPv4 address, which is such a point anyway.
    if (last !== LAST_ADDRESS) points.add(last + 1n);
  }
  return [...points].filter((point) => point < V4_MAPPED || point >= AFTER_MAPPED);
}

/** Addresses of private networks, of carriers' own, of one link and of the machine itself (IANA, special-purpose registries). */
const NOT_PUBLIC = merge(
  [
    ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
    ...['192.168.0.0/16', '::/127', 'fc00::/7', 'fe80::/10'],
  ].flatMap((range) => parseRange(range) ?? []),
);

/** Whether a sign-in can come from the address over the internet. */
export function isPublic(address: Address): boolean {
  return !holdsAddress(NOT_PUBLIC, address);
}

function parseV4(text: string): bigint | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256))
    return undefined;
  return BigInt(parts.reduce((sum, part) => sum * 256 + Number(part), 0));
}

function parseV6(text: string): bigint | undefined {
  const plain = withoutDottedTail(text);
  if (plain === undefined) return undefined;
  const [head, tail, ...rest] = plain.split('::');
  if (rest.length > 0) return undefined;
  const front = groupsOf(head ?? '');
  const back = tail === undefined ? [] : groupsOf(tail);
  if (front === undefined || back === undefined) return undefined;
  const missing = 8 - front.length - back.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  return [...front, ...Array.from({ length: missing }, () => 0n), ...back].reduce(
    (sum, group) => (sum << 16n) + group,
    0n,
  );
}

/** `::ffff:192.0.2.1` → `::ffff:c000:201`. */
function withoutDottedTail(text: string): string | undefined {
  const [, head, tail] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text) ?? [];
  if (tail === undefined) return text;
  const value = parseV4(tail);
  return value === undefined
    ? undefined
    : `${head}${(value >> 16n).toString(16)}:${(value & 0xffffn).toString(16)}`;
}

function groupsOf(text: string): readonly bigint[] | undefined {
  if (text === '') return [];
  const groups = text.split(':');
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => BigInt(`0x${group}`))
    : undefined;
}
