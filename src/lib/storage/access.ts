import { asFault, type Fault } from '../fault.ts';
import type { TableAccess } from '../ports.ts';
import type { Rows } from './rows.ts';

/** A row that is in no table of ours, and a version of it that no service gives. */
const NOBODYS_ROW = 'examined';
const NO_VERSION = `W/"datetime'1601-01-01T00%3A00%3A00.0000000Z'"`;

/**
 * Whether a table can be read and written, found out without changing it. A request is authorised before it is carried
 * out (Microsoft Learn, "Authorize access to tables using Microsoft Entra ID"), so an update that cannot take place is
 * answered 404 or 412 to whoever may write ("Update Entity" in the REST reference) and 403 to whoever may not. That the
 * service keeps to this order for a row that is not there was not tried on a real account.
 *
 * It is told of updates alone: Azure's built-in roles give inserts, updates and removals together.
 */
export async function accessTo(
  rows: Rows,
  place: Pick<TableAccess, 'table' | 'account'>,
): Promise<TableAccess> {
  const read = await refusalOf(() => rows.read(NOBODYS_ROW));
  const write = await refusalOf(() => rows.replace({ rowKey: NOBODYS_ROW, columns: {} }, NO_VERSION));
  return { ...place, read, write };
}

async function refusalOf(ask: () => Promise<unknown>): Promise<Fault | null> {
  try {
    await ask();
    return null;
  } catch (error) {
    return asFault(error);
  }
}
