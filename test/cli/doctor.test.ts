import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CHECKS, type CheckFinding, type Examination } from '../../src/lib/doctor/findings.ts';
import { caretakerIn, type Told } from '../support/caretaker.ts';

let server: Server;
let answer: unknown;

beforeEach(async () => {
  server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

function doctor(...words: string[]): Promise<Told> {
  const app = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return caretakerIn({}, ['doctor', '--app', app, ...words]);
}

const examination = (findings: readonly CheckFinding[]): Examination => ({
  examinedAt: '2026-11-24T08:00:00.000Z',
  findings,
});
const fine = CHECKS.map(
  (check): CheckFinding => ({ check, verdict: 'ok', where: 'here', what: 'in order', mend: null }),
);

describe('the doctor, asking a deployed app', () => {
  it('is content with an app of which every check is ok', async () => {
    answer = examination(fine);

    expect((await doctor()).code).toBe(0);
  });

  it.each(CHECKS)('takes no silence for ok: %s', async (silent) => {
    answer = examination(fine.filter(({ check }) => check !== silent));

    const told = await doctor('--json');

    expect(told.code).toBe(1);
    const { findings } = JSON.parse(told.out) as Examination;
    expect(findings.filter(({ verdict }) => verdict !== 'ok')).toMatchObject([
      { check: silent, verdict: 'unverified', mend: expect.stringContaining('same version') },
    ]);
    expect((await doctor('--skip', silent)).code).toBe(0);
  });

  it.each([
    null,
    [],
    'ok',
    {},
    { findings: {} },
    examination([null as never]),
    examination([{ ...fine[0], verdict: 'fine' } as never]),
  ])('says that %j is no examination', async (strange) => {
    answer = strange;

    const told = await doctor();

    expect(told).toMatchObject({ code: 1, out: '' });
    expect(told.err).toContain('no examination');
  });
});
