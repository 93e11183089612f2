import { createHash } from 'node:crypto';
import { Fault } from '../fault.ts';
import type { Cell } from './rows.ts';

/** Below the 32 768 units of one property, so that nobody has to count exactly. */
const CHUNK_UNITS_MAX = 30_000;

const CHUNK_NAME = /^json\d+$/;

/** What reading a document back gave. Never thrown: a row that cannot be believed must not hide the others. */
export type DocumentRead =
  | { readonly kind: 'whole'; readonly text: string; readonly sha256: string }
  | { readonly kind: 'damaged'; readonly problem: string };

/**
 * Splits a text over columns `json0`, `json1` …, with their number, the text's length in UTF-16 units and its SHA-256
 * beside them, so that a row that was cut off or edited is known for what it is.
 *
 * @throws Fault `rejected` when the text is not well-formed Unicode: half of a surrogate pair has no UTF-8 form, so it
 * would come back as another text. What `JSON.stringify` made is always well-formed.
 */
export function documentColumns(text: string): Readonly<Record<string, Cell>> {
  if (!text.isWellFormed()) {
    throw new Fault(
      'rejected',
      'the text is not well-formed Unicode (half of a surrogate pair) and cannot be stored',
    );
  }
  const chunks = chunksOf(text);
  const columns: Record<string, Cell> = {
    jsonChunks: chunks.length,
    jsonLength: text.length,
    jsonSha256: sha256(text),
  };
  chunks.forEach((chunk, index) => {
    columns[`json${index}`] = chunk;
  });
  return columns;
}

/** Puts a document together again and checks that it is all there and nothing else. */
export function readDocument(columns: Readonly<Record<string, unknown>>): DocumentRead {
  const { jsonChunks: count, jsonLength: length, jsonSha256: hash } = columns;
  if (typeof count !== 'number' || typeof length !== 'number' || typeof hash !== 'string') {
    return damaged('its columns jsonChunks, jsonLength and jsonSha256 are not all there');
  }
  const stored = Object.keys(columns).filter((name) => CHUNK_NAME.test(name)).length;
  if (stored !== count) return damaged(`it has ${stored} pieces of text and should have ${count}`);

  const chunks: string[] = [];
  for (let index = 0; index < stored; index++) {
    const chunk = columns[`json${index}`];
    if (typeof chunk !== 'string') return damaged(`its piece json${index} is missing or is not text`);
    chunks.push(chunk);
  }
  const text = chunks.join('');
  if (text.length !== length)
    return damaged(`its text has ${text.length} characters and should have ${length}`);
  if (!text.isWellFormed() || sha256(text) !== hash)
    return damaged('its text is not the one its hash was made of');
  return { kind: 'whole', text, sha256: hash };
}

/** SHA-256 of the text's UTF-8 form, lower-case hex. */
export function sha256(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex');
}

function chunksOf(text: string): string[] {
  const chunks: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = chunkEnd(text, start);
    chunks.push(text.slice(start, end));
    start = end;
  }
  return chunks;
}

/** One unit early where the cut would go through a surrogate pair. */
function chunkEnd(text: string, start: number): number {
  const end = Math.min(start + CHUNK_UNITS_MAX, text.length);
  return text.slice(start, end).isWellFormed() ? end : end - 1;
}

function damaged(problem: string): DocumentRead {
  return { kind: 'damaged', problem };
}
