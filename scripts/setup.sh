#!/usr/bin/env bash
# Everything `make run` and `make test` need on a bare machine: system packages, a virtual environment, the model.
# Safe to repeat: each step looks before it does. No step asks a question.
#   scripts/setup.sh run|test
set -euo pipefail
cd "$(dirname "$0")/.."

purpose=${1:-run}
python=${PYTHON:-python3}
packages=(ffmpeg libasound2 ca-certificates)
if [ "$purpose" = test ]; then packages+=(espeak-ng flite); fi

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 3; }

# What a package is for may be there without it: a program of one's own, another distribution's name.
there() {
    case $1 in
        ffmpeg) command -v ffmpeg && command -v ffprobe ;;
        libasound2) ldconfig -p | grep -F libasound.so.2 ;;
        ca-certificates) [ -e /etc/ssl/certs/ca-certificates.crt ] ;;
        *) command -v "$1" ;;
    esac >/dev/null 2>&1
}

# A few libraries got a new name in Debian 13 and Ubuntu 24.04.
known_as() { if apt-cache show "${1}t64" >/dev/null 2>&1; then echo "${1}t64"; else echo "$1"; fi; }

missing_packages() {
    local package
    for package in "${packages[@]}"; do
        there "$package" || echo "$package"
    done
    "$python" -c 'import ensurepip, venv' 2>/dev/null || echo python3-venv
}

install_packages() {
    local wanted=() names=() name sudo=()
    mapfile -t wanted < <(missing_packages)
    [ ${#wanted[@]} -gt 0 ] || return 0
    if [ "$(id -u)" != 0 ]; then
        for name in "${wanted[@]}"; do names+=("$(known_as "$name")"); done
        sudo -n true 2>/dev/null ||
            fail "these system packages are missing; install them and run again: sudo apt-get install ${names[*]}"
        sudo=(sudo -n)
    fi
    say "installing system packages: ${wanted[*]}"
    "${sudo[@]}" apt-get update -qq
    names=()
    for name in "${wanted[@]}"; do names+=("$(known_as "$name")"); done
    # Through env: sudo does not hand variables on.
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o DPkg::Lock::Timeout=300 "${names[@]}" </dev/null >/dev/null
}

without_apt() {
    there ffmpeg || fail "ffmpeg is missing: install it with your package manager (README, other systems)"
}

new_enough() { "$python" -c 'import sys; sys.exit(sys.version_info < (3, 10))'; }

virtual_environment() {
    local extras=local stamp=.venv/.installed-run
    if [ "$purpose" = test ]; then extras=local,dev stamp=.venv/.installed-test; fi
    # The stamp holds the folder: in an environment that was moved the programs do not start until installed again.
    if [ -e "$stamp" ] && [ "$(cat "$stamp")" = "$PWD" ] && [ ! pyproject.toml -nt "$stamp" ]; then return 0; fi
    if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
        say "making .venv"
        "$python" -m venv --clear .venv
    fi
    say "installing speech-pipeline[$extras] into .venv (a few minutes the first time)"
    .venv/bin/python -m pip install -q --disable-pip-version-check -e ".[$extras]"
    printf '%s\n' "$PWD" >"$stamp"
}

if command -v "$python" >/dev/null; then
    new_enough || fail "Python 3.10 or newer is needed; install it and set PYTHON to it"
fi
if command -v apt-get >/dev/null && command -v dpkg-query >/dev/null; then install_packages; else without_apt; fi
command -v "$python" >/dev/null && new_enough || fail "Python 3.10 or newer is needed; install it and set PYTHON to it"
virtual_environment
.venv/bin/speech-pipeline model path base >/dev/null 2>&1 || .venv/bin/speech-pipeline model fetch base
# Without it speakers are not told apart; everything else works.
.venv/bin/speech-pipeline model path voices >/dev/null 2>&1 || .venv/bin/speech-pipeline model fetch voices ||
    say "no model to tell speakers apart: speech-pipeline model fetch voices"
