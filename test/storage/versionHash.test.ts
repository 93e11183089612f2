import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionHash } from '../../src/lib/storage/versionHash.ts';

const TENANT = '11111111-2222-4333-8444-555555555555';
const VERSION = {
  key: 'require-mfa',
  version: 2,
  previousHash: null,
  active: true,
  author: 'ann',
  pushedAt: '2026-11-24T08:24:13.123Z',
  message: 'first',
  content: '{}',
};

describe('the hash of a version', () => {
  it('is this, for this: it must never change, or every stored version is taken for tampered', () => {
    expect(versionHash(TENANT, VERSION)).toBe(
      '8447ec2448ecbd9f2615767236a2312103f195d02916a78af92bb9f8ab103173',
    );
  });

  it('hangs on the tenant and on every member', () => {
    const others = { ...VERSION, key: 'b', version: 3, previousHash: 'x', active: false, author: 'bob' };
    const changes = Object.entries({ ...others, pushedAt: 'later', message: 'second', content: '[]' });
    const hashes = changes.map(([name, value]) => versionHash(TENANT, { ...VERSION, [name]: value }));
    hashes.push(versionHash(TENANT, VERSION), versionHash('another tenant', VERSION));

    expect(new Set(hashes).size).toBe(changes.length + 2);
  });

  it('tells apart where one text ends and the next begins', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string(), fc.nat(), (left, right, cut) => {
        const text = left + right;
        const at = cut % text.length;
        fc.pre(at !== left.length);
        const here = versionHash(TENANT, { ...VERSION, author: left, message: right });

        expect(
          versionHash(TENANT, { ...VERSION, author: text.slice(0, at), message: text.slice(at) }),
        ).not.toBe(here);
      }),
    );
  });
});
