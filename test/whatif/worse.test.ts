import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { CompiledPolicy } from '../../src/lib/whatif/compile.ts';
import { evaluatePolicy } from '../../src/lib/whatif/evaluate.ts';
import { type NamedLocation, NO_LOCATIONS_READ } from '../../src/lib/whatif/locations.ts';
import { type LockOut, proveNoLockOut, worse } from '../../src/lib/whatif/proof.ts';
import { compiled, entry, id, NOBODY_SPECIAL, raw, USER } from './support.ts';
import {
  allowedControls,
  asksPhone,
  everyGuise,
  everySignIn,
  facts,
  locations,
  narrowedTo,
  OTHER_CONTROLS,
  rawPolicy,
  shutsOut,
  subsets,
  threePieces,
} from './worlds.ts';

describe('a change that makes a lock-out worse', () => {
  const bad = raw({
    users: { includeUsers: ['All'] },
    clientAppTypes: ['other'],
    platforms: { includePlatforms: ['linux', 'macOS'] },
  });

  function added(before: RawPolicy | null, ...states: readonly RawPolicy[]): readonly LockOut[] {
    return worse({
      move: { before: before === null ? null : entry(before), states: states.map(entry) },
      namedLocations: NO_LOCATIONS_READ,
      identities: [NOBODY_SPECIAL],
      allowedControls: ['mfa'],
    });
  }

  function with_(conditions: Readonly<Record<string, unknown>>, rest: RawPolicy = {}): RawPolicy {
    return { ...bad, ...rest, conditions: { ...(bad.conditions as object), ...conditions } };
  }

  it.each<[string, RawPolicy, boolean]>([
    ['the same', bad, false],
    ['another name', with_({}, { displayName: 'CA901' }), false],
    ['off', with_({}, { state: 'disabled' }), false],
    ['fewer platforms', with_({ platforms: { includePlatforms: ['linux'] } }), false],
    ['more platforms', with_({ platforms: { includePlatforms: ['linux', 'windows'] } }), true],
    ['more clients', with_({ clientAppTypes: ['other', 'browser'] }), true],
    ['only some risk', with_({ signInRiskLevels: ['high'] }), false],
    [
      'a filter on top',
      with_({ devices: { deviceFilter: { mode: 'exclude', rule: 'device.isCompliant -eq True' } } }),
      false,
    ],
    [
      'only some places',
      with_({ locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] } }),
      false,
    ],
    [
      'asking for what it can meet',
      with_({ clientAppTypes: ['browser'] }, { grantControls: { builtInControls: ['mfa'] } }),
      false,
    ],
    ['one app', with_({ applications: { includeApplications: [id(50)] } }), false],
    ['a context', with_({ applications: { includeAuthenticationContextClassReferences: ['c1'] } }), true],
  ])('%s', (_, after, isWorse) => {
    expect(added(bad, after).length > 0).toBe(isWorse);
  });

  it('counts what it passes through, and what was not there before', () => {
    const good = with_({ users: { includeUsers: ['All'], excludeUsers: [USER] } });

    expect(added(good, bad)).toHaveLength(1);
    expect(added(good, bad, good)).toHaveLength(1);
    expect(added(null, bad)).toHaveLength(1);
    expect(added(null, good)).toEqual([]);
    expect(added(with_({}, { state: 'enabledForReportingButNotEnforced' }), bad)).toHaveLength(1);
  });

  it('counts nothing of what it leaves behind', () => {
    // Too long to be noted down whole, so that nobody can tell it is the same.
    const before = with_({ weather: 'x'.repeat(300) });

    expect(added(before, { ...before, displayName: 'CA901' })).toHaveLength(1);
    expect(added(before, { ...before, state: 'disabled' })).toEqual([]);
  });

  const grants = (grantControls: object, sessionControls: object | null = null): RawPolicy => ({
    ...raw(),
    grantControls,
    sessionControls,
  });
  const compliant = { operator: 'AND', builtInControls: ['compliantDevice'] };
  const office = raw({ applications: { includeApplications: ['Office365'] } });
  const strange = raw({ platforms: { includePlatforms: ['linux'] }, weather: { is: 'rain' } });
  const onContract = { grantControls: { operator: 'OR', builtInControls: ['mfa'], newControl: ['x'] } };

  it.each<[string, RawPolicy, RawPolicy]>([
    ['a state we know for one we do not', raw({}, { state: 'soon' }), raw()],
    ['one state we do not know for another', raw({}, { state: 'soon' }), raw({}, { state: 'later' })],
    ['a control we do not know on top', grants(compliant), grants({ ...compliant, newControl: ['x'] })],
    [
      'a control we do not know for another',
      raw({}, onContract),
      raw({}, { grantControls: { ...onContract.grantControls, newControl: ['y'] } }),
    ],
    [
      'token protection on top',
      grants(compliant),
      grants(compliant, { secureSignInSession: { isEnabled: true } }),
    ],
    [
      'no resilience on top of token protection',
      grants(compliant, { secureSignInSession: { isEnabled: true } }),
      grants(compliant, { secureSignInSession: { isEnabled: true }, disableResilienceDefaults: true }),
    ],
    [
      'a demand on clients that can show no proof',
      raw({}, { grantControls: null, sessionControls: { secureSignInSession: { isEnabled: true } } }),
      raw({ clientAppTypes: ['other'] }, { grantControls: { operator: 'OR', builtInControls: ['mfa'] } }),
    ],
    [
      'a member of the platforms we do not know',
      raw({ platforms: { includePlatforms: ['linux'] } }),
      raw({ platforms: { includePlatforms: ['linux'], includeVendors: ['Acme'] } }),
    ],
    ['a risk we cannot read', raw({ signInRiskLevels: ['high'] }), raw({ signInRiskLevels: ['high', 5] })],
    [
      'what we do not know for something else',
      strange,
      { ...strange, conditions: { ...(strange.conditions as object), weather: 'sun' } },
    ],
    [
      'a block where a proof of clients we do not know was asked for',
      raw({ clientAppTypes: ['newClient'] }, { grantControls: { operator: 'OR', builtInControls: ['mfa'] } }),
      raw({ clientAppTypes: ['newClient'] }),
    ],
  ])('may be there, so it is: %s', (_, before, after) => {
    expect(added(before, after)).toHaveLength(1);
  });

  it.each<[string, RawPolicy, RawPolicy]>([
    ['of a policy for a group of applications', office, { ...office, displayName: 'CA901' }],
    ['of a policy with a condition we do not know', strange, { ...strange, displayName: 'CA901' }],
    [
      'of a policy with a control we do not know',
      raw({}, onContract),
      raw({}, { ...onContract, displayName: 'x' }),
    ],
    [
      'of a policy for places we have not read',
      raw({ locations: { includeLocations: [id(7)] } }),
      raw({ locations: { includeLocations: [id(7)] } }, { displayName: 'x' }),
    ],
    [
      'to one of two controls',
      grants(compliant),
      grants({ operator: 'OR', builtInControls: ['compliantDevice', 'domainJoinedDevice'] }),
    ],
    [
      'to what it can meet besides',
      grants(compliant),
      grants({ operator: 'AND', builtInControls: ['compliantDevice', 'mfa'] }),
    ],
    [
      'of a choice of which one control is retired',
      grants({ operator: 'OR', builtInControls: ['approvedApplication', 'compliantDevice'] }),
      grants({ operator: 'OR', builtInControls: ['approvedApplication', 'compliantDevice'] }),
    ],
    [
      'from token protection to none',
      grants(compliant, { secureSignInSession: { isEnabled: true } }),
      grants(compliant),
    ],
  ])('is not there in a change %s', (_, before, after) => {
    expect(added(before, after)).toEqual([]);
  });

  const filter = (mode: string) => ({ mode, rule: 'CustomSecurityAttribute.Office.floor -eq "1"' });

  it.each<[string, RawPolicy, RawPolicy]>([
    [
      'a filter of applications that may have spared what is named',
      raw({ applications: { includeApplications: [id(50)], applicationFilter: filter('somehow') } }),
      raw({ applications: { includeApplications: [id(50)] } }),
    ],
    [
      'workloads in place of whom a condition that we do not know names',
      raw({
        users: null,
        clientApplications: { includeServicePrincipals: [id(51)] },
        people: { include: ['everybody'] },
      }),
      raw({ users: null, people: { include: ['everybody'] } }),
    ],
    [
      'a choice of controls, one of which cannot be read',
      grants({ operator: 'OR', builtInControls: ['mfa', 'compliantDevice', 5] }),
      grants({ operator: 'OR', builtInControls: ['compliantDevice'] }),
    ],
    [
      'a choice of controls beside something we do not know',
      grants({ operator: 'OR', builtInControls: ['mfa', 'compliantDevice'], unless: 'at home' }),
      grants({ operator: 'OR', builtInControls: ['compliantDevice'] }),
    ],
    [
      'a way to put controls together that we do not know',
      grants({ operator: 'ANY', builtInControls: ['domainJoinedDevice', 'compliantDevice'] }),
      grants({ operator: 'OR', builtInControls: ['compliantDevice'] }),
    ],
  ])('is not excused by %s', (_, before, after) => {
    expect(added(before, after)).toHaveLength(1);
  });

  it('is not overlooked behind more ranges than are tried', () => {
    const all = Array.from({ length: 3_000 }, (_, n) => `10.${n >> 8}.${n & 255}.0/25`);
    const list: NamedLocation[] = [all, [...all, '192.0.2.0/24']].map((ranges, index) => ({
      kind: 'ip',
      id: id(60 + index),
      isTrusted: false,
      ranges,
    }));
    const from = (place: string): RawPolicy => raw({ locations: { includeLocations: [place] } });

    const found = worse({
      move: { before: entry(from(id(60))), states: [entry(from(id(61)))] },
      namedLocations: { list, mfaTrustedRanges: null },
      identities: [NOBODY_SPECIAL],
      allowedControls: [],
    });

    expect(found).toHaveLength(1);
  });

  it('lets pass nobody shut out who got in before', () => {
    // Two policies that differ in few things: independent ones are almost never one within the other.
    const conditions = [
      'users',
      'applications',
      'clientAppTypes',
      'platforms',
      'locations',
      'devices',
      'userRiskLevels',
      'insiderRiskLevels',
    ];
    const parts = ['grantControls', 'sessionControls', 'state'];
    const state = fc.constantFrom('enabled', 'enabled', 'enabled', 'enabledForSomething', 'disabled');
    const change = fc.record({
      from: rawPolicy,
      to: rawPolicy,
      states: fc.tuple(state, state),
      conditions: fc.oneof(fc.constant<string[]>([]), fc.subarray(conditions, { maxLength: 2 })),
      parts: fc.subarray(parts, { maxLength: 1 }),
      pieces: threePieces,
      namedLocations: locations,
      person: facts,
      allowed: allowedControls,
    });
    let tries = 0;
    let passed = 0;
    fc.assert(
      fc.property(change, ({ from, to, states, pieces, namedLocations, person, allowed, ...changed }) => {
        tries++;
        const before: RawPolicy = narrowedTo(pieces, { ...from, state: states[0], id: id(900) });
        const taken = (names: readonly string[], of: object): object =>
          Object.fromEntries(Object.entries(of).filter(([name]) => names.includes(name)));
        const after: RawPolicy = narrowedTo(pieces, {
          ...before,
          ...taken(changed.parts, { ...to, state: states[1] }),
          conditions: {
            ...(from.conditions as object),
            ...taken(changed.conditions, to.conditions as object),
          },
        });
        const question = { identities: [person], allowedControls: allowed };
        const set = compiled([before, after], namedLocations);
        const [old, now] = set.policies as [CompiledPolicy, CompiledPolicy];
        if (proveNoLockOut({ policies: { policies: [now] }, ...question }).length === 0) return;
        const move = { before: entry(before), states: [entry(after)] };
        if (worse({ move, namedLocations, ...question }).length > 0) return;

        const hit = everyGuise(person)
          .flatMap((guise) => everySignIn(guise, pieces))
          .filter((signIn) => evaluatePolicy(now, signIn).policyApplies === true);
        passed += hit.length > 0 ? 1 : 0;
        expect(hit.filter((signIn) => evaluatePolicy(old, signIn).policyApplies === false)).toEqual([]);
        if (hit.length > 0 && old.state !== now.state) expect(old.state).toBe('enabled');
        for (const more of MORE) {
          const met = [...allowed, ...more];
          for (const isOld of new Set(hit.map(({ clientApp = '' }) => OLD_CLIENTS.includes(clientApp)))) {
            const isKept = (one: RawPolicy): boolean =>
              keepsOut(one, met, isOld) || asksPhone(one, namedLocations, met);
            if (isKept(after)) expect(isKept(before)).toBe(true);
          }
        }
      }),
      { numRuns: 1_500 },
    );
    expect(passed).toBeGreaterThan(tries / 50);
  });
});

const OLD_CLIENTS: readonly string[] = ['exchangeActiveSync', 'other'];

/** What somebody may be able to meet beside what they are said to. */
const MORE: readonly (readonly string[])[] = subsets([
  'compliantDevice',
  'domainJoinedDevice',
  'secureSignInSession',
  'disableResilienceDefaults',
  'mcasConfigured',
]).flatMap((some) => [some, [...some, ...OTHER_CONTROLS]]);

function keepsOut(policy: RawPolicy, met: readonly string[], isOldClient: boolean): boolean {
  return shutsOut(policy, met) || (isOldClient && policy.grantControls !== null);
}
