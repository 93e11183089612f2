// The whole deployment: one resource group with the function app, its tables, and what watches over it.
// It asks nothing of Microsoft Graph: the identity's permissions there are a step of their own, see
// graph-permissions.bicep.
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment. It becomes part of the resource group\'s name and of the tags.')
param environmentName string

@minLength(1)
@description('Region of everything; Flex Consumption must be available there.')
param location string

@allowed(['observe', 'enforce'])
@description('observe: report drift and write nothing to the tenant. enforce: put right what the rules admit.')
param mode string = 'observe'

@description('When a run starts: NCRONTAB with seconds, in UTC.')
param reconcileSchedule string = '0 */15 * * * *'

@minValue(1)
@maxValue(960)
@description('Minutes between two runs of that schedule. The alert on missing runs counts three of them, and Azure looks back two days at most, so it sounds while a schedule pauses for longer than three intervals.')
param runIntervalMinutes int = 15

@allowed(['public', 'usgov', 'usgovdod', 'china'])
@description('Cloud of the tenant, for Microsoft Graph. Flex Consumption does not exist in Azure Government: there (usgov, usgovdod) this template cannot be deployed, and the app needs another plan.')
param graphCloud string = 'public'

@description('In place of the cloud\'s own Microsoft Graph, for instance a proxy: an https origin. Empty: the cloud\'s own.')
param graphEndpoint string = ''

@description('Object ids of the emergency accounts, comma-separated. Nothing is ever written before these or the groups are named.')
param breakGlassUsers string = ''

@description('Object ids of groups of emergency accounts, comma-separated.')
param breakGlassGroups string = ''

@description('Grant controls and authentication strength ids that an emergency account can meet, comma-separated.')
param protectedControlsAllowed string = ''

@description('Most changes one run may make.')
param maxChangesPerRun string = '5'

@description('Least milliseconds between two Conditional Access requests to the tenant.')
param graphRequestIntervalMs string = '1100'

@description('Seconds for which a write is read back before it is called unsettled.')
param settleSeconds string = '60'

@description('Seconds after which a run starts nothing new.')
param runBudgetSeconds string = '480'

@description('Number of policies near which a run warns.')
param tenantPolicyLimit string = '195'

@description('Repairs of one field within the window that count as flapping.')
param flapCount string = '5'

@description('Minutes of that window.')
param flapWindowMinutes string = '60'

@description('Regular expression that every displayName must match. Empty: any name. azd puts the value into JSON as it is, so each backslash is written twice in its environment.')
param namingPattern string = ''

@description('Public keys whose versions of the desired state are believed, as "caretaker keys list" prints them, comma-separated. Empty: no signature is asked for.')
param desiredStateSigners string = ''

@allowed(['true', 'false'])
@description('true: events also go straight to Application Insights, as custom events and metrics.')
param telemetryDirect string = 'false'

@description('Object id of the group whose members push the desired state. Empty: nobody is given a role on the tables.')
param operatorsGroupId string = ''

@description('true: the operators also approve and freeze straight in the tables, without the app. Whoever may do so can approve under any name, so two people are then two only by agreement. false again takes no role away that was given: remove those by hand, for which the lock keep-state on the state account has to be lifted.')
param operatorsActOnTables bool = false

@description('Client id of the app registration for App Service Authentication (app-registration.bicep makes one). Empty: callers are vouched for by a function key alone.')
param authClientId string = ''

@description('true: a virtual network of its own, and private endpoints for both storage accounts. Both are then closed to everybody else. The subscription must know the provider Microsoft.App (az provider register --namespace Microsoft.App).')
param vnetEnabled bool = false

@description('Addresses or CIDR ranges from which operators come, comma-separated. Given, the app answers them alone; with vnetEnabled they reach the state account as well. A single address goes without /32. Who deploys is asked for a sign-in, and not where they come from.')
param operatorIpRanges string = ''

@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
@description('Redundancy of the state account.')
param stateRedundancy string = 'Standard_LRS'

@minValue(1)
@maxValue(1000)
@description('Most instances at a time. The timer and the HTTP functions have instances apart, and one of each does.')
param maximumInstanceCount int = 5

@minValue(30)
@maxValue(730)
@description('Days for which logs are kept, who changed the desired state among them.')
param logRetentionDays int = 90

@description('Mail addresses that alerts and the budget write to, comma-separated.')
param alertEmails string = ''

@minValue(0)
@description('Monthly cost, in the currency of the subscription, at which a mail is sent. 0: no budget.')
param budgetAmount int = 0

@description('First day of the month of the first deployment, such as 2027-01-01. Needed for a budget, and never changed afterwards: Azure moves no budget\'s beginning.')
param budgetStartDate string = ''

var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }
var emails = empty(alertEmails) ? [] : map(split(alertEmails, ','), item => trim(item))
var ipRanges = empty(operatorIpRanges) ? [] : map(split(operatorIpRanges, ','), item => trim(item))

// One line for each setting that the app reads.
var settings = {
  TENANT_ID: subscription().tenantId
  MODE: mode
  RECONCILE_SCHEDULE: reconcileSchedule
  STATE_STORAGE__tableServiceUri: state.outputs.tableEndpoint
  AZURE_CLIENT_ID: identity.outputs.clientId
  GRAPH_CLOUD: graphCloud
  GRAPH_ENDPOINT: graphEndpoint
  BREAK_GLASS_USERS: breakGlassUsers
  BREAK_GLASS_GROUPS: breakGlassGroups
  PROTECTED_CONTROLS_ALLOWED: protectedControlsAllowed
  MAX_CHANGES_PER_RUN: maxChangesPerRun
  GRAPH_REQUEST_INTERVAL_MS: graphRequestIntervalMs
  SETTLE_SECONDS: settleSeconds
  RUN_BUDGET_SECONDS: runBudgetSeconds
  TENANT_POLICY_LIMIT: tenantPolicyLimit
  FLAP_COUNT: flapCount
  FLAP_WINDOW_MINUTES: flapWindowMinutes
  NAMING_PATTERN: namingPattern
  DESIRED_STATE_SIGNERS: desiredStateSigners
  TELEMETRY_DIRECT: telemetryDirect
}

resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}'
  location: location
  tags: tags
}

module identity 'identity.bicep' = {
  scope: group
  params: {
    name: 'id-caretaker-${token}'
    location: location
    tags: tags
  }
}

module monitoring 'monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: 'log-caretaker-${token}'
    componentName: 'appi-caretaker-${token}'
    location: location
    tags: tags
    retentionDays: logRetentionDays
    identityPrincipalId: identity.outputs.principalId
  }
}

module network 'network.bicep' = if (vnetEnabled) {
  scope: group
  params: {
    name: 'vnet-caretaker-${token}'
    location: location
    tags: tags
  }
}

module hostStorage 'host-storage.bicep' = {
  scope: group
  params: {
    name: 'sthost${token}'
    location: location
    tags: tags
    identityPrincipalId: identity.outputs.principalId
    isPrivate: vnetEnabled
    endpointsSubnetId: vnetEnabled ? network!.outputs.endpointsSubnetId : ''
    blobZoneId: vnetEnabled ? network!.outputs.blobZoneId : ''
    tableZoneId: vnetEnabled ? network!.outputs.tableZoneId : ''
  }
}

module state 'state.bicep' = {
  scope: group
  params: {
    name: 'ststate${token}'
    location: location
    tags: tags
    redundancy: stateRedundancy
    identityPrincipalId: identity.outputs.principalId
    operatorsGroupId: operatorsGroupId
    operatorsActOnTables: operatorsActOnTables
    workspaceId: monitoring.outputs.workspaceId
    isPrivate: vnetEnabled
    ipRanges: ipRanges
    endpointsSubnetId: vnetEnabled ? network!.outputs.endpointsSubnetId : ''
    tableZoneId: vnetEnabled ? network!.outputs.tableZoneId : ''
  }
}

module hosting 'hosting.bicep' = {
  scope: group
  params: {
    planName: 'plan-caretaker-${token}'
    name: 'func-caretaker-${token}'
    location: location
    tags: tags
    settings: settings
    identityId: identity.outputs.id
    identityClientId: identity.outputs.clientId
    componentName: monitoring.outputs.componentName
    storageName: hostStorage.outputs.name
    packageContainer: hostStorage.outputs.packageContainer
    authClientId: authClientId
    maximumInstanceCount: maximumInstanceCount
    ipRanges: ipRanges
    subnetId: vnetEnabled ? network!.outputs.appSubnetId : ''
  }
}

module alerts 'alerts.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    applicationInsightsId: monitoring.outputs.componentId
    functionAppName: hosting.outputs.name
    alertEmails: emails
    runIntervalMinutes: runIntervalMinutes
  }
}

module workbook 'workbook.bicep' = {
  scope: group
  params: {
    location: location
    tags: tags
    workspaceId: monitoring.outputs.workspaceId
    applicationInsightsId: monitoring.outputs.componentId
  }
}

module budget 'budget.bicep' = if (budgetAmount > 0) {
  scope: group
  params: {
    name: 'budget-caretaker-${token}'
    amount: budgetAmount
    startDate: budgetStartDate
    emails: emails
  }
}

@description('What the command line needs in its environment to reach the tables, and the app.')
output TENANT_ID string = subscription().tenantId
output STATE_STORAGE__tableServiceUri string = state.outputs.tableEndpoint
output CARETAKER_APP_URL string = hosting.outputs.url
output CARETAKER_APP_SCOPE string = empty(authClientId) ? '' : '${authClientId}/.default'

@description('Whom graph-permissions.sh and graph-permissions.bicep are for.')
output CARETAKER_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId

output AZURE_RESOURCE_GROUP string = group.name
