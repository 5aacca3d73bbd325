#!/usr/bin/env bash
# Installs what the tests need beside cargo (a Python venv with a local AWS endpoint), then runs every test.
#
#   PORTCULLIS_NO_SKIP=1   a test that would be skipped fails instead (CI sets it)
#   PORTCULLIS_CACHE=DIR   where the venv lies (default: the user's cache folder)
set -euo pipefail
cd "$(dirname "$0")/.."

cache=${PORTCULLIS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portcullis}
venv=$cache/venv
wanted=$(tr '\n' ' ' < tests/requirements.txt)

# The venv is built while cargo compiles; a stamp says for which requirements it was built.
install() {
    mkdir -p "$cache"
    exec 9> "$cache/venv.lock"
    flock 9
    if [ "$(cat "$venv/.portcullis-requirements" 2> /dev/null)" = "$wanted" ]; then
        return
    fi
    rm -rf "$venv"
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/requirements.txt
    printf '%s' "$wanted" > "$venv/.portcullis-requirements"
}
install > "${TMPDIR:-/tmp}/portcullis-venv.$$.log" 2>&1 &
installing=$!

cargo test --release --workspace --all-targets --no-run

if ! wait "$installing"; then
    cat "${TMPDIR:-/tmp}/portcullis-venv.$$.log" >&2
    echo "tests/run.sh: the Python packages of tests/requirements.txt could not be installed" >&2
    exit 1
fi
rm -f "${TMPDIR:-/tmp}/portcullis-venv.$$.log"

export PORTCULLIS_MOTO=$venv/bin
export PORTCULLIS_PYTHON=$venv/bin/python
cargo test --release --workspace --all-targets
