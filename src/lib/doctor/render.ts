import { plain } from '../text.ts';
import { type CheckFinding, type Examination, tally, VERDICTS } from './findings.ts';

/** What was found, as a list for people: each finding in a line, and below it how to mend it. Pure; no colour. */
export function renderExamination({ examinedAt, findings }: Examination): string {
  const counts = tally(findings);
  const summary = VERDICTS.filter((verdict) => counts[verdict] > 0)
    .map((verdict) => `${counts[verdict]} ${verdict}`)
    .join(', ');
  const inOrder = VERDICTS.flatMap((wanted) => findings.filter(({ verdict }) => verdict === wanted));
  return [...inOrder.flatMap(rows), '', `${summary}; examined at ${examinedAt}`].map(plain).join('\n');
}

function rows({ check, verdict, where, what, mend }: CheckFinding): readonly string[] {
  const first = `${verdict.padEnd(10)}  ${check.padEnd(16)}  ${where}: ${what}`;
  return mend === null ? [first] : [first, `${' '.repeat(30)}→ ${mend}`];
}
