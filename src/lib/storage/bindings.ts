import type { Binding } from '../journal.ts';
import type { PolicyKey } from '../policy/model.ts';
import type { Bindings, DamagedRow } from '../ports.ts';
import { documentColumns, readDocument } from './documents.ts';
import { bindingKeys } from './keys.ts';
import type { Row, Rows, StoredRow } from './rows.ts';
import { isNullOr, isRecord, parsed } from './shapes.ts';

const ORIGINS: readonly unknown[] = ['created', 'restored', 'adopted'];

/** One row per desired key. A row that cannot be read is reported, because "not bound" would invite a twin. */
export function bindingStore(rows: Rows): Bindings {
  return {
    async all() {
      const bindings: Binding[] = [];
      const damaged: DamagedRow[] = [];
      for (const row of await rows.range(bindingKeys.all)) {
        const binding = readBinding(row);
        if (typeof binding === 'string') damaged.push(damagedBinding(row.rowKey, binding));
        else bindings.push(binding);
      }
      return { bindings, damaged };
    },
    put: (binding) => rows.put(bindingRow(binding)),
  };
}

function bindingRow(binding: Binding): Row {
  const { key, id, origin } = binding;
  return { rowKey: key, columns: { ...documentColumns(JSON.stringify(binding)), id: id ?? '', origin } };
}

function damagedBinding(key: PolicyKey, problem: string): DamagedRow {
  const advice =
    'which object it stands for is unknown; remove the row, and the next run adopts the policy by its name';
  return { key, problem: `the row "${key}" of table "bindings": ${problem}; ${advice}` };
}

/** @returns the binding, or what is wrong with the row */
function readBinding(row: StoredRow): Binding | string {
  const document = readDocument(row.columns);
  if (document.kind === 'damaged') return document.problem;
  const value = parsed(document.text);
  if (!isBinding(value)) return 'it is not a binding';
  return value.key === row.rowKey ? value : 'it belongs to another key';
}

function isBinding(value: unknown): value is Binding {
  return (
    isRecord(value) &&
    typeof value.key === 'string' &&
    isNullOr(value.id, (id) => typeof id === 'string') &&
    ORIGINS.includes(value.origin) &&
    typeof value.boundAt === 'number' &&
    Number.isSafeInteger(value.highestVersion) &&
    Number(value.highestVersion) >= 0 &&
    (value.highestHash === undefined || typeof value.highestHash === 'string') &&
    isNullOr(value.proven, isProven) &&
    isNullOr(value.pending, isPending) &&
    isNullOr(value.refusal, isRefused)
  );
}

function isProven(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { version, hash, at } = value;
  return typeof version === 'number' && typeof hash === 'string' && typeof at === 'number';
}

function isPending(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { action, intentId, displayName, at } = value;
  const known = action === 'create' || action === 'restore';
  return known && typeof intentId === 'string' && typeof displayName === 'string' && typeof at === 'number';
}

function isRefused(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { id, reason, at } = value;
  return typeof id === 'string' && typeof reason === 'string' && typeof at === 'number';
}
