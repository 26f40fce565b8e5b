#!/usr/bin/env bash
# Install what a target needs and is missing, on Debian 12, as root or with sudo: packages from apt, Python packages
# from the hash-locked lists into .venv. Starts no daemon and makes no database cluster. Run again, it does nothing.
#
#   deploy/bootstrap.sh run|lint|test|compile|bench
set -euo pipefail
export PATH="${PATH:-/usr/local/bin:/usr/bin:/bin}:/usr/sbin:/sbin"
cd "$(dirname "$0")/.."

server_packages=(python3 python3-venv postgresql redis-server rtpengine-daemon espeak-ng ffmpeg janus)
test_packages=(sip-tester baresip-core linphone-cli dnsmasq-base)
bench_packages=(sip-tester kamailio)
compile_packages=(gcc libc6-dev python3-dev)

say() { printf 'bootstrap: %s\n' "$*"; }
fail() {
    printf 'bootstrap: %s\n' "$*" >&2
    exit 1
}

# --- Debian packages -------------------------------------------------------------------------------------------------

missing_packages() {
    local package
    for package in "$@"; do
        [[ $(dpkg-query --show --showformat='${db:Status-Status}' "$package" 2>/dev/null) == installed ]] || echo "$package"
    done
}

need_packages() {
    command -v dpkg-query >/dev/null || fail "this is not Debian: install ${*} yourself, then run this again"
    local missing
    mapfile -t missing < <(missing_packages "$@")
    ((${#missing[@]})) || return 0
    if ((EUID == 0)); then
        install_packages "${missing[@]}"
    elif command -v sudo >/dev/null; then
        say "installing with sudo: ${missing[*]}"
        sudo bash deploy/bootstrap.sh --packages "${missing[@]}"
    else
        fail "missing: ${missing[*]}; run as root: apt-get install --no-install-recommends ${missing[*]}"
    fi
}

# As root. Services stay off: policy-rc.d forbids starting them, createcluster.d forbids the cluster Debian would make.
install_packages() {
    local began=$SECONDS
    scratch=$(mktemp -d)
    trap restore EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    policy=/usr/sbin/policy-rc.d
    cluster=/etc/postgresql-common/createcluster.d/hipper-bootstrap.conf
    if [[ -e $policy || -L $policy ]]; then mv "$policy" "$scratch/policy-rc.d"; fi
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    mkdir -p "${cluster%/*}"
    echo "create_main_cluster = false" >"$cluster"

    say "installing ${#} Debian packages (a minute or two): $*"
    apt_get update || complain_about_apt "update the list of Debian packages"
    apt_get install --no-install-recommends "$@" || complain_about_apt "install $*"
    say "Debian packages installed in $((SECONDS - began)) s"
    restore
    trap - EXIT INT TERM HUP
}

apt_get() {
    DEBIAN_FRONTEND=noninteractive apt-get --yes --quiet=2 -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=120 \
        -o Acquire::Retries=2 -o Dpkg::Options::=--force-confold "$@" >>"$scratch/log" 2>&1 </dev/null
}

complain_about_apt() {
    local reason
    reason=$(grep -E '^(E|Err|W):' "$scratch/log" | tail -1 || true)
    fail "cannot $1: ${reason:-$(tail -1 "$scratch/log")} (check the network and /etc/apt)"
}

restore() {
    rm -f "$policy" "$cluster"
    rmdir --ignore-fail-on-non-empty "${cluster%/*}" "$(dirname "${cluster%/*}")" 2>/dev/null || true
    if [[ -e $scratch/policy-rc.d || -L $scratch/policy-rc.d ]]; then mv "$scratch/policy-rc.d" "$policy"; fi
    rm -rf "$scratch"
}

# --- Python packages -------------------------------------------------------------------------------------------------

python() {
    local candidate
    for candidate in /usr/bin/python3 python3; do
        if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    fail "Python 3.11 or newer with venv is needed (Debian: apt-get install python3 python3-venv)"
}

# need_venv FOLDER LOCK [checkout]: the packages of LOCK and, if asked for, this checkout itself as `hipper`
need_venv() {
    local folder=$1 lock=$2 checkout=${3:-} stamp began=$SECONDS log
    stamp=$folder/.bootstrap-$(basename "$lock")
    local wanted
    wanted=$(cat "$lock" ${checkout:+pyproject.toml} | sha256sum)
    [[ -x $folder/bin/python && -f $stamp && $(<"$stamp") == "$wanted" ]] && return
    if ! "$folder/bin/python" -m pip --version >/dev/null 2>&1; then
        rm -rf "$folder"
        "$(python)" -m venv "$folder" || fail "cannot make $folder: see above"
    fi
    say "installing Python packages of $lock into $folder"
    log=$(mktemp)
    # shellcheck disable=SC2064
    trap "rm -f '$log'" EXIT
    pip install --require-hashes --requirement "$lock" >"$log" 2>&1 || complain_about_pip "$log" "$lock"
    if [[ $checkout ]]; then
        pip install --no-deps --no-build-isolation --editable . >"$log" 2>&1 || complain_about_pip "$log" "this checkout"
    fi
    echo "$wanted" >"$stamp"
    say "Python packages installed in $((SECONDS - began)) s"
}

pip() {
    "$folder/bin/python" -m pip --disable-pip-version-check --no-input --quiet --retries 2 --timeout 30 "$@"
}

complain_about_pip() {
    local reason
    reason=$(grep -E '^ *ERROR' "$1" | head -1 || true)
    grep -qE 'NewConnectionError|Temporary failure|No matching distribution|ConnectTimeout|SSLError' "$1" &&
        fail "cannot install $2: the Python package registry does not answer (check the network and pip's settings)"
    fail "cannot install $2: ${reason:-$(tail -1 "$1")}"
}

# Spoken announcements, once and after a text changed.
speak() {
    .venv/bin/python -m fmc_gateway.prompts.making || fail "cannot make the announcements: see above"
}

# The SIP stack and the engine ahead of time, for the sources as they are; without it they run as they are, at more CPU.
compile_stack() {
    local log
    log=$(mktemp)
    say "compiling the SIP stack and the engine, when they are not there yet (two or three minutes)"
    PYTHONPATH=. .venv/bin/python deploy/compile.py >"$log" 2>&1 || {
        tail -5 "$log" >&2
        rm -f "$log"
        say "cannot compile them (see above): the sources run as they are"
        return 1
    }
    rm -f "$log"
}

# ---------------------------------------------------------------------------------------------------------------------

case ${1:-} in
run)
    need_packages "${server_packages[@]}"
    need_venv .venv requirements.lock checkout
    speak
    ;;
lint)
    need_packages python3 python3-venv
    need_venv .venv requirements-dev.lock checkout
    ;;
test)
    need_packages "${server_packages[@]}" "${test_packages[@]}"
    need_venv .venv requirements-dev.lock checkout
    speak
    ;;
compile)
    need_packages python3 python3-venv "${compile_packages[@]}"
    need_venv .venv requirements-dev.lock checkout
    compile_stack || exit 1
    ;;
bench)
    need_packages "${server_packages[@]}" "${bench_packages[@]}" "${compile_packages[@]}"
    need_venv .venv requirements-dev.lock checkout
    speak
    compile_stack || true
    need_venv .venv-bench requirements-bench.lock
    ;;
--packages)
    ((EUID == 0)) || fail "only root installs Debian packages"
    install_packages "${@:2}"
    ;;
*) fail "usage: deploy/bootstrap.sh run|lint|test|compile|bench" ;;
esac
