import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatAddress,
  holdsAddress,
  isPublic,
  merge,
  parseAddress,
  parseRange,
  type Range,
  turningPoints,
} from '../../src/lib/whatif/addresses.ts';
import { evaluate } from '../../src/lib/whatif/evaluate.ts';
import {
  asksForGps,
  compileLocations,
  matchesLocation,
  type NamedLocation,
  type NamedLocations,
} from '../../src/lib/whatif/locations.ts';
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

  it.each([
    ['0.1.2.3', false],
    ['10.255.0.1', false],
    ['100.64.0.1', false],
    ['100.63.255.255', true],
    ['127.0.0.1', false],
    ['169.254.9.9', false],
    ['172.16.0.1', false],
    ['172.32.0.1', true],
    ['192.168.1.1', false],
    ['203.0.113.7', true],
    ['::1', false],
    ['::2', true],
    ['fd00::1', false],
    ['fe80::1', false],
    ['2001:db8::1', true],
  ])('%s is seen over the internet: %s', (address, expected) => {
    expect(isPublic(parseAddress(address) as bigint)).toBe(expected);
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
const PHONE = id(36);
const STRANGE = id(37);
const COMPLIANT_NETWORK = '3d46dbda-8382-466a-856d-eb00cbc6b910';

const LOCATIONS = {
  list: [
    { kind: 'ip', id: OFFICE, isTrusted: true, ranges: ['198.51.100.0/24', '2001:db8::/32'] },
    { kind: 'ip', id: CITY, isTrusted: false, ranges: ['192.0.2.0/24'] },
    { kind: 'country', id: GERMANY, countries: ['DE'], includeUnknownCountriesAndRegions: false },
    { kind: 'country', id: NOWHERE, countries: [], includeUnknownCountriesAndRegions: true },
    { kind: 'ip', id: BROKEN, isTrusted: false, ranges: ['198.51.100.0/24', 'no range'] },
    { kind: 'gps', id: PHONE },
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
    [[PHONE], [], atHome, null],
    [[GERMANY], [PHONE], atHome, null],
    [['AllTrusted'], [], { ipAddress: '100.64.0.1', country: 'DE' }, false],
    [['All'], [id(99)], atHome, null],
    [[BROKEN], [], inOffice, true],
    [[BROKEN], [], atHome, null],
    [[GERMANY], [], { ipAddress: '192.0.2.9' }, null],
    [[OFFICE], [], { country: 'DE' }, null],
    [[GERMANY, OFFICE], [], { country: 'DE' }, true],
    [['All'], [PHONE], atHome, null],
    [['AllTrusted'], [], atHome, false],
  ])('include %j, exclude %j, from %j: %s', (include, exclude, location, expected) => {
    expect(applies(include, exclude, location)).toBe(expected);
  });

  it('that go by GPS are named where an answer hangs on them', () => {
    const policy = { 'conditions.locations.includeLocations': [PHONE] };
    const condition = compileLocations(LOCATIONS)(policy, []);

    expect(matchesLocation(condition, atHome)).toEqual({ needs: [`named location ${PHONE}`] });
  });

  it('are not known where they were not read', () => {
    const unread: NamedLocations = { list: null, mfaTrustedRanges: null };

    expect(applies(['AllTrusted'], [], inOffice, unread)).toBe(null);
    expect(applies(['All'], ['AllTrusted'], inOffice, unread)).toBe(null);
    expect(applies(['AllTrusted'], ['AllTrusted'], inOffice, unread)).toBe(false);
    expect(applies([OFFICE], [], inOffice, unread)).toBe(null);
  });

  it('are nowhere where they are spared as well, whatever is not known of the sign-in or of them', () => {
    const unknownTrust: NamedLocations = { list: [], mfaTrustedRanges: null };
    const mfaTrusted = '00000000-0000-0000-0000-000000000000';

    expect(applies([GERMANY], [GERMANY], {})).toBe(false);
    expect(applies(['AllTrusted'], [mfaTrusted], atHome, unknownTrust)).toBe(false);
    expect(applies(['AllTrusted'], [OFFICE], atHome, unknownTrust)).toBe(null);
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

describe('where a phone is', () => {
  const asked = (
    include: readonly string[],
    exclude: readonly string[],
    list: NamedLocations['list'] = [
      ...LOCATIONS.list,
      { kind: 'unread', id: STRANGE },
      { kind: 'unread', id: COMPLIANT_NETWORK },
    ],
  ): unknown => {
    const policy = {
      'conditions.locations.includeLocations': include,
      'conditions.locations.excludeLocations': exclude,
    };
    return asksForGps(compileLocations({ list, mfaTrustedRanges: null })(policy, []));
  };

  it.each<[readonly string[], readonly string[], unknown]>([
    [[], [], false],
    [['All'], ['AllTrusted'], false],
    [[GERMANY], [OFFICE, BROKEN, NOWHERE], false],
    [[PHONE], [], true],
    [['All'], [PHONE], true],
    [[PHONE], [PHONE], true],
    [[GERMANY, PHONE, STRANGE], [OFFICE], true],
    [['All'], [STRANGE], { needs: [`named location ${STRANGE}`] }],
    [[id(99)], [OFFICE], { needs: [`named location ${id(99)}`] }],
    [['All'], [COMPLIANT_NETWORK], false],
  ])('is asked for to decide on include %j, exclude %j: %j', (include, exclude, expected) => {
    expect(asked(include, exclude)).toEqual(expected);
  });

  it('may be asked for wherever the locations were not read, but not to know which are trusted', () => {
    expect(asked([OFFICE], [], null)).toEqual({ needs: [`named location ${OFFICE}`] });
    expect(asked(['All'], ['AllTrusted'], null)).toBe(false);
    expect(asked(['All'], [COMPLIANT_NETWORK], null)).toBe(false);
  });
});

describe('what a place depends on', () => {
  const needs = (
    named: readonly string[],
    location: Location,
    locations: NamedLocations = LOCATIONS,
    unread: readonly string[] = [],
  ): unknown => {
    const policy = { 'conditions.locations.includeLocations': named };
    return matchesLocation(compileLocations(locations)(policy, unread), location);
  };
  const nowhere = { ipAddress: '100.64.0.1', country: 'FR' };

  it.each<[string, readonly string[], Location, unknown]>([
    ['an address that is not given', [OFFICE], { country: 'DE' }, { needs: ['location.ipAddress'] }],
    ['an address that is none', [OFFICE], { ipAddress: 'here' }, { needs: ['location.ipAddress'] }],
    ['no address at all', [OFFICE], { ipAddress: null }, false],
    ['a country that is not given', [GERMANY], { ipAddress: '::1' }, { needs: ['location.country'] }],
    ['a country in lower case', [GERMANY], { country: 'de' }, true],
    ['no country at all', [NOWHERE], { country: null }, true],
    ['a country where unknown ones are meant', [NOWHERE], { country: 'DE' }, false],
    [
      'a country that is not given, where unknown ones are meant',
      [NOWHERE],
      {},
      { needs: ['location.country'] },
    ],
    ['a place with a range we cannot read', [BROKEN], nowhere, { needs: [`named location ${BROKEN}`] }],
    ['a place we do not know', [id(99)], nowhere, { needs: [`named location ${id(99)}`] }],
    ['everywhere', ['All', id(99)], {}, true],
    ['two places, by country', [OFFICE, NOWHERE], { ipAddress: '100.64.0.1', country: null }, true],
    ['two places, by address', [GERMANY, CITY], { ipAddress: '192.0.2.1', country: 'FR' }, true],
    ['trusted places', ['AllTrusted'], nowhere, false],
    ['trusted places, one that is not', ['AllTrusted'], { ipAddress: '192.0.2.1', country: 'FR' }, false],
  ])('%s', (_, named, location, truth) => {
    expect(needs(named, location)).toEqual(truth);
  });

  it.each<[string, NamedLocations, readonly string[], unknown]>([
    [
      'places that were not read',
      { list: null, mfaTrustedRanges: [] },
      ['AllTrusted'],
      { needs: ['named locations'] },
    ],
    [
      'old MFA settings that were not read',
      { list: [], mfaTrustedRanges: null },
      ['AllTrusted'],
      { needs: ['MFA trusted IPs'] },
    ],
    [
      'old MFA settings we cannot read',
      { list: [], mfaTrustedRanges: ['x'] },
      ['00000000-0000-0000-0000-000000000000'],
      { needs: ['MFA trusted IPs'] },
    ],
    ['nothing at all', { list: [], mfaTrustedRanges: [] }, ['AllTrusted'], false],
    [
      'a place of a kind we do not know, which may be trusted',
      { list: [{ kind: 'unread', id: id(40) }], mfaTrustedRanges: [] },
      ['AllTrusted'],
      { needs: [`whether named location ${id(40)} is trusted`] },
    ],
    [
      'a place of a kind we do not know',
      { list: [{ kind: 'unread', id: id(40) }], mfaTrustedRanges: [] },
      [id(40)],
      { needs: [`named location ${id(40)}`] },
    ],
    [
      'a country, which cannot be trusted',
      {
        list: [{ kind: 'country', id: id(40), countries: ['FR'], includeUnknownCountriesAndRegions: true }],
        mfaTrustedRanges: [],
      },
      ['AllTrusted'],
      false,
    ],
  ])('of a tenant with %s', (_, locations, named, truth) => {
    expect(needs(named, nowhere, locations)).toEqual(truth);
  });

  it('is what was not understood of the condition, unless the place is meant anyhow', () => {
    const unread = ['conditions.locations.includeNetworks'];

    expect(needs([OFFICE], nowhere, LOCATIONS, unread)).toEqual({ needs: unread });
    expect(needs([OFFICE], { ipAddress: '198.51.100.9' }, LOCATIONS, unread)).toBe(true);
  });

  it('is nothing for a policy that names no place', () => {
    expect(compileLocations(LOCATIONS)({}, ['x'])).toBeNull();
    expect(matchesLocation(null, {})).toBe(true);
  });

  it('is everywhere else for a policy that only spares one', () => {
    const policy = { 'conditions.locations.excludeLocations': [OFFICE] };
    const condition = compileLocations(LOCATIONS)(policy, []);

    expect(condition?.include.isEverywhere).toBe(true);
    expect(matchesLocation(condition, nowhere)).toBe(true);
    expect(matchesLocation(condition, { ipAddress: '198.51.100.9' })).toBe(false);
  });

  it('is nothing more for a place that is named twice, once to be spared', () => {
    const condition = compileLocations(LOCATIONS)(
      {
        'conditions.locations.includeLocations': [id(99), OFFICE, BROKEN],
        'conditions.locations.excludeLocations': [BROKEN, id(99)],
      },
      ['odd'],
    );

    expect(condition?.include.unread).toEqual(['odd']);
    expect(condition?.exclude.unread).toEqual([`named location ${BROKEN}`, `named location ${id(99)}`]);
    expect(matchesLocation(condition, { ipAddress: '2001:db8::1', country: 'FR' })).toEqual({
      needs: [`named location ${BROKEN}`, `named location ${id(99)}`],
    });
  });

  it('is read once for a tenant, and once for a list', () => {
    const of = compileLocations(LOCATIONS);
    const policy = { 'conditions.locations.excludeLocations': [OFFICE, CITY] };

    expect(of(policy, [])?.exclude).toBe(of(policy, [])?.exclude);
    const trusted = { 'conditions.locations.excludeLocations': ['AllTrusted'] };
    expect(of(trusted, [])?.exclude).toBe(compileLocations(LOCATIONS)(trusted, [])?.exclude);
  });

  it('is every name of a list with exactly five thousand ranges, and none of one more', () => {
    const crowded = (n: number, count: number): NamedLocation => ({
      kind: 'ip',
      id: id(n),
      isTrusted: false,
      ranges: Array.from({ length: count }, (_, k) => `10.${k >> 7}.${(k & 127) * 2}.0/24`),
    });
    const joined = (count: number): unknown =>
      compileLocations({ list: [crowded(41, count), ...LOCATIONS.list], mfaTrustedRanges: [] })(
        { 'conditions.locations.includeLocations': [id(41), CITY, GERMANY] },
        [],
      )?.include.unread;

    expect(joined(4_999)).toEqual([]);
    expect(joined(5_000)).toEqual([`named location ${id(41)}`, `named location ${CITY}`]);
    const alone = { 'conditions.locations.includeLocations': [id(41)] };
    const known = { list: [crowded(41, 5_001)], mfaTrustedRanges: [] };
    expect(compileLocations(known)(alone, [])?.include).toMatchObject({ unread: [] });
  });
});

describe('an address', () => {
  it.each<[string, bigint | undefined]>([
    ['0.0.0.0', 1n << 128n],
    ['255.255.255.255', (1n << 128n) + 0xffffffffn],
    ['1.2.3.4', (1n << 128n) + 0x01020304n],
    ['::ffff:1.2.3.4', (1n << 128n) + 0x01020304n],
    ['::ffff:102:304', (1n << 128n) + 0x01020304n],
    ['::fffe:1.2.3.4', 0xfffe01020304n],
    ['::', 0n],
    ['::1', 1n],
    ['1::', 1n << 112n],
    ['1:2:3:4:5:6:7:8', 0x00010002000300040005000600070008n],
    ['1:2:3:4:5:6:1.2.3.4', 0x00010002000300040005000601020304n],
    ['1:2:3:4:5:6:7::', 0x00010002000300040005000600070000n],
    ['::2:3:4:5:6:7:8', 0x00000002000300040005000600070008n],
    ['FFFF::', 0xffffn << 112n],
    ['1:2:3:4:5:6:7::8', undefined],
    ['1:2:3:4:5:6:7', undefined],
    ['1:2:3:4:5:6:7:8:9', undefined],
    ['1::2::3', undefined],
    ['12345::', undefined],
    ['::g', undefined],
    ['::1.2.3', undefined],
    ['::1.2.3.256', undefined],
    ['1.2.3.4::', undefined],
    ['x1.2.3.4', undefined],
    ['::ffff:1.2.3.44', (1n << 128n) + 0x0102032cn],
    ['::1.2.3.4x', undefined],
    ['x\n::1.2.3.4', undefined],
    ['1.2.3.4x', undefined],
    ['1.2.3.4.5', undefined],
    ['1.2.3', undefined],
    ['1.2.3.0004', undefined],
    ['1.2.3.', undefined],
    [' 1.2.3.4', undefined],
    [':1:2:3:4:5:6:7', undefined],
    ['', undefined],
  ])('%s is %s', (text, address) => {
    expect(parseAddress(text)).toBe(address);
  });

  it.each([
    ['::ffff:1.2.3.4', '1.2.3.4'],
    ['0:0:1::', '::1:0:0:0:0:0'],
    ['1:0:0:2::', '1::2:0:0:0:0'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['::1:2:3:4:5:6', '::1:2:3:4:5:6'],
    ['1:2:3:4:5:6::', '1:2:3:4:5:6::'],
    ['0.0.0.0', '0.0.0.0'],
    ['10.20.30.40', '10.20.30.40'],
  ])('%s is written %s, and read as it was', (text, written) => {
    const address = parseAddress(text) as bigint;

    expect(parseAddress(formatAddress(address))).toBe(address);
    expect(formatAddress(address)).toBe(written);
  });
});

describe('a range', () => {
  const V4 = 1n << 128n;

  it.each<[string, Range | undefined]>([
    ['1.2.3.4', { first: V4 + 0x01020304n, last: V4 + 0x01020304n }],
    [' 1.2.3.4/32 ', { first: V4 + 0x01020304n, last: V4 + 0x01020304n }],
    ['1.2.3.4/24', { first: V4 + 0x01020300n, last: V4 + 0x010203ffn }],
    ['0.0.0.0/0', { first: V4, last: V4 + 0xffffffffn }],
    ['::/0', { first: 0n, last: V4 - 1n }],
    ['::1/128', { first: 1n, last: 1n }],
    ['1::/16', { first: 1n << 112n, last: (2n << 112n) - 1n }],
    ['::ffff:1.2.3.4/120', { first: V4 + 0x01020300n, last: V4 + 0x010203ffn }],
    ['::ffff:0:0/96', { first: V4, last: V4 + 0xffffffffn }],
    ['::ffff:0:0/95', { first: 0xfffen << 32n, last: (0x10000n << 32n) - 1n }],
    ['::1:0:0:0/96', { first: 0x1000000000000n, last: 0x10000ffffffffn }],
    ['1.2.3.4/33', undefined],
    ['::/129', undefined],
    ['1.2.3.4/', undefined],
    ['1.2.3.4/-1', undefined],
    ['1.2.3.4/0024', undefined],
    ['1.2.3.4/8/8', undefined],
    ['/8', undefined],
  ])('%s', (text, range) => {
    expect(parseRange(text)).toEqual(range);
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['apart', ['10.0.0.0/24', '10.0.2.0/24'], ['10.0.0.0-10.0.0.255', '10.0.2.0-10.0.2.255']],
    ['in another order', ['10.0.2.0/24', '10.0.0.0/24'], ['10.0.0.0-10.0.0.255', '10.0.2.0-10.0.2.255']],
    ['touching', ['10.0.0.0/24', '10.0.1.0/24'], ['10.0.0.0-10.0.1.255']],
    ['one in the other', ['10.0.0.0/16', '10.0.1.0/24'], ['10.0.0.0-10.0.255.255']],
    ['twice', ['10.0.0.0/24', '10.0.0.0/24'], ['10.0.0.0-10.0.0.255']],
    ['the same address', ['10.0.0.7', '10.0.0.7'], ['10.0.0.7-10.0.0.7']],
    [
      'of two families',
      ['0.0.0.0/1', '8000::/1'],
      ['8000::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', '0.0.0.0-127.255.255.255'],
    ],
  ])('and another, %s', (_, texts, merged) => {
    const ranges = merge(texts.map((text) => parseRange(text) as Range));

    expect(ranges.map(({ first, last }) => `${formatAddress(first)}-${formatAddress(last)}`)).toEqual(merged);
  });

  it('turns where it begins, just after it ends, behind IPv4 written as IPv6, and nowhere after the last address of a family', () => {
    const points = (...texts: readonly string[]): ReadonlySet<string> =>
      new Set(turningPoints(texts.map((text) => parseRange(text) as Range)).map(formatAddress));

    expect(points()).toEqual(new Set(['::', '::1:0:0:0', '0.0.0.0']));
    expect(points('10.0.0.0/24')).toEqual(new Set(['::', '::1:0:0:0', '0.0.0.0', '10.0.0.0', '10.0.1.0']));
    expect(points('255.255.255.0/24')).toEqual(new Set(['::', '::1:0:0:0', '0.0.0.0', '255.255.255.0']));
    expect(points('::fffe:ffff:ffff')).toEqual(new Set(['::', '::fffe:ffff:ffff', '::1:0:0:0', '0.0.0.0']));
    expect(points('ffff::/16')).toEqual(new Set(['::', '::1:0:0:0', '0.0.0.0', 'ffff::']));
    expect(points('::/0', '0.0.0.0/0')).toEqual(new Set(['::', '::1:0:0:0', '0.0.0.0']));
    expect(
      turningPoints([parseRange('255.255.255.0/24') as Range, parseRange('::/0') as Range]),
    ).toHaveLength(4);
  });
});
