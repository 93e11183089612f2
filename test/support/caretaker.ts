import { main } from '../../src/cli/main.ts';
import type { Terminal } from '../../src/cli/terminal.ts';

/** What a command ended with and said. */
export interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line where nobody can be asked, unless `change` says otherwise. */
export async function caretakerIn(change: Partial<Terminal>, words: readonly string[]): Promise<Told> {
  let [out, err] = ['', ''];
  const code = await main(words, {
    out: (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    ask: async () => undefined,
    confirm: async () => undefined,
    environment: {},
    user: 'test',
    command: 'caretaker',
    world: {},
    ...change,
  });
  return { code, out, err };
}
