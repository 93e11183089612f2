#!/usr/bin/env bash
# What the app's identity may do in Microsoft Graph, granted with the Azure CLI. For a Privileged Role Administrator;
# runs in Azure Cloud Shell. graph-permissions.bicep does the same.
#
#   bash infra/graph-permissions.sh read    <object id of the identity> enough to observe
#   bash infra/graph-permissions.sh write   <object id of the identity> that, and to change policies (MODE=enforce)
#   bash infra/graph-permissions.sh licence <object id of the identity> optional: "caretaker doctor" may see the licence
#   bash infra/graph-permissions.sh check   <object id of the identity> says what it has; changes nothing
#
# Running it again grants nothing twice, and it never takes anything away. Grant before the app is deployed: Azure keeps a
# token for up to 24 hours, and one that was asked for before the grant carries no permission until then, whatever is
# restarted.
set -euo pipefail

READ='
Policy.Read.All                     246dd0d5-5bd0-4def-940b-0421030a5b68
User.Read.All                       df021288-bdef-4463-88db-98f22de89214
GroupMember.Read.All                98830695-27a2-44f7-8c18-0c3ebc9698f6
RoleManagement.Read.Directory       483bed4a-2ad3-4361-a73b-c83ccdbdc53c
'
# As strong as an administrator: it can switch every policy of the tenant off.
WRITE='
Policy.ReadWrite.ConditionalAccess  01c0a623-fc9b-48e9-b794-0756f8e8f067
Application.Read.All                9a5d68dd-52b0-4cc2-bd40-abcf44ac3a30
'
LICENCE='
LicenseAssignment.Read.All          e2f98668-2877-4f38-a2f4-8202e0717aa1
'
MICROSOFT_GRAPH=00000003-0000-0000-c000-000000000000
TAB=$'\t'

fail() {
  echo "graph-permissions: $1" >&2
  exit "${2:-1}"
}

# The Azure CLI ends lines the way of the machine it runs on.
ask() { # words for az
  az "$@" | tr -d '\r' ||
    fail "the directory could not be looked at. It takes the Azure CLI, signed in to the tenant (az login)$otherwise"
}

get() { # path, query
  ask rest --method get --url "$graph/v1.0/$1" --query "$2" --output tsv
}

grant() { # id of the permission
  az rest --method post --url "$graph/v1.0/servicePrincipals/$principal/appRoleAssignments" \
    --headers Content-Type=application/json --output none \
    --body "{\"principalId\": \"$principal\", \"resourceId\": \"$resource\", \"appRoleId\": \"$1\"}"
}

[ $# -eq 2 ] || fail 'say read, write, licence or check, and the object id of the identity (azd env get-value CARETAKER_IDENTITY_PRINCIPAL_ID)' 2
action=$1
principal=$2
[[ $principal =~ ^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$ ]] || fail "\"$principal\" is no object id" 2
otherwise=
case $action in
  read) wanted=$READ ;;
  write) wanted=$READ$WRITE ;;
  licence) wanted=$LICENCE ;;
  check)
    if [ "${MODE:-observe}" = enforce ]; then wanted=$READ$WRITE; else wanted=$READ; fi
    otherwise='; or, where nobody may look into the directory from here: azd env set CARETAKER_SKIP_GRAPH_CHECK true'
    ;;
  *) fail "\"$action\" is neither read, write, licence nor check" 2 ;;
esac

graph=$(ask cloud show --query endpoints.microsoftGraphResourceId --output tsv)
graph=${graph%/}
kind=$(get "servicePrincipals/$principal?\$select=servicePrincipalType" servicePrincipalType)
[ "$kind" = ManagedIdentity ] || fail "$principal is no managed identity but a service principal of type \"$kind\"; nothing was granted"
resource=$(get "servicePrincipals(appId='$MICROSOFT_GRAPH')?\$select=id" id)
offered=$(get "servicePrincipals(appId='$MICROSOFT_GRAPH')?\$select=appRoles" 'appRoles[].[id,value]')
held=$(get "servicePrincipals/$principal/appRoleAssignments?\$top=999" 'value[].[resourceId,appRoleId]')

missing=0
while read -r name id; do
  [ -n "$name" ] || continue
  grep -qixF "$id$TAB$name" <<<"$offered" || fail "Microsoft Graph offers no permission $name with the id $id in this tenant"
  if grep -qixF "$resource$TAB$id" <<<"$held"; then
    echo "has      $name"
  elif [ "$action" = check ]; then
    missing=$((missing + 1))
    echo "lacks    $name"
  else
    grant "$id"
    echo "granted  $name"
  fi
done <<<"$wanted"

[ "$missing" -eq 0 ] || fail "$missing permissions are missing. Do not deploy the app yet: a token asked for too early carries none for up to 24 hours. A Privileged Role Administrator runs 'bash infra/graph-permissions.sh read $principal' (write in place of read for MODE=enforce), then: azd deploy"
