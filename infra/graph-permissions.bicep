// What the app's identity may do in Microsoft Graph. A step of its own, for a Privileged Role Administrator:
//
//   az deployment group create --resource-group <group> --template-file infra/graph-permissions.bicep \
//     --parameters principalId=<CARETAKER_IDENTITY_PRINCIPAL_ID> permissions=read
//
// Before the app is deployed: Azure keeps a token for up to 24 hours, and one that was asked for before the grant
// carries no permission until then, whatever is restarted. graph-permissions.sh does the same with the Azure CLI.
extension microsoftGraphV1

@minLength(36)
@maxLength(36)
@description('Object id of the identity, as "azd env get-value CARETAKER_IDENTITY_PRINCIPAL_ID" says it.')
param principalId string

@allowed(['read', 'write'])
@description('read: enough to observe. write: that, and to change Conditional Access policies, which is as strong as an administrator; for MODE=enforce alone. Going back to read takes nothing away: remove the assignments by hand.')
param permissions string

@description('true: "caretaker doctor" may see whether the tenant has the licence that Conditional Access takes. No run needs it.')
param licence bool = false

var sets = loadJsonContent('graph-permissions.json')
var granted = union(sets.read, permissions == 'write' ? sets.write : {}, licence ? sets.licence : {})

resource graph 'Microsoft.Graph/servicePrincipals@v1.0' existing = {
  appId: '00000003-0000-0000-c000-000000000000'
}

resource grants 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for permission in items(granted): {
    appRoleId: permission.value
    principalId: principalId
    resourceId: graph.id
  }
]
