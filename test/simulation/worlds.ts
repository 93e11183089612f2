import { simulate } from './simulate.ts';

/** Enough worlds for one test: a failure then names few, and two files share the machine. */
export const CHUNK = 20;

/** First seeds of chunks that cover so many worlds. */
export function chunks(from: number, worlds: number): number[] {
  return Array.from({ length: worlds / CHUNK }, (_, index) => from + index * CHUNK);
}

/** Every broken promise of these worlds, each with the line that plays its world again. */
export async function brokenPromises(from: number, count = CHUNK): Promise<string[]> {
  const lines: string[] = [];
  for (let seed = from; seed < from + count; seed++) {
    const { broken } = await simulate(seed);
    lines.push(...broken.map(({ promise, how }) => `npm run simulate -- --seed ${seed}: ${promise}: ${how}`));
  }
  return lines;
}
