import { describe, expect, it } from 'vitest';
import { movesBetween } from '../../src/cli/moves.ts';
import { article } from '../support/world.ts';

const EXCEPTION = {
  field: 'grantControls.builtInControls',
  value: ['mfa', 'compliantDevice'],
  owner: 'Ada',
  reason: 'CHG-1201',
  until: '2026-12-31',
};

function said(exceptions: readonly unknown[]): { content: string; active: boolean } {
  return { content: JSON.stringify({ ...article(), caretaker: { exceptions } }), active: true };
}

describe('from one version to another', () => {
  it('an exception moves the field it is of, and is told in words', () => {
    const { effects, lines } = movesBetween(said([]), said([EXCEPTION]));

    expect(effects).toEqual(['loosens']);
    expect(lines).toEqual([
      'grantControls.builtInControls: +compliantDevice (loosens)',
      'exception: grantControls.builtInControls = ["mfa","compliantDevice"] is accepted until 2026-12-31, Ada answers for it: CHG-1201',
    ]);
  });

  it('one that is taken out moves it back', () => {
    const { effects, lines } = movesBetween(said([EXCEPTION]), said([]));

    expect(effects).toEqual(['tightens']);
    expect(lines.at(-1)).toBe('exception taken out: grantControls.builtInControls until 2026-12-31');
  });

  it('a policy that is new brings its exceptions with it', () => {
    expect(movesBetween(undefined, said([EXCEPTION])).lines).toEqual([
      'new',
      expect.stringContaining('exception: grantControls.builtInControls'),
    ]);
  });
});
