/** One change to one file. Named by its text, not its place, so that lines may move. */
export interface Mutant {
  /** Which kind of change it is, in Stryker's words. */
  readonly mutator: string;
  /** The line it begins in, without the space around it. */
  readonly line: string;
  readonly original: string;
  readonly replacement: string;
}

/** One mutant as the run left it. */
export interface Tried extends Mutant {
  /** Path from the root, with forward slashes. */
  readonly file: string;
  /** Counted from 1. */
  readonly row: number;
  /** `survived`: no test noticed, or none reaches it. `unusable`: it never ran. */
  readonly fate: 'killed' | 'survived' | 'unusable';
}

/** Why some mutants of one file may live. */
export interface Reason {
  readonly file: string;
  /** `equivalent`: no input tells it from the original. `accepted`: one would, and no test is worth its price. */
  readonly kind: 'equivalent' | 'accepted';
  readonly reason: string;
  readonly mutants: readonly Mutant[];
}

export interface Score {
  readonly part: string;
  readonly killed: number;
  readonly survived: number;
}

export interface Survivor {
  readonly tried: Tried;
  readonly reason: Reason | undefined;
}

export interface Judgement {
  /** In the order of `PARTS`; those nothing was tried of are left out. */
  readonly scores: readonly Score[];
  readonly survivors: readonly Survivor[];
  /** What is wrong, in words; empty when all is well. */
  readonly problems: readonly string[];
}

export interface Part {
  /** A file, or a folder with all that is in it; stands for itself in the scores. */
  readonly name: string;
  /** Patterns of the test files that are asked. */
  readonly tests: readonly string[];
}

/** What is mutated, and the tests that have to notice: each part is judged by those that are about it. */
export const PARTS: readonly Part[] = [
  {
    name: 'src/lib/policy/',
    tests: [
      'test/policy/*.test.ts',
      'test/laws/{mutations,policy,service}.test.ts',
      'test/artefacts.test.ts',
    ],
  },
  { name: 'src/lib/diff.ts', tests: ['test/diff.test.ts', 'test/laws/{plan,policy}.test.ts'] },
  { name: 'src/lib/plan.ts', tests: ['test/plan.test.ts', 'test/laws/plan.test.ts'] },
  { name: 'src/lib/guard.ts', tests: ['test/guard.test.ts', 'test/laws/guard.test.ts'] },
  {
    name: 'src/lib/rules/',
    tests: ['test/rules/*.test.ts', 'test/laws/guard.test.ts', 'test/redteam/rule.test.ts'],
  },
  { name: 'src/lib/whatif/', tests: ['test/whatif/*.test.ts', 'test/redteam/proof.test.ts'] },
];

const KILLED_PERCENT_MIN = 85;

/** Weighs what became of the mutants. A reason that belongs to no survivor is a problem too: it would hide the next one. */
export function judge(tried: readonly Tried[], reasons: readonly Reason[]): Judgement {
  const known = reasons.flatMap((reason) => reason.mutants.map((mutant) => ({ reason, mutant })));
  const byName = new Map(known.map(({ reason, mutant }) => [nameOf(reason.file, mutant), reason]));
  const scores = PARTS.map(({ name }) => scoreOf(name, tried)).filter(
    (score) => score.killed + score.survived > 0,
  );
  const survivors = tried
    .filter(({ fate }) => fate === 'survived')
    .map((one) => ({ tried: one, reason: byName.get(nameOf(one.file, one)) }));
  const files = new Set(tried.map(({ file }) => file));
  const alive = new Set(survivors.map((survivor) => nameOf(survivor.tried.file, survivor.tried)));
  const stale = known.filter(
    ({ reason: { file }, mutant }) => files.has(file) && !alive.has(nameOf(file, mutant)),
  );
  const problems = [
    ...scores.filter((score) => percentOf(score) < KILLED_PERCENT_MIN).map(tooFew),
    ...survivors.filter(({ reason }) => (reason?.reason ?? '') === '').map(unexplained),
    ...stale.map(({ reason, mutant }) => `${reason.file}: a reason for what was killed: ${changeOf(mutant)}`),
  ];
  return { scores, survivors, problems };
}

function tooFew(score: Score): string {
  return `${score.part}: ${percentOf(score).toFixed(1)} % killed, less than ${KILLED_PERCENT_MIN} %`;
}

function unexplained({ tried }: Survivor): string {
  return `${tried.file}:${tried.row} survived, and nobody says why: ${changeOf(tried)}`;
}

/** How many of the mutants that ran were killed, in percent. */
export function percentOf({ killed, survived }: Score): number {
  return (100 * killed) / (killed + survived);
}

/** The change, on one line of text. */
export function changeOf({ original, replacement }: Mutant): string {
  return `${short(original)} → ${short(replacement)}`;
}

function scoreOf(part: string, tried: readonly Tried[]): Score {
  const own = tried.filter(({ file }) => file.startsWith(part));
  const count = (fate: Tried['fate']): number => own.filter((one) => one.fate === fate).length;
  return { part, killed: count('killed'), survived: count('survived') };
}

function nameOf(file: string, { mutator, line, original, replacement }: Mutant): string {
  return JSON.stringify([file, mutator, line, original, replacement]);
}

function short(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
