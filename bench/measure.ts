import { cpus } from 'node:os';
import { Bench, type TimestampProvider } from 'tinybench';

/** How much trouble to take. */
export interface Effort {
  /** One short turn of everything: shows that the programme runs, and measures nothing worth keeping. */
  readonly isQuick: boolean;
  /** Milliseconds of CPU spent on each figure, warming up left out. */
  readonly budgetMs: number;
}

export const THOROUGH: Effort = { isQuick: false, budgetMs: 450 };
export const QUICK: Effort = { isQuick: true, budgetMs: 0 };

/**
 * CPU time of this process, user and system together, with the threads that collect garbage and compile. Unlike the clock
 * on the wall it does not run while somebody else has the core.
 */
const cpuTime: TimestampProvider = {
  name: 'custom',
  fn: cpuMs,
  fromMs: (ms) => ms,
  toMs: (ms) => Number(ms),
};

export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** A sample is at least this long, because the clock ticks in microseconds. */
const SAMPLE_MS = 1;
const BATCH_MAX = 5_000;

/** Median CPU milliseconds of one call. @throws what the work throws */
export function cpuOf(work: () => unknown, { isQuick, budgetMs }: Effort): number {
  const batch = isQuick ? 1 : batchFor(work);
  const bench = new Bench({
    timestampProvider: cpuTime,
    time: budgetMs,
    iterations: isQuick ? 1 : 5,
    warmup: !isQuick,
    warmupIterations: 5,
    warmupTime: budgetMs / 4,
    throws: true,
  });
  bench.add('work', () => {
    for (let call = 0; call < batch; call += 1) work();
  });
  const [task] = bench.runSync();
  if (task?.result.state !== 'completed') throw new Error(`a measurement ended as ${task?.result.state}`);
  return task.result.latency.p50 / batch;
}

/** How many calls make a sample. The first calls are cold and say too much. */
function batchFor(work: () => unknown): number {
  const least = Math.min(...Array.from({ length: 10 }, () => cpuOnce(work).ms));
  return Math.min(BATCH_MAX, Math.ceil(SAMPLE_MS / Math.max(least, 0.0002)));
}

/** CPU milliseconds of one call, cold, and what it gave. */
export function cpuOnce<T>(work: () => T): { readonly ms: number; readonly result: T } {
  const before = cpuMs();
  const result = work();
  return { ms: cpuMs() - before, result };
}

/** One measured size. */
export interface Point {
  readonly size: number;
  readonly ms: number;
}

/** Slope between the two largest sizes on a double logarithmic scale: 1 is linear, 2 quadratic. Small sizes show fixed costs. */
export function exponent(points: readonly Point[]): number {
  const [before, last] = points.slice(-2);
  if (before === undefined || last === undefined) throw new Error('a slope needs two points');
  return Math.log(last.ms / before.ms) / Math.log(last.size / before.size);
}

/** The kind of machine, as far as it matters for reading the numbers. */
export function machine(): string {
  const [cpu] = cpus();
  return `Node ${process.versions.node}, ${process.arch}, ${cpus().length} cores${cpu === undefined || cpu.speed === 0 ? '' : ` at ${(cpu.speed / 1000).toFixed(1)} GHz`}`;
}

/** Three significant digits, thousands set apart. */
export function figure(value: number): string {
  if (value >= 1000) return Math.round(value).toLocaleString('en-GB');
  return String(Number(value.toPrecision(3)));
}

export function ms(value: number): string {
  return `${figure(value)} ms`;
}

export function percent(share: number): string {
  return `${figure(share * 100)} %`;
}

/** A Markdown table; the first column is text, the rest are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, index) => (index === 0 ? '---' : '---:'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
