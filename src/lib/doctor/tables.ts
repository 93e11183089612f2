import type { Fault } from '../fault.ts';
import type { TableAccess } from '../ports.ts';
import { ASK_THE_APP, type CheckFinding, findingsOf, type Verdict, type Whose } from './findings.ts';

const finding = findingsOf('tables');

/**
 * Which tables the app can read and write. It reads `desired` and must not write it, or whoever takes over the app can
 * write down what it shall enforce; the others it writes.
 *
 * @param isKey the tables are reached with a connection string, whose key may do everything
 */
export function checkTables(
  accesses: readonly TableAccess[],
  as: Whose,
  isKey: boolean,
): readonly CheckFinding[] {
  return accesses.map((access) => {
    const unread = access.read === null ? undefined : unreadable(access, access.read, as);
    if (unread !== undefined) return unread;
    if (as === 'operator') return asOperator(access);
    return access.table === 'desired' ? desired(access, isKey) : others(access);
  });
}

function unreadable(access: TableAccess, fault: Fault, as: Whose): CheckFinding {
  const { table } = access;
  const where = placeOf(access);
  switch (fault.kind) {
    case 'config':
      return finding(
        'failed',
        where,
        said(fault, access),
        'deploy the tables (`infra/`), or create them: `caretaker init --create-tables`; if they are there, the endpoint is wrong',
      );
    case 'denied': {
      const role = table === 'desired' ? 'Storage Table Data Reader' : 'Storage Table Data Contributor';
      const whom = as === 'app' ? 'the app’s identity' : 'yourself';
      return finding(
        'failed',
        where,
        said(fault, access),
        `give ${whom} the role ${role} on this table, and wait some minutes`,
      );
    }
    case 'rejected':
    case 'missing':
    case 'unavailable':
    case 'indeterminate':
      return finding('unverified', where, said(fault, access), 'ask again later');
  }
}

function desired(access: TableAccess, isKey: boolean): CheckFinding {
  if (access.write === null) {
    const mend = isKey
      ? 'reach the tables with an identity: STATE_STORAGE__tableServiceUri in place of STATE_STORAGE'
      : 'take the role Storage Table Data Contributor on it, or on the account, from the app’s identity (the lock keep-state has to be lifted for that); Storage Table Data Reader is enough';
    return judged('warning', access, 'the app can read it, and write it too', mend);
  }
  if (access.write.kind === 'denied') return judged('ok', access, 'the app reads it and cannot write it');
  return unclear(access, access.write);
}

function others(access: TableAccess): CheckFinding {
  if (access.write === null) return judged('ok', access, 'the app reads and writes it');
  if (access.write.kind !== 'denied') return unclear(access, access.write);
  return judged(
    'failed',
    access,
    `the app cannot write it: ${said(access.write, access)}`,
    'give the app’s identity the role Storage Table Data Contributor on this table, and wait some minutes',
  );
}

function asOperator(access: TableAccess): CheckFinding {
  const you = access.write === null ? 'read and write it' : 'read it';
  return judged(
    'unverified',
    access,
    `you can ${you}; what the app’s own identity may do was not tried`,
    ASK_THE_APP,
  );
}

function unclear(access: TableAccess, fault: Fault): CheckFinding {
  return judged('unverified', access, said(fault, access), 'ask again later');
}

function judged(
  verdict: Verdict,
  access: TableAccess,
  what: string,
  mend: string | null = null,
): CheckFinding {
  return finding(verdict, placeOf(access), what, mend);
}

function placeOf({ table, account }: Pick<TableAccess, 'table' | 'account'>): string {
  return `table "${table}" at ${account}`;
}

/** A fault says where it happened; that is said already. */
function said({ message }: Fault, access: TableAccess): string {
  const place = `${placeOf(access)}: `;
  return message.startsWith(place) ? message.slice(place.length) : message;
}
