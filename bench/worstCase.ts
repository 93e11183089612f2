import type { RawPolicy } from '../src/lib/policy/model.ts';
import { type NamedLocations, NO_LOCATIONS_READ } from '../src/lib/whatif/locations.ts';
import { type ProtectedFacts, worse } from '../src/lib/whatif/proof.ts';
import { cpuOnce, type Effort, figure, ms, percent, table } from './measure.ts';
import {
  blocks,
  guests,
  id,
  ids,
  KINDS,
  office,
  POLICIES_MAX,
  people,
  ranges,
  type Sketch,
} from './policies.ts';
import { entries, prove } from './whatif.ts';

/** The service takes rules of this length (Entra docs, concept-condition-filters-for-devices). */
const RULE_LENGTH_MAX = 3072;
/** Named locations of a tenant, and ranges in each (Entra docs, concept-assignment-network). */
const LOCATIONS_MAX = 195;
const RANGES_MAX = 2000;
/** As many as make a policy of about 60 KB, which is more than anybody has seen the service take. */
const IDS_MAX = 1500;

/** Something a tenant's owner could set up to keep the proof busy, or to slip past it. Each policy blocks every identity. */
interface WorstCase {
  readonly name: string;
  sketch(n: number): Sketch;
  readonly locations?: NamedLocations;
  readonly who?: readonly ProtectedFacts[];
}

/** Tenants made to be slow: what each costs, and that none of them makes the proof keep silent. */
export function worstCases({ isQuick }: Effort): string {
  const count = isQuick ? 2 : POLICIES_MAX;
  return `## The worst a tenant can do

As many policies as a tenant may have (${POLICIES_MAX}), each written to keep the proof busy; 10 protected identities, none of
them spared. Every policy shuts every identity out, or takes a search without bounds to be found harmless: so there must be a
finding for each pair of the two, or this page is not written. "Would" is certain; "could" says that something was too large
to decide or not known, and counts as a lock-out all the same. Each figure is one proof, reading and compiling
the policies included, the best of ${figure(turns(isQuick))}.

${table(
  ['', 'one policy', 'CPU', 'share of a second', 'findings', 'would', 'could'],
  cases(isQuick ? 50 : RANGES_MAX).map((worst) => row(worst, count, turns(isQuick))),
)}

Before a change is sent, it is asked as well whether it does anything that its policy, as somebody left it in the tenant, did
not do already. The same tenants, with every policy left as another policy of its kind: one change each, and each shuts
everybody out of something more, or could.

${table(
  ['', 'CPU of all changes', 'of one change', 'findings'],
  comparisons(isQuick ? 50 : RANGES_MAX).map((worst) => comparisonRow(worst, count, turns(isQuick))),
)}`;
}

/** What a change makes of a policy, and what somebody made of it. */
interface Comparing extends WorstCase {
  left(n: number): Sketch;
}

function comparisonRow(
  { name, sketch, left, locations = NO_LOCATIONS_READ, who = people(10) }: Comparing,
  count: number,
  times: number,
): readonly string[] {
  const after = entries(blocks(count, sketch));
  const before = entries(blocks(count, left));
  const all = Array.from({ length: times }, () =>
    cpuOnce(() =>
      after.flatMap((state, n) =>
        worse({
          move: { before: before[n] ?? null, states: [state] },
          namedLocations: locations,
          identities: who,
          allowedControls: [],
        }),
      ),
    ),
  );
  const findings = all[0]?.result.length ?? 0;
  if (findings !== count * who.length)
    throw new Error(`${name}: ${findings} findings, where each change shuts everybody out of more`);
  const cost = Math.min(...all.map((one) => one.ms));
  return [name, ms(cost), ms(cost / count), figure(findings)];
}

/** @param rangesEach in every named location */
function comparisons(rangesEach: number): readonly Comparing[] {
  const [one = '', two = '', three = '', four = ''] = ids(KINDS.PLACE, 4);
  const between = (include: string, exclude: string): Sketch => ({
    conditions: { locations: { includeLocations: [include], excludeLocations: [exclude] } },
  });
  const apps = ids(KINDS.APP, IDS_MAX);
  const appsBut = (from: number, to: number): Sketch => ({
    applications: {
      includeApplications: apps.slice(from, to),
      excludeApplications: apps.slice(from + 1, to),
    },
  });
  return [
    {
      name: 'Device filters: choices over one attribute that clash in the end',
      sketch: (n) => filtered(clashing(n, () => 'device.model')),
      left: (n) => filtered(clashing(n + POLICIES_MAX, () => 'device.model')),
    },
    {
      name: 'Four named locations of 2,000 ranges, one in each list',
      sketch: () => between(one, two),
      left: () => between(three, four),
      locations: {
        list: [0, 1, 2, 3].map((n) => office(n, ranges(rangesEach, n * rangesEach * 2))),
        mfaTrustedRanges: [],
      },
    },
    {
      name: '750 applications included, all but one excluded, and 750 others',
      sketch: () => appsBut(0, IDS_MAX / 2),
      left: () => appsBut(IDS_MAX / 2, IDS_MAX),
    },
  ];
}

function turns(isQuick: boolean): number {
  return isQuick ? 1 : 3;
}

function row(worst: WorstCase, count: number, times: number): readonly string[] {
  const { name, sketch, locations = NO_LOCATIONS_READ, who = people(10) } = worst;
  const policies: readonly RawPolicy[] = blocks(count, sketch);
  const proofs = Array.from({ length: times }, () => cpuOnce(() => prove(entries(policies), who, locations)));
  const cost = Math.min(...proofs.map((proof) => proof.ms));
  const findings = proofs[0]?.result ?? [];
  if (findings.length !== count * who.length) {
    throw new Error(`${name}: ${findings.length} findings, where each policy shuts everybody out`);
  }
  const certain = findings.filter(({ isCertain }) => isCertain).length;
  return [
    name,
    `${figure(JSON.stringify(policies[0]).length / 1024)} KiB`,
    ms(cost),
    percent(cost / 1000),
    figure(findings.length),
    figure(certain),
    figure(findings.length - certain),
  ];
}

/** @param rangesEach in every named location */
function cases(rangesEach: number): readonly WorstCase[] {
  const places = ids(KINDS.PLACE, LOCATIONS_MAX);
  const everywhere: NamedLocations = {
    list: places.map((_, n) => office(n, ranges(rangesEach, n * rangesEach))),
    mfaTrustedRanges: [],
  };
  const allPlacesButOne = (n: number) => ({
    locations: {
      includeLocations: ['All'],
      excludeLocations: places.filter((_, k) => k !== n % LOCATIONS_MAX),
    },
  });
  const guestsOfOne = (count: number) => ({
    includeGuestsOrExternalUsers: guests(ids(KINDS.HOME, count)),
    excludeGuestsOrExternalUsers: guests(ids(KINDS.HOME, count - 1)),
  });
  const oneApp = (count: number) => ({
    includeApplications: ids(KINDS.APP, count),
    excludeApplications: ids(KINDS.APP, count - 1),
  });
  return [
    {
      name: 'Device filters: choices over many attributes that clash in the end',
      sketch: (n) => filtered(clashing(n, (k) => `device.extensionAttribute${1 + (k % 15)}`)),
    },
    {
      name: 'Device filters: choices over one attribute that clash in the end',
      sketch: (n) => filtered(clashing(n, () => 'device.model')),
    },
    { name: 'Device filters: more values than attributes', sketch: (n) => filtered(pigeonholes(n)) },
    {
      name: 'One named location of 2,000 ranges',
      sketch: () => ({ conditions: { locations: { includeLocations: [id(KINDS.PLACE, 0)] } } }),
      locations: { list: [office(0, ranges(rangesEach))], mfaTrustedRanges: [] },
    },
    {
      name: '195 named locations of 2,000 ranges; each policy spares all but another one',
      sketch: (n) => ({ conditions: allPlacesButOne(n) }),
      locations: everywhere,
    },
    {
      name: '750 guest tenants included, all but one excluded; nothing known of the identities',
      sketch: () => ({ users: guestsOfOne(IDS_MAX / 2) }),
      who: people(10, 'unknown'),
    },
    {
      name: '750 applications included, all but one excluded',
      sketch: () => ({ applications: oneApp(IDS_MAX / 2) }),
    },
    { name: '1,500 users named', sketch: () => ({ users: { includeUsers: ids(KINDS.USER, IDS_MAX) } }) },
    {
      name: 'A filter, places, guest tenants and applications at once; nothing known of the identities',
      sketch: (n) => ({
        users: guestsOfOne(IDS_MAX / 5),
        applications: oneApp(IDS_MAX / 5),
        conditions: { ...allPlacesButOne(n), ...deviceCondition(clashing(n, () => 'device.model')) },
      }),
      locations: everywhere,
      who: people(10, 'unknown'),
    },
  ];
}

function filtered(rule: string): Sketch {
  return { conditions: deviceCondition(rule) };
}

function deviceCondition(rule: string) {
  return { devices: { deviceFilter: { mode: 'include', rule } } };
}

/**
 * A conjunction of choices of which only two, in the middle, clash: whoever tries one choice after the other tries all
 * combinations of the rest. No two rules are the same text.
 */
function clashing(n: number, attributeOf: (k: number) => string): string {
  const clash = ['a', 'c'].map((letter) => `(${isProfile(letter)} -or ${isProfile(`${letter}${letter}`)})`);
  const forks: string[] = [`(device.displayName -contains "${n}" -or device.displayName -contains "x${n}")`];
  const rule = (): string => forks.toSpliced(forks.length >> 1, 0, ...clash).join(' -and ');
  for (let k = 0; rule().length < RULE_LENGTH_MAX - 100; k += 1) {
    forks.push(`(${attributeOf(k)} -contains "a${k}" -or ${attributeOf(k)} -contains "b${k}")`);
  }
  return rule();
}

function isProfile(value: string): string {
  return `device.profileType -eq "${value}"`;
}

/** Each value must be in one of six attributes, and each attribute holds one: impossible, and long to find out. */
function pigeonholes(n: number): string {
  const choice = (k: number): string =>
    [1, 2, 3, 4, 5, 6].map((hole) => `device.extensionAttribute${hole} -eq "${n}p${k}"`).join(' -or ');
  const choices: string[] = [];
  const rule = (): string => choices.map((text) => `(${text})`).join(' -and ');
  for (let k = 0; rule().length < RULE_LENGTH_MAX - 300; k += 1) choices.push(choice(k));
  return rule();
}
