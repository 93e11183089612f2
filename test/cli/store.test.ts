import { describe, expect, it } from 'vitest';
import { headsOf, type Store } from '../../src/cli/store.ts';
import type { Terminal } from '../../src/cli/terminal.ts';
import { Fault, type FaultKind } from '../../src/lib/fault.ts';
import { article, world } from '../support/world.ts';

const KEY = 'require-mfa';

/** The tables of a world in which a version was pushed and seen, to somebody whom the table `bindings` answers like this. */
async function storeRefusing(kind: FaultKind): Promise<Store> {
  const made = await world();
  await made.push({ [KEY]: article() });
  await made.run();
  const { desired, clock } = made.ports();
  const refuse = async (): Promise<never> => {
    throw new Fault(kind, 'table "bindings": no');
  };
  return { desired, clock, bindings: { all: refuse, put: refuse } } as unknown as Store;
}

function listening(): { terminal: Terminal; heard: string[] } {
  const heard: string[] = [];
  return { heard, terminal: { err: (text: string) => void heard.push(text) } as unknown as Terminal };
}

describe('somebody who may not read what runs have seen', () => {
  it('goes by the versions alone, and is told so', async () => {
    const { terminal, heard } = listening();

    const heads = await headsOf(await storeRefusing('denied'), terminal);

    expect(heads.versions.map(({ key }) => key)).toEqual([KEY]);
    expect(heads.seen(KEY)).toBe(0);
    expect(heard.join()).toContain('is not noticed here: table "bindings": no');
  });

  it('is not meant where the table only did not answer', async () => {
    const { terminal } = listening();

    await expect(headsOf(await storeRefusing('unavailable'), terminal)).rejects.toThrow('bindings');
  });
});
