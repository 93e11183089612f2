import { createHash, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto';

/**
 * - `ed25519`: pure Ed25519 (RFC 8032), for a key in a file
 * - `es256`: ECDSA over P-256 with SHA-256 (RFC 7518, 3.4), which Azure Key Vault offers
 */
export type Algorithm = 'ed25519' | 'es256';

/** The public half of a key that may sign versions of the desired state. */
export interface PublicSigner {
  /** RFC 7638 thumbprint of the key, base64url: the same wherever the key is kept. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly key: KeyObject;
}

/** Whoever can sign at the moment. The private half is behind it, and may be where nobody can read it. */
export interface Signer {
  readonly public: PublicSigner;
  /** @returns base64url of the 64 bytes of the signature. @throws Fault when the key cannot be used */
  sign(bytes: Buffer): Promise<string>;
}

const SIGNATURE_BYTES = 64;
const COORDINATE_BYTES = 32;
/** Marks a point that is written whole, with both coordinates (SEC 1, 2.3.3). */
const UNCOMPRESSED = 4;

/**
 * Every encoding of the eight Ed25519 points of small order, sign bit off. For such a key, anybody can make a signature
 * that fits: a placeholder of zeros would be an open door.
 */
const SMALL_ORDER: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
]);

/**
 * Reads a public key as it stands in `DESIRED_STATE_SIGNERS`: `ed25519:` and its 32 bytes, or `es256:` and its
 * uncompressed point of 65 bytes, in base64url.
 *
 * @returns undefined when this is no key, or one of small order
 */
export function readSigner(text: string): PublicSigner | undefined {
  const [algorithm, encoded = '', ...more] = text.split(':');
  const bytes = fromBase64url(encoded);
  if (more.length > 0 || bytes === undefined) return undefined;
  if (algorithm === 'ed25519') {
    if (bytes.length !== COORDINATE_BYTES || isSmallOrder(bytes)) return undefined;
    return signerOf({ kty: 'OKP', crv: 'Ed25519', x: encoded });
  }
  if (algorithm !== 'es256' || bytes.length !== 1 + 2 * COORDINATE_BYTES || bytes[0] !== UNCOMPRESSED)
    return undefined;
  const x = bytes.subarray(1, 1 + COORDINATE_BYTES).toString('base64url');
  const y = bytes.subarray(1 + COORDINATE_BYTES).toString('base64url');
  return signerOf({ kty: 'EC', crv: 'P-256', x, y });
}

/** @param jwk of an Ed25519 or P-256 key; what else it holds is ignored. @returns undefined when it is neither */
export function signerOf({ kty, crv, x, y }: JsonWebKey): PublicSigner | undefined {
  if (typeof x !== 'string') return undefined;
  if (kty === 'OKP' && crv === 'Ed25519') return made('ed25519', { crv, kty, x });
  if (kty === 'EC' && crv === 'P-256' && typeof y === 'string') return made('es256', { crv, kty, x, y });
  return undefined;
}

/** @param required the members RFC 7638 names, in its order */
function made(algorithm: Algorithm, required: JsonWebKey): PublicSigner | undefined {
  try {
    const key = createPublicKey({ key: required, format: 'jwk' });
    return { id: createHash('sha256').update(JSON.stringify(required)).digest('base64url'), algorithm, key };
  } catch (error) {
    // What is no point of the curve is refused in several ways.
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

function isSmallOrder(point: Buffer): boolean {
  const unsigned = Buffer.from(point);
  unsigned[COORDINATE_BYTES - 1] = (unsigned[COORDINATE_BYTES - 1] ?? 0) & 0x7f;
  return SMALL_ORDER.has(unsigned.toString('hex'));
}

/** The inverse of `readSigner`: a line for `DESIRED_STATE_SIGNERS`. */
export function writeSigner({ algorithm, key }: PublicSigner): string {
  const { x = '', y = '' } = key.export({ format: 'jwk' });
  if (algorithm === 'ed25519') return `ed25519:${x}`;
  const point = [Buffer.of(UNCOMPRESSED), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')];
  return `es256:${Buffer.concat(point).toString('base64url')}`;
}

/** Whether this key made this signature of these bytes. Never throws, whatever it is given. */
export function isSignedBy({ algorithm, key }: PublicSigner, bytes: Buffer, signature: string): boolean {
  const raw = fromBase64url(signature);
  if (raw?.length !== SIGNATURE_BYTES) return false;
  switch (algorithm) {
    case 'ed25519':
      return verify(null, bytes, key, raw);
    case 'es256':
      return verify('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' }, raw);
  }
}

/** Node overlooks what is not base64url; a text that was edited must not pass for the one that was written. */
function fromBase64url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}
