import type { DesiredVersion } from './ports.ts';

/** The newest version of a key that a run has seen and found whole. */
export interface Seen {
  readonly version: number;
  /** undefined: it was noted by its number alone. */
  readonly hash: string | undefined;
}

/** Nothing of the key has been seen yet. */
export const UNSEEN: Seen = { version: 0, hash: undefined };

/** How a head stands to what was seen before. */
export type Standing =
  /** It is what was seen, or was made right on it. */
  | { readonly kind: 'continues' }
  /** Versions lie between; only the history can tell. */
  | { readonly kind: 'jumps' }
  | { readonly kind: 'broken'; readonly problem: string };

/** Judges a head by itself: on most runs nothing is new, and nothing need be read. */
export function standingOf(head: DesiredVersion, seen: Seen): Standing {
  const { version, hash, previousHash } = head;
  if (version < seen.version) {
    return {
      kind: 'broken',
      problem: `the newest row is version ${version}, yet version ${seen.version} was seen before: the desired state was rolled back outside \`caretaker\``,
    };
  }
  if (version === seen.version) {
    const isSame = seen.hash === undefined || seen.hash === hash;
    return isSame
      ? { kind: 'continues' }
      : {
          kind: 'broken',
          problem: `it is not the version ${version} that was seen before: it was replaced outside \`caretaker\``,
        };
  }
  return isLink(previousHash, seen) ? { kind: 'continues' } : { kind: 'jumps' };
}

/**
 * Follows the links from a head down to what was seen, or to a version that begins a chain.
 *
 * @param versions of the key, those whose hash fits; who signed them does not matter, since the hash in a signed
 *   version vouches for the one before
 * @returns what is wrong, undefined when no link is missing
 */
export function brokenLink(
  head: DesiredVersion,
  seen: Seen,
  versions: readonly DesiredVersion[],
): string | undefined {
  const byHash = new Map(versions.map((version) => [version.hash, version]));
  let at = head;
  while (!isLink(at.previousHash, seen)) {
    // A version is made on an earlier one, so this ends.
    const before = byHash.get(at.previousHash ?? '');
    if (before === undefined || before.version >= at.version)
      return `the version that version ${at.version} was made on is missing from the history, or cannot be believed`;
    at = before;
  }
  return undefined;
}

/** A version made on none begins a chain: the first one, or one whose signer gave up the links before it. */
function isLink(previousHash: string | null, seen: Seen): boolean {
  return previousHash === null || previousHash === seen.hash;
}
