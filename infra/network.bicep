// A network of its own: one subnet that the app sends from, one in which the storage accounts can be reached.
param name string
param location string
param tags object

resource network 'Microsoft.Network/virtualNetworks@2024-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/24'] }
    // Here and not as resources of their own: a network that is deployed again without them may lose them.
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/26'
          delegations: [
            {
              name: 'flexConsumption'
              properties: { serviceName: 'Microsoft.App/environments' }
            }
          ]
        }
      }
      {
        name: 'endpoints'
        properties: {
          addressPrefix: '10.0.0.64/26'
          privateEndpointNetworkPolicies: 'Disabled'
        }
      }
    ]
  }

  resource app 'subnets' existing = {
    name: 'app'
  }

  resource endpoints 'subnets' existing = {
    name: 'endpoints'
  }
}

module blobZone 'private-zone.bicep' = {
  params: {
    name: 'privatelink.blob.${environment().suffixes.storage}'
    networkId: network.id
    tags: tags
  }
}

module tableZone 'private-zone.bicep' = {
  params: {
    name: 'privatelink.table.${environment().suffixes.storage}'
    networkId: network.id
    tags: tags
  }
}

output appSubnetId string = network::app.id
output endpointsSubnetId string = network::endpoints.id
output blobZoneId string = blobZone.outputs.id
output tableZoneId string = tableZone.outputs.id
