import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isSignedBy, readSigner, signerOf, writeSigner } from '../src/lib/signature.ts';
import { newSigner } from './support/signers.ts';

const ALGORITHMS = ['ed25519', 'es256'] as const;

describe.each(ALGORITHMS)('a signature of %s', (algorithm) => {
  const signer = newSigner(algorithm);
  const bytes = Buffer.from('what is signed');

  it('is believed of the key that made it, and of no other', async () => {
    const signature = await signer.sign(bytes);

    expect(isSignedBy(signer.public, bytes, signature)).toBe(true);
    for (const other of ALGORITHMS) expect(isSignedBy(newSigner(other).public, bytes, signature)).toBe(false);
  });

  it('is believed of the key as it comes back from a setting', async () => {
    const again = readSigner(writeSigner(signer.public));

    expect(again?.id).toBe(signer.public.id);
    expect(again !== undefined && isSignedBy(again, bytes, await signer.sign(bytes))).toBe(true);
  });

  it('is never believed after any bit of it, or of what it signs, was turned', async () => {
    const signature = await signer.sign(bytes);
    const turned = (from: Buffer, at: number): Buffer => {
      const changed = Buffer.from(from);
      changed[at >> 3] = (changed[at >> 3] ?? 0) ^ (1 << (at & 7));
      return changed;
    };

    for (let bit = 0; bit < 512; bit++) {
      const forged = turned(Buffer.from(signature, 'base64url'), bit).toString('base64url');
      expect(isSignedBy(signer.public, bytes, forged)).toBe(false);
    }
    for (let bit = 0; bit < bytes.length * 8; bit++)
      expect(isSignedBy(signer.public, turned(bytes, bit), signature)).toBe(false);
  });

  it('is never believed in another spelling', async () => {
    const signature = await signer.sign(bytes);
    const spellings = [
      `${signature}=`,
      `${signature}==`,
      ` ${signature}`,
      `${signature}\n`,
      signature.slice(1),
    ];
    // The last character carries four bits that mean nothing.
    const last = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const others = [...last]
      .filter((one) => one !== signature.at(-1))
      .map((one) => signature.slice(0, -1) + one);

    for (const spelling of [...spellings, ...others])
      expect(isSignedBy(signer.public, bytes, spelling)).toBe(false);
  });

  it('never throws, whatever it is said to be', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc
            .uint8Array({ minLength: 0, maxLength: 130 })
            .map((raw) => Buffer.from(raw).toString('base64url')),
          fc
            .uint8Array({ minLength: 64, maxLength: 64 })
            .map((raw) => Buffer.from(raw).toString('base64url')),
        ),
        (garbage) => !isSignedBy(signer.public, bytes, garbage),
      ),
      { examples: [[Buffer.alloc(64).toString('base64url')], [Buffer.alloc(64, 255).toString('base64url')]] },
    );
  });
});

describe('a public key in the settings', () => {
  it('has the thumbprint of RFC 8037, appendix A.3', () => {
    const key = readSigner('ed25519:11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo');

    expect(key?.id).toBe('kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k');
  });

  it('is none when it is anything else, and reading it never throws', () => {
    fc.assert(
      fc.property(
        fc.tuple(
          fc.constantFrom('', 'ed25519:', 'es256:', 'es256:BA', 'rsa:'),
          fc.string({ unit: 'binary' }),
        ),
        ([start, rest]) => {
          const read = readSigner(start + rest);
          return read === undefined || writeSigner(read) === start + rest;
        },
      ),
    );
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 64, maxLength: 64 }), (point) => {
        const line = `es256:${Buffer.concat([Buffer.of(4), point]).toString('base64url')}`;
        const read = readSigner(line);
        return read === undefined || writeSigner(read) === line;
      }),
    );
  });

  it('is none when anybody could sign for it', () => {
    const prime = 2n ** 255n - 19n;
    // Of order 1, 2 and 4, with either sign, and the first ones written with the prime added.
    const ys = [0n, 1n, prime - 1n, prime, prime + 1n];
    for (const y of ys) {
      for (const sign of [0n, 1n]) {
        const hex = (y | (sign << 255n)).toString(16).padStart(64, '0');
        const encoded = Buffer.from(hex, 'hex').reverse().toString('base64url');
        expect(readSigner(`ed25519:${encoded}`)).toBeUndefined();
      }
    }
  });

  it('is none of a kind that is not on the list', () => {
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey;
    const p384 = generateKeyPairSync('ec', { namedCurve: 'P-384' }).publicKey;
    const x25519 = generateKeyPairSync('x25519').publicKey;

    for (const key of [rsa, p384, x25519]) expect(signerOf(key.export({ format: 'jwk' }))).toBeUndefined();
  });
});
