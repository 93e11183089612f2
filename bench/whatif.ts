import { read } from '../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import { compile, type PolicyEntry } from '../src/lib/whatif/compile.ts';
import { evaluate } from '../src/lib/whatif/evaluate.ts';
import type { NamedLocations } from '../src/lib/whatif/locations.ts';
import { type LockOut, type ProtectedFacts, proveNoLockOut } from '../src/lib/whatif/proof.ts';
import { cpuOf, type Effort, figure, ms, percent, table } from './measure.ts';
import { mixedPolicies, PLACES, people, signIns, sparingNobody } from './policies.ts';

/** What an emergency account can live with: the phishing-resistant strength. */
const ALLOWED: readonly string[] = ['00000000-0000-0000-0000-000000000004'];

/** Policies as Graph gives them, ready for the evaluator. */
export function entries(raws: readonly RawPolicy[]): readonly PolicyEntry[] {
  return raws.map((raw) => {
    const { policy, unrecognised } = read(raw);
    return { id: String(raw.id), key: null, displayName: String(raw.displayName), policy, unrecognised };
  });
}

/** Everything the proof does for a set of canonical policies, compiling included. */
export function prove(
  set: readonly PolicyEntry[],
  identities: readonly ProtectedFacts[],
  locations: NamedLocations,
): readonly LockOut[] {
  return proveNoLockOut({ policies: compile(set, locations), identities, allowedControls: ALLOWED });
}

/** How fast What If answers, and what the proof of a whole tenant costs. */
export function whatIf(effort: Effort): string {
  return `## What If

A set of policies is compiled once. After that, each evaluation judges one fully known sign-in against every policy of the
set and adds up what they come to. The policies are a mix of the kinds most tenants have.

${evaluations(effort)}

## The lock-out proof

One proof that no protected identity is shut out: 190 policies, 10 protected identities, from canonical policies to
findings, compiling included. The aim is well under a second.

${proofs(effort)}`;
}

function evaluations(effort: Effort): string {
  const rows = [1, 50, 190].map((size) => {
    const set = entries(mixedPolicies(size));
    const compiled = compile(set, PLACES);
    const asked = signIns();
    const compiling = cpuOf(() => compile(set, PLACES), effort);
    const one = cpuOf(() => asked.map((signIn) => evaluate(compiled, signIn)), effort) / asked.length;
    return [size, ms(compiling), ms(one), figure(1000 / one), figure((1000 * size) / one)];
  });
  return table(
    ['Policies', 'compiling', 'one evaluation', 'evaluations a second', 'policies judged a second'],
    rows,
  );
}

function proofs(effort: Effort): string {
  const usual = mixedPolicies(190);
  const cases = [
    { name: 'The usual: one policy in twenty does not spare them', raws: usual, who: people(10) },
    { name: 'Nobody is spared', raws: sparingNobody(usual), who: people(10) },
    { name: 'Nothing could be read about them', raws: usual, who: people(10, 'unknown') },
  ];
  const rows = cases.map(({ name, raws, who }) => {
    const set = entries(raws);
    const cost = cpuOf(() => prove(set, who, PLACES), effort);
    return [name, prove(set, who, PLACES).length, ms(cost), percent(cost / 1000)];
  });
  return table(['', 'findings', 'CPU', 'share of a second'], rows);
}
