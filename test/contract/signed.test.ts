import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { DesiredPush, DesiredState } from '../../src/lib/ports.ts';
import type { PublicSigner, Signer } from '../../src/lib/signature.ts';
import { desiredState } from '../../src/lib/storage/desired.ts';
import { newSigner } from '../support/signers.ts';
import { type Bench, places } from './bench.ts';

const KEY = 'require-mfa';

function push(changes: Partial<DesiredPush> = {}): DesiredPush {
  return {
    key: KEY,
    content: '{"displayName":"CA001"}',
    active: true,
    author: 'ann',
    message: '',
    pushedAt: '2026-11-24T08:24:13.123Z',
    baseHash: null,
    ...changes,
  };
}

describe.each(places)('signed versions $name', ({ start }) => {
  let place: Awaited<ReturnType<typeof start>>;
  let bench: Bench;
  const ours = newSigner('ed25519');
  const vaults = newSigner('es256');
  const foreign = newSigner('ed25519');
  const trusting = (...signers: readonly PublicSigner[]): DesiredState =>
    desiredState(bench.tenant, bench.raw('desired'), signers);
  const pushed = async (signer: Signer | null, changes: Partial<DesiredPush> = {}) => {
    const [version] = await trusting().push([push(changes)], signer);
    if (version === undefined) throw new Error('nothing was pushed');
    return version;
  };

  beforeAll(async () => {
    place = await start();
  });
  afterAll(() => place.stop());
  beforeEach(() => {
    bench = place.bench();
  });

  it('are believed when a known signer signed them, of either kind', async () => {
    const first = await pushed(ours);
    const second = await pushed(vaults, { baseHash: first.hash });

    const desired = trusting(ours.public, vaults.public);

    expect(await desired.heads()).toEqual({ versions: [second], damaged: [] });
    expect(await desired.version(KEY, 1)).toEqual(first);
    expect(await desired.history(KEY)).toEqual({ versions: [second, first], damaged: [] });
    expect(second.signed?.signer).toBe(vaults.public.id);
  });

  it.each([
    ['nobody', null, /it is not signed/],
    ['a stranger', foreign, /who is not in DESIRED_STATE_SIGNERS/],
  ])('are not believed when signed by %s, yet stay in the history', async (_, signer, problem) => {
    const version = await pushed(signer);

    const desired = trusting(ours.public);

    expect(await desired.heads()).toMatchObject({ versions: [], damaged: [{ key: KEY }] });
    expect((await desired.heads()).damaged[0]?.problem).toMatch(problem);
    expect(await desired.version(KEY, 1)).toBeUndefined();
    const { versions, damaged } = await desired.history(KEY);
    expect(versions).toEqual([version]);
    expect(damaged.map((row) => row.problem)).toEqual([expect.stringMatching(problem)]);
  });

  it.each([
    ['given another signature', { signature: newSigner().public.id }],
    ['stripped of its signature', { signature: undefined }],
    ['stripped of its signer', { signer: undefined }],
    ['said to be of another signer', { signer: vaults.public.id }],
    ['given a number for a signature', { signature: 7 }],
  ])('are not believed when %s', async (_, changes) => {
    await pushed(ours);
    await bench.edit('desired', `head|${KEY}`, changes);

    const { versions, damaged } = await trusting(ours.public, vaults.public).heads();

    expect(versions).toEqual([]);
    expect(damaged).toMatchObject([{ key: KEY }]);
  });

  it('do not pass with the signature of another version, key or tenant', async () => {
    const first = await pushed(ours);
    await pushed(ours, { key: 'other' });
    await pushed(ours, { baseHash: first.hash, content: '{"displayName":"CA666"}' });
    const elsewhere = desiredState('another tenant', bench.raw('desired'), []);
    const [stranger] = await elsewhere.push([push({ key: 'third' })], ours);
    const row = async (rowKey: string) => (await bench.raw('desired').read(rowKey))?.columns ?? {};
    const { signature } = await row(`version|${KEY}|0000000001`);
    const others = await row('head|other');

    await bench.edit('desired', `head|${KEY}`, { signature });
    await bench.edit('desired', 'head|other', { ...others, signature });

    const { versions, damaged } = await trusting(ours.public).heads();
    expect(stranger?.signed?.signer).toBe(ours.public.id);
    expect(versions).toEqual([]);
    expect(damaged.map(({ key }) => key).toSorted()).toEqual(['other', KEY, 'third'].toSorted());
  });

  it('vouch for the ones they were made on, whoever signed those', async () => {
    const first = await pushed(foreign);
    const second = await pushed(ours, { baseHash: first.hash });
    await pushed(null, { baseHash: second.hash });

    const { versions, damaged } = await trusting(ours.public).history(KEY);

    expect(versions.map(({ version }) => version)).toEqual([3, 2, 1]);
    expect(damaged.map(({ problem }) => problem)).toEqual([
      expect.stringMatching(/0000000003.*it is not signed/),
    ]);
  });

  it('are made anew on the newest one that is believed, past what was forged', async () => {
    const first = await pushed(ours);
    const forged = await pushed(null, { baseHash: first.hash, content: '{"displayName":"CA666"}' });
    const desired = trusting(ours.public);

    const onForged = desired.push([push({ baseHash: forged.hash })], ours);
    await expect(onForged).rejects.toThrow('cannot be believed');
    const [mended] = await desired.push([push({ baseHash: first.hash })], ours);

    expect(mended).toMatchObject({ version: 3, previousHash: first.hash });
    expect(await desired.heads()).toEqual({ versions: [mended], damaged: [] });
  });

  it('name a planted row after which there is no number left', async () => {
    await pushed(ours);
    await bench.edit('desired', `head|${KEY}`, { hash: 'f' });
    await bench.raw('desired').put({ rowKey: `version|${KEY}|9999999999`, columns: { planted: true } });
    const first = await trusting(ours.public).version(KEY, 1);

    const refused = trusting(ours.public).push([push({ baseHash: first?.hash ?? null })], ours);

    await expect(refused).rejects.toThrow(`"version|${KEY}|9999999999"`);
  });

  it('are not stored when the key cannot be used', async () => {
    const broken: Signer = {
      public: ours.public,
      sign: async () => {
        throw new Error('the vault is closed');
      },
    };

    await expect(trusting().push([push()], broken)).rejects.toThrow('the vault is closed');

    expect(await trusting().heads()).toEqual({ versions: [], damaged: [] });
    expect((await trusting().history(KEY)).versions).toEqual([]);
  });

  it('may begin a chain of their own, which the history shows', async () => {
    const first = await pushed(ours);

    const second = await pushed(ours, { baseHash: first.hash, beginsChain: true });

    expect(second).toMatchObject({ version: 2, previousHash: null });
    expect((await trusting().history(KEY)).damaged.map(({ problem }) => problem)).toEqual([
      'version 2 begins a chain of its own',
    ]);
  });
});
