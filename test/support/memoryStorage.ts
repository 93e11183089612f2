import { Fault } from '../../src/lib/fault.ts';
import type { TenantId } from '../../src/lib/policy/model.ts';
import type { Clock } from '../../src/lib/ports.ts';
import type { PublicSigner } from '../../src/lib/signature.ts';
import { type Storage, type Stores, storesOver, type TenantStorage } from '../../src/lib/storage/index.ts';
import {
  type Row,
  type Rows,
  type RowWrite,
  type StoredRow,
  TABLES,
  type TableName,
  type WriteAnswer,
} from '../../src/lib/storage/rows.ts';

/** Where a test may interfere. A hook throws a `Fault`, or changes something in between. */
export interface MemoryHooks {
  /** Before a port does anything, by name: `journal.append`. What it throws happened instead of the call. */
  beforeCall?(name: string): void | Promise<void>;
  /** After a port has done its work. What it throws is an answer that was lost. */
  afterCall?(name: string): void | Promise<void>;
  /** The same for each request to a table, by name: `control.replace`. */
  beforeRequest?(name: string): void | Promise<void>;
  afterRequest?(name: string): void | Promise<void>;
}

export interface MemoryStorage extends Omit<Storage, 'open'> {
  open(...asked: Parameters<Storage['open']>): TenantStorage;
  /** The tables as they are, past every check: to look at them and to damage them. */
  rowsOf(tenant: TenantId): (table: TableName) => Rows;
}

type Partition = Map<string, StoredRow>;
type Tables = Map<TableName, Map<TenantId, Partition>>;

/** What is stored, apart from who looks at it: several machines can share one. */
export interface Disk {
  readonly tables: Tables;
  nextEtag(): string;
}

export function emptyDisk(): Disk {
  let writes = 0;
  return { tables: new Map(), nextEtag: () => `W/"${++writes}"` };
}

/**
 * The product's own stores over tables that live in memory, so that a simulated world differs from the real one in the
 * wire alone. The contract tests run over both.
 */
export function memoryStorage(
  clock: Clock,
  hooks: MemoryHooks = {},
  disk = emptyDisk(),
  signers: readonly PublicSigner[] = [],
): MemoryStorage {
  const { tables, nextEtag } = disk;

  const rowsOf = (tenant: TenantId) => (table: TableName) =>
    memoryRows(() => partitionOf(tables, table, tenant), table, clock, nextEtag);

  return {
    rowsOf,
    open(tenant) {
      let requests = 0;
      const counted = async (name: string) => {
        requests++;
        await hooks.beforeRequest?.(name);
      };
      const plain = rowsOf(tenant);
      const around = (table: TableName) =>
        interceptable(table, plain(table), counted, async (name) => hooks.afterRequest?.(name));
      return { ...hookedStores(storesOver(tenant, clock, around, signers), hooks), requests: () => requests };
    },
    async createTables() {
      for (const table of TABLES) if (!tables.has(table)) tables.set(table, new Map());
    },
  };
}

function partitionOf(tables: Tables, name: TableName, tenant: TenantId): Partition {
  const table = tables.get(name);
  if (table === undefined) {
    throw new Fault(
      'config',
      `table ${name} is missing at memory: run \`caretaker init\` or \`caretaker push\``,
    );
  }
  const partition = table.get(tenant) ?? new Map<string, StoredRow>();
  table.set(tenant, partition);
  return partition;
}

/** Every method takes effect within one turn, as a table service does; what follows happens between requests. */
function memoryRows(open: () => Partition, table: TableName, clock: Clock, nextEtag: () => string): Rows {
  const stored = (row: Row): StoredRow => ({
    rowKey: row.rowKey,
    columns: { ...row.columns },
    etag: nextEtag(),
    writtenAt: clock.now(),
  });

  return {
    async range({ from, to, equals, columns, rowsMax }) {
      const keys = [...open().keys()].filter((key) => key >= from && key < to).sort(byCodeUnits);
      const rows = keys.flatMap((key) => open().get(key) ?? []);
      const matching = rows.filter(
        (row) => equals === undefined || row.columns[equals.column] === equals.value,
      );
      return matching.slice(0, rowsMax).map((row) => projected(row, columns));
    },
    async read(rowKey) {
      const row = open().get(rowKey);
      return row && projected(row, undefined);
    },
    insert: async (row) => applied(open(), [{ kind: 'insert', row }], stored),
    replace: async (row, etag) => applied(open(), [{ kind: 'replace', row, etag }], stored),
    async put(row) {
      open().set(row.rowKey, stored(row));
    },
    async remove(rowKey) {
      open().delete(rowKey);
    },
    async transact(writes) {
      const keys = writes.map(keyOf);
      if (new Set(keys).size !== keys.length) {
        throw new Fault(
          'rejected',
          `table "${table}": a row twice in one transaction (400 InvalidDuplicateRow)`,
        );
      }
      return applied(open(), writes, stored);
    },
  };
}

function byCodeUnits(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function projected(row: StoredRow, columns: readonly string[] | undefined): StoredRow {
  const kept = Object.entries(row.columns).filter(
    ([name]) => columns === undefined || columns.includes(name),
  );
  return { ...row, columns: Object.fromEntries(kept) };
}

/** All or nothing: every condition is looked at before anything is written. */
function applied(
  partition: Partition,
  writes: readonly RowWrite[],
  stored: (row: Row) => StoredRow,
): WriteAnswer {
  if (!writes.every((write) => holds(partition, write))) return 'refused';
  for (const write of writes) {
    if (write.kind === 'remove') partition.delete(write.rowKey);
    else partition.set(write.row.rowKey, stored(write.row));
  }
  return 'done';
}

function holds(partition: Partition, write: RowWrite): boolean {
  const there = partition.get(keyOf(write));
  switch (write.kind) {
    case 'insert':
      return there === undefined;
    case 'replace':
      return there?.etag === write.etag;
    case 'remove':
      return there !== undefined;
  }
}

function keyOf(write: RowWrite): string {
  return write.kind === 'remove' ? write.rowKey : write.row.rowKey;
}

type Hook = (name: string) => void | Promise<void>;

/** Calls both hooks around every method. */
function interceptable<T extends object>(name: string, target: T, before: Hook, after: Hook): T {
  const wrapped = Object.entries(target).map(([method, action]) => [
    method,
    async (...given: unknown[]) => {
      await before(`${name}.${method}`);
      const answer = await action(...given);
      await after(`${name}.${method}`);
      return answer;
    },
  ]);
  return Object.fromEntries(wrapped) as T;
}

function hookedStores(stores: Stores, hooks: MemoryHooks): Stores {
  const wrapped = Object.entries(stores).map(([port, store]) => [
    port,
    interceptable(
      port,
      store,
      async (name) => hooks.beforeCall?.(name),
      async (name) => hooks.afterCall?.(name),
    ),
  ]);
  return Object.fromEntries(wrapped) as Stores;
}
