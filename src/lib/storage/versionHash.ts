import type { TenantId } from '../policy/model.ts';
import type { DesiredVersion } from '../ports.ts';
import { sha256 } from './documents.ts';

/**
 * Names one version of one policy in one tenant, with its place in the chain. An array in JSON leaves no doubt where one
 * member ends and the next begins, so no two versions share an encoding.
 *
 * @returns SHA-256, lower-case hex
 */
export function versionHash(tenant: TenantId, version: Omit<DesiredVersion, 'hash'>): string {
  const { key, previousHash, active, author, pushedAt, message, content } = version;
  return sha256(
    JSON.stringify([
      tenant,
      key,
      version.version,
      previousHash,
      active,
      author,
      pushedAt,
      message,
      sha256(content),
    ]),
  );
}
