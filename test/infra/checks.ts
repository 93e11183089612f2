import type { Node } from 'web-tree-sitter';
import {
  children,
  contentOf,
  itemsOf,
  membersOf,
  nodesOf,
  type Resource,
  readTemplate,
  type Template,
  valueAt,
} from './bicep.ts';

/** The files of `infra/`, by name. */
export type Files = ReadonlyMap<string, string>;

/** What is wrong, each as `file: what`; empty where nothing is. */
export type Check = (files: Files) => readonly string[];

function templates(files: Files): readonly (readonly [string, Template])[] {
  return [...files]
    .filter(([name]) => name.endsWith('.bicep'))
    .map(([name, text]) => [name, readTemplate(text)]);
}

function template(files: Files, name: string): Template {
  return readTemplate(textOf(files, name));
}

function textOf(files: Files, name: string): string {
  const text = files.get(name);
  if (text === undefined) throw new Error(`infra/ has no ${name}`);
  return text;
}

const perTemplate =
  (look: (template: Template, file: string) => readonly string[]): Check =>
  (files) =>
    templates(files).flatMap(([file, read]) => look(read, file).map((what) => `${file}: ${what}`));

const difference = (some: Iterable<string>, others: Iterable<string>): readonly string[] => {
  const known = new Set(others);
  return [...some].filter((name) => !known.has(name));
};

/** Everything parses. */
export const parses: Check = perTemplate(({ problems }) => problems);

/**
 * Functions of Bicep that the templates use, and a few more that they might; anything else is a slip of the pen, or is
 * looked up in Microsoft's list and added here. None of them reads a key.
 */
const FUNCTIONS = new Set(
  `array bool concat contains dateTimeAdd empty environment filter first flatten format guid indexOf int items join json
  last length loadJsonContent loadTextContent map max min objectKeys padLeft range reduce replace resourceGroup
  resourceId skip sort split startsWith endsWith string subscription subscriptionResourceId take tenant
  tenantResourceId toLower toObject toUpper trim union uniqueString uri`.split(/\s+/),
);

/** Every name is declared, every declared parameter and variable is used, and every function exists. */
export const bindsNames: Check = perTemplate(({ root, text, params, variables }) => {
  const declared = new Set(
    ['parameter', 'variable', 'resource', 'module', 'output'].flatMap((kind) =>
      nodesOf(root, `${kind}_declaration`).flatMap((node) => children(node)[0]?.text ?? []),
    ),
  );
  const locals = [
    ...['loop_variable', 'loop_enumerator'].flatMap((type) => nodesOf(root, type)).map(({ text }) => text),
    ...['lambda_expression', 'for_statement']
      .flatMap((type) => nodesOf(root, type))
      .flatMap((node) => children(node)[0]?.text ?? []),
  ];
  const isInDecorator = (node: Node): boolean =>
    node.parent !== null && (node.parent.type === 'decorator' || isInDecorator(node.parent));
  const identifiers = nodesOf(root, 'identifier').filter((node) => !isInDecorator(node));
  // By what follows it: the grammar takes the call in the body of a lambda for a call of the lambda.
  const isCalled = ({ endIndex }: Node): boolean => text[endIndex] === '(';
  const isKey = ({ parent, id }: Node): boolean =>
    parent?.type === 'object_property' && children(parent)[0]?.id === id;
  const isDeclaration = ({ parent, id }: Node): boolean =>
    parent?.type.endsWith('_declaration') === true && children(parent)[0]?.id === id;
  const used = identifiers.filter((node) => !isCalled(node) && !isKey(node) && !isDeclaration(node));
  const usedNames = new Set(used.map(({ text }) => text));
  return [
    ...difference(usedNames, [...declared, ...locals]).map((name) => `${name} is not declared`),
    ...difference([...params.keys(), ...variables.keys()], usedNames).map((name) => `${name} is not used`),
    ...difference(new Set(identifiers.filter(isCalled).map(({ text }) => text)), FUNCTIONS).map(
      (name) => `there is no function ${name}, or it is not to be used`,
    ),
  ];
});

/** Every module is given what it asks for and nothing else, and gives what is taken from it. */
export const connectsModules: Check = (files) =>
  templates(files).flatMap(([file, { modules, text }]) => {
    const given = [...modules].flatMap(([symbol, { file: target, params }]) => {
      if (!files.has(target)) return [`there is no ${target} for ${symbol}`];
      const asked = template(files, target).params;
      const needed = [...asked].filter(([, standard]) => standard === null).map(([name]) => name);
      return [
        ...difference(params.keys(), asked.keys()).map(
          (name) => `${symbol}: ${target} has no parameter ${name}`,
        ),
        ...difference(needed, params.keys()).map((name) => `${symbol}: ${target} needs ${name}`),
      ];
    });
    const taken = [...text.matchAll(/\b(\w+)!?\.outputs\.(\w+)/g)].flatMap(([, symbol = '', output = '']) => {
      const target = modules.get(symbol)?.file;
      if (target === undefined || !files.has(target))
        return target === undefined ? [`${symbol} is no module`] : [];
      return template(files, target).outputs.has(output) ? [] : [`${target} has no output ${output}`];
    });
    return [...given, ...taken].map((what) => `${file}: ${what}`);
  });

/** Settings that the platform reads, and why they are set. */
const READ_BY_THE_PLATFORM: Readonly<Record<string, string>> = {
  AzureWebJobsStorage__blobServiceUri: 'where the host keeps locks and the record of the timer',
  AzureWebJobsStorage__tableServiceUri: 'where the host keeps its diagnostic events',
  AzureWebJobsStorage__credential: 'the host comes with an identity, not with a key',
  AzureWebJobsStorage__clientId: 'which identity',
  APPLICATIONINSIGHTS_CONNECTION_STRING: 'where the host sends telemetry',
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'with which identity',
};

/** What the code reads and the template must not set, and why. */
const NOT_TO_BE_SET: Readonly<Record<string, string>> = {
  STATE_STORAGE: 'would hold a key; STATE_STORAGE__tableServiceUri stands in its place',
  IDENTITY_ENDPOINT: 'the platform sets it where an identity is assigned',
  WEBSITE_OWNER_NAME: 'the platform says the subscription in it',
  WEBSITE_RESOURCE_GROUP: 'the platform says the resource group in it',
  WEBSITE_SITE_NAME: 'the platform says the name of the app in it',
  APPLICATION_INSIGHTS_NO_STATSBEAT: 'the app sets it for a library that looks for it there',
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'the app sets it for a library that looks for it there',
  WEBSITE_AUTH_ENABLED: 'the platform sets it where App Service Authentication is on',
};

/** Flex Consumption refuses or ignores these (Microsoft's page on Flex Consumption, deprecated settings). */
const NOT_ON_THIS_PLAN =
  /^(FUNCTIONS_WORKER_RUNTIME|FUNCTIONS_EXTENSION_VERSION|FUNCTIONS_WORKER_PROCESS_COUNT|SCM_DO_BUILD_DURING_DEPLOYMENT|ENABLE_ORYX_BUILD|TZ|WEBSITE_(RUN_FROM_PACKAGE|NODE_DEFAULT_VERSION|TIME_ZONE|CONTENT.*))$/;

/** Every setting that the code reads is set, and every one that is set is read. */
export const setsWhatIsRead =
  (read: readonly string[]): Check =>
  (files) => {
    const own = keysOf(template(files, 'main.bicep').variables.get('settings'));
    const host = keysOf(template(files, 'hosting.bicep').variables.get('hostSettings'));
    const set = [...own, ...host];
    return [
      ...difference(read, [...set, ...Object.keys(NOT_TO_BE_SET)]).map(
        (name) => `${name} is read and not set`,
      ),
      ...difference(set, [...read, ...Object.keys(READ_BY_THE_PLATFORM)]).map(
        (name) => `${name} is set and nobody reads it`,
      ),
      ...set
        .filter((name) => Object.hasOwn(NOT_TO_BE_SET, name))
        .map((name) => `${name}: ${NOT_TO_BE_SET[name]}`),
      ...set.filter((name) => NOT_ON_THIS_PLAN.test(name)).map((name) => `${name} is not for this plan`),
    ];
  };

function keysOf(object: Node | undefined): readonly string[] {
  return object === undefined ? [] : [...membersOf(object).keys()];
}

/** Parameters come from azd's environment, a setting's under the setting's own name, with one default everywhere. */
export const takesParameters: Check = (files) => {
  const { params, variables } = template(files, 'main.bicep');
  const { parameters } = JSON.parse(textOf(files, 'main.parameters.json')) as {
    parameters: Record<string, { value: string }>;
  };
  const settings = variables.get('settings');
  const settingOf = new Map(
    [...(settings === undefined ? [] : membersOf(settings))].map(([name, { text }]) => [text, name]),
  );
  return [
    ...difference(params.keys(), Object.keys(parameters)).map((name) => `${name} has no value`),
    ...difference(Object.keys(parameters), params.keys()).map(
      (name) => `main.bicep has no parameter ${name}`,
    ),
    ...Object.entries(parameters).flatMap(([name, { value }]) => {
      const [, variable, standard = ''] = /^\$\{([A-Z_]+)(?:=(.*))?\}$/.exec(value) ?? [];
      const node = params.get(name);
      const declared = node?.type === 'string' ? contentOf(node) : (node?.text ?? '');
      const setting = settingOf.get(name) ?? variable;
      return [
        ...(variable === undefined ? [`${name}: ${value} names no variable`] : []),
        ...(variable === setting ? [] : [`${name}: ${variable} should be called ${setting}`]),
        ...(standard === declared ? [] : [`${name}: by default "${declared}" here and "${standard}" there`]),
      ];
    }),
  ];
};

/** Names of Azure's built-in roles and their ids (Microsoft's page on built-in roles). */
const BUILT_IN_ROLES: Readonly<Record<string, string>> = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b',
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3',
  storageTableDataReader: '76199698-9eea-4c19-bc75-cec21354c6b6',
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb',
};

/** Applications of Microsoft's, the same everywhere; the only ids written into a template. */
const MICROSOFTS: Readonly<Record<string, string>> = {
  '00000003-0000-0000-c000-000000000000': 'Microsoft Graph',
  '04b07795-8ddb-461a-bbee-02f9e1bf7b46': 'Microsoft Azure CLI',
};
const GUID = /\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b/gi;

/** Roles are known by name, their ids are Azure's, and each is used. */
export const namesRoles: Check = (files) => {
  const roles = JSON.parse(textOf(files, 'roles.json')) as Record<string, string>;
  const all = templates(files);
  const used = new Set(
    all.flatMap(([, { text }]) =>
      [...text.matchAll(/\broles\.(?!json\b)(\w+)/g)].map(([, name = '']) => name),
    ),
  );
  return [
    ...Object.entries(roles)
      .filter(([name, id]) => BUILT_IN_ROLES[name] !== id)
      .map(([name, id]) => `roles.json: ${name} is not ${id}`),
    ...difference(used, Object.keys(roles)).map((name) => `roles.json has no ${name}`),
    ...difference(Object.keys(roles), used).map((name) => `roles.json: nobody is given ${name}`),
    ...all.flatMap(([file, { text }]) =>
      [...text.matchAll(GUID)]
        .filter(([id]) => !Object.hasOwn(MICROSOFTS, id))
        .map(([id]) => `${file}: ${id} has no name`),
    ),
  ];
};

/** Ways to a secret: functions that read keys, and members and words that hold them. */
const SECRETS =
  /\blist[A-Z]\w*\s*\(|\bgetSecret\b|@secure\b|\bsecureString\b|AccountKey|SharedAccess|InstrumentationKey|\bsig=|clientSecret|adminPassword/i;

/** No secret in the templates, nor a way to one. */
export const holdsNoSecret: Check = perTemplate(({ text }) => [
  ...text.split('\n').filter((line) => SECRETS.test(line)),
  // With local authentication off it opens nothing, and the host knows no other way to be told where to send.
  ...text
    .split('\n')
    .filter((line) => /connection_?string/i.test(line))
    .filter(
      (line) =>
        !/^\s*APPLICATIONINSIGHTS_CONNECTION_STRING: component\.properties\.ConnectionString$/.test(line),
    ),
]);

/** Nothing is open to everybody: no wildcard and no address range that means the whole world. */
export const opensNothingToAll: Check = perTemplate(({ root }) =>
  nodesOf(root, 'string')
    .filter((node) => !isAnyValueOfAColumn(node))
    .map(contentOf)
    .filter((text) => /^\*$|^\*\.|\/\*$|^(0\.0\.0\.0(\/0)?|::\/0|Any|Internet)$/i.test(text))
    .map((text) => `"${text}" means everybody`),
);

/** What an alert is split by is a column of a query's answer: whatever stands there opens nothing. */
function isAnyValueOfAColumn({ parent }: Node): boolean {
  return parent?.parent?.parent?.text.startsWith("{ name: column, operator: 'Include', ") === true;
}

/** Addresses that are another cloud's elsewhere. */
export const namesNoCloud: Check = perTemplate(({ root }) =>
  nodesOf(root, 'string')
    .map(contentOf)
    .filter((text) =>
      /windows\.net|microsoftonline|graph\.microsoft\.|azurewebsites|azure\.com\b/.test(text),
    ),
);

/** What must stand in every resource of a kind, or in one by its file and symbol: by path, without blanks. */
const FIRM: Readonly<Record<string, Readonly<Record<string, string | RegExp>>>> = {
  'Microsoft.Storage/storageAccounts': {
    'properties.allowSharedKeyAccess': 'false',
    'properties.allowBlobPublicAccess': 'false',
    'properties.allowCrossTenantReplication': 'false',
    'properties.isLocalUserEnabled': 'false',
    'properties.minimumTlsVersion': "'TLS1_2'",
    'properties.supportsHttpsTrafficOnly': 'true',
    'properties.publicNetworkAccess': /^isPrivate(&&empty\(ipRanges\))?\?'Disabled':'Enabled'$/,
    'properties.networkAcls.defaultAction': "isPrivate?'Deny':'Allow'",
    'properties.networkAcls.bypass': "'None'",
  },
  'state.bicep appRoles': {
    scope: 'tables[index]',
    'properties.principalId': 'identityPrincipalId',
    'properties.roleDefinitionId':
      /,contains\(appReads,table\)\?roles\.storageTableDataReader:roles\.storageTableDataContributor\)$/,
  },
  'state.bicep operatorRoles': {
    scope: 'tables[index]',
    'properties.principalId': 'operatorsGroupId',
    'properties.roleDefinitionId':
      /,contains\(operatorsWrite,table\)\?roles\.storageTableDataContributor:roles\.storageTableDataReader\)$/,
  },
  'host-storage.bicep appOwnsBlobs': { scope: 'account', 'properties.principalId': 'identityPrincipalId' },
  'host-storage.bicep appWritesTables': { scope: 'account', 'properties.principalId': 'identityPrincipalId' },
  'monitoring.bicep appSendsTelemetry': {
    scope: 'component',
    'properties.principalId': 'identityPrincipalId',
  },
  'Microsoft.Storage/storageAccounts/blobServices/containers': { 'properties.publicAccess': "'None'" },
  'Microsoft.Insights/components': { 'properties.DisableLocalAuth': 'true' },
  'Microsoft.OperationalInsights/workspaces': { 'properties.features.disableLocalAuth': 'true' },
  'Microsoft.Web/sites': {
    'properties.httpsOnly': 'true',
    'properties.siteConfig.minTlsVersion': "'1.2'",
    'properties.siteConfig.ftpsState': "'Disabled'",
    'properties.siteConfig.ipSecurityRestrictionsDefaultAction': "empty(ipRanges)?'Allow':'Deny'",
    'identity.type': "'UserAssigned'",
    'properties.functionAppConfig.runtime.name': "'node'",
    'properties.functionAppConfig.runtime.version': "'24'",
    'properties.functionAppConfig.deployment.storage.authentication.type': "'UserAssignedIdentity'",
    'properties.functionAppConfig.scaleAndConcurrency.instanceMemoryMB': '512',
    'properties.functionAppConfig.scaleAndConcurrency.alwaysReady': '[]',
  },
  'Microsoft.Web/sites/basicPublishingCredentialsPolicies': { 'properties.allow': 'false' },
  'hosting.bicep authentication': {
    'properties.platform.enabled': 'true',
    'properties.globalValidation.requireAuthentication': 'true',
    'properties.globalValidation.unauthenticatedClientAction': "'Return401'",
    'properties.httpSettings.requireHttps': 'true',
    'properties.identityProviders.azureActiveDirectory.registration.clientId': 'authClientId',
    'properties.identityProviders.azureActiveDirectory.registration.openIdIssuer':
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Bicep writes them alike.
      "'${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'",
    'properties.identityProviders.azureActiveDirectory.validation.allowedAudiences':
      // biome-ignore lint/suspicious/noTemplateCurlyInString: Bicep writes them alike.
      "[authClientId,'api://${authClientId}']",
  },
  'app-registration.bicep registration': {
    signInAudience: "'AzureADMyOrg'",
    'api.requestedAccessTokenVersion': '2',
  },
  'app-registration.bicep principal': { appRoleAssignmentRequired: 'true' },
  'app-registration.bicep readers': { appRoleId: "roleIds['Caretaker.Reader']" },
};

/** Two doors each: a password for FTP and one for deployment. */
const DOORS = ['ftp', 'scm'];

/** Keys, passwords, old protocols and public containers are off wherever they could be on. */
export const isShut: Check = (files) => {
  const made = templates(files).flatMap(([file, { resources }]) =>
    resources.filter(({ isExisting }) => !isExisting).map((resource) => ({ file, ...resource })),
  );
  const doors = made
    .filter(({ type }) => type === 'Microsoft.Web/sites/basicPublishingCredentialsPolicies')
    .map(({ body }) => text(valueAt(body, ['name'])));
  return [
    ...difference(Object.keys(FIRM), made.flatMap(kindsOf)).map((kind) => `no ${kind}`),
    ...made.flatMap((resource) =>
      kindsOf(resource).flatMap((kind) =>
        Object.entries(FIRM[kind] ?? {})
          .filter(([path, value]) => !isFirm(valueAt(resource.body, path.split('.')), value))
          .map(([path, value]) => `${resource.file}: ${path} of ${kind} is not ${value}`),
      ),
    ),
    ...difference(DOORS, doors).map((door) => `a password opens ${door}`),
  ];
};

/** Under which names a resource may stand in `FIRM`. */
function kindsOf({ file, type, symbol }: Resource & { readonly file: string }): readonly string[] {
  return [type, `${file} ${symbol}`];
}

function isFirm(node: Node | undefined, value: string | RegExp): boolean {
  const written = node?.text.replaceAll(/\s/g, '') ?? '';
  return typeof value === 'string' ? written === value : value.test(written);
}

function text(node: Node | undefined): string {
  return node === undefined ? '' : contentOf(node);
}

const OPERATORS_WRITE = "operatorsActOnTables?['desired','control','journal']:['desired']";

/** The tables are the code's, and the app may only read the one that says what is desired. */
export const keepsTables =
  (tables: readonly string[]): Check =>
  (files) => {
    const { variables, resources } = template(files, 'state.bicep');
    const list = (name: string): readonly string[] => {
      const node = variables.get(name);
      return node === undefined ? [] : itemsOf(node);
    };
    const same = (what: string, some: readonly string[], others: readonly string[]): readonly string[] =>
      some.toSorted().join() === others.toSorted().join() ? [] : [`${what}: ${some.join(', ')}`];
    return [
      ...same('tables', list('tableNames'), tables),
      ...same('the app only reads', list('appReads'), ['desired']),
      ...(isFirm(variables.get('operatorsWrite'), OPERATORS_WRITE)
        ? []
        : ['operators write more than "desired" unasked, or not what they are asked to']),
      ...resources
        .filter(({ type }) => type === 'Microsoft.Authorization/roleAssignments')
        .map(({ body }) => valueAt(body, ['scope'])?.text ?? 'the resource group')
        .filter((scope) => scope !== 'tables[index]')
        .map((scope) => `a role reaches ${scope}, not one table`),
      ...isGuarded(resources),
    ];
  };

/** Deleting the account takes two steps, and whoever touches a table is written down. */
function isGuarded(resources: readonly Resource[]): readonly string[] {
  const lock = resources.find(({ type }) => type === 'Microsoft.Authorization/locks');
  const log = resources.find(({ type }) => type === 'Microsoft.Insights/diagnosticSettings');
  const logged = (log === undefined ? [] : children(valueAt(log.body, ['properties', 'logs']) ?? log.body))
    .filter((kind) => valueAt(kind, ['enabled'])?.text === 'true')
    .map((kind) => text(valueAt(kind, ['category'])));
  const isLocked =
    lock !== undefined &&
    valueAt(lock.body, ['scope'])?.text === 'account' &&
    text(valueAt(lock.body, ['properties', 'level'])) === 'CanNotDelete';
  return [
    ...(isLocked ? [] : ['the state account can be deleted']),
    ...(log !== undefined && valueAt(log.body, ['scope'])?.text === 'tableService'
      ? []
      : ['tables are not watched']),
    ...difference(['StorageRead', 'StorageWrite', 'StorageDelete'], logged).map(
      (kind) => `no log of ${kind}`,
    ),
  ];
}

/** The two ids of the identity are not mixed up: the one that a token is asked with, and the one that roles are given to. */
export const handsOnIds: Check = (files) => {
  const { modules, variables, outputs } = template(files, 'main.bicep');
  const settings = variables.get('settings');
  const given: readonly (readonly [string, Node | undefined])[] = [
    ...[...modules.values()].flatMap(({ params }) => [...params]),
    ...(settings === undefined ? [] : membersOf(settings)),
    ...outputs,
  ];
  return Object.entries(IDS).flatMap(([name, value]) => {
    const found = given.filter(([other]) => other === name);
    if (found.length === 0) return [`main.bicep: nobody is given ${name}`];
    return found
      .filter(([, node]) => !isFirm(node, value))
      .map(([, node]) => `main.bicep: ${name} is ${node?.text}, not ${value}`);
  });
};

const IDS = {
  AZURE_CLIENT_ID: 'identity.outputs.clientId',
  identityClientId: 'identity.outputs.clientId',
  identityPrincipalId: 'identity.outputs.principalId',
  CARETAKER_IDENTITY_PRINCIPAL_ID: 'identity.outputs.principalId',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: Bicep writes them alike.
  CARETAKER_APP_SCOPE: "empty(authClientId)?'':'${authClientId}/.default'",
};

/** The roles that App Service Authentication lets in are those that the code asks for. */
export const offersAppRoles =
  (asked: readonly string[]): Check =>
  (files) => {
    const { resources, variables } = template(files, 'app-registration.bicep');
    const registration = resources.find(({ type }) => type === 'Microsoft.Graph/applications');
    const roles = registration === undefined ? undefined : valueAt(registration.body, ['appRoles']);
    const offered = (roles === undefined ? [] : children(roles)).map((role) =>
      text(valueAt(role, ['value'])),
    );
    const assigned = keysOf(variables.get('roleIds'));
    return [
      ...difference(asked, offered).map((role) => `app-registration.bicep offers no ${role}`),
      ...difference(offered, asked).map((role) => `nobody asks for ${role}`),
      ...difference(asked, assigned).map((role) => `app-registration.bicep: ${role} has no id`),
    ];
  };
