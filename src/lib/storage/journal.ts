import { Fault } from '../fault.ts';
import type { JournalEntry, NewJournalEntry } from '../journal.ts';
import type { Clock, Journal } from '../ports.ts';
import { documentColumns, readDocument } from './documents.ts';
import { journalKeys } from './keys.ts';
import { removeOnePage } from './prune.ts';
import type { Row, Rows, StoredRow } from './rows.ts';
import { isRecord, parsed } from './shapes.ts';

const KINDS: readonly unknown[] = ['intent', 'outcome', 'settled', 'approval'];

/** One row per entry, never written twice. */
export function journalStore(rows: Rows, clock: Clock): Journal {
  let written = 0;
  let lastAt = 0;

  return {
    async append(entry) {
      written++;
      // The order of writing is the order of the keys, even when the clock is put back in between.
      lastAt = Math.max(lastAt, clock.now());
      const row = entryRow({ ...entry, at: lastAt }, written);
      if ((await rows.insert(row)) === 'done') return;

      // Either our own row, whose answer was lost, or a second writer under the name of this run.
      const there = await rows.read(row.rowKey);
      if (there?.columns.jsonSha256 === row.columns.jsonSha256) return;
      throw new Fault(
        'rejected',
        `table "journal": the row "${row.rowKey}" is there already and says something else`,
      );
    },

    async ofRun(runId) {
      const range = journalKeys.ofRun(runId);
      if (range === undefined) return [];
      const found = await rows.range({ ...range, equals: { column: 'runId', value: runId } });
      return found.map(readEntry);
    },

    prune: (before) => removeOnePage(rows, journalKeys.before(before)),
  };
}

function entryRow(entry: JournalEntry, sequence: number): Row {
  const { runId, key, kind, intentId, at } = entry;
  const columns = { ...documentColumns(JSON.stringify(entry)), runId, key, kind, intentId };
  return { rowKey: journalKeys.entry(at, runId, sequence), columns };
}

/** @throws Fault `config`: a history with a hole must not be read as a whole one */
function readEntry(row: StoredRow): JournalEntry {
  const document = readDocument(row.columns);
  if (document.kind === 'damaged') throw damaged(row, document.problem);
  const entry = parsed(document.text);
  if (!isEntry(entry)) throw damaged(row, 'it is not an entry');
  return entry;
}

function isEntry(value: unknown): value is JournalEntry {
  if (!isRecord(value)) return false;
  const { kind, runId, key, intentId, at }: Partial<Record<keyof NewJournalEntry | 'at', unknown>> = value;
  const named = typeof runId === 'string' && typeof key === 'string' && typeof intentId === 'string';
  return named && KINDS.includes(kind) && typeof at === 'number';
}

function damaged(row: StoredRow, problem: string): Fault {
  return new Fault('config', `the row "${row.rowKey}" of table "journal" was damaged: ${problem}`);
}
