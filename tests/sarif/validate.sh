#!/usr/bin/env bash
# Runs Microsoft's SARIF validator with GitHub's own rules; fails on a result of level error.
#
# usage: validate.sh CACHE-DIR FILE...
#
# The validator is installed from npm into CACHE-DIR once. It exits 0 on invalid files, so its own results are judged
# here, and it does not notice a wrong enum: run check.py as well.
set -euo pipefail

if [ $# -lt 2 ]; then
    echo "usage: validate.sh CACHE-DIR FILE..." >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cache=$(cd "$1" && pwd)
shift

version=5.7.0
tool=$cache/node_modules/@microsoft/sarif-multitool-linux/Sarif.Multitool
if [ ! -e "$tool" ]; then
    npm install --prefix "$cache" --no-audit --no-fund --silent "@microsoft/sarif-multitool@$version"
fi
# npm may skip the step after the installation that does this.
chmod u+x "$tool"

# Without a network where the system lets us; the validator needs none.
offline=()
if unshare -rn true 2> /dev/null; then
    offline=(unshare -rn)
fi

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
failed=0
for file in "$@"; do
    out=$results/out.sarif
    rm -f "$out"
    # GH1004 has limits that GitHub has raised since (1,000 results); ours are tested with the writer.
    if ! "${offline[@]}" "$tool" validate "$file" -c "$here/github.xml" --rule-kind 'Sarif;Ghas' \
        --level 'Error;Warning' -o "$out" --log ForceOverwrite > "$results/log" 2>&1 || [ ! -s "$out" ]; then
        echo "$file: the validator failed" >&2
        tail -n 20 "$results/log" >&2
        failed=1
        continue
    fi
    errors=$(jq '[.runs[].results[]? | select((.level // "warning") == "error" and .ruleId != "GH1004")]' "$out")
    if [ "$(jq length <<< "$errors")" -gt 0 ]; then
        jq -r --arg file "$file" 'group_by(.ruleId)[] | "\($file): \(.[0].ruleId) \(length) times: \(.[0].message.text // .[0].message.id) \(.[0].message.arguments // [] | join(" | "))"' <<< "$errors" >&2
        failed=1
    else
        echo "$file: no errors"
    fi
done
exit "$failed"
