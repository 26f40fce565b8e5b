#!/usr/bin/env bash
# Make the locks anew: versions with hashes, for every platform, without registry addresses. Needs `uv` on the PATH or
# in .venv. Further arguments go to uv (--upgrade, --upgrade-package NAME).
set -euo pipefail
cd "$(dirname "$0")/.."
uv=$(command -v uv || echo .venv/bin/uv)
compile() {
    local output=$1
    shift
    "$uv" pip compile --quiet --generate-hashes --no-header --no-annotate --universal --python-version 3.11 \
        --output-file "$output" "$@"
    ! grep -nE '^--|://' "$output" || { echo "$output names a registry" >&2; exit 1; }
}
compile requirements.lock pyproject.toml requirements-build.in "$@"
compile requirements-dev.lock --constraint requirements.lock --extra dev pyproject.toml requirements-build.in "$@"
echo sippy | compile requirements-bench.lock - "$@"
