import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { everyEvent } from './support/everyEvent.ts';
import { problemsOf, shapeOf } from './support/kusto.ts';

const FOLDER = resolve(import.meta.dirname, '../queries');

/** By path below the folder of queries, such as `alerts/change-held.kql`. */
const QUERIES: readonly (readonly [string, string])[] = readdirSync(FOLDER, {
  recursive: true,
  encoding: 'utf8',
})
  .filter((name) => name.endsWith('.kql'))
  .toSorted()
  .map((name) => [name.replaceAll('\\', '/'), readFileSync(join(FOLDER, name), 'utf8')]);

/** Everything that was really logged, by event: each member's path with the texts that stood there. */
const logged = new Map<string, Map<string, Set<string>>>();
let lines: readonly string[] = [];

beforeAll(async () => {
  ({ lines } = await everyEvent());
  for (const line of lines) {
    const { event, ...members } = JSON.parse(line);
    const known = logged.get(event) ?? new Map();
    note(members, '', known);
    logged.set(event, known);
  }
}, 60_000);

function note(value: unknown, path: string, known: Map<string, Set<string>>): void {
  if (path !== '') known.set(path, known.get(path) ?? new Set());
  if (typeof value === 'string') known.get(path)?.add(value);
  if (Array.isArray(value)) for (const item of value) note(item, `${path}[]`, known);
  else if (typeof value === 'object' && value !== null)
    for (const [name, member] of Object.entries(value))
      note(member, path === '' ? name : `${path}.${name}`, known);
}

/** What a query takes for granted and no run has ever logged. */
function mistaken(query: string): string[] {
  const { events, members, texts, untraced } = shapeOf(query);
  const seen = events.map((event) => logged.get(event) ?? new Map<string, Set<string>>());
  const holds = (path: string, literal: string): boolean =>
    seen.some((known) => known.get(path)?.has(literal) === true);
  return [
    ...untraced.map((path) => `nobody can tell where ${path} comes from`),
    ...events.filter((event) => !logged.has(event)).map((event) => `no run logs ${event}`),
    ...members.flatMap(({ path, literals }) =>
      seen.some((known) => known.has(path))
        ? literals
            .filter((literal) => !holds(path, literal))
            .map((literal) => `${path} is never "${literal}"`)
        : [`${events.join(' and ')} never has ${path}`],
    ),
    ...texts
      .filter((text) => !lines.some((line) => line.toLowerCase().includes(text.toLowerCase())))
      .map((text) => `no line says "${text}"`),
  ];
}

describe.each(QUERIES)('%s', (_, query) => {
  it('begins by saying what it answers', () => {
    expect(query).toMatch(/^\/\/ [A-Z].*[?.]\n/);
  });

  it('is understood by Microsoft’s language service, each name bound to a table’s column', () => {
    expect(problemsOf(query)).toEqual([]);
  });

  it('reads only what the engine really logs', () => {
    expect(mistaken(query)).toEqual([]);
  });

  it('looks at one app, however many write to the workspace', () => {
    const { tables } = shapeOf(query);
    const sources = query.match(/\| where AppRoleName =~ "\{functionAppName\}"/g) ?? [];

    expect(tables.length).toBeGreaterThan(0);
    expect(sources.length > 0 || query.includes('by AppRoleName')).toBe(true);
  });
});

describe('the check of queries', () => {
  const right = `AppTraces | extend e = parse_json(Message) | where e.event == "DriftDetected"`;

  it.each([
    ['a column the table has not', `${right} | project timestamp`],
    ['a table the workspace has not', right.replace('AppTraces', 'traces')],
    ['a name that was not made', `${right} | summarize count() by tostring(f.path)`],
    ['a function that does not exist', `${right} | project k = asText(e.key)`],
    ['half a query', `${right} | where`],
  ])('refuses %s', (_, query) => {
    expect(problemsOf(query)).not.toEqual([]);
  });

  it.each([
    ['an event nobody logs', right.replace('DriftDetected', 'DriftSeen'), ['no run logs DriftSeen']],
    ['a member', `${right} | project e.policyKey`, ['DriftDetected never has policyKey']],
    [
      'a member of another event',
      `${right} | project e.requests.graph`,
      ['DriftDetected never has requests.graph'],
    ],
    [
      'a member of a list',
      `${right} | mv-expand f = e.fields | project f.name`,
      ['DriftDetected never has fields[].name'],
    ],
    [
      'a member by way of another name',
      `${right} | extend x = e.fields | project x.path`,
      ['DriftDetected never has fields.path'],
    ],
    ['a word', `${right} | extend d = tostring(e.drift) | where d == "gone"`, ['drift is never "gone"']],
    ['a word among others', `${right} | where e.drift in ("missing", "gone")`, ['drift is never "gone"']],
    ['a text', `${right} | where Message contains "so long"`, ['no line says "so long"']],
    ['a way round', `${right} | project e["policyKey"]`, ['nobody can tell where e["policyKey"] comes from']],
    ['another column', right.replace('Message', 'Properties'), ['nobody can tell where e.event comes from']],
  ])('refuses what is never logged: %s', (_, query, problems) => {
    expect(problemsOf(query)).toEqual([]);
    expect(mistaken(query)).toEqual(problems);
  });

  it('lets the right ones pass', () => {
    const query = `${right} | mv-expand f = e.fields | where f.effect == "loosens" | project p = tostring(f.path), e.changedAt`;

    expect(problemsOf(query)).toEqual([]);
    expect(mistaken(query)).toEqual([]);
  });
});

describe('the alert on no run', () => {
  it('asks for one number, so that it has a row where nothing was logged at all', () => {
    const query = QUERIES.find(([name]) => name === 'alerts/no-run-completed.kql')?.[1] ?? '';

    expect(shapeOf(query).last).toEqual({ kind: 'SummarizeOperator', hasBy: false });
    expect(shapeOf(`${query} by tostring(e.tenantId)`).last.hasBy).toBe(true);
    expect(shapeOf(`${query} | where completed > 0`).last.kind).toBe('FilterOperator');
  });
});
