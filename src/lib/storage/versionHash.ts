import type { TenantId } from '../policy/model.ts';
import type { DesiredVersion } from '../ports.ts';
import { sha256 } from './documents.ts';

/** What a version says, apart from what is made of it. */
export type VersionFacts = Omit<DesiredVersion, 'hash' | 'signed'>;

/** Keeps a signature of ours from being taken for one of anything else, and other signatures from passing for ours. */
const DOMAIN = 'caretaker desired-state version 1\n';

/**
 * Names one version of one policy in one tenant, with its place in the chain.
 *
 * @returns SHA-256, lower-case hex
 */
export function versionHash(tenant: TenantId, version: VersionFacts): string {
  return sha256(versionText(tenant, version));
}

/** What a signer signs: tenant, key, number, previous hash, content, and all the rest of the version. */
export function signedBytes(tenant: TenantId, version: VersionFacts): Buffer {
  return Buffer.from(DOMAIN + versionText(tenant, version), 'utf8');
}

/** An array in JSON leaves no doubt where one member ends and the next begins, so no two versions share an encoding. */
function versionText(tenant: TenantId, version: VersionFacts): string {
  const { key, previousHash, active, author, pushedAt, message, content } = version;
  return JSON.stringify([
    tenant,
    key,
    version.version,
    previousHash,
    active,
    author,
    pushedAt,
    message,
    sha256(content),
  ]);
}
