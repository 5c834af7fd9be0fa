#!/bin/sh
#
# The page in a browser.  The last line is "N passed, N failed, N skipped";
# the exit code is 0 when nothing failed.  Needs what "make" has built.

set -u

usage() {
    cat <<END
usage: tests/browser/run.sh [--screenshots DIR | PATTERN]

  PATTERN            only tests whose name matches, and no linters
  --screenshots DIR  no tests: pictures of the main states, as PNG

Installs the npm packages that package-lock.json names into
tests/browser/node_modules.  Needs node 18 or later, npm and chromium
(CHROME_PATH; default /usr/bin/chromium); the tests are skipped when one of
them is absent.
END
}

case ${1:-} in -h|--help) usage; exit 0 ;; esac

cd "$(dirname "$0")/../.." || exit 2

HERE=tests/browser
BIN=$HERE/node_modules/.bin

skip() { printf 'skipped browser: %s\n0 passed, 0 failed, 1 skipped\n' "$*"; }

for program in node npm "${CHROME_PATH:-/usr/bin/chromium}"; do
    command -v "$program" > /dev/null || { skip "no $program"; exit 0; }
done

for built in facetree ngx_http_facetree_module.so; do
    if [ ! -e "${FACETREE_BUILD:-build}/$built" ]; then
        echo "run.sh: no ${FACETREE_BUILD:-build}/$built: run make" >&2
        exit 2
    fi
done

# npm writes a copy of the lock file when it is done.
installed=$HERE/node_modules/.package-lock.json
if [ ! -e "$installed" ] \
   || [ -n "$(find $HERE/package-lock.json -newer "$installed")" ]
then
    log=$(mktemp)
    if ! npm ci --prefix $HERE --ignore-scripts --no-audit --no-fund \
         > "$log" 2>&1
    then
        tail -n 5 "$log"
        rm -f "$log"
        skip 'npm cannot install the packages'
        exit 0
    fi
    rm -f "$log"
fi

if [ "${1:-}" = --screenshots ]; then
    exec node $HERE/screenshots.mjs "${2:?a folder}"
fi

[ $# -eq 0 ] || exec node $HERE/test.mjs "$1"

PASSED=0 FAILED=0

lint() {
    name=$1
    shift
    if report=$("$@" 2>&1); then
        printf 'ok      %s\n' "$name"
        PASSED=$((PASSED + 1))
    else
        printf '%s\nFAILED  %s\n' "$report" "$name"
        FAILED=$((FAILED + 1))
    fi
}

lint 'html-validate' $BIN/html-validate --config $HERE/.htmlvalidate.json \
    html/*.html
lint 'stylelint' $BIN/stylelint --config $HERE/stylelint.config.js \
    html/style.css
lint 'eslint' $BIN/eslint --max-warnings 0 -c $HERE/eslint.config.js html \
    $HERE/*.mjs $HERE/*.js

# The last line is ours to write: with the linters in it.

out=$(mktemp)
trap 'rm -f "$out"' EXIT
node $HERE/test.mjs | tee "$out" | grep --line-buffered -v '^[0-9]* passed, '
# shellcheck disable=SC2046
set -- $(sed -n '$s/[^0-9]\{1,\}/ /gp' "$out")

PASSED=$((PASSED + ${1:-0}))
FAILED=$((FAILED + ${2:-1}))
printf '%s passed, %s failed, %s skipped\n' "$PASSED" "$FAILED" "${3:-0}"
[ "$FAILED" -eq 0 ]
