import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';
import { anchorOf, headingsOf, linksOf, spansOf } from '../../tools/markdown.ts';
import { DOCUMENTS, type Page, pages, ROOT, textOf } from './pages.ts';

const ALL = pages('*.md', 'docs/**/*.md', 'bench/*.md', 'infra/**/*.md');

/** What a link does not lead to; undefined when it leads somewhere. Addresses outside are not asked. */
function missing({ path, text }: Page, target: string): string | undefined {
  if (/^https:\/\//.test(target)) return undefined;
  const [file = '', anchor] = target.split('#');
  const there = normalize(join(dirname(path), file));
  if (file !== '' && !existsSync(join(ROOT, there))) return `no file ${there}`;
  if (anchor === undefined) return undefined;
  const headings = headingsOf(file === '' ? text : textOf(there));
  return headings.some((heading) => anchorOf(heading) === anchor)
    ? undefined
    : `no heading ${anchor} in ${file === '' ? path : there}`;
}

describe('links between documents', () => {
  it.each(ALL)('of $path lead somewhere', (page) => {
    const dead = linksOf(page.text).flatMap(({ target, line }) => {
      const problem = missing(page, target);
      return problem === undefined ? [] : [`${page.path}:${line}: ${target}: ${problem}`];
    });

    expect(dead).toEqual([]);
  });

  it('would be found dead, whether the file or the heading is not there', () => {
    const page = { path: 'docs/page.md', text: '# One `two`, and three\n' };

    expect(missing(page, 'nowhere.md')).toBe('no file docs/nowhere.md');
    expect(missing(page, '#four')).toBe('no heading four in docs/page.md');
    expect(missing(page, '../README.md#nothing')).toBe('no heading nothing in README.md');
    expect(missing(page, '#one-two-and-three')).toBeUndefined();
  });
});

/** Folders of the repository. */
const OURS = /^(?:src|test|docs|infra|queries|sandbox|tools|schema|baselines|bench)\/[\w./-]+$/;

describe('files that documents name', () => {
  it.each(DOCUMENTS)('in $path are there', ({ text }) => {
    const named = spansOf(text).filter((span) => OURS.test(span.text));

    expect(named.filter((span) => !existsSync(join(ROOT, span.text)))).toEqual([]);
  });
});

describe('the list of documents in README.md', () => {
  it('names every page, but those that others are generated from or lead to', () => {
    const listed = linksOf(textOf('README.md')).map(({ target }) => target);
    const elsewhere = pages('docs/*.md').flatMap(({ text }) =>
      linksOf(text).map(({ target }) => `docs/${target}`),
    );
    const unseen = pages('docs/*.md').filter(
      ({ path }) => !listed.includes(path) && !elsewhere.some((target) => target.split('#')[0] === path),
    );

    expect(unseen.map(({ path }) => path)).toEqual([]);
  });
});
