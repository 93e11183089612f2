import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';

/** The query's text, from the folder of queries. */
function query(name: string): string {
  return readFileSync(resolve(import.meta.dirname, `../queries/${name}.kql`), 'utf8');
}

/** Stands for the workspace until the template that deploys it puts its id there. */
const WORKSPACE = '{workspaceId}';
const RESOURCE = { queryType: 0, resourceType: 'microsoft.operationalinsights/workspaces' };
const DAY_MS = 86_400_000;

/** One part of the page: what it shows, how, and how much of a row it takes. */
interface Part {
  readonly query: string;
  readonly title: string;
  /** A chart takes the column that is a time for its axis, and makes a line of each number, and of each value of a text. */
  readonly as: 'table' | 'timechart';
  readonly percent: 50 | 100;
}

const SECTIONS: readonly { readonly heading: string; readonly parts: readonly Part[] }[] = [
  {
    heading: 'The policies',
    parts: [
      { query: 'policy-states', title: 'How each policy stands', as: 'table', percent: 50 },
      { query: 'held-changes', title: 'What waits, and since when', as: 'table', percent: 50 },
      { query: 'why-it-waits', title: 'Why it waits', as: 'table', percent: 100 },
    ],
  },
  {
    heading: 'Drift',
    parts: [
      { query: 'drift-over-time', title: 'Policies that had drifted, by hour', as: 'timechart', percent: 50 },
      {
        query: 'time-to-fix',
        title: 'Minutes from the change in the tenant until it was put right',
        as: 'timechart',
        percent: 50,
      },
      { query: 'drift-by-field', title: 'Fields that drift', as: 'table', percent: 50 },
      { query: 'drift-and-fix', title: 'What drifted, and what was done', as: 'table', percent: 50 },
    ],
  },
  {
    heading: 'The emergency accounts, and what needs eyes',
    parts: [
      { query: 'protected-health', title: 'Health of the protected identities', as: 'table', percent: 50 },
      { query: 'risks', title: 'Lock-outs, tampering, emergencies', as: 'table', percent: 50 },
    ],
  },
  {
    heading: 'The app itself',
    parts: [
      { query: 'last-runs', title: 'The last runs', as: 'table', percent: 100 },
      { query: 'failures', title: 'What failed', as: 'table', percent: 50 },
      { query: 'failed-invocations', title: 'Invocations that failed', as: 'table', percent: 50 },
      {
        query: 'throttling',
        title: 'Requests to Graph, and those it turned away',
        as: 'timechart',
        percent: 50,
      },
      { query: 'cost', title: 'What it uses, by day', as: 'table', percent: 50 },
    ],
  },
];

/** Names of the queries that the page asks. */
export const WORKBOOK_QUERIES: readonly string[] = [
  'apps',
  ...SECTIONS.flatMap(({ parts }) => parts.map((part) => part.query)),
];

/** The workbook as Azure stores it (`Notebook/1.0`), made of the queries so that none is written down twice. */
export function workbook(): unknown {
  return {
    version: 'Notebook/1.0',
    items: [parameters(), ...SECTIONS.flatMap(({ heading, parts }) => [text(heading), ...parts.map(item)])],
    fallbackResourceIds: [WORKSPACE],
    $schema: 'https://github.com/Microsoft/Application-Insights-Workbooks/blob/master/schema/workbook.json',
  };
}

function text(heading: string): unknown {
  return { type: 1, content: { json: `## ${heading}` }, name: heading };
}

/** The period and the app; every query is filled with the latter. */
function parameters(): unknown {
  const durations = [1, 3, 7, 14, 30, 90].map((days) => ({ durationMs: days * DAY_MS }));
  return {
    type: 9,
    name: 'parameters',
    content: {
      version: 'KqlParameterItem/1.0',
      ...RESOURCE,
      crossComponentResources: [WORKSPACE],
      style: 'pills',
      parameters: [
        {
          id: '5b0c8f1e-6a53-4f0e-9d8e-0d1a1f8f1a01',
          version: 'KqlParameterItem/1.0',
          name: 'timeRange',
          label: 'Time',
          type: 4,
          isRequired: true,
          value: { durationMs: 7 * DAY_MS },
          typeSettings: { selectableValues: durations, allowCustom: true },
        },
        {
          id: '5b0c8f1e-6a53-4f0e-9d8e-0d1a1f8f1a02',
          version: 'KqlParameterItem/1.0',
          name: 'functionAppName',
          label: 'Function app',
          type: 2,
          isRequired: true,
          query: query('apps'),
          ...RESOURCE,
          crossComponentResources: [WORKSPACE],
          value: 'value::1',
          typeSettings: { additionalResourceOptions: ['value::1'], showDefault: false },
          timeContext: { durationMs: 0 },
          timeContextFromParameter: 'timeRange',
        },
      ],
    },
  };
}

function item({ query: name, title, as, percent }: Part): unknown {
  return {
    type: 3,
    name,
    customWidth: String(percent),
    content: {
      version: 'KqlItem/1.0',
      query: query(name),
      size: 0,
      title,
      noDataMessage: 'Nothing in this time.',
      timeContext: { durationMs: 0 },
      timeContextFromParameter: 'timeRange',
      showExportToExcel: as === 'table',
      ...RESOURCE,
      crossComponentResources: [WORKSPACE],
      visualization: as,
    },
  };
}
