import { describe, expect, it } from 'vitest';
import type { Binding } from '../../src/lib/journal.ts';
import { readDocument } from '../../src/lib/storage/documents.ts';
import type { Cell, Rows, TableName } from '../../src/lib/storage/rows.ts';
import { newSigner } from '../support/signers.ts';
import { article, BREAK_GLASS_USER, type World, world } from '../support/world.ts';

/** What `docs/security.md` says of whoever can write to a table; each sentence there names a test here. */

const KEY = 'require-mfa';
const NAME = 'CA001 - Require MFA for Azure management';
const STRANGER = 'e0000000-0000-4000-8000-000000000001';
const ours = newSigner('ed25519');

const loosened = article({
  conditions: {
    users: { includeUsers: ['All'], excludeUsers: ['@breakGlassUsers', STRANGER] },
    applications: { includeApplications: ['@azureManagement'] },
    clientAppTypes: ['all'],
  },
});

/** One signed policy, carried out, in a tenant as desired. */
async function settledWorld(): Promise<World> {
  const made = await world({ signers: [ours.public], signer: ours });
  await made.push({ [KEY]: article() });
  expect((await made.run()).status).toBe('remediated');
  expect((await made.run()).status).toBe('inSync');
  return made;
}

const rowsOf = ({ storage, tenant }: World, table: TableName): Rows => storage.rowsOf(tenant.tenantId)(table);

async function bindingOf(made: World): Promise<Binding> {
  const { bindings } = await made.ports().bindings.all();
  const binding = bindings.find(({ key }) => key === KEY);
  if (binding === undefined) throw new Error('it is not bound');
  return binding;
}

/** Writes a binding as somebody without the app would. */
async function forgeBinding(made: World, change: Partial<Binding>): Promise<void> {
  await made.ports().bindings.put({ ...(await bindingOf(made)), ...change });
}

async function emptied(rows: Rows): Promise<void> {
  for (const { rowKey } of await rows.range({ from: '!', to: '~' })) await rows.remove(rowKey);
}

async function journalOf(made: World): Promise<readonly Record<string, unknown>[]> {
  const rows = await rowsOf(made, 'journal').range({ from: '!', to: '~' });
  return rows.map(({ columns }) => {
    const document = readDocument(columns);
    if (document.kind !== 'whole') throw new Error(document.problem);
    return JSON.parse(document.text) as Record<string, unknown>;
  });
}

function excluded(made: World): readonly string[] {
  return (made.live(NAME).conditions as { users: { excludeUsers: string[] } }).users.excludeUsers;
}

describe('whoever can write to the table bindings', () => {
  it('can let a signed version past the holds for new ones, by calling it proven', async () => {
    const made = await settledWorld();
    await made.push({ [KEY]: loosened });
    expect((await made.run()).status).toBe('held');
    const { highestVersion: version, highestHash: hash = '' } = await bindingOf(made);

    await forgeBinding(made, { proven: { version, hash, at: 0 } });
    await made.run();

    expect(excluded(made)).toContain(STRANGER);
    // Emergency accounts are merged in whatever the tables say.
    expect(excluded(made)).toContain(BREAK_GLASS_USER);
  });

  it('cannot make the app use a version that nobody signed, proven or not', async () => {
    const made = await settledWorld();
    const forger = made.storage.open(made.tenant.tenantId, Number.POSITIVE_INFINITY).desired;
    const [head] = (await forger.heads()).versions;
    const item = { key: KEY, active: true, author: 'eve', message: '', pushedAt: '2026-01-05T08:00:00.000Z' };
    const content = JSON.stringify(loosened);
    const [forged] = await forger.push([{ ...item, content, baseHash: head?.hash ?? null }]);
    const { version = 0, hash = '' } = forged ?? {};

    await forgeBinding(made, {
      proven: { version, hash, at: 0 },
      highestVersion: version,
      highestHash: hash,
    });
    const report = await made.run();

    expect(report.status).toBe('incomplete');
    expect(excluded(made)).not.toContain(STRANGER);
  });

  it('can have a policy of somebody else overwritten with a signed one; the journal keeps what it was', async () => {
    const made = await settledWorld();
    const victim = made.tenant.admin.create({ displayName: 'somebody else’s', ...blocking() });

    await forgeBinding(made, { id: victim });
    await made.run();

    const intents = await journalOf(made);
    expect(intents).toContainEqual(
      expect.objectContaining({ preImage: expect.objectContaining({ displayName: 'somebody else’s' }) }),
    );
    expect(made.tenant.truth().filter(({ displayName }) => displayName === NAME)).toHaveLength(2);
  });

  it('can, with the table desired, go back to any version that was ever signed', async () => {
    const made = await settledWorld();
    await made.push({ [KEY]: article({ grantControls: { operator: 'OR', builtInControls: ['block'] } }) });
    await made.run();
    const rows = rowsOf(made, 'desired');
    const old = await rows.read(`version|${KEY}|0000000001`);

    await rows.put({ rowKey: `head|${KEY}`, columns: old?.columns as Record<string, Cell> });
    const hash = String(old?.columns.hash);
    await forgeBinding(made, { highestVersion: 1, highestHash: hash, proven: { version: 1, hash, at: 0 } });
    await made.run();

    expect(made.live(NAME).grantControls).toMatchObject({ builtInControls: ['mfa'] });
  });

  it('who removes a row, has the policy adopted again by its name, and no twin made', async () => {
    const made = await settledWorld();
    const { id } = await bindingOf(made);
    await emptied(rowsOf(made, 'bindings'));

    await made.run();

    expect((await bindingOf(made)).id).toBe(id);
    expect(made.tenant.truth()).toHaveLength(1);
  });

  it('who claims that a later version was seen, stops new ones, uses no number up, and is heard of', async () => {
    const made = await settledWorld();
    await forgeBinding(made, { highestVersion: 9_999_999_000 });
    made.events.length = 0;

    const report = await made.run();
    const { desired } = made.ports();
    const [head] = (await desired.heads()).versions;
    const item = { key: KEY, content: JSON.stringify(loosened), active: true, author: 'ann', message: '' };
    const pushed = desired.push(
      [{ ...item, pushedAt: '2026-01-05T08:00:00.000Z', baseHash: head?.hash ?? null, above: 9_999_999_000 }],
      ours,
    );

    expect(report).toMatchObject({ status: 'incomplete', policies: [{ drift: 'none', version: 1 }] });
    expect(made.events.some(({ event }) => event === 'DesiredStateTampered')).toBe(true);
    await expect(pushed).rejects.toThrow('look at the row of require-mfa in table "bindings"');
  });

  it.each([1.5, -1, 2 ** 60])(
    'who writes a number that is none, %j, damages the row',
    async (highestVersion) => {
      const made = await settledWorld();

      await forgeBinding(made, { highestVersion });

      expect((await made.ports().bindings.all()).damaged.map(({ key }) => key)).toEqual([KEY]);
    },
  );

  it('who damages a row, has its policy left alone, and is heard of', async () => {
    const made = await settledWorld();
    await rowsOf(made, 'bindings').put({ rowKey: KEY, columns: { json0: 'x' } });
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    const report = await made.run();

    expect(report.status).toBe('incomplete');
    expect(made.events.some(({ event }) => event === 'DesiredStateTampered')).toBe(true);
    expect(made.live(NAME).state).toBe('disabled');
  });
});

function blocking(): Record<string, unknown> {
  return {
    state: 'enabled',
    conditions: { users: { includeUsers: [STRANGER] }, applications: { includeApplications: ['All'] } },
    grantControls: { operator: 'OR', builtInControls: ['block'] },
  };
}

describe('whoever can write to the table control', () => {
  it('can consent to a held change in anybody’s name, to a signed one alone', async () => {
    const made = await settledWorld();
    await made.push({ [KEY]: loosened });
    await made.run();
    const { approvals } = made.ports();
    const [waiting] = (await approvals.read()).waiting;
    if (waiting === undefined) throw new Error('nothing waits');
    const { digest, rules } = waiting;

    const by = { id: 'grace', name: 'Grace' };
    await approvals.give({ digest, key: KEY, rules, by, reason: '', at: 0, usedBy: null }, null);
    await made.run();

    expect(excluded(made)).toContain(STRANGER);
    // An approval that nobody gave is in no journal.
    expect((await journalOf(made)).filter(({ kind }) => kind === 'approval')).toEqual([]);
  });

  it('can stop all writing, and every run says that it is frozen', async () => {
    const made = await settledWorld();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    await made.ports().control.freeze({ reason: 'x', by: 'eve', since: '2026-01-05T08:00:00Z', until: null });

    const report = await made.run();

    expect(report.status).toBe('held');
    expect(JSON.stringify(report.policies[0]?.findings)).toContain('frozen');
    expect(made.live(NAME).state).toBe('disabled');
  });

  it('keeps runs out with a lease for minutes, not for ever', async () => {
    const made = await settledWorld();
    const columns = { owner: 'eve', fence: '99', until: '2099-01-01T00:00:00.000Z' };
    await rowsOf(made, 'control').put({ rowKey: 'lease', columns });

    expect((await made.result()).kind).toBe('busy');
    await made.wait(5 * 60_000);

    expect((await made.result()).kind).toBe('done');
  });

  it('cannot make a run that writes believe what it says of the emergency accounts', async () => {
    const made = await settledWorld();
    const { surroundings } = made.ports();
    const kept = await surroundings.get();
    if (kept === undefined) throw new Error('nothing was kept');
    await surroundings.put({
      ...kept,
      readAt: made.clock.now(),
      protected: { identities: [], people: [], unread: [] },
    });
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    const report = await made.run();

    expect(report.status).toBe('remediated');
    expect(report.protected.map(({ id }) => id)).toContain(BREAK_GLASS_USER);
  });
});

describe.each(['journal', 'runs'] as const)('whoever can write to the table %s', (table) => {
  it('can take away what was written down, and changes nothing of what is done', async () => {
    const made = await settledWorld();
    await emptied(rowsOf(made, table));

    const quiet = await made.run();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });
    const repaired = await made.run();

    expect([quiet.status, repaired.status]).toEqual(['inSync', 'remediated']);
    expect(made.live(NAME).state).toBe('enabled');
  });
});
