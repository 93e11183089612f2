import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawPolicy } from '../../src/lib/policy/model.ts';
import type { Cell, Rows } from '../../src/lib/storage/rows.ts';
import { newSigner } from '../support/signers.ts';
import { article, type World, world } from '../support/world.ts';

const KEY = 'require-mfa';
const NAME = 'CA001 - Require MFA for Azure management';
const OTHER = 'another';
const ours = newSigner('ed25519');
const retired = newSigner('es256');

/** Two policies, the first in three signed versions, all carried out; both of them in the tenant as desired. */
async function signedWorld(): Promise<{ made: World; rows: Rows }> {
  const made = await world({ signers: [ours.public], signer: ours });
  await made.push({ [KEY]: article(), [OTHER]: article({ displayName: 'CA002' }) });
  await made.run();
  for (const state of ['enabledForReportingButNotEnforced', 'enabled']) {
    await made.push({ [KEY]: article({ state }) });
    await made.approve('allHeld').catch(() => []);
    await made.run();
    await made.approve('allHeld');
    await made.run();
  }
  const last = await made.run();
  expect(last.status).toBe('inSync');
  expect(last.policies.find(({ key }) => key === KEY)).toMatchObject({ version: 3, proven: true });
  return { made, rows: made.storage.rowsOf(made.tenant.tenantId)('desired') };
}

const rowOf = (version: number): string => `version|${KEY}|${String(version).padStart(10, '0')}`;
const HEAD = `head|${KEY}`;

async function edit(rows: Rows, rowKey: string, changes: Readonly<Record<string, unknown>>): Promise<void> {
  const columns = (await rows.read(rowKey))?.columns ?? {};
  const cells = Object.entries({ ...columns, ...changes }).filter(([, value]) => value !== undefined);
  await rows.put({ rowKey, columns: Object.fromEntries(cells) as Record<string, Cell> });
}

/** A version as somebody without a key would write it: everything fits, but nobody has signed it. */
async function forge(made: World, key: string, policy: RawPolicy, active = true): Promise<void> {
  const store = made.storage.open(made.tenant.tenantId, Number.POSITIVE_INFINITY).desired;
  const head = (await store.heads()).versions.find((version) => version.key === key);
  const item = { author: 'eve', message: '', pushedAt: '2026-01-05T08:00:00.000Z', active };
  const content = JSON.stringify(policy);
  await store.push([{ ...item, key, content, baseHash: head?.hash ?? null }]);
}

function tampered({ events }: World): readonly string[] {
  return events
    .filter(({ event, severity }) => event === 'DesiredStateTampered' && severity === 'error')
    .map(({ facts }) => String(facts.detail));
}

/** What must hold after a row of the first policy was damaged while its last version is still there to be read. */
async function expectUnmoved(made: World, problem: RegExp): Promise<void> {
  const before = structuredClone(made.tenant.truth());
  made.events.length = 0;

  const quiet = await made.run();

  expect(made.tenant.truth()).toEqual(before);
  expect(quiet.status).toBe('incomplete');
  expect(tampered(made).join('\n')).toMatch(problem);

  // The rest goes on, and so does the repair of the damaged one, to the last verified version.
  for (const name of [NAME, 'CA002'])
    made.tenant.admin.edit(String(made.live(name).id), (policy) => {
      policy.state = 'disabled';
    });
  await made.run();
  expect([NAME, 'CA002'].map((name) => made.live(name).state)).toEqual(['enabled', 'enabled']);
}

describe('whoever can write to the table desired, without a key', () => {
  const evil = article({ state: 'disabled' });
  const attacks: readonly [string, (made: World, rows: Rows) => Promise<void>, problem: RegExp][] = [
    [
      'edits a row',
      (_, rows) => edit(rows, HEAD, { json0: JSON.stringify(evil) }),
      /its text has .* and should have/,
    ],
    ['forges a version', (made) => forge(made, KEY, evil), /it is not signed/],
    ['forges a release', (made) => forge(made, KEY, article(), false), /it is not signed/],
    [
      'names a signer for a forgery',
      async (made, rows) => {
        await forge(made, KEY, evil);
        const genuine = await rows.read(rowOf(3));
        await edit(rows, HEAD, { signer: ours.public.id, signature: genuine?.columns.signature });
      },
      /its signature does not fit/,
    ],
    [
      'signs with a key of their own',
      async (made, rows) => {
        await forge(made, KEY, evil);
        await edit(rows, HEAD, { signer: retired.public.id, signature: 'A'.repeat(86) });
      },
      /not in DESIRED_STATE_SIGNERS/,
    ],
    [
      'puts an old version back',
      async (_, rows) => {
        await edit(rows, HEAD, (await rows.read(rowOf(2)))?.columns ?? {});
      },
      /version 3 was seen before/,
    ],
    [
      'puts the oldest one back, which names no base',
      async (_, rows) => {
        const { columns = {} } = (await rows.read(rowOf(1))) ?? {};
        await rows.put({ rowKey: HEAD, columns: columns as Record<string, Cell> });
      },
      /version 3 was seen before/,
    ],
    [
      'puts another policy in its place',
      async (_, rows) => edit(rows, HEAD, (await rows.read(`head|${OTHER}`))?.columns ?? {}),
      /its hash does not fit/,
    ],
    ['removes the newest row', (_, rows) => rows.remove(HEAD), /its desired row has vanished/],
  ];

  it.each(attacks)('and %s, changes nothing in the tenant, and is heard of', async (_, attack, problem) => {
    const { made, rows } = await signedWorld();

    await attack(made, rows);

    await expectUnmoved(made, problem);
  });

  it('and removes a link between what was seen and what is new, keeps the new version from being used', async () => {
    const { made, rows } = await signedWorld();
    await made.push({ [KEY]: article({ state: 'disabled' }) });
    await made.push({ [KEY]: article({ grantControls: { operator: 'OR', builtInControls: ['block'] } }) });
    await rows.remove(rowOf(4));

    await expectUnmoved(made, /the version that version 5 was made on is missing/);
  });

  it('and shows the genuine version of another tenant, is not believed', async () => {
    const { made, rows } = await signedWorld();
    const elsewhere = made.storage.open('another tenant', Number.POSITIVE_INFINITY).desired;
    const item = { author: 'ann', message: '', pushedAt: '2026-01-05T08:00:00.000Z', active: true };
    await elsewhere.push([{ ...item, key: KEY, content: JSON.stringify(evil), baseHash: null }], ours);
    const foreign = await made.storage.rowsOf('another tenant')('desired').read(HEAD);

    await rows.put({ rowKey: HEAD, columns: foreign?.columns as Record<string, Cell> });

    await expectUnmoved(made, /its hash does not fit/);
  });

  it('cannot take the release of a policy back with an old row', async () => {
    const { made, rows } = await signedWorld();
    await made.forget(KEY);
    await made.run();
    made.tenant.admin.edit(String(made.live(NAME).id), (policy) => {
      policy.state = 'disabled';
    });

    await edit(rows, HEAD, (await rows.read(rowOf(3)))?.columns ?? {});
    const report = await made.run();

    expect(report.status).toBe('incomplete');
    expect(tampered(made).join()).toContain('version 4 was seen before');
    expect(made.live(NAME).state).toBe('disabled');
  });

  it('stops the next push with a row in its place, which no run reads, and the push says so', async () => {
    const { made, rows } = await signedWorld();
    await rows.put({ rowKey: rowOf(4), columns: { planted: true } });
    made.events.length = 0;

    const report = await made.run();
    const pushed = made.push({ [KEY]: article({ displayName: 'CA009' }) });

    expect(report.status).toBe('inSync');
    expect(tampered(made)).toEqual([]);
    await expect(pushed).rejects.toThrow(`"${rowOf(4)}" is there already`);
  });

  it('cannot make a policy that was never carried out disappear without a word', async () => {
    const { made, rows } = await signedWorld();
    const conditions = {
      users: { includeUsers: ['All'], excludeGroups: ['e0000000-0000-4000-8000-000000000001'] },
      applications: { includeApplications: ['All'] },
    };
    await made.push({ waiting: article({ displayName: 'CA003', conditions }) });
    expect((await made.run()).status).toBe('held');
    await rows.remove('head|waiting');
    made.events.length = 0;

    expect((await made.run()).status).toBe('incomplete');
    expect(tampered(made).join()).toContain('its desired row has vanished');
  });

  it('plants rows by the hundred, each heard of, and keeps nothing from being repaired', async () => {
    const { made, rows } = await signedWorld();
    for (let row = 0; row < 300; row++) await rows.put({ rowKey: `head|planted-${row}`, columns: { row } });

    await expectUnmoved(made, /the row "head\|planted-299"/);
  });

  it('who removes everything keeps drift from being repaired, changes nothing, and is heard of', async () => {
    const { made, rows } = await signedWorld();
    const before = structuredClone(made.tenant.truth());
    for (const { rowKey } of await rows.range({ from: '!', to: '~' })) await rows.remove(rowKey);

    const report = await made.run();

    expect(report.status).toBe('failed');
    expect(tampered(made)).toHaveLength(2);
    expect(made.tenant.truth()).toEqual(before);
  });

  it('never changes the tenant, whatever is done to any column of any row', async () => {
    const { made, rows } = await signedWorld();
    const all = await rows.range({ from: '!', to: '~' });
    const before = structuredClone(made.tenant.truth());
    const columns = [...new Set(all.flatMap((row) => Object.keys(row.columns)))];
    const restore = async (): Promise<void> => {
      for (const { rowKey } of await rows.range({ from: '!', to: '~' })) await rows.remove(rowKey);
      for (const row of all)
        await rows.put({ rowKey: row.rowKey, columns: row.columns as Record<string, Cell> });
    };
    const deed = fc.oneof(
      {
        weight: 6,
        arbitrary: fc.record({
          kind: fc.constant('bit' as const),
          row: fc.nat(),
          column: fc.constantFrom(...columns),
          bit: fc.nat(),
        }),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          kind: fc.constant('set' as const),
          row: fc.nat(),
          column: fc.constantFrom(...columns),
          value: fc.oneof(fc.string({ unit: 'binary' }), fc.integer(), fc.boolean(), fc.constant(undefined)),
        }),
      },
      {
        weight: 3,
        arbitrary: fc.record({ kind: fc.constant('swap' as const), row: fc.nat(), other: fc.nat() }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('remove' as const), row: fc.nat() }) },
    );
    const at = (index: number) => all[index % all.length] as (typeof all)[number];

    await fc.assert(
      fc
        .asyncProperty(fc.array(deed, { minLength: 1, maxLength: 4 }), async (deeds) => {
          for (const one of deeds) {
            const { rowKey, columns: cells } = at(one.row);
            switch (one.kind) {
              case 'bit':
                await edit(rows, rowKey, { [one.column]: turned(cells[one.column], one.bit) });
                break;
              case 'set':
                await edit(rows, rowKey, { [one.column]: one.value });
                break;
              case 'swap':
                await rows.put({ rowKey, columns: at(one.other).columns as Record<string, Cell> });
                break;
              case 'remove':
                await rows.remove(rowKey);
            }
          }

          const report = await made.run();

          expect(report.error?.message ?? '').not.toContain('a bug');
          expect(made.tenant.truth()).toEqual(before);
        })
        .afterEach(restore),
      { numRuns: 150 },
    );
  });

  it('is always heard of after one bit of a newest row was turned', async () => {
    const { made, rows } = await signedWorld();
    const head = await rows.read(HEAD);
    const columns = Object.keys(head?.columns ?? {});
    // What only names the row for people, and is read from the row's own key.
    const read = columns.filter((column) => column !== 'key');

    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...read), fc.nat(), async (column, bit) => {
        await edit(rows, HEAD, { [column]: turned(head?.columns[column], bit) });
        made.events.length = 0;

        await made.run();

        expect(tampered(made)).toHaveLength(1);
        await rows.put({ rowKey: HEAD, columns: head?.columns as Record<string, Cell> });
      }),
      { numRuns: 60 },
    );
  });
});

/** The same value with one bit turned. */
function turned(value: unknown, bit: number): unknown {
  if (typeof value === 'boolean') return !value;
  if (typeof value === 'number') return value ^ (1 << (bit % 31));
  if (typeof value !== 'string' || value === '') return 'x';
  const at = (bit >> 3) % value.length;
  return (
    value.slice(0, at) +
    String.fromCharCode(value.charCodeAt(at) ^ (1 << ((bit & 7) % 7))) +
    value.slice(at + 1)
  );
}

describe('without signers', () => {
  it('a newest version that was replaced by another of its number is not used, though its hash fits', async () => {
    const made = await world();
    await made.push({ [KEY]: article() });
    await made.run();
    const twin = await world();
    await twin.push({ [KEY]: article({ state: 'disabled' }) });
    const [theirs, ours] = [twin, made].map(({ storage, tenant }) =>
      storage.rowsOf(tenant.tenantId)('desired'),
    );

    for (const rowKey of [HEAD, rowOf(1)]) {
      const row = await theirs?.read(rowKey);
      await ours?.put({ rowKey, columns: row?.columns as Record<string, Cell> });
    }
    const report = await made.run();

    expect(report.status).toBe('incomplete');
    expect(tampered(made).join()).toContain('it is not the version 1 that was seen before');
    expect(made.live(NAME).state).toBe('enabled');
  });

  it('a new version is used, signed or not', async () => {
    const made = await world({ signer: retired });
    await made.push({ [KEY]: article() });
    await made.run();
    await forge(made, KEY, article({ displayName: 'CA009' }));

    expect((await made.run()).status).toBe('remediated');
  });
});

describe('a change of signers', () => {
  it('stops no policy while both are known, nor after all were signed anew', async () => {
    const signers = [retired.public, ours.public];
    const made = await world({ signers, signer: retired });
    await made.push({ [KEY]: article() });
    await made.run();
    const store = made.ports().desired;
    const [head] = (await store.heads()).versions;
    if (head === undefined) throw new Error('no head');
    await store.push([{ ...head, baseHash: head.hash, message: 'anew' }], ours);

    const both = await made.run();
    signers.shift();
    const alone = await made.run();

    expect([both.status, alone.status]).toEqual(['inSync', 'inSync']);
    expect(alone.policies[0]).toMatchObject({ version: 2, proven: true });
    expect(made.tenant.writes).toHaveLength(1);
  });

  it('to one who signed nothing leaves every policy as it is, and says so', async () => {
    const signers = [retired.public];
    const made = await world({ signers, signer: retired });
    await made.push({ [KEY]: article() });
    await made.run();
    const before = structuredClone(made.tenant.truth());
    signers.splice(0, 1, ours.public);

    const report = await made.run();

    expect(report.status).toBe('incomplete');
    expect(tampered(made).join()).toMatch(/not in DESIRED_STATE_SIGNERS.*nothing is written for it/);
    expect(made.tenant.truth()).toEqual(before);
  });
});
