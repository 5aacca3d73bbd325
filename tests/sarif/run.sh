#!/usr/bin/env bash
# Checks our SARIF files: those of the tests' samples, and those of the embedded account as the program writes them.
#
# Needs a Python with jsonschema in PORTCULLIS_PYTHON (tests/run.sh makes one), and npm, jq.
set -euo pipefail
cd "$(dirname "$0")/../.."

cache=${PORTCULLIS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/portcullis}
export PORTCULLIS_PYTHON=${PORTCULLIS_PYTHON:-$cache/venv/bin/python}

files=$(mktemp -d)
trap 'rm -rf "$files"' EXIT

# The same command as in tests/run.sh, so that nothing is built again.
PORTCULLIS_SARIF_SAMPLES=$files cargo test --quiet --release --workspace --all-targets -- the_files_fit_the_schema > /dev/null

for form in sound drifted; do
    code=0
    "${CARGO_TARGET_DIR:-target}/release/portcullis" audit --demo "$form" --format "sarif=$files/demo-$form.sarif" \
        --format "sarif-full=$files/demo-$form.full.sarif" > /dev/null || code=$?
    # Findings and incompleteness are results, not failures.
    case $code in
        0 | 1 | 4 | 5) ;;
        *) echo "tests/sarif/run.sh: audit --demo $form ended with $code" >&2 && exit 1 ;;
    esac
done

"$PORTCULLIS_PYTHON" tests/sarif/check.py "$files"/*.sarif
tests/sarif/validate.sh "$cache/sarif-multitool" "$files"/*.sarif
