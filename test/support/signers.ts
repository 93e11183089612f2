import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import { type PublicSigner, type Signer, signerOf } from '../../src/lib/signature.ts';

/** A signer with a fresh key in this process. */
export function newSigner(algorithm: PublicSigner['algorithm'] = 'ed25519'): Signer {
  const { publicKey, privateKey } =
    algorithm === 'ed25519'
      ? generateKeyPairSync('ed25519')
      : generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    public: publicSigner(publicKey),
    sign: async (bytes) => signatureOf(algorithm, privateKey, bytes).toString('base64url'),
  };
}

export function publicSigner(key: KeyObject): PublicSigner {
  const signer = signerOf(key.export({ format: 'jwk' }));
  if (signer === undefined) throw new Error('this is no key for signing');
  return signer;
}

function signatureOf(algorithm: PublicSigner['algorithm'], key: KeyObject, bytes: Buffer): Buffer {
  return algorithm === 'ed25519'
    ? sign(null, bytes, key)
    : sign('sha256', bytes, { key, dsaEncoding: 'ieee-p1363' });
}
