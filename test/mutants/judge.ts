/** One mutant as the run left it. */
export interface Tried {
  /** Path from the root, with forward slashes. */
  readonly file: string;
  /** Counted from 1. */
  readonly row: number;
  /** Which kind of change it is, in Stryker's words. */
  readonly mutator: string;
  /** The line it begins in, without the space around it. */
  readonly line: string;
  readonly original: string;
  readonly replacement: string;
  /** `survived`: no test noticed, or none reaches it. `unusable`: it never ran. */
  readonly fate: 'killed' | 'survived' | 'unusable';
}

/** Why a mutant may live. Named by its text, not its place, so that lines may move. */
export interface Known {
  readonly file: string;
  readonly mutator: string;
  readonly line: string;
  readonly original: string;
  readonly replacement: string;
  /** `equivalent`: no input tells it from the original. `accepted`: one would, and no test is worth its price. */
  readonly kind: 'equivalent' | 'accepted';
  readonly reason: string;
}

export interface Score {
  readonly part: string;
  readonly killed: number;
  readonly survived: number;
}

export interface Survivor {
  readonly tried: Tried;
  readonly known: Known | undefined;
}

export interface Judgement {
  /** In the order of `PARTS`; those nothing was tried of are left out. */
  readonly scores: readonly Score[];
  readonly survivors: readonly Survivor[];
  /** What is wrong, in words; empty when all is well. */
  readonly problems: readonly string[];
}

/** What is mutated, and stands for itself in the scores. */
export const PARTS = [
  'src/lib/policy/',
  'src/lib/diff.ts',
  'src/lib/plan.ts',
  'src/lib/guard.ts',
  'src/lib/rules/',
  'src/lib/whatif/',
] as const;

const KILLED_PERCENT_MIN = 85;

/** Weighs what became of the mutants. A reason that belongs to no survivor is a problem too: it would hide the next one. */
export function judge(tried: readonly Tried[], known: readonly Known[]): Judgement {
  const reasons = new Map(known.map((one) => [nameOf(one), one]));
  const survivors = tried
    .filter(({ fate }) => fate === 'survived')
    .map((one) => ({ tried: one, known: reasons.get(nameOf(one)) }));
  const scores = PARTS.map((part) => scoreOf(part, tried)).filter(
    (score) => score.killed + score.survived > 0,
  );
  const files = new Set(tried.map(({ file }) => file));
  const alive = new Set(survivors.map((survivor) => nameOf(survivor.tried)));
  const problems = [
    ...scores
      .filter((score) => percentOf(score) < KILLED_PERCENT_MIN)
      .map(
        (score) =>
          `${score.part}: ${percentOf(score).toFixed(1)} % killed, less than ${KILLED_PERCENT_MIN} %`,
      ),
    ...survivors
      .filter((survivor) => (survivor.known?.reason ?? '') === '')
      .map(
        (survivor) => `${placeOf(survivor.tried)} survived, and nobody says why: ${changeOf(survivor.tried)}`,
      ),
    ...known
      .filter((one) => files.has(one.file) && !alive.has(nameOf(one)))
      .map((one) => `${one.file}: a reason for what no longer survives: ${changeOf(one)}`),
  ];
  return { scores, survivors, problems };
}

/** How many of the mutants that ran were killed, in percent. */
export function percentOf({ killed, survived }: Score): number {
  return (100 * killed) / (killed + survived);
}

export function changeOf({ original, replacement }: Pick<Tried, 'original' | 'replacement'>): string {
  return `${short(original)} → ${short(replacement)}`;
}

function scoreOf(part: string, tried: readonly Tried[]): Score {
  const own = tried.filter(({ file }) => file.startsWith(part));
  const count = (fate: Tried['fate']): number => own.filter((one) => one.fate === fate).length;
  return { part, killed: count('killed'), survived: count('survived') };
}

function placeOf({ file, row }: Tried): string {
  return `${file}:${row}`;
}

function nameOf({ file, mutator, line, original, replacement }: Omit<Known, 'kind' | 'reason'>): string {
  return JSON.stringify([file, mutator, line, original, replacement]);
}

function short(code: string): string {
  const line = code.replaceAll(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 79)}…` : line;
}
