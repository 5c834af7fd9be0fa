#!/bin/sh
#
# The Debian packages, for each release: built in a container that has what
# debian/control asks for and no more, installed in a clean one, used, and
# purged again.
#
# Most functions are run by "check".
# shellcheck disable=SC2317

# shellcheck source=tests/deploy/lib.sh
. "$(dirname "$0")/lib.sh"

MODULE_PACKAGE=libnginx-mod-http-facetree
RELEASES='bookworm trixie'


# Man pages have the options that --help has, and every verb a page.

options() { grep -oE -- '--[a-z][a-z0-9-]*' | sort -u; }

man_options() { sed -e 's/\\-/-/g' -e 's/"//g' "$1" | options; }

# Of every page, the section on exit codes names one option.

help_options() { { build/facetree "$@" --help; echo --min-accuracy; } | options; }

man_pages() {
    make -s man || return
    man_options build/man/facetree.1 > "$WORK/man"
    help_options | diff - "$WORK/man" || return
    verbs=$(build/facetree --help | awk '/^  [a-z]/ { print $1 }')
    [ -n "$verbs" ] || return
    for verb in $verbs; do
        help_options "$verb" > "$WORK/help"
        man_options "build/man/facetree-$verb.1" | diff "$WORK/help" - \
            || return
        grep -q "^\.BR facetree.-$verb (1)$" build/man/facetree.1 || return
    done
}

version() {
    code=$(sed -n 's/^.define FACETREE_VERSION *"\(.*\)"/\1/p' \
               core/facetree.h)
    [ -n "$code" ] && [ "$(dpkg-parsechangelog -S version)" = "$code" ] \
        && grep -qxF "## $code" CHANGELOG.md
}


# An image that has packages, by what they are: base, apt-get's arguments.

image_with() {
    IMAGE=localhost/facetree-package:$(printf '%s' "$BASE $*" | cksum \
                                       | cut -d ' ' -f 1)
    podman image exists "$IMAGE" && return
    podman run --name package-image --network=host "$BASE" sh -euc '
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq
        apt-get install -y -qq --no-install-recommends "$@"
        apt-get clean' sh "$@" || return
    podman commit -q package-image "$IMAGE" || return
    podman rm package-image
}

# Packages that a field of a control file names, without their versions.
names() { tr ',' '\n' | sed 's/([^)]*)//g; s/|.*//; s/[[:space:]]//g;/^$/d'; }

build_depends() {
    sed -n '/^Build-Depends:/,/^[A-Z].*:/p' debian/control \
        | sed 's/^Build-Depends://; /^[A-Z]/d' | names \
        | sed 's/^debhelper-compat$/debhelper/; s/^dh-sequence-nginx$/nginx-dev/'
}

build() {
    # shellcheck disable=SC2046
    image_with build-essential $(build_depends) || return
    rm -rf "$DEBS" "$WORK/source" && mkdir -p "$DEBS"
    checkout "$WORK/source"
    podman run --rm --network=none -v "$WORK/source:/source" "$IMAGE" \
        make -C /source deb || return
    mv "$WORK"/source/build/deb/* "$DEBS"
}

# Made for the release on which they were built, and newer than the last one's.

named() {
    version=$(dpkg-parsechangelog -S version)
    last=$version~debian0
    for codename in $RELEASES; do
        built=$(dpkg-deb -f "$CACHE/deb-$codename"/facetree_*.deb Version)
        case $built in
            "$version~debian"[0-9]*) ;;
            *) echo "$codename: version $built"; return 1 ;;
        esac
        dpkg --compare-versions "$last" lt "$built" \
            && dpkg --compare-versions "$built" lt "$version" \
            && grep -qx "Distribution: $codename" \
                "$CACHE/deb-$codename"/*.changes || return
        last=$built
    done
}

lint() { lintian --allow-root --fail-on error,warning,info "$DEBS"/*.changes; }

# What is there before is there after, and nothing else; but nginx's own
# folders, made when it starts.

life() {
    # shellcheck disable=SC2046
    image_with nginx curl $(dpkg-deb -f "$DEBS/$1" Depends | names \
                            | grep -v '^nginx-abi') \
        $(dpkg-deb -f "$DEBS/$2" Depends | names) || return
    podman run --rm --network=none -v "$DEBS:/deb:ro" \
        -v "$ROOT/debian/tests/serve:/serve:ro" "$IMAGE" sh -euc '
        export DEBIAN_FRONTEND=noninteractive
        state() {
            find /etc /usr /var/lib -path /var/lib/dpkg -prune -o \
                -path /var/lib/apt -prune -o -path /var/lib/nginx -prune -o \
                -print | sort
        }
        state > /tmp/before
        apt-get install -y -qq "/deb/$1" "/deb/$2"
        readlink -e /etc/nginx/modules-enabled/50-mod-http-facetree.conf
        nginx -t
        nginx -T 2> /dev/null | grep "load_module.*facetree"
        /serve
        apt-get purge -y -qq libnginx-mod-http-facetree facetree
        nginx -t
        nginx -T 2> /dev/null | grep facetree && exit 1
        ! dpkg -l "*facetree*" 2> /dev/null | grep "^[a-z]i\|^rc"
        state | diff /tmp/before -' sh "$1" "$2"
}


# All of it on one release.

release() {
    need_base_of "$1"
    DEBS=$CACHE/deb-$1

    start=$(now)
    check "$1: make deb, with what debian/control asks for" build || closing
    printf '  %s: built in %s s\n' "$1" "$(since "$start")"

    if command -v lintian > /dev/null; then
        check "$1: lintian finds nothing" lint
    else
        skip "$1: lintian" 'it is not installed'
    fi

    module=$(cd "$DEBS" && echo ${MODULE_PACKAGE}_*.deb)
    trainer=$(cd "$DEBS" && echo facetree_*.deb)

    start=$(now)
    check "$1: install, nginx -t, train, upload, purge, in a clean container" \
        life "$module" "$trainer"
    printf '  %s: used in %s s\n' "$1" "$(since "$start")"
}


check 'man pages have the options of --help' man_pages
check 'changelogs have the version of the code' version

need_podman
on_exit 'podman rm -f package-image > /dev/null 2>&1'

for codename in $RELEASES; do
    release "$codename"
done

check 'packages of each release have a version of their own' named

closing
