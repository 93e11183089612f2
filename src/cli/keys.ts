import type { Command } from 'commander';
import { Fault } from '../lib/fault.ts';
import type { DesiredRead, DesiredVersion } from '../lib/ports.ts';
import { type PublicSigner, writeSigner } from '../lib/signature.ts';
import { plain } from '../lib/text.ts';
import { createVaultKey } from './keyVault.ts';
import { operatorSignIn } from './operator.ts';
import { createKeyFile, type KeyOptions, signerFor, signerIn, withKeyOptions } from './signing.ts';
import { headsOf, isAgreed, openStore, pushedBy, type StoreOptions, tellPushed } from './store.ts';
import { EXIT, type Terminal } from './terminal.ts';

const ROTATION = `
Rotation, at any time and without a pause:
  1. caretaker keys create new.pem
  2. add the line it prints to DESIRED_STATE_SIGNERS of the app, beside the old one
  3. caretaker keys rotate --key-file new.pem     (signs the newest version of every policy anew)
  4. after a run, remove the old line from DESIRED_STATE_SIGNERS`;

/** Adds `create`, `list` and `rotate` to `keys`. @param end takes the exit code */
export function describeKeys(keys: Command, terminal: Terminal, end: (code: number) => void): void {
  const json = ['--json', 'answer as JSON on standard output'] as const;
  keys.description('keys that sign versions of the desired state').addHelpText('after', ROTATION);
  keys
    .command('create')
    .description('make a key, in a file (Ed25519) or in Azure Key Vault (ES256), and print its public half')
    .argument('[file]', 'where to write the private key; never over a file that is there')
    .option('--key-vault-key <id>', 'make it there, in place of a file (https://…/keys/<name>)')
    .option(...json)
    .action(async (file: string | undefined, options) => end(await createCommand(file, options, terminal)));
  withKeyOptions(
    keys
      .command('list')
      .description('who may sign, and how many policies rest on each; with a key, its public half'),
  )
    .option(...json)
    .action(async (options) => end(await listCommand(options, terminal)));
  withKeyOptions(
    keys
      .command('rotate')
      .description('sign the newest version of every policy anew, as a new version with the same content')
      .addHelpText('after', ROTATION),
  )
    .option('-y, --yes', 'do not ask')
    .option('-m, --message <text>', 'why; kept with the versions', 'signed with another key')
    .option('--author <name>', 'who; the signed-in user of this machine unless given')
    .option(...json)
    .action(async (options) => end(await rotateCommand(options, terminal)));
}

interface JsonOption {
  readonly json?: boolean;
}

async function createCommand(
  file: string | undefined,
  { keyVaultKey, json }: KeyOptions & JsonOption,
  terminal: Terminal,
): Promise<number> {
  if ((file === undefined) === (keyVaultKey === undefined))
    throw new Fault('config', 'say where the key shall be: a file, or --key-vault-key');
  const made =
    keyVaultKey === undefined
      ? { public: await createKeyFile(file ?? '', terminal), kid: null }
      : await createVaultKey(keyVaultKey, operatorSignIn(terminal));
  const line = writeSigner(made.public);
  const told = { id: made.public.id, algorithm: made.public.algorithm, public: line, file: file ?? null };
  if (json === true) terminal.out(`${JSON.stringify({ ...told, kid: made.kid })}\n`);
  else terminal.out(`Made ${made.kid ?? file}. For DESIRED_STATE_SIGNERS:\n${line}\n`);
  return EXIT.done;
}

async function listCommand(options: KeyOptions & JsonOption, terminal: Terminal): Promise<number> {
  const given = await signerIn(options, terminal);
  if (given !== null) {
    const line = writeSigner(given.public);
    const { id, algorithm } = given.public;
    terminal.out(
      options.json === true ? `${JSON.stringify({ id, algorithm, public: line })}\n` : `${line}\n`,
    );
    return EXIT.done;
  }
  const { desired, app } = openStore(terminal);
  const { signers } = app.settings;
  const { versions, damaged } = await desired.heads();
  const rows = signers.map((signer) => ({ signer, keys: keysOf(versions, signer) }));
  const others = versions.filter(
    ({ signed }) => signed === null || !signers.some(({ id }) => id === signed.signer),
  );
  if (options.json === true) {
    terminal.out(
      `${JSON.stringify({
        signers: rows.map(({ signer, keys }) => ({
          id: signer.id,
          algorithm: signer.algorithm,
          public: writeSigner(signer),
          policies: keys,
        })),
        others: others.map(({ key, version, signed }) => ({ key, version, signer: signed?.signer ?? null })),
        problems: damaged.map(({ problem }) => problem),
      })}\n`,
    );
  } else {
    terminal.out(
      `${[...rows.flatMap(renderSigner), ...others.map(renderOther), ...renderTrust(signers, damaged)].map(plain).join('\n')}\n`,
    );
  }
  return damaged.length === 0 ? EXIT.done : EXIT.failed;
}

function keysOf(versions: readonly DesiredVersion[], { id }: PublicSigner): readonly string[] {
  return versions.filter(({ signed }) => signed?.signer === id).map(({ key }) => key);
}

function renderSigner({ signer, keys }: { signer: PublicSigner; keys: readonly string[] }): string[] {
  const rest =
    keys.length === 0 ? 'no policy rests on it' : `${keys.length} policies rest on it: ${keys.join(', ')}`;
  return [writeSigner(signer), `    ${signer.id}; ${rest}`];
}

function renderOther({ key, version, signed }: DesiredVersion): string {
  return `${key} ${version} is ${signed === null ? 'not signed' : `signed by ${signed.signer}`}`;
}

function renderTrust(signers: readonly PublicSigner[], damaged: DesiredRead['damaged']): string[] {
  const open = 'DESIRED_STATE_SIGNERS is not set here: versions are believed whoever wrote them';
  return [...(signers.length === 0 ? [open] : []), ...damaged.map(({ problem }) => `! ${problem}`)];
}

async function rotateCommand(options: StoreOptions & KeyOptions, terminal: Terminal): Promise<number> {
  const store = openStore(terminal);
  const { versions, damaged } = await headsOf(store, terminal);
  const signer = await signerFor(options, store.app.settings.signers, [], terminal);
  if (signer === null)
    throw new Fault('config', 'say which key shall sign, with --key-file or --key-vault-key');
  // Without knowing who is believed, a forgery would be signed like everything else.
  if (store.app.settings.signers.length === 0 && versions.some(({ signed }) => signed !== null))
    throw new Fault(
      'config',
      'versions are signed already, and nobody can tell here by whom: set DESIRED_STATE_SIGNERS as the app has it',
    );
  const old = versions.filter(({ signed }) => signed?.signer !== signer.public.id);
  const shown = [
    ...old.map(renderOther),
    ...renderTrust(store.app.settings.signers, []),
    // What nobody known has signed is not made believable here.
    ...damaged.map(({ problem }) => `! left alone: ${problem}`),
  ];
  if (options.json !== true && shown.length > 0) terminal.out(`${shown.map(plain).join('\n')}\n`);
  const isToDo = old.length > 0;
  if (isToDo && !(await isAgreed(`Sign ${old.length} policies with ${signer.public.id}?`, options, terminal)))
    return EXIT.failed;
  const items = old.map(({ key, content, active, hash }) => ({
    key,
    content,
    active,
    baseHash: hash,
    ...pushedBy(options, store, terminal),
  }));
  const pushed = isToDo ? await store.desired.push(items, signer) : [];
  const problems = damaged.map(({ problem }) => problem);
  if (options.json === true) {
    const listed = pushed.map(({ key, version, hash }) => ({ key, version, hash, signer: signer.public.id }));
    terminal.out(`${JSON.stringify({ pushed: listed, problems })}\n`);
  } else {
    terminal.out(pushed.length === 0 ? 'Nothing to do.\n' : tellPushed(pushed));
  }
  return problems.length === 0 ? EXIT.done : EXIT.failed;
}
