#!/bin/bash
#
# Builds an nginx of the tests' own from Debian's source packages, with the
# module linked in, and prints the path of the program as its last line:
#
#     asan        the installed nginx's version, ASan, UBSan, and a malloc()
#                 for each allocation from a pool
#     newest      the same with the newest version that apt can reach
#     no-threads  the installed version, plain, configured without threads
#
#     tests/integration/build_nginx.sh asan|newest|no-threads
#
# Or builds a small nginx and the module apart from it, with the flags that
# nginx itself has for a compiler, and prints two lines, program and module:
#
#     tests/integration/build_nginx.sh module oldest|installed|newest COMPILER
#
# COMPILER is gcc, clang, or native: gcc for this machine's processor, and as
# free as it is with doubles unless it is told otherwise.
#
# Everything is kept in build/nginx-source: the package lists, which are not
# those of the machine, the sources, and what is built.  A second call makes
# what has changed.  Ends with 77 when there is no source to be had.

set -eu -o pipefail

cd "$(dirname "$0")/../.."

ROOT=$PWD
SCRIPT=$ROOT/tests/integration/build_nginx.sh
CACHE=$ROOT/build/nginx-source
KEYRING=/usr/share/keyrings/debian-archive-keyring.gpg
SANITIZE='-fsanitize=address,undefined'

# The oldest nginx that the module is built for, and Debian's suite with it.

OLDEST=1.18.0
OLDEST_SUITE=bullseye

say() { printf 'build_nginx.sh: %s\n' "$*" >&2; }

usage() {
    sed -n '3,24s/^# \{0,1\}//p' "$0" >&2
    exit 2
}

apt() {
    local command=$1
    shift
    "$command" -o Dir::Etc::SourceList="$CACHE/sources.list" \
        -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$CACHE/lists" -o Dir::Cache="$CACHE/cache" \
        -o APT::Sandbox::User=root -o Acquire::Retries=2 "$@"
}


# Lists of source packages from the archives that the machine knows already.

update_lists() {
    local codename list=$CACHE/sources.list.new

    mkdir -p "$CACHE/lists/partial" "$CACHE/cache/archives/partial"
    # shellcheck disable=SC1091
    codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-stable}")

    # shellcheck disable=SC2016
    apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' \
        | sort -u | while read -r uri label; do
        case $label in
            Debian-Security) suites="$codename-security stable-security" ;;
            Debian) suites="$OLDEST_SUITE $codename stable unstable" ;;
            *) continue ;;
        esac
        for suite in $suites; do
            echo "deb-src [signed-by=$KEYRING] $uri $suite main"
        done
    done | sort -u > "$list"

    if [ -e "$CACHE/updated" ] && cmp -s "$list" "$CACHE/sources.list"; then
        rm "$list"
        return 0
    fi
    mv "$list" "$CACHE/sources.list"

    # One suite that cannot be had is no reason to go without the others.

    apt apt-get update -qq >&2 || say 'not all package lists could be read'
    [ -z "$(versions)" ] || touch "$CACHE/updated"
}

versions() {
    apt apt-cache showsrc nginx 2> /dev/null | sed -n 's/^Version: //p' \
        | sort -urV
}

upstream() { sed 's/^[0-9]*://; s/-[^-]*$//' <<< "$1"; }

# The version of the nginx that the module is built for by "make".

installed() { nginx -v 2>&1 | sed -n 's|.*nginx/\([0-9.]*\).*|\1|p'; }


# Unpacks a version into $CACHE/nginx-UPSTREAM: with Debian's patches, or "bare"
# as upstream released it, which mirrors keep longer.

unpack() {
    local version=$1 bare=${2:-} work tree
    tree=$CACHE/nginx-$(upstream "$version")
    [ ! -e "$tree/configure" ] || return 0

    work=$(mktemp -d "$CACHE/unpack.XXXXXX")

    if (cd "$work" && apt apt-get source -qq --only-source \
            ${bare:+--tar-only --download-only} nginx="$version" \
        && { [ -z "$bare" ] || tar -xf nginx_*.orig.tar.*; }) \
        >> "$CACHE/fetch.log" 2>&1
    then
        mv "$work"/nginx-*/ "$tree"
        [ -z "$bare" ] || say "nginx $version: without Debian's patches"
    fi

    rm -rf "$work"
    [ -e "$tree/configure" ]
}


# Prints the upstream version that has been unpacked: the one that is given,
# or the newest.

source_of() {
    local wanted=$1 release version bare
    update_lists

    for release in $(versions | while read -r v; do upstream "$v"; done \
                     | uniq); do
        [ -z "$wanted" ] || [ "$release" = "$wanted" ] || continue

        for bare in '' bare; do
            for version in $(versions); do
                [ "$(upstream "$version")" = "$release" ] || continue
                if unpack "$version" $bare; then
                    echo "$release"
                    return 0
                fi
            done
        done

        say "nginx $release: the archive lists it and does not have it"
    done

    return 1
}


# Configures in the current directory, a copy of nginx, into objs-KIND.

configure() {
    local kind=$1
    shift
    [ ! -e "objs-$kind/Makefile" ] || [ "$ROOT/config" -nt "objs-$kind/Makefile" ] \
        || [ "$ROOT/config.make" -nt "objs-$kind/Makefile" ] \
        || [ "$SCRIPT" -nt "objs-$kind/Makefile" ] || return 0

    bash ./configure --builddir="objs-$kind" "$@" \
        > "$CACHE/configure-$kind.log" 2>&1 \
        || { tail -n 20 "$CACHE/configure-$kind.log" >&2; exit 1; }
}

compile() {
    local kind=$1
    shift
    make -s -j "$(nproc)" -f "objs-$kind/Makefile" "$@" \
        > "$CACHE/make-$kind.log" 2>&1 \
        || { tail -n 20 "$CACHE/make-$kind.log" >&2; exit 1; }
}


build() {
    local kind=$1 version=$2 cc=$3 ld=$4
    shift 4
    cd "$CACHE/nginx-$version"

    # HTTP/3 came with 1.25.

    if grep -q -e --with-http_v3_module auto/options; then
        set -- --with-http_v3_module "$@"
    fi

    configure "$kind" --with-debug \
        --with-http_ssl_module --with-http_v2_module \
        --with-http_realip_module --with-http_stub_status_module \
        --with-http_auth_request_module --with-http_dav_module \
        --with-http_slice_module "$@" --add-module="$ROOT" \
        --with-cc-opt="$cc" --with-ld-opt="$ld"
    compile "$kind"

    say "$kind: nginx $version"
    echo "$CACHE/nginx-$version/objs-$kind/nginx"
}


# The program is built once, by gcc, and loads the modules of all compilers.

build_module() {
    local version=$1 compiler=$2 cc=$2 opt=''
    cd "$CACHE/nginx-$version"

    if [ "$compiler" = native ]; then
        cc=gcc opt='-O3 -march=native -ffp-contract=fast'
    fi
    command -v "$cc" > /dev/null || { say "$cc is absent"; exit 77; }

    set -- --with-compat --with-threads --without-pcre \
        --without-http_gzip_module --without-http_rewrite_module

    configure program "$@"
    compile program

    CC=$cc configure "$compiler" "$@" --with-cc-opt="$opt" \
        --add-dynamic-module="$ROOT"
    compile "$compiler" modules

    say "$compiler: nginx $version"
    echo "$CACHE/nginx-$version/objs-program/nginx"
    echo "$CACHE/nginx-$version/objs-$compiler/ngx_http_facetree_module.so"
}


case $#-$1 in
    1-asan|1-no-threads) which=installed ;;
    1-newest) which=newest ;;
    3-module) which=$2 ;;
    *) usage ;;
esac

case $which in
    oldest) wanted=$OLDEST ;;
    installed) wanted=$(installed) ;;
    newest) wanted='' ;;
    *) usage ;;
esac

mkdir -p "$CACHE"
exec 9> "$CACHE/lock"
flock 9

version=$(source_of "$wanted") || { say "no source of nginx $wanted"; exit 77; }

case $1 in
    asan|newest)
        build "$1" "$version" "-g -O1 -fno-omit-frame-pointer $SANITIZE \
-DNGX_DEBUG_PALLOC=1" "$SANITIZE" --with-threads ;;
    no-threads)
        build "$1" "$version" '-g -O1' '' ;;
    module)
        case $3 in
            gcc|clang|native) build_module "$version" "$3" ;;
            *) usage ;;
        esac ;;
esac
