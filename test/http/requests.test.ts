import { HttpRequest } from '@azure/functions';
import { describe, expect, it } from 'vitest';
import { authorise, prefersHtml, readBody } from '../../src/lib/http/requests.ts';

const OID = 'http://schemas.microsoft.com/identity/claims/objectidentifier';

function request(headers: Record<string, string> = {}, body?: string): HttpRequest {
  return new HttpRequest({
    method: 'POST',
    url: 'https://app.example/api/reconcile',
    headers,
    ...(body === undefined ? {} : { body: { string: body } }),
  });
}

function principal(claims: readonly (readonly [typ: string, val: string])[], provider = 'aad'): HttpRequest {
  const value = { auth_typ: provider, claims: claims.map(([typ, val]) => ({ typ, val })) };
  return encoded(JSON.stringify(value));
}

function encoded(text: string): HttpRequest {
  return request({ 'x-ms-client-principal': Buffer.from(text).toString('base64') });
}

const statusOf = (answer: { ok: boolean; problems?: { status: number } }): number | 'ok' =>
  answer.ok ? 'ok' : (answer.problems?.status ?? 0);

describe('authorise', () => {
  it('leaves it to the function key where App Service Authentication is off', () => {
    expect(authorise(request(), 'Caretaker.Operator', false)).toEqual({ ok: true, caller: null });
  });

  it('believes no principal that anybody could have sent while authentication is off', () => {
    const forged = principal([
      [OID, 'mallory'],
      ['roles', 'Caretaker.Operator'],
    ]);

    expect(authorise(forged, 'Caretaker.Operator', false)).toEqual({ ok: true, caller: null });
  });

  it('lets the role that is asked for pass, and says who asked', () => {
    const operator = principal([
      [OID, 'ada'],
      ['name', 'Ada Lovelace'],
      ['roles', 'Caretaker.Reader'],
      ['roles', 'Caretaker.Operator'],
    ]);

    expect(authorise(operator, 'Caretaker.Operator', true)).toEqual({
      ok: true,
      caller: { id: 'ada', name: 'Ada Lovelace' },
    });
  });

  it.each([
    ['without a role', []],
    ['with the role to read alone', [['roles', 'Caretaker.Reader']]],
    ['with a role that only begins alike', [['roles', 'Caretaker.Operators']]],
    ['with the role in another claim', [['name', 'Caretaker.Operator']]],
  ] as const)('turns a caller away %s (403)', (_, claims) => {
    expect(statusOf(authorise(principal([[OID, 'ada'], ...claims]), 'Caretaker.Operator', true))).toBe(403);
  });

  it.each([
    ['no principal', request()],
    ['a principal that is not JSON', encoded('not json')],
    ['a principal that is null', encoded('null')],
    ['claims that are no list', encoded('{"auth_typ":"aad","claims":{}}')],
    ['claims of nulls', encoded('{"auth_typ":"aad","claims":[null]}')],
    ['nobody named', principal([['roles', 'Caretaker.Operator']])],
    [
      'another identity provider',
      principal(
        [
          [OID, 'ada'],
          ['roles', 'Caretaker.Operator'],
        ],
        'github',
      ),
    ],
  ])('takes %s for nobody (401)', (_, asked) => {
    expect(statusOf(authorise(asked, 'Caretaker.Operator', true))).toBe(401);
  });
});

describe('readBody', () => {
  const json = { 'content-type': 'application/json' };

  it.each([
    ['a JSON object', json, '{"mode":"observe"}', { mode: 'observe' }],
    ['a JSON object with a charset', { 'content-type': 'application/json; charset=utf-8' }, '{}', {}],
    ['another JSON media type', { 'content-type': 'application/problem+json' }, '{"a":1}', { a: 1 }],
    ['no body at all', {}, undefined, {}],
    ['an empty body of any type', { 'content-type': 'text/plain' }, ' ', {}],
  ])('reads %s', async (_, headers, body, value) => {
    expect(await readBody(request(headers, body))).toEqual({ ok: true, value });
  });

  it.each<[string, Record<string, string>, string, number]>([
    ['text that is not JSON', json, '{"mode":', 400],
    ['a list', json, '[]', 400],
    ['null', json, 'null', 400],
    ['a number', json, '7', 400],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, 'mode=observe', 415],
    ['no type', {}, '{}', 415],
    ['a type that only begins like JSON', { 'content-type': 'application/jsonish' }, '{}', 415],
    ['more than 64 KiB', json, `{"policies":["${'x'.repeat(64 * 1024)}"]}`, 413],
    ['more than 64 KiB of letters that take three bytes', json, `{"a":"${'€'.repeat(22_000)}"}`, 413],
    ['an announced length of more than 64 KiB', { ...json, 'content-length': '65537' }, '{}', 413],
  ])('refuses %s', async (_, headers, body, status) => {
    expect(statusOf(await readBody(request(headers, body)))).toBe(status);
  });
});

describe('prefersHtml', () => {
  it.each([
    [null, false],
    ['*/*', false],
    ['application/json', false],
    ['text/html', true],
    ['TEXT/HTML; charset=utf-8', true],
    ['text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8', true],
    ['text/html;q=0.5, application/json', false],
    ['application/json;q=0.5, text/html;q=0.9', true],
    ['text/html, application/json', false],
    ['text/html;q=0', false],
    ['text/html;q=1.2.3', false],
  ])('%s', (accept, expected) => {
    expect(prefersHtml(accept)).toBe(expected);
  });
});
