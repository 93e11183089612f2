import { changeOf, percentOf, type Score, type Survivor } from './judge.ts';

/** The scores and every survivor, as a page. */
export function page(scores: readonly Score[], survivors: readonly Survivor[]): string {
  const together = { part: 'together', killed: sum(scores, 'killed'), survived: sum(scores, 'survived') };
  const sections = [...Map.groupBy(survivors, ({ tried }) => tried.file)].map(section);
  return `# Mutants

Written by \`npm run mutants\`; do not edit. Stryker changes the pure part of the program in every small way it knows, one
at a time, and asks the tests. A change that no test notices survives.

| | mutants | killed | survived | |
|---|---:|---:|---:|---:|
${[...scores, together].map(row).join('\n')}

Each part is judged by the tests that are about it (\`PARTS\` in [\`test/mutants/judge.ts\`](../test/mutants/judge.ts)).
Properties are tried 50 times per mutant, with one seed. A mutant that never ends counts as killed.

## Who survives, and why

*Equivalent*: no input tells it from the original. *Accepted*: some input would, and no test is worth its price.
The reasons are kept in [\`test/mutants/survivors.json\`](../test/mutants/survivors.json).

${sections.join('\n\n')}
`;
}

function row(score: Score): string {
  const { part, killed, survived } = score;
  return `| ${part} | ${killed + survived} | ${killed} | ${survived} | ${percentOf(score).toFixed(1)} % |`;
}

function section([file, survivors]: readonly [string, readonly Survivor[]]): string {
  const inOrder = survivors.toSorted(byPlace);
  const byReason = Map.groupBy(inOrder, ({ reason }) =>
    reason === undefined ? 'no reason yet' : `*${reason.kind}*: ${reason.reason}`,
  );
  const lines = [...byReason].flatMap(([reason, own]) => [`- ${reason}`, ...own.map(changeLine)]);
  return [`### ${file}`, '', ...lines].join('\n');
}

/** What stands in one row is told in the same order each time. */
function byPlace({ tried: a }: Survivor, { tried: b }: Survivor): number {
  return a.row - b.row || (changeOf(a) < changeOf(b) ? -1 : 1);
}

function changeLine({ tried }: Survivor): string {
  return `  - ${code(changeOf(tried))} in ${code(tried.line)}`;
}

/** A code span may hold backticks as long as no row of them is as long as those around it. */
function code(text: string): string {
  const rows = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(0, ...rows.map((row) => row.length)) + 1);
  return rows.length === 0 ? `${fence}${text}${fence}` : `${fence} ${text} ${fence}`;
}

function sum(scores: readonly Score[], what: 'killed' | 'survived'): number {
  return scores.reduce((total, score) => total + score[what], 0);
}
