import type { Canonical } from '../policy/model.ts';
import type { ReportedField, ReportedFinding, RunReport } from '../report.ts';

const LEFT_OUT = '(left out: the report was too long)';
/** A value this long in JSON goes first; a person learns little from it. */
const LONG_VALUE_UNITS = 500;
const DETAIL_UNITS_MAX = 200;

/** One way to make a report shorter, and what is then said about it. */
interface Cut {
  readonly says: string;
  shorten(report: RunReport): RunReport;
}

/** From what is missed least to what is missed most. Each goes further than the one before. */
const CUTS: readonly Cut[] = [
  { says: 'long values of fields', shorten: (report) => eachField(report, withoutLongValues) },
  { says: 'the values of all fields', shorten: (report) => eachField(report, withoutValues) },
  { says: 'the fields, and the ends of long findings', shorten: withoutFields },
  { says: 'the fields, the findings and the unmanaged policies', shorten: withoutLists },
];

/**
 * Shortens a report until it can be stored: an end that is recorded with fewer details is worth more than one that is
 * not recorded at all. What was cut is said in a finding.
 *
 * @returns the report itself when it fits; the shortest form when nothing does, for the store to refuse
 */
export function fitReport(report: RunReport, fits: (report: RunReport) => boolean): RunReport {
  let shorter = report;
  for (const cut of CUTS) {
    if (fits(shorter)) return shorter;
    shorter = withNote(cut.shorten(report), cut.says);
  }
  return shorter;
}

function eachField(report: RunReport, change: (field: ReportedField) => ReportedField): RunReport {
  const policies = report.policies.map((policy) => ({ ...policy, fields: policy.fields.map(change) }));
  return { ...report, policies };
}

function withoutLongValues(field: ReportedField): ReportedField {
  return { ...field, desired: shortValue(field.desired), observed: shortValue(field.observed) };
}

function shortValue(value: Canonical): Canonical {
  return JSON.stringify(value).length > LONG_VALUE_UNITS ? LEFT_OUT : value;
}

function withoutValues(field: ReportedField): ReportedField {
  return { ...field, desired: LEFT_OUT, observed: LEFT_OUT };
}

function withoutFields(report: RunReport): RunReport {
  const policies = report.policies.map((policy) => ({
    ...policy,
    fields: [],
    findings: policy.findings.map(shortFinding),
  }));
  return { ...report, policies, findings: report.findings.map(shortFinding) };
}

function shortFinding(finding: ReportedFinding): ReportedFinding {
  if (finding.detail.length <= DETAIL_UNITS_MAX) return finding;
  return { ...finding, detail: `${finding.detail.slice(0, DETAIL_UNITS_MAX)}…` };
}

/** Somebody may fill a group for emergencies, or the row that remembers it. */
const PROTECTED_MAX = 100;

function withoutLists(report: RunReport): RunReport {
  const policies = report.policies.map((policy) => ({
    ...policy,
    fields: [],
    findings: [],
    meanwhile: null,
  }));
  return {
    ...report,
    policies,
    findings: [],
    unmanaged: [],
    protected: report.protected.slice(0, PROTECTED_MAX),
  };
}

function withNote(report: RunReport, says: string): RunReport {
  const detail = `the report was too long to be stored; left out: ${says}`;
  return { ...report, findings: [...report.findings, { rule: 'reportSize', decision: 'note', detail }] };
}
