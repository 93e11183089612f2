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
