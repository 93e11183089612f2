import { RestError } from '@azure/data-tables';
import { startAzurite } from '../../sandbox/azurite.ts';
import { createApp } from '../../src/lib/app.ts';
import { clouds } from '../../src/lib/graph/clouds.ts';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import { faultOf } from '../../src/lib/storage/faults.ts';
import { linesOf } from '../../src/lib/telemetry/lines.ts';
import {
  article,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_MEMBER,
  BREAK_GLASS_USER,
  TENANT,
  type World,
  type WorldOptions,
  world,
} from './world.ts';

/** Stands in every name, reason and text that a person or a tenant could have written. */
export const SOMEBODY = 'Zaphod';
const MAIL = 'zaphod.b@contoso.example';
/** The object id of somebody who asks for runs and consents to changes. */
export const OPERATOR = 'd0000000-0000-4000-8000-000000000001';
const STRANGER = 'e0000000-0000-4000-8000-000000000001';
/** Quotes of its own, so that quoting it is not enough. */
const NAME = `CA1 - ${SOMEBODY}'s "MFA for "${SOMEBODY}`;
const KEY = 'require-mfa';
const DAY_MS = 86_400_000;
const NOBODY_SPARED = {
  users: { includeUsers: ['All'] },
  applications: { includeApplications: ['All'] },
  clientAppTypes: ['all'],
};
const UNSPARED = { excludeUsers: [], excludeGroups: [] };
const BLOCK = { operator: 'OR', builtInControls: ['block'] };

export interface Told {
  /** Every line that was logged, as it was logged. */
  readonly lines: readonly string[];
  /** What the tables and the answers say of the same runs. */
  readonly reports: string;
}

/**
 * Runs the engine in worlds that bring about every event there is. Whoever and whatever has a name in them is called
 * `SOMEBODY`; mail addresses are `zaphod.b@contoso.example`.
 */
export async function everyEvent(): Promise<Told> {
  const worlds: World[] = [];
  const reports: unknown[] = [];
  for (const situation of SITUATIONS) {
    const options = 'options' in situation ? situation.options : {};
    const made = await world({ ...options, tenant: { ...NAMED, ...options.tenant } });
    worlds.push(made);
    await situation.play(made, async (order) => {
      const result = await made.result({ requestedBy: { id: OPERATOR, name: SOMEBODY }, ...order });
      reports.push(result);
    });
  }
  const acts = await actsOfPeople();
  return {
    lines: [...worlds.flatMap(({ events }) => events.flatMap(linesOf)), ...acts],
    reports: JSON.stringify(reports),
  };
}

/** A directory in which everybody has a name and an address. */
const NAMED = {
  users: [BREAK_GLASS_USER, BREAK_GLASS_MEMBER, STRANGER, OPERATOR].map((id) => ({
    id,
    displayName: SOMEBODY,
    userPrincipalName: MAIL,
    accountEnabled: true,
    onPremisesSyncEnabled: null,
    userType: 'Member' as const,
  })),
  groups: [{ id: BREAK_GLASS_GROUP, displayName: SOMEBODY, members: [BREAK_GLASS_MEMBER] }],
};

interface Situation {
  readonly options?: WorldOptions;
  play(made: World, run: (order?: Parameters<World['result']>[0]) => Promise<void>): Promise<void>;
}

const desired = (change: Record<string, unknown> = {}): RawPolicy =>
  article({ displayName: NAME, ...change });

const policyOf = ({ tenant }: World): string => String(tenant.truth()[0]?.id);

/** The policy is in place and proven. */
async function settle(made: World, run: () => Promise<void>, policy = desired()): Promise<string> {
  await made.push({ [KEY]: policy });
  await run();
  return policyOf(made);
}

const SITUATIONS: readonly Situation[] = [
  {
    // Drift in a name and in a rule somebody wrote, throttled on the way; a deleted policy; a rejected write; nobody spared.
    async play(made, run) {
      const rule = `device.displayName -eq "${SOMEBODY}"`;
      const devices = { deviceFilter: { mode: 'exclude', rule } };
      const { conditions } = desired() as { conditions: object };
      const id = await settle(made, run, desired({ conditions: { ...conditions, devices } }));
      made.tenant.arm('throttled', { path: /conditionalAccess/ });
      made.tenant.admin.edit(id, (policy) => {
        policy.displayName = `renamed by ${SOMEBODY}`;
        policy.state = 'disabled';
        policy.conditions.users?.excludeUsers.push(STRANGER);
        Object.assign(policy.conditions, {
          devices: { deviceFilter: { mode: 'exclude', rule: `${rule} -or device.displayName -eq "x"` } },
        });
      });
      await run();
      made.tenant.admin.remove(id);
      await run({ requestedBy: { id: MAIL, name: SOMEBODY } });
      made.tenant.admin.edit(id, (policy) => {
        policy.state = 'disabled';
      });
      made.tenant.arm('forbidden', { method: 'PATCH' });
      await run();
      made.tenant.admin.edit(id, (policy) => {
        policy.state = 'enabled';
        Object.assign(policy.conditions, { users: { ...policy.conditions.users, ...UNSPARED } });
      });
      await run();
    },
  },
  {
    // A new version waits, somebody consents, an exception somebody answers for is in force.
    async play(made, run) {
      await settle(made, run);
      const until = new Date(made.clock.now() + 3 * DAY_MS).toISOString().slice(0, 10);
      const field = 'grantControls.builtInControls';
      const exception = {
        field,
        value: ['compliantDevice'],
        owner: SOMEBODY,
        reason: `for ${SOMEBODY}`,
        until,
      };
      await made.push({ [KEY]: desired({ caretaker: { exceptions: [exception] } }) });
      await run();
      await made.approve('allHeld', SOMEBODY);
      await run();
      await run();
    },
  },
  {
    // Never carried out: it is for the emergency account alone. Another waits for its name.
    async play(made, run) {
      const conditions = { ...NOBODY_SPARED, users: { includeUsers: [BREAK_GLASS_USER] } };
      await made.push({
        denied: desired({ conditions }),
        unnamed: desired({ displayName: `x ${SOMEBODY}` }),
      });
      await run({ limits: { namingPattern: /^CA\d+ - / } });
    },
  },
  {
    // Others' policies: one shuts everybody out, one looks like an emergency; namesakes of ours; hidden; unreadable.
    async play(made, run) {
      const id = await settle(made, run);
      const { admin } = made.tenant;
      const block = { state: 'enabled', conditions: NOBODY_SPARED, grantControls: BLOCK };
      admin.create({ displayName: `${SOMEBODY} blocks`, ...block } as never);
      admin.create({ displayName: `EM99 - ENABLE IN EMERGENCY: ${SOMEBODY}`, ...block } as never);
      const twin = { ...block, displayName: `twin of ${SOMEBODY}`, state: 'disabled' };
      admin.create(twin as never);
      admin.create(twin as never);
      await made.push({ twin: desired({ displayName: `twin of ${SOMEBODY}` }) });
      await run();
      admin.edit(id, (policy) => {
        policy.state = 'disabled';
      });
      admin.setUnknown(id, 'conditions.users.newThing', [`"${SOMEBODY}", ${'x'.repeat(300)}`]);
      await run();
      admin.setPreview(id, true);
      await run();
    },
  },
  {
    // An emergency is declared in the tenant.
    async play(made, run) {
      const displayName = `EM01 - ENABLE IN EMERGENCY: ${SOMEBODY}`;
      const emergency = { displayName, state: 'disabled', caretaker: { contingency: true } };
      const id = await settle(made, run, desired(emergency));
      made.tenant.admin.edit(id, (policy) => {
        policy.state = 'enabled';
      });
      await run();
    },
  },
  {
    // Rows that somebody removed, damaged or gave one name to.
    async play(made, run) {
      await settle(made, run);
      await made.push({
        twin: desired(),
        broken: '{"displayName": "Zaphod", "Zaphod": {"state": "Zaphod"}}',
      });
      await run();
      await made.storage.rowsOf(made.tenant.tenantId)('desired').remove(`head|${KEY}`);
      await run();
    },
  },
  {
    // Frozen before a run, and while one is at work.
    async play(made, run) {
      const id = await settle(made, run);
      const since = new Date(made.clock.now()).toISOString();
      const frozen = { reason: `because of ${SOMEBODY}`, by: SOMEBODY, since, until: null };
      made.tenant.admin.edit(id, (policy) => {
        policy.state = 'disabled';
      });
      await made.ports().control.freeze(frozen);
      await run();
      await made.ports().control.freeze(null);
      made.tenant.beforeRequest = async ({ method, path }) => {
        if (method === 'GET' && path.includes(id)) await made.ports().control.freeze(frozen);
      };
      await run();
    },
  },
  {
    // The emergency accounts cannot be looked at, and then are not in order.
    options: { tenant: { permissions: ['Policy.Read.All', 'Policy.ReadWrite.ConditionalAccess'] } },
    async play(made, run) {
      await settle(made, run);
      made.tenant.settings.permissions = 'all';
      made.tenant.directory.users.delete(BREAK_GLASS_USER);
      await made.wait(DAY_MS);
      await run();
    },
  },
  {
    // The tenant is not to be read: no permission, then no answer, then another run at work.
    async play(made, run) {
      await settle(made, run);
      made.tenant.settings.permissions = ['User.Read.All'];
      await run();
      made.tenant.settings.permissions = 'all';
      const faults = made.tenant.arm('unavailable', {
        path: /conditionalAccess/,
        times: Number.POSITIVE_INFINITY,
      });
      await run();
      faults.disarm();
      await made.ports().control.acquire('somebody else');
      await run();
    },
  },
  tablesThatFail(),
  {
    // A policy that is gone, and nobody can say whether it was deleted.
    async play(made, run) {
      const id = await settle(made, run);
      made.tenant.admin.remove(id);
      made.tenant.arm('unavailable', { path: new RegExp(id), times: Number.POSITIVE_INFINITY });
      await run();
    },
  },
  {
    // Not permitted to write.
    options: { tenant: { permissions: ['Policy.Read.All', 'User.Read.All', 'GroupMember.Read.All'] } },
    async play(made, run) {
      await settle(made, run).catch(() => undefined);
    },
  },
];

/** A repair that may not be written into the journal; a run that may not be kept. */
function tablesThatFail(): Situation {
  let refused = '';
  const beforeCall = (name: string): void => {
    const no = new RestError('no', { statusCode: 403, code: 'AuthorizationPermissionMismatch' });
    if (name === refused) throw faultOf(no, { account: 'state', table: 'journal', verb: 'write' });
  };
  return {
    options: { hooks: { beforeCall } },
    async play(made, run) {
      const id = await settle(made, run);
      made.tenant.admin.edit(id, (policy) => {
        policy.state = 'disabled';
      });
      for (const name of ['journal.append', 'runs.prune']) {
        refused = name;
        await run();
      }
    },
  };
}

/** What people do beside the runs: the composed app on real tables. */
async function actsOfPeople(): Promise<readonly string[]> {
  const azurite = await startAzurite();
  const { tenant, clock } = await world({ tenant: NAMED });
  const lines: string[] = [];
  const log = (_severity: string, line: string): void => void lines.push(line);
  try {
    const environment = {
      TENANT_ID: TENANT,
      MODE: 'enforce',
      STATE_STORAGE: azurite.connectionString,
      BREAK_GLASS_USERS: BREAK_GLASS_USER,
      BREAK_GLASS_GROUPS: BREAK_GLASS_GROUP,
      MAX_CHANGES_PER_RUN: '1',
      // Nobody listens there.
      TELEMETRY_DIRECT: 'true',
      APPLICATIONINSIGHTS_CONNECTION_STRING: `InstrumentationKey=${OPERATOR};IngestionEndpoint=https://127.0.0.1:1/`,
      GRAPH_ENDPOINT: clouds.public.graphEndpoint,
    };
    const credential = {
      getToken: async () => ({ token: 'opaque', expiresOnTimestamp: clock.now() + DAY_MS }),
    };
    const read = createApp(environment, { fetch: tenant.fetch, credential });
    if (!read.ok) throw new Error(JSON.stringify(read.problems));
    const { app } = read;
    await app.createTables();
    const push = (key: string) => ({
      key,
      content: JSON.stringify(desired({ displayName: `${SOMEBODY} ${key}` })),
      active: true,
      author: `${SOMEBODY} the First`,
      message: SOMEBODY,
      pushedAt: new Date().toISOString(),
      baseHash: null,
    });
    await app.open(log).desired.push([push('one'), push('two')]);
    await app.run({ trigger: 'demand', requestedBy: { id: OPERATOR, name: SOMEBODY } }, log);
    const by = { id: OPERATOR, name: SOMEBODY };
    const reason = `${SOMEBODY} said so`;
    await app.approve({ digests: 'allHeld', by, reason }, log);
    const since = new Date().toISOString();
    await app.freeze({ reason, by: SOMEBODY, since, until: null }, by, log);
    await app.freeze(null, { id: '', name: SOMEBODY }, log);
    return lines;
  } finally {
    await azurite.close();
  }
}
