#!/usr/bin/env bash
# From an empty resource group to a running app on Azure Container Apps; run again, it upgrades it.
set -euo pipefail

# shellcheck source=scripts/azure.sh
. "$(dirname "${BASH_SOURCE[0]}")/azure.sh"

app=${APP:-mediaprocessor}
storage_account=${STORAGE_ACCOUNT:-}
environment=${ENVIRONMENT:-}
build=${BUILD:-azure}
image=${IMAGE:-}
trigger_source=${BLOB_TRIGGER_SOURCE:-EventGrid}
client_origins=(${CLIENT_ORIGIN:+"$CLIENT_ORIGIN"})
key_vault=${KEY_VAULT:-}
min_replicas=${MIN_REPLICAS:-1}
max_replicas=${MAX_REPLICAS:-10}
cpu=${CPU:-2.0}
memory=${MEMORY:-4.0Gi}
max_upload_megabytes=${MAX_UPLOAD_MEGABYTES:-1024}
settings=()

readonly port=8080 upload_container=uploads key_secret=api-key
# Container Apps may wait this long before it stops a replica the hard way; one encoding may take
# MAX_PROCESSING_TIME, 300 seconds unless set otherwise.
readonly grace_period_s=330

usage() {
    cat <<EOF
Usage: scripts/build-and-deploy.sh --resource-group NAME --registry NAME --storage-account NAME [...]

Makes what is missing, corrects settings that differ, and deploys the image of the working tree. Needs an
Azure login (az login) that may create resources and assign roles in the resource group.

$(shared_parameters)
  --storage-account NAME  STORAGE_ACCOUNT  required; 3 to 24 lower-case letters and digits
  --app NAME              APP              default: $app (at most 32 characters)
  --environment NAME      ENVIRONMENT      default: the app's name with -environment
  --build WHERE           BUILD            azure, local (docker) or none; default: $build
  --image IMAGE           IMAGE            what to deploy with --build none
  --trigger-source WHAT   BLOB_TRIGGER_SOURCE  EventGrid or LogsAndContainerScan; default: $trigger_source
  --client-origin URL     CLIENT_ORIGIN    a web page's origin that may reach the blobs (again for more)
  --key-vault NAME        KEY_VAULT        keep the API key there, not in the app; the vault must exist
  --min-replicas N        MIN_REPLICAS     default: $min_replicas; 0 lets an idle app, and its sweep, sleep
  --max-replicas N        MAX_REPLICAS     default: $max_replicas
  --cpu N, --memory N     CPU, MEMORY      default: $cpu and $memory
  --max-upload-megabytes N  MAX_UPLOAD_MEGABYTES  default: $max_upload_megabytes (the guide says why)
  --set NAME=VALUE                         any other setting of the app (again for more)
EOF
}

take() {
    case $1 in
        --storage-account) storage_account=$2 ;;
        --app) app=$2 ;;
        --environment) environment=$2 ;;
        --build) build=$2 ;;
        --image) image=$2 ;;
        --trigger-source) trigger_source=$2 ;;
        --client-origin) client_origins+=("$2") ;;
        --key-vault) key_vault=$2 ;;
        --min-replicas) min_replicas=$2 ;;
        --max-replicas) max_replicas=$2 ;;
        --cpu) cpu=$2 ;;
        --memory) memory=$2 ;;
        --max-upload-megabytes) max_upload_megabytes=$2 ;;
        --set) settings+=("$2") ;;
        *) take_shared "$@" ;;
    esac
}

check_parameters() {
    need resource_group registry storage_account
    [[ $app =~ ^[a-z][a-z0-9-]{0,30}[a-z0-9]$ && $app != *--* ]] \
        || fail "--app $app: 2 to 32 lower-case letters, digits and single dashes, a letter first"
    [[ $build =~ ^(azure|local|none)$ ]] || fail "--build $build: azure, local or none"
    [[ $build != none || -n $image ]] || fail "--build none needs --image"
    [[ $trigger_source =~ ^(EventGrid|LogsAndContainerScan)$ ]] \
        || fail "--trigger-source $trigger_source: EventGrid or LogsAndContainerScan"
    [[ $trigger_source == EventGrid || $min_replicas != 0 ]] \
        || fail "polling finds uploads only while a replica runs: --min-replicas 1, or --trigger-source EventGrid"
    environment=${environment:-$app-environment}
}

build_image() {
    local shared=(--resource-group "$resource_group" --registry "$registry" --location "$location" --image-name "$image_name")
    [[ $dry_run == no ]] || shared+=(--dry-run)
    "$project/scripts/setup-container-registry.sh" "${shared[@]}"
    server=$(ask "$registry.azurecr.io" acr show --name "$registry" --resource-group "$resource_group" --query loginServer)
    tag=${tag:-$(describe_tree)}
    shared+=(--tag "$tag")
    [[ -z $functions_image ]] || shared+=(--functions-image "$functions_image")
    case $build in
        azure) image=$("$project/scripts/build-in-azure.sh" "${shared[@]}" | tail -n 1) ;;
        local) build_locally ;;
    esac
}

build_locally() {
    image=$server/$image_name:$tag
    local arguments=(--platform linux/amd64 --tag "$image")
    [[ -z $functions_image ]] || arguments+=(--build-arg "FUNCTIONS_IMAGE=$functions_image")
    if [[ $dry_run == yes ]]; then
        echo "docker build ${arguments[*]} $project && docker push $image" >&2
        return
    fi
    command -v docker >/dev/null || fail "--build local needs docker; --build azure does not"
    docker build "${arguments[@]}" "$project" >&2
    change acr login --name "$registry"
    docker push "$image" >&2
}

prepare_subscription() {
    local namespace
    say "Registering the resource providers that are used"
    for namespace in Microsoft.App Microsoft.OperationalInsights Microsoft.Storage Microsoft.EventGrid; do
        register_provider "$namespace"
    done
    # Functions on Container Apps are in the extension, not in the CLI itself.
    change extension add --name containerapp --upgrade
}

make_storage() {
    say "Storage account $storage_account: no public access, TLS 1.2, no account keys"
    change storage account create --name "$storage_account" --resource-group "$resource_group" \
        --location "$location" --sku Standard_LRS --kind StorageV2 --https-only true \
        --min-tls-version TLS1_2 --allow-blob-public-access false --allow-shared-key-access false
    storage_id=$(ask "<id of $storage_account>" storage account show --name "$storage_account" \
        --resource-group "$resource_group" --query id)
    # Through Azure Resource Manager, so that whoever deploys needs no right to the data itself.
    local container
    for container in "$upload_container" processed; do
        change storage container-rm create --storage-account "$storage_account" \
            --resource-group "$resource_group" --name "$container" --public-access off
    done
    local queue
    for queue in media-processing-queue media-processing-queue-high \
        media-delivery-queue media-transfer-queue; do
        make_resource "queueServices/default/queues/$queue"
        make_resource "queueServices/default/queues/$queue-poison"
    done
    local table
    for table in processingjobs jobhistory jobalarms mediaids outbox; do
        make_resource "tableServices/default/tables/$table"
    done
    if ((${#client_origins[@]} == 0)); then
        say "No --client-origin: web pages can neither upload by a link nor fetch results themselves"
    else
        let_pages_reach_blobs
    fi
}

make_resource() {
    change rest --method put --url "$storage_id/$1?api-version=2023-05-01" --body '{}'
}

# Pages upload with PUT and fetch the result; without these rules a browser refuses both.
let_pages_reach_blobs() {
    local origins
    origins=$(printf '"%s",' "${client_origins[@]}")
    say "Letting pages of ${client_origins[*]} reach the blobs"
    change rest --method put --url "$storage_id/blobServices/default?api-version=2023-05-01" --body '{
        "properties": {"cors": {"corsRules": [{
            "allowedOrigins": ['"${origins%,}"'],
            "allowedMethods": ["GET", "HEAD", "PUT", "OPTIONS"],
            "allowedHeaders": ["content-type", "content-length", "range", "if-match", "if-none-match", "x-ms-*"],
            "exposedHeaders": ["content-length", "content-type", "content-range", "content-disposition", "etag", "x-ms-*"],
            "maxAgeInSeconds": 3600}]}}}'
}

make_environment() {
    local found
    found=$(ask '' containerapp env list --resource-group "$resource_group" --query "[?name=='$environment'].id")
    [[ -z $found ]] || return 0
    say "Container Apps environment $environment"
    change containerapp env create --name "$environment" --resource-group "$resource_group" --location "$location"
}

# The settings that this deployment decides; the rest keep the app's own defaults.
app_settings() {
    printf '%s\n' \
        FUNCTIONS_WORKER_RUNTIME=python \
        AzureWebJobsStorage__accountName="$storage_account" \
        AzureWebJobsSecretStorageType=blob \
        AzureFunctionsWebHost__hostid="$app" \
        ASPNETCORE_URLS="http://+:$port" \
        API_KEY="secretref:$key_secret" \
        BLOB_ACCOUNT_NAME="$storage_account" \
        BLOB_TRIGGER_SOURCE="$trigger_source" \
        MAX_UPLOAD_MEGABYTES="$max_upload_megabytes" \
        FUNCTIONS_REQUEST_BODY_SIZE_LIMIT=576716800 \
        "${settings[@]}"
}

deploy_app() {
    local variables found key
    mapfile -t variables < <(app_settings)
    found=$(ask '' containerapp list --resource-group "$resource_group" --query "[?name=='$app'].id")
    if [[ -z $found ]]; then
        say "Container app $app with $image"
        key=$(new_key)
        change containerapp create --name "$app" --resource-group "$resource_group" --environment "$environment" \
            --kind functionapp --image "$image" --registry-server "$server" --registry-identity system \
            --system-assigned --ingress external --target-port "$port" --cpu "$cpu" --memory "$memory" \
            --min-replicas "$min_replicas" --max-replicas "$max_replicas" \
            --termination-grace-period "$grace_period_s" \
            --secrets "$key_secret=$key" --env-vars "${variables[@]}"
    else
        say "Container app $app to $image"
        change containerapp update --name "$app" --resource-group "$resource_group" --image "$image" \
            --cpu "$cpu" --memory "$memory" --min-replicas "$min_replicas" --max-replicas "$max_replicas" \
            --termination-grace-period "$grace_period_s" --set-env-vars "${variables[@]}"
    fi
}

new_key() {
    if [[ $dry_run == yes ]]; then echo '<a new key>'; else openssl rand -hex 32; fi
}

give_roles() {
    local principal role
    principal=$(show_app "<principal of $app>" identity.principalId)
    say "Giving the app its roles on $storage_account"
    for role in "Storage Blob Data Owner" "Storage Queue Data Contributor" "Storage Table Data Contributor"; do
        change role assignment create --role "$role" --scope "$storage_id" \
            --assignee-object-id "$principal" --assignee-principal-type ServicePrincipal
    done
    [[ -z $key_vault ]] || keep_key_in_vault "$principal"
}

# The key is made once, in the vault; the app refers to it there.
keep_key_in_vault() {
    local vault_id uri found file
    vault_id=$(ask "<id of $key_vault>" keyvault show --name "$key_vault" --query id)
    uri=$(ask "<address of $key_vault>/" keyvault show --name "$key_vault" --query properties.vaultUri)
    change role assignment create --role "Key Vault Secrets User" --scope "$vault_id" \
        --assignee-object-id "$1" --assignee-principal-type ServicePrincipal
    found=$(ask '' keyvault secret list --vault-name "$key_vault" --query "[?name=='$key_secret'].id")
    if [[ -z $found ]]; then
        # By a file, because arguments can be read by every user of this machine.
        file=$(umask 077 && mktemp)
        new_key | tr -d '\n' >"$file"
        change keyvault secret set --vault-name "$key_vault" --name "$key_secret" --file "$file" || { rm -f "$file" && exit 1; }
        rm -f "$file"
    fi
    change containerapp secret set --name "$app" --resource-group "$resource_group" \
        --secrets "$key_secret=keyvaultref:${uri}secrets/$key_secret,identityref:system"
}

show_app() {
    ask "$1" containerapp show --name "$app" --resource-group "$resource_group" --query "$2"
}

# The first revision started without its roles, and the platform writes its scale rules at a start.
restart_app() {
    local revision
    revision=$(show_app '<latest revision>' properties.latestRevisionName)
    change containerapp revision restart --name "$app" --resource-group "$resource_group" --revision "$revision"
}

wait_for_health() {
    local tries=60
    say "Waiting for https://$host/api/health"
    [[ $dry_run == no ]] || return 0
    until curl --silent --fail --output /dev/null --max-time 10 "https://$host/api/health"; do
        ((--tries)) || fail "not healthy after 10 minutes: az containerapp logs show --name $app --resource-group $resource_group"
        sleep "${RETRY_SECONDS:-10}"
    done
}

# The host makes this key itself when it first listens for blob events; it answers only while it runs.
blob_key() {
    local key tries=30
    until
        key=$(ask '<key of blobs_extension>' containerapp function keys list --name "$app" \
            --resource-group "$resource_group" --key-type systemKey \
            --query "[value.keys, keys][] | [?name=='blobs_extension'].value | [0]") && [[ -n $key ]]
    do
        ((--tries)) || fail "the host has no key for blob events: is BLOB_TRIGGER_SOURCE=EventGrid, and the app healthy?"
        sleep "${RETRY_SECONDS:-10}"
    done
    echo "$key"
}

subscribe_to_uploads() {
    local key
    key=$(blob_key)
    say "Event Grid: new blobs of $upload_container wake the app"
    change eventgrid event-subscription create --name "$app-uploads" --source-resource-id "$storage_id" \
        --endpoint-type webhook \
        --endpoint "https://$host/runtime/webhooks/blobs?functionName=Host.Functions.on_upload&code=$key" \
        --included-event-types Microsoft.Storage.BlobCreated \
        --subject-begins-with "/blobServices/default/containers/$upload_container/"
}

take_all "$@"
check_parameters
build_image
prepare_subscription
make_storage
make_environment
deploy_app
give_roles
restart_app
host=$(show_app "<host of $app>" properties.configuration.ingress.fqdn)
wait_for_health
[[ $trigger_source != EventGrid ]] || subscribe_to_uploads

read_key="containerapp secret show --name $app --resource-group $resource_group --secret-name $key_secret"
[[ -z $key_vault ]] || read_key="keyvault secret show --vault-name $key_vault --name $key_secret"
say "Deployed $image; its API key: az $read_key --query value --output tsv"
echo "https://$host"
