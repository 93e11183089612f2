import { describe, expect, it } from 'vitest';
import type { ProtectedIdentities } from '../../src/lib/desired.ts';
import { TAMPERING } from '../../src/lib/record.ts';
import type { RunReport } from '../../src/lib/report.ts';
import type { Pair } from './case.ts';
import { expectNobodyShutOut } from './expectations.ts';
import { canBeDesired, named, oneOfEach, PAIRS } from './pairs.ts';
import { begin, KEY, play } from './play.ts';
import { BREAK_GLASS, EMERGENCY } from './tenant.ts';

type Protection = (pair: Pair) => ProtectedIdentities;

const BY_NAME: Protection = ({ who }) => ({ users: [who], groups: [] });
const BY_GROUP: Protection = () => ({ users: [], groups: [BREAK_GLASS] });

/** The group holds this person alone; one pair of each mechanism will do, as all went through by name. */
const ONE_OF_EACH = oneOfEach(PAIRS.filter(({ who }) => who === EMERGENCY));

describe.each([
  ['a person whom settings name', BY_NAME, PAIRS],
  ['a member of a group that settings name', BY_GROUP, ONE_OF_EACH],
])('a run that protects %s', (_kind, protection, pairs) => {
  it.each(named(pairs))('writes nothing lethal for %s', async (_name, pair) => {
    const made = await begin(pair, pair.lethal, protection(pair));

    const report = await play(pair.lethal, made);

    expectNobodyShutOut(pair, made);
    const answer = answerTo(report);
    expect(answer).toBeDefined();
    expect(answer === 'unreadable').toBe(!canBeDesired(pair));
  });

  it.each(named(pairs))('carries out the twin of %s', async (_name, pair) => {
    const made = await begin(pair, pair.harmless, protection(pair));

    const report = await play(pair.harmless, made);

    expect(report).toMatchObject({ status: 'remediated', error: null });
    // Beside one that waited for consent there may be one that was carried out before.
    const drifted = report.policies.filter(({ drift }) => drift !== 'none');
    expect(drifted.map(({ outcome }) => outcome)).toEqual(
      drifted.map(() => ({ status: 'applied', settled: true, reason: null })),
    );
    expectNobodyShutOut(pair, made);
  });
});

type Answer = 'unreadable' | 'held back' | 'refused by the service' | 'disarmed';

/** What became of the lethal thing that was asked for; undefined: nothing that could be told from doing it. */
function answerTo({ policies, findings }: RunReport): Answer | undefined {
  const found = policies.find(({ key }) => key === KEY);
  if (found === undefined) return findings.some(({ rule }) => rule === TAMPERING) ? 'unreadable' : undefined;
  if (found.verdict === 'deny' || found.verdict === 'hold') return 'held back';
  if (found.outcome?.status === 'rejected') return 'refused by the service';
  return found.drift === 'none' || found.outcome?.settled === true ? 'disarmed' : undefined;
}
