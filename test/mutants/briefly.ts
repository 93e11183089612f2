import fc from 'fast-check';

export * from 'fast-check';

/** How often a property is tried on one mutant, at most. */
const RUNS = 50;
/** One seed for all, so that a mutant which was killed is killed again. */
const SEED = 20_261_125;

function assert<Ts>(property: fc.IRawProperty<Ts, boolean>, given: fc.Parameters<Ts> = {}): void {
  const numRuns = Math.min(RUNS, given.numRuns ?? RUNS);
  fc.assert(property, { ...given, numRuns, seed: SEED, endOnFailure: true });
}

export default { ...fc, assert };
