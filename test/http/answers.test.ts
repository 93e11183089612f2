import { describe, expect, it } from 'vitest';
import { json, problem, wrongSettings } from '../../src/lib/http/answers.ts';

describe('answers', () => {
  it('are never kept by a cache', () => {
    for (const answer of [json({}), problem({ status: 404, problems: [] }), wrongSettings([])])
      expect(answer.headers).toMatchObject({ 'cache-control': 'no-store' });
  });

  it('name every problem as problem details', () => {
    const { status, headers, body } = problem({ status: 400, problems: ['one', 'two'] });

    expect(status).toBe(400);
    expect(headers).toMatchObject({ 'content-type': 'application/problem+json' });
    expect(JSON.parse(String(body))).toEqual({
      type: 'about:blank',
      title: 'The request cannot be understood',
      status: 400,
      detail: 'one\ntwo',
      problems: ['one', 'two'],
    });
  });

  it('say when to come again', () => {
    expect(problem({ status: 409, problems: [], retryAfterSeconds: 7 }).headers).toMatchObject({
      'retry-after': '7',
    });
  });

  it('name every wrong setting', () => {
    const { status, body } = wrongSettings([
      { setting: 'MODE', problem: 'must be observe or enforce, not "on"' },
      { setting: 'TENANT_ID', problem: 'is missing' },
    ]);

    expect(status).toBe(500);
    expect(JSON.parse(String(body)).problems).toEqual([
      'MODE must be observe or enforce, not "on"',
      'TENANT_ID is missing',
    ]);
  });
});
