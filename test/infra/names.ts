import type { Node } from 'web-tree-sitter';
import { children, membersOf, nodesOf, readTemplate, type Template, valueAt } from './bicep.ts';
import type { Check, Files } from './checks.ts';

/** How long a name may be and what it may hold (Microsoft's page on naming rules for Azure resources). */
const RULES: Readonly<Record<string, RegExp>> = {
  'Microsoft.Resources/resourceGroups': /^[\w.()-]{0,89}[\w()-]$/,
  'Microsoft.ManagedIdentity/userAssignedIdentities': /^[A-Za-z0-9][\w-]{2,127}$/,
  'Microsoft.OperationalInsights/workspaces': /^[A-Za-z0-9][A-Za-z0-9-]{2,61}[A-Za-z0-9]$/,
  'Microsoft.Insights/components': /^[\w.()-]{1,260}$/,
  'Microsoft.Insights/actionGroups': /^[\w.()-]{1,260}$/,
  'Microsoft.Insights/scheduledQueryRules': /^[\w.() -]{1,260}$/,
  'Microsoft.Insights/workbooks': /^[0-9a-f-]{36}$/,
  'Microsoft.Insights/diagnosticSettings': /^[^*<>%&:\\?/]{1,260}$/,
  'Microsoft.Network/virtualNetworks': /^[A-Za-z0-9][\w.-]{0,62}\w$/,
  'Microsoft.Network/virtualNetworks/subnets': /^[A-Za-z0-9][\w.-]{0,78}\w$/,
  'Microsoft.Network/privateDnsZones': /^(?=.{1,253}$)[a-z0-9-]{1,63}(\.[a-z0-9-]{1,63}){1,33}$/,
  'Microsoft.Network/privateDnsZones/virtualNetworkLinks': /^[A-Za-z0-9][\w.-]{0,78}\w$/,
  'Microsoft.Network/privateEndpoints': /^[A-Za-z0-9][\w.-]{0,62}\w$/,
  'Microsoft.Network/privateEndpoints/privateDnsZoneGroups': /^[A-Za-z0-9][\w.-]{0,78}\w$/,
  'Microsoft.Storage/storageAccounts': /^[a-z0-9]{3,24}$/,
  'Microsoft.Storage/storageAccounts/blobServices': /^default$/,
  'Microsoft.Storage/storageAccounts/blobServices/containers': /^[a-z0-9](?!.*--)[a-z0-9-]{1,61}[a-z0-9]$/,
  'Microsoft.Storage/storageAccounts/tableServices': /^default$/,
  'Microsoft.Web/serverfarms': /^[A-Za-z0-9-]{1,60}$/,
  // Azure takes 60; the host's id is the first 32, and two apps must not share it.
  'Microsoft.Web/sites': /^[A-Za-z0-9][A-Za-z0-9-]{0,30}[A-Za-z0-9]$/,
  'Microsoft.Web/sites/config': /^(appsettings|authsettingsV2)$/,
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': /^(ftp|scm)$/,
  'Microsoft.Consumption/budgets': /^[A-Za-z0-9_-]{1,63}$/,
  'Microsoft.Authorization/locks': /^[\w.() -]{1,90}$/,
  'Microsoft.Authorization/roleAssignments': /^[0-9a-f-]{36}$/,
};

/** Of these the name is another check's affair, or is none. */
const NOT_NAMED = /^Microsoft\.Graph\/|^Microsoft\.Storage\/storageAccounts\/tableServices\/tables$/;

/** The longest legal name of an azd environment. */
export const LONGEST_ENVIRONMENT = 'e'.repeat(64);

/** What names are known to come to; a member of something is written as in the template. */
type Scope = ReadonlyMap<string, string>;

/** Every name fits Azure's limits, whatever the environment is called. A name that cannot be told is a finding as well. */
export const fitsNames: Check = (files) =>
  namesIn(files, 'main.bicep', new Map([['environmentName', LONGEST_ENVIRONMENT]])).findings;

function namesIn(files: Files, file: string, given: Scope): { findings: readonly string[]; outputs: Scope } {
  const read = readTemplate(files.get(file) ?? '');
  const scope = new Map(withLoops(read, withVariables(read, given)));
  const inner = [...read.modules]
    .filter(([, module]) => files.has(module.file))
    .flatMap(([symbol, module]) => {
      const params = [...module.params].flatMap(([name, node]) => known(name, evaluate(node, scope)));
      const { findings, outputs } = namesIn(files, module.file, new Map(params));
      for (const [name, value] of outputs) scope.set(`${symbol}.outputs.${name}`, value);
      return findings;
    });
  const named = read.resources.map((resource) => ({
    ...resource,
    name: evaluate(valueAt(resource.body, ['name']), scope),
  }));
  for (const { symbol, name } of named)
    for (const [key, value] of known(`${symbol}.name`, name)) scope.set(key, value);
  const own = named
    .filter(({ type, isExisting }) => !isExisting && !NOT_NAMED.test(type))
    .flatMap(({ type, name }) => {
      if (name === undefined) return [`${file}: the name of a ${type} cannot be told`];
      const rule = RULES[type];
      if (rule === undefined) return [`${file}: no rule is known for the name of a ${type}`];
      return rule.test(name) ? [] : [`${file}: ${type} cannot be called ${name} (${name.length} characters)`];
    });
  const outputs = [...read.outputs].flatMap(([name, node]) => known(name, evaluate(node, scope)));
  return { findings: [...own, ...inner], outputs: new Map(outputs) };
}

function known(name: string, value: string | undefined): readonly (readonly [string, string])[] {
  return value === undefined ? [] : [[name, value]];
}

/** Members of what a loop goes through, each as long as the longest of them. */
function withLoops({ root, variables }: Template, given: Scope): Scope {
  const scope = new Map(given);
  for (const loop of nodesOf(root, 'for_statement')) {
    const [item, list] = children(loop);
    const listed = list === undefined ? undefined : variables.get(list.text);
    for (const object of listed?.type === 'array' ? children(listed) : []) {
      for (const [member, node] of object.type === 'object' ? membersOf(object) : []) {
        const key = `${item?.text}.${member}`;
        const value = evaluate(node, given) ?? '';
        if (value.length > (scope.get(key)?.length ?? 0)) scope.set(key, value);
      }
    }
  }
  return scope;
}

function withVariables({ variables, params }: Template, given: Scope): Scope {
  const scope = new Map(given);
  for (const [name, node] of [...params, ...variables]) {
    const value = scope.has(name) ? undefined : evaluate(node ?? undefined, scope);
    if (value !== undefined) scope.set(name, value);
  }
  return scope;
}

/** The text an expression comes to, as long as it may get; undefined where that cannot be told. */
function evaluate(node: Node | undefined, scope: Scope): string | undefined {
  switch (node?.type) {
    case 'string':
      return joined(children(node).map((part) => partOf(part, scope)));
    case 'identifier':
      return scope.get(node.text);
    case 'call_expression':
      return called(node, scope);
    case 'member_expression':
      // The longest of all clouds.
      return node.text === 'environment().suffixes.storage' ? 'core.usgovcloudapi.net' : scope.get(node.text);
    default:
      return undefined;
  }
}

function partOf(part: Node, scope: Scope): string | undefined {
  if (part.type === 'string_content') return part.text;
  return evaluate(children(part)[0], scope);
}

function joined(parts: readonly (string | undefined)[]): string | undefined {
  return parts.includes(undefined) ? undefined : parts.join('');
}

function called(node: Node, scope: Scope): string | undefined {
  const [name, given] = children(node);
  switch (name?.text) {
    case 'uniqueString':
      return 'u'.repeat(13);
    case 'guid':
      return '0'.repeat(36);
    case 'toLower':
      return evaluate(given === undefined ? undefined : children(given)[0], scope)?.toLowerCase();
    default:
      return undefined;
  }
}
