import type { TokenCredential } from '@azure/identity';
import { afterEach, describe, expect, it } from 'vitest';
import { createVaultKey, vaultSigner } from '../../src/cli/keyVault.ts';
import { isSignedBy } from '../../src/lib/signature.ts';
import { type FakeVault, fakeVault } from './vault.ts';

let vault: FakeVault | undefined;
const scopes: string[] = [];
const credential: TokenCredential = {
  async getToken(scope) {
    scopes.push(String(scope));
    return { token: 'operator', expiresOnTimestamp: Number.MAX_SAFE_INTEGER };
  },
};

async function started(curve?: string): Promise<FakeVault> {
  vault = await fakeVault(curve);
  return vault;
}

afterEach(async () => {
  await vault?.close();
  vault = undefined;
});

describe('a key in Azure Key Vault', () => {
  it('signs what its public half verifies, with the operator’s token, by its own version', async () => {
    const { url, asked } = await started();
    const id = `${url}/keys/signing`;
    const { public: made, kid } = await createVaultKey(id, credential);

    const signer = await vaultSigner(id, credential);
    for (let index = 0; index < 20; index++) {
      const bytes = Buffer.from(`version ${index}`);
      expect(isSignedBy(made, bytes, await signer.sign(bytes))).toBe(true);
    }

    expect(signer.public.id).toBe(made.id);
    expect(asked[0]?.what).toBe('POST /keys/signing/create');
    expect(asked.at(-1)).toEqual({ what: `POST ${new URL(kid).pathname}/sign`, token: 'operator' });
    expect(new Set(scopes)).toEqual(new Set(['https://vault.azure.net/.default']));
  });

  it('stays the one that was named when a newer version of it is made', async () => {
    const { url } = await started();
    const old = await createVaultKey(`${url}/keys/signing`, credential);
    const fresh = await createVaultKey(`${url}/keys/signing`, credential);

    expect((await vaultSigner(old.kid, credential)).public.id).toBe(old.public.id);
    expect((await vaultSigner(`${url}/keys/signing`, credential)).public.id).toBe(fresh.public.id);
  });

  it('gives no signature that does not fit', async () => {
    const place = await started();
    await createVaultKey(`${place.url}/keys/signing`, credential);
    const signer = await vaultSigner(`${place.url}/keys/signing`, credential);
    place.spoil = (signature) => Buffer.concat([signature.subarray(32), signature.subarray(0, 32)]);

    await expect(signer.sign(Buffer.from('x'))).rejects.toMatchObject({ kind: 'rejected' });
  });

  it('is refused when it is of another curve', async () => {
    const { url } = await started('P-384');

    await expect(createVaultKey(`${url}/keys/signing`, credential)).rejects.toThrow(
      'no key of the curve P-256',
    );
  });

  it.each([
    [401, 'denied'],
    [403, 'denied'],
    [404, 'config'],
    [400, 'rejected'],
    [429, 'unavailable'],
    [500, 'unavailable'],
  ])('says what the vault said with %i', async (status, kind) => {
    const place = await started();
    place.refuse = { status, body: '{"error":{"code":"X","message":"no permission keys/sign"}}' };

    const asked = vaultSigner(`${place.url}/keys/signing`, credential);

    await expect(asked).rejects.toMatchObject({ kind });
    await expect(asked).rejects.toThrow(`${status}: no permission keys/sign`);
  });

  it('says so when the vault answers what is no answer', async () => {
    const place = await started();
    place.refuse = { status: 200, body: '<html>proxy</html>' };

    await expect(vaultSigner(`${place.url}/keys/signing`, credential)).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  it.each([
    'https://vault.azure.net.example/keys/signing',
    'https://evil.example/keys/signing',
    'http://contoso.vault.azure.net/keys/signing',
    'https://contoso.vault.azure.net:8443/keys/signing',
    'https://contoso.vault.azure.net@evil.example/keys/signing',
    'https://user@contoso.vault.azure.net/keys/signing',
    'https://contoso.vault.azure.net/secrets/signing',
    'https://contoso.vault.azure.net/keys/a/b/c',
    'https://contoso.vault.azure.net/keys/',
    'contoso',
    '',
  ])('is not looked for at %j, and no token goes there', async (id) => {
    scopes.length = 0;

    await expect(vaultSigner(id, credential)).rejects.toMatchObject({ kind: 'config' });

    expect(scopes).toEqual([]);
  });
});
