import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Fault } from '../../src/lib/fault.ts';
import { documentColumns, readDocument } from '../../src/lib/storage/documents.ts';
import type { Cell } from '../../src/lib/storage/rows.ts';

/** Texts up to a few pieces long, of plain letters and of characters that take two units. */
const texts = fc
  .tuple(
    fc.string({ unit: 'binary' }),
    fc.constantFrom('a', 'é', '😀', '"', '\\', 'a😀'),
    fc.nat({ max: 70_000 }),
  )
  .map(([start, filler, count]) => start + filler.repeat(count));

const pieces = (columns: Readonly<Record<string, Cell>>) =>
  Object.entries(columns).flatMap(([name, cell]) => (/^json\d/.test(name) ? [String(cell)] : []));

describe('documents', () => {
  it('come back as they were, in pieces that each fit and that split no character', () => {
    fc.assert(
      fc.property(texts, (text) => {
        const columns = documentColumns(text);

        expect(readDocument(columns)).toMatchObject({ kind: 'whole', text });
        expect(pieces(columns).every((piece) => piece.length <= 30_000 && piece.isWellFormed())).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('move a cut that would fall between the halves of a character', () => {
    const text = `${'x'.repeat(29_999)}😀${'y'.repeat(5)}`;

    expect(pieces(documentColumns(text)).map(({ length }) => length)).toEqual([29_999, 7]);
  });

  it.each(['\ud800', 'x\udc00y', `${'x'.repeat(40_000)}\ud83d`])('refuse half of a character', (text) => {
    expect(() => documentColumns(text)).toThrow(Fault);
  });

  it('show any change of any one column', () => {
    const cells = fc.oneof(
      fc.string(),
      fc.integer(),
      fc.boolean(),
      fc.constant(undefined),
      fc.constant(null),
    );
    fc.assert(
      fc.property(texts, fc.nat(), cells, (text, pick, cell) => {
        const columns = documentColumns(text);
        const names = [...Object.keys(columns), `json${columns.jsonChunks}`];
        const name = String(names[pick % names.length]);
        fc.pre(columns[name] !== cell);
        const changed: Record<string, unknown> = { ...columns, [name]: cell };
        if (cell === undefined) delete changed[name];

        expect(readDocument(changed).kind).toBe('damaged');
      }),
      { numRuns: 100 },
    );
  });

  it('show two pieces that changed places', () => {
    const columns = documentColumns('a'.repeat(30_000) + 'b'.repeat(30_000));

    const swapped = { ...columns, json0: columns.json1, json1: columns.json0 };

    expect(readDocument(swapped)).toMatchObject({
      kind: 'damaged',
      problem: expect.stringContaining('hash'),
    });
  });

  it('are read from any columns at all without a throw', () => {
    const cells = fc.oneof(
      fc.string(),
      fc.double(),
      fc.bigInt(),
      fc.boolean(),
      fc.constant(null),
      fc.object(),
    );
    const names = fc.constantFrom(
      'jsonChunks',
      'jsonLength',
      'jsonSha256',
      'json0',
      'json1',
      'json01',
      'json-1',
      '__proto__',
    );
    fc.assert(
      fc.property(fc.dictionary(fc.oneof(names, fc.string()), cells), (columns) => {
        expect(readDocument(columns).kind).toBe('damaged');
      }),
    );
  });
});
