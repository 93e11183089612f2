/** One line as a terminal may show it. Names come from the tenant: none may move the cursor or turn the writing round. */
export function plain(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Bidi_Control}]/gu, '\u{fffd}');
}

/** A token in its usual form, three parts of JSON and signature, or what is left of one. */
const TOKEN = /\beyJ[\w-]+(?:\.[\w-]*){0,4}/g;
/** The lengths are those of RFC 5321; without them a long text of one word would be searched for a long time. */
const MAIL_ADDRESS = /[^\s@"'<>]{1,64}@[^\s@"'<>]{1,255}\.[a-z]+/gi;

/** Somebody else's words without what may be a token or a mail address: neither belongs in a log. */
export function withoutSecrets(text: string): string {
  const tokenless = text.includes('eyJ') ? text.replaceAll(TOKEN, '[token]') : text;
  return tokenless.includes('@') ? tokenless.replaceAll(MAIL_ADDRESS, '[mail address]') : tokenless;
}

/**
 * Words of ours without what they quote. In messages of this program whatever somebody else wrote (names, the service's
 * own words, rows) stands between double quotes; a log gets none of it. All from the first quote to the last goes, so
 * that quotes inside what is quoted let nothing out, and with one quote left over all that follows the first goes too.
 */
export function withoutQuotations(text: string): string {
  const first = text.indexOf('"');
  if (first < 0) return text;
  const isClosed = text.split('"').length % 2 === 1;
  return `${text.slice(0, first)}"…"${isClosed ? text.slice(text.lastIndexOf('"') + 1) : ''}`;
}

/** Names are shorter; comparing long words costs. */
const WORD_MAX = 80;

/** How to mend a word nobody knows: with the known one it is nearly, where there is such a one. */
export function mendWord(word: string, known: Iterable<string>, otherwise: string): string {
  const [near] = [...known]
    .map((one) => ({ one, edits: editsBetween(word.toLowerCase(), one.toLowerCase()) }))
    .filter(({ one, edits }) => edits <= Math.max(1, one.length / 4))
    .sort((a, b) => a.edits - b.edits);
  return near === undefined ? otherwise : `did you mean ${near.one}? Otherwise ${otherwise}`;
}

/** How many letters must be put in, taken out or replaced (Levenshtein). */
function editsBetween(one: string, other: string): number {
  if (one.length > WORD_MAX || other.length > WORD_MAX) return Number.POSITIVE_INFINITY;
  let before = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const row = [index + 1];
    for (const [at, wanted] of [...other].entries())
      row.push(
        Math.min(
          (before[at] ?? 0) + Number(letter !== wanted),
          (before[at + 1] ?? 0) + 1,
          (row[at] ?? 0) + 1,
        ),
      );
    before = row;
  }
  return before.at(-1) ?? 0;
}
