import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CALLER_ROLES } from '../../src/lib/http/requests.ts';
import { readSettings, SETTING_NAMES } from '../../src/lib/settings.ts';
import { TABLES } from '../../src/lib/storage/rows.ts';
import { readTemplate } from './bicep.ts';
import {
  bindsNames,
  type Check,
  connectsModules,
  type Files,
  handsOnIds,
  holdsNoSecret,
  isShut,
  keepsTables,
  namesNoCloud,
  namesRoles,
  offersAppRoles,
  opensNothingToAll,
  parses,
  setsWhatIsRead,
  takesParameters,
} from './checks.ts';
import { ROOT, settingsReadByCode } from './code.ts';
import { fitsNames } from './names.ts';

const FILES: Files = new Map(
  readdirSync(join(ROOT, 'infra'))
    .filter((name) => /\.(bicep|json)$/.test(name))
    .map((name) => [name, readFileSync(join(ROOT, 'infra', name), 'utf8')]),
);

/** A change that somebody might make by mistake, and what the check must say of it. */
interface Slip {
  readonly in: string;
  readonly from: string | RegExp;
  readonly to: string;
  readonly says: string;
}

const CHECKS: Readonly<Record<string, { readonly check: Check; readonly slips: readonly Slip[] }>> = {
  'is Bicep': {
    check: parses,
    slips: [
      { in: 'state.bicep', from: "name: 'default'\n}", to: "name: 'default'\n", says: 'state.bicep' },
      { in: 'main.bicep', from: 'var tags = {', to: 'var tags {', says: 'main.bicep' },
      { in: 'hosting.bicep', from: "name: 'node'", to: "name: 'node", says: 'hosting.bicep' },
      { in: 'main.bicep', from: 'tags: tags\n}', to: 'tags: { ...tags }\n}', says: 'main.bicep' },
    ],
  },
  'names only what there is, and needs what it names': {
    check: bindsNames,
    slips: [
      { in: 'main.bicep', from: 'MODE: mode', to: 'MODE: mod', says: 'mod is not declared' },
      { in: 'main.bicep', from: 'MODE: mode', to: "MODE: 'observe'", says: 'mode is not used' },
      { in: 'main.bicep', from: 'uniqueString(', to: 'uniqString(', says: 'no function uniqString' },
    ],
  },
  'gives its modules what they ask for': {
    check: connectsModules,
    slips: [
      { in: 'main.bicep', from: '    subnetId: vnet', to: '    subnet: vnet', says: 'no parameter subnet' },
      { in: 'main.bicep', from: /\n {4}redundancy: .*/, to: '', says: 'needs redundancy' },
      {
        in: 'main.bicep',
        from: 'identity.outputs.clientId',
        to: 'identity.outputs.client',
        says: 'no output client',
      },
      { in: 'main.bicep', from: "'state.bicep'", to: "'states.bicep'", says: 'no states.bicep' },
    ],
  },
  'sets every setting that is read, and no other': {
    check: setsWhatIsRead(settingsReadByCode()),
    slips: [
      { in: 'main.bicep', from: '  MODE: mode\n', to: '', says: 'MODE is read and not set' },
      { in: 'main.bicep', from: 'MODE: mode', to: 'MODUS: mode', says: 'MODUS is set and nobody reads it' },
      {
        in: 'hosting.bicep',
        from: 'var hostSettings = {',
        to: "var hostSettings = {\n  FUNCTIONS_WORKER_RUNTIME: 'node'",
        says: 'is not for this plan',
      },
      {
        in: 'main.bicep',
        from: 'var settings = {',
        to: "var settings = {\n  STATE_STORAGE: 'x'",
        says: 'would hold a key',
      },
    ],
  },
  'takes each parameter from the environment, with one default': {
    check: takesParameters,
    slips: [
      { in: 'main.parameters.json', from: 'MODE=observe', to: 'MODE=enforce', says: '"enforce" there' },
      {
        in: 'main.bicep',
        from: "mode string = 'observe'",
        to: "mode string = 'enforce'",
        says: '"enforce" here',
      },
      {
        in: 'main.parameters.json',
        from: 'FLAP_COUNT=5',
        to: 'FLAPS=5',
        says: 'should be called FLAP_COUNT',
      },
      { in: 'main.parameters.json', from: /\n.*"flapCount".*/, to: '', says: 'flapCount has no value' },
      { in: 'main.parameters.json', from: '"flapCount"', to: '"flaps"', says: 'has no parameter flaps' },
    ],
  },
  'gives roles by name': {
    check: namesRoles,
    slips: [
      { in: 'roles.json', from: '76199698', to: '76199699', says: 'storageTableDataReader is not 76199699' },
      {
        in: 'state.bicep',
        from: /roles\.storageTableDataReader/g,
        to: 'roles.reader',
        says: 'has no reader',
      },
      {
        in: 'state.bicep',
        from: /roles\.storageTableDataReader/g,
        to: "'8e3af657-a8ff-443c-a75c-2fe8c4bcb635'",
        says: '8e3af657-a8ff-443c-a75c-2fe8c4bcb635 has no name',
      },
    ],
  },
  'holds no secret': {
    check: holdsNoSecret,
    slips: [
      {
        in: 'hosting.bicep',
        from: "AzureWebJobsStorage__credential: 'managedidentity'",
        to: 'AzureWebJobsStorage: storage.listKeys().keys[0].value',
        says: 'listKeys',
      },
      {
        in: 'main.bicep',
        from: 'param graphEndpoint',
        to: '@secure()\nparam graphEndpoint',
        says: '@secure',
      },
      {
        in: 'identity.bicep',
        from: 'output id string = identity.id',
        to: "output id string = 'DefaultEndpointsProtocol=https;AccountName=a;AccountKey=b'",
        says: 'AccountKey',
      },
      {
        in: 'monitoring.bicep',
        from: 'output componentName string = component.name',
        to: 'output connectionString string = component.properties.ConnectionString',
        says: 'connectionString',
      },
    ],
  },
  'opens nothing to everybody': {
    check: opensNothingToAll,
    slips: [
      {
        in: 'hosting.bicep',
        from: "minTlsVersion: '1.2'",
        to: "cors: { allowedOrigins: ['*'] }",
        says: '"*"',
      },
      { in: 'hosting.bicep', from: /'\$\{address\}\/32'/, to: "'0.0.0.0/0'", says: '0.0.0.0/0' },
    ],
  },
  'works in every cloud': {
    check: namesNoCloud,
    slips: [
      {
        in: 'network.bicep',
        from: /\$\{environment\(\)\.suffixes\.storage\}/,
        to: 'core.windows.net',
        says: 'core.windows.net',
      },
    ],
  },
  'shuts every door that has another': {
    check: isShut,
    slips: [
      ...['state.bicep', 'host-storage.bicep'].flatMap((file): readonly Slip[] => [
        {
          in: file,
          from: 'allowSharedKeyAccess: false',
          to: 'allowSharedKeyAccess: true',
          says: 'allowSharedKeyAccess',
        },
        { in: file, from: / *minimumTlsVersion.*\n/, to: '', says: 'minimumTlsVersion' },
        { in: file, from: 'allowBlobPublicAccess: false', to: '', says: 'allowBlobPublicAccess' },
      ]),
      { in: 'monitoring.bicep', from: 'DisableLocalAuth: true', to: '', says: 'DisableLocalAuth' },
      { in: 'hosting.bicep', from: 'httpsOnly: true', to: 'httpsOnly: false', says: 'httpsOnly' },
      { in: 'hosting.bicep', from: "name: 'scm'", to: "name: 'ftp'", says: 'a password opens scm' },
      { in: 'hosting.bicep', from: 'allow: false', to: 'allow: true', says: 'properties.allow' },
      { in: 'hosting.bicep', from: "version: '24'", to: "version: '20'", says: 'runtime.version' },
      ...['state.bicep', 'host-storage.bicep'].flatMap((file): readonly Slip[] => [
        { in: file, from: "isPrivate ? 'Deny' : 'Allow'", to: "'Allow'", says: 'networkAcls.defaultAction' },
        {
          in: file,
          from: /(publicNetworkAccess: ).*/,
          to: "publicNetworkAccess: 'Enabled'",
          says: 'publicNetworkAccess',
        },
      ]),
      {
        in: 'hosting.bicep',
        from: "empty(ipRanges) ? 'Allow' : 'Deny'",
        to: "'Allow'",
        says: 'DefaultAction',
      },
    ],
  },
  'asks at the front door who calls, for the roles of the code': {
    check: (files) => [...isShut(files), ...offersAppRoles(CALLER_ROLES)(files)],
    slips: [
      {
        in: 'hosting.bicep',
        from: 'requireAuthentication: true',
        to: 'requireAuthentication: false',
        says: 'requireAuthentication',
      },
      {
        in: 'hosting.bicep',
        from: "'Return401'",
        to: "'AllowAnonymous'",
        says: 'unauthenticatedClientAction',
      },
      {
        in: 'hosting.bicep',
        from: /allowedAudiences: .*/,
        to: 'allowedAudiences: []',
        says: 'allowedAudiences',
      },
      { in: 'hosting.bicep', from: /\$\{tenant\(\)\.tenantId\}/, to: 'common', says: 'openIdIssuer' },
      {
        in: 'app-registration.bicep',
        from: 'appRoleAssignmentRequired: true',
        to: 'appRoleAssignmentRequired: false',
        says: 'appRoleAssignmentRequired',
      },
      {
        in: 'app-registration.bicep',
        from: 'AzureADMyOrg',
        to: 'AzureADMultipleOrgs',
        says: 'signInAudience',
      },
      {
        in: 'app-registration.bicep',
        from: "value: 'Caretaker.Operator'",
        to: "value: 'Operator'",
        says: 'offers no Caretaker.Operator',
      },
      {
        in: 'app-registration.bicep',
        from: "appRoleId: roleIds['Caretaker.Reader']",
        to: "appRoleId: roleIds['Caretaker.Operator']",
        says: 'appRoleId',
      },
    ],
  },
  'does not mix up the ids of the identity': {
    check: handsOnIds,
    slips: [
      {
        in: 'main.bicep',
        from: 'AZURE_CLIENT_ID: identity.outputs.clientId',
        to: 'AZURE_CLIENT_ID: identity.outputs.principalId',
        says: 'AZURE_CLIENT_ID',
      },
      {
        in: 'main.bicep',
        from: 'identityPrincipalId: identity.outputs.principalId',
        to: 'identityPrincipalId: identity.outputs.clientId',
        says: 'identityPrincipalId',
      },
      {
        in: 'main.bicep',
        from: /output CARETAKER_APP_SCOPE string = .*/,
        to: 'output CARETAKER_APP_SCOPE string = authClientId',
        says: 'CARETAKER_APP_SCOPE',
      },
    ],
  },
  'keeps the tables of the code, each with a role of its own': {
    check: keepsTables(TABLES),
    slips: [
      { in: 'state.bicep', from: "'bindings', ", to: '', says: 'tables' },
      {
        in: 'state.bicep',
        from: "var appReads = ['desired']",
        to: 'var appReads = []',
        says: 'the app only reads',
      },
      {
        in: 'state.bicep',
        from: "['desired', 'control', 'journal'] : ['desired']",
        to: "['desired'] : ['desired', 'control', 'journal']",
        says: 'operators',
      },
      {
        in: 'state.bicep',
        from: "{ category: 'StorageWrite', enabled: true }",
        to: "{ category: 'StorageWrite', enabled: false }",
        says: 'StorageWrite',
      },
      {
        in: 'state.bicep',
        from: 'scope: tables[index]',
        to: 'scope: account',
        says: 'a role reaches account',
      },
      {
        in: 'state.bicep',
        from: "level: 'CanNotDelete'",
        to: "level: 'NotSpecified'",
        says: 'can be deleted',
      },
      {
        in: 'state.bicep',
        from: "category: 'StorageWrite'",
        to: "category: 'StorageRead'",
        says: 'StorageWrite',
      },
      { in: 'state.bicep', from: 'scope: tableService', to: 'scope: account', says: 'not watched' },
    ],
  },
  'gives the app and the operators no role of the other': {
    check: isShut,
    slips: [
      {
        in: 'state.bicep',
        from: /contains\(appReads, table\) \? roles\.storageTableDataReader : roles\.storageTableDataContributor/g,
        to: 'contains(appReads, table) ? roles.storageTableDataContributor : roles.storageTableDataReader',
        says: 'roleDefinitionId of state.bicep appRoles',
      },
      {
        in: 'state.bicep',
        from: /contains\(operatorsWrite, table\) \? roles\.storageTableDataContributor : roles\.storageTableDataReader/g,
        to: 'roles.storageTableDataContributor',
        says: 'roleDefinitionId of state.bicep operatorRoles',
      },
      {
        in: 'state.bicep',
        from: 'principalId: operatorsGroupId',
        to: 'principalId: identityPrincipalId',
        says: 'principalId of state.bicep operatorRoles',
      },
      { in: 'host-storage.bicep', from: '  scope: account\n', to: '', says: 'scope of host-storage.bicep' },
    ],
  },
  'has names that Azure takes, whatever the environment is called': {
    check: fitsNames,
    slips: [
      { in: 'main.bicep', from: "'sthost", to: "'storageofhost", says: '26 characters' },
      {
        in: 'main.bicep',
        from: "'func-caretaker-",
        to: "'func-caretaker-elsewhere-",
        says: 'Microsoft.Web/sites',
      },
      { in: 'main.bicep', from: /'rg-.*'/, to: 'location', says: 'cannot be told' },
      { in: 'main.bicep', from: "'ststate", to: "'st-state", says: 'st-state' },
    ],
  },
};

describe.each(Object.entries(CHECKS))('the template %s', (_promise, { check, slips }) => {
  it('as it is', () => {
    expect(check(FILES)).toEqual([]);
  });

  it.each(slips)('and not with $to in $in', ({ in: file, from, to, says }) => {
    const text = FILES.get(file) ?? '';
    const slipped = text.replace(from, () => to);
    expect(slipped).not.toBe(text);

    const found = check(new Map([...FILES, [file, slipped]]));

    expect(found.join('\n')).toContain(says);
  });
});

describe('the templates', () => {
  it('use the Graph extension in the two steps for a directory administrator alone', () => {
    const extended = [...FILES]
      .filter(([name, text]) => name.endsWith('.bicep') && readTemplate(text).extensions.length > 0)
      .map(([name]) => name);

    expect(extended.toSorted()).toEqual(['app-registration.bicep', 'graph-permissions.bicep']);
    expect(Object.keys(JSON.parse(FILES.get('bicepconfig.json') ?? '{}').extensions)).toEqual([
      'microsoftGraphV1',
    ]);
  });

  it('start an app that observes, with the defaults of the code', () => {
    const { params, variables } = readTemplate(FILES.get('main.bicep') ?? '');
    expect(params.get('mode')?.text).toBe("'observe'");
    expect(variables.get('settings')).toBeDefined();

    const { parameters } = JSON.parse(FILES.get('main.parameters.json') ?? '{}');
    const standards = Object.fromEntries(
      Object.values(parameters as Record<string, { value: string }>).flatMap(({ value }) => {
        const [, name = '', standard = ''] = /^\$\{([A-Z_]+)=(.*)\}$/.exec(value) ?? [];
        return SETTING_NAMES.includes(name) ? [[name, standard]] : [];
      }),
    );
    const needed = {
      TENANT_ID: '7e4a1c00-0000-4000-8000-0000000000aa',
      STATE_STORAGE__tableServiceUri: 'https://account.table.example/',
    };
    const { RECONCILE_SCHEDULE, ...others } = standards;
    expect(Object.keys(others).length).toBeGreaterThan(8);
    expect(readSettings({ ...needed, ...others })).toEqual(readSettings(needed));
    expect(RECONCILE_SCHEDULE).toBe(
      JSON.parse(readFileSync(join(ROOT, 'local.settings.sample.json'), 'utf8')).Values.RECONCILE_SCHEDULE,
    );
  });

  it('count the alert on missing runs in the minutes of the schedule', () => {
    const { params } = readTemplate(FILES.get('main.bicep') ?? '');

    expect(params.get('reconcileSchedule')?.text).toBe(
      `'0 */${params.get('runIntervalMinutes')?.text} * * * *'`,
    );
  });

  it('are not given the settings of a sandbox by the shell they are deployed from', () => {
    const azd = readFileSync(join(ROOT, 'azure.yaml'), 'utf8');
    const [, run = ''] = /^ {2}preprovision:\n {4}shell: sh\n {4}run: \|\n((?: {6}.*\n)+)/m.exec(azd) ?? [];
    const provisionWith = (GRAPH_ENDPOINT?: string) =>
      spawnSync('sh', ['-ec', run], { encoding: 'utf8', env: { ...process.env, GRAPH_ENDPOINT } });

    expect(provisionWith('http://127.0.0.1:37211')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('Use another shell'),
    });
    for (const endpoint of [undefined, '', 'https://graph.example'])
      expect(provisionWith(endpoint)).toMatchObject({ status: 0, stderr: '' });
  });

  it('name the folder, the service and the build that azd deploys', () => {
    const azd = readFileSync(join(ROOT, 'azure.yaml'), 'utf8');
    const ignored = readFileSync(join(ROOT, '.funcignore'), 'utf8').split('\n');
    const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));

    expect(azd).toMatch(/^services:\n {2}caretaker:$/m);
    expect(FILES.get('hosting.bicep')).toContain("'azd-service-name': 'caretaker'");
    expect(FILES.get('main.bicep')).toContain("'azd-env-name': environmentName");
    expect(azd).toMatch(/^ {4}dist: dist-package$/m);
    expect(readFileSync(join(ROOT, 'tools/package.ts'), 'utf8')).toContain("FOLDER = 'dist-package'");
    expect(scripts.build).toContain('npm run package');
    expect(azd).toMatch(/^ {4}remoteBuild: false$/m);
    expect(ignored.filter((line) => /node_modules/.test(line))).toEqual([]);
  });
});
