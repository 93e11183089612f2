import { fencesOf, spansOf } from '../../tools/markdown.ts';
import type { Page } from './pages.ts';

/** Something a page tells people to type. */
export interface Typed {
  /** `docs/cli.md:12`. */
  readonly place: string;
  /** As it is written, without its comment. */
  readonly text: string;
  /** Of a block, so meant to be typed as it is; what stands within a sentence may only name a command. */
  readonly isBlock: boolean;
}

/** Languages of fences in which nothing is to be typed. */
const NOT_TYPED: readonly string[] = ['mermaid', 'jsonc', 'json', 'kusto', 'bicep'];
/** How something within a sentence begins that is to be typed. */
const BEGINS = /^(caretaker( |$)|(npm|npx|node|func|az|azd|git|curl|sh|bash) )/;

/** Everything a page tells people to type, one command each. */
export function commandsOf({ path, text }: Page): readonly Typed[] {
  const blocks = fencesOf(text).flatMap(({ language, text: block, line }): Typed[] => {
    if (NOT_TYPED.includes(language)) return [];
    if (language !== 'sh') throw new Error(`${path}:${line}: a fence is sh, ${NOT_TYPED.join(', ')}`);
    return lines(block).flatMap(({ text: typed, offset }) =>
      split(typed).map((one) => ({ place: `${path}:${line + offset}`, text: one, isBlock: true })),
    );
  });
  const spans = spansOf(text)
    .filter((span) => BEGINS.test(span.text))
    .flatMap(({ text: typed, line }) =>
      split(typed).map((one) => ({ place: `${path}:${line}`, text: one, isBlock: false })),
    );
  return [...blocks, ...spans];
}

/** Lines of a block with what continues them, without comments and without empty ones. */
function lines(block: string): readonly { readonly text: string; readonly offset: number }[] {
  const found: { text: string; offset: number }[] = [];
  let isOpen = false;
  for (const [offset, line] of block.split('\n').entries()) {
    const text = line.replace(/(^|\s)#.*$/, '').trim();
    const last = found.at(-1);
    if (isOpen && last !== undefined) last.text += ` ${text.replace(/\\$/, '').trim()}`;
    else if (text !== '') found.push({ text: text.replace(/\\$/, '').trim(), offset });
    isOpen = text.endsWith('\\');
  }
  return found;
}

/** Commands of one line. */
function split(line: string): readonly string[] {
  return line.split(/ && |; /).map((one) => one.trim());
}

/** Words as a shell makes them of a simple command: quotes hold blanks together. */
export function wordsOf(text: string): readonly string[] {
  return [...text.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ''));
}
