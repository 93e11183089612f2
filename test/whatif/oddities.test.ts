import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { RawLocation } from '../../src/lib/ports.ts';
import { locationsOf } from '../../src/lib/surroundings.ts';
import type { NamedLocation } from '../../src/lib/whatif/locations.ts';
import { type LockOut, type ProtectedFacts, proveNoLockOut } from '../../src/lib/whatif/proof.ts';
import { compiled, id, NOBODY_SPECIAL, raw } from './support.ts';

function lockOuts(
  policy: RawPolicy,
  identity: Partial<ProtectedFacts> = {},
  allowedControls: readonly string[] = [],
): readonly LockOut[] {
  return proveNoLockOut({
    policies: compiled([policy]),
    identities: [{ ...NOBODY_SPECIAL, ...identity }],
    allowedControls,
  });
}

const EVERYBODY = { includeUsers: ['All'] };

describe('a policy in a form we cannot read', () => {
  it.each(['includeGroups', 'includeRoles'])('may be for anybody where %s holds a word', (list) => {
    expect(lockOuts(raw({ users: { [list]: ['All'] } }))).toMatchObject([{ isCertain: false }]);
    expect(lockOuts(raw({ users: { [list]: ['AllAgentIdUsers'] } }))).toMatchObject([{ isCertain: false }]);
  });

  it.each(['excludeUsers', 'excludeGroups', 'excludeRoles'])(
    'spares nobody where %s says All, which is no word of that list',
    (list) => {
      expect(lockOuts(raw({ users: { ...EVERYBODY, [list]: ['All'] } }))).toMatchObject([
        { isCertain: false },
      ]);
    },
  );

  it('may be for a member of the tenant where it names a kind of guest we do not know', () => {
    const guests = {
      guestOrExternalUserTypes: 'unknownFutureValue',
      externalTenants: { membershipKind: 'all' },
    };

    expect(lockOuts(raw({ users: { includeGuestsOrExternalUsers: guests } }))).toMatchObject([
      { isCertain: false, field: 'conditions.users.includeGuestsOrExternalUsers' },
    ]);
  });

  it.each<[string, unknown]>([
    ['a kind of membership', { externalTenants: { membershipKind: 'unknownFutureValue' } }],
    ['a member', { externalTenants: { membershipKind: 'all' }, onlyFromRegions: ['EU'] }],
    ['a member of the tenants', { externalTenants: { membershipKind: 'all', exceptMembers: [id(5)] } }],
  ])('may not spare a guest where what it says of guests has %s we do not know', (_, more) => {
    const guests = { guestOrExternalUserTypes: 'b2bCollaborationGuest', ...(more as object) };
    const policy = raw({ users: { ...EVERYBODY, excludeGuestsOrExternalUsers: guests } });
    const guest = { guestType: 'b2bCollaborationGuest', homeTenantId: id(6) };

    expect(lockOuts(policy, guest)).toMatchObject([{ isCertain: false }]);
  });

  it.each<[string, Readonly<Record<string, unknown>>]>([
    ['platforms', { includePlatforms: ['linux'], excludePlatforms: ['linux'], includeVendors: ['Acme'] }],
    ['platforms', { includePlatforms: ['linux', 5], excludePlatforms: ['linux'] }],
    ['locations', { includeLocations: [id(1)], excludeLocations: [id(1)], includeNetworks: ['home'] }],
    ['locations', { includeLocations: [id(1), 5], excludeLocations: [id(1)] }],
    [
      'devices',
      {
        deviceFilter: { mode: 'include', rule: 'device.model -eq "a" -and device.model -eq "b"' },
        anyOf: 'c',
      },
    ],
  ])('may reach further than the %s that are read say: %j', (name, value) => {
    expect(lockOuts(raw({ [name]: value }))).toMatchObject([{ isCertain: false }]);
  });

  it('may be for old clients only, where its clients cannot be read', () => {
    const grantControls = { operator: 'OR', builtInControls: ['mfa'] };

    for (const clientAppTypes of [[5], 'other']) {
      expect(lockOuts(raw({ clientAppTypes }, { grantControls }), {}, ['mfa'])).toMatchObject([
        { demand: { kind: 'legacyClient' }, isCertain: false },
      ]);
    }
  });

  it('may be for anybody and anything that a condition we do not know names in place of users and targets', () => {
    expect(
      lockOuts(raw({ users: { excludeUsers: [id(5)] }, people: { include: ['everybody'] } })),
    ).toMatchObject([{ isCertain: false }]);
    expect(lockOuts(raw({ applications: null, resources: ['everything'] }))).toMatchObject([
      { isCertain: false },
    ]);
  });

  it('is for nobody here where it names agents or workloads alone', () => {
    expect(lockOuts(raw({ users: null, agents: { includeAgentUsers: ['All'] } }))).toEqual([]);
    expect(
      lockOuts(
        raw({
          users: null,
          clientApplications: { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] },
          surroundings: ['rain'],
        }),
      ),
    ).toEqual([]);
  });
});

describe('a place we cannot read', () => {
  const namedLocations = locationsOf([
    { '@odata.type': '#microsoft.graph.compliantNetworkNamedLocation', id: id(60) },
    germany(61, 'clientIpAddress'),
    germany(62, 'authenticatorAppGps'),
  ]);

  function germany(n: number, countryLookupMethod: string): RawLocation {
    return {
      '@odata.type': '#microsoft.graph.countryNamedLocation',
      id: id(n),
      countriesAndRegions: ['DE'],
      countryLookupMethod,
    };
  }

  it.each([
    ['all trusted places, of which it may be none', [id(60)], ['AllTrusted']],
    ['a country by the address, where the phone says another', [id(62)], [id(61)]],
    ['a country by the phone, where the address says another', [id(61)], [id(62)]],
  ])('is not spared with %s', (_, includeLocations, excludeLocations) => {
    const policies = compiled([raw({ locations: { includeLocations, excludeLocations } })], namedLocations);

    expect(proveNoLockOut({ policies, identities: [NOBODY_SPECIAL], allowedControls: [] })).toMatchObject([
      { isCertain: false },
    ]);
  });
});

describe('a place', () => {
  it('is found behind addresses that are IPv4 written as IPv6', () => {
    // Everything before ::ffff:0:0, block by block: half of what is left each time.
    const before = Array.from({ length: 16 }, (_, n) => {
      const start = 0x10000 - 2 ** (16 - n);
      return `::${start.toString(16)}:0:0/${81 + n}`;
    });
    const list: NamedLocation[] = [['::/64'], before].map((ranges, index) => ({
      kind: 'ip',
      id: id(60 + index),
      isTrusted: false,
      ranges,
    }));
    const policy = raw({ locations: { includeLocations: [id(60)], excludeLocations: [id(61)] } });

    const found = proveNoLockOut({
      policies: compiled([policy], { list, mfaTrustedRanges: null }),
      identities: [NOBODY_SPECIAL],
      allowedControls: [],
    });

    expect(found).toMatchObject([{ signIn: { location: { ipAddress: '::1:0:0:0' } }, isCertain: true }]);
  });
});

describe('a demand', () => {
  const APPROVED = 'approvedApplication';

  it('is not met by an approved client app, which is no longer asked for, in place of another control', () => {
    const either = { grantControls: { operator: 'OR', builtInControls: [APPROVED, 'compliantDevice'] } };
    const alone = { grantControls: { operator: 'OR', builtInControls: [APPROVED] } };

    expect(lockOuts(raw({}, either), {}, [APPROVED])).toMatchObject([
      { demand: { kind: 'controls', missing: ['compliantDevice'] } },
    ]);
    expect(lockOuts(raw({}, either), {}, ['compliantDevice'])).toEqual([]);
    expect(lockOuts(raw({}, alone), {}, [APPROVED])).toEqual([]);
  });

  it.each(['mfa', '00000000-0000-0000-0000-000000000004', id(41)])(
    'of a custom control named like another is not met by that other: %s',
    (name) => {
      const grantControls = { operator: 'OR', builtInControls: [], customAuthenticationFactors: [name] };

      expect(lockOuts(raw({}, { grantControls }), {}, [name])).toMatchObject([
        { demand: { kind: 'controls', missing: [`custom control ${name}`] } },
      ]);
    },
  );

  it('is there where a strength is described and not named', () => {
    const authenticationStrength = { displayName: 'Phishing-resistant', allowedCombinations: ['fido2'] };
    const policy = raw(
      {},
      { grantControls: { operator: 'OR', builtInControls: [], authenticationStrength } },
    );

    expect(lockOuts(policy, {}, ['mfa'])).toMatchObject([{ demand: { kind: 'controls' } }]);
  });

  it('names an unknown way through Defender for Cloud Apps as it is spelled', () => {
    const cloudAppSecurity = { isEnabled: true, cloudAppSecurityType: 'blockEverything' };
    const policy = raw({}, { grantControls: null, sessionControls: { cloudAppSecurity } });

    expect(lockOuts(policy, {}, ['mcasConfigured'])).toMatchObject([
      { demand: { kind: 'session', control: 'blockEverything' } },
    ]);
  });
});
