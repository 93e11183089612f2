import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { authorise, readBody } from '../../src/lib/http/requests.ts';

function request(headers: Record<string, string> = {}, body?: string): HttpRequest {
  return new HttpRequest({
    method: 'POST',
    url: 'http://localhost/api/reconcile',
    headers,
    ...(body === undefined ? {} : { body: { string: body } }),
  });
}

function principal(value: unknown): Record<string, string> {
  return { 'x-ms-client-principal': Buffer.from(JSON.stringify(value)).toString('base64') };
}

const ADA = {
  auth_typ: 'aad',
  claims: [
    { typ: 'http://schemas.microsoft.com/identity/claims/objectidentifier', val: 'ada-oid' },
    { typ: 'name', val: 'Ada' },
    { typ: 'roles', val: 'Caretaker.Operator' },
  ],
};

describe('who may ask', () => {
  it('believes no principal header while the platform’s authentication is off: anybody can send one', () => {
    expect(authorise(request(principal(ADA)), 'Caretaker.Operator', false)).toEqual({
      ok: true,
      caller: null,
    });
  });

  it('knows the caller when it is on', () => {
    expect(authorise(request(principal(ADA)), 'Caretaker.Operator', true)).toEqual({
      ok: true,
      caller: { id: 'ada-oid', name: 'Ada' },
    });
  });

  it.each([
    ['nobody', {}, 401],
    ['a header that is no principal', { 'x-ms-client-principal': '????' }, 401],
    ['another provider', principal({ ...ADA, auth_typ: 'github' }), 401],
    ['a principal without an id', principal({ auth_typ: 'aad', claims: [] }), 401],
    ['claims that are none', principal({ auth_typ: 'aad', claims: [null, 7] }), 401],
    [
      'a reader who wants to write',
      principal({ ...ADA, claims: [ADA.claims[0], { typ: 'roles', val: 'Caretaker.Reader' }] }),
      403,
    ],
  ] as const)('turns %s away', (_, headers, status) => {
    expect(authorise(request(headers as Record<string, string>), 'Caretaker.Operator', true)).toMatchObject({
      ok: false,
      problems: { status },
    });
  });
});

describe('a body', () => {
  const json = { 'content-type': 'application/json; charset=utf-8' };

  it('may be left out', async () => {
    expect(await readBody(request())).toEqual({ ok: true, value: {} });
  });

  it('is a JSON object', async () => {
    expect(await readBody(request(json, '{"mode":"observe"}'))).toEqual({
      ok: true,
      value: { mode: 'observe' },
    });
  });

  it.each([
    ['text of another type', { 'content-type': 'text/plain' }, '{}', 415],
    ['no type', {}, '{}', 415],
    ['broken JSON', json, '{', 400],
    ['a list', json, '[]', 400],
    ['too much', json, `"${'x'.repeat(70_000)}"`, 413],
    ['a claim of too much', { ...json, 'content-length': '99999999' }, '{}', 413],
  ])('is refused when it is %s', async (_, headers, body, status) => {
    expect(await readBody(request(headers as Record<string, string>, body))).toMatchObject({
      ok: false,
      problems: { status },
    });
  });
});
