#!/bin/sh
#
# Installs what the tests need, builds, and runs all of them.  The last line
# is "N passed, N failed, N skipped"; the exit code is 0 when nothing failed.

set -u

GROUPS_ALL='style lint unit asan stand-ins compare fuzz memcheck trainer'
GROUPS_ALL="$GROUPS_ALL integration nginx-asan nginx-newest no-threads reload"
GROUPS_ALL="$GROUPS_ALL builds endure browser deploy"

usage() {
    cat <<END
usage: tests/run.sh [-v] [--no-install | --install-only | --list] [GROUP...]

  style        guard rails: layout, symbols, lists, commit subjects
  lint         clang-tidy, cppcheck, shellcheck, yamllint, and others
  unit         unit tests of core and trainer
  asan         the same under AddressSanitizer and UBSan
  stand-ins    a build without libjpeg, libpng and libwebp: unit tests, nginx
  compare      random problems against the installed scikit-learn and Pillow
  fuzz         the fuzzers' seeds and past crashers, under the sanitizers
  memcheck     every decoder under valgrind
  trainer      the program facetree from its command line
  integration  the module inside the installed nginx
  nginx-asan   the same in Debian's nginx, built with ASan, UBSan and a
               malloc() for each allocation; pictures decoded in threads
  nginx-newest the same in the newest nginx that apt can reach
  no-threads   the same in an nginx without threads
  reload       the same with a reload before every test
  builds       gcc and clang with nginx's own flags, for nginx 1.18, the
               installed one and the newest: loads, answers, reloads
  endure       nginx under faults: kills, full disks, no memory, reloads
  browser      the page in Chromium, and its linters
  deploy       the image, three replicas of it, manifests, a fresh machine

  -v           name every test
  --no-install leave the packages of this machine alone
  --install-only
               run nothing
  --list       name the groups, do nothing

Needs root or sudo only to install packages that are missing.  Tests that
want ../shared (or FACETREE_SHARED) are skipped without it.
END
}

say() { printf '==> %s\n' "$*"; }
die() { printf 'tests/run.sh: %s\n' "$*" >&2; exit 2; }

VERBOSE='' INSTALL=yes WANTED=''

while [ $# -gt 0 ]; do
    case $1 in
        -v) VERBOSE=-v ;;
        --no-install) INSTALL=no ;;
        --install-only) INSTALL=only ;;
        --list) echo "$GROUPS_ALL"; exit 0 ;;
        -h|--help) usage; exit 0 ;;
        *)
            case " $GROUPS_ALL " in
                *" $1 "*) WANTED="$WANTED $1" ;;
                *) usage >&2; exit 2 ;;
            esac ;;
    esac
    shift
done

WANTED=${WANTED:-$GROUPS_ALL}

cd "$(dirname "$0")/.." || exit 2

PYTHON=/usr/bin/python3                  # Debian's modules belong to this one
JOBS=$(nproc)
OUT=$PWD/build/tests                     # logs of the last run
SANITIZE='-fsanitize=address,undefined -fno-omit-frame-pointer'
CHILD=''
PASSED=0 FAILED=0 SKIPPED=0

PACKAGES='gcc make dpkg-dev nginx nginx-dev libpcre2-dev zlib1g-dev libssl-dev
          libjansson-dev libstb-dev libjpeg62-turbo-dev libpng-dev libwebp-dev
          libmatio-dev libcurl4-openssl-dev libcriterion-dev binutils curl
          git nghttp2-client openssl perl python3 python3-h2
          python3-jsonschema python3-pil python3-sklearn python3-yaml
          slowhttptest wrk
          shellcheck valgrind fonts-dejavu-core'

PACKAGES_DEPLOY='podman buildah runc netavark aardvark-dns catatonit uidmap
                 iptables debootstrap yamllint python3-yaml lintian'
PACKAGES_LINT='clang-tidy cppcheck yamllint'
PACKAGES_BUILDS='clang'


# Whatever ends this script ends what it has started.

# shellcheck disable=SC2317
finish() {
    if [ -n "$CHILD" ]; then
        kill -TERM "-$CHILD" 2> /dev/null
        wait "$CHILD" 2> /dev/null
        kill -KILL "-$CHILD" 2> /dev/null
    fi
    rm -rf "$WORK"
}

WORK=$(mktemp -d) || exit 2
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' HUP TERM


# Runs a command in a process group of its own, so that all of it can be
# stopped; its exit code.  The shell makes what it runs in the background deaf
# to INT and QUIT, which programs under test must hear.

run() {
    setsid env --default-signal=INT,QUIT "$@" < /dev/null &
    CHILD=$!
    wait "$CHILD"
    set -- $?
    kill -KILL "-$CHILD" 2> /dev/null
    CHILD=''
    return "$1"
}


wanted() { case " $WANTED " in *" $1 "*) ;; *) false ;; esac; }

install_packages() {
    missing=''
    ! wanted deploy || PACKAGES="$PACKAGES $PACKAGES_DEPLOY"
    ! wanted lint || PACKAGES="$PACKAGES $PACKAGES_LINT"
    ! wanted builds || PACKAGES="$PACKAGES $PACKAGES_BUILDS"
    case ${CC:-} in
        clang*) PACKAGES="$PACKAGES clang libclang-rt-dev" ;;
    esac
    for package in $PACKAGES; do
        dpkg-query -W -f '${Status}' "$package" 2> /dev/null \
            | grep -q 'ok installed' || missing="$missing $package"
    done

    # These may come from elsewhere than Debian.

    if wanted browser; then
        command -v chromium > /dev/null || missing="$missing chromium"
    fi
    if wanted browser || wanted lint || wanted deploy; then
        command -v npm > /dev/null || missing="$missing nodejs npm"
    fi

    [ -n "$missing" ] || return 0

    say "installing$missing"

    sudo=''
    if [ "$(id -u)" != 0 ]; then
        command -v sudo > /dev/null || die "run as root, or install:$missing"
        sudo=sudo
    fi

    # The tests bring their own nginx to life; the system's stays asleep.

    $sudo env MISSING="$missing" sh -eu <<'END' || die 'cannot install packages'
policy=/usr/sbin/policy-rc.d
fresh=no
dpkg-query -W nginx-common > /dev/null 2>&1 || fresh=yes
if [ ! -e $policy ]; then
    trap 'rm -f $policy' EXIT
    printf '#!/bin/sh\nexit 101\n' > $policy
    chmod 755 $policy
fi
export DEBIAN_FRONTEND=noninteractive
apt-get update -qq
# shellcheck disable=SC2086
apt-get install -y -qq --no-install-recommends $MISSING > /dev/null
if [ $fresh = yes ]; then
    deb-systemd-helper disable nginx.service > /dev/null 2>&1 || true
    update-rc.d nginx disable > /dev/null 2>&1 || true
fi
END
}


# What a group adds: passed, failed, skipped.

count() {
    PASSED=$((PASSED + $1))
    FAILED=$((FAILED + $2))
    SKIPPED=$((SKIPPED + $3))
    printf '    %s passed, %s failed, %s skipped\n' "$1" "$2" "$3"
}

skip() { printf '%s: %s\n' "$1" "$2" >> "$WORK/skips"; }


# A group that could not run has failed; the end of its log says why.

broken() {
    printf 'FAILED %s: %s\n' "$1" "$2"
    [ ! -s "$OUT/$1.log" ] || tail -n 40 "$OUT/$1.log"
    count 0 1 0
}

build() {
    group=$1
    shift
    run make -s -j "$JOBS" "$@" > "$OUT/$group.log" 2>&1 && return 0
    broken "$group" "make $* failed"
    return 1
}


group_style() {
    build style all || return
    # shellcheck disable=SC2086
    run tests/style.sh $VERBOSE --self-check --counts "$WORK/counts" || :
    counted style
}


group_lint() {
    build lint module || return
    run tests/lint.sh ${VERBOSE:+-v} --counts "$WORK/counts" || :
    counted lint
}


# Takes over the counts that a program has left: a line of them, then one for
# each skip.

counted() {
    if [ ! -s "$WORK/counts" ]; then
        broken "$1" 'it ended before its time'
        return
    fi
    read -r p f s < "$WORK/counts"
    sed "1d;s/^/$1: /" "$WORK/counts" >> "$WORK/skips"
    rm -f "$WORK/counts"
    count "$p" "$f" "$s"
}


# Criterion, by its TAP output: unit or asan, and the program.

criterion() {
    tap=$WORK/tap
    rm -f "$tap"
    run "$2" "-j$JOBS" --tap="$tap" > "$OUT/$1.log" 2>&1
    code=$?

    if [ ! -s "$tap" ]; then
        broken "$1" "it ended with code $code"
        return
    fi

    [ -z "$VERBOSE" ] || grep -E '^(not )?ok ' "$tap" | sed 's/^/  /'
    grep '^not ok ' "$tap" | sed 's/^not ok -/FAILED/'

    p=$(grep '^ok ' "$tap" | grep -vc '# SKIP')
    f=$(grep -c '^not ok ' "$tap")
    s=$(grep -c '^ok .*# SKIP' "$tap")
    sed -n "s/^ok - \(.*[^ ]\) *# SKIP \(.*\)/$1: \1: \2/p" "$tap" \
        >> "$WORK/skips"

    for report in "$WORK"/report.*; do
        [ -e "$report" ] || continue
        printf 'FAILED %s: the sanitizer reports\n' "$1"
        head -n 30 "$report"
        f=$((f + 1))
    done
    rm -f "$WORK"/report.*

    # UBSan's go to the log when ASan is there too.

    reports=$(grep -c 'runtime error:' "$OUT/$1.log")
    if [ "$reports" != 0 ]; then
        printf 'FAILED %s: %d runtime errors\n' "$1" "$reports"
        f=$((f + reports))
    fi

    if [ "$f" = 0 ] && { [ $code != 0 ] || [ "$p" = 0 ]; }; then
        broken "$1" "it ended with code $code"
        return
    fi

    [ "$f" = 0 ] || grep -v '^\[SKIP' "$OUT/$1.log" | tail -n 60
    count "$p" "$f" "$s"
}

group_unit() {
    build unit unit || return
    criterion unit build/unit-tests
}

group_asan() {
    build asan BUILD=build/asan CFLAGS="-g -O1 $SANITIZE" unit || return
    ASAN_OPTIONS=log_path=$WORK/report \
    UBSAN_OPTIONS=print_stacktrace=1:log_path=$WORK/report \
        criterion asan build/asan/unit-tests
}


group_stand_ins() {
    dir=build/no-JPEG-PNG-WEBP
    build stand-ins FACETREE_NO='JPEG PNG WEBP' unit trainer module \
        $dir/decode-gray || return
    criterion stand-ins $dir/unit-tests

    if ldd $dir/ngx_http_facetree_module.so | grep -E 'jpeg|png|webp'; then
        broken stand-ins 'the module has these libraries all the same'
    fi
    export FACETREE_BUILD=$dir
    python_tests stand-ins mutants
    unset FACETREE_BUILD
}


# A target that ends with 0, and one line for each program that it has run.

target() {
    if run make -s -j "$JOBS" "$2" > "$OUT/$1.log" 2>&1; then
        count "$(grep -c "$3" "$OUT/$1.log")" 0 0
    else
        broken "$1" "make $2 failed"
    fi
}

group_fuzz() { target fuzz fuzz-regress ' inputs from '; }

group_memcheck() { target memcheck memcheck ' inputs from '; }


# Each script ends with 0, 1, or 77 for a library that is not there.

group_compare() {
    build compare core build/grow-driver build/decode-gray || return
    for script in tests/integration/compare_*.py; do
        name=$(basename "$script" .py)
        run "$PYTHON" "$script" > "$OUT/$name.log" 2>&1
        code=$?
        last=$(tail -n 1 "$OUT/$name.log")
        printf '  %s: %s\n' "$name" "$last"
        if [ $code = 77 ]; then
            skip "$name" "$last"
            count 0 0 1
            continue
        fi
        p=$(expr "$last" : '\([0-9]*\) passed')
        f=$(expr "$last" : '.* \([0-9]*\) failed')
        if [ $code = 0 ]; then
            count "${p:-1}" 0 0
        else
            tail -n 40 "$OUT/$name.log"
            [ "${f:-0}" != 0 ] || f=1
            count "${p:-0}" "$f" 0
        fi
    done
}


python_tests() {
    group=$1
    shift
    # shellcheck disable=SC2086
    run "$PYTHON" tests/integration/run.py $VERBOSE --counts "$WORK/counts" \
        "$@" || :
    counted "$group"
}

# The names of the test files, those of the trainer or the others.

test_files() {
    for file in tests/integration/test_*.py; do
        basename "$file" .py
    done | grep "$@" '^test_trainer'
}

group_trainer() {
    build trainer trainer || return
    # shellcheck disable=SC2046
    python_tests trainer $(test_files -e)
}

group_integration() {
    build integration trainer module build/decode-gray || return
    # shellcheck disable=SC2046
    python_tests integration $(test_files -v)
}

group_reload() {
    build reload trainer module || return
    # shellcheck disable=SC2086
    FACETREE_RELOAD=1 python_tests reload $SERVING
}


# Another nginx, with the module linked in.  What is about model files, or
# about reference pictures that the decoders get in other groups too, is left
# to the group "integration"; a hundred reloads are enough in three of them.

SERVING='answer body conf headers idioms inference metrics openapi threads'

another_nginx() {
    kind=$1
    shift
    build "$kind" trainer build/decode-gray || return
    run tests/integration/build_nginx.sh "${kind#nginx-}" \
        > "$WORK/nginx" 2> "$OUT/$kind.log"
    case $? in
        0) ;;
        77)
            last=$(tail -n 1 "$OUT/$kind.log")
            skip "$kind" "$last"
            count 0 0 1
            return ;;
        *)
            broken "$kind" 'nginx cannot be built'
            return ;;
    esac

    printf '  %s\n' "$(tail -n 1 "$OUT/$kind.log")"
    FACETREE_NGINX=$(tail -n 1 "$WORK/nginx") FACETREE_MODULE='' \
        python_tests "$kind" "$@"
}

group_nginx_asan() {
    export FACETREE_MUTANTS="${FACETREE_MUTANTS:-10000}"
    # shellcheck disable=SC2086
    another_nginx nginx-asan $SERVING images load reload mutants
    unset FACETREE_MUTANTS
}

group_nginx_newest() {
    # shellcheck disable=SC2086
    another_nginx nginx-newest $SERVING reload
}

group_no_threads() {
    # shellcheck disable=SC2086
    another_nginx no-threads $SERVING
}


# The module apart from nginx, which "native" builds for this processor.

BUILDS='oldest-gcc oldest-clang installed-gcc installed-clang
        installed-native newest-gcc newest-clang'

group_builds() {
    build builds trainer || return
    for kind in $BUILDS; do
        run tests/integration/build_nginx.sh module "${kind%-*}" \
            "${kind#*-}" > "$WORK/nginx" 2> "$OUT/builds.log"
        code=$?
        printf '  %s: %s\n' "$kind" "$(tail -n 1 "$OUT/builds.log")"
        case $code in
            0) FACETREE_NGINX=$(sed -n 1p "$WORK/nginx") \
               FACETREE_MODULE=$(sed -n 2p "$WORK/nginx") \
                   python_tests builds build reload.Introduced \
                   reload.Refused ;;
            77) skip builds "$kind: $(tail -n 1 "$OUT/builds.log")"
                count 0 0 1 ;;
            *) broken builds "$kind: it cannot be built" ;;
        esac
    done
}


# A minute of what "make endure" does for as long as one likes.

group_endure() {
    build endure trainer module || return
    run "$PYTHON" tests/endure/endure.py --smoke > "$OUT/endure.log" 2>&1
    code=$?
    last=$(tail -n 1 "$OUT/endure.log")
    printf '  %s\n' "$last"
    case $code in
        0) count "$(grep -c '^ *[0-9]* .* requests, ' "$OUT/endure.log")" 0 0 ;;
        77) skip endure "$last"; count 0 0 1 ;;
        *) broken endure "it ended with code $code" ;;
    esac
}


group_browser() {
    build browser trainer module || return
    run tests/browser/run.sh > "$OUT/browser.log" 2>&1
    code=$?
    last=$(tail -n 1 "$OUT/browser.log")
    p=$(expr "$last" : '\([0-9]*\) passed')
    f=$(expr "$last" : '.* \([0-9]*\) failed')
    s=$(expr "$last" : '.* \([0-9]*\) skipped')
    if [ -z "$p" ] || { [ $code != 0 ] && [ "$f" = 0 ]; }; then
        broken browser "it ended with code $code"
        return
    fi
    [ -z "$VERBOSE" ] || sed 's/^/  /' "$OUT/browser.log"
    sed -n 's/^skipped //p' "$OUT/browser.log" >> "$WORK/skips"
    [ "$f" = 0 ] || grep -A 12 -i '^FAILED\|^not ok\|^failed' \
        "$OUT/browser.log"
    count "$p" "$f" "$s"
}


group_deploy() {
    build deploy all || return
    # shellcheck disable=SC2086
    run tests/deploy/run.sh $VERBOSE --counts "$WORK/counts" || :
    counted deploy
}


[ $INSTALL = no ] || install_packages
[ $INSTALL != only ] || exit 0

mkdir -p "$OUT" || exit 2
: > "$WORK/skips"

for group in $WANTED; do
    say "$group"
    start=$(date +%s)
    "group_$(echo "$group" | tr - _)"
    printf '    %d s\n' $(($(date +%s) - start))
done

if [ -s "$WORK/skips" ]; then
    say 'skipped'
    sort "$WORK/skips" | sed 's/^/  /'
fi

printf '%d passed, %d failed, %d skipped\n' $PASSED $FAILED $SKIPPED
[ $FAILED = 0 ]
