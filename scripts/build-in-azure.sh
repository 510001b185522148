#!/usr/bin/env bash
# Builds the image inside Azure (ACR Tasks), where no container engine is needed here; prints its name.
set -euo pipefail

# shellcheck source=scripts/azure.sh
. "$(dirname "${BASH_SOURCE[0]}")/azure.sh"

usage() {
    cat <<EOF
Usage: scripts/build-in-azure.sh --resource-group NAME --registry NAME [...]

The registry must exist (scripts/setup-container-registry.sh). What goes up is what .dockerignore
lets through. The last line printed is the image's full name.

$(shared_parameters)
EOF
}

take() {
    take_shared "$@"
}

take_all "$@"
need resource_group registry

tag=${tag:-$(describe_tree)}
arguments=(--registry "$registry" --resource-group "$resource_group" --image "$image_name:$tag"
    --platform linux/amd64 --file "$project/Dockerfile")
[[ -z $functions_image ]] || arguments+=(--build-arg "FUNCTIONS_IMAGE=$functions_image")

server=$(ask "$registry.azurecr.io" acr show --name "$registry" --resource-group "$resource_group" --query loginServer)
say "Building $image_name:$tag in $registry"
# The build's log is worth reading: it holds the base's distribution and ffmpeg's version.
change acr build "${arguments[@]}" "$project" >&2
echo "$server/$image_name:$tag"
