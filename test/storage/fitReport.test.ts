import { describe, expect, it } from 'vitest';
import type { ReportedField, ReportedFinding, RunReport } from '../../src/lib/report.ts';
import { fitReport } from '../../src/lib/storage/fitReport.ts';

const upTo = (units: number) => (report: RunReport) => JSON.stringify(report).length <= units;

function longReport(): RunReport {
  const field = (path: string, value: string): ReportedField => ({
    path,
    desired: value,
    observed: [value],
    effect: 'loosens',
  });
  const finding: ReportedFinding = { rule: 'lockOut', decision: 'note', detail: 'd'.repeat(3_000) };
  return {
    runId: '20261124T082413123Z-7f3a9c01',
    tenantId: '11111111-2222-4333-8444-555555555555',
    trigger: 'schedule',
    requestedBy: null,
    mode: 'enforce',
    startedAt: '2026-11-24T08:24:13.123Z',
    finishedAt: null,
    status: 'held',
    policies: Array.from({ length: 4 }, (_, index) => ({
      key: `policy-${index}`,
      id: null,
      displayName: 'CA001',
      version: 1,
      proven: false,
      drift: 'modified',
      fields: [field('long', 'v'.repeat(2_000)), field('short', 's'.repeat(400))],
      change: null,
      verdict: 'hold',
      findings: [finding],
      outcome: null,
      waitingSince: null,
      isApprovable: false,
      meanwhile: null,
      switchedOnSince: null,
    })),
    protected: [],
    protectedReadAt: null,
    unmanaged: Array.from({ length: 20 }, (_, index) => ({
      id: `${index}`,
      displayName: 'u',
      state: 'enabled',
    })),
    findings: [],
    remaining: 0,
    requests: { graph: 1, tables: 3 },
    error: null,
  };
}

describe('a report that is too long to be stored', () => {
  it('is left alone when it fits', () => {
    const report = longReport();

    expect(fitReport(report, () => true)).toBe(report);
  });

  it.each([
    [22_000, 'long values of fields', { fields: 2, short: true, unmanaged: 20 }],
    [18_000, 'the values of all fields', { fields: 2, short: false, unmanaged: 20 }],
    [6_000, 'the fields, and the ends of long findings', { fields: 0, short: false, unmanaged: 20 }],
    [2_500, 'the fields, the findings and the unmanaged policies', { fields: 0, short: false, unmanaged: 0 }],
  ])('loses in %d characters no more than it must: %s', (units, says, left) => {
    const report = fitReport(longReport(), upTo(units));

    expect(upTo(units)(report)).toBe(true);
    expect(report.findings.at(-1)).toMatchObject({
      rule: 'reportSize',
      detail: expect.stringContaining(says),
    });
    const fields = report.policies[0]?.fields ?? [];
    expect(fields).toHaveLength(left.fields);
    expect(fields[1]?.desired === 's'.repeat(400)).toBe(left.short);
    expect(report.unmanaged).toHaveLength(left.unmanaged);
    // What happened to each policy is never lost.
    expect(report.policies.map(({ key, verdict }) => `${key} ${verdict}`)).toEqual(
      longReport().policies.map(({ key, verdict }) => `${key} ${verdict}`),
    );
  });

  it('comes in its shortest form when nothing fits, for the store to refuse', () => {
    expect(fitReport(longReport(), () => false).unmanaged).toEqual([]);
  });
});
