// What must last: the desired state, and what was done for it. An account of its own, so that a role on one table is a
// role on nothing else.
param name string
param location string
param tags object
param redundancy string
param identityPrincipalId string
param operatorsGroupId string
param operatorsActOnTables bool
param workspaceId string
param isPrivate bool
param ipRanges string[]
param endpointsSubnetId string
param tableZoneId string

var roles = loadJsonContent('roles.json')

var tableNames = ['desired', 'journal', 'runs', 'bindings', 'control']

// The app cannot change what it is told to want; the operators cannot change what it did.
var appReads = ['desired']
var operatorsWrite = operatorsActOnTables ? ['desired', 'control', 'journal'] : ['desired']

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: redundancy }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate && empty(ipRanges) ? 'Disabled' : 'Enabled'
    networkAcls: {
      // Without a network of its own the app comes from no fixed address.
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'None'
      ipRules: [for address in (isPrivate ? ipRanges : []): { value: address, action: 'Allow' }]
    }
  }
}

resource tableService 'Microsoft.Storage/storageAccounts/tableServices@2024-01-01' = {
  parent: account
  name: 'default'
}

resource tables 'Microsoft.Storage/storageAccounts/tableServices/tables@2024-01-01' = [
  for table in tableNames: {
    parent: tableService
    name: table
  }
]

// Their names hold the role: Azure lets nobody change the role of an assignment that is there.
resource appRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (table, index) in tableNames: {
    name: guid(
      tables[index].id,
      identityPrincipalId,
      contains(appReads, table) ? roles.storageTableDataReader : roles.storageTableDataContributor
    )
    scope: tables[index]
    properties: {
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        contains(appReads, table) ? roles.storageTableDataReader : roles.storageTableDataContributor
      )
      principalId: identityPrincipalId
      principalType: 'ServicePrincipal'
    }
  }
]

resource operatorRoles 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (table, index) in tableNames: if (!empty(operatorsGroupId)) {
    name: guid(
      tables[index].id,
      operatorsGroupId,
      contains(operatorsWrite, table) ? roles.storageTableDataContributor : roles.storageTableDataReader
    )
    scope: tables[index]
    properties: {
      roleDefinitionId: subscriptionResourceId(
        'Microsoft.Authorization/roleDefinitions',
        contains(operatorsWrite, table) ? roles.storageTableDataContributor : roles.storageTableDataReader
      )
      principalId: operatorsGroupId
      principalType: 'Group'
    }
  }
]

// Tables have no soft delete and no versions: what goes with the account is gone.
resource lock 'Microsoft.Authorization/locks@2020-05-01' = {
  name: 'keep-state'
  scope: account
  properties: {
    level: 'CanNotDelete'
    notes: 'Holds the desired state and the journal of Caretaker. Remove this lock before you delete them on purpose.'
  }
}

// Who changed the desired state, and who read it.
resource tableLog 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'who-did-what'
  scope: tableService
  properties: {
    workspaceId: workspaceId
    logs: [
      { category: 'StorageRead', enabled: true }
      { category: 'StorageWrite', enabled: true }
      { category: 'StorageDelete', enabled: true }
    ]
  }
}

module tableEndpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pep-${name}-table'
    location: location
    tags: tags
    storageId: account.id
    service: 'table'
    subnetId: endpointsSubnetId
    zoneId: tableZoneId
  }
}

output tableEndpoint string = account.properties.primaryEndpoints.table
