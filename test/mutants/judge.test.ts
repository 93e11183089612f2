import { describe, expect, it } from 'vitest';
import { judge, type Reason, type Tried } from './judge.ts';

const MUTANT: Tried = {
  file: 'src/lib/guard.ts',
  row: 7,
  mutator: 'ConditionalExpression',
  line: 'if (rest > 0) return rest;',
  original: 'rest > 0',
  replacement: 'true',
  fate: 'killed',
};
const SURVIVOR: Tried = { ...MUTANT, row: 9, replacement: 'false', fate: 'survived' };
const { file, row: _, fate: __, ...change } = SURVIVOR;
const REASON: Reason = { file, kind: 'equivalent', reason: 'rest is never negative', mutants: [change] };

function times(count: number, tried: Tried): Tried[] {
  return Array.from({ length: count }, () => tried);
}

describe('judging mutants', () => {
  it('is content where enough fell and every survivor has its reason, wherever its line has moved', () => {
    const { scores, problems } = judge([...times(9, MUTANT), { ...SURVIVOR, row: 90 }], [REASON]);

    expect(scores).toEqual([{ part: 'src/lib/guard.ts', killed: 9, survived: 1 }]);
    expect(problems).toEqual([]);
  });

  it('complains of a part in which too many survive, whatever the reasons', () => {
    const { problems } = judge([...times(5, MUTANT), SURVIVOR], [REASON]);

    expect(problems).toEqual(['src/lib/guard.ts: 83.3 % killed, less than 85 %']);
  });

  it('complains of a survivor without a reason, and of one whose reason says nothing', () => {
    const tried = [...times(9, MUTANT), SURVIVOR];
    const complaint = 'src/lib/guard.ts:9 survived, and nobody says why: rest > 0 → false';

    expect(judge(tried, []).problems).toEqual([complaint]);
    expect(judge(tried, [{ ...REASON, reason: '' }]).problems).toEqual([complaint]);
    const elsewhere = { ...change, line: 'if (rest > 0) return 1;' };
    expect(judge(tried, [{ ...REASON, mutants: [elsewhere] }]).problems).toContain(complaint);
  });

  it('complains of a reason for what is killed now, but not where its file was not asked about', () => {
    const elsewhere = { ...REASON, file: 'src/lib/plan.ts' };

    const { problems } = judge([MUTANT], [REASON, elsewhere]);

    expect(problems).toEqual(['src/lib/guard.ts: a reason for what was killed: rest > 0 → false']);
  });

  it('leaves out what never ran', () => {
    const { scores } = judge([MUTANT, { ...MUTANT, fate: 'unusable' }], []);

    expect(scores).toEqual([{ part: 'src/lib/guard.ts', killed: 1, survived: 0 }]);
  });
});
