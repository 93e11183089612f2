import type { Clock } from './ports.ts';

export type Within<T> = { readonly kind: 'done'; readonly value: T } | { readonly kind: 'timeout' };

/**
 * Waits for `action` no longer than `limitMs`, by the clock that is given, even if the action ignores the signal it
 * gets: then it goes on unobserved, and what becomes of it is nobody's business any more.
 */
export async function within<T>(
  clock: Clock,
  limitMs: number,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<Within<T>> {
  const work = new AbortController();
  const timer = new AbortController();
  const timeout = clock.sleep(limitMs, timer.signal).then((): Within<T> => ({ kind: 'timeout' }));
  try {
    const done = action(work.signal).then((value): Within<T> => ({ kind: 'done', value }));
    return await Promise.race([done, timeout]);
  } finally {
    timer.abort();
    work.abort();
  }
}
