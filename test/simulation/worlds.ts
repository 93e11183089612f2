import { simulate } from './simulate.ts';
import { added, type Situations } from './situations.ts';

/** Enough worlds for one test: a failure then names few, and two files share the machine. */
export const CHUNK = 20;

/** First seeds of chunks that cover so many worlds. */
export function chunks(from: number, worlds: number): number[] {
  return Array.from({ length: worlds / CHUNK }, (_, index) => from + index * CHUNK);
}

/** What became of a row of worlds. */
export interface Played {
  /** Every broken promise, each with the line that plays its world again. */
  readonly broken: readonly { readonly seed: number; readonly promise: string; readonly how: string }[];
  readonly situations: Situations;
}

export async function play(from: number, count = CHUNK): Promise<Played> {
  let played: Played = { broken: [], situations: {} };
  for (let seed = from; seed < from + count; seed++) {
    const { broken, situations } = await simulate(seed);
    played = {
      broken: [...played.broken, ...broken.map((one) => ({ ...one, seed }))],
      situations: added(played.situations, situations),
    };
  }
  return played;
}

export function inWords({ seed, promise, how }: Played['broken'][number]): string {
  return `npm run simulate -- --seed ${seed}: ${promise}: ${how}`;
}
