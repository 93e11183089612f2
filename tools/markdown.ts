/** A link in a page, as it is written. */
export interface Link {
  readonly target: string;
  readonly line: number;
}

/** A fenced piece of a page. */
export interface Fence {
  /** What stands behind the backticks. */
  readonly language: string;
  readonly text: string;
  /** Of its first line of content. */
  readonly line: number;
}

/** Something in backticks within a sentence; line ends in it are blanks. */
export interface Span {
  readonly text: string;
  readonly line: number;
}

/** As GitHub makes it of a heading; the same heading twice is not told apart. */
export function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

const FENCE = /^ *```([\w-]*)[^\n]*\n(.*?)^ *```/gms;

export function fencesOf(page: string): readonly Fence[] {
  return [...page.matchAll(FENCE)].map(({ 1: language = '', 2: text = '', index }) => ({
    language,
    text,
    line: lineAt(page, index) + 1,
  }));
}

/** The page without what is fenced; every line keeps its number. */
export function proseOf(page: string): string {
  return page.replaceAll(FENCE, (fence) => fence.replaceAll(/[^\n]/g, ''));
}

export function spansOf(page: string): readonly Span[] {
  const prose = proseOf(page);
  return [...prose.matchAll(/`([^`]+)`/g)].map(({ 1: text = '', index }) => ({
    text: text.replaceAll(/\s+/g, ' ').trim(),
    line: lineAt(prose, index),
  }));
}

export function linksOf(page: string): readonly Link[] {
  const prose = proseOf(page);
  return [...prose.matchAll(/\]\(([^)\s]+)\)/g)].map(({ 1: target = '', index }) => ({
    target,
    line: lineAt(prose, index),
  }));
}

/** Headings as they are written, without their marks. */
export function headingsOf(page: string): readonly string[] {
  return [...proseOf(page).matchAll(/^#{1,6} (.+)$/gm)].map(([, heading = '']) => heading.trim());
}

function lineAt(text: string, index: number): number {
  return text.slice(0, index).split('\n').length;
}
