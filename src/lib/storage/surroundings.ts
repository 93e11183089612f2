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
    isListOf(users, isText) &&
    isListOf(groups, isText) &&
    isListOf(identities, isIdentity) &&
    isListOf(people, isPerson) &&
    isNullOr(value.namedLocations, (locations) => isListOf(locations, isRecord))
  );
}

function isIdentity(value: unknown): boolean {
  if (!isRecord(value)) return false;
  const { id, kind, memberOf, health, reason } = value;
  const isKind = kind === 'user' || kind === 'group';
  return isKind && isText(id) && isText(health) && isNullOr(memberOf, isText) && isNullOr(reason, isText);
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

function isListOf(value: unknown, accepts: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.every(accepts);
}
