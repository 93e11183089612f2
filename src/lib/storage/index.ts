import type { TenantId } from '../policy/model.ts';
import type {
  Approvals,
  Bindings,
  Clock,
  Control,
  DesiredState,
  Journal,
  Runs,
  ServiceTime,
  SurroundingsStore,
  TableAccess,
} from '../ports.ts';
import type { PublicSigner } from '../signature.ts';
import { accessTo } from './access.ts';
import { approvalStore } from './approvals.ts';
import { bindingStore } from './bindings.ts';
import { caller } from './calls.ts';
import { connect, type StorageSettings, type Watch } from './connect.ts';
import { controlStore } from './control.ts';
import { desiredState } from './desired.ts';
import { journalStore } from './journal.ts';
import { withinLimits } from './limits.ts';
import type { Rows, RowsOf, TableName } from './rows.ts';
import { TABLES } from './rows.ts';
import { runStore } from './runs.ts';
import { surroundingsStore } from './surroundings.ts';
import { tableRows } from './tableRows.ts';

export type { StorageSettings } from './connect.ts';
export { newRunId, runStartMs } from './keys.ts';

/** Everything that is kept for one tenant. */
export interface Stores {
  readonly desired: DesiredState;
  readonly bindings: Bindings;
  readonly journal: Journal;
  readonly runs: Runs;
  readonly control: Control;
  readonly approvals: Approvals;
  readonly surroundings: SurroundingsStore;
}

/** The stores of one tenant for the length of one run. */
export interface TenantStorage extends Stores {
  /** Requests to the tables that have left this process since this was opened. */
  requests(): number;
}

/** The same, for whoever wants to know what is allowed there. */
export interface TenantTables extends TenantStorage {
  /** What we may do with each table. Two requests for each, which change nothing. */
  access(): Promise<readonly TableAccess[]>;
  /** By the last answer that gave the time. */
  serviceTime(): ServiceTime | undefined;
}

export interface Storage {
  /** @param deadlineAt milliseconds since 1970 at which the run's time is used up */
  open(tenant: TenantId, deadlineAt: number): TenantTables;
  /** Creates the tables that are missing. For `init`, `push` and the sandbox; a run never does. */
  createTables(): Promise<void>;
}

/**
 * @param signers whose versions of the desired state are believed; none: everybody's
 * @throws Fault `config` when the settings name no account that may be used
 */
export function createStorage(
  settings: StorageSettings,
  clock: Clock,
  signers: readonly PublicSigner[] = [],
): Storage {
  const connection = connect(settings);
  const { account } = connection;

  return {
    open(tenant, deadlineAt) {
      let requests = 0;
      const call = caller(clock, deadlineAt);
      let seen: ServiceTime | undefined;
      const watch: Watch = () => {
        requests++;
        const sentAt = clock.now();
        return (date) => {
          const saidAt = Date.parse(date ?? '');
          if (!Number.isNaN(saidAt)) seen = { saidAt, sentAt, answeredAt: clock.now() };
        };
      };
      const rowsOf = (table: TableName): Rows =>
        tableRows(connection.open(table, watch), { account, table }, tenant, call);
      return {
        ...storesOver(tenant, clock, rowsOf, signers),
        requests: () => requests,
        access: () => Promise.all(TABLES.map((table) => accessTo(rowsOf(table), { table, account }))),
        serviceTime: () => seen,
      };
    },

    async createTables() {
      const call = caller(clock, Number.POSITIVE_INFINITY);
      for (const table of TABLES) {
        const client = connection.open(table, () => undefined);
        await call({ account, table, verb: 'write' }, 'repeatable', (abortSignal) =>
          client.createTable({ abortSignal }),
        );
      }
    },
  };
}

/** The stores over any rows at all. Every write is held to the service's limits first. */
export function storesOver(
  tenant: TenantId,
  clock: Clock,
  rowsOf: RowsOf,
  signers: readonly PublicSigner[] = [],
): Stores {
  const limited = (table: TableName) => withinLimits(table, tenant, rowsOf(table));
  return {
    desired: desiredState(tenant, limited('desired'), signers),
    bindings: bindingStore(limited('bindings')),
    journal: journalStore(limited('journal'), clock),
    runs: runStore(tenant, limited('runs')),
    control: controlStore(limited('control'), clock),
    approvals: approvalStore(limited('control')),
    surroundings: surroundingsStore(limited('control')),
  };
}
