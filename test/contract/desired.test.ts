import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DesiredPush, DesiredState } from '../../src/lib/ports.ts';
import { documentColumns } from '../../src/lib/storage/documents.ts';
import type { Cell } from '../../src/lib/storage/rows.ts';
import { versionHash } from '../../src/lib/storage/versionHash.ts';
import { type Bench, HOSTILE_TEXTS, places } from './bench.ts';

const KEY = 'require-mfa';

function push(changes: Partial<DesiredPush> = {}): DesiredPush {
  return {
    key: KEY,
    content: '{"displayName":"CA001"}',
    active: true,
    author: 'ann@example.org',
    message: 'first',
    pushedAt: '2026-11-24T08:24:13.123Z',
    baseHash: null,
    ...changes,
  };
}

async function pushVersions(desired: DesiredState, count: number): Promise<string> {
  let baseHash: string | null = null;
  for (let version = 1; version <= count; version++) {
    const [pushed] = await desired.push([push({ baseHash, content: `{"n":${version}}` })]);
    baseHash = pushed?.hash ?? null;
  }
  return String(baseHash);
}

describe.each(places)('the desired state $name', ({ start }) => {
  let place: Awaited<ReturnType<typeof start>>;
  let bench: Bench;
  const fresh = () => {
    bench = place.bench();
    return bench.open().desired;
  };

  beforeAll(async () => {
    place = await start();
  });
  afterAll(() => place.stop());

  it('gives back what was pushed, as the newest version of its key', async () => {
    const desired = fresh();

    const [first] = await desired.push([push()]);
    const [second] = await desired.push([
      push({ baseHash: first?.hash ?? null, content: '{"displayName":"CA002"}', active: false }),
    ]);

    expect(await desired.heads()).toEqual({ versions: [second], damaged: [] });
    expect(second).toMatchObject({ version: 2, previousHash: first?.hash, active: false });
    expect(await desired.history(KEY)).toEqual({ versions: [second, first], damaged: [] });
  });

  it('is empty for a tenant that nobody has pushed for', async () => {
    expect(await fresh().heads()).toEqual({ versions: [], damaged: [] });
  });

  it('keeps keys apart of which one begins like the other', async () => {
    const desired = fresh();
    await desired.push([push({ key: 'a' }), push({ key: 'a-b' }), push({ key: 'a0' })]);

    const { versions } = await desired.history('a');

    expect(versions.map(({ key }) => key)).toEqual(['a']);
  });

  it('pushes more keys than fit in one transaction', async () => {
    const desired = fresh();
    const keys = Array.from({ length: 120 }, (_, index) => `policy-${String(index).padStart(3, '0')}`);

    await desired.push(keys.map((key) => push({ key })));

    expect((await desired.heads()).versions.map(({ key }) => key)).toEqual(keys);
  });

  it.each(HOSTILE_TEXTS)('keeps %j in names, messages and contents as it is', async (text) => {
    const desired = fresh();

    const pushed = await desired.push([
      push({ content: JSON.stringify({ displayName: text }), author: text, message: text }),
      push({ key: 'raw', content: text }),
    ]);

    const { versions } = await desired.heads();
    expect(new Set(versions)).toEqual(new Set(pushed));
  });

  it('keeps a document that is larger than one property may be', async () => {
    const content = JSON.stringify({ ids: Array.from({ length: 6_000 }, (_, index) => `id-😀-${index}`) });
    expect(content.length).toBeGreaterThan(65_536);
    const desired = fresh();

    await desired.push([push({ content })]);

    expect((await desired.heads()).versions[0]?.content).toBe(content);
  });

  it('refuses a document that is larger than one row may be, and says how large', async () => {
    const refused = fresh().push([push({ content: 'x'.repeat(600_000) })]);

    await expect(refused).rejects.toMatchObject({ kind: 'rejected' });
    await expect(refused).rejects.toThrow(/require-mfa.*takes 12\d{5} bytes; at most 1000000/);
  });

  it('refuses a push whose base has moved', async () => {
    const desired = fresh();
    const [first] = await desired.push([push()]);
    await desired.push([push({ baseHash: first?.hash ?? null, message: 'second' })]);

    const late = desired.push([push({ baseHash: first?.hash ?? null, message: 'late' })]);

    await expect(late).rejects.toMatchObject({ kind: 'rejected' });
    await expect(late).rejects.toThrow('the base of require-mfa moved: somebody pushed version 2 since');
  });

  it('refuses a new key that is there already, and an old one that is not', async () => {
    const desired = fresh();
    await desired.push([push()]);

    await expect(desired.push([push()])).rejects.toMatchObject({ kind: 'rejected' });
    await expect(desired.push([push({ key: 'other', baseHash: 'f'.repeat(64) })])).rejects.toThrow(
      'the base of other moved: there is no version of it here',
    );
  });

  it('lets exactly one of two administrators win who push at once', async () => {
    const desired = fresh();
    const other = bench.open().desired;
    const [base] = await desired.push([push()]);
    const baseHash = base?.hash ?? null;

    const results = await Promise.allSettled([
      desired.push([push({ baseHash, author: 'ann' }), push({ key: 'anns' })]),
      other.push([push({ baseHash, author: 'bob' }), push({ key: 'bobs' })]),
    ]);

    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    const lost = results.find((result) => result.status === 'rejected');
    expect(lost?.reason).toMatchObject({ kind: 'rejected' });
    expect(lost?.reason.message).toContain('the base of require-mfa moved: somebody pushed version 2 since');
    // What lost left nothing behind: neither its other key nor half a version.
    const { versions, damaged } = await desired.heads();
    expect(damaged).toEqual([]);
    const won = versions.find(({ key }) => key === KEY)?.author === 'ann' ? 'anns' : 'bobs';
    expect(versions.map(({ key }) => key).toSorted()).toEqual([KEY, won].toSorted());
    expect((await desired.history(KEY)).versions).toHaveLength(2);
  });

  it('refuses what is no policy key, and a key given twice', async () => {
    const desired = fresh();

    for (const key of ['', 'A', 'a|b', 'ä', 'x'.repeat(65), "a'b"]) {
      await expect(desired.push([push({ key })])).rejects.toMatchObject({ kind: 'rejected' });
    }
    await expect(desired.push([push(), push()])).rejects.toThrow('given twice');
  });

  it('reads the heads in as many requests after 300 versions as after 1', async () => {
    fresh();
    await pushVersions(bench.open().desired, 1);
    const early = bench.open();
    await early.desired.heads();
    await pushMore(bench.open().desired, 299);
    const late = bench.open();

    const { versions } = await late.desired.heads();

    expect(versions[0]?.version).toBe(300);
    expect(late.requests()).toBe(early.requests());
  });

  const damages: readonly [string, Record<string, unknown>, RegExp][] = [
    ['cut off', { json0: '{"displayN' }, /10 characters and should have 23/],
    ['edited in place', { json0: '{"displayName":"CA666"}' }, /not the one its hash was made of/],
    ['short of a piece', { json0: undefined }, /0 pieces of text and should have 1/],
    ['with a piece too many', { json1: 'x' }, /2 pieces of text and should have 1/],
    ['with another author', { author: 'eve' }, /hash does not fit/],
    ['released by an editor', { active: false }, /hash does not fit/],
    ['given another number', { version: 9 }, /hash does not fit/],
    ['with a version that is no number', { version: 'two' }, /version is not a number/],
    ['with a fraction for a version', { version: 1.5 }, /version is not a number/],
    ['with text for a flag', { active: 'true' }, /active is not true or false/],
    ['without its message', { message: undefined }, /author, pushedAt and message/],
    ['without its hash', { hash: undefined }, /hash does not fit/],
    ['with another base', { previousHash: 'f'.repeat(64) }, /hash does not fit/],
    ['with a number for a base', { previousHash: 1 }, /previousHash is not text/],
    ['without its bookkeeping', { jsonChunks: undefined }, /jsonChunks, jsonLength and jsonSha256/],
  ];

  it.each(damages)('reports a head that was %s and still reads the others', async (_, changes, problem) => {
    const desired = fresh();
    await desired.push([push(), push({ key: 'sound' })]);
    await bench.edit('desired', `head|${KEY}`, changes);

    const { versions, damaged } = await desired.heads();

    expect(versions.map(({ key }) => key)).toEqual(['sound']);
    expect(damaged).toMatchObject([{ key: KEY, problem: expect.stringMatching(problem) }]);
    expect(damaged[0]?.problem).toContain('push the version you trust again');
  });

  it("reports another tenant's row and another key's row as damaged", async () => {
    const desired = fresh();
    await desired.push([push({ key: 'original' })]);
    const row = await bench.raw('desired').read('head|original');
    const foreign = place.bench();

    await bench.raw('desired').put({ rowKey: 'head|copy', columns: row?.columns as Record<string, string> });
    await foreign
      .raw('desired')
      .put({ rowKey: 'head|original', columns: row?.columns as Record<string, string> });

    expect((await desired.heads()).damaged.map(({ key }) => key)).toEqual(['copy']);
    expect((await foreign.open().desired.heads()).damaged.map(({ key }) => key)).toEqual(['original']);
  });

  it.each(['UPPER', 'a|b', '__proto__', 'a%2Fb', 'x'.repeat(65)])(
    'reports a sound version under a name that is no key, %j, and uses it for nothing',
    async (name) => {
      const desired = fresh();
      await desired.push([push()]);
      const columns = soundColumns(bench.tenant, name);
      await bench.raw('desired').put({ rowKey: `head|${name}`, columns });

      const { versions, damaged } = await desired.heads();

      expect(versions.map(({ key }) => key)).toEqual([KEY]);
      expect(damaged).toMatchObject([{ key: name, problem: expect.stringContaining('no policy key') }]);
    },
  );

  it('gives no number that was seen before, though every row of it is gone', async () => {
    const desired = fresh();

    const [again] = await desired.push([push({ above: 7 })]);

    expect(again).toMatchObject({ version: 8, previousHash: null });
  });

  it('mends a damaged head with the next push, made on the newest version that can be believed', async () => {
    const desired = fresh();
    const baseHash = await pushVersions(desired, 2);
    await bench.edit('desired', `head|${KEY}`, { json0: 'gone' });

    const [mended] = await desired.push([push({ baseHash, message: 'mend' })]);

    expect(await desired.heads()).toEqual({ versions: [mended], damaged: [] });
    expect(mended).toMatchObject({ version: 3, previousHash: baseHash });
  });

  it('mends a head that was removed', async () => {
    const desired = fresh();
    const baseHash = await pushVersions(desired, 2);
    await bench.raw('desired').remove(`head|${KEY}`);

    await expect(desired.push([push()])).rejects.toThrow(
      'the newest row of require-mfa is missing or cannot be believed; see `caretaker history require-mfa` and go back to a version you trust (`caretaker rollback`)',
    );
    const [mended] = await desired.push([push({ baseHash })]);

    expect(await desired.heads()).toEqual({ versions: [mended], damaged: [] });
  });

  it('names a version row that stands in the way of every push', async () => {
    const desired = fresh();
    const baseHash = await pushVersions(desired, 1);
    await bench.raw('desired').put({ rowKey: `version|${KEY}|0000000002`, columns: { planted: true } });

    const refused = desired.push([push({ baseHash })]);

    await expect(refused).rejects.toThrow(`"version|${KEY}|0000000002" is there already`);
  });

  it('shows gaps, edits and misplaced rows in the history', async () => {
    const desired = fresh();
    await pushVersions(desired, 5);
    const raw = bench.raw('desired');
    const third = await raw.read(`version|${KEY}|0000000003`);
    await raw.remove(`version|${KEY}|0000000002`);
    await raw.put({ rowKey: `version|${KEY}|0000000004`, columns: third?.columns as Record<string, string> });

    const { versions, damaged } = await desired.history(KEY);

    expect(versions.map(({ version }) => version)).toEqual([5, 3, 1]);
    expect(damaged.map(({ problem }) => problem)).toEqual([
      expect.stringContaining('0000000004" of table "desired": it holds version 3'),
      expect.stringContaining('version 2 is missing'),
      expect.stringContaining('version 4 is missing'),
    ]);
  });
});

/** The columns of a first version of this name, as somebody writes them who can compute hashes. */
function soundColumns(tenant: string, name: string): Readonly<Record<string, Cell>> {
  const { baseHash: _, ...said } = push({ key: name });
  const hash = versionHash(tenant, { ...said, version: 1, previousHash: null });
  const { author, pushedAt, message, active, content } = said;
  return { ...documentColumns(content), key: name, version: 1, hash, author, pushedAt, message, active };
}

async function pushMore(desired: DesiredState, count: number): Promise<void> {
  for (let more = 0; more < count; more++) {
    const { versions } = await desired.heads();
    await desired.push([push({ baseHash: versions[0]?.hash ?? null, message: `more ${more}` })]);
  }
}
