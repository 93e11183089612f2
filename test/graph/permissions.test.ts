import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTenant, type LogEntry, type Tenant } from '../../sandbox/tenant/index.ts';
import type { GraphSession } from '../../src/lib/graph/index.ts';
import { APP_ROLES, type GraphRequest, PERMISSION_SETS, REQUESTS } from '../../src/lib/graph/permissions.ts';
import type { Directory, PolicyApi } from '../../src/lib/ports.ts';
import { virtualClock } from '../support/virtualClock.ts';
import {
  article,
  BREAK_GLASS_GROUP,
  BREAK_GLASS_USER,
  EMERGENCY,
  IDENTITIES,
  world,
} from '../support/world.ts';
import { graphOf, tenantId } from './support.ts';

const INTENT = '00000000-0000-4000-8000-000000000001';
const REQUEST_ROWS: readonly (readonly [string, GraphRequest])[] = Object.entries(REQUESTS);

/** The tenant, and the real adapter in front of it with all the permissions there are, or some. */
function bench(permissions: readonly string[] | 'all' = 'all'): { tenant: Tenant; session: GraphSession } {
  const clock = virtualClock();
  const tenant = createTenant({ tenantId, clock, ...EMERGENCY, permissions });
  return { tenant, session: graphOf(tenant, clock).open(tenantId, Number.POSITIVE_INFINITY) };
}

/** Everything the engine can ask of the policies: a new method must be driven here before this compiles. */
async function drivePolicies(policies: PolicyApi, tenant: Tenant): Promise<void> {
  const body = article({
    conditions: {
      users: { includeUsers: ['All'] },
      applications: { includeApplications: ['All'] },
      clientAppTypes: ['all'],
    },
  });
  const id = String((await policies.create(body, INTENT)).id);
  const drive: Readonly<Record<Exclude<keyof PolicyApi, 'create'>, () => Promise<unknown>>> = {
    list: () => policies.list(),
    read: () => policies.read(id),
    update: () => policies.update(id, { state: 'disabled' }, INTENT),
    namedLocations: () => policies.namedLocations(),
    evaluate: () =>
      policies.evaluate({
        signInIdentity: { '@odata.type': '#microsoft.graph.userSignIn', userId: BREAK_GLASS_USER },
        signInContext: {
          '@odata.type': '#microsoft.graph.applicationContext',
          includeApplications: ['00000002-0000-0ff1-ce00-000000000000'],
        },
        signInConditions: {},
      }),
    async readDeleted() {
      tenant.admin.remove(id);
      return policies.readDeleted(id);
    },
    restore: () => policies.restore(id, INTENT),
  };
  for (const act of Object.values(drive)) await act();
}

async function driveDirectory(directory: Directory): Promise<void> {
  const ids = { users: [BREAK_GLASS_USER], groups: [BREAK_GLASS_GROUP] };
  const drive: Readonly<Record<keyof Directory, () => Promise<unknown>>> = {
    until: async () => directory.until(Number.POSITIVE_INFINITY),
    protected: () => directory.protected(IDENTITIES),
    person: () => directory.person(BREAK_GLASS_USER),
    absent: () => directory.absent(ids),
    names: () => directory.names(ids),
    securityDefaults: () => directory.securityDefaults(),
    licences: () => directory.licences(),
  };
  for (const act of Object.values(drive)) await act();
}

/** Rows of the table that this request could have been made of. */
function rowsFor({ method, path }: Pick<LogEntry, 'method' | 'path'>): readonly string[] {
  const place = decodeURIComponent(path.split('?')[0] ?? '').replace('/v1.0', '');
  return REQUEST_ROWS.filter(([, row]) => row.method === method && patternOf(row.path).test(place)).map(
    ([name]) => name,
  );
}

function patternOf(template: string): RegExp {
  const literal = template.replaceAll(/[.$]/g, '\\$&');
  return new RegExp(`^${literal.replaceAll('{id}', '[0-9a-f-]{36}')}$`);
}

const page = readFileSync(resolve(import.meta.dirname, '../../docs/permissions.md'), 'utf8');

describe('the page of requests and permissions', () => {
  let seen: readonly LogEntry[] = [];

  beforeAll(async () => {
    const { tenant, session } = bench();
    await drivePolicies(session.policies, tenant);
    await driveDirectory(session.directory);
    seen = tenant.log;
  });

  it('has a row for each request the adapter can make', () => {
    expect(seen.filter(({ status }) => status === 'hang' || Number(status) >= 300)).toEqual([]);
    expect(seen.filter((entry) => rowsFor(entry).length === 0)).toEqual([]);
  });

  it.each(REQUEST_ROWS)(
    'has a row %s because the tenant has seen such a request',
    (name, { purpose, method, path }) => {
      expect(seen.flatMap(rowsFor)).toContain(name);
      expect(page).toContain(`### ${purpose}\n\n\`${method} ${path}\`\n`);
    },
  );

  it('covers what whole runs ask: create, repair, restore, and a question', async () => {
    const made = await world();
    await made.push({ article: article() });
    await made.run();
    const { id } = made.live('CA001 - Require MFA for Azure management');
    made.tenant.admin.edit(String(id), (policy) => {
      policy.state = 'disabled';
    });
    await made.run();
    made.tenant.admin.remove(String(id));
    await made.wait(60_000);
    await made.run();
    await made.simulate({
      signInIdentity: { userId: BREAK_GLASS_USER },
      signInContext: { includeApplications: ['@azureManagement'] },
    });

    const { log } = made.tenant;
    expect(log.filter((entry) => rowsFor(entry).length === 0)).toEqual([]);
    expect(new Set(log.map(({ method }) => method))).toEqual(new Set(['GET', 'POST', 'PATCH']));
    expect(log.flatMap(rowsFor)).toEqual(
      expect.arrayContaining([
        'createPolicy',
        'updatePolicy',
        'restorePolicy',
        'lookAtMembers',
        'securityDefaults',
      ]),
    );
  });

  it('names every permission with the id of its app role', () => {
    for (const [permission, id] of Object.entries(APP_ROLES)) {
      expect(page).toContain(`| \`${permission}\` | \`${id}\` |`);
    }
    const inSets = Object.values(PERMISSION_SETS).flatMap(({ permissions }) => permissions);
    expect(inSets.toSorted()).toEqual(Object.keys(APP_ROLES).toSorted());
  });
});

describe('the permissions of a request', () => {
  const usedInRuns = [...PERMISSION_SETS.read.permissions, ...PERMISSION_SETS.health.permissions];

  it('are enough: with those of all rows every request is answered', async () => {
    const needed = [...new Set(REQUEST_ROWS.flatMap(([, { permissions }]) => permissions))];
    const { tenant, session } = bench(needed);

    await drivePolicies(session.policies, tenant);
    await driveDirectory(session.directory);

    expect(tenant.log.filter(({ status }) => status === 403)).toEqual([]);
  });

  it('let no set but the one for writing write', async () => {
    const { session } = bench([...usedInRuns, ...PERMISSION_SETS.licence.permissions]);

    await driveDirectory(session.directory);
    await session.policies.list();

    await expect(session.policies.create(article(), INTENT)).rejects.toMatchObject({ kind: 'denied' });
  });

  it('are what a refusal names', async () => {
    const { session } = bench([]);

    await expect(session.directory.licences()).rejects.toThrow('LicenseAssignment.Read.All');
    await expect(session.policies.list()).rejects.toThrow('Policy.Read.All');
  });
});
