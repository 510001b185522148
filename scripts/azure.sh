# shellcheck shell=bash
# Read by the three deployment scripts: the parameters they share, and how they speak to Azure.
#
# A parameter is a flag or an environment variable; the flag wins. With --dry-run nothing is asked of
# Azure and nothing changed: the commands are printed, with <words> where an answer would stand.

# shellcheck disable=SC2034 # the scripts that read this file use them
project=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
readonly project

dry_run=no
resource_group=${RESOURCE_GROUP:-}
location=${LOCATION:-germanywestcentral}
registry=${REGISTRY:-}
image_name=${IMAGE_NAME:-mediaprocessor}
functions_image=${FUNCTIONS_IMAGE:-}
tag=${TAG:-}

shared_parameters() {
    cat <<EOF
  --resource-group NAME   RESOURCE_GROUP   required; made if there is none
  --registry NAME         REGISTRY         required; the container registry, 5 to 50 letters and digits
  --location REGION       LOCATION         default: $location
  --image-name NAME       IMAGE_NAME       default: $image_name
  --tag TAG               TAG              default: what git describe says
  --functions-image IMAGE FUNCTIONS_IMAGE  base image, when not the Dockerfile's own
  --dry-run                                print the commands, run none
  --help
EOF
}

fail() {
    echo "${0##*/}: $*" >&2
    exit 1
}

say() {
    echo "== $*" >&2
}

# Takes one flag of the shared parameters with its value; says no if it is none of them.
take_shared() {
    case $1 in
        --resource-group) resource_group=$2 ;;
        --registry) registry=$2 ;;
        --location) location=$2 ;;
        --image-name) image_name=$2 ;;
        --functions-image) functions_image=$2 ;;
        --tag) tag=$2 ;;
        *) return 1 ;;
    esac
}

# Hands every flag with its value to `take`, which the script defines.
take_all() {
    while (($#)); do
        case $1 in
            --dry-run) dry_run=yes && shift ;;
            --help | -h) usage && exit 0 ;;
            --*)
                (($# > 1)) || fail "$1 needs a value (see --help)"
                take "$1" "$2" || fail "no such parameter: $1 (see --help)"
                shift 2
                ;;
            *) fail "not understood: $1 (see --help)" ;;
        esac
    done
    [[ $dry_run == yes ]] || command -v az >/dev/null || fail "the Azure CLI (az) is not on the PATH"
}

# need VARIABLE...: refuses to go on without the parameters that these variables hold.
need() {
    local name missing=()
    for name in "$@"; do
        [[ -n ${!name} ]] || missing+=("--${name//_/-}")
    done
    ((${#missing[@]} == 0)) || fail "missing: ${missing[*]} (see --help)"
}

# Changes something in Azure; with --dry-run prints how.
change() {
    if [[ $dry_run == yes ]]; then
        printf 'az' >&2
        printf ' %q' "$@" >&2
        printf '\n' >&2
    else
        az "$@" --only-show-errors --output none
    fi
}

# ask PLACEHOLDER ARGUMENT...: prints Azure's answer as text; with --dry-run the placeholder.
ask() {
    if [[ $dry_run == yes ]]; then
        echo "$1"
    else
        az "${@:2}" --only-show-errors --output tsv
    fi
}

# Registers a resource provider that is not yet: that takes a right on the subscription, which who has
# only a resource group lacks.
register_provider() {
    [[ $(ask NotRegistered provider show --namespace "$1" --query registrationState) != Registered ]] ||
        return 0
    change provider register --namespace "$1" --wait || {
        say "An administrator of the subscription must run: az provider register --namespace $1"
        return 1
    }
}

# The tag of what is in the working tree. An uncommitted change gets a tag of its own, because Azure
# takes an image of a known name for the one it already has.
describe_tree() {
    local described
    described=$(git -C "$project" describe --tags --always --dirty 2>/dev/null) || described=untracked
    case $described in
        *-dirty | untracked) echo "$described-$(date -u +%Y%m%dT%H%M%SZ)" ;;
        *) echo "$described" ;;
    esac
}
