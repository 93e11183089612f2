import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { doesNoMore } from '../../src/lib/whatif/comparison.ts';
import { compile } from '../../src/lib/whatif/compile.ts';
import { controlsMet } from '../../src/lib/whatif/grant.ts';
import type { NamedLocations } from '../../src/lib/whatif/locations.ts';
import type { UserIdentity } from '../../src/lib/whatif/signIn.ts';
import { compiled, entry, id, member, raw, SHAREPOINT, USER } from './support.ts';

const OFFICE = id(31);
const PHONE = id(32);
const PLACES: NamedLocations = {
  list: [
    { kind: 'ip', id: OFFICE, isTrusted: true, ranges: ['198.51.100.0/24'] },
    { kind: 'gps', id: PHONE },
  ],
  mfaTrustedRanges: [],
};
const GROUP = id(11);
/** Of whom only the name is known. */
const STRANGER: UserIdentity = { kind: 'user', id: USER };
const MFA = { operator: 'OR', builtInControls: ['mfa'] };

interface Asked {
  readonly allowed?: readonly string[];
  readonly person?: UserIdentity;
}

/** Whether the policy after does nothing to somebody that the policy before did not. */
function noMore(
  before: RawPolicy,
  after: RawPolicy,
  { allowed = [], person = member() }: Asked = {},
): boolean {
  const [now, old] = compiled([after, before], PLACES).policies;
  if (now === undefined || old === undefined) throw new Error('two policies are compiled to two');
  return doesNoMore(now, old, controlsMet(allowed))(person);
}

const asking = (builtInControls: readonly string[], operator = 'OR', more: object = {}): RawPolicy =>
  raw({}, { grantControls: { operator, builtInControls, ...more } });
const BY_PHONE = { locations: { includeLocations: ['All'], excludeLocations: [PHONE] } };
const session = (sessionControls: object | null, grantControls: object | null = MFA): RawPolicy =>
  raw({}, { grantControls, sessionControls });

describe('a policy does no more than before', () => {
  it.each<[string, RawPolicy, RawPolicy, Asked?]>([
    ['as it was', raw(), raw()],
    ['switched off and on again, it was on', raw(), raw({}, { state: 'odd' })],
    ['in a state we do not know, as it was', raw({}, { state: 'odd' }), raw({}, { state: 'odd' })],
    ['with a condition we do not know, as it was', raw({ times: [1] }), raw({ times: [1] })],
    ['with a new condition we do not know', raw(), raw({ times: [1] })],
    ['for less people', raw(), raw({ users: { includeUsers: [USER] } })],
    [
      'for the same people, whoever is among them',
      raw({ users: { includeGroups: [GROUP] } }),
      raw({ users: { includeGroups: [GROUP] } }, { grantControls: MFA }),
      { person: STRANGER },
    ],
    [
      'for the same people, with the same that is not understood of them',
      raw({ users: { includeGroups: [GROUP], includeTeams: 1 } }),
      raw({ users: { includeGroups: [GROUP], includeTeams: 1 } }, { grantControls: MFA }),
      { person: STRANGER },
    ],
    [
      'for the same people, with less that is not understood elsewhere',
      raw({ users: { includeGroups: [GROUP] } }, { grantControls: MFA, sessionControls: { odd: 1 } }),
      raw({ users: { includeGroups: [GROUP] } }, { grantControls: MFA }),
      { person: STRANGER },
    ],
    ['asking where it blocked', raw(), asking(['mfa'])],
    ['asking for something we cannot read where it blocked', raw(), asking(['mfa'], 'OR', { odd: 1 })],
    ['with a session control where it blocked', raw(), session({ secureSignInSession: { isEnabled: true } })],
    ['asking for one of two', asking(['mfa', 'compliantDevice'], 'AND'), asking(['mfa'])],
    ['asking for any of two', asking(['mfa', 'compliantDevice'], 'AND'), asking(['mfa', 'compliantDevice'])],
    [
      'taking one more control',
      asking(['mfa', 'compliantDevice']),
      asking(['mfa', 'compliantDevice', 'domainJoinedDevice']),
    ],
    [
      'asking for what a strength proves',
      asking([], 'OR', { authenticationStrength: { id: '00000000-0000-0000-0000-000000000003' } }),
      asking(['mfa']),
    ],
    ['asking no more for one of two, which we do not know', asking(['mfa', 'odd'], 'AND'), asking(['mfa'])],
    [
      'asking for another that is met',
      asking(['mfa']),
      asking(['mfa', 'compliantDevice'], 'AND'),
      { allowed: ['compliantDevice'] },
    ],
    [
      'with a grant we cannot read, as it was',
      asking(['mfa'], 'OR', { odd: 1 }),
      raw({ clientAppTypes: ['browser'] }, { grantControls: { ...MFA, odd: 1 } }),
    ],
    [
      'asking old clients, who are blocked by any demand, for something else',
      raw({ clientAppTypes: ['other', 'exchangeActiveSync'] }, { grantControls: MFA }),
      raw(
        { clientAppTypes: ['other'] },
        { grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] } },
      ),
    ],
    [
      'asking old clients for one that is still asked for, beside one that is not, as it was',
      raw(
        { clientAppTypes: ['other', 'exchangeActiveSync'] },
        { grantControls: { operator: 'OR', builtInControls: ['approvedApplication', 'mfa'] } },
      ),
      raw({ clientAppTypes: ['other'] }, { grantControls: MFA }),
    ],
    [
      'with a session control that keeps nobody out',
      session(null),
      session({ signInFrequency: { isEnabled: true, type: 'hours', value: 1 } }),
    ],
    [
      'with a session control that can be lived with',
      session(null),
      session({ secureSignInSession: { isEnabled: true } }),
      { allowed: ['secureSignInSession'] },
    ],
    [
      'with the session control it had, and one that keeps nobody out',
      session({ disableResilienceDefaults: true }),
      session({ disableResilienceDefaults: true, persistentBrowser: { isEnabled: true, mode: 'never' } }),
    ],
    [
      'with a session control we do not know, as it was, and one that keeps nobody out',
      session({ odd: 1 }),
      session({ odd: 1, persistentBrowser: { isEnabled: true, mode: 'never' } }),
    ],
    [
      'with two session controls we do not know, as they were',
      session({ odd: 1, odder: 2 }),
      session({ odd: 1, odder: 2 }),
    ],
    [
      'without resilience defaults, as before, for the same people',
      raw(
        { users: { includeUsers: ['All'], excludeGroups: [GROUP] } },
        { grantControls: MFA, sessionControls: { disableResilienceDefaults: true } },
      ),
      raw(
        { users: { includeUsers: ['All'], excludeGroups: [GROUP] }, clientAppTypes: ['browser'] },
        { grantControls: MFA, sessionControls: { disableResilienceDefaults: true } },
      ),
      { person: member({ groups: [GROUP] }) },
    ],
    [
      'without resilience defaults that can be lived with, for the same people',
      raw({ users: { includeGroups: [GROUP] } }, { grantControls: MFA }),
      raw(
        { users: { includeGroups: [GROUP] } },
        { grantControls: MFA, sessionControls: { disableResilienceDefaults: true } },
      ),
      { person: STRANGER, allowed: ['disableResilienceDefaults'] },
    ],
    [
      'without resilience defaults, where everybody was blocked',
      raw(),
      session({ disableResilienceDefaults: true }),
    ],
    [
      'asking a phone where it is, as before',
      raw(BY_PHONE, { grantControls: MFA }),
      raw({ ...BY_PHONE, clientAppTypes: ['browser'] }, { grantControls: MFA }),
    ],
    ['asking a phone where it is where it blocked', raw(), raw(BY_PHONE, { grantControls: MFA })],
    [
      'asking a phone that can answer where it is',
      asking(['mfa']),
      raw(BY_PHONE, { grantControls: MFA }),
      { allowed: ['authenticatorAppGps'] },
    ],
    [
      'in fewer places',
      raw({ locations: { includeLocations: ['All'] } }, { grantControls: MFA }),
      raw({ locations: { includeLocations: [OFFICE] } }, { grantControls: MFA }),
    ],
    ['without a member that said nothing', session({ odd: null }), session(null)],
  ])('%s', (_, before, after, asked) => {
    expect(noMore(before, after, asked)).toBe(true);
  });

  it.each<[string, RawPolicy, RawPolicy, Asked?]>([
    ['switched on', raw({}, { state: 'disabled' }), raw()],
    [
      'that only reported, and is switched on',
      raw({}, { state: 'enabledForReportingButNotEnforced' }),
      raw(),
    ],
    ['in a state we did not know', raw({}, { state: 'odd' }), raw()],
    ['in another state we do not know', raw({}, { state: 'odd' }), raw({}, { state: 'odder' })],
    ['without a condition we did not know', raw({ times: [1] }), raw()],
    ['with another condition we do not know', raw({ times: [1] }), raw({ times: [2] })],
    ['for more people', raw({ users: { includeUsers: [id(2)] } }), raw()],
    [
      'for people it may not have been for',
      raw({ users: { includeGroups: [GROUP] } }),
      raw({ users: { includeGroups: [GROUP, id(12)] } }),
      { person: STRANGER },
    ],
    ['blocking those who could meet it', asking(['mfa']), raw(), { allowed: ['mfa'] }],
    ['blocking those who may come to meet it', asking(['mfa']), raw()],
    ['asking for one of what were two ways', asking(['mfa', 'compliantDevice']), asking(['mfa'])],
    [
      'asking for both of what were two ways',
      asking(['mfa', 'compliantDevice']),
      asking(['mfa', 'compliantDevice'], 'AND'),
    ],
    [
      'asking for a strength',
      asking(['mfa']),
      asking([], 'OR', { authenticationStrength: { id: '00000000-0000-0000-0000-000000000003' } }),
    ],
    ['asking for something we cannot read', asking(['mfa']), asking(['mfa'], 'OR', { odd: 1 })],
    [
      'asking old clients as well as new ones for something else',
      raw({ clientAppTypes: ['other', 'browser'] }, { grantControls: MFA }),
      raw(
        { clientAppTypes: ['other', 'browser'] },
        { grantControls: { operator: 'OR', builtInControls: ['compliantDevice'] } },
      ),
    ],
    [
      'asking old clients, who got in where nothing was asked',
      raw(
        { clientAppTypes: ['other'] },
        { grantControls: null, sessionControls: { disableResilienceDefaults: true } },
      ),
      raw(
        { clientAppTypes: ['other'] },
        { grantControls: MFA, sessionControls: { disableResilienceDefaults: true } },
      ),
      { allowed: ['mfa'] },
    ],
    [
      'without resilience defaults, where a group was spared a block',
      raw({ users: { includeUsers: ['All'], excludeGroups: [GROUP] } }),
      raw(
        { users: { includeUsers: ['All'], excludeGroups: [GROUP] } },
        { grantControls: MFA, sessionControls: { disableResilienceDefaults: true } },
      ),
      { person: member({ groups: [GROUP] }) },
    ],
    ['asking a phone where it is', asking(['mfa']), raw(BY_PHONE, { grantControls: MFA })],
    [
      'asking what may be a phone where it is',
      asking(['mfa']),
      raw({ locations: { includeLocations: ['All'], excludeLocations: [id(99)] } }, { grantControls: MFA }),
    ],
    [
      'asking a phone where it is, anywhere, where it blocked in some places',
      raw({ locations: { includeLocations: [OFFICE] } }),
      raw({ locations: { includeLocations: [OFFICE], excludeLocations: [PHONE] } }, { grantControls: MFA }),
    ],
    [
      'asking old clients where a phone is, anywhere, who were blocked in some places',
      raw({ locations: { includeLocations: [OFFICE] }, clientAppTypes: ['other'] }, { grantControls: MFA }),
      raw(
        {
          locations: { includeLocations: [OFFICE], excludeLocations: [PHONE] },
          clientAppTypes: ['other'],
        },
        { grantControls: MFA },
      ),
    ],
    [
      'for Exchange ActiveSync alone, which makes a policy for roles one for everybody',
      raw({ users: { includeRoles: [id(21)] } }),
      raw({ users: { includeRoles: [id(21)] }, clientAppTypes: ['exchangeActiveSync'] }),
    ],
    [
      'blocking old clients who got in where only a retired control was asked for',
      raw(
        { clientAppTypes: ['other'] },
        { grantControls: { operator: 'OR', builtInControls: ['approvedApplication'] } },
      ),
      raw({ clientAppTypes: ['other'] }),
    ],
    [
      'asking old clients for a proof where only a retired control was asked for',
      asking(['approvedApplication']),
      asking(['mfa']),
      { allowed: ['mfa'] },
    ],
    [
      'with a session control for old clients who may have got in by what we do not know',
      raw({ clientAppTypes: ['other'] }, { grantControls: { odd: 1 } }),
      raw(
        { clientAppTypes: ['other'] },
        { grantControls: { odd: 1 }, sessionControls: { secureSignInSession: { isEnabled: true } } },
      ),
    ],
    ['with a session control', session(null), session({ secureSignInSession: { isEnabled: true } })],
    [
      'with another session control',
      session({ disableResilienceDefaults: true }),
      session({ secureSignInSession: { isEnabled: true } }),
    ],
    [
      'with a session control set to another value',
      session({ cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'monitorOnly' } }),
      session({ cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'mcasConfigured' } }),
    ],
    ['with a session control we do not know', session(null), session({ odd: 1 })],
    ['with another session control we do not know', session({ odd: 1 }), session({ odder: 1 })],
    ['with a session control we do not know, otherwise', session({ odd: 1 }), session({ odd: 2 })],
    ['with one less of two we do not know', session({ odd: 1, odder: 1 }), session({ odd: 1 })],
    [
      'with a session control that is noted down too short to tell',
      session({ odd: 'x'.repeat(300) }),
      session({ odd: 'x'.repeat(300) }),
    ],
  ])('but not %s', (_, before, after, asked) => {
    expect(noMore(before, after, asked)).toBe(false);
  });
});

describe('a policy of which nothing is said to be unread', () => {
  it('was understood as a whole', () => {
    const policies = [asking(['mfa']), raw()].map((policy, index) => {
      const { unrecognised: _, ...known } = entry(policy);
      return { ...known, id: id(900 + index) };
    });
    const [now, old] = compile(policies, PLACES).policies;
    if (now === undefined || old === undefined) throw new Error('two policies are compiled to two');

    expect(doesNoMore(now, old, controlsMet([]))(member())).toBe(true);
    expect(doesNoMore(old, now, controlsMet([]))(member())).toBe(false);
  });
});

describe('a policy reaches no further than before', () => {
  const filter = (rule: string, mode = 'include'): object => ({ devices: { deviceFilter: { mode, rule } } });
  const apps = (...includeApplications: readonly string[]): object => ({
    applications: { includeApplications },
  });
  const platforms = (...includePlatforms: readonly string[]): object => ({ platforms: { includePlatforms } });

  it.each<[string, object, object]>([
    ['applications', apps(SHAREPOINT), apps('All')],
    [
      'applications',
      apps('All'),
      {
        applications: {
          includeUserActions: ['urn:user:registerdevice'],
          includeAuthenticationContextClassReferences: ['c1'],
        },
      },
    ],
    ['clients', { clientAppTypes: ['browser'] }, { clientAppTypes: ['all'] }],
    ['clients', { clientAppTypes: ['browser'] }, { clientAppTypes: ['browser', 'other'] }],
    ['platforms', platforms('iOS'), platforms('all')],
    ['places', { locations: { includeLocations: [OFFICE] } }, {}],
    ['sign-in risk', { signInRiskLevels: ['high'] }, { signInRiskLevels: ['high', 'low'] }],
    ['user risk', { userRiskLevels: ['high'] }, {}],
    [
      'the risk of service principals',
      { servicePrincipalRiskLevels: ['high'] },
      { servicePrincipalRiskLevels: ['low', 'high'] },
    ],
    ['insider risk', { insiderRiskLevels: 'minor' }, { insiderRiskLevels: 'minor,elevated' }],
    ['flows', { authenticationFlows: { transferMethods: 'deviceCodeFlow' } }, {}],
    ['devices', filter('device.model -eq "ab"'), filter('device.model -startsWith "a"')],
    ['devices', filter('device.model -eq "x"'), {}],
    ['devices', filter('device.model -eq "x"', 'exclude'), {}],
    ['devices', filter('device.model -eq "x"'), filter('device.model -eq "x"', 'exclude')],
  ])('where there are less %s, and further where there are more', (_, less, more) => {
    const [narrow, wide] = [raw(less as Record<string, unknown>), raw(more as Record<string, unknown>)];

    expect(noMore(narrow, wide)).toBe(false);
    if (JSON.stringify(more).includes('registerdevice') || JSON.stringify(more).includes('exclude')) return;
    expect(noMore(wide, narrow)).toBe(true);
  });

  it.each<[string, object, object, boolean]>([
    [
      'a filter that nothing fails, and none',
      filter('device.model -eq "x" -or device.model -ne "x"'),
      {},
      true,
    ],
    ['a filter we could not read, and another', filter('odd'), filter('device.model -eq "x"'), false],
    ['a filter we could not read, and none', filter('odd'), {}, false],
    ['a filter we could not read, as it was', filter('odd'), filter('odd'), true],
    ['a filter, and one we cannot read', filter('device.model -eq "x"'), filter('odd'), false],
    ['no filter, and one we cannot read', {}, filter('odd'), true],
    ['no filter, and one', {}, filter('device.model -eq "x"'), true],
    ['a filter of a mode we do not know, and none', filter('device.model -eq "x"', 'odd'), {}, false],
    [
      'two filters that nothing passes both',
      filter('device.model -eq "x"'),
      filter('device.model -eq "y"'),
      false,
    ],
    [
      'a filter, and the same said otherwise',
      filter('device.model -eq "x"'),
      filter('not (device.model -ne "x")'),
      true,
    ],
    ['a risk we do not know, as it was', { signInRiskLevels: ['odd'] }, { signInRiskLevels: ['odd'] }, true],
    [
      'a risk we do not know, and another',
      { signInRiskLevels: ['odd'] },
      { signInRiskLevels: ['low'] },
      false,
    ],
    [
      'a risk, and one we do not know',
      { signInRiskLevels: ['low'] },
      { signInRiskLevels: ['low', 'odd'] },
      false,
    ],
  ])('between %s', (_, before, after, is) => {
    const [old, now] = [raw(before as Record<string, unknown>), raw(after as Record<string, unknown>)];

    expect(noMore(old, now)).toBe(is);
  });
});
