#!/usr/bin/env bash
# Makes the resource group and the container registry, without a shared password.
set -euo pipefail

# shellcheck source=scripts/azure.sh
. "$(dirname "${BASH_SOURCE[0]}")/azure.sh"

sku=${REGISTRY_SKU:-Basic}
pull_principal=${PULL_PRINCIPAL:-}

usage() {
    cat <<EOF
Usage: scripts/setup-container-registry.sh --resource-group NAME --registry NAME [...]

Safe to run again: what exists is kept, and put right where it differs.

$(shared_parameters)
  --sku SKU               REGISTRY_SKU     Basic, Standard or Premium; default: $sku
  --pull-principal ID     PULL_PRINCIPAL   object id of an identity that may pull images (role AcrPull)
EOF
}

take() {
    case $1 in
        --sku) sku=$2 ;;
        --pull-principal) pull_principal=$2 ;;
        *) take_shared "$@" ;;
    esac
}

take_all "$@"
need resource_group registry

exists=$(ask false group exists --name "$resource_group")
if [[ $exists != true ]]; then
    say "Making the resource group $resource_group in $location"
    change group create --name "$resource_group" --location "$location"
fi

register_provider Microsoft.ContainerRegistry

found=$(ask '' acr list --resource-group "$resource_group" --query "[?name=='$registry'].id")
if [[ -z $found ]]; then
    say "Making the registry $registry"
    change acr create --name "$registry" --resource-group "$resource_group" --location "$location" \
        --sku "$sku" --admin-enabled false
else
    say "The registry $registry exists: its password stays off"
    change acr update --name "$registry" --resource-group "$resource_group" --admin-enabled false
fi

if [[ -n $pull_principal ]]; then
    say "Letting $pull_principal pull from it"
    id=$(ask "<id of $registry>" acr show --name "$registry" --resource-group "$resource_group" --query id)
    change role assignment create --role AcrPull --scope "$id" \
        --assignee-object-id "$pull_principal" --assignee-principal-type ServicePrincipal
fi
