import type { Surroundings, SurroundingsStore } from '../ports.ts';
import { documentColumns, readDocument } from './documents.ts';
import { controlKeys } from './keys.ts';
import type { Rows } from './rows.ts';
import { isNullOr, isRecord, parsed } from './shapes.ts';

/** One row. What cannot be believed is as good as nothing: it is read again from the directory. */
export function surroundingsStore(rows: Rows): SurroundingsStore {
  return {
    async get() {
      const row = await rows.read(controlKeys.surroundings);
      const document = row === undefined ? undefined : readDocument(row.columns);
      if (document?.kind !== 'whole') return undefined;
      const value = parsed(document.text);
      return isSurroundings(value) ? value : undefined;
    },
    put: (surroundings) =>
      rows.put({
        rowKey: controlKeys.surroundings,
        columns: documentColumns(JSON.stringify(surroundings)),
      }),
  };
}

function isSurroundings(value: unknown): value is Surroundings {
  if (!isRecord(value) || !isRecord(value.identities) || !isRecord(value.protected)) return false;
  const { users, groups } = value.identities;
  const { identities, people } = value.protected;
  return (
    typeof value.readAt === 'number' &&
    isText(value.beside) &&
    isListOf(users, isText) &&
    isListOf(groups, isText) &&
    isListOf(identities, isIdentity) &&
    isListOf(people, isPerson) &&
    isListOf(value.protected.unread, isText) &&
    isNullOr(value.namedLocations, (locations) => isListOf(locations, isRecord))
  );
}

const HEALTHS: readonly unknown[] = ['ok', 'disabled', 'missing', 'synced', 'empty', 'unverified'];

function isIdentity(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { id, kind, memberOf, health, reason } = value;
  const isKind = kind === 'user' || kind === 'group';
  const isHealth = HEALTHS.includes(health);
  return isKind && isHealth && isText(id) && isNullOr(memberOf, isText) && isNullOr(reason, isText);
}

function isPerson(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { id, groups, roles, guestType, homeTenantId } = value;
  const atLeast = isRecord(groups) ? groups.atLeast : groups;
  return (
    isText(id) &&
    (atLeast === 'unknown' || isListOf(atLeast, isText)) &&
    (roles === 'unknown' || isListOf(roles, isText)) &&
    isNullOr(guestType, isText) &&
    isNullOr(homeTenantId, isText)
  );
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** More than we ever write: a longer list was put there by somebody else. */
const LENGTH_MAX = 5_000;

function isListOf(value: unknown, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= LENGTH_MAX && value.every(accepts);
}
