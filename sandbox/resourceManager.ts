import type { GraphRequest, Outcome } from './tenant/answers.ts';
import { type Served, serve } from './tenant/server.ts';

/** A scheduled query rule, as far as anybody asks about it. */
export interface AlertRule {
  readonly name: string;
  readonly enabled?: boolean;
  readonly actionGroups?: readonly string[];
}

/** Azure Resource Manager as far as alert rules go. */
export interface ResourceManager extends Served {
  /** Id of its one resource group, with the address in front. */
  readonly resourceGroup: string;
  /** Changed at will. */
  rules: readonly AlertRule[];
  /** The only token it believes. */
  readonly token: string;
}

const PAGE = 3;
const GROUP = '/subscriptions/5b5c0b5a-0000-4000-8000-000000000001/resourceGroups/rg-caretaker';
const LIST = `${GROUP}/providers/Microsoft.Insights/scheduledQueryRules`;

/** Azure Monitor's REST reference, "Scheduled Query Rules - List By Resource Group". */
export async function serveResourceManager(rules: readonly AlertRule[] = []): Promise<ResourceManager> {
  const token = 'operator';
  let served: ResourceManager;
  const listening = await serve(0, async (request) => answer(served, request));
  served = { ...listening, resourceGroup: `${listening.url}${GROUP}`, rules, token };
  return served;
}

function answer({ rules, token, url }: ResourceManager, request: GraphRequest): Outcome {
  const { pathname, searchParams } = new URL(request.path, url);
  if (request.headers.authorization !== `Bearer ${token}`)
    return refusal(401, 'AuthenticationFailed', 'Authentication failed.');
  if (request.method !== 'GET' || pathname !== LIST)
    return refusal(
      403,
      'AuthorizationFailed',
      'The client does not have authorization to perform this action.',
    );
  if (searchParams.get('api-version') !== '2023-12-01')
    return refusal(400, 'InvalidApiVersionParameter', 'The api-version is invalid.');
  const from = Number(searchParams.get('$skiptoken') ?? 0);
  const end = from + PAGE;
  const nextLink = `${url}${LIST}?api-version=2023-12-01&$skiptoken=${end}`;
  return json(200, {
    value: rules.slice(from, end).map(resource),
    ...(end < rules.length ? { nextLink } : {}),
  });
}

function resource({ name, enabled = true, actionGroups = [] }: AlertRule): object {
  return {
    id: `${LIST}/${name}`,
    name,
    type: 'microsoft.insights/scheduledqueryrules',
    location: 'westeurope',
    properties: { displayName: name, enabled, actions: { actionGroups } },
  };
}

function refusal(status: number, code: string, message: string): Outcome {
  return json(status, { error: { code, message } });
}

function json(status: number, body: object): Outcome {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) };
}
