#!/bin/sh
#
# What is shipped: runs every test_* beside it, one after the other.
#
#     tests/deploy/run.sh [-v] [--counts FILE] [NAME...]
#
# NAME is that of a test without "test_" and its ending: image, cluster.
#
# A test is a program that tells, line by line,
#
#     ok WHAT
#     FAILED WHAT: why
#     skipped WHAT: why
#
# and last "N passed, N failed, N skipped", which is what is counted here.
# Its exit code is 0 when nothing failed.  lib.sh helps those in shell.

set -u

VERBOSE='' COUNTS='' WANTED=''

while [ $# -gt 0 ]; do
    case $1 in
        -v) VERBOSE=yes ;;
        --counts) COUNTS=$2; shift ;;
        -*) sed -n '5,7s/^#//p' "$0" >&2; exit 2 ;;
        *) WANTED="$WANTED $1" ;;
    esac
    shift
done

cd "$(dirname "$0")/../.." || exit 2

LOGS=$PWD/build/tests/deploy
CHILD='' PASSED=0 FAILED=0 SKIPPED=0

WORK=$(mktemp -d) || exit 2

# shellcheck disable=SC2317
finish() {
    if [ -n "$CHILD" ]; then
        kill -TERM "$CHILD" 2> /dev/null
        wait "$CHILD"
    fi
    rm -rf "$WORK"
}

trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM


# One test: its lines are shown, as far as they matter, and counted.

run_test() {
    name=$1 log=$LOGS/$1.log

    env --default-signal=INT,QUIT "$2" > "$log" 2>&1 < /dev/null &
    CHILD=$!
    wait "$CHILD"
    code=$?
    CHILD=''

    last=$(tail -n 1 "$log")
    p=$(expr "$last" : '\([0-9]*\) passed, [0-9]* failed, [0-9]* skipped$')
    f=$(expr "$last" : '.* \([0-9]*\) failed')
    s=$(expr "$last" : '.* \([0-9]*\) skipped')

    if [ -z "$p" ] || { [ $code != 0 ] && [ "$f" = 0 ]; }; then
        printf 'FAILED %s: it ended with code %s\n' "$name" $code
        tail -n 40 "$log"
        p=${p:-0} f=$((${f:-0} + 1)) s=${s:-0}
    elif [ "$f" != 0 ]; then
        tail -n 60 "$log"
    elif [ -n "$VERBOSE" ]; then
        cat "$log"
    else
        grep '^  ' "$log"                        # figures
    fi

    sed -n "s/^skipped /$name: /p" "$log" >> "$WORK/skips"
    PASSED=$((PASSED + p)) FAILED=$((FAILED + f)) SKIPPED=$((SKIPPED + s))
}


mkdir -p "$LOGS" || exit 2
: > "$WORK/skips"

for file in tests/deploy/test_*; do
    [ -x "$file" ] || continue
    name=$(basename "$file")
    name=${name#test_} name=${name%.*}
    case " $WANTED " in
        '  '|*" $name "*) ;;
        *) continue ;;
    esac
    printf '  %s\n' "$name"
    run_test "$name" "$file"
done

if [ -n "$COUNTS" ]; then
    { echo "$PASSED $FAILED $SKIPPED"; cat "$WORK/skips"; } > "$COUNTS"
else
    sort "$WORK/skips"
    printf '%d passed, %d failed, %d skipped\n' $PASSED $FAILED $SKIPPED
fi

[ $FAILED = 0 ] && [ $((PASSED + SKIPPED)) -gt 0 ]
