import { describe, expect, it } from 'vitest';
import { canonical } from '../../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { compile } from '../../src/lib/whatif/compile.ts';
import { evaluate } from '../../src/lib/whatif/evaluate.ts';
import { NO_LOCATIONS_READ } from '../../src/lib/whatif/locations.ts';
import type { SignIn } from '../../src/lib/whatif/signIn.ts';
import { compiled, id, raw, SHAREPOINT, signIn, USER } from './support.ts';

function judge(policy: RawPolicy, more: Partial<SignIn> = {}) {
  const [verdict] = evaluate(compiled([policy]), signIn(more)).policies;
  return { applies: verdict?.policyApplies, needs: verdict?.needs };
}

const certain = (applies: boolean): object => ({ applies, needs: [] });
const open = (...needs: readonly string[]): object => ({ applies: null, needs });

describe('what was not understood of a policy', () => {
  const people = 'conditions.people';

  it.each<[string, RawPolicy, Partial<SignIn>, object]>([
    [
      'spares applications, and may spare this one',
      raw({ applications: { includeApplications: ['All'], excludeNetworks: 1 } }),
      {},
      open('conditions.applications.excludeNetworks'),
    ],
    [
      'adds applications, where all are meant anyhow',
      raw({ applications: { includeApplications: ['All'], includeNetworks: 1 } }),
      {},
      certain(true),
    ],
    [
      'brings people in by Exchange ActiveSync, as far as it is known',
      raw({ clientAppTypes: ['exchangeActiveSync'], users: { includeRoles: [id(5)] } }),
      { clientApp: 'exchangeActiveSync' },
      open('whom Exchange ActiveSync clients bring in'),
    ],
    [
      'adds people, where this one is named anyhow',
      raw({ users: { includeUsers: [USER], includeTeams: 1 } }),
      {},
      certain(true),
    ],
    [
      'spares platforms, which makes it reach no further',
      raw({ platforms: { includePlatforms: ['iOS'], excludeVendors: 1 } }),
      {},
      certain(false),
    ],
    [
      'adds platforms, and may add this one',
      raw({ platforms: { includePlatforms: ['iOS'], includeVendors: 1 } }),
      {},
      open('what conditions.platforms.includeVendors stands for', 'conditions.platforms.includeVendors'),
    ],
    [
      'adds flows, and may add this one',
      raw({ authenticationFlows: { transferMethods: 'deviceCodeFlow', somethingNew: 1 } }),
      {},
      open(
        'what conditions.authenticationFlows.somethingNew stands for',
        'conditions.authenticationFlows.somethingNew',
      ),
    ],
    [
      'stands in a risk that does not fit',
      raw({ signInRiskLevels: { somethingNew: 1 } }),
      {},
      open('conditions.signInRiskLevels'),
    ],
    ['names people, where nobody else is named', raw({ users: null, people: [1] }), {}, open(people)],
    [
      'names people, where somebody else is named',
      raw({ users: { includeUsers: [id(2)] }, people: [1] }),
      {},
      certain(false),
    ],
    ['names nobody', raw({ users: null, people: [] }), {}, certain(false)],
    ['is a value, and no condition', raw({ users: null, signInRiskLevels: ['odd'] }), {}, certain(false)],
    ['stands in another condition', raw({ users: null, platforms: { somethingNew: 1 } }), {}, certain(false)],
    ['stands outside the conditions', { ...raw({ users: null }), somethingNew: 1 }, {}, certain(false)],
    ['is known to beta, and names no people', raw({ users: null, times: [1] }), {}, certain(false)],
    [
      'names resources, where no other is named',
      raw({ applications: null, resources: [1] }),
      {},
      open('conditions.resources'),
    ],
    [
      'names resources, where another is named',
      raw({ applications: { includeApplications: [id(50)] }, resources: [1] }),
      {},
      certain(false),
    ],
    ['beside all clients is no matter', raw({ clientAppTypes: ['all', 'odd'] }), {}, certain(true)],
    [
      'beside one client is no matter to it',
      raw({ clientAppTypes: ['browser', 5] }),
      {},
      open('conditions.clientAppTypes'),
    ],
    [
      'in place of clients may stand for any',
      raw({ clientAppTypes: 'other' }),
      {},
      open('what conditions.clientAppTypes stands for', 'conditions.clientAppTypes'),
    ],
    [
      'beside a device filter leaves nothing to say of it',
      raw({ devices: { deviceFilter: { mode: 'include', rule: 'device.model -eq "x"' }, one: 1, two: 2 } }),
      {},
      open(
        'the device filter, of which conditions.devices.one, conditions.devices.two beside it was not understood',
        'conditions.devices.one',
        'conditions.devices.two',
      ),
    ],
  ])('%s', (_, policy, more, expected) => {
    expect(judge(policy, more)).toEqual(expected);
  });

  it('is nothing where nobody says so', () => {
    const entry = { id: null, key: 'own', displayName: 'CA900', policy: canonical(raw()) };
    const [own] = compile([entry], NO_LOCATIONS_READ).policies;

    expect(own).toMatchObject({ name: 'own', unread: [] });
    const nobody = { ...entry, policy: canonical(raw({ users: null })) };
    expect(compile([nobody], NO_LOCATIONS_READ).policies[0]?.assignment.include.unread).toEqual([]);
  });

  it('is the state, the mode of a filter, what is asked for, or a session control', () => {
    const odd = raw(
      { devices: { deviceFilter: { mode: 'odd', rule: 'device.model -eq "x"' } } },
      {
        state: 'odd',
        grantControls: { operator: 'OR', builtInControls: ['mfa'], somethingNew: 1 },
        sessionControls: { somethingNew: 1 },
      },
    );

    expect(compiled([odd]).policies[0]).toMatchObject({
      state: 'unread',
      deviceFilter: { mode: 'unread' },
      grant: { kind: 'controls', operator: 'AND', controls: ['mfa', 'grantControls.somethingNew'] },
      session: [{ policyId: id(900), control: 'somethingNew', value: 'not understood' }],
      unread: [],
    });
  });
});

describe('a compiled policy', () => {
  it.each([
    ['enabled', 'enabled'],
    ['disabled', 'disabled'],
    ['enabledForReportingButNotEnforced', 'reportOnly'],
  ])('in the state %s is %s', (state, is) => {
    expect(compiled([raw({}, { state })]).policies[0]?.state).toBe(is);
  });

  it('goes by its id, its key, or its name', () => {
    const entry = { key: 'own', displayName: 'CA900', policy: canonical(raw()) };
    const names = [
      { ...entry, id: id(1) },
      { ...entry, id: null },
      { ...entry, id: null, key: null },
    ].map((one) => compile([one], NO_LOCATIONS_READ).policies[0]?.name);

    expect(names).toEqual([id(1), 'own', 'CA900']);
  });

  it('is the target of a sign-in to what it names', () => {
    expect(judge(raw({ applications: { includeApplications: [SHAREPOINT] } }))).toEqual(certain(true));
  });
});
