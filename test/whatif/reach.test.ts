import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { parseAddress } from '../../src/lib/whatif/addresses.ts';
import { APP_GROUPS } from '../../src/lib/whatif/apps.ts';
import type { CompiledPolicy, DeviceFilter } from '../../src/lib/whatif/compile.ts';
import { parseRule } from '../../src/lib/whatif/deviceFilter.ts';
import type { NamedLocations } from '../../src/lib/whatif/locations.ts';
import {
  CLIENT_APPS,
  filterGoal,
  findDeviceFor,
  LEVELS,
  locationsFor,
  PLATFORMS,
  type Reach,
  reachOf,
  targetsFor,
  triesEveryPlace,
} from '../../src/lib/whatif/reach.ts';
import type { Target } from '../../src/lib/whatif/signIn.ts';
import { AZURE_MANAGEMENT, compiled, id, raw, SHAREPOINT } from './support.ts';

const OFFICE = id(31);
const GERMANY = id(32);
const UNKNOWN = id(33);
const PLACES: NamedLocations = {
  list: [
    { kind: 'ip', id: OFFICE, isTrusted: true, ranges: ['198.51.100.0/24'] },
    { kind: 'country', id: GERMANY, countries: ['DE'], includeUnknownCountriesAndRegions: false },
    { kind: 'country', id: UNKNOWN, countries: [], includeUnknownCountriesAndRegions: true },
  ],
  mfaTrustedRanges: [],
};

function one(policy: RawPolicy, places: NamedLocations = PLACES): CompiledPolicy {
  const [own] = compiled([policy], places).policies;
  if (own === undefined) throw new Error('one policy is compiled to one');
  return own;
}

function reach(conditions: Readonly<Record<string, unknown>>): Reach | null {
  return reachOf(one(raw(conditions)));
}

/** A sign-in to anything from anywhere. */
const ANY = {
  target: { kind: 'app', appIds: [AZURE_MANAGEMENT] },
  clientApp: 'browser',
  platform: 'windows',
  location: { ipAddress: '203.0.113.10', country: 'ZZ' },
  device: 'unregistered',
  signInRisk: 'none',
  userRisk: 'none',
  servicePrincipalRisk: 'none',
  insiderRisk: 'none',
  authenticationFlow: 'none',
};

describe('where a policy reaches', () => {
  const filter = (rule: string, mode = 'include'): object => ({ deviceFilter: { mode, rule } });

  it.each<[Readonly<Record<string, unknown>>, object]>([
    [{}, {}],
    [
      { applications: { includeApplications: [SHAREPOINT] } },
      { target: { kind: 'app', appIds: [SHAREPOINT] } },
    ],
    [
      { applications: { includeApplications: ['All'], excludeApplications: [AZURE_MANAGEMENT] } },
      { target: { kind: 'app', appIds: ['ffffffff-ffff-4fff-bfff-000000000000'] } },
    ],
    [
      { applications: { includeUserActions: ['urn:user:registerdevice'] } },
      { target: { kind: 'userAction', action: 'urn:user:registerdevice' } },
    ],
    [
      { applications: { includeAuthenticationContextClassReferences: ['c3'] } },
      { target: { kind: 'authContext', value: 'c3' } },
    ],
    [{ clientAppTypes: ['other'] }, { clientApp: 'other' }],
    [{ clientAppTypes: ['exchangeActiveSync'] }, { clientApp: 'exchangeActiveSync' }],
    [{ clientAppTypes: ['mobileAppsAndDesktopClients'] }, { clientApp: 'mobileAppsAndDesktopClients' }],
    ...['macOS', 'linux', 'iOS', 'android', 'windowsPhone'].map(
      (platform): [Readonly<Record<string, unknown>>, object] => [
        { platforms: { includePlatforms: [platform] } },
        { platform },
      ],
    ),
    [
      {
        platforms: {
          includePlatforms: ['all'],
          excludePlatforms: ['windows', 'macOS', 'linux', 'iOS', 'android', 'windowsPhone'],
        },
      },
      { platform: 'unknown' },
    ],
    [
      { locations: { includeLocations: [OFFICE] } },
      { location: { ipAddress: '198.51.100.0', country: 'ZZ' } },
    ],
    [
      { locations: { includeLocations: [GERMANY] } },
      { location: { ipAddress: '203.0.113.10', country: 'DE' } },
    ],
    [
      { locations: { includeLocations: [UNKNOWN] } },
      { location: { ipAddress: '203.0.113.10', country: null } },
    ],
    [{ devices: filter('device.isCompliant -eq True', 'exclude') }, {}],
    [{ signInRiskLevels: ['high'] }, { signInRisk: 'high' }],
    [{ signInRiskLevels: ['hidden'] }, { signInRisk: 'hidden' }],
    [{ userRiskLevels: ['medium'] }, { userRisk: 'medium' }],
    [{ servicePrincipalRiskLevels: ['low'] }, { servicePrincipalRisk: 'low' }],
    [{ insiderRiskLevels: 'minor' }, { insiderRisk: 'minor' }],
    [{ insiderRiskLevels: 'moderate' }, { insiderRisk: 'moderate' }],
    [{ insiderRiskLevels: 'elevated' }, { insiderRisk: 'elevated' }],
    [
      { authenticationFlows: { transferMethods: 'deviceCodeFlow' } },
      { authenticationFlow: 'deviceCodeFlow' },
    ],
    [
      { authenticationFlows: { transferMethods: 'authenticationTransfer' } },
      { authenticationFlow: 'authenticationTransfer' },
    ],
  ])('with %j is surely a sign-in with %j', (conditions, more) => {
    expect(reach(conditions)).toEqual({ example: { ...ANY, ...more }, isCertain: true });
  });

  it('is a device that its filter fits', () => {
    expect(reach({ devices: filter('device.isCompliant -eq True') })).toMatchObject({
      example: { device: { isCompliant: true } },
      isCertain: true,
    });
  });

  it.each<[Readonly<Record<string, unknown>>]>([
    [{ applications: { includeApplications: ['None'] } }],
    [{ platforms: { includePlatforms: ['all'], excludePlatforms: ['all'] } }],
    [{ locations: { includeLocations: ['All'], excludeLocations: ['All'] } }],
    [{ locations: { includeLocations: [OFFICE], excludeLocations: ['AllTrusted'] } }],
    [{ devices: filter('device.model -eq "a" -and device.model -eq "b"') }],
  ])('with %j is nowhere', (conditions) => {
    expect(reach(conditions)).toBeNull();
  });

  it.each<[Readonly<Record<string, unknown>>, object]>([
    [{ times: [1] }, {}],
    [{ clientAppTypes: ['odd'] }, {}],
    [{ platforms: { includePlatforms: ['odd'] } }, {}],
    [{ locations: { includeLocations: [id(99)] } }, {}],
    [{ devices: filter('odd') }, {}],
    [{ devices: filter('device.model -eq "x"', 'odd') }, {}],
    [{ signInRiskLevels: ['odd'] }, {}],
    // Better one that surely fits than the first that may.
    [{ signInRiskLevels: ['odd', 'high'], times: [1] }, { signInRisk: 'high' }],
  ])('with %j may be a sign-in with %j', (conditions, more) => {
    expect(reach(conditions)).toEqual({ example: { ...ANY, ...more }, isCertain: false });
  });

  it('is not ruled out where places are too many to be tried, or a filter too long', () => {
    const ranges = Array.from({ length: 2_001 }, (_, k) => `10.${k >> 7}.${(k & 127) * 2}.0/24`);
    const crowded: NamedLocations = {
      list: [{ kind: 'ip', id: OFFICE, isTrusted: false, ranges }],
      mfaTrustedRanges: [],
    };
    const policy = one(
      raw({ locations: { includeLocations: [GERMANY], excludeLocations: [OFFICE] } }),
      crowded,
    );
    const impossible = {
      include: { ...policy.location?.include, unread: [] },
      exclude: policy.location?.exclude,
    };

    expect(reachOf({ ...policy, location: impossible as CompiledPolicy['location'] })).toEqual({
      example: { ...ANY, location: { ipAddress: '203.0.113.10', country: null } },
      isCertain: false,
    });
    const elsewhere = one(
      raw({ locations: { includeLocations: ['All'], excludeLocations: [OFFICE] } }),
      crowded,
    );
    expect(reachOf(elsewhere)).toEqual({ example: ANY, isCertain: true });
  });
});

describe('kinds of sign-ins', () => {
  const targets = (...policies: readonly RawPolicy[]): readonly Target[] => [
    ...targetsFor(...policies.map((policy) => one(policy).targets)),
  ];
  const forApps = (applications: object): RawPolicy => raw({ applications });
  const app = (appId: string): Target => ({ kind: 'app', appIds: [appId] });
  const OTHERS: readonly Target[] = [
    { kind: 'userAction', action: 'another action' },
    { kind: 'authContext', value: 'another context' },
  ];
  const STRANGE = 'ffffffff-ffff-4fff-bfff-000000000000';

  it('are by target what the policies name, each once, and one that none names', () => {
    expect(
      targets(
        forApps({ includeApplications: [SHAREPOINT], excludeApplications: [id(50)] }),
        forApps({ includeApplications: [SHAREPOINT] }),
        forApps({ includeUserActions: ['urn:user:registerdevice'] }),
        forApps({ includeAuthenticationContextClassReferences: ['c1', 'c2'] }),
        forApps({ includeAuthenticationContextClassReferences: ['c2'] }),
      ),
    ).toEqual([
      app(AZURE_MANAGEMENT),
      app(STRANGE),
      app(SHAREPOINT),
      app(id(50)),
      { kind: 'userAction', action: 'urn:user:registerdevice' },
      { kind: 'authContext', value: 'c1' },
      { kind: 'authContext', value: 'c2' },
      ...OTHERS,
    ]);
  });

  it('are by target every member of a group, and still another when the strange one is named', () => {
    const members = [...(APP_GROUPS.MicrosoftAdminPortals?.members ?? [])];

    expect(targets(forApps({ includeApplications: ['MicrosoftAdminPortals', STRANGE] }))).toEqual([
      app(AZURE_MANAGEMENT),
      app('ffffffff-ffff-4fff-bfff-000000000001'),
      app('MicrosoftAdminPortals'),
      app(STRANGE),
      ...members.map(app),
      ...OTHERS,
    ]);
  });

  it('are by place one for each way of being named', () => {
    const places = (include: readonly string[], exclude: readonly string[] = []): unknown => [
      ...locationsFor(
        one(raw({ locations: { includeLocations: include, excludeLocations: exclude } })).location,
        null,
      ),
    ];

    expect(places(['All'])).toEqual([{ ipAddress: '203.0.113.10', country: 'ZZ' }]);
    expect(places([OFFICE])).toEqual([
      { ipAddress: '203.0.113.10', country: 'ZZ' },
      { ipAddress: '198.51.100.0', country: 'ZZ' },
    ]);
    expect(places([GERMANY])).toEqual([
      { ipAddress: '203.0.113.10', country: 'ZZ' },
      { ipAddress: '203.0.113.10', country: 'DE' },
    ]);
    expect(places([GERMANY], [UNKNOWN, OFFICE])).toEqual(
      ['203.0.113.10', '198.51.100.0'].flatMap((ipAddress) =>
        ['ZZ', 'DE', null].map((country) => ({ ipAddress, country })),
      ),
    );
    expect(parseAddress('203.0.113.10')).toBeDefined();
  });

  it('are by country another than those that are named', () => {
    const named: NamedLocations = {
      list: [
        { kind: 'country', id: GERMANY, countries: ['ZZ', 'ZY'], includeUnknownCountriesAndRegions: false },
      ],
      mfaTrustedRanges: [],
    };
    const { location } = one(raw({ locations: { includeLocations: [GERMANY] } }), named);

    expect([...locationsFor(location)].map(({ country }) => country)).toEqual(['ZX', 'ZZ']);
  });

  it('are by country a named one and none, where every code is named', () => {
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ'];
    const countries = letters.flatMap((one) => letters.map((other) => `${one}${other}`));
    const named: NamedLocations = {
      list: [{ kind: 'country', id: GERMANY, countries, includeUnknownCountriesAndRegions: false }],
      mfaTrustedRanges: [],
    };
    const { location } = one(raw({ locations: { includeLocations: [GERMANY] } }), named);

    expect([...locationsFor(location)].map(({ country }) => country)).toEqual(['AA', null]);
  });

  it('are all tried where no list has more than two thousand ranges', () => {
    const crowded = (count: number): CompiledPolicy['location'] =>
      one(raw({ locations: { includeLocations: [GERMANY], excludeLocations: [OFFICE] } }), {
        list: [
          {
            kind: 'ip',
            id: OFFICE,
            isTrusted: false,
            ranges: Array.from({ length: count }, (_, k) => `10.${k >> 7}.${(k & 127) * 2}.0/24`),
          },
        ],
        mfaTrustedRanges: [],
      }).location;

    expect([triesEveryPlace(null), triesEveryPlace(crowded(2_000)), triesEveryPlace(crowded(2_001))]).toEqual(
      [true, true, false],
    );
    expect(triesEveryPlace(null, crowded(2_001))).toBe(false);
  });

  it('are by client, platform and level those there are', () => {
    expect(CLIENT_APPS).toEqual(['browser', 'mobileAppsAndDesktopClients', 'exchangeActiveSync', 'other']);
    expect(PLATFORMS).toEqual(['windows', 'macOS', 'linux', 'iOS', 'android', 'windowsPhone', 'unknown']);
    expect(LEVELS).toEqual([
      'none',
      'low',
      'medium',
      'high',
      'hidden',
      'minor',
      'moderate',
      'elevated',
      'deviceCodeFlow',
      'authenticationTransfer',
    ]);
  });
});

describe('what a device filter wants', () => {
  const filter = (mode: DeviceFilter['mode'], text = 'device.model -eq "x"'): DeviceFilter => ({
    mode,
    rule: parseRule(text),
  });

  it.each<[DeviceFilter['mode'], boolean, boolean]>([
    ['include', true, true],
    ['include', false, false],
    ['exclude', true, false],
    ['exclude', false, true],
  ])('by %s, to be met %s: the rule %s', (mode, isMet, is) => {
    expect(filterGoal(filter(mode), isMet)).toMatchObject({ is, rule: { kind: 'test' } });
  });

  it('is not known where it cannot be read', () => {
    expect(filterGoal(filter('unread'), true)).toBeNull();
    expect(filterGoal(filter('include', 'odd'), true)).toBeNull();
  });

  it('is a device, no device, or may be any', () => {
    const goal = (text: string) => {
      const found = filterGoal(filter('include', text), true);
      if (found === null) throw new Error(text);
      return found;
    };
    const managed = `device.extensionAttribute1 -eq "x" -and device.isCompliant -ne True -and device.trustType -ne "ServerAD" -and device.mdmAppId -ne "0000000a-0000-0000-c000-000000000000"`;

    expect(findDeviceFor([goal('device.model -eq "x"')])).toMatchObject({
      value: { model: 'x' },
      truth: true,
    });
    expect(findDeviceFor([goal('device.model -eq "x" -and device.model -eq "y"')])).toBeUndefined();
    expect(findDeviceFor([goal(managed)])).toEqual({
      value: 'unregistered',
      truth: { needs: ['a device filter that cannot be decided'] },
    });
  });
});
