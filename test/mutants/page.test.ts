import { describe, expect, it } from 'vitest';
import type { Survivor } from './judge.ts';
import { page } from './page.ts';

function survivor(row: number, line: string, change: readonly [string, string], isKnown = true): Survivor {
  const [original, replacement] = change;
  const file = 'src/lib/plan.ts';
  return {
    tried: { file, row, mutator: 'StringLiteral', line, original, replacement, fate: 'survived' },
    reason: isKnown ? { file, kind: 'equivalent', reason: 'it is a name', mutants: [] } : undefined,
  };
}

describe('the page of mutants', () => {
  it('says how many of each part were killed, and of all together', () => {
    const scores = [
      { part: 'src/lib/plan.ts', killed: 9, survived: 1 },
      { part: 'src/lib/guard.ts', killed: 10, survived: 0 },
    ];

    const rows = page(scores, []).match(/^\|.*/gm);

    expect(rows?.slice(2)).toEqual([
      '| src/lib/plan.ts | 10 | 9 | 1 | 90.0 % |',
      '| src/lib/guard.ts | 10 | 10 | 0 | 100.0 % |',
      '| together | 20 | 19 | 1 | 95.0 % |',
    ]);
  });

  it('lists survivors from the top of their file to its end under their reasons, with the line each stands in', () => {
    const text = page(
      [],
      [
        survivor(9, "const b = 'b';", ["'b'", '""']),
        survivor(7, 'const a = `a`;', ['`a`', '``']),
        survivor(8, "const c = 'c';", ["'c'", '""'], false),
      ],
    );

    expect(text.split('### ')[1]?.trimEnd().split('\n')).toEqual([
      'src/lib/plan.ts',
      '',
      '- *equivalent*: it is a name',
      '  - ``` `a` → `` ``` in `` const a = `a`; ``',
      "  - `'b' → \"\"` in `const b = 'b';`",
      '- no reason yet',
      "  - `'c' → \"\"` in `const c = 'c';`",
    ]);
  });
});
