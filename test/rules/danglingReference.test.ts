import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { article, EMERGENCY, type World, world } from '../support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const STAFF = 'd0000000-0000-4000-8000-0000000000f1';
const SOMEBODY = 'd0000000-0000-4000-8000-000000000001';
const OFFICE = 'd0000000-0000-4000-8000-0000000000a1';
const TYPO = 'd0000000-0000-4000-8000-0000000000ff';
const LISTS = /^\/v1\.0\/(users|groups)\?\$filter=.*&\$select=id$/;

const held = { rule: 'danglingReference', decision: 'hold', level: 'error' };

/** A tenant with a user, a group and a named location beside the emergency accounts. */
const populated = () =>
  world({
    tenant: {
      users: [...EMERGENCY.users, { id: SOMEBODY }],
      groups: [...EMERGENCY.groups, { id: STAFF, members: [SOMEBODY] }],
      namedLocations: [
        {
          '@odata.type': '#microsoft.graph.ipNamedLocation',
          id: OFFICE,
          displayName: 'Office',
          isTrusted: true,
          ipRanges: [{ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress: '203.0.113.0/24' }],
        },
      ],
    },
  });

function policyWith(users: object, locations?: object): RawPolicy {
  return article({
    conditions: {
      users: { includeUsers: ['All'], ...users },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
      ...(locations === undefined ? {} : { locations }),
    },
  });
}

async function rolledOut(policy: RawPolicy) {
  const made = await populated();
  await made.push({ own: policy });
  return { made, report: await made.run() };
}

function lookedUp({ tenant }: World, since = 0): string[] {
  return tenant.log
    .slice(since)
    .map(({ path }) => decodeURIComponent(path))
    .filter((path) => LISTS.test(path));
}

const inOffice = { includeLocations: ['All'], excludeLocations: [OFFICE] };

describe('danglingReference', () => {
  it.each([
    ['conditions.users.includeUsers', policyWith({ includeUsers: [SOMEBODY, TYPO] })],
    ['conditions.users.excludeUsers', policyWith({ excludeUsers: [TYPO] })],
    ['conditions.users.includeGroups', policyWith({ includeUsers: [], includeGroups: [TYPO, STAFF] })],
    ['conditions.users.excludeGroups', policyWith({ excludeGroups: [TYPO] })],
    [
      'conditions.locations.includeLocations',
      policyWith({}, { includeLocations: [OFFICE, TYPO], excludeLocations: [] }),
    ],
    [
      'conditions.locations.excludeLocations',
      policyWith({}, { includeLocations: ['All'], excludeLocations: [TYPO] }),
    ],
  ])('holds a rollout whose %s names nothing, and says what', async (path, policy) => {
    const { made, report } = await rolledOut(policy);

    expect(report).toMatchObject({ status: 'held', policies: [{ verdict: 'hold', findings: [held] }] });
    expect(report.policies[0]?.findings[0]?.detail).toBe(
      `${path} names ${TYPO}: nothing in the tenant has such an id; correct it, or approve the change`,
    );
    expect(made.tenant.truth()).toEqual([]);
  });

  it('takes a user for no group, and a group for no user', async () => {
    const { report } = await rolledOut(policyWith({ excludeUsers: [STAFF], excludeGroups: [SOMEBODY] }));

    expect(report.policies[0]?.findings[0]?.detail).toContain(
      `conditions.users.excludeUsers names ${STAFF}; conditions.users.excludeGroups names ${SOMEBODY}: `,
    );
  });

  it('names ten at most', async () => {
    const many = Array.from({ length: 40 }, (_, n) => `e0000000-0000-4000-8000-0000000000${n + 10}`);

    const { made, report } = await rolledOut(policyWith({ excludeUsers: many }));

    const detail = String(report.policies[0]?.findings[0]?.detail);
    expect(many.filter((id) => detail.includes(id))).toEqual(many.slice(0, 10));
    expect(detail).toContain('; and 30 more:');
    expect(lookedUp(made)).toHaveLength(3);
  });

  it('lets a policy pass whose references are all there, keywords and stand-ins included', async () => {
    const policy = policyWith(
      { includeUsers: ['All', 'GuestsOrExternalUsers'], excludeUsers: [SOMEBODY], excludeGroups: [STAFF] },
      { includeLocations: ['All'], excludeLocations: [OFFICE, 'AllTrusted'] },
    );

    const { made, report } = await rolledOut(policy);

    expect(report).toMatchObject({ status: 'remediated', findings: [], policies: [{ findings: [] }] });
    expect(lookedUp(made)).toEqual([
      `/v1.0/users?$filter=id in ('${SOMEBODY}')&$select=id`,
      `/v1.0/groups?$filter=id in ('${STAFF}')&$select=id`,
    ]);
  });

  it('lets the rollout go once the object is there', async () => {
    const { made } = await rolledOut(policyWith({ excludeGroups: [TYPO] }));
    made.tenant.directory.groups.set(TYPO, { id: TYPO, members: [] });

    const report = await made.run();

    expect(report.status).toBe('remediated');
  });

  it.each([
    ['may not be asked', 'forbidden', LISTS],
    ['does not answer', 'serverError', LISTS],
    ['does not answer to a batch', 'serverError', /batch/],
  ] as const)('finds nothing where the directory %s, and says so', async (_, fault, path) => {
    const made = await populated();
    // Nobody is protected, so that no batch but this one is in question.
    const limits = { protected: { users: [], groups: [] } };
    made.tenant.arm(fault, { path, times: Number.POSITIVE_INFINITY });
    await made.push({ own: policyWith({ excludeGroups: [TYPO] }) });

    const report = await made.run({ mode: 'observe', limits });

    expect(report.policies[0]).toMatchObject({ verdict: 'admit', findings: [] });
    expect(report.findings).toContainEqual(
      expect.objectContaining({
        rule: 'surroundings',
        decision: 'note',
        detail: expect.stringContaining('what new versions name could not be looked up'),
      }),
    );
  });

  it('finds nothing where the named locations cannot be read, and says so', async () => {
    const made = await populated();
    made.tenant.arm('serverError', { path: /namedLocations/, times: Number.POSITIVE_INFINITY });
    await made.push({ own: policyWith({}, inOffice) });

    const report = await made.run();

    expect(report).toMatchObject({ status: 'remediated', policies: [{ findings: [] }] });
    expect(report.findings).toMatchObject([
      { rule: 'surroundings', detail: expect.stringContaining('the named locations could not be read') },
    ]);
  });

  it('looks nothing up for a run that repairs, nor for a quiet one', async () => {
    const { made } = await rolledOut(policyWith({ excludeGroups: [STAFF] }, inOffice));
    const since = made.tenant.log.length;
    await made.run();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    const repaired = await made.run();

    expect(repaired.status).toBe('remediated');
    expect(lookedUp(made, since)).toEqual([]);
    expect(made.tenant.log.slice(since).filter(({ path }) => /namedLocations/.test(path))).toEqual([]);
  });

  it('gains an intruder nothing: what is deleted from under a proven policy does not stop its repair', async () => {
    const { made } = await rolledOut(policyWith({ excludeUsers: [SOMEBODY], excludeGroups: [STAFF] }));
    made.tenant.directory.groups.delete(STAFF);
    made.tenant.directory.users.delete(SOMEBODY);
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    await made.push({ other: { ...policyWith({ excludeGroups: [STAFF] }), displayName: 'CA002' } });

    const report = await made.run();

    const [other, own] = report.policies;
    expect(other).toMatchObject({ key: 'other', verdict: 'hold', findings: [held] });
    expect(own).toMatchObject({
      key: 'own',
      verdict: 'admit',
      findings: [{ rule: 'danglingReference', decision: 'note', level: 'error' }],
      outcome: { settled: true },
    });
    expect(made.live(NAME)).toMatchObject({
      state: 'enabled',
      conditions: { users: { excludeGroups: expect.arrayContaining([STAFF]) } },
    });
  });
});
