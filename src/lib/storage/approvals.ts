import type { Approval, ApprovalsRead, ApprovedVersion, Waiting } from '../approval.ts';
import type { Approvals } from '../ports.ts';
import { documentColumns, readDocument } from './documents.ts';
import { approvalKeys } from './keys.ts';
import type { Row, Rows, StoredRow } from './rows.ts';
import { isNullOr, isRecord, parsed } from './shapes.ts';

/** A row for each approval, and one for all that waits. A row that cannot be believed says nothing. */
export function approvalStore(rows: Rows): Approvals {
  return {
    async read() {
      const found = await rows.range(approvalKeys.all);
      const under = (prefix: string) =>
        found.filter(({ rowKey }) => rowKey.startsWith(prefix)).map(contentOf);
      const waiting = found.find(({ rowKey }) => rowKey === approvalKeys.waiting);
      const list = waiting === undefined ? [] : contentOf(waiting);
      return {
        changes: under(approvalKeys.change('')).filter(isApproval),
        versions: under(approvalKeys.version('')).filter(isApprovedVersion),
        waiting: Array.isArray(list) ? list.filter(isWaiting) : [],
      } satisfies ApprovalsRead;
    },

    async give(approval, version) {
      // The version first: an approval that went through alone would have to be given again next time.
      if (version !== null) await rows.put(rowOf(approvalKeys.version(version.key), version));
      await rows.put(rowOf(approvalKeys.change(approval.digest), approval));
    },

    mark: (approval, usedBy) =>
      rows.put(rowOf(approvalKeys.change(approval.digest), { ...approval, usedBy })),
    remove: (digest) => rows.remove(approvalKeys.change(digest)),
    putWaiting: (waiting) => rows.put(rowOf(approvalKeys.waiting, waiting)),
  };
}

function rowOf(rowKey: string, value: unknown): Row {
  return { rowKey, columns: documentColumns(JSON.stringify(value)) };
}

function contentOf({ columns }: StoredRow): unknown {
  const document = readDocument(columns);
  return document.kind === 'whole' ? parsed(document.text) : undefined;
}

function isApproval(value: unknown): value is Approval {
  return (
    isRecord(value) &&
    hasTexts(value, 'digest', 'key', 'reason') &&
    isPerson(value.by) &&
    areTexts(value.rules) &&
    typeof value.at === 'number' &&
    isNullOr(value.usedBy, (intent) => typeof intent === 'string')
  );
}

function isApprovedVersion(value: unknown): value is ApprovedVersion {
  return (
    isRecord(value) &&
    hasTexts(value, 'key', 'hash', 'reason') &&
    isPerson(value.by) &&
    typeof value.version === 'number' &&
    typeof value.at === 'number'
  );
}

function isWaiting(value: unknown): value is Waiting {
  return (
    isRecord(value) &&
    hasTexts(value, 'digest', 'key', 'action', 'hash', 'author') &&
    (value.verdict === 'hold' || value.verdict === 'deny') &&
    areTexts(value.rules) &&
    typeof value.isApprovable === 'boolean' &&
    [value.version, value.since, value.toldAt].every((number) => typeof number === 'number')
  );
}

function isPerson(value: unknown): boolean {
  return isRecord(value) && hasTexts(value, 'id', 'name');
}

function hasTexts(value: Readonly<Record<string, unknown>>, ...names: readonly string[]): boolean {
  return names.every((name) => typeof value[name] === 'string');
}

function areTexts(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
