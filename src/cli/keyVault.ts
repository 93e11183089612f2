import { createHash, type JsonWebKey } from 'node:crypto';
import type { TokenCredential } from '@azure/identity';
import { Fault } from '../lib/fault.ts';
import { isSignedBy, type PublicSigner, type Signer, signerOf } from '../lib/signature.ts';
import { type AzureService, askAzure } from './azure.ts';

/** Where vaults are, in every cloud. The operator's token goes to no other host but this machine's own. */
const DOMAINS: readonly string[] = [
  'vault.azure.net',
  'vault.azure.cn',
  'vault.usgovcloudapi.net',
  'managedhsm.azure.net',
  'managedhsm.azure.cn',
  'managedhsm.usgovcloudapi.net',
];
const API_VERSION = '7.4';

/** A key in a vault, as its identifier names it. */
interface KeyId extends AzureService {
  readonly name: string;
  /** null: the newest. */
  readonly version: string | null;
}

/** The public half of a vault's key, with the identifier of this very version of it. */
export interface VaultKey {
  readonly public: PublicSigner;
  readonly kid: string;
}

/**
 * Signs with a P-256 key in Azure Key Vault, which the vault never gives away. Each signature is checked here before it
 * is used: a version nobody can verify would stop every later one.
 *
 * Source: Microsoft's REST reference, Key Vault "Get Key" and "Sign".
 *
 * @param id `https://<vault>.vault.azure.net/keys/<name>`, with or without a version
 * @throws Fault `config` for an identifier that is none, or a key that is not of P-256
 */
export async function vaultSigner(id: string, credential: TokenCredential): Promise<Signer> {
  const keyId = readKeyId(id);
  const key = vaultKey(await askAzure(keyId, credential, 'GET', pathOf(keyId)), id);
  const exact = readKeyId(key.kid);
  return {
    public: key.public,
    async sign(bytes) {
      const value = createHash('sha256').update(bytes).digest('base64url');
      const answer = await askAzure(exact, credential, 'POST', pathOf(exact, '/sign'), {
        alg: 'ES256',
        value,
      });
      const signature = String(answer.value);
      if (!isSignedBy(key.public, bytes, signature))
        throw new Fault('rejected', `${key.kid} gave a signature that does not fit its own public key`);
      return signature;
    },
  };
}

/** Makes a P-256 key in a vault; under a name that is taken, a further version of it. */
export async function createVaultKey(id: string, credential: TokenCredential): Promise<VaultKey> {
  const keyId = readKeyId(id);
  if (keyId.version !== null)
    throw new Fault('config', `${id} names a version; a new key gets one of its own`);
  const wanted = {
    kty: keyId.scope.includes('managedhsm') ? 'EC-HSM' : 'EC',
    crv: 'P-256',
    key_ops: ['sign', 'verify'],
  };
  return vaultKey(await askAzure(keyId, credential, 'POST', pathOf(keyId, '/create'), wanted), id);
}

function readKeyId(id: string): KeyId {
  const url = URL.parse(id);
  const [first, name, version = null, ...more] = url?.pathname.split('/').slice(1) ?? [];
  const domain = url?.hostname.split('.').slice(1).join('.') ?? '';
  const isVault = url?.protocol === 'https:' && url.port === '' && DOMAINS.includes(domain);
  const isHere = url?.protocol === 'http:' && (url.hostname === 'localhost' || url.hostname === '127.0.0.1');
  const isKey = first === 'keys' && /^[A-Za-z0-9-]+$/.test(name ?? '') && more.length === 0;
  if (url === null || !(isVault || isHere) || !isKey || url.username !== '') {
    throw new Fault(
      'config',
      `a key of Azure Key Vault is named like https://<vault>.vault.azure.net/keys/<name>, not "${id.slice(0, 200)}"`,
    );
  }
  const scope = `https://${isVault ? domain : DOMAINS[0]}/.default`;
  return { origin: url.origin, name: name ?? '', version: version === '' ? null : version, scope };
}

function pathOf({ name, version }: KeyId, operation = ''): string {
  const key = version === null ? `/keys/${name}` : `/keys/${name}/${version}`;
  return `${key}${operation}?api-version=${API_VERSION}`;
}

function vaultKey({ key }: Readonly<Record<string, unknown>>, id: string): VaultKey {
  const jwk = (key ?? {}) as JsonWebKey;
  // A vault says EC-HSM of a key it keeps in hardware; the curve is the same.
  const found = signerOf({ ...jwk, ...(jwk.kty === 'EC-HSM' ? { kty: 'EC' } : {}) });
  if (found?.algorithm !== 'es256' || typeof jwk.kid !== 'string')
    throw new Fault('config', `${id} is no key of the curve P-256, which ES256 takes`);
  return { public: found, kid: jwk.kid };
}
