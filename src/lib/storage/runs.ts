import { Fault } from '../fault.ts';
import type { TenantId } from '../policy/model.ts';
import type { Runs } from '../ports.ts';
import type { RunReport, RunSummary } from '../report.ts';
import { documentColumns, readDocument } from './documents.ts';
import { fitReport } from './fitReport.ts';
import { runKeys } from './keys.ts';
import { entityBytes, LIMITS } from './limits.ts';
import { removeOnePage } from './prune.ts';
import type { Cell, Row, Rows, StoredRow } from './rows.ts';
import { isRecord, parsed } from './shapes.ts';

/** What a list of runs needs, without the reports themselves. */
const SUMMARY_COLUMNS = [
  'runId',
  'trigger',
  'mode',
  'startedAt',
  'finishedAt',
  'status',
  'drifted',
  'applied',
  'held',
  'denied',
  'error',
] as const;

const TRIGGERS: readonly unknown[] = ['schedule', 'demand', 'alert', 'cli'] satisfies RunSummary['trigger'][];
const MODES: readonly unknown[] = ['observe', 'enforce'] satisfies RunSummary['mode'][];
const STATUSES: readonly unknown[] = [
  'running',
  'failed',
  'incomplete',
  'drifted',
  'held',
  'remediated',
  'inSync',
] satisfies RunSummary['status'][];
const ERROR_UNITS_MAX = 1_000;

/** One row per run: the report as a document, and beside it the columns of its summary. */
export function runStore(tenant: TenantId, rows: Rows): Runs {
  return {
    async put(report) {
      const rowKey = runKeys.run(report.runId);
      if (rowKey === undefined)
        throw new Fault('rejected', `${JSON.stringify(report.runId)} is not the name of a run`);
      const fits = (shorter: RunReport) =>
        entityBytes(tenant, runRow(rowKey, tenant, shorter)) <= LIMITS.entityBytes;
      await rows.put(runRow(rowKey, tenant, fitReport(report, fits)));
    },

    async get(runId) {
      const rowKey = runKeys.run(runId);
      const row = rowKey === undefined ? undefined : await rows.read(rowKey);
      return row === undefined ? undefined : readReport(row);
    },

    async latest(top) {
      const rowsMax = Math.max(0, Math.floor(top));
      if (rowsMax === 0) return [];
      const found = await rows.range({ ...runKeys.all, columns: SUMMARY_COLUMNS, rowsMax });
      return found.map((row) => readSummary(tenant, row));
    },

    prune: (before) => removeOnePage(rows, runKeys.before(before)),
  };
}

/** What a list shows of a run. */
export function summaryOf(report: RunReport): RunSummary {
  const { runId, tenantId, trigger, mode, startedAt, finishedAt, status, policies } = report;
  return {
    runId,
    tenantId,
    trigger,
    mode,
    startedAt,
    finishedAt,
    status,
    drifted: policies.filter(({ drift }) => drift !== 'none' && drift !== 'unread').length,
    applied: policies.filter(({ outcome }) => outcome?.status === 'applied').length,
    held: policies.filter(({ verdict }) => verdict === 'hold').length,
    denied: policies.filter(({ verdict }) => verdict === 'deny').length,
    error: report.error?.message ?? null,
  };
}

function runRow(rowKey: string, tenant: TenantId, report: RunReport): Row {
  const columns: Record<string, Cell> = {
    ...documentColumns(JSON.stringify({ ...report, tenantId: tenant })),
  };
  for (const [name, value] of Object.entries(summaryOf(report))) {
    // An absent column says null; the partition already says the tenant.
    if (value === null || name === 'tenantId') continue;
    columns[name] = typeof value === 'string' ? value.slice(0, ERROR_UNITS_MAX).toWellFormed() : value;
  }
  return { rowKey, columns };
}

/** @throws Fault `config`: a damaged report is neither absent nor true */
function readReport(row: StoredRow): RunReport {
  const document = readDocument(row.columns);
  if (document.kind === 'damaged') throw damaged(row, document.problem);
  const report = parsed(document.text);
  if (!isReport(report)) throw damaged(row, 'it is not a run report');
  return report;
}

function isReport(value: unknown): value is RunReport {
  return isRecord(value) && typeof value.runId === 'string' && Array.isArray(value.policies);
}

function damaged(row: StoredRow, problem: string): Fault {
  return new Fault('config', `the row "${row.rowKey}" of table "runs" was damaged: ${problem}`);
}

/** A row that cannot be read is listed as a failed run, so that nobody takes it for one that never was. */
function readSummary(tenant: TenantId, row: StoredRow): RunSummary {
  const { finishedAt = null, error = null, ...rest } = row.columns;
  const summary = { ...rest, tenantId: tenant, finishedAt, error };
  return isSummary(summary) ? summary : damagedSummary(tenant, row);
}

function isSummary(
  value: Readonly<Record<string, unknown>>,
): value is Readonly<Record<string, unknown>> & RunSummary {
  const texts = [value.runId, value.startedAt, value.finishedAt ?? '', value.error ?? ''];
  const counts = [value.drifted, value.applied, value.held, value.denied];
  return (
    texts.every((text) => typeof text === 'string') &&
    counts.every((count) => typeof count === 'number') &&
    TRIGGERS.includes(value.trigger) &&
    MODES.includes(value.mode) &&
    STATUSES.includes(value.status)
  );
}

function damagedSummary(tenant: TenantId, { rowKey }: StoredRow): RunSummary {
  return {
    runId: rowKey.slice(rowKey.indexOf('-') + 1),
    tenantId: tenant,
    trigger: 'schedule',
    mode: 'observe',
    startedAt: '',
    finishedAt: null,
    status: 'failed',
    drifted: 0,
    applied: 0,
    held: 0,
    denied: 0,
    error: `the row "${rowKey}" of table "runs" was damaged`,
  };
}
