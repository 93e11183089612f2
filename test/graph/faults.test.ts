import { describe, expect, it } from 'vitest';
import { bench, empty, faultFrom, graphError, html, policyId } from './support.ts';

const intentId = 'bbbbbbbb-0000-4000-8000-000000000001';

const update = (...answers: Parameters<typeof bench>[0]) =>
  faultFrom(bench(answers).policies.update(policyId, { state: 'enabled' }, intentId));

describe('faultOf', () => {
  it('names the thing, the place, the service’s words and number, and both request ids', async () => {
    const fault = await update(
      graphError(400, '1040: NetworkNamedLocation with id 1 does not exist in the directory.'),
    );

    expect(fault.message).toBe(
      `Updating a policy (PATCH /v1.0/identity/conditionalAccess/policies/${policyId}): status 400 1040, ` +
        '"1040: NetworkNamedLocation with id 1 does not exist in the directory.". ' +
        'A named location in the policy is not in the tenant, or is so new that it is not known everywhere yet.',
    );
    expect(fault.detail).toEqual({
      status: 400,
      code: '1040',
      requestId: 'request-1',
      clientRequestId: intentId,
    });
  });

  it.each([
    '1007',
    '1011',
    '1012',
    '1032',
    '1037',
    '1038',
    '1040',
    '1060',
    '1064',
    '1085',
    '1088',
    '1108',
    '1235',
  ])('has a hint for %s, wherever the number stands', async (number) => {
    const newer = await update(graphError(400, `${number}: words`));
    const older = await update(graphError(400, '', 'BadRequest', { message: `${number}: words` }));

    expect([newer.detail.code, older.detail.code]).toEqual([number, number]);
    for (const fault of [newer, older]) expect(fault.message).not.toContain('correct what the message names');
  });

  it('tells security defaults from a transient error', async () => {
    const fault = await update(
      graphError(400, 'Security Defaults is enabled in the tenant. You must disable it.'),
    );

    expect(fault.kind).toBe('rejected');
    expect(fault.message).toContain('Security defaults are on');
  });

  it('says what to do about a number it does not know', async () => {
    const fault = await update(graphError(400, '1999: new'));

    expect([fault.kind, fault.detail.code]).toEqual(['rejected', '1999']);
    expect(fault.message).toContain('correct what the message names');
  });

  it('keeps the code when there is no number', async () => {
    const fault = await update(graphError(409, 'Conflict', 'Conflict'));

    expect([fault.kind, fault.detail.code]).toEqual(['rejected', 'Conflict']);
  });

  it('names the permissions of a write, and the day that a grant may take', async () => {
    const fault = await update(graphError(403, 'Access denied', 'AccessDenied'));

    expect(fault.message).toContain(
      'Policy.Read.All, Policy.ReadWrite.ConditionalAccess, Application.Read.All',
    );
    expect(fault.message).toContain('24 hours');
  });

  it('names the permission of a read, even if a proxy refuses', async () => {
    const fault = await faultFrom(bench([html(403)]).policies.list());

    expect(fault.kind).toBe('denied');
    expect(fault.message).toContain('permission Policy.Read.All.');
  });

  it('points a 401 at the settings', async () => {
    const fault = await faultFrom(bench([empty(401)]).policies.list());

    expect(fault.kind).toBe('denied');
    expect(fault.message).toContain('TENANT_ID');
  });

  it('quotes one line, cut, without tokens and mail addresses', async () => {
    const fault = await update(
      graphError(400, `Token eyJhbGciOi.eyJ0aWQi.sig of\n\nann@contoso.com is ${'long '.repeat(100)}`),
    );

    expect(fault.message).toContain('"Token [token] of [mail address] is long');
    expect(fault.message).not.toMatch(/eyJ|contoso|\n/);
    expect(fault.message.length).toBeLessThan(600);
  });

  it('is not put off by an error object of another make', async () => {
    const faults = [
      await update(graphError(400, undefined as unknown as string)),
      await update(() => Response.json({ error: 'invalid_grant' }, { status: 400 })),
      await update(() => Response.json([1], { status: 400 })),
    ];

    expect(faults.map(({ kind }) => kind)).toEqual(['rejected', 'rejected', 'rejected']);
  });
});
