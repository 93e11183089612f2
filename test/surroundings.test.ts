import { describe, expect, it } from 'vitest';
import { Fault } from '../src/lib/fault.ts';
import {
  article,
  BREAK_GLASS_MEMBER,
  BREAK_GLASS_USER,
  IDENTITIES,
  type World,
  type WorldOptions,
  world,
} from './support/world.ts';

const NAME = 'CA001 - Require MFA for Azure management';
const OFFICE = 'd0000000-0000-4000-8000-000000000001';
const MINUTE_MS = 60_000;

async function settled(options: WorldOptions = {}): Promise<World> {
  const made = await world(options);
  await made.push({ 'require-mfa': article() });
  expect((await made.run()).status).toBe('remediated');
  // What was kept before the policy was there is not for the time after.
  expect((await made.run()).status).toBe('inSync');
  return made;
}

/** What the runs since then asked of Graph: reads of policies, batches of the directory, lists of locations. */
function asked({ tenant }: World, since: number) {
  const requests = tenant.log.slice(since).filter(({ inBatch }) => !inBatch);
  const count = (path: RegExp) => requests.filter((request) => path.test(request.path)).length;
  return { policies: count(/policies/), directory: count(/batch/), locations: count(/namedLocations/) };
}

async function quietRun(made: World) {
  const since = made.tenant.log.length;
  const report = await made.run();
  expect(report.status).toBe('inSync');
  return { report, asked: asked(made, since) };
}

const inOffice = (include: readonly string[], exclude: readonly string[]) => ({
  displayName: 'Block elsewhere',
  state: 'enabled',
  conditions: {
    users: { includeUsers: ['All'] },
    applications: { includeApplications: ['All'] },
    clientAppTypes: ['all'],
    locations: { includeLocations: include, excludeLocations: exclude },
  },
  grantControls: { operator: 'OR', builtInControls: ['block'] },
});
const office = (ranges: readonly string[]) => ({
  '@odata.type': '#microsoft.graph.ipNamedLocation',
  id: OFFICE,
  displayName: 'Office',
  isTrusted: true,
  ipRanges: ranges.map((cidrAddress) => ({ '@odata.type': '#microsoft.graph.iPv4CidrRange', cidrAddress })),
});

describe('a run with nothing to do', () => {
  it('makes one Conditional Access request and none to the directory within the hour, then two', async () => {
    const made = await settled();

    await made.wait(50 * MINUTE_MS);
    const soon = await quietRun(made);
    await made.wait(15 * MINUTE_MS);
    const late = await quietRun(made);
    const again = await quietRun(made);

    expect(soon.asked).toEqual({ policies: 1, directory: 0, locations: 0 });
    expect(late.asked).toEqual({ policies: 1, directory: 2, locations: 0 });
    expect(again.asked).toEqual({ policies: 1, directory: 0, locations: 0 });
    expect(
      [soon, late, again].map(({ report }) => report.protected.map(({ health }) => health).join()),
    ).toEqual(Array(3).fill('ok,ok,ok'));
  });

  it('does not take the word of an hour ago for an identity that could not be looked at', async () => {
    const made = await settled();
    await made.wait(70 * MINUTE_MS);
    made.tenant.arm('forbidden', { path: /batch/, times: 1 });
    const dark = await quietRun(made);

    const light = await quietRun(made);

    expect(dark.report.protected.map(({ health }) => health)).toEqual(['unverified', 'unverified']);
    expect(light.report.protected.map(({ health }) => health)).toEqual(['ok', 'ok', 'ok']);
    expect(light.asked.directory).toBe(2);
  });

  it('reads anew when settings name others, or when what was kept cannot be believed', async () => {
    const made = await settled();
    const rows = made.storage.rowsOf('11111111-2222-4333-8444-555555555555')('control');
    const directoryRequests = async (limits = {}) => {
      const since = made.tenant.log.length;
      await made.run({ mode: 'observe', limits });
      return asked(made, since).directory;
    };

    expect(await directoryRequests({ protected: { ...IDENTITIES, groups: [] } })).toBe(2);
    expect(await directoryRequests()).toBe(2);
    expect(await directoryRequests()).toBe(0);
    await rows.put({ rowKey: 'surroundings', columns: { json0: '{"readAt":1e15}' } });
    expect(await directoryRequests()).toBe(2);
  });

  it('asks where the named locations are only when a lock-out hangs on it, and once an hour', async () => {
    const calm = await settled({
      tenant: {
        policies: [inOffice(['All'], [OFFICE]) as never],
        namedLocations: [office(['0.0.0.0/0', '::/0'])],
      },
    });

    const first = await quietRun(calm);
    const second = await quietRun(calm);

    // The office is the whole world, so nobody is ever elsewhere.
    expect(first.report.findings).toEqual([]);
    expect(first.asked).toEqual({ policies: 1, directory: 0, locations: 0 });
    expect(second.asked).toEqual(first.asked);
  });

  it('takes locations that cannot be read for the worst, says so, and asks again', async () => {
    const made = await world({
      tenant: { policies: [inOffice([OFFICE], []) as never], namedLocations: [office([])] },
    });
    made.tenant.arm('serverError', { path: /namedLocations/, times: Number.POSITIVE_INFINITY });
    await made.push({ 'require-mfa': article() });
    const dark = await made.run();
    made.tenant.calm();

    const light = await made.run();

    expect(dark.findings.map(({ rule, detail }) => [rule, detail])).toEqual([
      ['lockOut', expect.stringContaining('"Block elsewhere" could block')],
      ['surroundings', expect.stringContaining('the named locations could not be read')],
    ]);
    expect(dark.policies[0]?.outcome).toMatchObject({ status: 'applied' });
    expect(light.findings).toEqual([]);
  });
});

describe('a run that writes', () => {
  it('has read everything afresh, however short ago it was read before', async () => {
    const made = await settled();
    made.tenant.directory.users.delete(BREAK_GLASS_USER);
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    const report = await made.run();

    expect(report.status).toBe('remediated');
    expect(report.protected[0]).toMatchObject({ id: BREAK_GLASS_USER, health: 'missing' });
  });

  it('has read everything afresh for what it writes in place of a version that waits', async () => {
    const made = await settled();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    await made.push({ 'require-mfa': { ...article(), state: 'disabled' } });
    await made.run({ mode: 'observe' });
    made.tenant.directory.users.delete(BREAK_GLASS_USER);

    const report = await made.run();

    expect(report.policies[0]).toMatchObject({
      verdict: 'hold',
      meanwhile: { version: 1, outcome: { status: 'applied' } },
    });
    expect(report.protected[0]).toMatchObject({ id: BREAK_GLASS_USER, health: 'missing' });
  });

  it.each(['serverError', 'throttled', 'forbidden'] as const)(
    'puts a proven policy right when what a member of a protected group is in cannot be read: %s',
    async (trouble) => {
      const made = await settled();
      made.tenant.arm(trouble, {
        path: new RegExp(`${BREAK_GLASS_MEMBER}/transitiveMemberOf`),
        times: Number.POSITIVE_INFINITY,
      });
      made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
        policy.state = 'disabled';
      });

      const report = await made.run();

      expect(report.status).toBe('remediated');
      expect(made.live(NAME).state).toBe('enabled');
    },
  );

  it('goes on when the tables do not give or take what is kept', async () => {
    const made = await world({
      hooks: {
        beforeCall(name) {
          if (name === 'surroundings.get' || name === 'surroundings.put') throw tablesDown();
        },
      },
    });
    await made.push({ 'require-mfa': article() });

    const written = await made.run();
    const quiet = await made.run();

    expect(written.status).toBe('remediated');
    expect(quiet.status).toBe('inSync');
    expect(quiet.findings.map(({ detail }) => detail)).toEqual([
      'the kept facts could not be read: the tables are down',
      'the facts about protected identities could not be kept: the tables are down',
    ]);
  });
});

function tablesDown(): Fault {
  return new Fault('unavailable', 'the tables are down');
}

const blocking = (users: Record<string, string[]>) => ({
  displayName: 'Block some',
  state: 'enabled',
  conditions: { users, applications: { includeApplications: ['All'] }, clientAppTypes: ['all'] },
  grantControls: { operator: 'OR', builtInControls: ['block'] },
});
const CONTRACTORS = 'e0000000-0000-4000-8000-0000000000c1';

describe('what was kept', () => {
  it('hides no lock-out that came with another policy', async () => {
    const made = await settled();
    made.tenant.directory.groups.set(CONTRACTORS, { id: CONTRACTORS, members: [BREAK_GLASS_USER] });
    made.tenant.admin.create(blocking({ includeGroups: [CONTRACTORS] }));

    const { report } = await quietRun(made);

    expect(report.findings).toMatchObject([{ rule: 'lockOut', level: 'error' }]);
    expect(Date.parse(report.protectedReadAt ?? '')).toBeGreaterThanOrEqual(Date.parse(report.startedAt));
  });

  it('is nothing of which a part could not be read', async () => {
    const made = await settled({
      tenant: { policies: [blocking({ includeGroups: [CONTRACTORS] }) as never] },
    });
    await made.wait(70 * MINUTE_MS);
    made.tenant.arm('throttled', { path: /transitiveMemberOf/, times: 4 });

    const dark = await quietRun(made);
    const light = await quietRun(made);

    expect(dark.report.findings[0]?.rule).toBe('lockOut');
    expect(dark.report.findings[1]?.detail).toContain(
      'groups and roles of protected people could not be read',
    );
    expect(light.report.findings).toEqual([]);
  });

  it('is believed only if everybody is in it, in words of ours', async () => {
    const made = await settled({ tenant: { policies: [blocking({ includeUsers: ['All'] }) as never] } });
    const { surroundings } = made.ports();
    const kept = await surroundings.get();
    if (kept === undefined) throw new Error('something is kept');
    const forged = [
      { ...kept, protected: { ...kept.protected, people: [] } },
      { ...kept, protected: { ...kept.protected, identities: [] } },
      { ...kept, protected: { ...kept.protected, identities: kept.protected.identities.slice(1) } },
      {
        ...kept,
        protected: {
          ...kept.protected,
          identities: kept.protected.identities.map((one) => ({ ...one, health: 'toString' as never })),
        },
      },
    ];
    for (const row of forged) {
      await surroundings.put(row);

      const { report, asked: requests } = await quietRun(made);

      expect(report.findings.map(({ rule }) => rule)).toEqual(['lockOut']);
      expect(report.protected.map(({ health }) => health)).toEqual(['ok', 'ok', 'ok']);
      expect(requests.directory).toBe(2);
    }
  });
});

describe('looking around', () => {
  it.each(['hang', 'throttled', 'serverError'] as const)(
    'takes no more than its share of the time when the directory answers with %s',
    async (trouble) => {
      const made = await settled({
        tenant: { policies: [inOffice(['All'], ['AllTrusted']) as never], namedLocations: [office([])] },
      });
      await made.push({ second: article({ displayName: 'Second' }) });
      made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
        policy.state = 'disabled';
      });
      const everywhere = /batch|namedLocations|identitySecurityDefaults/;
      made.tenant.arm(trouble, { path: everywhere, times: Number.POSITIVE_INFINITY });
      const deadlineAt = made.clock.now() + 200_000;

      const report = await made.run({ limits: { deadlineAt } });

      expect(made.live(NAME).state).toBe('enabled');
      expect(report.policies.map(({ key, verdict }) => [key, verdict])).toEqual([
        ['require-mfa', 'admit'],
        ['second', 'hold'],
      ]);
    },
  );

  it('costs as much whoever was put into the group for emergencies', async () => {
    const made = await settled();
    const crowd = Array.from(
      { length: 3_000 },
      (_, n) => `c0000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    );
    for (const id of crowd) made.tenant.directory.users.set(id, { id });
    made.tenant.directory.groups.set(IDENTITIES.groups[0] ?? '', {
      id: IDENTITIES.groups[0] ?? '',
      members: crowd,
    });
    await made.wait(70 * MINUTE_MS);

    const { asked: requests } = await quietRun(made);

    // One for the group, two for forty people.
    expect(requests.directory).toBe(3);
  });
});
