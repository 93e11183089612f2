import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readNamedLocation, readRequest } from '../../src/lib/whatif/request.ts';
import { anyJson } from '../laws/generators.ts';
import { id, SHAREPOINT } from './support.ts';

describe('a What If question', () => {
  it('is read from Graph’s own form', () => {
    const read = readRequest({
      signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: id(1).toUpperCase() },
      signInContext: { includeApplications: [SHAREPOINT] },
      signInConditions: {
        devicePlatform: 'macos',
        clientAppType: 'all',
        country: 'de',
        ipAddress: '203.0.113.7',
        insiderRiskLevel: 'minor',
        authenticationFlow: { transferMethod: 'deviceCodeFlow' },
        deviceInfo: { isCompliant: true, ownership: 'Company', model: null },
      },
      facts: { groups: [id(2)], userType: 'Member' },
    });

    expect(read).toEqual({
      ok: true,
      signIn: {
        identity: { kind: 'user', id: id(1), groups: [id(2)], guestType: null, homeTenantId: null },
        target: { kind: 'app', appIds: [SHAREPOINT] },
        platform: 'macOS',
        location: { ipAddress: '203.0.113.7', country: 'DE' },
        device: { isCompliant: true, deviceOwnership: 'Company' },
        insiderRisk: 'minor',
        authenticationFlow: 'deviceCodeFlow',
      },
      namedLocations: null,
    });
  });

  it('spells user actions as policies do', () => {
    const read = readRequest({
      signInIdentity: { userId: id(1) },
      signInContext: { userAction: 'registerOrJoinDevices' },
    });

    expect(read.ok && read.signIn.target).toEqual({ kind: 'userAction', action: 'urn:user:registerdevice' });
  });

  it('tells everything that is wrong with it at once', () => {
    const read = readRequest({
      signInIdentity: {},
      signInConditions: { devicePlatform: 'amiga', ipAddress: 'here', deviceInfo: { colour: 'red' } },
      facts: { groups: 'all', namedLocations: {} },
    });

    expect(read.ok ? [] : read.problems.map(({ path }) => path).sort()).toEqual([
      'facts.groups',
      'facts.namedLocations',
      'signInConditions.deviceInfo.colour',
      'signInConditions.devicePlatform',
      'signInConditions.ipAddress',
      'signInContext',
      'signInIdentity',
    ]);
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(anyJson, anyJson, (one, other) => {
        readRequest(one);
        readRequest({ signInIdentity: one, signInContext: other, signInConditions: one, facts: other });
        readNamedLocation(one);
      }),
    );
  });
});

/** An id whose letters have a case. */
const LETTERS = 'abcdef01-0000-4000-8000-000000000001';

/** The sign-in of a question with these parts, or what is wrong with it. */
function asked(parts: Readonly<Record<string, unknown>>): unknown {
  const read = readRequest({
    signInIdentity: { userId: id(1) },
    signInContext: { includeApplications: [SHAREPOINT] },
    ...parts,
  });
  return read.ok ? read.signIn : read.problems.map(({ path, message }) => `${path} ${message}`);
}

describe('of a question', () => {
  const PLAIN = { identity: { kind: 'user', id: id(1) }, target: { kind: 'app', appIds: [SHAREPOINT] } };
  const identity = (userId: string, more: object): object => ({
    identity: { kind: 'user', id: userId, ...more },
  });

  it.each<[string, Readonly<Record<string, unknown>>, object]>([
    ['nothing more is made than was said', {}, PLAIN],
    ['null is not given', { signInConditions: null, facts: null }, PLAIN],
    ['a device that is null is not given', { signInConditions: { deviceInfo: null } }, PLAIN],
    [
      'a user comes in lower case',
      { signInIdentity: { userId: LETTERS.toUpperCase() } },
      { identity: { kind: 'user', id: LETTERS } },
    ],
    [
      'a service principal comes in lower case, and before a user',
      { signInIdentity: { servicePrincipalId: LETTERS.toUpperCase(), userId: id(1) } },
      { identity: { kind: 'workload', servicePrincipalId: LETTERS } },
    ],
    [
      'groups and roles come in lower case',
      { facts: { groups: [id(2).toUpperCase()], roles: [id(3).toUpperCase()] } },
      identity(id(1), { groups: [id(2)], roles: [id(3)] }),
    ],
    [
      'a member is of this tenant',
      { facts: { userType: 'MEMBER' } },
      identity(id(1), { guestType: null, homeTenantId: null }),
    ],
    [
      'a guest is of no kind that was said',
      { facts: { userType: 'Guest' } },
      identity(id(1), { isGuest: true }),
    ],
    [
      'a kind of guest comes in Graph’s spelling, and a tenant in lower case',
      { facts: { userType: 'internalguest', homeTenantId: id(4).toUpperCase() } },
      identity(id(1), { guestType: 'internalGuest', homeTenantId: id(4) }),
    ],
    [
      'facts beat the question',
      {
        signInIdentity: { userId: id(1), externalUserType: 'serviceProvider', externalTenantId: id(5) },
        facts: { userType: 'internalGuest', homeTenantId: id(4) },
      },
      identity(id(1), { guestType: 'internalGuest', homeTenantId: id(4) }),
    ],
    [
      'the question says it where no fact does',
      { signInIdentity: { userId: id(1), externalUserType: 'serviceProvider', externalTenantId: id(5) } },
      identity(id(1), { guestType: 'serviceProvider', homeTenantId: id(5) }),
    ],
    [
      'a user action is spelled as policies do',
      { signInContext: { userAction: 'RegisterSecurityInformation' } },
      { target: { kind: 'userAction', action: 'urn:user:registersecurityinfo' } },
    ],
    [
      'an action we do not know stays',
      { signInContext: { userAction: 'Dance' } },
      { target: { kind: 'userAction', action: 'dance' } },
    ],
    [
      'a context comes in lower case',
      { signInContext: { authenticationContextValue: 'C7' } },
      { target: { kind: 'authContext', value: 'c7' } },
    ],
    [
      'several applications come in lower case',
      { signInContext: { includeApplications: [id(8).toUpperCase(), id(9)] } },
      { target: { kind: 'app', appIds: [id(8), id(9)] } },
    ],
    [
      'every condition comes in Graph’s spelling',
      {
        signInConditions: {
          clientAppType: 'BROWSER',
          devicePlatform: 'windowsphone',
          signInRiskLevel: 'LOW',
          userRiskLevel: 'Medium',
          servicePrincipalRiskLevel: 'hidden',
          insiderRiskLevel: 'ELEVATED',
          authenticationFlow: { transferMethod: 'AuthenticationTransfer' },
        },
      },
      {
        clientApp: 'browser',
        platform: 'windowsPhone',
        signInRisk: 'low',
        userRisk: 'medium',
        servicePrincipalRisk: 'hidden',
        insiderRisk: 'elevated',
        authenticationFlow: 'authenticationTransfer',
      },
    ],
    [
      'the old name of a client is the new one',
      { signInConditions: { clientAppType: 'easSupported' } },
      { clientApp: 'exchangeActiveSync' },
    ],
    [
      'an address alone is a place',
      { signInConditions: { ipAddress: '::1', country: '' } },
      { location: { ipAddress: '::1' } },
    ],
    [
      'a country alone is a place',
      { signInConditions: { ipAddress: '', country: 'fr' } },
      { location: { country: 'FR' } },
    ],
    [
      'attributes of a device come in our spelling, without annotations and null',
      {
        signInConditions: {
          deviceInfo: {
            DEVICEID: 'x',
            physicalIds: ['a'],
            isCompliant: false,
            'model@odata.type': 'y',
            model: null,
          },
        },
      },
      { device: { deviceId: 'x', physicalIds: ['a'], isCompliant: false } },
    ],
    [
      'whether a device is compliant may be a word',
      { signInConditions: { deviceInfo: { isCompliant: 'False' } } },
      { device: { isCompliant: 'False' } },
    ],
    ['a device without attributes is one', { signInConditions: { deviceInfo: {} } }, { device: {} }],
  ])('%s', (_, parts, expected) => {
    expect(asked(parts)).toStrictEqual({ ...PLAIN, ...expected });
  });

  it.each<[string, Readonly<Record<string, unknown>>, readonly string[]]>([
    ['nobody', { signInIdentity: {} }, ['signInIdentity names neither a userId nor a servicePrincipalId']],
    [
      'no identity',
      { signInIdentity: undefined },
      ['signInIdentity is missing', 'signInIdentity names neither a userId nor a servicePrincipalId'],
    ],
    ['a context that is none', { signInContext: 'x' }, ['signInContext is not an object']],
    ['no context', { signInContext: undefined }, ['signInContext is missing']],
    [
      'a platform',
      { signInConditions: { devicePlatform: 'amiga' } },
      [
        'signInConditions.devicePlatform is none of android, iOS, linux, macOS, windows, windowsPhone, unknown',
      ],
    ],
    [
      'a client',
      { signInConditions: { clientAppType: 'telnet' } },
      [
        'signInConditions.clientAppType is none of browser, mobileAppsAndDesktopClients, exchangeActiveSync, other',
      ],
    ],
    [
      'a risk',
      { signInConditions: { signInRiskLevel: 'minor' } },
      ['signInConditions.signInRiskLevel is none of none, low, medium, high, hidden'],
    ],
    [
      'an insider risk',
      { signInConditions: { insiderRiskLevel: 'low' } },
      ['signInConditions.insiderRiskLevel is none of none, minor, moderate, elevated'],
    ],
    [
      'a flow',
      { signInConditions: { authenticationFlow: { transferMethod: 'x' } } },
      ['signInConditions.authenticationFlow is none of none, deviceCodeFlow, authenticationTransfer'],
    ],
    [
      'an address',
      { signInConditions: { ipAddress: '1.2.3' } },
      ['signInConditions.ipAddress is no IP address'],
    ],
    [
      'an attribute',
      { signInConditions: { deviceInfo: { colour: 'red' } } },
      ['signInConditions.deviceInfo.colour is no attribute of a device'],
    ],
    [
      'a value of an attribute',
      { signInConditions: { deviceInfo: { model: 7, physicalIds: ['a', 7] } } },
      ['model', 'physicalIds'].map(
        (name) => `signInConditions.deviceInfo.${name} is neither text, true, false nor a list of texts`,
      ),
    ],
    ['a device', { signInConditions: { deviceInfo: 'x' } }, ['signInConditions.deviceInfo is not an object']],
    [
      'applications',
      { signInContext: { includeApplications: [7] } },
      ['signInContext.includeApplications is not a list of ids'],
    ],
    ['roles', { facts: { roles: 'all' } }, ['facts.roles is not a list of ids']],
    ['places', { facts: { namedLocations: {} } }, ['facts.namedLocations is not a list']],
    ['conditions', { signInConditions: [] }, ['signInConditions is not an object']],
    ['facts', { facts: 'x' }, ['facts is not an object']],
  ])('what is wrong is said, of %s', (_, parts, expected) => {
    expect(asked(parts)).toEqual(expected);
  });

  it('named locations are read, and those without an id left out', () => {
    const read = readRequest({
      signInIdentity: { userId: id(1) },
      signInContext: {},
      facts: { namedLocations: [{ id: id(3) }, { name: 'x' }] },
    });

    expect(read.ok && read.namedLocations).toEqual([{ kind: 'unread', id: id(3) }]);
    expect(read.ok && read.signIn).toStrictEqual({ identity: { kind: 'user', id: id(1) } });
  });
});

describe('a named location', () => {
  it('is read from Graph’s own form', () => {
    expect(
      readNamedLocation({
        '@odata.type': '#microsoft.graph.ipNamedLocation',
        id: id(1),
        isTrusted: true,
        ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '203.0.113.0/24' }],
      }),
    ).toEqual({ kind: 'ip', id: id(1), isTrusted: true, ranges: ['203.0.113.0/24'] });
    expect(readNamedLocation({ id: id(2), countriesAndRegions: ['DE'] })).toEqual({
      kind: 'country',
      id: id(2),
      countries: ['DE'],
      includeUnknownCountriesAndRegions: false,
    });
  });

  it('by countries goes by the address unless another method is said', () => {
    const germany = { id: id(2), countriesAndRegions: ['DE'] };
    const read = (countryLookupMethod: unknown) =>
      readNamedLocation({ ...germany, countryLookupMethod })?.kind;

    expect(read(undefined)).toBe('country');
    expect(read(null)).toBe('country');
    expect(read('clientIpAddress')).toBe('country');
    expect(read('unknownFutureValue')).toBe('unread');
    expect(readNamedLocation({ ...germany, countryLookupMethod: 'authenticatorAppGps' })).toEqual({
      kind: 'gps',
      id: id(2),
    });
  });

  it('is unread, not absent, where we do not know its kind', () => {
    expect(readNamedLocation({ id: id(3), compliantNetwork: true })).toEqual({ kind: 'unread', id: id(3) });
  });

  it.each<[unknown, unknown]>([
    [null, undefined],
    [{}, undefined],
    [{ id: 7 }, undefined],
    [[{ id: 'x' }], undefined],
    [
      { id: 'X', ipRanges: ['10.0.0.0/8', { cidrAddress: '::/0' }] },
      { kind: 'ip', id: 'x', isTrusted: false, ranges: ['10.0.0.0/8', '::/0'] },
    ],
    [
      { id: 'x', countriesAndRegions: ['DE'], includeUnknownCountriesAndRegions: true },
      { kind: 'country', id: 'x', countries: ['DE'], includeUnknownCountriesAndRegions: true },
    ],
    [
      { id: 'x', countriesAndRegions: ['DE'], countryLookupMethod: 'ClientIpAddress' },
      { kind: 'country', id: 'x', countries: ['DE'], includeUnknownCountriesAndRegions: false },
    ],
    [
      { id: 'x', countriesAndRegions: ['DE'], countryLookupMethod: null },
      { kind: 'country', id: 'x', countries: ['DE'], includeUnknownCountriesAndRegions: false },
    ],
    [
      { id: 'x', countriesAndRegions: ['DE'], countryLookupMethod: 'authenticatorAppGps' },
      { kind: 'gps', id: 'x' },
    ],
    [
      { id: 'x', countriesAndRegions: ['DE'], countryLookupMethod: 'unknownFutureValue' },
      { kind: 'unread', id: 'x' },
    ],
    [
      { id: 'x', ipRanges: 'all', countriesAndRegions: {} },
      { kind: 'unread', id: 'x' },
    ],
  ])('%j is %j', (raw, location) => {
    expect(readNamedLocation(raw)).toEqual(location);
  });
});
