// The app registration behind App Service Authentication, with the two roles the app asks for. A step of its own, for
// somebody who may register applications:
//
//   az deployment group create --resource-group <group> --template-file infra/app-registration.bicep \
//     --parameters name=caretaker operatorsGroupId=<group id>
//   azd env set AUTH_CLIENT_ID <clientId, as the deployment's output says it>
extension microsoftGraphV1

@minLength(1)
@maxLength(64)
@description('Name of the registration, once in the tenant.')
param name string

@description('Object id of the group that may run, approve and freeze. Empty: roles are given by hand.')
param operatorsGroupId string = ''

@description('Object id of the group that may look. Empty: roles are given by hand.')
param readersGroupId string = ''

var roleIds = {
  'Caretaker.Operator': guid(tenant().tenantId, name, 'Caretaker.Operator')
  'Caretaker.Reader': guid(tenant().tenantId, name, 'Caretaker.Reader')
}

var commandLineScopeId = guid(tenant().tenantId, name, 'user_impersonation')

resource registration 'Microsoft.Graph/applications@v1.0' = {
  uniqueName: name
  displayName: name
  signInAudience: 'AzureADMyOrg'
  identifierUris: ['api://${tenant().tenantId}/${name}']
  api: {
    requestedAccessTokenVersion: 2
    oauth2PermissionScopes: [
      {
        id: commandLineScopeId
        value: 'user_impersonation'
        type: 'User'
        adminConsentDisplayName: 'Ask Caretaker as yourself'
        adminConsentDescription: 'Lets a tool ask Caretaker in the name of the person who is signed in to it.'
        isEnabled: true
      }
    ]
    // The Azure CLI: its sign-in is the one that the command line goes by.
    preAuthorizedApplications: [
      {
        appId: '04b07795-8ddb-461a-bbee-02f9e1bf7b46'
        delegatedPermissionIds: [commandLineScopeId]
      }
    ]
  }
  appRoles: [
    {
      id: roleIds['Caretaker.Operator']
      value: 'Caretaker.Operator'
      displayName: 'Operator'
      description: 'Starts runs, approves held changes, freezes the tenant.'
      allowedMemberTypes: ['User', 'Application']
      isEnabled: true
    }
    {
      id: roleIds['Caretaker.Reader']
      value: 'Caretaker.Reader'
      displayName: 'Reader'
      description: 'Reads the status and the reports of runs.'
      allowedMemberTypes: ['User', 'Application']
      isEnabled: true
    }
  ]
}

// Nobody gets a token for it without one of the roles.
resource principal 'Microsoft.Graph/servicePrincipals@v1.0' = {
  appId: registration.appId
  appRoleAssignmentRequired: true
}

// An operator reads as well.
resource operators 'Microsoft.Graph/appRoleAssignedTo@v1.0' = [
  for role in items(roleIds): if (!empty(operatorsGroupId)) {
    appRoleId: role.value
    principalId: operatorsGroupId
    resourceId: principal.id
  }
]

resource readers 'Microsoft.Graph/appRoleAssignedTo@v1.0' = if (!empty(readersGroupId)) {
  appRoleId: roleIds['Caretaker.Reader']
  principalId: readersGroupId
  resourceId: principal.id
}

output clientId string = registration.appId
