# shellcheck shell=bash
# Makes what the benchmarks of media compare with: sharp, an ffmpeg with VMAF, SSIMULACRA2. Sourced
# after setup.sh, once `setup` has run.
# shellcheck disable=SC2154 # root and python are what setup.sh gives

peers=$root/benchmarks/peers
measures=$root/.venv-peers

setup_peers() {
    if ! has_stamp "$measures" "$root/requirements-peers.txt"; then
        say "Installing the measures of quality ..."
        rm -rf "$measures"
        run_quietly "The measures of quality could not be installed." \
            "$python" -m pip install --disable-pip-version-check --require-hashes \
            --target "$measures" -r "$root/requirements-peers.txt"
        write_stamp "$measures" "$root/requirements-peers.txt"
    fi
    if ! has_stamp "$peers/node_modules" "$peers/package-lock.json"; then
        say "Installing sharp ..."
        run_quietly "sharp could not be installed." \
            npm ci --prefix "$peers" --ignore-scripts --no-audit --no-fund --no-update-notifier
        write_stamp "$peers/node_modules" "$peers/package-lock.json"
    fi
}
