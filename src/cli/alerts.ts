import type { TokenCredential } from '@azure/identity';
import type { AlertRule } from '../lib/doctor/alerts.ts';
import { Fault } from '../lib/fault.ts';
import { type AzureService, askAzure } from './azure.ts';

/** Azure Resource Manager in every cloud. The operator's token goes to no other host. */
const ORIGINS = [
  'https://management.azure.com',
  'https://management.usgovcloudapi.net',
  'https://management.chinacloudapi.cn',
] as const;
const API_VERSION = '2023-12-01';
/** More rules than a resource group can hold. */
const PAGES_MAX = 20;

/** A resource group, as its id names it. */
export interface ResourceGroup extends AzureService {
  readonly path: string;
}

/**
 * @param id `/subscriptions/<id>/resourceGroups/<name>`; with the address of Azure Resource Manager in front of it where
 * that is not the public one
 * @throws Fault `config` for an id that is none
 */
export function readResourceGroup(id: string): ResourceGroup {
  const url = URL.parse(id, ORIGINS[0]);
  const isGroup = /^\/subscriptions\/[0-9a-f-]{36}\/resourceGroups\/[\w.()-]{1,90}$/i.test(
    url?.pathname ?? '',
  );
  const origin = ORIGINS.find((known) => known === url?.origin);
  const isHere = url?.protocol === 'http:' && (url.hostname === 'localhost' || url.hostname === '127.0.0.1');
  if (url === null || !isGroup || (origin === undefined && !isHere) || url.username !== '') {
    throw new Fault(
      'config',
      `a resource group is named like /subscriptions/<id>/resourceGroups/<name>, with ${ORIGINS[1]} or ${ORIGINS[2]} in front of it in another cloud, not "${id.slice(0, 200)}"`,
    );
  }
  return { origin: url.origin, path: url.pathname, scope: `${origin ?? ORIGINS[0]}/.default` };
}

/**
 * The scheduled query rules of a resource group (Azure Monitor's REST reference, "Scheduled Query Rules - List By Resource
 * Group"). One request a page.
 *
 * @throws Fault when they cannot be read whole
 */
export async function readAlerts(
  group: ResourceGroup,
  credential: TokenCredential,
): Promise<readonly AlertRule[]> {
  const rules: AlertRule[] = [];
  let path: string | undefined =
    `${group.path}/providers/Microsoft.Insights/scheduledQueryRules?api-version=${API_VERSION}`;
  for (let page = 0; path !== undefined; page++) {
    if (page === PAGES_MAX)
      throw new Fault('unavailable', `the list of alert rules at ${group.origin} never ended`);
    const { value, nextLink } = await askAzure(group, credential, 'GET', path);
    if (!Array.isArray(value))
      throw new Fault('unavailable', `${group.origin}${group.path}: the answer holds no list of alert rules`);
    rules.push(...value.map(ruleOf));
    path = nextPath(group, nextLink);
  }
  return rules;
}

function nextPath({ origin }: ResourceGroup, link: unknown): string | undefined {
  if (link === undefined || link === null) return undefined;
  const url = URL.parse(String(link));
  if (url?.origin !== origin)
    throw new Fault('unavailable', `the link to the next page of alert rules does not lead to ${origin}`);
  return `${url.pathname}${url.search}`;
}

interface RawRule {
  readonly name?: unknown;
  readonly properties?: {
    readonly enabled?: unknown;
    readonly actions?: { readonly actionGroups?: unknown };
  };
}

/** A rule that does not say whether it is enabled is: that is the service's default. */
function ruleOf({ name, properties }: RawRule): AlertRule {
  const groups = properties?.actions?.actionGroups;
  return {
    name: String(name),
    isEnabled: properties?.enabled !== false,
    hasAction: Array.isArray(groups) && groups.length > 0,
  };
}
