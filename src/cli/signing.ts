import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { readFile, stat, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { Option } from 'commander';
import { Fault } from '../lib/fault.ts';
import type { DesiredVersion } from '../lib/ports.ts';
import { type PublicSigner, type Signer, signerOf, writeSigner } from '../lib/signature.ts';
import { vaultSigner } from './keyVault.ts';
import { operatorSignIn } from './operator.ts';
import type { Terminal } from './terminal.ts';

/** Which key signs; at most one of the two. */
export interface KeyOptions {
  readonly keyFile?: string;
  readonly keyVaultKey?: string;
}

/** Encrypts key files, where it is set. */
const PASSPHRASE = 'CARETAKER_KEY_PASSPHRASE';

export function withKeyOptions(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--key-file <path>',
        `sign with this Ed25519 key (its passphrase in ${PASSPHRASE})`,
      ).conflicts('keyVaultKey'),
    )
    .option('--key-vault-key <id>', 'sign with this key of Azure Key Vault (https://…/keys/<name>)');
}

/** @returns null when no key is given */
export async function signerIn(
  { keyFile, keyVaultKey }: KeyOptions,
  terminal: Terminal,
): Promise<Signer | null> {
  if (keyVaultKey !== undefined) return vaultSigner(keyVaultKey, operatorSignIn(terminal));
  return keyFile === undefined ? null : fileSigner(keyFile, terminal);
}

/**
 * The signer of new versions, checked against what the app will ask for.
 *
 * @param trusted who may sign, as far as the settings here say
 * @param heads versions the new ones take the place of
 * @throws Fault `config` when what would be pushed would not be believed
 */
export async function signerFor(
  options: KeyOptions,
  trusted: readonly PublicSigner[],
  heads: readonly DesiredVersion[],
  terminal: Terminal,
): Promise<Signer | null> {
  const signer = await signerIn(options, terminal);
  if (signer === null && trusted.length > 0)
    throw new Fault('config', 'DESIRED_STATE_SIGNERS is set, so say --key-file or --key-vault-key');
  const before = heads.find(({ signed }) => signed !== null);
  if (signer === null && before !== undefined) {
    throw new Fault(
      'config',
      `version ${before.version} of ${before.key} is signed, so say --key-file or --key-vault-key`,
    );
  }
  if (signer !== null && trusted.length > 0 && !isAmong(trusted, signer.public)) {
    throw new Fault(
      'config',
      `this key is not in DESIRED_STATE_SIGNERS, so nothing it signs is believed; add ${writeSigner(signer.public)}`,
    );
  }
  return signer;
}

export function isAmong(signers: readonly PublicSigner[], { id }: PublicSigner): boolean {
  return signers.some((one) => one.id === id);
}

async function fileSigner(path: string, terminal: Terminal): Promise<Signer> {
  const pem = await readFile(path, 'utf8').catch((error: Error) => {
    throw new Fault('config', `${path} cannot be read: ${error.message}`, {}, error);
  });
  const { mode } = await stat(path);
  if (process.platform !== 'win32' && (mode & 0o077) !== 0)
    terminal.err(`${path} can be read by others on this machine: chmod 600 it\n`);
  const key = privateKey(pem, path, terminal.environment[PASSPHRASE]);
  return { public: publicOf(key, path), sign: async (bytes) => sign(null, bytes, key).toString('base64url') };
}

function privateKey(pem: string, path: string, passphrase: string | undefined): KeyObject {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === undefined ? {} : { passphrase }) });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    throw new Fault(
      'config',
      `${path} holds no private key in PEM form, or ${PASSPHRASE} is not its passphrase`,
      {},
      error,
    );
  }
}

function publicOf(key: KeyObject, path: string): PublicSigner {
  // Of other keys not all can be written as a JWK.
  const isOurs = key.asymmetricKeyType === 'ed25519';
  const found = isOurs ? signerOf(createPublicKey(key).export({ format: 'jwk' })) : undefined;
  if (found === undefined)
    throw new Fault('config', `${path} holds no Ed25519 key; make one with \`caretaker keys create\``);
  return found;
}

/** Makes an Ed25519 key in a file only its owner can read. @throws Fault `config` when the file is there already */
export async function createKeyFile(path: string, { environment }: Terminal): Promise<PublicSigner> {
  const { privateKey: key } = generateKeyPairSync('ed25519');
  const passphrase = environment[PASSPHRASE];
  const pem = key.export({
    type: 'pkcs8',
    format: 'pem',
    ...(passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }),
  });
  await writeFile(path, pem, { flag: 'wx', mode: 0o600 }).catch((error: Error) => {
    throw new Fault('config', `${path} cannot be written: ${error.message}`, {}, error);
  });
  return publicOf(key, path);
}
