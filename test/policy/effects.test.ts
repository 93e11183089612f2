import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/lib/policy/canonical.ts';
import {
  excludes,
  filter,
  grant,
  includes,
  narrows,
  neutral,
  opposite,
  ranks,
  signInFrequency,
  together,
} from '../../src/lib/policy/effects.ts';
import { FIELD_BY_PATH } from '../../src/lib/policy/fields.ts';
import type { Canonical, Effect, Policy, RawPolicy } from '../../src/lib/policy/model.ts';

const [A, B] = ['a', 'b'];

function saying(value: Canonical): Policy {
  return { field: value };
}

function frequency(members: Readonly<Record<string, Canonical>>): Policy {
  return Object.fromEntries(
    Object.entries({ isEnabled: true, ...members }).map(([name, value]) => [
      `sessionControls.signInFrequency.${name}`,
      value,
    ]),
  );
}

describe('the whole of several moves', () => {
  it.each<[readonly Effect[], Effect]>([
    [[], 'neutral'],
    [['neutral', 'neutral'], 'neutral'],
    [['neutral', 'tightens', 'tightens'], 'tightens'],
    [['loosens', 'neutral'], 'loosens'],
    [['unclear', 'neutral'], 'unclear'],
    [['tightens', 'loosens'], 'unclear'],
    [['tightens', 'unclear'], 'unclear'],
  ])('%j is %s', (effects, whole) => {
    expect(together(...effects)).toBe(whole);
  });

  it.each<[Effect, Effect]>([
    ['tightens', 'loosens'],
    ['loosens', 'tightens'],
    ['neutral', 'neutral'],
    ['unclear', 'unclear'],
  ])('turned round, %s is %s', (effect, other) => {
    expect(opposite(effect)).toBe(other);
  });
});

describe('a move of a list', () => {
  it.each<[readonly string[], readonly string[], Effect]>([
    [[A], [A], 'neutral'],
    [[A], [A, B], 'tightens'],
    [[A, B], [A], 'loosens'],
    [[A], [B], 'unclear'],
    [[A], ['All'], 'tightens'],
    [['All'], [A], 'loosens'],
    [['All'], ['All', A], 'neutral'],
    [[], [A], 'tightens'],
    [[A], [], 'loosens'],
  ])('of whom it is for, %j → %j, %s', (from, to, effect) => {
    expect(includes('field')(saying(from), saying(to))).toBe(effect);
  });

  it('knows another word for everybody', () => {
    expect(includes('field', 'Everybody')(saying(['Everybody']), saying(['All']))).toBe('loosens');
  });

  it.each<[readonly string[], readonly string[], Effect]>([
    [[A], [A], 'neutral'],
    [[A], [A, B], 'loosens'],
    [[A, B], [A], 'tightens'],
    [[A], [B], 'unclear'],
    // To spare all is one more entry, and no word that holds the others.
    [['All'], ['All', A], 'loosens'],
  ])('of whom it spares, %j → %j, %s', (from, to, effect) => {
    expect(excludes('field')(saying(from), saying(to))).toBe(effect);
  });

  it.each<[readonly string[], readonly string[], Effect]>([
    [[], ['all'], 'neutral'],
    [['all'], [], 'neutral'],
    [[], [A], 'loosens'],
    [['all', B], [A], 'loosens'],
    [[A], [], 'tightens'],
    [[A], ['all'], 'tightens'],
    [[A], [A, B], 'tightens'],
    [[A, B], [A], 'loosens'],
    [[A], [B], 'unclear'],
    [[A], [A], 'neutral'],
  ])('of a condition that is for all where it is empty, %j → %j, %s', (from, to, effect) => {
    expect(narrows('field', 'all')(saying(from), saying(to))).toBe(effect);
  });
});

describe('a move of a filter', () => {
  it.each<[Canonical, Canonical, Effect]>([
    [null, null, 'neutral'],
    [null, 'x', 'loosens'],
    ['x', null, 'tightens'],
    ['x', 'y', 'unclear'],
  ])('%j → %j %s', (from, to, effect) => {
    expect(filter('field')({ 'field.rule': from }, { 'field.rule': to })).toBe(effect);
  });

  it('is none where neither policy has the field', () => {
    expect(filter('field')({}, {})).toBe('neutral');
  });
});

describe('a move between ranks', () => {
  it.each<[Canonical, Canonical, Effect]>([
    [null, 'low', 'tightens'],
    ['low', 'high', 'tightens'],
    ['high', null, 'loosens'],
    ['high', 'high', 'neutral'],
    ['other', 'high', 'unclear'],
    [null, 'other', 'unclear'],
  ])('%j → %j %s', (from, to, effect) => {
    expect(ranks('field', [null, 'low', 'high'])(saying(from), saying(to))).toBe(effect);
  });

  it('means nothing for what is only a name', () => {
    expect(neutral({}, {})).toBe('neutral');
  });
});

describe('a move of what is asked for', () => {
  const asked = (operator: string, builtInControls: readonly string[], more: object = {}): Policy =>
    canonical({ grantControls: { operator, builtInControls, ...more } });
  const strength = (digit: number | string, ...controls: readonly string[]): Policy =>
    asked('AND', controls, {
      authenticationStrength: {
        id: typeof digit === 'string' ? digit : `00000000-0000-0000-0000-00000000000${digit}`,
      },
    });
  const CUSTOM = 'abcdef01-0000-4000-8000-000000000001';
  const TERMS = 'abcdef02-0000-4000-8000-000000000001';
  const nothing = canonical({});

  it.each<[string, Policy, Policy, Effect]>([
    ['nothing to something', nothing, asked('OR', ['mfa']), 'tightens'],
    ['something to nothing', asked('OR', ['mfa']), nothing, 'loosens'],
    ['anything to a block', asked('AND', ['mfa', 'compliantDevice']), asked('OR', ['block']), 'tightens'],
    ['a block beside others is a block', asked('OR', ['block']), asked('OR', ['block', 'mfa']), 'neutral'],
    ['one control to another', asked('OR', ['mfa']), asked('OR', ['compliantDevice']), 'unclear'],
    [
      'two to both',
      asked('OR', ['mfa', 'compliantDevice']),
      asked('AND', ['mfa', 'compliantDevice']),
      'tightens',
    ],
    ['MFA to the strength of MFA', asked('OR', ['mfa']), strength(2), 'neutral'],
    ['MFA to passwordless', asked('OR', ['mfa']), strength(3), 'tightens'],
    ['passwordless to phishing-resistant', strength(3), strength(4), 'tightens'],
    ['the strength of MFA to passwordless', strength(2), strength(3), 'tightens'],
    ['phishing-resistant to MFA', strength(4), asked('OR', ['mfa']), 'loosens'],
    ['a strength of somebody’s own to MFA', strength(CUSTOM), asked('OR', ['mfa']), 'unclear'],
    ['a strength and a control to the control', strength(CUSTOM, 'mfa'), asked('OR', ['mfa']), 'loosens'],
    [
      'terms beside a control',
      asked('OR', ['mfa']),
      asked('AND', ['mfa'], { termsOfUse: [TERMS] }),
      'tightens',
    ],
    [
      'a factor beside a control',
      asked('OR', ['mfa']),
      asked('AND', ['mfa'], { customAuthenticationFactors: ['Duo'] }),
      'tightens',
    ],
    [
      'terms and a factor of the same name are two things',
      asked('OR', [], { termsOfUse: [TERMS] }),
      asked('OR', [], { customAuthenticationFactors: [TERMS] }),
      'unclear',
    ],
    ['one strength of somebody’s own to another', strength(CUSTOM), strength(TERMS), 'unclear'],
    [
      'one agreement to another',
      asked('OR', [], { termsOfUse: [TERMS] }),
      asked('OR', [], { termsOfUse: [CUSTOM] }),
      'unclear',
    ],
    [
      'one factor to another',
      asked('OR', [], { customAuthenticationFactors: ['Duo'] }),
      asked('OR', [], { customAuthenticationFactors: ['Other'] }),
      'unclear',
    ],
    [
      'a strength and terms of the same id are two things',
      strength(CUSTOM),
      asked('OR', [], { termsOfUse: [CUSTOM] }),
      'unclear',
    ],
    [
      'a factor of the name of a control is another thing',
      asked('OR', ['mfa']),
      asked('OR', [], { customAuthenticationFactors: ['mfa'] }),
      'unclear',
    ],
  ])('%s', (_, before, after, effect) => {
    expect(grant(before, after)).toBe(effect);
    expect(grant(after, before)).toBe(opposite(effect));
  });
});

describe('a move of how often somebody signs in again', () => {
  const timed = (
    value: Canonical,
    type = 'hours',
    authenticationType: Canonical = 'secondaryAuthentication',
  ) => frequency({ type, value, authenticationType, frequencyInterval: 'timeBased' });
  const everyTime = frequency({
    authenticationType: 'secondaryAuthentication',
    frequencyInterval: 'everyTime',
  });
  const never = frequency({ isEnabled: false, authenticationType: 'secondaryAuthentication' });

  it.each<[string, Policy, Policy, Effect]>([
    ['never to once a year', never, timed(365, 'days'), 'tightens'],
    ['less hours', timed(12), timed(4), 'tightens'],
    ['hours to every time', timed(1), everyTime, 'tightens'],
    ['a day is 24 hours', timed(24), timed(1, 'days'), 'neutral'],
    ['a day is more than 23', timed(23), timed(1, 'days'), 'loosens'],
    ['a length we do not know', timed(null), timed(4), 'unclear'],
    ['to a length we do not know', timed(4), timed(null), 'unclear'],
    [
      'both proofs instead of one',
      timed(4),
      timed(4, 'hours', 'primaryAndSecondaryAuthentication'),
      'tightens',
    ],
    ['one proof instead of none', timed(4, 'hours', null), timed(4), 'tightens'],
    [
      'more often, and by less proof',
      timed(4, 'hours', 'primaryAndSecondaryAuthentication'),
      timed(1),
      'unclear',
    ],
  ])('%s', (_, before, after, effect) => {
    expect(signInFrequency(before, after)).toBe(effect);
    expect(signInFrequency(after, before)).toBe(opposite(effect));
  });
});

describe('a field of the table', () => {
  const OTHER = 'abcdef02-0000-4000-8000-000000000001';
  const USER = 'abcdef01-0000-4000-8000-000000000001';
  const on = (condition: string, value: unknown): RawPolicy => ({ conditions: { [condition]: value } });
  const users = (members: object): RawPolicy => on('users', members);
  const session = (name: string, members: object | boolean): RawPolicy => ({
    sessionControls: { [name]: members },
  });
  const guests = (side: string, kinds: string, externalTenants?: object): RawPolicy =>
    users({ [`${side}GuestsOrExternalUsers`]: { guestOrExternalUserTypes: kinds, externalTenants } });
  const listed = (...members: readonly string[]): object => ({ membershipKind: 'enumerated', members });
  const guestTypes = 'conditions.users.includeGuestsOrExternalUsers.guestOrExternalUserTypes';
  const spared = 'conditions.users.excludeGuestsOrExternalUsers.guestOrExternalUserTypes';
  const two = 'internalGuest,serviceProvider';

  it.each<[string, RawPolicy, RawPolicy, Effect]>([
    ['displayName', { displayName: 'a' }, { displayName: 'b' }, 'neutral'],
    ['conditions.users.includeGroups', {}, users({ includeGroups: [USER] }), 'tightens'],
    ['conditions.users.excludeGroups', {}, users({ excludeGroups: [USER] }), 'loosens'],
    ['conditions.users.includeRoles', {}, users({ includeRoles: [USER] }), 'tightens'],
    ['conditions.users.excludeRoles', {}, users({ excludeRoles: [USER] }), 'loosens'],
    [guestTypes, guests('include', 'internalGuest'), guests('include', two), 'tightens'],
    [spared, guests('exclude', 'internalGuest'), guests('exclude', two), 'loosens'],
    [guestTypes, guests('include', two, listed(USER)), guests('include', two), 'tightens'],
    [
      guestTypes,
      guests('include', two, listed(USER)),
      guests('include', two, listed(USER, OTHER)),
      'tightens',
    ],
    [guestTypes, {}, guests('include', two, listed(USER)), 'tightens'],
    [guestTypes, guests('include', two, listed(USER)), guests('include', 'internalGuest'), 'unclear'],
    [guestTypes, guests('include', two), guests('include', 'internalGuest'), 'loosens'],
    [
      'conditions.clientApplications.includeServicePrincipals',
      on('clientApplications', { includeServicePrincipals: ['ServicePrincipalsInMyTenant'] }),
      on('clientApplications', { includeServicePrincipals: [USER] }),
      'loosens',
    ],
    [
      'conditions.clientApplications.excludeServicePrincipals',
      {},
      on('clientApplications', { excludeServicePrincipals: [USER] }),
      'loosens',
    ],
    [
      'conditions.clientApplications.servicePrincipalFilter.rule',
      {},
      on('clientApplications', { servicePrincipalFilter: { mode: 'include', rule: 'x' } }),
      'loosens',
    ],
    [
      'conditions.applications.includeApplications',
      on('applications', { includeApplications: ['All'] }),
      on('applications', { includeApplications: ['Office365'] }),
      'loosens',
    ],
    [
      'conditions.applications.excludeApplications',
      {},
      on('applications', { excludeApplications: ['Office365'] }),
      'loosens',
    ],
    [
      'conditions.applications.includeUserActions',
      {},
      on('applications', { includeUserActions: ['urn:user:registerdevice'] }),
      'tightens',
    ],
    [
      'conditions.applications.includeAuthenticationContextClassReferences',
      {},
      on('applications', { includeAuthenticationContextClassReferences: ['c1'] }),
      'tightens',
    ],
    [
      'conditions.applications.applicationFilter.mode',
      {},
      on('applications', { applicationFilter: { mode: 'include', rule: 'x' } }),
      'loosens',
    ],
    ['conditions.clientAppTypes', on('clientAppTypes', ['all']), on('clientAppTypes', ['other']), 'loosens'],
    [
      'conditions.platforms.includePlatforms',
      on('platforms', { includePlatforms: ['all'] }),
      on('platforms', { includePlatforms: ['iOS'] }),
      'loosens',
    ],
    [
      'conditions.platforms.excludePlatforms',
      on('platforms', { includePlatforms: ['all'] }),
      on('platforms', { includePlatforms: ['all'], excludePlatforms: ['iOS'] }),
      'loosens',
    ],
    [
      'conditions.locations.includeLocations',
      on('locations', { includeLocations: ['All'] }),
      on('locations', { includeLocations: ['AllTrusted'] }),
      'loosens',
    ],
    [
      'conditions.devices.deviceFilter.rule',
      on('devices', { deviceFilter: { mode: 'include', rule: 'x' } }),
      {},
      'tightens',
    ],
    [
      'conditions.authenticationFlows.transferMethods',
      {},
      on('authenticationFlows', { transferMethods: 'deviceCodeFlow' }),
      'loosens',
    ],
    ['conditions.signInRiskLevels', {}, on('signInRiskLevels', ['high']), 'loosens'],
    ['conditions.userRiskLevels', {}, on('userRiskLevels', ['high']), 'loosens'],
    ['conditions.servicePrincipalRiskLevels', {}, on('servicePrincipalRiskLevels', ['high']), 'loosens'],
    ['conditions.insiderRiskLevels', {}, on('insiderRiskLevels', 'elevated'), 'loosens'],
    [
      'sessionControls.applicationEnforcedRestrictions.isEnabled',
      {},
      session('applicationEnforcedRestrictions', { isEnabled: true }),
      'tightens',
    ],
    [
      'sessionControls.cloudAppSecurity.cloudAppSecurityType',
      session('cloudAppSecurity', { isEnabled: true, cloudAppSecurityType: 'monitorOnly' }),
      session('cloudAppSecurity', { isEnabled: true, cloudAppSecurityType: 'mcasConfigured' }),
      'tightens',
    ],
    [
      'sessionControls.cloudAppSecurity.cloudAppSecurityType',
      session('cloudAppSecurity', { isEnabled: true, cloudAppSecurityType: 'mcasConfigured' }),
      session('cloudAppSecurity', { isEnabled: true, cloudAppSecurityType: 'blockDownloads' }),
      'tightens',
    ],
    [
      'sessionControls.cloudAppSecurity.isEnabled',
      {},
      session('cloudAppSecurity', { isEnabled: true, cloudAppSecurityType: 'monitorOnly' }),
      'tightens',
    ],
    [
      'sessionControls.persistentBrowser.mode',
      {},
      session('persistentBrowser', { isEnabled: true, mode: 'never' }),
      'tightens',
    ],
    [
      'sessionControls.persistentBrowser.isEnabled',
      {},
      session('persistentBrowser', { isEnabled: true, mode: 'always' }),
      'loosens',
    ],
    ['sessionControls.disableResilienceDefaults', {}, session('disableResilienceDefaults', true), 'tightens'],
    [
      'sessionControls.secureSignInSession.isEnabled',
      {},
      session('secureSignInSession', { isEnabled: true }),
      'tightens',
    ],
  ])('%s', (path, before, after, effect) => {
    const [from, to] = [canonical(before), canonical(after)];

    expect(FIELD_BY_PATH.get(path)?.effect(from, to)).toBe(effect);
    expect(FIELD_BY_PATH.get(path)?.effect(to, from)).toBe(opposite(effect));
  });
});
