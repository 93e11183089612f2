import { fieldsPage } from '../src/lib/fieldsPage.ts';
import { desiredSchema, parametersSchema } from '../src/lib/schema.ts';
import { permissionsPage } from './permissionsPage.ts';
import { workbook } from './workbook.ts';

export interface Artefact {
  /** From the repository's root. */
  readonly path: string;
  readonly content: string;
}

/** Everything that is committed and made from something else. */
export const ARTEFACTS: readonly Artefact[] = [
  { path: 'schema/desired.schema.json', content: json(desiredSchema()) },
  { path: 'schema/parameters.schema.json', content: json(parametersSchema()) },
  { path: 'docs/fields.md', content: fieldsPage() },
  { path: 'docs/permissions.md', content: permissionsPage() },
  { path: 'infra/workbook.json', content: json(workbook()) },
];

function json(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
