import { describe, expect, it } from 'vitest';
import { checkBatch, checkKey, checkRow, entityBytes, LIMITS } from '../../src/lib/storage/limits.ts';
import type { Row, RowWrite } from '../../src/lib/storage/rows.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';
const row = (columns: Row['columns'], rowKey = 'r'): Row => ({ rowKey, columns });
const refusedAs = (action: () => unknown, message: RegExp) =>
  expect(action).toThrow(
    expect.objectContaining({ kind: 'rejected', message: expect.stringMatching(message) }),
  );

describe('the limits of the service, kept by us', () => {
  it.each(['a/b', 'a\\b', 'a#b', 'a?b', 'a\u0000', 'a\u001f', 'a\u007f', 'a\u0085', '\ud800'])(
    'refuse the key %j',
    (key) => {
      refusedAs(() => checkKey('desired', key), /table "desired": the key/);
    },
  );

  it('refuse a key that is too long, with its length', () => {
    expect(checkKey('desired', 'k'.repeat(512))).toHaveLength(512);
    refusedAs(() => checkKey('desired', 'k'.repeat(513)), /513 characters long; at most 512/);
  });

  it('refuse a property that is too long, by its name', () => {
    expect(checkRow('journal', TENANT, row({ text: 'x'.repeat(32_768) }))).toBeDefined();
    refusedAs(
      () => checkRow('journal', TENANT, row({ text: 'x'.repeat(32_769) })),
      /the row "r": property "text" has 32769 characters; at most 32768/,
    );
  });

  it('refuse text that has no UTF-8 form', () => {
    refusedAs(() => checkRow('control', TENANT, row({ by: 'x\ud800' })), /property "by" is not well-formed/);
  });

  it('refuse more than 252 properties', () => {
    const columns = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`p${index}`, 1]));

    expect(checkRow('runs', TENANT, row(columns(252)))).toBeDefined();
    refusedAs(() => checkRow('runs', TENANT, row(columns(253))), /253 properties; at most 252/);
  });

  it('count a row as the service does and refuse it before the service would', () => {
    // 4 + keys (36 + 1) * 2 + Timestamp 8 + 9 * 2 + 8 + property 8 + 1 * 2 + 4 + 3 * 2
    expect(entityBytes(TENANT, row({ a: 'xyz' }))).toBe(4 + 74 + 34 + 20);

    const large = Object.fromEntries(
      Array.from({ length: 17 }, (_, index) => [`p${index}`, 'x'.repeat(30_000)]),
    );
    refusedAs(() => checkRow('runs', TENANT, row(large)), /takes 102\d{4} bytes; at most 1000000/);
    expect(LIMITS.entityBytes).toBeLessThan(2 ** 20);
  });

  it('refuse a transaction of too many writes, or with too much in it', () => {
    const removals = (count: number): RowWrite[] =>
      Array.from({ length: count }, (_, index) => ({ kind: 'remove', rowKey: `r${index}` }));
    const large = (rowKey: string): RowWrite => {
      const columns = Object.fromEntries(
        Array.from({ length: 15 }, (_, index) => [`p${index}`, '\u0001'.repeat(30_000)]),
      );
      return { kind: 'insert', row: row(columns, rowKey) };
    };

    expect(checkBatch('runs', TENANT, removals(100))).toHaveLength(100);
    refusedAs(() => checkBatch('runs', TENANT, removals(101)), /101 writes; at most 100/);
    // What takes two bytes in a row may take six in the body of a transaction.
    expect(checkBatch('runs', TENANT, [large('a')])).toHaveLength(1);
    refusedAs(() => checkBatch('runs', TENANT, [large('a'), large('b')]), /over a, b takes 54\d{5} bytes/);
  });
});
