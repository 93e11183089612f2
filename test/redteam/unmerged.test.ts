import { describe, expect, it, vi } from 'vitest';
import { parseDesired } from '../../src/lib/desired.ts';
import type { Pair } from './case.ts';
import { expectNobodyShutOut } from './expectations.ts';
import { nameOf, PAIRS } from './pairs.ts';
import { begin, KEY, play } from './play.ts';

/** The whole product, but nobody is merged into anything, and no rule asks whether they were: the proof stands alone. */
vi.mock('../../src/lib/desired.ts', async (original) => {
  const real = await original<typeof import('../../src/lib/desired.ts')>();
  const nobody = { users: [], groups: [] };
  return {
    ...real,
    effective: (...[raw, parameters]: Parameters<typeof real.effective>) =>
      real.effective(raw, parameters, nobody),
  };
});
vi.mock('../../src/lib/rules/breakGlass.ts', () => ({
  breakGlass: { name: 'breakGlass', check: () => undefined },
}));

const NAMED = PAIRS.map((pair): [name: string, pair: Pair] => [nameOf(pair), pair]);
const READABLE = NAMED.filter(([, { lethal }]) => parseDesired(JSON.stringify(lethal.file)).ok);

const LOCK_OUT = expect.objectContaining({ rule: 'lockOut', decision: 'deny' });

describe('a run that merges nothing in', () => {
  it.each(READABLE)('denies %s by the proof alone', async (_, pair) => {
    const made = await begin(pair, pair.lethal);

    const { policies } = await play(pair.lethal, made);

    const found = policies.find(({ key }) => key === KEY);
    const denied = { verdict: 'deny', findings: expect.arrayContaining([LOCK_OUT]) };
    const madeAnew = { verdict: 'admit', change: { action: 'create' } };
    expect(found).toMatchObject(pair.lethal.how === 'restore' ? madeAnew : denied);
    expectNobodyShutOut(pair, made);
  });

  it.each(NAMED)('carries out the twin of %s', async (_, pair) => {
    const made = await begin(pair, pair.harmless);

    const report = await play(pair.harmless, made);

    expect(report).toMatchObject({ status: 'remediated', error: null });
    expectNobodyShutOut(pair, made);
  });
});
