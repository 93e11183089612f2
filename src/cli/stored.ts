import { isKey } from '../lib/desired.ts';
import { Fault } from '../lib/fault.ts';
import type { DesiredRead, DesiredVersion, Ports } from '../lib/ports.ts';
import { mendWord } from '../lib/text.ts';

/** Every stored version of one key, newest first. @throws Fault `config` when nothing is stored under it */
export async function historyOf(key: string, desired: Ports['desired']): Promise<DesiredRead> {
  if (!isKey(key)) throw new Fault('config', `${JSON.stringify(key)} is no policy key`);
  const read = await desired.history(key);
  if (read.versions.length + read.damaged.length > 0) return read;
  const known = (await desired.heads()).versions.map((version) => version.key);
  throw new Fault(
    'config',
    `no version of "${key}" is stored; ${mendWord(key, known, '`caretaker status` lists every key')}`,
  );
}

/** @param text `key`, its newest version, or `key@version`. @throws Fault `config` when there is no such version */
export async function namedVersion(text: string, desired: Ports['desired']): Promise<DesiredVersion> {
  const [key = '', number] = text.split('@');
  const { versions } = await historyOf(key, desired);
  const found =
    number === undefined ? versions[0] : versions.find(({ version }) => String(version) === number);
  if (found === undefined)
    throw new Fault('config', `${text}: there is no such version that can be believed`);
  return found;
}
