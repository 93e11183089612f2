/** A piece of HTML in which everything from outside is escaped. Only `html` and constants make one. */
export class Markup {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

type Piece = Markup | readonly Markup[] | string | number;

/**
 * HTML from a template: what stands in the template is taken as it is, what is put into it is escaped, for text and for
 * quoted attributes alike. Never for scripts, styles, addresses or attributes without quotes.
 */
export function html(parts: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  return new Markup(
    parts.map((part, index) => `${part}${index < pieces.length ? render(pieces[index] ?? '') : ''}`).join(''),
  );
}

function render(piece: Piece): string {
  if (piece instanceof Markup) return piece.text;
  return typeof piece === 'object' ? piece.map(({ text }) => text).join('') : escaped(String(piece));
}

const ESCAPED: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escaped(text: string): string {
  // A name that turns the writing round could make one digest look like another.
  return text
    .replaceAll(/[&<>"']/g, (character) => ESCAPED[character] ?? '')
    .replaceAll(/\p{Bidi_Control}/gu, '\u{fffd}');
}
