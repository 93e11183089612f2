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

  it('is unread, not absent, where we do not know its kind', () => {
    expect(readNamedLocation({ id: id(3), compliantNetwork: true })).toEqual({ kind: 'unread', id: id(3) });
  });
});
