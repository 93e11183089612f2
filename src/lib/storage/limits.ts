import { Fault } from '../fault.ts';
import type { TenantId } from '../policy/model.ts';
import type { Row, Rows, RowWrite, TableName } from './rows.ts';

/**
 * What Azure Table Storage accepts, from Microsoft's "Scalability and performance targets for Table storage" and
 * "Understanding the Table service data model". The emulator takes larger entities, more properties and larger batches,
 * so the limits are kept here. The two sizes leave a margin below 1 MiB and 4 MiB, since the service's arithmetic is its
 * own.
 */
export const LIMITS = {
  entityBytes: 1_000_000,
  propertyUnits: 32_768,
  properties: 252,
  keyUnits: 512,
  batchWrites: 100,
  batchBytes: 4_000_000,
} as const;

/** Slash, backslash, number sign, question mark and control characters. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are exactly what is looked for
const FORBIDDEN_IN_KEYS = /[/\\#?\u0000-\u001f\u007f-\u009f]/;

/** What one write adds to a batch besides its body: boundaries, request line, headers. Generous. */
const BATCH_ENVELOPE_BYTES = 2_000;

/** Refuses what the service would refuse, before anything is sent and with the name and the size of what is too large. */
export function withinLimits(table: TableName, tenant: TenantId, rows: Rows): Rows {
  const checked = (row: Row): Row => checkRow(table, tenant, row);
  return {
    range: (query) => rows.range(query),
    read: async (rowKey) => rows.read(checkKey(table, rowKey)),
    insert: async (row) => rows.insert(checked(row)),
    replace: async (row, etag) => rows.replace(checked(row), etag),
    put: async (row) => rows.put(checked(row)),
    remove: async (rowKey) => rows.remove(checkKey(table, rowKey)),
    transact: async (writes) => rows.transact(checkBatch(table, tenant, writes)),
  };
}

/** @returns the key. @throws Fault `rejected` when it is too long or has characters no key may have */
export function checkKey(table: TableName, key: string): string {
  const named = `table "${table}": the key ${JSON.stringify(key.slice(0, 80))}`;
  if (key.length > LIMITS.keyUnits) {
    throw new Fault(
      'rejected',
      `${named}… is ${key.length} characters long; at most ${LIMITS.keyUnits} are allowed`,
    );
  }
  if (FORBIDDEN_IN_KEYS.test(key)) {
    throw new Fault(
      'rejected',
      `${named} has a character that no key may have (/ \\ # ? or a control character)`,
    );
  }
  if (!key.isWellFormed()) throw new Fault('rejected', `${named} is not well-formed Unicode`);
  return key;
}

/** @returns the row. @throws Fault `rejected` naming the row, and the property where one is to blame */
export function checkRow(table: TableName, tenant: TenantId, row: Row): Row {
  checkKey(table, tenant);
  checkKey(table, row.rowKey);
  const named = `table "${table}": the row "${row.rowKey}"`;
  const cells = Object.entries(row.columns);
  if (cells.length > LIMITS.properties) {
    throw new Fault(
      'rejected',
      `${named} has ${cells.length} properties; at most ${LIMITS.properties} are allowed`,
    );
  }
  for (const [name, cell] of cells) {
    if (typeof cell !== 'string') continue;
    if (cell.length > LIMITS.propertyUnits) {
      const size = `${cell.length} characters; at most ${LIMITS.propertyUnits} are allowed`;
      throw new Fault('rejected', `${named}: property "${name}" has ${size}`);
    }
    if (!cell.isWellFormed()) {
      throw new Fault(
        'rejected',
        `${named}: property "${name}" is not well-formed Unicode (half of a surrogate pair)`,
      );
    }
  }
  const bytes = entityBytes(tenant, row);
  if (bytes > LIMITS.entityBytes) {
    throw new Fault('rejected', `${named} takes ${bytes} bytes; at most ${LIMITS.entityBytes} are allowed`);
  }
  return row;
}

/** @returns the writes. @throws Fault `rejected` when they cannot go in one transaction */
export function checkBatch(
  table: TableName,
  tenant: TenantId,
  writes: readonly RowWrite[],
): readonly RowWrite[] {
  const named = `table "${table}": a transaction`;
  if (writes.length > LIMITS.batchWrites) {
    throw new Fault(
      'rejected',
      `${named} of ${writes.length} writes; at most ${LIMITS.batchWrites} are allowed`,
    );
  }
  let bytes = 0;
  for (const write of writes) {
    if (write.kind === 'remove') checkKey(table, write.rowKey);
    else checkRow(table, tenant, write.row);
    bytes += batchBytes(write);
  }
  if (bytes > LIMITS.batchBytes) {
    const rows = writes
      .map((write) => (write.kind === 'remove' ? write.rowKey : write.row.rowKey))
      .join(', ');
    const size = `takes ${bytes} bytes; at most ${LIMITS.batchBytes} are allowed`;
    throw new Fault('rejected', `${named} over ${rows.slice(0, 300)} ${size}`);
  }
  return writes;
}

/**
 * Size of a row as the service counts it: 4 bytes, two for each character of the keys, and for each property 8 bytes,
 * two for each character of its name, and its value (text: 4 bytes and two for each UTF-16 unit).
 */
export function entityBytes(tenant: TenantId, row: Row): number {
  let bytes = 4 + 2 * (tenant.length + row.rowKey.length);
  bytes += propertyBytes('Timestamp', 0);
  for (const [name, cell] of Object.entries(row.columns)) bytes += propertyBytes(name, cell);
  return bytes;
}

function propertyBytes(name: string, cell: string | number | boolean): number {
  return 8 + 2 * name.length + (typeof cell === 'string' ? 4 + 2 * cell.length : 8);
}

/** Size of one write inside a transaction's body, where rows travel as JSON in UTF-8. */
export function batchBytes(write: RowWrite): number {
  if (write.kind === 'remove') return BATCH_ENVELOPE_BYTES;
  return BATCH_ENVELOPE_BYTES + Buffer.byteLength(JSON.stringify(write.row.columns), 'utf8');
}
