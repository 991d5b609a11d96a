#!/usr/bin/env bash
# Everything `make run` and `make test` need on a bare machine: system packages, a virtual environment, the model.
# Safe to repeat: each step looks before it does. No step asks a question.
#   scripts/setup.sh run|test
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
python=${PYTHON:-python3}
packages=(ffmpeg libasound2 ca-certificates)
[ "$purpose" = test ] && packages+=(espeak-ng flite)

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 3; }

installed() { [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) == *'ok installed' ]]; }

missing_packages() {
    for package in "${packages[@]}"; do
        # libasound2 is libasound2t64 since Debian 13 and Ubuntu 24.04.
        installed "$package" || installed "${package}t64" || echo "$package"
    done
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

available() { apt-cache show "$1" >/dev/null 2>&1 && echo "$1" || echo "${1}t64"; }

install_packages() {
    local wanted
    wanted=$(missing_packages)
    [ -n "$wanted" ] || return 0
    local sudo=()
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null || fail "these system packages are missing; install them and run again: sudo apt-get install $(echo $wanted)"
        sudo=(sudo -n)
    fi
    say "installing system packages:" $wanted
    "${sudo[@]}" apt-get update -qq
    local names=() name
    for name in $wanted; do names+=("$(available "$name")"); done
    DEBIAN_FRONTEND=noninteractive "${sudo[@]}" apt-get install -y -qq --no-install-recommends "${names[@]}" >/dev/null
}

without_apt() {
    command -v ffmpeg >/dev/null || fail "ffmpeg is missing: install it with your package manager (README, other systems)"
}

virtual_environment() {
    local extras=local stamp=.venv/.installed-run
    [ "$purpose" = test ] && { extras=local,dev; stamp=.venv/.installed-test; }
    [ -x .venv/bin/python ] || { say "making .venv"; "$python" -m venv .venv; }
    if [ ! -e "$stamp" ] || [ pyproject.toml -nt "$stamp" ]; then
        say "installing speech-pipeline[$extras] into .venv (a few minutes the first time)"
        .venv/bin/python -m pip install -q --disable-pip-version-check -e ".[$extras]"
        touch "$stamp"
    fi
}

if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then install_packages; else without_apt; fi
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))' || fail "Python 3.10 or newer is needed; set PYTHON to it"
virtual_environment
.venv/bin/speech-pipeline model path base >/dev/null 2>&1 || .venv/bin/speech-pipeline model fetch base
