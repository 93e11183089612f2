import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Row, Rows } from '../../src/lib/storage/rows.ts';
import { places } from './bench.ts';

const row = (rowKey: string, text = rowKey): Row => ({ rowKey, columns: { text, count: 1, flag: true } });

describe.each(places)('rows $name', ({ start }) => {
  let place: Awaited<ReturnType<typeof start>>;
  let rows: Rows;
  const keys = async () => (await rows.range({ from: '!', to: '~' })).map(({ rowKey }) => rowKey);
  const text = async (rowKey: string) => (await rows.read(rowKey))?.columns.text;
  const etag = async (rowKey: string) => String((await rows.read(rowKey))?.etag);

  beforeAll(async () => {
    place = await start();
  });
  afterAll(() => place.stop());
  beforeEach(() => {
    rows = place.bench().raw('control');
  });

  it('come back with their columns, an etag and the time of writing', async () => {
    await rows.put(row('a'));

    const read = await rows.read('a');

    expect(read).toMatchObject({ rowKey: 'a', columns: { text: 'a', count: 1, flag: true } });
    expect(Object.keys(read?.columns ?? {}).toSorted()).toEqual(['count', 'flag', 'text']);
    expect(Math.abs(Number(read?.writtenAt) - Date.now())).toBeLessThan(60_000);
    expect(await rows.read('b')).toBeUndefined();
  });

  it('are inserted once', async () => {
    expect(await rows.insert(row('a', 'first'))).toBe('done');
    expect(await rows.insert(row('a', 'second'))).toBe('refused');

    expect(await text('a')).toBe('first');
  });

  it('are replaced whole, and only while they are as they were read', async () => {
    await rows.put(row('a', 'first'));
    const stale = await etag('a');
    const second: Row = { rowKey: 'a', columns: { text: 'second' } };

    expect(await rows.replace(second, stale)).toBe('done');
    expect(await rows.replace(row('a', 'third'), stale)).toBe('refused');

    expect((await rows.read('a'))?.columns).toEqual({ text: 'second' });
  });

  it('are not replaced when they are gone', async () => {
    await rows.put(row('a'));
    const stale = await etag('a');
    await rows.remove('a');
    await rows.remove('a');

    expect(await rows.replace(row('a'), stale)).toBe('refused');

    expect(await keys()).toEqual([]);
  });

  it('are written together or not at all', async () => {
    await rows.put(row('a', 'first'));
    await rows.put(row('gone'));
    const [fresh, stale] = [await etag('a'), 'W/"datetime\'2020-01-01T00%3A00%3A00.0000000Z\'"'];
    const insert = { kind: 'insert', row: row('b') } as const;
    const replace = (tag: string) => ({ kind: 'replace', row: row('a', 'second'), etag: tag }) as const;
    const remove = (rowKey: string) => ({ kind: 'remove', rowKey }) as const;

    expect(await rows.transact([insert, replace(stale)])).toBe('refused');
    expect(await rows.transact([insert, remove('never was')])).toBe('refused');
    expect([await keys(), await text('a')]).toEqual([['a', 'gone'], 'first']);

    expect(await rows.transact([insert, replace(fresh), remove('gone')])).toBe('done');
    expect([await keys(), await text('a')]).toEqual([['a', 'b'], 'second']);

    expect(await rows.transact([{ kind: 'insert', row: row('c') }, insert])).toBe('refused');
    expect(await rows.transact([])).toBe('done');
    expect(await keys()).toEqual(['a', 'b']);
  });

  it('are listed in the order of their keys, from here to there, with what was asked for', async () => {
    for (const key of ['b|2', 'a', 'b|1', 'B', 'b}', 'b|10'])
      await rows.put(row(key, key === 'b|1' ? "it's" : 'x'));

    const range = { from: 'b|', to: 'b}' };
    const found = await rows.range(range);
    const few = await rows.range({ ...range, columns: ['text'], rowsMax: 2 });
    const quoted = await rows.range({ from: '!', to: '~', equals: { column: 'text', value: "it's" } });

    expect(await keys()).toEqual(['B', 'a', 'b|1', 'b|10', 'b|2', 'b}']);
    expect(found.map(({ rowKey }) => rowKey)).toEqual(['b|1', 'b|10', 'b|2']);
    expect(few.map(({ rowKey, columns }) => [rowKey, columns])).toEqual([
      ['b|1', { text: "it's" }],
      ['b|10', { text: 'x' }],
    ]);
    expect(quoted.map(({ rowKey }) => rowKey)).toEqual(['b|1']);
  });

  it('are listed to the end when they fill more than one page', async () => {
    const writes = Array.from({ length: 1_100 }, (_, index) => row(`r${String(index).padStart(4, '0')}`));
    for (let from = 0; from < writes.length; from += 100) {
      await rows.transact(writes.slice(from, from + 100).map((each) => ({ kind: 'insert', row: each })));
    }

    expect(await keys()).toEqual(writes.map(({ rowKey }) => rowKey));
    expect(await rows.range({ from: '!', to: '~', rowsMax: 50, onePage: true })).toHaveLength(50);
  });
});
