import type { ProtectedIdentities } from './desired.ts';
import { type CloudName, clouds } from './graph/clouds.ts';
import type { Parameters } from './parameters.ts';
import type { TenantId } from './policy/model.ts';
import { isGuid } from './policy/values.ts';
import type { Mode } from './report.ts';
import { type PublicSigner, readSigner } from './signature.ts';

/** Where the tables are, and how to reach them. */
export type StateStorage =
  | { readonly kind: 'identity'; readonly tableServiceUri: string }
  | { readonly kind: 'connectionString'; readonly connectionString: string };

/** Every app setting, read and checked. Names and meanings are the contract's. */
export interface Settings {
  readonly tenantId: TenantId;
  readonly mode: Mode;
  /** null: the host has no schedule, so the timer is silently absent. */
  readonly schedule: string | null;
  readonly stateStorage: StateStorage;
  /** Client id of the user-assigned identity; null = system-assigned. */
  readonly clientId: string | null;
  readonly cloud: CloudName;
  /** Origin of Microsoft Graph; the access token goes there and nowhere else. */
  readonly graphEndpoint: string;
  readonly protected: ProtectedIdentities;
  /** Grant controls and strength ids a protected identity can meet. */
  readonly protectedControlsAllowed: readonly string[];
  readonly changesMax: number;
  readonly graphRequestIntervalMs: number;
  readonly settleMs: number;
  readonly runBudgetMs: number;
  readonly tenantPolicyLimit: number;
  readonly flapCount: number;
  readonly flapWindowMs: number;
  readonly namingPattern: RegExp | null;
  /** Who may sign versions of the desired state; empty: versions need no signature. */
  readonly signers: readonly PublicSigner[];
  /** Events straight to Application Insights, beside the log; null: the log alone. */
  readonly directTelemetry: DirectTelemetry | null;
}

/** Where Application Insights takes telemetry, and as whom. */
export interface DirectTelemetry {
  readonly connectionString: string;
  /** The managed identity that may send, its client id null where it is the system-assigned one; null: the key will do. */
  readonly identity: { readonly clientId: string | null } | null;
}

export interface SettingsProblem {
  readonly setting: string;
  /** What is wrong with it and what it should be; reads on after the setting's name. */
  readonly problem: string;
}

export interface SettingsRead {
  /** Fit for use only where no problem concerns what is to be done. */
  readonly settings: Settings;
  readonly problems: readonly SettingsProblem[];
}

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads every setting and reports every wrong one at once. Pure; never throws. A value is quoted in a problem only
 * where it cannot be a secret.
 */
export function readSettings(environment: Environment): SettingsRead {
  const problems: SettingsProblem[] = [];
  const value = (name: string): string | undefined => {
    const text = environment[name]?.trim();
    return text === '' ? undefined : text;
  };
  const say: Say = (setting, problem) => {
    problems.push({ setting, problem });
  };
  const number = (name: string, standard: number, least: number, most: number): number => {
    const text = value(name);
    if (text === undefined) return standard;
    const parsed = Number(text);
    if (Number.isInteger(parsed) && parsed >= least && parsed <= most) return parsed;
    say(name, `must be a whole number from ${least} to ${most}, not "${text}"`);
    return standard;
  };
  const guids = (name: string): readonly string[] => {
    const ids = list(value(name));
    const wrong = ids.filter((id) => !isGuid(id));
    if (wrong.length > 0)
      say(name, `must hold object ids, comma-separated; these are none: ${wrong.join(', ')}`);
    return [...new Set(ids.map((id) => id.toLowerCase()))];
  };

  const tenantId = value('TENANT_ID');
  if (tenantId === undefined) say('TENANT_ID', 'is missing: the directory (tenant) id this app looks after');
  else if (!isGuid(tenantId)) say('TENANT_ID', `must be a directory (tenant) id, not "${tenantId}"`);

  const mode = value('MODE') ?? 'observe';
  if (mode !== 'observe' && mode !== 'enforce') say('MODE', `must be observe or enforce, not "${mode}"`);

  const cloud = value('GRAPH_CLOUD') ?? 'public';
  const isCloud = Object.hasOwn(clouds, cloud);
  if (!isCloud) say('GRAPH_CLOUD', `must be one of ${Object.keys(clouds).join(', ')}, not "${cloud}"`);
  const cloudName = isCloud ? (cloud as CloudName) : 'public';

  const endpoint = value('GRAPH_ENDPOINT');
  const origin = endpoint === undefined ? clouds[cloudName].graphEndpoint : originOf(endpoint);
  if (origin === undefined) {
    say(
      'GRAPH_ENDPOINT',
      `must be an origin such as https://graph.microsoft.com, or http on a loopback address, not "${endpoint}"`,
    );
  }

  const clientId = value('AZURE_CLIENT_ID');
  if (clientId !== undefined && !isGuid(clientId))
    say('AZURE_CLIENT_ID', `must be a client id, not "${clientId}"`);

  const isLoopbackGraph = endpoint !== undefined && origin !== undefined && isLoopback(origin);
  const interval = number('GRAPH_REQUEST_INTERVAL_MS', 1100, 0, 60_000);
  if (interval < 1000 && !isLoopbackGraph) {
    say(
      'GRAPH_REQUEST_INTERVAL_MS',
      'may be under 1000 only with a GRAPH_ENDPOINT on a loopback address: a tenant allows one request a second to all apps together',
    );
  }

  const settings: Settings = {
    tenantId: tenantId?.toLowerCase() ?? '',
    mode: mode === 'enforce' ? 'enforce' : 'observe',
    schedule: value('RECONCILE_SCHEDULE') ?? null,
    stateStorage: stateStorage(value('STATE_STORAGE__tableServiceUri'), value('STATE_STORAGE'), say),
    clientId: clientId ?? null,
    cloud: cloudName,
    graphEndpoint: origin ?? '',
    protected: { users: guids('BREAK_GLASS_USERS'), groups: guids('BREAK_GLASS_GROUPS') },
    protectedControlsAllowed: list(value('PROTECTED_CONTROLS_ALLOWED')),
    changesMax: number('MAX_CHANGES_PER_RUN', 5, 0, 1000),
    graphRequestIntervalMs: interval,
    settleMs: number('SETTLE_SECONDS', 60, 1, 300) * 1000,
    runBudgetMs: number('RUN_BUDGET_SECONDS', 480, 10, 1500) * 1000,
    tenantPolicyLimit: number('TENANT_POLICY_LIMIT', 195, 1, 10_000),
    flapCount: number('FLAP_COUNT', 5, 1, 100),
    flapWindowMs: number('FLAP_WINDOW_MINUTES', 60, 1, 10_080) * 60_000,
    namingPattern: pattern(value('NAMING_PATTERN'), say),
    signers: signers(value('DESIRED_STATE_SIGNERS'), say),
    directTelemetry: directTelemetry(
      value('TELEMETRY_DIRECT'),
      value('APPLICATIONINSIGHTS_CONNECTION_STRING'),
      value('APPLICATIONINSIGHTS_AUTHENTICATION_STRING'),
      say,
    ),
  };
  return { settings, problems };
}

/** What the parameters of desired-state files stand for in this deployment. */
export function parametersOf({
  cloud,
  protected: { users, groups },
}: Pick<Settings, 'cloud' | 'protected'>): Parameters {
  return {
    azureManagement: [clouds[cloud].azureManagementAppId],
    breakGlassUsers: users,
    breakGlassGroups: groups,
  };
}

/** Every setting this program reads, for the checks that compare code, sample and template. */
export const SETTING_NAMES: readonly string[] = [
  'TENANT_ID',
  'MODE',
  'RECONCILE_SCHEDULE',
  'STATE_STORAGE__tableServiceUri',
  'STATE_STORAGE',
  'AZURE_CLIENT_ID',
  'GRAPH_CLOUD',
  'GRAPH_ENDPOINT',
  'BREAK_GLASS_USERS',
  'BREAK_GLASS_GROUPS',
  'PROTECTED_CONTROLS_ALLOWED',
  'MAX_CHANGES_PER_RUN',
  'GRAPH_REQUEST_INTERVAL_MS',
  'SETTLE_SECONDS',
  'RUN_BUDGET_SECONDS',
  'TENANT_POLICY_LIMIT',
  'FLAP_COUNT',
  'FLAP_WINDOW_MINUTES',
  'NAMING_PATTERN',
  'DESIRED_STATE_SIGNERS',
  'TELEMETRY_DIRECT',
  'APPLICATIONINSIGHTS_CONNECTION_STRING',
  'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
];

type Say = (setting: string, problem: string) => void;

function stateStorage(uri: string | undefined, connectionString: string | undefined, say: Say): StateStorage {
  if (uri !== undefined && connectionString !== undefined) {
    say('STATE_STORAGE', 'and STATE_STORAGE__tableServiceUri are both set; keep the one you mean');
  } else if (uri === undefined && connectionString === undefined) {
    say(
      'STATE_STORAGE__tableServiceUri',
      'is missing: the Table endpoint, such as https://<account>.table.core.windows.net',
    );
  }
  if (uri !== undefined && originOf(uri) === undefined) {
    say('STATE_STORAGE__tableServiceUri', 'must be https, or http on a loopback address');
  }
  if (connectionString !== undefined) {
    const problem = connectionStringProblem(connectionString);
    if (problem !== undefined) say('STATE_STORAGE', problem);
  }
  return uri !== undefined
    ? { kind: 'identity', tableServiceUri: uri }
    : { kind: 'connectionString', connectionString: connectionString ?? '' };
}

/**
 * The platform's two settings count only where they are asked for: the host uses them whether this program does or not.
 * Neither is quoted, since the first may hold a key that is good for sending.
 */
function directTelemetry(
  wanted: string | undefined,
  connectionString: string | undefined,
  authentication: string | undefined,
  say: Say,
): DirectTelemetry | null {
  if (wanted === undefined || wanted === 'false') return null;
  if (wanted !== 'true') {
    say('TELEMETRY_DIRECT', `must be true or false, not "${wanted}"`);
    return null;
  }
  if (connectionString === undefined || !isGuid(partsOf(connectionString).get('instrumentationkey') ?? '')) {
    const needed = 'TELEMETRY_DIRECT is true, so it must be the connection string of an Application Insights';
    say('APPLICATIONINSIGHTS_CONNECTION_STRING', `${needed} resource, with its InstrumentationKey`);
  }
  return { connectionString: connectionString ?? '', identity: senderOf(authentication, say) };
}

/** The form the Functions host takes: `Authorization=AAD`, and `ClientId=…` of a user-assigned identity. */
function senderOf(authentication: string | undefined, say: Say): DirectTelemetry['identity'] {
  if (authentication === undefined) return null;
  const parts = partsOf(authentication);
  const clientId = parts.get('clientid') ?? null;
  if (parts.get('authorization')?.toLowerCase() !== 'aad' || (clientId !== null && !isGuid(clientId))) {
    say(
      'APPLICATIONINSIGHTS_AUTHENTICATION_STRING',
      'must be Authorization=AAD, before it ClientId=<client id>; for a user-assigned identity',
    );
  }
  return { clientId };
}

/** `Name=value;Name=value`, by name in lower case. */
function partsOf(text: string): ReadonlyMap<string, string> {
  return new Map(
    text
      .split(';')
      .map((part) => [
        part.split('=', 1)[0]?.trim().toLowerCase() ?? '',
        part.slice(part.indexOf('=') + 1).trim(),
      ]),
  );
}

/** The string holds a key, so it is never quoted. */
function connectionStringProblem(text: string): string | undefined {
  if (/^UseDevelopmentStorage=true;?$/i.test(text)) return undefined;
  const parts = partsOf(text);
  const endpoint = parts.get('tableendpoint');
  if (endpoint === undefined && !(parts.has('accountname') && parts.has('accountkey'))) {
    return 'is no storage connection string: it names neither a TableEndpoint nor AccountName and AccountKey';
  }
  if (endpoint !== undefined && originOf(endpoint) === undefined)
    return 'may use http on a loopback address only';
  if (endpoint === undefined && parts.get('defaultendpointsprotocol')?.toLowerCase() === 'http') {
    return 'may use http on a loopback address only';
  }
  return undefined;
}

function originOf(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.username !== '' || url.password !== '') return undefined;
  if (url.protocol === 'https:') return url.origin;
  return url.protocol === 'http:' && isLoopback(url.origin) ? url.origin : undefined;
}

function isLoopback(origin: string): boolean {
  const { hostname } = new URL(origin);
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

function list(text: string | undefined): readonly string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

/** One wrong key spoils the setting: believing nobody, or everybody, would both be wrong. */
function signers(text: string | undefined, say: Say): readonly PublicSigner[] {
  const keys = list(text).map(readSigner);
  const wrong = keys.flatMap((key, index) => (key === undefined ? [index + 1] : []));
  if (wrong.length > 0 || (text !== undefined && keys.length === 0)) {
    // Never quoted: somebody may have pasted the private half.
    const which = keys.length === 0 ? 'it holds none' : `number ${wrong.join(', ')} is none`;
    say(
      'DESIRED_STATE_SIGNERS',
      `must hold public keys as \`caretaker keys list\` prints them (ed25519:… or es256:…), comma-separated; ${which}`,
    );
  }
  return keys.flatMap((key) => key ?? []);
}

function pattern(text: string | undefined, say: Say): RegExp | null {
  if (text === undefined) return null;
  try {
    return new RegExp(text, 'u');
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    say('NAMING_PATTERN', `is no regular expression: ${error.message}`);
    return null;
  }
}
