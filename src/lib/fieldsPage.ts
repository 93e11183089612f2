import { CARETAKER_MEMBERS } from './desired.ts';
import { EXCEPTION_MEMBERS, EXCEPTIONS } from './exceptions.ts';
import { PARAMETERS_FILE, RUN_PARAMETERS } from './parameters.ts';
import { BRANCHES, FIELDS, type Field, READ_ONLY } from './policy/fields.ts';
import { inWords } from './policy/values.ts';
import { rulesAt } from './schema.ts';

/** The field table as a page for people: Markdown, one section for each object. */
export function fieldsPage(): string {
  const sections = Map.groupBy(FIELDS, ({ path }) => parentOf(path));
  return [
    '# Fields\n',
    'Every member of a policy that Caretaker compares and writes, from its [field table](../src/lib/policy/fields.ts).',
    'Made by `npm run generate`; the same knowledge is in the [schema](../schema/desired.schema.json), for editors.\n',
    '*Loosens* says which moves of the field weaken the policy; the opposite ones tighten it.\n',
    ...[...sections].flatMap(([path, fields]) => section(path, fields)),
    ...rest(),
  ].join('\n');
}

function parentOf(path: string): string {
  return path.split('.').slice(0, -1).join('.');
}

function section(path: string, fields: readonly Field[]): string[] {
  const title = path === '' ? '## The policy' : `## \`${path}\``;
  const rules = [path, ...fields.map((field) => field.path)].flatMap((at) =>
    rulesAt(at).map((rule) => `- \`${nameOf(at)}\` ${rule}`),
  );
  return [
    `${title}\n`,
    ...(path === '' ? [] : [`${BRANCHES[path]}\n`]),
    '| Member | Meaning | Takes | Loosens |',
    '|---|---|---|---|',
    ...fields.map(row),
    '',
    ...fields.flatMap(values),
    ...(rules.length === 0 ? [] : ['The service refuses it where', ...rules, '']),
  ];
}

function nameOf(path: string): string {
  return path.split('.').at(-1) ?? path;
}

function row({ path, meaning, kind, effect }: Field): string {
  return `| \`${nameOf(path)}\` | ${[meaning, inWords(kind), effect.loosens].map(cell).join(' | ')} |`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('<', '&lt;');
}

function values({ path, kind }: Field): string[] {
  const meanings = Object.entries(kind.meanings ?? {});
  if (meanings.length === 0) return [];
  return [`\`${nameOf(path)}\`:`, ...meanings.map(([value, meaning]) => `- \`${value}\`: ${meaning}`), ''];
}

/** What a file may hold beside the policy. */
function rest(): string[] {
  return [
    '## `caretaker`\n',
    'What is ours, beside what the policy says.\n',
    ...Object.entries(CARETAKER_MEMBERS).flatMap(([name, { meaning, values }]) => [
      `\`${name}\`: ${meaning}`,
      ...values.map(([value, means]) => `- \`${value}\`: ${means}`),
      '',
    ]),
    `\`exceptions\`: ${EXCEPTIONS}`,
    ...Object.entries(EXCEPTION_MEMBERS).map(([name, meaning]) => `- \`${name}\`: ${meaning}`),
    '',
    '## Parameters\n',
    `Where ids go, \`"@name"\` stands for those of a tenant's own \`${PARAMETERS_FILE}\` beside the file, put in when it is`,
    'pushed, or for what each run knows from its settings:\n',
    ...Object.entries(RUN_PARAMETERS).map(
      ([name, { meaning, paths }]) =>
        `- \`@${name}\`: ${meaning} In ${paths.map((path) => `\`${path}\``).join(' and ')}.`,
    ),
    '',
    '## Read-only\n',
    `${[...READ_ONLY].map((name) => `\`${name}\``).join(', ')}: the service writes them. Accepted, and dropped with a note.\n`,
  ];
}
