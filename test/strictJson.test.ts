import fc from 'fast-check';
import { stripComments } from 'jsonc-parser';
import { describe, expect, it } from 'vitest';
import { decode, readJson } from '../src/lib/strictJson.ts';

/** What another parser could take for something else, or no parser should take at all: kind, place, text. */
const REFUSED: readonly (readonly [
  what: string,
  text: string,
  kind: string,
  line: number,
  column: number,
])[] = [
  ['nothing', '', 'notJson', 1, 1],
  ['nothing but a comment', '// later', 'notJson', 1, 9],
  ['a trailing comma in an object', '{\n  "a": 1,\n}', 'notJson', 3, 1],
  ['a trailing comma before a comment', '["a", /* b */ ]', 'notJson', 1, 15],
  ['a second document', '{} {}', 'notJson', 1, 4],
  ['single quotes', "{'a': 1}", 'notJson', 1, 2],
  ['a word split by a comment', '{"a": tr/**/ue}', 'notJson', 1, 7],
  ['a comment without an end', '{} /* and', 'notJson', 1, 4],
  ['a leading zero', '{"a": 01}', 'notJson', 1, 8],
  ['a name twice', '{"a": 1,\n "a": 2}', 'duplicateKey', 2, 2],
  ['a name twice, once by escape', '{"state": 1, "sta\\u0074e": 2}', 'duplicateKey', 1, 14],
  ['a name twice, once in capitals', '{"state": 1, "State": null}', 'duplicateKey', 1, 14],
  ['a name twice, deep down', '{"a": [{"b": {"c": 1, "c": 1}}]}', 'duplicateKey', 1, 23],
  ['__proto__', '{"__proto__": {"state": "enabled"}}', 'parsersDisagree', 1, 2],
  ['__proto__ by escape, empty', '{"a": {"\\u005f_proto__": null}}', 'parsersDisagree', 1, 8],
  ['a number beyond all', '{"a": 1e400}', 'parsersDisagree', 1, 7],
  ['a number beyond double precision', '{"a": 9007199254740993}', 'parsersDisagree', 1, 7],
  ['a fraction beyond double precision', '{"a": 0.10000000000000000001}', 'parsersDisagree', 1, 7],
  ['a whole number in disguise', '{"a": 4.0}', 'parsersDisagree', 1, 7],
  ['minus nothing', '{"a": -0}', 'parsersDisagree', 1, 7],
  ['half a surrogate pair by escape', '{"a": "\\ud83d"}', 'parsersDisagree', 1, 7],
  ['half a surrogate pair', '{"a": "\ud83d"}', 'parsersDisagree', 1, 8],
  ['NUL by escape', '{"a": "All\\u0000"}', 'parsersDisagree', 1, 7],
  ['NUL in a comment', '{} // a\0b', 'parsersDisagree', 1, 8],
  ['a byte order mark in the middle', '{"a": "x\uFEFFy"}', 'parsersDisagree', 1, 9],
  ['a line separator in a comment', '{"a": 1 // b\u2028, "c": 2\n}', 'parsersDisagree', 1, 13],
  ['a carriage return alone', '{"a": 1 // b\r, "c": 2\n}', 'parsersDisagree', 1, 13],
  ['text that turns round', '{"a": "x\u202Ey"}', 'parsersDisagree', 1, 9],
  ['33 levels', `${'['.repeat(33)}${']'.repeat(33)}`, 'wrongShape', 1, 33],
  [
    'deep nesting behind brackets in a text',
    `["${']'.repeat(9000)}", ${'['.repeat(9000)}`,
    'wrongShape',
    1,
    9037,
  ],
  ['a quarter of a million characters', `"${'x'.repeat(262_144)}"`, 'wrongShape', 1, 1],
];

describe('a text of the desired state', () => {
  it.each(REFUSED)(
    'is refused for %s, with the place and a way to mend it',
    (_, text, kind, line, column) => {
      const { problems } = readJson(text);

      expect(problems).toContainEqual(expect.objectContaining({ kind, line, column }));
      for (const { message, mend } of problems) expect([message, mend]).not.toContain('');
    },
  );

  it('may have comments, Windows line ends, emoji and brackets in texts', () => {
    const text = '{ // one\r\n "a": "🔐 [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", /* two */ "b": -1.5 }';

    expect(readJson(text)).toMatchObject({
      problems: [],
      document: { value: { a: `🔐 ${'['.repeat(40)}`, b: -1.5 } },
    });
  });

  it('gives all its problems at once, in the order of the text', () => {
    const { problems } = readJson('{"b": 1e400,\n "a": "\\u0000", "b": 2,\n "__proto__": 1}');

    expect(problems.map(({ kind, path }) => `${kind} ${path}`)).toEqual([
      'parsersDisagree b',
      'parsersDisagree a',
      'duplicateKey b',
      'parsersDisagree __proto__',
    ]);
  });

  it('is never admitted with another value than a plain parser gives it', () => {
    let admitted = 0;
    fc.assert(
      fc.property(anyText, (text) => {
        const { document, problems } = readJson(text);

        if (problems.length > 0) return;
        admitted += 1;
        const plain: unknown = JSON.parse(stripComments(text));
        expect(document?.value).toStrictEqual(plain);
        // Nothing is lost or made up on the way through another parser and back.
        expect(JSON.parse(JSON.stringify(plain))).toStrictEqual(plain);
        expect(lastWins(text)).toStrictEqual(firstWins(text));
      }),
      { numRuns: 3000 },
    );
    expect(admitted).toBeGreaterThan(300);
  });

  it('is read in bounded time, however it is made', () => {
    const pieces = [
      '{"a":',
      '[',
      ']',
      ',',
      '"',
      '\\u',
      '/*',
      '//',
      '\n',
      '1e9',
      '{"a":1,"a":2}',
      '@',
      '\ud83d',
      '"a"',
    ];
    for (const piece of pieces) {
      const text = piece.repeat(Math.floor(262_144 / piece.length));
      const started = performance.now();

      readJson(text);
      readJson(`[${text}]`.slice(0, 262_144));

      expect([piece, performance.now() - started < 5000]).toEqual([piece, true]);
    }
  });
});

/** Texts near JSON: fragments put together at random, and JSON with something struck in. */
const fragments = fc.constantFrom(
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"a"',
    '"A"',
    '"\\u0061"',
    '"__proto__"',
    '1',
    '1.0',
    '-0',
    '1e400',
    'true',
  ],
  ...[
    'null',
    '//x\n',
    '/*x*/',
    '\r',
    '\n',
    '\u2028',
    '\uFEFF',
    '\0',
    '"\\ud800"',
    '"\\u0000"',
    ' ',
    '/',
    'nul',
  ],
);
const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.array(fragments, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.json(),
  fc
    .tuple(fc.json(), fc.nat(), fragments)
    .map(
      ([text, at, part]) =>
        `${text.slice(0, at % (text.length + 1))}${part}${text.slice(at % (text.length + 1))}`,
    ),
  fc
    .array(fc.tuple(fragments, fragments), { maxLength: 4 })
    .map((pairs) => `{${pairs.map(([name, value]) => `${name}: ${value}`).join(', ')}}`),
);

/** Two parsers as there are many: of a name that comes twice, one keeps the last, the other the first. */
function lastWins(text: string): unknown {
  return withNames(text, (seen, name, value) => seen.set(name.toLowerCase(), value));
}

function firstWins(text: string): unknown {
  return withNames(text, (seen, name, value) => {
    if (!seen.has(name.toLowerCase())) seen.set(name.toLowerCase(), value);
  });
}

/** A parser of its own, small enough to be seen through; it takes the value of each object's names as it is told. */
function withNames(
  text: string,
  put: (seen: Map<string, unknown>, name: string, value: unknown) => void,
): unknown {
  const plain = stripComments(text);
  let at = 0;
  const space = (): void => {
    while (/\s/.test(plain[at] ?? '')) at += 1;
  };
  const scalar = (): unknown => {
    const [found] = /^("(\\.|[^"\\])*"|[^\s,:[\]{}]+)/.exec(plain.slice(at)) ?? [''];
    at += found.length;
    return JSON.parse(found);
  };
  const inside = (end: string, read: () => void): void => {
    at += 1;
    for (space(); plain[at] !== end; space()) {
      read();
      space();
      if (plain[at] === ',') at += 1;
    }
    at += 1;
  };
  const value = (): unknown => {
    space();
    if (plain[at] === '[') {
      const list: unknown[] = [];
      inside(']', () => list.push(value()));
      return list;
    }
    if (plain[at] !== '{') return scalar();
    const seen = new Map<string, unknown>();
    inside('}', () => {
      const name = String(scalar());
      space();
      at += 1;
      put(seen, name, value());
    });
    return [...seen].sort(([one], [other]) => (one < other ? -1 : 1));
  };
  return value();
}

const utf8 = fc
  .string({ unit: 'grapheme', maxLength: 9 })
  .map((text) => new TextEncoder().encode(`\uFEFF${text}`));

describe('the bytes of a file', () => {
  const bytes = (text: string, encoding: BufferEncoding = 'utf8'): Uint8Array => Buffer.from(text, encoding);

  it('are UTF-8, with a byte order mark or without', () => {
    expect(decode(bytes('{"a": "ü🔐"}'))).toEqual({ text: '{"a": "ü🔐"}' });
    expect(decode(bytes('\uFEFF{}'))).toEqual({ text: '{}' });
    expect(decode(bytes(''))).toEqual({ text: '' });
  });

  it.each([
    ['UTF-16LE with a mark', bytes('\uFEFF{"a": 1}', 'utf16le')],
    ['UTF-16LE without', bytes('{"a": 1}', 'utf16le')],
    ['UTF-16BE with a mark', Buffer.from(bytes('\uFEFF{}', 'utf16le')).swap16()],
    ['UTF-16BE without', Buffer.from(bytes('{}', 'utf16le')).swap16()],
  ])('are refused in %s, and told from what is merely broken', (_, found) => {
    expect(decode(found)).toMatchObject({
      problem: {
        kind: 'encoding',
        message: expect.stringContaining('UTF-16'),
        mend: expect.stringContaining('UTF-8'),
      },
    });
  });

  it('are refused with the place of the first one that is no UTF-8', () => {
    const broken = Buffer.concat([bytes('{\n "name": "ü'), Buffer.from([0xfc]), bytes('"}')]);

    expect(decode(broken)).toMatchObject({ problem: { kind: 'encoding', line: 2, column: 12 } });
  });

  it('are text only where the text has the same bytes', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 6 }), utf8), (found) => {
        const decoded = decode(found);

        if ('problem' in decoded) return;
        const mark = found[0] === 0xef && found[1] === 0xbb && found[2] === 0xbf ? '\uFEFF' : '';
        expect(bytes(mark + decoded.text)).toEqual(Buffer.from(found));
      }),
      { numRuns: 2000 },
    );
  });
});
