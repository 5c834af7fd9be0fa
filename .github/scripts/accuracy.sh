#!/bin/sh
#
# Trains the models that are published, measures them on the pictures that
# training did not see, and writes the table of it.
#
#     .github/scripts/accuracy.sh [--data PATH] [--out DIR] [--summary FILE]
#
# Data is the Olivetti faces, or, where they are not to be had, drawn faces:
# the table says which.  --summary is appended to, as $GITHUB_STEP_SUMMARY is.

set -eu

DATA='' OUT=artifacts SUMMARY=/dev/null

while [ $# -gt 0 ]; do
    case $1 in
        --data) DATA=$2 ;;
        --out) OUT=$2 ;;
        --summary) SUMMARY=$2 ;;
        *) sed -n '5,9s/^#//p' "$0" >&2; exit 2 ;;
    esac
    shift 2
done

cd "$(dirname "$0")/../.."

facetree() { build/facetree "$@"; }

if [ -z "$DATA" ]; then
    DATA=data/olivettifaces.mat
    facetree fetch olivetti --out "$DATA" || DATA=synthetic
fi

NAME='faces of your own'
case $DATA in
    synthetic*) NAME='SYNTHETIC, drawn faces of nobody' ;;
    *olivetti*) NAME='Olivetti (AT&T Laboratories Cambridge)' ;;
esac

mkdir -p "$OUT"

# NAME MIN-ACCURACY OPTION...: a gate, and a row of the table.

row() {
    name=$1 gate=$2
    shift 2
    printf '==> %s\n' "$name" >&2
    facetree train --quiet --data "$DATA" --out "$OUT/$name.ftm" \
        --test-size 0.3 --split-seed 42 --random-state 42 "$@"
    facetree test --data "$DATA" --model "$OUT/$name.ftm" --json \
        --min-accuracy "$gate" > "$OUT/$name-test.json"
    facetree test --data "$DATA" --model "$OUT/$name.ftm" > "$OUT/$name.txt"
    awk -v name="$name" -v options="$*" \
        -v bytes="$(stat -c %s "$OUT/$name.ftm")" '
        /^accuracy / { accuracy = $0; sub(/^accuracy +/, "", accuracy) }
        END { printf "| %s | `%s` | %s | %d KB |\n", name, options,
                     accuracy, (bytes + 1023) / 1024 }' "$OUT/$name.txt"
}

{
    printf '### Accuracy on held-out pictures\n\n'
    printf 'Data: %s. Split 70/30, stratified, seed 42.\n\n' "$NAME"
    printf '| model | options | accuracy | size |\n|---|---|---|---|\n'
    row decision-tree 0.4 --max-depth 25 --min-samples-leaf 2
    row random-forest 0.8 --estimator random-forest --n-estimators 500
    row extra-trees 0.8 --estimator extra-trees --n-estimators 500
} > "$OUT/accuracy.md"

cat "$OUT/accuracy.md"
cat "$OUT/accuracy.md" >> "$SUMMARY"
