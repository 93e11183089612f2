/** The tables of the contract. The partition is always the tenant's id, so no query ever crosses tenants. */
export const TABLES = ['desired', 'journal', 'runs', 'bindings', 'control'] as const;
export type TableName = (typeof TABLES)[number];

/** What a column may hold. Larger numbers than int32 are kept as text, because the service types numbers by value. */
export type Cell = string | number | boolean;

export interface Row {
  readonly rowKey: string;
  readonly columns: Readonly<Record<string, Cell>>;
}

/** A row as it was read. Anyone with write access may have put anything into its columns. */
export interface StoredRow {
  readonly rowKey: string;
  readonly columns: Readonly<Record<string, unknown>>;
  readonly etag: string;
  /** Milliseconds since 1970 of the last write, by the service's own clock; NaN when it did not say. */
  readonly writtenAt: number;
}

/** Rows of one partition with `from` <= row key < `to`, in the order of their keys. */
export interface RangeQuery {
  readonly from: string;
  readonly to: string;
  /** Only rows whose column has exactly this text. */
  readonly equals?: { readonly column: string; readonly value: string };
  /** Columns to fetch; all of them when left out. The key, etag and time of writing always come along. */
  readonly columns?: readonly string[];
  /** At most so many rows. */
  readonly rowsMax?: number;
  /** Send one request and be content with what it brings, even when the service cut the page short. */
  readonly onePage?: boolean;
}

export type RowWrite =
  | { readonly kind: 'insert'; readonly row: Row }
  | { readonly kind: 'replace'; readonly row: Row; readonly etag: string }
  | { readonly kind: 'remove'; readonly rowKey: string };

/** `refused`: a row that had to be absent is there, or one that had to be unchanged is not; nothing was written. */
export type WriteAnswer = 'done' | 'refused';

/**
 * One table, seen from one tenant. Conflicts are answers; all other trouble is a `Fault`.
 *
 * A conditional write whose answer was lost is never repeated here (`indeterminate`): only the caller can tell its own
 * row from another's. Reads, `put` and `remove` are repeated a few times; so is `insert`, whose `refused` may therefore
 * mean one's own row.
 */
export interface Rows {
  range(query: RangeQuery): Promise<readonly StoredRow[]>;
  read(rowKey: string): Promise<StoredRow | undefined>;
  insert(row: Row): Promise<WriteAnswer>;
  /** Replaces the whole row if its etag is still this one. */
  replace(row: Row, etag: string): Promise<WriteAnswer>;
  /** Writes the whole row, whatever was there. */
  put(row: Row): Promise<void>;
  /** @returns when the row is gone, whoever removed it */
  remove(rowKey: string): Promise<void>;
  /** All of the writes or none of them. */
  transact(writes: readonly RowWrite[]): Promise<WriteAnswer>;
}

/** Opens the tables of one tenant. */
export type RowsOf = (table: TableName) => Rows;
