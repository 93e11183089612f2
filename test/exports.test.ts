import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { capture } from '../src/lib/capture.ts';
import { readExport } from '../src/lib/exports.ts';
import { canonical } from '../src/lib/policy/canonical.ts';
import type { RawPolicy } from '../src/lib/policy/model.ts';
import { anyJson, at, draft } from './laws/generators.ts';
import { article } from './support/world.ts';

const POLICY = article();
const FACTS = {
  parameters: {},
  identities: { users: [], groups: [] },
  names: new Map<string, string>(),
  own: new Map(),
};

function bytesOf(text: string, encoding: 'utf8' | 'utf16le' = 'utf8'): Uint8Array {
  return new Uint8Array(Buffer.from(text, encoding));
}

function swapped(bytes: Uint8Array): Uint8Array {
  return bytes.map((_, index) => bytes[index % 2 === 0 ? index + 1 : index - 1] ?? 0);
}

function found(value: unknown): readonly RawPolicy[] {
  return readExport(bytesOf(JSON.stringify(value))).policies.map(({ raw }) => raw);
}

/** As PowerShell's objects spell it. */
function pascal(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(pascal);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [
      `${name[0]?.toUpperCase()}${name.slice(1)}`,
      pascal(member),
    ]),
  );
}

describe('an export', () => {
  const text = JSON.stringify(POLICY, null, 2);

  it.each([
    ['UTF-8', bytesOf(text)],
    ['UTF-8 with a mark', bytesOf(`\uFEFF${text}`)],
    ['UTF-16', bytesOf(`\uFEFF${text}`, 'utf16le')],
    ['UTF-16 without a mark', bytesOf(text, 'utf16le')],
    ['UTF-16, big end first', swapped(bytesOf(`\uFEFF${text}`, 'utf16le'))],
    ['UTF-16, big end first, without a mark', swapped(bytesOf(text, 'utf16le'))],
    ['lines ended by CR LF', bytesOf(text.replaceAll('\n', '\r\n'))],
    ['comments and a comma too many', bytesOf(text.replace('"mfa"', '"mfa", // why\n'))],
  ])('is read in %s', (_, bytes) => {
    expect(readExport(bytes)).toMatchObject({ problems: [], policies: [{ raw: POLICY, path: '', line: 1 }] });
  });

  it.each<[string, unknown, string[]]>([
    ['one policy', POLICY, ['']],
    ['a list', [POLICY, POLICY], ['0', '1']],
    ['Graph’s answer', { '@odata.context': 'x', value: [POLICY] }, ['value.0']],
    ['something around a list', { tenant: { caps: [POLICY] }, count: 1 }, ['tenant.caps.0']],
    [
      'a list that PowerShell made one object of',
      { conditional_access_policies: POLICY },
      ['conditional_access_policies'],
    ],
    ['lists in lists', [[POLICY], []], ['0.0']],
  ])('is searched through: %s', (_, value, paths) => {
    const { policies, problems } = readExport(bytesOf(JSON.stringify(value)));

    expect(policies.map(({ path }) => path)).toEqual(paths);
    expect(policies.map(({ raw }) => raw)).toEqual(paths.map(() => POLICY));
    expect(problems).toEqual([]);
  });

  it('may spell members as PowerShell does', () => {
    expect(found({ Value: [pascal(POLICY)] })).toEqual([POLICY]);
  });

  it('may hold members where the Graph SDK for PowerShell keeps what it does not know', () => {
    const [policy] = found({
      DisplayName: 'x',
      AdditionalProperties: {},
      Conditions: {
        Users: {
          IncludeGuestsOrExternalUsers: {
            GuestOrExternalUserTypes: 'internalGuest',
            ExternalTenants: { MembershipKind: 'enumerated', AdditionalProperties: { members: ['t'] } },
          },
        },
      },
    });

    expect(at(policy, 'conditions.users.includeGuestsOrExternalUsers.externalTenants')).toEqual({
      membershipKind: 'enumerated',
      members: ['t'],
    });
  });

  it('may have had a list with one member made into that member', () => {
    const [policy] = found({ ...POLICY, grantControls: { operator: 'OR', builtInControls: 'mfa' } });

    expect(policy).toEqual(POLICY);
  });

  it('that goes on somewhere else says so', () => {
    const read = (value: object) => readExport(bytesOf(JSON.stringify(value))).notes;

    expect(read({ value: [POLICY], '@odata.nextLink': 'https://x' })).toEqual([
      expect.stringMatching(/only a part/),
    ]);
    expect(read({ value: [POLICY], '@odata.nextLink': null })).toEqual([]);
  });

  it('with a table for people beside the policies leaves the table out, and says so', () => {
    const row = { Name: 'CA001', State: 'On', Users: ['Users included: All'], Conditions: ['all'] };

    expect(readExport(bytesOf(JSON.stringify({ policies: [POLICY], rows: [row, row] })))).toMatchObject({
      policies: [{ raw: POLICY }],
      problems: [],
      notes: ['2 rows made for reading were left out (rows.0 …)'],
    });
    expect(readExport(bytesOf(JSON.stringify([row]))).problems).toMatchObject([
      { kind: 'tableRow', path: '0' },
    ]);
  });

  it.each<[string, string | Uint8Array, string, RegExp, number]>([
    ['nothing', '', 'notJson', /ConvertTo-Json -Depth 10/, 1],
    ['a table for people', 'DisplayName State\n----------- -----', 'notJson', /ConvertTo-Json -Depth 10/, 1],
    ['half a file', '{\n"displayName": "x",\n"conditions": {', 'notJson', /export it again/, 3],
    ['two texts in a row', '{}\n{}', 'notJson', /end of file expected/, 2],
    ['bytes of another encoding', new Uint8Array([0x7b, 0xe4, 0x7d]), 'encoding', /save it as UTF-8/, 1],
    ['brackets without an end', '['.repeat(100_000), 'noPolicy', /too deep/, 1],
    [
      'something else',
      '{"value": [{"displayName": "a location"}]}',
      'noPolicy',
      /conditionalAccess\/policies/,
      1,
    ],
    ['a tenant without policies', '{"value": []}', 'noPolicy', /holds no policy/, 1],
    ['a template', '[\n{"name": "x", "details": {"conditions": {}}}]', 'template', /no policy/, 2],
    [
      'a member twice',
      '[\n{"displayName": "x", "conditions": {"users": 1, "users": 2}}]',
      'duplicateKey',
      /twice/,
      2,
    ],
    [
      'a member in two spellings',
      '{"displayName": "x", "conditions": {"users": 1, "Users": 2}}',
      'duplicateKey',
      /twice/,
      1,
    ],
  ])('that holds no policy says why, where, and what to do: %s', (_, content, kind, message, line) => {
    const { policies, problems } = readExport(typeof content === 'string' ? bytesOf(content) : content);

    expect(policies).toEqual([]);
    expect(problems).toMatchObject([{ kind, line }]);
    expect(problems[0]?.message).toMatch(message);
  });

  it('of any policy means what the policy does, however it is wrapped, encoded and spelled', () => {
    const wrapped = (policy: unknown) =>
      fc.constantFrom(policy, [policy], { value: [policy] }, { a: { b: policy } });
    fc.assert(
      fc.property(
        draft.chain((raw) =>
          fc.tuple(
            fc.constant(raw),
            fc.boolean().chain((isPascal) => wrapped(isPascal ? pascal(raw) : raw)),
          ),
        ),
        fc.constantFrom<'utf8' | 'utf16le'>('utf8', 'utf16le'),
        ([raw, value], encoding) => {
          const { policies } = readExport(bytesOf(`\uFEFF${JSON.stringify(value)}`, encoding));

          expect(policies.map((one) => canonical(one.raw))).toEqual([canonical(raw)]);
        },
      ),
    );
  });

  it('of anything at all is answered, and so is the capture of what is in it', () => {
    const members = [
      'displayName',
      'conditions',
      'Conditions',
      'details',
      'name',
      'state',
      'value',
      'AdditionalProperties',
      '__proto__',
      'users',
    ];
    const soup = fc.letrec((tie) => ({
      json: fc.oneof(
        { depthSize: 'small' },
        anyJson,
        fc.array(tie('json'), { maxLength: 3 }),
        fc.dictionary(fc.constantFrom(...members), tie('json'), { maxKeys: 4, noNullPrototype: true }),
      ),
    })).json;
    fc.assert(
      fc.property(
        fc.oneof(
          soup.map((value) => bytesOf(JSON.stringify(value) ?? '')),
          fc.uint8Array(),
        ),
        (bytes) => {
          const { policies, problems } = readExport(bytes);

          expect(policies.length + problems.length).toBeGreaterThan(0);
          for (const { raw } of policies) {
            const result = capture(raw, FACTS);
            expect(result.kind === 'captured' || result.problems.length > 0).toBe(true);
          }
        },
      ),
      { numRuns: 500 },
    );
  });
});
