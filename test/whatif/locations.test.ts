import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  holdsAddress,
  merge,
  parseAddress,
  parseRange,
  type Range,
  turningPoints,
} from '../../src/lib/whatif/addresses.ts';
import { evaluate } from '../../src/lib/whatif/evaluate.ts';
import type { NamedLocation, NamedLocations } from '../../src/lib/whatif/locations.ts';
import type { Location } from '../../src/lib/whatif/signIn.ts';
import { compiled, id, raw, signIn } from './support.ts';

function holds(range: string, address: string): boolean {
  return holdsAddress([parseRange(range) as Range], parseAddress(address) as bigint);
}

describe('addresses', () => {
  it.each([
    ['203.0.113.0/24', '203.0.113.255', true],
    ['203.0.113.0/24', '203.0.114.0', false],
    ['203.0.113.77/24', '203.0.113.1', true],
    ['203.0.113.7', '203.0.113.7', true],
    ['0.0.0.0/0', '::1', false],
    ['::/0', '203.0.113.7', false],
    ['2001:db8::/32', '2001:db8:ffff::1', true],
    ['2001:DB8::/32', '2001:db9::', false],
    ['203.0.113.0/24', '::ffff:203.0.113.9', true],
    ['::ffff:203.0.113.0/120', '203.0.113.9', true],
    ['2001:db8::192.0.2.0/120', '2001:db8::c000:2ff', true],
  ])('%s holds %s: %s', (range, address, expected) => {
    expect(holds(range, address)).toBe(expected);
  });

  it.each([
    '',
    '1.2.3',
    '256.0.0.1',
    '1.2.3.4/33',
    '1.2.3.4/x',
    '1.2.3.4/8/8',
    ':::',
    '1::2::3',
    'g::',
    '1:2:3:4:5:6:7:8:9',
    '::/129',
  ])('knows that %s is no range', (text) => {
    expect(parseRange(text)).toBeUndefined();
  });

  it('come back as they were written', () => {
    for (const text of ['203.0.113.7', '2001:db8::1', '::', '::1', '1:2:3:4:5:6:7:8', '255.255.255.255']) {
      expect(formatAddress(parseAddress(text) as bigint)).toBe(text);
    }
  });

  it('are held by merged ranges exactly where one of the ranges holds them', () => {
    const range = fc.oneof(
      fc.tuple(fc.nat(255), fc.integer({ min: 0, max: 32 })).map(([n, bits]) => `${n}.0.0.${n}/${bits}`),
      fc
        .tuple(fc.nat(0xffff), fc.integer({ min: 0, max: 128 }))
        .map(([n, bits]) => `${n.toString(16)}::${n.toString(16)}/${bits}`),
    );
    fc.assert(
      fc.property(fc.array(range, { maxLength: 6 }), (texts) => {
        const ranges = texts.map((text) => parseRange(text) as Range);
        const merged = merge(ranges);
        const near = turningPoints(ranges).flatMap((point) => [point - 1n, point, point + 1n]);
        for (const point of near) {
          expect(holdsAddress(merged, point)).toBe(
            ranges.some(({ first, last }) => first <= point && point <= last),
          );
        }
      }),
    );
  });
});

const OFFICE = id(31);
const CITY = id(32);
const GERMANY = id(33);
const NOWHERE = id(34);
const BROKEN = id(35);

const LOCATIONS = {
  list: [
    { kind: 'ip', id: OFFICE, isTrusted: true, ranges: ['198.51.100.0/24', '2001:db8::/32'] },
    { kind: 'ip', id: CITY, isTrusted: false, ranges: ['192.0.2.0/24'] },
    { kind: 'country', id: GERMANY, countries: ['DE'], includeUnknownCountriesAndRegions: false },
    { kind: 'country', id: NOWHERE, countries: [], includeUnknownCountriesAndRegions: true },
    { kind: 'ip', id: BROKEN, isTrusted: false, ranges: ['198.51.100.0/24', 'no range'] },
  ],
  mfaTrustedRanges: ['203.0.113.0/24'],
} satisfies NamedLocations;

function applies(
  includeLocations: readonly string[],
  excludeLocations: readonly string[],
  location: Location,
  locations: NamedLocations = LOCATIONS,
): boolean | null | undefined {
  const set = compiled([raw({ locations: { includeLocations, excludeLocations } })], locations);
  return evaluate(set, signIn({ location })).policies[0]?.policyApplies;
}

describe('locations of a policy', () => {
  const inOffice = { ipAddress: '198.51.100.9', country: 'FR' };
  const atHome = { ipAddress: '192.0.2.9', country: 'DE' };
  const byMfa = { ipAddress: '203.0.113.9', country: 'FR' };
  const unknownCountry = { ipAddress: '100.64.0.1', country: null };

  it.each<[readonly string[], readonly string[], Location, boolean | null]>([
    [['All'], [], unknownCountry, true],
    [['All'], ['AllTrusted'], inOffice, false],
    [['All'], ['AllTrusted'], byMfa, false],
    [['All'], ['AllTrusted'], atHome, true],
    [['AllTrusted'], [], inOffice, true],
    [['AllTrusted'], [], { ipAddress: '2001:db8::1', country: null }, true],
    [['00000000-0000-0000-0000-000000000000'], [], byMfa, true],
    [['00000000-0000-0000-0000-000000000000'], [], inOffice, false],
    [[OFFICE], [], atHome, false],
    [[GERMANY], [], atHome, true],
    [[GERMANY], [CITY], atHome, false],
    [[GERMANY], [], unknownCountry, false],
    [[NOWHERE], [], unknownCountry, true],
    [[id(99)], [], atHome, null],
    [[id(99)], [id(99)], atHome, false],
    [['All'], [id(99)], atHome, null],
    [[BROKEN], [], inOffice, true],
    [[BROKEN], [], atHome, null],
    [[GERMANY], [], { ipAddress: '192.0.2.9' }, null],
    [[OFFICE], [], { country: 'DE' }, null],
    [[GERMANY, OFFICE], [], { country: 'DE' }, true],
  ])('include %j, exclude %j, from %j: %s', (include, exclude, location, expected) => {
    expect(applies(include, exclude, location)).toBe(expected);
  });

  it('are not known where they were not read', () => {
    const unread: NamedLocations = { list: null, mfaTrustedRanges: null };

    expect(applies(['AllTrusted'], [], inOffice, unread)).toBe(null);
    expect(applies(['All'], ['AllTrusted'], inOffice, unread)).toBe(null);
    expect(applies(['AllTrusted'], ['AllTrusted'], inOffice, unread)).toBe(false);
    expect(applies([OFFICE], [], inOffice, unread)).toBe(null);
  });

  it('are looked through up to five thousand ranges in one list; beyond that a sign-in may come from any of them', () => {
    const crowded = (n: number, count: number): readonly NamedLocation[] => [
      {
        kind: 'ip',
        id: id(n),
        isTrusted: true,
        ranges: Array.from({ length: count }, (_, k) => `10.${k >> 7}.${(k & 127) * 2}.0/24`),
      },
    ];
    const few: NamedLocations = { list: [...LOCATIONS.list, ...crowded(41, 4_900)], mfaTrustedRanges: [] };
    const many: NamedLocations = { list: [...LOCATIONS.list, ...crowded(41, 5_000)], mfaTrustedRanges: [] };

    expect(applies([id(41), CITY], [], inOffice, few)).toBe(false);
    expect(applies([id(41), CITY], [], inOffice, many)).toBe(null);
    expect(applies(['All'], [id(41), CITY], atHome, few)).toBe(false);
    expect(applies(['All'], [id(41), CITY], atHome, many)).toBe(null);
    expect(applies([id(41), CITY], ['AllTrusted', OFFICE], atHome, many)).toBe(null);
    expect(applies([id(41), GERMANY], [], atHome, many)).toBe(true);
    expect(applies([id(41)], [], inOffice, many)).toBe(false);
  });
});
