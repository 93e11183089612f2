import { readdirSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { startAzurite } from './azurite.ts';
import { type Host, startHost } from './host.ts';
import { createIdentity, type Identity, serveIdentity } from './identity.ts';
import { serveTableRoles, type TableRoles } from './tableRoles.ts';
import { createTenant, serveTenant, type Tenant } from './tenant/index.ts';

export const TENANT_ID = '7e4a1c00-0000-4000-8000-0000000000aa';
export const BREAK_GLASS_USER = 'b1ea4c1a-0000-4000-8000-000000000001';
export const BREAK_GLASS_GROUP = 'b1ea4c1a-0000-4000-8000-0000000000f1';
const SECOND_ACCOUNT = 'b1ea4c1a-0000-4000-8000-000000000002';
export const ADELE = 'ade1e000-0000-4000-8000-000000000003';
/** The group of the README's example. */
const PILOTS = '7b1a9f0e-2f53-4d55-9d0c-0a6a5f0d3c11';

/** Everything the product meets in Azure, on this machine. */
export interface Sandbox {
  readonly tenant: Tenant;
  readonly identity: Identity;
  /** The tables, with roles to be given and taken. */
  readonly tables: TableRoles;
  /** Address of the simulated Graph, without a path. */
  readonly graphUrl: string;
  /** The app settings, as Azure would put them into the process. */
  readonly environment: Readonly<Record<string, string>>;
  /** Loads the function app and starts its schedule. */
  startApp(log: (line: string) => void): Promise<Host>;
  close(): Promise<void>;
}

export interface SandboxOptions {
  /** NCRONTAB of the timer. */
  readonly schedule: string;
  /** App settings to set differently. */
  readonly settings?: Readonly<Record<string, string>>;
}

/**
 * Starts the tables (Azurite), a tenant that speaks Graph, and a managed identity. The app is started apart, because
 * in Azure too everything else is there before it.
 */
export async function startSandbox({ schedule, settings = {} }: SandboxOptions): Promise<Sandbox> {
  const azurite = await startAzurite();
  const tables = await serveTableRoles(azurite);
  const identity = createIdentity({
    tenantId: TENANT_ID,
    roles: [
      'Policy.Read.All',
      'Policy.ReadWrite.ConditionalAccess',
      'Application.Read.All',
      'User.Read.All',
      'GroupMember.Read.All',
      'RoleManagement.Read.Directory',
    ],
  });
  const identityServer = await serveIdentity(identity);
  const tenant = createTenant({
    tenantId: TENANT_ID,
    seed: 7,
    acceptToken: (token) => identity.accepts(token),
    users: [
      {
        id: BREAK_GLASS_USER,
        displayName: 'Emergency access 1',
        userPrincipalName: 'emergency1@contoso.example',
        accountEnabled: true,
        onPremisesSyncEnabled: null,
        userType: 'Member',
      },
      {
        id: SECOND_ACCOUNT,
        displayName: 'Emergency access 2',
        userPrincipalName: 'emergency2@contoso.example',
        accountEnabled: true,
        onPremisesSyncEnabled: null,
        userType: 'Member',
      },
      {
        id: ADELE,
        displayName: 'Adele',
        userPrincipalName: 'adele@contoso.example',
        accountEnabled: true,
        onPremisesSyncEnabled: null,
        userType: 'Member',
      },
    ],
    groups: [
      { id: BREAK_GLASS_GROUP, displayName: 'Emergency access', members: [SECOND_ACCOUNT] },
      { id: PILOTS, displayName: 'Pilots', members: [ADELE] },
    ],
  });
  const graph = await serveTenant(tenant);
  const environment: Record<string, string> = {
    TENANT_ID,
    MODE: 'enforce',
    RECONCILE_SCHEDULE: schedule,
    STATE_STORAGE: tables.connectionString,
    GRAPH_ENDPOINT: graph.url,
    GRAPH_REQUEST_INTERVAL_MS: '25',
    SETTLE_SECONDS: '3',
    BREAK_GLASS_USERS: BREAK_GLASS_USER,
    BREAK_GLASS_GROUPS: BREAK_GLASS_GROUP,
    IDENTITY_ENDPOINT: identityServer.endpoint,
    IDENTITY_HEADER: identity.secret,
    ...settings,
  };
  let host: Host | undefined;
  return {
    tenant,
    identity,
    tables,
    graphUrl: graph.url,
    environment,
    async startApp(log) {
      // The app reads its settings from the process, as it does in Azure.
      Object.assign(process.env, environment);
      host = await startHost({ entries: entryFiles(), environment, log: (_level, _name, line) => log(line) });
      return host;
    },
    async close() {
      await host?.close();
      await Promise.all([graph.close(), identityServer.close(), tables.close(), azurite.close()]);
    },
  };
}

/** The function app's entry files, as `package.json#main` names them for Azure, before compilation. */
function entryFiles(): string[] {
  const folder = new URL('../src/functions/', import.meta.url);
  return readdirSync(fileURLToPath(folder))
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => pathToFileURL(fileURLToPath(new URL(name, folder))).href);
}
