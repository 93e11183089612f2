import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../sandbox/tenant/index.ts';
import type { WhatIfAnswer } from '../src/lib/whatif/answer.ts';
import { article, EMERGENCY, type World, type WorldOptions, world } from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const ADA = 'ada00000-0000-4000-8000-000000000001';
const ADMINS = 'ada00000-0000-4000-8000-0000000000f1';
const STAFF = 'ada00000-0000-4000-8000-0000000000f2';
const ROLE = '62e90394-69f5-4237-9190-012177145e10';
const OFFICE = 'ada00000-0000-4000-8000-0000000000a1';
const MANAGED_AZURE = { includeApplications: ['@azureManagement'] };

/** Ada is in a group within a group, which holds a role. */
const TENANT = {
  users: [...EMERGENCY.users, { id: ADA, userPrincipalName: 'ada@contoso.example' }],
  groups: [...EMERGENCY.groups, { id: ADMINS, members: [ADA] }, { id: STAFF, members: [ADMINS] }],
  roles: [{ id: 'ada00000-0000-4000-8000-0000000000b1', roleTemplateId: ROLE, members: [ADMINS] }],
};

const NOBODY = { groups: [], roles: [], userType: 'member' };

function asking(more: Record<string, unknown> = {}): Record<string, unknown> {
  return { signInIdentity: { userId: ADA }, signInContext: MANAGED_AZURE, facts: NOBODY, ...more };
}

/** A policy for everybody that blocks, with some conditions. */
function blocking(conditions: JsonObject = {}): JsonObject {
  return {
    displayName: 'CA900 - Block',
    state: 'enabled',
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...conditions,
    },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  };
}

async function answer({ simulate }: World, more: Record<string, unknown> = {}): Promise<WhatIfAnswer> {
  const simulated = await simulate(asking(more));
  if (simulated.kind !== 'done') throw new Error(JSON.stringify(simulated));
  return simulated.answer;
}

/** A tenant that has the article's policy, put there by a run. */
async function settled(options: WorldOptions = {}): Promise<World & { id: string }> {
  const made = await world({ ...options, tenant: { ...TENANT, ...options.tenant } });
  await made.push({ 'require-mfa': article() });
  expect((await made.run()).status).toBe('remediated');
  return { ...made, id: String(made.live(NAME).id) };
}

describe('a simulation', () => {
  it('answers for a policy that does not exist yet', async () => {
    const made = await world({ tenant: TENANT });
    await made.push({ 'require-mfa': article() });

    const { observed, desired, resulting, difference, changes, unfulfilled } = await answer(made);

    expect(observed).toMatchObject({ policies: [], result: { blocked: false, grant: [] } });
    for (const set of [desired, resulting]) {
      expect(set.policies).toMatchObject([
        { id: null, key: 'require-mfa', displayName: NAME, state: 'enabled', policyApplies: true },
      ]);
      expect(set.result.grant).toEqual([{ policyId: 'require-mfa', operator: 'OR', controls: ['mfa'] }]);
    }
    expect(difference.differs).toBe(true);
    expect(changes).toMatchObject([{ key: 'require-mfa', action: 'create', verdict: 'admit', reasons: [] }]);
    expect(unfulfilled).toEqual([]);
  });

  it('shows what drift does to a sign-in and what the plan will make of it', async () => {
    const made = await settled();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });

    const { observed, desired, resulting, difference, changes } = await answer(made);

    expect(observed.policies).toMatchObject([
      {
        id: made.id,
        key: 'require-mfa',
        state: 'disabled',
        policyApplies: false,
        analysisReasons: 'policyNotEnabled',
      },
    ]);
    expect(desired.result.grant).toMatchObject([{ controls: ['mfa'] }]);
    expect(resulting.policies).toMatchObject([{ id: made.id, state: 'enabled', policyApplies: true }]);
    expect(difference.summary).toEqual([
      `the sign-in gets in, and nothing is asked for → gets in after mfa for "${NAME}"`,
      `"${NAME}": does not apply: it is switched off (policyNotEnabled) → applies`,
    ]);
    expect(changes).toMatchObject([{ action: 'update', verdict: 'admit' }]);
  });

  it('finds no difference in a tenant that is as desired', async () => {
    const made = await settled();

    const { difference, changes, unfulfilled, notes, observed, resulting } = await answer(made);

    expect(difference).toMatchObject({ differs: false, summary: [] });
    expect([...changes, ...unfulfilled, ...notes]).toEqual([]);
    expect(observed).toEqual(resulting);
  });

  it('counts policies that are not ours, and not in the desired set', async () => {
    const made = await settled();
    const stranger = made.tenant.admin.create(blocking());

    const { observed, desired, resulting } = await answer(made);

    for (const { result } of [observed, resulting])
      expect(result).toMatchObject({ blocked: true, blockedBy: [stranger] });
    expect(desired.result.blocked).toBe(false);
  });

  it('leaves out what is denied, says why, and what is then not as desired', async () => {
    const made = await settled();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
      if (policy.conditions.users !== null) policy.conditions.users.excludeUsers = [];
    });
    made.tenant.admin.setUnknown(made.id, 'conditions.users.newThing', ['x']);

    const { changes, difference, unfulfilled } = await answer(made);

    expect(changes).toMatchObject([{ key: 'require-mfa', verdict: 'deny' }]);
    expect(changes[0]?.reasons.join()).toContain('excludeUsers');
    expect(difference.differs).toBe(false);
    expect(unfulfilled).toMatchObject([
      { key: 'require-mfa', desired: { policyApplies: true }, resulting: { policyApplies: false } },
    ]);
  });

  it('takes a held change for carried out, and says that it waits', async () => {
    const made = await settled();
    made.tenant.admin.remove(made.id);
    const since = new Date(made.clock.now()).toISOString();
    await made.ports().control.freeze({ reason: 'audit', by: 'ada', since, until: null });

    const { observed, resulting, changes } = await answer(made);

    expect(observed.policies).toEqual([]);
    expect(resulting.policies).toMatchObject([{ id: made.id, policyApplies: true }]);
    expect(changes).toMatchObject([{ action: 'restore', verdict: 'hold' }]);
    expect(changes[0]?.reasons.join()).toContain('audit');
  });

  it('gives the verdicts that a run would give', async () => {
    const made = await settled();
    await made.push({ block: blocking(), report: { ...article(), displayName: 'CA002', state: 'disabled' } });
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });

    const { changes } = await answer(made);
    const { policies } = await made.run({ mode: 'observe' });

    expect(changes.map(({ key, digest, verdict }) => [key, digest, verdict]).sort()).toEqual(
      policies.map(({ key, change, verdict }) => [key, change?.digest, verdict]).sort(),
    );
    expect(changes).toHaveLength(3);
  });
});

describe('the person of a simulation', () => {
  const forGroup = blocking({ users: { includeGroups: [STAFF] } });
  const forRole = { ...blocking({ users: { includeRoles: [ROLE] } }), displayName: 'CA901' };

  it('has the groups and roles the directory says', async () => {
    const made = await world({ tenant: { ...TENANT, policies: [forGroup, forRole] } });

    const { observed, asked } = await answer(made, { facts: undefined });

    expect(observed.policies.map(({ policyApplies }) => policyApplies)).toEqual([true, true]);
    expect(asked.signIn.identity).toMatchObject({
      groups: expect.arrayContaining([ADMINS, STAFF]),
      roles: [ROLE],
      guestType: null,
    });
  });

  it.each([
    ['named in settings', EMERGENCY.users[0]?.id, true],
    ['a member of a group that is', EMERGENCY.groups[0]?.members[0], true],
    ['anybody else', ADA, false],
  ])('is an emergency account where it is %s', async (_, userId, expected) => {
    const made = await world({ tenant: TENANT });

    const { asked } = await answer(made, { signInIdentity: { userId }, facts: undefined });

    expect(asked.isEmergencyAccount).toBe(expected);
  });

  it('has the groups and roles that are given, and then nobody is looked up', async () => {
    const made = await world({ tenant: { ...TENANT, policies: [forGroup, forRole] } });

    const { observed } = await answer(made, {
      signInIdentity: { userId: 'ffffffff-0000-4000-8000-000000000001' },
      facts: { groups: [STAFF] },
    });

    expect(observed.policies.map(({ policyApplies }) => policyApplies)).toEqual([true, null]);
    expect(observed.policies[1]?.needs).toEqual(['identity.roles']);
    expect(made.tenant.log.map(({ path }) => path)).toEqual(['/v1.0/identity/conditionalAccess/policies']);
  });

  it('is the guest the question says, where the directory has a member', async () => {
    const guests = {
      guestOrExternalUserTypes: 'internalGuest,b2bCollaborationGuest',
      externalTenants: {
        '@odata.type': '#microsoft.graph.conditionalAccessAllExternalTenants',
        membershipKind: 'all',
      },
    };
    const forGuests = blocking({ users: { includeGuestsOrExternalUsers: guests } });
    const made = await world({ tenant: { ...TENANT, policies: [forGuests] } });

    const { observed, asked } = await answer(made, { facts: { userType: 'guest' } });

    expect(observed.policies).toMatchObject([{ policyApplies: null, needs: ['identity.guestType'] }]);
    expect(asked.signIn.identity).toMatchObject({ isGuest: true, groups: [STAFF, ADMINS].toSorted() });
  });

  it('does not exist where the directory has nobody of that id', async () => {
    const made = await world({ tenant: TENANT });
    const userId = 'ffffffff-0000-4000-8000-000000000001';

    expect(await made.simulate(asking({ signInIdentity: { userId }, facts: undefined }))).toEqual({
      kind: 'missing',
      userId,
    });
    expect(made.tenant.log.filter(({ path }) => path.includes('conditionalAccess'))).toEqual([]);
  });

  it('is open where the directory refuses, which is said', async () => {
    const made = await world({
      tenant: { ...TENANT, policies: [forGroup, forRole], permissions: ['Policy.Read.All'] },
    });

    const { observed, notes } = await answer(made, { facts: undefined });

    expect(observed.policies.map(({ policyApplies }) => policyApplies)).toEqual([null, null]);
    expect(observed.result.blocked).toBeNull();
    expect(notes).toEqual(expect.arrayContaining([expect.stringContaining('User.Read.All')]));
  });

  it('has no roles where only they may not be read, which is said', async () => {
    const permissions = ['Policy.Read.All', 'User.Read.All', 'GroupMember.Read.All'];
    const made = await world({ tenant: { ...TENANT, policies: [forGroup, forRole], permissions } });

    const { observed, notes } = await answer(made, { facts: undefined });

    expect(observed.policies.map(({ policyApplies }) => policyApplies)).toEqual([true, null]);
    expect(notes).toContain(`the directory does not say of user ${ADA}: roles`);
  });

  it('may be a service principal, for which no person’s policy is', async () => {
    const made = await world({ tenant: { ...TENANT, policies: [blocking()] } });

    const { observed } = await answer(made, {
      signInIdentity: { servicePrincipalId: ADA },
      facts: undefined,
    });

    expect(observed.policies).toMatchObject([
      { policyApplies: false, analysisReasons: 'workloadIdentities' },
    ]);
    expect(made.tenant.log).toHaveLength(1);
  });
});

describe('the places of a simulation', () => {
  const elsewhere = blocking({ locations: { includeLocations: ['All'], excludeLocations: [OFFICE] } });
  const office = {
    '@odata.type': '#microsoft.graph.ipNamedLocation',
    id: OFFICE,
    displayName: 'Office',
    isTrusted: true,
    ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '203.0.113.0/24' }],
  };
  const atOffice = { signInConditions: { ipAddress: '203.0.113.7' } };
  const placesAsked = ({ tenant }: World): number =>
    tenant.log.filter(({ path }) => path.includes('namedLocations')).length;

  it('are read once, where a policy of any set asks for them', async () => {
    const made = await world({ tenant: { ...TENANT, namedLocations: [office] } });
    await made.push({ elsewhere });

    const { resulting } = await answer(made, atOffice);

    expect(resulting.policies).toMatchObject([{ policyApplies: false, analysisReasons: 'location' }]);
    expect(placesAsked(made)).toBe(1);
  });

  it('are not read where none does', async () => {
    const made = await settled();

    await answer(made, atOffice);

    expect(placesAsked(made)).toBe(0);
  });

  it('are those that are given', async () => {
    const made = await world({ tenant: { ...TENANT, namedLocations: [office], policies: [elsewhere] } });

    const { observed } = await answer(made, {
      ...atOffice,
      facts: { ...NOBODY, namedLocations: [{ ...office, ipRanges: [{ cidrAddress: '198.51.100.0/24' }] }] },
    });

    expect(observed.result.blocked).toBe(true);
    expect(placesAsked(made)).toBe(0);
  });

  it('are open where the MFA trusted IPs count, which Graph does not show, unless they are given', async () => {
    const untrusted = blocking({
      locations: { includeLocations: ['All'], excludeLocations: ['AllTrusted'] },
    });
    const made = await world({ tenant: { ...TENANT, namedLocations: [office], policies: [untrusted] } });
    const signInConditions = { ipAddress: '198.51.100.7' };
    const blocked = async (more: Record<string, unknown>) =>
      (await answer(made, { signInConditions, ...more })).observed.result.blocked;

    expect(await blocked({})).toBeNull();
    expect(await blocked({ facts: { ...NOBODY, mfaTrustedRanges: [] } })).toBe(true);
    expect(await blocked({ facts: { ...NOBODY, mfaTrustedRanges: ['198.51.100.0/24'] } })).toBe(false);
    expect(await blocked({ reading: 'asGraph' })).toBe(true);
  });

  it('are open where they cannot be read, which is said once', async () => {
    const made = await world({ tenant: { ...TENANT, namedLocations: [office], policies: [elsewhere] } });
    made.tenant.arm('htmlPage', { path: /namedLocations/, times: Number.POSITIVE_INFINITY });

    const { observed, notes } = await answer(made, atOffice);

    expect(observed.result.blocked).toBeNull();
    expect(notes.filter((note) => note.includes('the named locations could not be read'))).toHaveLength(1);
  });
});

describe('the address of a simulation', () => {
  const from = (ipAddress: string) => ({ signInConditions: { ipAddress } });

  it.each(['10.0.0.1', '127.0.0.1', '100.64.3.2', '172.31.255.255', '::1', '::ffff:192.168.0.1', 'fd00::1'])(
    'is said to be none that Entra sees: %s',
    async (address) => {
      const { notes } = await answer(await world({ tenant: TENANT }), from(address));
      expect(notes).toContainEqual(expect.stringContaining(`no sign-in comes from ${address}`));
    },
  );

  it.each(['203.0.113.9', '172.32.0.0', '2001:db8::1'])('is fine where it is public: %s', async (address) => {
    const { notes } = await answer(await world({ tenant: TENANT }), from(address));
    expect(notes).not.toContainEqual(expect.stringContaining('public addresses'));
  });
});

describe('what a simulation touches', () => {
  it('is nothing: neither the tenant nor any table is written', async () => {
    const calls: string[] = [];
    const hooks = { beforeRequest: (name: string) => void calls.push(name) };
    const made = await settled({ hooks });
    // Everything a run would write something about: drift, a released key, a newer version, a namesake to adopt.
    await made.push({
      adopted: { ...article(), displayName: 'CA002' },
      gone: { ...article(), displayName: 'CA003' },
    });
    made.tenant.admin.create({ ...blocking(), displayName: 'CA002' });
    await made.run();
    await made.forget('gone');
    await made.push({ 'require-mfa': article({ state: 'enabledForReportingButNotEnforced' }) });
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });
    await made.wait(2 * 3_600_000);
    const [writes, events] = [made.tenant.writes.length, made.events.length];
    calls.length = 0;

    const { changes } = await answer(made, { facts: undefined });

    expect(changes.length).toBeGreaterThan(0);
    expect(made.tenant.writes).toHaveLength(writes);
    expect(made.events).toHaveLength(events);
    expect(calls.filter((name) => !/\.(read|range)$/.test(name))).toEqual([]);
    expect(calls.length).toBeGreaterThan(0);
  });

  it('is one Graph request and three to the tables, in a tenant that is as desired', async () => {
    const made = await settled();

    expect((await answer(made)).requests).toEqual({ graph: 1, tables: 3 });
  });

  it('is what a run looks around for where there is a plan, and one request more for a person', async () => {
    const made = await settled();
    made.tenant.admin.edit(made.id, (policy) => {
      policy.state = 'disabled';
    });
    const asked = made.tenant.log.length;

    expect((await answer(made)).requests).toEqual({ graph: 4, tables: 4 });
    expect(made.tenant.log.slice(asked).filter(({ path }) => path.includes(ADA))).toEqual([]);
    expect((await answer(made, { facts: undefined })).requests).toEqual({ graph: 5, tables: 4 });
  });

  it('includes what a new version names, so that a hold is foretold', async () => {
    const made = await world({ tenant: TENANT });
    const stranger = 'ffffffff-0000-4000-8000-0000000000f9';
    await made.push({ block: blocking({ users: { includeGroups: [stranger], excludeUsers: [ADA] } }) });

    const { changes } = await answer(made);

    expect(changes).toMatchObject([{ key: 'block', verdict: 'hold' }]);
    expect(changes[0]?.reasons.join()).toContain(stranger);
  });

  it('does not grow with the number of policies', async () => {
    const made = await settled();
    for (let n = 0; n < 50; n++) made.tenant.admin.create({ ...blocking(), displayName: `CA9${n}` });

    const { requests, observed } = await answer(made);

    expect(observed.policies).toHaveLength(51);
    expect(requests).toEqual({ graph: 1, tables: 3 });
  });

  it('needs no lease, while a run holds it', async () => {
    const made = await settled();
    expect((await made.ports().control.acquire('somebody')).kind).toBe('held');

    expect((await answer(made)).difference.differs).toBe(false);
  });
});

describe('the words of a simulation', () => {
  it('name what the answer depends on, or take it for none as Graph does', async () => {
    const made = await world({ tenant: { ...TENANT, policies: [blocking({ signInRiskLevels: ['high'] })] } });

    const depends = await answer(made);
    const asGraph = await answer(made, { reading: 'asGraph' });

    expect(depends.observed.policies).toMatchObject([{ policyApplies: null, needs: ['signInRisk'] }]);
    expect(asGraph.observed.policies).toMatchObject([
      { policyApplies: false, analysisReasons: 'signInRisk' },
    ]);
  });

  it('leave out what surely does not apply, when asked to', async () => {
    const made = await world({
      tenant: {
        ...TENANT,
        policies: [blocking(), { ...blocking(), displayName: 'CA901', state: 'disabled' }],
      },
    });

    const { observed } = await answer(made, { appliedPoliciesOnly: true });

    expect(observed.policies.map(({ displayName }) => displayName)).toEqual(['CA900 - Block']);
  });

  it('tell what no set holds', async () => {
    const made = await settled();
    await made.push({ broken: '{' });
    made.tenant.admin.setPreview(made.id, true);

    const { notes } = await answer(made);

    expect(notes).toEqual([expect.stringContaining('"broken"'), expect.stringContaining(made.id)]);
  });

  it('say that nobody has pushed a desired state, and answer for the tenant all the same', async () => {
    const made = await world({ tenant: { ...TENANT, policies: [blocking()] } });

    const { observed, notes } = await answer(made);

    expect(observed.result.blocked).toBe(true);
    expect(notes).toEqual([expect.stringContaining('caretaker push')]);
  });
});

describe('Graph’s own What If beside ours', () => {
  it('is asked once, where that is wanted, and agrees', async () => {
    const made = await world({
      tenant: {
        ...TENANT,
        policies: [blocking({ signInRiskLevels: ['high'] }), { ...blocking(), state: 'disabled' }],
      },
    });

    const { graph, requests } = await answer(made, { compare: true });
    const unasked = await answer(made);

    expect(graph).toEqual({ agreed: 2, differences: [] });
    expect(requests.graph - unasked.requests.graph).toBe(1);
    expect(unasked.graph).toBeNull();
    expect(made.tenant.writes).toEqual([]);
  });

  it('shows where it answers for another person than the question does, and why that may be', async () => {
    const made = await world({
      tenant: { ...TENANT, policies: [blocking({ users: { includeGroups: [STAFF] } })] },
    });

    const { graph, notes } = await answer(made, { compare: true });

    expect(graph?.differences).toMatchObject([
      {
        kind: 'verdict',
        displayName: 'CA900 - Block',
        ours: { policyApplies: false, analysisReasons: 'users' },
        graphs: { policyApplies: true, analysisReasons: 'notSet' },
      },
    ]);
    expect(notes.join()).toContain('not as given here');
  });

  it('is missing, and said to be, where it does not answer', async () => {
    const made = await world({ tenant: { ...TENANT, policies: [blocking()] } });
    made.tenant.arm('htmlPage', { path: /evaluate/, times: Number.POSITIVE_INFINITY });

    const { graph, observed, notes } = await answer(made, { compare: true });

    expect(graph).toBeNull();
    expect(observed.result.blocked).toBe(true);
    expect(notes.join()).toContain('Asking Graph’s own What If');
  });
});

describe('a simulation that cannot be made', () => {
  it('names what is wrong with the question, and reads nothing', async () => {
    const made = await world();

    const simulated = await made.simulate({ signInIdentity: { userId: 'ada' }, oops: 1 });

    expect(simulated.kind === 'invalid' && simulated.problems).toEqual([
      expect.stringContaining('oops is no member'),
      'signInIdentity.userId is not an object id',
      'signInContext is missing',
    ]);
    expect(made.tenant.log).toEqual([]);
  });

  it('is a fault while the tenant answers nothing usable', async () => {
    const made = await settled();
    made.tenant.arm('htmlPage', { path: /policies/, times: Number.POSITIVE_INFINITY });

    await expect(made.simulate(asking())).rejects.toMatchObject({ kind: 'unavailable' });
  });
});
