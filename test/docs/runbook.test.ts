import { describe, expect, it } from 'vitest';
import { clouds } from '../../src/lib/graph/clouds.ts';
import { TAMPERING } from '../../src/lib/record.ts';
import { RULES } from '../../src/lib/rules/index.ts';
import { headingsOf } from '../../tools/markdown.ts';
import { textOf } from './pages.ts';

const PAGE = textOf('docs/operations.md');

/** The text below a heading, up to the next one of its own or a higher rank. */
function section(heading: string): string {
  const [marks = ''] = heading.split(' ', 1);
  const [, below = ''] = PAGE.split(`\n${heading}\n`);
  return below.split(new RegExp(`\n#{1,${marks.length}} `))[0] ?? '';
}

describe('the runbook’s alerts', () => {
  const alerts = textOf('infra/alerts.bicep');
  const names = [...alerts.matchAll(/^ {4}name: '([\w-]+)'/gm)].map(([, name = '']) => name);
  const severities = [...alerts.matchAll(/^ {4}severity: (\d)/gm)].map(([, severity = '']) => severity);

  it('are those that are deployed', () => {
    const headed = headingsOf(PAGE).filter((heading) => heading.startsWith('Alert: '));

    expect(names.length).toBeGreaterThan(5);
    expect(headed.map((heading) => heading.slice('Alert: '.length)).toSorted()).toEqual(names.toSorted());
  });

  it.each(names.map((name, index) => ({ name, severity: severities[index] })))(
    'say of $name what it means, how bad it is, what to look at, what to do, and how it ends',
    ({ name, severity }) => {
      const said = section(`## Alert: ${name}`);

      for (const part of [
        '**Means.** ',
        `**How bad.** Severity ${severity}. `,
        '**Look.** ',
        '**Do.**',
        '**Ends** ',
      ])
        expect(said).toContain(part);
    },
  );
});

/** What the table says of each rule. */
const ROWS = [
  ...PAGE.matchAll(/^\| \[`(\w+)`\]\(#\w+\) \| ([\w ]+) \| (yes|no) \| (stopped|go on) \|$/gm),
].map(([, name = '', answer = '', approval = '', repairs = '']) => ({ name, answer, approval, repairs }));

describe('the runbook’s holds and denials', () => {
  it('have a row and a section for each rule, and for nothing else', () => {
    const names = RULES.map(({ name }) => name);
    const beside = 'What is reported beside the rules';
    const sections = [...section('## Holds and denials').matchAll(/^### (.+)$/gm)].map(
      ([, heading]) => heading,
    );

    expect(ROWS.map(({ name }) => name)).toEqual(names);
    expect(sections).toEqual([...names, beside]);
    for (const name of names) expect(section(`### ${name}`).length).toBeGreaterThan(80);
  });

  it.each(ROWS)(
    'say of $name what it answers and whether approval helps, as its file does',
    ({ name, answer, approval }) => {
      const source = textOf(`src/lib/rules/${name}.ts`).replaceAll(/\/\*[\s\S]*?\*\//g, '');
      const answers = ['deny', 'hold', 'note'].filter((one) => new RegExp(`'${one}'`).test(source));

      expect(answer.split(' or ').toSorted()).toEqual(answers.toSorted());
      expect(approval === 'yes').toBe(source.includes('isApprovable: true'));
    },
  );

  it('let repairs go on where a rule is about what is new', () => {
    const novelties = RULES.filter(({ isNovelty }) => isNovelty === true).map(({ name }) => name);

    expect(novelties.length).toBeGreaterThan(3);
    for (const { name, repairs } of ROWS.filter((row) => novelties.includes(row.name)))
      expect(repairs, name).toBe('go on');
  });

  it('name what else is reported', () => {
    const source = textOf('src/lib/record.ts');
    const rules = RULES.map(({ name }) => name);
    const written = [...source.matchAll(/rule: '(\w+)'/g)].map(([, name = '']) => name);
    const others = new Set([...written, TAMPERING].filter((name) => !rules.includes(name)));
    const rows = [...section('### What is reported beside the rules').matchAll(/^\| `(\w+)` \|/gm)].map(
      ([, name]) => name,
    );

    expect(rows.toSorted()).toEqual([...others].toSorted());
  });
});

describe('the table of national clouds in docs/limits.md', () => {
  it('says what the code goes by', () => {
    const rows = [...textOf('docs/limits.md').matchAll(/^\| `(\w+)` \| `(\S+)` \| `(\S+)` \|$/gm)].map(
      ([, name, graphEndpoint, id]) => [name, graphEndpoint, id],
    );

    expect(rows).toEqual(
      Object.entries(clouds).map(([name, { graphEndpoint, azureManagementAppId }]) => [
        name,
        graphEndpoint,
        azureManagementAppId,
      ]),
    );
  });
});
