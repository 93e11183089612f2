// What the Functions host needs for itself: locks, the timer's record, keys, the deployed package. Nothing of ours is
// in here, so that the identity may do here what it may not do to the desired state.
param name string
param location string
param tags object
param identityPrincipalId string
param isPrivate bool
param endpointsSubnetId string
param blobZoneId string
param tableZoneId string

var roles = loadJsonContent('roles.json')

resource account 'Microsoft.Storage/storageAccounts@2024-01-01' = {
  name: name
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: 'Standard_LRS' }
  properties: {
    allowSharedKeyAccess: false
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    defaultToOAuthAuthentication: true
    isLocalUserEnabled: false
    minimumTlsVersion: 'TLS1_2'
    supportsHttpsTrafficOnly: true
    publicNetworkAccess: isPrivate ? 'Disabled' : 'Enabled'
    networkAcls: {
      defaultAction: isPrivate ? 'Deny' : 'Allow'
      bypass: 'None'
    }
  }

  resource blobs 'blobServices' = {
    name: 'default'

    resource package 'containers' = {
      name: 'app-package'
      properties: { publicAccess: 'None' }
    }
  }
}

// Owner and not Contributor: the host takes leases on its blobs, and Microsoft names this role for it.
resource appOwnsBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identityPrincipalId, roles.storageBlobDataOwner)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

// The host keeps its diagnostic events in a table.
resource appWritesTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identityPrincipalId, roles.storageTableDataContributor)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId(
      'Microsoft.Authorization/roleDefinitions',
      roles.storageTableDataContributor
    )
    principalId: identityPrincipalId
    principalType: 'ServicePrincipal'
  }
}

module blobEndpoint 'private-endpoint.bicep' = if (isPrivate) {
  params: {
    name: 'pep-${name}-blob'
    location: location
    tags: tags
    storageId: account.id
    service: 'blob'
    subnetId: endpointsSubnetId
    zoneId: blobZoneId
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

output name string = account.name
output packageContainer string = account::blobs::package.name
