# For the tests of this folder that are shell scripts: counting, and podman
# with a store of its own.
#
#     . "$(dirname "$0")/lib.sh"
#     check NAME COMMAND...      passes when the command ends with 0; $CONTEXT
#                                is put before NAME
#     pass NAME; fail NAME WHY; skip NAME WHY
#     same A B; fails COMMAND    for "check"
#     need_podman                ends the test, as skipped, where it cannot run
#     need_base                  the image that the Dockerfile is built on, $BASE
#     need_base_of CODENAME      that of another release
#     debian_root CODENAME DIR   a bare root of that release
#     on_exit COMMAND            to be run last, in reverse order
#     closing                    the last line, and the exit code
#
# The test is in the top of the checkout ($ROOT), has $WORK, a folder that is
# removed, and $CACHE, one below build/ that is kept.
#
# shellcheck shell=sh disable=SC2317

set -u

ROOT=$(cd "$(dirname "$0")/../.." && pwd) || exit 2
cd "$ROOT" || exit 2

CACHE=$ROOT/build/deploy
WORK=$(mktemp -d) || exit 2
PASSED=0 FAILED=0 SKIPPED=0 CLEANUP='' CONTEXT=''

export SHARED="${FACETREE_SHARED:-$ROOT/../shared}"
export OLIVETTI="${FACETREE_OLIVETTI:-$SHARED/data/olivettifaces.mat}"

mkdir -p "$CACHE"
chmod 755 "$WORK"

on_exit() { CLEANUP="$1; $CLEANUP"; }

clean_up() {
    trap '' INT TERM HUP
    eval "$CLEANUP"
    rm -rf "$WORK"
}

trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP


pass() { PASSED=$((PASSED + 1)); printf 'ok %s\n' "$1"; }
fail() { FAILED=$((FAILED + 1)); printf 'FAILED %s: %s\n' "$1" "$2"; }
skip() { SKIPPED=$((SKIPPED + 1)); printf 'skipped %s: %s\n' "$1" "$2"; }

same() { [ "$1" = "$2" ] || { echo "expected '$1', not '$2'"; false; }; }
fails() { ! "$@"; }

check() {
    name=$CONTEXT$1
    shift
    if "$@" > "$WORK/check.log" 2>&1; then
        pass "$name"
    else
        fail "$name" "$* ended with $?"
        tail -n 30 "$WORK/check.log"
        return 1
    fi
}

closing() {
    printf '%d passed, %d failed, %d skipped\n' $PASSED $FAILED $SKIPPED
    [ $FAILED = 0 ]
    exit
}

skip_all() { skip "$@"; closing; }

# Seconds with a point since the epoch; arithmetic is awk's.
now() { date +%s.%N; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }


# podman with images, containers and networks of its own: what is on this
# machine is neither used nor touched.  The store is kept below build/, since
# the layers in it take a minute to make.

need_podman() {
    [ "$(id -u)" = 0 ] || skip_all podman 'needs root'
    for program in podman runc debootstrap; do
        command -v $program > /dev/null \
            || skip_all podman "there is no $program"
    done

    # Bridges and addresses are the machine's: one test at a time, of whatever
    # checkout.
    exec 9> /run/lock/facetree-deploy
    flock -w 1800 9 || skip_all podman 'another checkout is testing'

    id=$(printf '%s' "$ROOT" | cksum | cut -d ' ' -f 1)
    RUNROOT=/run/facetree-$id

    cat > "$WORK/containers.conf" <<END
[containers]
default_ulimits = ["nofile=8192:8192", "nproc=4096:4096"]
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
tmp_dir = "$RUNROOT/libpod"
[network]
network_config_dir = "$WORK/networks"
END
    cat > "$WORK/storage.conf" <<END
[storage]
driver = "overlay"
graphroot = "$CACHE/storage"
runroot = "$RUNROOT/run"
END
    export CONTAINERS_CONF="$WORK/containers.conf"
    export CONTAINERS_STORAGE_CONF="$WORK/storage.conf"

    on_exit close_podman
    podman info > "$WORK/podman.log" 2>&1 \
        || skip_all podman "cannot run here: $(tail -n 1 "$WORK/podman.log")"
}

close_podman() {
    podman pod rm -af -t 0 > /dev/null 2>&1
    podman rm -af -t 0 > /dev/null 2>&1
    podman volume prune -f > /dev/null 2>&1
    podman umount -a > /dev/null 2>&1
    umount "$CACHE/storage/overlay" 2> /dev/null
    rm -rf "$RUNROOT"
}


# Debian's base image as debootstrap makes it, under the name that FROM asks
# for.  Registries are not asked: the test is of our Dockerfile.

need_base() {
    need_base_of "$(sed -n 's/^ARG DEBIAN=debian:\(.*\)-slim$/\1/p' Dockerfile)"
}

need_base_of() {
    codename=$1
    BASE=docker.io/library/debian:$codename-slim
    podman image exists "$BASE" && return

    rootfs=$CACHE/rootfs.new
    debian_root "$codename" "$rootfs" \
        || skip_all base "debootstrap: $(tail -n 1 "$WORK/debootstrap.log")"

    # As in the image: packages are unpacked without waiting for the disk, and
    # start nothing.
    echo force-unsafe-io > "$rootfs/etc/dpkg/dpkg.cfg.d/docker-apt-speedup"
    printf '#!/bin/sh\nexit 101\n' > "$rootfs/usr/sbin/policy-rc.d"
    chmod 755 "$rootfs/usr/sbin/policy-rc.d"

    tar -C "$rootfs" --exclude='./var/cache/apt/archives/*.deb' -c . \
        | podman import - "$BASE" > "$WORK/import.log" 2>&1 \
        || skip_all base "podman import: $(tail -n 1 "$WORK/import.log")"
    rm -rf "$rootfs"
}


# A root with nothing but Debian in it, from this machine's mirror.  Updates,
# and security where there is such a mirror, are its sources too.

debian_root() {
    mirror=$(sed -n 's/^URIs: *//p;s/^deb  *\(http[^ ]*\) .*/\1/p' \
                 /etc/apt/sources.list.d/debian.sources \
                 /etc/apt/sources.list 2> /dev/null | head -n 1)
    mirror=${mirror:-http://deb.debian.org/debian}
    rm -rf "$2"

    debootstrap --variant=minbase "$1" "$2" "$mirror" \
        > "$WORK/debootstrap.log" 2>&1 || return

    if [ -e /etc/apt/sources.list.d/debian.sources ]; then
        rm -f "$2/etc/apt/sources.list"
        # shellcheck disable=SC1091
        sed "s/$(. /etc/os-release && echo "$VERSION_CODENAME")/$1/g" \
            /etc/apt/sources.list.d/debian.sources \
            > "$2/etc/apt/sources.list.d/debian.sources"
    fi
}


# The checkout as a stranger has it: what git knows, nothing that was built.

checkout() {
    mkdir -p "$1"
    git ls-files --cached --others --exclude-standard \
        | tar -c --ignore-failed-read -T - 2> /dev/null | tar -x -C "$1"
}


# The image, built as a stranger would build it, as $IMAGE.  Its layers are
# kept, so that a second build of the same sources is quick; what no build
# needs any more is dropped.

IMAGE=localhost/facetree:0.1.0

need_image() {
    need_base
    checkout "$WORK/context"
    if [ -e "$OLIVETTI" ]; then
        mkdir -p "$WORK/context/data"
        cp "$OLIVETTI" "$WORK/context/data/olivettifaces.mat"
    fi

    began=$(now)
    if ! build_image --target build -t localhost/facetree-build \
       || ! build_image -t "$IMAGE" --build-arg REVISION=tested \
                --build-arg IMAGE_NAME=example.org/faces
    then
        fail build "$(tail -n 30 "$WORK/build.log")"
        closing
    fi
    printf '  image built in %s s\n' "$(since "$began")"
    podman image prune -f > /dev/null 2>&1
    on_exit "podman rmi -f $IMAGE > /dev/null 2>&1"
}

build_image() {
    podman build --network=host --format docker --pull=never "$@" \
        "$WORK/context" > "$WORK/build.log" 2>&1
}


# A network without anybody else in it: "net COMMAND" runs there.

need_network() {
    NETNS=facetree-$$
    ip netns add "$NETNS" 2> "$WORK/netns.log" \
        || skip_all network "$(tail -n 1 "$WORK/netns.log")"
    on_exit "ip netns del $NETNS"
    ip netns exec "$NETNS" ip link set lo up
}

net() { nsenter --net="/run/netns/$NETNS" "$@"; }
client() { net /usr/bin/python3 tests/deploy/client.py "$@"; }
