import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALERTS as LOOKED_FOR } from '../src/lib/doctor/alerts.ts';
import { WORKBOOK_QUERIES } from '../tools/workbook.ts';
import { membersOf, nodesOf, readTemplate } from './infra/bicep.ts';
import { columnsOf, problemsOf } from './support/kusto.ts';

const ROOT = resolve(import.meta.dirname, '..');
const ALERTS = join(ROOT, 'infra/alerts.bicep');

/** Members of an object in a template, as they are written there. */
type Written = Readonly<Record<string, string>>;

const template = readTemplate(readFileSync(ALERTS, 'utf8'));
const listOf = (variable: string): readonly Written[] =>
  nodesOf(template.variables.get(variable) ?? template.root, 'object').map((object) =>
    Object.fromEntries(
      [...membersOf(object)].map(([name, { text }]) => [name, text.replaceAll(/^'|'$/g, '')]),
    ),
  );
const alerts = listOf('alerts');
const spans = listOf('spans');

function queriesIn(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.kql'))
    .toSorted();
}

describe('the alerts', () => {
  it('are those that the doctor looks for', () => {
    expect(alerts.map(({ name }) => name).toSorted()).toEqual(LOOKED_FOR.toSorted());
  });

  it('each say in their description what section of it to read', () => {
    for (const { name, description } of alerts)
      expect(description).toMatch(new RegExp(` See docs/operations\\.md#alert-${name}$`));
  });

  it('each ask the query of their name, and leave none unasked', () => {
    const asked = alerts.map(({ query }) => /^loadTextContent\('(.*)'\)$/.exec(query ?? '')?.[1] ?? '');

    expect(asked).toEqual(alerts.map(({ name }) => `../queries/alerts/${name}.kql`));
    for (const path of asked) expect(existsSync(join(ROOT, 'infra', path))).toBe(true);
    expect(alerts.map(({ name }) => `${name}.kql`).toSorted()).toEqual(queriesIn('queries/alerts'));
  });

  it('compare a number where no row would be no alert, and count rows elsewhere', () => {
    const measures = new Map(alerts.map(({ name, measure }) => [name, measure]));

    expect(measures.get('no-run-completed')).toBe('noneCompleted');
    measures.delete('no-run-completed');
    expect([...new Set(measures.values())]).toEqual(['anyRow']);
  });

  it('fire once for each thing that is wrong, so that one which stands for weeks hides no other', () => {
    const apart = new Map(
      alerts.map(({ name = '', apart: columns = '' }) => [name, [...columns.matchAll(/\w+/g)].map(String)]),
    );

    expect(Object.fromEntries(apart)).toEqual({
      'change-held': ['key', 'why'],
      'dependency-failing': [],
      'desired-state-tampered': ['key'],
      'drift-came-back': ['key'],
      'lock-out-risk': ['policyId'],
      'no-run-completed': [],
      'permission-missing': [],
      'protected-identity-unhealthy': ['id'],
    });
    for (const [name, columns] of apart) {
      const texts = columnsOf(readFileSync(join(ROOT, `queries/alerts/${name}.kql`), 'utf8'))
        .filter(({ type }) => type === 'string')
        .map((column) => column.name);
      expect(texts).toEqual(expect.arrayContaining(columns));
    }
  });

  it('look back over a time that Azure takes', () => {
    const text = readFileSync(ALERTS, 'utf8');
    const names = [...text.matchAll(/^var (\w+) = first\(filter\(spans/gm)].map(([, name]) => name);

    for (const { minutes = '', iso = '' } of spans) expect(minutesOf(iso)).toBe(Number(minutes));
    // Microsoft.Insights/scheduledQueryRules: the values of windowSize; evaluationFrequency ends at a day.
    expect(spans.map(({ iso }) => iso)).toEqual(
      'PT5M PT10M PT15M PT30M PT45M PT1H PT2H PT3H PT4H PT5H PT6H P1D P2D'.split(' '),
    );
    expect(text).toContain('@maxValue(960)');
    expect(3 * 960).toBe(Number(spans.at(-1)?.minutes));
    for (const { window } of alerts) expect(names).toContain(window);
    // Lines arrive some minutes late, however often runs start.
    for (const name of ['twoRuns', 'threeRuns'])
      expect(text).toMatch(new RegExp(`^var ${name} = .*>= max\\(leastMinutes, `, 'm'));
    expect(text).toContain('var leastMinutes = 15');
  });
});

function minutesOf(iso: string): number {
  const [, days, hours, minutes] = /^P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?)?$/.exec(iso) ?? [];
  return Number(days ?? 0) * 1440 + Number(hours ?? 0) * 60 + Number(minutes ?? 0);
}

describe('the workbook', () => {
  it('is deployed by a template that fills in the workspace', () => {
    expect(readFileSync(join(ROOT, 'infra/workbook.bicep'), 'utf8')).toContain(
      "replace(loadTextContent('workbook.json'), '{workspaceId}', workspaceId)",
    );
  });

  it('shows every query there is, each once', () => {
    expect(WORKBOOK_QUERIES.map((name) => `${name}.kql`).toSorted()).toEqual(queriesIn('queries'));
  });

  it('says all it asks in words the language service understands', () => {
    const { items } = JSON.parse(readFileSync(join(ROOT, 'infra/workbook.json'), 'utf8'));
    const parts = items.filter(({ type }: { type: number }) => type === 3);

    expect(parts).toHaveLength(WORKBOOK_QUERIES.length - 1);
    for (const { content } of parts) {
      expect(problemsOf(content.query)).toEqual([]);
      expect(content).toMatchObject({
        version: 'KqlItem/1.0',
        crossComponentResources: ['{workspaceId}'],
        timeContextFromParameter: 'timeRange',
      });
    }
  });
});
