import type { KeyRange } from './keys.ts';
import type { Rows } from './rows.ts';

/** Half of what one transaction may hold: more than a run ever adds, so a backlog shrinks. */
const ROWS_MAX = 50;

/** One query, and one transaction if it found anything: a bounded price, whatever has piled up. */
export async function removeOnePage(rows: Rows, range: KeyRange): Promise<void> {
  const old = await rows.range({ ...range, columns: [], rowsMax: ROWS_MAX, onePage: true });
  if (old.length === 0) return;
  // Refused when somebody removed one of them meanwhile; the next run sees to the others.
  await rows.transact(old.map(({ rowKey }) => ({ kind: 'remove', rowKey })));
}
