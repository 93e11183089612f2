import { describe, expect, it } from 'vitest';
import { examine, type Patient } from '../../src/lib/doctor/examine.ts';
import { CHECKS } from '../../src/lib/doctor/findings.ts';
import { Fault } from '../../src/lib/fault.ts';
import { parametersOf, readSettings } from '../../src/lib/settings.ts';

const { settings } = readSettings({
  TENANT_ID: '7e4a1c00-0000-4000-8000-0000000000aa',
  STATE_STORAGE__tableServiceUri: 'https://account.table.example/',
  RECONCILE_SCHEDULE: '0 */15 * * * *',
});
const deployment = { settings, parameters: parametersOf(settings), as: 'app', resourceGroup: null } as const;

/** Everything that waits for an answer, and what becomes of it. */
function hanging(change: object = {}): {
  patient: Patient;
  clock: { now(): number };
  asked: string[];
  giveUp(): void;
} {
  const clock = { now: () => Date.parse('2026-11-24T08:00:00Z') };
  const asked: string[] = [];
  const waiting: ((fault: Fault) => void)[] = [];
  const hang = (name: string) => () =>
    new Promise<never>((_, reject) => {
      asked.push(name);
      waiting.push(reject);
    });
  const claims = { tenantId: settings.tenantId, roles: [], issuedAt: null, expiresAt: null };
  const patient = {
    token: async () => claims,
    serviceTimes: () => ({ graph: undefined, tables: undefined }),
    clock,
    directory: {
      protected: hang('protected'),
      securityDefaults: hang('securityDefaults'),
      licences: hang('licences'),
    },
    tables: async () => [],
    control: { frozen: hang('freeze') },
    runs: { latest: hang('runs') },
    bindings: { all: hang('bindings') },
    desired: { heads: hang('desired') },
    ...change,
  };
  return {
    patient: patient as unknown as Patient,
    clock,
    asked,
    giveUp: () => waiting.splice(0).forEach((reject) => void reject(new Fault('unavailable', 'no answer'))),
  };
}

describe('an examination', () => {
  it('lets nothing that hangs keep it from asking the rest, and ends with all of it unverified', async () => {
    const { patient, asked, giveUp } = hanging();

    const ended = examine(patient, deployment);
    await new Promise(setImmediate);

    expect(asked.toSorted()).toEqual([
      'bindings',
      'freeze',
      'licences',
      'protected',
      'runs',
      'securityDefaults',
    ]);
    giveUp();
    const { findings } = await ended;
    for (const check of ['protected', 'schedule', 'securityDefaults', 'licence', 'freeze', 'desired'])
      expect(findings.filter((finding) => finding.check === check)).toMatchObject([
        { verdict: 'unverified', what: 'no answer' },
      ]);
    expect(new Set(findings.map(({ check }) => check))).toEqual(
      new Set(CHECKS.filter((check) => check !== 'tables')),
    );
  });

  it('calls no timer silent for the time that it waited for others itself', async () => {
    const run = {
      runId: 'last',
      trigger: 'schedule',
      finishedAt: '2026-11-24T07:59:00.000Z',
      status: 'inSync',
    };
    const { patient, clock, giveUp } = hanging({ runs: { latest: async () => [run] } });

    const ended = examine(patient, deployment);
    await new Promise(setImmediate);
    clock.now = () => Date.parse('2026-11-24T09:00:00Z');
    giveUp();

    const { findings } = await ended;
    expect(findings.filter(({ check }) => check === 'schedule')).toMatchObject([{ verdict: 'ok' }]);
  });
});
