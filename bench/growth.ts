import { type NamedLocations, NO_LOCATIONS_READ } from '../src/lib/whatif/locations.ts';
import type { ProtectedFacts } from '../src/lib/whatif/proof.ts';
import { cpuOf, type Effort, exponent, figure, ms, type Point, table } from './measure.ts';
import {
  blocks,
  guests,
  id,
  ids,
  KINDS,
  mixedPolicies,
  office,
  PLACES,
  people,
  ranges,
  type Sketch,
} from './policies.ts';
import { entries, prove } from './whatif.ts';

/** Something a proof's cost may grow with. */
interface Series {
  readonly name: string;
  readonly sizes: readonly number[];
  /** In words for the table, such as `linear`. */
  readonly expected: string;
  cost(size: number, effort: Effort): number;
}

/** What the proof costs as policies, identities and the things that policies name grow. */
export function growth(effort: Effort): string {
  return `## How the proof grows

What we expect, and why:

- **Policies: linear.** A sign-in is shut out exactly when one single policy shuts it out, so each policy is looked at alone.
- **Identities: linear at most.** Who a policy is for is asked per identity; where the policy reaches is found once for all.
- **Places, applications, guest tenants: linear, or n log n where ranges are sorted.** Each condition looks at a piece of the
  sign-in no other condition looks at, so the pieces are searched one after the other and never in combination.
- **Tests in a device filter: quadratic for plain rules, exponential in principle**, because rules nest; so the search stops
  after a fixed number of steps and the answer is then "could".

The exponent is the slope between the two largest sizes: 1 is linear, 2 quadratic. Rows below the third start from one
policy and one identity, so that nothing hides behind the rest of a tenant.

${table(
  [
    'What grows',
    'sizes',
    'CPU of one proof',
    'last over first: size',
    'last over first: CPU',
    'expected',
    'exponent',
  ],
  SERIES.map((series) => row(series, effort)),
)}`;
}

function row({ name, sizes, expected, cost }: Series, effort: Effort): readonly string[] {
  const points = sizes.map((size): Point => ({ size, ms: cost(size, effort) }));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) throw new Error(`${name} has no sizes`);
  return [
    name,
    sizes.map(figure).join(', '),
    points.map((point) => ms(point.ms)).join(', '),
    `${figure(last.size / first.size)} ×`,
    `${figure(last.ms / first.ms)} ×`,
    expected,
    figure(exponent(points)),
  ];
}

const SERIES: readonly Series[] = [
  { name: 'Policies (10 identities)', sizes: [1, 10, 50, 190], expected: 'linear', cost: costOfSets },
  {
    name: 'Identities (190 policies)',
    sizes: [1, 10, 50],
    expected: 'linear at most',
    cost: (size, effort) => costOfPeople(people(size), effort),
  },
  {
    name: 'Identities of whom nothing is known',
    sizes: [1, 10, 50],
    expected: 'linear at most',
    cost: (size, effort) => costOfPeople(people(size, 'unknown'), effort),
  },
  {
    name: 'Named locations of 20 ranges',
    sizes: [12, 48, 192],
    expected: 'n log n',
    cost: (size, effort) => {
      const list = Array.from({ length: size }, (_, n) => office(n, ranges(20, n * 20)));
      const conditions = {
        locations: { includeLocations: ['All'], excludeLocations: ids(KINDS.PLACE, size) },
      };
      return costOfOne({ conditions }, effort, { list, mfaTrustedRanges: [] });
    },
  },
  {
    name: 'Ranges of one named location',
    sizes: [125, 500, 2000],
    expected: 'n log n',
    cost: (size, effort) => {
      const conditions = { locations: { includeLocations: [id(KINDS.PLACE, 0)] } };
      return costOfOne({ conditions }, effort, { list: [office(0, ranges(size))], mfaTrustedRanges: [] });
    },
  },
  {
    name: 'Application ids, included and all but one excluded',
    sizes: [50, 200, 800],
    expected: 'linear',
    cost: (size, effort) => {
      const apps = ids(KINDS.APP, size);
      return costOfOne(
        { applications: { includeApplications: apps, excludeApplications: apps.slice(0, -1) } },
        effort,
      );
    },
  },
  {
    name: 'Guest tenants, included and all but one excluded',
    sizes: [50, 200, 800],
    expected: 'linear',
    cost: (size, effort) => {
      const homes = ids(KINDS.HOME, size);
      const users = {
        includeGuestsOrExternalUsers: guests(homes),
        excludeGuestsOrExternalUsers: guests(homes.slice(0, -1)),
      };
      return costOfOne({ users }, effort, NO_LOCATIONS_READ, people(1, 'unknown'));
    },
  },
  {
    name: 'Tests of one device filter',
    sizes: [6, 24, 72],
    expected: 'quadratic',
    cost: (size, effort) => {
      const tests = Array.from({ length: size }, (_, n) => `device.model -contains "m${n}"`);
      const deviceFilter = { mode: 'include', rule: tests.join(' -and ') };
      return costOfOne({ conditions: { devices: { deviceFilter } } }, effort);
    },
  },
];

/** The same 190 policies in sets of one size, so that a small set is no luckier a pick than a large one. */
function costOfSets(size: number, effort: Effort): number {
  const all = entries(mixedPolicies(190));
  const sets = Array.from({ length: Math.floor(all.length / size) }, (_, n) =>
    all.slice(n * size, (n + 1) * size),
  );
  return cpuOf(() => sets.map((set) => prove(set, people(10), PLACES)), effort) / sets.length;
}

function costOfPeople(who: readonly ProtectedFacts[], effort: Effort): number {
  const set = entries(mixedPolicies(190));
  return cpuOf(() => prove(set, who, PLACES), effort);
}

function costOfOne(
  sketch: Sketch,
  effort: Effort,
  locations: NamedLocations = NO_LOCATIONS_READ,
  who: readonly ProtectedFacts[] = people(1),
): number {
  const set = entries(blocks(1, () => sketch));
  return cpuOf(() => prove(set, who, locations), effort);
}
