import { randomUUID } from 'node:crypto';
import { startAzurite } from '../../sandbox/azurite.ts';
import type { TenantId } from '../../src/lib/policy/model.ts';
import type { Clock } from '../../src/lib/ports.ts';
import { caller } from '../../src/lib/storage/calls.ts';
import { connect } from '../../src/lib/storage/connect.ts';
import { createStorage, type TenantStorage } from '../../src/lib/storage/index.ts';
import type { Rows, TableName } from '../../src/lib/storage/rows.ts';
import { tableRows } from '../../src/lib/storage/tableRows.ts';
import { memoryStorage } from '../support/memoryStorage.ts';

/** A clock that stands still until it is told to move, so that no test waits. */
export interface HandClock extends Clock {
  advance(ms: number): void;
}

/** Starts at the real time, because the emulator stamps its rows with that. */
export function handClock(startMs = Date.now()): HandClock {
  let nowMs = startMs;
  return {
    now: () => nowMs,
    advance: (ms) => {
      nowMs += ms;
    },
    sleep: (_ms, signal) =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason), { once: true });
      }),
    every: () => () => {},
  };
}

/** One tenant's storage, a clock to move, and the way past all checks into its tables. */
export interface Bench {
  readonly tenant: TenantId;
  readonly clock: HandClock;
  /** A further session of the same tenant, as another machine would have. */
  open(): TenantStorage;
  raw(table: TableName): Rows;
  /** Changes columns of a stored row; undefined removes one. */
  edit(table: TableName, rowKey: string, changes: Readonly<Record<string, unknown>>): Promise<void>;
}

/** Where the contract is tested: a way to open benches, and to shut the whole thing down. */
export interface Place {
  readonly name: string;
  start(): Promise<{ bench(): Bench; stop(): Promise<void> }>;
}

export const places: readonly Place[] = [
  {
    name: 'in memory',
    async start() {
      const clock = handClock();
      const storage = memoryStorage(clock);
      await storage.createTables();
      return {
        bench: () => {
          const tenant = randomUUID();
          return benchOver(
            tenant,
            clock,
            () => storage.open(tenant, clock.now() + 60_000),
            storage.rowsOf(tenant),
          );
        },
        stop: async () => {},
      };
    },
  },
  {
    name: 'on Azurite',
    async start() {
      const azurite = await startAzurite();
      const { connectionString } = azurite;
      await createStorage({ connectionString }, handClock()).createTables();
      return {
        bench: () => {
          const tenant = randomUUID();
          const clock = handClock();
          const storage = createStorage({ connectionString }, clock);
          const connection = connect({ connectionString });
          const call = caller(clock, Number.POSITIVE_INFINITY);
          const raw = (table: TableName) =>
            tableRows(
              connection.open(table, () => undefined),
              { account: connection.account, table },
              tenant,
              call,
            );
          return benchOver(tenant, clock, () => storage.open(tenant, clock.now() + 60_000), raw);
        },
        stop: azurite.close,
      };
    },
  },
];

function benchOver(
  tenant: TenantId,
  clock: HandClock,
  open: () => TenantStorage,
  raw: (table: TableName) => Rows,
): Bench {
  return {
    tenant,
    clock,
    open,
    raw,
    async edit(table, rowKey, changes) {
      const row = await raw(table).read(rowKey);
      if (row === undefined) throw new Error(`there is no row ${rowKey} in ${table}`);
      const columns = Object.entries({ ...row.columns, ...changes }).filter(
        ([, value]) => value !== undefined,
      );
      await raw(table).put({ rowKey, columns: Object.fromEntries(columns) as Record<string, string> });
    },
  };
}

/** Everything an operator may type into a name: quotes of every kind, markup, emoji, other scripts, 256 characters. */
export const HOSTILE_TEXTS = [
  `O'Brien "the admin" \`rm -rf\``,
  `' or PartitionKey ne '`,
  '<script>alert(1)</script> & %27 %00 \\u0000 \\',
  '👩‍👩‍👧‍👦 \u{1F600} éé \u202Eevil',
  '日本語テキスト'.repeat(36).slice(0, 256),
  ' leading, trailing and\r\nbroken\tlines ',
  '2026-11-24T08:24:13.123Z',
] as const;
