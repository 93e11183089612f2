import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { findNodeAtLocation, parseTree } from 'jsonc-parser';
import { BASELINE_NAME } from '../lib/baselines.ts';
import type { CloudName } from '../lib/graph/clouds.ts';
import type { ReadyPolicy } from './baselines.ts';

/** What somebody wants to begin with. */
export interface Beginning {
  readonly cloud: CloudName;
  /** null: to be filled in later. */
  readonly tenantId: string | null;
  readonly policies: readonly ReadyPolicy[];
  readonly breakGlassUsers: readonly string[];
  readonly breakGlassGroups: readonly string[];
  /** null: to be filled in later. A connection string is a secret and goes into no file. */
  readonly tableServiceUri: string | null;
}

export interface NewFile {
  readonly path: string;
  readonly content: string;
}

/** Names in the folder that is written. */
export const POLICIES = 'baselines';
export const SETTINGS = 'caretaker.env';

/** Every file of a beginning. The settings lie outside the folder of policies, of which every `.json` is pushed. */
export function filesFor(folder: string, beginning: Beginning): readonly NewFile[] {
  const policies = beginning.policies.map(({ file }) => {
    const path = join(folder, POLICIES, `${file.key}.json`);
    return { path, content: moved(file.content, file.path, path) };
  });
  return [
    ...policies,
    { path: join(folder, SETTINGS), content: settingsFor(beginning) },
    { path: join(folder, 'README.md'), content: README },
  ];
}

/** A policy's text at another place: a `$schema` by relative path has to point where it did. */
export function moved(content: string, from: string, to: string): string {
  const tree = parseTree(content);
  const node = tree === undefined ? undefined : findNodeAtLocation(tree, ['$schema']);
  const schema: unknown = node?.value;
  if (node === undefined || typeof schema !== 'string' || URL.canParse(schema) || isAbsolute(schema))
    return content;
  const path = relative(dirname(resolve(to)), resolve(dirname(from), schema))
    .split(sep)
    .join('/');
  const reference = JSON.stringify(path.startsWith('.') ? path : `./${path}`);
  return content.slice(0, node.offset) + reference + content.slice(node.offset + node.length);
}

/** Where tables are, by cloud (Azure docs, storage endpoints of national clouds). */
const TABLE_HOSTS: Readonly<Record<CloudName, string>> = {
  public: 'table.core.windows.net',
  usgov: 'table.core.usgovcloudapi.net',
  usgovdod: 'table.core.usgovcloudapi.net',
  china: 'table.core.chinacloudapi.cn',
};

/** Values without blanks, so that shells and the Azure CLI read the file alike. */
function settingsFor(beginning: Beginning): string {
  const { cloud, tenantId, breakGlassUsers, breakGlassGroups, tableServiceUri } = beginning;
  const uri = tableServiceUri ?? `https://<account>.${TABLE_HOSTS[cloud]}`;
  return `# Settings of Caretaker: for the command line here, and as app settings of the function app.
#
#   set -a; . ./${SETTINGS}; set +a
#   az functionapp config appsettings set -g <group> -n <app> --settings $(grep -v '^#' ${SETTINGS})
#
# The timer needs one more, which has blanks: "RECONCILE_SCHEDULE=0 */15 * * * *".

# The directory (tenant) it looks after.
TENANT_ID=${tenantId ?? ''}

# observe: report drift and write nothing to the tenant. enforce: put right what is admitted.
MODE=observe

# public, usgov, usgovdod or china.
GRAPH_CLOUD=${cloud}

# Object ids of the emergency accounts, and of groups of them, comma-separated. With none, nothing is ever written.
BREAK_GLASS_USERS=${breakGlassUsers.join(',')}
BREAK_GLASS_GROUPS=${breakGlassGroups.join(',')}

# Where desired state and journal are kept.
${tableServiceUri === null ? '# ' : ''}STATE_STORAGE__tableServiceUri=${uri}

# Holds new policies whose name is not of the standard the ready ones follow; not in a shell without quotes.
# NAMING_PATTERN=${BASELINE_NAME.source}
`;
}

/** The same whatever was chosen, so that a second beginning in the same folder has nothing to ask about it. */
const README = `# Conditional Access, as we want it

Written by \`caretaker init\`; from here on these are your files. \`${POLICIES}/\` holds one desired policy per file, whose name is
its key. \`${SETTINGS}\` holds the settings. Keep both under version control, and change a policy by changing its file.
Paths are as seen from this folder. Where Caretaker is no command of its own, \`caretaker\` is \`npm run caretaker --\` in its
repository.

1. Review every policy: whom it is for, what it asks, and what it needs. \`docs/baselines.md\` of Caretaker says this of each.
2. Fill in what is empty in \`${SETTINGS}\`, above all the emergency accounts, and put it into the environment:
   \`set -a; . ./${SETTINGS}; set +a\`
3. Check the files, offline: \`caretaker validate ${POLICIES}\`
4. Store them as new versions: \`caretaker push ${POLICIES} --message "first baselines"\`
5. See what a run would do, which writes nothing: \`caretaker plan --app https://<app>.azurewebsites.net\`
6. Set \`MODE=enforce\` in the app's settings. More new policies than \`MAX_CHANGES_PER_RUN\` at once wait for
   \`caretaker approve\`; or push a few at a time.
7. Policies start in report-only. When the sign-in log and \`caretaker whatif\` show what you expect, write
   \`"state": "enabled"\` into one file, push, and watch, before you go on to the next.
`;
