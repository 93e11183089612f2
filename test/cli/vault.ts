import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Key Vault's data plane as far as signing needs it, on a loopback socket, with real keys. */
export interface FakeVault {
  readonly url: string;
  /** Method and path of every request, and the token it came with. */
  readonly asked: { readonly what: string; readonly token: string }[];
  /** What the next signature is put through before it is answered. */
  spoil: (signature: Buffer) => Buffer;
  /** Answers every request like this, until it is undefined again. */
  refuse: { readonly status: number; readonly body: string } | undefined;
  close(): Promise<void>;
}

interface KeyVersion {
  readonly kid: string;
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

/** @param curve of the keys it makes, whatever it is asked for */
export async function fakeVault(curve = 'P-256'): Promise<FakeVault> {
  const keys = new Map<string, KeyVersion[]>();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const vault: FakeVault = {
    url,
    asked: [],
    spoil: (signature) => signature,
    refuse: undefined,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', url);
    vault.asked.push({
      what: `${request.method} ${pathname}`,
      token: String(request.headers.authorization).replace('Bearer ', ''),
    });
    const body = JSON.parse((await text(request)) || '{}') as Record<string, string>;
    const say = (status: number, value: unknown): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof value === 'string' ? value : JSON.stringify(value));
    };
    if (vault.refuse !== undefined) return say(vault.refuse.status, vault.refuse.body);
    if (searchParams.get('api-version') !== '7.4') return say(400, error('BadParameter', 'api-version'));
    const [, , name = '', ...rest] = pathname.split('/');
    const verb = ['create', 'sign'].includes(rest.at(-1) ?? '') ? rest.pop() : undefined;
    if (request.method === 'POST' && verb === 'create') return say(200, bundle(created(name)));
    const versions = keys.get(name) ?? [];
    const key =
      rest[0] === undefined ? versions.at(-1) : versions.find(({ kid }) => kid.endsWith(`/${rest[0]}`));
    if (key === undefined)
      return say(404, error('KeyNotFound', `A key with (name/id) ${name} was not found.`));
    if (request.method === 'GET') return say(200, bundle(key));
    const digest = Buffer.from(body.value ?? '', 'base64url');
    if (body.alg !== 'ES256' || digest.length !== 32) return say(400, error('BadParameter', 'alg or value'));
    say(200, { kid: key.kid, value: vault.spoil(signDigest(key.privateKey, digest)).toString('base64url') });
  }

  function created(name: string): KeyVersion {
    const versions = keys.get(name) ?? [];
    const kid = `${url}/keys/${name}/${String(versions.length + 1).padStart(32, '0')}`;
    const made = { kid, ...generateKeyPairSync('ec', { namedCurve: curve }) };
    keys.set(name, [...versions, made]);
    return made;
  }

  return vault;
}

function bundle({ kid, publicKey }: KeyVersion): unknown {
  return { key: { kid, key_ops: ['sign', 'verify'], ...publicKey.export({ format: 'jwk' }) } };
}

function error(code: string, message: string): unknown {
  return { error: { code, message } };
}

async function text(request: IncomingMessage): Promise<string> {
  let whole = '';
  for await (const chunk of request) whole += String(chunk);
  return whole;
}

/** Node signs no digest it has not made itself with `sign`, so the curve's arithmetic is done here: s = (z + r d) / k. */
function signDigest(key: KeyObject, digest: Buffer): Buffer {
  const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
  const secret = numberOf(Buffer.from(String(key.export({ format: 'jwk' }).d), 'base64url'));
  const nonce = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  const r = numberOf(Buffer.from(String(nonce.x), 'base64url')) % order;
  const k = numberOf(Buffer.from(String(nonce.d), 'base64url'));
  const s = (power(k, order - 2n, order) * ((numberOf(digest) + r * secret) % order)) % order;
  return Buffer.concat([bytesOf(r), bytesOf(s)]);
}

function numberOf(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString('hex')}`);
}

function bytesOf(number: bigint): Buffer {
  return Buffer.from(number.toString(16).padStart(64, '0'), 'hex');
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, square, left] = [1n, base % modulus, exponent];
  for (; left > 0n; left >>= 1n, square = (square * square) % modulus)
    if ((left & 1n) === 1n) result = (result * square) % modulus;
  return result;
}
