import { fileURLToPath } from 'node:url';
import { type Host, type HostOptions, startHost } from '../../sandbox/host.ts';

export interface Line {
  readonly level: string;
  readonly name: string;
  readonly line: string;
}

export interface Hosting {
  readonly host: Host;
  readonly lines: Line[];
}

/** Starts a host on entry files of the folder `fixtures` and keeps what it logs. */
export async function hosting(
  entries: readonly string[],
  options: Partial<HostOptions> = {},
): Promise<Hosting> {
  const lines: Line[] = [];
  const host = await startHost({
    entries: entries.map(fixture),
    environment: {},
    log: (level, name, line) => void lines.push({ level, name, line }),
    ...options,
  });
  return { host, lines };
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`fixtures/${name}`, import.meta.url));
}

/** Waits until something is logged; the test's own time limit ends the waiting. */
export async function logged(lines: readonly Line[], text: string, times = 1): Promise<void> {
  while (lines.filter(({ line }) => line === text).length < times)
    await new Promise((resolve) => void setTimeout(resolve, 10));
}
