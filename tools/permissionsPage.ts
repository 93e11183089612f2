import {
  APP_ROLES,
  type GraphRequest,
  PERMISSION_SETS,
  type Permission,
  REQUESTS,
} from '../src/lib/graph/permissions.ts';

const NAMES: Readonly<Record<keyof typeof PERMISSION_SETS, string>> = {
  read: 'Read',
  health: 'Health',
  write: 'Write',
  licence: 'Licence (optional)',
  whoDidIt: 'Who did it (not yet used)',
};

/** The page of requests and permissions, from the table that the adapter takes its requests from. */
export function permissionsPage(): string {
  const requests: readonly GraphRequest[] = Object.values(REQUESTS);
  return [
    INTRODUCTION,
    '| Set | Application permission | App role id |',
    '|---|---|---|',
    ...sets().map(
      ([set, permission]) => `| ${NAMES[set]} | \`${permission}\` | \`${APP_ROLES[permission]}\` |`,
    ),
    '',
    ...Object.entries(PERMISSION_SETS).map(
      ([set, { purpose }]) => `- **${NAMES[set as keyof typeof PERMISSION_SETS]}**: ${purpose}.`,
    ),
    '',
    GRANTING,
    '## Requests',
    '',
    REQUESTS_ARE,
    ...requests.flatMap(section),
    ELSEWHERE,
  ].join('\n');
}

function sets(): readonly (readonly [keyof typeof PERMISSION_SETS, Permission])[] {
  return (Object.keys(PERMISSION_SETS) as (keyof typeof PERMISSION_SETS)[]).flatMap((set) =>
    PERMISSION_SETS[set].permissions.map((permission) => [set, permission] as const),
  );
}

function section({ purpose, method, path, permissions, when, often, without }: GraphRequest): string[] {
  const needed = permissions.map((permission) => `\`${permission}\``).join(', ');
  return [
    `### ${purpose}`,
    '',
    `\`${method} ${path}\``,
    '',
    `- **When**: ${when}.`,
    `- **How often**: ${often}.`,
    `- **Permission**: ${needed === '' ? 'those of its parts' : needed}.`,
    `- **Without it**: ${without}.`,
    '',
  ];
}

const INTRODUCTION = `# What it asks of Microsoft Graph

<!-- Made by \`npm run generate\` from src/lib/graph/permissions.ts; edit that in place of this page. -->

Every request the app can make of Microsoft Graph, and the permission it needs. The adapter takes its requests from the
table this page is made of, and a test drives it until each of them has been seen. All go to v1.0, with the token of the app's
managed identity, and to no other host than the configured one. No request deletes anything.

## Permissions
`;

const GRANTING = `Grant **Read** and **Health** for \`MODE=observe\`, and **Write** before \`MODE=enforce\`: \`infra/graph-permissions.sh\` and
\`infra/graph-permissions.bicep\` do, for a Privileged Role Administrator. Grant before the app asks for its first token: Azure keeps handing out the token from before for up to 24 hours, and a restart does not change that.
\`caretaker doctor\` says what the token in use carries, lacks, and has too much.

\`Policy.ReadWrite.ConditionalAccess\` can switch off every policy of the tenant. It is as strong as an administrator's role;
guard the app and its tables alike ([\`security.md\`](security.md)).
`;

const REQUESTS_ARE = `A tenant allows one request a second to all apps together below \`/identity/conditionalAccess\`; this app sends the next of them
\`GRAPH_REQUEST_INTERVAL_MS\` after the last one ended. Repeats are not counted here: what was throttled, or certainly never
arrived, is sent again a few times within two minutes.
`;

const ELSEWHERE = `## Elsewhere

- **Managed identity endpoint** of the platform: a token for Graph and one for the tables, each when the last one is nearly
  spent.
- **Table Storage**: the app reads \`desired\` (Storage Table Data Reader) and reads and writes \`journal\`, \`runs\`, \`bindings\` and
  \`control\` (Storage Table Data Contributor). \`doctor\` tries whether it could write each of them by an update that cannot
  take place.
- **The command line**, with the operator's own sign-in: the tables; Key Vault, where a key there signs versions; and for
  \`doctor --resource-group\` Azure Resource Manager, one list of alert rules (Monitoring Reader). The app itself asks nothing of
  Azure Resource Manager.
`;
