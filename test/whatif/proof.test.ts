import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { type CompiledPolicy, compile, type PolicyEntry } from '../../src/lib/whatif/compile.ts';
import { evaluate, evaluatePolicy } from '../../src/lib/whatif/evaluate.ts';
import { type NamedLocations, NO_LOCATIONS_READ } from '../../src/lib/whatif/locations.ts';
import {
  type LockOut,
  type Move,
  type ProtectedFacts,
  proveNoLockOut,
  worse,
} from '../../src/lib/whatif/proof.ts';
import { readNamedLocation } from '../../src/lib/whatif/request.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { compiled, entry, id, NOBODY_SPECIAL, raw, USER } from './support.ts';
import {
  allowedControls,
  asksPhone,
  everyGuise,
  everySignIn,
  facts,
  failsInOutage,
  locations,
  narrowedTo,
  type Piece,
  rawPolicies,
  rawPolicy,
  shutsOut,
  threePieces,
} from './worlds.ts';

function lockOuts(
  raws: readonly RawPolicy[],
  identity: Partial<ProtectedFacts> = {},
  allowed: readonly string[] = [],
): readonly LockOut[] {
  return proveNoLockOut({
    policies: compiled(raws),
    identities: [{ ...NOBODY_SPECIAL, ...identity }],
    allowedControls: allowed,
  });
}

/** The definition, by trying: somebody, whoever they turn out to be, is shut out of some sign-in. */
function isLethalByTrying(
  raw: RawPolicy,
  policy: CompiledPolicy,
  pieces: readonly Piece[],
  person: ProtectedFacts,
  allowed: readonly string[],
  places: NamedLocations,
): boolean {
  if (raw.state !== 'enabled') return false;
  const hitsOn = (one: ProtectedFacts): readonly SignIn[] =>
    everyGuise(one)
      .flatMap((guise) => everySignIn(guise, pieces))
      .filter((signIn) => evaluatePolicy(policy, signIn).policyApplies !== false);
  const hits = hitsOn(person);
  const isHitInOutage = (): boolean => hitsOn({ ...person, groups: 'unknown', roles: 'unknown' }).length > 0;
  const canBeAsked = hits.some(({ clientApp }) =>
    ['browser', 'mobileAppsAndDesktopClients'].includes(clientApp ?? ''),
  );
  const isHit =
    hits.length > 0 &&
    (shutsOut(raw, allowed) ||
      asksPhone(raw, places, allowed) ||
      (raw.grantControls !== null && !canBeAsked));
  return isHit || (failsInOutage(raw, allowed) && isHitInOutage());
}

describe('the proof', () => {
  it('finds a lock-out exactly where trying every sign-in finds one', () => {
    let tries = 0;
    let lethal = 0;
    fc.assert(
      fc.property(
        rawPolicy,
        threePieces,
        locations,
        facts,
        allowedControls,
        (one, pieces, places, person, allowed) => {
          const policy = narrowedTo(pieces, one);
          const set = compiled([{ ...policy, id: id(900) }], places);
          const tried = isLethalByTrying(
            policy,
            set.policies[0] as CompiledPolicy,
            pieces,
            person,
            allowed,
            places,
          );
          tries++;
          lethal += tried ? 1 : 0;

          const found = proveNoLockOut({ policies: set, identities: [person], allowedControls: allowed });

          expect(found.length > 0).toBe(tried);
        },
      ),
      { numRuns: 1_000 },
    );
    expect(lethal).toBeGreaterThan(tries / 20);
  });

  it('gives a sign-in that the evaluator says is hit', () => {
    fc.assert(
      fc.property(rawPolicies(4), locations, facts, allowedControls, (raws, places, person, allowed) => {
        const set = compiled(raws, places);

        for (const found of proveNoLockOut({
          policies: set,
          identities: [person],
          allowedControls: allowed,
        })) {
          const verdict = evaluate(set, found.signIn).policies.find((policy) => policy.id === found.policyId);
          expect(verdict?.policyApplies).not.toBe(false);
          if (found.isCertain) expect(verdict?.policyApplies).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('finds for a set what it finds for its policies one by one', () => {
    fc.assert(
      fc.property(rawPolicies(4), locations, facts, allowedControls, (raws, places, person, allowed) => {
        const question = { identities: [person], allowedControls: allowed };
        const together = proveNoLockOut({ policies: compiled(raws, places), ...question });
        const alone = raws.flatMap((one) =>
          proveNoLockOut({ policies: compiled([one], places), ...question }),
        );

        expect(together).toEqual(alone);
      }),
    );
  });

  it('finds, asked of each change alone, what some subset of them adds', () => {
    const move = fc.record({ hasBefore: fc.boolean(), states: rawPolicies(2) });
    fc.assert(
      fc.property(
        fc.array(move, { minLength: 1, maxLength: 3 }),
        rawPolicies(3),
        facts,
        (changes, standing, person) => {
          const question = { identities: [person], allowedControls: [] };
          const observed = standing.map((one, n) => ({ ...entry(one), displayName: `observed ${n}` }));
          const moves = changes.map(({ hasBefore, states }, index): Move => {
            const before = hasBefore ? (observed[index] ?? null) : null;
            return {
              before,
              states: states.map((state, step) => ({
                ...entry(state),
                id: before?.id ?? null,
                displayName: `${index} ${step}`,
              })),
            };
          });
          const lethal = (entries: readonly PolicyEntry[]): readonly string[] =>
            proveNoLockOut({ policies: compile(entries, NO_LOCATIONS_READ), ...question }).map(nameOf);
          // Every way in which some of the changes were carried out, each as far as some state of its own.
          const tenants = moves.reduce<readonly (readonly PolicyEntry[])[]>(
            (all, { before, states }) =>
              all.flatMap((tenant) => [
                tenant,
                ...states.map((state) => [...tenant.filter((policy) => policy !== before), state]),
              ]),
            [observed],
          );
          const arising = new Set(tenants.flatMap(lethal));

          for (const { before, states } of moves) {
            const added = worse({
              move: { before, states },
              namedLocations: NO_LOCATIONS_READ,
              ...question,
            }).map(nameOf);
            const own = states.map(nameOf).filter((name) => arising.has(name));

            expect(own).toEqual(expect.arrayContaining([...added]));
            // What a policy did before, it may go on doing.
            if (before === null || lethal([before]).length === 0) expect(added).toEqual(own);
          }
        },
      ),
      { numRuns: 50 },
    );
  });
});

function nameOf({ displayName }: { readonly displayName: string }): string {
  return displayName;
}

describe('a lock-out', () => {
  it('names the policy, the sign-in, the field, and the list that would have spared the identity', () => {
    const policy = raw({
      users: { includeRoles: [id(5)], excludeGroups: [id(6)] },
      clientAppTypes: ['browser'],
      platforms: { includePlatforms: ['linux'] },
    });

    const [found, ...others] = lockOuts([policy], { roles: [id(5)] });

    expect(others).toEqual([]);
    expect(found).toMatchObject({
      policyId: id(900),
      identity: USER,
      demand: { kind: 'block' },
      field: 'conditions.users.includeRoles',
      missingFrom: 'conditions.users.excludeGroups',
      isCertain: true,
      signIn: { clientApp: 'browser', platform: 'linux' },
    });
    expect(found?.detail).toBe(
      `"CA900" would block the emergency account ${USER}, for example signing in to 797f4846-ba00-4fd7-ba43-dac1f8f63013 (Windows Azure Service Management API) with browser on linux: conditions.users.includeRoles takes it in, and conditions.users.excludeGroups does not spare it`,
    );
  });

  it.each<[string, readonly string[], readonly string[], 'AND' | 'OR', boolean]>([
    ['nothing allowed', ['mfa'], [], 'OR', true],
    ['what is allowed', ['mfa'], ['mfa'], 'OR', false],
    ['one of two', ['mfa', 'compliantDevice'], ['mfa'], 'OR', false],
    ['both of two', ['mfa', 'compliantDevice'], ['mfa'], 'AND', true],
    ['a block, allowed or not', ['block'], ['block'], 'OR', true],
    [
      'a strength of whom only a second factor is known',
      ['00000000-0000-0000-0000-000000000002'],
      ['mfa'],
      'OR',
      true,
    ],
    [
      'MFA of whoever meets a stronger strength',
      ['mfa'],
      ['00000000-0000-0000-0000-000000000004'],
      'OR',
      false,
    ],
  ])('for a demand: %s', (_, builtInControls, allowed, operator, isLethal) => {
    const policy = raw({}, { grantControls: { operator, builtInControls } });

    expect(lockOuts([policy], {}, allowed).length > 0).toBe(isLethal);
  });

  it('is a demand on clients that cannot show a proof, where no other client is meant', () => {
    const grantControls = { operator: 'OR', builtInControls: ['mfa'] };

    expect(lockOuts([raw({ clientAppTypes: ['other', 'browser'] }, { grantControls })], {}, ['mfa'])).toEqual(
      [],
    );
    expect(lockOuts([raw({ clientAppTypes: ['other'] }, { grantControls })], {}, ['mfa'])).toMatchObject([
      { demand: { kind: 'legacyClient', controls: ['mfa'] }, signIn: { clientApp: 'other' } },
    ]);
  });

  it.each<[string, Readonly<Record<string, unknown>>, boolean]>([
    ['token protection', { secureSignInSession: { isEnabled: true } }, true],
    ['no resilience in an outage', { disableResilienceDefaults: true }, true],
    [
      'a policy elsewhere that may block',
      { cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'mcasConfigured' } },
      true,
    ],
    ['a control we do not know', { networkAccessSecurity: { isEnabled: true } }, true],
    ['no downloads', { cloudAppSecurity: { isEnabled: true, cloudAppSecurityType: 'blockDownloads' } }, true],
    [
      'signing in every time',
      { signInFrequency: { isEnabled: true, frequencyInterval: 'everyTime' } },
      false,
    ],
    ['not staying signed in', { persistentBrowser: { isEnabled: true, mode: 'never' } }, false],
    ['less to do in Office', { applicationEnforcedRestrictions: { isEnabled: true } }, true],
  ])('for a session: %s', (_, sessionControls, isLethal) => {
    const policy = raw({}, { grantControls: null, sessionControls });

    expect(lockOuts([policy]).length > 0).toBe(isLethal);
  });

  it.each<[string, RawPolicy, string]>([
    [
      'both of two controls',
      raw({}, { grantControls: { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] } }),
      'would ask for compliantDevice and mfa from',
    ],
    [
      'one of two controls',
      raw({}, { grantControls: { operator: 'OR', builtInControls: ['mfa', 'compliantDevice'] } }),
      'would ask for compliantDevice or mfa from',
    ],
    [
      'a strength that every tenant has',
      raw(
        {},
        {
          grantControls: {
            operator: 'OR',
            authenticationStrength: { id: '00000000-0000-0000-0000-000000000004' },
          },
        },
      ),
      'would ask for 00000000-0000-0000-0000-000000000004 (Phishing-resistant MFA) from',
    ],
    [
      'token protection',
      raw({}, { grantControls: null, sessionControls: { secureSignInSession: { isEnabled: true } } }),
      'would set a session control (token protection lets in only apps on a registered device) on',
    ],
    ['what nobody can say for sure', raw({ times: [1] }), 'could block'],
  ])('says what it asks for: %s', (_, policy, words) => {
    const [found] = lockOuts([policy]);

    expect(found?.detail).toContain(
      ` ${words} the emergency account ${USER}, for example signing in to 797f4846-ba00-4fd7-ba43-dac1f8f63013 (Windows Azure Service Management API): conditions.users.includeUsers takes it in, and conditions.users.excludeUsers does not spare it`,
    );
  });

  it.each<[string, object, Partial<ProtectedFacts>, boolean]>([
    [
      'who is in a group that is spared',
      { includeUsers: ['All'], excludeGroups: [id(6)] },
      { groups: [id(6)] },
      true,
    ],
    [
      'who is in a group that is spared, and more that are not known',
      { includeUsers: ['All'], excludeGroups: [id(6)] },
      { groups: { atLeast: [id(6)] } },
      true,
    ],
    [
      'who has a role that is spared',
      { includeUsers: ['All'], excludeRoles: [id(5)] },
      { roles: [id(5)] },
      true,
    ],
    ['who is not in the group it is for', { includeGroups: [id(6)] }, {}, true],
    ['who has not the role it is for', { includeRoles: [id(5)] }, {}, true],
    [
      'who is spared by name',
      { includeUsers: ['All'], excludeGroups: [id(6)], excludeUsers: [USER] },
      {},
      false,
    ],
    ['whom it is not for by name', { includeUsers: [id(2)] }, {}, false],
    [
      'who is no guest, where it is for guests',
      { includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' } },
      {},
      false,
    ],
  ])('in an outage without resilience defaults, for one %s', (_, users, identity, isLethal) => {
    const grantControls = { operator: 'OR', builtInControls: ['compliantDevice'] };
    const policy = raw({ users }, { grantControls, sessionControls: { disableResilienceDefaults: true } });
    const [found] = lockOuts([policy], identity);

    expect(found?.demand).toEqual(
      isLethal
        ? {
            kind: 'session',
            control: 'disableResilienceDefaults',
            why: 'without resilience defaults, groups and roles spare nobody during an outage',
          }
        : undefined,
    );
    expect(found?.missingFrom).toBe(isLethal ? 'conditions.users.excludeUsers' : undefined);
    expect(found?.isCertain).toBe(isLethal ? false : undefined);
    expect(lockOuts([policy], identity, ['disableResilienceDefaults'])).toEqual([]);
    expect(lockOuts([{ ...policy, state: 'enabledForReportingButNotEnforced' }], identity)).toEqual([]);
  });

  it.each<[readonly string[], object, boolean]>([
    [['exchangeActiveSync'], { includeRoles: [id(5)] }, true],
    [['easSupported'], { includeRoles: [id(5)] }, true],
    [
      ['exchangeActiveSync', 'other'],
      { includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'internalGuest' } },
      true,
    ],
    [['exchangeActiveSync'], { includeRoles: [id(5)], excludeUsers: [USER] }, false],
    [['exchangeActiveSync'], { includeGroups: [id(6)] }, false],
    [['other'], { includeRoles: [id(5)] }, false],
    [['all'], { includeRoles: [id(5)] }, false],
  ])('takes a block of %j for %j for one of everybody: %s', (clientAppTypes, users, isLethal) => {
    const found = lockOuts([raw({ clientAppTypes, users })]);

    expect(found.map(({ isCertain }) => isCertain)).toEqual(isLethal ? [false] : []);
  });

  it('tells of what a policy always asks for before what it does in an outage', () => {
    const sessionControls = { disableResilienceDefaults: true };
    const grantControls = { operator: 'OR', builtInControls: ['compliantDevice'] };

    expect(lockOuts([raw({}, { grantControls, sessionControls })])).toMatchObject([
      { demand: { kind: 'controls' }, isCertain: true },
    ]);
  });

  it('says that a phone is asked where it is, whatever is asked for then', () => {
    const locations = { includeLocations: ['All'], excludeLocations: [id(31)] };
    const policies = compiled(
      [raw({ locations }, { grantControls: { operator: 'OR', builtInControls: ['mfa'] } })],
      { list: [{ kind: 'gps', id: id(31) }], mfaTrustedRanges: [] },
    );
    const [found] = proveNoLockOut({ policies, identities: [NOBODY_SPECIAL], allowedControls: ['mfa'] });

    expect(found?.demand).toEqual({ kind: 'gps' });
    expect(found?.detail).toContain(
      ` could ask the Authenticator app for the place (authenticatorAppGps) of the emergency account ${USER}, for example signing in to`,
    );
  });

  it.each<[NamedLocations['list'], boolean]>([
    [[{ kind: 'gps', id: id(31) }], true],
    [[{ kind: 'unread', id: id(31) }], false],
    [null, false],
  ])('is certain that a phone is asked only where the place was read: %j', (list, isCertain) => {
    const policies = compiled(
      [raw({ locations: { includeLocations: ['All', id(31)] } }, { grantControls: null })],
      { list, mfaTrustedRanges: [] },
    );

    expect(proveNoLockOut({ policies, identities: [NOBODY_SPECIAL], allowedControls: [] })).toMatchObject([
      { demand: { kind: 'gps' }, isCertain },
    ]);
  });

  it('finds who is at one place by their address and at another by their phone', () => {
    const [germany, byPhone] = [id(31), id(32)];
    const locations = { includeLocations: [germany], excludeLocations: [byPhone] };
    const raws = ['clientIpAddress', 'authenticatorAppGps'].map((countryLookupMethod, index) => ({
      id: [germany, byPhone][index],
      countriesAndRegions: ['DE'],
      countryLookupMethod,
    }));
    const list = raws.flatMap((one) => readNamedLocation(one) ?? []);
    const policies = compiled([raw({ locations })], { list, mfaTrustedRanges: [] });

    expect(proveNoLockOut({ policies, identities: [NOBODY_SPECIAL], allowedControls: [] })).toMatchObject([
      { demand: { kind: 'block' }, isCertain: false },
    ]);
  });

  it('says what it asks of clients that cannot show it', () => {
    const grantControls = { operator: 'AND', builtInControls: ['mfa', 'compliantDevice'] };
    const [found] = lockOuts([raw({ clientAppTypes: ['other'] }, { grantControls })], {}, [
      'mfa',
      'compliantDevice',
    ]);

    expect(found?.detail).toContain(
      ` would ask for compliantDevice, mfa, which this client cannot show, from the emergency account ${USER}, for example signing in to`,
    );
  });

  it('gives an old client as its example where only old ones cannot live with it, and else any', () => {
    const grantControls = { operator: 'OR', builtInControls: ['mfa'] };
    const strange = { clientAppTypes: ['newClient'] };

    expect(lockOuts([raw(strange, { grantControls })], {}, ['mfa'])).toMatchObject([
      { demand: { kind: 'legacyClient' }, signIn: { clientApp: 'exchangeActiveSync' }, isCertain: false },
    ]);
    expect(lockOuts([raw(strange)])).toMatchObject([
      { demand: { kind: 'block' }, signIn: { clientApp: 'browser' }, isCertain: false },
    ]);
  });

  it.each<[object, string]>([
    [{ excludeUsers: [id(8)], excludeGroups: [id(6)] }, 'Users'],
    [{ excludeGroups: [id(6)], excludeRoles: [id(5)] }, 'Groups'],
    [{ excludeRoles: [id(5)] }, 'Roles'],
    [{}, 'Users'],
  ])('would have been none in the list that is in use: %j', (excluded, list) => {
    expect(lockOuts([raw({ users: { includeUsers: ['All'], ...excluded } })])).toMatchObject([
      { missingFrom: `conditions.users.exclude${list}` },
    ]);
  });

  it('names the field that surely takes the identity in, before one that may', () => {
    const users = { includeUsers: ['AllTheNewPeople'], includeRoles: [id(5)] };

    expect(
      lockOuts([raw({ users: { ...users, includeGroups: [id(6)] } })], { roles: [id(5)] }),
    ).toMatchObject([{ field: 'conditions.users.includeRoles', isCertain: true }]);
    expect(
      lockOuts([raw({ users: { includeGroups: [id(6)], includeRoles: [id(5)] } })], {
        groups: 'unknown',
        roles: [id(5)],
      }),
    ).toMatchObject([{ field: 'conditions.users.includeRoles', isCertain: true }]);
    expect(lockOuts([raw({ users: { includeGroups: [id(6)] } })], { groups: 'unknown' })).toMatchObject([
      { field: 'conditions.users.includeGroups', isCertain: false },
    ]);
  });

  it('may hit whoever may be a guest, of whatever tenant', () => {
    const guests = (more: object = {}): RawPolicy =>
      raw({
        users: {
          includeGuestsOrExternalUsers: { guestOrExternalUserTypes: 'b2bCollaborationGuest', ...more },
        },
      });
    const partners = { externalTenants: { membershipKind: 'enumerated', members: [id(70)] } };
    const guest = 'b2bCollaborationGuest';

    expect(lockOuts([guests()], { guestType: 'unknown' })).toMatchObject([{ isCertain: false }]);
    expect(lockOuts([guests()], { guestType: guest })).toMatchObject([{ isCertain: true }]);
    expect(lockOuts([guests()])).toEqual([]);
    expect(lockOuts([guests(partners)], { guestType: guest, homeTenantId: 'unknown' })).toMatchObject([
      { isCertain: false, signIn: { identity: { homeTenantId: id(70) } } },
    ]);
    expect(lockOuts([guests(partners)], { guestType: guest, homeTenantId: id(71) })).toEqual([]);
  });

  it('may be lived with where its session control is allowed', () => {
    const policy = raw(
      {},
      { grantControls: null, sessionControls: { secureSignInSession: { isEnabled: true } } },
    );

    expect(lockOuts([policy], {}, ['secureSignInSession'])).toEqual([]);
  });

  it.each<[string, RawPolicy]>([
    ['users', raw({ users: { includeUsers: { All: true } } })],
    ['members of users', raw({ users: { includeUsers: ['None'], includeEverybody: ['yes'] } })],
    ['words in users', raw({ users: { includeUsers: ['AllTheNewPeople'] } })],
    ['targets', raw({ applications: { includeApplications: ['None'], includeEverything: ['yes'] } })],
    ['conditions', raw({ users: { includeUsers: ['All'] }, times: { at: 'night' } })],
    ['all conditions', { ...raw(), conditions: 'everybody' }],
    ['controls', raw({}, { grantControls: { operator: 'OR', builtInControls: ['mfa'], newControl: ['x'] } })],
    ['states', raw({}, { state: 'enabledForSomething' })],
    ['device filters', raw({ devices: { deviceFilter: { mode: 'include', rule: 'nonsense' } } })],
    ['filter modes', raw({ devices: { deviceFilter: { mode: 'both', rule: 'device.model -eq "a"' } } })],
    ['locations', raw({ locations: { includeLocations: [id(70)] } })],
    ['platforms', raw({ platforms: { includePlatforms: ['unknownFutureValue'] } })],
  ])('could be there where we cannot read the %s of a policy', (_, policy) => {
    expect(lockOuts([policy], {}, ['mfa'])).toMatchObject([
      { isCertain: policy.grantControls === undefined ? true : expect.any(Boolean) },
    ]);
  });

  it.each([
    [[id(71)], [id(72)]],
    [[id(72)], [id(71)]],
  ])('is not ruled out by a phone that may be in another country than the address', (include, exclude) => {
    const germany = { countriesAndRegions: ['DE'], includeUnknownCountriesAndRegions: false };
    const list = [
      { ...germany, id: id(71), countryLookupMethod: 'clientIpAddress' },
      { ...germany, id: id(72), countryLookupMethod: 'authenticatorAppGps' },
    ].flatMap((location) => readNamedLocation(location) ?? []);
    const policy = raw({ locations: { includeLocations: include, excludeLocations: exclude } });

    expect(
      proveNoLockOut({
        policies: compiled([policy], { list, mfaTrustedRanges: [] }),
        identities: [NOBODY_SPECIAL],
        allowedControls: [],
      }),
    ).toMatchObject([{ demand: { kind: 'block' }, isCertain: false }]);
  });

  it('is not ruled out by an exclusion we cannot read', () => {
    const users = { includeUsers: ['All'], excludeEverybodyNew: ['yes'] };

    expect(lockOuts([raw({ users })])).toMatchObject([{ isCertain: false }]);
  });

  it('is ruled out by what excludes the identity, or keeps the policy from everybody', () => {
    const group = id(40);

    expect(lockOuts([raw({ users: { includeUsers: ['All'], excludeUsers: [USER] } })])).toEqual([]);
    expect(
      lockOuts([raw({ users: { includeUsers: ['All'], excludeGroups: [group] } })], { groups: [group] }),
    ).toEqual([]);
    expect(
      lockOuts([raw({ users: { includeUsers: ['All'], excludeGroups: [group] } })], { groups: 'unknown' }),
    ).toMatchObject([{ isCertain: false }]);
    expect(
      lockOuts([raw({ users: { includeUsers: ['All'], excludeGroups: [group] } })], {
        groups: { atLeast: [group] },
      }),
    ).toEqual([]);
    expect(lockOuts([raw({ platforms: { includePlatforms: ['all'], excludePlatforms: ['all'] } })])).toEqual(
      [],
    );
    expect(
      lockOuts([raw({ locations: { includeLocations: ['AllTrusted'], excludeLocations: ['AllTrusted'] } })]),
    ).toEqual([]);
    expect(lockOuts([raw({ users: { includeUsers: ['AllAgentIdUsers'] } })])).toEqual([]);
  });
});
