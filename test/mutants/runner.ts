import { globSync } from 'node:fs';
import { basename } from 'node:path';
import { forget, hookIn, loadFreshly } from './freshly.ts';
import { type Test, testsOf } from './suite.ts';

/** Names the tests to run: patterns, as a JSON list. */
export const TESTS_VARIABLE = 'MUTANTS_TESTS';
/** Most mutants fall to a quick example, and the first failure ends a mutant. */
const SLOW = /laws|proof|worse|besideGraph|flapping/;

/** What instrumented code reads and writes (Stryker, `InstrumenterContext`). */
interface Instruments {
  activeMutant?: string | undefined;
  currentTestId?: string | undefined;
  hitCount?: number | undefined;
  hitLimit?: number | undefined;
  mutantCoverage?: unknown;
}

/** One mutant to be tried (Stryker, `MutantRunOptions`). */
interface Trial {
  readonly activeMutant: { readonly id: string };
  /** `static`: it is there while modules are loaded; otherwise once they are. */
  readonly mutantActivation: 'runtime' | 'static';
  /** Ids of the tests that reach it; undefined: any may. */
  readonly testFilter?: readonly string[];
  readonly hitLimit?: number;
  readonly sandboxFileName: string;
}

/** How a test ended, in Stryker's numbers (`TestStatus`). */
const SUCCESS = 0;
const FAILED = 1;

interface Result {
  readonly id: string;
  readonly name: string;
  readonly fileName: string;
  readonly timeSpentMs: number;
  readonly status: typeof SUCCESS | typeof FAILED;
  readonly failureMessage: string;
}

interface Failure {
  /** The test; none where the mutant lets nothing load. */
  readonly killedBy: readonly string[];
  readonly message: string;
}

/**
 * Runs the tests in this process, where they and the program are loaded anew for each mutant. Vitest's own runner starts a
 * worker per mutant, which takes ten times as long as most mutants live.
 */
class Runner {
  readonly #instruments: Instruments = {};
  readonly #files = globSync(JSON.parse(process.env[TESTS_VARIABLE] ?? '[]')).sort(
    (a, b) => Number(SLOW.test(a)) - Number(SLOW.test(b)),
  );

  capabilities() {
    return { reloadEnvironment: true };
  }

  async init(): Promise<void> {
    Object.assign(globalThis, { __stryker__: this.#instruments });
    hookIn();
  }

  async dryRun() {
    const tests: Result[] = [];
    for (const file of this.#files) {
      forget();
      for (const test of await testsOf(() => loadFreshly(file))) tests.push(await this.#run(file, test));
    }
    return { status: 'complete', tests, mutantCoverage: this.#instruments.mutantCoverage };
  }

  async mutantRun(trial: Trial) {
    forget();
    Object.assign(this.#instruments, { hitCount: 0, hitLimit: trial.hitLimit });
    const failure = await this.#firstFailure(trial);
    if (trial.hitLimit !== undefined && (this.#instruments.hitCount ?? 0) > trial.hitLimit) {
      return { status: 'timeout', reason: 'it was reached too often' };
    }
    return failure === undefined
      ? { status: 'survived', nrOfTests: trial.testFilter?.length ?? 0 }
      : { status: 'killed', killedBy: failure.killedBy, failureMessage: failure.message, nrOfTests: 1 };
  }

  async #firstFailure(trial: Trial): Promise<Failure | undefined> {
    const { activeMutant, mutantActivation, testFilter } = trial;
    // Whole files: what a test finds remembered, an earlier one of its file was seen to reach.
    const reached = testFilter && new Set(testFilter.map((id) => id.split('#')[0]));
    for (const file of this.#inOrder(trial).filter((one) => reached?.has(one) ?? true)) {
      this.#instruments.activeMutant = mutantActivation === 'static' ? activeMutant.id : undefined;
      const tests = await this.#load(file);
      if (tests instanceof Error) return { killedBy: [], message: tests.message };
      this.#instruments.activeMutant = activeMutant.id;
      for (const test of tests) {
        const { id, status, failureMessage } = await this.#run(file, test);
        if (status === FAILED) return { killedBy: [id], message: failureMessage };
      }
    }
    return undefined;
  }

  /** The test file that is named like the mutant's comes first: it fails first. */
  #inOrder({ sandboxFileName }: Trial): readonly string[] {
    const own = `/${basename(sandboxFileName, '.ts')}.test.ts`;
    return this.#files.toSorted((a, b) => Number(b.endsWith(own)) - Number(a.endsWith(own)));
  }

  async #load(file: string): Promise<readonly Test[] | Error> {
    try {
      return await testsOf(() => loadFreshly(file));
    } catch (error) {
      return asError(error);
    }
  }

  async #run(file: string, test: Test): Promise<Result> {
    const id = idOf(file, test);
    const started = performance.now();
    this.#instruments.currentTestId = id;
    const failure = await failureOf(test);
    this.#instruments.currentTestId = undefined;
    return {
      id,
      name: test.name,
      fileName: file,
      timeSpentMs: performance.now() - started,
      status: failure === undefined ? SUCCESS : FAILED,
      failureMessage: failure?.message ?? '',
    };
  }
}

function idOf(file: string, { name }: Test): string {
  return `${file}#${name}`;
}

/** Whatever a test throws says that it failed. */
async function failureOf({ body }: Test): Promise<Error | undefined> {
  try {
    await body();
    return undefined;
  } catch (error) {
    return asError(error);
  }
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown));
}

/** What Stryker looks for in this module. */
export const strykerPlugins = [{ kind: 'TestRunner', name: 'inProcess', injectableClass: Runner }];
