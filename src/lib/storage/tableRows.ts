import { odata, type TableClient, type TableEntity, type TransactionAction } from '@azure/data-tables';
import { Fault } from '../fault.ts';
import type { TenantId } from '../policy/model.ts';
import type { Call } from './calls.ts';
import { type Errand, isAbsence, isRefusal } from './faults.ts';
import type { RangeQuery, Row, Rows, RowWrite, StoredRow, TableName, WriteAnswer } from './rows.ts';
import { isRecord } from './shapes.ts';

/** The service answers at most so many rows a page. */
const PAGE_ROWS_MAX = 1_000;
/** No table of ours has more; a service that keeps on saying "there is more" is not believed. */
const PAGES_MAX = 500;
/** What the client returns beside a row's own columns, and puts any column of these names in the place of. */
const ENVELOPE = new Set(['partitionKey', 'rowKey', 'etag', 'timestamp', 'odata.metadata']);

/** One table of an account, seen from one tenant, over the Tables client. */
export function tableRows(
  client: TableClient,
  place: { readonly account: string; readonly table: TableName },
  tenant: TenantId,
  call: Call,
): Rows {
  const reading: Errand = { ...place, verb: 'read' };
  const writing: Errand = { ...place, verb: 'write' };

  return {
    async range(query) {
      const rows: StoredRow[] = [];
      let from: string | undefined;
      for (let page = 0; page < PAGES_MAX; page++) {
        const continuationToken = from;
        const answer = await call(reading, 'repeatable', (abortSignal) =>
          readPage(client, tenant, query, continuationToken, abortSignal),
        );
        rows.push(...answer.rows);
        const enough = query.rowsMax !== undefined && rows.length >= query.rowsMax;
        if (answer.next === undefined || enough || query.onePage === true)
          return rows.slice(0, query.rowsMax);
        from = answer.next;
      }
      throw new Fault(
        'unavailable',
        `table ${place.table} at ${place.account}: the list of rows never ended`,
      );
    },

    read: (rowKey) =>
      call(reading, 'repeatable', (abortSignal) => readRow(client, tenant, rowKey, abortSignal)),

    insert: (row) =>
      call(writing, 'repeatable', (abortSignal) =>
        answered(client.createEntity(entityOf(tenant, row), { abortSignal })),
      ),

    replace: (row, etag) =>
      call(writing, 'once', (abortSignal) =>
        answered(client.updateEntity(entityOf(tenant, row), 'Replace', { etag, abortSignal })),
      ),

    async put(row) {
      await call(writing, 'repeatable', (abortSignal) =>
        client.upsertEntity(entityOf(tenant, row), 'Replace', { abortSignal }),
      );
    },

    async remove(rowKey) {
      await call(writing, 'repeatable', (abortSignal) =>
        answered(client.deleteEntity(tenant, rowKey, { abortSignal })),
      );
    },

    async transact(writes) {
      if (writes.length === 0) return 'done';
      const actions = writes.map((write) => actionOf(tenant, write));
      return call(writing, 'once', (abortSignal) =>
        answered(client.submitTransaction(actions, { abortSignal })),
      );
    },
  };
}

interface Page {
  readonly rows: readonly StoredRow[];
  readonly next: string | undefined;
}

async function readPage(
  client: TableClient,
  tenant: TenantId,
  query: RangeQuery,
  continuationToken: string | undefined,
  abortSignal: AbortSignal,
): Promise<Page> {
  let body: unknown;
  const pages = client
    .listEntities({
      abortSignal,
      queryOptions: {
        filter: filterOf(tenant, query),
        ...(query.columns !== undefined && {
          select: ['PartitionKey', 'RowKey', 'Timestamp', ...query.columns],
        }),
      },
      onResponse: (answer) => {
        body = answer.parsedBody;
      },
    })
    .byPage({
      maxPageSize: Math.min(query.rowsMax ?? PAGE_ROWS_MAX, PAGE_ROWS_MAX),
      ...(continuationToken !== undefined && { continuationToken }),
    });
  const { value: page } = await pages.next();

  if (page === undefined || !isList(body)) throw unreadable('it is not a list of rows');
  const sent = body.value;
  return {
    rows: page.map((entity: TableEntity<object>, index: number) => storedRow(tenant, sent[index], entity)),
    next: page.continuationToken,
  };
}

/** The client takes any answer without rows, a web page included, for an empty table. */
function isList(body: unknown): body is { readonly value: readonly unknown[] } {
  return isRecord(body) && Array.isArray(body.value);
}

function filterOf(tenant: TenantId, { from, to, equals }: RangeQuery): string {
  const range = odata`PartitionKey eq ${tenant} and RowKey ge ${from} and RowKey lt ${to}`;
  return equals === undefined ? range : `${range} and ${equals.column}${odata` eq ${equals.value}`}`;
}

async function readRow(
  client: TableClient,
  tenant: TenantId,
  rowKey: string,
  abortSignal: AbortSignal,
): Promise<StoredRow | undefined> {
  try {
    let body: unknown;
    const entity = await client.getEntity(tenant, rowKey, {
      abortSignal,
      onResponse: (answer) => {
        body = answer.parsedBody;
      },
    });
    const row = storedRow(tenant, body, entity);
    if (row.rowKey !== rowKey) throw unreadable('it is another row');
    return row;
  } catch (error) {
    if (isAbsence(error)) return undefined;
    throw error;
  }
}

/**
 * @param sent the row as the service sent it: what it says of the row itself is told apart there by spelling from a
 *   column somebody called `rowKey`, and with that column one row would pass for another, or make a list unreadable
 * @param entity the same as the client read it, for its columns
 */
function storedRow(tenant: TenantId, sent: unknown, entity: Readonly<Record<string, unknown>>): StoredRow {
  const { PartitionKey, RowKey, Timestamp, 'odata.etag': etag } = isRecord(sent) ? sent : {};
  if (PartitionKey !== tenant || typeof RowKey !== 'string') {
    throw unreadable('a row has no key of this tenant');
  }
  const columns = Object.fromEntries(Object.entries(entity).filter(([name]) => !ENVELOPE.has(name)));
  // A projection may come without its etag; nothing is replaced on the strength of one.
  return { rowKey: RowKey, etag: String(etag ?? ''), columns, writtenAt: Date.parse(String(Timestamp)) };
}

/** A plain error, so that it is judged with all the others in `faults.ts`. */
function unreadable(why: string): Error {
  return new Error(why);
}

/** A condition that did not hold is an answer; everything else is thrown on. */
async function answered(sent: Promise<unknown>): Promise<WriteAnswer> {
  try {
    await sent;
    return 'done';
  } catch (error) {
    if (isRefusal(error)) return 'refused';
    throw error;
  }
}

function entityOf(tenant: TenantId, row: Row): TableEntity<object> {
  return { partitionKey: tenant, rowKey: row.rowKey, ...row.columns };
}

function actionOf(tenant: TenantId, write: RowWrite): TransactionAction {
  switch (write.kind) {
    case 'insert':
      return ['create', entityOf(tenant, write.row)];
    case 'replace':
      return ['update', entityOf(tenant, write.row), 'Replace', { etag: write.etag }];
    case 'remove':
      return ['delete', { partitionKey: tenant, rowKey: write.rowKey }];
  }
}
